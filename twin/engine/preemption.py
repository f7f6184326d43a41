"""More urgent work takes people from less urgent work, which is resumed later (preemptive resume).

Where none of a team's people is free, the item that it would start next may take the person who is at work, at an open
hour, on another visit. An item of a class that preempts takes from work of a higher rank: of the highest rank, then of
what started last, then of the item that came last. An item that goes by what remains takes from work that goes by it as
well and comes after it by rank and ticks left: from the last by these.
Source: Cobham (1954) has ranks; Schrage (1968), Operations Research 16, shows that the shortest remaining is best.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.causes import Cause
from twin.choosing import Rule
from twin.engine.crew import FOREVER, Crew
from twin.engine.lines import whole
from twin.engine.segments import interrupt, left, return_to_line
from twin.eventlog import PLACE_MASK

if TYPE_CHECKING:
    from twin.engine.item import Item
    from twin.engine.reference import Floor

Standing = tuple[int, int, int, int]
"""How readily a visit is interrupted: rank, ticks left, started, item; the highest first."""


def victim_of(floor: Floor, team: int, first: Item) -> Item | None:
    """Find the visit from which an item may take the person; else look again when such a person is open."""
    by_what_remains = floor.rule[first.stage][first.work] == Rule.REMAINING
    if not (floor.preempts[first.work] or by_what_remains):
        return None
    worst: Standing | None = None
    victim: Item | None = None
    soonest = FOREVER
    for crew in floor.crews[team]:
        opening = crew.hours.opening(floor.now) if crew.visits else FOREVER
        for item in crew.visits.values():
            standing = standing_against(floor, first, item)
            if standing is None:
                continue
            if opening > floor.now:
                soonest = min(soonest, opening)
            elif worst is None or standing > worst:
                worst, victim = standing, item
    if victim is None and soonest < FOREVER and floor.recalled[team] != soonest:
        floor.recalled[team] = soonest
        floor.ask_at(soonest, team)
    return victim


def preempted(floor: Floor, victim: Item) -> Crew:
    """Let a visit go back to its line, and give the crew whose person is free now."""
    interrupt(floor, victim, Cause.PREEMPTED)
    return_to_line(floor, victim)
    return victim.crew


def standing_against(floor: Floor, first: Item, item: Item) -> Standing | None:
    """Tell how readily a visit is interrupted for an item; None where it is not to be.

    A visit done together with others is not, nor one whose person is about to leave or cannot serve the item.
    """
    leaves = item.person & PLACE_MASK >= item.crew.people
    if item.leads or leaves or not can_serve(floor, item, first.stage):
        return None
    mine, theirs = floor.urgency[item.work], floor.urgency[first.work]
    if floor.preempts[first.work] and mine > theirs:
        return mine, 0, item.started, item.among
    if floor.rule[first.stage][first.work] == floor.rule[item.stage][item.work] == Rule.REMAINING:
        ticks = whole(left(floor, item))
        if (mine, ticks) > (theirs, first.place[1]):
            return mine, ticks, item.started, item.among
    return None


def can_serve(floor: Floor, item: Item, stage: int) -> bool:
    """Tell whether who works on an item has the skill for a stage."""
    return item.team not in floor.staffed or item.crew.hands.stretches[stage] > 0
