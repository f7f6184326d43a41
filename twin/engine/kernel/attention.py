"""Several visits at once, by a person's own clock. As `twin.engine.attention` in the reference.

A person's visits are a list through the slots of their items, in no order.
"""

from typing import Final

from twin.causes import Cause
from twin.engine.kernel.arrays import Hall, Log, Phase, Record
from twin.engine.kernel.due import make_void, order_of, schedule
from twin.engine.kernel.hands import take_person
from twin.engine.kernel.hours import after, passed
from twin.engine.kernel.jit import at, for_rich, inlined
from twin.engine.kernel.overhead import RAMP_UP
from twin.engine.kernel.people import give_back
from twin.engine.kernel.queues import take_turn
from twin.engine.kernel.waits import OFF_CALENDAR, wait
from twin.engine.kernel.ways import whole
from twin.outcome import GOES_ON
from twin.plan import NONE

RATE_BITS: Final = 16
MOST_OWN: Final = 1 << 45
SHARED: Final = int(Cause.SHARED)


@inlined
def take_up(hall: Hall, phase: Phase, number: int, person: int, slot: int) -> None:
    """Give a person one visit more."""
    hand, stint = hall.hands[at(person)], hall.stints[at(slot)]
    if hand.visits == 0:
        take_person(hall, phase, number, person, 0, NONE)
        hand.passed, hand.clock, hand.rate, hand.first = hall.people[at(person)].since, 0, 0, NONE
    read(hall, phase, number, person, hall.floor[0].now)
    stint.begun = hand.passed
    own = hall.segments[at(slot)].gap if stint.hands_back else stint.own
    stint.end = hand.clock + (min(own, MOST_OWN) << RATE_BITS)
    if hand.visits > 0:
        make_void(hall, order_of(hall.items[at(ends_first(hall, hand))].among, GOES_ON))
    hall.items[at(slot)].next, hand.first = hand.first, slot
    hand.visits += 1
    hand.changed, hand.turn = hall.floor[0].now, take_turn(hall)
    go_on(hall, phase, number, person)


@inlined
def let_go(hall: Hall, phase: Phase, log: Log, slot: int) -> None:
    """Take a visit that is done from a person, who is free if it was the last, and write its waits."""
    stint = hall.stints[at(slot)]
    take_away(hall, phase, log, slot, stint.own, whole(hall.segments[at(slot)].effort * stint.full))


@inlined
def put_down(hall: Hall, phase: Phase, log: Log, slot: int) -> None:
    """Take a visit that is blocked from a person; what is left of its effort stays."""
    segment, stint = hall.segments[at(slot)], hall.stints[at(slot)]
    own, stretch, full = segment.gap, segment.stretch, stint.full
    take_away(hall, phase, log, slot, own, own if stretch == full else whole(own * full / stretch))
    segment.effort, stint.hands_back = max(0.0, segment.effort - own / stretch), 0


@inlined
def go_on_to_the_end(hall: Hall, phase: Phase, slot: int) -> None:
    """Let a visit that would have been blocked now go on to its end."""
    item, stint = hall.items[at(slot)], hall.stints[at(slot)]
    read(hall, phase, item.crew, item.person, hall.floor[0].now)
    stint.end += (min(stint.own, MOST_OWN) - hall.segments[at(slot)].gap) << RATE_BITS
    stint.hands_back = 0
    go_on(hall, phase, item.crew, item.person)


@inlined
def take_away(hall: Hall, phase: Phase, log: Log, slot: int, own: int, at_full_speed: int) -> None:
    """Take the visit that has had enough of a person's attention from them, and write its waits."""
    item, stint, segment = hall.items[at(slot)], hall.stints[at(slot)], hall.segments[at(slot)]
    now, number, person = hall.floor[0].now, item.crew, item.person
    hand = hall.hands[at(person)]
    read(hall, phase, number, person, now)
    served = hand.passed - stint.begun
    wait(hall, log, item, OFF_CALENDAR, segment.since, now - segment.since - served)
    wait(hall, log, item, RAMP_UP, segment.since, own - at_full_speed)
    wait(hall, log, item, SHARED, segment.since, served - own)
    take_from_hand(hall, hand, slot)
    if hand.visits > 0:
        hand.changed, hand.turn = now, take_turn(hall)
        go_on(hall, phase, number, person)
    else:
        give_back(hall, phase, number, person, take_turn(hall))


