"""Calendars say when people work, in wall time, as people write it.

A `Calendar` is a weekly pattern without its pauses, public holidays and closed days. `timeline` lays it out in ticks
(milliseconds) since the start, UTC. A shift belongs to the local date on which it begins: a holiday cancels the night
shift that begins on it, not the one that ends on it. Around a change of the clocks the rule of `twin.zones` holds.

Source of the public holidays: `twin.public_holidays`.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Annotated, Any, Self

import numpy as np
from pydantic import BeforeValidator, model_validator

from twin.errors import nearest, one_of, shown
from twin.part import Part, Several
from twin.public_holidays import countries, holidays_of
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
from twin.units import DAY, HOUR, MILLISECOND, MINUTE, WEEK
from twin.zones import EPOCH, Ticks, ZoneName, time_zone, to_utc

__all__ = [
    "Calendar",
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
    "worked_at",
    "working_ticks",
]

Ranges = tuple[tuple[int, int], ...]

ALWAYS = "always"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_RANGE = re.compile(r"(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def weekdays(text: Any) -> tuple[int, ...]:
    """Read ``mon, wed-fri`` as days of the week, Monday 0; a range may run over the week's end."""
    if not isinstance(text, str):
        raise ValueError(f"{shown(text)} is not a list of days. Write mon-fri or 'mon, wed-fri'")  # noqa: TRY004 - pydantic collects ValueError
    found: list[int] = []
    for part in text.lower().split(","):
        ends = [word.strip() for word in part.split("-")]
        for word in ends:
            if word not in WEEKDAYS:
                raise ValueError(one_of(word, WEEKDAYS, noun="a day"))
        if len(ends) > 2:
            raise ValueError(f"{shown(part)} is not a range of days. Write mon-fri")
        first, last = WEEKDAYS.index(ends[0]), WEEKDAYS.index(ends[-1])
        found += [(first + step) % 7 for step in range((last - first) % 7 + 1)]
    if len(set(found)) < len(found):
        raise ValueError(f"{shown(text)} names a day twice")
    return tuple(found)


