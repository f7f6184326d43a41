"""The ways of what machines do on a route: nodes of the machines, and of the people who check what they did.

A visit to a stage with a machine begins at a switch, between people and the machine. What the machine did right goes on
as the stage does, and what it did wrong goes to people, after the check where there is one. With k the share checked,
r the share of errors and p the chances of the ways on from the stage, of which c are those where the stage that checks
comes next:

    machine -> check in place of that visit   k p       for each of the ways of c
    machine -> check besides                  k (1 - c), then the other ways in proportion
    machine -> people, the error found        (1 - k) r, and r after each check
    machine -> on                             (1 - k) (1 - r) p, past the stage that checks where it comes next

Past the stage that checks, and after a check in its place, an item goes on as that stage does, but for the ways back to
the stage of the machine: these are what r stands for. Where there are no others, they stay.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from twin.automation import Automation, machine_of, share_for
from twin.effort import AnyEffort, Delay
from twin.graph import FORK, LEAVE, NOWHERE, SWITCH, VISIT, Edge, Node, choice_of
from twin.returns import Wrong


class Machines(NamedTuple):
    """What a route says of its machines."""

    automation: Mapping[str, Automation]
    efforts: Mapping[str, AnyEffort]
    service: str | None  # class of the work
    wrong: Mapping[int, Wrong]  # by node at a stage with a machine
    delay: Callable[[str, str], Delay | None]  # between two stages or states


def with_machine_ways(nodes: tuple[Node, ...], machines: Machines) -> tuple[Node, ...]:
    """Add machines, their checks and switches to the nodes of a route, which keep their numbers."""
    return tuple(_Ways(nodes, machines).nodes) if machines.automation else nodes


class _Ways:
    """Adds to each node at a stage with a machine that of the machine and those of checks, then leads items there."""

    def __init__(self, nodes: tuple[Node, ...], machines: Machines) -> None:
        self.before, self.nodes, self.machines = nodes, list(nodes), machines
        self.machine: dict[int, int] = {}
        self.errors: dict[int, tuple[Edge, ...]] = {}
        self.added: dict[object, int] = {}  # switches and forks by what they do
        for number, node in enumerate(nodes):
            if node.kind == VISIT and node.stage in machines.automation:
                self._add_machine(number, node, machines.automation[node.stage])
        for number, node in enumerate(tuple(self.nodes)):
            led = tuple(self._led(edge, node) for edge in node.edges)
            self.nodes[number] = node._replace(edges=self.errors.get(number, ()) + led)

    def _add(self, node: Node) -> int:
        self.nodes.append(node)
        return len(self.nodes) - 1

    def _add_machine(self, number: int, node: Node, machine: Automation) -> None:
        """Add a machine with its checks, and lead on from it."""
        own = self._add(_beside(node, machine_of(node.name[-1]), stage=machine_of(node.stage), effort=machine.effort))
        self.machine[number] = own
        checked = machine.checked if machine.checked_at is not None else 0.0
        ahead = tuple(edge for edge in node.edges if self._is_at(edge, machine.checked_at))
        besides = tuple(edge for edge in node.edges if not self._is_at(edge, machine.checked_at))
        past = tuple(each for edge in ahead for each in _scaled(self._past(edge, node.stage), edge.share))
        found = self._found(own, number, node.name[-1], besides + past, 1 - checked) if checked < 1 else ()
        checks = self._checks(number, ahead, besides, checked) if checked else ()
        self.nodes[own] = self.nodes[own]._replace(edges=found + checks)

    def _checks(
        self, number: int, ahead: tuple[Edge, ...], besides: tuple[Edge, ...], share: float
    ) -> tuple[Edge, ...]:
        """Lead from a machine to the checks of a share of what it did, in place of the next visit or besides."""
        node = self.before[number]
        edges = []
        for edge in ahead:
            check = self._check(number, self.before[edge.target].name[-1], self._past(edge, node.stage))
            edges.append(edge._replace(share=share * edge.share, target=check))
        rest = sum(edge.share for edge in besides)
        if rest:
            stage = self.machines.automation[node.stage].checked_at or NOWHERE
            check = self._check(number, stage, _scaled(besides, 1 / rest), besides=True)
            edges.append(Edge(share * rest, check, self.machines.delay(node.name[-1], stage)))
        return tuple(edges)

    def _check(self, number: int, place: str, onward: tuple[Edge, ...], *, besides: bool = False) -> int:
        """Add the check, by people, of what a node's machine did; `place` is the stage that checks, or its state."""
        node = self.before[number]
        stage = self.machines.automation[node.stage].checked_at or NOWHERE
        word = "check of " if besides else ""
        check = self._add(
            _beside(node, f"{word}{machine_of(node.name[-1])}", place, stage=stage, effort=self.machines.efforts[stage])
        )
        self.nodes[check] = self.nodes[check]._replace(edges=self._found(check, number, place, onward, 1.0))
        return check

    def _found(self, at: int, number: int, place: str, onward: tuple[Edge, ...], share: float) -> tuple[Edge, ...]:
        """Lead from where it is known whether a machine was right: where it was, on; note the way of its errors."""
        node = self.before[number]
        machine, wrong = self.machines.automation[node.stage], self.machines.wrong[number]
        if machine.errors:
            taken = choice_of(node.effort, machine, 1.0).taken if wrong.node == number else 1.0
            delay = self.machines.delay(place, self.before[wrong.node].name[-1])
            self.errors[at] = (Edge(share * machine.errors, wrong.node, delay, None, wrong.effort, taken),)
        right = share * (1 - machine.errors)
        return tuple(self._from(edge, self.nodes[at].stage) for edge in _scaled(onward, right)) if right else ()

    def _is_at(self, edge: Edge, stage: str | None) -> bool:
        return edge.target != LEAVE and self.before[edge.target].stage == stage

    def _past(self, edge: Edge, stage: str) -> tuple[Edge, ...]:
        """List the ways on from the stage that checks, but for those straight back."""
        ways = self.before[edge.target].edges
        left = tuple(each for each in ways if each.share and not self._is_at(each, stage)) or ways
        return _scaled(left, 1 / sum(each.share for each in left))

    def _from(self, edge: Edge, giver: str) -> Edge:
        """Give an edge as it leads from another stage: into a fork of its own, since a fork knows who gives."""
        if edge.target == LEAVE or self.nodes[edge.target].kind != FORK:
            return edge
        fork, key = self.nodes[edge.target], (edge.target, giver)
        if key not in self.added:
            edges = tuple(each._replace(giver=giver) for each in fork.edges)
            self.added[key] = self._add(fork._replace(edges=edges))
        return edge._replace(target=self.added[key])

    def _led(self, edge: Edge, origin: Node) -> Edge:
        """Lead past the switch of a stage with a machine."""
        if edge.target not in self.machine:
            return edge
        giver = edge.giver or origin.stage or None
        key = edge.target, giver, id(edge.delay), edge.effort
        if key not in self.added:
            self.added[key] = self._add(self._switch(edge._replace(giver=giver)))
        return Edge(edge.share, self.added[key])

    def _switch(self, edge: Edge) -> Node:
        """Make the switch between people and the machine."""
        node = self.before[edge.target]
        machine = self.machines.automation[node.stage]
        told = choice_of(node.effort, machine, share_for(machine, self.machines.service), edge.effort)
        edges = (
            edge._replace(share=1 - told.automated, chosen=told.left),
            Edge(told.automated, self.machine[edge.target], edge.delay, edge.giver),
        )
        return Node(("switch",), NOWHERE, edges=edges, kind=SWITCH, share=told.share, longest=told.longest)


def _beside(node: Node, *ending: str, stage: str, effort: AnyEffort) -> Node:
    """Make a node with the memory of another, in the same branch."""
    return Node((*node.name[:-1], *ending), stage, effort, branch=node.branch)


def _scaled(edges: tuple[Edge, ...], share: float) -> tuple[Edge, ...]:
    return tuple(edge._replace(share=edge.share * share) for edge in edges)
