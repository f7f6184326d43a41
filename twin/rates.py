"""How many items are expected until when: the clock C(t) of arrivals with a rate.

C is piecewise linear. Its rate is the mean rate times the factors of pattern, season, growth and dated bursts; it has a
breakpoint at the edges of pattern slots, at local midnights where there is a season, and where a burst begins or ends.
Growth g per year makes the rate proportional to (1 + g)^(t / year). Slots are cut so that it changes by at most 2e-4
within one and each has its exact mean: C is exact at every breakpoint, and the rate is off by at most 1e-4 of itself.

Random bursts are not in C, which is the same for every replication (`twin.demand` adds them); where expected numbers
are asked for, they are in at their mean. Units: ticks; local times become UTC before anything is subtracted.
"""

import math
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from twin.arrivals import (
    MINUTES_PER_DAY,
    Arrivals,
    Flowing,
    Poisson,
    Recurring,
    Scheduled,
    WeekPattern,
    burst_factor,
    mean_size,
)
from twin.calendars import weekdays
from twin.distributions import mean
from twin.releases import Frame, released
from twin.seasons import MONTHS, DatedBurst
from twin.units import DAY, MINUTE, WEEK
from twin.zones import EPOCH, time_zone, to_utc

YEAR: Final = 365.25 * DAY
PATTERNS: Final = 64
"""Weeks kept laid out."""
FINEST: Final = 2e-4
"""How much growth may change the rate within a slot, as a share of it."""

Floats = NDArray[np.float64]


def clock(arrivals: Flowing, since: int, end: int, frame: Frame) -> tuple[Floats, Floats]:
    """Lay out the expected number of arrivals between two ticks, without random bursts.

    Returns
    -------
    tuple
        Breakpoints in ticks and arrivals since the first of them, both of shape (breakpoints,).
    """
    per_tick = arrivals.rate / WEEK if isinstance(arrivals, Poisson) else 1 / mean(arrivals.gap)
    edges, factors = _slots(arrivals.pattern, arrivals.season, since, end, frame)
    if arrivals.growth:
        edges, factors = _grown(edges, factors, math.log1p(arrivals.growth) / YEAR, frame)
    expected = np.concatenate([[0.0], np.cumsum(np.diff(edges) * (per_tick * factors))])
    for burst in arrivals.bursts:
        if isinstance(burst, DatedBurst):
            bounds = np.clip([frame.tick(burst.since), frame.tick(burst.until)], since, end)
            edges, expected = raised(edges, expected, bounds, burst.factor)
    return edges, expected


def raised(ticks: Floats, expected: Floats, bounds: NDArray[np.int64], factor: float) -> tuple[Floats, Floats]:
    """Let a clock run faster within windows.

    Parameters
    ----------
    ticks, expected
        The clock's breakpoints and what it shows there, both of shape (breakpoints,), the first 0.
    bounds
        Begin and end of each window in turn, in order, shape (2 * windows,).
    factor
        How many times as fast it runs within.
    """
    cut = np.union1d(ticks, bounds[(bounds > ticks[0]) & (bounds < ticks[-1])])
    within = np.searchsorted(bounds, (cut[:-1] + cut[1:]) / 2) % 2 == 1
    steps = np.diff(np.interp(cut, ticks, expected))
    return cut, np.concatenate([[0.0], np.cumsum(np.where(within, steps * factor, steps))])


def expected_items(arrivals: Arrivals, at: Floats, frame: Frame) -> Floats:
    """Give the expected number of items that have arrived since tick 0 before some ticks, shape as `at`."""
    until = max(1, math.ceil(at.max()))
    expected = np.zeros(at.shape)
    if isinstance(arrivals, Scheduled):
        ticks = released(arrivals, frame, until)
        expected = np.searchsorted(ticks[ticks >= 0], at).astype(float)
    elif isinstance(arrivals, Flowing):
        expected = np.interp(at, *clock(arrivals, 0, until, frame)) * burst_factor(arrivals)
    items: Floats = expected * mean_size(arrivals)
    return items


