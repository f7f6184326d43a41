"""The SimPy model of teams, queues and handoffs: the definition of right.

An item is a generator that walks its route; a team is a pool of people that starts what its queue policy picks. At one
instant the rounds rule holds: first all due events (arrivals, finished delays, finished work) in the order of items,
then one dispatch: stages let in items that wait for a place, in order of stages; then teams, in order, start work while
someone is free. What finishes at once makes another round. In SimPy: every due event has priority 1 + its order, and
the dispatch comes once SimPy has nothing more that is due now.
"""

import math
from collections.abc import Callable, Generator
from functools import partial
from heapq import heappop, heappush
from itertools import count
from typing import Any, Final

from simpy import Environment, Event

from twin.breeding import depends_on_others
from twin.causes import Cause
from twin.choosing import stands_anew
from twin.demand import Items
from twin.engine import staff
from twin.engine.admission import admit, ask_for_place
from twin.engine.admission import begin_phase as begin_limits
from twin.engine.books import close_books
from twin.engine.branches import walk_past
from twin.engine.crew import Crew
from twin.engine.departures import ends_early, is_too_old, is_turned_away, may_leave, watch_age, watch_patience
from twin.engine.draws import Draw, Draws
from twin.engine.gate import Gate
from twin.engine.item import OPENING, UNDRAWN, WRITE_WAIT, Item, Line
from twin.engine.jam import check
from twin.engine.lines import place_in_line, stand_again
from twin.engine.offspring import Offspring
from twin.engine.places import Places
from twin.engine.service import longest_idle, start
from twin.engine.turns import Round
from twin.engine.ways import Step, Ways
from twin.eventlog import NEVER, PLACE_MASK
from twin.gating import AT_ONCE
from twin.graph import LEAVE
from twin.outcome import MAX_ROUNDS, MAX_VISITS, Outcome, stuck, too_many_rounds, too_many_visits
from twin.plan import NONE, Model
from twin.rows import wait_name

CHANGE: Final = 0

Way = Generator[None, Any, None]


