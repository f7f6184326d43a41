"""Why items wait: every tick of an item's stay is work or has exactly one cause.

A visit's instants and the waits written beside it (`twin.causes`) are split without a rest, in whole ticks:

    enabled to queued    the waits written down; the rest is a WIP limit
    queued to started    nobody there: off the calendar; there but in a meeting: meeting; else overtaken while
                         a visit that came later is served by the same team, else contention
    started to finished  the waits written down, and what is left is work

A visit that is open at the end of a run is split until then. An item's stay is the chain of its visits back from the
last: each begins where one before it ended, so for every item

    done - arrived = work + sum of all causes.

Where branches join, the chain follows the branch that ended last; what the others waited meanwhile is no part of it.
A cause says what an item waited for, not what would be gained without it: that is `twin explain`'s question.

Units: ticks (milliseconds). Source: elementary bookkeeping; causes of waiting as in Lashkevich, Milani,
Chapela-Campa, Suvorau, Dumas 2023, Why am I waiting? (CAiSE).
"""

from collections.abc import Iterator
from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.causes import DURING_SERVICE, GAPS, Cause
from twin.eventlog import NEVER, PLACE_BITS, Ticks, Visits
from twin.outcome import Outcome
from twin.plan import Model, Plan
from twin.rows import CAUSE_BITS, NOT_ASKED, Words, by_row
from twin.timelines import Timeline, timeline_of, worked_at


class Spent(IntEnum):
    """How a tick of an item's stay is spent."""

    WORK = 0
    CONTENTION = 1
    OVERTAKEN = 2
    WIP_LIMIT = 3
    OFF_CALENDAR = 4
    MEETING = 5
    BATCH = 6
    DEPENDENCY = 7
    BLOCKED = 8
    EXTERNAL = 9
    HANDOFF = 10
    SWITCHING = 11
    RAMP_UP = 12
    INTERRUPTED = 13
    SHARED = 14


SPOKEN: Final = {
    Spent.WORK: "work",
    Spent.CONTENTION: "waiting for somebody to be free",
    Spent.OVERTAKEN: "overtaken by more urgent work",
    Spent.WIP_LIMIT: "held by a WIP limit",
    Spent.OFF_CALENDAR: "outside working hours",
    Spent.MEETING: "people in meetings",
    Spent.BATCH: "batch, release or approval date",
    Spent.DEPENDENCY: "waiting for other items",
    Spent.BLOCKED: "blocked",
    Spent.EXTERNAL: "others outside the twin",
    Spent.HANDOFF: "handoff between teams",
    Spent.SWITCHING: "switching to other work",
    Spent.RAMP_UP: "new people not yet at full speed",
    Spent.INTERRUPTED: "people interrupted",
    Spent.SHARED: "attention shared with other items",
}
"""The causes in the words of reports."""

_OF_CAUSE: Final = {
    Cause.HANDOFF: Spent.HANDOFF,
    Cause.EXTERNAL: Spent.EXTERNAL,
    Cause.BATCH: Spent.BATCH,
    Cause.DEPENDENCY: Spent.DEPENDENCY,
    Cause.PARKED: Spent.BLOCKED,
    Cause.OFF_CALENDAR: Spent.OFF_CALENDAR,
    Cause.BLOCKED: Spent.BLOCKED,
    Cause.PREEMPTED: Spent.OVERTAKEN,
    Cause.SWITCHING: Spent.SWITCHING,
    Cause.RAMP_UP: Spent.RAMP_UP,
    Cause.INTERRUPTED: Spent.INTERRUPTED,
    Cause.SHARED: Spent.SHARED,
}
_CAUSES: Final = (1 << CAUSE_BITS) - 1
_COLUMNS: Final = np.full(1 << CAUSE_BITS, NOT_ASKED)
_COLUMNS[list(_OF_CAUSE)] = list(_OF_CAUSE.values())
_WHEN: Final = (np.arange(1 << CAUSE_BITS) >= DURING_SERVICE).astype(np.int64)
"""The columns of waits by cause, and of those before the queue and during service."""


class Stays(NamedTuple):
    """How items spent their time, by item that has left; in the order of their numbers."""

    item: Ticks  # (items,)
    work: NDArray[np.int32]  # (items,) work type
    arrived: Ticks  # (items,)
    done: Ticks  # (items,)
    spent: Ticks  # (items, len(Spent)); each row sums to done - arrived


