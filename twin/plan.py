"""A twin as flat arrays, and the names behind them.

`compile_model` turns one twin, or a twin with dated changes, into what an engine runs: per phase a `Plan` of arrays in
which everything is an index, the demand (`twin.demand`), and `Labels`. Both engines read the same arrays, interpolate
the same quantile tables and draw under the same names; nothing here depends on a seed.
Units: ticks (milliseconds) since the model's start; shares 0 to 1.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.blocking import Obstacles, obstacles
from twin.branching import Branching, branches_anywhere, branching
from twin.breeding import Breeding, breeding, depends_on_others, same_waits
from twin.calendars import Timeline
from twin.choosing import Choice, choice, uses_choice
from twin.crews import Crews, Spells, crews_of, int_columns
from twin.demand import INSIDE_NUMBER, Intake, Items
from twin.effort import Delay, EffortByTeam
from twin.errors import BudgetError, InputError, Problem
from twin.eventlog import Labels
from twin.gating import Gates, gates_of
from twin.graph import FORK, LEAVE, NOWHERE, SWITCH, Edge, Node, handoff_delays
from twin.intake import intakes
from twin.joining import with_joining
from twin.leaving import Leaving, leaving_of
from twin.limiting import Limits, Way, limits_of, uses_limits, ways_of
from twin.machines import with_machines
from twin.occasional import Followers
from twin.plan_tables import ELAPSED, NONE, Floats, PlanTables
from twin.releases import Frame
from twin.rota import attendances
from twin.routing import graph
from twin.rows import check_fits
from twin.spec import Twin
from twin.staffing import Special, Staff, special_teams, staff
from twin.streams import name_hash
from twin.units import DAY
from twin.work import START

__all__ = [
    "ELAPSED", "NONE", "SLACK", "Crews", "Edges", "Floats", "Ints", "Model", "Nodes", "Phase", "Plan", "Spells",
    "compile_model",
]  # fmt: skip

SLACK: Final = 3 * 365 * DAY
"""Calendars are laid out this far beyond the horizon, so that work begun before it has an end."""

Ints = NDArray[np.int32]


class Nodes(NamedTuple):
    """Where items can be, all work types together."""

    stage: Ints  # (nodes,) NONE at an entry
    effort: Ints  # (nodes, most teams at a stage) table, by team in the order of stage_teams; NONE for none
    rework_chance: Floats  # (nodes,)
    rework_limit: NDArray[np.int64]  # (nodes,) 0 for none
    rework_edge: Ints  # (nodes,) the way back, an edge behind those of the nodes; NONE for none
    first_edge: Ints  # (nodes + 1,)


class Edges(NamedTuple):
    """Ways between nodes; every array has shape (edges,)."""

    cumulative: Floats  # cumulative shares within a node, the last is 1
    target: Ints  # node or LEAVE
    external: Ints  # table or NONE
    external_calendar: Ints  # calendar or ELAPSED
    handoff: Ints  # table or NONE
    handoff_calendar: Ints  # calendar or ELAPSED


class Plan(NamedTuple):
    """One phase of a twin as arrays."""

    team_stages: tuple[tuple[int, ...], ...]  # (teams,) stages each team serves
    stage_limit: NDArray[np.int64]  # (stages,) WIP limit, 0 for none
    stage_teams: tuple[tuple[int, ...], ...]  # (stages,) teams that serve it, in order
    work_entry: Ints  # (works,) entry node, NONE where the phase does not know the type
    crews: Crews
    spells: Spells
    staff: Staff
    nodes: Nodes
    edges: Edges
    limits: Limits
    gates: Gates
    leaving: Leaving
    tables: tuple[Floats, ...]  # quantile tables
    calendars: tuple[Timeline, ...]
    followers: tuple[Followers, ...]  # which of the calendars have occasional shifts
    branching: Branching
    breeding: Breeding
    obstacles: Obstacles
    choice: Choice


class Phase(NamedTuple):
    """A plan and when it begins to hold."""

    since: int  # tick
    plan: Plan
    carried: Ints  # (nodes of the phase before,) node of this phase where an item goes on


class Model(NamedTuple):
    """All an engine needs but a seed."""

    labels: Labels
    stage_codes: tuple[int, ...]  # 32-bit names, by stage
    work_codes: tuple[int, ...]  # 32-bit names, by work type
    phases: tuple[Phase, ...]
    intakes: tuple[Intake, ...]
    inside: Items
    until: int  # arrivals stop and the run ends here, in ticks
    calendars_end: int  # calendars are known until here
    rich: bool = False  # uses what plain twins need not pay for
    branched: bool = False  # is plain, but that ways branch or a visit takes a share of its effort

    @property
    def kind(self) -> str:
        """Name what the engines have to know of it."""
        return "rich" if self.rich else "branched" if self.branched else "plain"


def compile_model(
    twin: Twin, *, until: int, changes: tuple[tuple[datetime, Twin], ...] = (), start: datetime | None = None
) -> Model:
    """Turn a twin into arrays.

    Parameters
    ----------
    twin
        The twin in force at the start.
    until
        Horizon in ticks.
    changes
        Twins that take over later, each from its instant (UTC).
    start
        UTC instant of tick 0; the twin's own, if left out.

    Raises
    ------
    InputError
        Where two names share a code, or a later twin no longer knows where an item is.
    """
    begin = (start or twin.start).astimezone(UTC)
    spans = [(0, twin), *((max(0, _ticks(at, begin)), later) for at, later in sorted(changes, key=lambda c: c[0]))]
    spans = [
        (since, with_machines(each)) for since, each in dict(spans).items()
    ]  # of changes at one instant, or not after the start, the last one holds
    twins = [each for _, each in spans]
    labels = Labels(
        begin,
        twin.clock.zone,
        _union([each.work for each in twins]),
        _union([each.stages for each in twins]),
        _union([each.teams for each in twins]),
    )
    check_fits(labels, until + SLACK)
    stage_codes, work_codes = _codes(labels.stages, "stage"), _codes(labels.works, "work type")
    end = until + SLACK
    special = special_teams(twins)
    phases: list[Phase] = []
    nodes_before: list[tuple[str, Node]] = []
    ways: dict[Way, None] = {}
    for since, each in with_joining(spans, begin, twin.clock.zone):
        nodes = _nodes(each, labels)
        ways |= dict.fromkeys(ways_of(nodes, START))
        plan = _plan(each, labels, nodes, ways, end, special)
        phases.append(Phase(since, plan, _carried(nodes_before, nodes)))
        nodes_before = nodes
    if any(not same_waits(phase.plan.breeding, phases[0].plan.breeding) for phase in phases):
        raise InputError(Problem("a dated change cannot change what a work type waits for (after)", "work"))
    first_nodes = _shortest_paths(_nodes(twins[0], labels))
    branched = any(branches_anywhere(phase.plan.branching) for phase in phases)
    rich = bool(special.teams) or any(uses_choice(each) or uses_limits(each) for each in twins)
    rich = rich or any(_is_rich(phase.plan, branched=branched) for phase in phases)
    return Model(
        labels, stage_codes, work_codes, tuple(phases), intakes(spans, labels, work_codes, until),
        _inside(twins[0], labels, first_nodes), until, end, rich, branched and not rich,
    )  # fmt: skip


def _is_rich(plan: Plan, *, branched: bool) -> bool:
    """Tell whether visits are blocked, items depend on others, or their branches on places."""
    blocked, limited = bool((plan.obstacles.gap != NONE).any()), bool(plan.stage_limit.any())
    return blocked or depends_on_others(plan.breeding) or (branched and limited)


def _ticks(at: datetime, begin: datetime) -> int:
    return round((at.astimezone(UTC) - begin).total_seconds() * 1000)


def _union(groups: list[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for group in groups for name in group))


def _codes(names: tuple[str, ...], noun: str) -> tuple[int, ...]:
    """Give every name its 32-bit code, under which its random numbers are drawn."""
    seen: dict[int, str] = {}
    for name in names:
        other = seen.setdefault(name_hash(name), name)
        if other != name:
            raise InputError(Problem(f"{noun} {name!r} would share its random numbers with {other!r}; rename one"))
    return tuple(name_hash(name) for name in names)


def _nodes(twin: Twin, labels: Labels) -> list[tuple[str, Node]]:
    return [(name, node) for name in labels.works if name in twin.work for node in graph(twin.work[name])]


def _shortest_paths(nodes: list[tuple[str, Node]]) -> dict[tuple[str, str], int]:
    """Give the node with the least memory of each work type at each stage."""
    best: dict[tuple[str, str], int] = {}
    for index, (work, node) in enumerate(nodes):
        if node.branch:
            continue  # an item cannot be in one branch alone
        other = best.setdefault((work, node.stage), index)
        if len(node.name) < len(nodes[other][1].name):
            best[work, node.stage] = index
    return best


def _carried(before: list[tuple[str, Node]], now: list[tuple[str, Node]]) -> Ints:
    """Find for each node of the phase before the node of this phase with the longest common recent path."""
    known: dict[tuple[str, int, tuple[str, ...]], int] = {}
    for index, (work, node) in enumerate(now):
        known.setdefault((work, node.branch, node.name), index)
    for index, (work, node) in enumerate(now):
        for first in range(1, len(node.name)):
            known.setdefault((work, node.branch, node.name[first:]), index)
    found = []
    for work, node in before:
        ends = [(work, node.branch, node.name[first:]) for first in range(len(node.name))]
        ends.append((work, node.branch, (node.stage,)))  # a state that is no more: the stage that it was a name of
        match = next((known[end] for end in ends if end in known), None)
        if match is None and node.kind in {FORK, SWITCH}:
            match = 0  # where no item ever stays
        if match is None:
            what = f"takes {node.stage!r} out of" if node.stage != NOWHERE else "changes the parallel branches on"
            raise InputError(Problem(f"a dated change {what} the way of {work!r}, where items may be", f"work.{work}"))
        found.append(match)
    return np.array(found, np.int32)


def _plan(
    twin: Twin, labels: Labels, nodes: list[tuple[str, Node]], ways: Iterable[Way], end: int, special: Special
) -> Plan:
    tables = PlanTables(twin, labels, end)
    frame = Frame(labels.start, twin.start, labels.zone)
    there = {name: attendances(twin, name, frame, tables.laid_out) for name in labels.teams}
    served = [twin.stages[name].served_by() if name in twin.stages else () for name in labels.stages]
    team_number = {name: index for index, name in enumerate(labels.teams)}
    stage_teams = tuple(tuple(team_number[team] for team in teams) for teams in served)
    firsts = _firsts(nodes)
    back, edges = _edges(nodes, twin, firsts, tables)
    bred = breeding(twin, labels, nodes, tables.table)
    held_up = obstacles(twin.stages, labels.stages, tables.table)
    return Plan(
        tuple(
            tuple(stage for stage, teams in enumerate(stage_teams) if team in teams) for team in team_number.values()
        ),
        np.array([twin.stages[s].wip_limit or 0 if s in twin.stages else 0 for s in labels.stages], np.int64),
        stage_teams,
        np.array([firsts.get(name, NONE) for name in labels.works], np.int32),
        *crews_of(labels, there, tables),
        staff(twin, labels, tables, special, [(name, each.alike) for name in labels.teams for each in there[name]]),
        _laid_nodes(nodes, labels, served, tables, back),
        edges,
        limits_of(twin, labels, ways),
        gates_of(twin, labels, end),
        leaving_of(twin, labels, nodes, tables.table),
        tuple(tables.tables),
        tuple(tables.timelines),
        tables.followers(),
        branching(nodes),
        bred,
        held_up,
        choice(twin, labels),
    )


def _firsts(nodes: list[tuple[str, Node]]) -> dict[str, int]:
    """Give the number of each work type's first node, its entry."""
    firsts: dict[str, int] = {}
    for index, (work, _) in enumerate(nodes):
        firsts.setdefault(work, index)
    return firsts


