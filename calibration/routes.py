"""The way items take, with as much memory of the path as the log supports.

After a path (`calibration.moves`) the next stage has chances

    P(next | path) = share of next among the moves for which this path is the longest known end,

a variable-order Markov chain. Paths grow to `MEMORY` stages. From the longest to the shortest, a path c = (a, b, …) is
kept where it tells the next stage better than its end (b, …) by a log-likelihood gain above a cutoff,

    gain(c) = sum over next x of n(c, x) · log(P(x | c) / P(x | end of c)) > cutoff;

what is not kept is left to its end. Items are held out in turn; the cutoff with the best held-out log-likelihood is
taken. ``a > a > a`` is memory too: it counts returns to a stage.

Where ways change over time, items count by their age with a half-life, if that forecasts later items clearly better.
Only items that had time to finish are forecast: recent ones that did are the short ones (`calibration.completeness`).
Each item counts for those that the log hides beside it (`calibration.observed`), and for less the older it is.
Nothing seen is dropped and nothing unseen is invented: shares are those of the log.

Sources: Bühlmann and Wyner (1999), Variable length Markov chains, Annals of Statistics 27(2); interval of a share:
Wilson (1927), Journal of the American Statistical Association 22.
"""

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from calibration.blocks import NO_BLOCKS, Blocks, Lines
from calibration.completeness import arrivals_of
from calibration.evidence import Evidence, Fitted
from calibration.moves import (
    ESCAPE,
    MEMORY,
    Moves,
    by_item,
    counts,
    distinct,
    never_left,
    read_moves,
    smoothed,
    unfinished_stages,
)
from calibration.observed import item_weights
from twin.eventlog import EventLog
from twin.graph import trapped
from twin.routing import graph
from twin.units import say_share
from twin.work import DONE, JOIN, START, Route, Work

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

MOST_PATHS: Final = 500
NAMED: Final = 3
"""Stages that are named where nobody was seen done."""
FOLDS: Final = 5
CUTOFFS: Final = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0, 64.0, 128.0, 256.0, math.inf)
DIGITS: Final = 6
HALF_LIVES: Final = (50, 100, 200, 400, 800, 1600, 3200)
"""Items after which an older item counts half."""
LEAST_ITEMS: Final = 100
BLOCKS: Final = 8
SETTLED: Final = 0.9
"""Items are forecast that arrived while at least this share of arrivals could still finish."""


class RouteShape(NamedTuple):
    """Where items go, in the form of `twin.work.Route` without efforts and delays."""

    start: dict[str, float]
    next: dict[str, dict[str, float]]
    parallel: dict[str, Lines] = {}  # noqa: RUF012 - never changed


class Chain(NamedTuple):
    """Kept paths: the end of each move's path that decides."""

    memory: Integers  # stages of the deciding end less 1, shape (moves,)
    kept: int  # paths of 2 stages or more


class Tally(NamedTuple):
    """What came after a path."""

    after: dict[str, float]  # weighed moves, by what came next
    rows: int  # moves
    worth: float  # equally weighed moves that tell as much


def fit_route(log: EventLog, work: str, blocks: Blocks = NO_BLOCKS) -> Fitted[RouteShape]:
    """Learn the way items of a work type take.

    Parameters
    ----------
    log
        The log; rows may stand in any order.
    work
        Name of the work type.
    blocks
        Parallel branches, which the log has as visits of one place (`calibration.blocks.as_places`).

    Returns
    -------
    Fitted
        Shares sum to 1 within 1e-9; every stage seen has a key of its own.

    Raises
    ------
    InputError
        Where the log holds no visit of this work type.
    """
    moves, weight, half_life = weighed_moves(log, work)
    orders, told = _held_out(moves, weight)
    cutoff = max(CUTOFFS, key=lambda each: (told[each], each))
    for wider in CUTOFFS[CUTOFFS.index(cutoff) :]:
        chain = grow(moves, weight, wider)
        tallies = _tallies(moves, chain, weight)
        shape = _shape(moves, tallies, blocks)
        if chain.kept <= MOST_PATHS and not _trapped(shape):
            break
    scores = ", ".join(f"{order}: {score:.3f}" for order, score in enumerate(orders))
    chosen = told[cutoff] / _item_weights(moves, weight).sum()
    longest = int(chain.memory.max()) + 1
    summary = Evidence(
        path=f"work.{work}.route",
        estimate=f"{chain.kept} paths of more than one stage, the longest of {longest}",
        method=f"paths that gain more than {wider:g} in log-likelihood; held out, {chosen:.3f} per item, "
        f"with fixed memory of so many stages {scores}",
        rows=moves.item.size,
        note=" ".join(_cautions(log, work, half_life)),
        mind=_never_done(log, work),
    )
    return Fitted(shape, (summary, *_evidence(work, shape, tallies)))


