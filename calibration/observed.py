"""What a log says about finished visits, as arrays that every estimator reads.

Rows are sorted by item and time, so the order of the file decides nothing. Where nobody recorded when a visit was
enabled, it was enabled when the visits of its item that began earlier were finished: an item is at one stage at a time.
Visits of an item that overlap wait 0. Where stages are concurrent (`calibration.blocks`), a visit comes after those
earlier ones whose stages are not concurrent to its own, and was enabled when the last of them ended: at the fork, or
when the last branch was done; the stage before is that of this last one.

A log of finished items hides those that were slow and late: an item that arrived at A is in it only if its lead time T
was at most R = E - A, with E the log's end. Each item stands for

    w = N · F(T) / r(T),    r(v) = #{i: T_i <= v <= R_i},

its share of all N items in the lead times' distribution F, the product over longer times v of 1 - 1 / r(v). Where old
items fade, item i counts k_i < 1 in r and in the product, and for k_i · w: what recent items cannot show yet, older
ones say in their place, instead of seeming to have become rare.
Where open items are there too, each done visit stands for those that take as long and are not done yet
(`calibration.censored_visits`).
Units: ticks (milliseconds) since the log's start. Sources: of F, Lynden-Bell (1971), MNRAS 155, 95-118; of fading,
Beran (1981), Nonparametric regression with randomly censored survival data, University of California, Berkeley.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from calibration.censored_visits import MOST_WEIGHT, visit_weights
from calibration.completeness import recorded_share
from calibration.done_since import done_since
from twin.errors import InputError
from twin.eventlog import NEVER, EventLog, items

Ticks = NDArray[np.int64]
Codes = NDArray[np.int64]
Floats = NDArray[np.float64]

Pairs = frozenset[tuple[str, str]]
"""Concurrent stages, each pair in both orders."""
NONE_CONCURRENT: Final[Mapping[str, Pairs]] = MappingProxyType({})

NOBODY: Final = -1
ARRIVAL: Final = -1

LEAST_AT_RISK: Final = 20
"""A lead time tells of the shorter ones as if at least so many of them had been seen beside it."""
MOST_ENDED: Final = 0.9
"""No lead time takes more than this share of the items that could have had it: the shorter ones are not nothing."""
LEAST_LATER: Final = 50
"""With fewer items that came since a date, older ones count too."""
NEXT_TO_NOTHING: Final = 1e-6
SLIGHT: Final = 1e-3


READY: Final = pl.min_horizontal(pl.coalesce("enabled", "left", "started"), "started").alias("ready")


class Observed(NamedTuple):
    """Finished visits; every array has shape (visits,)."""

    item: Codes  # the item's number in the log
    stage: Codes  # index into `stages`
    before: Codes  # stage of the item's visit before, ARRIVAL for its first
    person: Codes  # index into `people`, NOBODY where it is not known
    enabled: Ticks  # when the item was ready for the visit, at most `started`
    started: Ticks
    finished: Ticks
    delayed: Ticks  # how long its delay lasted where an engine says so, else 0
    weight: Floats  # how many visits it stands for
    work: Codes  # index into `works`
    works: tuple[str, ...]
    stages: tuple[str, ...]
    people: tuple[str, ...]
    concurrent: Mapping[str, Pairs] = NONE_CONCURRENT  # stages, by work type
    runs: int = 1  # runs of a twin side by side: an item's is its number modulo this
    groups: tuple[str, ...] = ()  # who does most visits to each stage as the log names them, "" where it does not


def observe(
    log: EventLog, *, stages: tuple[str, ...] | None = None, concurrent: Mapping[str, Pairs] = NONE_CONCURRENT
) -> Observed:
    """Read the finished visits of a log.

    Parameters
    ----------
    log
        Visits; rows in any order.
    stages
        Names behind the stage codes; those of the log, sorted, if left out.
    concurrent
        Stages of each work type that items go through side by side.

    Raises
    ------
    InputError
        Where no visit has both a start and an end.
    """
    rows = (
        log.frame.lazy()
        .filter(pl.col("started").is_not_null() & pl.col("finished").is_not_null())
        .pipe(_in_order)
        .collect()
        .pipe(_branched, concurrent)
        .with_columns(READY)
    )
    if rows.is_empty():
        raise InputError("the log has no visit with both a start and an end; nothing can be learnt from it")
    works, seen, people = (
        tuple(rows[name].drop_nulls().unique().sort().to_list()) for name in ("work", "stage", "person")
    )
    stages = stages or seen
    item, weights = rows["item"].to_numpy(), item_weights(log)
    weight = weights["weight"].to_numpy()[np.searchsorted(weights["item"].to_numpy(), item)]
    return Observed(
        item=item,
        stage=_codes(rows["stage"], stages),
        before=_codes(rows["before"], stages),
        person=_codes(rows["person"], people),
        enabled=rows["ready"].to_numpy(),
        started=rows["started"].to_numpy(),
        finished=rows["finished"].to_numpy(),
        delayed=rows["delayed"].fill_null(0).to_numpy(),
        weight=weight * _beside_ongoing(rows, weight, log, weights),
        work=_codes(rows["work"], works),
        works=works,
        stages=stages,
        people=people,
        concurrent=concurrent,
        groups=_groups(log, stages),
    )


def _groups(log: EventLog, stages: tuple[str, ...]) -> tuple[str, ...]:
    """Name the group that most visits to each stage are said to be done by."""
    counts = log.frame.group_by("stage", "team").len("visits").with_columns(pl.col("stage", "team").cast(pl.String))
    most = counts.filter(2 * pl.col("visits") > pl.col("visits").sum().over("stage")).drop_nulls("team")
    named: dict[str, str] = dict(most.select("stage", "team").iter_rows())
    return tuple(named.get(stage, "") for stage in stages)


def _in_order(visits: pl.LazyFrame) -> pl.LazyFrame:
    """Sort visits by item and time, each with the stage before it and the instant at which its item was left."""
    return (
        visits.select(
            "item", pl.col("work", "stage", "person").cast(pl.String), "enabled", "started", "finished", "delayed"
        )
        .sort("item", "started", "finished", "stage", "person", nulls_last=True)
        .with_columns(
            pl.col("stage").shift(1).over("item").alias("before"),
            pl.col("finished").cum_max().shift(1).over("item").alias("left"),
        )
    )


def _beside_ongoing(rows: pl.DataFrame, weight: Floats, log: EventLog, weights: pl.DataFrame) -> Floats:
    """Say for how many each done visit stands beside those that are not done yet, shape (visits,).

    Items that count next to nothing stand for themselves: there are only the slow ones of them.
    """
    if not log.frame["finished"].null_count():
        return np.ones(rows.height)
    counted = weights.filter(pl.col("weight") > SLIGHT).select("item")
    lasting = log.frame.lazy().pipe(_in_order).collect().with_columns(READY).join(counted, on="item", how="semi")
    lasting = lasting.filter(pl.col("finished").is_null() & pl.col("ready").is_not_null())
    way = pl.concat_str("work", "stage", pl.col("before").fill_null(""), separator="\n")
    names = pl.concat([rows.select(way), lasting.select(way)]).to_series()
    code = names.rank("dense").cast(pl.Int64).to_numpy()
    ages = np.maximum(max(log.end, int(rows["finished"].max())) - lasting["ready"].to_numpy(), 0)  # type: ignore[arg-type]  # a column of integers
    done = np.where(weight > SLIGHT, code[: rows.height], -1)
    return visit_weights((rows["finished"] - rows["ready"]).to_numpy(), done, ages, code[rows.height :])


def _branched(rows: pl.DataFrame, concurrent: Mapping[str, Pairs]) -> pl.DataFrame:
    """Let visits of work types with concurrent stages come after those that are not concurrent to them."""
    for work, pairs in sorted(concurrent.items()):
        mine = (rows["work"] == work).to_numpy()
        stage, item = rows["stage"].to_numpy()[mine], rows["item"].to_numpy()[mine]
        source = np.full(rows.height, -1)
        source[np.flatnonzero(mine)] = predecessors(item, stage, rows["finished"].to_numpy()[mine], pairs)
        known = pl.Series(np.append(np.flatnonzero(mine), -1)[source])
        told = [
            pl.when(pl.Series(mine))
            .then(pl.when(known >= 0).then(rows[name].gather(known.clip(0))))
            .otherwise(pl.col(column))
            .alias(column)
            for column, name in (("before", "stage"), ("left", "finished"))
        ]
        rows = rows.with_columns(told)
    return rows


def predecessors(item: Codes, stage: NDArray[np.str_], finished: Ticks, pairs: Pairs) -> Codes:
    """Find the visit after which each visit came: of the earlier ones that are not concurrent to it the last to end.

    Parameters
    ----------
    item, stage, finished
        Visits in the order of items and time, shape (visits,).
    pairs
        Concurrent stages.

    Returns
    -------
    Place among the visits, -1 where there is none, shape (visits,).
    """
    number = np.cumsum(np.diff(item, prepend=item[:1] - 1) != 0)
    ended = np.empty(finished.size, np.int64)
    order = np.lexsort((np.arange(finished.size), finished))
    ended[order] = np.arange(1, finished.size + 1)
    base = number * (finished.size + 1)
    found = np.full(finished.size, -1)
    branched = {one: [other for name, other in pairs if name == one] for one, _ in pairs}
    kinds = [(~np.isin(stage, list(branched)), list[str]()), *((stage == one, rest) for one, rest in branched.items())]
    for rows, beside in kinds:
        seen = np.where(np.isin(stage, beside), 0, ended)
        latest = np.maximum.accumulate(base + seen)
        earlier = np.where(np.diff(number, prepend=0) == 0, np.append(0, latest[:-1]) - base, 0)
        found[rows] = np.where(earlier > 0, order[earlier - 1], -1)[rows]
    return found


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


def item_weights(log: EventLog, counts: pl.DataFrame | None = None) -> pl.DataFrame:
    """Say how many items each item of a log stands for: columns item and weight, the mean weight is 1.

    A log with open items hides nothing: all weigh the same, but for what they count.

    Parameters
    ----------
    log
        The log.
    counts
        How much each item counts, columns item and counts, above 0; 1 if left out.
    """
    table = items(log)
    weight = np.ones(table.height)
    if counts is not None:
        weight = table.join(counts, on="item", how="left", maintain_order="left")["counts"].to_numpy().copy()
    end = max(log.end, int(table["done"].max() or 0))  # type: ignore[arg-type]  # a column of integers
    arrived, works = table["arrived"].to_numpy(), table["work"].to_physical().to_numpy()
    finished_only, done = not table["done"].null_count(), table["done"].fill_null(NEVER).to_numpy()
    for work in np.unique(works):
        mine = works == work
        if not finished_only:
            weight[mine] *= _seen_from_their_arrival(arrived[mine], done[mine])
        elif recorded_share(arrived[mine], done[mine], end).hides_slow:
            weight[mine] = _weights(done[mine] - arrived[mine], end - arrived[mine], weight[mine])
        weight[mine] /= weight[mine].mean()
    return table.select("item", pl.Series("weight", weight))


def _seen_from_their_arrival(arrived: Ticks, done: Ticks) -> Floats:
    """Let items count for next to nothing that came before the date since which they are there if done or open.

    Of these the quick ones are missing, while of those that came later none is.
    """
    since = done_since(arrived, done)
    if since is None or np.count_nonzero(arrived >= since) < LEAST_LATER:
        return np.ones(arrived.size)
    return np.where(arrived < since, NEXT_TO_NOTHING, 1.0)


def _weights(lasted: Ticks, room: Ticks, counts: Floats) -> Floats:
    """Weigh finished items by what is missing beside them; all arrays of shape (items,)."""
    worth = counts * counts.sum() / (counts**2).sum()  # in items that count alike
    times, place = np.unique(lasted, return_inverse=True)
    ended = np.bincount(place, worth)
    entered = _summed(lasted, worth, times, "right")
    at_risk = np.maximum(entered - _summed(room, worth, times, "left"), np.minimum(entered, LEAST_AT_RISK))
    longer = np.append(np.cumprod((1 - np.minimum(ended / at_risk, MOST_ENDED))[::-1])[::-1][1:], 1.0)
    weight: Floats = (longer / at_risk)[place]
    return np.asarray(counts * np.minimum(weight / np.average(weight, weights=counts), MOST_WEIGHT))


def _summed(values: Ticks, worth: Floats, times: Ticks, side: Literal["left", "right"]) -> Floats:
    """Sum what values up to each time are worth."""
    order = np.argsort(values, kind="stable")
    total = np.append(0.0, np.cumsum(worth[order]))
    return np.asarray(total[np.searchsorted(values[order], times, side)])