def _laid_nodes(
    nodes: list[tuple[str, Node]], labels: Labels, served: list[tuple[str, ...]], tables: PlanTables, back: list[int]
) -> Nodes:
    stage_number = {name: index for index, name in enumerate(labels.stages)}
    stages = np.array([stage_number.get(node.stage, NONE) for _, node in nodes], np.int32)
    efforts = np.full((len(nodes), max([1, *(len(teams) for teams in served)])), NONE, np.int32)
    for index, (_, node) in enumerate(nodes):
        for column, team in enumerate(served[stages[index]] if stages[index] != NONE else ()):
            effort = node.effort.teams[team] if isinstance(node.effort, EffortByTeam) else node.effort
            efforts[index, column] = tables.table(effort)
    chance = np.array([node.rework.chance if node.rework else 0.0 for _, node in nodes])
    limit = np.array([(node.rework.limit or 0) if node.rework else 0 for _, node in nodes], np.int64)
    first_edge = np.cumsum([0, *(len(node.edges) for _, node in nodes)]).astype(np.int32)
    return Nodes(stages, efforts, chance, limit, np.array(back, np.int32), first_edge)


def _edges(
    nodes: list[tuple[str, Node]], twin: Twin, firsts: dict[str, int], tables: PlanTables
) -> tuple[list[int], Edges]:
    """Lay out the edges of all nodes and, behind them, the ways back; gives each node's way back as well."""
    cumulative: list[float] = []
    rows: list[tuple[int, int, int, int, int]] = []
    handoffs = handoff_delays(twin)
    for work, node in nodes:
        shares = np.cumsum([edge.share for edge in node.edges])
        cumulative.extend((shares / shares[-1]).tolist())
        rows.extend(_edge(edge, (work, node), nodes, firsts, twin, handoffs, tables) for edge in node.edges)
    back = []
    for work, node in nodes:
        back.append(NONE if node.back is None else len(rows))
        if node.back is not None:
            cumulative.append(1.0)
            rows.append(_edge(node.back, (work, node), nodes, firsts, twin, handoffs, tables))
    target, external, external_calendar, handoff, handoff_calendar = int_columns(rows, 5)
    return back, Edges(np.array(cumulative), target, external, external_calendar, handoff, handoff_calendar)


