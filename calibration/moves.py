"""Moves of items from stage to stage, with the path before each.

Visits of an item stand in order of start, then finish, then stage. Before the first stage stands ``start``; after the
last, ``done``, but for an item still open: it shows where it went, not whether it left. Where no item that came to a
stage was ever seen done, such items are taken to leave where they stand: a way out there must be, and none is known. Of
a stage that nobody has finished yet nothing is known, so ways end before it. Paths and moves are numbered once, so that
counting is a sum over integers.
"""

from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from twin.errors import InputError, Problem
from twin.eventlog import EventLog
from twin.work import DONE, START

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

MEMORY: Final = 8
"""Stages of the path that are looked at; the entry counts as one."""
ESCAPE: Final = 0.5
"""How many moves' worth a shorter path counts in smoothing."""
LEAVE: Final = 0
ENTRY: Final = 1


class Moves(NamedTuple):
    """Moves from a stage to the next, in the order of items and visits."""

    names: tuple[str, ...]  # done, start, then stages in order; codes are places in it
    item: Integers  # items counted from 0 in the order of arrival, shape (moves,)
    next: Integers  # code of what came next, shape (moves,)
    path: Integers  # code of the stage k moves back, -1 before the entry; shape (MEMORY, moves)
    end: Integers  # number of the path's last k + 1 stages, -1 where there are fewer; shape (MEMORY, moves)
    pair: Integers  # number of that end together with what came next; shape (MEMORY, moves)
    numbers: Integers  # the number in the log of each item, shape (items,)


def read_moves(log: EventLog, work: str) -> Moves:
    """List the moves of a work type's items.

    Raises
    ------
    InputError
        Where the log holds no visit of this work type.
    """
    visits = _ordered_visits(log, work)
    if visits.is_empty():
        raise InputError(Problem("the log holds no visit of this work type", f"work.{work}.route"))
    stages, line, after, still_open, first = _line(visits)
    item = np.cumsum(line == ENTRY) - 1
    known = ~still_open | np.isin(line, _without_end(line, after, ~still_open))
    path = _paths(line)[:, known]
    following = after[known]
    end = np.array([_numbered(path[: k + 1]) for k in range(MEMORY)])
    pair = np.array([_numbered(np.array([row, following])) for row in end])
    numbers = visits["item"].to_numpy()[first]
    return Moves((DONE, START, *stages), item[known], following, path, end, pair, numbers)


def never_left(log: EventLog, work: str) -> list[str]:
    """Name the stages of a work type from which no item was seen to get done, in order."""
    stages, line, after, still_open, _ = _line(_ordered_visits(log, work))
    caught = np.setdiff1d(_without_end(line, after, ~still_open), [ENTRY])
    return [stages[each - ENTRY - 1] for each in caught.tolist()]


def _line(
    visits: pl.DataFrame,
) -> tuple[list[str], Integers, Integers, NDArray[np.bool_], Integers]:
    """Write visits as one line of codes, each item after its entry.

    Returns
    -------
    tuple
        Names of stages; codes; what came after each; which of these is not known, since the item was open then; and the
        places of items' first visits.
    """
    stages = visits["stage"].unique().sort().to_list()
    code = visits["stage"].cast(pl.Enum(stages)).to_physical().cast(pl.Int64).to_numpy() + ENTRY + 1
    first = np.flatnonzero(np.diff(visits["item"].rle_id().to_numpy().astype(np.int64), prepend=-1))
    line = np.insert(code, first, ENTRY)
    after = np.append(line[1:], ENTRY)
    leaves = after == ENTRY
    still_open = leaves & visits["open"].to_numpy()[first][np.cumsum(line == ENTRY) - 1]
    return stages, line, np.where(leaves, LEAVE, after), still_open, first


def _without_end(line: Integers, after: Integers, known: NDArray[np.bool_]) -> Integers:
    """List the codes from which no known move leaves, nor any chain of them."""
    moves = np.unique(np.stack([line[known], after[known]]), axis=1)
    ends = np.array([LEAVE])
    while True:
        wider = np.union1d(ends, moves[0][np.isin(moves[1], ends)])
        if wider.size == ends.size:
            return np.setdiff1d(line, ends)
        ends = wider


def unfinished_stages(log: EventLog, work: str) -> list[str]:
    """Name the stages at which a work type has visits and none that is finished, in order."""
    stages = log.frame.filter(pl.col("work") == work).group_by("stage").agg(known=_finished().any())
    return sorted(stages.filter(~pl.col("known"))["stage"].cast(pl.String).to_list())


