"""The door: read what an organisation has recorded, from files, into one event log, with an account of every row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

import polars as pl

from calibration.evidence import STARTS, Evidence
from calibration.sources.assembly import assembled
from calibration.sources.formats import VISITS
from calibration.sources.meanings import Meanings
from calibration.sources.reconciliation import Reconciliation
from calibration.sources.recording import read_recorded
from twin.eventlog import EventLog


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

    CSV and other text with separators, and XES, also packed with gzip, Parquet, and JSON that Jira gave.

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
        Of text with separators, a name Python knows.
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
    recorded = read_recorded(
        paths,
        columns=columns,
        zone=zone,
        time_format=time_format,
        encoding=encoding,
        accept_rejects=accept_rejects,
        reject_file=reject_file,
        kind=kind,
        mapping=mapping,
    )
    log, noticed = assembled(recorded.visits, recorded.zone, end=recorded.end)
    alone = log.frame.height == len(log.cases or ()) and recorded.kind is VISITS
    noticed |= {"cases of one visit, all of them; is case_id the right column?": log.frame.height} if alone else {}
    intake = replace(recorded.account, noticed=MappingProxyType(noticed | dict(recorded.account.noticed)))
    stays = None if recorded.stays is None else _in_ticks(recorded.stays, log)
    log = replace(log, starts_assumed=_mostly_assumed(recorded.assumptions, log.visits))
    return Reading(log, intake, recorded.assumptions, recorded.meanings, stays, recorded.statuses)


def _mostly_assumed(assumptions: Sequence[Evidence], visits: int) -> bool:
    """Tell whether most starts are those that arrivals and ends allow."""
    return sum(each.rows for each in assumptions if each.path.startswith(STARTS)) > visits / 2


def _in_ticks(stays: pl.DataFrame, log: EventLog) -> pl.DataFrame:
    """Give stays the items' numbers and the log's ticks."""
    zero = int(log.start.timestamp() * 1000)
    numbers = pl.DataFrame({"case_id": log.cases, "item": range(len(log.cases or ()))}).cast({"item": pl.Int64})
    named = stays.with_columns(pl.col("case_id", "status", "means", "team").cast(pl.String))
    placed = named.join(numbers, on="case_id", how="left", maintain_order="left")
    return placed.select(
        "item", "status", "means", "team", *((pl.col(name) - zero).alias(name) for name in ("begin", "end"))
    )
