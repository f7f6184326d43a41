"""Limits as sets of places, laid out for the engines.

A limit concerns some pairs of work type and stage, and has so many places. An item of type w that was let in at stage s
holds a place of every limit that concerns (w, s): its set. On its way from s to t it newly enters, and asks at the door
for, the limits of (w, t) that are not among those of (w, s); it is let in when all of these have room, and gives back
those of (w, s) that are not among those of (w, t).

An intake limit concerns arrivals only. Where it lets them wait, nobody else asks for its places, although all take
them. Where it turns them away, an item that is taken in holds its place from the arrival on.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.eventlog import Labels
from twin.floating import floaters
from twin.graph import FORK, LEAVE, NOWHERE, Edge, Node
from twin.limits import IntakeLimit, WipLimit, scopes_of
from twin.people import People
from twin.spec import Twin
from twin.work import Work

Ints = NDArray[np.int64]
Set = tuple[int, ...]
Named = Sequence[tuple[str, Node]]
Way = tuple[str, str, str]
"""A work type, the stage an item comes from and the stage it comes to; it comes from START where it arrives, and from
NOWHERE where a token takes no place along."""

NONE: Final = -1
BRANCHED: Final = -2
"""Stage that a token comes from which sets out on a branch and takes no place along."""


class Limits(NamedTuple):
    """The limits of one plan; a set is the number of a list of limits, and set 0 is empty."""

    names: tuple[str, ...]  # (limits,) as errors tell them
    most: Ints  # (limits,) places
    first: Ints  # (sets + 1,) where the limits of a set begin in `members`
    members: Ints  # limits of each set, in order
    places: Ints  # (places, 2) work type and stage
    held: Ints  # (places,) set an item holds once it was let in there
    accepted: Ints  # (places,) set an arriving item holds until then
    refusing: Ints  # (places,) set of limits that turn an arriving item away
    ways: Ints  # (ways, 3) work type, stage an item comes from or NONE, stage it comes to; of all plans of a model
    asked: Ints  # (ways,) set an item asks for on its way


class _Limit(NamedTuple):
    """A limit while it is laid out."""

    name: str
    most: int
    stages: frozenset[str]
    counted: frozenset[str]  # work types whose items hold places
    asking: frozenset[str]  # work types whose items need one to come in
    arrivals: bool = False  # only arrivals need one
    binding: bool = False  # those that break WIP limits need one as well
    refused: frozenset[str] = frozenset()  # work types whose arrivals are turned away where they find none


def limits_of(twin: Twin, labels: Labels, ways: Iterable[Way]) -> Limits:
    """Lay out the limits of a plan.

    Parameters
    ----------
    twin
        The twin in force.
    labels
        Names of the model.
    ways
        Ways that items may be on while the plan holds, see `ways_of`.
    """
    limits, sets = tuple(_limits(twin)), _Sets()
    stages, works = ({name: place for place, name in enumerate(names)} for names in (labels.stages, labels.works))
    origins = {NOWHERE: BRANCHED} | stages
    told = sorted({(works[work], origins.get(origin, NONE), stages[stage]) for work, origin, stage in ways})
    places = sorted({(work, stage) for work, _, stage in told})
    named = [(labels.works[work], labels.stages[stage]) for work, stage in places]
    held = _held(limits, named)
    accepted = [tuple(each for each in mine if limits[each].refused) for mine in held]
    refusing = [
        tuple(each for each in mine if work in limits[each].refused)
        for (work, _), mine in zip(named, accepted, strict=True)
    ]
    asked = _asked(twin, limits, labels, told, dict(zip(places, held, strict=True)))
    columns = [sets.numbers(each) for each in (held, accepted, refusing, asked)]
    first, members = sets.laid_out()
    return Limits(
        names=tuple(limit.name for limit in limits),
        most=_ints([limit.most for limit in limits]),
        first=first,
        members=members,
        places=_ints(places).reshape(-1, 2),
        held=columns[0],
        accepted=columns[1],
        refusing=columns[2],
        ways=_ints(told).reshape(-1, 3),
        asked=columns[3],
    )


def _held(limits: Sequence[_Limit], places: Iterable[tuple[str, str]]) -> list[Set]:
    """List the limits that concern each work type at a stage."""
    at_stage: dict[str, list[int]] = {}
    for number, limit in enumerate(limits):
        for name in limit.stages:
            at_stage.setdefault(name, []).append(number)
    return [tuple(each for each in at_stage.get(stage, ()) if work in limits[each].counted) for work, stage in places]


def _asked(
    twin: Twin,
    limits: Sequence[_Limit],
    labels: Labels,
    ways: Iterable[tuple[int, int, int]],
    held: Mapping[tuple[int, int], Set],
) -> list[Set]:
    """List the limits that are asked for on each way: those newly entered, but what breaks limits asks for few."""
    free = {labels.works.index(name) for name, work in twin.work.items() if _breaks_limits(twin, work)}

    def needs(number: int, work: int, origin: int) -> bool:
        limit = limits[number]
        due = labels.works[work] in limit.asking and (origin == NONE or not limit.arrivals)
        return due and (limit.binding or work not in free)

    return [
        tuple(
            each for each in held[work, stage] if each not in held.get((work, origin), ()) and needs(each, work, origin)
        )
        for work, origin, stage in ways
    ]


def uses_limits(twin: Twin) -> bool:
    """Tell whether a twin has other limits than those of stages, or gates."""
    special = twin.wip_limits or twin.intake or any(work.intake or work.cancel for work in twin.work.values())
    people = any(team.wip_limit_per_person for team in twin.teams.values())
    classes = any(service.at_most for service in twin.classes.values())
    gates = any(stage.batch or stage.opens for stage in twin.stages.values())
    return bool(special or people or classes or gates)


def go_round(limits: Limits, limited: Collection[int]) -> bool:
    """Tell whether items go round between stages that all have limits, and so may come to wait for each other."""
    ways = limits.ways.tolist()
    onward = {stage: {to for _, at, to in ways if at == stage != to and to in limited} for stage in limited}
    while leading := {stage for stage, further in onward.items() if not further}:
        onward = {stage: further - leading for stage, further in onward.items() if stage not in leading}
    return bool(onward)


def ways_of(nodes: Named, start: str) -> Iterator[Way]:
    """List the ways between stages of a plan, and for every stage that of an item that is there at the start."""
    firsts: dict[str, int] = {}
    for number, (work, node) in enumerate(nodes):
        first = firsts.setdefault(work, number)
        if node.stage == NOWHERE:
            continue
        if node.stage != start:
            yield work, start, node.stage
        for edge in (*node.edges, *([node.back] if node.back else [])):
            for origin, stage in _reached(nodes[first:], edge, node.stage):
                yield work, origin, stage


def _reached(nodes: Named, edge: Edge, origin: str) -> Iterator[tuple[str, str]]:
    """List the stages an edge leads to, through forks, joins and switches, each with the stage that is come from."""
    if edge.target == LEAVE:
        return
    node = nodes[edge.target][1]
    if node.stage != NOWHERE:
        yield origin, node.stage
    for place, each in enumerate(node.edges if node.stage == NOWHERE else ()):
        yield from _reached(nodes, each, NOWHERE if node.kind == FORK and place else origin)


def set_of(limits: Limits, number: int) -> Set:
    """Give the limits of a set."""
    return tuple(limits.members[limits.first[number] : limits.first[number + 1]].tolist())


def _breaks_limits(twin: Twin, work: Work) -> bool:
    return work.service is not None and twin.classes[work.service].breaks_wip


class _Sets:
    """Numbers different sets of limits in the order in which they turn up."""

    def __init__(self) -> None:
        self._numbers: dict[Set, int] = {(): 0}

    def numbers(self, several: Iterable[Set]) -> Ints:
        return _ints([self._numbers.setdefault(each, len(self._numbers)) for each in several])

    def laid_out(self) -> tuple[Ints, Ints]:
        first = np.cumsum([0, *map(len, self._numbers)])
        return first.astype(np.int64), _ints([limit for each in self._numbers for limit in each])


def _ints(values: Iterable[int] | Sequence[tuple[int, ...]]) -> Ints:
    return np.array(list(values), np.int64)


def _limits(twin: Twin) -> Iterator[_Limit]:
    """List all limits of a twin: of stages, of people, of parts, of classes, and on arrivals."""
    everything = frozenset(twin.work)
    for name, stage in twin.stages.items():
        if stage.wip_limit is not None:
            yield _Limit(f"stages.{name}.wip_limit", stage.wip_limit, frozenset({name}), everything, everything)
    for name, team in twin.teams.items():
        if team.wip_limit_per_person is not None:
            people = sum(group.count for group in _everybody(twin, name) if group.available)
            path = f"teams.{name}.wip_limit_per_person"
            yield _Limit(path, team.wip_limit_per_person * people, _served(twin, name), everything, everything)
    for index, limit in enumerate(twin.wip_limits):
        told = f"wip_limits.{index} ({'; '.join(scopes_of(limit))})"
        works = frozenset(limit.work or (_of_class(twin, limit.service) if limit.service else twin.work))
        yield _Limit(told, limit.limit, _stages(twin, limit), works, works)
    yield from _on_the_way_in(twin)


def _everybody(twin: Twin, name: str) -> Iterator[People]:
    """List the people of a team, and those whom it shares with others, each of whom counts in all their teams."""
    yield from twin.teams[name].groups()
    yield from (shared.alike() for shared in twin.shared if name in shared.shares())
    for made, some in floaters(twin).items():
        if name in some[0].teams:
            yield from twin.teams[made].groups() if made in twin.teams else (each.alike() for each in some)


def _on_the_way_in(twin: Twin) -> Iterator[_Limit]:
    for name, service in twin.classes.items():
        if service.at_most is not None:
            works, path = _of_class(twin, name), f"classes.{name}.at_most"
            yield _Limit(path, service.at_most, frozenset(twin.stages), works, works, binding=True)
    for name, work in twin.work.items():
        if work.intake is not None:
            yield _intake(f"work.{name}.intake", work.intake, frozenset({name}), twin)
    if twin.intake is not None:
        yield _intake("intake", twin.intake, frozenset(twin.work), twin)


def _of_class(twin: Twin, service: str) -> frozenset[str]:
    return frozenset(name for name, work in twin.work.items() if work.service == service)


def _served(twin: Twin, team: str) -> frozenset[str]:
    return frozenset(name for name, stage in twin.stages.items() if team in stage.served_by())


def _stages(twin: Twin, limit: WipLimit) -> frozenset[str]:
    return _served(twin, limit.team) if limit.team is not None else frozenset(limit.stages or twin.stages)


def _intake(path: str, intake: IntakeLimit, asking: frozenset[str], twin: Twin) -> _Limit:
    scope = intake.scope or ("system" if path == "intake" else "work")
    stages = frozenset(scope if isinstance(scope, tuple) else twin.stages)
    counted = asking if scope == "work" else frozenset(twin.work)
    if intake.beyond == "wait":
        return _Limit(path, intake.limit, stages, counted, asking, arrivals=True)
    return _Limit(path, intake.limit, stages, counted, frozenset(), refused=asking)
