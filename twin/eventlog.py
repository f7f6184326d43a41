"""One row per visit, observed or simulated: the shared table.

A visit is one item at one stage, once. Its instants, in ticks (milliseconds since `EventLog.start`), in this order:

    enabled ── delayed ──> (asks for a place) ── held by a WIP limit ──> queued ──> started ──> finished

`enabled` is when the item left the stage before (or arrived); `delayed` is how long external and handoff waiting took;
between `started` and `finished`, `suspended` ticks fell outside the person's calendar. An instant that has not come yet
is null: an item is still inside exactly when one of its rows has no `finished`. In a log read from a file, `enabled`,
`delayed`, `queued` and `suspended` are null where nobody recorded them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.errors import InputError

if TYPE_CHECKING:
    import polars as pl

Ticks = NDArray[np.int64]
Codes = NDArray[np.int32]

NEVER: Final[int] = int(np.iinfo(np.int64).min)
"""Stands in arrays for an instant that has not come."""

INSTANTS: Final = ("enabled", "delayed", "queued", "started", "suspended", "finished")
FLAGS: Final = "flags"
COLUMNS: Final = ("item", "work", "stage", "visit", "team", "person", *INSTANTS)


class Labels(NamedTuple):
    """Names behind the codes of arrays."""

    start: datetime  # UTC instant of tick 0
    zone: str  # IANA zone in which people read instants
    works: tuple[str, ...]
    stages: tuple[str, ...]
    teams: tuple[str, ...]


class Visits(NamedTuple):
    """The rows of an event log as an engine writes them; every array has shape (visits,)."""

    item: Ticks  # number of the item in the run
    work: Codes  # index into Labels.works
    stage: Codes  # index into Labels.stages
    visit: Codes  # how often the item was at this stage before
    team: Codes  # index into Labels.teams, -1 before the start
    person: Codes  # group and place within the team, see PLACE_BITS; -1 before the start
    enabled: Ticks
    delayed: Ticks
    queued: Ticks
    started: Ticks
    suspended: Ticks
    finished: Ticks
    flags: Codes  # see `twin.rows`


@dataclass(frozen=True)
class EventLog:
    """Visits with their names.

    Attributes
    ----------
    frame
        Columns `COLUMNS`: item Int64, work/stage/team/person Enum, visit Int32, instants Int64 ticks; and flags Int32
        (`twin.rows`) where an engine wrote some.
    start
        UTC instant of tick 0.
    zone
        IANA zone in which people read instants.
    end
        Tick at which observation ended; open items were seen until here.
    cases
        Names of the items, by item number, or None where items have numbers only.
    starts_assumed
        Nobody recorded when work began: starts are those that arrivals and ends allow.
    """

    frame: pl.DataFrame
    start: datetime
    zone: str
    end: int
    cases: tuple[str, ...] | None = None
    starts_assumed: bool = False

    def __post_init__(self) -> None:
        if tuple(self.frame.columns) not in (COLUMNS, (*COLUMNS, FLAGS)):
            raise InputError(f"an event log has the columns {', '.join(COLUMNS)}; got {', '.join(self.frame.columns)}")

    @property
    def visits(self) -> int:
        """Number of rows."""
        return self.frame.height

    def before(self, tick: int) -> EventLog:
        """Keep the items that arrived before a tick, with all their visits."""
        return self._chosen(self._arrived() < tick)

    def after(self, tick: int) -> EventLog:
        """Keep the items that arrived at a tick or later."""
        return self._chosen(self._arrived() >= tick)

    def _arrived(self) -> pl.Expr:
        import polars as pl  # noqa: PLC0415 - as in `from_visits`

        return pl.coalesce("enabled", "queued", "started").min().over("item")

    def _chosen(self, condition: pl.Expr) -> EventLog:
        return replace(self, frame=self.frame.filter(condition))


PLACE_BITS: Final = 20
PLACE_MASK: Final = (1 << PLACE_BITS) - 1
"""A person's code is the number of the group in the team, shifted by PLACE_BITS, and the place within the group."""


def person_name(team: str, person: int) -> str:
    """Name a person by team, group and place: a pseudonym that a new colleague does not change."""
    group, place = person >> PLACE_BITS, person & PLACE_MASK
    return f"{team}-{place + 1}" if group == 0 else f"{team}-{group + 1}.{place + 1}"


