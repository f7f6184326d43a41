"""How special people begin a visit, and how a dated change finds them."""

from __future__ import annotations

from functools import partial
from heapq import heappop
from typing import TYPE_CHECKING

from twin.causes import Cause
from twin.engine import attention
from twin.engine.crew import Crew
from twin.engine.hands import Pair
from twin.engine.item import UNDRAWN, Item
from twin.engine.overhead import stint, write_whole
from twin.engine.pairs import best_pair
from twin.engine.preemption import preempt
from twin.engine.segments import interrupt, return_to_line, write_gap
from twin.engine.turns import next_visit
from twin.eventlog import NEVER, PLACE_MASK
from twin.outcome import GOES_ON, order_of
from twin.staffing import FINISH, HAND_BACK, NO_TURNS, SAME, STAGE, WORK

if TYPE_CHECKING:
    from twin.engine.reference import Floor


def start_work(floor: Floor, team: int) -> None:
    """Start visits while something waits that someone free can do."""
    while (pair := _next_pair(floor, team)) is not None:
        begin(floor, team, pair, heappop(floor.queues[pair.stage])[3])


def _next_pair(floor: Floor, team: int) -> Pair | None:
    if floor.staff.turns[team] != NO_TURNS:
        return next_visit(floor, team)
    return best_pair(floor, team) or _freed_for_first(floor, team)


def _freed_for_first(floor: Floor, team: int) -> Pair | None:
    """Free a person from less urgent work for the item that is first of all the team's lines."""
    waiting = [floor.queues[stage][0] for stage in floor.plan.team_stages[team] if floor.queues[stage]]
    if not waiting:
        return None
    item = min(waiting)[3]
    crew = preempt(floor, team, item)
    return None if crew is None else Pair(crew, crew.free[-1][2], item.stage)


def begin(floor: Floor, team: int, pair: Pair, item: Item) -> None:
    """Let a person begin or resume a visit, and fix when it will be done."""
    now, (crew, place, stage) = floor.now, pair
    hands = crew.hands
    if item.effort == UNDRAWN:
        item.effort = floor.ways.effort(item, team)
        first_draw = 0
    else:
        first_draw = item.stint.next_draw
    base = hands.stretches[stage]
    item.team, item.crew, item.person = team, crew, crew.first_person + place
    item.stretch = base / hands.speed(place, now)
    item.stint = stint(floor, item, _lead(floor, team, pair, item), base, first_draw)
    hands.last[place] = item.work, stage
    if floor.staff.who[team] == SAME:
        item.had = {**item.had, (team, stage): (crew.group, place), (team, -1): (crew.group, place)}
    if item.started == NEVER:
        item.started = now
        floor.stage_queue[stage] += now
    else:
        write_gap(floor, item)
    item.segment = now
    if floor.at_once[team]:
        attention.take_up(floor, pair, item)
    else:
        _fix_end(floor, pair, item)


def finish(floor: Floor, item: Item) -> None:
    """Write down what a visit waited for while it was worked on, and free the person."""
    if floor.at_once[item.team]:
        attention.let_go(floor, item, item.person & PLACE_MASK)
        floor.teams_asked.add(item.team)
        return
    floor.wait(item, Cause.OFF_CALENDAR, item.segment, item.suspended)
    write_whole(floor, item)
    floor.free_person(item)


def _lead(floor: Floor, team: int, pair: Pair, item: Item) -> int:
    """Give the time to switch from the person's visit before; nobody switches to a first visit."""
    between, before = floor.staff.switch_between[team], pair.crew.hands.last.get(pair.place)
    if before is None:
        return 0
    unlike = (before[0] != item.work) * WORK | (before[1] != item.stage) * STAGE
    return int(floor.staff.switch_cost[team]) if between & unlike else 0


def _fix_end(floor: Floor, pair: Pair, item: Item) -> None:
    """Take the person and let the visit end: by the rule for the end of a shift, it may be handed back before."""
    now, (crew, place, _), ends = floor.now, pair, floor.staff.shift_end[item.team]
    ticks, close = item.stint.total, crew.hours.close
    finished = crew.take_place(place, now, ticks, by_clock=bool(ends == FINISH))
    if item.stint.lead:
        crew.lead[place] = item.stint.lead
    crew.visits[place] = item
    item.finished, item.suspended = finished, finished - now - ticks
    if ends == HAND_BACK and finished > close:
        item.done = floor.event(partial(_hand_back, floor, item))
        finished = close
    floor.env.schedule(item.done, 1 + order_of(item.index, GOES_ON), finished - now)


def _hand_back(floor: Floor, item: Item, _: object) -> None:
    """Put a visit back in line at the closing."""
    interrupt(floor, item, Cause.PREEMPTED)
    return_to_line(floor, item)


def begin_phase(floor: Floor, crew: Crew, row: int) -> None:
    """Let a plan hold for a crew that has changed already."""
    first = floor.staff.joined[row] if floor.now == 0 else floor.now
    crew.hands.begin_phase(floor.staff, row)
    crew.hands.join(crew.since, int(first))
    for place in sorted(crew.hands.at_hand):
        attention.carry_on(floor, crew, place)