def _hours(text: Any) -> Ranges:
    """Read ``09:00-12:00, 22:00-06:00`` as minutes since midnight; what runs over midnight ends after minute 1440."""
    if not isinstance(text, str):
        raise ValueError(f"{shown(text)} is not a range of hours. Write it in quotes: '09:00-17:30'")  # noqa: TRY004 - pydantic collects ValueError
    if text.strip() == ALWAYS:
        return ((0, DAY // MINUTE),)
    ranges = sorted(_range(part.strip()) for part in text.split(","))
    for (_, close), (opening, _) in pairwise(ranges):
        if opening < close:
            raise ValueError(f"{shown(text)}: the ranges overlap")
    return tuple(ranges)


def _range(text: str) -> tuple[int, int]:
    match = _RANGE.fullmatch(text)
    if match is None:
        raise ValueError(f"{shown(text)} is not a range of hours. Write 09:00-17:30, several with commas, or always")
    hour, minute, last_hour, last_minute = (int(group) for group in match.groups())
    opening, close = 60 * hour + minute, 60 * last_hour + last_minute
    if hour > 23 or minute > 59 or last_minute > 59 or close > DAY // MINUTE:
        raise ValueError(f"{shown(text)}: hours run from 00:00 to 24:00")
    if opening == close:
        raise ValueError(f"{shown(text)} is empty. Write 00:00-24:00 for a whole day")
    return opening, close if close > opening else close + DAY // MINUTE


def _closed_dates(value: Any) -> tuple[int, int]:
    """Read a date or ``2026-12-27..2026-12-31`` as its first and last day since 1970-01-01."""
    text = _date_text(value)
    try:
        days = [date.fromisoformat(part).toordinal() - EPOCH.toordinal() for part in text.split("..")]
    except ValueError:
        raise ValueError(f"{shown(text)}: there is no such date") from None
    if days[0] > days[-1]:
        raise ValueError(f"{shown(text)} ends before it begins")
    return days[0], days[-1]


def _date_text(value: Any) -> str:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    parts = [part.strip() for part in value.split("..")] if isinstance(value, str) else []
    if not 1 <= len(parts) <= 2 or not all(_DATE.fullmatch(part) for part in parts):
        raise ValueError(f"{shown(value)} is not a date. Write 2026-12-24 or 2026-12-27..2026-12-31")
    return "..".join(parts)


def _holiday_code(code: Any) -> tuple[str, str | None]:
    """Split ``DE-BE`` into a country and a subdivision that the ``holidays`` package knows."""
    if not isinstance(code, str):
        raise ValueError(f"{shown(code)} is not a country. Write a code as text: DE or DE-BE")  # noqa: TRY004 - pydantic collects ValueError
    known = countries()
    country, _, subdivision = code.partition("-")
    if country not in known:
        match = nearest(country.upper(), known)
        full = f"{match}-{subdivision.upper()}" if match and subdivision.upper() in known[match] else match
        hint = f" Did you mean {full!r}?" if full else ""
        raise ValueError(f"{shown(code)} is no country with known holidays.{hint} Write an ISO code: DE or DE-BE")
    if "-" in code and subdivision not in known[country]:
        raise ValueError(one_of(code, [f"{country}-{part}" for part in known[country]], noun="a known subdivision"))
    return country, subdivision or None


def _days_text(value: Any) -> str:
    weekdays(value)
    return str(value).strip()


def _hours_text(value: Any) -> str:
    _hours(value)
    return str(value).strip()


def _closed_text(value: Any) -> str:
    _closed_dates(value)
    return _date_text(value)


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str | date) else value


def _holiday_text(value: Any) -> str:
    _holiday_code(value)
    return str(value)


DaysText = Annotated[str, BeforeValidator(_days_text)]
HoursText = Annotated[str, BeforeValidator(_hours_text)]
ClosedText = Annotated[str, BeforeValidator(_closed_text)]
HolidayText = Annotated[str, BeforeValidator(_holiday_text)]


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
    closed: Annotated[Several[ClosedText], BeforeValidator(_listed)] = ()
    """Further dates without work: [2026-12-24, 2026-12-27..2026-12-31]."""
    zone: ZoneName | None = None
    """IANA time zone: America/New_York. The twin's, if left out."""

    @model_validator(mode="after")
    def _one_form_with_hours(self) -> Self:
        short = [name for name in ("days", "hours", "pause") if getattr(self, name) is not None]
        if self.week is not None and short:
            raise ValueError(f"week and {short[0]} are two ways to say the same. Keep week, or days, hours and pause")
        if self.week is None and self.hours is None:
            raise ValueError(
                "hours are missing. Write hours: 09:00-17:30, or hours: always, or week: {mon: 09:00-17:30}"
            )
        if not any(_pattern(self)):
            raise ValueError("there are no working hours in the week")
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
    local = time_zone(calendar.zone or zone)
    origin = (start - EPOCH) // timedelta(milliseconds=MILLISECOND)
    # A shift ends within two days of its date, and local dates are up to a day away from those of UTC.
    days = np.arange((origin + since) // DAY - 3, (origin + until) // DAY + 2, dtype=np.int64)
    opens, closes = (to_utc(wall, local) - origin for wall in _wall_intervals(calendar, days))
    return timeline_of(opens, closes, since=since, until=until)


def hours_per_week(calendar: Calendar | None) -> float:
    """Count the working hours of the weekly pattern, without holidays and closed days; None is 168."""
    if calendar is None:
        return WEEK / HOUR
    working = np.zeros(WEEK // MINUTE, dtype=np.bool_)
    for weekday, ranges in enumerate(_pattern(calendar)):
        for opening, close in ranges:
            minutes = np.arange(opening, close) + weekday * (DAY // MINUTE)
            working[minutes % working.size] = True
    return int(working.sum()) * MINUTE / HOUR


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
    if set(week.values()) == {ALWAYS} and all(_pattern(calendar)):
        hours = "round the clock"
    rest = len(calendar.closed) - 3
    closed = ", ".join(calendar.closed[:3]) + (f" and {rest} more" if rest > 0 else "")
    parts = [
        hours + (f" (pause {calendar.pause})" if calendar.pause else ""),
        f"holidays {calendar.holidays}" if calendar.holidays else "",
        f"closed {closed}" if closed else "",
        calendar.zone or "",
    ]
    return ", ".join(part for part in parts if part)


def _written_week(calendar: Calendar) -> dict[str, str]:
    if calendar.week is not None:
        return calendar.week
    hours = calendar.hours or ALWAYS
    return {calendar.days or ("mon-sun" if hours == ALWAYS else "mon-fri"): hours}


def _pattern(calendar: Calendar) -> tuple[Ranges, ...]:
    """Give each weekday's shifts, Monday first, as minutes since its midnight, pauses taken out."""
    week = _written_week(calendar)
    pauses = _hours(calendar.pause) if calendar.pause else ()
    pattern: list[Ranges] = [()] * len(WEEKDAYS)
    for days, text in week.items():
        for weekday in weekdays(days):
            if pattern[weekday]:
                raise ValueError(f"week names {WEEKDAYS[weekday]} twice")
            pattern[weekday] = _without(_hours(text), pauses)
    return tuple(pattern)


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


def _wall_intervals(calendar: Calendar, days: Ticks) -> tuple[Ticks, Ticks]:
    """Give openings and closings in local wall milliseconds since 1970-01-01, on days counted from there."""
    working = np.ones(days.size, dtype=np.bool_)
    for first, last in (_closed_dates(entry) for entry in calendar.closed):
        working &= (days < first) | (days > last)
    if calendar.holidays:
        working &= ~np.isin(days, _holidays(calendar.holidays, int(days[0]), int(days[-1])))
    working_days = days[working]
    weekday = (working_days + 3) % 7  # 1970-01-01 was a Thursday
    opens, closes = [], []
    for index, ranges in enumerate(_pattern(calendar)):
        midnights = working_days[weekday == index] * DAY
        opens += [midnights + opening * MINUTE for opening, _ in ranges]
        closes += [midnights + close * MINUTE for _, close in ranges]
    return np.concatenate(opens), np.concatenate(closes)


def _holidays(code: str, first: int, last: int) -> list[int]:
    country, subdivision = _holiday_code(code)
    return list(holidays_of(country, subdivision, _date(first).year, _date(last).year))


def _date(day: int) -> date:
    return date.fromordinal(day + EPOCH.toordinal())
