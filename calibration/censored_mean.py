"""The mean of times of which some are not over yet, if they are lognormal.

A mean hangs on the longest times, and those are the ones still open. Without a form for them nothing can be said about
times longer than the log; with X = ln T normal of mean m and standard deviation s, open items of age a say T > a and

    log L(m, s) = sum over done of ln phi((x - m) / s) / s + sum over open of ln (1 - Phi((ln a - m) / s))

is maximised; the mean is exp(m + s² / 2). The interval is from the likelihood's curvature. That times are lognormal is
an assumption: other tails give other means.

Source: Cohen (1991), Truncated and Censored Samples, ch. 2 and 4.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.eventlog import NEVER

Ticks = NDArray[np.int64]
Floats = NDArray[np.float64]

MOST: Final = 20_000
"""Of more items an even part is looked at."""
LEAST: Final = 20
STEP: Final = 1e-3
_NORMAL: Final = 1.959964


class CensoredMean(NamedTuple):
    """A mean in ticks with its 95 % interval."""

    value: float
    low: float
    high: float


def lognormal_mean(begin: Ticks, done: Ticks, end: int) -> CensoredMean | None:
    """Estimate the mean of lognormal times, open ones counted until the end.

    Parameters
    ----------
    begin
        When each item's time began; NEVER where it has not. Shape (items,).
    done
        When it was done, NEVER while it is open.
    end
        Until when items were watched.

    Returns
    -------
    CensoredMean or None
        None of fewer than 20 finished items, or where all took equally long.
    """
    began = begin != NEVER
    over = done[began] != NEVER
    times = np.where(over, done[began], end) - begin[began]
    order = np.lexsort((over, times))[:: -(-times.size // MOST)] if times.size else np.zeros(0, np.int64)
    order = order[times[order] > 0]
    x, over = np.log(times[order].astype(np.float64)), over[order]
    if over.sum() < LEAST or np.ptp(x[over]) == 0:
        return None
    found, spread = _most_likely(x, over)
    middle = found[0] + np.exp(2 * found[1]) / 2
    return CensoredMean(*(float(np.exp(middle + sign * _NORMAL * spread)) for sign in (0, -1, 1)))


def _most_likely(x: Floats, over: NDArray[np.bool_]) -> tuple[Floats, float]:
    """Give (m, ln s) and the standard error of the logarithm of the mean."""
    from scipy.optimize import minimize  # noqa: PLC0415 - reading a log need not load it
    from scipy.special import log_ndtr  # noqa: PLC0415 - the same

    def unlikely(at: Floats) -> float:
        z = (x - at[0]) * np.exp(-at[1])
        return float((z[over] ** 2).sum() / 2 + over.sum() * at[1] - log_ndtr(-z[~over]).sum())

    start = np.array([x.mean(), np.log(x.std() + STEP)])
    found = minimize(unlikely, start, method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-6}).x
    steps = np.eye(2) * STEP
    curved = [
        [
            unlikely(found + a + b) - unlikely(found + a - b) - unlikely(found - a + b) + unlikely(found - a - b)
            for b in steps
        ]
        for a in steps
    ]
    slope = np.array([1.0, np.exp(2 * found[1])])
    return found, float(np.sqrt(max(slope @ np.linalg.pinv(np.array(curved) / (4 * STEP**2)) @ slope, 0.0)))
