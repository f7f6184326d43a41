"""How much of recent demand a log of finished items holds.

An export of done items shows an item that arrived at t only if its lead time L fits before the end T of the log, that
is L ≤ T - t. Recent arrivals are thinned, long ways most, and demand seems to fall towards the end though it does not.
The share recorded after a lag u is the lead times' distribution F(u), estimated from right-truncated pairs by

    F(u) = product over lead times v > u of (1 - d(v) / r(v)),

with d(v) items of lead time v and r(v) items with L ≤ v ≤ T - t. Lead times near the length of the log cannot be told:
where r(v) < 20 nothing is concluded, and F is the share among the lead times that the log could show.

A log with open items shows every arrival, whatever its lead time. Ticks throughout.
Sources: Lynden-Bell (1971), Monthly Notices of the Royal Astronomical Society 155; Woodroofe (1985), Annals of
Statistics 13(1).
"""

from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from twin.eventlog import EventLog

Ticks = NDArray[np.int64]
Floats = NDArray[np.float64]

LEAST_AT_RISK: Final = 20


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
    return arrived, completeness(arrived, finished, max(log.end, int(finished.max())))
