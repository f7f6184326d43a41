# ruff: noqa: TID251 - seeded generators only make inputs here; the code under test draws nothing
"""An estimate says how sure it is, and says so where it cannot be sure."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from twin.errors import InputError
from twin.estimate import (
    Difference,
    holm,
    in_family,
    mean_estimate,
    paired_difference,
    quantile_estimate,
    say_probability,
    skew_warning,
)

FIVE = np.array([4.0, 5.0, 6.0, 7.0, 8.0])
LEAD_TIMES = arrays(np.float64, st.integers(2, 40), elements=st.floats(0, 1e6))


def normals(seed: int, n: int = 30) -> np.ndarray:
    return np.random.default_rng(seed).normal(10, 1, n)


def skewed(seed: int, n: int = 30) -> np.ndarray:
    """Draw Law's skewed benchmark, min(G1, max(G2, G3)) with Weibull times of shape 0.5."""
    first, second, third = np.random.default_rng(seed).weibull(0.5, (3, n))
    lives: np.ndarray = np.minimum(first, np.maximum(second, third))
    return lives


def test_the_interval_of_a_mean_is_the_hand_computed_one() -> None:
    # mean 6, s = √2.5, √5 = 2.2361, t(4, 0.975) = 2.7764: 6 ± 1.9632
    estimate = mean_estimate(FIVE)
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx((6, 4.0368, 7.9632), abs=1e-4)


def test_an_estimate_prints_its_interval_and_n() -> None:
    assert str(mean_estimate(FIVE, unit="d")) == "6.0 d (95 % interval 4.0 to 8.0, n = 5)"


def test_one_replication_has_no_interval_and_says_so() -> None:
    assert str(mean_estimate(FIVE[:1], unit="d")) == "4.000 d (no interval with n = 1)"


def test_equal_replications_have_an_interval_of_exactly_no_width() -> None:
    assert mean_estimate(np.full(7, 0.1)).half_width == 0


@given(LEAD_TIMES)
def test_a_higher_level_never_gives_a_narrower_interval(values: np.ndarray) -> None:
    assert (mean_estimate(values, 0.99).half_width or 0) >= (mean_estimate(values, 0.9).half_width or 0)


def test_a_replication_without_a_value_is_refused_not_dropped() -> None:
    with pytest.raises(InputError, match=r"1 of 3 replications have no value"):
        mean_estimate(np.array([1.0, np.nan, 2.0]))


@pytest.mark.parametrize("values", [np.empty(0), np.ones((2, 2))])
def test_only_one_value_per_replication_is_an_estimate(values: np.ndarray) -> None:
    with pytest.raises(InputError, match="one value per replication"):
        mean_estimate(values)


@pytest.mark.parametrize("level", [0, 1, 95])
def test_a_level_outside_zero_and_one_is_refused(level: float) -> None:
    with pytest.raises(InputError, match="level"):
        mean_estimate(FIVE, level)


def test_the_skewed_model_is_printed_with_the_warning() -> None:
    assert "interval may be too narrow (skewness 2.6, 30 replications)" in str(mean_estimate(skewed(seed=1)))


def test_symmetric_replications_carry_no_warning() -> None:
    assert skew_warning(np.arange(30.0)) is None


def test_enough_replications_lift_the_warning() -> None:
    exponential = stats.expon.ppf((np.arange(1, 201) - 0.5) / 200)  # skewness 2: 25 · 2² = 100 are enough
    assert skew_warning(exponential) is None


def test_a_quantile_lies_between_two_of_the_values() -> None:
    # 30 values, p = 0.85: the 20th and 21st hold less than 2.5 % below, only the 30th more than 97.5 %
    estimate = quantile_estimate(np.arange(1.0, 31.0), 0.85)
    assert (estimate.value, estimate.low, estimate.high) == (26, 21, 30)


def test_few_values_give_a_high_quantile_no_upper_end() -> None:
    assert str(quantile_estimate(np.arange(1.0, 23.0), 0.85)).endswith("no upper bound with n = 22)")


def test_few_values_give_a_low_quantile_no_lower_end() -> None:
    assert str(quantile_estimate(np.arange(1.0, 23.0), 0.15)).endswith("no lower bound with n = 22)")


def test_one_value_bounds_no_quantile() -> None:
    assert str(quantile_estimate(FIVE[:1], 0.5)) == "4.000 (no interval with n = 1)"


@pytest.mark.parametrize("p", [0, 1, 85])
def test_a_quantile_outside_zero_and_one_is_refused(p: float) -> None:
    with pytest.raises(InputError, match="quantile"):
        quantile_estimate(FIVE, p)


def test_the_same_scenario_under_another_name_differs_by_exactly_zero() -> None:
    base = normals(seed=1)
    same = paired_difference(base, base.copy())
    assert (same.effect, same.low, same.high, same.standard_error, same.p_value) == (0, 0, 0, 0, 1)


def test_equal_replications_are_printed_as_no_difference() -> None:
    assert str(paired_difference(FIVE, FIVE)) == "no difference (equal in every replication, n = 5)"


@given(LEAD_TIMES)
def test_nothing_differs_from_itself(values: np.ndarray) -> None:
    assert paired_difference(values, values).identical


