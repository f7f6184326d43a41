"""Calendars say when people work, in wall time, as people write it.

A `Calendar` is a weekly pattern without its pauses, public holidays and closed days. `timeline` lays it out in ticks
(milliseconds) since the start, UTC. A shift belongs to the local date on which it begins: a holiday cancels the night
shift that begins on it, not the one that ends on it. Around a change of the clocks the rule of `twin.zones` holds.
Shifts that are held in some weeks only are not part of the pattern; `twin.occasional` lays them out.

Source of the public holidays: `twin.public_holidays`.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Annotated, Self

import numpy as np
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from twin.part import Part, Several
from twin.public_holidays import holidays_of
from twin.timelines import (
    Timeline,
    advance,
    advance_many,
    is_open,
    next_open,
    timeline_of,
    worked_at,
    working_ticks,
)
from twin.units import DAY, HOUR, MILLISECOND, MINUTE, WEEK, Share
from twin.written_hours import (
    ALWAYS,
    WEEKDAYS,
    ClosedText,
    DaysText,
    HolidayText,
    HoursText,
    Ranges,
    closed_dates,
    holiday_code,
    hours_of,
    listed,
    weekdays,
)
from twin.zones import EPOCH, Ticks, ZoneName, time_zone, to_utc

__all__ = [
    "WEEKDAYS",
    "Calendar",
    "DaysText",
    "Timeline",
    "advance",
    "advance_many",
    "describe",
    "hours_per_week",
    "is_open",
    "never_opens",
    "next_open",
    "time_zone",
    "timeline",
    "weekdays",
    "worked_at",
    "working_ticks",
]

Week = tuple[Ranges, ...]
"""Shifts of each weekday, Monday first, as minutes since its midnight."""


def _above_zero(share: float) -> float:
    if share == 0:
        raise ValueError("nobody ever comes; write a share of people above 0 %, or leave the shift out")
    return share


class Occasional(Part):
    """Shifts beside the regular hours, held in some weeks: ``{hours: {sat: 09:00-13:00}, share: 10 %}``."""

    hours: Annotated[dict[DaysText, HoursText], Field(min_length=1)]
    """Wall time by days: {sat, sun: 10:00-14:00}; what lies within the regular hours changes nothing."""
    share: Share
    """Of the weeks in which each of these shifts is held, one by chance apart from another: 10 %."""
    people: Annotated[Share, AfterValidator(_above_zero)] = 1.0
    """Of each group that follows the calendar, those who come; always the first of them, and one at least: 30 %."""

    @model_validator(mode="after")
    def _reads_as_a_week(self) -> Self:
        by_weekday(self.hours)
        return self


class Calendar(Part):
    """Say when people work: days, hours and pause, or the hours of each day as week."""

    days: DaysText | None = None
    """Days of the week: mon-fri, or mon, wed-fri. If left out mon-fri, or every day where the hours are always."""
    hours: HoursText | None = None
    """Wall time: 09:00-17:30; several ranges with commas; 22:00-06:00 ends the next day; always."""
    pause: HoursText | None = None
    """Taken out of the hours: 12:30-13:00."""
    week: dict[DaysText, HoursText] | None = None
    """Instead of days, hours and pause: {mon-thu: "09:00-12:00, 13:00-17:30", fri: "09:00-14:00"}."""
    holidays: HolidayText | None = None
    """Public holidays of a country or a subdivision: DE, DE-BE."""
    closed: Annotated[Several[ClosedText], BeforeValidator(listed)] = ()
    """Further dates without work: [2026-12-24, 2026-12-27..2026-12-31]."""
    zone: ZoneName | None = None
    """IANA time zone: America/New_York. The twin's, if left out."""
    occasional: Several[Occasional] = ()
    """Shifts that are held in some weeks only: [{hours: {sat: 09:00-13:00}, share: 10 %}]; no SLA clock counts them."""

    @model_validator(mode="after")
    def _one_form_with_hours(self) -> Self:
        short = [name for name in ("days", "hours", "pause") if getattr(self, name) is not None]
        if self.week is not None and short:
            raise ValueError(f"week and {short[0]} are two ways to say the same. Keep week, or days, hours and pause")
        if self.week is None and self.hours is None:
            raise ValueError(
                "hours are missing. Write hours: 09:00-17:30, or hours: always, or week: {mon: 09:00-17:30}"
            )
        if not any(pattern(self)):
            raise ValueError("there are no working hours in the week")
        if (
            self.occasional
            and np.max(np.sum([_minutes(by_weekday(each.hours)) for each in self.occasional], axis=0)) > 1
        ):
            raise ValueError("occasional: two of the shifts overlap, so it is not clear how often they are held")
        return self


