"""The hall outside the loop: it opens, grows where an array is full, changes at dates and closes with its books.

All of it happens seldom, in plain NumPy on the same arrays.
"""

from typing import Any, Final

import numpy as np

from twin.causes import Cause
from twin.engine.buffers import block
from twin.engine.kernel import limiting
from twin.engine.kernel.arrays import (
    ABSENT,
    DUE,
    FLOOR,
    FOREVER,
    FREE,
    ITEM,
    LINE,
    RANKED,
    ROUND,
    SEGMENT,
    STAGE,
    STINT,
    TOKEN,
    WORKING,
    Arrivals,
    Hall,
    Ints,
    Log,
    Phase,
    Records,
)  # fmt: skip
from twin.engine.kernel.layout import Crews, Layout
from twin.engine.kernel.room import MOST_WAITS, events_ahead, waits_ahead
from twin.eventlog import NEVER, Codes
from twin.outcome import Ledger
from twin.plan import NONE
from twin.rows import CAUSE_BITS, WAIT_WORDS, WORDS
from twin.spec import MAX_ITEMS

FIRST_SLOTS: Final = 64


def open_hall(layout: Layout, stages: int) -> Hall:
    """Open an empty hall in which the first phase has begun, to be taken copies of."""
    lines = np.full((2 * stages + limiting.doors(layout.phases), layout.ranks), NONE, np.int64)
    queues = np.zeros(lines.shape, LINE)
    queues["first"] = queues["last"] = NONE
    slots, teams = FIRST_SLOTS, layout.teams.size
    ranked, segments, stints = (_records(slots if layout.rich else 0, kind) for kind in (RANKED, SEGMENT, STINT))
    hands, rounds = layout.hands.copy(), _records(teams if layout.rich else 0, ROUND)
    rounds["stage"] = NONE
    had_at, had_in = (np.full((slots, most), NONE, np.int32) for most in layout.had_columns)
    asked, starting, asking = (np.zeros(count, np.int64) for count in (teams, teams, stages))
    hall = Hall(
        _records(1, FLOOR), _slots(0, slots), np.zeros((slots, layout.visit_columns), np.int32),
        np.zeros((slots, layout.rework_columns), np.int32), _records(2 * (slots + teams), DUE), _records(stages, STAGE),
        ranked, segments, stints, hands, rounds, had_at, had_in, queues.view(np.recarray),
        np.full(len(lines), layout.ranks, np.int64), layout.teams.copy(), asked, starting, asking,
        layout.crews.copy(), layout.people.copy(), layout.calendars.copy(),
        limiting.open_limits(layout.phases, stages, slots, rings=layout.rings),
        layout.flow._replace(tokens=_records(slots if layout.branched else 0, TOKEN)),
    )  # fmt: skip
    floor = hall.floor[0]
    floor.gone, floor.free, floor.most_items, (floor.most_rows, floor.most_slots) = NONE, slots, MAX_ITEMS, layout.most
    begin_phase(hall, layout.phases[0], layout.phase_crews[0], 0)
    return hall


def fresh(opened: Hall, arrivals: Arrivals) -> Hall:
    """Copy a hall as it opened, to let these items in."""
    hall = _copy(opened)
    hall.floor[0].next_tick = max(int(arrivals.arrived[0]), 0) if arrivals.arrived.size else FOREVER
    return hall


def _copy(parts: Any) -> Any:
    return type(parts)(*map(_copy, parts)) if isinstance(parts, tuple) else parts.copy()


def open_log(visits: int) -> Log:
    """Make room for so many visits, with a wait each; what is never written to costs nothing."""
    waits, rows_end = visits + MOST_WAITS, WORDS * visits
    memory = block(rows_end + WAIT_WORDS * waits)
    rest = memory[rows_end : rows_end + WAIT_WORDS * waits]
    return Log(memory[:rows_end].reshape(visits, WORDS), rest.reshape(waits, WAIT_WORDS))


