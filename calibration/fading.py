"""How fast old visits fade, where how long they take has changed.

How long visits last from enabled to done, delays included and queueing left out, is forecast block by block from those
before, each counting

    2^(-age / half-life),

as shares of eight classes of their way from stage to stage, cut at its eighths. Visits count alike unless some
half-life is better by four standard errors over the weeks that were forecast; then of those that are the longest within
one standard error of the best is taken: where change came in one step, the quickest forget it best and are least sure.
Only visits are forecast that had time to be done, of weeks in which the log took items in.
In a log of what was done since a date (`calibration.done_since`) the first are slow ones, so nothing fades there.
Delays and their evidence go by these weights; demand and ways have rules of their own (`calibration.arrivals`,
`calibration.routes`), hours and people are of the whole log.
Units: ticks (milliseconds); half-lives in weeks.
Source: West, Harrison (1997), Bayesian Forecasting and Dynamic Models, ch. 2 (discounting); the choice is own.
"""

import math
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from calibration.completeness import holds_done_since
from calibration.evidence import Evidence, Fitted
from calibration.intake import took_in_until
from calibration.observed import Codes, Floats, Observed, Ticks
from twin.eventlog import EventLog
from twin.units import WEEK

HALF_LIVES: Final = (4, 8, 16, 32)
CLASSES: Final = 8
PRIOR: Final = 0.5
"""Visits that every class is taken to have had."""
LEAST: Final = 50
"""Visits of a way that is looked at."""
BLOCKS: Final = 8
LEAST_WEEKS: Final = 8
"""Weeks that are forecast at least."""
SURE: Final = 4.0
"""Standard errors; weeks are alike where queues last, so two are passed by luck."""
SETTLED: Final = 0.9


class Classed(NamedTuple):
    """Visits whose time is told by classes; arrays of shape (visits,)."""

    week: Codes  # in which they were ready
    cell: Codes  # way and class
    weight: Floats
    ways: int


def faded(observed: Observed, log: EventLog, waited: Ticks | None = None) -> Fitted[Observed]:
    """Let old visits count less where that forecasts how long later ones take.

    Parameters
    ----------
    observed
        Visits of a log.
    log
        The log.
    waited
        Until each was ready to be begun, without queueing, shape (visits,); all waiting, if left out.
    """
    if holds_done_since(log, observed.works):
        return Fitted(observed, ())
    week = observed.enabled // WEEK
    until = min(_settled(observed, log.end), took_in_until(log) // WEEK)
    half_life, sure = _half_life(_classed(observed, week, waited), until)
    if math.isinf(half_life):
        return Fitted(observed, ())
    weight = observed.weight * np.exp2(-np.maximum(until - week, 0) / half_life)
    told = f"a visit counts half of one {half_life:g} weeks later"
    evidence = Evidence(
        "log.fading",
        told,
        f"likelihood of how long later visits take, {sure:.1f} standard errors better than if all count alike",
        observed.item.size,
        note="for delays; no interval: a half-life is chosen",
        mind=f"how long visits take has changed: {told}. Where the time before is what counts: --until DATE",
    )
    return Fitted(observed._replace(weight=weight / weight.mean()), (evidence,))


def _settled(observed: Observed, end: int) -> int:
    """Give the last week of which nearly all visits had time to be done."""
    begin = np.flatnonzero(np.diff(observed.item, prepend=-1))
    lead = np.maximum.reduceat(observed.finished, begin) - np.minimum.reduceat(observed.enabled, begin)
    return int((end - np.quantile(lead, SETTLED)) // WEEK)


def _classed(observed: Observed, week: Codes, waited: Ticks | None) -> Classed:
    """Sort visits of frequent ways into classes of their time."""
    wait = observed.started - observed.enabled if waited is None else waited
    lasted: Ticks = observed.finished - observed.started + wait
    stages = len(observed.stages)
    ways = (observed.work * (stages + 1) + observed.before + 1) * stages + observed.stage
    _, way, counts = np.unique(ways, return_inverse=True, return_counts=True)
    order = np.lexsort((lasted, way))
    first = np.append(0, np.cumsum(counts)[:-1])
    cuts = np.array([lasted[order[first + counts * k // CLASSES]] for k in range(1, CLASSES)])
    above = (lasted > cuts[:, way]).sum(axis=0)
    kept = counts[way] >= LEAST
    cell = (way * CLASSES + above)[kept]
    return Classed(week[kept], cell, observed.weight[kept], counts.size)


def _half_life(visits: Classed, until: int) -> tuple[float, float]:
    """Choose the half-life, infinite for none, with by how many standard errors it is better."""
    if not visits.week.size:
        return math.inf, 0.0
    begin = int(visits.week.min())
    middle = (begin + until) // 2
    if until - middle < LEAST_WEEKS:
        return math.inf, 0.0
    bounds = np.unique(np.linspace(middle, until, BLOCKS + 1).astype(int)).tolist()
    alike = _told(visits, bounds, math.inf)
    gains = {each: _told(visits, bounds, float(each)) - alike for each in HALF_LIVES}
    sure = {each: found for each, gain in gains.items() if (found := _sure(gain)) > SURE}
    if not sure:
        return math.inf, max(map(_sure, gains.values()))
    best = max(sure, key=lambda each: float(gains[each].sum()))
    chosen = max(each for each in sure if each >= best and _sure(gains[best] - gains[each]) <= 1)
    return float(chosen), sure[chosen]


def _sure(gain: Floats) -> float:
    """Give a sum over weeks in standard errors."""
    return float(gain.sum()) / max(float(gain.std(ddof=1)) * math.sqrt(gain.size), 1e-9)


def _told(visits: Classed, bounds: list[int], half_life: float) -> Floats:
    """Give the log-likelihood of each week between bounds, shape (weeks,)."""
    told = np.zeros(bounds[-1] - bounds[0])
    cells = visits.ways * CLASSES
    for begin, end in pairwise(bounds):
        before, here = visits.week < begin, (visits.week >= begin) & (visits.week < end)
        fade = np.exp2(-(begin - visits.week[before]) / half_life)
        count = np.bincount(visits.cell[before], visits.weight[before] * fade, minlength=cells) + PRIOR
        shares = count.reshape(-1, CLASSES)
        chance = (shares / shares.sum(axis=1, keepdims=True)).ravel()
        value = visits.weight[here] * np.log(chance[visits.cell[here]])
        told += np.bincount(visits.week[here] - bounds[0], value, minlength=told.size)
    return told
