"""Find what a valid twin says but nobody can mean: people who cannot cope, work that can never end, parts unused.

Loads are those of `twin.offered`. Units: loads are shares, 1 is all of a team's time; horizons are ticks.
"""

from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from itertools import product
from typing import Final, Literal, NamedTuple

import numpy as np

from twin.arrivals import Arrivals, Flowing, Programme, Recurring, Renewal, varies
from twin.calendars import never_opens
from twin.choice_checks import remarks_on_choice
from twin.distributions import Fixed
from twin.effort import EffortByTeam
from twin.graph import LEAVE, NOWHERE, Node, chances
from twin.limits_checks import remarks_on_limits, sheds_work
from twin.machine_checks import remarks_on_machines
from twin.machines import with_machines
from twin.occasional import useless_shifts
from twin.offered import A_YEAR, Flow, arriving, capacities, flows, frame_of, items_within, team_loads, with_offspring
from twin.people import Team
from twin.people_checks import remarks_on_people
from twin.releases import released
from twin.rota import share_outside_meetings
from twin.seasons import DatedBurst
from twin.spec import Twin, delays_of
from twin.units import DAY, MAX_TICKS, WEEK
from twin.value_checks import remarks_on_value
from twin.work import START
from twin.work_checks import remarks_on_work

FULL: Final = 1.0
HIGH: Final = 0.9
MANY_VISITS: Final = 20
WILD_CV: Final = 5
FAR: Final = 3 * 365 * DAY
"""A calendar without an opening for this long counts as never open."""
SPAN_WEEKS: Final = 4
MOST_SPANS: Final = 60
"""Loads over time are looked at in spans of so many weeks, longer ones where there would be more of them."""


class Finding(NamedTuple):
    """What is wrong with a valid twin.

    An error means that work can never finish: such a twin is not run. A warning leaves the decision to the person.
    """

    level: Literal["error", "warning"]
    path: str  # names joined by dots
    message: str


def findings(twin: Twin, horizon: int | None = None) -> tuple[Finding, ...]:
    """List what is wrong with a valid twin, errors first.

    Parameters
    ----------
    twin
        The twin.
    horizon
        How long it will run, in ticks; a year, if unknown, and then nothing is said about what comes later.
    """
    ahead = horizon or A_YEAR
    twin = with_machines(twin)
    moving = flows(twin, ahead)
    found = [
        *_endless(moving),
        *_unserved(twin, moving),
        *_calendars(twin),
        *_loads(twin, moving),
        *_busy_times(twin, moving, ahead),
        *_demand(twin, horizon),
        *_unused(twin, moving),
        *_limits(twin, moving),
        *_handoffs(twin, moving),
        *_wild(moving),
        *(Finding("warning", path, message) for path, message in _remarks(twin, moving)),
    ]
    return tuple(sorted(found, key=lambda finding: finding.level))


def _remarks(twin: Twin, moving: tuple[Flow, ...]) -> Iterator[tuple[str, str]]:
    yield from remarks_on_choice(twin)
    yield from remarks_on_people(twin)
    yield from remarks_on_limits(twin, moving)
    yield from remarks_on_value(twin)
    yield from remarks_on_work(twin, moving)
    yield from remarks_on_machines(twin)


# --- load -------------------------------------------------------------------------------------------------------------


def _loads(twin: Twin, moving: tuple[Flow, ...]) -> Iterator[Finding]:
    capacity = capacities(twin, moving)
    for team, load in team_loads(twin, moving).items():
        if HIGH <= load < np.inf:
            hours = f"{load * capacity[team]:.4g} h of work a week for {capacity[team]:.4g} h of people"
            means = "waiting is long and uncertain this close to 100 %"
            if load > FULL:
                means = (
                    "what does not fit is turned away or leaves"
                    if _sheds(twin, team, moving)
                    else "its queue grows without end"
                )
            yield Finding("warning", f"teams.{team}", f"offered load {load * 100:.4g} % ({hours}): {means}")


def _sheds(twin: Twin, team: str, moving: tuple[Flow, ...]) -> bool:
    """Tell whether work that comes to a team may be turned away or leave before it is done."""
    mine = _serves(twin, team)
    coming = [flow for flow in moving if mine & {flow.nodes[index].stage for index in flow.reached}]
    everybody = twin.intake is not None and twin.intake.beyond == "turned_away"
    return everybody or any(sheds_work(twin.work[flow.work]) for flow in coming)


# --- demand over time -------------------------------------------------------------------------------------------------


def _busy_times(twin: Twin, moving: tuple[Flow, ...], horizon: int) -> Iterator[Finding]:
    """Find teams that cope on average, but not all the time."""
    changing = {name for name, work in twin.work.items() if _changes(work.arrivals)}
    weeks = SPAN_WEEKS * max(1, round(horizon / WEEK / SPAN_WEEKS / MOST_SPANS))
    spans = horizon // (weeks * WEEK)
    if not changing or spans < 2:
        return
    bounds = np.arange(spans + 1.0) * weeks * WEEK
    items = {name: items_within(twin, twin.work[name].arrivals, bounds) / weeks for name in changing}
    alone = arriving(twin, horizon)
    over_time = [
        team_loads(twin, with_offspring(twin, _replaced(alone, {name: each[span] for name, each in items.items()})))
        for span in range(spans)
    ]
    for team, mean_load in team_loads(twin, moving).items():
        busy = [span for span in range(spans) if over_time[span][team] > FULL]
        if busy and mean_load <= FULL:
            first = frame_of(twin).local_date(twin.start + timedelta(weeks=weeks * busy[0]))
            most = max(each[team] for each in over_time)
            yield Finding(
                "warning", f"teams.{team}",
                f"offered load is {mean_load * 100:.3g} % on average, but above 100 % in {len(busy)} of {spans} spans "
                f"of {weeks} weeks, first from {first}, at most {most * 100:.3g} %: its queue grows meanwhile",
            )  # fmt: skip


