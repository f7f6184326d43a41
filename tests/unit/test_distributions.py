"""Distributions as people write them: read, refused, scaled, told, and inverted."""

import math
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # ships no types
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from twin.distributions import Distribution, Fixed, describe, mean, scaled, variance
from twin.quantiles import cdf, quantile
from twin.units import HOUR, MINUTE

WRITTEN = TypeAdapter[Any](Distribution)
LOGNORMAL = {"kind": "lognormal", "mean": "20 h", "cv": 1.1}
KINDS: dict[str, Any] = {
    "short": "30 min",
    "fixed": {"kind": "fixed", "value": "0 min"},
    "exponential": {"kind": "exponential", "mean": "6 h"},
    "gamma": {"kind": "gamma", "mean": "3.5 h", "cv": 0.6},
    "lognormal": LOGNORMAL,
    "weibull": {"kind": "weibull", "mean": "90 min", "cv": 2},
    "hyperexponential": {"kind": "hyperexponential", "mean": "1 h", "cv": 2},
    "uniform": {"kind": "uniform", "low": "1 h", "high": "2 h"},
    "triangular": {"kind": "triangular", "low": "1 h", "mode": "2 h", "high": "5 h"},
    "empirical": {"kind": "empirical", "values": ["3 h", "1 h", "2 h"], "weights": [1, 0, 2.5]},
    "quantiles": {"kind": "quantiles", "values": ["10 min", "1 h", "1 h", "9 h"]},
    "mixture": {"kind": "mixture", "parts": [{"weight": 0.3, "of": "5 min"}, {"weight": 0.7, "of": LOGNORMAL}]},
}
every_kind = pytest.mark.parametrize("written", KINDS.values(), ids=KINDS)
durations = st.integers(1, 10**9).map(lambda ticks: f"{ticks} ms")
cvs = st.floats(0.001, 20)
leaves = st.one_of(
    durations,
    st.builds(lambda m: {"kind": "exponential", "mean": m}, durations),
    st.builds(
        lambda k, m, c: {"kind": k, "mean": m, "cv": c},
        st.sampled_from(["gamma", "lognormal", "weibull"]),
        durations,
        cvs,
    ),
    st.builds(lambda v: {"kind": "empirical", "values": v}, st.lists(durations, min_size=1, max_size=5)),
)


@every_kind
def test_what_is_written_out_reads_back_equal(written: Any) -> None:
    distribution = WRITTEN.validate_python(written)
    assert WRITTEN.validate_python(distribution.model_dump(mode="json")) == distribution


@given(st.lists(st.tuples(st.floats(0.01, 10), leaves), min_size=1, max_size=3))
def test_any_mixture_written_out_reads_back_equal(parts: list[tuple[float, Any]]) -> None:
    mixture = WRITTEN.validate_python({"kind": "mixture", "parts": [{"weight": w, "of": of} for w, of in parts]})
    assert WRITTEN.validate_json(mixture.model_dump_json()) == mixture


def test_a_plain_duration_is_short_for_fixed() -> None:
    assert WRITTEN.validate_python("30 min") == Fixed.model_validate({"kind": "fixed", "value": "30 min"})


class Stage(BaseModel):
    effort: Distribution


@every_kind
def test_the_json_schema_allows_every_kind(written: Any) -> None:
    jsonschema.validate({"effort": written}, Stage.model_json_schema())


