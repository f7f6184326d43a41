"""A model as the arrays that the kernel reads: one `Phase` for each plan, and what all phases share.

Calendars and tables of all phases stand in one list each, so that people can finish by the hours before a dated change.
Ranks are the priorities of all phases in order, 0 (all alike) among them.
"""

from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from twin.blocking import Obstacles
from twin.calendars import Timeline
from twin.engine.kernel import limiting
from twin.engine.kernel.arrays import (
    CALENDAR,
    CREW,
    EDGE,
    FOREVER,
    HAND,
    INTERVAL,
    NODE,
    PERSON,
    TEAM,
    Floats,
    FlowHall,
    Ints,
    Names,
    Phase,
    Records,
)  # fmt: skip
from twin.engine.kernel.flow import Most, lay_flow_out, most, open_flow
from twin.engine.kernel.staffing import first_hands, had_columns, staff_of_run
from twin.eventlog import PLACE_BITS
from twin.limiting import go_round
from twin.plan import NONE, Model, Plan
from twin.timelines import timeline_of


class Crews(NamedTuple):
    """What a phase says of every crew of the run; arrays of shape (crews,)."""

    people: Ints
    calendar: Ints  # NONE: the crew is not in this phase and keeps its hours
    stretch: Floats


class Layout(NamedTuple):
    """A model in the kernel's arrays."""

    phases: tuple[Phase, ...]
    phase_crews: tuple[Crews, ...]
    carried_rework: tuple[Ints, ...]  # per phase, (rework columns of the phase before,) column of this phase
    teams: Records
    crews: Records
    people: Records
    calendars: Records
    ranks: int
    visit_columns: int
    rework_columns: int
    flow: FlowHall
    most: Most
    rich: bool
    branched: bool
    hands: Records  # (people,) in rich twins, else none
    had_columns: tuple[int, int]  # stages and teams of which is kept who had an item
    rings: bool  # items go round between stages with limits


def lay_out(model: Model) -> Layout:
    """Lay a model out."""
    plans = [phase.plan for phase in model.phases]
    timelines = list(chain.from_iterable(plan.calendars for plan in plans))
    by_clock = len(timelines)
    if model.rich:
        whole = np.array([0]), np.array([model.calendars_end])
        timelines.append(timeline_of(*whole, since=0, until=model.calendars_end))
    calendars, intervals = _calendars(timelines)
    tables = {id(table): table for plan in plans for table in plan.tables}
    numbers = {key: number for number, key in enumerate(tables)}
    stacked = np.stack(list(tables.values())) if tables else np.zeros((1, 1))
    ranks = sorted({0, *chain.from_iterable(plan.choice.rank.ravel().tolist() for plan in plans)})
    columns, rework, carried = _visit_columns(model), *_rework_columns(model)
    bases = np.cumsum([0, *(len(plan.calendars) for plan in plans)]).tolist()
    teams, crews, people = _teams(model)
    return Layout(
        tuple(
            _phase(model, number, ([numbers[id(table)] for table in plan.tables], bases[number]), ranks)._replace(
                nodes=_nodes(plan, columns[number], rework[number]), intervals=intervals, tables=stacked,
                staff=staff_of_run(plan, crews, [numbers[id(table)] for table in plan.tables]), by_clock=by_clock,
            )
            for number, plan in enumerate(plans)
        ),
        tuple(_crews(plan, crews, base) for plan, base in zip(plans, bases, strict=False)),
        carried, teams, crews, people, calendars, len(ranks),
        1 + max((int(column.max(initial=0)) for column in columns), default=0),
        1 + max((int(column.max(initial=NONE)) for column in rework), default=0),
        open_flow(model), most(model), model.rich, model.rich or model.branched,
        first_hands(plans[0], crews, people) if model.rich else np.zeros(0, HAND).view(np.recarray),
        had_columns(plans, 1 + max((int(column.max(initial=0)) for column in columns), default=0)),
        any(go_round(plan.limits, np.flatnonzero(plan.stage_limit).tolist()) for plan in plans),
    )  # fmt: skip


