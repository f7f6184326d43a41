"""Lay out demand in time: each type's expected number of arrivals as a piecewise-linear clock.

Over a horizon the clock C(t) has a breakpoint wherever the rate changes: at the edges of pattern slots, at dated
changes and at the ends. Slots are local wall time, converted to UTC before anything is subtracted.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from twin.arrivals import MINUTES_PER_DAY, Arrivals, Listed, NoArrivals, Poisson, WeekPattern
from twin.demand import GAP_UNIT, Intake
from twin.distributions import Distribution, Exponential, mean, scaled
from twin.errors import InputError, Problem
from twin.eventlog import Labels
from twin.instants import parse_instant, utc
from twin.sampling import quantile_table
from twin.spec import Twin
from twin.units import DAY, MINUTE, WEEK, format_duration
from twin.zones import time_zone

Floats = NDArray[np.float64]


def intakes(spans: list[tuple[int, Twin]], labels: Labels, codes: tuple[int, ...], until: int) -> tuple[Intake, ...]:
    """Lay out the arrivals of every work type until a tick, through all dated changes."""
    return tuple(
        _intake(index, name, codes[index], [(since, twin) for since, twin in spans if since < until], labels, until)
        for index, name in enumerate(labels.works)
    )


def _intake(
    index: int, name: str, code: int, spans: list[tuple[int, Twin]], labels: Labels, until: int
) -> Intake:  # fmt: skip
    kinds = [
        (since, twin.work[name].arrivals if name in twin.work else NoArrivals(kind="none")) for since, twin in spans
    ]
    flowing = [arrivals for _, arrivals in kinds if not isinstance(arrivals, Listed | NoArrivals)]
    listed = [(since, arrivals) for since, arrivals in kinds if isinstance(arrivals, Listed)]
    if flowing and listed:
        raise InputError(Problem("a dated change cannot mix listed arrivals with a rate", f"work.{name}.arrivals"))
    ends = [since for since, _ in kinds[1:]] + [until]
    instants = [
        tick
        for (since, arrivals), end in zip(kinds, ends, strict=True)
        if isinstance(arrivals, Listed)
        for tick in _listed(arrivals, labels)
        if since <= tick < end
    ]
    ticks, expected = _clock(kinds, ends, labels) if flowing else (np.empty(0), np.empty(0))
    gaps = quantile_table(_unit_gaps(flowing[0])) if flowing else np.empty(0)
    return Intake(index, code, gaps, ticks, expected, np.array(sorted(instants), np.int64))


def _listed(arrivals: Listed, labels: Labels) -> list[int]:
    instants = [utc(parse_instant(text), labels.zone) for text in arrivals.at]
    return [round((at - labels.start).total_seconds() * 1000) for at in instants]


def _unit_gaps(arrivals: Arrivals) -> Distribution:
    """Give the gaps' distribution with mean `GAP_UNIT`."""
    if isinstance(arrivals, Poisson):
        return Exponential(kind="exponential", mean=format_duration(GAP_UNIT))  # type: ignore[arg-type]  # read as text
    assert not isinstance(arrivals, Listed | NoArrivals)  # noqa: S101 - tells the type checker
    return scaled(arrivals.gap, GAP_UNIT / mean(arrivals.gap))


def _clock(kinds: list[tuple[int, Arrivals]], ends: list[int], labels: Labels) -> tuple[Floats, Floats]:
    """Join the phases' clocks end to end."""
    ticks, expected = [np.zeros(1)], [np.zeros(1)]
    for (since, arrivals), end in zip(kinds, ends, strict=True):
        if isinstance(arrivals, Listed | NoArrivals):
            edges, rates = np.array([since, end], float), np.zeros(1)
        else:
            per_tick = arrivals.rate / WEEK if isinstance(arrivals, Poisson) else 1 / mean(arrivals.gap)
            edges, weights = _slots(arrivals.pattern, since, end, labels)
            rates = per_tick * weights
        ticks.append(edges[1:])
        expected.append(expected[-1][-1] + np.cumsum(np.diff(edges) * rates))
    return np.concatenate(ticks), np.concatenate(expected)


def _slots(pattern: WeekPattern | None, since: int, end: int, labels: Labels) -> tuple[Floats, Floats]:
    """Give slot edges in ticks, shape (slots + 1,), and how demand in each compares with the week's mean."""
    if pattern is None:
        return np.array([since, end], float), np.ones(1)
    average = sum(sum(day) / len(day) for day in (pattern.day(index) for index in range(7))) / 7
    zone, edges, weights = time_zone(labels.zone), [], []
    day = (labels.start + timedelta(milliseconds=since)).astimezone(zone).date()
    begins = _midnight(day, zone, labels.start)
    while begins < end:
        following = day + timedelta(days=1)
        finishes = _midnight(following, zone, labels.start)
        slots = pattern.day(day.weekday())
        edges.append(_slot_edges(day, begins, finishes, len(slots), zone))
        weights.append(np.array(slots) / average)
        day, begins = following, finishes
    edge = np.clip(np.concatenate([*edges, [float(begins)]]), since, end)
    return edge, np.concatenate(weights)


def _slot_edges(day: date, begins: int, finishes: int, slots: int, zone: ZoneInfo) -> Floats:
    """Give the instants at which a day's slots begin; a slot in the gap of a clock change has no length."""
    minutes = np.arange(slots) * (MINUTES_PER_DAY // slots)
    if finishes - begins == DAY:
        return (begins + minutes * MINUTE).astype(float)
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    walls = [(midnight + timedelta(minutes=int(m))).astimezone(UTC) for m in minutes]
    since_midnight = [(wall - midnight.astimezone(UTC)) / timedelta(milliseconds=1) for wall in walls]
    return np.maximum.accumulate(np.minimum(begins + np.array(since_midnight), finishes))


def _midnight(day: date, zone: ZoneInfo, start: datetime) -> int:
    at = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    return round((at - start).total_seconds() * 1000)
