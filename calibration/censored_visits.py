"""What visits that are not done yet say of those that are: the longer one takes, the rarer it is seen done.

A log with open items holds a visit that was ready at A as done only if it took at most E - A, with E the log's end. Of
one way from stage to stage, with T from ready to done, each done visit stands for its jump of the product-limit
estimate,

    w = n · S(T) / r(T),    S(t) = product over times v < t at which visits were done of (1 - d(v) / r(v)),

with d(v) done at v, r(v) of the n at least so old, done or not, and a mean of 1 on each way. Visits that will never be
done lie beyond all times and change nothing. Where a log hides what is not done, items are weighed instead
(`calibration.observed`).
Units: ticks (milliseconds).
Source: Kaplan, Meier (1958), Nonparametric estimation from incomplete observations, JASA 53.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Ticks = NDArray[np.int64]
Codes = NDArray[np.int64]
Floats = NDArray[np.float64]

LEAST: Final = 20
"""Done visits of a way, below which they stand for themselves."""
MOST_WEIGHT: Final = 3.0
"""A visit or an item stands for at most so many: a few slow ones shall not speak for all."""


def visit_weights(lasted: Ticks, way: Codes, ages: Ticks, of: Codes) -> Floats:
    """Say for how many visits of its way each done visit stands, shape (visits,).

    Parameters
    ----------
    lasted, way
        Of done visits: time from ready to done, and a number of the way; shape (visits,).
    ages, of
        The same of visits that were ready and not done when the log ended; shape (open,).
    """
    weight = np.ones(lasted.size)
    for each in np.intersect1d(way, of).tolist():
        mine = way == each
        if mine.sum() >= LEAST:
            weight[mine] = _jumps(lasted[mine], ages[of == each])
    return weight


def _jumps(lasted: Ticks, ages: Ticks) -> Floats:
    """Give the jump of the product-limit estimate at each time, with a mean of 1."""
    at, place, ended = np.unique(lasted, return_inverse=True, return_counts=True)
    every = np.sort(np.concatenate([lasted, ages]))
    risk = every.size - np.searchsorted(every, at, side="left")
    above = np.append(1.0, np.cumprod(1 - ended / risk)[:-1])
    jump = (above / risk)[place]
    return np.asarray(np.minimum(jump / jump.mean(), MOST_WEIGHT))
