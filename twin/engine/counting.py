"""What metrics are made of, read from an engine's rows in one compiled pass: `twin.tally.counted` without columns.

Sums and times are integers and equal to the bit. The few visits that the window cuts go through `twin.tally`, and the
times are sorted by NumPy.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from twin.engine.kernel.arrays import Ints
from twin.engine.kernel.books import (
    AREA, ARRIVALS, CYCLE, CYCLES, DONE, INSIDE, KEPT, LEAD, LEADS, PROMISED, SCOPE, STAY, WEEKLY, WORK_DONE, Books,
)  # fmt: skip
from twin.engine.loading import call
from twin.outcome import Outcome
from twin.rows import LOW, Words, instants
from twin.tally import Counts, Cut, Flow, Ticks, Times, Values, with_cut
from twin.units import WEEK
from twin.yardstick import Clock, Window


def counted(outcome: Outcome, window: Window, promises: Ticks, clocks: Sequence[Clock | None]) -> Counts:
    """Count what metrics are made of.

    Parameters
    ----------
    outcome
        A run, of which the books were checked: an item's number is below the number of items, and so on.
    window, promises, clocks
        As in `twin.tally.counted`.
    """
    rows, items, weeks = outcome.rows, outcome.ledger.entered, (window[1] - window[0]) // WEEK
    books = Books(
        np.zeros((items, len(STAY)), np.int64),
        np.zeros(len(clocks) + 1, np.int64),
        np.empty((len(rows), 2), np.int64),
        np.zeros((promises.size, len(SCOPE)), np.int64),
        np.empty(2 * items, np.int64),
        np.empty(2 * items, np.int64),
        np.zeros((weeks, len(WEEKLY)), np.int64),
    )
    cuts = call("counts", rows, outcome.waits, window, promises, books)
    sums = books.scopes.T.copy()
    flow = Flow(
        sums[INSIDE],
        _times(books.leads, sums[LEADS], sums[LEAD]),
        _times(books.cycles, sums[CYCLES], sums[CYCLE]),
        sums[WORK_DONE],
        sums[PROMISED],
        sums[KEPT],
    )
    busy = with_cut(np.roll(books.busy, -1), _cut(rows, books.cut[:cuts]), window, clocks)
    return Counts(flow, busy, _weeks(books.weekly))


def _times(listed: Ints, number: Ints, total: Ints) -> Times:
    """Sort the times of each scope."""
    ticks = listed[: 2 * number[-1]]
    first = np.cumsum(number) - number
    for begin, end in pairwise([*first.tolist(), ticks.size]):
        ticks[begin:end].sort()
    return Times(ticks, first, number, total)


def _cut(rows: Words, listed: Ints) -> Cut:
    """Read the visits that the window cuts."""
    cut = rows[listed[:, 0]]
    return Cut((cut[:, 1] & LOW) - 1, instants(cut[:, 3]), instants(cut[:, 4]), listed[:, 1])


def _weeks(weekly: Ints) -> Values:
    weeks = np.empty((len(weekly), 3))
    weeks[:, 0], weeks[:, 1], weeks[:, 2] = weekly[:, ARRIVALS], weekly[:, DONE], weekly[:, AREA] / WEEK
    return weeks
