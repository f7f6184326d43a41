"""Who waits for what: lines of items, one line for each rank; in rich twins one heap for all (`heaps`).

Turns are taken in the order in which items line up, so a line is in order of turn by itself, and the first of the
lowest rank that has anyone is what a heap by (rank, turn) would give. Lines 0 to stages - 1 are the queues; behind them
stand those who wait for a place at a stage.
"""

from twin.engine.kernel.arrays import Hall, Ints, Names, Phase, Record, Records
from twin.engine.kernel.heaps import add_to_heap, take_from_heap
from twin.engine.kernel.jit import at, called, inlined
from twin.engine.kernel.places import key
from twin.plan import NONE


@inlined
def take_turn(hall: Hall) -> int:
    """Give a number to whoever lines up or gets free: equals are served first come first served."""
    floor = hall.floor[0]
    floor.turn += 1
    return floor.turn


@inlined
def is_rich(phase: Phase) -> bool:
    """Tell whether a twin uses what plain ones do not pay for."""
    return len(phase.rich) > 0


@inlined
def is_branched(phase: Phase) -> bool:
    """Tell whether items may go several ways at once, or take a share of an effort."""
    return len(phase.branched) > 0


@inlined
def line_up(hall: Hall, phase: Phase, names: Names, queue: int, slot: int) -> None:
    """Put an item behind those of its rank."""
    rank = phase.rank[at(hall.items[at(slot)].stage), at(hall.items[at(slot)].work)]
    hall.items[at(slot)].turn = take_turn(hall)
    if is_rich(phase):
        add_to_heap(hall, queue, rank, key(hall, phase, names, slot), slot)
        return
    hall.fronts[at(queue)] = min(hall.fronts[at(queue)], rank)
    append(hall.items, hall.lines[at(queue), at(rank)], slot)


@called
def append(items: Records, line: Record, slot: int) -> None:
    """Put an item at the end of a line."""
    items[at(slot)].next = NONE
    if line.first == NONE:
        line.first = slot
    else:
        items[at(line.last)].next = slot
    line.last = slot


@inlined
def is_empty(hall: Hall, queue: int) -> bool:
    """Tell whether nobody waits."""
    return hall.fronts[at(queue)] == hall.lines.shape[1]


@inlined
def first_in(hall: Hall, phase: Phase, queue: int) -> int:
    """Give the slot of the item that is first."""
    if is_rich(phase):
        return hall.lines[at(queue), 0].first
    return hall.lines[at(queue), at(hall.fronts[at(queue)])].first


@inlined
def take_first(hall: Hall, phase: Phase, queue: int) -> int:
    """Take the item out that is first, and give its slot."""
    if is_rich(phase):
        first = hall.lines[at(queue), 0].first
        take_from_heap(hall, queue, first)
        return first
    rank, ranks = hall.fronts[at(queue)], hall.lines.shape[1]
    slot = hall.lines[at(queue), at(rank)].first
    behind = hall.items[at(slot)].next
    hall.lines[at(queue), at(rank)].first = behind
    if behind == NONE:
        while rank < ranks and hall.lines[at(queue), at(rank)].first == NONE:
            rank += 1
        hall.fronts[at(queue)] = rank
    return slot


@inlined
def ask_team(hall: Hall, team: int) -> None:
    """Let a team look for work at the dispatch, in the order of teams."""
    floor = hall.floor[0]
    if not hall.teams[at(team)].asked:
        hall.teams[at(team)].asked = 1
        insert(hall.teams_asked, floor.teams_asked, team)
        floor.teams_asked += 1


@inlined
def ask_stage(hall: Hall, stage: int) -> None:
    """Let a stage look whether it has a free place at the dispatch; the first stage comes last, to be taken first."""
    floor = hall.floor[0]
    if not hall.stages[at(stage)].asked:
        hall.stages[at(stage)].asked = 1
        insert(hall.stages_asked, floor.stages_asked, -stage)
        floor.stages_asked += 1


@called
def insert(numbers: Ints, count: int, number: int) -> None:
    """Insert a number into so many that rise."""
    while count > 0 and numbers[at(count - 1)] > number:
        numbers[at(count)] = numbers[at(count - 1)]
        count -= 1
    numbers[at(count)] = number
