"""More urgent work takes people from less urgent work. As `twin.engine.preemption` in the reference."""

from twin.causes import Cause
from twin.engine.kernel.arrays import FOREVER, WORKING, Hall, Log, Names, Phase
from twin.engine.kernel.due import schedule_opening
from twin.engine.kernel.hours import opening
from twin.engine.kernel.jit import at, for_rich, inlined
from twin.engine.kernel.places import REMAINING, rule_of
from twin.engine.kernel.segments import interrupt, left, return_to_line, worked_in_segment
from twin.engine.kernel.ways import whole
from twin.plan import NONE

PREEMPTED = int(Cause.PREEMPTED)
SAFE = -1
"""Ticks left of a visit that is not interrupted."""


@for_rich(NONE)
def victim_of(hall: Hall, phase: Phase, names: Names, team: int, first: int) -> int:
    """Find the visit from which an item may take the person; else look again when such a person is open."""
    asked, now, item = hall.teams[at(team)], hall.floor[0].now, hall.items[at(first)]
    by_class, by_what_remains = phase.choice.preempts[at(item.work)], rule_of(phase, item) == REMAINING
    if not (by_class or by_what_remains):
        return NONE
    victim, soonest, most = NONE, FOREVER, SAFE
    for number in range(asked.first_crew, asked.last_crew):
        crew = hall.crews[at(number)]
        for person in range(crew.first, crew.first + crew.people):
            if hall.people[at(person)].state != WORKING:
                continue
            slot = hall.people[at(person)].next
            if slot == NONE or not can_serve(hall, phase, slot, item.stage):
                continue
            ticks = ticks_against(hall, phase, names, first, slot)
            if ticks == SAFE:
                continue
            opens = opening(hall, phase, crew.calendar, now)
            if opens > now:
                soonest = min(soonest, opens)
            elif victim == NONE or stands_behind(hall, phase, slot, ticks, victim, most):
                victim, most = slot, ticks
    if victim == NONE and soonest < FOREVER and asked.recalled != soonest:
        asked.recalled = soonest
        schedule_opening(hall, soonest, team)
    return victim


@for_rich(NONE, apart=True)
def preempted(hall: Hall, phase: Phase, names: Names, log: Log, victim: int) -> int:
    """Let a visit go back to its line, and give the crew whose person is free now."""
    interrupt(hall, phase, names, log, victim, PREEMPTED)
    return_to_line(hall, phase, victim)
    return hall.items[at(victim)].crew


@inlined
def ticks_against(hall: Hall, phase: Phase, names: Names, first: int, slot: int) -> int:
    """Give the ticks left by which a visit may be interrupted for an item; 0 where ranks decide, or SAFE."""
    item, other = hall.items[at(first)], hall.items[at(slot)]
    if hall.limits.placed[at(slot)].leads:
        return SAFE
    theirs, mine = phase.choice.urgency[at(item.work)], phase.choice.urgency[at(other.work)]
    if phase.choice.preempts[at(item.work)] and mine > theirs:
        return 0
    if rule_of(phase, item) != REMAINING or rule_of(phase, other) != REMAINING:
        return SAFE
    ticks = whole(left(hall, phase, names, slot, worked_in_segment(hall, phase, slot)))
    longer = mine > theirs or (mine == theirs and ticks > hall.ranked[at(first)].key)
    return ticks if longer else SAFE


@inlined
def stands_behind(hall: Hall, phase: Phase, slot: int, ticks: int, other: int, most: int) -> bool:
    """Tell whether a visit is interrupted more readily than another."""
    mine, theirs = hall.items[at(slot)], hall.items[at(other)]
    rank, best = phase.choice.urgency[at(mine.work)], phase.choice.urgency[at(theirs.work)]
    if rank != best:
        return rank > best
    if ticks != most:
        return ticks > most
    if mine.started != theirs.started:
        return mine.started > theirs.started
    return mine.among > theirs.among


@inlined
def can_serve(hall: Hall, phase: Phase, slot: int, stage: int) -> bool:
    """Tell whether who works on a visit has the skill for a stage."""
    item = hall.items[at(slot)]
    return not phase.staff.special[at(item.team)] or phase.staff.stretch[at(item.crew), at(stage)] > 0.0