def attribute(model: Model, outcome: Outcome) -> Stays:
    """Say how every item that has left spent its stay.

    Parameters
    ----------
    model
        What was run, with the hours of that replication (`twin.presence`).
    outcome
        What the run left behind.

    Returns
    -------
    Stays
        Ticks by item and by `Spent`, whole numbers that sum to each item's lead time.
    """
    visits = outcome.visits
    return _stays(model, outcome, visits, _left(visits)[visits.item])


def attribute_inside(model: Model, outcome: Outcome) -> Stays:
    """Say how every item that is inside at the end has spent its stay so far.

    Parameters
    ----------
    model
        What was run, with the hours of that replication (`twin.presence`).
    outcome
        What the run left behind.

    Returns
    -------
    Stays
        As of `attribute`, with the end of the run as the instant at which each is done. What a segment under way waits
        for besides people's hours is told when it ends: until then it counts as work.
    """
    visits = outcome.visits
    return _stays(model, outcome, _closed(outcome), ~_left(visits)[visits.item])


def _stays(model: Model, outcome: Outcome, visits: Visits, kept: NDArray[np.bool_]) -> Stays:
    """Sum up how the items of some visits, all of them finished, spent their stays."""
    last, counted = chains(visits, np.flatnonzero(kept))
    order = np.argsort(visits.item[last])
    last = last[order]
    items = visits.item[last]
    numbers = int(visits.item.max(initial=-1)) + 1
    total = np.zeros((numbers, len(Spent)), np.int64)
    np.add.at(total, visits.item[counted], split(model, outcome)[counted])
    arrived = np.full(numbers, np.iinfo(np.int64).max)
    np.minimum.at(arrived, visits.item[counted], visits.enabled[counted])
    return Stays(items, visits.work[last], arrived[items], visits.finished[last], total[items])


def _closed(outcome: Outcome) -> Visits:
    """Give the visits as if all that are open ended with the run."""
    visits = outcome.visits
    return visits._replace(finished=np.where(visits.finished == NEVER, outcome.ledger.end, visits.finished))


def _left(visits: Visits) -> NDArray[np.bool_]:
    """Tell by number which items have left: those with visits, none of them open."""
    left = np.zeros(int(visits.item.max(initial=-1)) + 1, np.bool_)
    left[visits.item] = True
    left[visits.item[visits.finished == NEVER]] = False
    return left


# --- one visit --------------------------------------------------------------------------------------------------------


def split(model: Model, outcome: Outcome) -> Ticks:
    """Split the length of every visit, until the end of the run where it is open; shape (visits, len(Spent))."""
    visits, under_way = _closed(outcome), np.flatnonzero(outcome.visits.finished == NEVER)
    waits = _until_the_end(visits, outcome.waits)
    spent = by_row(waits, visits.item.size, _COLUMNS, len(Spent))
    queued = np.where(visits.queued == NEVER, visits.finished, visits.queued)
    started = np.where(visits.started == NEVER, visits.finished, visits.started)
    waits_before, waits_during = by_row(waits, visits.item.size, _WHEN, 2).T
    spent[:, Spent.WIP_LIMIT] = queued - visits.enabled - waits_before
    spent[:, Spent.WORK] = visits.finished - started - waits_during
    rows = np.flatnonzero(started > queued)
    spent[rows] += _in_queue(model, visits, rows, queued[rows], started[rows])
    _tell_meetings(model, visits, waits, spent)
    _tell_hours(model, visits, waits, under_way[visits.started[under_way] != NEVER], spent)
    return spent


def _tell_hours(model: Model, visits: Visits, waits: Words, rows: Ticks, spent: Ticks) -> None:
    """Tell the time outside people's hours apart from work, in segments of some visits that are under way."""
    since = visits.started.copy()
    gaps = waits[np.isin(waits[:, 0] & _CAUSES, GAPS)]
    np.maximum.at(since, gaps[:, 0] >> CAUSE_BITS, gaps[:, 1] + gaps[:, 2])
    for stage in np.unique(visits.stage[rows]).tolist():
        mine = rows[visits.stage[rows] == stage]
        hours, contract = (_of_stage(model, stage, meetings=meetings) for meetings in (False, True))
        there, open_ = (_passed(line, since[mine], visits.finished[mine]) for line in (contract, hours))
        spent[mine, Spent.MEETING] += there - open_
        spent[mine, Spent.OFF_CALENDAR] += visits.finished[mine] - since[mine] - there
        spent[mine, Spent.WORK] -= visits.finished[mine] - since[mine] - open_


