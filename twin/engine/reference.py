"""The SimPy model of teams, queues and handoffs: the definition of right.

An item is a generator that walks its route; a team is a pool of people that starts what its queue policy picks. At one
instant the rounds rule holds: first all due events (arrivals, finished delays, finished work) in the order of items,
then one dispatch: stages let in items that wait for a place, in order of stages; then teams, in order, start work while
someone is free. What finishes at once makes another round. In SimPy: every due event has priority 1 + item, and the
dispatch comes once SimPy has nothing more that is due now.
"""

import heapq
import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Generator
from functools import partial
from itertools import chain
from typing import Any, Final

import numpy as np
from simpy import Environment, Event

from twin.demand import Items
from twin.engine.crew import Crew, Hours
from twin.engine.draws import DrawName, Draws
from twin.engine.visit import Visit, as_columns
from twin.eventlog import NEVER, PLACE_BITS, PLACE_MASK
from twin.graph import LEAVE
from twin.outcome import MAX_ROUNDS, MAX_VISITS, Ledger, Outcome, stuck, too_many_rounds, too_many_visits
from twin.plan import ELAPSED, NONE, Model
from twin.streams import Purpose

CHANGE: Final = 0
OPENING: Final = 1 << 60

Way = Generator[Event, None, None]
Waiting = list[tuple[int, int, "Visit"]]