def weighed_moves(log: EventLog, work: str) -> tuple[Moves, Floats, float]:
    """List a work type's moves, how much each counts, shape (moves,), and the half-life in items behind that."""
    moves = read_moves(log, work)
    arrived, recorded = arrivals_of(log, work)
    settled = int((recorded.at(arrived) >= SETTLED).sum())
    even = _weighed(log, moves, np.ones(moves.numbers.size))
    half_life = _half_life(moves, even, settled) if recorded.since is None else math.inf
    if math.isinf(half_life):
        return moves, even, half_life
    items = np.arange(moves.numbers.size)
    return moves, _weighed(log, moves, _faded(items, max(settled - 1, 0), half_life)), half_life


def _faded(items: Integers, now: int, half_life: float) -> Floats:
    """Say how much items count by how many came after them, same shape."""
    return np.asarray(0.5 ** (np.maximum(now - items, 0) / half_life))


def _weighed(log: EventLog, moves: Moves, counts: Floats) -> Floats:
    """Let each move count by what its item stands for, with what items count, shape (items,); shape (moves,)."""
    shown = pl.DataFrame({"item": moves.numbers, "counts": counts})
    frame = log.frame.join(shown, on="item", how="semi")
    weights = item_weights(EventLog(frame, log.start, log.zone, log.end), shown)
    weight = shown.join(weights, on="item", how="left", maintain_order="left")["weight"].to_numpy()
    return np.asarray(weight[moves.item])


def _item_weights(moves: Moves, weight: Floats) -> Floats:
    return weight[np.flatnonzero(np.diff(moves.item, prepend=-1))]


def _half_life(moves: Moves, weight: Floats, settled: int) -> float:
    """Choose how fast old items fade, in items; infinite where that is not better by two standard errors."""
    if settled < LEAST_ITEMS:
        return math.inf
    bounds = np.linspace(settled // 2, settled, BLOCKS + 1).astype(int).tolist()
    told = {}
    for half_life in (math.inf, *(each for each in HALF_LIVES if each < settled)):
        told[half_life] = np.zeros(int(moves.item[-1]) + 1)
        for begin, end in pairwise(bounds):
            learned = np.where(moves.item < begin, weight * _faded(moves.item, begin, half_life), 0.0)
            rows = (moves.item >= begin) & (moves.item < end)
            told[half_life] += by_item(moves, smoothed(moves, learned, 2)[2], rows)
    best = max(told, key=lambda each: (told[each].sum(), each))
    gain = (told[best] - told[math.inf])[bounds[0] : bounds[-1]]
    return best if gain.sum() > 2 * gain.std() * math.sqrt(gain.size) else math.inf


def grow(moves: Moves, weight: Floats, cutoff: float) -> Chain:
    """Keep the paths that tell more than their ends by a cutoff.

    Parameters
    ----------
    moves
        All moves.
    weight
        How much each counts, shape (moves,); 0 is not learned from.
    cutoff
        Least gain in log-likelihood.
    """
    memory, kept = np.zeros(moves.item.size, np.int64), 0
    for k in range(MEMORY - 1, 0, -1):
        free = np.where(memory == 0, weight, 0.0)
        rows, ends = (free > 0) & (moves.end[k] >= 0), moves.end[k]
        (alike, all_), (shorter_alike, shorter_all) = counts(moves, k, free), counts(moves, k - 1, free)
        gain = np.log(alike[rows] / all_[rows] * (shorter_all[rows] / shorter_alike[rows])) * weight[rows]
        telling = np.bincount(ends[rows], gain, minlength=int(ends.max()) + 1) > cutoff
        kept += int(telling.sum())
        memory[(memory == 0) & (ends >= 0) & np.append(telling, False)[ends]] = k
    return Chain(memory, kept)


def _held_out(moves: Moves, weight: Floats) -> tuple[Floats, dict[float, float]]:
    """Hold items out in turn.

    Returns
    -------
    tuple
        Log-likelihood per item of fixed memories of 0, 1, … stages; and by cutoff, that of all items.
    """
    few, heavy, _ = distinct(moves, moves.item % FOLDS, weight)
    orders, told = np.zeros(MEMORY + 1), dict.fromkeys(CUTOFFS, 0.0)
    for fold in range(FOLDS):
        out = few.item == fold
        learned = np.where(out, 0.0, heavy)
        below = smoothed(few, learned)
        orders += np.log(below[:, out]) @ heavy[out]
        for cutoff in CUTOFFS:
            chance = _chance(few, grow(few, learned, cutoff), learned, below)
            told[cutoff] += float(np.log(chance[out]) @ heavy[out])
    return orders / _item_weights(moves, weight).sum(), told


def _chance(moves: Moves, chain: Chain, learned: Floats, below: Floats) -> Floats:
    """Give the chance of each move by the path that decides, shape (moves,)."""
    chance = np.empty(moves.item.size)
    for k in np.unique(chain.memory):
        here = chain.memory == k
        alike, all_ = counts(moves, k, np.where(here, learned, 0.0))
        chance[here] = ((alike + ESCAPE * below[k]) / (all_ + ESCAPE))[here]
    return chance


def _tallies(moves: Moves, chain: Chain, weight: Floats) -> dict[str, Tally]:
    """Count what came after each kept path, the short ones first."""
    found: dict[str, Tally] = {}
    # a stage's own key counts all its moves where longer paths leave it none
    for memory in (np.zeros_like(chain.memory), chain.memory):
        for k in np.unique(memory).tolist():
            found |= _tally(moves, k, memory == k, weight)
    return dict(sorted(found.items(), key=lambda each: (each[0].count(JOIN), each[0])))


def _tally(moves: Moves, k: int, here: NDArray[np.bool_], weight: Floats) -> dict[str, Tally]:
    alike, all_ = counts(moves, k, np.where(here, weight, 0.0))
    _, squares = counts(moves, k, np.where(here, weight**2, 0.0))
    _, rows = counts(moves, k, here.astype(float))
    found: dict[str, Tally] = {}
    _, place = np.unique(moves.pair[k][here], return_index=True)
    for row in np.flatnonzero(here)[place].tolist():
        path = JOIN.join(moves.names[code] for code in moves.path[k::-1, row].tolist())
        tally = found.setdefault(path, Tally({}, int(rows[row]), float(all_[row] ** 2 / squares[row])))
        tally.after[moves.names[moves.next[row]]] = float(alike[row])
    return found


def _shape(moves: Moves, tallies: Mapping[str, Tally], blocks: Blocks) -> RouteShape:
    shares = {path: whole_shares(_largest_first(tally.after)) for path, tally in tallies.items()}
    start = shares.pop(START)
    parallel = {name: lines for name, lines in blocks.names if name in moves.names}
    return RouteShape(start, {stage: {DONE: 1.0} for stage in moves.names[2:]} | shares, parallel)


def whole_shares(counts: Mapping[str, float]) -> dict[str, float]:
    """Turn counts into shares of at least one in a million that sum to 1: the largest takes what rounding leaves."""
    total = sum(counts.values())
    shares = {name: max(round(count / total, DIGITS), 10.0**-DIGITS) for name, count in counts.items()}
    largest = max(shares, key=lambda name: shares[name])
    rest = sum(share for name, share in shares.items() if name != largest)
    return {**shares, largest: round(1 - rest, DIGITS)}


def _largest_first(counts: Mapping[str, float]) -> dict[str, float]:
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))


