"""What a dated change costs on the way and when it pays: the dip, the week of break-even, the new level.

With d(w) the gain of week w after the change over the same week without it, replication by replication on the same
random numbers (positive is good; total cost where it is known, else items done)::

    smoothed s(w) = mean of d over w - 2 .. w + 2, fewer at the ends        cumulated c(w) = d(1) + ... + d(w)
    turn          = the week in which the mean of c is lowest: up to it the change has only cost
    dip           = the lowest mean of s up to the turn, where the mean of c is below 0 there; else there is none
    break-even    = the first week from which the mean of c stays above 0
    new level     = mean of d over the last third of the weeks
    drift         = mean of d over the later half of these, less that over the earlier half

Dip and level have t intervals over replications, over an ensemble with what the data leave open; that of the dip is of
the week where it is deepest. Break-even has the weeks from which the upper and the lower end of the interval of c stay
above 0; over an ensemble the weeks share the median of their degrees of freedom, which single weeks tell badly. A week
is told as not reached where the horizon ends before; what comes after the horizon nobody knows, so a change may pay off
later than this can see. A dip is looked for where it is deepest, so where there is none noise makes
a small one: its interval then holds 0. Where the interval of the drift leaves 0 out, the level is not reached yet.

Weeks count from the change; where it is dated before the first week shown, from that week. Units: amounts or items, per
week. Source: definitions of the field; break-even as payback on cumulated cash flow; J-curve of change as a dip before
a gain. Moving averages as in Law, Simulation Modeling and Analysis (5th ed., 2015), 9.5.1.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final, Literal, NamedTuple

import numpy as np

from twin.estimate import LEVEL, Estimate, Values
from twin.experiment import Results
from twin.instants import utc
from twin.joining import tick_of
from twin.member import Changes
from twin.metrics import WEEKLY, Figure
from twin.spec import Twin
from twin.uncertainty import Numbers, sources_of, t_factor, total_estimate
from twin.units import WEEK
from twin.yardstick import Window

SPAN: Final = 2
"""Weeks to either side over which a week is smoothed."""
LEAST_WEEKS: Final = 6
"""Fewer weeks after a change say nothing of a level."""

Measure = Literal["total cost", "items done"]


class Weeks(NamedTuple):
    """What a side gave week by week."""

    figures: tuple[Figure, ...]
    weekly: Values  # (replications, weeks, 3 or 4) as in `twin.metrics.Measured`
    members: Numbers | None = None  # of the ensemble's twins, shape (replications,)


class Curve(NamedTuple):
    """A mean with the ends of its 95 % interval, each of shape (weeks,)."""

    mean: Values
    low: Values
    high: Values


class BreakEven(NamedTuple):
    """From which week on a change has paid for itself; None where the horizon ends before."""

    week: int | None
    earliest: int | None
    latest: int | None


class Transition(NamedTuple):
    """What a change does over time."""

    scenario: str
    measure: Measure
    unit: str  # of a week's gain
    weeks: int  # from the change to the horizon's end
    late: int  # weeks by which the change came before the first week shown
    dip_week: int | None
    dip: Estimate | None
    break_even: BreakEven
    level: Estimate
    drift: Estimate
    cumulated: Curve
    identical: bool  # no week differs in any replication


def transitions(results: Results) -> tuple[Transition, ...]:
    """Look at every scenario with a dated change, in total cost where that is known, and in items done.

    Parameters
    ----------
    results
        Paired replications, the baseline first.
    """
    run, base = results.experiment.run, results.runs[0]
    window = (run.warm_up, run.warm_up + run.length)
    found = []
    for other in results.runs[1:]:
        at = first_date(base.candidate.twin, other.candidate.twin, other.candidate.changes)
        sides = (Weeks(run.figures, run.weekly, run.members) for run in (base, other))
        found += [] if at is None else list(between(other.candidate.name, *sides, at=at, window=window))
    return tuple(found)


def first_date(base: Twin, twin: Twin, changes: Changes) -> int | None:
    """Give the tick at which a scenario first differs by a date: a dated change, or people who join or leave."""
    before = _dates(base)
    within = {at for each in (twin, *(later for _, later in changes)) for at in _dates(each)}
    dates = {at for at, _ in changes} | (within - before)
    return min((tick_of(at, base.start, base.clock.zone) for at in dates), default=None)


def between(name: str, base: Weeks, changed: Weeks, *, at: int, window: Window) -> Iterator[Transition]:
    """Look at the weeks of a baseline and a scenario.

    Parameters
    ----------
    name
        Of the scenario.
    base, changed
        The same replications of both.
    at
        Tick of the change.
    window
        Ticks that the weeks are of.
    """
    first = max(at - window[0], 0) // WEEK
    late = max(window[0] - at, 0) // WEEK
    if at >= window[1] or base.weekly.shape[1] - first < LEAST_WEEKS or len(base.weekly) < 2:
        return
    units = [{each.unit for each in side.figures if each.metric == "total_cost"} for side in (base, changed)]
    if units[0] and units[0] == units[1]:
        cost = len(WEEKLY)
        gains = base.weekly[:, first:, cost] - changed.weekly[:, first:, cost]
        yield transition(name, "total cost", units[0].pop(), gains, base.members, late=late)
    done = WEEKLY.index("throughput")
    gains = changed.weekly[:, first:, done] - base.weekly[:, first:, done]
    yield transition(name, "items done", "items/week", gains, base.members, late=late)


def transition(
    name: str, measure: Measure, unit: str, gains: Values, members: Numbers | None = None, *, late: int = 0
) -> Transition:
    """Find dip, break-even and new level.

    Parameters
    ----------
    name, measure, unit
        What it is of.
    gains
        By replication and week from the change on, shape (replications, weeks); positive is good.
    members
        The number of the ensemble's twin of each replication; None where all are of one.
    late
        Weeks by which the change came before the first of them.
    """
    cumulated = gains.cumsum(axis=1)
    curve = _curve(cumulated, members)
    turn = int(curve.mean.argmin())
    dip = None
    if curve.mean[turn] < 0:
        smoothed = _smoothed(gains)
        dip = int(smoothed.mean(axis=0)[: turn + 1].argmin())
    last = gains[:, gains.shape[1] - gains.shape[1] // 3 :]
    half = last.shape[1] // 2
    drift = last[:, last.shape[1] - half :].mean(axis=1) - last[:, :half].mean(axis=1)
    return Transition(
        name,
        measure,
        unit,
        gains.shape[1],
        late,
        None if dip is None else dip + 1,
        None if dip is None else total_estimate(smoothed[:, dip], members),
        BreakEven(*(_stays_above(ends) for ends in (curve.mean, curve.high, curve.low))),
        total_estimate(last.mean(axis=1), members),
        total_estimate(drift, members),
        curve,
        not gains.any(),
    )


def _dates(twin: Twin) -> set[datetime]:
    """List when people join or leave."""
    groups = (group for team in twin.teams.values() for group in team.groups())
    return {utc(at, twin.clock.zone) for group in groups for at in (group.joins, group.leaves) if at is not None}


def _smoothed(gains: Values) -> Values:
    """Take each week together with those beside it, shape (replications, weeks)."""
    weeks = gains.shape[1]
    spans = [slice(max(week - SPAN, 0), week + SPAN + 1) for week in range(weeks)]
    return np.stack([gains[:, span].mean(axis=1) for span in spans], axis=1)


def _curve(values: Values, members: Numbers | None) -> Curve:
    found = [sources_of(column, members) for column in values.T]
    mean, error = values.mean(axis=0), np.sqrt([each.total for each in found])
    half_width = t_factor(float(np.median([each.freedom for each in found])), LEVEL) * error
    return Curve(mean, mean - half_width, mean + half_width)


def _stays_above(curve: Values) -> int | None:
    """Give the first week, from 1, from which a curve stays above 0."""
    below = np.flatnonzero(curve <= 0)
    first = int(below[-1]) + 1 if below.size else 0
    return first + 1 if first < curve.size else None
