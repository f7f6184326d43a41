"""How much work comes to each team, as a share of what its people can do.

Offered load of a team: expected visits per item (`twin.graph`) x items per week x mean effort, over people x working
hours per week x available share x speed, less what interruptions and attention shared between visits take of it. Where
several teams, or people of unlike skills, serve a stage, its work is split so that they are loaded as evenly as it
allows, which is the load of the busiest at its least; a team's load is that of its busiest people. People count for the
share of the first year in which they are there, work done together as full batches. Who finishes at closing what was
begun works on for what is left of it: with always something to do E[S^2] / (2 E[S]) at each closing, S the effort of a
visit (the mean residual life of a renewal process), at most until the next opening. Holidays, delays, limits, items
that leave early, switching and ramp-up do not count here.

Items per week are the mean over a horizon, a year unless the run is known. Units: hours of working time per week of the
calendar's pattern; loads are shares, 1 is all of a team's time.
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.arrivals import Arrivals, Flowing, Listed, varies
from twin.calendars import closings_per_week, hours_per_week
from twin.children import Breeds, Children
from twin.distributions import mean, variance
from twin.effort import EffortByTeam
from twin.graph import NOWHERE, Node, expected_visits, onward, reached, trapped, whole_visits
from twin.instants import parse_instant
from twin.joining import tick_of
from twin.lineage import mean_count
from twin.machines import with_machines
from twin.occasional import expected_hours_per_week
from twin.people import ALWAYS, People, Team
from twin.rates import expected_items, items_per_week
from twin.releases import Frame
from twin.rota import share_outside_meetings, share_there
from twin.routing import graph
from twin.spec import Twin
from twin.units import HOUR, WEEK
from twin.work import START

A_YEAR: Final = 52 * WEEK
"""How far one looks where no run says its horizon."""
SWEEPS: Final = 200
SETTLED: Final = 1e-9

Floats = NDArray[np.float64]
Unit = tuple[str, tuple[tuple[str, float], ...] | None]
"""People of a team who can do the same: its name and their skills, None for all its stages."""


class Flow(NamedTuple):
    """How one work type moves."""

    work: str
    nodes: tuple[Node, ...]
    reached: tuple[int, ...]  # nodes an item can come to
    trapped: tuple[int, ...]  # of these, those from which it never leaves
    items: float  # per week, those that others bring forth included
    visits: Floats  # (nodes,) per item; infinite where it never leaves
    whole: Floats  # (nodes,) the same in whole efforts, where rework takes less

    @property
    def visits_per_item(self) -> float:
        """Count the visits of an item to all stages."""
        served = [node.stage not in {START, NOWHERE} for node in self.nodes]
        return float(self.visits[served].sum())


def flows(twin: Twin, horizon: int = A_YEAR) -> tuple[Flow, ...]:
    """Follow every work type through the twin, on average over a horizon in ticks."""
    return with_offspring(twin, arriving(twin, horizon))


def arriving(twin: Twin, horizon: int) -> tuple[Flow, ...]:
    """Follow every work type through the twin, without the items that others bring forth."""
    found = []
    for name, work in twin.work.items():
        nodes = graph(work)
        visits = expected_visits(nodes)
        items = _items_per_week(twin, work.arrivals, max(horizon, 1))
        found.append(Flow(name, nodes, reached(nodes), trapped(nodes), items, visits, whole_visits(nodes, visits)))
    return tuple(found)


def with_offspring(twin: Twin, moving: tuple[Flow, ...]) -> tuple[Flow, ...]:
    """Add the items that others bring forth to those that arrive: x = a + x M, with M the children of an item."""
    number = {flow.work: index for index, flow in enumerate(moving)}
    matrix = np.zeros((len(number), len(number)))
    for flow in moving:
        done = twin.work[flow.work].breeds
        for source, often in [*_sources(flow), *([(done, 1.0)] if done is not None else [])]:
            chance = source.chance if isinstance(source, Breeds) else 1.0
            matrix[number[flow.work], number[source.work]] += often * chance * mean_count(source.count)
    items = np.linalg.solve((np.eye(len(number)) - matrix).T, [flow.items for flow in moving])
    return tuple(flow._replace(items=float(each)) for flow, each in zip(moving, items, strict=True))


def _sources(flow: Flow) -> Iterator[tuple[Children | Breeds, float]]:
    """List what the visits of an item bring forth, and how often."""
    for node, visits in zip(flow.nodes, flow.visits.tolist(), strict=True):
        if flow.trapped:
            continue
        if node.children is not None:
            yield node.children, visits * onward(node)
        if node.breeds is not None:
            yield node.breeds, visits


def loads(twin: Twin) -> Mapping[str, float]:
    """Give the offered load of every team as a share of its time; infinite where nobody is there for its work."""
    twin = with_machines(twin)
    return team_loads(twin, flows(twin))


def items_within(twin: Twin, arrivals: Arrivals, bounds: Floats) -> Floats:
    """Give the expected number of items that arrive between each bound in ticks and the next."""
    between: Floats = np.diff(expected_items(arrivals, bounds, frame_of(twin)))
    return between


def has_trend(twin: Twin) -> bool:
    """Say whether the demand of the twin itself grows or shrinks from year to year."""
    return any(isinstance(each.arrivals, Flowing) and bool(each.arrivals.growth) for each in twin.work.values())


def without_trend(twin: Twin) -> Twin:
    """Give a twin whose demand stays as it is at its start."""
    if not has_trend(twin):
        return twin
    works = {
        name: work.model_copy(update={"arrivals": work.arrivals.model_copy(update={"growth": 0.0})})
        if isinstance(work.arrivals, Flowing)
        else work
        for name, work in twin.work.items()
    }
    return twin.model_copy(update={"work": works})


def frame_of(twin: Twin) -> Frame:
    """Say how a run's time lies in the world's where it begins with the twin's."""
    return Frame(twin.start, twin.start, twin.clock.zone)


