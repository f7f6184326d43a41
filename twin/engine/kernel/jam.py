"""Who waits for whom where nothing can move, told from the arrays of a hall."""

from collections.abc import Iterator

import numpy as np

from twin.engine.deadlock import Waiting, deadlocked, waiting_for_good
from twin.engine.kernel.arrays import Hall
from twin.errors import DeadlockError
from twin.gating import BATCH
from twin.limiting import Set, set_of
from twin.plan import NONE, Model, Plan


def jam(model: Model, hall: Hall) -> DeadlockError:
    """Word a deadlock that was found."""
    plan = model.phases[int(hall.limits.early[0].phase)].plan
    most = plan.limits.most.tolist()
    taken = hall.limits.taken[: len(most)].tolist() if model.rich else _taken(plan, hall)  # other phases may have more
    waiting = _whoever_waits(plan, hall, taken) if model.rich else _outside_stages(plan, hall, taken)
    stuck = waiting_for_good(waiting, taken, most)
    return deadlocked(model.labels, plan.limits.names, int(hall.floor[0].now), stuck)


def _taken(plan: Plan, hall: Hall) -> list[int]:
    """Count the places taken of each limit, where all are those of stages."""
    taken = [0] * len(plan.limits.names)
    for (_, stage), held in zip(plan.limits.places.tolist(), plan.limits.held.tolist(), strict=True):
        for limit in set_of(plan.limits, held):
            taken[limit] = int(hall.stages.places_taken[stage])
    return taken


def _outside_stages(plan: Plan, hall: Hall, taken: list[int]) -> list[Waiting]:
    """List who waits outside stages of a plain twin."""
    waiting = []
    for slot in _lined_up(hall):
        item = hall.items[slot]
        work, origin, stage = int(item.work), int(item.origin), int(item.stage)
        here = (plan.limits.places == (work, origin)).all(axis=1)
        held = () if origin == NONE else set_of(plan.limits, int(plan.limits.held[here][0]))
        asked = _asked(plan, work, origin, stage)
        one = Waiting(int(item.among), int(item.index), origin, stage, (asked,), held, _full(plan, asked, taken))
        waiting.append(one)
    return waiting


def _lined_up(hall: Hall) -> Iterator[int]:
    """Give the slots of those who wait outside stages of a plain twin."""
    stages = hall.stages.size
    for first in hall.lines["first"][stages : 2 * stages].ravel().tolist():
        slot = first
        while slot != NONE:
            yield slot
            slot = int(hall.items[slot].next)


def _whoever_waits(plan: Plan, hall: Hall, taken: list[int]) -> list[Waiting]:
    """List who does not move by itself in a rich twin."""
    there = np.flatnonzero(hall.items.index != NONE).tolist()
    after, awaited = _held_for_types(plan, hall), _awaited(hall, there)
    waiting = []
    for slot in there:
        one = _pending(hall, slot) if hall.flow.tokens[slot].pending > 0 else _outside(plan, hall, slot, taken)
        if one is not None:
            held = set_of(plan.limits, int(hall.limits.placed[slot].held))
            waiting.append(one._replace(held=held, awaited=awaited.get(slot, ()), after=after.get(slot, ())))
    return waiting


def _one(hall: Hall, slot: int, at: int, ways: tuple[Set, ...], full: Set = ()) -> Waiting:
    item, token = hall.items[slot], hall.flow.tokens[slot]
    one = Waiting(int(item.among), int(item.index), at, int(item.stage), ways, (), full)
    return one._replace(work=int(item.work), came_as=int(token.came_as)) if token.parent == slot else one


def _pending(hall: Hall, slot: int) -> Waiting:
    """Say how an item waits for its branches or for other items."""
    item = hall.items[slot]
    return _one(hall, slot, int(item.stage if item.row == NONE else item.origin), ())


def _outside(plan: Plan, hall: Hall, slot: int, taken: list[int]) -> Waiting | None:
    """Say how an item waits for a place or a batch; None where it moves for certain, sooner or later."""
    item, placed = hall.items[slot], hall.limits.placed[slot]
    stage, origin = int(item.stage), int(item.origin)
    if item.row == NONE or placed.withdraws or placed.line == NONE:
        return None
    if placed.line >= 2 * hall.stages.size:
        asked = _asked(plan, int(item.work), origin, stage)
        return _one(hall, slot, origin, (asked,), _full(plan, asked, taken))
    if plan.gates.kind[stage] != BATCH or plan.gates.at_most[stage]:
        return None
    there = plan.limits.held[plan.limits.places[:, 1] == stage].tolist()
    return _one(hall, slot, stage, tuple(sorted({set_of(plan.limits, number) for number in there})))


def _full(plan: Plan, asked: Set, taken: list[int]) -> Set:
    return tuple(limit for limit in asked if taken[limit] >= plan.limits.most[limit])


def _asked(plan: Plan, work: int, origin: int, stage: int) -> Set:
    way = (plan.limits.ways == (work, origin, stage)).all(axis=1)
    return set_of(plan.limits, int(plan.limits.asked[way][0]))


def _awaited(hall: Hall, there: list[int]) -> dict[int, tuple[int, ...]]:
    """List for whom each slot waits, by their place among all."""
    found: dict[int, list[int]] = {}
    for slot in there:
        token, place = hall.flow.tokens[slot], int(hall.items[slot].among)
        if token.parent != slot:
            found.setdefault(int(token.parent), []).append(place)
            continue
        waiter = int(token.first_waiter)
        while waiter != NONE:
            found.setdefault(waiter, []).append(place)
            waiter = int(hall.flow.tokens[waiter].next_waiter)
        if token.awaited_by != NONE:
            found.setdefault(int(token.awaited_by), []).append(place)
    return {slot: tuple(places) for slot, places in found.items()}


def _held_for_types(plan: Plan, hall: Hall) -> dict[int, tuple[int, ...]]:
    """List the slots of items that wait for whole types, with these types."""
    found, first, after = {}, plan.breeding.waits.first_after.tolist(), plan.breeding.waits.after.tolist()
    for work, kind in enumerate(hall.flow.kinds):
        slot = int(kind.first_held)
        while slot != NONE:
            found[slot] = tuple(after[first[work] : first[work + 1]])
            slot = int(hall.flow.tokens[slot].next_held)
    return found
