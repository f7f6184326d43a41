"""Visits of one stage told apart by how long their item waited, where that tells the way on.

Delays of an item hang together: who was reached at once is called again in a week, who answered late is soon done.
Drawn independently they put too many items between the short and the long ones. So a stage may have further states,
one for visits that began after a wait of more than a threshold, and the route (`calibration.routes`) remembers states
as it remembers stages. The chance of a way with its wait is then, with c the class of the wait,

    with states       P(next, c | path of stages and classes)
    without           P(next | path of stages) · P(c | stage before, next)

Items are held out in turn. Of a few thresholds the one that gains most is taken, if the gain of all items is above two
standard errors. Only ways whose waiting is mostly delay are told apart: what queues explain the twin makes by itself.

Source of the likelihoods: `calibration.moves`; of states with a sojourn: Cox (1955), A use of complex probabilities in
the theory of stochastic processes, Proceedings of the Cambridge Philosophical Society 51(2).
"""

import math
from collections.abc import Collection
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from calibration.durations import rounded
from calibration.evidence import Evidence, Fitted
from calibration.moves import MEMORY, Moves, by_item, distinct, read_moves, smoothed
from twin.eventlog import EventLog
from twin.units import format_duration

Floats = NDArray[np.float64]

PLACES: Final = (0.4, 0.6, 0.8)
"""Quantiles of the waits that are tried as thresholds."""
FOLDS: Final = 5
LEAST_ITEMS: Final = 100
LEAST_GAIN: Final = 0.02
"""A gain per item below this changes nothing that could be seen."""
PRIOR: Final = 0.5
LONGEST_NAME: Final = 120

Pair = tuple[str | None, str]
"""Stage before, none at the arrival, and stage."""


class States(NamedTuple):
    """How visits of a work type are told apart."""

    after: int = 0  # ticks; visits that waited longer are in the second state
    pairs: frozenset[Pair] = frozenset()  # ways on which this is so
    names: tuple[tuple[str, str], ...] = ()  # state and its stage


NO_STATES: Final = States()


def fit_states(log: EventLog, work: str, pairs: Collection[Pair]) -> Fitted[States]:
    """Decide whether visits are told apart by their wait, and at which threshold.

    Parameters
    ----------
    log
        The log; rows may stand in any order.
    work
        Name of the work type.
    pairs
        Ways whose waiting is mostly delay.
    """
    waits = _waits(log, work).filter(pl.col("pair").is_in([_key(pair) for pair in pairs]) & (pl.col("wait") > 0))
    if waits.is_empty() or waits["item"].n_unique() < LEAST_ITEMS:
        return Fitted(NO_STATES, ())
    found = np.quantile(waits["wait"].to_numpy(), PLACES).tolist()
    base = _told_by_stages(read_moves(log, work))
    best, gain, error = NO_STATES, 0.0, math.inf
    for after in sorted({rounded(each, 2) for each in found}):
        tried = _states(log, work, after, frozenset(pairs))
        told = _told_by_states(read_moves(told_apart(log, work, tried), work), dict(tried.names)) - base
        if told.mean() > gain:
            best, gain, error = tried, float(told.mean()), float(told.std(ddof=1)) / math.sqrt(told.size)
    if gain < max(2 * error, LEAST_GAIN):
        return Fitted(NO_STATES, ())
    entry = Evidence(
        f"work.{work}.route.states",
        f"visits after a wait of more than {format_duration(best.after)} are told apart",
        f"held-out log-likelihood of ways and waits {gain:+.3f} ± {error:.3f} per item over waits drawn independently",
        waits.height,
        note="No interval: a threshold is chosen, not measured.",
    )
    return Fitted(best, (entry,))


def told_apart(log: EventLog, work: str, states: States) -> EventLog:
    """Write the state of each visit where the log has its stage."""
    if not states.names:
        return log
    name = {stage: state for state, stage in states.names}
    late = _late(log, work, states).select("row").with_columns(late=pl.lit(value=True))
    stage = pl.col("stage").cast(pl.String)
    frame = (
        log.frame.with_row_index("row")
        .join(late, on="row", how="left", maintain_order="left")
        .with_columns(pl.when(pl.col("late")).then(stage.replace(name)).otherwise(stage).alias("stage"))
        .drop("row", "late")
    )
    names = frame["stage"].unique().sort().to_list()
    return EventLog(frame.with_columns(pl.col("stage").cast(pl.Enum(names))), log.start, log.zone, log.end)


