"""How many visits a run will take, before it begins: to choose an engine and to make room.

An item is sent on by the shares of the first plan, step after step: with v the visits that lie ahead of it at a node,
v = 1 + P v, summed up as far as it goes. Limits on rework are left out and later plans too, so it is an estimate.
"""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.demand import Items
from twin.graph import FORK, JOIN
from twin.plan import NONE, Ints, Model, Plan

STEPS: Final = 200
NEGLIGIBLE: Final = 1e-9
"""Of a visit by an item, after which no more steps are taken."""

PLANS: Final = 16
"""Plans whose visits are kept: those of an experiment take turns."""


def expected_visits(model: Model, items: Items) -> float:
    """Give the expected number of visits of some items, as long as they need fewer than 200 each."""
    plan = model.phases[0].plan
    starts = np.where(items.node == NONE, plan.work_entry[items.work], items.node)
    per_item = _per_item(_Same(plan))
    return float(np.bincount(starts[starts >= 0], minlength=per_item.size) @ per_item)


class _Same:
    """A plan that is equal to itself only; it never changes."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.plan is self.plan

    def __hash__(self) -> int:
        return id(self.plan)


@lru_cache(maxsize=PLANS)
def _per_item(same: _Same) -> NDArray[np.float64]:
    """Give the expected number of visits of an item that begins at each node, shape (nodes,)."""
    plan = same.plan
    nodes, edges = plan.nodes, plan.edges
    count = nodes.stage.size
    origin = np.repeat(np.arange(count), np.diff(nodes.first_edge))
    share = np.diff(edges.cumulative[: origin.size], prepend=0.0)
    first = nodes.first_edge[:-1]
    share[first] = edges.cumulative[first]
    weight = share * (1 - nodes.rework_chance[origin]) * _tokens(plan, origin, edges.target[: share.size])
    back = np.flatnonzero(nodes.rework_chance > 0)
    origin, weight = np.append(origin, back), np.append(weight, nodes.rework_chance[back])
    target = np.append(edges.target[: share.size], edges.target[nodes.rework_edge[back]])
    stays = target >= 0
    origin, weight, target = origin[stays], weight[stays], target[stays]
    visits: NDArray[np.float64] = (nodes.stage != NONE).astype(np.float64)
    ahead = visits.copy()
    for _ in range(STEPS):
        ahead = np.bincount(origin, weight * ahead[target], minlength=count).astype(np.float64)
        visits += ahead
        if ahead.max(initial=0.0) < NEGLIGIBLE:
            break
    return visits


def _tokens(plan: Plan, origin: NDArray[np.int64], target: Ints) -> NDArray[np.float64]:
    """Give the items that go on for each that comes: at a fork one a branch, at a join as many fewer."""
    branches, kind = np.diff(plan.nodes.first_edge), plan.branching.kind
    joins = (target >= 0) & (kind[target] == JOIN)
    tokens: NDArray[np.float64] = np.where(kind[origin] == FORK, branches[origin], 1) / np.where(
        joins, branches[target], 1
    )
    return tokens
