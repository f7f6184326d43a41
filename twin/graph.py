"""A route as a graph of nodes an item can be at.

Steps give one node each. A route with memory becomes the automaton of Aho and Corasick (1975, CACM 18) over its paths:
a node is the longest end of an item's path that begins some key of ``next``, and the shares at a node are those of the
longest key that ends its path. Every stage has a node without memory too, for items that a dated change finds there.
Node 0 is the entry, where an item stands before its first stage.

Expected visits v solve v = e + v P, with P the chances from node to node and e the entry.
"""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.spec import Twin
from twin.work import DONE, START, Delay, Rework, Route, Step, Work, path_of

LEAVE: Final = -1
"""Target of an edge that leaves the system."""


class Edge(NamedTuple):
    """A way from one node to another."""

    share: float
    target: int  # node, or LEAVE
    delay: Delay | None = None


class Node(NamedTuple):
    """Where an item can be."""

    name: tuple[str, ...]  # the recent path that leads here; the last one is the stage
    stage: str  # START at the entry
    effort: Any = None
    edges: tuple[Edge, ...] = ()
    rework: Rework | None = None
    back: Edge | None = None  # the way rework takes


def graph(work: Work) -> tuple[Node, ...]:
    """Turn a work type's steps or route into nodes; node 0 is the entry."""
    return _from_route(work.route) if work.route is not None else _from_steps(work.steps or ())


def _from_steps(steps: tuple[Step, ...]) -> tuple[Node, ...]:
    nodes = [Node((START,), START, edges=(Edge(1.0, 1, steps[0].delay),))]
    last_at: dict[str, int] = {}
    for index, step in enumerate(steps, start=1):
        last_at[step.stage] = index
        onward = Edge(1.0, index + 1, steps[index].delay) if index < len(steps) else Edge(1.0, LEAVE)
        target = last_at[step.rework.back_to] if step.rework else 0
        back = Edge(1.0, target, steps[target - 1].delay) if step.rework else None
        occurrence = sum(earlier.stage == step.stage for earlier in steps[: index - 1])
        name = (f"visit {occurrence + 1}", step.stage) if occurrence else (step.stage,)
        nodes.append(Node(name, step.stage, step.effort, (onward,), step.rework, back))
    return tuple(nodes)


def _from_route(route: Route) -> tuple[Node, ...]:
    keys = {path_of(key): shares for key, shares in route.next.items()}
    stems = {path[:length] for path in keys for length in range(1, len(path) + 1)} | {(START,)}
    delays = {path_of(key): delay for key, delay in route.delays.items()}
    waiting: list[tuple[str, ...]] = [(START,), *((stage,) for stage in route.efforts)]
    number = {path: index for index, path in enumerate(waiting)}
    nodes: list[Node] = []
    while waiting:
        path = waiting.pop(0)
        shares = route.start if path == (START,) else keys[_longest_end(path, keys)]
        edges: list[Edge] = []
        for stage, share in shares.items():
            if stage == DONE:
                edges.append(Edge(share, LEAVE))
                continue
            target = _longest_end((*path, stage), stems)
            if target not in number:
                number[target] = len(number)
                waiting.append(target)
            edges.append(Edge(share, number[target], delays.get((path[-1], stage))))
        nodes.append(Node(path, path[-1], route.efforts.get(path[-1]), tuple(edges)))
    return tuple(nodes)


def _longest_end(path: tuple[str, ...], known: Any) -> tuple[str, ...]:
    """Find the longest end of a path that is known; its last stage alone always is."""
    for first in range(len(path)):
        if path[first:] in known:
            return path[first:]
    return path[-1:]


def chances(nodes: tuple[Node, ...]) -> NDArray[np.float64]:
    """Give the chance of each node after each node, shape (nodes, nodes); what is missing to 1 leaves.

    A limit on rework is counted by the chance that gives the same mean number of passes.
    """
    matrix = np.zeros((len(nodes), len(nodes)))
    for index, node in enumerate(nodes):
        again = _effective_chance(node.rework)
        if node.back is not None:
            matrix[index, node.back.target] += again
        for edge in node.edges:
            if edge.target != LEAVE:
                matrix[index, edge.target] += (1 - again) * edge.share
    return matrix


def _effective_chance(rework: Rework | None) -> float:
    if rework is None:
        return 0.0
    chance, limit = rework.chance, rework.limit
    if limit is None:
        return chance
    passes = limit + 1.0 if chance == 1 else (1 - chance ** (limit + 1)) / (1 - chance)
    return 1 - 1 / passes


def trapped(nodes: tuple[Node, ...]) -> tuple[int, ...]:
    """List the nodes that can be reached but from which nothing ever leaves."""
    matrix = chances(nodes)
    leaves = matrix.sum(axis=1) < 1 - 1e-12
    can_leave = leaves.copy()
    for _ in nodes:
        wider = can_leave | ((matrix > 0) @ can_leave)
        if (wider == can_leave).all():
            break
        can_leave = wider
    return tuple(index for index in reached(nodes) if not can_leave[index])


def reached(nodes: tuple[Node, ...]) -> tuple[int, ...]:
    """List the nodes an item can come to from the entry."""
    matrix, seen, waiting = chances(nodes) > 0, {0}, [0]
    while waiting:
        new = set(np.flatnonzero(matrix[waiting.pop()]).tolist()) - seen
        seen |= new
        waiting.extend(sorted(new))
    return tuple(sorted(seen))


def expected_visits(nodes: tuple[Node, ...]) -> NDArray[np.float64]:
    """Give the mean number of visits of an item to each node, shape (nodes,); infinite where nothing leaves."""
    if trapped(nodes):
        return np.full(len(nodes), np.inf)
    visited = list(reached(nodes))
    visits, entry = np.zeros(len(nodes)), np.zeros(len(visited))
    entry[0] = 1
    matrix = chances(nodes)[np.ix_(visited, visited)]
    visits[visited] = np.linalg.solve((np.eye(len(visited)) - matrix).T, entry)
    return visits


def handoff_delays(twin: Twin) -> dict[tuple[str, str], Delay]:
    """Give the delay between teams, by source and target team."""
    return {(handoff.source, handoff.target): handoff.delay for handoff in twin.handoffs}
