"""Whether somebody waits for good. As `twin.engine.deadlock.waiting_for_good`, which then tells who. For rich twins."""

from twin.engine.kernel.arrays import Hall, Phase
from twin.engine.kernel.jit import at, for_rich, inlined
from twin.gating import BATCH


@for_rich(otherwise=False)
def is_jammed(hall: Hall, phase: Phase) -> bool:
    """Tell whether somebody waits for places, or for a batch, that only such work holds or makes up."""
    limits, waiting, in_batch = phase.limits, hall.limits.waiting, hall.limits.in_batch
    free = hall.limits.free
    for limit in range(limits.most.size):
        free[at(limit)] = hall.limits.taken[at(limit)]
    for passage in range(limits.door.size):
        add(hall, phase, limits.left[at(passage)], -waiting[at(passage)])
    for node in range(nodes_with_batches(hall, phase)):
        if in_batch[at(node)] > 0 and fills_up(phase, phase.nodes[at(node)].stage):
            add(hall, phase, limits.held[at(node)], -in_batch[at(node)])
    for limit in range(limits.most.size):
        most, taken = limits.most[at(limit)], hall.limits.taken[at(limit)]
        free[at(limit)] = 1 if free[at(limit)] > 0 or taken < most or most == 0 else 0
    return waits_on(hall, phase)


@inlined
def nodes_with_batches(hall: Hall, phase: Phase) -> int:
    """Give the number of nodes to look through: none where nobody waits for a batch or a gate."""
    return phase.limits.held.size if hall.limits.early[0].batched > 0 else 0


@inlined
def fills_up(phase: Phase, stage: int) -> bool:
    """Tell whether visits wait at a stage until others come, however long that takes."""
    return phase.gates.kind[at(stage)] == BATCH and phase.gates.at_most[at(stage)] == 0


@inlined
def add(hall: Hall, phase: Phase, number: int, count: int) -> None:
    """Add a count to what is free of every limit of a set."""
    if count != 0:
        for place in range(phase.limits.first[at(number)], phase.limits.first[at(number + 1)]):
            hall.limits.free[at(phase.limits.members[at(place)])] += count


@inlined
def is_free(hall: Hall, phase: Phase, number: int) -> bool:
    """Tell whether every limit of a set gets room."""
    for place in range(phase.limits.first[at(number)], phase.limits.first[at(number + 1)]):
        if hall.limits.free[at(phase.limits.members[at(place)])] == 0:
            return False
    return True


@inlined
def make_free(hall: Hall, phase: Phase, number: int) -> int:
    """Let every limit of a set get room, and count those that did not before."""
    made = 0
    for place in range(phase.limits.first[at(number)], phase.limits.first[at(number + 1)]):
        limit = phase.limits.members[at(place)]
        made += 1 - hall.limits.free[at(limit)]
        hall.limits.free[at(limit)] = 1
    return made


@inlined
def may_fill(hall: Hall, phase: Phase, stage: int) -> bool:
    """Tell whether anybody else may come to a stage."""
    limits = phase.limits
    for place in range(limits.place_stage.size):
        if limits.place_stage[at(place)] == stage and is_free(hall, phase, limits.place_held[at(place)]):
            return True
    return False


@inlined
def waits_on(hall: Hall, phase: Phase) -> bool:
    """Let whoever can move give its places back, until nothing changes; tell whether anybody is left."""
    limits, waiting, in_batch = phase.limits, hall.limits.waiting, hall.limits.in_batch
    made, left = 1, 0
    while made > 0:
        made, left = 0, 0
        for passage in range(limits.door.size):
            if waiting[at(passage)] == 0:
                continue
            if is_free(hall, phase, limits.door_asked[at(limits.door[at(passage)])]):
                made += make_free(hall, phase, limits.left[at(passage)])
            else:
                left += 1
        for node in range(nodes_with_batches(hall, phase)):
            if in_batch[at(node)] == 0 or not fills_up(phase, phase.nodes[at(node)].stage):
                continue
            if may_fill(hall, phase, phase.nodes[at(node)].stage):
                made += make_free(hall, phase, limits.held[at(node)])
            else:
                left += 1
    return left > 0