def name(model: Model, *, seed: int, replication: int) -> Names:
    """Lay out what the random numbers of a replication are named by."""
    places = [replication << 32 | code for code in (0, *model.stage_codes)]
    works = [code << 32 for code in model.work_codes]
    return Names(np.uint64(seed), np.array(places, np.uint64), np.array(works, np.uint64))


def _phase(model: Model, number: int, shared: tuple[list[int], int], ranks: list[int]) -> Phase:
    """Lay a plan out, with the numbers of its tables and its first calendar among all; the rest is put in later."""
    plan, (tables, calendar) = model.phases[number].plan, shared
    of_table = np.array([*tables, NONE], np.int64)  # NONE is last
    edges = np.zeros(plan.edges.target.size, EDGE)
    for field, values in plan.edges._asdict().items():
        edges[field] = values
    for field in ("external", "handoff"):
        edges[field] = of_table[edges[field]]
        edges[f"{field}_calendar"] += np.where(edges[f"{field}_calendar"] >= 0, calendar, 0).astype(np.int64)
    effort = np.full((plan.nodes.stage.size, max(1, len(model.labels.teams))), NONE, np.int64)
    for stage, teams in enumerate(plan.stage_teams):
        here = np.flatnonzero(plan.nodes.stage == stage)
        for column, team in enumerate(teams):
            effort[here, team] = of_table[plan.nodes.effort[here, column]]
    empty: Any = np.zeros(0)
    limits, gates, leaving = limiting.lay_out(plan, len(model.labels.stages), of_table, rich=model.rich)
    return Phase(
        nodes=empty,
        edges=edges.view(np.recarray),
        effort=effort,
        entry=plan.work_entry.astype(np.int64),
        rank=_ranks(plan, ranks),
        limit=plan.stage_limit.copy(),
        **dict(zip(("first_team", "stage_team"), _lists(plan.stage_teams), strict=True)),
        **dict(zip(("first_stage", "team_stage"), _lists(plan.team_stages), strict=True)),
        intervals=empty,
        tables=empty,
        choice=plan.choice,
        limits=limits,
        gates=gates,
        leaving=leaving,
        staff=plan.staff,
        by_clock=NONE,
        flow=lay_flow_out(plan, of_table, rich=model.rich, branched=model.branched),
        obstacles=Obstacles(of_table[plan.obstacles.gap], of_table[plan.obstacles.lasting], *plan.obstacles[2:]),
        rich=(1,) if model.rich else (),
        branched=(1,) if model.rich or model.branched else (),
    )


def _lists(groups: Sequence[Sequence[int]]) -> tuple[Ints, Ints]:
    """Lay lists end to end, as where each begins and what they hold."""
    first = np.cumsum([0, *(len(group) for group in groups)]).astype(np.int64)
    return first, np.array([*chain.from_iterable(groups)], np.int64)


def _ranks(plan: Plan, ranks: list[int]) -> Ints:
    """Give the place of each work type's rank at each stage among all ranks."""
    return np.searchsorted(ranks, plan.choice.rank).astype(np.int64)


def _nodes(plan: Plan, columns: Ints, rework: Ints) -> Records:
    nodes = np.zeros(plan.nodes.stage.size, NODE)
    for field in ("stage", "rework_chance", "rework_limit", "rework_edge"):
        nodes[field] = getattr(plan.nodes, field)
    nodes["first_edge"], nodes["last_edge"] = plan.nodes.first_edge[:-1], plan.nodes.first_edge[1:]
    nodes["column"], nodes["rework_column"] = columns, rework
    return nodes.view(np.recarray)


