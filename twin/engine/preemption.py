"""More urgent work takes people from less urgent work, which is resumed later (preemptive resume).

Where an item of a class that preempts is first of all that a team could start, and none of its people is free, it takes
the person who is at work, at an open hour, on the visit of the highest rank, of these the one that started last, of
these the item that came last. Nobody is taken from work of the same or a lower rank, nor from a class that preempts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.causes import Cause
from twin.engine.crew import FOREVER, Crew
from twin.engine.segments import interrupt, return_to_line
from twin.eventlog import PLACE_MASK

if TYPE_CHECKING:
    from twin.engine.item import Item
    from twin.engine.reference import Floor


def preempt(floor: Floor, team: int, first: Item) -> Crew | None:
    """Free the person of a team whom an item may take from other work; else look again when such a person is open."""
    if not floor.preempts[first.work]:
        return None
    worst: tuple[int, int, int] | None = None
    victim: Item | None = None
    soonest = FOREVER
    for crew in floor.crews[team]:
        opening: int | None = None
        for item in crew.visits.values():
            if not may_take(floor, first, item):
                continue
            opening = crew.hours.opening(floor.now) if opening is None else opening
            if opening > floor.now:
                soonest = min(soonest, opening)
            elif worst is None or standing(floor, item) > worst:
                worst, victim = standing(floor, item), item
    if victim is not None:
        interrupt(floor, victim, Cause.PREEMPTED)
        return_to_line(floor, victim)
        return victim.crew
    if soonest < FOREVER and floor.recalled[team] != soonest:
        floor.recalled[team] = soonest
        floor.ask_at(soonest, team)
    return None


def may_take(floor: Floor, first: Item, item: Item) -> bool:
    """Tell whether an item may take the person from a visit; who is about to leave the team is not taken."""
    worse = floor.urgency[item.work] > floor.urgency[first.work] and not floor.preempts[item.work]
    return worse and item.person & PLACE_MASK < item.crew.people


def standing(floor: Floor, item: Item) -> tuple[int, int, int]:
    """Order visits by how readily they are interrupted."""
    return floor.urgency[item.work], item.started, item.index
