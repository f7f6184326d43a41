"""The visits a twin was learned from, read back as an event log, for looking at its past again.

A calibrated folder keeps them under the field's column names. Ticks count from the twin's start, as when it was
learned, or from the midnight before the first visit where the twin begins later; observation
ended at the last instant that was read, which the evidence names. Items were of one work type unless the history says
which.
"""

import json
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Final

import polars as pl

from calibration.folder import EVIDENCE, WORK_TYPE, read_history
from twin.errors import InputError
from twin.eventlog import COLUMNS, EventLog
from twin.spec import Twin
from twin.zones import time_zone

TIMES: Final = ("start", "end", "enabled")


def read_past(folder: Path, twin: Twin) -> EventLog:
    """Read the log that a twin was learned from.

    Parameters
    ----------
    folder
        A calibrated folder.
    twin
        Its twin.

    Raises
    ------
    InputError
        Where the folder holds no history, or one that is damaged or empty.
    """
    history = read_history(folder)
    if history.is_empty():
        raise InputError(f"{folder}: its history holds no visit; run `twin calibrate` again")
    numbers = history["case_id"].unique(maintain_order=True)
    item = {case: number for number, case in enumerate(numbers.to_list())}
    work = pl.col(WORK_TYPE) if WORK_TYPE in history.columns else pl.lit(next(iter(twin.work)))
    names = [*twin.work] if WORK_TYPE not in history.columns else history[WORK_TYPE].unique().sort().to_list()
    start = _start(history, twin)
    started, finished, enabled = (_ticks(f"{name}_time", start) for name in TIMES)
    nothing = pl.lit(None, pl.Int64)
    frame = history.select(
        pl.col("case_id").replace_strict(item, return_dtype=pl.Int64).alias("item"),
        work.cast(pl.Enum(names)).alias("work"),
        pl.col("activity").cast(pl.Enum(history["activity"].unique().sort().to_list())).alias("stage"),
        pl.int_range(pl.len()).over("case_id", "activity").cast(pl.Int32).alias("visit"),
        pl.lit(None, pl.String).cast(pl.Enum([])).alias("team"),
        pl.col("resource").cast(pl.Enum(history["resource"].drop_nulls().unique().sort().to_list())).alias("person"),
        enabled.alias("enabled"),
        nothing.alias("delayed"),
        nothing.alias("queued"),
        started.alias("started"),
        nothing.alias("suspended"),
        finished.alias("finished"),
    )
    instants = frame.select(pl.max_horizontal(pl.col("enabled", "started", "finished")).max()).item()
    end = max(int(instants or 0), _last(folder, start))
    return EventLog(frame.select(COLUMNS), start, twin.clock.zone, end, tuple(numbers.to_list()))


def _start(history: pl.DataFrame, twin: Twin) -> datetime:
    """Give the twin's start, or the local midnight before the first visit if that is earlier."""
    first: datetime = history.select(pl.min_horizontal(pl.col(f"{name}_time").min() for name in TIMES)).item()
    zone = time_zone(twin.clock.zone)
    midnight = datetime.combine(first.astimezone(zone).date(), time(), zone).astimezone(UTC)
    return min(twin.start, midnight)


def _ticks(column: str, start: datetime) -> pl.Expr:
    return (pl.col(column) - start).dt.total_milliseconds()


def read_work_share(folder: Path) -> float:
    """Give the share of the time from assumed start to end that a folder's twin takes for work, 1 if none is told."""
    try:
        share = float(json.loads((folder / EVIDENCE).read_text(encoding="utf-8"))["work_share"])
    except (OSError, ValueError, KeyError, TypeError):
        return 1.0
    return share if 0 < share <= 1 else 1.0


def _last(folder: Path, start: datetime) -> int:
    """Give the tick of the last instant that was read, 0 where no evidence tells."""
    try:
        told = json.loads((folder / EVIDENCE).read_text(encoding="utf-8"))["rows"]["last"]
        return round((datetime.fromisoformat(told) - start).total_seconds() * 1000)
    except (OSError, ValueError, KeyError, TypeError):
        return 0