class Floor:
    """Where the work happens: everything that changes during a run."""

    def __init__(self, env: Environment, model: Model, items: Items, draws: Draws) -> None:
        self.env: Any = env  # SimPy calls time a float; ours is an integer
        self.model, self.draws = model, draws
        self.items = list(zip(*(column.tolist() for column in items), strict=True))
        stages, teams = len(model.labels.stages), len(model.labels.teams)
        self.rows: list[Visit] = []
        self.visits_before: dict[tuple[int, int], int] = {}
        self.reworked: Counter[tuple[int, int]] = Counter()
        self.queues: list[Waiting] = [[] for _ in range(stages)]
        self.outside: list[Waiting] = [[] for _ in range(stages)]
        self.places_taken = [0] * stages
        self.crews: list[list[Crew]] = [[] for _ in range(teams)]
        self.woken = [NEVER] * teams
        self.stages_asked: set[int] = set()
        self.teams_asked: set[int] = set()
        self.turn = self.rounds = self.round_tick = 0
        self.entered = self.left = 0
        self.stage_time, self.stage_queue = [0] * stages, [0] * stages
        self.begin_phase(0)

    # --- the way of an item -------------------------------------------------------------------------------------------

    def arrivals(self) -> Way:
        """Let items in as their time comes."""
        for item, (arrived, *_) in enumerate(self.items):
            yield self.due(max(arrived - self.env.now, 0), item)
            self.env.process(self.journey(item))

    def journey(self, item: int) -> Way:
        """Walk an item from its arrival to its leaving."""
        self.entered += 1
        visit: Visit | None = None
        node, edge = self.first_step(item)
        while node != LEAVE:
            visit = self.enter(item, node, visit)
            if edge != NONE and (wait := self.delay(visit, edge)):
                visit.delayed = wait
                yield self.due(wait, item)
            yield self.serve(visit)
            self.finish(visit)
            node, edge = self.next_step(visit)
        self.leave(visit)

    def first_step(self, item: int) -> tuple[int, int]:
        """Choose an item's first node and the edge to it."""
        _, work, number, node = self.items[item]
        if node != NONE:
            return node, NONE
        return self.choose(self.work_entry[work], (work, number, 0, 0, Purpose.START))

    def next_step(self, visit: Visit) -> tuple[int, int]:
        """Choose where an item goes after a visit: back for rework, or on."""
        node, place = self.node_of(visit), visit.stage + 1
        if self.rework_chance[node] > 0 and self.may_rework(visit.item, node):
            u = self.draws.uniform((visit.work, visit.number, place, visit.visit, Purpose.REWORK))
            if u < self.rework_chance[node]:
                self.reworked[visit.item, node] += 1
                edge = self.rework_edge[node]
                return self.edge_target[edge], edge
        return self.choose(node, (visit.work, visit.number, place, visit.visit, Purpose.ROUTE))

    def may_rework(self, item: int, node: int) -> bool:
        """Tell whether the limit on rework leaves room."""
        limit: int = self.rework_limit[node]
        return limit == 0 or self.reworked[item, node] < limit

    def choose(self, node: int, name: DrawName) -> tuple[int, int]:
        """Choose an edge of a node: its target and its number."""
        first, last = self.first_edge[node], self.first_edge[node + 1]
        edge = first
        if last - first > 1:
            edge = min(bisect_right(self.edge_cumulative, self.draws.uniform(name), first, last), last - 1)
        return self.edge_target[edge], edge

    def enter(self, item: int, node: int, before: Visit | None) -> Visit:
        """Open the row of a visit; the item keeps its place at the stage before until it gets one here."""
        arrived, work, number, _ = self.items[item]
        stage = self.node_stage[node]
        count = self.visits_before.get((item, stage), 0)
        self.visits_before[item, stage] = count + 1
        if count == MAX_VISITS:
            raise too_many_visits(self.model.labels, item, stage)
        visit = Visit(item, work, number, stage, count, arrived if before is None else self.env.now)
        visit.node, visit.phase, visit.origin = node, self.phase, NONE if before is None else before.stage
        self.rows.append(visit)
        self.stage_time[stage] -= self.env.now
        return visit

    def delay(self, visit: Visit, edge: int) -> int:
        """Draw how long an item waits, for reasons outside every queue, on its way to a visit."""
        now: int = self.env.now
        handed = self.later(visit, now, self.edge_handoff[edge], self.edge_handoff_calendar[edge], Purpose.HANDOFF)
        external, calendar = self.edge_external[edge], self.edge_external_calendar[edge]
        return self.later(visit, handed, external, calendar, Purpose.EXTERNAL) - now

    def later(self, visit: Visit, at: int, table: int, calendar: int, purpose: Purpose) -> int:
        """Give the instant at which a delay that begins at `at` is over."""
        if table == NONE:
            return at
        name = (visit.work, visit.number, visit.stage + 1, visit.visit, purpose)
        ticks = int(self.draws.value(name, self.plan.tables[table]) + 0.5)
        return at + ticks if calendar == ELAPSED else self.hours[calendar].after(at, ticks)

    def serve(self, visit: Visit) -> Event:
        """Let a visit wait for a place and a person; the event happens when the work is done."""
        visit.due = Event(self.env)
        if self.stage_limit[visit.stage] == 0 or visit.origin == visit.stage:
            self.enqueue(visit)
        else:
            heapq.heappush(self.outside[visit.stage], (self.rank(visit), self.take_turn(), visit))
            self.stages_asked.add(visit.stage)
        return visit.due

    def finish(self, visit: Visit) -> None:
        """Close the row and free the person."""
        self.stage_time[visit.stage] += self.env.now
        visit.crew.give_back(visit.person & PLACE_MASK, self.env.now, self.take_turn())
        self.teams_asked.add(visit.team)

    def leave(self, visit: Visit | None) -> None:
        """Let an item out, and free the place it held."""
        self.left += 1
        if visit is not None:
            self.free_place(visit.stage)

    # --- places, queues and people ------------------------------------------------------------------------------------

    def take_turn(self) -> int:
        """Give the next number to what joins a queue, so that equals are served first come first served."""
        self.turn += 1
        return self.turn

    def rank(self, visit: Visit) -> int:
        """Give a visit's place in the order of a queue; the lowest is first."""
        teams = self.plan.stage_teams[visit.stage]
        return self.work_priority[visit.work] if teams and self.team_by_priority[teams[0]] else 0

    def free_place(self, stage: int) -> None:
        """Free a place at a stage."""
        self.places_taken[stage] -= 1
        if self.outside[stage]:
            self.stages_asked.add(stage)

    def enqueue(self, visit: Visit) -> None:
        """Move an item from the stage it came from into the queue of this one."""
        if visit.origin != NONE:
            self.free_place(visit.origin)
        self.places_taken[visit.stage] += 1
        visit.queued = self.env.now
        self.stage_queue[visit.stage] -= self.env.now
        heapq.heappush(self.queues[visit.stage], (self.rank(visit), self.take_turn(), visit))
        self.teams_asked.update(self.plan.stage_teams[visit.stage])

    def dispatch(self) -> None:
        """Let items in, then let every team that was asked start what it can."""
        self.count_round()
        self.admit()
        for team in sorted(self.teams_asked):
            self.start_work(team)
        self.teams_asked.clear()

    def admit(self) -> None:
        """Let items into stages that have a free place, the first such stage first, until nothing moves."""
        while self.stages_asked:
            stage = min(self.stages_asked)
            self.stages_asked.discard(stage)
            outside, limit = self.outside[stage], self.stage_limit[stage]
            while outside and (limit == 0 or self.places_taken[stage] < limit):
                self.enqueue(heapq.heappop(outside)[2])

    def start_work(self, team: int) -> None:
        """Start visits while someone is free and something waits."""
        while (stage := self.next_stage(team)) != NONE:
            crew = self.longest_idle(team)
            if crew is None:
                return
            self.start(team, crew, heapq.heappop(self.queues[stage])[2])

    def next_stage(self, team: int) -> int:
        """Find the stage whose first visit is the first of all in the team's queues."""
        best, found = None, NONE
        for stage in self.plan.team_stages[team]:
            queue = self.queues[stage]
            if queue and (best is None or queue[0] < best):
                best, found = queue[0], stage
        return found

    def longest_idle(self, team: int) -> Crew | None:
        """Find the crew whose next free person has been idle longest; else look again at the next opening."""
        now: int = self.env.now
        best: Crew | None = None
        openings = []
        for crew in self.crews[team]:
            opening = crew.hours.opening(now) if crew.free else None
            if opening == now and (best is None or crew.free[0] < best.free[0]):
                best = crew
            elif opening is not None and opening > now:
                openings.append(opening)
        if best is None and openings and self.woken[team] != min(openings):
            self.woken[team] = min(openings)
            self.call(self.woken[team] - now, OPENING, lambda _: self.teams_asked.add(team))
        return best

    def start(self, team: int, crew: Crew, visit: Visit) -> None:
        """Give a visit to the person of a crew who has been idle longest, and fix when it will be done."""
        now: int = self.env.now
        table = self.node_effort[self.node_of(visit)][self.plan.stage_teams[visit.stage].index(team)]
        name = (visit.work, visit.number, visit.stage + 1, visit.visit, Purpose.EFFORT)
        ticks = int(self.draws.value(name, self.plan.tables[table]) * crew.stretch + 0.5)
        visit.started, visit.team, visit.crew = now, team, crew
        visit.person = crew.group << PLACE_BITS | crew.take(now)
        visit.finished = crew.hours.after(now, ticks)
        visit.suspended = visit.finished - now - ticks
        self.stage_queue[visit.stage] += now
        self.trigger(visit.due, visit.finished - now, 1 + visit.item)

    # --- time ---------------------------------------------------------------------------------------------------------

    def trigger(self, event: Event, delay: int, priority: int) -> None:
        """Let an event happen after a delay, in its order among the events of that instant."""
        event._ok, event._value = True, None  # noqa: SLF001 - what Timeout does, which takes no priority
        self.env.schedule(event, priority, delay)

    def call(self, delay: int, priority: int, what: Callable[[Event], None]) -> None:
        """Call a function after a delay."""
        event = Event(self.env)
        event.callbacks.append(what)
        self.trigger(event, delay, priority)

    def due(self, delay: int, item: int) -> Event:
        """Make an event that happens after a delay, in the order of items."""
        event = Event(self.env)
        self.trigger(event, delay, 1 + item)
        return event

    def run(self, until: float, last: int | None) -> None:
        """Let everything happen that is due before `until`, or until the last of so many items has left."""
        env = self.env
        due = env.peek()
        while due < until and self.left != last:
            env.step()
            due = env.peek()
            if (self.teams_asked or self.stages_asked) and due > env.now:
                self.dispatch()
                due = env.peek()

    def count_round(self) -> None:
        """Turn a loop without delay into an error."""
        if self.env.now != self.round_tick:
            self.round_tick, self.rounds = self.env.now, 0
        self.rounds += 1
        if self.rounds > MAX_ROUNDS:
            raise too_many_rounds(self.model.labels, self.env.now, [(row.item, row.stage) for row in self.rows[-20:]])

    # --- dated changes ------------------------------------------------------------------------------------------------

    def node_of(self, visit: Visit) -> int:
        """Find an item's node in the plan that holds now."""
        while visit.phase < self.phase:
            visit.phase += 1
            visit.node = int(self.model.phases[visit.phase].carried[visit.node])
        return visit.node

    def begin_phase(self, phase: int) -> None:
        """Let a plan hold from now on; what is being worked on is finished as it was begun."""
        self.phase, carried = phase, self.model.phases[phase].carried
        self.plan = plan = self.model.phases[phase].plan
        reworked, self.reworked = self.reworked, Counter()
        for (item, node), times in reworked.items():
            self.reworked[item, int(carried[node])] += times
        self.work_entry, self.work_priority = plan.work_entry.tolist(), plan.work_priority.tolist()
        self.node_stage, self.node_effort = plan.nodes.stage.tolist(), plan.nodes.effort.tolist()
        self.first_edge, self.edge_cumulative = plan.nodes.first_edge.tolist(), plan.edges.cumulative.tolist()
        self.edge_target = plan.edges.target.tolist()
        self.edge_external, self.edge_handoff = plan.edges.external.tolist(), plan.edges.handoff.tolist()
        self.edge_external_calendar = plan.edges.external_calendar.tolist()
        self.edge_handoff_calendar = plan.edges.handoff_calendar.tolist()
        self.rework_chance, self.rework_limit = plan.nodes.rework_chance.tolist(), plan.nodes.rework_limit.tolist()
        self.rework_edge, self.stage_limit = plan.nodes.rework_edge.tolist(), plan.stage_limit.tolist()
        self.team_by_priority = plan.team_by_priority.tolist()
        self.hours = [Hours(timeline) for timeline in plan.calendars]
        self.begin_crews()
        self.stages_asked.update(stage for stage, outside in enumerate(self.outside) if outside)
        self.teams_asked.update(range(len(self.crews)))
        self.woken = [NEVER] * len(self.crews)

    def begin_crews(self) -> None:
        """Let people join, leave and change their hours."""
        crews, now = self.plan.crews, self.env.now
        rows = {key: row for row, key in enumerate(zip(crews.team.tolist(), crews.group.tolist(), strict=True))}
        for team, group in rows:
            if group == len(self.crews[team]):
                self.crews[team].append(Crew(self.hours[crews.calendar[rows[team, group]]], group))
        for team, standing in enumerate(self.crews):
            for crew in standing:
                row = rows.get((team, crew.group))
                if row is None:
                    crew.change(crew.hours, crew.stretch, 0, now)
                else:
                    hours = self.hours[crews.calendar[row]]
                    crew.change(hours, float(crews.stretch[row]), int(crews.people[row]), now)

    # --- the end ------------------------------------------------------------------------------------------------------

    def outcome(self, end: int) -> Outcome:
        """Close the books at a tick."""
        for crew in chain.from_iterable(self.crews):
            crew.settle(end)
        for row in self.rows:
            self.stage_time[row.stage] += end if row.finished == NEVER or row.finished >= end else 0
            self.stage_queue[row.stage] += end if row.queued != NEVER and row.started == NEVER else 0
        people = [
            np.array([sum(getattr(crew, name) for crew in crews) for crews in self.crews], np.int64)
            for name in ("busy", "idle", "total")
        ]
        ledger = Ledger(
            end, self.entered, self.left, self.entered - self.left, np.array(self.stage_time, np.int64),
            np.array(self.stage_queue, np.int64), *people,
        )  # fmt: skip
        return Outcome(as_columns(self.rows, end), ledger, self.model.labels)


