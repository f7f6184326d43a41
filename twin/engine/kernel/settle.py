"""The books brought up to an instant: everybody's time is counted and the rows of visits under way are written."""

from twin.engine.kernel.arrays import ABSENT, FREE, Hall, Phase, Record, Rows
from twin.engine.kernel.hours import passed
from twin.engine.kernel.jit import at, inlined
from twin.eventlog import NEVER
from twin.plan import NONE


@inlined
def settle(hall: Hall, phase: Phase, rows: Rows, now: int) -> None:
    """Bring the books up to an instant."""
    beyond = hall.people.size
    for number in range(hall.crews.size - 1, -1, -1):
        crew = hall.crews[at(number)]
        for place in range(crew.first, beyond):
            count_time(hall, phase, crew, hall.people[at(place)], now)
        beyond = crew.first
    for slot in range(hall.items.size):
        if hall.items[at(slot)].index != NONE:
            write_open(hall, rows, hall.items[at(slot)])


@inlined
def count_time(hall: Hall, phase: Phase, crew: Record, person: Record, now: int) -> None:
    """Count a person's time, as if the person left."""
    if person.state == ABSENT:
        return
    clock = passed(hall, phase, crew.calendar if person.earlier == NONE else person.earlier, now)
    if person.state == FREE:
        crew.idle += clock - person.since
    else:
        crew.busy += clock - person.since
    person.since = clock
    crew.total += clock


@inlined
def write_open(hall: Hall, rows: Rows, item: Record) -> None:
    """Write the row of a visit that has not finished."""
    row, at_work = at(item.row), item.started != NEVER
    rows.item[row], rows.work[row], rows.stage[row], rows.visit[row] = item.index, item.work, item.stage, item.visit
    rows.enabled[row], rows.delayed[row], rows.queued[row] = item.enabled, item.delayed, item.queued
    rows.started[row], rows.suspended[row], rows.finished[row] = item.started, NEVER if at_work else 0, NEVER
    rows.team[row], rows.person[row] = NONE, NONE
    if at_work:
        crew = hall.crews[at(item.crew)]
        rows.team[row], rows.person[row] = item.team, crew.group + (item.person - crew.first)