def _states(log: EventLog, work: str, after: int, pairs: frozenset[Pair]) -> States:
    """Name the state of each stage that has visits after a longer wait, and others."""
    bare = States(after, pairs)
    visits = dict(_waits(log, work).group_by("stage").len().iter_rows())
    late = dict(_late(log, work, bare).group_by("stage").len().iter_rows())
    stages = sorted(stage for stage, count in late.items() if count < visits[stage])
    taken = set(log.frame["stage"].cast(pl.String).unique())
    names = []
    for stage in stages:
        suffix = f" after {format_duration(after)}"
        name = f"{stage[: LONGEST_NAME - len(suffix)]}{suffix}"
        if name not in taken:
            names.append((name, stage))
            taken.add(name)
    return bare._replace(names=tuple(names))


def _late(log: EventLog, work: str, states: States) -> pl.DataFrame:
    known = [_key(pair) for pair in sorted(states.pairs, key=str)]
    return _waits(log, work).filter((pl.col("wait") > states.after) & pl.col("pair").is_in(known))


def _waits(log: EventLog, work: str) -> pl.DataFrame:
    """List row, item, stage, way and wait of a work type's visits."""
    return (
        log.frame.with_row_index("row")
        .filter((pl.col("work") == work) & pl.col("started").is_not_null())
        .with_columns(pl.col("stage", "person").cast(pl.String))
        .sort("item", "started", "finished", "stage", "person", nulls_last=True)
        .with_columns(
            before=pl.col("stage").shift(1).over("item"), left=pl.col("finished").cum_max().shift(1).over("item")
        )
        .with_columns(ready=pl.min_horizontal(pl.coalesce("enabled", "left", "started"), "started"))
        .select(
            "row",
            "item",
            "stage",
            pair=pl.col("before").fill_null("") + ">" + pl.col("stage"),
            wait=pl.col("started") - pl.col("ready"),
        )
    )


def _key(pair: Pair) -> str:
    return f"{pair[0] or ''}>{pair[1]}"


def _told_by_stages(moves: Moves) -> Floats:
    """Give each item's held-out log-likelihood of its way."""
    return _best(_held_out(moves))


def _told_by_states(moves: Moves, stage_of: dict[str, str]) -> Floats:
    """Give each item's held-out log-likelihood of its way and waits, less that of waits that know only their pair."""
    stages = sorted({stage_of.get(name, name) for name in moves.names})
    place = np.array([stages.index(stage_of.get(name, name)) for name in moves.names])
    late = np.array([name in stage_of for name in moves.names])[moves.next]
    pair = place[moves.path[0]] * len(stages) + place[moves.next]
    alone = np.zeros(moves.item.size)
    for fold in range(FOLDS):
        out = moves.item % FOLDS == fold
        seen = np.bincount(pair[~out], minlength=len(stages) ** 2)
        longer = np.bincount(pair[~out], late[~out], minlength=len(stages) ** 2)
        share = ((longer + PRIOR * 0.5) / (seen + PRIOR))[pair]
        alone[out] = np.log(np.where(late, share, 1 - share))[out]
    return _best(_held_out(moves)) - np.bincount(moves.item, alone, minlength=int(moves.item[-1]) + 1)


def _held_out(moves: Moves) -> Floats:
    """Give each item's log-likelihood by fixed memories, items held out in turn, shape (MEMORY + 1, items)."""
    told = np.zeros((MEMORY + 1, int(moves.item[-1]) + 1))
    few, heavy, kind = distinct(moves, moves.item % FOLDS, np.ones(moves.item.size))
    for fold in range(FOLDS):
        out = moves.item % FOLDS == fold
        for memory, chance in enumerate(smoothed(few, np.where(few.item == fold, 0.0, heavy))):
            told[memory] += by_item(moves, chance[kind], out)
    return told


def _best(told: Floats) -> Floats:
    best: Floats = told[told.sum(axis=1).argmax()]
    return best
