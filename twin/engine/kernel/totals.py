"""What `counts` writes: sums and times of a run as tables of int64, with their columns."""

from typing import NamedTuple

from twin.engine.kernel.arrays import Ints

STAY = WORK, ARRIVED, FIRST_START, LEFT, IS_OPEN, EARLY, WORKED = tuple(range(7))
SUMS = (
    INSIDE, WORK_DONE, PROMISED, KEPT, CAME, REFUSED, ENDED, GIVEN_UP, SPENT, WASTED,
    LEADS, CYCLES, LEAD, CYCLE, LEADS_END, CYCLES_END,
) = tuple(range(16))  # fmt: skip
"""Of a scope: the work of its items done and how many they are, who came and left early, the times of those done, and
where these end in the list."""

WEEKLY = ARRIVALS, DONE, ENTERED, AREA = tuple(range(4))


class Totals(NamedTuple):
    """Tables; a scope is a work type and, last, all together."""

    stays: Ints  # (items, STAY)
    busy: Ints  # (1 + teams,) of visits within the window, by the team's code and one more
    cut: Ints  # (rows, 2) visits that the window cuts: their row, and the ticks worked on them
    sums: Ints  # (SUMS, scopes)
    times: Ints  # (4 items,) lead times by work type and once more all together, and then cycle times
    weekly: Ints  # (whole weeks, WEEKLY)
