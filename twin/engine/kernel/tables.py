"""Quantile tables, looked up in the same steps as in `twin.sampling.lookup_one`."""

from twin.engine.kernel.arrays import Floats
from twin.engine.kernel.jit import at, called
from twin.quantile_tables import CELLS, LEVELS, STRIDE, TAIL, WIDEN


@called
def lookup(tables: Floats, table: int, u: float) -> float:
    """Give the quantile of a table at u, in ticks not yet rounded."""
    if tables[at(table), 0] > 0:
        return piece_at(tables, table, u)
    row, s = 0, u
    if u < TAIL or u > 1 - TAIL:
        row = 1 if u < TAIL else 1 + LEVELS
        last = row + LEVELS - 1
        s = (u if u < TAIL else 1 - u) * WIDEN
        while s < TAIL and row < last:
            s *= WIDEN
            row += 1
    position = s * CELLS
    cell = int(position)
    knot = 1 + row * STRIDE + cell
    left = tables[at(table), at(knot)]
    return left + (position - cell) * (tables[at(table), at(knot + 1)] - left)


@called
def piece_at(tables: Floats, table: int, u: float) -> float:
    """Give the quantile at u of a table of pieces."""
    pieces = int(tables[at(table), 0])
    piece, beyond = 0, pieces
    while beyond - piece > 1:
        middle = (piece + beyond) // 2
        if tables[at(table), at(1 + middle)] <= u:
            piece = middle
        else:
            beyond = middle
    knot = 2 + pieces + piece
    value = (
        tables[at(table), at(knot)] + (u - tables[at(table), at(1 + piece)]) * tables[at(table), at(knot + pieces + 1)]
    )
    return min(value, tables[at(table), at(knot + 1)])