def grown(hall: Hall, log: Log) -> tuple[Hall, Log]:
    """Double the arrays that are full."""
    floor = hall.floor[0]
    if floor.rows + floor.most_rows > len(log.rows):
        log = log._replace(rows=_longer(log.rows, 2 * len(log.rows)))
    waits = int(floor.waits) + waits_ahead(hall.segments.size, int(floor.most_rows))
    if waits > len(log.waits):
        log = log._replace(waits=_longer(log.waits, 2 * waits))
    if floor.free_slot == NONE or (len(hall.flow.tokens) and floor.free < floor.most_slots):
        slots = hall.items.size
        items = np.concatenate([hall.items, _slots(slots, 2 * slots)]).view(np.recarray)
        items[-1].next, floor.free_slot, floor.free = floor.free_slot, slots, floor.free + slots
        tables = hall.visits, hall.reworked, hall.had_at, hall.had_in
        visits, reworked, had_at, had_in = (_longer(table, 2 * slots) for table in tables)
        more = 2 * slots if len(hall.ranked) else 0
        ranked, segments, stints = (
            _longer(table, more).view(np.recarray) for table in (hall.ranked, hall.segments, hall.stints)
        )
        placed = hall.limits._replace(placed=_longer(hall.limits.placed, more).view(np.recarray))
        tokens = _longer(hall.flow.tokens, 2 * slots if len(hall.flow.tokens) else 0)
        flow = hall.flow._replace(tokens=tokens.view(np.recarray))
        hall = hall._replace(
            items=items, visits=visits, reworked=reworked, ranked=ranked, segments=segments, stints=stints,
            had_at=had_at, had_in=had_in, limits=placed, flow=flow,
        )  # fmt: skip
    return _with_events(hall), log


def _with_events(hall: Hall, more: int = 0) -> Hall:
    """Make room for the events there may be."""
    openings = int(hall.floor[0].openings) + more
    events = events_ahead(hall.items.size, hall.teams.size, openings, hall.segments.size, hall.limits.gates.size)
    return hall._replace(due=_longer(hall.due, 2 * events).view(np.recarray)) if events > hall.due.size else hall


def begin_phase(hall: Hall, phase: Phase, crews: Crews, now: int) -> None:
    """Let a plan hold from now on; what is being worked on is finished as it was begun."""
    floor, stages, teams = hall.floor[0], hall.stages.size, hall.teams.size
    floor.now, hall.limits.early[0].suspicious = now, 1
    hall.items["drawn_for"] = NONE  # by the plan before
    change_crews(hall, phase, crews, now)
    outside = hall.fronts[stages : 2 * stages] if not phase.rich else hall.fronts[:0]
    waiting = np.flatnonzero(outside < hall.lines.shape[1])[::-1]
    hall.stages["asked"][waiting] = 1
    hall.stages_asked[: waiting.size] = -waiting
    hall.teams_asked[:] = np.arange(teams)
    hall.teams["asked"], hall.teams["woken"], hall.teams["recalled"] = 1, NEVER, NEVER
    floor.stages_asked, floor.teams_asked = waiting.size, teams


def carry(hall: Hall, carried: Codes, carried_rework: Ints) -> Hall:
    """Take the items inside to their nodes in the next plan, with their counts of rework."""
    inside = (hall.items.index != NONE) & (hall.items.node != NONE)
    hall.flow.tokens["edge"] = NONE  # what is held goes on without the delay of a plan that no longer holds
    hall.items["node"][inside] = carried[hall.items["node"][inside]]
    reworked = np.zeros_like(hall.reworked)
    for column, now in enumerate(carried_rework.tolist()):
        reworked[:, now] += hall.reworked[:, column]
    return _with_events(hall._replace(reworked=reworked), hall.segments.size)


def change_crews(hall: Hall, phase: Phase, crews: Crews, now: int) -> None:
    """Let people join, leave and change their hours; who is at work finishes first, by the hours before.

    Everybody's time was counted until now.
    """
    people = hall.people
    owner = _owner(hall)
    working = people.state == WORKING
    np.subtract.at(hall.crews.total, owner[working], people.since[working])
    hours_before = np.where(people.earlier == NONE, hall.crews.calendar[owner], people.earlier)
    people["earlier"] = np.where(working, hours_before, NONE)
    hall.crews["people"], hall.crews["stretch"] = crews.people, np.where(crews.calendar == NONE, 1.0, crews.stretch)
    hall.crews["calendar"] = np.where(crews.calendar == NONE, hall.crews.calendar, crews.calendar)
    for number in range(hall.crews.size):
        _line_up_free(hall, number, now)
    free = people.state == FREE
    if free.any():
        people["since"][free] = passed_now(hall, phase, now)[hall.crews.calendar[owner[free]]]
        np.subtract.at(hall.crews.total, owner[free], people.since[free])


