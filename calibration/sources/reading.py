"""The door: read what an organisation has recorded, from files, into one event log, with an account of every row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import polars as pl

from calibration.evidence import Evidence
from calibration.sources.assembly import assembled
from calibration.sources.formats import HISTORY, VISITS, Format
from calibration.sources.histories import history_of, told
from calibration.sources.meanings import MOST_STATUSES, Meanings, check_covered, infer, read_meanings
from calibration.sources.reconciliation import Reconciliation
from calibration.sources.rows import DUPLICATE, judged
from calibration.sources.sifting import Options, Part, reasons, sift, together
from calibration.sources.stays import Stays, stays_of
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
    assumptions
        What had to be assumed, with its bounds: starts that nobody recorded, days without a time of day.
    meanings
        What statuses were taken to mean, or None where the log has starts and ends.
    stays
        Each item's stays in statuses, or None: item (its number in the log), status, means, team, begin, end (ticks).
    statuses
        Status to the rows that name it.
    """

    log: EventLog
    intake: Reconciliation
    assumptions: tuple[Evidence, ...] = ()
    meanings: Meanings | None = None
    stays: pl.DataFrame | None = None
    statuses: Mapping[str, int] = field(default_factory=dict)


class _Told(NamedTuple):
    """Visits, however they came about."""

    visits: pl.DataFrame
    used: int
    collapsed: int
    noticed: dict[str, int]
    assumptions: tuple[Evidence, ...] = ()
    meanings: Meanings | None = None
    stays: pl.DataFrame | None = None
    end: int | None = None
    statuses: Mapping[str, int] = MappingProxyType({})


def read_log(  # noqa: PLR0913 - each option is a parameter
    paths: Sequence[Path],
    *,
    columns: Mapping[str, str] | None = None,
    zone: str | None = None,
    time_format: str | None = None,
    encoding: str = "utf-8",
    accept_rejects: bool = False,
    reject_file: Path | None = None,
    kind: str | None = None,
    mapping: Path | None = None,
) -> Reading:
    """Read event logs, histories of statuses, tables of items and flow tables.

    CSV and other text with separators, also packed with gzip, Parquet, and JSON that Jira gave.

    Parameters
    ----------
    paths
        Files of one log, all of one kind. What each is, its content says.
    columns
        Role to column, where the names are not known by themselves; ``=text`` stands for one value in all rows, for
        activity, team and work_type. Roles: see `calibration.sources.formats`.
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
    kind
        visits, history, items or flow; told from the columns if left out.
    mapping
        File that says what each status means; inferred if left out.

    Raises
    ------
    InputError
        Where a file or an option cannot be used, more than 1 % of the rows are rejected, or fewer than two cases or
        instants are left; with all problems found.
    StorageError
        Where the reject file cannot be written.
    """
    meanings = None if mapping is None else read_meanings(mapping)
    options = Options(columns, _zone(zone), time_format, encoding, kind)
    parts = _parts(paths, options)
    of_kind, times, rows = together(list(parts.values()))
    rows, far = judged(rows, of_kind, times)
    rejected = pl.concat([*(part.rejected for part in parts.values()), far]).sort("file", "line", maintain_order=True)
    if reject_file is not None:
        write_table(rejected, reject_file)
    _check_rejected(rejected, rows.height, accept_rejects=accept_rejects)
    late = int((rows[times[0]].diff() < 0).sum())
    result = _told(rows, of_kind, parts, (meanings, mapping))
    log, noticed = assembled(result.visits, options.zone or time_zone("UTC"), end=result.end)
    noticed |= result.noticed | _noticed(log, parts, late)
    noticed = {what: count for what, count in noticed.items() if count}
    intake = _account(parts, log, rejected, (result.used, result.collapsed), noticed)
    stays = None if result.stays is None else _in_ticks(result.stays, log)
    assumptions = (*result.assumptions, *_days(parts, rows.height))
    return Reading(log, intake, assumptions, result.meanings, stays, result.statuses)


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return None if name is None else time_zone(name)
    except ValueError as error:
        raise InputError(Problem(str(error), path="zone")) from None


def _parts(paths: Sequence[Path], options: Options) -> dict[str, Part]:
    parts: dict[str, Part] = {}
    problems: list[Problem] = []
    for path in paths:
        try:
            if str(path) in parts:
                raise InputError(Problem("is given twice", file=str(path)))  # noqa: TRY301 - one way for all problems
            parts[str(path)] = sift(path, options)
        except InputError as error:
            problems += error.problems
    if problems or not parts:
        raise InputError(*(problems or [Problem("no file to read; name at least one log")]))
    return parts


def _told(
    rows: pl.DataFrame, kind: Format, parts: Mapping[str, Part], given: tuple[Meanings | None, Path | None]
) -> _Told:
    """Turn usable rows of any kind into visits."""
    if kind is VISITS:
        return _Told(rows.select(*kind.texts, *kind.times), rows.height, 0, {})
    stays = stays_of(rows, kind)
    meanings, file = given
    counts = _counts(rows, stays, kind)
    if meanings is None:
        hints = {status: means for part in parts.values() for status, means in part.hints.items()}
        meanings = infer(stays.frame.with_columns(pl.col("status").cast(pl.String)), hints)
    elif file is not None:
        check_covered(meanings, sorted(counts), file)
    history = history_of(stays.frame, meanings)
    if history.visits.is_empty():
        raise InputError("no item was ever waiting, at work or done, as the meanings of its statuses say")
    return _Told(
        history.visits,
        stays.used,
        stays.collapsed,
        stays.noticed | history.noticed,
        history.assumptions,
        meanings,
        told(stays.frame, meanings).select("case_id", "status", "means", "team", "begin", "end"),
        int(stays.frame["begin"].to_numpy().max()),
        counts,
    )


