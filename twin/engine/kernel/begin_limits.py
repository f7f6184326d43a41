"""At a dated change places are counted anew, and everybody lines up by the limits that hold then. For rich twins."""

from twin.engine.kernel.addresses import by_address
from twin.engine.kernel.arrays import Hall, Names, Phase
from twin.engine.kernel.departures import watch_age
from twin.engine.kernel.doors import count_branch, count_pending, line_of
from twin.engine.kernel.gates import count_waiting
from twin.engine.kernel.heaps import add_to_heap
from twin.engine.kernel.jit import at, door, inlined
from twin.engine.kernel.passages import found, passage_of
from twin.engine.kernel.places import key
from twin.engine.kernel.queues import ask_stage
from twin.eventlog import NEVER
from twin.gating import BATCH
from twin.limiting import BRANCHED
from twin.plan import NONE


@door
def begin_limits(hall: Hall, phase: Phase, names: Names) -> int:
    """Let the limits and gates of a plan hold."""
    hall, phase = by_address(hall), by_address(phase)
    limits, state = phase.limits, hall.limits
    state.taken[:] = 0
    state.pending[:] = 0
    state.waiting[:] = 0
    state.in_batch[:] = 0
    state.early[0].batched, state.early[0].branches = 0, 0
    for line in range(hall.stages.size, hall.fronts.size):
        hall.lines[at(line), 0].first = NONE
        hall.fronts[at(line)] = hall.lines.shape[1]
    for stage in range(hall.stages.size):
        gate = state.gates[at(stage)]
        gate.cursor, gate.used, gate.woken, gate.waiting = phase.gates.first[at(stage)], 0, NEVER, 0
        gate.branches = 0
    for slot in range(hall.items.size):
        if hall.items[at(slot)].index == NONE:
            continue
        if hall.items[at(slot)].row == NONE:
            state.placed[at(slot)].held = 0  # a token of it holds the places, or it has not come
            continue
        hold_anew(hall, phase, slot)
        watch_age(hall, phase, slot)
        held = state.placed[at(slot)].held
        for place in range(limits.first[at(held)], limits.first[at(held + 1)]):
            state.taken[at(limits.members[at(place)])] += 1
        if hall.flow.tokens[at(slot)].pending > 0:
            count_pending(hall, phase, slot, 1)
        wait_anew(hall, phase, names, slot)
    return 0


@inlined
def hold_anew(hall: Hall, phase: Phase, slot: int) -> None:
    """Give an item the set it holds by the limits that hold now, and its way."""
    item, placed, limits, stages = hall.items[at(slot)], hall.limits.placed[at(slot)], phase.limits, hall.stages.size
    if item.origin == BRANCHED or hall.segments[at(slot)].parked:
        placed.held = 0
    elif item.origin == NONE:
        place = found(limits.place_key, item.work * stages + item.stage)
        placed.held = limits.place_accepted[at(place)]
    else:
        place = found(limits.place_key, item.work * stages + item.origin)
        placed.held = limits.place_held[at(place)]
    if placed.came == NEVER:
        placed.passage = passage_of(phase, item, stages)


@inlined
def wait_anew(hall: Hall, phase: Phase, names: Names, slot: int) -> None:
    """Let an item that does not yet queue stand in the line that it belongs in now."""
    item, placed = hall.items[at(slot)], hall.limits.placed[at(slot)]
    if placed.line == NONE:
        return
    rank, place = hall.ranked[at(slot)].rank, hall.ranked[at(slot)].key
    if placed.line >= 2 * hall.stages.size:
        placed.line = line_of(hall, phase.limits.door[at(placed.passage)])
        hall.limits.waiting[at(placed.passage)] += 1 - placed.withdraws
        count_branch(hall, slot, 1)
    else:
        count_waiting(hall, slot, 1)
        in_turn = phase.gates.kind[at(item.stage)] == BATCH
        rank = 0 if in_turn else phase.rank[at(item.stage), at(item.work)]
        place = 0 if in_turn else key(hall, phase, names, slot)
    add_to_heap(hall, placed.line, rank, place, slot)
    ask_stage(hall, item.stage)