@pytest.mark.parametrize(
    "wrong", [20, {"kind": "gamma", "mean": 3, "cv": 1}, {"kind": "normal", "mean": "3 h"}, {**LOGNORMAL, "sd": 1}]
)
def test_the_json_schema_refuses_what_reading_refuses(wrong: Any) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"effort": wrong}, Stage.model_json_schema())


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (20, "valid dictionary"),
        ("20", "not a duration"),
        ({"kind": "normal", "mean": "1 h"}, "normal"),
        ({**LOGNORMAL, "mean": "-1 h"}, "at least 0"),
        ({**LOGNORMAL, "mean": "0 h"}, "above 0"),
        ({**LOGNORMAL, "mean": 20}, "not a duration"),
        ({**LOGNORMAL, "cv": 0}, "greater than or equal to 0.001"),
        ({**LOGNORMAL, "cv": 21}, "less than or equal to 20"),
        ({**LOGNORMAL, "cv": math.nan}, "finite"),
        ({**LOGNORMAL, "cv": True}, "valid number"),
        ({**LOGNORMAL, "sd": 1}, "not permitted"),
        ({"kind": "hyperexponential", "mean": "1 h", "cv": 0.9}, "greater than or equal to 1"),
        ({"kind": "uniform", "low": "2 h", "high": "1 h"}, "above high"),
        ({"kind": "triangular", "low": "2 h", "mode": "1 h", "high": "3 h"}, "do not rise"),
        ({"kind": "triangular", "low": "2 h", "mode": "2 h", "high": "2 h"}, "do not rise"),
        ({"kind": "empirical", "values": []}, "at least 1"),
        ({"kind": "empirical", "values": ["1 h"], "weights": [0]}, "sum to 0"),
        ({"kind": "empirical", "values": ["1 h"], "weights": [-1]}, "greater than or equal to 0"),
        ({"kind": "empirical", "values": ["1 h"], "weights": [1, 1]}, "2 weights for 1 values"),
        ({"kind": "empirical", "values": ["1 h"] * 1001}, "at most 1000"),
        ({"kind": "quantiles", "values": ["1 h"]}, "at least 2"),
        ({"kind": "quantiles", "values": ["2 h", "1 h"]}, "never fall"),
        ({"kind": "mixture", "parts": []}, "at least 1"),
        ({"kind": "mixture", "parts": [{"weight": 0, "of": "1 h"}]}, "sum to 0"),
        (
            {"kind": "mixture", "parts": [{"weight": 1, "of": f"{minute} min"} for minute in range(401)]},
            "401 different values in one mixture; at most 400",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_reason(wrong: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        WRITTEN.validate_python(wrong)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("short", "always 30 min"),
        ("exponential", "exponential, mean 6 h"),
        ("lognormal", "lognormal, mean 20 h, cv 1.1"),
        ("uniform", "uniform, 1 h to 2 h"),
        ("triangular", "triangular, 1 h to 5 h, mostly 2 h"),
        ("empirical", "one of 3 listed values, mean 2.29 h"),
        ("quantiles", "4 quantiles, 10 min to 9 h"),
        ("mixture", "30 % always 5 min; 70 % lognormal, mean 20 h, cv 1.1"),
    ],
)
def test_a_distribution_is_told_to_people(kind: str, told: str) -> None:
    assert describe(WRITTEN.validate_python(KINDS[kind])) == told


@every_kind
def test_scaling_multiplies_the_mean_and_the_sd(written: Any) -> None:
    distribution = WRITTEN.validate_python(written)
    twice = scaled(distribution, 2)
    assert (mean(twice), variance(twice)) == pytest.approx((2 * mean(distribution), 4 * variance(distribution)))


@pytest.mark.parametrize("factor", [-1, math.inf, math.nan])
def test_scaling_by_no_factor_is_refused(factor: float) -> None:
    with pytest.raises(ValueError, match="is no factor"):
        scaled(WRITTEN.validate_python("1 h"), factor)


@every_kind
def test_mean_and_variance_are_those_of_the_quantile_function(written: Any) -> None:
    distribution = WRITTEN.validate_python(written)
    nodes, weights = np.polynomial.legendre.leggauss(60)
    # Gauss-Legendre over u, halved towards both ends where an unbounded curve is steep; listed values cost precision.
    cuts = np.concatenate([[0], 2.0 ** -np.arange(50, 0, -1), 1 - 2.0 ** -np.arange(2, 46)])
    centre, half = (cuts[1:] + cuts[:-1]) / 2, np.diff(cuts) / 2
    x = quantile(distribution, (centre[:, None] + half[:, None] * nodes).ravel())
    share = (half[:, None] * weights).ravel()
    average = share @ x
    tolerance = 0.02 if distribution.kind in {"empirical", "quantiles", "mixture"} else 1e-6
    measured = (average, share @ np.square(x - average))
    assert measured == pytest.approx((mean(distribution), variance(distribution)), rel=tolerance)


@every_kind
def test_the_quantile_is_the_least_value_that_is_reached(written: Any) -> None:
    distribution = WRITTEN.validate_python(written)
    u = np.linspace(0.001, 0.999, 499)
    x = quantile(distribution, u)
    slack = 1e-9
    assert np.all(cdf(distribution, x) >= u - slack)
    assert np.all(cdf(distribution, x * (1 - slack) - slack) <= u + slack)


def test_the_parts_of_a_mixture_with_equal_values_add_up() -> None:
    parts = [{"weight": 1, "of": "1 h"}, {"weight": 1, "of": {"kind": "empirical", "values": ["1 h", "3 h"]}}]
    distribution = WRITTEN.validate_python({"kind": "mixture", "parts": parts})
    assert quantile(distribution, np.array([0.7, 0.75, 0.76])).tolist() == [HOUR, HOUR, 3 * HOUR]


def test_a_hyperexponential_has_balanced_means() -> None:
    # M/H2/1 of the theory table: mean 1, scv 4 has rates 1.7746 and 0.2254.
    distribution = WRITTEN.validate_python({"kind": "hyperexponential", "mean": "1000 min", "cv": 2})
    often, rate, seldom = 0.8872983346207417, 1.7745966692414834, 0.2254033307585166
    x = np.array([10.0, 700.0, 4000.0])
    expected = 1 - often * np.exp(-rate * x / 1000) - (1 - often) * np.exp(-seldom * x / 1000)
    assert cdf(distribution, x * MINUTE) == pytest.approx(expected)
