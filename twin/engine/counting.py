"""What metrics are made of, read from an engine's rows in one compiled pass: `twin.tally.counted` without columns.

Sums and times are integers and equal to the bit. The few visits that the window cuts go through `twin.tally`, and the
times are sorted by NumPy.
"""

from collections.abc import Sequence

import numpy as np

from twin.accrual import Items, Laid, Trail, accrued, nothing
from twin.engine.kernel.arrays import FOREVER, Ints
from twin.engine.kernel.totals import (
    AREA,
    ARRIVALS,
    ARRIVED,
    CAME,
    DONE,
    EARLY,
    INSIDE,
    IS_OPEN,
    KEPT,
    LEAD,
    LEADS,
    LEADS_END,
    LEFT,
    PROMISED,
    STAY,
    SUMS,
    WASTED,
    WEEKLY,
    WORK,
    WORK_DONE,
    Totals,
)  # fmt: skip
from twin.engine.loading import call
from twin.eventlog import NEVER, Ticks
from twin.outcome import Outcome
from twin.rows import HALF, LOW, Words, instants
from twin.tally import Counts, Cut, Flow, Times, Values, with_clocks, with_cut
from twin.units import WEEK
from twin.yardstick import Clock, Window


def counted(
    outcome: Outcome, window: Window, promises: Ticks, clocks: Sequence[Clock | None], laid: Laid | None = None
) -> Counts:
    """Count what metrics are made of.

    Parameters
    ----------
    outcome
        A run, of which the books were checked: an item's number is below the number of items, and so on.
    window, promises, clocks, laid
        As in `twin.tally.counted`.
    """
    rows, items, weeks = outcome.rows, outcome.numbers, (window[1] - window[0]) // WEEK
    totals = Totals(
        np.zeros((items, len(STAY)), np.int64),
        np.zeros(len(clocks) + 1, np.int64),
        np.empty((len(rows), 2), np.int64),
        np.zeros((len(SUMS), promises.size), np.int64),
        np.empty(4 * items, np.int64),
        np.zeros((weeks, len(WEEKLY)), np.int64),
    )
    cuts = call("counts", rows, outcome.waits, window, promises, totals)
    sums = totals.sums
    of_done, of_all = (
        (sums[INSIDE], _times(totals), sums[WORK_DONE], sums[PROMISED], sums[KEPT]),
        sums[CAME : WASTED + 1],
    )
    flow, found = Flow(*of_done, *of_all), nothing(promises.size)
    if laid is not None:
        found = accrued(laid, *_read(totals, outcome), window, promises.size)
        flow = with_clocks(flow, found)
    busy = np.concatenate([totals.busy[1:], totals.busy[:1]])
    in_teams = with_cut(busy, _cut(rows, totals.cut[:cuts]), window, clocks)
    return Counts(flow, in_teams, _weeks(totals.weekly), found)


def _read(totals: Totals, outcome: Outcome) -> tuple[Items, Trail]:
    """Read what value is counted from: items as they were added up, and the words of rows."""
    stay, rows = dict(zip(STAY, totals.stays.T, strict=True)), outcome.rows
    arrived = np.where(stay[ARRIVED] == FOREVER, NEVER, stay[ARRIVED])
    items = Items(stay[WORK], arrived, np.where(stay[IS_OPEN], NEVER, stay[LEFT]), stay[EARLY] != 0)
    started, finished = instants(rows[:, 3]), instants(rows[:, 4])
    stage, team = rows[:, 0] >> HALF & LOW, (rows[:, 1] & LOW) - 1
    enabled = instants(rows[:, 1])
    return items, Trail(rows[:, 0] >> (2 * HALF), stage, team, enabled, started, finished, outcome.waits)


def _times(totals: Totals) -> Times:
    """Sort the times of each scope."""
    number, total, end = (totals.sums[kind : kind + 2].ravel() for kind in (LEADS, LEAD, LEADS_END))
    first = end - number
    for begin, until in zip(first.tolist(), end.tolist(), strict=True):
        totals.times[begin:until].sort()
    return Times(totals.times[: end[-1]], first, number, total)


def _cut(rows: Words, listed: Ints) -> Cut:
    """Read the visits that the window cuts."""
    cut = rows[listed[:, 0]]
    team = ((cut[:, 1] & LOW) - 1).astype(np.int32)
    return Cut(team, instants(cut[:, 3]), instants(cut[:, 4]), listed[:, 1])


def _weeks(weekly: Ints) -> Values:
    weeks = weekly[:, (ARRIVALS, DONE, AREA)].astype(np.float64)
    weeks[:, 2] /= WEEK
    return weeks
