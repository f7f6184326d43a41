"""Days, hours and dates as people write them in a calendar.

Hours are wall time, read as minutes since the midnight of the day on which a shift begins; dates count from 1970-01-01.
"""

import re
from datetime import date, datetime
from itertools import pairwise
from typing import Annotated, Any

from pydantic import BeforeValidator

from twin.errors import nearest, one_of, shown
from twin.public_holidays import countries
from twin.units import DAY, MINUTE
from twin.zones import EPOCH

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


def hours_of(text: Any) -> Ranges:
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


def closed_dates(value: Any) -> tuple[int, int]:
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


def holiday_code(code: Any) -> tuple[str, str | None]:
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
    hours_of(value)
    return str(value).strip()


def _closed_text(value: Any) -> str:
    closed_dates(value)
    return _date_text(value)


def listed(value: Any) -> Any:
    """Take one date for a list of one."""
    return [value] if isinstance(value, str | date) else value


def _holiday_text(value: Any) -> str:
    holiday_code(value)
    return str(value)


DaysText = Annotated[str, BeforeValidator(_days_text)]
HoursText = Annotated[str, BeforeValidator(_hours_text)]
ClosedText = Annotated[str, BeforeValidator(_closed_text)]
HolidayText = Annotated[str, BeforeValidator(_holiday_text)]