def _finished() -> pl.Expr:
    return pl.col("started").is_not_null() & pl.col("finished").is_not_null()


def _ordered_visits(log: EventLog, work: str) -> pl.DataFrame:
    arrived = pl.coalesce("enabled", "queued", "started").min().over("item")
    return (
        log.frame.lazy()
        .filter(pl.col("work") == work)
        .with_columns(pl.col("stage").cast(pl.String), arrived.alias("arrived"))
        .sort("arrived", "item", "started", "finished", "stage", "visit", nulls_last=True)
        .select("item", "stage", pl.col("finished").is_null().any().over("item").alias("open"), known=_finished())
        .filter(pl.col("known").any().over("stage"))
        .collect()
    )


def _paths(line: Integers) -> Integers:
    """Give the codes at and before each place back to its entry, shape (MEMORY, places)."""
    path = np.full((MEMORY, line.size), -1)
    path[0] = line
    for k in range(1, min(MEMORY, line.size)):
        inside = (path[k - 1, k:] >= 0) & (path[k - 1, k:] != ENTRY)
        path[k, k:] = np.where(inside, line[:-k], -1)
    return path


def _numbered(rows: Integers) -> Integers:
    """Give equal columns equal numbers from 0, and -1 to a column that holds -1; shape (columns,)."""
    number = np.zeros(rows.shape[1], np.int64)
    for row in rows:
        number = np.unique(number * (row.max() + 2) + row + 1, return_inverse=True)[1]
    return np.where((rows >= 0).all(axis=0), number, -1)


def counts(moves: Moves, k: int, weight: Floats) -> tuple[Floats, Floats]:
    """Count, for each move, the moves with the same last k + 1 stages.

    Parameters
    ----------
    moves
        All moves.
    k
        Stages of the path, less 1.
    weight
        How much each move counts, shape (moves,).

    Returns
    -------
    tuple
        Those that went on alike, and all; shape (moves,) each, 0 where the path is shorter.
    """
    longer = moves.end[k] >= 0
    pair, end, weighed = moves.pair[k] + 1, moves.end[k] + 1, np.where(longer, weight, 0.0)
    return np.bincount(pair, weighed)[pair], np.bincount(end, weighed)[end]


def distinct(moves: Moves, part: Integers, weight: Floats) -> tuple[Moves, Floats, Integers]:
    """Put moves together that went on alike after the same path, apart by parts: there are few, however long the log.

    Parameters
    ----------
    moves
        All moves.
    part
        Part of each, from 0, shape (moves,).
    weight
        How much each counts, shape (moves,).

    Returns
    -------
    tuple
        One move of each kind, with its part for an item; the weight of all of its kind, shape (kinds,); and the kind of
        each move, shape (moves,).
    """
    length = (moves.end >= 0).sum(axis=0) - 1
    whole = moves.pair[length, np.arange(length.size)] * MEMORY + length
    _, first, kind = np.unique(whole * (part.max() + 1) + part, return_index=True, return_inverse=True)
    end, pair, path = moves.end[:, first], moves.pair[:, first], moves.path[:, first]
    few = Moves(moves.names, part[first], moves.next[first], path, end, pair, moves.numbers)
    return few, np.bincount(kind, weight).astype(np.float64), kind.astype(np.int64)


def smoothed(moves: Moves, weight: Floats, longest: int = MEMORY) -> Floats:
    """Give the chance of each move by paths of 0, 1, … stages, shape (longest + 1, moves).

    What a path tells is mixed with a little of what its shorter end tells, down to all stages alike.
    """
    kinds = len(moves.names)
    seen = np.bincount(moves.next, weight, minlength=kinds)[moves.next]
    chances = [(seen + ESCAPE / kinds) / (weight.sum() + ESCAPE)]
    for k in range(longest):
        alike, all_ = counts(moves, k, weight)
        chances.append((alike + ESCAPE * chances[-1]) / (all_ + ESCAPE))
    return np.array(chances)


def by_item(moves: Moves, chance: Floats, rows: NDArray[np.bool_]) -> Floats:
    """Sum the log-likelihood of some moves by item, shape (items,)."""
    told = np.bincount(moves.item[rows], np.log(chance[rows]), minlength=int(moves.item[-1]) + 1)
    return told.astype(np.float64)
