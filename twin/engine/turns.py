"""One person who goes round the stages of a team, as `twin.turns` says.

At a stage the person serves what is first in line while there is something, or as often as items waited when they came;
then they switch to the next stage, in working time, although nothing may wait there.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from twin.engine.crew import FOREVER, Crew
from twin.engine.hands import Pair
from twin.staffing import GATED

if TYPE_CHECKING:
    from twin.engine.reference import Floor

COMING: Final = 1 << 61
"""Whoever comes to a stage comes after all items and openings at that instant."""


class Round:
    """Where a person is on the way round."""

    __slots__ = ("fresh", "left", "stage")

    def __init__(self, stage: int) -> None:
        self.stage, self.left, self.fresh = stage, 0, True  # `left`: visits still to be served before going on


def next_visit(floor: Floor, team: int) -> Pair | None:
    """Tell which visit the person begins; without one, they switch to the next stage, or wait until they open."""
    stages = floor.plan.team_stages[team]
    crew = next((crew for crew in floor.crews[team] if crew.free), None)
    if crew is None or not stages:
        return None
    opening = crew.hours.opening(floor.now)
    if opening > floor.now:
        if opening < FOREVER and floor.woken[team] != opening:
            floor.woken[team] = opening
            floor.ask_at(opening, team)
        return None
    here = floor.going_round.setdefault(team, Round(stages[0]))
    if here.stage not in stages:
        here.stage, here.fresh = stages[0], True
    queue = floor.queues[here.stage]
    waiting = len(queue) if len(queue) >= floor.least[here.stage] else 0
    if here.fresh:
        here.fresh, here.left = False, waiting if floor.staff.turns[team] == GATED else FOREVER
    if waiting and here.left:
        here.left -= 1
        return Pair(crew, crew.free[0][2], here.stage)
    _switch(floor, team, crew)
    return None


def _switch(floor: Floor, team: int, crew: Crew) -> None:
    """Leave for the next stage."""
    place = crew.free[0][2]
    due = crew.take_place(place, floor.now, int(floor.staff.turn_switch[team]))
    crew.lead[place] = FOREVER  # all of it is switching
    floor.call(due - floor.now, COMING + team, partial(_come, floor, team, crew, place))


def _come(floor: Floor, team: int, crew: Crew, place: int, _: object) -> None:
    """Come to the next stage, or to the first one where there is none."""
    stages, here = floor.plan.team_stages[team], floor.going_round[team]
    following = [stage for stage in stages if stage > here.stage]
    here.stage, here.fresh = (following or stages or [here.stage])[0], True
    crew.give_back(place, floor.now, floor.take_turn())
    floor.teams_asked.add(team)
