# ruff: noqa: TID251 - seeded generators make samples with a known truth
"""Intervals cover the truth as often as they say: 1000 samples each, bands at 99.9 % of the binomial."""

import numpy as np
import pytest
from scipy import stats

from benchmarks.alarms import alarms_of, power_of
from twin.estimate import holm, mean_estimate, paired_difference, quantile_estimate

SAMPLES = 1000


def covered(low: float | None, truth: float, high: float | None) -> bool:
    assert low is not None
    assert high is not None
    return low <= truth <= high


@pytest.mark.parametrize("n", [2, 10, 30])
def test_the_interval_of_a_normal_mean_covers_as_often_as_it_says(n: int) -> None:
    samples = np.random.default_rng(n).normal(5, 2, (SAMPLES, n))
    estimates = [mean_estimate(sample) for sample in samples]
    assert 0.926 <= np.mean([covered(e.low, 5, e.high) for e in estimates]) <= 0.971


@pytest.mark.parametrize("p", [0.5, 0.85])
def test_the_interval_of_a_quantile_covers_at_thirty_replications(p: float) -> None:
    truth = stats.lognorm.ppf(p, 1)
    samples = np.random.default_rng(30).lognormal(0, 1, (SAMPLES, 30))
    estimates = [quantile_estimate(sample, p) for sample in samples]
    assert 0.94 <= np.mean([covered(e.low, truth, e.high) for e in estimates]) <= 0.995


@pytest.mark.parametrize("n", [30, 72, 100, 333, 1000])
@pytest.mark.parametrize("p", [0.15, 0.5, 0.85, 0.95])
def test_the_interval_of_a_quantile_never_falls_below_its_level(n: int, p: float) -> None:
    # Exactly: with the ranks as values, the quantile lies between the ends when low ≤ Binomial(n, p) < high
    ranks = quantile_estimate(np.arange(1.0, n + 1), p)
    low, high = ranks.low or 0, ranks.high or n + 1
    assert stats.binom.cdf(high - 1, n, p) - stats.binom.cdf(low - 1, n, p) >= 0.95


@pytest.mark.parametrize(("n", "least"), [(30, 0.90), (100, 0.93)])
def test_the_interval_of_a_mean_delay_from_empty_covers_nearly_as_often(n: int, least: float) -> None:
    # First 25 delays of M/M/1, load 0.9, by Lindley: the walk less its lowest point; their mean is 2.12449
    rng = np.random.default_rng(n)
    steps = rng.exponential(0.9, (SAMPLES, n, 24)) - rng.exponential(1, (SAMPLES, n, 24))
    walk = np.concatenate([np.zeros((SAMPLES, n, 1)), steps.cumsum(axis=2)], axis=2)
    delays = (walk - np.minimum.accumulate(walk, axis=2)).mean(axis=2)
    estimates = [mean_estimate(sample) for sample in delays]
    assert np.mean([covered(e.low, 2.12449, e.high) for e in estimates]) >= least


def test_nine_in_ten_samples_of_the_skewed_model_carry_the_warning() -> None:
    first, second, third = np.random.default_rng(41).weibull(0.5, (3, SAMPLES, 30))
    samples = np.minimum(first, np.maximum(second, third))
    assert np.mean([mean_estimate(sample).warning is not None for sample in samples]) > 0.9


def test_a_family_of_equal_scenarios_rarely_raises_a_false_alarm() -> None:
    # One base and five scenarios of the same truth with other seeds; all five share the base
    samples = np.random.default_rng(5).exponential(1, (SAMPLES, 6, 30))
    alarms = [
        min(holm([paired_difference(base, other).p_value or 0.0 for other in others])) < 0.05
        for base, *others in samples
    ]
    assert np.mean(alarms) <= 0.074


def test_of_ten_equal_scenarios_any_is_rarely_declared_different() -> None:
    """A true 5 % exceeds 7.4 % of 1000 in less than 1 of 1000 cases."""
    assert alarms_of(family=10, samples=1000) <= 0.074


@pytest.mark.parametrize(("trials", "least"), [(20, 0.75), pytest.param(200, 0.895, marks=pytest.mark.nightly)])
def test_a_service_five_percent_faster_is_found(trials: int, least: float) -> None:
    """With 30 paired replications of 5000 items; the interval holds its true effect about as often as it says."""
    found, covered = power_of(trials=trials)
    assert found >= 0.99
    assert covered >= least
