"""Nodes of a work type, from its steps or its route.

A route with memory becomes the automaton of Aho and Corasick (1975, CACM 18) over its paths: a node is the longest end
of an item's path that begins some key of ``next``, and the shares at a node are those of the longest key that ends its
path. Every stage has a node without memory too, for items that a dated change finds there. A state is a further name of
a stage: its nodes are at that stage, and it hands on as the stage does where no delay names it.

A block of parallel branches is one place of a path. Since a join sends on by which branch was last, the way on from a
block is chosen at its fork: there is a fork for each stage an item may come from and each way on,

    P(fork of block b with way on x | path) = P(b | path) · P(x | path, b),

and one copy of the block's branches and join for each way on. An item that is found in one branch alone, as a board may
show, has a node without memory there too: it does the rest of that branch and goes on as the block does.

What a machine did wrong goes to people at the same node, or at another stage: outside of branches with the path that
leads there, in a branch at that stage of the branch.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from twin.effort import Delay
from twin.graph import FORK, JOIN, LEAVE, NOWHERE, Edge, Node, graph_of_steps
from twin.machine_ways import Machines, with_machine_ways
from twin.returns import with_returns
from twin.work import DONE, START, Route, Work, path_of
from twin.work import JOIN as THEN

Path = tuple[str, ...]


def graph(work: Work) -> tuple[Node, ...]:
    """Turn a work type's steps or route into nodes; node 0 is the entry."""
    if work.route is None:
        return graph_of_steps(work.steps or (), work.service)
    routed, route = _Routed(work.route), work.route
    shares = {stage: rework.effort for stage, rework in route.rework.items()}
    nodes, wrong = with_returns(routed.nodes, shares, routed.wrong)
    return with_machine_ways(nodes, Machines(route.automation, route.efforts, work.service, wrong, routed.delay))


class _Way(NamedTuple):
    """Where an item goes from a place: through blocks, if any, to a stage or out."""

    share: float
    blocks: tuple[str, ...]
    path: Path  # recent path at the stage; DONE alone leaves