def _edge(
    edge: Edge,
    origin: tuple[str, Node],
    nodes: list[tuple[str, Node]],
    firsts: dict[str, int],
    twin: Twin,
    handoffs: dict[tuple[str, str], Delay],
    tables: PlanTables,
) -> tuple[int, int, int, int, int]:
    if edge.target == LEAVE:
        return LEAVE, NONE, ELAPSED, NONE, ELAPSED
    work, node = origin
    number = firsts[work] + edge.target
    if nodes[number][1].stage == NOWHERE:
        return number, NONE, ELAPSED, NONE, ELAPSED
    taker = twin.stages[nodes[number][1].stage].served_by()[0]
    origin_stage = edge.giver or node.stage
    giver = twin.stages[origin_stage].served_by()[0] if origin_stage in twin.stages else None
    handoff = handoffs.get((giver, taker)) if giver is not None else None
    return number, *tables.delay(edge.delay, taker), *tables.delay(handoff, taker)


def _inside(twin: Twin, labels: Labels, nodes: dict[tuple[str, str], int]) -> Items:
    """Lay out the items in the system at the start, oldest first within an entry of the file."""
    rows: list[tuple[int, int, int]] = []
    for entry in twin.inside:
        work = labels.works.index(entry.work)
        node = nodes.get((entry.work, entry.stage))
        if node is None:
            raise InputError(
                Problem(f"{entry.work!r} has no way that leads through {entry.stage!r} outside its branches", "inside")
            )
        rows.extend([(-entry.age, work, node)] * entry.count)
    if len(rows) > INSIDE_NUMBER // 2:
        raise BudgetError("more items are inside at the start than a run can hold")
    table = np.array(sorted(rows, key=lambda row: row[0]), np.int64).reshape(-1, 3)
    numbers = np.zeros(len(rows), np.int64)
    for work in range(len(labels.works)):
        mine = table[:, 1] == work
        numbers[mine] = INSIDE_NUMBER + np.arange(mine.sum())
    return Items(table[:, 0].copy(), table[:, 1].astype(np.int32), numbers, table[:, 2].astype(np.int32))
