# ruff: noqa: TID251 - seeded generators make samples with a known truth
"""CORRECTNESS C3: items watched for three mean times only; lognormal times with a squared cv of 2."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import norm

from calibration.censored_mean import CensoredMean, lognormal_mean
from calibration.lifetimes import Lifetimes, lifetimes
from calibration.open_items import time_evidence
from tests.observed_logs import log_of
from twin.eventlog import NEVER

MEAN = 20 * 24 * 3_600_000
SIGMA = math.sqrt(math.log(3))
WINDOW = 3 * MEAN
P85 = MEAN * math.exp(SIGMA * norm.ppf(0.85) - SIGMA**2 / 2)


def watched(seed: int, items: int = 2000) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Let items begin evenly by chance; what lasts beyond the window is open."""
    rng = np.random.default_rng(seed)
    begin = np.sort(rng.uniform(0, WINDOW, items)).astype(np.int64)
    done = begin + (MEAN * np.exp(SIGMA * rng.standard_normal(items) - SIGMA**2 / 2)).astype(np.int64)
    return begin, np.where(done <= WINDOW, done, NEVER)


def estimated(seed: int) -> tuple[CensoredMean, Lifetimes]:
    mean = lognormal_mean(*watched(seed), WINDOW)
    assert mean is not None
    return mean, lifetimes(*watched(seed), WINDOW)


@pytest.mark.parametrize("logs", [20, pytest.param(200, marks=pytest.mark.nightly)])
def test_the_mean_is_off_by_three_percent_at_most_where_finished_items_are_off_by_forty(logs: int) -> None:
    found = [estimated(seed) for seed in range(logs)]
    assert np.mean([mean.value for mean, _ in found]) == pytest.approx(MEAN, rel=0.03)
    assert np.mean([(times.completed_mean or 0) / MEAN - 1 for _, times in found]) == pytest.approx(-0.44, abs=0.03)


def test_the_85th_percentile_is_within_five_percent() -> None:
    slow = [lifetimes(*watched(seed), WINDOW).quantiles[1].value or 0 for seed in range(20)]
    assert np.mean(slow) == pytest.approx(P85, rel=0.05)


@pytest.mark.parametrize("logs", [40, pytest.param(200, marks=pytest.mark.nightly)])
def test_the_interval_of_the_mean_holds_it_as_often_as_it_says(logs: int) -> None:
    held = [mean.low <= MEAN <= mean.high for mean, _ in map(estimated, range(logs))]
    assert np.mean(held) >= 0.88


def test_items_that_all_took_equally_long_say_nothing_about_a_spread() -> None:
    assert lognormal_mean(np.zeros(50, np.int64), np.full(50, 7), 100) is None


def test_the_evidence_says_the_mean_and_what_finished_items_alone_would_say() -> None:
    begin, done = watched(1, 300)
    rows = [
        (n, "work", "ann", b / 3_600_000, None if d == NEVER else d / 3_600_000)
        for n, (b, d) in enumerate(zip(begin.tolist(), done.tolist(), strict=True))
    ]
    notes = [each.note for each in time_evidence(log_of(rows, end=WINDOW / 3_600_000))]
    assert all("if times are lognormal, which is assumed; finished items alone say" in note for note in notes)
