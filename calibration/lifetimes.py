"""How long items take, with those that are still open, beside what the finished ones alone would say.

Finished items are the quick ones first: a mean over them is too short by what the open ones will still take. An open
item of age a says that its time is above a. The product-limit estimate [1]_ counts it until then,

    S(t) = product over times v <= t at which items were done of (1 - d(v) / r(v)),

with d(v) done at v and r(v) not yet done before v. A log of finished items only hides that some are open; what arrived
late is in it only if it was quick, and the estimate for truncated times [2]_ is taken instead. Neither says anything
about times longer than the oldest item was watched. The mean is that of times cut at the longest seen. In ticks.

.. [1] Kaplan, Meier (1958), Nonparametric estimation from incomplete observations, JASA 53; intervals by Greenwood's
   formula, `scipy.stats.ecdf`.
.. [2] Lynden-Bell (1971), see `calibration.completeness`.
"""

import warnings
from typing import Any, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calibration.completeness import completeness
from calibration.flow import Ticks, quantiles
from twin.eventlog import NEVER

Floats = NDArray[np.float64]
Method = Literal["censored", "truncated"]

SHARES: Final = (0.5, 0.85, 0.95)
LEVEL: Final = 0.95


class Quantile(NamedTuple):
    """A quantile of times, in ticks; None where it lies beyond what was watched."""

    share: float
    completed: float | None  # of finished items alone
    value: float | None
    low: float | None  # ends of the 95 % interval of `value`
    high: float | None

    @property
    def bias(self) -> float | None:
        """By how much finished items alone are off, as a share of the value."""
        if self.completed is None or not self.value:
            return None
        return self.completed / self.value - 1


class Lifetimes(NamedTuple):
    """Times of items, the open ones included."""

    finished: int
    open: int
    method: Method
    completed_mean: float | None  # ticks, of finished items alone
    mean: float | None  # ticks, of times cut at the longest seen
    quantiles: tuple[Quantile, ...]

    @property
    def bias(self) -> float | None:
        """By how much the mean of finished items alone is off, as a share."""
        return None if self.completed_mean is None or not self.mean else self.completed_mean / self.mean - 1


class _Curve(NamedTuple):
    times: Floats  # rising
    below: Floats  # share of items done within, at each time
    low: Floats  # ends of its interval
    high: Floats


def lifetimes(begin: Ticks, done: Ticks, end: int) -> Lifetimes:
    """Estimate how long items take.

    Parameters
    ----------
    begin
        When each item's time began; NEVER where it has not, then the item says nothing. Shape (items,).
    done
        When it was done, NEVER while it is open.
    end
        Until when items were watched.
    """
    began = begin != NEVER
    begin, done = begin[began], done[began]
    finished = done != NEVER
    seen = (done - begin)[finished]
    ages = end - begin[~finished]
    if not seen.size:
        return Lifetimes(0, int(ages.size), "censored", None, None, ())
    method: Method = "censored" if ages.size else "truncated"
    curve = _censored(seen, ages) if ages.size else _truncated(begin, done, end)
    completed = quantiles(seen, SHARES)
    values = tuple(_quantile(curve, share, alone) for share, alone in zip(SHARES, completed, strict=True))
    return Lifetimes(int(seen.size), int(ages.size), method, float(seen.mean()), _mean(curve), values)


def _censored(seen: Ticks, ages: Ticks) -> _Curve:
    from scipy.stats import CensoredData, ecdf  # noqa: PLC0415 - 0.8 s that reading a log does not need

    found = ecdf(CensoredData(uncensored=seen.astype(np.float64), right=ages.astype(np.float64))).cdf
    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # where nobody is left at risk there is no interval
        interval: Any = found.confidence_interval(LEVEL)
    low, high = np.nan_to_num(interval.low.probabilities, nan=0.0), np.nan_to_num(interval.high.probabilities, nan=1.0)
    return _Curve(found.quantiles, found.probabilities, low, high)


def _truncated(begin: Ticks, done: Ticks, end: int) -> _Curve:
    shares = completeness(begin, done, max(end, int(done.max())))
    half = 1.96 * np.sqrt(shares.shares * (1 - shares.shares) / done.size)
    low, high = (np.clip(shares.shares + sign * half, 0, 1) for sign in (-1, 1))
    return _Curve(shares.lags.astype(np.float64), shares.shares, low, high)


def _quantile(curve: _Curve, share: float, completed: float) -> Quantile:
    value, later, sooner = (_reached(curve.times, below, share) for below in (curve.below, curve.low, curve.high))
    return Quantile(share, completed, value, sooner, later)


def _reached(times: Floats, below: Floats, share: float) -> float | None:
    place = np.flatnonzero(below >= share - 1e-12)
    return float(times[place[0]]) if place.size else None


def _mean(curve: _Curve) -> float:
    """Integrate the share not yet done up to the longest time."""
    steps = np.diff(curve.times, prepend=0.0)
    above = np.concatenate([[1.0], 1 - curve.below[:-1]])
    return float(steps @ above)
