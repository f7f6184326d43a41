"""A route as a graph of nodes an item can be at; `twin.routing` tells the nodes of a work type.

Steps give one node each; a step with a machine gives the machine's node too, and that of the people who check its work
(on a route `twin.machine_ways` adds them).
Parallel branches begin at a fork and come together at a join.

Node 0 is the entry, where an item stands before its first stage.

Expected visits v solve v = e + v P, with P the chances from node to node and e the entry.
"""

import math
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.automation import Automation, machine_of, share_for
from twin.branches import Rework, Step, Steps
from twin.children import Breeds, Children
from twin.distributions import mean
from twin.effort import AnyEffort, Delay, EffortByTeam
from twin.partial_means import up_to
from twin.spec import Twin
from twin.work import START

LEAVE: Final = -1
"""Target of an edge that leaves the system."""
NOWHERE: Final = ""
"""Stage of a node at which nobody is served."""

VISIT: Final = 0
FORK: Final = 1
JOIN: Final = 2
SWITCH: Final = 3
"""Kinds of nodes: a stage or the entry; where an item takes all edges at once; where the branches of a fork come
together again; where an item goes to people by the first edge or to a machine by the second."""


class Edge(NamedTuple):
    """A way from one node to another."""

    share: float
    target: int  # node, or LEAVE
    delay: Delay | None = None
    giver: str | None = None  # from a node that is no stage: the stage that the item comes from
    effort: float = 1.0  # share of the effort that the visit takes to which it leads
    chosen: float = 1.0  # mean effort of the visits that are sent along it, over that of any


class Node(NamedTuple):
    """Where an item can be, or where its way branches."""

    name: tuple[str, ...]  # the recent path that leads here; the last one is the stage
    stage: str  # START at the entry, NOWHERE where no item is ever served
    effort: Any = None
    edges: tuple[Edge, ...] = ()
    rework: Rework | None = None
    back: Edge | None = None  # the way rework takes
    kind: int = VISIT
    branch: int = 0  # number of the branch it stands in; 0 outside all of them
    first_branch: int = 0  # of a fork or join: the number of its first branch, to which its first edge belongs
    share: float = 0.0  # of a switch: the share of items that takes its second edge
    longest: float = math.inf  # of a switch: ticks of effort by people beyond which no item takes it
    children: Children | None = None  # items that a visit brings forth
    breeds: Breeds | None = None  # failure demand after a visit


def graph_of_steps(line: Steps, service: str | None = None) -> tuple[Node, ...]:
    """Turn steps of items of a class of service into nodes; node 0 is the entry."""
    return tuple(_Steps(line, service).nodes)


class _Place(NamedTuple):
    """A step or a fork in its line; the node of a fork's place is its join."""

    node: int
    step: Step | None
    lines: tuple["_Laid", ...] = ()


_Laid = list[_Place]


