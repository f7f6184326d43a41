"""Limits, gates and ways to leave early as the arrays that the kernel reads; all empty in plain twins.

A door is a stage and a set of limits that are asked for there; doors 0 to stages - 1 ask for none. A passage is a door
and the set that is held on the way to it. Every way that items may be on is a passage.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from twin.engine.kernel.arrays import EARLY, GATE, PLACED, Ints, Limits, LimitsHall, Phase
from twin.eventlog import NEVER
from twin.gating import Gates
from twin.graph import VISIT
from twin.leaving import Leaving
from twin.limiting import set_of
from twin.plan import NONE, Plan

Way = tuple[int, int, int]


def lay_out(plan: Plan, stages: int, tables: Ints, *, rich: bool) -> tuple[Limits, Gates, Leaving]:
    """Lay out the limits, gates and ways to leave early of a plan; `tables` numbers its tables among all."""
    if not rich:
        nothing, no_shares = np.zeros(0, np.int64), np.zeros(0)
        return (
            Limits(*(nothing for _ in Limits._fields)),
            Gates(*(nothing for _ in Gates._fields)),
            Leaving(nothing, nothing, no_shares),
        )
    patience = tables[plan.leaving.patience]
    return _limits(plan, stages), plan.gates, Leaving(plan.leaving.age, patience, plan.leaving.chance)


def _limits(plan: Plan, stages: int) -> Limits:
    limits = plan.limits
    held = {(work, stage): number for (work, stage), number in _pairs(limits.places, limits.held)}
    accepted = {(work, stage): number for (work, stage), number in _pairs(limits.places, limits.accepted)}
    refusing = {(work, stage): number for (work, stage), number in _pairs(limits.places, limits.refusing)}
    doors: dict[tuple[int, int], int] = {(stage, 0): stage for stage in range(stages)}
    passages: dict[tuple[int, int], int] = {}
    ways: dict[Way, int] = {}
    for way, asked in _pairs(limits.ways, limits.asked):
        work, origin, stage = way
        at_door = doors.setdefault((stage, asked), len(doors))
        holding = accepted[work, stage] if origin == NONE else held.get((work, origin), 0)
        ways[work, origin, stage] = passages.setdefault((at_door, holding), len(passages))
    node_work, node_stage = node_works(plan), plan.nodes.stage.tolist()
    nodes = list(zip(node_work, node_stage, strict=True))
    door, left = _columns(passages)
    door_stage, door_asked = _columns(doors)
    return Limits(
        limits.most, limits.first, limits.members,
        _ints(held.get(node, 0) for node in nodes), _ints(accepted.get(node, 0) for node in nodes),
        _ints(refusing.get(node, 0) for node in nodes),
        _ints(ways.get((work, NONE, stage), NONE) for work, stage in nodes),
        _ints(_edge_passages(plan, node_work, ways)), door, left, door_stage, door_asked,
        *_lists(_doors_of(door_stage, stages)),
        *_lists(_asking(plan, door_asked)),
        _ints(work * stages + stage for work, stage in held), _ints(stage for _, stage in held),
        _ints(held.values()), _ints(accepted.values()),
        _ints((work * (stages + 2) + origin + 2) * stages + stage for work, origin, stage in ways),
        _ints(ways.values()),
    )  # fmt: skip


def node_works(plan: Plan) -> list[int]:
    """Give the work type of every node; those of a type stand together behind its entry."""
    at = {int(entry): work for work, entry in enumerate(plan.work_entry) if entry != NONE}
    works, work = [], 0
    for node in range(plan.nodes.stage.size):
        work = at.get(node, work)
        works.append(work)
    return works


def open_limits(phases: Sequence[Phase], stages: int, slots: int, *, rings: bool) -> LimitsHall:
    """Make room for what changes of limits and gates during a run; `rings`: limits of stages may lock each other."""
    rich = bool(phases[0].rich)
    most = [max(getattr(phase.limits, field).size for phase in phases) for field in ("most", "door", "held")]
    gates, placed = np.zeros(stages if rich else 0, GATE), np.zeros(slots if rich else 0, PLACED)
    if rich:
        gates["cursor"], gates["woken"] = phases[0].gates.first[:-1], NEVER
    limits, passages, nodes = most
    if rings and not rich:
        limits, passages = stages, stages * stages
    return LimitsHall(
        placed=placed.view(np.recarray),
        taken=np.zeros(limits, np.int64),
        free=np.zeros(limits, np.int64),
        pending=np.zeros(limits, np.int64),
        waiting=np.zeros(passages, np.int64),
        in_batch=np.zeros(nodes, np.int64),
        gates=gates.view(np.recarray),
        early=np.zeros(1, EARLY).view(np.recarray),
    )


def doors(phases: Sequence[Phase]) -> int:
    """Count the lines outside of the phase that has most of them."""
    return max(phase.limits.door_stage.size for phase in phases)


def _pairs(keys: Ints, numbers: Ints) -> Iterable[tuple[Any, int]]:
    return zip(map(tuple, keys.tolist()), numbers.tolist(), strict=True)


def _columns(pairs: dict[tuple[int, int], int]) -> tuple[Ints, Ints]:
    first, second = np.array([*pairs], np.int64).reshape(-1, 2).T
    return np.ascontiguousarray(first), np.ascontiguousarray(second)


def _doors_of(door_stage: Ints, stages: int) -> list[list[int]]:
    """List the doors of each stage."""
    doors: list[list[int]] = [[] for _ in range(stages)]
    for door, stage in enumerate(door_stage.tolist()):
        doors[stage].append(door)
    return doors


def _asking(plan: Plan, door_asked: Ints) -> list[list[int]]:
    """List the doors at which each limit is asked for."""
    doors: list[list[int]] = [[] for _ in plan.limits.names]
    for door, asked in enumerate(door_asked.tolist()):
        for limit in set_of(plan.limits, asked):
            doors[limit].append(door)
    return doors


def _edge_passages(plan: Plan, node_work: list[int], ways: dict[Way, int]) -> Iterable[int]:
    """Give the passage of every edge, NONE for one that leaves, or where that depends on where the item comes from."""
    back = np.flatnonzero(plan.nodes.rework_edge != NONE)
    back = back[np.argsort(plan.nodes.rework_edge[back])]
    origins = [*np.repeat(np.arange(len(node_work)), np.diff(plan.nodes.first_edge)), *back]
    for origin, target in zip(origins, plan.edges.target.tolist(), strict=True):
        stages, kind = plan.nodes.stage, plan.branching.kind
        told = target >= 0 and kind[origin] == kind[target] == VISIT
        yield ways[node_work[origin], int(stages[origin]), int(stages[target])] if told else NONE


def _lists(groups: Sequence[Sequence[int]]) -> tuple[Ints, Ints]:
    first = np.cumsum([0, *map(len, groups)]).astype(np.int64)
    return first, _ints(number for group in groups for number in group)


def _ints(values: Iterable[int]) -> Ints:
    return np.array(list(values), np.int64)
