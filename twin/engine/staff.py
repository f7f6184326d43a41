"""How special people begin a visit, and how a dated change finds them."""

from __future__ import annotations

from functools import partial
from heapq import heappop
from typing import TYPE_CHECKING

import numpy as np

from twin.causes import Cause
from twin.engine import attention
from twin.engine.admission import start_along
from twin.engine.crew import Crew, Hours
from twin.engine.hands import Pair
from twin.engine.item import UNDRAWN, Item
from twin.engine.lines import first_waiting
from twin.engine.obstacles import watch, watch_at_hand
from twin.engine.overhead import stint, write_whole
from twin.engine.pairs import best_pair
from twin.engine.preemption import preempted, victim_of
from twin.engine.segments import free_person, interrupt, return_to_line, write_gap
from twin.engine.service import longest_idle, start
from twin.engine.turns import next_visit
from twin.eventlog import NEVER, PLACE_MASK
from twin.outcome import GOES_ON, order_of
from twin.plan import Model, Plan
from twin.rows import TOGETHER
from twin.staffing import FINISH, HAND_BACK, NO_TURNS, SAME, STAGE, WORK, Staff, Ticks
from twin.timelines import timeline_of

if TYPE_CHECKING:
    from twin.engine.reference import Floor


def start_work(floor: Floor, team: int) -> None:
    """Start visits while something waits that someone can do who is free, or whom urgent work may take."""
    if team not in floor.staffed:
        _start_work_of_alike(floor, team)
        return
    goes_round = floor.staff.turns[team] != NO_TURNS
    while True:
        pair = next_visit(floor, team) if goes_round else best_pair(floor, team)
        if pair is not None:
            begin(floor, team, pair, heappop(floor.queues[pair.stage])[3])
        elif goes_round or not _takes_over(floor, team):
            return


def _start_work_of_alike(floor: Floor, team: int) -> None:
    """Start visits of a team whose people are alike."""
    while (first := first_waiting(floor, team)) is not None:
        crew = longest_idle(floor, team)
        victim = None if crew else victim_of(floor, team, first)
        if victim:
            item = heappop(floor.queues[first.stage])[3]
            start(floor, team, preempted(floor, victim), item)
        elif crew:
            start(floor, team, crew, heappop(floor.queues[first.stage])[3])
        else:
            return


def _takes_over(floor: Floor, team: int) -> bool:
    """Let the item that is first of all the team's lines take a person from other work, if it may."""
    first = first_waiting(floor, team)
    victim = victim_of(floor, team, first) if first else None
    if first is None or victim is None:
        return False
    item = heappop(floor.queues[first.stage])[3]
    crew = preempted(floor, victim)
    begin(floor, team, Pair(crew, victim.person & PLACE_MASK, item.stage), item)
    return True


def begin(floor: Floor, team: int, pair: Pair, item: Item) -> None:
    """Let a person begin or resume a visit, and fix when it will be done."""
    now, (crew, place, stage) = floor.now, pair
    hands = crew.hands
    if item.effort == UNDRAWN:
        item.effort = floor.ways.effort(item, team)
        first_draw = 0
    else:
        first_draw = item.stint.next_draw if item.stint else 0
    base = hands.stretches[stage]
    item.team, item.crew, item.person = team, crew, crew.first_person + place
    item.stretch = base / hands.speed(place, now)
    item.stint = stint(floor, item, _lead(floor, team, pair, item), base, first_draw)
    hands.last[place] = item.work, stage
    if floor.staff.who[team] == SAME:
        item.had = {**item.had, ("stage", stage): (team, crew.group, place), ("team", team): (team, crew.group, place)}
    if item.started == NEVER:
        item.started = now
        floor.stage_queue[stage] += now
        if floor.offspring:
            floor.offspring.started(item)
    else:
        write_gap(floor, item)
    item.segment = now
    if floor.at_once[team]:
        watch_at_hand(floor, item)
        attention.take_up(floor, pair, item)
    else:
        _fix_end(floor, pair, item)
        start_along(floor, item)


