"""Read aggregated metrics: ``period_start, metric, stage|team|type, value``, by week or by month.

A series is one figure of one scope over periods. Its periods are weeks (7 days from each start) or months (from a day
of one month to that day of the next); starts nearer to each other overlap and are refused, gaps are named. A bare
number for a time is in hours or in days, whichever is nearer to Little's law on the file itself,

    mean WIP = mean throughput x mean lead time,

and in hours where the file does not tell. Bare shares above 1.5 are percentages. Every mistake is told with its line.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from calibration.sources.columns import recognised
from calibration.sources.formats import METRICS, plain
from calibration.sources.instants import read_instants
from calibration.sources.metric_names import COUNTS, HOURS, SHARES, TIMES, Metric, read_metric, read_value
from calibration.sources.sifting import open_table
from calibration.sources.table import PLACE, Table
from twin.errors import InputError, Problem, shown
from twin.units import DAY

MOST_ROWS: Final = 200_000
LARGEST: Final = 64 << 20
"""Bytes."""
_LOGS: Final = frozenset({".json", ".xes"})
"""Endings of files that are logs and take long to look into."""
LONGEST_GAP: Final = 400
"""Days between neighbouring periods, beyond which a date is more likely a slip than a pause."""
ALL: Final = "all"
_MONTH: Final = re.compile(r"(\d{4})-(\d{2})$")
_WEEK: Final = re.compile(r"(\d{4})-?W(\d{2})$")

Days = NDArray[np.int64]
Floats = NDArray[np.float64]


class Scope(NamedTuple):
    """Of what a figure is; an empty name stands for all."""

    stage: str
    team: str
    work: str

    def told(self) -> str:
        """Write the scope for people."""
        return " ".join(name for name in self if name) or ALL


class Series(NamedTuple):
    """One figure of one scope over periods."""

    metric: Metric
    scope: Scope
    starts: Days  # (periods,) first day of each, as days since 1970-01-01
    ends: Days  # (periods,) the day after the last
    values: Floats  # (periods,) hours, shares of 1, items

    def told(self) -> str:
        """Name the series for people."""
        return f"{self.metric.told()} of {self.scope.told()}"


class Aggregates(NamedTuple):
    """What a file of metrics says."""

    series: tuple[Series, ...]  # in the order in which the file first names them
    rows: int
    notices: tuple[str, ...]  # periods that are missing, and what was taken for granted


class _Row(NamedTuple):
    line: int
    metric: Metric
    scope: Scope
    start: int
    end: int | None
    value: float
    bare: bool


def is_metrics(path: Path, columns: Mapping[str, str] | None = None) -> bool:
    """Tell whether a file holds aggregated metrics, by its columns; what cannot be read, or is large, holds none."""
    try:
        if path.stat().st_size > LARGEST or _LOGS & set(path.suffixes):
            return False
        header = open_table(path, "utf-8", numbers=True).header
    except (InputError, OSError):
        return False  # whoever reads it as a log says what is wrong
    known, given = {plain(column) for column in header}, columns or {}
    return all(role in given or known & {plain(name) for name in METRICS.known[role]} for role in METRICS.needed)


def read_aggregates(
    path: Path, *, columns: Mapping[str, str] | None = None, time_format: str | None = None
) -> Aggregates:
    """Read a file of aggregated metrics.

    Parameters
    ----------
    path
        CSV or another text with separators, also packed with gzip, or Parquet.
    columns
        Role to column, where the names are not known by themselves.
    time_format
        How dates are written, in the letters of strftime; ISO 8601, ``2026-02`` and ``2026-W05`` by default.

    Raises
    ------
    InputError
        Where the file, a row or a period cannot be used; with all problems found, by line.
    """
    table = open_table(path, "utf-8", numbers=True)
    roles = recognised(table, METRICS, columns)
    rows = _rows(table, roles, time_format)
    problems, notices = [], list[str]()
    rows = _with_units(rows, notices)
    problems += list(_out_of_bounds(rows, table.file))
    grouped: dict[tuple[Metric, Scope], list[_Row]] = {}
    for row in rows:
        grouped.setdefault((row.metric._replace(hours=None), row.scope), []).append(row)
    usual = _usual_length(grouped)
    series = []
    for (metric, scope), members in grouped.items():
        found, wrong = _series(metric, scope, sorted(members, key=lambda row: row.start), usual, table.file)
        problems += wrong
        series.append(found)
    problems += list(_disordered(grouped, table.file))
    if problems:
        raise InputError(*sorted(problems, key=lambda problem: problem.line or 0))
    notices += [told for each in series for told in _gaps(each)]
    return Aggregates(tuple(series), len(rows), tuple(notices))


# --- rows -------------------------------------------------------------------------------------------------------------


def _rows(table: Table, roles: Mapping[str, str], time_format: str | None) -> list[_Row]:
    columns = list(dict.fromkeys(roles.values()))
    rows: list[_Row] = []
    problems: list[Problem] = []
    for part in table.rows(columns):
        problems += [
            Problem(f"{each['reason']}: {shown(each['text'])}", file=table.file, line=each["place"])
            for each in part.refused.to_dicts()
        ]
        frame = part.frame
        if len(rows) + frame.height > MOST_ROWS:
            raise InputError(Problem(f"has more than {MOST_ROWS:,} rows; is it a table of metrics?", file=table.file))
        days = {role: _days(frame[roles[role]].to_list(), time_format) for role in METRICS.times if role in roles}
        cells = {role: frame[column].to_list() for role, column in roles.items()}
        for place, line in enumerate(frame[PLACE].to_list()):
            try:
                rows.append(_row(line, {role: column[place] for role, column in cells.items()}, days, place))
            except ValueError as error:
                problems.append(Problem(str(error), file=table.file, line=line))
    if problems:
        raise InputError(*sorted(problems, key=lambda problem: problem.line or 0))
    if not rows:
        raise InputError(Problem("has a header and no rows", file=table.file, line=1))
    return rows


def _row(line: int, cells: Mapping[str, Any], days: Mapping[str, list[int | str]], place: int) -> _Row:
    start, end = (days[role][place] if role in days else None for role in METRICS.times)
    for day in (start, end):
        if isinstance(day, str):
            raise ValueError(day)  # noqa: TRY004 - collected by line
    metric = read_metric(str(cells["metric"] or ""))
    value = read_value(
        None if cells["value"] is None else str(cells["value"]), metric, _text(cells.get("unit")) or None
    )
    scope = _scope(metric, {role: _text(cells.get(role)) for role in ("stage", "team", "type", "scope")})
    if not isinstance(start, int):
        raise ValueError("has no period_start")  # noqa: TRY004 - collected by line
    if isinstance(end, int) and end <= start:
        raise ValueError("the period ends before it begins")
    return _Row(line, metric, scope, start, end if isinstance(end, int) else None, value.number, value.bare)


def _text(cell: object) -> str:
    text = "" if cell is None else str(cell).strip()
    return "" if text.lower() in {"", ALL, "total", "overall", "*", "-", "n/a", "na", "none", "null"} else text


def _scope(metric: Metric, named: Mapping[str, str]) -> Scope:
    """Say of what a figure is; one column for all scopes names teams for people and utilisation, else stages."""
    stage, team, work, any_ = (named[role] for role in ("stage", "team", "type", "scope"))
    if any_ and metric.name in {"people", "utilisation"}:
        team = team or any_
    elif any_:
        stage = stage or any_
    for name in (stage, team, work):
        if len(name) > 120 or ">" in name or any(ord(letter) < 32 for letter in name):
            raise ValueError(f"{shown(name)} is no name: at most 120 letters, no > and no control characters")
    if metric.name in {"people", "utilisation"} and work:
        raise ValueError(f"{metric.told()} is of a team, not of the type {shown(work)}")
    if work and (stage or team):
        raise ValueError("a figure is of a stage or of a type, not of both; leave one of them empty")
    return Scope(stage, team, work)


def _days(cells: list[Any], time_format: str | None) -> list[int | str]:
    """Read dates as days since 1970, or say why one is none."""
    texts = ["" if cell is None else _as_date(str(cell).strip()) for cell in cells]
    read = read_instants(pl.Series(texts, dtype=pl.String), time_format=time_format)
    reasons, ticks = read.reason.to_list(), read.ticks.to_list()
    return [
        f"{shown(text)} is no date: {reason}"
        if reason
        else f"{shown(text)} is no date"
        if tick is None
        else tick // DAY
        for text, reason, tick in zip(texts, reasons, ticks, strict=True)
    ]


def _as_date(text: str) -> str:
    """Write a month or a week of ISO 8601 as its first day."""
    if match := _MONTH.match(text):
        return f"{match[1]}-{match[2]}-01"
    if match := _WEEK.match(text):
        try:
            return date.fromisocalendar(int(match[1]), int(match[2]), 1).isoformat()
        except ValueError:
            return text  # a week that the year has not, which is told as no date
    return text


# --- units ------------------------------------------------------------------------------------------------------------


def _with_units(rows: list[_Row], notices: list[str]) -> list[_Row]:
    """Give bare numbers their unit, and say which."""
    hours = 1.0
    if any(row.bare and row.metric.name in TIMES for row in rows):
        hours, why = _unit_of_times(rows)
        notices.append(f"times without a unit were read as {'days' if hours == HOURS['d'] else 'hours'}: {why}")
    percent = set()
    for metric in SHARES:
        bare = [row.value for row in rows if row.bare and row.metric.name == metric]
        if bare and max(bare) > 1.5:
            percent.add(metric)
            notices.append(f"{metric} was read as percentages, since it goes up to {max(bare):g}")
    factor = dict.fromkeys(TIMES, hours) | dict.fromkeys(percent, 0.01)
    return [row._replace(value=row.value * factor.get(row.metric.name, 1.0)) if row.bare else row for row in rows]


def _unit_of_times(rows: list[_Row]) -> tuple[float, str]:
    """Tell hours from days by Little's law on means over all periods of the whole."""

    def middle(name: str) -> float | None:
        values = [row.value for row in rows if row.metric.name == name and row.metric.percent in {0.0, 50.0}]
        whole = [row.value for row in rows if row.metric.name == name and row.scope == Scope("", "", "")]
        chosen = whole or values
        return float(np.mean(chosen)) if chosen else None

    wip, done = middle("wip"), middle("throughput") or middle("arrivals")
    bare = [row.value for row in rows if row.bare and row.metric.name in TIMES]
    time = float(np.median(bare))
    starts = sorted({row.start for row in rows})
    period = float(np.min(np.diff(starts))) if len(starts) > 1 else 7.0
    if not (wip and done and time):
        return 1.0, "nothing in the file tells; write a unit, as 3 d, if they are not"
    expected = wip / done * period * 24.0
    nearer = HOURS["d"] if abs(np.log(time * 24 / expected)) < abs(np.log(time / expected)) else 1.0
    return nearer, f"WIP / throughput is about {expected / 24:.2g} days"