@inlined
def take_from_hand(hall: Hall, hand: Record, slot: int) -> None:
    """Take a visit out of a person's list."""
    hand.visits -= 1
    behind = hall.items[at(slot)].next
    if hand.first == slot:
        hand.first = behind
        return
    before = hand.first
    while hall.items[at(before)].next != slot:
        before = hall.items[at(before)].next
    hall.items[at(before)].next = behind


@for_rich()
def read(hall: Hall, phase: Phase, number: int, person: int, now: int) -> None:
    """Read a person's clock."""
    hand, crew, earlier = hall.hands[at(person)], hall.crews[at(number)], hall.people[at(person)].earlier
    worked = passed(hall, phase, crew.calendar if earlier == NONE else earlier, now)
    hand.clock += (worked - hand.passed) * hand.rate
    crew.sharing += (worked - hand.passed) * max(hand.visits - 1, 0)
    hand.passed = worked


@inlined
def go_on(hall: Hall, phase: Phase, number: int, person: int) -> None:
    """Let the visit that ends first end, at the rate of so many visits."""
    hand, earlier, now = hall.hands[at(person)], hall.people[at(person)].earlier, hall.floor[0].now
    slot = ends_first(hall, hand)
    item = hall.items[at(slot)]
    hand.rate = rate(phase, item.team, hand.visits)
    left = max(hall.stints[at(slot)].end - hand.clock, 0)
    hours = hall.crews[at(number)].calendar if earlier == NONE else earlier
    item.finished = after(hall, phase, hours, now, (left + hand.rate - 1) // hand.rate)
    schedule(hall, item.finished, order_of(item.among, GOES_ON), slot)


@inlined
def ends_first(hall: Hall, hand: Record) -> int:
    """Find the visit of a person that ends first by the clock, of several the item that came first."""
    best = hand.first
    slot = hall.items[at(best)].next
    while slot != NONE:
        mine, other = hall.stints[at(slot)].end, hall.stints[at(best)].end
        if mine < other or (mine == other and hall.items[at(slot)].among < hall.items[at(best)].among):
            best = slot
        slot = hall.items[at(slot)].next
    return best


@inlined
def rate(phase: Phase, team: int, visits: int) -> int:
    """Give the rate of the clock with so many visits at hand."""
    lost = phase.staff.loss[at(team), at(min(visits, phase.staff.loss.shape[1] - 1))]
    return max(1, int((1.0 - lost) / visits * 65536.0))


@inlined
def carry_on(hall: Hall, phase: Phase, number: int, person: int) -> None:
    """Go on by the hours and the loss that hold from now on; who is about to leave keeps the hours."""
    one, hand, crew = hall.people[at(person)], hall.hands[at(person)], hall.crews[at(number)]
    read(hall, phase, number, person, hall.floor[0].now)
    if person - crew.first < crew.people:
        crew.total += hand.passed
        one.earlier = NONE
        one.since = passed(hall, phase, crew.calendar, hall.floor[0].now)
        crew.total -= one.since
        shift(hall, hand, one.since - hand.passed)
        hand.passed = one.since
    make_void(hall, order_of(hall.items[at(ends_first(hall, hand))].among, GOES_ON))
    go_on(hall, phase, number, person)


@inlined
def shift(hall: Hall, hand: Record, ticks: int) -> None:
    """Count the working ticks at which a person's visits began by other hours."""
    slot = hand.first
    while slot != NONE:
        hall.stints[at(slot)].begun += ticks
        slot = hall.items[at(slot)].next