def _trapped(shape: RouteShape) -> bool:
    """Tell whether memory made a loop that nothing leaves."""
    stages = {key for key in shape.next if JOIN not in key} - set(shape.parallel)
    stages |= {stage for lines in shape.parallel.values() for line in lines for stage in line}
    route = Route.model_validate({**shape._asdict(), "efforts": dict.fromkeys(stages, "1 h")})
    arrivals = {"kind": "none"}
    return bool(trapped(graph(Work.model_validate({"arrivals": arrivals, "route": route}))))


def _cautions(log: EventLog, work: str, half_life: float) -> list[str]:
    found = []
    if unknown := unfinished_stages(log, work):
        found.append(f"Nobody has finished a visit at {', '.join(unknown)}: left out.")
    if half_life < math.inf:
        found.append(f"Ways change: an item counts half of one that came {half_life:g} items later.")
    if not log.frame["finished"].null_count():
        found.append("The log holds finished items only: long ways that began late are missing from it.")
    return found


def _never_done(log: EventLog, work: str) -> str:
    """Say where no item was seen done."""
    caught = never_left(log, work)
    if not caught:
        return ""
    mine = log.frame.filter(pl.col("work") == work)
    whole = mine.select(pl.col("finished").is_null().any().over("item").all()).item()
    named = ", ".join(caught[:NAMED]) + (f" and {len(caught) - NAMED} more" if len(caught) > NAMED else "")
    where = "no item of the log was seen done" if whole else f"no item that came to {named} was seen done"
    return (
        f"{where}; items are taken to leave where the log leaves them, so visits, lead times and work inside are at "
        "least what the twin shows. Learn from a log that follows items to their end"
    )


def _evidence(work: str, shape: RouteShape, tallies: Mapping[str, Tally]) -> list[Evidence]:
    found = []
    for key, shares in {START: shape.start, **shape.next}.items():
        stage, share = next(iter(shares.items()))
        tally = tallies.get(key, Tally({}, 0, 0.0))
        low, high = _wilson(share, tally.worth)
        found.append(
            Evidence(
                path=f"work.{work}.route.{START if key == START else f'next.{key}'}",
                estimate=f"{say_share(share)} {stage}",
                method="share of moves for which this is the longest known path; Wilson interval of the largest share",
                rows=tally.rows,
                low=say_share(low),
                high=say_share(high),
                note=""
                if tally.rows
                else "Nothing was seen to leave this stage; that items are done is an assumption.",
            )
        )
    return found


def _wilson(share: float, n: float) -> tuple[float, float]:
    """Give the 95 % interval of a share of n moves; everything, where there are none."""
    if n == 0:
        return 0.0, 1.0
    square = 1.96**2 / n
    middle = (share + square / 2) / (1 + square)
    half = math.sqrt(square * (share * (1 - share) + square / 4)) / (1 + square)
    return max(middle - half, 0.0), min(middle + half, 1.0)
