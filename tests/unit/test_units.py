"""Quantities read as people mean them, and what is written reads back."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.units import (
    MAX_TICKS,
    format_cost,
    format_duration,
    format_rate,
    format_share,
    parse_cost,
    parse_duration,
    parse_effort,
    parse_rate,
    parse_share,
    scaled,
    three_digits,
)


@pytest.mark.parametrize(
    ("text", "ticks"),
    [("30 min", 1_800_000), ("6h", 21_600_000), ("3 d", 259_200_000), ("2 weeks", 1_209_600_000), ("1.5 s", 1_500),
     ("250 ms", 250), ("1 day", 86_400_000)],
)  # fmt: skip
def test_a_duration_is_a_number_and_a_unit(text: str, ticks: int) -> None:
    assert parse_duration(text) == ticks


@pytest.mark.parametrize("value", [20, "20", "20 x", "h", "", "1e400 h", "9:00", None, True, "nan h", "300 y", "1 h 5"])
def test_anything_else_is_no_duration(value: Any) -> None:
    with pytest.raises(ValueError, match=r"is not a duration|too long"):
        parse_duration(value)


@given(st.integers(0, MAX_TICKS))
def test_durations_read_back(ticks: int) -> None:
    assert parse_duration(format_duration(ticks)) == ticks


def test_effort_in_days_is_refused_since_days_differ() -> None:
    with pytest.raises(ValueError, match="write it in hours"):
        parse_effort("2 d")


@given(st.floats(0, 1) | st.integers(0, 1_000_000).map(lambda millionths: millionths / 1_000_000))
def test_shares_read_back(share: float) -> None:
    assert parse_share(format_share(share)) == share


@pytest.mark.parametrize("value", ["22", "101 %", -0.1, 1.5, "22 h", True])
def test_what_is_no_share_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="is not"):
        parse_share(value)


@given(st.floats(0, 1e9))
def test_rates_read_back(rate: float) -> None:
    assert parse_rate(format_rate(rate)) == rate


@pytest.mark.parametrize(("text", "per_week"), [("6 / week", 6), ("2/day", 14), ("0.5 / hour", 84)])
def test_rates_are_per_any_unit(text: str, per_week: float) -> None:
    assert parse_rate(text) == per_week


def test_costs_read_back() -> None:
    assert parse_cost(format_cost(parse_cost("95.5 EUR/h"))) == (95.5, "EUR")


@pytest.mark.parametrize("value", ["95", "95 EUR", "95 EUR/d", "95 euro/h", "-1 EUR/h", 95])
def test_what_is_no_cost_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="is not"):
        parse_cost(value)


@pytest.mark.parametrize(
    ("value", "factor", "product"),
    [("20 h", 0.5, "10 h"), (8, 0.5, 4), (3, 0.5, 1.5), ("22 %", 0.5, "11 %"), ("6 / week", 1.2, "7.2 / week")],
)
def test_scaling_keeps_the_unit(value: Any, factor: float, product: Any) -> None:
    assert scaled(value, factor) == product


@pytest.mark.parametrize(("value", "written"), [(0.51234, "0.512"), (24, "24"), (1754.1, "1,750"), (36188.0, "36,200")])
def test_three_digits_count_and_none_is_an_exponent(value: float, written: str) -> None:
    assert three_digits(value) == written
