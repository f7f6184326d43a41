"""The door: read event logs from files into one table, with an account of every row."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import polars as pl

from calibration.sources.assembly import assembled
from calibration.sources.columns import CONSTANT, KNOWN, TIMES, recognised
from calibration.sources.content import PARQUET, read_content
from calibration.sources.delimited import read_delimited
from calibration.sources.instants import MISSING, Instants, place, read_instants
from calibration.sources.parquet import read_parquet
from calibration.sources.reconciliation import Reconciliation
from calibration.sources.rows import DUPLICATE, TEXTS, judged
from calibration.sources.table import PLACE, Table
from twin.errors import InputError, Problem, shown
from twin.eventlog import EventLog
from twin.exports import write_table
from twin.units import MILLISECOND
from twin.zones import time_zone

MAX_REJECTED: Final = 0.01
"""Share of rows, beside duplicates, that may be rejected without the user saying so."""


@dataclass(frozen=True)
class Reading:
    """An event log and how it came about.

    Attributes
    ----------
    log
        The visits. People are pseudonyms; no name of a person is kept.
    intake
        What became of every row.
    """

    log: EventLog
    intake: Reconciliation


class _Options(NamedTuple):
    columns: Mapping[str, str] | None
    zone: ZoneInfo | None
    time_format: str | None
    encoding: str


class _Part(NamedTuple):
    """What one file gives."""

    dialect: str
    roles: dict[str, str]
    rows: pl.DataFrame  # as `judged` takes them
    refused: pl.DataFrame  # REJECTED
    skipped: int
    repeated: int


def read_log(
    paths: Sequence[Path],
    *,
    columns: Mapping[str, str] | None = None,
    zone: str | None = None,
    time_format: str | None = None,
    encoding: str = "utf-8",
    accept_rejects: bool = False,
    reject_file: Path | None = None,
) -> Reading:
    """Read event logs: CSV and other text with separators, also packed with gzip, and Parquet.

    Parameters
    ----------
    paths
        Files of one log. What each is, its content says.
    columns
        Role to column, where the names are not known by themselves; ``=text`` stands for one value in all rows, for
        activity and work_type. Roles: case_id, activity, resource, start_time, end_time, enabled_time, work_type.
    zone
        IANA zone of times without an offset, and in which people read the log; UTC where all times have one.
    time_format
        How times are written, in the letters of strftime; ISO 8601 by default.
    encoding
        Of text, a name Python knows.
    accept_rejects
        Go on where more than 1 % of the rows, beside duplicates, are rejected.
    reject_file
        Where the rejected rows go, with file, line and reason: .csv, .csv.gz or .parquet.

    Raises
    ------
    InputError
        Where a file or an option cannot be used, more than 1 % of the rows are rejected, or fewer than two cases or
        instants are left; with all problems found.
    StorageError
        Where the reject file cannot be written.
    """
    options = _Options(columns, _zone(zone), time_format, encoding)
    parts = _parts(paths, options)
    rows, rejected = judged(pl.concat([part.rows for part in parts.values()]))
    rejected = pl.concat([*(part.refused for part in parts.values()), rejected]).sort(
        "file", "line", maintain_order=True
    )
    if reject_file is not None:
        write_table(rejected, reject_file)
    _check_rejected(rejected, rows.height, accept_rejects=accept_rejects)
    log, noticed = assembled(rows, options.zone or time_zone("UTC"))
    alone = log.frame.height == len(log.cases or ())
    noticed |= {
        "cases of one visit, all of them; is case_id the right column?": log.frame.height if alone else 0,
        "rows after one that starts later": int((rows["start_time"].diff() < 0).sum()),
        "times in an hour that the zone skips, moved to its end": sum(part.skipped for part in parts.values()),
        "times in an hour that the zone repeats, taken as the first": sum(part.repeated for part in parts.values()),
    }
    return Reading(log, _account(parts, log, rejected, {what: count for what, count in noticed.items() if count}))


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return None if name is None else time_zone(name)
    except ValueError as error:
        raise InputError(Problem(str(error), path="zone")) from None


def _parts(paths: Sequence[Path], options: _Options) -> dict[str, _Part]:
    parts: dict[str, _Part] = {}
    problems: list[Problem] = []
    for path in paths:
        try:
            if str(path) in parts:
                raise InputError(Problem("is given twice", file=str(path)))  # noqa: TRY301 - one way for all problems
            parts[str(path)] = _part(path, options)
        except InputError as error:
            problems += error.problems
    if problems or not parts:
        raise InputError(*(problems or [Problem("no file to read; name at least one log")]))
    return parts


def _part(path: Path, options: _Options) -> _Part:
    table = _table(path, options.encoding)
    roles = recognised(table.header, options.columns, table.file)
    frame, refused = table.rows(sorted({column for column in roles.values() if column in table.header}))
    read = {role: read_instants(frame[roles[role]], time_format=options.time_format) for role in TIMES if role in roles}
    _check_zoned(read, frame, roles, table.file, options.zone)
    placed = {role: place(instants, options.zone) for role, instants in read.items()}
    rows = frame.select(
        pl.lit(table.file).alias("file"),
        pl.col(PLACE).alias("line"),
        *(_text(role, roles.get(role), frame, table.file) for role in TEXTS),
        *(_ticks(placed[role].ticks if role in placed else None).alias(role) for role in TIMES),
        *(_written(roles.get(role)).alias(f"written_{role}") for role in TIMES),
        pl.coalesce(*(pl.lit(f"{role}: ") + pl.lit(each.reason) for role, each in read.items())).alias("unread"),
    )
    return _Part(
        table.dialect,
        roles,
        rows,
        refused.select(pl.lit(table.file).alias("file"), pl.col("place").alias("line"), "reason", "text"),
        sum(each.skipped for each in placed.values()),
        sum(each.repeated for each in placed.values()),
    )


def _table(path: Path, encoding: str) -> Table:
    content = read_content(path)
    if content.data.startswith(PARQUET):
        return read_parquet(content.data, str(path))
    return read_delimited(content, str(path), encoding=encoding)


def _text(role: str, column: str | None, frame: pl.DataFrame, file: str) -> pl.Expr:
    if column is None:
        return pl.lit(None, pl.String).alias(role)
    if column not in frame.columns:
        return pl.lit(column.removeprefix(CONSTANT)).alias(role)
    if frame.schema[column].is_temporal():
        message = f"is {frame.schema[column]}; a {role} is text or a whole number"
        raise InputError(Problem(message, path=column, file=file))
    text = pl.col(column).cast(pl.String)
    empty = text.str.strip_chars().is_in(MISSING) if role == "resource" else text.str.strip_chars() == ""
    return pl.when(~empty).then(text).alias(role)


def _ticks(series: pl.Series | None) -> pl.Expr:
    return pl.lit(None, pl.Int64) if series is None else pl.lit(series)


def _written(column: str | None) -> pl.Expr:
    return pl.lit(None, pl.String) if column is None else pl.col(column).cast(pl.String)


def _check_zoned(
    read: Mapping[str, Instants], frame: pl.DataFrame, roles: Mapping[str, str], file: str, zone: ZoneInfo | None
) -> None:
    """Refuse times without an offset where no zone is named."""
    if zone is not None:
        return
    mixed = any((each.zoned & each.ticks.is_not_null()).any() for each in read.values())
    problems = []
    for role, each in read.items():
        naive = frame.filter(~each.zoned & each.ticks.is_not_null())
        if naive.height:
            also = ", others have one" if mixed else ""
            first, line = naive[roles[role]].cast(pl.String)[0], naive[PLACE][0]
            message = (
                f"{naive.height:,} times have no offset from UTC{also}, the first {shown(first)}; name their zone: "
            )
            problems.append(Problem(f"{message}zone=Europe/Berlin", path=roles[role], file=file, line=line))
    if problems:
        raise InputError(*problems)


def _reasons(rejected: pl.DataFrame) -> Iterator[tuple[str, int, str]]:
    """Give each reason with its count and the place of its first row, the most frequent first."""
    counted = rejected.group_by("reason").agg(pl.len(), pl.col("file", "line").first())
    for reason, count, file, line in counted.sort(["len", "reason"], descending=[True, False]).iter_rows():
        yield reason, count, f"{file}:{line}"


def _check_rejected(rejected: pl.DataFrame, used: int, *, accept_rejects: bool) -> None:
    faulty = rejected.filter(pl.col("reason") != DUPLICATE)
    read = rejected.height + used
    if not read:
        raise InputError("the log has a header and no rows; a twin needs at least 2 cases")
    if accept_rejects or faulty.height <= MAX_REJECTED * read:
        return
    head = f"{faulty.height:,} of {read:,} rows are rejected, more than {MAX_REJECTED:.0%}"
    examples = {row["reason"]: row for row in faulty.unique("reason", keep="first", maintain_order=True).to_dicts()}
    raise InputError(
        f"{head}; mend the log, or accept rejects",
        *(
            Problem(f"{count:,} rows: {reason}; the first: {shown(examples[reason]['text'])}", file=at)
            for reason, count, at in _reasons(faulty)
        ),
    )


def _account(
    parts: Mapping[str, _Part], log: EventLog, rejected: pl.DataFrame, noticed: Mapping[str, int]
) -> Reconciliation:
    zone = time_zone(log.zone)
    played = {role: {part.roles[role]: None for part in parts.values() if role in part.roles} for role in KNOWN}
    reasons = list(_reasons(rejected))
    begin = int(log.frame.select(pl.min_horizontal(pl.col("started", "enabled").min())).item())

    def instant(tick: int) -> datetime:
        return (log.start + timedelta(milliseconds=tick * MILLISECOND)).astimezone(zone)

    return Reconciliation(
        rows_read=sum(part.rows.height + part.refused.height for part in parts.values()),
        rows_used=log.frame.height,
        rejected=MappingProxyType({reason: count for reason, count, _ in reasons}),
        first_rejected=MappingProxyType({reason: at for reason, _, at in reasons}),
        noticed=MappingProxyType(dict(noticed)),
        first=instant(begin),
        last=instant(log.end),
        dialects=MappingProxyType({file: part.dialect for file, part in parts.items()}),
        columns=MappingProxyType({role: " / ".join(names) for role, names in played.items() if names}),
    )