def timeline(calendar: Calendar | None, *, zone: str, start: datetime, until: int, since: int = 0) -> Timeline:
    """Lay a calendar out in time.

    Parameters
    ----------
    calendar
        The calendar, or None for round the clock.
    zone
        IANA name of the zone where the calendar names none.
    start
        The instant of tick 0, aware and in UTC.
    until, since
        Ticks between which to lay out; `since` may be negative.

    Raises
    ------
    ValueError
        Where `since` lies after `until`, `start` is not in UTC or the zone is unknown.
    """
    if start.utcoffset() != timedelta():
        raise ValueError(f"{start} is not an instant in UTC")
    if calendar is None:
        return timeline_of(np.array([since]), np.array([until]), since=since, until=until)
    _, opens, closes = shifts(calendar, pattern(calendar), zone=zone, start=start, until=until, since=since)
    return timeline_of(opens, closes, since=since, until=until)


def shifts(
    calendar: Calendar, week: Week, *, zone: str, start: datetime, until: int, since: int
) -> tuple[Ticks, Ticks, Ticks]:
    """Lay the shifts of a week out on the dates on which a calendar is not closed.

    Parameters
    ----------
    calendar
        Says on which dates nobody works, and in which zone the hours are.
    week
        Each weekday's shifts.
    zone, start, until, since
        As `timeline` takes them.

    Returns
    -------
    int64 (shifts,) each: the date as days since 1970-01-01, and opening and closing in ticks. Shifts near `since` and
    `until` may lie outside.
    """
    local = time_zone(calendar.zone or zone)
    origin = (start - EPOCH) // timedelta(milliseconds=MILLISECOND)
    # A shift ends within two days of its date, and local dates are up to a day away from those of UTC.
    days = np.arange((origin + since) // DAY - 3, (origin + until) // DAY + 2, dtype=np.int64)
    dates, opens, closes = _wall_intervals(calendar, week, days)
    return dates, to_utc(opens, local) - origin, to_utc(closes, local) - origin


def hours_per_week(calendar: Calendar | None) -> float:
    """Count the regular working hours of a week, without holidays and closed days; None is 168."""
    if calendar is None:
        return WEEK / HOUR
    return int((_minutes(pattern(calendar)) > 0).sum()) * MINUTE / HOUR


def closings_per_week(calendar: Calendar | None) -> int:
    """Count how often a week the regular hours end; None never does."""
    if calendar is None:
        return 0
    working = _minutes(pattern(calendar)) > 0
    return int((working & ~np.roll(working, -1)).sum())


def _minutes(week: Week) -> Ticks:
    """Count, for each minute of the week, the shifts that it lies in."""
    working = np.zeros(WEEK // MINUTE, dtype=np.int64)
    for weekday, ranges in enumerate(week):
        for opening, close in ranges:
            minutes = np.arange(opening, close) + weekday * (DAY // MINUTE)
            np.add.at(working, minutes % working.size, 1)
    return working


def never_opens(calendar: Calendar | None, *, zone: str, start: datetime, until: int) -> bool:
    """Tell whether no work can be done between the start and `until` (ticks): holidays or closed days cover it all."""
    return not timeline(calendar, zone=zone, start=start, until=until).opens.size


def describe(calendar: Calendar | None) -> str:
    """Write a calendar as one line for people.

    >>> describe(Calendar(hours="09:00-17:30", pause="12:30-13:00", holidays="DE-BE"))
    'Mon-Fri 09:00-17:30 (pause 12:30-13:00), holidays DE-BE'
    """
    if calendar is None:
        return "round the clock"
    week = _written_week(calendar)
    hours = "; ".join(f"{days.title()} {text}" for days, text in week.items())
    if set(week.values()) == {ALWAYS} and all(pattern(calendar)):
        hours = "round the clock"
    rest = len(calendar.closed) - 3
    closed = ", ".join(calendar.closed[:3]) + (f" and {rest} more" if rest > 0 else "")
    parts = [
        hours + (f" (pause {calendar.pause})" if calendar.pause else ""),
        f"holidays {calendar.holidays}" if calendar.holidays else "",
        f"closed {closed}" if closed else "",
        calendar.zone or "",
        *(_sometimes(each) for each in calendar.occasional),
    ]
    return ", ".join(part for part in parts if part)


def _written_week(calendar: Calendar) -> dict[str, str]:
    if calendar.week is not None:
        return calendar.week
    hours = calendar.hours or ALWAYS
    return {calendar.days or ("mon-sun" if hours == ALWAYS else "mon-fri"): hours}


def _sometimes(shift: Occasional) -> str:
    """Write an occasional shift as words."""
    hours = "; ".join(f"{days.title()} {text}" for days, text in shift.hours.items())
    who = "" if shift.people == 1 else f" by {shift.people * 100:.3g} % of the people"
    return f"in {shift.share * 100:.3g} % of weeks {hours}{who}"


def pattern(calendar: Calendar) -> Week:
    """Give each weekday's regular shifts, Monday first, as minutes since its midnight, pauses taken out."""
    return by_weekday(_written_week(calendar), hours_of(calendar.pause) if calendar.pause else ())


def by_weekday(week: dict[str, str], pauses: Ranges = ()) -> Week:
    """Read the hours of a week by weekday, Monday first, as minutes since its midnight."""
    found: list[Ranges] = [()] * len(WEEKDAYS)
    for days, text in week.items():
        for weekday in weekdays(days):
            if found[weekday]:
                raise ValueError(f"week names {WEEKDAYS[weekday]} twice")
            found[weekday] = _without(hours_of(text), pauses)
    return tuple(found)


def beside(calendar: Calendar, weekday: int, shift: tuple[int, int]) -> Ranges:
    """Give what of a shift lies outside the regular hours, as minutes since the midnight of its weekday."""
    regular, minutes = pattern(calendar), DAY // MINUTE
    left: Ranges = (shift,)
    for step in (-1, 0, 1):  # either may run over midnight
        for opening, close in regular[(weekday + step) % len(WEEKDAYS)]:
            left = tuple(_cut(left, opening + step * minutes, close + step * minutes))
    return left


def _without(ranges: Ranges, pauses: Ranges) -> Ranges:
    """Take pauses out of shifts, on the day a shift begins and on the next."""
    for opening, close in pauses:
        left = ranges
        for shift in (-DAY // MINUTE, 0, DAY // MINUTE):
            left = tuple(_cut(left, opening + shift, close + shift))
        if left == ranges:
            raise ValueError("a pause lies outside the hours, or in another pause")
        ranges = left
    return ranges


def _cut(ranges: Ranges, opening: int, close: int) -> Iterator[tuple[int, int]]:
    for first, last in ranges:
        yield from (part for part in ((first, min(last, opening)), (max(first, close), last)) if part[0] < part[1])


def _wall_intervals(calendar: Calendar, week: Week, days: Ticks) -> tuple[Ticks, Ticks, Ticks]:
    """Give dates, openings and closings in local wall milliseconds since 1970-01-01, on days counted from there."""
    working = np.ones(days.size, dtype=np.bool_)
    for first, last in (closed_dates(entry) for entry in calendar.closed):
        working &= (days < first) | (days > last)
    if calendar.holidays:
        working &= ~np.isin(days, _holidays(calendar.holidays, int(days[0]), int(days[-1])))
    working_days = days[working]
    weekday = (working_days + 3) % 7  # 1970-01-01 was a Thursday
    dates, opens, closes = [days[:0]], [days[:0]], [days[:0]]
    for index, ranges in enumerate(week):
        midnights = working_days[weekday == index] * DAY
        dates += [midnights // DAY for _ in ranges]
        opens += [midnights + opening * MINUTE for opening, _ in ranges]
        closes += [midnights + close * MINUTE for _, close in ranges]
    return np.concatenate(dates), np.concatenate(opens), np.concatenate(closes)


def _holidays(code: str, first: int, last: int) -> list[int]:
    country, subdivision = holiday_code(code)
    return list(holidays_of(country, subdivision, _date(first).year, _date(last).year))


def _date(day: int) -> date:
    return date.fromordinal(day + EPOCH.toordinal())
