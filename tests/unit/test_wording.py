"""Figures in words: one unit, no more digits than the interval bears."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.estimate import Estimate, paired_difference
from twin.units import DAY, WEEK
from twin.wording import MINUS, figure, say_difference, say_duration, say_estimate, scale_for


def estimate(value: float, low: float | None, high: float | None) -> Estimate:
    return Estimate(value, None, low, high, 10)


@pytest.mark.parametrize(
    ("told", "unit", "words"),
    [
        (estimate(342.4, 331, 353), "h", "14.3 d (13.8 to 14.7)"),
        (estimate(47.0, 46, 47.9), "h", "47.0 h (46.0 to 47.9)"),
        (estimate(0.2, 0.1, 0.3), "h", "12 min (6 to 18)"),
        (estimate(0.861, 0.831, 0.888), "share", "86 % (83 to 89)"),
        (estimate(32.123, 31.7, 32.4), "items/week", "32.1 items/week (31.7 to 32.4)"),
        (estimate(1448.2, 1434, 1462), "EUR/item", "1,448 EUR/item (1,434 to 1,462)"),
        (estimate(0.0, 0.0, 0.0), "items", "0.00 items (0.00 to 0.00)"),
        (estimate(5.0, None, None), "items", "5.00 items (no interval)"),
    ],
)
def test_a_figure_is_shown_for_people(told: Estimate, unit: str, words: str) -> None:
    assert say_estimate(told, unit) == words


def test_the_unit_can_be_left_to_the_column() -> None:
    assert say_estimate(estimate(0.861, 0.831, 0.888), "share", behind=False) == "86 (83 to 89)"


def test_a_difference_of_shares_is_told_in_points_with_its_sign() -> None:
    base = np.array([0.50, 0.52, 0.48, 0.51])

    assert say_difference(paired_difference(base, base - [0.02, 0.03, 0.02, 0.03]), "share") == (
        f"{MINUS}2.5 points ({MINUS}3.4 to {MINUS}1.6)"
    )


def test_equal_sides_are_no_difference() -> None:
    base = np.array([1.0, 2.0])

    assert say_difference(paired_difference(base, base), "h") == "0 in every pair"


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6), st.sampled_from(["h", "share", "items"]))
def test_a_figure_and_its_ends_have_the_same_decimals(value: float, width: float, unit: str) -> None:
    words = say_estimate(estimate(value, value - width, value + width), unit, behind=False)
    decimals = {
        len(word.partition(".")[2]) for word in words.strip(")").replace("(", "").split(" to ") for word in word.split()
    }

    assert len(decimals) == 1


@pytest.mark.parametrize(("hours", "name"), [(48.0, "days"), (47.9, "hours"), (0.5, "minutes"), (0.0, "hours")])
def test_times_change_their_unit_with_their_size(hours: float, name: str) -> None:
    assert scale_for("h", hours).name == name


@pytest.mark.parametrize(("ticks", "words"), [(WEEK, "1 week"), (52 * WEEK, "52 weeks"), (10 * DAY, "10 d")])
def test_a_horizon_is_told_in_whole_weeks_where_it_has_them(ticks: int, words: str) -> None:
    assert say_duration(ticks) == words


def test_a_figure_alone_has_three_digits() -> None:
    assert figure(74.4, "h") == "3.10 d"
