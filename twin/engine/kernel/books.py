"""What `counts` writes: sums and times of a run as tables of int64, with their columns."""

from typing import NamedTuple

from twin.engine.kernel.arrays import Ints

STAY = WORK, ARRIVED, FIRST_START, LEFT, IS_OPEN, IS_EARLY, WORKED = tuple(range(7))
SCOPE = INSIDE, WORK_DONE, PROMISED, KEPT, LEADS, LEAD, FIRST_LEAD, CYCLES, CYCLE, FIRST_CYCLE = tuple(range(10))
WEEKLY = ARRIVALS, DONE, ENTERED, AREA = tuple(range(4))


class Books(NamedTuple):
    """What is written."""

    stays: Ints  # (items, STAY)
    busy: Ints  # (teams + 1,) of visits within the window
    cut: Ints  # (rows, 2) visits that the window cuts: their row, and the ticks worked on them
    scopes: Ints  # (work types + 1, SCOPE)
    leads: Ints  # (2 items,) by work type, and once more all together
    cycles: Ints  # (2 items,)
    weekly: Ints  # (whole weeks, WEEKLY)