def _counts(rows: pl.DataFrame, stays: Stays, kind: Format) -> dict[str, int]:
    """Count the rows that name each status, or the stays in it where rows name single changes."""
    whole = kind is HISTORY and all(
        rows[role].null_count() == rows.height for role in ("sub_status", "field", "from_status")
    )
    named = rows["status"] if whole else stays.frame["status"]
    counts = dict(named.cast(pl.String).value_counts(sort=True).iter_rows())
    known = {status: counts.get(status, 0) for status in stays.frame["status"].cast(pl.String).unique().to_list()}
    if len(known) > MOST_STATUSES:
        message = f"has {len(known):,} different values, at most {MOST_STATUSES:,}; is it the right column?"
        raise InputError(Problem(message, path="status"))
    return known


def _noticed(log: EventLog, parts: Mapping[str, Part], late: int) -> dict[str, int]:
    alone = log.frame.height == len(log.cases or ()) and all(part.kind is VISITS for part in parts.values())
    return {
        "cases of one visit, all of them; is case_id the right column?": log.frame.height if alone else 0,
        "rows after one that starts later": late,
        "times in an hour that the zone skips, moved to its end": sum(part.skipped for part in parts.values()),
        "times in an hour that the zone repeats, taken as the first": sum(part.repeated for part in parts.values()),
    }


def _in_ticks(stays: pl.DataFrame, log: EventLog) -> pl.DataFrame:
    """Give stays the items' numbers and the log's ticks."""
    zero = int(log.start.timestamp() * 1000)
    numbers = pl.DataFrame({"case_id": log.cases, "item": range(len(log.cases or ()))}).cast({"item": pl.Int64})
    named = stays.with_columns(pl.col("case_id", "status", "team").cast(pl.String))
    placed = named.join(numbers, on="case_id", how="left", maintain_order="left")
    return placed.select(
        "item", "status", "means", "team", *((pl.col(name) - zero).alias(name) for name in ("begin", "end"))
    )


def _days(parts: Mapping[str, Part], rows: int) -> tuple[Evidence, ...]:
    days = sum(part.days for part in parts.values())
    if not days:
        return ()
    return (
        Evidence(
            "log.times",
            f"{days:,} times are days without a time of day, taken as their midnight",
            "the file has dates only",
            rows,
            "0 h",
            "24 h",
            "an assumption; every duration is known to within a day, and what began and ended on one day lasts 0",
        ),
    )


def _check_rejected(rejected: pl.DataFrame, used: int, *, accept_rejects: bool) -> None:
    faulty = rejected.filter(pl.col("reason") != DUPLICATE)
    read = rejected.height + used
    if not read:
        raise InputError("the log has a header and no rows; a twin needs at least 2 cases")
    if not used:
        accept_rejects = False
    if accept_rejects or (used and faulty.height <= MAX_REJECTED * read):
        return
    head = f"{faulty.height:,} of {read:,} rows are rejected, more than {MAX_REJECTED:.0%}"
    examples = {row["reason"]: row for row in faulty.unique("reason", keep="first", maintain_order=True).to_dicts()}
    raise InputError(
        f"{head}; mend the log, or accept rejects",
        *(
            Problem(f"{count:,} rows: {reason}; the first: {shown(examples[reason]['text'])}", file=at)
            for reason, count, at in reasons(faulty)
        ),
    )


def _account(
    parts: Mapping[str, Part],
    log: EventLog,
    rejected: pl.DataFrame,
    counts: tuple[int, int],
    noticed: Mapping[str, int],
) -> Reconciliation:
    zone = time_zone(log.zone)
    roles = dict.fromkeys(role for part in parts.values() for role in part.roles)
    played = {role: dict.fromkeys(part.roles[role] for part in parts.values() if role in part.roles) for role in roles}
    told_reasons = list(reasons(rejected))
    begin = int(log.frame.select(pl.min_horizontal(pl.col("started", "enabled").min())).item())
    used, collapsed = counts

    def instant(tick: int) -> datetime:
        return (log.start + timedelta(milliseconds=tick * MILLISECOND)).astimezone(zone)

    return Reconciliation(
        rows_read=sum(part.read for part in parts.values()),
        rows_used=used,
        rows_collapsed=collapsed,
        rejected=MappingProxyType({reason: count for reason, count, _ in told_reasons}),
        first_rejected=MappingProxyType({reason: at for reason, _, at in told_reasons}),
        noticed=MappingProxyType(dict(noticed)),
        first=instant(begin),
        last=instant(log.end),
        dialects=MappingProxyType({file: part.dialect for file, part in parts.items()}),
        columns=MappingProxyType({role: " / ".join(names) for role, names in played.items() if names}),
    )
