"""Effort: the working time that visits need.

A visit's effort is the time from its start to its end without what its team's calendar closed in between,

    effort = finished - started - (closed time between started and finished).

Closed time at the begin or the end of a visit, and visits wholly outside the hours, were worked where that is short:
somebody stayed longer. Zeros are kept.
Units: ticks (milliseconds) of working time.
"""

from typing import Final

import numpy as np

from calibration.durations import fit_duration
from calibration.evidence import Evidence, Fitted
from calibration.hours import Booleans, Hours
from calibration.observed import Observed, Ticks
from calibration.teams import Teams
from calibration.working_time import worked_between
from twin.distributions import Distribution, describe
from twin.units import format_clock

NORMAL: Final = 1.96


def worked(observed: Observed, teams: Teams, hours: tuple[Hours, ...]) -> Ticks:
    """Give the working time of every visit, shape (visits,)."""
    times = np.zeros_like(observed.started)
    for team, schedule in enumerate(hours):
        mine = teams.of_visit == team
        times[mine] = worked_between(schedule.open, observed.started[mine], observed.finished[mine])
    return times


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