def _replaced(moving: tuple[Flow, ...], items: dict[str, float]) -> tuple[Flow, ...]:
    return tuple(flow._replace(items=items.get(flow.work, flow.items)) for flow in moving)


def _changes(arrivals: Arrivals) -> bool:
    return isinstance(arrivals, Programme) or (isinstance(arrivals, Flowing) and varies(arrivals))


def _demand(twin: Twin, horizon: int | None) -> Iterator[Finding]:
    for name, work in twin.work.items():
        for message in _odd_arrivals(twin, work.arrivals, horizon):
            yield Finding("warning", f"work.{name}.arrivals", message)


def _odd_arrivals(twin: Twin, arrivals: Arrivals, horizon: int | None) -> Iterator[str]:
    frame = frame_of(twin)
    match arrivals:
        case Programme():
            ticks = released(arrivals, frame, MAX_TICKS)
            early, late = int((ticks < 0).sum()), int((ticks >= (horizon or MAX_TICKS)).sum())
            if early:
                yield f"{early} of {ticks.size} items lie before the twin's start and never arrive; list them inside"
            if late:
                yield f"{late} of {ticks.size} items come after the end of the run"
        case Recurring() if horizon and not (released(arrivals, frame, horizon) >= 0).any():
            yield "nothing arrives before the end of the run"
        case Renewal(gap=Fixed()) if varies(arrivals):
            yield "gaps of fixed length stay regular: season, growth and bursts only make them longer or shorter"
    for burst in arrivals.bursts if isinstance(arrivals, Flowing) else ():
        if isinstance(burst, DatedBurst):
            if frame.tick(burst.until) <= 0:
                yield f"the burst until {burst.until.isoformat()} is over before the twin's start"
            elif horizon and frame.tick(burst.since) >= horizon:
                yield f"the burst from {burst.since.isoformat()} begins after the end of the run"


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
    stages = [flow.nodes[index].stage for index in way[way.index(way[-1]) :]]
    return [stage for stage in stages if stage != NOWHERE]


def _stages_used(twin: Twin, moving: tuple[Flow, ...]) -> set[str]:
    entered = {flow.nodes[index].stage for flow in moving for index in flow.reached}
    return (entered | {entry.stage for entry in twin.inside}) - {START, NOWHERE}


def _unserved(twin: Twin, moving: tuple[Flow, ...]) -> Iterator[Finding]:
    for stage in sorted(_stages_used(twin, moving)):
        teams = twin.stages[stage].served_by()
        given = (shared.alike() for shared in twin.shared if any(shared.shares().get(team) for team in teams))
        if any(each.available and (each.skills is None or stage in each.skills) for each in given):
            continue
        if any(_people(twin.teams[team], stage) and _there(twin, twin.teams[team]) for team in teams):
            continue
        skilled = any(_people(twin.teams[team]) for team in teams)
        nobody = "no people with the skill" if skilled else "no people, or none available"
        if any(_people(twin.teams[team], stage) for team in teams):
            nobody = "they are in meetings whenever they are there"
        why = f"{' and '.join(teams)}: {nobody}" if teams else "its list of teams is empty"
        yield Finding("error", f"stages.{stage}", f"nobody serves this stage ({why}), so its work can never end")


def _there(twin: Twin, team: Team) -> bool:
    """Tell whether meetings leave anybody of a team time for work."""
    return any(group.count and share_outside_meetings(twin, group) for group in team.groups())


def _people(team: Team, stage: str | None = None) -> int:
    """Count the people of a team, those who can serve a stage if one is given."""
    able = (group for group in team.groups() if group.skills is None or stage is None or stage in group.skills)
    return sum(group.count for group in able if group.available)


# --- calendars --------------------------------------------------------------------------------------------------------


def _calendars(twin: Twin) -> Iterator[Finding]:
    used = {group.calendar for team in twin.teams.values() for group in team.groups()}
    used |= {delay.calendar for _, delay in delays_of(twin)}
    used |= {work.sla.clock for work in twin.work.values() if work.sla}
    for name, calendar in twin.calendars.items():
        path = f"calendars.{name}"
        may_close = bool(calendar.holidays or calendar.closed)
        if may_close and never_opens(calendar, zone=twin.clock.zone, start=twin.start, until=FAR):
            yield Finding("error", path, "never opens in the first three years, so work can never finish")
        if name not in used:
            yield Finding("warning", path, "no team and no delay uses it")
        for number, told in useless_shifts(calendar):
            yield Finding("warning", f"{path}.occasional.{number}", told)


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
            if node.stage == NOWHERE:
                continue
            edges = [edge.target for edge in node.edges if edge.share]
            if node.back is not None and node.rework and node.rework.chance:
                edges.append(node.back.target)
            pairs |= {(node.stage, stage) for target in edges for stage in _stages_at(flow.nodes, target)}
    return pairs


def _stages_at(nodes: tuple[Node, ...], target: int) -> set[str]:
    """List the stages to which an edge leads, through forks, joins and switches."""
    if target == LEAVE or nodes[target].stage != NOWHERE:
        return set() if target == LEAVE else {nodes[target].stage}
    return {stage for edge in nodes[target].edges if edge.share for stage in _stages_at(nodes, edge.target)}


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
        for stage, visits in sorted({(node.stage, v) for node, v in nodes if node.stage and MANY_VISITS < v < np.inf}):
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
