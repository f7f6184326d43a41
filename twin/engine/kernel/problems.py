"""What can go wrong inside; the first problem of a run is kept and ends it."""

from typing import Final

from twin.engine.kernel.arrays import Hall
from twin.engine.kernel.jit import inlined

FINE: Final = 0
NO_ROOM: Final = 1
ROUNDS: Final = 2
VISITS: Final = 3
CALENDAR: Final = 4
DEADLOCK: Final = 5
ITEMS: Final = 6


@inlined
def report(hall: Hall, problem: int, tick: int) -> None:
    """Keep a problem and the tick it is about."""
    floor = hall.floor[0]
    if floor.problem == FINE:
        floor.problem, floor.problem_tick = problem, tick
