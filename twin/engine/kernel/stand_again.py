"""At a dated change everybody stands in line anew. As `twin.engine.lines.stand_again` in the reference."""

from twin.engine.kernel.addresses import by_address
from twin.engine.kernel.arrays import Hall, Names, Phase
from twin.engine.kernel.heaps import add_to_heap, take_from_heap
from twin.engine.kernel.jit import at, door, inlined
from twin.engine.kernel.places import key
from twin.eventlog import NEVER
from twin.plan import NONE


@door
def stand_again(hall: Hall, phase: Phase, names: Names) -> int:
    """Let everybody stand in line where the rules that hold now have them, each with the turn they had."""
    hall, phase = by_address(hall), by_address(phase)
    for slot in range(hall.items.size):
        item = hall.items[at(slot)]
        is_there = (item.index != NONE) & (item.row != NONE)
        if is_there and item.queued != NEVER:
            hall.ranked[at(slot)].rank = phase.rank[at(item.stage), at(item.work)]
            hall.ranked[at(slot)].key = key(hall, phase, names, slot)
    for line in range(hall.fronts.size):
        again(hall, phase, names, line)
    return 0


@inlined
def again(hall: Hall, phase: Phase, names: Names, line: int) -> None:
    """Take everybody out of a line, and let them stand in it again."""
    out = NONE
    first = hall.lines[at(line), 0].first
    while first != NONE:
        take_from_heap(hall, line, first)
        hall.items[at(first)].next = out
        out = first
        first = hall.lines[at(line), 0].first
    while out != NONE:
        behind, item = hall.items[at(out)].next, hall.items[at(out)]
        add_to_heap(hall, line, phase.rank[at(item.stage), at(item.work)], key(hall, phase, names, out), out)
        out = behind