def _items_per_week(twin: Twin, arrivals: Arrivals, horizon: int) -> float:
    if isinstance(arrivals, Flowing) and not varies(arrivals):
        return items_per_week(arrivals)
    if isinstance(arrivals, Listed):
        last = max(frame_of(twin).tick(parse_instant(text)) for text in arrivals.at)
        return len(arrivals.at) / max(last / WEEK, 1)
    return float(items_within(twin, arrivals, np.array([0.0, horizon]))[0]) * WEEK / horizon


def capacities(twin: Twin, moving: tuple[Flow, ...] = ()) -> dict[str, float]:
    """Count the hours of effort per week that each team can do, skills apart; overtime for work that moves so."""
    found = dict.fromkeys(twin.teams, 0.0)
    for (team, _), hours in _abilities(twin, moving).items():
        found[team] += hours
    return found


def _abilities(twin: Twin, moving: tuple[Flow, ...]) -> dict[Unit, float]:
    """Count the hours of effort per week of people who can do the same."""
    found: dict[Unit, float] = {}
    finishing = [name for name, team in twin.teams.items() if team.shift_end == "finish"]
    left = {name: _left_at_closing(twin, name, moving) for name in finishing}
    for name, group, share in _people(twin):
        unit = name, None if group.skills is None else tuple(sorted(group.skills.items()))
        effort_an_hour = (group.available or 0) * group.speed
        can = effort_an_hour * _hours(twin, group.calendar, group.count)
        can += _overtime(twin, group.calendar, left.get(name, 0.0), effort_an_hour)
        found[unit] = found.get(unit, 0.0) + group.count * share * can * _presence(twin, group) * _yield(
            twin.teams[name]
        )
    return found


def _people(twin: Twin) -> Iterator[tuple[str, People, float]]:
    """List the people of each team, with the share of their days that is the team's."""
    for name, team in twin.teams.items():
        yield from ((name, group, 1.0) for group in team.groups())
    for shared in twin.shared:
        yield from ((name, shared.alike(), share) for name, share in shared.shares().items())


def _hours(twin: Twin, calendar: str | None, count: int) -> float:
    """Give the mean working hours per week of one of so many."""
    return expected_hours_per_week(twin.calendars.get(calendar or ALWAYS), count)


def _left_at_closing(twin: Twin, team: str, moving: tuple[Flow, ...]) -> float:
    """Give the hours of effort that are left, on average, of the visit that a closing finds at hand."""
    first = second = 0.0
    for flow in moving:
        for node, visits in zip(flow.nodes, flow.visits.tolist(), strict=True):
            if flow.trapped or node.stage in {START, NOWHERE} or team not in twin.stages[node.stage].served_by():
                continue
            effort = node.effort.teams[team] if isinstance(node.effort, EffortByTeam) else node.effort
            first += visits * flow.items * mean(effort) / HOUR
            second += visits * flow.items * (variance(effort) + mean(effort) ** 2) / HOUR**2
    return second / (2 * first) if first else 0.0


