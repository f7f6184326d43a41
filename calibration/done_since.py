"""Since when items must have been done to be in a log: an export by date of completion, the commonest there is.

Trackers are asked for what was resolved since a date, and perhaps for what is open. Items of such a log began at any
time, so its arrivals seem to start slowly, its first items are slow ones only, and the first finish comes late. That is
told from a flow that begins by how improbable it is that nothing was done before the first finish B,

    P = product over items that had arrived by then of (1 - F(B - arrival)),

with F the share of the log's lead times that are no longer: below `PROBABILITY`, and where the wait for B is longer
than any later time without a finish, the log holds what was done since B. (A process that begins, and whose first items
take far longer than all later ones, looks the same.)

What was done in a window of a steady flow stands for all: an item of lead time L is in it if it arrived in as long a
window, L earlier, whatever L is. So the share of arrivals at t that the log holds is F(E - t) - F(B - t), E its end,
and 1 - F(B - t) where it holds open items too; then F counts items from the age at which they were first seen on [1]_.
Units: ticks (milliseconds).

.. [1] Tsai, Jewell, Wang (1987), A note on the product-limit estimator under right censoring and left truncation,
   Biometrika 74(4).
"""

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.eventlog import NEVER
from twin.units import DAY

Ticks = NDArray[np.int64]
Floats = NDArray[np.float64]

LEAST: Final = 10
"""Items that had arrived before the first was done."""
PROBABILITY: Final = 1e-6
NORMAL: Final = 1.959964


class Curve(NamedTuple):
    """The share of items done within a time."""

    times: Floats  # rising, ticks
    below: Floats  # share of items done within, at each time
    low: Floats  # ends of its 95 % interval
    high: Floats


def done_since(arrived: Ticks, done: Ticks) -> int | None:
    """Give the first finish of a log that holds what was done since then; None where a log begins with its items.

    Parameters
    ----------
    arrived, done
        Of each item, NEVER where it is open; shape (items,).
    """
    finished = done != NEVER
    ends = np.sort(done[finished])
    if ends.size < LEAST:
        return None
    first = int(ends[0])
    inside = np.sort(arrived[arrived < first])
    if inside.size < LEAST or first - int(inside[LEAST - 1]) <= np.diff(ends).max(initial=0):
        return None
    if first - int(inside[0]) < DAY:
        return None
    lead = np.sort((done - arrived)[finished])
    sooner = np.searchsorted(lead, first - inside, side="left") / (lead.size + 1)
    return first if float(np.log1p(-sooner).sum()) < math.log(PROBABILITY) else None


def entered_curve(times: Ticks, entry: Ticks, finished: NDArray[np.bool_]) -> Curve:
    """Estimate the share done within each time where items are seen from an age on.

    Parameters
    ----------
    times
        How long each item took, or was seen to take so far; shape (items,).
    entry
        The age from which on it was seen; items of time at most that say nothing.
    finished
        Whether it was done.
    """
    told = times > entry
    times, entry, finished = times[told], entry[told], finished[told]
    at, ended = np.unique(times[finished], return_counts=True)
    risk = np.searchsorted(np.sort(entry), at, "left") - np.searchsorted(np.sort(times), at, "left")
    kept = 1 - ended / risk
    kept[:-1] = np.maximum(kept[:-1], 1 / risk[:-1])  # when the few at risk all end early, not everything has ended
    above = np.cumprod(kept)
    half = NORMAL * above * np.sqrt(np.cumsum(ended / (risk * np.maximum(risk - ended, 1))))
    return Curve(at.astype(np.float64), 1 - above, *(np.clip(1 - above + sign * half, 0, 1) for sign in (-1, 1)))
