"""Several visits at once: a person's attention, shared equally, as one clock that all their visits run by.

With k visits at hand and a share l(k) of all effort lost, each visit is worked on at the rate

    R(k) = floor((1 - l(k)) / k x 2^16)

in units of 2^-16 of a working tick per working tick. The person's own clock V rises by R(k) a tick; a visit that needs
w working ticks alone ends when V has risen by w x 2^16 since it began, at the first whole tick. Without loss this is
processor sharing (Kleinrock 1967, JACM 14), in integers. What a visit takes longer than w is the wait SHARED. One that
is blocked after g < w ticks of its own leaves the person when V has risen by g x 2^16.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final

from twin.causes import Cause
from twin.eventlog import PLACE_MASK
from twin.outcome import GOES_ON, order_of

if TYPE_CHECKING:
    from twin.engine.crew import Crew
    from twin.engine.hands import Pair, Room
    from twin.engine.item import Item
    from twin.engine.reference import Floor

RATE_BITS: Final = 16
MOST_OWN: Final = 1 << 45
"""Working ticks that fit into the clock: what takes longer, 1,100 years, takes as long as this."""


class Attention:
    """A person with one visit or more at hand."""

    __slots__ = ("changed", "clock", "passed", "rate", "visits")

    def __init__(self, passed: int) -> None:
        self.clock = self.rate = 0
        self.passed = passed  # working ticks when the clock was last read
        self.changed = (0, 0)  # when a visit last came or went, and the turn then
        self.visits: list[tuple[int, int, Item]] = []  # a heap by the clock at the end, then by item


def rooms(crew: Crew, most: int) -> list[Room]:
    """List who could take a visit: who is free, and who has fewer visits than allowed and stays by these hours."""
    found = [(0, *entry) for entry in crew.free]
    if most > 1:
        found += [
            (len(each.visits), *each.changed, place)
            for place, each in crew.hands.at_hand.items()
            if len(each.visits) < most and place < crew.people and place not in crew.earlier
        ]
    return found


def take_up(floor: Floor, pair: Pair, item: Item) -> None:
    """Give a person one visit more."""
    now, (crew, place, _), at_hand = floor.now, pair, pair.crew.hands.at_hand
    if place not in at_hand:
        crew.take_place(place, now, 0)
        at_hand[place] = Attention(crew.since[place])
    mine = at_hand[place]
    read(crew, place, now)
    item.begun = mine.passed
    _void(floor, mine)
    own = item.stint.own if item.at_end == item.go_on else item.gap
    heappush(mine.visits, (mine.clock + (min(own, MOST_OWN) << RATE_BITS), item.among, item))
    item.done = floor.event(item.at_end)
    mine.changed = now, floor.take_turn()
    go_on(floor, crew, place)


def let_go(floor: Floor, item: Item, place: int) -> None:
    """Take a visit that is done from a person, who is free if it was the last, and write its waits."""
    _take_away(floor, item, place, item.stint.own, int(item.effort * item.stint.base + 0.5))


def put_down(floor: Floor, item: Item) -> None:
    """Take a visit that is blocked from a person; what is left of its effort stays."""
    own, stretch, base = item.gap, item.stretch, item.stint.base
    _take_away(floor, item, item.person & PLACE_MASK, own, own if stretch == base else int(own * base / stretch + 0.5))
    item.effort = max(0.0, item.effort - own / stretch)
    item.done = floor.event(item.go_on)


def go_on_to_the_end(floor: Floor, item: Item) -> None:
    """Let a visit that would have been blocked now go on to its end."""
    place = item.person & PLACE_MASK
    mine = item.crew.hands.at_hand[place]
    read(item.crew, place, floor.now)
    end, among, _ = heappop(mine.visits)
    heappush(mine.visits, (end + (min(item.stint.own, MOST_OWN) - item.gap << RATE_BITS), among, item))
    item.at_end, item.done = item.go_on, floor.event(item.go_on)
    go_on(floor, item.crew, place)


def _take_away(floor: Floor, item: Item, place: int, own: int, at_full_speed: int) -> None:
    """Take the visit that has had enough of a person's attention from them, and write its waits."""
    now, crew = floor.now, item.crew
    mine = crew.hands.at_hand[place]
    read(crew, place, now)
    served = mine.passed - item.begun
    floor.wait(item, Cause.OFF_CALENDAR, item.segment, now - item.segment - served)
    floor.wait(item, Cause.RAMP_UP, item.segment, own - at_full_speed)
    floor.wait(item, Cause.SHARED, item.segment, served - own)
    heappop(mine.visits)
    if mine.visits:
        mine.changed = now, floor.take_turn()
        go_on(floor, crew, place)
    else:
        del crew.hands.at_hand[place]
        crew.give_back(place, now, floor.take_turn())


def read(crew: Crew, place: int, now: int) -> None:
    """Read a person's clock."""
    mine = crew.hands.at_hand[place]
    passed = crew.earlier.get(place, crew.hours).passed(now)
    mine.clock += (passed - mine.passed) * mine.rate
    crew.sharing += (passed - mine.passed) * max(len(mine.visits) - 1, 0)
    mine.passed = passed


def read_all(crew: Crew, now: int) -> None:
    """Read everybody's clock."""
    for place in crew.hands.at_hand:
        read(crew, place, now)


def go_on(floor: Floor, crew: Crew, place: int) -> None:
    """Let the visit that ends first end, at the rate of so many visits."""
    mine = crew.hands.at_hand[place]
    end, _, item = mine.visits[0]
    mine.rate = rate(floor.staff.loss[item.team].tolist(), len(mine.visits))
    left = -(-max(end - mine.clock, 0) // mine.rate)
    due = crew.earlier.get(place, crew.hours).after(floor.now, left)
    item.finished = due
    floor.env.schedule(item.done, 1 + order_of(item.among, GOES_ON), due - floor.now)


def carry_on(floor: Floor, crew: Crew, place: int) -> None:
    """Go on by the hours and the loss that hold from now on; who is about to leave keeps the hours."""
    now, mine = floor.now, crew.hands.at_hand[place]
    read(crew, place, now)
    if place < crew.people:
        del crew.earlier[place]
        crew.total += mine.passed
        crew.since[place] = crew.join(now)
        for _, _, item in mine.visits:
            item.begun += crew.since[place] - mine.passed
        mine.passed = crew.since[place]
    _void(floor, mine)
    go_on(floor, crew, place)


def rate(loss: list[float], visits: int) -> int:
    """Give the rate of the clock with so many visits at hand."""
    lost = loss[min(visits, len(loss) - 1)]
    return max(1, int((1.0 - lost) / visits * 65536.0))


def _void(floor: Floor, mine: Attention) -> None:
    """Make the end that is scheduled void."""
    if mine.visits:
        item = mine.visits[0][2]
        item.done.callbacks = []
        item.done = floor.event(item.at_end)