def _until_the_end(visits: Visits, waits: Words) -> Words:
    """Cut waits where their visit ended before they were over: an item may leave on its way."""
    left = np.maximum(visits.finished[waits[:, 0] >> CAUSE_BITS] - waits[:, 1], 0)
    return np.column_stack([waits[:, :2], np.minimum(waits[:, 2], left)])


def _tell_meetings(model: Model, visits: Visits, waits: Words, spent: Ticks) -> None:
    """Tell meetings apart from the rest of the time outside people's hours, by the contract of who worked last."""
    off = np.flatnonzero(((waits[:, 0] & _CAUSES) == Cause.OFF_CALENDAR) & (waits[:, 2] > 0))
    rows = waits[off, 0] >> CAUSE_BITS
    since, ticks = waits[off, 1], waits[off, 2]
    until = _ends(visits, waits, off, rows)
    for place, contract in _contracts(model, visits, rows, since):
        met = _passed(contract, since[place], until[place]) - (until[place] - since[place] - ticks[place])
        met = np.clip(met, 0, ticks[place])
        np.add.at(spent, (rows[place], Spent.MEETING), met)
        np.subtract.at(spent, (rows[place], Spent.OFF_CALENDAR), met)


def _ends(visits: Visits, waits: Words, off: Ticks, rows: Ticks) -> Ticks:
    """Give when each segment ends: where the next gap of its visit begins, or with the visit."""
    gaps = np.flatnonzero(np.isin(waits[:, 0] & _CAUSES, GAPS))
    ends = visits.finished[rows].copy()
    of_row = dict.fromkeys((waits[gaps, 0] >> CAUSE_BITS).tolist())
    for at in np.flatnonzero(np.isin(rows, list(of_row))).tolist():
        begins = waits[gaps[(waits[gaps, 0] >> CAUSE_BITS) == rows[at]], 1]
        later = begins[begins > waits[off[at], 1]]
        ends[at] = min([int(ends[at]), *later.tolist()])
    return ends


def _contracts(model: Model, visits: Visits, rows: Ticks, since: Ticks) -> Iterator[tuple[Ticks, Timeline]]:
    """Group segments of visits by the hours, meetings included, of those who worked on them when they began."""
    for begin, end, plan in _phases(model):
        crews, here = plan.crews, (since >= begin) & (since < end)
        for row in np.flatnonzero(crews.contract != crews.calendar).tolist():
            mine = (visits.team[rows] == crews.team[row]) & (visits.person[rows] >> PLACE_BITS == crews.group[row])
            yield np.flatnonzero(mine & here), plan.calendars[crews.contract[row]]


def _phases(model: Model) -> Iterator[tuple[int, int, Plan]]:
    """Give since when and until when each plan holds."""
    ends = [*(phase.since for phase in model.phases[1:]), model.calendars_end]
    for phase, end in zip(model.phases, ends, strict=True):
        yield phase.since, end, phase.plan


def _in_queue(model: Model, visits: Visits, rows: Ticks, since: Ticks, until: Ticks) -> Ticks:
    """Split the time in the queue of some visits, shape (rows, len(Spent))."""
    spent = np.zeros((rows.size, len(Spent)), np.int64)
    for stage in np.unique(visits.stage[rows]).tolist():
        mine = np.flatnonzero(visits.stage[rows] == stage)
        begin, end = since[mine], until[mine]
        hours, contract = (_of_stage(model, stage, meetings=meetings) for meetings in (False, True))
        there = _passed(contract, begin, end)
        open_ = _passed(hours, begin, end)
        overtaken = _overtaken(visits, rows[mine], hours)
        spent[mine, Spent.OFF_CALENDAR] = end - begin - there
        spent[mine, Spent.MEETING] = there - open_
        spent[mine, Spent.OVERTAKEN] = overtaken
        spent[mine, Spent.CONTENTION] = open_ - overtaken
    return spent


