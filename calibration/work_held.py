"""How much of the work of each hour a log holds that has only what was done since a date.

Such a log (`calibration.done_since`) holds the few visits of earlier weeks whose items were slow. It holds a visit that
begins at t if its item is done a time R later, between the date B and the log's end E. What was done in a window of a
steady flow stands for all, so the share of visits at t that it holds is

    held(t) = F(E - t) - F(B - t),

with F the share of a team's visits in the log whose R is no longer; and 1 - F(B - t) where it holds open items too,
F then of visits from the age at which they are first seen. A team that comes last has R near 0: of its work before the
date next to nothing is held. Hours of the week that were seen are counted against this share, and so are weeks: else
the weekdays on which a short window happens to lie look busy, and all others closed.

Units: ticks (milliseconds) since the log's start; hours of the week in the log's zone.
"""

from datetime import datetime
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calibration.completeness import Completeness, recorded_share, recorded_with_open
from calibration.done_since import done_since
from calibration.observed import Floats, Observed, Ticks
from calibration.presence import SLOTS, Booleans, local_hours
from twin.eventlog import NEVER, EventLog, items
from twin.units import DAY, HOUR
from twin.zones import EPOCH, time_zone, to_utc

MONDAY: Final = 3 * DAY
"""Hours are counted from so long before 1970, a Monday."""


class Export(NamedTuple):
    """A log of what was done since a date."""

    since: int  # tick
    end: int  # tick of the log's end
    censored: bool  # what is open is there too
    done: NDArray[np.int64]  # (visits,) when the item of each visit was done, NEVER while it is open


def export_of(log: EventLog, observed: Observed) -> Export | None:
    """Tell whether a log holds what was done since a date.

    Parameters
    ----------
    log
        The log.
    observed
        Its visits.

    Returns
    -------
    Export or None
        None where a log begins with its items, or some kinds of work do.
    """
    table = items(log)
    arrived, done = table["arrived"].to_numpy(), table["done"].fill_null(NEVER).to_numpy()
    end = max(log.end, int(done[done != NEVER].max(initial=0)))
    since, censored = done_since(arrived, done), bool(log.frame["finished"].null_count())
    if since is None:
        return None
    censored = censored or recorded_share(arrived, done, end).censored
    return Export(since, end, censored, done[np.searchsorted(table["item"].to_numpy(), observed.item)])


def held_by_hour(export: Export, observed: Observed, mine: Booleans, *, start: datetime, zone: str) -> Floats:
    """Give the share of a team's work that the log holds.

    Parameters
    ----------
    export, observed
        The log, and its visits.
    mine
        Which of them are the team's, shape (visits,).
    start, zone
        As `calibration.presence.presence_of` takes them.

    Returns
    -------
    By week of the log and hour of the week, shape (weeks, SLOTS); 0 outside the log.
    """
    ends = np.array([observed.started.min(), observed.finished.max()])
    first, last = local_hours(ends, start=start, zone=zone).tolist()
    hours = np.arange(first // SLOTS * SLOTS, (last // SLOTS + 1) * SLOTS)
    instants = to_utc(hours * HOUR - MONDAY, time_zone(zone)) - (start - EPOCH) // (EPOCH.resolution * 1000) + HOUR // 2
    shares = _recorded(export, observed.started[mine], export.done[mine]).at(instants)
    return np.where((hours >= first) & (hours <= last), shares, 0.0).reshape(-1, SLOTS)


def _recorded(export: Export, started: Ticks, done: Ticks) -> Completeness:
    """Give the share of visits that the log holds, by when they began."""
    if export.censored:
        return recorded_with_open(started, done, export.since, export.end)
    times, ended = np.unique(done - started, return_counts=True)
    return Completeness(export.end, times, np.cumsum(ended) / done.size, export.since)
