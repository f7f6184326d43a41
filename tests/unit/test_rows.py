"""A visit in five words is the visit, whatever its numbers; waits add up to what it was delayed and suspended."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny import START

from twin.causes import Cause
from twin.errors import InputError
from twin.eventlog import NEVER, Labels, Visits
from twin.rows import (
    LAST_TICK,
    MOST_ITEMS,
    MOST_STAGES,
    MOST_TEAMS,
    MOST_WORKS,
    check_fits,
    kind,
    named,
    pack,
    person_high,
    person_low,
    stamped,
    stamped_if_come,
    unpack,
    wait_name,
)

ticks = st.integers(-LAST_TICK, LAST_TICK)
waiting = st.integers(0, 2**61)


@st.composite
def visit(draw: st.DrawFn) -> tuple[int, ...]:
    """Any visit that an engine may write, in the order of `Visits`."""
    queued = draw(st.just(NEVER) | ticks)
    started = NEVER if queued == NEVER else draw(st.just(NEVER) | ticks)
    finished = NEVER if started == NEVER else draw(st.just(NEVER) | ticks)
    suspended = draw(waiting) if finished != NEVER else 0 if started == NEVER else NEVER
    begun = started != NEVER
    team = draw(st.integers(0, MOST_TEAMS - 1)) if begun else -1
    person = draw(st.integers(0, 2**31 - 1)) if begun else -1
    return (
        draw(st.integers(0, MOST_ITEMS - 1)), draw(st.integers(0, MOST_WORKS - 1)),
        draw(st.integers(0, MOST_STAGES - 1)), draw(st.integers(0, 2**16 - 1)), team, person,
        draw(ticks), draw(waiting), queued, started, suspended, finished, draw(st.integers(0, 2**6 - 1)),
    )  # fmt: skip


def columns(visits: list[tuple[int, ...]]) -> Visits:
    kinds = (np.int64, *[np.int32] * 5, *[np.int64] * 6, np.int32)
    table = list(zip(*visits, strict=True)) or [()] * len(kinds)
    return Visits(*(np.array(column, kind) for column, kind in zip(table, kinds, strict=True)))  # type: ignore[arg-type]


@given(visits=st.lists(visit(), max_size=6))
def test_what_is_packed_is_read_as_it_was(visits: list[tuple[int, ...]]) -> None:
    before = columns(visits)
    after = unpack(*pack(before))
    assert [column.tolist() for column in after] == [column.tolist() for column in before]
    assert [column.dtype for column in after] == [column.dtype for column in before]


@given(one=visit())
def test_one_visit_is_written_as_many_are(one: tuple[int, ...]) -> None:
    item, work, stage, number, team, person, enabled, _, queued, started, _, finished, flags = one
    person = max(person, 0)
    words = [
        named(item, stage, number), stamped(enabled, team + 1), stamped_if_come(queued, person_low(person)),
        stamped_if_come(started, person_high(person)), stamped_if_come(finished, kind(work, flags)),
    ]  # fmt: skip
    assert words == pack(columns([one]))[0][0].tolist()


def test_causes_before_the_queue_delay_and_causes_during_service_suspend() -> None:
    rows, _ = pack(columns([(0, 0, 0, 0, 0, 0, 5, 0, 9, 9, 0, 99, 0)] * 2))
    waits = np.array([[wait_name(1, cause), 0, 1 << place] for place, cause in enumerate(Cause)], np.int64)
    during = sum(1 << place for place, cause in enumerate(Cause) if cause >= Cause.OFF_CALENDAR)
    visits = unpack(rows, waits)
    assert (visits.delayed.tolist(), visits.suspended.tolist()) == ([0, 0b11], [0, during])


@pytest.mark.parametrize(
    ("works", "stages", "teams", "until"),
    [
        (MOST_WORKS + 1, 1, 1, 0),
        (1, MOST_STAGES + 1, 1, 0),
        (1, 1, MOST_TEAMS + 1, 0),
        (1, 1, 1, LAST_TICK + 1),
    ],
    ids=["work types", "stages", "teams", "time"],
)
def test_what_does_not_fit_is_refused(works: int, stages: int, teams: int, until: int) -> None:
    names = [tuple(str(number) for number in range(count)) for count in (works, stages, teams)]
    with pytest.raises(InputError, match="at most"):
        check_fits(Labels(START, "UTC", *names), until)


def test_the_fullest_twin_fits() -> None:
    names = [tuple(str(number) for number in range(count)) for count in (MOST_WORKS, MOST_STAGES, MOST_TEAMS)]
    check_fits(Labels(START, "UTC", *names), LAST_TICK)
