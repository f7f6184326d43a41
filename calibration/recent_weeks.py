"""How many of the last weeks tell the level of demand.

Each of the last eight weeks is forecast by the level of all weeks before it, or by that of the last 4, 8, 13, 26 or 52;
a window is taken where its Poisson log-likelihood is better than that of all weeks by two standard errors.
Towards the end a log of finished items holds ever less of each week, and four weeks of which it holds a tenth are no
four weeks: a window reaches back until it holds as much as so many whole weeks.

Source: Tashman (2000), Out-of-sample tests of forecasting accuracy, International Journal of Forecasting 16(4).
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

WINDOWS: Final = (4, 8, 13, 26, 52)
LEAST_ORIGINS: Final = 4
MOST_ORIGINS: Final = 8
NEARLY: Final = 1e-3
"""Of a week: as much may be missing from those of a window."""

Ticks = NDArray[np.int64]
Floats = NDArray[np.float64]


def recent_weeks(seen: Floats, expected: Floats, whole: float) -> int:
    """Choose how many of the last weeks tell the level of demand, all of them where no fewer are clearly better.

    Parameters
    ----------
    seen
        Arrivals by week, the last one last, shape (weeks,).
    expected
        What a level that stays gives of them, as far as the log holds it, shape (weeks,).
    whole
        What it gives of a week that the log holds all of.

    Returns
    -------
    Weeks from there to the end of the log.

    >>> steady, grown = np.full(20, 10.0), np.repeat([10.0, 30.0], [12, 8])
    >>> recent_weeks(steady, steady, 10.0), recent_weeks(grown, steady, 10.0)
    (20, 4)
    """
    weeks = seen.size
    origins = np.arange(max(weeks // 2, weeks - MOST_ORIGINS), weeks)
    if origins.size < LEAST_ORIGINS:
        return weeks
    held = np.append(0.0, np.cumsum(expected)) / whole
    reach = {window: _reach(held, window) for window in WINDOWS if window <= weeks}
    told = {window: _forecasts(seen, expected, origins, begin) for window, begin in reach.items()}
    told[weeks] = _forecasts(seen, expected, origins, np.zeros(weeks + 1, np.int64))
    best = max(told, key=lambda window: (told[window].sum(), window))
    gain = told[best] - told[weeks]
    if gain.sum() <= 2 * gain.std(ddof=1) * math.sqrt(gain.size):
        return weeks
    return weeks - int(reach[best][weeks])


def _reach(held: Floats, window: int) -> Ticks:
    """Give the week in which a window begins that holds so many whole weeks, by the week it ends before."""
    found = np.searchsorted(held, held - window + NEARLY, side="right") - 1
    return np.asarray(np.maximum(found, 0))


def _forecasts(seen: Floats, expected: Floats, origins: Ticks, begin: Ticks) -> Floats:
    told = []
    for origin in origins.tolist():
        past = slice(int(begin[origin]), origin)
        mean = expected[origin] * (seen[past].sum() + 0.5) / (expected[past].sum() + 0.5)
        told.append(seen[origin] * math.log(max(mean, 1e-9)) - mean)
    return np.array(told)
