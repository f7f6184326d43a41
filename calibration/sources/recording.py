"""What files have recorded: visits, stays in statuses, and an account of every row; before it becomes an event log.

Kept compact: text as codes of a dictionary, instants as milliseconds since 1970 UTC, so that ten million rows fit.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple, TypedDict, Unpack
from zoneinfo import ZoneInfo

import polars as pl

from calibration.evidence import Evidence
from calibration.sources.epoch import SIMULATED, sift_near_1970
from calibration.sources.formats import ACTIVITIES, HISTORY, STARTS, VISITS, Format, plain
from calibration.sources.histories import completions_of, history_of
from calibration.sources.lifecycles import OPENS, lives_of, transitions_of
from calibration.sources.meanings import MOST_STATUSES, Meanings, check_covered, infer, name_statuses, read_meanings
from calibration.sources.reconciliation import Reconciliation
from calibration.sources.rows import DUPLICATE, judged
from calibration.sources.sifting import Options, Part, reasons, together
from calibration.sources.stays import Stays, changes_of, stays_of
from twin.errors import InputError, Problem, shown
from twin.exports import write_table
from twin.zones import EPOCH, time_zone

MAX_REJECTED: Final = 0.01
"""Share of rows, beside duplicates, that may be rejected without the user saying so."""


UNPLACED: Final = (
    "times without an offset from UTC, taken as the clock on the wall shows them; where clocks change in spring, name "
    "the zone: --zone Europe/Berlin"
)


class ReadOptions(TypedDict, total=False):
    """How files are to be read; see `calibration.sources.read_log`."""

    columns: Mapping[str, str] | None
    zone: str | None
    time_format: str | None
    encoding: str
    accept_rejects: bool
    reject_file: Path | None
    kind: str | None
    mapping: Path | None


class Recorded(NamedTuple):
    """What files have recorded; instants are milliseconds since 1970 UTC."""

    kind: Format
    visits: (
        pl.DataFrame
    )  # case_id, activity, resource, team, work_type (Categorical or String), start_time, end_time, …
    stays: pl.DataFrame | None  # case_id, status, means, team, begin, end, touched; or none where visits were recorded
    end: int | None  # until when the log was written, where arrivals are known
    zone: ZoneInfo
    account: Reconciliation
    assumptions: tuple[Evidence, ...]
    meanings: Meanings | None
    statuses: Mapping[str, int]  # rows that name each status


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


def read_recorded(paths: Sequence[Path], **given: Unpack[ReadOptions]) -> Recorded:
    """Read files of one log, with an account of every row.

    Raises
    ------
    InputError
        Where a file or an option cannot be used, or more than 1 % of the rows are rejected; with all problems found.
    StorageError
        Where the reject file cannot be written.
    """
    mapping, reject_file = given.get("mapping"), given.get("reject_file")
    meanings = None if mapping is None else read_meanings(mapping)
    zone = _zone(given.get("zone"))
    encoding = given.get("encoding", "utf-8")
    options = Options(given.get("columns"), zone, given.get("time_format"), encoding, given.get("kind"))
    parts = _parts(paths, options)
    kind, times, rows = together(list(parts.values()))
    rows, far = judged(rows, kind, times)
    rejected = pl.concat([*(part.rejected for part in parts.values()), far]).sort("file", "line", maintain_order=True)
    if reject_file is not None:
        write_table(rejected, reject_file)
    doubts = [Problem(part.doubt, file=file) for file, part in parts.items() if part.doubt]
    _check_rejected(rejected, rows.height, doubts, accept_rejects=given.get("accept_rejects", False))
    late, height = int((rows[times[0]].diff() < 0).sum()), rows.height
    parts = {
        path: part._replace(rows=part.rows.clear()) for path, part in parts.items()
    }  # what they held stands in rows
    if kind is VISITS:
        result = _Told(rows.select(*kind.texts, *kind.times), height, 0, {})
    else:
        asked = given.get("kind") is not None or "status" in (given.get("columns") or {})
        result = _from_changes(rows, kind, parts, (meanings, mapping), statuses=asked)
    noticed = result.noticed | _noticed(parts, late)
    account = _account(parts, result, rejected, noticed, zone or time_zone("UTC"))
    return Recorded(
        kind=kind,
        visits=result.visits,
        stays=result.stays,
        end=result.end,
        zone=zone or time_zone("UTC"),
        account=account,
        assumptions=(*result.assumptions, *_days(parts, height)),
        meanings=result.meanings,
        statuses=result.statuses,
    )


def _from_changes(
    rows: pl.DataFrame,
    kind: Format,
    parts: Mapping[str, Part],
    given: tuple[Meanings | None, Path | None],
    *,
    statuses: bool,
) -> _Told:
    """Turn rows that are no visits into some: steps of their lives, what was done, or statuses, where one said so."""
    height, steps = rows.height, transitions_of(rows) if kind is HISTORY else frozenset[str]()
    if steps & OPENS:
        visits, lived = lives_of(rows)
        return _Told(visits, visits.height, height - visits.height, lived, end=_latest(rows))
    if steps:  # all rows are completions: that says nothing
        rows = rows.with_columns(pl.lit(None, pl.Categorical).alias("sub_status"))
    completed = not statuses and kind is HISTORY and given[0] is None and _tell_what_was_done(rows, parts)
    end, counts = _latest(rows) if completed else None, _counts(rows, kind)
    rows = changes_of(rows, kind)  # what changes do not need is let go of
    if completed:
        done = completions_of(rows)
        used = done.visits.height
        return _Told(done.visits, used, height - used, done.noticed, done.assumptions, end=end)
    return _told(stays_of(rows, kind, height), parts, given, counts)


def _latest(rows: pl.DataFrame) -> int:
    return int(rows["time"].to_numpy().max())


def _tell_what_was_done(rows: pl.DataFrame, parts: Mapping[str, Part]) -> bool:
    """Tell whether a history says what was done and when it was done, and not which status items then have."""
    activities, starts = {plain(name) for name in ACTIVITIES}, {plain(name) for name in STARTS}
    if any(rows[role].null_count() < rows.height for role in ("sub_status", "field", "from_status")):
        return False
    named = all(plain(part.roles["status"]) in activities for part in parts.values())
    return named and not any(plain(part.roles["time"]) in starts for part in parts.values()) and not name_statuses(rows)


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
            parts[str(path)] = sift_near_1970(path, options)
        except InputError as error:
            problems += error.problems
    if problems or not parts:
        raise InputError(*(problems or [Problem("no file to read; name at least one log")]))
    return parts


def _told(
    stays: Stays,
    parts: Mapping[str, Part],
    given: tuple[Meanings | None, Path | None],
    counts: Mapping[str, int] | None,
) -> _Told:
    """Turn stays into visits."""
    names = _statuses(stays)
    meanings, file = given
    if meanings is None:
        hints = {status: means for part in parts.values() for status, means in part.hints.items()}
        meanings = infer(stays.frame, hints)
    elif file is not None:
        check_covered(meanings, sorted(names), file)
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
        None
        if history.stays is None
        else history.stays.select("case_id", "status", "means", "team", "begin", "end", "touched"),
        int(stays.frame["begin"].to_numpy().max()),
        names if counts is None else {status: counts.get(status, 0) for status in names},
    )


def _statuses(stays: Stays) -> dict[str, int]:
    """Count the stays in each status."""
    found = dict(stays.frame["status"].value_counts(sort=True).cast({"status": pl.String}).iter_rows())
    if len(found) > MOST_STATUSES:
        message = f"has {len(found):,} different values, at most {MOST_STATUSES:,}; is it the right column?"
        raise InputError(Problem(message, path="status"))
    return found


def _counts(rows: pl.DataFrame, kind: Format) -> dict[str, int] | None:
    """Count the rows that name each status; None where rows name single changes or several statuses."""
    parts = ("sub_status", "field", "from_status")
    if kind is not HISTORY or any(rows[role].null_count() < rows.height for role in parts):
        return None
    return dict(rows["status"].value_counts().cast({"status": pl.String}).iter_rows())


def _noticed(parts: Mapping[str, Part], late: int) -> dict[str, int]:
    return {
        "rows after one that starts later": late,
        SIMULATED: sum(part.simulated for part in parts.values()),
        UNPLACED: sum(part.unplaced for part in parts.values()),
        "times in an hour that the zone skips, moved to its end": sum(part.skipped for part in parts.values()),
        "times in an hour that the zone repeats, taken as the first": sum(part.repeated for part in parts.values()),
    }


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


def _check_rejected(rejected: pl.DataFrame, used: int, doubts: Sequence[Problem], *, accept_rejects: bool) -> None:
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
        *doubts,
    )


def _account(
    parts: Mapping[str, Part], result: _Told, rejected: pl.DataFrame, noticed: Mapping[str, int], zone: ZoneInfo
) -> Reconciliation:
    roles = dict.fromkeys(role for part in parts.values() for role in part.roles)
    played = {role: dict.fromkeys(part.roles[role] for part in parts.values() if role in part.roles) for role in roles}
    told_reasons = list(reasons(rejected))
    instants = result.visits.select(VISITS.times)
    first = instants.select(pl.min_horizontal(pl.all().min())).item()
    last = instants.select(pl.max_horizontal(pl.all().max())).item()

    def instant(ticks: int) -> datetime:
        return (EPOCH + timedelta(milliseconds=ticks)).astimezone(zone)

    return Reconciliation(
        rows_read=sum(part.read for part in parts.values()),
        rows_used=result.used,
        rows_collapsed=result.collapsed,
        rejected=MappingProxyType({reason: count for reason, count, _ in told_reasons}),
        first_rejected=MappingProxyType({reason: at for reason, _, at in told_reasons}),
        noticed=MappingProxyType({what: count for what, count in noticed.items() if count}),
        first=instant(first),
        last=instant(last if result.end is None else max(last, result.end)),
        dialects=MappingProxyType({file: part.dialect for file, part in parts.items()}),
        columns=MappingProxyType({role: " / ".join(names) for role, names in played.items() if names}),
    )
