"""What an interval is made of: luck, parameters, model; told apart by replications of the twins of an ensemble."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.integrate import quad

from twin.estimate import paired_difference
from twin.uncertainty import sources_of, t_factor, total_difference, total_estimate

THREE_TWINS = np.array([1.0, 5.0, 9.0, 3.0, 7.0, 11.0])  # two replications of each: means 2, 6, 10
OF = np.arange(6) % 3
NOTHING = np.zeros(6)
PEAKS = [0.01, 0.03, 0.1, 0.3]
MANY = arrays.arrays(np.float64, 12, elements=st.floats(-1e3, 1e3))


def half_width(low: float | None, high: float | None) -> float:
    assert low is not None
    assert high is not None
    return (high - low) / 2


def test_twins_and_luck_are_told_apart_as_computed_by_hand() -> None:
    # Within: each twin's two values lie 1 from their mean, W = 6 / 3. Between: B = 2 (16 + 0 + 16) / 2 = 32, so the
    # variance between twins is (32 - 2) / 2 = 15, and the truth is one more twin beside a mean of three. Of so few
    # twins all of 32 / 2 is taken, so that the rest, 2 / 2, is left to the simulation.
    sources = sources_of(THREE_TWINS, OF)
    assert (sources.simulation, sources.parameters) == (pytest.approx(4 / 3), pytest.approx(15 * (1 + 1 / 3)))
    assert sources.freedom == 2


@pytest.mark.parametrize("spread", [0.0, 0.5, 2.0])
def test_the_whole_has_the_moments_that_integration_gives(spread: float) -> None:
    """Twelve twins, three replications each: θ is weighed by how likely B is under it, from W on."""
    rng = np.random.default_rng(3)  # noqa: TID251 - any values do
    values = rng.normal(0, spread, 12)[np.arange(36) % 12] + rng.normal(0, 1, 36)
    twins = values.reshape(3, 12).mean(axis=0)
    luck, between = float(((values.reshape(3, 12) - twins) ** 2).sum()) / 24, 3 * float(twins.var(ddof=1))
    powers = [
        quad(lambda u, p=power: u ** (3.5 - p) * math.exp(-5.5 * between / luck * u), 0, 1, points=PEAKS)[0]
        * luck**power
        for power in (0, 1, 2)  # u is W / θ
    ]
    first, second = powers[1] / powers[0], powers[2] / powers[0]
    mean, variance = luck / 36 + (first - luck) / 3 * (1 + 1 / 12), ((1 + 1 / 12) / 3) ** 2 * (second - first**2)
    sources = sources_of(values, np.arange(36) % 12)
    assert sources.freedom == pytest.approx(4 + 2 * mean**2 / variance, rel=1e-5)
    assert sources.total == pytest.approx(mean * (sources.freedom - 2) / sources.freedom, rel=1e-5)


def test_doubt_about_the_model_never_makes_an_interval_narrower() -> None:
    certain, doubted = (total_difference(NOTHING, THREE_TWINS, OF, wrong) for wrong in (None, 0.5))
    assert (certain.half_width or 0) < (doubted.half_width or 0)


def test_the_model_is_wrong_in_proportion_to_the_effect() -> None:
    assert sources_of(THREE_TWINS, OF, 0.5).model == pytest.approx((0.5 * 6) ** 2)


@given(MANY, st.floats(0, 1))
def test_squares_of_the_parts_sum_to_the_square_of_the_whole(values: np.ndarray, discrepancy: float) -> None:
    effect = total_difference(np.zeros(12), values, np.arange(12) % 4, discrepancy)
    assert effect.parts is not None
    assert math.hypot(*(each or 0.0 for each in effect.parts)) == pytest.approx(half_width(effect.low, effect.high))


@given(MANY)
def test_the_order_of_a_twins_replications_decides_nothing(values: np.ndarray) -> None:
    turned = np.roll(values, 4)  # each twin has its own values, in another order
    one, other = sources_of(values, np.arange(12) % 4), sources_of(turned, np.arange(12) % 4)
    assert other.total == pytest.approx(one.total, abs=1e-9)


@given(MANY)
def test_of_one_twin_the_interval_is_that_of_the_paired_t_test(values: np.ndarray) -> None:
    plain, total = paired_difference(np.zeros(12), values), total_difference(np.zeros(12), values)
    assert (total.low, total.high, total.p_value) == (plain.low, plain.high, plain.p_value)


def test_what_nobody_measured_is_unknown_and_not_nothing() -> None:
    parts = total_difference(NOTHING, THREE_TWINS).parts
    assert parts is not None
    assert (parts.parameters, parts.model) == (None, None)


def test_twins_that_differ_by_no_more_than_luck_leave_a_doubt_that_more_replications_narrow() -> None:
    few, many = (np.tile(np.repeat([1.0, 3.0], 10), times) for times in (1, 50))
    doubts = [sources_of(values, np.arange(values.size) % 10) for values in (few, many)]
    assert [each.parameters for each in doubts] == [0, 0]
    alone = [sources_of(values).simulation for values in (few, many)]  # were all of one twin
    assert doubts[0].simulation > doubts[1].simulation > 2 * alone[1]
    assert doubts[0].simulation > 2 * alone[0]


def test_no_difference_in_any_twin_is_exactly_none() -> None:
    effect = total_difference(THREE_TWINS, THREE_TWINS, OF, 0.3)
    assert (effect.identical, effect.low, effect.high) == (True, 0.0, 0.0)


def test_equal_effects_in_all_replications_are_known_without_doubt() -> None:
    effect = total_difference(NOTHING, NOTHING + 0.1, OF)
    assert effect.standard_error == 0


def test_a_twin_that_lost_a_replication_still_counts() -> None:
    # Two twins with two values 1 from their mean, one with one value: W = 4 / 2, n0 = (5 - 9 / 5) / 2.
    assert sources_of(THREE_TWINS[:5], OF[:5]).simulation == pytest.approx(4 / 2 / 1.6 * (1 + 9 / 25))


def test_no_time_lies_below_0_and_an_amount_of_money_may() -> None:
    wide = [total_estimate(THREE_TWINS, OF, 1000.0, unit=unit) for unit in ("h", "EUR")]
    assert (wide[0].low, wide[0].high) == (0, wide[1].high)
    assert (wide[1].low or 0) < 0


def test_a_level_over_an_ensemble_is_less_sure_than_over_replications_of_one() -> None:
    alone, total = total_estimate(THREE_TWINS), total_estimate(THREE_TWINS, OF)
    assert half_width(total.low, total.high) > half_width(alone.low, alone.high)


@pytest.mark.parametrize("spread", [0.3, 0.5, 1.0, 3.0])
def test_nine_in_ten_intervals_hold_the_effect_in_one_more_twin(spread: float) -> None:
    """Twenty twins, five replications each; the organisation is a twin like those of the ensemble."""
    rng, held = np.random.default_rng(5), []  # noqa: TID251 - the truth is drawn here
    members = np.arange(100) % 20
    for _ in range(600):
        values = rng.normal(0, spread, 20)[members] + rng.normal(0, 1, 100)
        sources = sources_of(values, members)
        reach = t_factor(sources.freedom, 0.9) * math.sqrt(sources.total)
        held.append(abs(values.mean() - rng.normal(0, spread)) <= reach)
    assert 0.88 <= np.mean(held) <= 0.97
