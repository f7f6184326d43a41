"""Places of limits, and who waits outside for one. As `twin.engine.places` and `admission` in the reference.

Items that wait at one stage for the same limits stand in the line of one door. The first doors, one a stage, ask for
nothing: they let in whom a dated change no longer holds up. Only for rich twins.
"""

from twin.engine.kernel.arrays import Hall, Ints, Log, Names, Phase
from twin.engine.kernel.gates import join, open_gate
from twin.engine.kernel.heaps import is_before, take_from_heap
from twin.engine.kernel.jit import at, called, for_rich, inlined
from twin.engine.kernel.queues import ask_stage, first_in, is_empty, line_up
from twin.gating import AT_ONCE
from twin.limiting import BRANCHED
from twin.plan import NONE


@called
def contains(first: Ints, members: Ints, number: int, limit: int) -> bool:
    """Tell whether a set has a limit."""
    place, last = first[at(number)], first[at(number + 1)]
    while place < last and members[at(place)] != limit:
        place += 1
    return place < last


@called
def has_room(first: Ints, members: Ints, number: int, taken: Ints, most: Ints) -> bool:
    """Tell whether every limit of a set has a place left."""
    for place in range(first[at(number)], first[at(number + 1)]):
        if taken[at(members[at(place)])] >= most[at(members[at(place)])]:
            return False
    return True


@inlined
def line_of(hall: Hall, door: int) -> int:
    """Give the line outside a door."""
    return 2 * hall.stages.size + door


@for_rich(apart=True)
def wait_outside(hall: Hall, phase: Phase, names: Names, slot: int) -> None:
    """Let an item line up at the door on its way."""
    placed = hall.limits.placed[at(slot)]
    passage = placed.passage
    placed.line = line_of(hall, phase.limits.door[at(passage)])
    line_up(hall, phase, names, placed.line, slot)
    hall.limits.waiting[at(passage)] += 1 - placed.withdraws
    if phase.limits.left[at(passage)] != 0 or is_awaited(hall, phase, slot):
        hall.limits.early[0].suspicious = 1
    count_branch(hall, slot, 1)
    ask_stage(hall, hall.items[at(slot)].stage)


@inlined
def is_awaited(hall: Hall, phase: Phase, slot: int) -> bool:
    """Tell whether others wait for an item or a token, or may."""
    token, work = hall.flow.tokens[at(slot)], hall.items[at(slot)].work
    if token.root != slot or token.awaited_by != NONE or token.first_waiter != NONE:
        return True
    return phase.flow.first_awaiting[at(work)] < phase.flow.first_awaiting[at(work + 1)]


@inlined
def count_branch(hall: Hall, slot: int, one: int) -> None:
    """Count a token that begins or ends to wait outside without a place."""
    item = hall.items[at(slot)]
    if item.origin == BRANCHED:
        hall.limits.gates[at(item.stage)].branches += one
        hall.limits.early[0].branches += one


@inlined
def count_pending(hall: Hall, phase: Phase, slot: int, one: int) -> None:
    """Count the places of an item that begins or ends to wait for others."""
    limits, held = phase.limits, hall.limits.placed[at(slot)].held
    for place in range(limits.first[at(held)], limits.first[at(held + 1)]):
        hall.limits.pending[at(limits.members[at(place)])] += one


@inlined
def leave_line(hall: Hall, slot: int) -> None:
    """Take an item out of the line in which it waits outside."""
    placed = hall.limits.placed[at(slot)]
    take_from_heap(hall, placed.line, slot)
    hall.limits.waiting[at(placed.passage)] -= 1 - placed.withdraws
    count_branch(hall, slot, -1)
    placed.line = NONE


@inlined
def first_outside(hall: Hall, phase: Phase, stage: int) -> int:
    """Find the first outside a stage that may come in; NONE where nobody may."""
    limits, best = phase.limits, NONE
    for place in range(limits.first_door[at(stage)], limits.first_door[at(stage + 1)]):
        door = limits.stage_door[at(place)]
        if is_empty(hall, line_of(hall, door)):
            continue
        asked = limits.door_asked[at(door)]
        if not has_room(limits.first, limits.members, asked, hall.limits.taken, limits.most):
            continue
        slot = first_in(hall, phase, line_of(hall, door))
        if best == NONE or is_before(hall.items, hall.ranked, slot, best):
            best = slot
    return best


@inlined
def take_places(hall: Hall, phase: Phase, slot: int, now: int) -> None:
    """Let an item exchange the places it holds for those of a set."""
    limits, before = phase.limits, hall.limits.placed[at(slot)].held
    for place in range(limits.first[at(before)], limits.first[at(before + 1)]):
        limit = limits.members[at(place)]
        if not contains(limits.first, limits.members, now, limit):
            give_back(hall, phase, limit)
    for place in range(limits.first[at(now)], limits.first[at(now + 1)]):
        limit = limits.members[at(place)]
        if not contains(limits.first, limits.members, before, limit):
            hall.limits.taken[at(limit)] += 1
    hall.limits.placed[at(slot)].held = now


@inlined
def give_back(hall: Hall, phase: Phase, limit: int) -> None:
    """Free a place of a limit, and let the stages look whom it lets in."""
    limits = phase.limits
    hall.limits.taken[at(limit)] -= 1
    for place in range(limits.first_asking[at(limit)], limits.first_asking[at(limit + 1)]):
        door = limits.asking_door[at(place)]
        if not is_empty(hall, line_of(hall, door)):
            ask_stage(hall, limits.door_stage[at(door)])


@for_rich(otherwise=False)
def let_in(hall: Hall, phase: Phase, names: Names, slot: int) -> bool:
    """Move an item to its stage; tell whether it may queue at once, where no gate stands before the queue."""
    item, placed = hall.items[at(slot)], hall.limits.placed[at(slot)]
    take_places(hall, phase, slot, phase.limits.held[at(item.node)])
    item.origin, placed.came = item.stage, hall.floor[0].now
    if phase.gates.kind[at(item.stage)] == AT_ONCE:
        return True
    join(hall, phase, names, slot)
    return False


@inlined
def bring_branches_forward(hall: Hall) -> None:
    """Move the first stage asked at which branches wait without a place to the end of the list, to be taken next."""
    last = hall.floor[0].stages_asked - 1
    if hall.limits.early[0].branches == 0:
        return
    place = last
    while place >= 0 and hall.limits.gates[at(-hall.stages_asked[at(place)])].branches == 0:
        place -= 1
    if place >= 0:
        chosen = hall.stages_asked[at(place)]
        for moved in range(place, last):
            hall.stages_asked[at(moved)] = hall.stages_asked[at(moved + 1)]
        hall.stages_asked[at(last)] = chosen


@for_rich(NONE)
def take_in(hall: Hall, phase: Phase, stage: int) -> int:
    """Take the first out of the lines outside a stage that may come in, and give its slot; NONE for nobody."""
    slot = first_outside(hall, phase, stage)
    if slot != NONE:
        leave_line(hall, slot)
    return slot


@for_rich()
def pass_gate(hall: Hall, phase: Phase, names: Names, log: Log, stage: int) -> None:
    """Let visits queue that have waited before the queue of a stage."""
    if hall.limits.gates[at(stage)].waiting > 0:
        open_gate(hall, phase, names, log, stage)
