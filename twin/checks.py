"""Find what a valid twin says but nobody can mean: people who cannot cope, work that can never end, parts unused.

Offered load of a team: expected visits per item (`twin.graph`) x items per week x mean effort, over people x working
hours per week x available share. Where several teams serve a stage, its work is split so that they are loaded as evenly
as it allows, which is the load of the busiest at its least. Holidays, delays and WIP limits do not count here.

Units: hours of working time per week of the calendar's pattern; loads are shares, 1 is all of a team's time.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.arrivals import Arrivals, Listed, Poisson, Renewal
from twin.calendars import hours_per_week, never_opens
from twin.distributions import mean
from twin.graph import LEAVE, Node, chances, expected_visits, graph, reached, trapped
from twin.instants import parse_instant, utc
from twin.people import ALWAYS, Team
from twin.spec import Twin, delays_of
from twin.units import DAY, HOUR, WEEK
from twin.work import START, EffortByTeam, Work

FULL: Final = 1.0
HIGH: Final = 0.9
MANY_VISITS: Final = 20
WILD_CV: Final = 5
HORIZON: Final = 3 * 365 * DAY
"""A calendar without an opening for this long counts as never open."""
SWEEPS: Final = 200
SETTLED: Final = 1e-9

Floats = NDArray[np.float64]


class Finding(NamedTuple):
    """What is wrong with a valid twin.

    An error means that work can never finish: such a twin is not run. A warning leaves the decision to the person.
    """

    level: Literal["error", "warning"]
    path: str  # names joined by dots
    message: str


class Flow(NamedTuple):
    """How one work type moves."""

    work: str
    nodes: tuple[Node, ...]
    reached: tuple[int, ...]  # nodes an item can come to
    trapped: tuple[int, ...]  # of these, those from which it never leaves
    items: float  # arriving per week
    visits: Floats  # (nodes,) per item; infinite where it never leaves


def findings(twin: Twin) -> tuple[Finding, ...]:
    """List what is wrong with a valid twin, errors first."""
    moving = flows(twin)
    found = [
        *_endless(moving),
        *_unserved(twin, moving),
        *_calendars(twin),
        *_loads(twin, moving),
        *_unused(twin, moving),
        *_limits(twin, moving),
        *_handoffs(twin, moving),
        *_wild(moving),
    ]
    return tuple(sorted(found, key=lambda finding: finding.level))


def flows(twin: Twin) -> tuple[Flow, ...]:
    """Follow every work type through the twin, on average."""
    found = []
    for name, work in twin.work.items():
        nodes = graph(work)
        found.append(
            Flow(name, nodes, reached(nodes), trapped(nodes), _items_per_week(twin, work), expected_visits(nodes))
        )
    return tuple(found)


def loads(twin: Twin) -> Mapping[str, float]:
    """Give the offered load of every team as a share of its time; infinite where nobody is there for its work."""
    return _team_loads(twin, flows(twin))


# --- load -------------------------------------------------------------------------------------------------------------


def _items_per_week(twin: Twin, work: Work) -> float:
    arrivals: Arrivals = work.arrivals
    match arrivals:
        case Poisson(rate=rate):
            return rate
        case Renewal(gap=gap):
            return WEEK / mean(gap)
        case Listed(at=at):
            last = max(utc(parse_instant(text), twin.clock.zone) for text in at)
            return len(at) / max((last - twin.start).total_seconds() * 1000 / WEEK, 1)
        case _:
            return 0.0


def _capacities(twin: Twin) -> dict[str, float]:
    """Count the working hours per week that each team has for this twin's work."""
    hours = {name: hours_per_week(calendar) for name, calendar in twin.calendars.items()} | {ALWAYS: WEEK / HOUR}
    return {
        name: sum(group.count * (group.available or 0) * hours[group.calendar or ALWAYS] for group in team.groups())
        for name, team in twin.teams.items()
    }


def _team_loads(twin: Twin, moving: tuple[Flow, ...]) -> dict[str, float]:
    capacity = _capacities(twin)
    stages = {}
    for stage, work in _stage_hours(twin, moving).items():
        able = {team: effort / capacity[team] for team, effort in work.items() if capacity[team]}
        stages[stage] = able or dict.fromkeys(work, np.inf)
    return _spread(stages, list(twin.teams))


