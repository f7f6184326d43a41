"""Who waits for whom where nothing can move, told from the arrays of a hall."""

from collections import Counter

import numpy as np

from twin.engine.deadlock import Stuck, Waiter, deadlocked, waiting_for_good
from twin.engine.kernel.arrays import Hall
from twin.errors import DeadlockError
from twin.gating import BATCH
from twin.limiting import Set, set_of
from twin.plan import NONE, Model, Plan


def jam(model: Model, hall: Hall) -> DeadlockError:
    """Word a deadlock that was found."""
    plan = model.phases[int(hall.limits.early[0].phase)].plan
    most = plan.limits.most.tolist()
    taken = hall.limits.taken[: len(most)].tolist()  # other phases may have more limits
    there = np.flatnonzero((hall.items.index != NONE) & (hall.items.row != NONE))
    waiting = {slot: _waiter(plan, hall, slot) for slot in there.tolist()}
    counts = Counter(waiter for waiter in waiting.values() if waiter is not None)
    for_good = waiting_for_good(counts, taken, most)
    stuck = []
    for slot, waiter in waiting.items():
        if waiter is None or waiter not in for_good:
            continue
        item, outside = hall.items[slot], _is_outside(hall, slot)
        full = tuple(limit for limit in waiter.ways[0] if taken[limit] >= most[limit]) if outside else ()
        stuck.append(Stuck(int(item.index), int(item.origin), int(item.stage), full, waiter.held))
    return deadlocked(model.labels, plan.limits.names, int(hall.floor[0].now), stuck)


def _is_outside(hall: Hall, slot: int) -> bool:
    return bool(hall.limits.placed[slot].line >= 2 * hall.stages.size)


def _waiter(plan: Plan, hall: Hall, slot: int) -> Waiter | None:
    """Say how an item waits for a place or a batch; None where it moves for certain, sooner or later."""
    item, placed = hall.items[slot], hall.limits.placed[slot]
    stage, held = int(item.stage), set_of(plan.limits, int(placed.held))
    if placed.withdraws or placed.line == NONE or not held:
        return None
    if _is_outside(hall, slot):
        return Waiter(stage, (_asked(plan, int(item.work), int(item.origin), stage),), held)
    if plan.gates.kind[stage] != BATCH or plan.gates.at_most[stage]:
        return None
    there = plan.limits.held[plan.limits.places[:, 1] == stage].tolist()
    return Waiter(stage, tuple(sorted({set_of(plan.limits, number) for number in there})), held)


def _asked(plan: Plan, work: int, origin: int, stage: int) -> Set:
    way = (plan.limits.ways == (work, origin, stage)).all(axis=1)
    return set_of(plan.limits, int(plan.limits.asked[way][0]))