def run(model: Model, items: Items, *, seed: int, replication: int, drain: bool = False) -> Outcome:
    """Run one replication.

    Parameters
    ----------
    model
        The compiled twin.
    items
        What arrives, in order (`twin.demand.draw_items`).
    seed, replication
        Name the random numbers.
    drain
        Run until every item has left, and end one tick later, instead of at `model.until`.

    Raises
    ------
    BudgetError
        Where work goes in a circle, without effort or delay or too often, or the calendars end.
    DeadlockError
        Where, draining, nothing can move any more although work is inside.
    """
    env = Environment(initial_time=0)
    floor = Floor(env, model, items, Draws(model, seed=seed, replication=replication))
    env.process(floor.arrivals())
    for number, phase in enumerate(model.phases[1:], start=1):
        if drain or phase.since < model.until:
            floor.call(phase.since, CHANGE, partial(_change, floor, number))
    if not drain:
        floor.run(model.until, None)
        return floor.outcome(model.until)
    floor.run(math.inf, len(floor.items))
    if floor.left < len(floor.items):
        waiting = [(row.item, row.stage) for row in floor.rows if row.finished == NEVER]
        raise stuck(model.labels, int(env.now), waiting)
    return floor.outcome(int(env.now) + 1)


def _change(floor: Floor, phase: int, _: Event) -> None:
    floor.begin_phase(phase)