def _out_of_bounds(rows: list[_Row], file: str) -> Iterator[Problem]:
    for row in rows:
        if row.metric.name in SHARES and row.value > 1:
            yield Problem(f"{row.metric.told()} {row.value:.4g} is more than all of it", file=file, line=row.line)


def _disordered(grouped: Mapping[tuple[Metric, Scope], list[_Row]], file: str) -> Iterator[Problem]:
    """Find percentiles of one period that do not rise."""
    cells: dict[tuple[str, Scope, int], list[tuple[float, _Row]]] = {}
    for (metric, scope), rows in grouped.items():
        for row in rows if metric.name in TIMES and metric.percent else ():
            cells.setdefault((metric.name, scope, row.start), []).append((metric.percent, row))
    for several in cells.values():
        ordered = sorted(several, key=lambda each: each[0])
        for (low, below), (high, above) in pairwise(ordered):
            if above.value < below.value * (1 - 1e-9):
                told = f"p{high:g} is below p{low:g} of line {below.line}"
                yield Problem(f"{above.metric.name}: {told}", file=file, line=above.line)


# --- periods ----------------------------------------------------------------------------------------------------------


def _usual_length(grouped: Mapping[tuple[Metric, Scope], list[_Row]]) -> str:
    """Tell whether the file goes by weeks or by months, by its closest starts, else by the day of the month."""
    starts = sorted({row.start for rows in grouped.values() for row in rows})
    if len(starts) > 1:
        return "month" if min(b - a for a, b in pairwise(starts)) >= 28 else "week"
    return "month" if _date(starts[0]).day == 1 else "week"


