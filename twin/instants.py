"""Instants as people write them: ``2026-01-05`` or ``2026-01-05T09:00``, local in the twin's zone without an offset."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from twin.errors import shown
from twin.zones import time_zone

FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2199


def parse_instant(value: Any) -> datetime:
    """Read a date or a date with time, of the years 1970 to 2199; an offset may be given.

    Raises
    ------
    ValueError
        Where the text is neither.
    """
    try:
        instant = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f"{shown(value)} is not a date. Write 2026-01-05 or 2026-01-05T09:00") from None
    if not FIRST_YEAR <= instant.year <= LAST_YEAR:
        raise ValueError(f"{shown(value)} lies outside the years {FIRST_YEAR} to {LAST_YEAR}")
    return instant


def format_instant(instant: datetime) -> str:
    """Write an instant the way `parse_instant` reads it, a plain date where it is local midnight."""
    if instant.tzinfo is None and (instant.hour, instant.minute, instant.second, instant.microsecond) == (0, 0, 0, 0):
        return instant.date().isoformat()
    return instant.isoformat()


Instant = Annotated[
    datetime,
    BeforeValidator(parse_instant),
    PlainSerializer(format_instant, return_type=str),
    WithJsonSchema({"type": "string", "examples": ["2026-01-05", "2026-01-05T09:00"]}),
]


def utc(instant: datetime, zone: str) -> datetime:
    """Convert an instant to UTC; without an offset it is local time of the zone."""
    local = instant if instant.tzinfo is not None else instant.replace(tzinfo=time_zone(zone))
    return local.astimezone(UTC)