class _Routed:
    """Lays a route out: nodes by their recent path, and for each block and each way on a fork, its branches, a join."""

    def __init__(self, route: Route) -> None:
        self.route = route
        self.keys = {path_of(key): shares for key, shares in route.next.items()}
        self.stems = {path[:length] for path in self.keys for length in range(1, len(path) + 1)} | {(START,)}
        self.delays = {path_of(key): delay for key, delay in route.delays.items()}
        self.laid: dict[int, Node] = {}
        self.wrong: dict[int, int] = {}  # node of a stage with a machine: node at which people take its errors up
        self.waiting: list[Path] = [(START,), *((stage,) for stage in route.efforts)]
        self.number: dict[Any, int] = {path: index for index, path in enumerate(self.waiting)}
        self._lay_waiting()
        for block, lines in route.parallel.items():
            # a dated change may find items in a block to which nothing leads any more
            way = next(self._ways((block,)))
            self._block(way._replace(blocks=(block, *way.blocks)), lines)
        self._lay_waiting()
        self.nodes = tuple(self.laid[index] for index in range(len(self.laid)))

    def _lay_waiting(self) -> None:
        while self.waiting:
            path = self.waiting.pop(0)
            self.laid[self.number[path]] = self._node(path)

    def _at(self, name: str) -> str:
        return self.route.states.get(name, name)

    def _numbered(self, key: Any) -> int:
        return self.number.setdefault(key, len(self.number))

    def _node(self, path: Path) -> Node:
        ways = self._alone(path[-1]) if path[-1:] not in self.keys and path != (START,) else self._ways(path)
        edges = tuple(self._edge(way, path[-1], None) for way in ways)
        at = self._at(path[-1])
        if at in self.route.automation:
            errors_to = self.route.automation[at].errors_to or at
            self.wrong[self.number[path]] = self._reached(path if errors_to == at else (*path, errors_to))
        return Node(path, at, self.route.efforts.get(at), edges)

    def _reached(self, path: Path) -> int:
        """Give the node of an item that came along a path."""
        end = _longest_end(path, self.stems)
        if end not in self.number:
            self._numbered(end)
            self.waiting.append(end)
        return self.number[end]

    def _ways(self, path: Path) -> Iterator[_Way]:
        """List the ways on after a path that ends with a stage or a block."""
        shares = self.route.start if path == (START,) else self.keys[_longest_end(path, self.keys)]
        for name, share in shares.items():
            if name not in self.route.parallel:
                yield _Way(share, (), (DONE,) if name == DONE else _longest_end((*path, name), self.stems))
                continue
            for way in self._ways(_longest_end((*path, name), self.stems)):
                yield _Way(share * way.share, (name, *way.blocks), way.path)

    def _alone(self, stage: str) -> Iterator[_Way]:
        """List the ways of an item that was found in one branch alone: along it, and on as the block does."""
        for block, lines in self.route.parallel.items():
            for line in lines:
                if stage in line[:-1]:
                    return iter((_Way(1.0, (), (line[line.index(stage) + 1],)),))
                if stage == line[-1]:
                    return self._ways((block,))
        raise KeyError(stage)

    def _edge(self, way: _Way, before: str, giver: str | None) -> Edge:
        """Give the first edge of a way from a stage or the entry; the giver, from a node that is no stage."""
        if way.blocks:
            key = ("fork", before, way.blocks, way.path)
            if key not in self.number:
                self._fork(self._numbered(key), way, before, giver or self._at(before))
            return Edge(way.share, self.number[key])
        if way.path == (DONE,):
            return Edge(way.share, LEAVE)
        return Edge(way.share, self._reached(way.path), self._delay(before, way.path[-1]), giver)

    def _delay(self, before: str, stage: str) -> Delay | None:
        return self.delays.get((before, stage), self.delays.get((self._at(before), stage)))

    def delay(self, before: str, stage: str) -> Delay | None:
        """Give the delay between two stages or states; a state has that of its stage where it has none of its own."""
        return self._delay(before, stage) or self._delay(before, self._at(stage))

    def _fork(self, number: int, way: _Way, before: str, giver: str) -> None:
        """Lay the fork into a block out."""
        lines = self.route.parallel[way.blocks[0]]
        edges = tuple(
            Edge(1.0, node, self._delay(before, line[0]), None if giver == START else giver)
            for node, line in zip(self._block(way, lines), lines, strict=True)
        )
        self.laid[number] = Node(("fork",), NOWHERE, edges=edges, kind=FORK, first_branch=1)

    def _block(self, way: _Way, lines: tuple[Path, ...]) -> list[int]:
        """Lay the branches of a block and their join out, which all forks share that lead to one way on."""
        key = (way.blocks, way.path)
        first = [self._numbered((*key, place, 0)) for place in range(len(lines))]
        if first[0] not in self.laid:
            for place, line in enumerate(lines):
                self._branch(key, place, line)
            self._join(key, way, lines)
        return first

    def _branch(self, key: Any, place: int, line: Path) -> None:
        """Lay the stages of a branch out."""
        for index, stage in enumerate(line):
            last = index + 1 == len(line)
            target = self._numbered((*key, "join") if last else (*key, place, index + 1))
            edge = Edge(1.0, target, None if last else self._delay(stage, line[index + 1]))
            name = (f"to {THEN.join(key[1])}", *key[0][::-1], *line[: index + 1])
            number = self._numbered((*key, place, index))
            if stage in self.route.automation:
                errors_to = self.route.automation[stage].errors_to or stage
                back = index if errors_to == stage else len(line) - 1 - line[::-1].index(errors_to)
                self.wrong[number] = self._numbered((*key, place, back))
            self.laid[number] = Node(name, stage, self.route.efforts.get(stage), (edge,), branch=place + 1)

    def _join(self, key: Any, way: _Way, lines: tuple[Path, ...]) -> None:
        """Lay the join of a block out, with an edge for each branch."""
        onward = way._replace(share=1 / len(lines), blocks=way.blocks[1:])
        name = " and ".join(", ".join(line) for line in lines)
        name_here = (f"to {THEN.join(key[1])}", *key[0][::-1], f"join of {name}")
        edges = tuple(self._edge(onward, line[-1], line[-1]) for line in lines)
        self.laid[self._numbered((*key, "join"))] = Node(name_here, NOWHERE, edges=edges, kind=JOIN, first_branch=1)


def _longest_end(path: tuple[str, ...], known: Any) -> tuple[str, ...]:
    """Find the longest end of a path that is known; its last stage alone always is."""
    for first in range(len(path)):
        if path[first:] in known:
            return path[first:]
    return path[-1:]
