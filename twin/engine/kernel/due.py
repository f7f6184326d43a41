"""What is due: a heap of events by tick, then by order. At most one event an item, and openings of calendars.

Every event has four below it, side by side: a heap of many is half as deep as a binary one, for little more a step.
"""

from twin import outcome
from twin.engine.kernel.ahead import fetch_ahead
from twin.engine.kernel.arrays import FOREVER, OPENING, Hall, Record, Records
from twin.engine.kernel.jit import at, called, inlined
from twin.plan import NONE

order_of = inlined(outcome.order_of)


@inlined
def sooner(tick: int, order: int, event: Record) -> bool:
    """Tell whether something due at a tick, in this order, comes before an event."""
    return (tick < event.tick) | ((tick == event.tick) & (order < event.order))


@inlined
def place(event: Record, tick: int, order: int, slot: int) -> None:
    """Write an event down."""
    event.tick, event.order, event.slot = tick, order, slot


@inlined
def copy(event: Record, other: Record) -> None:
    """Write an event down as another one: field by field, as numba copies whole records by the byte."""
    place(event, other.tick, other.order, other.slot)


@called
def add(due: Records, count: int, tick: int, order: int, slot: int) -> None:
    """Add an event to a heap of so many."""
    hole = count
    while hole > 0:
        above = (hole - 1) >> 2
        if not sooner(tick, order, due[at(above)]):
            break
        copy(due[at(hole)], due[at(above)])
        hole = above
    place(due[at(hole)], tick, order, slot)


@called
def remove_first(due: Records, count: int) -> None:
    """Take the first event out of a heap, so that so many are left."""
    tick, order, slot = due[at(count)].tick, due[at(count)].order, due[at(count)].slot
    hole, below = 0, 1
    while below < count:
        best = below
        for beside in range(below + 1, min(below + 4, count)):
            if sooner(due[at(beside)].tick, due[at(beside)].order, due[at(best)]):
                best = beside
        if sooner(tick, order, due[at(best)]):
            break
        copy(due[at(hole)], due[at(best)])
        hole = best
        below = 4 * hole + 1
    place(due[at(hole)], tick, order, slot)


@inlined
def schedule(hall: Hall, tick: int, order: int, slot: int) -> None:
    """Let an event be due at a tick."""
    floor = hall.floor[0]
    add(hall.due, floor.due, tick, order, slot)
    floor.due += 1


@inlined
def schedule_opening(hall: Hall, tick: int, team: int) -> None:
    """Let a team be asked at a tick."""
    hall.floor[0].openings += 1
    schedule(hall, tick, OPENING + team, team)


@inlined
def make_void(hall: Hall, order: int) -> None:
    """Let an event that was scheduled happen to nobody."""
    floor = hall.floor[0]
    for number in range(floor.due):
        if hall.due[at(number)].order == order and hall.due[at(number)].slot != NONE:
            hall.due[at(number)].slot = NONE
            floor.openings += 1
            return


@inlined
def take_next(hall: Hall) -> tuple[int, int]:
    """Take the event that comes first out, as its order and slot."""
    floor, first = hall.floor[0], hall.due[0]
    order, slot = first.order, first.slot
    floor.due -= 1
    remove_first(hall.due, floor.due)
    fetch_ahead(hall.items, hall.due[0].slot)
    return order, slot


@inlined
def next_tick(hall: Hall) -> int:
    """Give the tick of the next event or arrival; FOREVER where nothing is due any more."""
    floor = hall.floor[0]
    return min(hall.due[0].tick if floor.due else FOREVER, floor.next_tick)


@inlined
def arrival_is_next(hall: Hall) -> bool:
    """Tell whether the next arrival comes before every event."""
    floor = hall.floor[0]
    return floor.due == 0 or sooner(
        floor.next_tick, order_of(floor.next_item << outcome.BRANCH_BITS, outcome.GOES_ON), hall.due[0]
    )