def from_visits(visits: Visits, labels: Labels, *, end: int) -> EventLog:
    """Name the codes of an engine's rows.

    Parameters
    ----------
    visits
        Rows, shape (visits,).
    labels
        Names behind the codes.
    end
        Tick at which the run ended.
    """
    import polars as pl  # noqa: PLC0415 - codes and instants are needed where no table is

    person = visits.person.astype(np.int64)
    key = np.where(person < 0, -1, (visits.team.astype(np.int64) << 32) | person)
    seen, codes = np.unique(key, return_inverse=True)
    names = [person_name(labels.teams[k >> 32], k & 0xFFFFFFFF) if k >= 0 else None for k in seen.tolist()]
    known = [name for name in names if name is not None]
    offset = len(names) - len(known)
    columns = {
        "item": pl.Series(visits.item, dtype=pl.Int64),
        "work": _enum(visits.work, labels.works),
        "stage": _enum(visits.stage, labels.stages),
        "visit": pl.Series(visits.visit, dtype=pl.Int32),
        "team": _enum(visits.team, labels.teams),
        "person": _enum(codes.astype(np.int64) - offset, known),
        **{name: pl.Series(getattr(visits, name), dtype=pl.Int64) for name in INSTANTS},
        **({FLAGS: pl.Series(visits.flags, dtype=pl.Int32)} if visits.flags.any() else {}),
    }
    known_instants = [pl.when(pl.col(name) != NEVER).then(pl.col(name)) for name in INSTANTS]
    return EventLog(pl.DataFrame(columns).with_columns(known_instants), labels.start, labels.zone, end)


def _enum(codes: NDArray[np.integer], names: Sequence[str]) -> pl.Series:
    """Turn codes into an Enum column; -1 becomes null."""
    import polars as pl  # noqa: PLC0415 - as in `from_visits`

    kind = pl.Enum(list(names))
    if not len(names):
        return pl.Series([None] * len(codes), dtype=kind)
    series = pl.Series(np.maximum(codes, 0).astype(np.uint32)).cat.to(kind)
    if (codes >= 0).all():
        return series
    return pl.select(pl.when(pl.Series(codes >= 0)).then(series).otherwise(None)).to_series()


def items(log: EventLog) -> pl.DataFrame:
    """Summarise a log by item.

    Returns
    -------
    polars.DataFrame
        One row per item: item, work, arrived (ticks), first_start (ticks, null if never started), done (ticks at which
        it left, be it cancelled or turned away; null while the item is inside), visits, worked (ticks in which somebody
        worked on it, finished visits only).
    """
    import polars as pl  # noqa: PLC0415 - as in `from_visits`

    finished = pl.col("finished")
    worked = (finished - pl.col("started") - pl.col("suspended").fill_null(0)).sum()
    return (
        log.frame.lazy()
        .group_by("item")
        .agg(
            pl.col("work").first(),
            pl.coalesce("enabled", "queued", "started").min().alias("arrived"),
            pl.col("started").min().alias("first_start"),
            pl.when(finished.null_count() == 0).then(finished.max()).alias("done"),
            pl.len().alias("visits"),
            worked.alias("worked"),
        )
        .sort("item")
        .collect()
    )


def exported(log: EventLog, *, replication: int | None = None) -> pl.DataFrame:
    """Write a log under the field's column names.

    Returns
    -------
    polars.DataFrame
        case_id, activity, resource, start_time, end_time, enabled_time (UTC instants, millisecond), in order of start,
        and replication where one is given. Visits that have not started are left out; open ones have no end_time.
    """
    import polars as pl  # noqa: PLC0415 - as in `from_visits`

    zero = pl.lit(log.start).dt.cast_time_unit("ms")

    def instant(name: str) -> pl.Expr:
        return (zero + pl.duration(milliseconds=pl.col(name), time_unit="ms")).alias(f"{name}_time")

    case = (
        pl.col("item").cast(pl.String) if log.cases is None else pl.Series("item", log.cases).gather(log.frame["item"])
    )
    frame = log.frame.with_columns(pl.lit(case) if isinstance(case, pl.Series) else case)
    table = (
        frame.filter(pl.col("started").is_not_null())
        .sort("started", "item", "visit", maintain_order=True)
        .select(
            pl.col("item").alias("case_id"),
            pl.col("stage").cast(pl.String).alias("activity"),
            pl.col("person").cast(pl.String).alias("resource"),
            instant("started").alias("start_time"),
            instant("finished").alias("end_time"),
            instant("enabled").alias("enabled_time"),
        )
    )
    return table if replication is None else table.with_columns(pl.lit(replication).cast(pl.Int32).alias("replication"))
