"""How much of recent demand a log of finished items holds.

An export of done items shows an item that arrived at t only if its lead time L fits before the end T of the log, that
is L ≤ T - t. Recent arrivals are thinned, long ways most, and demand seems to fall towards the end though it does not.
The share recorded after a lag u is the lead times' distribution F(u), estimated from right-truncated pairs by

    F(u) = product over lead times v > u of (1 - d(v) / r(v)),

with d(v) items of lead time v and r(v) items with L ≤ v ≤ T - t. Lead times near the length of the log cannot be told:
where r(v) < 20 nothing is concluded, and F is the share among the lead times that the log could show.

A log with open items shows every arrival, whatever its lead time. So does one whose items end with what was recorded
last, be they done or not: its recent weeks hold more arrivals than thinning by F would leave of demand that may grow or
fall, by weekly counts. A log of what was done since a date misses early arrivals too, those that were quick
(`calibration.done_since`). Ticks throughout.
Sources: Lynden-Bell (1971), Monthly Notices of the Royal Astronomical Society 155; Woodroofe (1985), Annals of
Statistics 13(1).
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from calibration.done_since import PROBABILITY, done_since, entered_curve
from calibration.evidence import Evidence
from twin.eventlog import NEVER, EventLog, items
from twin.units import HOUR, WEEK

Ticks = NDArray[np.int64]
Floats = NDArray[np.float64]

LEAST_AT_RISK: Final = 20
SETTLED: Final = 0.9
"""Weeks that hold at least this share tell the level of demand."""


LEAST_WEEKS: Final = 4
SURE: Final = 5.0
"""Recent arrivals are not thinned where that is likelier by so much in log-likelihood, times their dispersion."""
SLOPES: Final = tuple(np.linspace(-0.2, 0.2, 81).tolist())
"""Of the logarithm of demand, a week: it may grow or fall beside."""
LEAST_SHARE: Final = 1e-6
PART: Final = 0.25
"""Of the items that a log of finished ones would not hold: with fewer open ones it is such a log."""


class Completeness(NamedTuple):
    """The share of arrivals that a log holds, by their lag to its end."""

    end: int  # tick
    lags: Ticks  # rising, shape (steps,)
    shares: Floats  # share recorded from this lag on, shape (steps,); below the first lag nothing is
    since: int | None = None  # tick from which on items had to be done, if the log holds no others
    censored: bool = False  # open items are there: nothing is missing at the end

    @property
    def hides_slow(self) -> bool:
        """Tell whether slow items are missing beside the quick; what was done since a date stands for all."""
        return not self.censored and self.since is None

    def at(self, instants: Ticks) -> Floats:
        """Give the share recorded of items that arrived at these ticks; any shape."""
        shares = np.concatenate([[0.0], self.shares])
        place = np.searchsorted(self.lags, self.end - instants, side="right")
        until: Floats = np.ones(place.shape) if self.censored else shares[place]
        if self.since is None:
            return until
        # later steps may not reach what earlier ones took away: rounding alone must not make a share negative
        early = shares[np.searchsorted(self.lags, self.since - instants, side="left")]
        return np.asarray(np.maximum(until - early, 0.0))


class _Likelihood(NamedTuple):
    told: float  # log-likelihood, but for what does not depend on how much is recorded
    dispersion: float  # of weekly counts, at least 1


COMPLETE: Final = Completeness(0, np.array([np.iinfo(np.int64).min]), np.ones(1), censored=True)
"""Every arrival is recorded."""


def completeness(arrived: Ticks, finished: Ticks, end: int) -> Completeness:
    """Estimate the recorded share from finished items alone.

    Parameters
    ----------
    arrived, finished
        Ticks of each item, shape (items,).
    end
        Tick at which the log ended, not before the last finish.
    """
    lead, room = finished - arrived, end - arrived
    lags, ended = np.unique(lead, return_counts=True)
    entered = np.searchsorted(np.sort(lead), lags, side="right")
    at_risk = entered - np.searchsorted(np.sort(room), lags, side="left")
    kept = np.where(at_risk >= LEAST_AT_RISK, 1 - ended / np.maximum(at_risk, ended), 1.0)
    shares = np.append(np.cumprod(kept[::-1])[::-1][1:], 1.0)
    return Completeness(end, lags, shares)


def hidden_items(arrived: Ticks, recorded: Completeness) -> float:
    """Count the items that came and that a log does not hold, at least.

    That is the fewer of two: those that stand behind the ones it holds, and those of arrivals as frequent as while it
    held nearly all. The first knows that demand may have ended, the second that shares near 0 say nothing.

    Parameters
    ----------
    arrived
        Ticks of those it holds, shape (items,).
    recorded
        The share of all that they are.
    """
    shares = np.maximum(recorded.at(arrived), LEAST_SHARE)
    hours = recorded.end - HOUR * np.arange(1 + int(recorded.end - arrived.min()) // HOUR)
    held = recorded.at(hours)
    an_hour = (shares >= SETTLED).sum() / max((held >= SETTLED).sum(), 1)
    return float(min((1 / shares - 1).sum(), an_hour * (1 - held).sum()))


def is_thinned(arrived: Ticks, recorded: Completeness) -> bool:
    """Tell whether arrivals become rare towards the end as they would in a log of finished items.

    Parameters
    ----------
    arrived
        Ticks, shape (items,).
    recorded
        The share of them that such a log would hold.
    """
    weeks = int(recorded.end - arrived.min()) // WEEK
    if weeks <= LEAST_WEEKS:
        return True
    ago = np.maximum(recorded.end - 1 - arrived, 0) // WEEK
    counts = np.bincount(ago[ago < weeks], minlength=weeks)
    hours = recorded.end - HOUR * np.arange(weeks * (WEEK // HOUR))
    if_all = recorded._replace(censored=True)
    shares, most = (each.at(hours).reshape(weeks, -1).mean(axis=1) for each in (recorded, if_all))
    settled = shares >= SETTLED * most
    whole = slice(0, weeks - 1)  # the first week is cut
    if settled.all() or not counts[whole].any():
        return True
    all_, thinned = (_likelihood(counts[whole], each[whole]) for each in (most, shares))
    return all_.told - thinned.told < SURE * min(all_.dispersion, thinned.dispersion)


def _likelihood(counts: NDArray[np.int64], shares: Floats) -> _Likelihood:
    """Fit weekly arrivals that may grow or fall, of which a share is recorded; all of shape (weeks,)."""
    told = -np.inf
    expected = np.ones(counts.size)
    for slope in SLOPES:
        shape = np.maximum(shares, LEAST_SHARE) * np.exp(slope * np.arange(counts.size))
        due = shape * counts.sum() / shape.sum()
        here = float(counts @ np.log(due))  # the expected counts add up to those seen, whatever the slope
        if here > told:
            told, expected = here, due
    dispersion = float(((counts - expected) ** 2 / expected).sum()) / (counts.size - 2)
    return _Likelihood(told, max(dispersion, 1.0))


def arrivals_of(log: EventLog, work: str) -> tuple[Ticks, Completeness]:
    """List when a work type's items arrived, and how much of that the log holds.

    Returns
    -------
    tuple
        Ticks in order of arrival, then of item, shape (items,); and the share of them that the log holds.
    """
    arrived, done = _times(log, work)
    if log.frame["finished"].null_count():
        return arrived, recorded_with_open(arrived, done, done_since(arrived, done), log.end)
    return arrived, recorded_share(arrived, done, max(log.end, int(done.max(initial=0))))


def holds_done_since(log: EventLog, works: Iterable[str]) -> bool:
    """Tell whether a log holds of some work type what was done since a date, so that its first items are slow ones."""
    return any(arrivals_of(log, work)[1].since is not None for work in works)


def since_evidence(log: EventLog, work: str) -> tuple[Evidence, ...]:
    """Say that a log holds what was done since a date, where it does."""
    arrived, recorded = arrivals_of(log, work)
    if recorded.since is None:
        return ()
    day, before = (
        f"{log.start + timedelta(milliseconds=recorded.since):%Y-%m-%d}",
        int((arrived < recorded.since).sum()),
    )
    what = "is open or was done" if recorded.censored else "was done"
    return (
        Evidence(
            f"log.done_since.{work}",
            f"since {day}",
            f"chance below {PROBABILITY:g} that none of the items that had come was done before",
            arrived.size,
            note="Arrivals are counted up by the share that such a log holds of a steady flow.",
            mind=f"{before:,} items had come before {day}, and none was done before: taken as an export of what {what} "
            "since then, from a steady flow. If work did begin with these, set the arrivals by hand",
        ),
    )


def _times(log: EventLog, work: str) -> tuple[Ticks, Ticks]:
    """List when items came and were done, NEVER where they are open, in order of arrival, then of item."""
    table = items(log).filter(pl.col("work") == work).sort("arrived", "item")
    return table["arrived"].to_numpy(), table["done"].fill_null(NEVER).to_numpy()


def recorded_share(arrived: Ticks, finished: Ticks, end: int) -> Completeness:
    """Estimate the recorded share where every item looks done, be they so or not.

    Parameters
    ----------
    arrived, finished
        Ticks of each item, shape (items,).
    end
        Tick at which the log ended, not before the last finish.
    """
    if not arrived.size:
        return COMPLETE
    since = done_since(arrived, finished)
    recorded = completeness(arrived, finished, end)
    if since is not None:
        lags, ended = np.unique(finished - arrived, return_counts=True)
        recorded = Completeness(end, lags, np.cumsum(ended) / finished.size, since)
    return recorded if is_thinned(arrived, recorded) else recorded_with_open(arrived, finished, since, end)


def recorded_with_open(arrived: Ticks, done: Ticks, since: int | None, end: int) -> Completeness:
    """Give the share recorded of a log that holds open items too, be they told from others or not."""
    if since is None:
        return COMPLETE
    finished = done != NEVER
    curve = entered_curve(np.where(finished, done, end) - arrived, np.maximum(since - 1 - arrived, 0), finished)
    return Completeness(end, curve.times.astype(np.int64), curve.below, since, censored=True)
