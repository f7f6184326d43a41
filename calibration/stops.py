"""Stops: whole weeks in which nothing at all happened, taken out before anything is learned.

A closed plant, a holiday of all, a part of a log that is missing: between two instants t and t' of the log lies a gap
much longer than any weekend, though most weeks see a lot. Its whole weeks are cut out and what came after moves back,

    t' - t > 9 days,  median starts a week >= 20:      t' <- t' - floor((t' - t) / 1 week) weeks,

so weekdays stay what they were, and rates, hours, efforts and waits are those of weeks at work. Where gaps are the way
an organisation works, one in eight weeks at work or more, they stay; so does one beside which little was begun, in the
two weeks before or after, as where the last cases of a log run out.
Units: ticks (milliseconds).
"""

from dataclasses import replace
from datetime import timedelta
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from calibration.evidence import Evidence, Fitted
from twin.eventlog import EventLog
from twin.units import DAY, WEEK

SILENT: Final = 9 * DAY
"""Nothing happens over a long weekend; from here on a whole week is missing."""
BUSY: Final = 20
"""Starts a week, in the middle, from which on a silent week is no chance."""
BESIDE: Final = 0.25
"""Share of the usual starts that the two weeks before and after a stop have at least."""
RARE: Final = 8
"""Weeks at work for each stop, at least."""
INSTANTS: Final = ("enabled", "queued", "started", "suspended", "finished")

Ticks = NDArray[np.int64]


class Stops(NamedTuple):
    """Stops of a log, in order; arrays of shape (stops,)."""

    since: Ticks  # the last instant before
    until: Ticks  # the first after
    cut: Ticks  # whole weeks of it, in ticks


def stops_of(log: EventLog) -> Stops:
    """Find the stops of a log; none where it sees little or stops often."""
    moments = np.unique(np.concatenate([log.frame[name].drop_nulls().to_numpy() for name in INSTANTS]))
    gaps = np.flatnonzero(np.diff(moments) > SILENT)
    started = np.sort(log.frame["started"].drop_nulls().to_numpy())
    if not gaps.size or not started.size:
        return _none()
    found = Stops(moments[gaps], moments[gaps + 1], np.diff(moments)[gaps] // WEEK * WEEK)
    by_week = np.bincount((moved := _moved(started, found)) // WEEK - moved.min() // WEEK)
    usual = float(np.median(by_week))
    beside = np.array(
        [_begun_beside(started, since, until) for since, until in zip(found.since, found.until, strict=True)]
    )
    real = beside >= BESIDE * 2 * usual
    often = real.sum() * RARE > by_week.size
    return _none() if often or usual < BUSY else Stops(*(each[real] for each in found))


def without_stops(log: EventLog) -> Fitted[EventLog]:
    """Cut the stops out of a log, with evidence of them; the same log where there are none."""
    stops = stops_of(log)
    if not stops.since.size:
        return Fitted(log, ())
    moved = [
        pl.when(pl.col(name).is_not_null()).then(pl.Series(_moved(log.frame[name].fill_null(0).to_numpy(), stops)))
        for name in INSTANTS
    ]
    frame = log.frame.with_columns(each.alias(name) for each, name in zip(moved, INSTANTS, strict=True))
    end = int(_moved(np.array([log.end]), stops)[0])
    return Fitted(replace(log, frame=frame, end=end), (_evidence(log, stops),))


def _begun_beside(started: Ticks, since: int, until: int) -> int:
    """Count the starts in the two weeks before and after a gap, of which the fewer."""
    low, last, first, high = np.searchsorted(started, [since - 2 * WEEK, since + 1, until, until + 2 * WEEK])
    return int(min(last - low, high - first))


def _none() -> Stops:
    return Stops(*(np.zeros(0, np.int64) for _ in range(3)))


def _moved(instants: Ticks, stops: Stops) -> Ticks:
    """Move instants back by what was cut before them, shape as instants."""
    before = np.append(0, np.cumsum(stops.cut))
    return np.asarray(instants - before[np.searchsorted(stops.until, instants, side="right")])


def _evidence(log: EventLog, stops: Stops) -> Evidence:
    longest = int(stops.cut.argmax())
    since, until = (log.start + timedelta(milliseconds=int(each[longest])) for each in (stops.since, stops.until))
    weeks = int(stops.cut.sum()) // WEEK
    told = f"{stops.since.size} stop{'s' * (stops.since.size != 1)}, {weeks} whole weeks in which nothing happened"
    span = f"{since:%Y-%m-%d} to {until:%Y-%m-%d}"
    return Evidence(
        "log.stops",
        f"{told}; the longest {span}",
        f"gaps of more than {SILENT // DAY} days between two instants of a log whose weeks see {BUSY} starts or more",
        log.visits,
        note="cut out before anything was learned: rates, hours, efforts and waits are those of weeks at work",
        mind=f"{told}, the longest {span}; the twin knows no such stops and works through",
    )
