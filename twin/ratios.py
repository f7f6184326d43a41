"""Figures of items as ratios of sums, and quantiles of their times: the definitions of `twin.metrics`, written down.

Times in hours, rates by week; NaN where nothing was measured.
"""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin import tally
from twin.eventlog import Ticks
from twin.tally import Flow, Values
from twin.units import HOUR, WEEK

QUANTILES: Final = {"p50": 0.50, "p85": 0.85, "p95": 0.95}
GRID_POINTS: Final = 101
TIMES: Final = ("mean", *QUANTILES)


def ratios(flow: Flow, length: float) -> tuple[Values, Values]:
    """Write the definitions as ratios of sums.

    Parameters
    ----------
    flow
        Sums and times, by scope.
    length
        Of the window, ticks.

    Returns
    -------
    tuple[Values, Values]
        By scope, shape (figures, scopes): `TIMES` of lead time, `TIMES` of cycle time, throughput, WIP, flow efficiency
        and shares within the promise, turned away, cancelled and wasted. And all lead times' quantiles, shape
        (GRID_POINTS,).
    """
    scopes, found = flow.inside.size, flow.times
    lead, number = found.total[:scopes], found.number[:scopes]
    parts = found.total, flow.worked, flow.kept, flow.refused, flow.cancelled, flow.wasted
    wholes = found.number, lead, flow.promised, flow.came, flow.ended, flow.spent
    shares = _ratio(np.concatenate(parts), np.concatenate(wholes)).reshape(-1, scopes)
    quantiles = tally.quantiles(found, *_asked(scopes)) / HOUR
    of_times = quantiles[:-GRID_POINTS].reshape(2, len(QUANTILES), scopes)
    rates = number / (length / WEEK), flow.inside / length
    times = shares[0] / HOUR, *of_times[0], shares[1] / HOUR, *of_times[1]
    return np.stack([*times, *rates, *shares[2:]]), quantiles[-GRID_POINTS:]


@cache
def _asked(scopes: int) -> tuple[Values, NDArray[np.intp]]:
    """List the quantiles of lead and cycle times by scope, then those of all lead times: shares, and their scopes."""
    kinds, named = 2, np.array(list(QUANTILES.values()))
    shares = np.concatenate([np.tile(np.repeat(named, scopes), kinds), np.linspace(0, 1, GRID_POINTS)])
    of_kind = [np.tile(np.arange(scopes), named.size) + kind * scopes for kind in range(kinds)]
    return shares, np.concatenate([*of_kind, np.full(GRID_POINTS, scopes - 1)])


def _ratio(part: Ticks, whole: Ticks) -> Values:
    ratio: Values = np.divide(part, whole, out=np.full(whole.size, np.nan), where=whole > 0)
    return ratio
