"""The figures of a file of metrics period by period: as the file has them, and as a run shows them.

A period has its count, its mean WIP (an integral over the period), the mean or a quantile of what was done in it, the
share of it that was in time, or the share of hours in work. They are told on a scale on which chance is about as wide
everywhere: square roots of counts, logarithms of times and WIP, shares as they are. NaN where a period shows nothing.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from calibration.sources.metric_names import COUNTS, SHARES
from calibration.summaries import LEAST, Passages, Target, passages_of
from twin.eventlog import NEVER
from twin.outcome import Outcome
from twin.units import HOUR, WEEK

Floats = NDArray[np.float64]
Ticks = NDArray[np.int64]

BUSY: Final = "utilisation"


def on_scale(metric: str, values: Floats) -> Floats:
    """Bring figures of periods to the scale on which they are compared."""
    if metric in COUNTS:
        return np.sqrt(values)
    return values if metric in SHARES else np.asarray(np.log(np.maximum(values, LEAST)))


def off_scale(metric: str, values: Floats) -> Floats:
    """Bring them back."""
    if metric in COUNTS:
        return np.asarray(values**2)
    return values if metric in SHARES else np.asarray(np.exp(values))


def given_periods(target: Target) -> Floats:
    """Give the periods of the file on their scale, counts by week, shape (periods,)."""
    series = target.series
    weeks = (series.ends - series.starts) / 7
    values = series.values / weeks if series.metric.name in COUNTS else series.values
    return on_scale(series.metric.name, values)


def shown_periods(outcome: Outcome, targets: Sequence[Target], *, hours: Sequence[float]) -> tuple[Floats, ...]:
    """Give the periods of a run on their scale, one array for each target, shape (its periods in the run,).

    Parameters
    ----------
    outcome
        The run.
    targets
        Where to look.
    hours
        Working hours a week of each team, all its people together, shape (teams,).
    """
    found = []
    for target in targets:
        if target.team >= 0:
            values = _used(outcome, target, hours[target.team])
        else:
            values = _measured(passages_of(outcome.visits, target.stage, target.work), target)
        found.append(on_scale(target.series.metric.name, values))
    return tuple(found)


def _used(outcome: Outcome, target: Target, hours: float) -> Floats:
    visits = outcome.visits
    done = (visits.team == target.team) & (visits.finished != NEVER)
    worked = (visits.finished - visits.started - visits.suspended)[done] / HOUR
    return _sums(visits.finished[done], target.edges, worked) / np.maximum(hours * np.diff(target.edges) / WEEK, 1e-9)


def _sums(at: Ticks, edges: Ticks, values: Floats | None = None) -> Floats:
    """Add up what falls into each period, shape (periods,)."""
    inside = (at >= edges[0]) & (at < edges[-1])
    period = np.searchsorted(edges, at[inside], "right") - 1
    return np.bincount(period, None if values is None else values[inside], minlength=edges.size - 1).astype(np.float64)


def _measured(passages: Passages, target: Target) -> Floats:
    metric, edges = target.series.metric, target.edges
    if metric.name in COUNTS:
        at = passages.came if metric.name == "arrivals" else passages.left
        return _sums(at, edges) / (np.diff(edges) / WEEK)
    if metric.name == "wip":
        left = np.where(passages.left == NEVER, edges[-1], passages.left)
        inside = _elapsed(passages.came, edges) - _elapsed(left, edges)
        return np.asarray(np.diff(inside) / np.diff(edges))
    done = (passages.left >= edges[0]) & (passages.left < edges[-1]) & (passages.came != NEVER)
    begins = passages.began if metric.name == "cycle_time" and target.stage < 0 else passages.came
    times, left = (passages.left - begins)[done] / HOUR, passages.left[done]
    if metric.name == "sla_share" or not metric.percent:
        values = (times <= metric.percent).astype(np.float64) if metric.name == "sla_share" else times
        count = _sums(left, edges)
        return np.where(count > 0, _sums(left, edges, values) / np.maximum(count, 1), np.nan)
    return _quantiles(times, left, edges, metric.percent / 100)


def _elapsed(at: Ticks, edges: Ticks) -> Floats:
    """Add up over instants the time that has gone by since them at each edge, shape (edges,)."""
    ordered = np.sort(at[at != NEVER])
    before = np.searchsorted(ordered, edges)
    sums = np.concatenate([[0.0], np.cumsum(ordered.astype(np.float64))])
    return np.asarray(before * edges.astype(np.float64) - sums[before])


def _quantiles(times: Floats, left: Ticks, edges: Ticks, share: float) -> Floats:
    ordered = np.argsort(left, kind="stable")
    period = np.searchsorted(edges, left[ordered], "right") - 1
    cuts = np.searchsorted(period, np.arange(edges.size))
    parts = [times[ordered[begin:end]] for begin, end in pairwise(cuts)]
    return np.array([np.quantile(part, share) if part.size else np.nan for part in parts])
