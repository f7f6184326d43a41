"""Items that look done and are not: they wait for a visit that had not begun when the log was written.

An export holds what has happened. Who waits in a queue has no row that says so, and looks done after its last visit.
Of visits to a stage the time W until the item's next visit is known, or longer than R = end of the log - end of the
visit; with S the share of items whose next visit has not come after a time (Kaplan-Meier), an item without one is done
with

    P(done | none within R) = S(infinity) / S(R),

since S(infinity) of the items never go on. Below 1/2 it is taken to wait, for the stages that others went on with and
as often. A log of finished items alone hides such items, and shows those that are done there at their usual rate; so
they have to be far more than these. None is looked for where visits have not begun, since the log says who waits.
Units: ticks (milliseconds).
Source: Maller and Zhou (1992), Estimating the proportion of immunes in a censored sample, Biometrika 79(4).
"""

from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from calibration.evidence import Evidence, Fitted
from twin.eventlog import COLUMNS, EventLog

LIKELY: Final = 0.5
LEAST_MOVES: Final = 20
"""With fewer moves on from a stage nothing is said of it."""
FAR_MORE: Final = 5.0
"""Times as many as are done there in as much time: hours at work see four times as much as the week does."""
FEWEST: Final = 5
NOTEWORTHY: Final = 0.02
"""Share of the items that is told at once."""

Ticks = NDArray[np.int64]
Floats = NDArray[np.float64]


def with_pending(log: EventLog) -> Fitted[EventLog]:
    """Give items that wait a visit that has not begun, with evidence; the same log where there are none."""
    if log.frame["started"].null_count():
        return Fitted(log, ())
    works = log.frame["work"].unique().cast(pl.String).sort().to_list()
    rows = pl.concat([_waiting(log, work) for work in works])
    if rows.is_empty():
        return Fitted(log, ())
    told = replace(log, frame=pl.concat([log.frame, rows.select(log.frame.columns)]))
    items = log.frame["item"].n_unique()
    share = f"{rows.height:,} of {items:,} items look done, but others at their stages went on"
    mind = f"{share} after longer: they are taken to wait still" if rows.height > NOTEWORTHY * items else ""
    evidence = Evidence(
        "log.pending",
        share,
        "chance below 1/2 that an item is done after so long, from times until the next visit (Kaplan-Meier)",
        rows.height,
        note="no interval: each is taken as done or as waiting",
        mind=mind,
    )
    return Fitted(told, (evidence,))


def done_chance(waited: Ticks, moved: NDArray[np.bool_]) -> Floats:
    """Give the chance that an item which has not gone on never will.

    Parameters
    ----------
    waited
        Time until the next visit, or until the end of the log where none came, shape (visits,).
    moved
        Whether one came, shape (visits,).

    Returns
    -------
    Shape (visits,); of use where none came.
    """
    _, place = np.unique(waited, return_inverse=True)
    moves, all_ = np.bincount(place, moved), np.bincount(place)
    at_risk = np.cumsum(all_[::-1])[::-1]
    left = np.cumprod(1 - moves / at_risk)
    return np.asarray(left[-1] / np.maximum(left[place], 1e-12))


def _waiting(log: EventLog, work: str) -> pl.DataFrame:
    """List visits that have not begun, of items that look done."""
    visits = (
        log.frame.filter(pl.col("work") == work)
        .sort("item", "started", "finished", nulls_last=True, maintain_order=True)
        .with_columns(
            pl.col("finished").is_null().any().over("item").alias("open"),
            pl.col("stage").shift(-1).over("item").alias("next"),
            pl.col("started").shift(-1).over("item").alias("went"),
        )
    )
    known = visits.filter(pl.col("finished").is_not_null() & (pl.col("next").is_null() <= ~pl.col("open")))
    parts = [_at_stage(part, log.end) for part in known.partition_by("stage", maintain_order=True)]
    return pl.concat(parts) if parts else log.frame.clear()


def _far_more(waiting: Ticks, finished: Ticks, end: int, done: float) -> bool:
    """Tell whether more items stand at a stage than are done there in as much time.

    Parameters
    ----------
    waiting, finished
        When the visits of those who seem to wait, and all visits to the stage, ended.
    end
        Tick at which the log ends.
    done
        Share of the visits after which an item is done.
    """
    if not waiting.size:
        return False
    since = int(waiting.min())
    before = finished[finished < since]
    if before.size < LEAST_MOVES:
        return False
    usual = done * before.size / max(since - int(before.min()), 1) * (end - since)
    return bool(waiting.size > FAR_MORE * usual + 3 * np.sqrt(usual) + FEWEST)


def _at_stage(visits: pl.DataFrame, end: int) -> pl.DataFrame:
    """List the visits not begun of items that were at one stage last."""
    moved = visits["next"].is_not_null().to_numpy()
    finished = visits["finished"].to_numpy()
    went = visits["went"].fill_null(max(end, int(finished.max()))).to_numpy()
    chance = done_chance(np.maximum(went - finished, 0), moved)
    waiting = visits.filter(pl.Series(~moved & (chance < LIKELY))).sort("finished", "item")
    if moved.sum() < LEAST_MOVES or not _far_more(waiting["finished"].to_numpy(), finished, end, chance.min()):
        return visits.clear().select(COLUMNS)
    stages, counts = np.unique(visits["next"].drop_nulls().cast(pl.String).to_numpy(), return_counts=True)
    # in turn, as often as others went there
    turns = (np.arange(waiting.height) + 0.5) / waiting.height
    chosen = stages[np.searchsorted(np.cumsum(counts) / counts.sum(), turns).clip(0, stages.size - 1)]
    nothing = [
        pl.lit(None, pl.Int64).alias(name)
        for name in ("enabled", "delayed", "queued", "started", "suspended", "finished")
    ]
    return waiting.with_columns(
        pl.Series("stage", chosen).cast(visits.schema["stage"]),
        pl.lit(None, visits.schema["person"]).alias("person"),
        *nothing,
    ).select(COLUMNS)
