"""How items leave before they are done, laid out for the engines. Units: ticks, shares 0 to 1."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.cancellation import age_of, chance_after, patience_at
from twin.distributions import Distribution
from twin.eventlog import Labels
from twin.graph import Node
from twin.spec import Twin

NONE: Final = -1
LEAST_PATIENCE: Final = 1
"""Ticks: whoever is free at the instant a visit begins to queue may take it."""


class Leaving(NamedTuple):
    """Ages, patience and chances of one plan."""

    age: NDArray[np.int64]  # (works,) ticks after which items are withdrawn, 0 for never
    patience: NDArray[np.int64]  # (nodes,) table, NONE where visits wait however long it takes
    chance: NDArray[np.float64]  # (nodes,) to be cancelled after the visit


def leaving_of(
    twin: Twin, labels: Labels, nodes: Sequence[tuple[str, Node]], table: Callable[[Distribution], int]
) -> Leaving:
    """Lay out the ways to leave early of a plan; `table` numbers distributions."""
    ages = [age_of(twin.work[name].cancel) if name in twin.work else 0 for name in labels.works]
    patience, chance = np.full(len(nodes), NONE, np.int64), np.zeros(len(nodes))
    for number, (work, node) in enumerate(nodes):
        ways = twin.work[work].cancel
        waits = patience_at(ways, node.stage) if node.effort is not None else None
        patience[number] = NONE if waits is None else table(waits)
        chance[number] = chance_after(ways, node.stage)
    return Leaving(np.array(ages, np.int64), patience, chance)