def items_per_week(arrivals: Arrivals) -> float:
    """Give the mean number of items in a week at the twin's start, over the seasons; of what does not recur none."""
    per_week = 0.0
    if isinstance(arrivals, Flowing):
        mean_rate = arrivals.rate if isinstance(arrivals, Poisson) else WEEK / mean(arrivals.gap)
        per_week = mean_rate * _mean_season(arrivals.season) * burst_factor(arrivals)
    elif isinstance(arrivals, Recurring):
        on_weekdays = arrivals.on is not None
        per_week = len(weekdays(arrivals.on)) * WEEK / (arrivals.every or WEEK) if on_weekdays else 12 * WEEK / YEAR
    return per_week * mean_size(arrivals)


def _mean_season(season: dict[str, float]) -> float:
    """Give the mean factor over a year of equal months, or of 52 weeks."""
    parts = 12 if set(season) <= set(MONTHS) else 52
    named = [factor for name, factor in season.items() if name != "w53"]
    return (parts - len(named) + sum(named)) / parts


def _slots(
    pattern: WeekPattern | None, season: dict[str, float], since: int, end: int, frame: Frame
) -> tuple[Floats, Floats]:
    """Give slot edges in ticks, shape (slots + 1,), and how demand in each compares with the mean of a usual week."""
    if pattern is None and not season:
        return np.array([since, end], float), np.ones(1)
    week = tuple(tuple(pattern.day(index)) if pattern else (1.0,) for index in range(7))
    return _laid_out(week, tuple(season.items()), since, end, frame)


@lru_cache(maxsize=PATTERNS)
def _laid_out(
    week: tuple[tuple[float, ...], ...], seasons: tuple[tuple[str, float], ...], since: int, end: int, frame: Frame
) -> tuple[Floats, Floats]:
    """Lay the days of a week out in time, read-only: the scenarios of a twin have the same, and it takes long."""
    season, average = dict(seasons), sum(sum(day) / len(day) for day in week) / 7
    zone, edges, weights = time_zone(frame.zone), [], []
    day = frame.local_date(frame.start + timedelta(milliseconds=since))
    begins = _midnight(day, zone, frame.start)
    while begins < end:
        following = day + timedelta(days=1)
        finishes = _midnight(following, zone, frame.start)
        slots = week[day.weekday()]
        edges.append(_slot_edges(day, begins, finishes, len(slots), zone))
        weights.append(np.array(slots) / average * _season_factor(season, day))
        day, begins = following, finishes
    edge, weight = np.clip(np.concatenate([*edges, [float(begins)]]), since, end), np.concatenate(weights)
    edge.setflags(write=False)
    weight.setflags(write=False)
    return edge, weight


def _season_factor(season: dict[str, float], day: date) -> float:
    by_week = season.get(f"w{day.isocalendar().week}", 1.0) if season else 1.0
    return season.get(MONTHS[day.month - 1], by_week)


def _slot_edges(day: date, begins: int, finishes: int, slots: int, zone: ZoneInfo) -> Floats:
    """Give the instants at which a day's slots begin; a slot in the gap of a clock change has no length."""
    minutes = np.arange(slots) * (MINUTES_PER_DAY // slots)
    if finishes - begins == DAY:
        return (begins + minutes * MINUTE).astype(float)
    instants = to_utc((day - EPOCH.date()).days * DAY + minutes * MINUTE, zone)
    edges: Floats = (begins + instants - instants[0]).astype(np.float64)
    return edges


def _midnight(day: date, zone: ZoneInfo, start: datetime) -> int:
    at = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    return round((at - start).total_seconds() * 1000)


def _grown(edges: Floats, factors: Floats, speed: float, frame: Frame) -> tuple[Floats, Floats]:
    """Let rates grow by exp(speed t) from the twin's start on, each slot cut fine enough and at its exact mean."""
    parts = np.maximum(1, np.ceil(np.diff(edges) * abs(speed) / FINEST)).astype(np.int64)
    first = np.repeat(edges[:-1], parts)
    width = np.repeat(np.diff(edges) / parts, parts)
    within = np.arange(parts.sum()) - np.repeat(np.cumsum(parts) - parts, parts)
    cut = np.append(first + within * width, edges[-1])
    origin = frame.tick(frame.twin_start)
    growth = np.array([_mean_growth(speed, at - origin, wide) for at, wide in zip(cut[:-1], np.diff(cut), strict=True)])
    return cut, np.repeat(factors, parts) * growth


def _mean_growth(speed: float, at: float, wide: float) -> float:
    """Average exp(speed t) over a slot: exp is the platform's for one number, as NumPy's differs between processors."""
    over = speed * wide
    return math.exp(speed * at) * (math.expm1(over) / over if over else 1.0)
