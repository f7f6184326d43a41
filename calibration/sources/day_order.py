"""Whether the day or the month is written first, where the times of a file leave only one reading.

``29/2/2016`` cannot be month first. A file in which some day stands first beyond 12, and none stands second beyond 12,
has

    day first  <=>  max(first) > 12 and max(second) <= 12

and the other way round; where neither or both go beyond 12 nothing is told, and the format has to be said. All times of
a file that write their dates alike are looked at together. The year has four digits, first or last. Dates with points,
``1.2.2016``, have the day first wherever they are written (DIN 1355-1), unless the file says no; where the month is a
name, ``9/Feb/26``, nothing is in question.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Final, NamedTuple

import polars as pl

from calibration.sources.instants import MISSING
from calibration.sources.table import Table

MONTHS: Final = 12
ALIKE: Final = 0.99
"""Share of the cells of a column that are written like its first."""

_DATE: Final = r"(?P<first>\d{4}|\d{1,2})(?P<mark>[./-])(?P<second>\d{1,2})(?P=mark)(?P<third>\d{4}|\d{1,2})"
_CLOCK: Final = r"(?:(?P<blank>[ T])\d{1,2}:\d\d(?P<seconds>:\d\d(?P<part>\.\d{1,9})?)?(?P<half> ?[AaPp][Mm])?)?"
_LAYOUT: Final = re.compile(_DATE + _CLOCK)
_NAMED: Final = re.compile(r"\d{1,2}(?P<mark>[/ .-])[A-Za-z]{3}(?P=mark)(?P<year>\d{4}|\d{2})" + _CLOCK)
_BEGINS: Final = r"^\d+[./-]\d+[./-]\d"


class Layout(NamedTuple):
    """How a time is written, but for the order of day and month."""

    mark: str  # between the parts of the date
    year_first: bool
    clock: str  # of the time of day, in the letters of strftime

    def is_dated_like(self, other: "Layout") -> bool:
        """Tell whether the dates of both are written alike."""
        return (self.mark, self.year_first) == (other.mark, other.year_first)

    def date_pattern(self) -> str:
        """Give a regular expression whose two groups are the parts in unknown order."""
        mark, part = re.escape(self.mark), r"(\d{1,2})"
        return rf"^\d{{4}}{mark}{part}{mark}{part}(?:\D|$)" if self.year_first else rf"^{part}{mark}{part}{mark}\d{{4}}"

    def time_format(self, order: str) -> str:
        """Give the format for an order of the two parts, ``dm`` or ``md``."""
        parts = [f"%{letter}" for letter in order]
        return self.mark.join(["%Y", *parts] if self.year_first else [*parts, "%Y"]) + self.clock


def layout_of(cell: str) -> Layout | None:
    """Tell how a time is written; nothing where it is ISO 8601, or no date of numbers."""
    found = _LAYOUT.fullmatch(cell)
    if found is None or (len(found["first"]) == 4) == (len(found["third"]) == 4):
        return None
    year_first = len(found["first"]) == 4
    if year_first and found["mark"] == "-":
        return None
    return Layout(found["mark"], year_first, _clock(found))


def told_formats(table: Table, columns: Sequence[str]) -> dict[str, str]:
    """Give the format of each column of times whose order of day and month the file leaves no doubt of.

    Parameters
    ----------
    table
        A file; its rows are read only where its head has times whose order is in question.
    columns
        Those that hold times.
    """
    layouts = _layouts(table.head(), columns)
    seen = defaultdict[str, list[_Seen]](list)
    for part in table.rows(list(layouts)) if layouts else ():
        for column, layout in layouts.items():
            seen[column].append(_look(part.frame[column], layout))
    found = {}
    for column, layout in layouts.items():
        like = [look for other in layouts if layouts[other].is_dated_like(layout) for look in seen[other]]
        order = _order(max(look.first for look in like), max(look.second for look in like), layout)
        alike = sum(look.alike for look in seen[column]) >= ALIKE * sum(look.written for look in seen[column])
        if order and alike:
            found[column] = layout.time_format(order)
    return found | _named_months(table.head(), [column for column in columns if column not in layouts])


def named_month(cell: str) -> str | None:
    """Give the format of a time whose month is a name, as Jira's exports have it; nothing where it has none.

    >>> named_month("09/Feb/26 8:30 AM")
    '%d/%b/%y %I:%M %p'
    """
    found = _NAMED.fullmatch(cell)
    if found is None:
        return None
    return f"%d{found['mark']}%b{found['mark']}{'%Y' if len(found['year']) == 4 else '%y'}{_clock(found)}"


def _named_months(frame: pl.DataFrame, columns: Sequence[str]) -> dict[str, str]:
    """Give the format of each column of text whose first time names its month."""
    found = {}
    for column in columns:
        if frame.schema.get(column) == pl.String:
            cells = frame[column].str.strip_chars()
            known = cells.filter(~cells.is_in(MISSING).fill_null(value=True))
            told = named_month(known[0]) if known.len() else None
            if told is not None:
                found[column] = told
    return found


class _Seen(NamedTuple):
    """A column of a part of a file."""

    first: int  # the highest number where the first of the two parts stands, 0 where there is none
    second: int
    alike: int  # cells of the layout
    written: int  # cells that hold anything


def _look(column: pl.Series, layout: Layout) -> _Seen:
    cells = column.str.strip_chars()
    cells = cells.filter(~cells.is_in(MISSING)).drop_nulls()
    numbers = cells.str.extract_groups(layout.date_pattern()).struct.unnest().cast(pl.Int64)
    top = numbers.max().row(0) if cells.len() else (0, 0)
    alike = cells.len() - numbers.null_count().row(0)[0] if cells.len() else 0
    return _Seen(top[0] or 0, top[1] or 0, alike, cells.len())


def _order(first: int, second: int, layout: Layout) -> str | None:
    if first <= MONTHS and second <= MONTHS and layout.mark == "." and not layout.year_first:
        return "dm"
    if (first > MONTHS) == (second > MONTHS):
        return None
    return "dm" if first > MONTHS else "md"


def _layouts(frame: pl.DataFrame, columns: Sequence[str]) -> dict[str, Layout]:
    """Tell how the first date of each column of text is written, where it is in question."""
    found = {}
    for column in columns:
        if frame.schema.get(column) == pl.String:
            cells = frame[column].str.strip_chars()
            dated = cells.filter(cells.str.contains(_BEGINS).fill_null(value=False))
            layout = layout_of(dated[0]) if dated.len() else None
            if layout is not None:
                found[column] = layout
    return found


def _clock(found: re.Match[str]) -> str:
    if found["blank"] is None:
        return ""
    seconds = (":%S.%f" if found["part"] else ":%S") if found["seconds"] else ""
    half = f"{' ' if found['half'].startswith(' ') else ''}%p" if found["half"] else ""
    return f"{found['blank']}{'%I' if half else '%H'}:%M{seconds}{half}"