class _Steps:
    """Lays a line of steps out: each step's node, behind it those of its machine, and behind branches their join."""

    def __init__(self, line: Steps, service: str | None) -> None:
        self.nodes = [Node((START,), START)]
        self.branches, self.service = 0, service
        laid = self._laid(line, 0)
        self.nodes[0] = self.nodes[0]._replace(edges=(self._way(laid, 0, LEAVE),))
        self._join_up(laid, LEAVE)

    def _add(self, node: Node) -> int:
        self.nodes.append(node)
        return len(self.nodes) - 1

    def _laid(self, line: Steps, branch: int) -> _Laid:
        """Give every step of a line its node, in the order in which they are written."""
        places: _Laid = []
        for element in line:
            if isinstance(element, Step):
                node = self._named(element.stage, element.effort, branch)
                node = node._replace(children=element.children, breeds=element.breeds)
                places.append(_Place(self._add(node), element))
                if element.automation is not None:
                    self._add_machine(element, element.automation, line, branch)
                continue
            first = self.branches + 1
            self.branches += len(element.parallel)
            lines = tuple(self._laid(each, first + number) for number, each in enumerate(element.parallel))
            name = f"join of branches {first} to {first + len(lines) - 1}"
            join = self._add(Node((name,), NOWHERE, kind=JOIN, branch=branch, first_branch=first))
            places.append(_Place(join, None, lines))
        return places

    def _named(self, stage: str, effort: Any, branch: int) -> Node:
        earlier = sum(node.stage == stage for node in self.nodes)
        return Node((f"visit {earlier + 1}", stage) if earlier else (stage,), stage, effort, branch=branch)

    def _add_machine(self, step: Step, automation: Automation, line: Steps, branch: int) -> None:
        """Add the node of a machine, and that of the people who check its work."""
        self._add(self._named(machine_of(step.stage), automation.effort, branch))
        if automation.checked_at is not None:
            efforts = [each.effort for each in line if isinstance(each, Step) and each.stage == automation.checked_at]
            name = (f"check of {machine_of(step.stage)}", automation.checked_at)
            self._add(Node(name, automation.checked_at, efforts[0], branch=branch))

    def _way(
        self, line: _Laid, index: int, end: int, share: float = 1.0, giver: str | None = None, effort: float = 1.0
    ) -> Edge:
        """Give the edge that leads to a place in a line; behind the last one, to the line's end."""
        if index >= len(line):
            return Edge(share, end)
        node, step, lines = line[index]
        if step is None:
            edges = tuple(self._way(branch, 0, node, giver=giver) for branch in lines)
            first = self.nodes[node].first_branch
            return Edge(share, self._add(Node(("fork",), NOWHERE, edges=edges, kind=FORK, first_branch=first)))
        if step.automation is None:
            return Edge(share, node, step.delay, giver, effort)
        told = choice_of(step.effort, step.automation, share_for(step.automation, self.service), effort)
        edges = (
            Edge(1 - told.automated, node, step.delay, giver, effort, told.left),
            Edge(told.automated, node + 1, step.delay, giver),
        )
        switch = Node(("switch",), NOWHERE, edges=edges, kind=SWITCH, share=told.share, longest=told.longest)
        return Edge(share, self._add(switch))

    def _join_up(self, line: _Laid, end: int) -> None:
        """Lead from every place of a line to the next."""
        for index, (node, step, lines) in enumerate(line):
            if step is None:
                self._join_branches(line, index, end)
                for branch in lines:
                    self._join_up(branch, node)
                continue
            onward = (self._way(line, index + 1, end, giver=step.stage),)
            rework, back = step.rework, None
            if rework is not None:
                target = _last_at(line[: index + 1], rework.back_to)
                back = self._way(line, target, end, giver=step.stage, effort=rework.effort)
            self.nodes[node] = self.nodes[node]._replace(edges=onward, rework=rework, back=back)
            if step.automation is not None:
                self._join_machine(line, index, end, step.automation)

    def _join_branches(self, line: _Laid, index: int, end: int) -> None:
        """Lead from a join to the next place: by the edge of the branch that is done last."""
        node, _, lines = line[index]
        edges = tuple(
            self._way(line, index + 1, end, 1 / len(lines), branch[-1].step.stage if branch[-1].step else None)
            for branch in lines
        )
        self.nodes[node] = self.nodes[node]._replace(edges=edges)

    def _join_machine(self, line: _Laid, index: int, end: int, automation: Automation) -> None:
        """Lead from a machine to its check, to people where it went wrong, or on."""
        machine, following = line[index].node + 1, line[index + 1 : index + 2]
        checked_at = automation.checked_at
        skips = bool(following) and following[0].step is not None and following[0].step.stage == checked_at
        stage = self.nodes[machine].stage

        def outcomes(share: float, giver: str) -> list[Edge]:
            wrong = line[_last_at(line, automation.errors_to)] if automation.errors_to else line[index]
            delay = wrong.step.delay if wrong.step else None
            step = line[index].step if wrong.node == line[index].node else None
            taken = choice_of(step.effort, automation, 1.0).taken if step else 1.0
            told = [Edge(share * automation.errors, wrong.node, delay, giver, 1.0, taken)] if automation.errors else []
            right = share * (1 - automation.errors)
            return told + ([self._way(line, index + 1 + skips, end, right, giver)] if right else [])

        checked = automation.checked if checked_at else 0.0
        edges = outcomes(1 - checked, stage) if checked < 1 else []
        if checked_at is not None:
            checker = next(place.step for place in line if place.step and place.step.stage == checked_at)
            edges += [Edge(checked, machine + 1, checker.delay, stage)] if checked else []
            self.nodes[machine + 1] = self.nodes[machine + 1]._replace(edges=tuple(outcomes(1.0, checked_at)))
        self.nodes[machine] = self.nodes[machine]._replace(edges=tuple(edges))