def _overtime(twin: Twin, calendar: str | None, left: float, effort_an_hour: float) -> float:
    """Give the hours of effort a week that one person does after closing."""
    hours = twin.calendars.get(calendar or ALWAYS)
    closings = closings_per_week(hours)
    return min(closings * left, (WEEK / HOUR - hours_per_week(hours)) * effort_an_hour) if closings else 0.0


def _presence(twin: Twin, group: People) -> float:
    """Give the share of the first year in which a group is there, neither ill, gone nor in meetings."""
    dates = (group.joins, 0), (group.leaves, A_YEAR)
    come, gone = (tick_of(at, twin.start, twin.clock.zone) if at else without for at, without in dates)
    there = (min(max(gone, 0), A_YEAR) - min(max(come, 0), A_YEAR)) / A_YEAR
    return there * share_there(group) * share_outside_meetings(twin, group)


def _yield(team: Team) -> float:
    """Give the share of working time that goes into efforts while there is always something to do."""
    if team.interruptions is not None:
        return 1 / (1 + mean(team.interruptions.lasting) / team.interruptions.every)
    return 1 - max(team.loss.values(), default=0.0)


def team_loads(twin: Twin, moving: tuple[Flow, ...]) -> dict[str, float]:
    """Give the offered load of every team for work that moves so."""
    abilities = _abilities(twin, moving)
    stages = {}
    for stage, work in _stage_hours(twin, moving).items():
        able = {
            unit: work[unit[0]] / (hours * skill)
            for unit, hours in abilities.items()
            if unit[0] in work and hours and (skill := _skill(unit, stage))
        }
        stages[stage] = able or {(team, None): np.inf for team in work}
    loads = _spread(stages, [*abilities, *((team, None) for team in twin.teams)])
    found = dict.fromkeys(twin.teams, 0.0)
    for (team, _), load in loads.items():
        found[team] = max(found[team], load)
    return found


def _skill(unit: Unit, stage: str) -> float:
    return 1.0 if unit[1] is None else dict(unit[1]).get(stage, 0.0)


def _stage_hours(twin: Twin, moving: tuple[Flow, ...]) -> dict[str, dict[str, float]]:
    """Add up hours of work per week at each stage, for each team as if it did all of it."""
    hours: dict[str, dict[str, float]] = {name: {} for name in twin.stages}
    for flow in moving:
        if flow.trapped or not flow.items:
            continue
        for node, visits in zip(flow.nodes, flow.whole.tolist(), strict=True):
            teams = twin.stages[node.stage].served_by() if node.stage not in {START, NOWHERE} else ()
            for team in teams:
                by_team = isinstance(node.effort, EffortByTeam)
                effort = mean(node.effort.teams[team] if by_team else node.effort) / HOUR / _at_once(twin, node.stage)
                here = hours[node.stage]
                here[team] = here.get(team, 0.0) + (visits * flow.items * effort if visits * effort else 0.0)
    return {stage: {team: value for team, value in work.items() if value} for stage, work in hours.items() if work}


def _at_once(twin: Twin, stage: str) -> int:
    """Count the visits that a person can do together, which is what counts once the queue is long."""
    batch = twin.stages[stage].batch
    return batch.size if batch is not None and batch.together else 1


def _spread(stages: Mapping[str, Mapping[Unit, float]], units: list[Unit]) -> dict[Unit, float]:
    """Split each stage's load over who can do it, stage by stage, until all are as even as they can be."""
    load = dict.fromkeys(units, 0.0)
    parts: dict[str, dict[Unit, float]] = {}
    for stage, whole in stages.items():
        if not whole:
            parts[stage] = {}
            continue
        quickest = min(whole, key=lambda team: whole[team])  # from there no work goes to who is slow at it without need
        parts[stage] = {team: each if team == quickest else 0.0 for team, each in whole.items()}
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


def _levelled(others: Mapping[Unit, float], whole: Mapping[Unit, float]) -> dict[Unit, float]:
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
