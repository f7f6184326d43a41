"""Effort: the working time that visits need.

A visit's effort is the time from its start to its end without what its team's calendar closed in between,

    effort = finished - started - (closed time between started and finished)

where its person was at nothing else; of several visits at once each gets its share (`calibration.multitasking`).
Closed time at the begin or the end of a visit, and visits wholly outside the hours, were worked where that is short:
somebody stayed longer; who only finishes in late hours worked on by the clock (`calibration.closing`). Zeros are kept.
Where several teams serve a stage, each gets an effort of its own if that tells more of items held out
(`calibration.team_efforts`). Intervals of means come from weighing items anew.
Units: ticks (milliseconds) of working time.
"""

from functools import partial
from typing import Final, NamedTuple

import numpy as np

from calibration.bootstrap import interval, means_over_items
from calibration.closing import worked_through
from calibration.durations import fit_duration
from calibration.evidence import Evidence, Fitted
from calibration.hours import Hours
from calibration.observed import Floats, Observed, Ticks
from calibration.presence import Booleans
from calibration.team_efforts import Gain, gain_by_team
from calibration.teams import Teams
from calibration.working_time import worked_between
from twin.distributions import Distribution, describe
from twin.effort import AnyEffort, EffortByTeam
from twin.units import format_clock

LEAST_VISITS: Final = 20
"""With fewer visits at a stage a team gets the effort of all."""


class _Seen(NamedTuple):
    """Working times of one work type, and its resampled means."""

    observed: Observed
    times: Ticks  # (visits,)
    opened: Ticks  # (visits,)
    work: int
    of_team: Ticks  # (visits,)
    by_stage: Floats  # (2, stages) ends of the mean's interval
    by_team: Floats  # (2, stages * teams)


def worked(observed: Observed, teams: Teams, hours: tuple[Hours, ...]) -> Ticks:
    """Give the working time of every visit, shape (visits,)."""
    times = np.zeros_like(observed.started)
    for team, schedule in enumerate(hours):
        mine = teams.of_visit == team
        started, finished = observed.started[mine], observed.finished[mine]
        times[mine] = worked_between(schedule.open, started, finished)
        if schedule.overtime:
            through = worked_through(schedule.open, started, finished)
            times[mine] = np.where(through, finished - started, times[mine])
    return times


def fit_efforts(
    observed: Observed, times: Ticks, teams: Teams, *, work: int, opened: Ticks | None = None
) -> Fitted[dict[str, AnyEffort]]:
    """Describe the effort of a work type at each of its stages.

    Parameters
    ----------
    observed
        Visits.
    times
        Effort of each, shape (visits,).
    teams
        Who did them, and which teams serve a stage.
    work
        Index of the work type.
    opened
        Working time from start to end of each, shape (visits,), where that is not its effort.
    """
    mine, total = observed.work == work, len(teams.names)
    groups = np.where(mine, observed.stage, -1), np.where(mine, observed.stage * total + teams.of_visit, -1)
    means = partial(means_over_items, observed, times.astype(np.float64))
    stages = len(observed.stages)
    by_stage, by_team = means(groups[0], stages), means(groups[1], stages * total)
    seen = _Seen(
        observed,
        times,
        times if opened is None else opened,
        work,
        teams.of_visit,
        interval(by_stage),
        interval(by_team),
    )
    found: dict[str, AnyEffort] = {}
    evidence: list[Evidence] = []
    for stage in np.unique(observed.stage[mine]).tolist():
        effort = _effort(seen, teams, stage)
        found[observed.stages[stage]] = effort.value
        evidence += effort.evidence
    return Fitted(found, tuple(evidence))


def _effort(seen: _Seen, teams: Teams, stage: int) -> Fitted[AnyEffort]:
    """Describe the effort at a stage, for all or by team."""
    observed = seen.observed
    here = (observed.stage == stage) & (observed.work == seen.work)
    path = f"work.{observed.works[seen.work]}.route.efforts.{observed.stages[stage]}"
    pooled = fit_duration(seen.times[here], observed.weight[here])
    serving = np.array(teams.serving[stage])
    served = here & np.isin(seen.of_team, serving)
    if serving.size == 1 or not served.any():
        return Fitted(pooled, (_evidence(path, pooled, seen, here, seen.by_stage[:, stage]),))
    gain = gain_by_team(seen.times[served], observed.weight[served], seen.of_team[served], observed.item[served])
    entry = _evidence(path, pooled, seen, here, seen.by_stage[:, stage], choice=_choice(gain))
    if not gain.pays:
        return Fitted(pooled, (entry,))
    efforts: dict[str, Distribution] = {}
    evidence = [entry]
    for team in sorted(serving.tolist()):
        name, own = teams.names[team], here & (seen.of_team == team)
        enough = int(own.sum()) >= LEAST_VISITS
        used, column = (
            (own, seen.by_team[:, stage * len(teams.names) + team]) if enough else (here, seen.by_stage[:, stage])
        )
        efforts[name] = fit_duration(seen.times[used], observed.weight[used])
        choice = "" if enough else f"only {int(own.sum())} visits of this team: the effort of all"
        evidence.append(_evidence(f"{path}.teams.{name}", efforts[name], seen, used, column, choice=choice))
    return Fitted(EffortByTeam(kind="by_team", teams=efforts), tuple(evidence))


def _choice(gain: Gain) -> str:
    chosen = "an effort by team" if gain.pays else "one effort for all teams"
    return f"{chosen}: held-out log-likelihood by team {gain.per_visit:+.3f} ± {gain.error:.3f} per visit"


def _evidence(
    path: str, effort: Distribution, seen: _Seen, used: Booleans, ends: Floats, *, choice: str = ""
) -> Evidence:
    observed, times, rows = seen.observed, seen.times[used], int(used.sum())
    mean = float(np.average(times, weights=observed.weight[used]))
    closed = int((observed.finished - observed.started - seen.opened)[used].sum())
    shared = int((seen.opened - seen.times)[used].sum())
    notes = [
        choice,
        f"closed hours inside visits were taken out: {format_clock(closed)} in all" if closed else "",
        f"taken out too, as shared with other visits of the same people or lost to it: {format_clock(shared)}; what is "
        "identified is effort / (1 - loss)"
        if shared
        else "",
        "one visit gives no interval" if rows == 1 else "",
    ]
    low, high = (None, None) if rows == 1 else map(format_clock, ends.tolist())
    return Evidence(
        path,
        f"mean {format_clock(mean)}; {describe(effort)}",
        "time from start to end without closed hours in between; interval of the mean by weighing items anew",
        rows,
        low,
        high,
        "; ".join(note for note in notes if note),
    )
