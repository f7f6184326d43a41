"""Blocks of parallel branches in the ways of items, and items with each block as one place.

In an item's way one visit comes before another where it stands before it and their stages are not concurrent
(`calibration.concurrency`), or where one between them does so. That is a partial order. What splits it into parts of
which each comes before the next are places of the way; a part falls into branches that have no order among them: the
series-parallel decomposition, two levels of it. A part that does not fall apart stays a sequence, and so do branches
within a branch.

Two stages of a part, once each, that were seen in both orders are concurrent too although they seldom overlap: a short
one, or one that waits for the same person. The rarer order must be more than recording makes, by the same test. In a
part that does not fall apart any overlap counts that is more than recording makes.

Blocks are taken for the way of the work only where they come again: at least `KNOWN` of them are like one of another
item. Where nearly each is new, as where lots are split, no block tells what comes next, and all stays a sequence.

Source of the decomposition: Valdes, Tarjan, Lawler (1982), The recognition of series parallel digraphs, SIAM Journal on
Computing 11(2).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from calibration.concurrency import ERROR, NOISE, Concurrent, fit_concurrency
from calibration.evidence import Evidence, Fitted
from calibration.observed import Codes, Pairs
from twin.eventlog import EventLog
from twin.units import say_share

KNOWN: Final = 0.9
MOST_BLOCKS: Final = 60
MOST_BRANCHES: Final = 16
LONGEST_NAME: Final = 110
ROUNDS: Final = 4

Way = tuple[str, ...]
"""Stages of an item in the order of their starts."""
Lines = tuple[Way, ...]
"""Branches of a block."""


class Blocks(NamedTuple):
    """How items of a work type branch."""

    pairs: Pairs = frozenset()  # concurrent stages
    names: tuple[tuple[str, Lines], ...] = ()  # blocks, the most frequent first


class Part(NamedTuple):
    """Visits of an item that come one after another, or a block."""

    begin: int  # place in the way
    end: int
    lines: Lines  # branches; none where the visits are no block


NO_BLOCKS: Final = Blocks()


def fit_blocks(log: EventLog) -> Fitted[dict[str, Blocks]]:
    """Find the parallel branches of each work type.

    Parameters
    ----------
    log
        Visits of items; rows may stand in any order.

    Returns
    -------
    Fitted
        By work type; types without parallel branches are left out.
    """
    concurrent = fit_concurrency(log)
    found: dict[str, Blocks] = {}
    evidence = list(concurrent.evidence)
    for work, overlapping in concurrent.value.items():
        ways = Counter(way for way, is_open in _ways(log, work) if not is_open)
        told = _named(work, ways, _completed(ways, overlapping))
        found |= {work: told.value} if told.value.names else {}
        evidence += told.evidence
    return Fitted(found, tuple(evidence))


def pairs_of(blocks: Mapping[str, Blocks]) -> dict[str, Pairs]:
    """Give the concurrent stages of each work type."""
    return {work: found.pairs for work, found in blocks.items()}


def _ways(log: EventLog, work: str) -> list[tuple[Way, bool]]:
    """List the way of each item and whether it is open, in the order of their numbers."""
    ways = (
        _ordered(log, work)
        .group_by("item", maintain_order=True)
        .agg("stage", pl.col("finished").is_null().any().alias("open"))
    )
    return [(tuple(stages), is_open) for _, stages, is_open in ways.iter_rows()]


def _ordered(log: EventLog, work: str) -> pl.DataFrame:
    return (
        log.frame.with_row_index("row")
        .filter(pl.col("work").cast(pl.String) == work)
        .with_columns(pl.col("stage").cast(pl.String))
        .sort("item", "started", "finished", "stage", "visit", nulls_last=True)
    )


def parts_of(way: Way, pairs: Pairs) -> tuple[Part, ...]:
    """Split a way into parts of which each comes before the next."""
    before = _before(way, pairs)
    size = len(way)
    # the first visit of those with no order to each, or its own place
    free = [((1 << place) - 1) & ~mask for place, mask in enumerate(before)]
    least = [(mask & -mask).bit_length() - 1 if mask else place for place, mask in enumerate(free)]
    begins = [0] if size else []
    lowest = size
    cuts = []
    for place in range(size - 1, 0, -1):
        lowest = min(lowest, least[place])
        if lowest >= place:
            cuts.append(place)
    begins += cuts[::-1]
    return tuple(
        Part(begin, end, _branches(way, before, begin, end))
        for begin, end in zip(begins, [*begins[1:], size], strict=True)
    )


def _before(way: Way, pairs: Pairs) -> list[int]:
    """Give the visits that come before each, as bits."""
    before: list[int] = []
    for place, stage in enumerate(way):
        mask = 0
        for earlier in range(place):
            if (way[earlier], stage) not in pairs:
                mask |= before[earlier] | 1 << earlier
        before.append(mask)
    return before


def _branches(way: Way, before: list[int], begin: int, end: int) -> Lines:
    """Give the branches of a part, none where it is one visit or does not fall apart."""
    branch = list(range(begin, end))
    for place in range(begin, end):
        joined = {branch[earlier - begin] for earlier in range(begin, place) if before[place] >> earlier & 1}
        if joined:
            lowest = min(joined)
            branch = [lowest if each in joined or each == place else each for each in branch]
    lines: dict[int, list[str]] = {}
    for place in range(begin, end):
        lines.setdefault(branch[place - begin], []).append(way[place])
    return tuple(sorted(map(tuple, lines.values()))) if len(lines) > 1 else ()


def _completed(ways: Mapping[Way, int], overlapping: Concurrent) -> Pairs:
    """Add stages of a part that were seen in both orders, or overlap in parts that do not fall apart."""
    pairs = overlapping.pairs
    for _ in range(ROUNDS):
        orders: Counter[tuple[str, str]] = Counter()
        unlike: set[tuple[str, str]] = set()
        for way, times in ways.items():
            for part in parts_of(way, pairs):
                stages = way[part.begin : part.end]
                orders.update(dict.fromkeys(_once(stages, pairs), times))
                unlike |= set() if part.lines else {(one, other) for one in stages for other in stages}
        added = _in_both_orders(orders) | (unlike & overlapping.more - pairs)
        if not added:
            break
        pairs = pairs | added
    return pairs


def _in_both_orders(orders: Mapping[tuple[str, str], int]) -> set[tuple[str, str]]:
    from scipy.special import betainc  # noqa: PLC0415 - help must answer at once

    found = set()
    for one, other in orders:
        times = orders[one, other], orders.get((other, one), 0)
        if min(times) and float(betainc(min(times), max(times) + 1, NOISE)) < ERROR / len(orders):
            found |= {(one, other), (other, one)}
    return found


def _once(stages: Way, pairs: Pairs) -> Iterator[tuple[str, str]]:
    """List the pairs of stages that are there once each and not known to be concurrent, in their order."""
    alone = [stage for stage in stages if stages.count(stage) == 1]
    for place, stage in enumerate(alone):
        yield from ((earlier, stage) for earlier in alone[:place] if (earlier, stage) not in pairs)


def _named(work: str, ways: Mapping[Way, int], pairs: Pairs) -> Fitted[Blocks]:
    """Give blocks their names, for each group of stages whose blocks come again."""
    path = f"work.{work}.route.parallel"
    kept: set[tuple[str, str]] = set()
    evidence = []
    for group in _groups(pairs):
        mine = frozenset(pair for pair in pairs if pair[0] in group)
        seen, failed = _counted(ways, mine)
        total = seen.total() + failed
        new = (sum(times == 1 for times in seen.values()) + failed) / max(total, 1)
        taken = new <= 1 - KNOWN
        kept |= mine if taken else set()
        told = ", ".join(sorted(group))
        evidence.append(
            Evidence(
                path,
                f"{told}: {len(seen)} blocks of branches" if taken else f"{told}: no blocks, all in sequence",
                f"{say_share(1 - new)} of blocks are like one of another item; at least {say_share(KNOWN)} must be",
                total,
                note="No interval: a structure is chosen, not measured.",
            )
        )
    chosen = frozenset(kept)
    seen, _ = _counted(ways, chosen)
    common = [lines for lines, _ in sorted(seen.items(), key=lambda each: (-each[1], each[0]))]
    fitting = [lines for lines in common if len(lines) <= MOST_BRANCHES][:MOST_BLOCKS]
    stages = {stage for way in ways for stage in way}
    return Fitted(Blocks(chosen, tuple(_named_apart(_acyclic(ways, chosen, fitting), stages))), tuple(evidence))


def _groups(pairs: Pairs) -> list[set[str]]:
    """Give the stages that are linked by being concurrent."""
    groups: list[set[str]] = []
    for one, other in sorted(pairs):
        linked = [group for group in groups if one in group or other in group]
        groups = [group for group in groups if group not in linked] + [{one, other}.union(*linked)]
    return groups


def _counted(ways: Mapping[Way, int], pairs: Pairs) -> tuple[Counter[Lines], int]:
    """Count blocks by their branches, and parts that do not fall apart."""
    seen: Counter[Lines] = Counter()
    failed = 0
    for way, times in ways.items() if pairs else ():
        for part in parts_of(way, pairs):
            if part.lines:
                seen[part.lines] += times
            elif part.end - part.begin > 1:
                failed += times
    return seen, failed


def _acyclic(ways: Mapping[Way, int], pairs: Pairs, common: list[Lines]) -> list[Lines]:
    """Leave out the rarest of blocks that lead to each other without a stage between."""
    kept = list(common)
    follows: dict[Lines, set[Lines]] = {}
    for way in ways if pairs else ():
        parts = [part.lines for part in parts_of(way, pairs)]
        for one, other in pairwise(parts):
            if one and other:
                follows.setdefault(one, set()).add(other)
    while kept:
        try:
            TopologicalSorter({each: follows.get(each, set()) & set(kept) for each in kept}).prepare()
        except CycleError as error:
            kept.remove(max(set(error.args[1]), key=kept.index))
        else:
            break
    return kept


def _named_apart(common: Iterable[Lines], taken: set[str]) -> Iterator[tuple[str, Lines]]:
    """Name blocks by their stages: ``check, its review + appraisal``."""
    used = set(taken)
    for number, lines in enumerate(common, start=1):
        whole = " + ".join(", ".join(line) for line in lines)
        shorter = " + ".join(line[0] if len(line) == 1 else f"{line[0]} …" for line in lines)
        fitting = (each for each in (whole, shorter) if len(each) <= LONGEST_NAME and each not in used)
        name = next(fitting, f"branches {number}")
        while name in used:
            name += "'"
        used.add(name)
        yield name, lines


def as_places(log: EventLog, work: str, blocks: Blocks) -> EventLog:
    """Write each block as one visit, from the first start to the last end, at a stage that has the block's name.

    The branches of an open item are completed to those of the most frequent block that has them.
    """
    if not blocks.names:
        return log
    rows = _ordered(log, work)
    place, stage = _places(_ways(log, work), blocks)
    written = (
        rows.with_columns(pl.Series("place", place), pl.Series("stage", stage))
        .group_by("place", maintain_order=True)
        .agg(
            pl.all().exclude("finished", "person").first(),
            pl.when(pl.col("finished").is_null().any())
            .then(None)
            .otherwise(pl.col("finished").max())
            .alias("finished"),
            pl.when(pl.len() == 1).then(pl.col("person").first()).alias("person"),
        )
        .select(log.frame.columns)
    )
    others = log.frame.filter(pl.col("work").cast(pl.String) != work).with_columns(pl.col("stage").cast(pl.String))
    frame = pl.concat([written, others])
    names = frame["stage"].unique().sort().to_list()
    return EventLog(frame.with_columns(pl.col("stage").cast(pl.Enum(names))), log.start, log.zone, log.end, log.cases)


def _places(ways: list[tuple[Way, bool]], blocks: Blocks) -> tuple[Codes, list[str]]:
    """Give for each visit, in the order of items, the number of its place and the stage or block there."""
    name_of = {lines: name for name, lines in blocks.names}

    @cache
    def told(way: Way, is_open: bool) -> tuple[Codes, list[str]]:  # noqa: FBT001 - a key
        return _told(way, blocks, name_of, is_open=is_open)

    numbers, stages, first = [], [], 0
    for way, is_open in ways:
        number, names = told(way, is_open)
        numbers.append(number + first)
        stages += names
        first += int(number[-1]) + 1
    return np.concatenate(numbers), stages


def _told(way: Way, blocks: Blocks, name_of: Mapping[Lines, str], *, is_open: bool) -> tuple[Codes, list[str]]:
    """Give for each visit of a way the number of its place, and the stage or block there."""
    parts = parts_of(way, blocks.pairs)
    number = np.empty(len(way), np.int64)
    stages: list[str] = []
    count = 0
    for part in parts:
        lines = part.lines or ((way[part.begin],),)
        name = name_of.get(part.lines)
        if is_open and part is parts[-1] and (part.lines or part.end - part.begin == 1):
            name = next((known for known, full in blocks.names if _begins(lines, full)), name)
        size = part.end - part.begin
        number[part.begin : part.end] = count + (np.zeros(size, np.int64) if name else np.arange(size))
        stages += [name] * size if name else way[part.begin : part.end]
        count += 1 if name else size
    return number, stages


def _begins(lines: Lines, full: Lines) -> bool:
    """Tell whether some branches are beginnings of some of a block's."""
    left = list(full)
    for line in lines:
        match = next((each for each in left if each[: len(line)] == line), None)
        if match is None:
            return False
        left.remove(match)
    return True
