"""Read the rows of a file into compact ones, a part at a time, and sift out those that cannot be used.

Text becomes codes of a dictionary, times become ticks, and what a row said in words is kept only where the row is
rejected: ten million rows take some hundred megabytes.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import polars as pl

from calibration.sources.columns import CONSTANT, ONLY_STAGE, format_of, no_column, recognised
from calibration.sources.content import PARQUET, read_content
from calibration.sources.day_order import told_formats
from calibration.sources.delimited import read_delimited
from calibration.sources.formats import ENTERED, Format
from calibration.sources.instants import MISSING, PLAUSIBLE, Instants, Placed, Window, place, read_instants
from calibration.sources.jira import looks_like_json, read_jira
from calibration.sources.parquet import read_parquet
from calibration.sources.rows import reason_of, shown_rows
from calibration.sources.table import PLACE, Rows, Table
from calibration.sources.xes import looks_like_xml, read_xes
from twin.errors import InputError, Problem, shown
from twin.units import DAY


class Options(NamedTuple):
    """How files are to be read."""

    columns: Mapping[str, str] | None
    zone: ZoneInfo | None
    time_format: str | None
    encoding: str
    kind: str | None
    window: Window = PLAUSIBLE  # between which instants times can be


class Part(NamedTuple):
    """What one file gives."""

    dialect: str
    kind: Format
    roles: dict[str, str]
    times: tuple[str, ...]  # columns of instants in `rows`
    rows: pl.DataFrame  # file, texts of the kind (Categorical), line (UInt32), times (Int64 ms since 1970 UTC)
    rejected: pl.DataFrame  # REJECTED
    read: int
    skipped: int  # times in an hour that the zone skips
    repeated: int
    days: int  # times without a time of day
    unplaced: int  # times without an offset from UTC, where no zone was named
    hints: Mapping[str, str]  # status to what the file itself says it means
    simulated: int = 0  # rows that a simulation's clock has written
    doubt: str = ""  # what its times may be where nearly all are implausible


class _Reader(NamedTuple):
    table: Table
    kind: Format
    roles: dict[str, str]
    times: tuple[str, ...]
    options: Options
    formats: Mapping[str, str]  # by column, where the file itself tells the order of day and month


class _Sifted(NamedTuple):
    rows: pl.DataFrame
    rejected: pl.DataFrame
    read: int
    skipped: int
    repeated: int
    days: int
    unplaced: int


def sift(path: Path, options: Options) -> Part:
    """Read a file.

    Raises
    ------
    InputError
        Where the file, a column or an option cannot be used.
    """
    table = open_table(path, options.encoding)
    mapping, time_format = options.columns, options.time_format
    kind = format_of(table, mapping, asked=options.kind, time_format=time_format)
    roles = recognised(table, kind, mapping, time_format=time_format)
    times = (*kind.times, *(role for role in roles if role.startswith(ENTERED)))
    columns = list(dict.fromkeys(column for column in roles.values() if column in table.header))
    formats = {} if time_format else told_formats(table, [roles[role] for role in times if role in roles])
    reader = _Reader(table, kind, roles, times, options, formats)
    sifted = [_sifted(reader, rows) for rows in table.rows(columns)]
    _refuse_cases_twice(reader, sifted)
    return Part(
        dialect=", ".join((kind.name, table.dialect, *sorted({f"times as {each}" for each in formats.values()}))),
        kind=kind,
        roles=roles,
        times=times,
        rows=pl.concat([each.rows for each in sifted]),
        rejected=pl.concat([each.rejected for each in sifted]),
        read=sum(each.read for each in sifted),
        skipped=sum(each.skipped for each in sifted),
        repeated=sum(each.repeated for each in sifted),
        days=sum(each.days for each in sifted),
        unplaced=sum(each.unplaced for each in sifted),
        hints=table.hints,
    )


def _refuse_cases_twice(reader: _Reader, sifted: Sequence[_Sifted]) -> None:
    """Refuse visits of an only stage, taken for such since no case came twice, where one does after all."""
    if reader.roles.get("activity") != ONLY_STAGE or "activity" in (reader.options.columns or {}):
        return
    cases = pl.concat([each.rows["case_id"] for each in sifted])
    if cases.n_unique() < cases.len():
        raise InputError(
            Problem(no_column(reader.kind, "activity", reader.table.header), file=reader.table.file, line=1)
        )


def open_table(path: Path, encoding: str, *, numbers: bool = False) -> Table:
    """Read the header of a file, whatever its format; in Parquet with columns of fractions, if asked for.

    Raises
    ------
    InputError
        Where it cannot be used.
    """
    content = read_content(path)
    if content.data.startswith(PARQUET):
        return read_parquet(content.data, str(path), numbers=numbers)
    if looks_like_json(content.data):
        return read_jira(content.data, str(path))
    if looks_like_xml(content.data):
        return read_xes(content, str(path))
    return read_delimited(content, str(path), encoding=encoding)


def _sifted(reader: _Reader, part: Rows) -> _Sifted:
    frame, roles, options, file = part.frame, reader.roles, reader.options, reader.table.file
    read = {
        role: read_instants(frame[roles[role]], time_format=options.time_format or reader.formats.get(roles[role]))
        for role in reader.times
        if role in roles
    }
    unplaced = _unplaced(read, frame, reader)
    placed = {role: place(instants, options.zone, options.window) for role, instants in read.items()}
    told = frame.select(
        pl.lit(file).cast(pl.Categorical).alias("file"),
        *(_text(role, roles.get(role), frame, file) for role in reader.kind.texts),
        pl.col(PLACE).cast(pl.UInt32).alias("line"),
        *(_ticks(placed.get(role)).alias(role) for role in reader.times),
        pl.coalesce(*(pl.lit(f"{role}: ") + pl.lit(each.reason) for role, each in read.items())).alias("unread"),
    ).with_columns(reason_of(reader.kind, reader.times, options.window).alias("reason"))
    faulty = told["reason"].is_not_null()
    kept = told.drop("unread", "reason")
    rejected = [part.refused.select(pl.lit(file).alias("file"), pl.col("place").alias("line"), "reason", "text")]
    if faulty.any():
        rejected.append(_faulty(told.filter(faulty), frame.filter(faulty), reader))
        kept = kept.filter(~faulty)
    return _Sifted(
        kept,
        pl.concat(rejected),
        frame.height + part.refused.height,
        sum(each.skipped for each in placed.values()),
        sum(each.repeated for each in placed.values()),
        sum(_days(read[role], frame[roles[role]]) for role in read),
        unplaced,
    )


def _faulty(told: pl.DataFrame, frame: pl.DataFrame, reader: _Reader) -> pl.DataFrame:
    """Show rejected rows with their times as they stood in the file."""
    stood = [
        frame[reader.roles[role]].cast(pl.String).alias(role)
        if role in reader.roles
        else pl.Series(role, [None] * told.height, pl.String)
        for role in reader.times
    ]
    return shown_rows(told, pl.DataFrame(stood))


def _days(read: Instants, written: pl.Series) -> int:
    """Count times that are days: none of the column has a time of day."""
    if written.dtype == pl.Date:
        return written.len() - written.null_count()
    ticks = read.ticks.drop_nulls()
    bare = written.dtype == pl.String and not written.str.contains(":", literal=True).any()
    return ticks.len() if bare and (ticks % DAY == 0).all() else 0


def _text(role: str, column: str | None, frame: pl.DataFrame, file: str) -> pl.Expr:
    if column is None:
        return pl.lit(None, pl.Categorical).alias(role)
    if column not in frame.columns:
        return pl.lit(column.removeprefix(CONSTANT)).cast(pl.Categorical).alias(role)
    if frame.schema[column].is_temporal():
        message = f"is {frame.schema[column]}; a {role} is text or a whole number"
        raise InputError(Problem(message, path=column, file=file))
    text = pl.col(column).cast(pl.String)
    nobody = role in {"resource", "team"}
    empty = text.str.strip_chars().is_in(MISSING) if nobody else text.str.strip_chars() == ""
    return pl.when(~empty).then(text).cast(pl.Categorical).alias(role)


def _ticks(placed: Placed | None) -> pl.Expr:
    return pl.lit(None, pl.Int64) if placed is None else pl.lit(placed.ticks)


def _unplaced(read: Mapping[str, Instants], frame: pl.DataFrame, reader: _Reader) -> int:
    """Count times without an offset where no zone is named; beside others that have one, they are refused."""
    if reader.options.zone is not None:
        return 0
    naive = {role: frame.filter(~each.zoned & each.ticks.is_not_null()) for role, each in read.items()}
    naive = {role: rows for role, rows in naive.items() if rows.height}
    if naive and any((each.zoned & each.ticks.is_not_null()).any() for each in read.values()):
        raise InputError(
            *(_without_offset(rows, reader.roles[role], reader.table.file) for role, rows in naive.items())
        )
    return sum(rows.height for rows in naive.values())


def _without_offset(rows: pl.DataFrame, column: str, file: str) -> Problem:
    first, line = rows[column].cast(pl.String)[0], rows[PLACE][0]
    told = f"{rows.height:,} times have no offset from UTC, others have one, the first {shown(first)}; name their zone"
    return Problem(f"{told}: zone=Europe/Berlin", path=column, file=file, line=line)


def reasons(rejected: pl.DataFrame) -> Iterator[tuple[str, int, str]]:
    """Give each reason with its count and the place of its first row, the most frequent first."""
    counted = rejected.group_by("reason").agg(pl.len(), pl.col("file", "line").first())
    for reason, count, file, line in counted.sort(["len", "reason"], descending=[True, False]).iter_rows():
        yield reason, count, f"{file}:{line}"


def together(parts: Sequence[Part]) -> tuple[Format, tuple[str, ...], pl.DataFrame]:
    """Join the rows of all files, which must be of one kind: the kind, the columns of instants, the rows.

    Raises
    ------
    InputError
        Where the files are of different kinds.
    """
    first = parts[0]
    kinds = {part.kind.name: part for part in reversed(parts)}
    if len(kinds) > 1:
        told = "; ".join(
            f"{part.rows['file'][0] if part.rows.height else '?'} is {name}" for name, part in kinds.items()
        )
        raise InputError(f"the files are of different kinds: {told}; read them one by one, or say which kind they are")
    times = tuple(dict.fromkeys(name for part in parts for name in part.times))
    missing = [
        part.rows.with_columns(pl.lit(None, pl.Int64).alias(name) for name in times if name not in part.times)
        for part in parts
    ]
    order = ["file", *first.kind.texts, "line", *times]
    return first.kind, times, pl.concat([rows.select(order) for rows in missing])
