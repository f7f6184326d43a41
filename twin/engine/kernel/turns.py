"""One person who goes round the stages of a team. As `twin.engine.turns` in the reference."""

from typing import Final

from twin.engine.kernel.arrays import FOREVER, Hall, Phase
from twin.engine.kernel.due import schedule, schedule_opening
from twin.engine.kernel.hands import take_person
from twin.engine.kernel.hours import opening
from twin.engine.kernel.jit import at, for_rich, inlined
from twin.engine.kernel.people import give_back
from twin.engine.kernel.queues import ask_team, take_turn
from twin.plan import NONE
from twin.staffing import GATED

COMING: Final = 1 << 61
"""Whoever comes to a stage comes after all items and openings at that instant."""


@inlined
def next_visit(hall: Hall, phase: Phase, team: int) -> tuple[int, int]:
    """Tell who begins a visit at which stage; without one, they switch to the next stage, or wait until they open."""
    asked, now = hall.teams[at(team)], hall.floor[0].now
    number = asked.first_crew
    while number < asked.last_crew and hall.crews[at(number)].front == NONE:
        number += 1
    if number == asked.last_crew or phase.first_stage[at(team)] == phase.first_stage[at(team + 1)]:
        return NONE, NONE
    opens = opening(hall, phase, hall.crews[at(number)].calendar, now)
    if opens > now:
        if opens < FOREVER and asked.woken != opens:
            asked.woken = opens
            schedule_opening(hall, opens, team)
        return NONE, NONE
    return look(hall, phase, team, number)


@inlined
def look(hall: Hall, phase: Phase, team: int, number: int) -> tuple[int, int]:
    """Let a person who is free and open look what waits where they are."""
    here, person = hall.rounds[at(team)], hall.crews[at(number)].front
    if not serves(phase, team, here.stage):
        here.stage, here.fresh = phase.team_stage[at(phase.first_stage[at(team)])], 1
    waiting = hall.limits.gates[at(here.stage)].queued
    if waiting < phase.gates.least[at(here.stage)]:
        waiting = 0
    if here.fresh:
        here.fresh = 0
        here.left = waiting if phase.staff.turns[at(team)] == GATED else FOREVER
    if here.left > 0 and waiting > 0:
        here.left -= 1
        return person, here.stage
    due = take_person(hall, phase, number, person, phase.staff.turn_switch[at(team)], NONE)
    hall.hands[at(person)].lead = FOREVER
    hall.floor[0].openings += 1
    schedule(hall, due, COMING + team, person)
    return NONE, NONE


@inlined
def serves(phase: Phase, team: int, stage: int) -> bool:
    """Tell whether a team serves a stage."""
    for place in range(phase.first_stage[at(team)], phase.first_stage[at(team + 1)]):
        if phase.team_stage[at(place)] == stage:
            return True
    return False


@for_rich()
def come(hall: Hall, phase: Phase, team: int, person: int) -> None:
    """Come to the next stage, or to the first one where there is none."""
    here, first, last = hall.rounds[at(team)], phase.first_stage[at(team)], phase.first_stage[at(team + 1)]
    following = first
    while following < last and phase.team_stage[at(following)] <= here.stage:
        following += 1
    if first < last:
        here.stage = phase.team_stage[at(first if following == last else following)]
    here.fresh = 1
    hall.floor[0].openings -= 1
    give_back(hall, phase, hall.hands[at(person)].crew, person, take_turn(hall))
    ask_team(hall, team)
