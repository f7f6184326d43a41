"""The way an item is on, found by its type, the stage it comes from and the stage it comes to. For rich twins."""

from twin.engine.kernel.arrays import Ints, Phase, Record
from twin.engine.kernel.jit import at, called, inlined


@called
def found(keys: Ints, wanted: int) -> int:
    """Find a key among many in order."""
    low, high = 0, keys.size - 1
    while low < high:
        middle = (low + high) >> 1
        if keys[at(middle)] < wanted:
            low = middle + 1
        else:
            high = middle
    return low


@inlined
def passage_of(phase: Phase, item: Record, stages: int) -> int:
    """Give the passage of the way an item is on: origins begin with BRANCHED and NONE, -2 and -1."""
    way = (item.work * (stages + 2) + item.origin + 2) * stages + item.stage
    return phase.limits.way_passage[at(found(phase.limits.way_key, way))]