def _stage_hours(twin: Twin, moving: tuple[Flow, ...]) -> dict[str, dict[str, float]]:
    """Add up hours of work per week at each stage, for each team as if it did all of it."""
    hours: dict[str, dict[str, float]] = {name: {} for name in twin.stages}
    for flow in moving:
        if flow.trapped or not flow.items:
            continue
        for node, visits in zip(flow.nodes, flow.visits.tolist(), strict=True):
            teams = twin.stages[node.stage].served_by() if node.stage != START else ()
            for team in teams:
                by_team = isinstance(node.effort, EffortByTeam)
                effort = mean(node.effort.teams[team] if by_team else node.effort) / HOUR
                here = hours[node.stage]
                here[team] = here.get(team, 0.0) + (visits * flow.items * effort if visits * effort else 0.0)
    return {stage: {team: value for team, value in work.items() if value} for stage, work in hours.items() if work}


def _spread(stages: Mapping[str, Mapping[str, float]], teams: list[str]) -> dict[str, float]:
    """Split each stage's load over its teams, stage by stage, until all are as even as they can be."""
    load = dict.fromkeys(teams, 0.0)
    parts: dict[str, dict[str, float]] = {}
    for stage, whole in stages.items():
        parts[stage] = {team: each / len(whole) for team, each in whole.items()}
        for team, part in parts[stage].items():
            load[team] += part
    shared = {stage: whole for stage, whole in stages.items() if len(whole) > 1}
    for _ in range(SWEEPS if shared else 0):
        moved = 0.0
        for stage, whole in shared.items():
            others = {team: load[team] - parts[stage][team] for team in whole}
            for team, part in _levelled(others, whole).items():
                moved = max(moved, abs(part - parts[stage][team]))
                parts[stage][team], load[team] = part, others[team] + part
        if moved < SETTLED:
            break
    return load


def _levelled(others: Mapping[str, float], whole: Mapping[str, float]) -> dict[str, float]:
    """Pour one stage's load on top of the others' like water: `whole` is a team's load if it did all of it."""
    weight = weighted = 0.0
    level = np.inf
    for team in sorted(whole, key=lambda each: others[each]):
        if level <= others[team]:
            break
        weight += 1 / whole[team]
        weighted += others[team] / whole[team]
        level = (1 + weighted) / weight
    return {team: max(0.0, level - others[team]) for team in whole}


def _loads(twin: Twin, moving: tuple[Flow, ...]) -> Iterator[Finding]:
    capacity = _capacities(twin)
    for team, load in _team_loads(twin, moving).items():
        if HIGH <= load < np.inf:
            hours = f"{load * capacity[team]:.4g} h of work a week for {capacity[team]:.4g} h of people"
            means = (
                "its queue grows without end" if load > FULL else "waiting is long and uncertain this close to 100 %"
            )
            yield Finding("warning", f"teams.{team}", f"offered load {load * 100:.4g} % ({hours}): {means}")


# --- work that can never end ------------------------------------------------------------------------------------------


def _endless(moving: tuple[Flow, ...]) -> Iterator[Finding]:
    for flow in moving:
        if flow.trapped:
            circle = " -> ".join(_circle(flow))
            yield Finding("error", f"work.{flow.work}", f"items can never leave: {circle}")


def _circle(flow: Flow) -> list[str]:
    """Follow the likeliest way from a node that nothing leaves until a node comes again."""
    matrix = chances(flow.nodes)
    way = [flow.trapped[0]]
    while way[-1] not in way[:-1]:
        way.append(int(matrix[way[-1]].argmax()))
    return [flow.nodes[index].stage for index in way[way.index(way[-1]) :]]


def _stages_used(twin: Twin, moving: tuple[Flow, ...]) -> set[str]:
    entered = {flow.nodes[index].stage for flow in moving for index in flow.reached}
    return (entered | {entry.stage for entry in twin.inside}) - {START}


def _unserved(twin: Twin, moving: tuple[Flow, ...]) -> Iterator[Finding]:
    for stage in sorted(_stages_used(twin, moving)):
        teams = twin.stages[stage].served_by()
        if any(_people(twin.teams[team]) for team in teams):
            continue
        why = f"{' and '.join(teams)}: no people, or none available" if teams else "its list of teams is empty"
        yield Finding("error", f"stages.{stage}", f"nobody serves this stage ({why}), so its work can never end")


def _people(team: Team) -> int:
    return sum(group.count for group in team.groups() if group.available)


# --- calendars --------------------------------------------------------------------------------------------------------


def _calendars(twin: Twin) -> Iterator[Finding]:
    used = {group.calendar for team in twin.teams.values() for group in team.groups()}
    used |= {delay.calendar for _, delay in delays_of(twin)}
    for name, calendar in twin.calendars.items():
        path = f"calendars.{name}"
        may_close = bool(calendar.holidays or calendar.closed)
        if may_close and never_opens(calendar, zone=twin.clock.zone, start=twin.start, until=HORIZON):
            yield Finding("error", path, "never opens in the first three years, so work can never finish")
        if name not in used:
            yield Finding("warning", path, "no team and no delay uses it")


