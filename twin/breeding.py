"""Which items bring forth others, which wait for others and which go round, as arrays.

A source brings forth items of one type: with a chance, so many as a draw says, at once or after a time. A node has at
most one source of children and one of failure demand, a work type one of failure demand when an item is done.
"""

from collections.abc import Callable
from itertools import chain
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.arrivals import Closed, Pull
from twin.children import Breeds, Children
from twin.distributions import Distribution
from twin.eventlog import Labels
from twin.graph import Node
from twin.spec import Twin
from twin.work import Work

NONE: Final = -1
Ints = NDArray[np.int32]
Floats = NDArray[np.float64]


class Sources(NamedTuple):
    """What brings forth items."""

    work: Ints  # (sources,) type of the items
    chance: Floats  # (sources,)
    after: Ints  # (sources,) table of the time until they arrive, NONE for at once
    waits: NDArray[np.bool_]  # (sources,) whether the parent waits until they are done
    first_size: Ints  # (sources + 1,) where the sizes of a source begin
    size_share: Floats  # (sizes,) cumulative within a source, the last is 1
    size: Ints  # (sizes,) items


class Waits(NamedTuple):
    """For what items wait before their first stage."""

    first_after: Ints  # (works + 1,) where the types begin that a type waits for
    after: Ints  # types
    depends_on: Ints  # (works,) type, NONE for none
    depends_chance: Floats  # (works,)


class Loops(NamedTuple):
    """What lets the next item of a type come."""

    closed: NDArray[np.bool_]  # (works,) whether an item that leaves comes again
    rest: Ints  # (works,) table of the time until then, NONE for at once
    pull_stage: Ints  # (works,) stage whose work is kept in supply, NONE for none
    pull_below: Ints  # (works,)


class Breeding(NamedTuple):
    """What one phase says of items that depend on others."""

    children: Ints  # (nodes,) source, NONE for none
    breeds: Ints  # (nodes,) source, NONE for none
    breeds_done: Ints  # (works,) source, NONE for none
    sources: Sources
    waits: Waits
    loops: Loops


def breeding(
    twin: Twin, labels: Labels, nodes: list[tuple[str, Node]], table: Callable[[Distribution], int]
) -> Breeding:
    """Lay out what a phase says of items that depend on others; `table` numbers a distribution."""
    sources: list[Children | Breeds] = []

    def source(each: Children | Breeds | None) -> int:
        if each is None:
            return NONE
        sources.append(each)
        return len(sources) - 1

    works = [twin.work.get(name) for name in labels.works]
    children = np.array([source(node.children) for _, node in nodes], np.int32)
    breeds = np.array([source(node.breeds) for _, node in nodes], np.int32)
    breeds_done = np.array([source(work.breeds if work else None) for work in works], np.int32)
    number = {name: index for index, name in enumerate(labels.works)}
    laid, waits, loops = _sources(sources, number, table), _waits(works, number), _loops(works, labels, table)
    return Breeding(children, breeds, breeds_done, laid, waits, loops)


def depends_on_others(laid: Breeding) -> bool:
    """Tell whether items bring forth others, wait for others or go round."""
    _, _, _, sources, waits, loops = laid
    known = (
        sources.work != NONE,
        waits.after != NONE,
        waits.depends_on != NONE,
        loops.closed,
        loops.pull_stage != NONE,
    )
    return any(bool(each.any()) for each in known)


def same_waits(one: Breeding, other: Breeding) -> bool:
    """Tell whether two phases let the same types wait for the same types."""
    pairs = zip(one.waits[:2], other.waits[:2], strict=True)
    return all(np.array_equal(mine, theirs) for mine, theirs in pairs)


def _sources(sources: list[Children | Breeds], number: dict[str, int], table: Callable[[Distribution], int]) -> Sources:
    after = [each.after if isinstance(each, Breeds) else None for each in sources]
    counts = [{str(each.count): 1.0} if isinstance(each.count, int) else each.count for each in sources]
    shares = [np.cumsum(list(each.values())) for each in counts]
    return Sources(
        np.array([number[each.work] for each in sources], np.int32),
        np.array([each.chance if isinstance(each, Breeds) else 1.0 for each in sources], np.float64),
        np.array([NONE if each is None else table(each) for each in after], np.int32),
        np.array([isinstance(each, Children) and each.wait for each in sources], np.bool_),
        np.cumsum([0, *map(len, counts)]).astype(np.int32),
        np.concatenate([*shares, np.empty(0)]),
        np.array([int(items) for each in counts for items in each], np.int32),
    )


def _waits(works: list[Work | None], number: dict[str, int]) -> Waits:
    after = [[number[name] for name in dict.fromkeys(work.after)] if work else [] for work in works]
    depends = [work.depends if work else None for work in works]
    return Waits(
        np.cumsum([0, *map(len, after)]).astype(np.int32),
        np.array([*chain.from_iterable(after)], np.int32),
        np.array([number[each.on] if each else NONE for each in depends], np.int32),
        np.array([each.chance if each else 0.0 for each in depends], np.float64),
    )


def _loops(works: list[Work | None], labels: Labels, table: Callable[[Distribution], int]) -> Loops:
    arrivals = [work.arrivals if work else None for work in works]
    rests = [each.rest if isinstance(each, Closed) else None for each in arrivals]
    pulls = [each if isinstance(each, Pull) else None for each in arrivals]
    return Loops(
        np.array([isinstance(each, Closed) for each in arrivals], np.bool_),
        np.array([NONE if each is None else table(each) for each in rests], np.int32),
        np.array([labels.stages.index(each.stage) if each else NONE for each in pulls], np.int32),
        np.array([each.below if each else 0 for each in pulls], np.int32),
    )