def _passed(line: Timeline, begin: Ticks, end: Ticks) -> Ticks:
    begin, end = (np.clip(instants, line.since, line.until) for instants in (begin, end))
    return worked_at(line, end) - worked_at(line, begin)


def _of_stage(model: Model, stage: int, *, meetings: bool) -> Timeline:
    """Give the time in which anybody of a stage's teams is there, through all phases."""
    opens, closes = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for since, end, plan in _phases(model):
        crews = plan.crews
        here = np.isin(crews.team, plan.stage_teams[stage]) & (crews.people > 0)
        for calendar in np.unique((crews.contract if meetings else crews.calendar)[here]).tolist():
            line = plan.calendars[calendar]
            opens.append(line.opens.clip(since, end))
            closes.append(line.closes.clip(since, end))
    return timeline_of(np.concatenate(opens), np.concatenate(closes), since=0, until=model.calendars_end)


def _overtaken(visits: Visits, rows: Ticks, hours: Timeline) -> Ticks:
    """Count for some visits of a stage the open ticks in queue while a visit that came later was being served."""
    found = np.zeros(rows.size, np.int64)
    for place, later in _overtakers(visits, rows):
        row = rows[place]
        begins = visits.started[later].clip(visits.queued[row])
        taken = timeline_of(
            begins, visits.finished[later].clip(None, visits.started[row]), since=hours.since, until=hours.until
        )
        found[place] = _passed(hours, taken.opens, taken.closes).sum()
    return found


def _overtakers(visits: Visits, rows: Ticks) -> Iterator[tuple[int, Ticks]]:
    """List the visits, by place in `rows`, that others overtook, with those others: come later, started earlier."""
    for team in np.unique(visits.team[rows][visits.team[rows] >= 0]).tolist():
        served = np.flatnonzero((visits.team == team) & (visits.started != NEVER))
        served = served[np.lexsort((served, visits.started[served]))]
        queued, started = visits.queued[served], visits.started[served]
        latest = np.maximum.accumulate(queued)
        places = np.flatnonzero(visits.team[rows] == team)
        first = started.searchsorted(visits.queued[rows[places]])
        last = started.searchsorted(visits.started[rows[places]])
        passed = np.flatnonzero((last > 0) & (latest[last - 1] > visits.queued[rows[places]]))
        for place, low, high in zip(
            places[passed].tolist(), first[passed].tolist(), last[passed].tolist(), strict=True
        ):
            between = np.arange(low, high)
            later = served[between[queued[between] > visits.queued[rows[place]]]]
            if later.size:
                yield place, later


# --- one item ---------------------------------------------------------------------------------------------------------


def chains(visits: Visits, rows: Ticks) -> tuple[Ticks, Ticks]:
    """Follow each item back from its last visit.

    Parameters
    ----------
    visits
        All visits, in the order in which they were opened.
    rows
        Those of the items to follow, all of them finished.

    Returns
    -------
    tuple
        The last visit of each item, and all visits of the chains; of two that ended at once the later one counts.
    """
    order = rows[np.lexsort((rows, visits.item[rows]))]
    item = visits.item[order]
    begins = np.flatnonzero(np.diff(item, prepend=-1))
    bounds = np.append(begins, order.size)
    straight = np.ones(order.size, np.bool_)
    straight[1:] = (item[1:] != item[:-1]) | (visits.enabled[order[1:]] == visits.finished[order[:-1]])
    branched = np.flatnonzero(~np.logical_and.reduceat(straight, begins)) if order.size else begins
    counted = np.ones(order.size, np.bool_)
    last = order[bounds[1:] - 1].copy() if order.size else order
    for each in branched.tolist():
        mine = slice(int(bounds[each]), int(bounds[each + 1]))
        chain = _back(visits, order[mine])
        last[each] = order[mine][chain[0]]
        counted[mine] = False
        counted[mine][chain] = True
    return last, order[counted]


def _back(visits: Visits, rows: Ticks) -> list[int]:
    """Follow one item's visits back from the one that ended last, as places in `rows`."""
    finished, enabled = visits.finished[rows], visits.enabled[rows]
    here = int(np.flatnonzero(finished == finished.max())[-1])
    chain = [here]
    while True:
        before = np.flatnonzero(finished[:here] == enabled[here])
        if not before.size:
            return chain
        here = int(before[-1])
        chain.append(here)
