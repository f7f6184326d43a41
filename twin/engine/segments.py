"""A visit in segments: work that is interrupted, and resumed later by whoever is free.

A visit has its effort, in working ticks at speed 1 that are still to be done. After w working ticks of a person who
needs s of them per tick of effort it has fallen by w / s, so that

    finished - started = worked + suspended,    worked = the sum of w over the segments,

and `suspended` is the sum of the waits between start and finish: for each segment the time outside the person's hours,
for each gap between two segments its cause. A row keeps its first start and names who worked last.
"""

from __future__ import annotations

from heapq import heappush
from typing import TYPE_CHECKING

from twin.causes import Cause
from twin.choosing import Rule
from twin.engine.item import WRITE_WAIT
from twin.engine.lines import whole
from twin.engine.overhead import parts, write_part
from twin.eventlog import NEVER, PLACE_MASK
from twin.rows import wait_name

if TYPE_CHECKING:
    from twin.engine.item import Item
    from twin.engine.reference import Floor


def interrupt(floor: Floor, item: Item, cause: Cause) -> None:
    """Take a person from a visit now: its end is void, what is left of its effort stays, and it waits for a cause."""
    now, crew, place = floor.now, item.crew, item.person & PLACE_MASK
    worked = crew.worked(place, item.segment, now)
    floor.wait(item, Cause.OFF_CALENDAR, item.segment, now - item.segment - worked)
    item.effort = left(floor, item)
    if item.team in floor.staffed:
        write_part(floor, item, worked)
    item.gap, item.blocks_at = max(item.gap - worked, min(item.gap, 1)), NEVER
    item.done.callbacks = []
    item.done = floor.event(item.go_on)
    item.away, item.cause = now, cause
    free_person(floor, item)


def free_person(floor: Floor, item: Item) -> None:
    """Give the person back who has worked on a visit, whom nobody can interrupt at it any more."""
    place = item.person & PLACE_MASK
    item.crew.give_back(place, floor.now, floor.take_turn())
    floor.teams_asked.add(item.team)
    del item.crew.visits[place]


def left(floor: Floor, item: Item) -> float:
    """Give the ticks of effort that a visit under way still needs."""
    worked = item.crew.worked(item.person & PLACE_MASK, item.segment, floor.now)
    if item.team in floor.staffed:
        worked = parts(floor, item, worked)[1]
    return max(0.0, item.effort - worked / item.stretch)


def wait_on(floor: Floor, item: Item, cause: Cause) -> None:
    """Let an interrupted visit wait for another cause from now on."""
    write_gap(floor, item)
    item.away, item.cause = floor.now, cause


def return_to_line(floor: Floor, item: Item) -> None:
    """Let an interrupted visit wait for a person, in the place in line that it had; what is left may move it up."""
    rank, key, turn = item.place
    if floor.rule[item.stage][item.work] == Rule.REMAINING:
        key = whole(item.effort)
    item.place = rank, key, turn
    heappush(floor.queues[item.stage], (*item.place, item))
    floor.teams_asked.update(floor.stage_teams[item.stage])


def write_gap(floor: Floor, item: Item) -> None:
    """Write down what an interrupted visit has waited for until now; a gap is written even where it has no length."""
    floor.waits.append(WRITE_WAIT(wait_name(item.row, item.cause), item.away, floor.now - item.away))
    item.away = NEVER
