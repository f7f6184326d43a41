"""Work done again on a route, which takes a share of the effort: nodes told apart by where their item has been.

A route with memory knows the recent path only. With s the stages of which it is said that work done again takes less,
a node becomes as many as there are sets of s that an item may have been to when it is there, at most 2 to the power of
the number of s; an edge to a stage of the set takes the share. The nodes as they were stand for an item that has been
to no such stage but the one it is at: there it begins that is inside at the start, or that a dated change finds there.
"""

from collections.abc import Mapping
from typing import NamedTuple

from twin.graph import LEAVE, Edge, Node

Been = frozenset[str]


class Wrong(NamedTuple):
    """Where people take up what a machine did wrong."""

    node: int
    effort: float = 1.0  # share of the effort that this takes


def with_returns(
    nodes: tuple[Node, ...], shares: Mapping[str, float], wrong: Mapping[int, int]
) -> tuple[tuple[Node, ...], dict[int, Wrong]]:
    """Tell the nodes of a route apart by where their item has been.

    Parameters
    ----------
    nodes
        Of the route; these keep their numbers.
    shares
        Share of the effort of a visit to a stage where the item has been before, by stage.
    wrong
        Node at a stage with a machine: node at which people take its errors up; people do all of it at the same node.

    Returns
    -------
    tuple
        The nodes, and for those at a stage with a machine where its errors go.
    """
    told = _Returns(nodes, shares, wrong)
    return tuple(told.nodes), told.wrong


class _Returns:
    """Numbers the nodes by where their item has been."""

    def __init__(self, nodes: tuple[Node, ...], shares: Mapping[str, float], wrong: Mapping[int, int]) -> None:
        self.before, self.shares = nodes, shares
        self.number = {(number, self._least(node)): number for number, node in enumerate(nodes)}
        self.keys = list(self.number)
        self.nodes: list[Node] = []
        self.wrong: dict[int, Wrong] = {}
        while len(self.nodes) < len(self.keys):
            own, (number, been) = len(self.nodes), self.keys[len(self.nodes)]
            if number in wrong:
                again = wrong[number] == number
                self.wrong[own] = Wrong(own) if again else Wrong(*self._reached(wrong[number], been))
            node = self.before[number]
            edges = tuple(self._led(edge, been) for edge in node.edges)
            told = f"been at {', '.join(sorted(been))}"
            name = node.name if been == self._least(node) else (told, *node.name)
            self.nodes.append(node._replace(name=name, edges=edges))

    def _reached(self, target: int, been: Been) -> tuple[int, float]:
        """Give the node of an item that has been to these stages and comes to a node, and the share of the effort."""
        stage = self.before[target].stage
        key = target, been | ({stage} if stage in self.shares else set())
        if key not in self.number:
            self.number[key] = len(self.keys)
            self.keys.append(key)
        return self.number[key], self.shares[stage] if stage in been else 1.0

    def _least(self, node: Node) -> Been:
        return frozenset({node.stage} & self.shares.keys())

    def _led(self, edge: Edge, been: Been) -> Edge:
        if edge.target == LEAVE:
            return edge
        target, effort = self._reached(edge.target, been)
        return edge._replace(target=target, effort=edge.effort * effort)
