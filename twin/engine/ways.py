"""Where an item goes next and how long things take, by the plan that holds now."""

from bisect import bisect_right
from collections import Counter

import numpy as np

from twin.engine.crew import Hours
from twin.engine.draws import Draw, Draws
from twin.engine.item import Item
from twin.graph import SWITCH, VISIT
from twin.outcome import MAX_VISITS
from twin.plan import ELAPSED, NONE, Ints, Model
from twin.streams import Purpose

Step = tuple[int, int]
"""A node, or LEAVE, and the edge that leads to it, or NONE."""


class Ways:
    """The routes of a plan with the random numbers of a replication."""

    __slots__ = (
        "backs", "cancelled", "cancelling", "cumulative", "delayed", "delays", "draws", "edges", "efforts",
        "first_branch", "hours", "kind", "model", "onward", "patiences", "patient", "phase", "plan", "rework_chance",
        "rework_limit", "reworked", "reworks", "routes", "shortens", "shorter", "stage", "switches", "target",
    )  # fmt: skip

    def __init__(self, model: Model, draws: Draws) -> None:
        self.model, self.draws = model, draws
        self.reworked: Counter[tuple[int, int]] = Counter()
        self.shortens = False  # some visit takes a share of its effort, in this phase or one before

    def begin_phase(self, phase: int) -> None:
        """Let a plan hold from now on."""
        self.phase = phase
        _, plan, carried = self.model.phases[phase]
        reworked, self.reworked = self.reworked, Counter()
        for (item, node), times in reworked.items():
            self.reworked[item, int(carried[node])] += times
        self.plan, self.stage, self.target = plan, plan.nodes.stage.tolist(), plan.edges.target.tolist()
        self.rework_chance, self.cumulative = plan.nodes.rework_chance.tolist(), plan.edges.cumulative.tolist()
        self.rework_limit = plan.nodes.rework_limit.tolist()
        self.edges = list(zip(plan.nodes.first_edge.tolist(), plan.nodes.first_edge[1:].tolist(), strict=False))
        self.onward = [(self.target[first], first) if last - first == 1 else None for first, last in self.edges]
        self.delayed = frozenset(np.flatnonzero((plan.edges.external != NONE) | (plan.edges.handoff != NONE)).tolist())
        branching = plan.branching
        self.kind, self.first_branch = branching.kind.tolist(), branching.first_branch.tolist()
        self.shorter = {int(edge): float(branching.effort[edge]) for edge in np.flatnonzero(branching.effort != 1)}
        self.shortens |= bool(self.shorter)
        self.hours = [Hours(timeline) for timeline in plan.calendars]
        self.routes: dict[int, Draw] = {}
        self.reworks: dict[int, Draw] = {}
        self.backs = frozenset(plan.nodes.rework_edge[plan.nodes.rework_edge != NONE].tolist())
        self.switches: dict[int, Draw] = {}
        self.efforts: list[dict[int, Draw]] = [{} for _ in self.stage]
        self.delays: dict[tuple[int, Purpose], Draw] = {}
        self.cancelled, self.patient = plan.leaving.chance.tolist(), plan.leaving.patience.tolist()
        self.cancelling: dict[tuple[int, int], Draw] = {}
        self.patiences: dict[int, Draw] = {}

    def node_of(self, item: Item) -> int:
        """Find an item's node in the plan that holds now."""
        while item.phase < self.phase:
            item.phase += 1
            item.node = int(self.model.phases[item.phase].carried[item.node])
        return item.node

    def first(self, item: Item) -> Step:
        """Choose where an item begins."""
        item.phase = self.phase
        if item.node != NONE:
            return item.node, NONE
        entry = int(self.plan.work_entry[item.work])
        return self.onward[entry] or self.choose(entry, item)

    def next(self, item: Item) -> Step:
        """Choose where an item goes after a visit: back for rework, or on."""
        node = item.node if item.phase == self.phase else self.node_of(item)
        if self.rework_chance[node] and self.sent_back(item, node):
            edge = int(self.plan.nodes.rework_edge[node])
            return self.target[edge], edge
        return self.onward[node] or self.choose(node, item)

    def front(self, node: int) -> int:
        """Find the first stage on the way from a node: that of people, and of the first branch."""
        while self.kind[node] != VISIT:
            node = self.target[self.edges[node][0]]
        return node

    def joined(self, item: Item) -> Step:
        """Choose where an item goes from the join at which its branches came together."""
        edge = self.edges[item.node][0] + item.last_branch - self.first_branch[item.node]
        return self.target[edge], edge

    def past_switch(self, item: Item, node: int, edge: int) -> Step:
        """Choose whether people or the machine do a visit, where a machine may."""
        if self.kind[node] != SWITCH:
            return node, edge
        edge = self.edges[node][0]
        people, machine = (self.stage[target] for target in self.target[edge : edge + 2])
        if node not in self.switches:
            self.switches[node] = self.draws.draw(item.work, people, Purpose.AUTOMATION)
        before = item.visits.get(people, 0) + item.visits.get(machine, 0)
        automated = self.switches[node].at(item.number, before % MAX_VISITS) < self.plan.branching.share[node]
        longest = self.plan.branching.longest[node]
        if automated and longest < np.inf and self._effort_ahead(item, edge, people) > longest:
            automated = False
        return self.target[edge + automated], edge + automated

    def _effort_ahead(self, item: Item, edge: int, stage: int) -> float:
        """Draw the working ticks that the visit to which an edge leads takes the first team of its stage."""
        draw = self._effort_draw(item.work, (self.target[edge], stage), self.plan.stage_teams[stage][0])
        return draw.at(item.number, item.visits.get(stage, 0) % MAX_VISITS) * self.shorter.get(edge, 1.0)

    def sent_back(self, item: Item, node: int) -> bool:
        """Tell whether a visit sends its item back, where the limit on rework leaves room."""
        limit = self.rework_limit[node]
        if limit and self.reworked[item.index, node] >= limit:
            return False
        draw = self.reworks.get(node)
        if draw is None:
            draw = self.reworks[node] = self.draws.draw(item.work, item.stage, Purpose.REWORK)
        back: bool = draw.at(item.number, item.visit) < self.rework_chance[node]
        if back and limit:
            self.reworked[item.index, node] += 1
        return back

    def choose(self, node: int, item: Item) -> Step:
        """Choose an edge of a node by its share."""
        first, last = self.edges[node]
        if node not in self.routes:
            purpose = Purpose.START if item.stage == NONE else Purpose.ROUTE
            self.routes[node] = self.draws.draw(item.work, item.stage, purpose)
        u = self.routes[node].at(item.number, item.visit)
        edge = min(bisect_right(self.cumulative, u, first, last), last - 1)
        return self.target[edge], edge

    def delay(self, item: Item, edge: int, now: int) -> tuple[int, int]:
        """Draw when an item is handed over, and when after waiting for reasons outside it is there."""
        edges = self.plan.edges
        handed = self.later(item, now, (edge, Purpose.HANDOFF), edges.handoff, edges.handoff_calendar)
        return handed, self.later(item, handed, (edge, Purpose.EXTERNAL), edges.external, edges.external_calendar)

    def later(self, item: Item, at: int, why: tuple[int, Purpose], tables: Ints, calendars: Ints) -> int:
        """Give the instant at which a delay on an edge that begins at `at` is over."""
        edge, purpose = why
        if tables[edge] == NONE:
            return at
        if why not in self.delays:
            self.delays[why] = self.draws.draw(item.work, item.stage, purpose, self.plan.tables[tables[edge]])
        ticks = int(self.delays[why].at(item.number, item.visit) + 0.5)
        calendar = calendars[edge]
        return at + ticks if calendar == ELAPSED else self.hours[calendar].after(at, ticks)

    def is_cancelled(self, item: Item) -> bool:
        """Tell whether an item is cancelled after its visit."""
        chance = self.cancelled[self.node_of(item)]
        if not chance:
            return False
        draw = self.cancelling.get((item.work, item.stage))
        if draw is None:
            draw = self.cancelling[item.work, item.stage] = self.draws.draw(item.work, item.stage, Purpose.CANCELLATION)
        cancelled: bool = draw.at(item.number, item.visit) < chance
        return cancelled

    def patience(self, item: Item) -> float | None:
        """Draw how many ticks a visit waits in the queue, not yet rounded; None for however long it takes."""
        node = self.node_of(item)
        table = self.patient[node]
        if table == NONE:
            return None
        if node not in self.patiences:
            self.patiences[node] = self.draws.draw(item.work, item.stage, Purpose.PATIENCE, self.plan.tables[table])
        return self.patiences[node].at(item.number, item.visit)

    def effort(self, item: Item, team: int) -> float:
        """Draw the working ticks that a visit takes a team, not yet rounded."""
        node = item.node if item.phase == self.phase else self.node_of(item)
        draw = self.efforts[node].get(team) or self._effort_draw(item.work, (node, item.stage), team)
        return draw.at(item.number, item.visit) * item.share

    def _effort_draw(self, work: int, where: tuple[int, int], team: int) -> Draw:
        """Open the source of the efforts of a team at a node and its stage."""
        (node, stage), draws = where, self.efforts[where[0]]
        if team not in draws:
            column = self.plan.stage_teams[stage].index(team)
            table = self.plan.tables[self.plan.nodes.effort[node, column]]
            draws[team] = self.draws.draw(work, stage, Purpose.EFFORT, table)
        return draws[team]
