"""People of whom more is said: how fast they are, who could take a visit, and their time. As `twin.engine.hands`."""

from twin.engine.kernel.arrays import FREE, WORKING, Hall, Phase, Record
from twin.engine.kernel.hours import after, interval_at, passed
from twin.engine.kernel.jit import at, inlined
from twin.eventlog import NEVER
from twin.plan import NONE


@inlined
def speed_of(hall: Hall, phase: Phase, number: int, person: int) -> float:
    """Give a person's speed now as a share of the crew's."""
    joined, over = hall.hands[at(person)].joined, phase.staff.ramp_over[at(number)]
    for place in range(phase.staff.again.shape[1]):
        if phase.staff.again[at(number), at(place)] <= hall.floor[0].now:
            joined = max(joined, phase.staff.again[at(number), at(place)])
    if over == 0 or joined == NEVER:
        return 1.0
    elapsed = hall.floor[0].now - joined
    if elapsed >= over:
        return 1.0
    start = phase.staff.ramp_start[at(number)]
    return start + (1.0 - start) * elapsed / over


@inlined
def has_room(hall: Hall, person: int, most: int) -> bool:
    """Tell whether a person of a crew as it is now could take a visit, when nobody may have more than so many."""
    one = hall.people[at(person)]
    if one.state == FREE:
        return True
    return most > 1 and 0 < hall.hands[at(person)].visits < most and one.earlier == NONE


@inlined
def has_fewer(hall: Hall, crew: Record, person: int, other_crew: Record, other: int) -> bool:
    """Tell whether a person goes before another: fewer visits, for longer."""
    mine, theirs = hall.hands[at(person)].visits, hall.hands[at(other)].visits
    if mine != theirs:
        return mine < theirs
    one, two = since_when(hall, person), since_when(hall, other)
    if one[0] != two[0]:
        return one[0] < two[0]
    if one[1] != two[1]:
        return one[1] < two[1]
    return person - crew.first < other - other_crew.first


@inlined
def since_when(hall: Hall, person: int) -> tuple[int, int]:
    """Tell since when, and from which turn on, a person has had so many visits."""
    one, hand = hall.people[at(person)], hall.hands[at(person)]
    return (one.free_since, one.free_turn) if one.state == FREE else (hand.changed, hand.turn)


@inlined
def first_room(hall: Hall, crew: Record, most: int) -> int:
    """Find who of a crew has the fewest visits, and of these has had them so for longest; NONE without room."""
    best = crew.front
    if best != NONE or most == 1:
        return best
    for person in range(crew.first, crew.first + crew.people):
        if has_room(hall, person, most) and (best == NONE or has_fewer(hall, crew, person, crew, best)):
            best = person
    return best


@inlined
def take_person(hall: Hall, phase: Phase, number: int, chosen: int, work: int, hours: int) -> int:
    """Give work to a free person at an open hour, to be done by some hours, or NONE for those of the crew."""
    now, crew, person = hall.floor[0].now, hall.crews[at(number)], hall.people[at(chosen)]
    take_out(hall, crew, chosen)
    interval = phase.intervals[at(interval_at(hall, phase, crew.calendar, now))]
    clock = interval.worked + now - interval.open
    crew.idle += clock - person.since
    person.since, person.state, person.next = clock, WORKING, NONE
    if hours == NONE:
        return after(hall, phase, crew.calendar, now, work)
    person.earlier, person.since = hours, passed(hall, phase, hours, now)
    crew.total += clock - person.since
    return after(hall, phase, hours, now, work)


@inlined
def take_out(hall: Hall, crew: Record, chosen: int) -> None:
    """Take a person out of those who are free."""
    behind = hall.people[at(chosen)].next
    if crew.front == chosen:
        crew.front = behind
        return
    before = crew.front
    while hall.people[at(before)].next != chosen:
        before = hall.people[at(before)].next
    hall.people[at(before)].next = behind
    if crew.back == chosen:
        crew.back = before


@inlined
def forget(hand: Record) -> None:
    """Forget who has left."""
    hand.known, hand.joined, hand.worked = 0, NEVER, 0
