"""What a log says about finished visits, as arrays that every estimator reads.

Rows are sorted by item and time, so the order of the file decides nothing. Where nobody recorded when a visit was
enabled, it was enabled when the visits of its item that began earlier were finished: an item is at one stage at a time.
Visits of an item that overlap wait 0.

A log of finished items shows few of the slow ones near its end. Each visit counts w = 1 / F(u), with F(u) the share of
items that the log holds of those that arrived u before its end (`calibration.completeness`); items with F below a fifth
say too little and count 0.
Units: ticks (milliseconds) since the log's start. Source: Horvitz, Thompson (1952), JASA 47(260), 663-685.
"""

from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from calibration.completeness import completeness
from twin.errors import InputError
from twin.eventlog import EventLog, items

Ticks = NDArray[np.int64]
Codes = NDArray[np.int64]
Floats = NDArray[np.float64]

NOBODY: Final = -1
ARRIVAL: Final = -1

LEAST_RECORDED: Final = 0.2
"""Items of which the log holds a smaller share than this are not counted."""


class Observed(NamedTuple):
    """Finished visits; every array has shape (visits,)."""

    item: Codes  # the item's number in the log
    stage: Codes  # index into `stages`
    before: Codes  # stage of the item's visit before, ARRIVAL for its first
    person: Codes  # index into `people`, NOBODY where it is not known
    enabled: Ticks  # when the item was ready for the visit, at most `started`
    started: Ticks
    finished: Ticks
    weight: Floats  # how many visits it stands for
    work: Codes  # index into `works`
    works: tuple[str, ...]
    stages: tuple[str, ...]
    people: tuple[str, ...]


def observe(log: EventLog, *, stages: tuple[str, ...] | None = None) -> Observed:
    """Read the finished visits of a log.

    Parameters
    ----------
    log
        Visits; rows in any order.
    stages
        Names behind the stage codes; those of the log, sorted, if left out.

    Raises
    ------
    InputError
        Where no visit has both a start and an end.
    """
    done = log.frame.filter(pl.col("started").is_not_null() & pl.col("finished").is_not_null())
    if done.is_empty():
        raise InputError("the log has no visit with both a start and an end; nothing can be learnt from it")
    rows = (
        done.select("item", pl.col("work", "stage", "person").cast(pl.String), "enabled", "started", "finished")
        .sort("item", "started", "finished", "stage", "person", nulls_last=True)
        .with_columns(
            pl.col("stage").shift(1).over("item").alias("before"),
            pl.col("finished").cum_max().shift(1).over("item").alias("left"),
        )
        .with_columns(pl.min_horizontal(pl.coalesce("enabled", "left", "started"), "started").alias("ready"))
    )
    works, seen, people = (
        tuple(rows[name].drop_nulls().unique().sort().to_list()) for name in ("work", "stage", "person")
    )
    stages = stages or seen
    item = rows["item"].to_numpy()
    return Observed(
        item=item,
        stage=_codes(rows["stage"], stages),
        before=_codes(rows["before"], stages),
        person=_codes(rows["person"], people),
        enabled=rows["ready"].to_numpy(),
        started=rows["started"].to_numpy(),
        finished=rows["finished"].to_numpy(),
        weight=_weights(log, item),
        work=_codes(rows["work"], works),
        works=works,
        stages=stages,
        people=people,
    )


def _codes(names: pl.Series, known: tuple[str, ...]) -> Codes:
    """Give each name its place among the known ones; -1 for none."""
    return names.cast(pl.Enum(list(known))).to_physical().cast(pl.Int64).fill_null(-1).to_numpy()


def quantiles_of(values: Ticks, weights: Floats, shares: Floats) -> Floats:
    """Give quantiles of weighted values, straight between them, shape as shares."""
    order = np.argsort(values, kind="stable")
    ranked, weight = values[order].astype(np.float64), weights[order]
    if ranked.size == 1:
        return np.full(shares.shape, ranked[0])
    # the middle of each value's weight, stretched so that least and greatest are at 0 and 1
    place = np.cumsum(weight) - weight / 2
    return np.interp(shares, (place - place[0]) / (place[-1] - place[0]), ranked)


def _weights(log: EventLog, item: Codes) -> Floats:
    table = items(log)
    if table["done"].null_count():
        return np.ones(item.size)
    arrived, done = table["arrived"].to_numpy(), table["done"].to_numpy()
    end = max(log.end, int(done.max()))
    recorded = completeness(arrived, done, end).at(end - arrived)
    weight = np.where(recorded >= LEAST_RECORDED, 1 / np.maximum(recorded, LEAST_RECORDED), 0.0)
    return weight[np.searchsorted(table["item"].to_numpy(), item)]