def _series(metric: Metric, scope: Scope, rows: list[_Row], usual: str, file: str) -> tuple[Series, list[Problem]]:
    """Lay rows out as periods, with what is wrong about these."""
    starts = [row.start for row in rows]
    gaps = [b - a for a, b in pairwise(starts)]
    monthly = min(gaps) >= 28 and len({_date(day).day for day in starts}) == 1 if gaps else usual == "month"
    ends = [row.end or (_next_month(row.start) if monthly else row.start + 7) for row in rows]
    problems = []
    told = f"{metric.told()} of {scope.told()}"
    for before, end, row in zip(rows, ends, rows[1:], strict=False):
        if row.start == before.start:
            problems.append(Problem(f"{told} stands in line {before.line} already", file=file, line=row.line))
        elif row.start < end:
            what = f"the period from {_date(row.start)} overlaps that from {_date(before.start)} in line {before.line}"
            problems.append(Problem(f"{told}: {what}; periods are weeks or months", file=file, line=row.line))
        elif row.start - end > LONGEST_GAP:
            what = f"the period from {_date(row.start)} comes {row.start - end} days after the one before"
            problems.append(Problem(f"{told}: {what}", file=file, line=row.line))
    values = np.array([row.value for row in rows])
    if metric.name in COUNTS | {"people", "wip"} and not values.any():
        problems.append(Problem(f"{told} is 0 throughout", file=file, line=rows[0].line))
    return Series(metric, scope, np.array(starts, np.int64), np.array(ends, np.int64), values), problems


def _gaps(series: Series) -> Iterator[str]:
    """Name the periods that are missing."""
    missing = [
        f"{_date(int(end))} to {_date(int(start) - 1)}"
        for end, start in zip(series.ends, series.starts[1:], strict=False)
        if start > end
    ]
    if missing:
        more = f" and {len(missing) - 5} more gaps" if len(missing) > 5 else ""
        yield f"missing: {series.told()} from {', '.join(missing[:5])}{more}"


def _date(day: int) -> date:
    return date(1970, 1, 1) + timedelta(days=day)


def _next_month(day: int) -> int:
    start = _date(day)
    year, month = start.year + start.month // 12, start.month % 12 + 1
    return (start.replace(year=year, month=month, day=min(start.day, 28)) - date(1970, 1, 1)).days
