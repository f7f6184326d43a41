"""People with one calendar: who is free longest, what they take and give back. As `Crew` in the reference.

A crew keeps count tick by tick: what its people's calendars hold is split into busy and idle.
"""

from twin.engine.kernel.arrays import ABSENT, FOREVER, FREE, WORKING, Hall, Phase, Record
from twin.engine.kernel.due import schedule_opening
from twin.engine.kernel.hands import forget
from twin.engine.kernel.hours import after, interval_at, opening, passed
from twin.engine.kernel.jit import at, inlined
from twin.engine.kernel.queues import is_rich
from twin.plan import NONE


@inlined
def idle_longer(hall: Hall, crew: Record, other: Record) -> bool:
    """Tell whether the next free person of a crew has been idle longer than another crew's."""
    mine, theirs = hall.people[at(crew.front)], hall.people[at(other.front)]
    if mine.free_since != theirs.free_since:
        return mine.free_since < theirs.free_since
    if mine.free_turn != theirs.free_turn:
        return mine.free_turn < theirs.free_turn
    return crew.front - crew.first < other.front - other.first


@inlined
def longest_idle(hall: Hall, phase: Phase, team: int) -> int:
    """Find the crew whose next free person has been idle longest; else look again at the next opening."""
    now, asked = hall.floor[0].now, hall.teams[at(team)]
    best, soonest = NONE, FOREVER
    for number in range(asked.first_crew, asked.last_crew):
        crew = hall.crews[at(number)]
        if crew.front == NONE:
            continue
        opens = opening(hall, phase, crew.calendar, now)
        if opens > now:
            soonest = min(soonest, opens)
        elif best == NONE or idle_longer(hall, crew, hall.crews[at(best)]):
            best = number
    if best == NONE and soonest < FOREVER and asked.woken != soonest:
        asked.woken = soonest
        schedule_opening(hall, soonest, team)
    return best


@inlined
def take(hall: Hall, phase: Phase, number: int, work: int) -> tuple[int, int]:
    """Give work, at an open hour, to who has been idle longest; returns the person and when it will be done."""
    now, crew = hall.floor[0].now, hall.crews[at(number)]
    chosen = crew.front
    person = hall.people[at(chosen)]
    crew.front = person.next
    interval = phase.intervals[at(interval_at(hall, phase, crew.calendar, now))]
    clock = interval.worked + now - interval.open
    crew.idle += clock - person.since
    person.since, person.state = clock, WORKING
    if now + work <= interval.close:
        return chosen, now + work
    return chosen, after(hall, phase, crew.calendar, now, work)


@inlined
def give_back(hall: Hall, phase: Phase, number: int, chosen: int, turn: int) -> None:
    """Free a person, who leaves the team now if the place is gone, and goes over to its hours."""
    now, crew, person = hall.floor[0].now, hall.crews[at(number)], hall.people[at(chosen)]
    hours = crew.calendar if person.earlier == NONE else person.earlier
    clock = passed(hall, phase, hours, now)
    if is_rich(phase):
        count_busy(hall, crew, chosen, clock - person.since)
        hall.hands[at(chosen)].lead = 0
    else:
        crew.busy += clock - person.since
    person.since, person.earlier = clock, NONE
    stays = chosen - crew.first < crew.people
    if hours != crew.calendar or not stays:
        crew.total += clock
        person.state = ABSENT
        if not stays:
            if is_rich(phase):
                forget(hall.hands[at(chosen)])
            return
        person.since = passed(hall, phase, crew.calendar, now)
        crew.total -= person.since
    set_free(hall, crew, chosen, turn)


@inlined
def count_busy(hall: Hall, crew: Record, chosen: int, ticks: int) -> None:
    """Count working ticks of who is at work: first those of switching, then busy ones."""
    hand = hall.hands[at(chosen)]
    switching = min(hand.lead, ticks)
    hand.lead -= switching
    crew.switching += switching
    crew.busy += ticks - switching


@inlined
def set_free(hall: Hall, crew: Record, chosen: int, turn: int) -> None:
    """Put a person behind those who have been free for longer."""
    person = hall.people[at(chosen)]
    person.state, person.next = FREE, NONE
    person.free_since, person.free_turn = hall.floor[0].now, turn
    if crew.front == NONE:
        crew.front = chosen
    else:
        hall.people[at(crew.back)].next = chosen
    crew.back = chosen
