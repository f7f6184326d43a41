"""Weighing items anew moves an estimate by what the weights change, and by nothing where they change nothing."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.durations import written
from calibration.observed import quantiles_of
from calibration.patterns import Weeks, pattern_again
from calibration.presence import SLOTS
from calibration.reweighed import Rows, Times, duration_again, rows_of, shares_again
from calibration.routes import weighed_moves
from calibration.shifts import Level, moved, states_of
from calibration.states import States
from tests.observed_logs import Row, log_of
from twin.arrivals import WeekPattern
from twin.distributions import Quantiles, mean
from twin.effort import Delay
from twin.units import HOUR
from twin.work import Route

LISTED = written({"kind": "quantiles", "values": ["1 h", "2 h", "6 h"]})
SEEN = np.array([1, 2, 2, 3, 6]) * HOUR
TIMES = Times(SEEN, np.ones(5), np.arange(5))
NO_CHANGE = Level(np.zeros(3), 0.0)


@pytest.mark.parametrize(
    "duration",
    [LISTED, written("3 h"), written({"kind": "gamma", "mean": "2 h", "cv": 0.5})],
    ids=["quantiles", "fixed", "gamma"],
)
def test_equal_weights_leave_a_duration_where_it_is(duration: Quantiles) -> None:
    assert mean(duration_again(duration, TIMES, np.full(5, 0.3))) == mean(duration)


@given(st.lists(st.floats(0.01, 20), min_size=5, max_size=5))
def test_a_mean_moves_by_the_ratio_of_weighed_means(weights: list[float]) -> None:
    anew = np.array(weights)
    ratio = np.average(SEEN, weights=anew) / SEEN.mean()
    gamma = written({"kind": "gamma", "mean": "2 h", "cv": 0.5})
    assert mean(duration_again(gamma, TIMES, anew)) == pytest.approx(2 * HOUR * ratio, abs=1)


def test_quantiles_follow_the_items_that_weigh_more() -> None:
    late = duration_again(LISTED, TIMES, np.array([1, 1, 1, 1, 20.0]))
    assert isinstance(late, Quantiles)
    middle = quantiles_of(SEEN, np.array([1, 1, 1, 1, 20.0]), np.array([0.5]))[0]
    assert late.values[1] == pytest.approx(2 * HOUR * middle / (2 * HOUR), rel=1e-3)


def two_ways() -> tuple[Route, list[Row]]:
    """Of ten items from the left four are closed, of ten from the right eight."""
    rows: list[Row] = []
    for k in range(20):
        rows += [(k, ("left", "right")[k // 10], "a", 24 * k, 24 * k + 1), (k, "desk", "a", 24 * k + 2, 24 * k + 3)]
        if k % 10 < (4, 8)[k // 10]:
            rows.append((k, "close", "a", 24 * k + 4, 24 * k + 5))
    return Route.model_validate(
        {
            "start": {"left": 0.5, "right": 0.5},
            "next": {
                "left": {"desk": 1}, "right": {"desk": 1}, "close": {"done": 1},
                "desk": {"close": 0.8, "done": 0.2}, "left > desk": {"close": 0.4, "done": 0.6},
            },
            "efforts": dict.fromkeys(("left", "right", "desk", "close"), "1 h"),
        }
    ), rows  # fmt: skip


@cache
def deciding() -> tuple[Route, Rows]:
    """The route, and which of its rows decided each move."""
    route, rows = two_ways()
    moves, weight, _ = weighed_moves(log_of(rows, end=10_000), "claim")
    return route, rows_of(route, moves, weight)


def test_the_longest_path_that_fits_decides_a_move() -> None:
    _, found = deciding()
    seen = dict(zip(found.keys, found.seen.sum(axis=1).tolist(), strict=True))
    assert seen == pytest.approx({"start": 20, "left": 10, "right": 10, "close": 12, "desk": 10, "left > desk": 10})


@given(st.lists(st.floats(0.01, 20), min_size=20, max_size=20))
def test_shares_sum_to_one_and_follow_the_weights(weights: list[float]) -> None:
    anew = np.array(weights)
    found = shares_again(*deciding(), anew)
    assert all(sum(shares.values()) == pytest.approx(1, abs=1e-9) for shares in found.values())
    assert found["left > desk"]["close"] == pytest.approx(anew[:4].sum() / anew[:10].sum(), abs=2e-6)


def test_a_delay_grows_with_waiting_and_shrinks_with_queueing() -> None:
    delay = Delay(time=LISTED)
    longer = moved(delay, Level(np.full(3, HOUR), float(HOUR)), 2 * HOUR)
    assert mean(longer.time) == pytest.approx(mean(LISTED) - HOUR, rel=1e-3)


def test_a_delay_is_nothing_where_queues_explain_all() -> None:
    assert mean(moved(Delay(time=LISTED), NO_CHANGE, 99 * HOUR).time) == 0


def test_no_change_leaves_a_delay() -> None:
    assert moved(Delay(time=LISTED), NO_CHANGE, 0.0).time == LISTED


def test_a_route_says_itself_how_visits_are_told_apart_by_their_wait() -> None:
    route = Route.model_validate(
        {
            "start": {"a": 1},
            "next": {"a": {"b": 0.5, "b after 2 h": 0.5}, "b": {"done": 1}, "b after 2 h": {"done": 1}},
            "efforts": {"a": "1 h", "b": "1 h"},
            "delays": {"a > b": "1 h", "a > b after 2 h": "5 h"},
            "states": {"b after 2 h": "b"},
        }
    )
    assert states_of(route) == States(2 * HOUR, frozenset({("a", "b")}), (("b after 2 h", "b"),))


def test_a_pattern_follows_the_weeks_that_weigh_more() -> None:
    counts = np.zeros((2, SLOTS))
    counts[0, 9], counts[1, 10] = 400, 400  # Monday's tenth hour in one week, the eleventh in the other
    even = WeekPattern(every=(1.0,) * 24)
    same = pattern_again(even, Weeks(counts), np.ones(2), free=False)
    other = pattern_again(even, Weeks(counts), np.array([2.0, 0.0]), free=False)
    assert same == even
    assert other.day(0)[9:11] == pytest.approx((1.98, 0.01), abs=0.02)
