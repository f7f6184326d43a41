"""Read times that all have one layout from their bytes, twenty times faster than cell by cell.

Exports write a column of times with one layout. The first cell is the template: where it has a digit, every cell must
have one, and elsewhere the same character. Then each field is two or four rows of a matrix of bytes,

    tick = days(year, month, day) · 24 h + hour · 1 h + minute · 1 min + second · 1 s + fraction - offset.

Anything else, a single impossible day included, is left to `calibration.sources.instants`, which gives reasons.
Ticks are milliseconds since 1970. Source of the layout: ISO 8601.
"""

import re
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from twin.units import DAY, HOUR, MINUTE, SECOND

Ticks = NDArray[np.int64]
Counts = NDArray[np.int32]
Flags = NDArray[np.bool_]
Cells = NDArray[np.uint8]
"""A row per place of the layout, a column per cell."""

LAYOUT: Final = re.compile(
    rb"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?P<second>:\d\d(?:[.,](?P<fraction>\d{1,9}))?)?"
    rb"(?P<offset>Z|z|UTC|[+-]\d\d(?::?\d\d)?)?)?"
)
FARTHEST: Final = 15 * HOUR
_ZERO, _NINE = ord("0"), ord("9")
_LENGTHS: Final = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 0], np.int32)
_TO_1970: Final = 719_468
"""Days from the first of March of the year 0 to 1970-01-01."""


class Fixed(NamedTuple):
    """A column of times, read."""

    ticks: Ticks  # of UTC where zoned, of the wall clock elsewhere, shape (cells,)
    zoned: bool


def read_fixed(text: pl.Series) -> Fixed | None:
    """Read times of one layout, or give nothing where a cell has another or is no time.

    Parameters
    ----------
    text
        String without nulls, shape (cells,).
    """
    template = text[0].encode() if text.len() else b""
    found = LAYOUT.fullmatch(template)
    if found is None or not (text.str.len_bytes() == len(template)).all():
        return None
    rows = np.frombuffer(text.str.join("").item().encode(), np.uint8).reshape(-1, len(template))
    cells = np.ascontiguousarray(rows.T)
    if not _alike(cells, template):
        return None
    day, known = _days(cells)
    clock, fits = _clock(cells, found)
    offset, near = _offset(cells, found)
    if not (known.all() and fits.all() and near.all()):
        return None
    return Fixed(day * np.int64(DAY) + clock - offset, found["offset"] is not None)


def _alike(cells: Cells, template: bytes) -> bool:
    """Tell whether every cell has digits where the template has, and its other characters."""
    for column, character in zip(cells, template, strict=True):
        digit = _ZERO <= character <= _NINE
        same = column - np.uint8(_ZERO) <= 9 if digit else column == character  # below "0" a byte wraps round
        if not same.all():
            return False
    return True


def _number(cells: Cells, place: int, digits: int = 2) -> Counts:
    number: Counts = (cells[place] - np.uint8(_ZERO)).astype(np.int32)
    for column in cells[place + 1 : place + digits]:
        number = number * 10 + (column - np.uint8(_ZERO))
    return number


def _days(cells: Cells) -> tuple[Counts, Flags]:
    """Count days since 1970 by years that begin in March, and tell which days there are."""
    year, month, day = _number(cells, 0, 4), _number(cells, 5), _number(cells, 8)
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    length = _LENGTHS[np.minimum(month, 13)] + (leap & (month == 2))
    march = year - (month <= 2)
    before = 365 * march + march // 4 - march // 100 + march // 400
    return before + (153 * ((month + 9) % 12) + 2) // 5 + day - 1 - _TO_1970, (day >= 1) & (day <= length)


def _clock(cells: Cells, found: re.Match[bytes]) -> tuple[Counts, Flags]:
    zero = np.zeros(cells.shape[1], np.int32)
    if len(found[0]) == len("2024-02-01"):
        return zero, np.ones(zero.size, np.bool_)
    hour, minute = _number(cells, 11), _number(cells, 14)
    second = _number(cells, 17) if found["second"] else zero
    ticks = hour * HOUR + minute * MINUTE + second * SECOND
    if found["fraction"]:
        digits = min(3, len(found["fraction"]))
        ticks += _number(cells, found.start("fraction"), digits) * 10 ** (3 - digits)
    return ticks, (hour < 24) & (minute < 60) & (second < 60)


def _offset(cells: Cells, found: re.Match[bytes]) -> tuple[Counts, Flags]:
    text = found["offset"] or b""
    zero = np.zeros(cells.shape[1], np.int32)
    if not text.startswith((b"+", b"-")):
        return zero, np.ones(zero.size, np.bool_)
    place = found.start("offset") + 1
    minutes = _number(cells, place + len(text) - 3) if len(text) > 3 else zero
    ticks = _number(cells, place) * HOUR + minutes * MINUTE
    return (-ticks if text.startswith(b"-") else ticks), (minutes < 60) & (ticks <= FARTHEST)
