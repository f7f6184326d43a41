"""Shifts that are held now and then: which weeks hold them in one replication, and what to expect of them.

Each shift is held in a week with its share p, for all who follow the calendar together:

    held in week w  <=>  u(calendar, weekday and place, w) < p,        expected hours = regular + sum of p x length

The draw is named by the replication, the calendar's name, the week and the shift, so a scenario with other shares holds
the same shifts and more, or fewer. Hours are laid out ahead of a run as if every shift were held; what rests is taken
out of them for each replication. A shift goes into the week in which it begins.

Units: ticks (milliseconds) since the start, UTC; weeks are counted from Monday 0001-01-01. Source: elementary.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.calendars import WEEKDAYS, Calendar, beside, by_weekday, hours_per_week, shifts, timeline
from twin.streams import Purpose, uniforms
from twin.timelines import Timeline, timeline_of, without, worked_at
from twin.units import HOUR, MINUTE
from twin.zones import EPOCH, Ticks

MOST_PLACES: Final = 1 << 12
"""More than the shifts that a day has room for, each a minute long."""

HELD: Final = 2
"""Draw of an absence that says whether a shift is held; the first two are those of illness."""

Floats = NDArray[np.float64]
Shift = tuple[int, int, tuple[int, int]]
"""Weekday, place among the shifts that are written for it, and minutes since its midnight."""


class Shifts(NamedTuple):
    """Occasional shifts of a calendar; every array has shape (shifts,)."""

    entry: Ticks  # place in the calendar's list
    number: Ticks  # weekday and place within it, which name the draw
    week: Ticks  # since Monday 0001-01-01
    share: Floats  # chance that it is held
    opens: Ticks
    closes: Ticks


class Followers(NamedTuple):
    """Hours of a plan that follow a calendar with occasional shifts."""

    code: int  # 32-bit name of the calendar
    shifts: Shifts
    numbers: tuple[int, ...]  # of the hours among those of the plan


def occasional_shifts(calendar: Calendar, *, zone: str, start: datetime, until: int, since: int = 0) -> Shifts:
    """Lay out all occasional shifts that a calendar may hold.

    Parameters
    ----------
    calendar, zone, start, until, since
        As `twin.calendars.timeline` takes them.
    """
    columns: list[tuple[Ticks, ...]] = []
    for entry, number, share, week in _entries(calendar):
        dates, opens, closes = shifts(calendar, week, zone=zone, start=start, until=until, since=since)
        columns.append(
            (
                np.full(dates.size, entry), np.full(dates.size, number), (dates + EPOCH.toordinal() - 1) // 7,
                np.full(dates.size, share), opens, closes,
            )
        )  # fmt: skip
    if not columns:
        none = np.zeros(0, np.int64)
        return Shifts(none, none, none, np.zeros(0), none, none)
    return Shifts(*(np.concatenate(column) for column in zip(*columns, strict=True)))


def _entries(calendar: Calendar) -> Iterator[tuple[int, int, float, tuple[tuple[tuple[int, int], ...], ...]]]:
    """List every shift of the week with its entry, its number, its share, and a week that has nothing else."""
    for entry, each in enumerate(calendar.occasional):
        for weekday, place, shift in _written(each.hours):
            alone = [()] * weekday + [beside(calendar, weekday, shift)] + [()] * (len(WEEKDAYS) - 1 - weekday)
            yield entry, weekday * MOST_PLACES + place, each.share, tuple(alone)


def _written(hours: dict[str, str]) -> Iterator[Shift]:
    for weekday, ranges in enumerate(by_weekday(hours)):
        yield from ((weekday, place, shift) for place, shift in enumerate(ranges))


def laid_out(calendar: Calendar | None, *, zone: str, start: datetime, until: int, since: int = 0) -> Timeline:
    """Lay a calendar out as `twin.calendars.timeline` does, with every occasional shift as if all were held."""
    hours = timeline(calendar, zone=zone, start=start, until=until, since=since)
    if calendar is None or not calendar.occasional:
        return hours
    found = occasional_shifts(calendar, zone=zone, start=start, until=until, since=since)
    opens, closes = np.concatenate([hours.opens, found.opens]), np.concatenate([hours.closes, found.closes])
    return timeline_of(opens, closes, since=hours.since, until=hours.until)


def useless_shifts(calendar: Calendar) -> Iterator[tuple[int, str]]:
    """Find occasional shifts that change nothing or happen always; gives the place of each in the list, and why."""
    beside_hours = {entry for entry, _, _, week in _entries(calendar) if any(week)}
    for entry, each in enumerate(calendar.occasional):
        if each.share == 0:
            yield entry, "0 % of weeks: it is never held"
        elif entry not in beside_hours:
            yield entry, "lies within the regular hours, so it changes nothing"
        elif each.share == 1 and each.people == 1:
            yield entry, "held every week by everybody; write its hours into the regular ones"


def rested(followers: Followers, *, seed: int, replication: int) -> tuple[Ticks, Ticks]:
    """Draw the shifts that are not held in a replication; gives their beginnings and ends."""
    found = followers.shifts
    rests = np.zeros(found.week.size, np.bool_)
    for number in np.unique(found.number).tolist():
        mine = found.number == number
        drawn = uniforms(
            seed=seed, replication=replication, place=followers.code, work=number, numbers=found.week[mine],
            visit=0, purpose=Purpose.ABSENCE, draw=HELD,
        )  # fmt: skip
        rests[mine] = drawn >= found.share[mine]
    return found.opens[rests], found.closes[rests]


def coming(count: int, people: float) -> int:
    """Give how many of a group come to a shift, by its share of people: one at least."""
    return min(count, max(1, int(count * people + 0.5)))


def cuts(calendar: Calendar | None, count: int) -> frozenset[int]:
    """Give where a group is cut, counted from its first, into people who come to the same shifts."""
    return frozenset() if calendar is None else frozenset(coming(count, each.people) for each in calendar.occasional)


def without_others(hours: Timeline, calendar: Calendar, found: Shifts, place: int, count: int) -> Timeline:
    """Take the shifts out of hours to which the person at a place of a group of so many does not come."""
    others = [entry for entry, each in enumerate(calendar.occasional) if place >= coming(count, each.people)]
    away = np.isin(found.entry, others)
    return without(hours, found.opens[away], found.closes[away]) if others else hours


def expected_hours_per_week(calendar: Calendar | None, count: int = 1) -> float:
    """Count the hours of a week of one of a group of so many, on average over weeks and people.

    Holidays and closed days are left out of account, as `twin.calendars.hours_per_week` does.
    """
    regular = hours_per_week(calendar)
    if calendar is None or not calendar.occasional or not count:
        return regular
    lasting = dict.fromkeys(range(len(calendar.occasional)), 0)
    for entry, _, _, week in _entries(calendar):
        lasting[entry] += sum(close - opening for ranges in week for opening, close in ranges)
    return regular + sum(
        each.share * coming(count, each.people) / count * minutes * MINUTE / HOUR
        for each, minutes in zip(calendar.occasional, lasting.values(), strict=True)
    )


class Expected(NamedTuple):
    """Hours, and what of them may rest: stretches whose shifts have one chance go together."""

    hours: Timeline  # as if every shift were held
    may_rest: tuple[tuple[float, Timeline], ...] = ()  # chance to rest, stretches


def expected(hours: Timeline, found: Shifts | None) -> Expected:
    """Say of hours that hold all occasional shifts which of them may rest; None where there are no such shifts."""
    if found is None:
        return Expected(hours)
    parts = []
    for share in np.unique(found.share).tolist():
        mine = found.share == share
        others = without(hours, found.opens[mine], found.closes[mine])
        parts.append((1 - share, without(hours, others.opens, others.closes)))
    return Expected(hours, tuple((chance, part) for chance, part in parts if chance and part.opens.size))


def expected_at(each: Expected, ticks: Ticks) -> Ticks:
    """Count working ticks up to instants on average, as `twin.timelines.worked_at` does; to the nearest tick."""
    worked = worked_at(each.hours, ticks)
    if not each.may_rest:
        return worked
    lost = sum((chance * worked_at(part, ticks) for chance, part in each.may_rest), np.zeros(ticks.shape))
    return worked - np.round(lost).astype(np.int64)


def edges_of(each: Expected) -> Iterator[Ticks]:
    """Give the instants between which working time grows evenly."""
    for hours in (each.hours, *(part for _, part in each.may_rest)):
        yield from (hours.opens, hours.closes)
