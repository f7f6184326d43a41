"""Slots of items and tokens in twins whose ways branch: free ones are a list; an item begins anew in its slot."""

from twin.engine.kernel.arrays import Hall, Phase
from twin.engine.kernel.jit import at, inlined
from twin.engine.kernel.queues import is_rich
from twin.eventlog import NEVER
from twin.outcome import BRANCH_BITS
from twin.plan import NONE


@inlined
def take_slot(hall: Hall) -> int:
    """Take a free slot."""
    floor = hall.floor[0]
    slot = floor.free_slot
    floor.free_slot = hall.items[at(slot)].next
    floor.free -= 1
    return slot


@inlined
def give_slot_back(hall: Hall, slot: int) -> None:
    """Free a slot."""
    floor, item = hall.floor[0], hall.items[at(slot)]
    item.index, item.next = NONE, floor.free_slot
    floor.free_slot = slot
    floor.free += 1


@inlined
def begin_item(hall: Hall, phase: Phase, slot: int, index: int, work: int, number: int) -> None:
    """Write an item down that is at no stage."""
    item, token = hall.items[at(slot)], hall.flow.tokens[at(slot)]
    item.index, item.among, item.work, item.number = index, index << BRANCH_BITS, work, number
    item.node, item.stage, item.visit, item.row, item.started = NONE, NONE, 0, NONE, NEVER
    hall.visits[at(slot), :] = 0
    hall.reworked[at(slot), :] = 0
    if is_rich(phase):
        hall.had_at[at(slot), :] = NONE
        hall.had_in[at(slot), :] = NONE
        hall.limits.placed[at(slot)].held = 0
    token.root, token.parent, token.branch = slot, slot, 0
    token.pending, token.bred, token.ahead, token.came_as, token.share = 0, 0, 0, 0, 1.0
    token.awaited_by, token.first_waiter, token.last_waiter = NONE, NONE, NONE