def _visit_columns(model: Model) -> list[Ints]:
    """Count the stages of each work type off, the same through all phases; per phase and node."""
    known: list[dict[int, int]] = [{} for _ in model.labels.works]
    columns = []
    for phase in model.phases:
        stages, entries = phase.plan.nodes.stage.tolist(), set(phase.plan.work_entry.tolist())
        work_at = {int(entry): work for work, entry in enumerate(phase.plan.work_entry) if entry != NONE}
        column, work = [], 0
        for node, stage in enumerate(stages):
            work = work_at[node] if node in entries else work
            column.append(known[work].setdefault(stage, len(known[work])) if stage != NONE else 0)
        columns.append(np.array(column, np.int64))
    return columns


def _rework_columns(model: Model) -> tuple[list[Ints], tuple[Ints, ...]]:
    """Count the nodes off at which rework has been counted, in this phase or in one before."""
    columns: list[Ints] = []
    carried: list[Ints] = []
    before = np.zeros(0, np.int64)
    for phase in model.phases:
        counted = phase.plan.nodes.rework_limit > 0
        kept = phase.carried[before]
        counted[kept] = True
        column = np.where(counted, np.cumsum(counted) - 1, NONE).astype(np.int64)
        columns.append(column)
        carried.append(column[kept])
        before = np.flatnonzero(counted).astype(np.int64)
    return columns, tuple(carried)


def _calendars(timelines: list[Timeline]) -> tuple[Records, Records]:
    """Lay calendars end to end, each with a last interval that never opens."""
    calendars = np.zeros(len(timelines), CALENDAR)
    intervals = np.zeros(sum(timeline.opens.size + 1 for timeline in timelines), INTERVAL)
    first = 0
    for number, timeline in enumerate(timelines):
        last = first + timeline.opens.size
        calendars[number] = (first, last, first)
        mine = intervals[first : last + 1]
        mine["open"][:-1], mine["close"][:-1], mine["worked"][:-1] = timeline.opens, timeline.closes, timeline.worked
        mine[-1] = (0, FOREVER, FOREVER, (timeline.closes - timeline.opens).sum())
        mine["before"][0], mine["before"][1:] = -FOREVER, timeline.closes
        first = last + 1
    return calendars.view(np.recarray), intervals.view(np.recarray)


def _teams(model: Model) -> tuple[Records, Records, Records]:
    """Make room for every crew and person of any phase."""
    most: dict[tuple[int, int], int] = {}
    for phase in model.phases:
        rows = phase.plan.crews
        for team, group, people in zip(rows.team.tolist(), rows.group.tolist(), rows.people.tolist(), strict=True):
            most[team, group] = max(most.get((team, group), 0), people)
    keys = sorted(most)
    crews, teams = np.zeros(len(keys), CREW), np.zeros(len(model.labels.teams), TEAM)
    crews["team"] = [team for team, _ in keys]
    crews["group"] = [group << PLACE_BITS for _, group in keys]
    crews["front"] = crews["back"] = NONE
    crews["stretch"] = 1.0
    crews["first"] = np.cumsum([0, *(most[key] for key in keys)])[:-1]
    teams["first_crew"], teams["last_crew"] = (
        np.searchsorted(crews["team"], np.arange(teams.size), side) for side in ("left", "right")
    )
    people = np.zeros(sum(most.values()), PERSON)
    people["earlier"] = people["next"] = NONE
    return teams.view(np.recarray), crews.view(np.recarray), people.view(np.recarray)


def _crews(plan: Plan, crews: Records, base: int) -> Crews:
    """Say for every crew of the run what a plan says of it."""
    rows = {key: row for row, key in enumerate(zip(plan.crews.team.tolist(), plan.crews.group.tolist(), strict=True))}
    people, calendar, stretch = np.zeros(crews.size, np.int64), np.full(crews.size, NONE, np.int64), np.ones(crews.size)
    for number, (team, group) in enumerate(zip(crews.team.tolist(), crews.group.tolist(), strict=True)):
        row = rows.get((team, group >> PLACE_BITS))
        if row is not None:
            people[number], stretch[number] = plan.crews.people[row], plan.crews.stretch[row]
            calendar[number] = base + plan.crews.calendar[row]
    return Crews(people, calendar, stretch)
