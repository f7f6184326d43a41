"""Items that were under way when a log began: an export of visits since a date cuts off how they came.

Such an item seems to arrive at whatever stage it was next at, so demand looks higher at first, and items seem to begin
in the middle. Of the visits to a stage in the first half of the log and in the second, k1 of n1 and k2 of n2 are their
items' first. Items that begin there in the first half were under way where

    k1 >= 10,    k1 / n1 >= 3 · k2 / n2,    k2 / n2 <= 1/5,    the difference is 5 standard errors or more,

and they fade out as items under way do: their mean instant lies 3 standard errors before the middle of that half.
(Where items once began there and do so no more, the instants lie evenly until then.)

Where such items stand at many stages, a few at each, no stage tells. A log that shows who is not done at its end cuts
items at its beginning too: read backwards, an item whose first visit came soon after that began with it with a chance
that visits to the same stage tell (`calibration.edges`). Where clearly more items seem to begin than in the same hours
of later weeks, as many as the chances leave were under way.

Items of which it is known when they came are none of them. They are left out of demand and of ways, but where nobody
else visits a stage; efforts, hours, people and delays are learned from their visits too. Units: ticks (milliseconds).

Source: the two-proportion z-test; Fleiss, Levin, Paik (2003), Statistical Methods for Rates and Proportions, ch. 3.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from calibration.backlog import backlog_of
from calibration.edges import LEAST_MOVES, done_chance, in_turn, more_than_usual
from calibration.evidence import Evidence, Fitted
from twin.eventlog import EventLog

Ticks = NDArray[np.int64]
Booleans = NDArray[np.bool_]

FEWEST: Final = 10
TIMES: Final = 3.0
RARE: Final = 0.2
"""Of later visits to the stage, those that are an item's first."""
SURE: Final = 5.0
EARLY: Final = 3.0
NOTEWORTHY: Final = 0.02
"""Share of the items that is told at once."""
SHOWN: Final = 5
"""Stages that are named."""


def faded_out(started: Ticks, first: Booleans, half: tuple[int, int]) -> bool:
    """Tell whether items seem to begin at a stage only because they were under way.

    Parameters
    ----------
    started, first
        Of the visits to the stage: when they began, and whether they are their items' first; shape (visits,).
    half
        When the first half of the log begins and ends.
    """
    begin, until = half
    early = started < until
    counts = np.array([(first & early).sum(), (first & ~early).sum()])
    visits = np.array([early.sum(), (~early).sum()])
    if counts[0] < FEWEST or not visits[1]:
        return False
    shares, pooled = counts / visits, counts.sum() / visits.sum()
    apart = (shares[0] - shares[1]) / max(float(np.sqrt(pooled * (1 - pooled) * (1 / visits).sum())), 1e-9)
    if shares[1] > RARE or shares[0] < TIMES * shares[1] or apart < SURE:
        return False
    begun = (started[first & early] - begin) / (until - begin)
    return bool((0.5 - begun.mean()) * np.sqrt(12 * begun.size) >= EARLY)


def without_under_way(log: EventLog) -> Fitted[EventLog]:
    """Leave items out that were under way when the log began, with evidence; the same log where none is seen.

    Parameters
    ----------
    log
        Visits, rows in any order.
    """
    untold = pl.coalesce("enabled", "queued").is_null()
    begun = log.frame.filter(pl.col("started").is_not_null()).with_columns(
        ((pl.col("started").rank("ordinal").over("item") == 1) & untold).alias("first")
    )
    found = pl.concat([_at_a_stage(begun, log.end), *_at_any_stage(begun, log)])
    left = replace(log, frame=_less(log.frame, found["item"]))
    rows = found.join(left.frame, on="item", how="anti").unique("item", maintain_order=True)
    if rows.is_empty():
        return Fitted(log, ())
    items, stages = log.frame["item"].n_unique(), sorted(rows["stage"].cast(pl.String).unique())
    where = ", ".join(stages) if len(stages) <= SHOWN else f"{len(stages)} stages"
    share = f"{rows.height:,} of {items:,} items were under way when the log began, at {where}"
    evidence = Evidence(
        "log.under_way",
        share,
        "items that begin where or when later ones hardly do, fading out",
        rows.height,
        note="left out of demand and of ways; efforts, hours, people and delays are learned from their visits too",
        mind=f"{share}: they say nothing of how items come" if rows.height > NOTEWORTHY * items else "",
    )
    return Fitted(left, (evidence,))


def _less(frame: pl.DataFrame, items: pl.Series) -> pl.DataFrame:
    """Leave items out, but for those that alone show where items go from some stage."""
    mine = pl.col("item").is_in(items.implode())
    others = frame.filter(~mine & pl.col("finished").is_not_null())
    alone = frame.filter(mine).join(others, on=["work", "stage"], how="anti")["item"]
    return frame.filter(~mine | pl.col("item").is_in(alone.implode()))


def _at_a_stage(begun: pl.DataFrame, end: int) -> pl.DataFrame:
    """List first visits to stages at which later items hardly begin."""
    begin = int(begun["started"].min() or 0)  # type: ignore[arg-type]  # a column of integers
    until = begin + (end - begin) // 2
    found = [
        part.filter(pl.col("first") & (pl.col("started") < until))
        for part in begun.partition_by("work", "stage", maintain_order=True)
        if faded_out(part["started"].to_numpy(), part["first"].to_numpy(), (begin, until))
    ]
    return pl.concat(found) if found else begun.clear()


def _at_any_stage(begun: pl.DataFrame, log: EventLog) -> Iterator[pl.DataFrame]:
    """List, by work type, first visits of items that began before, where there are more than usual."""
    if not log.frame["finished"].null_count():
        return
    for part in begun.partition_by("work", maintain_order=True):
        found = _soon_after(part.sort("item", "started", "finished", nulls_last=True, maintain_order=True))
        if found.height and backlog_of(log, found["work"][0]) is None:
            yield found


def _soon_after(visits: pl.DataFrame) -> pl.DataFrame:
    """List first visits of a work type's items that did not begin with them; visits by item, then in time."""
    started, first = visits["started"].to_numpy(), visits["first"].to_numpy()
    before = visits.select(pl.col("finished").cum_max().shift(1).over("item")).to_series()
    known = first | before.is_not_null().to_numpy()  # when the item came is known where neither
    since = np.where(first, started - started.min(), started - before.fill_null(0).to_numpy())
    since = np.where(known, np.maximum(since, 0), np.iinfo(np.int64).max)
    moved = known & ~first
    _, stage = np.unique(visits["stage"].cast(pl.String).to_numpy(), return_inverse=True)
    moves = np.bincount(stage[moved], minlength=int(stage.max()) + 1)
    group = np.where(moves[stage] >= LEAST_MOVES, stage, -1)  # rare ones tell together
    chance = np.ones(started.size)
    for each in np.unique(group):
        mine = group == each
        chance[mine] = done_chance(since[mine], moved[mine])
    order = np.flatnonzero(first)[np.argsort(-started[first], kind="stable")]
    if not more_than_usual(-started[order], chance[order], (-int(started.max()), -int(started.min()))):
        return visits.clear()
    return visits[order[in_turn(1 - chance[order])]]
