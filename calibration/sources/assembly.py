"""Make an event log of usable rows: the same rows in any order give the same log.

People get pseudonyms p1, p2, … in the order of the SHA-256 of their names, so that a pseudonym says nothing about the
name's place in file or alphabet; no name is kept. Items are numbered by first start, then name. Stages and work types
stand in alphabetical order. Tick 0 is midnight, in the log's zone, of the day of the first start.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import polars as pl

from calibration.sources.columns import TIMES
from twin.errors import InputError, Problem
from twin.eventlog import COLUMNS, EventLog
from twin.units import MILLISECOND
from twin.zones import EPOCH

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


def assembled(rows: pl.DataFrame, zone: ZoneInfo) -> Assembled:
    """Make an event log.

    Parameters
    ----------
    rows
        case_id, activity, resource, work_type (String), start_time, end_time, enabled_time (Int64, milliseconds since
        1970 UTC); no two rows are equal.
    zone
        The log's zone.

    Raises
    ------
    InputError
        Where there are fewer than two cases or instants, or too many stages or work types.
    """
    first, last = _span(rows)
    cases = _cases(rows)
    stages, works = _names(rows["activity"], "activity"), _names(cases["work"], "work_type")
    people = _pseudonyms(rows["resource"])
    start = datetime.combine(_local(first, zone), time(), zone).astimezone(EPOCH.tzinfo)
    zero = (start - EPOCH) // timedelta(milliseconds=MILLISECOND)
    visits = rows.join(cases, on="case_id", how="left")
    frame = (
        visits.select(
            "item",
            _named("work", works),
            _named("activity", stages).alias("stage"),
            _named("resource", people).alias("person"),
            pl.lit(None, pl.Enum([])).alias("team"),
            *((pl.col(name) - zero).alias(tick) for name, tick in _TICKS.items()),
            *(pl.lit(None, pl.Int64).alias(name) for name in ("delayed", "queued", "suspended")),
        )
        .sort("started", "finished", "item", "stage", "person", "enabled", nulls_last=True)
        .with_columns(pl.int_range(pl.len()).over("item", "stage").cast(pl.Int32).alias("visit"))
        .select(COLUMNS)
    )
    noticed = {
        "visits without a person": rows["resource"].null_count(),
        "visits without an end, open when the log was written": rows["end_time"].null_count(),
        "names rewritten: control characters, > or more than 120 letters": _rewritten(stages) + _rewritten(works),
        "visits of another work type than their case began with": _changed(visits),
    }
    log = EventLog(frame, start, zone.key, last - zero, tuple(cases["case_id"].to_list()))
    return Assembled(log, {what: count for what, count in noticed.items() if count})


def _span(rows: pl.DataFrame) -> tuple[int, int]:
    """Give the first start and the last instant, of a log that has enough to learn from."""
    cases, instants = rows["case_id"].n_unique(), pl.concat([rows[name] for name in TIMES]).drop_nulls()
    if cases < 2:
        raise InputError(f"the log has {cases} usable cases in {rows.height} rows; a twin needs at least 2")
    if instants.n_unique() < 2:
        raise InputError(f"all {rows.height} rows of the log lie at one instant; a twin needs at least 2 instants")
    return int(rows["start_time"].to_numpy().min()), int(instants.to_numpy().max())


def _local(instant: int, zone: ZoneInfo) -> datetime:
    return (EPOCH + timedelta(milliseconds=instant)).astimezone(zone)


def _cases(rows: pl.DataFrame) -> pl.DataFrame:
    """Give each case its number and the first work type it was of; columns item, case_id, work."""
    return (
        rows.sort("start_time", "end_time", "work_type", nulls_last=True)
        .group_by("case_id")
        .agg(pl.col("start_time").min(), pl.col("work_type").drop_nulls().first().fill_null(DEFAULT_WORK).alias("work"))
        .sort("start_time", "case_id")
        .select(pl.int_range(pl.len(), dtype=pl.Int64).alias("item"), "case_id", "work")
    )


def _names(column: pl.Series, role: str) -> dict[str, str]:
    """Map what stands in a column to names a twin can use, in alphabetical order."""
    written = column.unique().sort().to_list()
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

    names: Iterable[str] = people.drop_nulls().unique().to_list()
    return {name: f"p{number}" for number, name in enumerate(sorted(names, key=place), 1)}


def _named(column: str, names: Mapping[str, str]) -> pl.Expr:
    kind = pl.Enum(list(dict.fromkeys(names.values())))
    if not names:
        return pl.lit(None, kind).alias(column)
    return pl.col(column).replace_strict(list(names), list(names.values()), default=None, return_dtype=kind)


def _rewritten(names: Mapping[str, str]) -> int:
    return sum(written != name for written, name in names.items())


def _changed(visits: pl.DataFrame) -> int:
    return int((visits["work_type"] != visits["work"]).sum())
