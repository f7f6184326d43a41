"""A done visit stands for those as long that are not done yet, by the product-limit estimate."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import CensoredData, ecdf

from calibration.censored_visits import MOST_WEIGHT, visit_weights
from twin.units import DAY

TIMES = st.lists(st.integers(1, 50), min_size=25, max_size=60)


def weights(lasted: list[int], ages: list[int]) -> np.ndarray:
    return visit_weights(
        np.array(lasted), np.zeros(len(lasted), np.int64), np.array(ages, np.int64), np.zeros(len(ages), np.int64)
    )


@given(TIMES, st.lists(st.integers(1, 50), max_size=20))
def test_weights_are_jumps_of_kaplan_and_meiers_estimate(lasted: list[int], ages: list[int]) -> None:
    theirs = ecdf(CensoredData(uncensored=lasted, right=ages)).cdf
    jumps = np.diff(theirs.probabilities, prepend=0.0)
    here = np.searchsorted(theirs.quantiles, lasted)
    share = jumps[here] / np.bincount(here, minlength=jumps.size)[here]
    assert weights(lasted, ages) == pytest.approx(np.minimum(share / share.mean(), MOST_WEIGHT))


@given(TIMES)
def test_where_all_are_done_each_stands_for_itself(lasted: list[int]) -> None:
    assert weights(lasted, []).tolist() == [1.0] * len(lasted)


@given(TIMES)
def test_visits_that_are_older_than_all_change_nothing(lasted: list[int]) -> None:
    assert weights(lasted, [99] * 10) == pytest.approx(np.ones(len(lasted)))


def test_few_visits_stand_for_themselves() -> None:
    assert weights([1, 5, 9], [4, 4, 4]).tolist() == [1.0, 1.0, 1.0]


def test_ways_are_told_apart() -> None:
    way = np.repeat([0, 1], 30)
    told = visit_weights(np.tile(np.arange(1, 31), 2), way, np.full(10, 15), np.ones(10, np.int64))
    assert (told[:30] == 1).all()
    assert told[-1] > told[30]


def test_slow_answers_count_more_where_some_letters_still_wait() -> None:
    number = np.arange(200, dtype=np.int64)
    ready, answered = number * DAY, number * DAY + (number * 0.618 % 1 * 40 * DAY).astype(np.int64)
    done = answered < 200 * DAY
    told = visit_weights((answered - ready)[done], number[done] * 0, (200 * DAY - ready)[~done], number[~done] * 0)
    late = np.average((answered - ready)[done], weights=told)
    assert late == pytest.approx((answered - ready).mean(), rel=0.01)
    assert late > 1.03 * np.average((answered - ready)[done])
