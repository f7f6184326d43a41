"""How long items take, with those that are still open, beside what the finished ones alone would say.

Finished items are the quick ones first: a mean over them is too short by what the open ones will still take. An open
item of age a says that its time is above a. The product-limit estimate [1]_ counts it until then,

    S(t) = product over times v <= t at which items were done of (1 - d(v) / r(v)),

with d(v) done at v and r(v) items seen at age v. How items were chosen for the log decides what is at risk:

    censored    open items are there: r(v) = items not done before v
    truncated   no item is open: if only finished ones were exported, what arrived late is there only if it was quick,
                and F is estimated from truncated times [2]_
    cut         no item is open, yet recent arrivals are all there (`calibration.completeness.is_thinned`): the log was
                cut by date, and items that were not done look done. Nothing is corrected: times are at least these
    entered     the log holds what was done since a date (`calibration.done_since`), and items are open: item i is seen
                from the age a_i it then had: r(v) = items with a_i < v, not done before v [3]_
    window      it holds what was done since a date, and hardly an item is open. In a steady flow what was done in a
                window stands for all; nothing is corrected

None says anything about times longer than the oldest item was watched. The mean is that of times cut at the longest
seen. Ticks throughout; intervals by Greenwood's formula.

.. [1] Kaplan, Meier (1958), Nonparametric estimation from incomplete observations, JASA 53; `scipy.stats.ecdf`.
.. [2] Lynden-Bell (1971), see `calibration.completeness`.
.. [3] Tsai, Jewell, Wang (1987), A note on the product-limit estimator under right censoring and left truncation,
   Biometrika 74(4).
"""

import warnings
from typing import Any, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calibration.completeness import COMPLETE, Completeness, completeness, is_thinned
from calibration.done_since import NORMAL, Curve, done_since, entered_curve
from calibration.flow import Ticks, quantiles
from twin.eventlog import NEVER

Floats = NDArray[np.float64]
Method = Literal["censored", "truncated", "cut", "entered", "window"]

SHARES: Final = (0.5, 0.85, 0.95)
LEVEL: Final = 0.95
MISSING: Final = 0.5
"""With fewer open items than this share of those inside when the first was done, open ones are missing."""


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
    entered: int = 0  # items that began before the date since which they must have been done

    @property
    def bias(self) -> float | None:
        """By how much the mean of finished items alone is off, as a share."""
        return None if self.completed_mean is None or not self.mean else self.completed_mean / self.mean - 1


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
    seen, ages = (done - begin)[finished], end - begin[~finished]
    if not seen.size:
        return Lifetimes(0, int(ages.size), "censored", None, None, ())
    completed = quantiles(seen, SHARES)
    first = done_since(begin, done)
    inside = 0 if first is None else int((begin < first).sum())
    method = _method(inside, int(ages.size))
    recorded = completeness(begin, done, max(end, int(done.max()))) if method == "truncated" else COMPLETE
    if method == "truncated" and not is_thinned(begin, recorded):
        method = "cut"
    curve = _truncated(recorded, done.size) if method == "truncated" else _curve(method, (begin, done, finished), end)
    return Lifetimes(
        finished=int(seen.size),
        open=int(ages.size),
        method=method,
        completed_mean=float(seen.mean()),
        mean=_mean(curve),
        quantiles=tuple(_quantile(curve, share, alone) for share, alone in zip(SHARES, completed, strict=True)),
        entered=inside,
    )


def _method(inside: int, open_: int) -> Method:
    """Say how items were chosen, by how many were inside when the first was done, and how many are open."""
    if inside:
        return "entered" if open_ >= MISSING * inside else "window"
    return "censored" if open_ else "truncated"


def _curve(method: Method, items: tuple[Ticks, Ticks, NDArray[np.bool_]], end: int) -> Curve:
    begin, done, finished = items
    times = np.where(finished, done, end) - begin
    if method == "entered":
        return entered_curve(times, np.maximum(int(done[finished].min()) - begin, 0), finished)
    return _censored(times[finished], times[~finished] if method == "censored" else times[:0])


def _censored(seen: Ticks, ages: Ticks) -> Curve:
    from scipy.stats import CensoredData, ecdf  # noqa: PLC0415 - 0.8 s that reading a log does not need

    found = ecdf(CensoredData(uncensored=seen.astype(np.float64), right=ages.astype(np.float64))).cdf
    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # where nobody is left at risk there is no interval
        interval: Any = found.confidence_interval(LEVEL)
    low, high = np.nan_to_num(interval.low.probabilities, nan=0.0), np.nan_to_num(interval.high.probabilities, nan=1.0)
    return Curve(found.quantiles, found.probabilities, low, high)


def _truncated(recorded: Completeness, items: int) -> Curve:
    half = NORMAL * np.sqrt(recorded.shares * (1 - recorded.shares) / items)
    low, high = (np.clip(recorded.shares + sign * half, 0, 1) for sign in (-1, 1))
    return Curve(recorded.lags.astype(np.float64), recorded.shares, low, high)


def _quantile(curve: Curve, share: float, completed: float) -> Quantile:
    value, later, sooner = (_reached(curve.times, below, share) for below in (curve.below, curve.low, curve.high))
    return Quantile(share, completed, value, sooner, later)


def _reached(times: Floats, below: Floats, share: float) -> float | None:
    place = np.flatnonzero(below >= share - 1e-12)
    return float(times[place[0]]) if place.size else None


def _mean(curve: Curve) -> float:
    """Integrate the share not yet done up to the longest time."""
    steps = np.diff(curve.times, prepend=0.0)
    above = np.concatenate([[1.0], 1 - curve.below[:-1]])
    return float(steps @ above)
