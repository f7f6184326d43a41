"""Items that look done and are not: they wait for a visit that had not begun when the log was written.

An export holds what has happened. Who waits in a queue has no row that says so, and looks done after its last visit.
Of visits to a stage the time W until the item's next visit is known, or longer than R = end of the log - end of the
visit; with S the share of items whose next visit has not come after a time (Kaplan-Meier), an item without one is done
with

    P(done | none within R) = S(infinity) / S(R),

since S(infinity) of the items never go on. As many are taken to wait as the chances leave, spread over the items as
these are, for the stages that others went on with and as often. Where some visit is still at work, or no recent
arrivals are missing (`calibration.completeness`), the log holds items that are not done, and those between two visits
are among them. A log of finished items alone hides them, and shows those that are done there at their usual rate; so
elsewhere clearly more must stand at a stage than in the same hours of earlier weeks, and at all stages a good part of
the items that such a log would not hold: a busy week at one stage shows as many. None is looked for where visits have
not begun, since the log says who waits, nor where it holds only what was done since a date (`calibration.done_since`).
Units: ticks (milliseconds).
Source: Maller and Zhou (1992), Estimating the proportion of immunes in a censored sample, Biometrika 79(4).
"""

import math
from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from calibration.completeness import PART, arrivals_of, hidden_items
from calibration.evidence import Evidence, Fitted
from twin.eventlog import COLUMNS, EventLog
from twin.units import WEEK

LEAST_MOVES: Final = 20
"""With fewer moves on from a stage nothing is said of it."""
LIKELY: Final = 0.6
"""Who is done with less chance stands at a stage for so short a time that it is looked at."""
SURE: Final = 3.0
"""Standard deviations above what is usual."""
MOST_WEEKS: Final = 8
LEAST_WEEKS: Final = 3
"""Earlier weeks that say what is usual."""
FEWEST: Final = 2
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
        "chance that an item is done after so long, from times until the next visit (Kaplan-Meier)",
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


def _more_than_usual(stood: Ticks, chance: Floats, observed: tuple[int, int]) -> bool:
    """Tell whether more items stand at a stage at the end than were done there in the same hours of earlier weeks.

    Parameters
    ----------
    stood
        When the last visits of the items that look done there ended, rising.
    chance
        That each is done.
    observed
        When the first visit to the stage ended, and when the log does.
    """
    begin, end = observed
    recent = stood[chance < LIKELY]
    if not recent.size:
        return False
    length = end - int(recent.min())
    apart = max(1, -(-length // WEEK)) * WEEK
    weeks = min(MOST_WEEKS, (end - length - begin) // apart)
    if weeks < LEAST_WEEKS:
        return False
    earlier = np.array([_between(stood, end - k * apart, length) for k in range(1, weeks + 1)])
    usual = float(earlier.mean())
    spread = math.sqrt(max(usual, float(earlier.var(ddof=1))) * (1 + 1 / weeks))
    return bool(_between(stood, end, length) > usual + SURE * spread + FEWEST)


def _between(instants: Ticks, until: int, length: int) -> int:
    """Count instants in the time of a length until a tick."""
    return int(np.count_nonzero((instants > until - length - 1) & (instants <= until)))


def _in_turn(chance: Floats) -> NDArray[np.bool_]:
    """Choose as many as chances add up to, in each stretch as many as there; shape (items,)."""
    passed = np.floor(np.append(0.0, np.cumsum(chance)) + 0.5)
    return np.asarray(np.diff(passed) > 0)


def _at_stage(visits: pl.DataFrame, end: int, *, shows_open: bool) -> pl.DataFrame:
    """List the visits not begun of items that were at one stage last."""
    moved = visits["next"].is_not_null().to_numpy()
    finished = visits["finished"].to_numpy()
    went = visits["went"].fill_null(max(end, int(finished.max()))).to_numpy()
    chance = done_chance(np.maximum(went - finished, 0), moved)
    stand = visits.with_columns(pl.Series("chance", chance)).filter(pl.Series(~moved)).sort("finished", "item")
    stood, chance = stand["finished"].to_numpy(), stand["chance"].to_numpy()
    if moved.sum() < LEAST_MOVES or not (shows_open or _more_than_usual(stood, chance, (int(finished.min()), end))):
        return visits.clear().select(COLUMNS)
    waiting = stand.filter(pl.Series(_in_turn(1 - chance)))
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