# --- parts that do nothing, or not what was meant ---------------------------------------------------------------------


def _unused(twin: Twin, moving: tuple[Flow, ...]) -> Iterator[Finding]:
    used = _stages_used(twin, moving)
    for stage in twin.stages:
        if stage not in used:
            yield Finding("warning", f"stages.{stage}", "no work ever comes here")
    serving = {team for stage in twin.stages.values() for team in stage.served_by()}
    for team in twin.teams:
        if team not in serving:
            yield Finding("warning", f"teams.{team}", "serves no stage")


def _limits(twin: Twin, moving: tuple[Flow, ...]) -> Iterator[Finding]:
    inside: dict[str, int] = {}
    for entry in twin.inside:
        inside[entry.stage] = inside.get(entry.stage, 0) + entry.count
    for name, stage in twin.stages.items():
        limit, path = stage.wip_limit, f"stages.{name}.wip_limit"
        if limit is None:
            continue
        if inside.get(name, 0) > limit:
            yield Finding("warning", path, f"{inside[name]} items are here at the start, above the limit of {limit}")
        only_here = [team for team in stage.served_by() if _serves(twin, team) == {name}]
        people = sum(_people(twin.teams[team]) for team in only_here)
        if people > limit:
            yield Finding(
                "warning", path, f"a limit of {limit} keeps {people - limit} of {people} people idle for good"
            )
    limited = {name for name, stage in twin.stages.items() if stage.wip_limit is not None}
    for circle in _circles(_ways(moving), limited):
        told = ", ".join(circle)
        yield Finding(
            "warning",
            f"stages.{circle[0]}.wip_limit",
            f"items go round between {told}, all with limits: they can block each other",
        )


def _serves(twin: Twin, team: str) -> set[str]:
    return {name for name, stage in twin.stages.items() if team in stage.served_by()}


def _ways(moving: tuple[Flow, ...]) -> set[tuple[str, str]]:
    """List the pairs of stages between which items pass."""
    pairs = set()
    for flow in moving:
        for index in flow.reached:
            node = flow.nodes[index]
            edges = [edge.target for edge in node.edges if edge.share and edge.target != LEAVE]
            if node.back is not None and node.rework and node.rework.chance:
                edges.append(node.back.target)
            pairs |= {(node.stage, flow.nodes[target].stage) for target in edges}
    return pairs


def _circles(ways: set[tuple[str, str]], within: set[str]) -> list[list[str]]:
    """List the groups of stages from each of which items can come to every other without leaving the group."""
    onward = {stage: {b for a, b in ways if a == stage and b in within} for stage in sorted(within)}

    @cache
    def after(stage: str) -> frozenset[str]:
        seen: set[str] = set()
        waiting = [stage]
        while waiting:
            new = onward[waiting.pop()] - seen
            seen |= new
            waiting.extend(new)
        return frozenset(seen)

    groups = {tuple(s for s in onward if s in after(stage) and stage in after(s)) for stage in onward}
    return sorted(list(group) for group in groups if len(group) > 1)


def _handoffs(twin: Twin, moving: tuple[Flow, ...]) -> Iterator[Finding]:
    passing: set[tuple[str, str]] = set()
    for source, target in _ways(moving):
        givers = twin.stages[source].served_by() if source != START else ()
        passing |= set(product(givers, twin.stages[target].served_by()))
    seen: set[tuple[str, str]] = set()
    for index, handoff in enumerate(twin.handoffs):
        pair, path = (handoff.source, handoff.target), f"handoffs.{index}"
        if pair not in passing:
            yield Finding("warning", path, f"no item passes from {handoff.source} to {handoff.target}")
        if pair in seen:
            yield Finding("warning", path, f"{handoff.source} to {handoff.target} is written twice; this one holds")
        seen.add(pair)


def _wild(moving: tuple[Flow, ...]) -> Iterator[Finding]:
    for flow in moving:
        nodes = zip(flow.nodes, flow.visits.tolist(), strict=True)
        for stage, visits in sorted({(node.stage, v) for node, v in nodes if MANY_VISITS < v < np.inf}):
            yield Finding("warning", f"work.{flow.work}", f"an item comes to {stage} {visits:.0f} times on average")
        for index in flow.reached:
            efforts = flow.nodes[index].effort
            each = efforts.teams.values() if isinstance(efforts, EffortByTeam) else [efforts]
            cv = max((getattr(effort, "cv", 0) for effort in each), default=0)
            if cv > WILD_CV:
                told = f"effort at {flow.nodes[index].stage} varies wildly (cv {cv:g}): a few items decide every mean"
                yield Finding(
                    "warning", f"work.{flow.work}", f"{told}; ask for p50 or p85, and expect many replications"
                )