def passed_now(hall: Hall, phase: Phase, now: int) -> Any:
    """Count the working ticks of every calendar before an instant, shape (calendars,)."""
    counted = np.zeros(hall.calendars.size, np.int64)
    for number, (first, last, _) in enumerate(hall.calendars.tolist()):
        intervals = phase.intervals[first : last + 1]
        interval = intervals[np.searchsorted(intervals.close, now, "right")]
        counted[number] = interval.worked + max(now - int(interval.open), 0)
    return counted


def close(hall: Hall, end: int) -> Ledger:
    """Close the books at a tick up to which they are settled."""
    floor, stages, crews = hall.floor[0], hall.stages.view(np.ndarray), hall.crews.view(np.ndarray)
    inside = hall.items.view(np.ndarray)
    inside = inside[(inside["index"] != NONE) & (inside["row"] != NONE)]
    queueing = (inside["queued"] != NEVER) & (inside["started"] == NEVER)
    time, queue = stages["time"].copy(), stages["queue"].copy()
    np.add.at(time, inside["stage"], end)
    np.add.at(queue, inside["stage"][queueing], end)
    by_team = np.zeros((5, hall.teams.size), np.int64)
    for total, counted in zip(by_team, ("busy", "idle", "total", "switching", "sharing"), strict=True):
        np.add.at(total, crews["team"], crews[counted])
    entered, gone, early = int(floor.entered), int(floor.left), hall.limits.early[0]
    cancelled, turned_away = int(early.cancelled), int(early.turned_away)
    busy, idle, total, switching, sharing = by_team
    drawn = int(floor.drawn) if len(hall.ranked) else entered
    return Ledger(
        end, entered, gone - cancelled - turned_away, entered - gone, time, queue, busy, idle, total, switching,
        sharing, cancelled, turned_away, drawn, int(floor.born), int(floor.coming), int(floor.bred),
    )  # fmt: skip


def open_waits(hall: Hall, end: int) -> Ints:
    """Give what visits of a rich twin wait for at the end, in the order of items, shape (waits, WAIT_WORDS)."""
    slots = np.flatnonzero((hall.items.index != NONE) & (hall.items.row != NONE))
    slots = slots[np.argsort(hall.items.among[slots])]
    items, segments, came = hall.items[slots], hall.segments[slots], hall.limits.placed.came[slots]
    pending, away = hall.flow.tokens.pending[slots] > 0, (items.started != NEVER) & (segments.away != NEVER)
    held_up = ~pending & ~away & (came != NEVER) & (items.queued == NEVER)
    kinds = [pending, away, held_up]
    causes = np.select(kinds, [np.int64(Cause.DEPENDENCY), segments.cause, np.int64(Cause.BATCH)])
    since = np.select(kinds, [items.enabled, segments.away, came])
    waits = np.column_stack([items.row << CAUSE_BITS | causes, since, end - since])
    return np.ascontiguousarray(waits[(pending | away | held_up) & (since < end)])


def _line_up_free(hall: Hall, number: int, now: int) -> None:
    """Line the free people of a crew up: who stays in the order so far, then who joins; who has lost a place leaves."""
    crew, people = hall.crews[number], hall.people
    order, here = [], int(crew.front)
    while here != NONE:
        order.append(here)
        here = int(people[here].next)
    first, last = int(crew.first), int(crew.first + crew.people)
    people["state"][[person for person in order if person >= last]] = ABSENT
    joining = [person for person in range(first, last) if people[person].state == ABSENT]
    people["free_since"][joining], people["free_turn"][joining] = now, 0
    line = [*(person for person in order if person < last), *joining]
    people["state"][line] = FREE
    people["next"][line] = [*line[1:], NONE][: len(line)]
    crew.front, crew.back = (line[0], line[-1]) if line else (NONE, NONE)


def _owner(hall: Hall) -> Ints:
    """Give the crew of every person."""
    return np.searchsorted(hall.crews.first, np.arange(hall.people.size), "right") - 1


def _slots(first: int, last: int) -> Records:
    """Make free slots, numbered from `first`, in a list."""
    items = _records(last - first, ITEM)
    items.index = NONE
    items.next = np.arange(first + 1, last + 1)
    items.next[-1] = NONE
    return items


def _records(count: int, kind: Any) -> Records:
    return np.zeros(count, kind).view(np.recarray)


def _longer(table: Any, length: int) -> Any:
    longer = np.empty((length, *table.shape[1:]), table.dtype)
    longer[: table.shape[0]] = table
    return longer
