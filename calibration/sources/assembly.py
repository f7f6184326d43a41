"""Make an event log of usable rows: the same rows in any order give the same log.

People get pseudonyms p1, p2, … in the order of the SHA-256 of their names, so that a pseudonym says nothing about the
name's place in file or alphabet; no name is kept. Items are numbered by first start, then name. Stages and work types
stand in alphabetical order. Tick 0 is midnight, in the log's zone, of the day of the first start, or of the first
arrival where all arrivals are known.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import polars as pl

from calibration.sources.formats import VISITS
from twin.errors import InputError, Problem
from twin.eventlog import COLUMNS, EventLog
from twin.units import MILLISECOND
from twin.zones import EPOCH

TIMES: Final = VISITS.times
MAX_NAMES: Final = 2_000
"""More stages or work types than this are none: the wrong column was mapped."""

DEFAULT_WORK: Final = "case"
_LONGEST_NAME: Final = 120
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]+")
_TICKS: Final = dict(zip(TIMES, ("started", "finished", "enabled"), strict=True))


class Assembled(NamedTuple):
    """An event log and what was noticed while making it."""

    log: EventLog
    noticed: dict[str, int]


def assembled(rows: pl.DataFrame, zone: ZoneInfo, *, end: int | None = None) -> Assembled:
    """Make an event log.

    Parameters
    ----------
    rows
        case_id, activity, resource, team, work_type (Categorical or String), start_time, end_time, enabled_time (Int64,
        milliseconds since 1970 UTC); no two rows are equal. A visit without a start has not begun.
    zone
        The log's zone.
    end
        Until when the log was written, where arrivals are known; the last instant of the rows if left out.

    Raises
    ------
    InputError
        Where there are fewer than two cases or instants, or too many stages, teams or work types.
    """
    first, last = _span(rows, end)
    number, cases = _cases(rows)
    stages, teams = _names(rows["activity"], "activity"), _names(rows["team"].drop_nulls(), "team")
    works = _names(cases["work"], "work_type")
    people = _pseudonyms(rows["resource"])
    start = datetime.combine(_local(first, zone), time(), zone).astimezone(EPOCH.tzinfo)
    zero = (start - EPOCH) // timedelta(milliseconds=MILLISECOND)
    frame = (
        rows.select(
            number.alias("item"),
            cases.select(_named("work", works)).to_series().gather(number).alias("work"),
            _named("activity", stages).alias("stage"),
            _named("resource", people).alias("person"),
            _named("team", teams).alias("team"),
            *((pl.col(name) - zero).alias(tick) for name, tick in _TICKS.items()),
        )
        .sort("started", "finished", "item", "stage", "person", "enabled", nulls_last=True)
        .with_columns(
            *(pl.lit(None, pl.Int64).alias(name) for name in ("delayed", "queued", "suspended")),
            pl.int_range(pl.len()).over("item", "stage").cast(pl.Int32).alias("visit"),
        )
        .select(COLUMNS)
    )
    begun = rows["start_time"].is_not_null()
    noticed = {
        "visits without a person": rows["resource"].null_count(),
        "visits without an end, open when the log was written": int((begun & rows["end_time"].is_null()).sum()),
        "items waiting for a visit that had not begun when the log was written": int((~begun).sum()),
        "names rewritten: control characters, > or more than 120 letters": sum(map(_rewritten, (stages, teams, works))),
        "visits of another work type than their case began with": _changed(rows, number, cases),
    }
    log = EventLog(frame, start, zone.key, last - zero, tuple(cases["case_id"].to_list()))
    return Assembled(log, {what: count for what, count in noticed.items() if count})


def _span(rows: pl.DataFrame, end: int | None) -> tuple[int, int]:
    """Give the first start and the last instant, of a log that has enough to learn from."""
    cases, ends = rows["case_id"].n_unique(), [_ends(rows[name]) for name in TIMES]
    if cases < 2:
        raise InputError(f"the log has {cases} usable cases in {rows.height} rows; a twin needs at least 2")
    known = [each for each in ends if each is not None]
    first, last = min(low for low, _ in known), max(high for _, high in known)
    if first == last:
        raise InputError(f"all {rows.height} rows of the log lie at one instant; a twin needs at least 2 instants")
    begun = ends[0]
    begin = first if begun is None or end is not None else begun[0]
    return begin, last if end is None else max(end, last)


def _ends(column: pl.Series) -> tuple[int, int] | None:
    ticks = column.drop_nulls().to_numpy()
    return (int(ticks.min()), int(ticks.max())) if ticks.size else None


def _local(instant: int, zone: ZoneInfo) -> datetime:
    return (EPOCH + timedelta(milliseconds=instant)).astimezone(zone)


def _cases(rows: pl.DataFrame) -> tuple[pl.Series, pl.DataFrame]:
    """Give each row the number of its case, by first start, then name; and by number case_id and work.

    A case is of the first work type that it names.
    """
    placed = rows.select(
        "case_id",
        pl.coalesce("start_time", "enabled_time").alias("first"),
        pl.col("end_time").alias("end"),
        "work_type",
    )
    cases = placed.group_by("case_id").agg(pl.col("first").min())
    if rows["work_type"].null_count() < rows.height:
        ordered = placed.filter(pl.col("work_type").is_not_null()).sort("first", "end", "work_type", nulls_last=True)
        cases = cases.join(ordered.group_by("case_id").agg(pl.col("work_type").first()), on="case_id", how="left")
    else:
        cases = cases.with_columns(pl.lit(None, pl.String).alias("work_type"))
    work = pl.col("work_type").cast(pl.String).fill_null(DEFAULT_WORK).alias("work")
    numbered = (
        cases.with_columns(pl.col("case_id").cast(pl.String).alias("name"))
        .sort("first", "name")
        .with_columns(work, pl.int_range(pl.len(), dtype=pl.Int64).alias("item"))
    )
    number = rows.select("case_id").join(
        numbered.select("case_id", "item"), on="case_id", how="left", maintain_order="left"
    )
    return number["item"], numbered.select(pl.col("name").alias("case_id"), "work")


def _names(column: pl.Series, role: str) -> dict[str, str]:
    """Map what stands in a column to names a twin can use, in alphabetical order."""
    written = sorted(column.unique().cast(pl.String).to_list())
    if len(written) > MAX_NAMES:
        message = f"has {len(written):,} different values, at most {MAX_NAMES:,}; is it the right column?"
        raise InputError(Problem(message, path=role))
    return {text: _name(text) for text in written}


def _name(text: str) -> str:
    name = _CONTROL.sub(" ", text).replace(">", "\u203a")
    if len(name) <= _LONGEST_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: _LONGEST_NAME - 9]}…{digest}"


def _pseudonyms(people: pl.Series) -> dict[str, str]:
    def place(name: str) -> bytes:
        return hashlib.sha256(f"worktwin person {name}".encode()).digest()

    names: Iterable[str] = people.drop_nulls().unique().cast(pl.String).to_list()
    return {name: f"p{number}" for number, name in enumerate(sorted(names, key=place), 1)}


def _named(column: str, names: Mapping[str, str]) -> pl.Expr:
    kind = pl.Enum(list(dict.fromkeys(names.values())))
    if not names:
        return pl.lit(None, kind).alias(column)
    return pl.col(column).replace_strict(list(names), list(names.values()), default=None, return_dtype=kind)


def _rewritten(names: Mapping[str, str]) -> int:
    return sum(written != name for written, name in names.items())


def _changed(rows: pl.DataFrame, number: pl.Series, cases: pl.DataFrame) -> int:
    if rows["work_type"].null_count() == rows.height:
        return 0
    return int((rows["work_type"].cast(pl.String) != cases["work"].gather(number)).sum())
