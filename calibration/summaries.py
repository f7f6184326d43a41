"""The figures of a file of metrics, as a simulated run would have shown them on the same dashboard.

Each series becomes one number, the logarithm of its mean over periods. A run is cut into the same periods, percentiles
are taken within each, and averaged over those in which something was done: so a weekly P95 of nine items is compared
with weekly P95s of nine items, whose mean lies below the P95 of all. Interpolation is linear between order statistics
(type 7 of Hyndman and Fan 1996, The American Statistician 50). Shares are compared as ln((p + 1/2n) / (1 - p + 1/2n)),
n = 200. The head-count is no summary: it is known.

At a stage, times and WIP run from an item's coming there (handoff and delay included) until it is done there.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calibration.organisation import Organisation
from calibration.sources.aggregates import Aggregates, Series
from calibration.sources.metric_names import COUNTS, SHARES
from twin import tally
from twin.errors import InputError, one_of
from twin.eventlog import NEVER, Visits
from twin.outcome import Outcome
from twin.units import DAY, HOUR, WEEK

Floats = NDArray[np.float64]
Ticks = NDArray[np.int64]
Mask = NDArray[np.bool_]

LEAST: Final = 1e-3
"""Of a mean, so that its logarithm exists."""
_HALF: Final = 1 / 400


class Target(NamedTuple):
    """Where in a run a series is looked for, and when."""

    series: Series
    stage: int  # -1: of whole items
    team: int  # -1: of no team
    work: int  # -1: of all types
    edges: Ticks  # (periods + 1,) or fewer periods where the run is shorter


class Passages(NamedTuple):
    """What passes through the whole or a stage; every array has shape (passages,)."""

    came: Ticks
    began: Ticks  # NEVER where it has not
    left: Ticks  # NEVER where it is still there


def targets_of(given: Aggregates, known: Organisation, *, origin: int, until: int) -> tuple[Target, ...]:
    """Find each series in the organisation.

    Parameters
    ----------
    given, known
        The file, and the organisation behind it.
    origin
        Day of tick 0, as days since 1970-01-01.
    until
        Tick at which the run ends; what lies beyond is left out.

    Raises
    ------
    InputError
        Where a series is of a team that serves several stages, though it is a figure of a single one.
    """
    found = []
    for series in given.series:
        if series.metric.name == "people":
            continue
        stage, team, work = _place(series, known)
        begin = (series.starts - origin) * DAY
        begin = begin[begin < until]
        end = min(int((series.ends[max(begin.size, 1) - 1] - origin) * DAY), until)
        found.append(Target(series, stage, team, work, np.append(begin, end)))
    if not found:
        raise InputError("the file has no figure of flow; give throughput and WIP or times")
    return tuple(found)


def _place(series: Series, known: Organisation) -> tuple[int, int, int]:
    scope = series.scope
    stage = known.stages.index(scope.stage) if scope.stage else -1
    if series.metric.name == "utilisation":
        if not scope.team and not scope.stage and len(known.teams) > 1:
            raise InputError(f"utilisation of all: say of which team; {', '.join(known.teams)}")
        team = known.teams.index(scope.team) if scope.team else known.serving[stage] if stage >= 0 else 0
        return -1, team, -1
    if scope.team and not scope.stage:
        served = [number for number, team in enumerate(known.serving) if known.teams[team] == scope.team]
        if len(served) != 1:
            raise InputError(f"{series.told()}: the team serves several stages; name one of them in the row")
        stage = served[0]
    if scope.work and scope.work not in known.works:
        raise InputError(one_of(scope.work, known.works, noun="a type"))
    return stage, -1, known.works.index(scope.work) if scope.work else -1


def observed(targets: Sequence[Target]) -> Floats:
    """Give what the file says, as summaries, shape (targets,)."""
    return np.array([_scaled(each.series.metric.name, _mean_given(each.series)) for each in targets])


def _mean_given(series: Series) -> float:
    if series.metric.name in COUNTS:
        return float(series.values.sum() * 7 / (series.ends - series.starts).sum())
    return float(series.values.mean())


def _scaled(metric: str, value: float) -> float:
    if metric in SHARES:
        return float(np.log((value + _HALF) / (1 - min(value, 1.0) + _HALF)))
    return float(np.log(max(value, LEAST)))


def unscaled(metric: str, value: Floats) -> Floats:
    """Turn summaries back into figures: items a week, items, hours, shares."""
    if metric in SHARES:
        odds = np.exp(value)
        return np.asarray(np.clip((odds * (1 + _HALF) - _HALF) / (1 + odds), 0.0, 1.0))
    return np.asarray(np.exp(value))


def simulated(outcome: Outcome, targets: Sequence[Target], *, hours: Sequence[float]) -> Floats:
    """Give what a run says, as summaries, shape (targets,); NaN where nothing was done.

    Parameters
    ----------
    outcome
        The run.
    targets
        Where to look.
    hours
        Working hours a week of each team, all its people together, shape (teams,).
    """
    visits = outcome.visits
    kept: dict[tuple[int, int], Passages] = {}
    found = np.empty(len(targets))
    for place, target in enumerate(targets):
        if target.team >= 0:
            value = _busy(visits, target, hours[target.team])
        else:
            key = (target.stage, target.work)
            if key not in kept:
                kept[key] = passages_of(visits, *key)
            value = _measured(kept[key], target)
        found[place] = _scaled(target.series.metric.name, value) if np.isfinite(value) else np.nan
    return found


def passages_of(visits: Visits, stage: int, work: int) -> Passages:
    """Give what passes through a stage, or the whole (-1), of a type or all (-1)."""
    if stage >= 0:
        here = visits.stage == stage
        if work >= 0:
            here &= visits.work == work
        return Passages(visits.enabled[here], visits.started[here], visits.finished[here])
    rows = tally.rows_of(visits)
    items = tally.stays(rows, np.zeros(visits.item.size, np.int64))
    mine = (items.work != tally.UNKNOWN) & ((items.work == work) | (work < 0))
    return Passages(items.arrived[mine], items.first_start[mine], items.done[mine])


def _busy(visits: Visits, target: Target, hours: float) -> float:
    """Give the share of hours in work: working ticks of visits finished in the window."""
    since, until = int(target.edges[0]), int(target.edges[-1])
    inside = (visits.team == target.team) & (visits.finished >= since) & (visits.finished < until)
    worked = (visits.finished - visits.started - visits.suspended)[inside].sum()
    return float(worked / HOUR / (hours * (until - since) / WEEK)) if hours else float("nan")


def _measured(passages: Passages, target: Target) -> float:
    """Measure one figure."""
    metric, edges = target.series.metric, target.edges
    since, until = int(edges[0]), int(edges[-1])
    if metric.name in COUNTS:
        at = passages.came if metric.name == "arrivals" else passages.left
        return float(np.count_nonzero((at >= since) & (at < until)) / ((until - since) / WEEK))
    if metric.name == "wip":
        left = np.where(passages.left == NEVER, until, passages.left).clip(since, until)
        return float((left - passages.came.clip(since, until)).clip(0).sum() / (until - since))
    done = (passages.left >= since) & (passages.left < until) & (passages.came != NEVER)
    # cycle time of a whole item runs from its first start; at a stage both times are the time there
    begins = passages.began if metric.name == "cycle_time" and target.stage < 0 else passages.came
    times = (passages.left - begins)[done] / HOUR
    if metric.name == "sla_share":
        return float((times <= metric.percent).mean()) if times.size else float("nan")
    period = np.searchsorted(edges, passages.left[done], "right") - 1
    return _mean_over_periods(times, period, edges.size - 1, metric.percent / 100)


def _mean_over_periods(times: Floats, period: Ticks, periods: int, share: float) -> float:
    """Average over periods the mean (share 0) or a quantile of each; NaN where nothing was done in any."""
    count = np.bincount(period, minlength=periods)
    some = count > 0
    if not some.any():
        return float("nan")
    if share == 0:
        return float((np.bincount(period, times, minlength=periods)[some] / count[some]).mean())
    ordered = times[np.lexsort((times, period))]
    first = np.cumsum(count) - count
    position = share * (count[some] - 1)
    below = np.floor(position).astype(np.int64)
    low = ordered[first[some] + below]
    high = ordered[first[some] + np.minimum(below + 1, count[some] - 1)]
    return float((low + (position - below) * (high - low)).mean())
