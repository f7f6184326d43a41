"""Times as people write them, as UTC milliseconds since 1970.

Read without being told is ISO 8601: ``2024-02-01T09:30:00.5+01:00``, with a blank for the T, down to the minute or the
day, with Z, UTC, an offset or none. Without an offset it is wall time, of UTC where no zone is named. The wall time a
zone skips in spring means the end of the gap; the one it repeats in autumn means the first occurrence (`twin.zones`);
both are counted. Digits beyond the millisecond are cut off.

Never guessed: the order of day and month (`calibration.sources.day_order` tells it where one alone is possible), and
what a bare number counts.

Source: ISO 8601; RFC 3339.
"""

import re
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from calibration.sources.fixed_width import FARTHEST, read_fixed
from twin.errors import InputError, Problem, shown
from twin.units import DAY, HOUR, MINUTE, SECOND
from twin.zones import to_utc

MISSING: Final = ("", "?", "-", "NA", "N/A", "NaN", "nan", "NaT", "null", "NULL", "None", "none")
"""What programs write where they have nothing to say."""

IMPOSSIBLE: Final = "no such day or time of day"
NUMBER: Final = "a bare number; write ISO 8601 instead of an Excel day count or seconds since 1970"
SWAPPED: Final = "day and month in unknown order; say time_format, such as %d/%m/%Y %H:%M"
UNREADABLE: Final = "not an ISO 8601 time; say time_format"
MISFIT: Final = "does not fit time_format"

_ISO: Final = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?\s*(?:Z|z|UTC|[+-][0-9]{2}(?::?[0-9]{2})?)?)?$"
)
_OFFSET: Final = r"(?:Z|z|UTC|[+-][0-9]{2}(?::?[0-9]{2})?)$"
_SIGNED: Final = re.compile(r"([+-])([0-9]{2}):?([0-9]{2})?$")
_NUMERIC: Final = r"^[+-]?[0-9]+(?:[.,][0-9]*)?(?:[eE][+-]?[0-9]+)?$"
_DAY_FIRST: Final = r"^[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2,4}"


class Window(NamedTuple):
    """Between which instants a time can be one of a log, see `rows`; milliseconds since 1970 UTC."""

    earliest: int
    latest: int


PLAUSIBLE: Final = Window(7_305 * DAY, 36_525 * DAY)
"""1990-01-01, after 1970-01-01, to 2070-01-01."""
FIRST_YEARS: Final = Window(0, 1_096 * DAY - 1)
"""1970 to 1972, see `epoch`."""


class Instants(NamedTuple):
    """A column of times, read; series of shape (rows,)."""

    ticks: pl.Series  # Int64: milliseconds since 1970, of UTC where zoned and of the wall clock elsewhere; null: none
    zoned: pl.Series  # Boolean: the offset from UTC is known
    reason: pl.Series  # String: why a cell could not be read; null: it was read, or empty


class Placed(NamedTuple):
    """Instants in UTC."""

    ticks: pl.Series  # Int64: milliseconds since 1970 UTC
    skipped: int  # wall times that the zone skips
    repeated: int  # wall times that the zone shows twice


def read_instants(column: pl.Series, *, time_format: str | None = None) -> Instants:
    """Read a column of times.

    Parameters
    ----------
    column
        String, Datetime or Date, shape (rows,).
    time_format
        How text is written, in the letters of strftime; ISO 8601 by default.
    """
    if column.dtype == pl.String:
        text = column.str.strip_chars()
        text = pl.select(pl.when(~text.is_in(MISSING)).then(text)).to_series()
        return _iso(text) if time_format is None else _formatted(text, time_format)
    if column.dtype == pl.Null:
        return Instants(column.cast(pl.Int64), _all(column, known=True), column.cast(pl.String))
    return _known(column, pl.repeat(None, column.len(), dtype=pl.String, eager=True))


def place(instants: Instants, zone: ZoneInfo | None, window: Window = PLAUSIBLE) -> Placed:
    """Turn wall times into UTC; without a zone, or where implausible, they stay as they are."""
    naive = ~instants.zoned & instants.ticks.is_between(*window).fill_null(value=False)
    if zone is None or not naive.any():
        return Placed(instants.ticks, 0, 0)
    wall = instants.ticks.filter(naive)
    clock = wall.cast(pl.Datetime("ms")).dt
    gap = clock.replace_time_zone(zone.key, ambiguous="earliest", non_existent="null").null_count()
    either = clock.replace_time_zone(zone.key, ambiguous="null", non_existent="null").null_count()
    ticks = instants.ticks.fill_null(0).to_numpy().copy()
    ticks[naive.to_numpy()] = to_utc(wall.to_numpy().astype(np.int64), zone)
    utc = pl.select(pl.when(instants.ticks.is_not_null()).then(pl.Series(ticks))).to_series()
    return Placed(utc, gap, either - gap)


