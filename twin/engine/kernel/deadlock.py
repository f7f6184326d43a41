"""Whether somebody waits for good. As `twin.engine.deadlock`, which then tells who. For rich twins."""

from twin.engine.kernel.arrays import Hall, Phase
from twin.engine.kernel.jit import at, for_rich, inlined
from twin.gating import BATCH
from twin.plan import NONE


@for_rich(otherwise=False, apart=True)
def waits_for_good(hall: Hall, phase: Phase) -> bool:
    """Tell whether somebody waits for what only those hold, make up or are who wait as well."""
    return waits_alike(hall, phase) and is_jammed(hall, phase)


# --- those that wait alike together, as if nobody moved who waits for other work --------------------------------------


@inlined
def waits_alike(hall: Hall, phase: Phase) -> bool:
    """Tell whether somebody could wait for good."""
    limits, waiting, in_batch = phase.limits, hall.limits.waiting, hall.limits.in_batch
    for limit in range(limits.most.size):
        hall.limits.free[at(limit)] = hall.limits.taken[at(limit)] - hall.limits.pending[at(limit)]
    for passage in range(limits.door.size):
        add(hall, phase, limits.left[at(passage)], -waiting[at(passage)])
    for node in range(nodes_with_batches(hall, phase)):
        if in_batch[at(node)] > 0 and fills_up(phase, phase.nodes[at(node)].stage):
            add(hall, phase, limits.held[at(node)], -in_batch[at(node)])
    count_as_free(hall, phase)
    return waits_on(hall, phase)


@inlined
def count_as_free(hall: Hall, phase: Phase) -> None:
    """Count those limits as free that have room, or places held by somebody who moves."""
    for limit in range(phase.limits.most.size):
        most, taken, moving = phase.limits.most[at(limit)], hall.limits.taken[at(limit)], hall.limits.free[at(limit)]
        hall.limits.free[at(limit)] = 1 if moving > 0 or taken < most or most == 0 else 0


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


# --- one by one -------------------------------------------------------------------------------------------------------


@inlined
def is_jammed(hall: Hall, phase: Phase) -> bool:
    """Tell whether somebody waits for good."""
    for limit in range(phase.limits.most.size):
        hall.limits.free[at(limit)] = hall.limits.taken[at(limit)]
    left = 0
    for slot in range(hall.items.size):
        placed = hall.limits.placed[at(slot)]
        placed.stuck = 1 if waits(hall, phase, slot) else 0
        if placed.stuck:
            left += 1
            add(hall, phase, placed.held, -1)
    count_as_free(hall, phase)
    gone = 1
    while gone > 0 and left > 0:
        gone = let_move(hall, phase)
        left -= gone
    return left > 0


@inlined
def waits(hall: Hall, phase: Phase, slot: int) -> bool:
    """Tell whether an item or a token does not move by itself."""
    item, placed = hall.items[at(slot)], hall.limits.placed[at(slot)]
    if item.index == NONE:
        return False
    if hall.flow.tokens[at(slot)].pending > 0:
        return True
    if item.row == NONE or placed.withdraws:
        return False
    return placed.line >= 2 * hall.stages.size or (placed.line != NONE and fills_up(phase, item.stage))


@inlined
def let_move(hall: Hall, phase: Phase) -> int:
    """Let everybody move who can, and give their places back; gives how many."""
    for slot in range(hall.items.size):
        hall.limits.placed[at(slot)].behind = 0
    for slot in range(hall.items.size):
        if hall.limits.placed[at(slot)].stuck:
            put_behind(hall, slot)
    for work in range(hall.flow.kinds.size):
        put_held_behind(hall, phase, work)
    gone = 0
    for slot in range(hall.items.size):
        placed = hall.limits.placed[at(slot)]
        if placed.stuck and not placed.behind and comes_in(hall, phase, slot):
            placed.stuck = 0
            make_free(hall, phase, placed.held)
            gone += 1
    return gone


@inlined
def put_behind(hall: Hall, slot: int) -> None:
    """Put those behind who wait for an item or a token."""
    token = hall.flow.tokens[at(slot)]
    if token.parent != slot:
        hall.limits.placed[at(token.parent)].behind = 1
        return
    if token.awaited_by != NONE:
        hall.limits.placed[at(token.awaited_by)].behind = 1
    waiter = token.first_waiter
    while waiter != NONE:
        hall.limits.placed[at(waiter)].behind = 1
        waiter = hall.flow.tokens[at(waiter)].next_waiter


@inlined
def put_held_behind(hall: Hall, phase: Phase, work: int) -> None:
    """Put those of a type behind who wait for whole types of which an item is stuck that came before them."""
    held, first = hall.flow.kinds[at(work)].first_held, hall.floor[0].entered + 1
    if held == NONE:
        return
    for number in range(phase.flow.first_after[at(work)], phase.flow.first_after[at(work + 1)]):
        slot = hall.flow.kinds[at(phase.flow.after[at(number)])].oldest
        while slot != NONE and not hall.limits.placed[at(slot)].stuck:
            slot = hall.flow.tokens[at(slot)].newer
        if slot != NONE:
            first = min(first, hall.flow.tokens[at(slot)].came_as)
    while held != NONE:
        if hall.flow.tokens[at(held)].came_as > first:
            hall.limits.placed[at(held)].behind = 1
        held = hall.flow.tokens[at(held)].next_held


@inlined
def comes_in(hall: Hall, phase: Phase, slot: int) -> bool:
    """Tell whether who waits for no other work gets a place, or others to make a batch."""
    if hall.flow.tokens[at(slot)].pending > 0:
        return True
    placed = hall.limits.placed[at(slot)]
    if placed.line >= 2 * hall.stages.size:
        return is_free(hall, phase, phase.limits.door_asked[at(phase.limits.door[at(placed.passage)])])
    return may_fill(hall, phase, hall.items[at(slot)].stage)