class Choice(NamedTuple):
    """What a machine takes of the visits to a stage."""

    share: float  # of those it may take
    longest: float  # ticks of effort by people, infinite where it may take any
    automated: float  # share of all visits
    taken: float  # mean effort of those that it may take, over that of any
    left: float  # mean effort of those that are left to people, over that of any


def choice_of(effort: AnyEffort, machine: Automation, share: float, taking: float = 1.0) -> Choice:
    """Tell what a machine takes that does a share of the visits it may take.

    Parameters
    ----------
    effort
        What people need for a visit.
    machine
        Says which visits it may take.
    share
        Of those that it may take.
    taking
        Share of the effort that these visits need.
    """
    longest = machine.eligible.up_to if machine.eligible else None
    if longest is None or isinstance(effort, EffortByTeam) or not taking or not mean(effort):
        return Choice(share, math.inf, share, 1.0, 1.0)
    below, whole = up_to(effort, longest / taking), mean(effort)
    automated = share * below.share
    taken = below.mean / (below.share * whole) if below.share else 1.0
    left = (whole - share * below.mean) / (whole * (1 - automated)) if automated < 1 else 1.0
    return Choice(share, float(longest), automated, taken, left)


def _last_at(line: _Laid, stage: str) -> int:
    """Find the last place of a line at a stage."""
    return max(index for index, place in enumerate(line) if place.step is not None and place.step.stage == stage)


def chances(nodes: tuple[Node, ...]) -> NDArray[np.float64]:
    """Give the chance of each node after each node, shape (nodes, nodes); what is missing to 1 leaves.

    A limit on rework is counted by the chance that gives the same mean number of passes. A fork has several nodes
    after it, each with chance 1, and each of its branches counts for its share of the join.
    """
    matrix = np.zeros((len(nodes), len(nodes)))
    for index, node in enumerate(nodes):
        again = _effective_chance(node.rework)
        if node.back is not None:
            matrix[index, node.back.target] += again
        for edge in node.edges:
            if edge.target != LEAVE:
                joining = len(nodes[edge.target].edges) if nodes[edge.target].kind == JOIN else 1
                matrix[index, edge.target] += (1 - again) * edge.share / joining
    return matrix


def _effective_chance(rework: Rework | None) -> float:
    if rework is None:
        return 0.0
    chance, limit = rework.chance, rework.limit
    if limit is None:
        return chance
    passes = limit + 1.0 if chance == 1 else (1 - chance ** (limit + 1)) / (1 - chance)
    return 1 - 1 / passes


def onward(node: Node) -> float:
    """Give the chance that a visit is not sent back."""
    return 1 - _effective_chance(node.rework)


def trapped(nodes: tuple[Node, ...]) -> tuple[int, ...]:
    """List the nodes that can be reached but from which nothing ever leaves."""
    matrix = chances(nodes)
    can_leave = np.array([_leaving(node) > 1e-12 for node in nodes])
    for _ in nodes:
        wider = can_leave | ((matrix > 0) @ can_leave)
        if (wider == can_leave).all():
            break
        can_leave = wider
    return tuple(index for index in reached(nodes) if not can_leave[index])


def _leaving(node: Node) -> float:
    """Give the chance that an item leaves after a node."""
    return (1 - _effective_chance(node.rework)) * sum(edge.share for edge in node.edges if edge.target == LEAVE)


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


def whole_visits(nodes: tuple[Node, ...], visits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the visits of an item to each node in whole efforts: by what rework and a choice of visits leave of them."""
    whole = visits.copy()
    for node, often in zip(nodes, visits.tolist(), strict=True):
        again = _effective_chance(node.rework)
        edges = [(edge, edge.share * (1 - again)) for edge in node.edges]
        edges += [(node.back, again)] if node.back is not None else []
        for edge, chance in edges:
            if edge.effort * edge.chosen != 1 and often < np.inf:
                whole[edge.target] -= often * chance * (1 - edge.effort * edge.chosen)
    return whole


def handoff_delays(twin: Twin) -> dict[tuple[str, str], Delay]:
    """Give the delay between teams, by source and target team."""
    return {(handoff.source, handoff.target): handoff.delay for handoff in twin.handoffs}
