"""Who of a team serves: people join and leave; who has been idle longest is found, and begins or resumes a visit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.engine.admission import start_along
from twin.engine.crew import FOREVER, Crew
from twin.engine.item import UNDRAWN
from twin.engine.obstacles import watch
from twin.engine.segments import write_gap
from twin.eventlog import NEVER

if TYPE_CHECKING:
    from twin.engine.item import Item
    from twin.engine.reference import Floor


def longest_idle(floor: Floor, team: int) -> Crew | None:
    """Find the crew whose next free person has been idle longest; else look again at the next opening."""
    now = floor.now
    best: Crew | None = None
    soonest = FOREVER
    for crew in floor.crews[team]:
        if not crew.free:
            continue
        hours = crew.hours
        opening = now if hours.open <= now < hours.close else hours.opening(now)
        if opening > now:
            soonest = min(soonest, opening)
        elif best is None or crew.free[0] < best.free[0]:
            best = crew
    if best is None and soonest < FOREVER and floor.woken[team] != soonest:
        floor.woken[team] = soonest
        floor.ask_at(soonest, team)
    return best


def start(floor: Floor, team: int, crew: Crew, item: Item) -> None:
    """Let the person of a crew who has been idle longest begin or resume a visit, and fix when it will be done."""
    now = floor.now
    if item.effort == UNDRAWN:
        item.effort = floor.ways.effort(item, team)
    ticks = int(item.effort * crew.stretch + 0.5)
    place, finished = crew.take(now, ticks)
    if item.started == NEVER:
        item.started = now
        floor.stage_queue[item.stage] += now
        if floor.offspring:
            floor.offspring.started(item)
    else:
        write_gap(floor, item)
    item.segment, item.team, item.crew = now, team, crew
    item.person = crew.first_person + place
    item.finished, item.suspended = finished, finished - now - ticks
    floor.env.schedule(item.done, item.order, finished - now)
    if floor.rich:
        crew.visits[place], item.stretch = item, crew.stretch
        watch(floor, item, ticks)
        if floor.together[item.stage] > 1:
            start_along(floor, item)
