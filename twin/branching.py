"""How work branches, as arrays: forks and joins, switches to a machine, and visits that take a share of their effort.

A node that is no stage sends an item on at once: a fork along all its edges, each a branch with a token of the item; a
join along the edge of the branch that came last, once all have come; a switch along its second edge, to the machine,
with the chance that stands there, unless the visit would take people longer than the machine may be given.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.graph import VISIT, Node

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]


class Branching(NamedTuple):
    """What one phase says of how work branches."""

    kind: Ints  # (nodes,) VISIT, FORK, JOIN or SWITCH
    branch: Ints  # (nodes,) number of the branch it stands in, 0 outside all of them
    first_branch: Ints  # (nodes,) of a fork or join: number of its first branch, to which its first edge belongs
    share: Floats  # (nodes,) of a switch: the share that takes the second edge
    longest: Floats  # (nodes,) of a switch: ticks of effort by people beyond which none does, infinite for any
    effort: Floats  # (edges,) share of the effort that the next visit takes


def branching(nodes: list[tuple[str, Node]]) -> Branching:
    """Lay out how the ways of all work types branch; edges are those of the nodes, and behind them the ways back."""
    edges = [edge for _, node in nodes for edge in node.edges]
    edges += [node.back for _, node in nodes if node.back is not None]
    kind, branch, first = (
        np.array([getattr(node, field) for _, node in nodes], np.int32) for field in ("kind", "branch", "first_branch")
    )
    share, longest = (np.array([getattr(node, field) for _, node in nodes], float) for field in ("share", "longest"))
    return Branching(kind, branch, first, share, longest, np.array([edge.effort for edge in edges], np.float64))


def branches_anywhere(laid: Branching) -> bool:
    """Tell whether ways branch, or a visit takes a share of its effort only."""
    return bool((laid.kind != VISIT).any() or (laid.effort != 1).any())
