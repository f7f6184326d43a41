"""Items that look done and are not: they wait for a visit that had not begun when the log was written.

An export holds what has happened. Who waits in a queue has no row that says so, and looks done after its last visit.
How likely it is done after so long, visits to the same stage say (`calibration.edges`). As many are taken to wait as
the chances leave, for the stages that others went on with and as often. Where some visit is still at work, or no recent
arrivals are missing (`calibration.completeness`), the log holds items that are not done, and those between two visits
are among them. A log of finished items alone hides them, and shows those that are done there at their usual rate; so
elsewhere clearly more must stand at a stage than in the same hours of earlier weeks, and at all stages a good part of
the items that such a log would not hold: a busy week at one stage shows as many. None is looked for where visits have
not begun, since the log says who waits, nor where it holds only what was done since a date (`calibration.done_since`).
Units: ticks (milliseconds).
"""

from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl

from calibration.completeness import PART, arrivals_of, hidden_items
from calibration.edges import LEAST_MOVES, done_chance, in_turn, more_than_usual
from calibration.evidence import Evidence, Fitted
from twin.eventlog import COLUMNS, EventLog

NOTEWORTHY: Final = 0.02
"""Share of the items that is told at once."""


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
        "chance that an item is done after so long, from times until the next visit (Kaplan-Meier)",
        rows.height,
        note="no interval: each is taken as done or as waiting",
        mind=mind,
    )
    return Fitted(told, (evidence,))


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
    arrived, recorded = arrivals_of(log, work)
    ongoing = log.frame["finished"].null_count() > 0
    shows_open = ongoing or recorded.censored
    if recorded.since is not None and not shows_open:
        return log.frame.clear()
    known = visits.filter(pl.col("finished").is_not_null() & (pl.col("next").is_null() <= ~pl.col("open")))
    parts = [
        _at_stage(part, log.end, shows_open=shows_open) for part in known.partition_by("stage", maintain_order=True)
    ]
    found = pl.concat(parts) if parts else log.frame.clear()
    return found if shows_open or found.height >= PART * hidden_items(arrived, recorded) else log.frame.clear()


def _at_stage(visits: pl.DataFrame, end: int, *, shows_open: bool) -> pl.DataFrame:
    """List the visits not begun of items that were at one stage last."""
    moved = visits["next"].is_not_null().to_numpy()
    finished = visits["finished"].to_numpy()
    went = visits["went"].fill_null(max(end, int(finished.max()))).to_numpy()
    chance = done_chance(np.maximum(went - finished, 0), moved)
    stand = visits.with_columns(pl.Series("chance", chance)).filter(pl.Series(~moved)).sort("finished", "item")
    stood, chance = stand["finished"].to_numpy(), stand["chance"].to_numpy()
    if moved.sum() < LEAST_MOVES or not (shows_open or more_than_usual(stood, chance, (int(finished.min()), end))):
        return visits.clear().select(COLUMNS)
    waiting = stand.filter(pl.Series(in_turn(1 - chance)))
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
