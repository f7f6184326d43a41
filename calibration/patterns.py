"""The week's pattern of demand, with weeks weighed anew.

Arrivals are counted by week and hour of the local week. A slot of the pattern moves by what the weights change about
its hour of the day and its weekday, each drawn towards no change by a few arrivals,

    f <- f · (y_w + a) / (y_1 + a),      a = 4,      y the arrivals at that hour, or on that weekday;

where the pattern has 168 free slots, by the slot itself. The mean of the pattern stays. Where nobody recorded when
items came, y_w counts arrivals drawn anew under the week so moved.
"""

from typing import Final, NamedTuple

import numpy as np

from calibration.completeness import arrivals_of
from calibration.observed import Floats
from calibration.presence import SLOTS, local_hours
from twin.arrivals import DAYS, WeekPattern
from twin.eventlog import EventLog

PRIOR: Final = 4.0
"""Arrivals' worth that no change counts."""
HOURS: Final = 24
DIGITS: Final = 3


class Weeks(NamedTuple):
    """Arrivals of a work type."""

    counts: Floats  # (weeks, SLOTS), Monday's first hour first
    first: int = 0  # hour in which the first week begins, Monday's first hour of the week of tick 0 is 0


def weeks_of(log: EventLog, work: str, like: Weeks | None = None) -> Weeks:
    """Count arrivals by week and hour of the week; in the same weeks as others where these are given."""
    arrived, _ = arrivals_of(log, work)
    hour = local_hours(arrived, start=log.start, zone=log.zone)
    first = int(hour.min()) // SLOTS * SLOTS if like is None else like.first
    weeks = (int(hour.max()) - first) // SLOTS + 1 if like is None else len(like.counts)
    inside = hour[(hour >= first) & (hour < first + weeks * SLOTS)] - first
    counts = np.bincount(inside, minlength=weeks * SLOTS).reshape(weeks, SLOTS).astype(np.float64)
    return Weeks(counts, first)


def pattern_again(
    pattern: WeekPattern, weeks: Weeks, anew: Floats, *, free: bool, drawn: Weeks | None = None
) -> WeekPattern:
    """Move a pattern by what weighing weeks anew changes.

    Parameters
    ----------
    pattern
        As it was learned; one that is not in hours of the day stays.
    weeks
        Arrivals seen.
    anew
        Weight of each week, with mean 1, shape (weeks,).
    free
        Whether each slot of the week has a weight of its own.
    drawn
        Arrivals that are weighed instead, in the same weeks, where they were drawn anew.
    """
    days = {name: value for name, value in pattern if value is not None}
    if any(len(value) != HOURS for value in days.values()):
        return pattern
    by_hour, ratio = _changes(weeks, weeks if drawn is None else drawn, anew, free=free)
    moved = {name: by_hour if name == "every" else ratio[DAYS.index(name)] for name in days}
    return WeekPattern.model_validate(
        {name: [float(f"{f:.{DIGITS}g}") for f in (np.array(days[name]) * moved[name]).tolist()] for name in days}
    )


def week_again(weeks: Weeks, anew: Floats, *, free: bool) -> Floats:
    """Give how many times as busy each hour of the week is with weeks weighed anew, shape (SLOTS,)."""
    return _changes(weeks, weeks, anew, free=free)[1].ravel()


def _changes(weeks: Weeks, drawn: Weeks, anew: Floats, *, free: bool) -> tuple[Floats, Floats]:
    """Give by how much hours of the day and hours of the week change, shapes (HOURS,) and (days, HOURS)."""
    was, now = (each.reshape(len(DAYS), HOURS) for each in (weeks.counts.sum(axis=0), anew @ drawn.counts))
    by_hour, by_day = (_ratio(now.sum(axis=axis), was.sum(axis=axis)) for axis in (0, 1))
    return by_hour, _ratio(now, was) if free else by_hour[None, :] * by_day[:, None]


def _ratio(now: Floats, was: Floats) -> Floats:
    return (now + PRIOR) / (was + PRIOR)
