"""Working time as a clock of its own: counting it and adding to it undo each other."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.timelines import (
    Timeline,
    advance,
    advance_many,
    is_open,
    next_open,
    timeline_of,
    worked_at,
    working_ticks,
)

SINCE, UNTIL = -20, 60
instants = st.integers(SINCE, UNTIL)
intervals = st.lists(st.tuples(st.integers(-40, 80), st.integers(-40, 80)), max_size=8)


def laid_out(pairs: list[tuple[int, int]]) -> Timeline:
    table = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return timeline_of(table[:, 0], table[:, 1], since=SINCE, until=UNTIL)


timelines = intervals.map(laid_out)
SHIFTS = laid_out([(0, 10), (20, 30)])


@given(intervals)
def test_an_instant_is_open_exactly_when_some_interval_holds_it(pairs: list[tuple[int, int]]) -> None:
    timeline = laid_out(pairs)
    held = [any(opening <= at < close for opening, close in pairs) for at in range(SINCE, UNTIL)]
    assert [is_open(timeline, at) for at in range(SINCE, UNTIL)] == held


@given(timelines)
def test_intervals_are_never_empty_and_never_touch(timeline: Timeline) -> None:
    edges = [
        edge for interval in zip(timeline.opens.tolist(), timeline.closes.tolist(), strict=True) for edge in interval
    ]
    assert all(earlier < later for earlier, later in pairwise(edges))


@given(timelines)
def test_working_ticks_before_an_instant_are_the_open_ticks_before_it(timeline: Timeline) -> None:
    counted = np.cumsum([0, *(is_open(timeline, at) for at in range(SINCE, UNTIL))])
    assert worked_at(timeline, np.arange(SINCE, UNTIL + 1)).tolist() == counted.tolist()


@given(timelines, instants, instants)
def test_work_between_two_instants_is_the_difference_of_what_was_done_before_them(
    timeline: Timeline, a: int, b: int
) -> None:
    before = worked_at(timeline, np.array([a, b]))
    assert working_ticks(timeline, a, b) == before[1] - before[0]


@given(timelines, instants, st.data())
def test_work_is_done_at_the_first_instant_by_which_so_much_was_worked(
    timeline: Timeline, at: int, data: st.DataObject
) -> None:
    work = data.draw(st.integers(0, working_ticks(timeline, at, UNTIL)))
    enough = [done for done in range(at, UNTIL + 1) if working_ticks(timeline, at, done) >= work]
    assert advance(timeline, at, work) == enough[0]


@given(timelines, instants, st.data())
def test_counting_undoes_adding(timeline: Timeline, at: int, data: st.DataObject) -> None:
    work = data.draw(st.integers(0, working_ticks(timeline, at, UNTIL)))
    assert working_ticks(timeline, at, advance(timeline, at, work)) == work


@given(timelines, st.lists(st.tuples(instants, st.integers(0, 30)), min_size=1))
def test_many_instants_advance_as_each_alone(timeline: Timeline, begun: list[tuple[int, int]]) -> None:
    table = np.array([(at, min(work, working_ticks(timeline, at, UNTIL))) for at, work in begun])
    alone = [advance(timeline, at, work) for at, work in table.tolist()]
    assert advance_many(timeline, table[:, 0], table[:, 1]).tolist() == alone


@given(timelines, instants)
def test_the_next_opening_is_the_first_open_instant_from_then_on(timeline: Timeline, at: int) -> None:
    assert next_open(timeline, at) == next((later for later in range(at, UNTIL) if is_open(timeline, later)), None)


def test_work_that_fills_a_shift_is_done_at_its_closing_not_at_the_next_opening() -> None:
    assert advance(SHIFTS, 0, 10) == 10


def test_no_work_is_done_at_once_even_off_shift() -> None:
    assert advance(SHIFTS, 15, 0) == 15


def test_work_begun_off_shift_waits_for_the_opening() -> None:
    assert advance(SHIFTS, 15, 1) == 21


@pytest.mark.parametrize(
    ("at", "work", "message"),
    [
        (0, 21, "not done when the timeline ends, at tick 60"),
        (61, 0, "tick 61 lies outside the timeline, which covers -20 to 60"),
        (0, -1, "at least 0 ticks"),
    ],
)
def test_what_a_timeline_cannot_know_is_refused_for_one_and_for_many(at: int, work: int, message: str) -> None:
    for ask in (
        lambda: advance(SHIFTS, at, work),
        lambda: advance_many(SHIFTS, np.array([5, at]), np.array([1, work])),
    ):
        with pytest.raises(ValueError, match=message):
            ask()


def test_a_timeline_without_working_time_finishes_no_work() -> None:
    with pytest.raises(ValueError, match="1 working ticks from tick 0 on"):
        advance(laid_out([]), 0, 1)


def test_a_timeline_does_not_run_backwards() -> None:
    with pytest.raises(ValueError, match="since"):
        timeline_of(np.array([0]), np.array([1]), since=1, until=0)
