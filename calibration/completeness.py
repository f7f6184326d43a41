"""How much of recent demand a log of finished items holds.

An export of done items shows an item that arrived at t only if its lead time L fits before the end T of the log, that
is L ≤ T - t. Recent arrivals are thinned, long ways most, and demand seems to fall towards the end though it does not.
The share recorded after a lag u is the lead times' distribution F(u), estimated from right-truncated pairs by

    F(u) = product over lead times v > u of (1 - d(v) / r(v)),

with d(v) items of lead time v and r(v) items with L ≤ v ≤ T - t. Lead times near the length of the log cannot be told:
where r(v) < 20 nothing is concluded, and F is the share among the lead times that the log could show.

A log with open items shows every arrival, whatever its lead time. So does one whose items end with what was recorded
last, be they done or not: its recent weeks hold as many arrivals as the older ones, which is set beside what thinning
by F would leave of them. Ticks throughout.
Sources: Lynden-Bell (1971), Monthly Notices of the Royal Astronomical Society 155; Woodroofe (1985), Annals of
Statistics 13(1).
"""

from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from twin.eventlog import EventLog
from twin.units import HOUR, WEEK

Ticks = NDArray[np.int64]
Floats = NDArray[np.float64]

LEAST_AT_RISK: Final = 20
SETTLED: Final = 0.9
"""Weeks that hold at least this share tell the level of demand."""


LEAST_WEEKS: Final = 4
TOO_MANY: Final = 2.0
"""Recent arrivals are not thinned where there are so many times as many as thinning would leave."""


class Completeness(NamedTuple):
    """The share of arrivals that a log holds, by their lag to its end."""

    end: int  # tick
    lags: Ticks  # rising, shape (steps,)
    shares: Floats  # share recorded from this lag on, shape (steps,); below the first lag nothing is

    def at(self, instants: Ticks) -> Floats:
        """Give the share recorded of items that arrived at these ticks; any shape."""
        place = np.searchsorted(self.lags, self.end - instants, side="right")
        return np.concatenate([[0.0], self.shares])[place]


COMPLETE: Final = Completeness(0, np.array([np.iinfo(np.int64).min]), np.ones(1))
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
    shares = recorded.at(hours).reshape(weeks, -1).mean(axis=1)
    settled = shares >= SETTLED
    if settled.sum() < LEAST_WEEKS or settled.all():
        return True
    left = counts[settled].mean() * shares[~settled].sum()
    return bool(counts[~settled].sum() < TOO_MANY * left)


def arrivals_of(log: EventLog, work: str) -> tuple[Ticks, Completeness]:
    """List when a work type's items arrived, and how much of that the log holds.

    Returns
    -------
    tuple
        Ticks in order of arrival, then of item, shape (items,); and the share of them that the log holds.
    """
    items = (
        log.frame.lazy()
        .filter(pl.col("work") == work)
        .group_by("item")
        .agg(pl.coalesce("enabled", "queued", "started").min().alias("arrived"), pl.col("finished").max())
        .sort("arrived", "item")
        .collect()
    )
    arrived = items["arrived"].to_numpy()
    if items.is_empty() or log.frame["finished"].null_count():
        return arrived, COMPLETE
    finished = items["finished"].to_numpy()
    return arrived, recorded_share(arrived, finished, max(log.end, int(finished.max())))


def recorded_share(arrived: Ticks, finished: Ticks, end: int) -> Completeness:
    """Estimate the recorded share as `completeness` does, `COMPLETE` where arrivals are not thinned."""
    recorded = completeness(arrived, finished, end)
    return recorded if is_thinned(arrived, recorded) else COMPLETE