def _known(column: pl.Series, reason: pl.Series) -> Instants:
    zoned = isinstance(column.dtype, pl.Datetime) and column.dtype.time_zone is not None
    return Instants(column.cast(pl.Datetime("us")).dt.epoch("ms"), _all(column, known=zoned), reason)


def _all(column: pl.Series, *, known: bool) -> pl.Series:
    return pl.repeat(known, column.len(), dtype=pl.Boolean, eager=True)


def _formatted(text: pl.Series, time_format: str) -> Instants:
    chrono = time_format.replace(".%f", "%.f")  # Rust's %f counts nanoseconds; with the point before % it is Python's
    try:
        read = text.str.to_datetime(chrono, strict=False, time_unit="us")
    except (pl.exceptions.ComputeError, pl.exceptions.PanicException) as error:
        raise InputError(Problem(f"{shown(time_format)} is no format of times: {error}", path="time_format")) from None
    failed = read.is_null() & text.is_not_null()
    return _known(read, pl.select(pl.when(failed).then(pl.lit(MISFIT))).to_series())


def _iso(text: pl.Series) -> Instants:
    written = text.is_not_null()
    fixed = read_fixed(text.filter(written))
    if fixed is None:
        return cell_by_cell(text)
    if not text.null_count():
        ticks = pl.Series(fixed.ticks)
    else:
        spread = np.zeros(text.len(), np.int64)
        spread[written.to_numpy()] = fixed.ticks
        ticks = pl.select(pl.when(written).then(pl.Series(spread))).to_series()
    zoned = written if fixed.zoned else _all(text, known=False)
    return Instants(ticks, zoned, pl.repeat(None, text.len(), dtype=pl.String, eager=True))


def cell_by_cell(text: pl.Series) -> Instants:
    """Read ISO 8601 times of any layout, with the reason where a cell is none."""
    # cells of one layout are cut by place: five times faster than the groups of a regular expression
    cells = pl.DataFrame({"text": text, "iso": text.str.contains(_ISO)}).with_columns(
        pl.when("iso").then(pl.col("text").str.slice(10).alias("clock"))
    )
    offset = _offsets(cells["clock"])

    def number(place: int) -> pl.Expr:
        return pl.col("clock").str.slice(place, 2).str.to_integer(strict=False).fill_null(0)

    seconds = pl.when(pl.col("clock").str.slice(6, 1) == ":").then(number(7)).otherwise(0)
    part = pl.when(pl.col("clock").str.slice(9, 1).is_in([".", ","])).then(pl.col("clock").str.slice(10, 3))
    thousandths = part.str.replace("[^0-9].*", "").str.pad_end(3, "0").str.to_integer().fill_null(0)
    day = pl.when("iso").then(pl.col("text").str.slice(0, 10)).str.to_date("%Y-%m-%d", strict=False)
    ticks = (
        day.cast(pl.Int32).cast(pl.Int64) * DAY + number(1) * HOUR + number(4) * MINUTE + seconds * SECOND + thousandths
    )
    possible = (
        day.is_not_null() & (number(1) < 24) & (number(4) < 60) & (seconds < 60) & (pl.lit(offset).abs() <= FARTHEST)
    )
    written = pl.col("text")
    reason = (
        pl.when(written.is_null() | possible).then(None)
        .when("iso").then(pl.lit(IMPOSSIBLE))
        .when(written.str.contains(_NUMERIC)).then(pl.lit(NUMBER))
        .when(written.str.contains(_DAY_FIRST)).then(pl.lit(SWAPPED))
        .otherwise(pl.lit(UNREADABLE))
    )  # fmt: skip
    read = cells.select(
        pl.when(possible).then(ticks - pl.lit(offset)).alias("ticks"),
        pl.col("clock").str.contains(_OFFSET).fill_null(value=False).alias("zoned"),
        reason.cast(pl.String).alias("reason"),
    )
    return Instants(read["ticks"], read["zoned"], read["reason"])


def _offsets(clock: pl.Series) -> pl.Series:
    """Read the offset at the end of a time of day as ticks, 0 where there is none."""
    ends = pl.select(pl.when(clock.str.contains(r"[+-][0-9:]+$")).then(clock.str.tail(6))).to_series()
    ticks = {"": 0} | {end: _signed(end) for end in ends.drop_nulls().unique().to_list()}
    return ends.replace_strict(ticks, default=0, return_dtype=pl.Int64)


def _signed(text: str) -> int:
    match = _SIGNED.search(text)
    if match is None or int(match.group(3) or 0) >= 60:
        return FARTHEST + 1
    ticks = int(match.group(2)) * HOUR + int(match.group(3) or 0) * MINUTE
    return -ticks if match.group(1) == "-" else ticks
