"""Zones turn wall time into UTC, before anything is subtracted.

With o(t) the offset in force at the instant t, the wall clock shows t + o(t). A wall time means the first instant at
which the wall clock shows it or a later time: what a zone skips in spring means the end of the gap, what it repeats in
autumn means the first occurrence. So order is kept: shifts that share an end in wall time neither overlap nor leave a
hole in UTC, and a shift over the change is an hour shorter or longer.

Wall time and UTC are int64 milliseconds since 1970-01-01.

Sources: IANA time zone database, in the ``tzdata`` package and never the machine's own copy, so that results do not
depend on the machine; PEP 495 for skipped and repeated times.
"""

from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
from pydantic import BeforeValidator

from twin.errors import nearest, shown
from twin.units import DAY, MILLISECOND, SECOND

Ticks = npt.NDArray[np.int64]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def time_zone(name: Any) -> ZoneInfo:
    """Find a time zone by its IANA name, in the ``tzdata`` package.

    Raises
    ------
    ValueError
        Where there is no such zone, with the nearest one.
    """
    if not isinstance(name, str) or name not in _zone_names():
        match = nearest(str(name), _zone_names())
        hint = f" Did you mean {match!r}?" if match else ""
        raise ValueError(f"{shown(name)} is not a time zone.{hint} Write an IANA name: Europe/Berlin")
    return _time_zone(name)


def to_utc(wall: Ticks, zone: ZoneInfo) -> Ticks:
    """Turn wall time into UTC by the rule of the module.

    Parameters
    ----------
    wall
        int64 (n,): wall time, milliseconds since 1970-01-01.
    zone
        The zone that shows it.

    Returns
    -------
    Ticks
        int64 (n,): UTC, milliseconds since 1970-01-01, in the same order as the wall times.
    """
    if not wall.size:
        return wall
    changes, offsets = _offsets(zone, int(wall.min()) // DAY - 2, int(wall.max()) // DAY + 2)
    # An offset is in force from the first wall time that only it can show. Until then the earlier one holds, and what
    # the wall skips stops at the change.
    begins = changes + np.maximum(offsets[:-1], offsets[1:])
    ends = np.append(changes, np.iinfo(np.int64).max)
    place = begins.searchsorted(wall, "right")
    utc: Ticks = np.minimum(wall - offsets[place], ends[place])
    return utc


@lru_cache(maxsize=64)
def _offsets(zone: ZoneInfo, first: int, last: int) -> tuple[Ticks, Ticks]:
    """Find a zone's offsets from UTC over days since 1970-01-01.

    Looked up once a day, the instant of a change by bisection: exact where a zone changes at most once in 24 hours.

    Returns
    -------
    tuple
        changes, int64 (changes,): UTC milliseconds at which the next offset begins; offsets, int64 (changes + 1,):
        milliseconds to add to UTC for wall time.
    """

    def offset(second: int) -> int:
        local = (EPOCH + timedelta(seconds=second)).astimezone(zone)
        return (local.utcoffset() or timedelta()) // timedelta(milliseconds=MILLISECOND)

    day = DAY // SECOND
    daily = [offset(index * day) for index in range(first, last + 1)]
    changed = [index for index in range(len(daily) - 1) if daily[index] != daily[index + 1]]
    changes = []
    for index in changed:
        before, after = (first + index) * day, (first + index + 1) * day
        while after - before > 1:
            middle = (before + after) // 2
            before, after = (middle, after) if offset(middle) == daily[index] else (before, middle)
        changes.append(after * SECOND)
    offsets = [daily[0], *(daily[index + 1] for index in changed)]
    found = np.array(changes, dtype=np.int64), np.array(offsets, dtype=np.int64)
    for array in found:
        array.flags.writeable = False  # calendars of one zone share them
    return found


ZoneName = Annotated[str, BeforeValidator(lambda value: time_zone(value).key)]
"""An IANA name of a time zone, as a field of a part."""


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())


@cache
def _time_zone(name: str) -> ZoneInfo:
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)
