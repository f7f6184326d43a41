"""Lines of rich twins: skew heaps by rank, key and turn, through their items, so that a line has no bounds.

A skew heap (Sleator and Tarjan 1986, SIAM Journal on Computing 15) is a binary tree in heap order; to merge two, their
right branches are merged and every node on the way exchanges its branches, at amortised cost log n. Each node knows the
one above it. So an item can be taken out of the middle at once: its branches, merged, stand in its place.
"""

from twin.engine.kernel.arrays import Hall, Records
from twin.engine.kernel.jit import at, called, inlined
from twin.plan import NONE


@inlined
def is_before(items: Records, ranked: Records, slot: int, other: int) -> bool:
    """Tell whether an item comes before another."""
    mine, theirs = ranked[at(slot)], ranked[at(other)]
    if mine.rank != theirs.rank:
        return mine.rank < theirs.rank
    if mine.key != theirs.key:
        return mine.key < theirs.key
    return items[at(slot)].turn < items[at(other)].turn


@called
def merged(items: Records, ranked: Records, one: int, other: int) -> int:
    """Merge two heaps, and give the slot of the first; nothing is above it yet."""
    first, above = NONE, NONE
    while one >= 0 and other >= 0:
        if is_before(items, ranked, other, one):
            one, other = other, one
        if above == NONE:
            first = one
        else:
            items[at(above)].next = one
        ranked[at(one)].up = above
        above, behind = one, ranked[at(one)].right
        ranked[at(above)].right = items[at(above)].next
        one = behind
    rest = other if one == NONE else one
    if above == NONE:
        first = rest
    else:
        items[at(above)].next = rest
    if rest != NONE:
        ranked[at(rest)].up = above
    return first


@inlined
def add_to_heap(hall: Hall, queue: int, rank: int, key: int, slot: int) -> None:
    """Put an item into a line."""
    item, place = hall.items[at(slot)], hall.ranked[at(slot)]
    item.next = NONE
    place.rank, place.key, place.right, place.up = rank, key, NONE, NONE
    put_first(hall, queue, merged(hall.items, hall.ranked, hall.lines[at(queue), 0].first, slot))


@inlined
def take_from_heap(hall: Hall, queue: int, slot: int) -> None:
    """Take an item out of its line, wherever it stands."""
    above = hall.ranked[at(slot)].up
    branch = merged(hall.items, hall.ranked, hall.items[at(slot)].next, hall.ranked[at(slot)].right)
    if above == NONE:
        put_first(hall, queue, branch)
        return
    if hall.items[at(above)].next == slot:
        hall.items[at(above)].next = branch
    else:
        hall.ranked[at(above)].right = branch
    if branch != NONE:
        hall.ranked[at(branch)].up = above


@inlined
def put_first(hall: Hall, queue: int, slot: int) -> None:
    """Let a line begin with an item, or with NONE."""
    hall.lines[at(queue), 0].first = slot
    hall.fronts[at(queue)] = hall.lines.shape[1] if slot == NONE else hall.ranked[at(slot)].rank
