"""The gaps between arrivals, in bulk: bit for bit what `twin.demand.sums_of_gaps` draws."""

import numpy as np

from twin.engine.kernel.arrays import Floats, Ints
from twin.engine.kernel.jit import at, door
from twin.engine.kernel.streams import ARRIVAL, DROPPED, UNIT, threefry
from twin.engine.kernel.tables import lookup


@door
def gaps(key: np.uint64, other: np.uint64, counter: np.uint64, tables: Floats, sums: Ints) -> int:
    """Draw gaps from the first table under rising counters, and write their running sums."""
    total = 0
    for place in range(sums.size):
        word = threefry(key, other, counter + np.uint64(place), ARRIVAL)
        u = (np.float64(word >> DROPPED) + 0.5) * UNIT
        total += int(np.floor(lookup(tables, 0, u) + 0.5))
        sums[at(place)] = total
    return total
