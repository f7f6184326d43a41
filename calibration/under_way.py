"""Items that were under way when a log began: an export of visits since a date cuts off how they came.

Such an item seems to arrive at whatever stage it was next at, so demand looks higher at first, and items seem to begin
in the middle. Of the visits to a stage in the first half of the log and in the second, k1 of n1 and k2 of n2 are their
items' first. Items that begin there in the first half were under way where

    k1 >= 10,    k1 / n1 >= 3 · k2 / n2,    k2 / n2 <= 1/5,    the difference is 5 standard errors or more,

and they fade out as items under way do: their mean instant lies 3 standard errors before the middle of that half.
(Where items once began there and do so no more, the instants lie evenly until then.) Items of which it is known when
they came are none of them. They are left out of demand and of ways; efforts, hours, people and delays are learned from
their visits too. Units: ticks (milliseconds).

Source: the two-proportion z-test; Fleiss, Levin, Paik (2003), Statistical Methods for Rates and Proportions, ch. 3.
"""

from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

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
    begin = int(begun["started"].min() or 0)  # type: ignore[arg-type]  # a column of integers
    until = begin + (log.end - begin) // 2
    found = [
        part.filter(pl.col("first") & (pl.col("started") < until))
        for part in begun.partition_by("work", "stage", maintain_order=True)
        if faded_out(part["started"].to_numpy(), part["first"].to_numpy(), (begin, until))
    ]
    if not found:
        return Fitted(log, ())
    rows = pl.concat(found)
    left = replace(log, frame=log.frame.filter(~pl.col("item").is_in(rows["item"].implode())))
    items, stages = log.frame["item"].n_unique(), ", ".join(sorted(rows["stage"].cast(pl.String).unique()))
    share = f"{rows.height:,} of {items:,} items were under way when the log began, at {stages}"
    evidence = Evidence(
        "log.under_way",
        share,
        "items that begin at a stage at which later ones hardly do, fading out",
        rows.height,
        note="left out of demand and of ways; efforts, hours, people and delays are learned from their visits too",
        mind=f"{share}: they say nothing of how items come" if rows.height > NOTEWORTHY * items else "",
    )
    return Fitted(left, (evidence,))
