"""How many visits a run will take, before it begins: to choose an engine and to make room.

Items are spread over the nodes of the first plan and sent on by its shares, step after step: the sum of all that stands
at a stage is the expected number of visits. Limits on rework are left out and later plans too, so it is an estimate.
"""

from typing import Final

import numpy as np

from twin.demand import Items
from twin.plan import NONE, Model

STEPS: Final = 200
NEGLIGIBLE: Final = 1e-3


def expected_visits(model: Model, items: Items) -> float:
    """Give the expected number of visits of some items, as long as they need fewer than 200 each."""
    plan = model.phases[0].plan
    nodes, edges = plan.nodes, plan.edges
    count = nodes.stage.size
    starts = np.where(items.node == NONE, plan.work_entry[items.work], items.node)
    there = np.bincount(starts[starts >= 0], minlength=count).astype(float)
    origin = np.repeat(np.arange(count), np.diff(nodes.first_edge))
    share = np.diff(edges.cumulative[: origin.size], prepend=0.0)
    first = nodes.first_edge[:-1]
    share[first] = edges.cumulative[first]
    weight = share * (1 - nodes.rework_chance[origin])
    back = np.flatnonzero(nodes.rework_chance > 0)
    origin, weight = np.append(origin, back), np.append(weight, nodes.rework_chance[back])
    target = np.append(edges.target[: share.size], edges.target[nodes.rework_edge[back]])
    stays = target >= 0
    visits = float(there[nodes.stage != NONE].sum())
    for _ in range(STEPS):
        there = np.bincount(target[stays], weight[stays] * there[origin[stays]], minlength=count)
        moving = float(there.sum())
        visits += moving
        if moving < NEGLIGIBLE:
            break
    return visits
