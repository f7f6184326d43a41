"""Draw durations by looking uniform numbers up in quantile tables, with equal bits everywhere.

A draw is Q(u), the quantile in ticks (ms) at a uniform u, so scenarios that share a u stay coupled. Looking up takes
comparisons, products by powers of two and one interpolation, in the same order for one number and for many, and no
transcendental function; `twin.quantile_tables` says how a table is laid out and how exact it is.

Tables are kept in the user's cache folder, or in ``$WORKTWIN_CACHE``, each with its digest. The cache only saves time:
a damaged file is computed again, a folder that cannot be written is done without.
"""

import hashlib
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

import numpy as np
import platformdirs
from numpy.typing import NDArray
from pydantic_core import to_json

from twin.distributions import Distribution
from twin.quantile_tables import CELLS, LEVELS, STRIDE, TABLE_SIZE, TAIL, WIDEN, build_table

TABLE_VERSION: Final = 1
"""Counts the ways tables have been computed; a new number renews every draw and every cached file."""
CACHE_VARIABLE: Final = "WORKTWIN_CACHE"
_DIGEST_WORDS: Final = 4
Floats = NDArray[np.float64]


@lru_cache(maxsize=256)
def quantile_table(distribution: Distribution) -> Floats:
    """Give the quantile table of a distribution, read-only, shape (TABLE_SIZE,), from the cache where it is."""
    path = _cached_path(distribution)
    table = _load(path)
    if table is None:
        table = build_table(distribution)
        _store(path, table)
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


def _cached_path(distribution: Distribution) -> Path:
    root = os.environ.get(CACHE_VARIABLE) or platformdirs.user_cache_dir("worktwin", appauthor=False)
    written = _makers().encode() + to_json(distribution.model_dump(mode="json"))
    return Path(root) / "tables" / f"{hashlib.sha256(written).hexdigest()}.npy"


def _load(path: Path) -> Floats | None:
    """Read a table; None where it is absent or damaged.

    Only the numbers are read and their digest decides, so there is no header whose damage could do harm.
    """
    try:
        words = np.frombuffer(path.read_bytes()[-8 * (TABLE_SIZE + _DIGEST_WORDS) :], "<u8")
    except (OSError, ValueError):
        return None
    table = words[:TABLE_SIZE].view("<f8").astype(np.float64)
    return table if table.size == TABLE_SIZE and np.array_equal(words[TABLE_SIZE:], _digest(table)) else None


def _store(path: Path, table: Floats) -> None:
    words = np.concatenate([table.astype("<f8").view("<u8"), _digest(table)])
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
            try:
                np.save(file, words, allow_pickle=False)
                file.close()
                Path(file.name).replace(path)
            except OSError:
                Path(file.name).unlink(missing_ok=True)


def _digest(table: Floats) -> NDArray[np.uint64]:
    return np.frombuffer(hashlib.sha256(table.astype("<f8").tobytes()).digest(), "<u8")
