"""Visits of rich twins in segments: interrupted, and resumed later. As `twin.engine.segments` in the reference."""

from twin.engine.kernel.arrays import Hall, Log, Names, Phase
from twin.engine.kernel.due import make_void, order_of
from twin.engine.kernel.heaps import add_to_heap
from twin.engine.kernel.hours import passed
from twin.engine.kernel.jit import apart, at, for_rich, inlined
from twin.engine.kernel.overhead import parts, write_part
from twin.engine.kernel.people import give_back
from twin.engine.kernel.places import REMAINING, UNDRAWN, rule_of
from twin.engine.kernel.queues import ask_team, take_turn
from twin.engine.kernel.waits import OFF_CALENDAR, wait, write_wait
from twin.engine.kernel.ways import effort, whole
from twin.eventlog import NEVER
from twin.outcome import GOES_ON
from twin.plan import NONE


@for_rich(0.0)
def begin_segment(hall: Hall, phase: Phase, names: Names, log: Log, team: int, crew: int, slot: int) -> float:
    """Begin or resume work on a visit by a team; gives the ticks of effort that are left."""
    item, segment, now = hall.items[at(slot)], hall.segments[at(slot)], hall.floor[0].now
    if segment.effort == UNDRAWN:
        segment.effort = effort(phase, names, item, team) * hall.flow.tokens[at(slot)].share
    if item.started == NEVER:
        item.started = now
        hall.stages[at(item.stage)].queue += now
    else:
        write_gap(hall, log, slot)
    segment.since, segment.stretch = now, hall.crews[at(crew)].stretch
    return segment.effort


@inlined
def write_gap(hall: Hall, log: Log, slot: int) -> None:
    """Write down what an interrupted visit has waited for until now."""
    segment = hall.segments[at(slot)]
    write_wait(hall, log, hall.items[at(slot)], segment.cause, segment.away, hall.floor[0].now - segment.away)
    segment.away = NEVER


@inlined
def worked_in_segment(hall: Hall, phase: Phase, slot: int) -> int:
    """Count the working ticks since the segment began."""
    item, now = hall.items[at(slot)], hall.floor[0].now
    earlier = hall.people[at(item.person)].earlier
    hours = hall.crews[at(item.crew)].calendar if earlier == NONE else earlier
    before = passed(hall, phase, hours, hall.segments[at(slot)].since)
    return passed(hall, phase, hours, now) - before


@inlined
def left(hall: Hall, phase: Phase, names: Names, slot: int, worked: int) -> float:
    """Give the ticks of effort that a visit still needs after so many working ticks of its segment."""
    segment = hall.segments[at(slot)]
    if phase.staff.special[at(hall.items[at(slot)].team)]:
        worked = parts(hall, phase, names, slot, worked)[1]
    return max(0.0, segment.effort - worked / segment.stretch)


@apart
def interrupt(hall: Hall, phase: Phase, names: Names, log: Log, slot: int, cause: int) -> None:
    """Take a person from a visit now: its end is void, what is left of its effort stays, and it waits for a cause."""
    item, segment, now = hall.items[at(slot)], hall.segments[at(slot)], hall.floor[0].now
    worked = worked_in_segment(hall, phase, slot)
    wait(hall, log, item, OFF_CALENDAR, segment.since, now - segment.since - worked)
    remaining = left(hall, phase, names, slot, worked)
    if phase.staff.special[at(item.team)]:
        write_part(hall, phase, names, log, slot, worked)
    segment.effort, hall.stints[at(slot)].hands_back = remaining, 0
    segment.gap, segment.blocks_at = max(segment.gap - worked, min(segment.gap, 1)), NEVER
    segment.away, segment.cause = now, cause
    make_void(hall, order_of(item.among, GOES_ON))
    give_back(hall, phase, item.crew, item.person, take_turn(hall))
    ask_team(hall, item.team)


@inlined
def return_to_line(hall: Hall, phase: Phase, slot: int) -> None:
    """Let an interrupted visit wait for a person, in the place in line that it had; what is left may move it up."""
    item, ranked = hall.items[at(slot)], hall.ranked[at(slot)]
    key = ranked.key
    if rule_of(phase, item) == REMAINING:
        key = whole(hall.segments[at(slot)].effort)
    add_to_heap(hall, item.stage, ranked.rank, key, slot)
    hall.limits.gates[at(item.stage)].queued += 1
    for place in range(phase.first_team[at(item.stage)], phase.first_team[at(item.stage + 1)]):
        ask_team(hall, phase.stage_team[at(place)])
