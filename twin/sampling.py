"""Draw durations by looking uniform numbers up in quantile tables, with equal bits everywhere.

A draw is Q(u), the quantile in ticks (ms) at a uniform u, so scenarios that share a u stay coupled. Looking up takes
comparisons, products by powers of two and one interpolation, in the same order for one number and for many, and no
transcendental function; `twin.quantile_tables` says how a table is laid out and how exact it is.

Tables that take long to make are kept in the cache (`twin.cache`).
"""

import hashlib
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.metadata import version
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydantic_core import to_json

from twin.cache import keep, recall
from twin.distributions import Distribution, Fixed, Quantiles
from twin.quantile_tables import CELLS, LEVELS, STRIDE, TABLE_SIZE, TAIL, WIDEN, build_table

TABLE_VERSION: Final = 1
"""Counts the ways tables have been computed; a new number renews every draw and every cached file."""
Floats = NDArray[np.float64]


@lru_cache(maxsize=256)
def quantile_table(distribution: Distribution) -> Floats:
    """Give the quantile table of a distribution, read-only, shape (TABLE_SIZE,), from the cache where it is."""
    quick = isinstance(distribution, Fixed | Quantiles)  # made sooner than read
    entry = _entry(distribution)
    kept = None if quick else recall(entry)
    if kept is not None and len(kept) == TABLE_SIZE * 8:
        table = np.frombuffer(kept, "<f8").astype(np.float64)
    else:
        table = build_table(distribution)
        if not quick:
            keep(entry, table.astype("<f8").tobytes())
    table.setflags(write=False)
    return table


def lookup_one(table: Sequence[float] | Floats, u: float) -> float:
    """Give the quantile at one u in ticks; quickest where the table is a list."""
    if table[0] > 0:
        return _piece_at(table, u)
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
    left = table[knot]
    return left + (position - cell) * (table[knot + 1] - left)


def lookup(table: Floats, u: Floats) -> Floats:
    """Give the quantiles at many u in ticks, shape (n,), bit for bit those of `lookup_one`."""
    if table[0] > 0:
        return _pieces_at(table, u)
    position = u * CELLS
    knot = np.ones(u.shape, np.int64)
    for first, tail in ((1, np.flatnonzero(u < TAIL)), (1 + LEVELS, np.flatnonzero(u > 1 - TAIL))):
        s = (u[tail] if first == 1 else 1 - u[tail]) * WIDEN
        row = np.full(tail.shape, first)
        for _ in range(LEVELS - 1):
            deeper = np.flatnonzero(s < TAIL)
            s[deeper] *= WIDEN
            row[deeper] += 1
        position[tail] = s * CELLS
        knot[tail] += row * STRIDE
    cell = position.astype(np.int64)
    position -= cell
    knot += cell
    left = table[knot]
    position *= table[knot + 1] - left
    position += left
    return position


def draw_ticks(table: Floats, u: Floats) -> NDArray[np.int64]:
    """Give the quantiles at many u, rounded to whole ticks, shape (n,)."""
    return np.floor(lookup(table, u) + 0.5).astype(np.int64)


def _piece_at(table: Sequence[float] | Floats, u: float) -> float:
    pieces = int(table[0])
    piece, beyond = 0, pieces
    while beyond - piece > 1:
        middle = (piece + beyond) // 2
        if table[1 + middle] <= u:
            piece = middle
        else:
            beyond = middle
    knot = 2 + pieces + piece
    value = table[knot] + (u - table[1 + piece]) * table[knot + pieces + 1]
    return min(value, table[knot + 1])


def _pieces_at(table: Floats, u: Floats) -> Floats:
    pieces = int(table[0])
    starts, values = table[1 : 2 + pieces], table[2 + pieces : 3 + 2 * pieces]
    piece = np.searchsorted(starts[1:-1], u, side="right")
    drawn = values[piece] + (u - starts[piece]) * table[3 + 2 * pieces : 3 + 3 * pieces][piece]
    return np.minimum(drawn, values[piece + 1])


@cache
def _makers() -> str:
    """Name what computes a table: another library may compute other last bits."""
    return f"{TABLE_VERSION} {TABLE_SIZE} numpy {version('numpy')} scipy {version('scipy')} "


def _entry(distribution: Distribution) -> str:
    """Name a table in the cache."""
    written = _makers().encode() + to_json(distribution.model_dump(mode="json"))
    return f"tables/{hashlib.sha256(written).hexdigest()}"
