"""Open items count: what finished ones alone would say stands beside, with how far it is off."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import CensoredData, ecdf

from calibration.lifetimes import entered_curve, lifetimes
from twin.eventlog import NEVER
from twin.units import DAY

GOLDEN = (math.sqrt(5) - 1) / 2
MEAN = DAY
SIGMA = math.sqrt(math.log(3))  # of a lognormal with squared cv 2
ITEMS = 4000


def lasting(count: int = ITEMS) -> np.ndarray:
    """Give times of a lognormal with a mean of a day, well spread over it without chance."""
    from scipy.stats import norm

    share = (0.5 + np.arange(count) * GOLDEN) % 1
    return np.round(MEAN * np.exp(SIGMA * norm.ppf(share) - SIGMA**2 / 2)).astype(np.int64)


def true_quantile(share: float) -> float:
    from scipy.stats import norm

    return MEAN * math.exp(SIGMA * norm.ppf(share) - SIGMA**2 / 2)


def test_an_open_item_counts_until_the_log_ends() -> None:
    # by hand: 1 of 4 done at 2; the one of age 3 leaves; 1 of 2 done at 5; the last done at 9
    begin, done = np.array([0, 7, 5, 1]), np.array([2, NEVER, 10, 10])
    found = lifetimes(begin, done, 10)
    assert [(each.value, each.completed) for each in found.quantiles] == [(5.0, 5.0), (9.0, 9.0), (9.0, 9.0)]
    assert (found.finished, found.open, found.method) == (3, 1, "censored")
    assert found.mean == pytest.approx(2 + 3 * 0.75 + 4 * 0.375)


@given(
    st.lists(st.tuples(st.integers(1, 30), st.booleans()), min_size=2, max_size=40).filter(
        lambda all_: any(d for _, d in all_)
    )
)
def test_without_late_entries_the_estimate_is_that_of_kaplan_and_meier(items: list[tuple[int, bool]]) -> None:
    times, done = np.array([time for time, _ in items]), np.array([each for _, each in items])
    curve = entered_curve(times, np.zeros(times.size, np.int64), done)
    theirs = ecdf(CensoredData(uncensored=times[done], right=times[~done])).cdf
    assert curve.below == pytest.approx(theirs.evaluate(curve.times))


def test_a_short_window_bends_finished_items_and_not_the_estimate() -> None:
    lasted = lasting()
    begin = np.linspace(0, 3 * MEAN, ITEMS).astype(np.int64)
    done = np.where(begin + lasted <= 3 * MEAN, begin + lasted, NEVER)
    slow = lifetimes(begin, done, 3 * MEAN).quantiles[1]
    assert slow.value == pytest.approx(true_quantile(0.85), rel=0.05)
    assert slow.bias is not None
    assert slow.bias < -0.2


def test_a_log_that_begins_in_the_middle_counts_items_from_the_age_they_then_had() -> None:
    lasted = lasting(40 * ITEMS)
    begin = np.linspace(0, 120 * MEAN, lasted.size).astype(np.int64)
    done = begin + lasted
    seen = (begin < 101 * MEAN) & (done >= 100 * MEAN)
    found = lifetimes(begin[seen], np.where(done <= 101 * MEAN, done, NEVER)[seen], 101 * MEAN)
    assert found.method == "entered"
    assert [each.value for each in found.quantiles[:2]] == pytest.approx(
        list(map(true_quantile, (0.5, 0.85))), rel=0.05
    )


def test_what_was_done_in_a_window_of_a_steady_flow_stands_for_all() -> None:
    lasted = lasting(40 * ITEMS)
    begin = np.linspace(0, 120 * MEAN, lasted.size).astype(np.int64)
    done = begin + lasted
    chosen = (done >= 100 * MEAN) & (done <= 101 * MEAN)
    found = lifetimes(begin[chosen], done[chosen], 101 * MEAN)
    assert (found.method, found.quantiles[1].bias) == ("window", 0.0)
    assert found.quantiles[1].value == pytest.approx(true_quantile(0.85), rel=0.05)


def test_a_quantile_beyond_what_was_watched_is_not_told() -> None:
    begin, done = np.zeros(10, np.int64), np.array([5] * 3 + [NEVER] * 7)
    assert [each.value for each in lifetimes(begin, done, 8).quantiles] == [None, None, None]


def test_nothing_done_says_nothing() -> None:
    assert lifetimes(np.array([0, 1]), np.array([NEVER, NEVER]), 8).quantiles == ()


def test_what_has_not_begun_says_nothing() -> None:
    found = lifetimes(np.array([0, 0, NEVER]), np.array([4, NEVER, NEVER]), 8)
    assert (found.finished, found.open) == (1, 1)


def test_where_recent_items_are_all_there_the_log_was_cut_and_nothing_is_taken_to_be_missing() -> None:
    # three items a day take up to sixty days; of those that are not done by day 70, the step of a day ago is seen
    begin = np.arange(210, dtype=np.int64) * (DAY // 3)
    done = begin + np.resize([3, 15, 40, 60], begin.size) * DAY
    seen = np.where(done < 70 * DAY, done, np.maximum(69 * DAY, begin + 1))
    found = lifetimes(begin, seen, 70 * DAY)
    assert (found.method, found.quantiles[1].bias) == ("cut", 0.0)
