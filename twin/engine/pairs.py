"""Who takes what, where people differ: of all pairs of a crew with someone free and a stage that they serve, the best.

The best pair has the stage that its crew prefers most and then the item that is first in order; among crews that tie on
an item the team's rule says who of their people takes it. Where all people are alike this is the rule that of all
queues the one whose first is first is served by who has been idle longest.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

from twin.engine.attention import rooms
from twin.engine.crew import FOREVER, Crew
from twin.engine.hands import Pair, Room
from twin.engine.item import Item
from twin.staffing import FASTEST, FLOAT_BITS, NONE, RANDOM, SAME
from twin.streams import Purpose

if TYPE_CHECKING:
    from twin.engine.reference import Floor

Key = tuple[int, int, int, int]


def best_pair(floor: Floor, team: int) -> Pair | None:
    """Find the best pair of a team; else look again when someone opens who could take what waits."""
    best: Key | None = None
    tied: list[Crew] = []
    stage, soonest = -1, FOREVER
    for crew in floor.crews[team]:
        if not (crew.free or rooms(crew, floor.most_at_once[team])):
            continue
        first = _first_for(floor, team, crew)
        if first is None:
            continue
        opening = crew.hours.opening(floor.now)
        if opening > floor.now:
            soonest = min(soonest, opening)
        elif best is None or first[0] < best:
            (best, stage), tied = first, [crew]
        elif first[0] == best:
            tied.append(crew)
    if best is not None:
        return _chosen(floor, team, tied, stage)
    if soonest < FOREVER and floor.woken[team] != soonest:
        floor.woken[team] = soonest
        floor.ask_at(soonest, team)
    return None


def _first_for(floor: Floor, team: int, crew: Crew) -> tuple[Key, int] | None:
    """Find the stage to which a crew turns first, and how it compares."""
    found = None
    for stage in floor.plan.team_stages[team]:
        queue = floor.queues[stage]
        if len(queue) >= floor.least[stage] and crew.hands.stretches[stage]:
            mine = (_place(floor, team, crew, stage), *queue[0][:3]), stage
            found = mine if found is None else min(found, mine)
    return found


def _place(floor: Floor, team: int, crew: Crew, stage: int) -> int:
    """Give the place of a stage: by preference, or the sooner the more waits at the stages of the team whose it is."""
    whose = floor.staff.floats[team]
    if whose[stage] == NONE:
        return crew.hands.places[stage]
    waiting = sum(len(floor.queues[each]) for each in floor.plan.team_stages[team] if whose[each] == whose[stage])
    return int(whose[stage]) - (waiting << FLOAT_BITS)


def _chosen(floor: Floor, team: int, tied: list[Crew], stage: int) -> Pair:
    """Choose a person of crews that tie, by the team's rule."""
    item, who, most = floor.queues[stage][0][3], floor.who[team], floor.most_at_once[team]
    if who == RANDOM:
        everyone = [(crew, place) for crew in tied for place in sorted(room[3] for room in rooms(crew, most))]
        u = floor.ways.draws.one(item, Purpose.WHO, 0)
        return Pair(*everyone[int(u * len(everyone))], stage)
    if who == SAME:
        before = _before(item, team, stage)
        for crew in tied:
            if before and crew.group == before[0] and any(room[3] == before[1] for room in rooms(crew, most)):
                return Pair(crew, before[1], stage)
    if who == FASTEST:
        least = min(crew.hands.stretches[stage] for crew in tied)
        tied = [crew for crew in tied if crew.hands.stretches[stage] == least]
    firsts: list[tuple[Room, Crew]] = [(_first_room(crew, most), crew) for crew in tied]
    (_, _, _, place), crew = min(firsts, key=itemgetter(0))
    return Pair(crew, place, stage)


def _first_room(crew: Crew, most: int) -> Room:
    """Find who of a crew has the fewest visits, and of these has had them so for longest."""
    return (0, *crew.free[0]) if crew.free else min(rooms(crew, most))


def _before(item: Item, team: int, stage: int) -> tuple[int, int] | None:
    """Tell who of a team, as group and place, had an item at a stage last, or else at any."""
    at_stage = item.had.get(("stage", stage))
    had = at_stage if at_stage is not None and at_stage[0] == team else item.had.get(("team", team))
    return None if had is None else had[1:]