def finish(floor: Floor, item: Item) -> None:
    """Write down what a visit waited for while it was worked on, and free the person: of several, the first does."""
    item.blocks_at = NEVER
    leads = not item.flags & TOGETHER
    special = leads and item.team in floor.staffed
    if special and floor.at_once[item.team]:
        attention.let_go(floor, item, item.person & PLACE_MASK)
        floor.teams_asked.add(item.team)
        return
    floor.wait(item, Cause.OFF_CALENDAR, item.segment, item.suspended)
    if special:
        write_whole(floor, item)
    if leads:
        free_person(floor, item)


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
    finished = crew.take_place(place, now, ticks, by_clock=floor.by_clock if ends == FINISH else None)
    if item.stint.lead:
        crew.lead[place] = item.stint.lead
    crew.visits[place] = item
    item.finished, item.suspended = finished, finished - now - ticks
    if ends == HAND_BACK and finished > close and floor.together[item.stage] == 1:
        item.done = floor.event(partial(_hand_back, floor, item))
        finished = close
    watch(floor, item, ticks)
    floor.env.schedule(item.done, 1 + order_of(item.among, GOES_ON), finished - now)


def _hand_back(floor: Floor, item: Item, _: object) -> None:
    """Put a visit back in line at the closing."""
    interrupt(floor, item, Cause.PREEMPTED)
    return_to_line(floor, item)


Rules = tuple[Staff, frozenset[int], list[bool], list[int], list[int]]
"""Of a phase: how people work, special teams, who has several visits at once, whom teams ask, most visits at once."""


def rules(plan: Plan) -> Rules:
    """Read what a plan says of people."""
    staff = plan.staff
    special = frozenset(np.flatnonzero(staff.special).tolist())
    return staff, special, staff.shares.tolist(), staff.who.tolist(), staff.at_once.tolist()


def by_clock(model: Model) -> Hours:
    """Give the hours of who works on past the closing."""
    whole = np.array([0]), np.array([model.calendars_end])
    return Hours(timeline_of(*whole, since=0, until=model.calendars_end))


def begin_crews(floor: Floor) -> None:
    """Let people join, leave and change their hours."""
    crews, hours, now = floor.plan.crews, floor.ways.hours, floor.now
    rows = {key: row for row, key in enumerate(zip(crews.team.tolist(), crews.group.tolist(), strict=True))}
    for team, group in rows:
        if group == len(floor.crews[team]):
            floor.crews[team].append(Crew(hours[crews.calendar[rows[team, group]]], group))
    for team, standing in enumerate(floor.crews):
        for crew in standing:
            row = rows.get((team, crew.group))
            if row is None:
                crew.change(crew.hours, crew.stretch, 0, now)
            else:
                own = hours[crews.calendar[row]]
                crew.change(own, float(crews.stretch[row]), int(crews.people[row]), now)
            change(floor, crew, row)


def change(floor: Floor, crew: Crew, row: int | None) -> None:
    """Let a plan hold for a crew, which has changed already; without a row it is no longer in the plan."""
    if row is not None:
        first = floor.staff.joined[row] if floor.now == 0 else floor.now
        crew.hands.begin_phase(floor.staff, row)
        crew.hands.join(crew.since, int(first))
    for place in sorted(crew.hands.at_hand):
        attention.carry_on(floor, crew, place)


def books(teams: list[list[Crew]]) -> tuple[Ticks, Ticks, Ticks, Ticks, Ticks]:
    """Add up busy, idle, all, switching and sharing ticks of each team's people."""
    table = [
        [sum(times) for times in zip(*((c.busy, c.idle, c.total, c.switching, c.sharing) for c in crews), strict=True)]
        or [0] * 5
        for crews in teams
    ]
    busy, idle, total, switching, sharing = np.array(table, np.int64).reshape(-1, 5).T.copy()
    return busy, idle, total, switching, sharing
