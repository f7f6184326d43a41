"""Effort: the working time that visits need.

A visit's effort is the time from its start to its end without what its team's calendar closed in between,

    effort = finished - started - (closed stretches that lie whole between started and finished).

A stretch that the visit begins or ends in was worked: somebody was there. Zeros are kept.
Units: ticks (milliseconds) of working time.
"""

from typing import Final

import numpy as np

from calibration.durations import fit_duration
from calibration.evidence import Evidence, Fitted
from calibration.hours import Booleans, Hours
from calibration.observed import Observed, Ticks
from calibration.teams import Teams
from twin.distributions import Distribution, describe
from twin.timelines import Timeline
from twin.units import format_clock

NORMAL: Final = 1.96


def worked(observed: Observed, teams: Teams, hours: tuple[Hours, ...]) -> Ticks:
    """Give the working time of every visit, shape (visits,)."""
    times = np.zeros_like(observed.started)
    for team, schedule in enumerate(hours):
        mine = teams.of_visit == team
        times[mine] = worked_between(schedule.open, observed.started[mine], observed.finished[mine])
    return times


def worked_between(open_hours: Timeline, started: Ticks, finished: Ticks) -> Ticks:
    """Give the time between instants without the closed stretches that lie whole between them, shape as given."""
    closed = open_hours.opens[1:] - open_hours.closes[:-1]
    total = np.concatenate([[0], np.cumsum(closed)])
    begun = np.searchsorted(open_hours.closes[:-1], started, "left")
    ended = np.searchsorted(open_hours.opens[1:], finished, "right")
    return finished - started - np.where(ended > begun, total[np.maximum(ended, begun)] - total[begun], 0)


def fit_efforts(observed: Observed, times: Ticks, *, work: int) -> Fitted[dict[str, Distribution]]:
    """Describe the effort of a work type at each of its stages.

    Parameters
    ----------
    observed
        Visits.
    times
        Working time of each, shape (visits,).
    work
        Index of the work type.
    """
    found: dict[str, Distribution] = {}
    evidence = []
    for code in np.unique(observed.stage[observed.work == work]).tolist():
        used = (observed.stage == code) & (observed.work == work)
        name = observed.stages[code]
        found[name] = fit_duration(times[used], observed.weight[used])
        path = f"work.{observed.works[work]}.route.efforts.{name}"
        evidence.append(_evidence(path, found[name], times, observed, used))
    return Fitted(found, tuple(evidence))


def _evidence(path: str, effort: Distribution, times: Ticks, observed: Observed, used: Booleans) -> Evidence:
    seen = times[used]
    half = NORMAL * float(seen.std(ddof=1)) / np.sqrt(seen.size) if seen.size > 1 else None
    closed = int((observed.finished - observed.started - times)[used].sum())
    note = f"closed hours inside visits were taken out: {format_clock(closed)} in all" if closed else ""
    return Evidence(
        path,
        f"mean {format_clock(float(seen.mean()))}; {describe(effort)}",
        "time from start to end without closed hours in between; the interval is that of the mean",
        int(seen.size),
        None if half is None else format_clock(max(float(seen.mean()) - half, 0.0)),
        None if half is None else format_clock(float(seen.mean()) + half),
        note or ("one visit gives no interval" if half is None else ""),
    )