class Floor:
    """Where the work happens: everything that changes during a run."""

    __slots__ = (
        "ages", "at_once", "by_clock", "cancelled", "chances", "created", "crews", "drawn", "entered", "env", "gates",
        "going_round", "inside", "items", "last_phase", "least", "leave_early", "left", "model", "most_at_once", "now",
        "offset", "offspring", "open", "places", "plan", "preempts", "queues", "rank", "recalled", "rich", "round_tick",
        "rounds", "rows", "rule", "staff", "staffed", "stage_queue", "stage_teams", "stage_time", "stages_asked",
        "take_turn", "team_queues", "teams_asked", "together", "turned_away", "urgency", "waits", "ways", "weight",
        "who", "woken",
    )  # fmt: skip

    def __init__(self, env: Environment, model: Model, items: Items, draws: Draws, limit: int | None = None) -> None:
        self.env: Any = env  # SimPy calls time a float; ours is an integer
        self.model, self.items, self.ways, self.rich = model, items, Ways(model, draws), model.rich
        stages, teams = len(model.labels.stages), len(model.labels.teams)
        self.rows: list[bytes] = []
        self.chances: dict[tuple[int, int], Draw] = {}
        self.waits: list[bytes] = []
        self.inside: dict[int, Item] = {}
        self.queues: list[Line] = [[] for _ in range(stages)]
        self.places, self.gates = Places(stages), [Gate() for _ in range(stages)]
        self.stages_asked = self.places.stages_asked
        self.crews: list[list[Crew]] = [[] for _ in range(teams)]
        self.woken, self.recalled = [NEVER] * teams, [NEVER] * teams
        self.teams_asked: set[int] = set()
        self.take_turn = count().__next__  # equals are served first come first served
        self.now = self.rounds = self.round_tick = 0
        self.entered = self.left = self.cancelled = self.turned_away = self.last_phase = 0
        self.stage_time, self.stage_queue = [0] * stages, [0] * stages
        self.going_round, self.by_clock = dict[int, Round](), staff.by_clock(model)
        self.drawn, self.created = 0, items.arrived.size
        self.offspring: Offspring | None = None
        if any(depends_on_others(phase.plan.breeding) for phase in model.phases):
            self.offspring = Offspring(self, limit)
        self.begin_phase(0)

    # --- the way of an item -------------------------------------------------------------------------------------------

    def arrivals(self) -> Way:
        """Let items in as their time comes."""
        go_on = yield
        for index, columns in enumerate(zip(*(column.tolist() for column in self.items), strict=True)):
            item = Item(index, *columns)
            self.call(max(item.arrived - self.now, 0), item.order, go_on)
            yield
            self.drawn += 1
            self.arrive(item)
        yield

    def arrive(self, item: Item) -> None:
        """Let an item set out, or turn it away."""
        self.entered += 1
        self.inside[item.among] = item
        node, edge = self.ways.first(item)
        if is_turned_away(self, item, self.ways.front(node), edge):
            return
        if self.offspring:
            self.offspring.arrive(item)
        self.begin(self.walk(item, (node, edge)))

    def walk(self, item: Item, step: Step) -> Way:
        """Walk an item until it leaves, or a token until its branch is done."""
        item.go_on = yield
        item.done = self.event(item.go_on)
        ways = self.ways
        node, edge = step
        while node != LEAVE:
            stage = ways.stage[node]
            if stage == NONE:
                node, edge = yield from walk_past(self, item, node, edge)
                continue
            self.enter(item, node, stage)
            if ways.shortens:
                item.share = ways.shorter.get(edge, 1.0)
            if item.pending:
                edge = yield from self.wait_for_others(item, edge)
            if edge in ways.delayed:
                delayed = self.delay(item, edge)
                if delayed:
                    item.on_its_way = self.call(delayed, item.order, item.go_on)
                    yield
                    item.on_its_way = None
            item.done.callbacks = [item.go_on]
            if self.open:
                item.origin, item.came = stage, self.now
                self.enqueue(item)
            else:
                ask_for_place(self, item)
            yield
            self.finish(item)
            node, edge = ways.next(item)
            if self.rich and ends_early(self, item, node, edge):
                yield
        self.leave(item)
        yield

    def wait_for_others(self, item: Item, edge: int) -> Generator[None, Any, int]:
        """Let a visit wait for other items; gives its edge, NONE where a plan holds by then that does not know it."""
        since, phase = self.now, self.ways.phase
        self.places.wait_for_others(item, 1)
        yield
        self.places.wait_for_others(item, -1)
        self.wait(item, Cause.DEPENDENCY, since, self.now - since)
        if is_too_old(self, item):
            watch_age(self, item)
        return edge if self.ways.phase == phase else NONE

    def enter(self, item: Item, node: int, stage: int) -> None:
        """Open the row of a visit; the item keeps its place at the stage before until it gets one here."""
        now = self.now
        visit = item.visits.get(stage, 0)
        if visit == MAX_VISITS:
            raise too_many_visits(self.model.labels, item.index, stage)
        item.visits[stage] = visit + 1
        item.enabled = now if item.stage != NONE else item.arrived
        item.origin, item.stage = item.stage, stage
        item.node, item.visit, item.row = node, visit, len(self.rows)
        item.came = item.queued = item.started = NEVER
        item.effort = UNDRAWN
        if self.rich:
            item.deadline, item.flags = NEVER, 0
            item.leads, item.stint = False, None
            item.gap, item.blocks, item.blocks_at = -1, 0, NEVER
        self.rows.append(b"")
        self.stage_time[stage] -= now

    def delay(self, item: Item, edge: int) -> int:
        """Write down what an item waits for on its way, and give how long that takes."""
        now = self.now
        handed, there = self.ways.delay(item, edge, now)
        self.wait(item, Cause.HANDOFF, now, handed - now)
        self.wait(item, Cause.EXTERNAL, handed, there - handed)
        return there - now

    def wait(self, item: Item, cause: Cause, since: int, ticks: int) -> None:
        """Write a wait down, if it is one."""
        if ticks:
            self.waits.append(WRITE_WAIT(wait_name(item.row, cause), since, ticks))

    def finish(self, item: Item) -> None:
        """Close the row and free the person."""
        self.rows[item.row] = item.as_row()
        self.stage_time[item.stage] += self.now
        if self.rich:
            staff.finish(self, item)
            return
        if item.suspended:
            self.wait(item, Cause.OFF_CALENDAR, item.segment, item.suspended)
        item.crew.give_back(item.person & PLACE_MASK, self.now, self.take_turn())
        self.teams_asked.add(item.team)

    def leave(self, item: Item) -> None:
        """Let an item out, and free the place it held."""
        self.left += 1
        del self.inside[item.among]
        if item.held:
            self.places.give_back(item.held)
        if self.offspring:
            self.offspring.leave(item)

    # --- places, queues and people ------------------------------------------------------------------------------------

    def enqueue(self, item: Item) -> None:
        """Let a visit wait for a person."""
        stage, now = item.stage, self.now
        item.queued = now
        self.stage_queue[stage] -= now
        self.teams_asked.update(self.stage_teams[stage])
        turn = self.take_turn()
        if not self.rich:
            heappush(self.queues[stage], (self.rank[stage][item.work], 0, turn, item))
            return
        item.place = place_in_line(self, item, turn)
        heappush(self.queues[stage], (*item.place, item))
        if self.leave_early:
            watch_patience(self, item)

    def dispatch(self) -> None:
        """Let items in, then let every team that was asked start what it can."""
        if self.now == self.round_tick:
            self.count_round()
        else:
            self.round_tick, self.rounds = self.now, 1
        if self.stages_asked:
            admit(self)
        if self.places.suspicious and self.ways.phase == self.last_phase:
            check(self)
        if len(self.teams_asked) == 1:
            self.start_work(self.teams_asked.pop())
            return
        asked = sorted(self.teams_asked)
        self.teams_asked.clear()
        for team in asked:
            self.start_work(team)

    def start_work(self, team: int) -> None:
        """Start visits while something waits and someone is free; of all queues the one whose first is first."""
        if self.rich:
            staff.start_work(self, team)
            return
        queues = self.team_queues[team]
        while True:
            first: Line | None = None
            for queue in queues:
                if queue and (first is None or queue[0] < first[0]):
                    first = queue
            crew = longest_idle(self, team) if first else None
            if first is None or crew is None:
                return
            start(self, team, crew, heappop(first)[3])

    def ask_at(self, tick: int, team: int) -> None:
        """Let a team look at a tick whether there is something to start."""
        self.call(tick - self.now, OPENING, lambda _: self.teams_asked.add(team))

    # --- time ---------------------------------------------------------------------------------------------------------

    def run(self, until: float, *, drain: bool) -> None:
        """Let everything happen that is due before `until`, or until every item has left."""
        step, queue = self.env.step, self.env._queue  # noqa: SLF001 - as `peek` does
        teams_asked, stages_asked = self.teams_asked, self.stages_asked
        while True:
            due: Any = queue[0][0] if queue else math.inf
            if (teams_asked or stages_asked) and due > self.now:
                self.dispatch()
                continue
            if due >= until or (drain and not self.inside and self.gone() == self.created):
                return
            self.now = due
            step()

    def gone(self) -> int:
        """Count the items that have left, be it early."""
        return self.left + self.cancelled + self.turned_away

    def begin(self, way: Way) -> None:
        """Start a generator, which then goes on whenever an event calls it: a SimPy process that nobody waits for."""
        next(way)
        way.send(way.send)

    def call(self, delay: int, priority: int, what: Callable[[Event], Any]) -> Event:
        """Call something after a delay, in its order among the events of that instant."""
        event = self.event(what)
        self.env.schedule(event, priority, delay)
        return event

    def event(self, what: Callable[[Event], Any]) -> Event:
        """Make an event that calls something: a Timeout, but that takes no priority."""
        event = Event(self.env)
        event._ok, event._value, event.callbacks = True, None, [what]  # noqa: SLF001 - as Timeout does
        return event

    def count_round(self) -> None:
        """Turn a loop without delay into an error."""
        self.rounds += 1
        if self.rounds > MAX_ROUNDS:
            here = [(item.index, item.stage) for item in self.waiting() if item.enabled == self.now]
            raise too_many_rounds(self.model.labels, self.now, here)

    # --- dated changes ------------------------------------------------------------------------------------------------

    def begin_phase(self, phase: int) -> None:
        """Let a plan hold from now on; what is being worked on is finished as it was begun."""
        self.ways.begin_phase(phase)
        self.plan = plan = self.model.phases[phase].plan
        self.stage_teams, self.ages, self.leave_early = plan.stage_teams, plan.leaving.age.tolist(), may_leave(plan)
        self.together, self.least = plan.gates.together.tolist(), plan.gates.least.tolist()
        self.team_queues = [[self.queues[stage] for stage in stages] for stages in plan.team_stages]
        self.rank, self.rule, self.offset, self.weight, *rest = (column.tolist() for column in plan.choice)
        self.urgency, self.preempts, _ = rest
        anew = bool(phase) and stands_anew(self.model.phases[phase - 1].plan.choice, plan.choice)
        if anew:
            stand_again(self)
        self.staff, self.staffed, self.at_once, self.who, self.most_at_once = staff.rules(plan)
        staff.begin_crews(self)
        if self.offspring:
            self.offspring.begin_phase()
        for item in self.inside.values():
            watch_age(self, item)
        begin_limits(self, anew=anew)
        self.open = not self.places.names and all(gate.kind == AT_ONCE and not gate.waiting for gate in self.gates)
        self.teams_asked.update(range(len(self.crews)))
        self.woken, self.recalled = [NEVER] * len(self.crews), [NEVER] * len(self.crews)

    def waiting(self) -> list[Item]:
        """List who is at a stage: items and tokens, but for items that wait for their tokens."""
        here = [item for item in self.inside.values() if item.row != NONE]
        return sorted(here, key=lambda item: item.among)


def run(
    model: Model, items: Items, *, seed: int, replication: int, drain: bool = False, limit: int | None = None
) -> Outcome:
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
    limit
        Where items go round: let no more arrive than so many in all.

    Raises
    ------
    BudgetError
        Where work goes in a circle, without effort or delay or too often, or the calendars end.
    DeadlockError
        Where, draining, nothing can move any more although work is inside.
    """
    env = Environment(initial_time=0)
    floor = Floor(env, model, items, Draws(model, items, seed=seed, replication=replication), limit)
    floor.begin(floor.arrivals())
    for number, phase in enumerate(model.phases[1:], start=1):
        if drain or phase.since < model.until:
            floor.last_phase = number
            floor.call(phase.since, CHANGE, partial(_change, floor, number))
    if not drain:
        floor.run(model.until, drain=False)
        return close_books(floor, model.until)
    floor.run(math.inf, drain=True)
    if floor.inside:
        raise stuck(model.labels, floor.now, [(item.index, item.stage) for item in floor.waiting()])
    return close_books(floor, floor.now + 1)


def _change(floor: Floor, phase: int, _: Event) -> None:
    floor.begin_phase(phase)
