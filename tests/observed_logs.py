"""Small logs written by hand for the tests of calibration: rows of item, stage, person, start and end in hours."""

from collections.abc import Sequence
from datetime import UTC, datetime

import polars as pl

from twin.eventlog import COLUMNS, EventLog
from twin.units import HOUR

START = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
Row = tuple[int, str, str | None, float, float | None]


def log_of(rows: Sequence[Row], *, end: float | None = None, zone: str = "UTC") -> EventLog:
    """Lay rows out as an event log of one work type that begins on a Monday."""
    frame = pl.DataFrame(
        {
            "item": pl.Series([row[0] for row in rows], dtype=pl.Int64),
            "work": ["claim"] * len(rows),
            "stage": [row[1] for row in rows],
            "visit": pl.Series([0] * len(rows), dtype=pl.Int32),
            "person": pl.Series([row[2] for row in rows], dtype=pl.String),
            "started": pl.Series([round(row[3] * HOUR) for row in rows], dtype=pl.Int64),
            "finished": pl.Series([None if row[4] is None else round(row[4] * HOUR) for row in rows], dtype=pl.Int64),
        }
    )
    missing = [pl.lit(None, pl.Int64).alias(name) for name in COLUMNS if name not in frame.columns]
    last = end if end is not None else max(row[4] or row[3] for row in rows)
    return EventLog(frame.with_columns(missing).select(COLUMNS), START, zone, round(last * HOUR))


def without_teams(log: EventLog) -> EventLog:
    """What a file with case, activity, person, start and end says."""
    missing = [pl.lit(None, pl.Int64).alias(name) for name in ("delayed", "queued", "suspended")]
    frame = log.frame.with_columns(pl.lit(None, pl.String).cast(pl.Enum([])).alias("team"), *missing)
    return EventLog(frame.select(COLUMNS), log.start, log.zone, log.end, log.cases)
