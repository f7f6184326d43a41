"""A dated change for people of whom more is said: who joins, who has left. As `twin.engine.staff.change`."""

from twin.engine.kernel.addresses import by_address
from twin.engine.kernel.arrays import ABSENT, Hall, Phase
from twin.engine.kernel.attention import carry_on
from twin.engine.kernel.hands import forget
from twin.engine.kernel.jit import at, door


@door
def begin_staff(hall: Hall, phase: Phase) -> int:
    """Let a plan hold for everybody, who have changed already."""
    hall, phase = by_address(hall), by_address(phase)
    for person in range(hall.people.size):
        hand = hall.hands[at(person)]
        if hall.people[at(person)].state == ABSENT:
            forget(hand)
        elif not hand.known:
            hand.known, hand.joined = 1, hall.floor[0].now
        if hand.visits > 0:
            carry_on(hall, phase, hand.crew, person)
    return 0
