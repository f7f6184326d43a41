"""Which stages of an item run side by side, told from sequence by how their visits overlap.

Two visits of one item overlap where each begins before the other ends. In a sequence they do so by mistakes of
recording only; on branches that begin at one fork and know nothing of each other, about as often, and as long, as where
each is set beside the other one of another item, both counted from their forks,

    p = mean over items i, j ≠ i of [a_i overlaps b_j].

Halfway lies the border: with k of n pairs overlapping, stages are concurrent where

    P(K >= k) < ERROR / stage pairs tested,     K ~ Binomial(n, max(p / 2, NOISE)),

and where the time of overlap is at least half of what other items would give: a next stage that always begins a moment
before the last one ends overlaps in every item, but never for long. So a sequence whose visits overlap at less than
half the rate of independent branches is taken for branches in one log of `1 / ERROR` at most. Loops give no overlap:
`a b a b` is as often in both orders as two branches are. Branches that one person serves never overlap either: they
stay a sequence, in both orders where both were seen.

The fork of a pair is the latest end before both began, of visits that are not concurrent to either; since that is known
only afterwards, pairs are tested again until nothing changes.

Sources: overlap against directly-follows as the oracle: Augusto et al. (2019), Split Miner, Knowledge and Information
Systems 59; enabled times with concurrency: Chapela-Campa, Dumas (2024), Information Systems 122. The null: own.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from calibration.evidence import Evidence, Fitted
from calibration.observed import Pairs
from twin.eventlog import EventLog
from twin.units import say_share

Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]

ERROR: Final = 1e-3
NOISE: Final = 0.01
"""Share of overlaps that mistakes of recording may make."""
LEAST: Final = 5
"""Overlaps below which a pair is not looked at."""
REACH: Final = 8
"""Visits of an item that are looked at behind each."""
BACK: Final = 16
"""Visits of an item among which its fork is looked for."""
SHIFTS: Final = 40
"""Other items beside which each visit is set."""
ROUNDS: Final = 3


class Concurrent(NamedTuple):
    """What overlaps say of the stages of a work type."""

    pairs: Pairs  # as independent branches do
    more: Pairs  # less than these, but more than recording makes


class _Visits(NamedTuple):
    """Finished visits of one work type in the order of items and time; arrays of shape (visits,)."""

    item: Integers
    stage: Integers
    started: Integers
    finished: Integers
    stages: tuple[str, ...]


class _Beside(NamedTuple):
    """Visits of two stages in one item; arrays of shape (pairs,)."""

    first: Integers  # row of the visit that stands first
    second: Integers
    key: Integers  # lower stage code times the number of stages, and the higher one


class _Told(NamedTuple):
    """What the visits of two stages tell."""

    pairs: int
    overlaps: int
    share: float
    expected: float  # share that independent branches would give
    longer: float  # time of overlap over that of independent branches
    chance: float  # of so many overlaps in a sequence at the border
    noise: float  # of so many mistakes of recording


def fit_concurrency(log: EventLog) -> Fitted[dict[str, Concurrent]]:
    """Find the concurrent stages of each work type.

    Parameters
    ----------
    log
        Visits of items; rows may stand in any order.

    Returns
    -------
    Fitted
        By work type; types without concurrent stages are left out.
    """
    found: dict[str, Concurrent] = {}
    evidence: list[Evidence] = []
    done = log.frame.filter(pl.col("started").is_not_null() & pl.col("finished").is_not_null())
    for work in done["work"].cast(pl.String).unique().sort().to_list():
        visits = _visits(done, work)
        beside = _candidates(visits)
        told, more = _tested(visits, beside) if beside.key.size else ({}, [])
        if told:
            found[work] = Concurrent(_both_ways(told), _both_ways(more))
            evidence += [_evidence(work, pair, each) for pair, each in told.items()]
    return Fitted(found, tuple(evidence))


def _both_ways(pairs: Iterable[tuple[str, str]]) -> Pairs:
    return frozenset(pair for each in pairs for pair in (each, each[::-1]))


def _visits(done: pl.DataFrame, work: str) -> _Visits:
    rows = (
        done.filter(pl.col("work").cast(pl.String) == work)
        .select("item", pl.col("stage").cast(pl.String), "started", "finished", "visit")
        .sort("item", "started", "finished", "stage", "visit")
    )
    stages = rows["stage"].unique().sort().to_list()
    code = rows["stage"].cast(pl.Enum(stages)).to_physical().cast(pl.Int64).to_numpy()
    item, started, finished = (rows[name].to_numpy() for name in ("item", "started", "finished"))
    return _Visits(item, code, started, finished, tuple(stages))


def _candidates(visits: _Visits) -> _Beside:
    """List the visits that stand beside each other, of stages that overlap at all."""
    size, number = visits.item.size, len(visits.stages)
    latest = pl.Series(visits.finished).to_frame("at").with_columns(item=pl.Series(visits.item))
    left = latest.select(pl.col("at").cum_max().shift(1).over("item")).to_series()
    nothing = np.zeros(0, np.int64)
    if not (left > pl.Series(visits.started)).any():
        return _Beside(nothing, nothing, nothing)
    found = [_at_distance(visits, distance) for distance in range(1, min(REACH, size - 1) + 1)]
    counts = np.zeros(number * number, np.int64)
    for each in found:
        counts += np.bincount(each.key[_overlaps(visits, each)], minlength=counts.size)
    kept = [_Beside._make(column[counts[each.key] >= LEAST] for column in each) for each in found]
    joined = _Beside._make(np.concatenate(column) for column in zip(*kept, strict=True))
    order = np.lexsort((joined.second, joined.first, joined.key))
    return _Beside._make(column[order] for column in joined)


def _at_distance(visits: _Visits, distance: int) -> _Beside:
    """List pairs of visits so many rows apart, of two stages that have no visit in between."""
    stage, item = visits.stage, visits.item
    first = np.arange(item.size - distance)
    second = first + distance
    kept = (item[first] == item[second]) & (stage[first] != stage[second])
    for between in range(1, distance):
        other = stage[first + between]
        kept &= (other != stage[first]) & (other != stage[second])
    first, second = first[kept], second[kept]
    low, high = np.minimum(stage[first], stage[second]), np.maximum(stage[first], stage[second])
    return _Beside(first, second, low * len(visits.stages) + high)


def _overlaps(visits: _Visits, beside: _Beside) -> Booleans:
    started, finished = visits.started, visits.finished
    overlaps: Booleans = (started[beside.second] < finished[beside.first]) & (
        started[beside.first] < finished[beside.second]
    )
    return overlaps


def _tested(visits: _Visits, beside: _Beside) -> tuple[dict[tuple[str, str], _Told], list[tuple[str, str]]]:
    """Test every pair of stages, again with what was found, until nothing is added.

    Returns
    -------
    tuple
        The concurrent ones, and those that overlap more than recording makes.
    """
    number = len(visits.stages)
    concurrent = np.zeros((number, number), bool)
    keys, first = np.unique(beside.key, return_index=True)
    found: dict[tuple[str, str], _Told] = {}
    more: dict[tuple[str, str], None] = {}
    for _ in range(ROUNDS):
        fork = _forks(visits, beside, concurrent)
        before = len(found)
        for key, begin, end in zip(keys.tolist(), first.tolist(), [*first[1:].tolist(), beside.key.size], strict=True):
            one, other = divmod(key, number)
            told = _compared(visits, _Beside._make(column[begin:end] for column in beside), fork[begin:end])
            if told.chance < ERROR / keys.size and told.longer >= 0.5:
                concurrent[one, other] = concurrent[other, one] = True
                found[visits.stages[one], visits.stages[other]] = told
            elif told.noise < ERROR / keys.size:
                more[visits.stages[one], visits.stages[other]] = None
        if len(found) == before:
            break
    return found, list(more)


def _forks(visits: _Visits, beside: _Beside, concurrent: Booleans) -> Integers:
    """Find from when on both visits of a pair could have begun, shape (pairs,)."""
    one, other = visits.stage[beside.first], visits.stage[beside.second]
    begun = visits.started[beside.first]
    none = np.iinfo(np.int64).min
    fork = np.full(begun.size, none)
    for back in range(1, BACK + 1):
        row = np.maximum(beside.first - back, 0)
        ended = (beside.first >= back) & (visits.item[row] == visits.item[beside.first])
        ended &= (visits.finished[row] <= begun) & ~concurrent[visits.stage[row], one]
        ended &= ~concurrent[visits.stage[row], other]
        fork = np.where(ended, np.maximum(fork, visits.finished[row]), fork)
    return np.where(fork == none, begun, fork)


def _compared(visits: _Visits, beside: _Beside, fork: Integers) -> _Told:
    """Compare overlaps within items with those across items."""
    from scipy.special import betainc  # noqa: PLC0415 - help must answer at once

    swapped = visits.stage[beside.first] > visits.stage[beside.second]
    one, other = (np.where(swapped, *rows) for rows in ((beside.second, beside.first), (beside.first, beside.second)))
    times = [column[rows] - fork for rows in (one, other) for column in (visits.started, visits.finished)]
    number = fork.size
    shares, lengths = [], []
    for shift in sorted({*np.linspace(1, max(number - 1, 1), SHIFTS).astype(int).tolist(), 0}):
        begun, ended = np.roll(times[2], shift), np.roll(times[3], shift)
        overlaps = (times[0] < ended) & (begun < times[1])
        shares.append(float(overlaps.mean()))
        lengths.append(float(np.where(overlaps, np.minimum(times[1], ended) - np.maximum(times[0], begun), 0).mean()))
    expected, length = float(np.mean(shares[1:] or [1.0])), float(np.mean(lengths[1:] or [0.0]))
    count = round(shares[0] * number)
    border = min(max(expected / 2, NOISE), 1.0)
    chance, noise = (float(betainc(count, number - count + 1, each)) if count else 1.0 for each in (border, NOISE))
    return _Told(number, count, shares[0], expected, lengths[0] / max(length, 1.0), chance, noise)


def _evidence(work: str, pair: tuple[str, str], told: _Told) -> Evidence:
    return Evidence(
        f"work.{work}.route.parallel",
        f"{pair[0]} and {pair[1]} run side by side",
        f"{say_share(told.share)} of their visits overlap; independent branches would give {say_share(told.expected)}, "
        f"a sequence at most half of that, with chance {told.chance:.1g}",
        told.pairs,
        note="No interval: whether stages are concurrent is decided, not measured. Branches that never overlapped, as "
        "where one person does both, are taken for a sequence.",
    )
