"""Whether stages of a plain twin wait for each other's places for good. As `twin.engine.deadlock`, for stages alone.

A place of a stage comes free for certain, sooner or later, where one is free, where somebody at the stage is not held
up outside another one, and where somebody is held up outside a stage of which one comes free. Stages that are left when
nothing more is found wait for each other. A ring has two stages or more: while fewer than two are held up, none is
looked for.
"""

from twin.engine.kernel.arrays import Hall, Phase
from twin.engine.kernel.jit import at, inlined
from twin.plan import NONE


@inlined
def hold_up(hall: Hall, phase: Phase, slot: int, one: int) -> None:
    """Count who begins or ends to wait outside a stage with the place of another one."""
    item, early = hall.items[at(slot)], hall.limits.early[0]
    if hall.limits.waiting.size == 0 or item.origin == NONE:
        return
    hall.stages[at(item.origin)].held_up += one
    hall.limits.waiting[at(item.origin * hall.stages.size + item.stage)] += one
    early.held_up += one
    if phase.limit[at(item.origin)] > 0:
        early.suspicious = 1


@inlined
def goes_in_a_ring(hall: Hall, phase: Phase) -> bool:
    """Tell whether places of some stages are held by those alone who are held up outside others of these."""
    if hall.limits.early[0].held_up < 2:
        return False
    left, found = count_shut(hall, phase), 1
    while left > 0 and found > 0:
        found = 0
        for stage in range(hall.stages.size):
            if hall.limits.free[at(stage)] == 0 and leads_to_free(hall, stage):
                hall.limits.free[at(stage)] = 1
                found += 1
        left -= found
    return left > 0


@inlined
def count_shut(hall: Hall, phase: Phase) -> int:
    """Count the stages that are full of those who are held up outside others, and note which are not."""
    shut = 0
    for number in range(hall.stages.size):
        stage, limit = hall.stages[at(number)], phase.limit[at(number)]
        is_shut = limit > 0 and stage.places_taken >= limit and stage.held_up == stage.places_taken
        hall.limits.free[at(number)] = 0 if is_shut else 1
        shut += 1 if is_shut else 0
    return shut


@inlined
def leads_to_free(hall: Hall, origin: int) -> bool:
    """Tell whether somebody from a stage is held up outside one of which a place comes free."""
    stages = hall.stages.size
    for stage in range(stages):
        if hall.limits.waiting[at(origin * stages + stage)] > 0 and hall.limits.free[at(stage)] == 1:
            return True
    return False