@given(st.integers(2, 20).flatmap(lambda n: st.tuples(*[arrays(np.float64, n, elements=st.floats(-1e9, 1e9))] * 2)))
def test_swapping_the_sides_only_turns_the_sign(sides: tuple[np.ndarray, np.ndarray]) -> None:
    there, back = paired_difference(*sides), paired_difference(*reversed(sides))
    assert (there.effect, there.low, there.p_value) == (-back.effect, -(back.high or 0), back.p_value)


def test_a_paired_difference_is_the_paired_t_test() -> None:
    base, changed = normals(seed=1), normals(seed=1) + normals(seed=2) / 5
    ours, theirs = paired_difference(base, changed), stats.ttest_rel(changed, base)
    interval = theirs.confidence_interval(0.95)
    assert (ours.p_value, ours.low, ours.high) == pytest.approx((theirs.pvalue, interval.low, interval.high))


def test_pairing_that_pays_shows_in_the_variance_ratio() -> None:
    # base 1 2 3, changed 2 4 6: variances 1 and 4, of the difference 1
    ours = paired_difference(np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0]))
    assert (ours.correlation, ours.variance_ratio) == pytest.approx((1, 5))


def test_a_side_that_does_not_vary_has_no_correlation() -> None:
    assert paired_difference(np.ones(5), FIVE).correlation is None


def test_a_difference_prints_its_sign_interval_n_and_p() -> None:
    text = str(paired_difference(FIVE, FIVE + np.array([1.0, 2.0, 3.0, 2.0, 1.0]), unit="d"))
    assert text == "+1.8 d (95 % interval +0.8 to +2.8, n = 5, p = 0.009)"


def test_one_pair_has_an_effect_but_no_interval() -> None:
    assert str(paired_difference(FIVE[:1], FIVE[1:2], unit="d")) == "+1.000 d (no interval with n = 1)"


def test_sides_of_different_length_are_not_paired() -> None:
    with pytest.raises(InputError, match="5 replications cannot be paired with 4"):
        paired_difference(FIVE, FIVE[:4])


def test_the_belief_in_an_effect_below_its_own_estimate_is_one_half() -> None:
    ours = paired_difference(FIVE, FIVE[::-1] + 1)
    assert ours.probability_below(ours.effect) == pytest.approx(0.5)


def test_beliefs_below_and_above_add_to_one() -> None:
    ours = paired_difference(normals(seed=1), normals(seed=2))
    assert (ours.probability_below(0.1) or 0) + (ours.probability_above(0.1) or 0) == pytest.approx(1)


def test_the_belief_matches_the_one_sided_test() -> None:
    base, changed = normals(seed=1), normals(seed=2)
    one_sided = stats.ttest_rel(changed, base, alternative="greater").pvalue
    assert paired_difference(base, changed).probability_below(0) == pytest.approx(one_sided)


def test_no_belief_is_ever_certain() -> None:
    ours = paired_difference(FIVE, FIVE + 1)
    assert [ours.probability_below(99), ours.probability_above(99)] == pytest.approx([0.99, 0.01])


def test_one_pair_supports_no_belief() -> None:
    assert say_probability(paired_difference(FIVE[:1], FIVE[1:2]).probability_above(0)) == "unknown"


@pytest.mark.parametrize(
    ("p", "said"), [(1.0, "> 99 %"), (0.99, "> 99 %"), (0.834, "83 %"), (0.01, "< 1 %"), (0.0, "< 1 %")]
)
def test_probabilities_are_said_without_certainty(p: float, said: str) -> None:
    assert say_probability(p) == said


@pytest.mark.parametrize(
    ("p_values", "adjusted"),
    [
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),  # 4 · .005, 3 · .01, 2 · .03, then .04 lifted to .06
        ([0.5, 0.9], [1.0, 1.0]),
        ([0.02], [0.02]),
        ([], []),
    ],
)
def test_holm_gives_the_hand_computed_values(p_values: list[float], adjusted: list[float]) -> None:
    assert holm(p_values) == pytest.approx(adjusted)


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_lies_between_no_adjustment_and_bonferroni(p_values: list[float]) -> None:
    assert all(p <= q <= min(1, len(p_values) * p) for p, q in zip(p_values, holm(p_values), strict=True))


def test_a_family_adjusts_only_what_was_tested() -> None:
    tested = paired_difference(FIVE, FIVE[::-1] + 6)
    alone = paired_difference(FIVE[:1], FIVE[1:2])
    assert [d.family_p_value for d in in_family([tested, alone, tested])] == [
        pytest.approx(2 * (tested.p_value or 0)),
        None,
        pytest.approx(2 * (tested.p_value or 0)),
    ]


def test_a_difference_in_a_family_prints_the_adjusted_p() -> None:
    ours: Difference = replace(paired_difference(FIVE, FIVE[::-1] + 1), family_p_value=0.0004)
    assert "family p < 0.001" in str(ours)


def test_importing_estimates_does_not_load_scipy() -> None:
    code = "import sys, twin.estimate, twin.run_length; print('scipy' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert answer.strip() == "False"


def test_a_mean_is_estimated_without_the_slow_part_of_scipy() -> None:
    use = "import sys, numpy as np, twin.estimate as e; e.mean_estimate(np.arange(9.0))"
    code = f"{use}; print('scipy.stats' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert answer.strip() == "False"
