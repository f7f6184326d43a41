"""The books brought up to an instant: everybody's time is counted and the rows of visits under way are written."""

from twin.engine.kernel.arrays import ABSENT, FREE, Hall, Log, Phase, Record
from twin.engine.kernel.attention import read
from twin.engine.kernel.hours import passed
from twin.engine.kernel.jit import at, inlined
from twin.engine.kernel.people import count_busy
from twin.engine.kernel.queues import is_rich
from twin.engine.kernel.waits import kind, named, person_high, person_low, stamped_if_come
from twin.eventlog import NEVER
from twin.plan import NONE


@inlined
def settle(hall: Hall, phase: Phase, log: Log, now: int) -> None:
    """Bring the books up to an instant."""
    beyond = hall.people.size
    for number in range(hall.crews.size - 1, -1, -1):
        crew = hall.crews[at(number)]
        for place in range(crew.first, beyond):
            if is_rich(phase) and hall.hands[at(place)].visits > 0:
                read(hall, phase, number, place, now)
            count_time(hall, phase, crew, place, now)
        beyond = crew.first
    for slot in range(hall.items.size):
        if hall.items[at(slot)].index != NONE and hall.items[at(slot)].row != NONE:
            flags = hall.limits.placed[at(slot)].marks if is_rich(phase) else 0
            write_open(hall, log, hall.items[at(slot)], flags)


@inlined
def count_time(hall: Hall, phase: Phase, crew: Record, place: int, now: int) -> None:
    """Count a person's time, as if the person left."""
    person = hall.people[at(place)]
    if person.state == ABSENT:
        return
    clock = passed(hall, phase, crew.calendar if person.earlier == NONE else person.earlier, now)
    if person.state == FREE:
        crew.idle += clock - person.since
    elif is_rich(phase):
        count_busy(hall, crew, place, clock - person.since)
    else:
        crew.busy += clock - person.since
    person.since = clock
    crew.total += clock


@inlined
def write_open(hall: Hall, log: Log, item: Record, flags: int) -> None:
    """Write the row of a visit that has not finished."""
    team, person = NONE, 0
    if item.started != NEVER:
        crew = hall.crews[at(item.crew)]
        team, person = item.team, crew.group + (item.person - crew.first)
    row = log.rows[at(item.row)]
    row[0] = named(item.index, item.stage, item.visit)
    row[1] = stamped_if_come(item.enabled, team + 1)
    row[2] = stamped_if_come(item.queued, person_low(person))
    row[3] = stamped_if_come(item.started, person_high(person))
    row[4] = stamped_if_come(NEVER, kind(item.work, flags))
