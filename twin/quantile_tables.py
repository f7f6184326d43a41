"""Lay a distribution out as a quantile table: numbers between which both engines only interpolate.

A table is one float64 array of `TABLE_SIZE` in one of two forms, told by its first number. Values are in ticks (ms).

0  A grid, for curves without jumps. Row 0 has 1025 knots evenly over u in [0, 1]; beyond 1/32 from an end rows 1 to 5
   (low) and 6 to 10 (high) take over: 1025 knots each, evenly over tail probabilities s from 0 to 32^-1 … 32^-5.
   So knots lie at most 1/32 of s apart until the last cell, s < 2^-35. Values are rounded to 53 bits below the
   greatest: their differences are then exact, and a draw never falls as u rises.
n  n pieces, for anything that jumps: starts (n + 1 numbers from 0 to 1), values there (n + 1), slopes (n). A listed
   value is a piece of slope 0: drawn exactly, with a probability exact to 2^-40.

Two corrections follow, as chords cut corners. An infinite last value is put where the variance comes out right, at
most at the quantile of 1 - 2^-53. Then values are bent by c w(x) to the true mean, where w is 0 at listed values and
at the ends of a support (x for a curve from 0 to infinity, so that bending is scaling there).

Measured: the mean to 12 digits; the variance within 0.02 % for every kind up to cv 20, and within 0.15 % for the
hardest mixtures tried (two narrow humps far apart; a listed value beside cv 20). A draw is finite; extremes rarer than
one in 2^35 (3e-11) lie on one straight line that has their second moment, not their shape.

Source: table inversion, Hörmann, Leydold, Derflinger (2004), Automatic Nonuniform Random Variate Generation, ch. 3.
"""

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.distributions import Distribution, Mixture, edges, mean, shared, variance
from twin.quantiles import cdf, quantile

CELLS: Final = 1024
STRIDE: Final = CELLS + 1
LEVELS: Final = 5
WIDEN: Final = 32
"""How many times wider the tail of one level is than the next one's."""
TAIL: Final = 1 / WIDEN
TABLE_SIZE: Final = 1 + STRIDE * (1 + 2 * LEVELS)

_PIECE_CELLS: Final = 256
_SLIVER: Final = 2.0**-40
_FARTHEST: Final = 1 - 2.0**-53
_STRAIGHT: Final = frozenset({"fixed", "uniform", "empirical", "quantiles"})
Floats = NDArray[np.float64]


class _Chords(NamedTuple):
    """A quantile function cut into straight lines over rising u; arrays of shape (chords,)."""

    width: Floats  # of u
    left: Floats  # ticks
    right: Floats  # ticks
    low: Floats  # ticks, the nearest edge below, which stays where it is
    high: Floats  # ticks, the nearest edge above, perhaps infinite


def build_table(distribution: Distribution) -> Floats:
    """Compute the quantile table of a distribution, shape (TABLE_SIZE,)."""
    if distribution.kind == "triangular" or not edges(distribution):
        starts = _grid_starts(CELLS)
        return _grid(starts, _corrected(distribution, _chords(distribution, starts)))
    starts = _piece_starts(distribution)
    return _pieces(starts, _corrected(distribution, _chords(distribution, starts)))


def _grid_starts(cells: int) -> Floats:
    """List the u of all knots a grid uses, rising from 0 to 1."""
    tail = np.arange(cells // WIDEN, cells) / cells
    low = np.concatenate(
        [np.arange(cells // WIDEN) / cells * TAIL**LEVELS, *(tail * TAIL**j for j in range(LEVELS, 0, -1))]
    )
    centre = np.arange(cells // WIDEN, cells - cells // WIDEN + 1) / cells
    return np.concatenate([low, centre, 1 - low[::-1]])


def _piece_starts(distribution: Distribution) -> Floats:
    """List the u of all jumps and bends and, where a part is curved, of a coarser grid, rising from 0 to 1."""
    at, before = _reached(distribution)
    curved = isinstance(distribution, Mixture) and not _straight(distribution)
    starts = np.unique(np.concatenate([at, before, _grid_starts(_PIECE_CELLS) if curved else []]))
    starts = starts[(starts > _SLIVER) & (starts < 1 - _SLIVER)]
    starts = starts[np.diff(starts, prepend=0.0) > _SLIVER]
    return np.concatenate([[0.0], starts, [1.0]])


def _straight(mixture: Mixture) -> bool:
    parts = [part for _, part in shared(mixture)]
    return all(_straight(part) if isinstance(part, Mixture) else part.kind in _STRAIGHT for part in parts)


def _reached(distribution: Distribution) -> tuple[Floats, Floats]:
    """Give the cdf at each edge and just before it, shapes (edges,)."""
    edge = np.array(edges(distribution), float)
    return cdf(distribution, edge), cdf(distribution, np.nextafter(edge, -np.inf))


def _chords(distribution: Distribution, starts: Floats) -> _Chords:
    knots = quantile(distribution, starts)
    middle = (starts[:-1] + starts[1:]) / 2
    at, before = _reached(distribution)
    edge = np.array(edges(distribution), float)
    low = np.concatenate([knots[:1], edge])[np.searchsorted(at, middle, side="right")]
    high = np.concatenate([edge, knots[-1:]])[np.searchsorted(before, middle, side="left")]
    jump = np.searchsorted(at, middle, side="left")
    listed = np.concatenate([before, [1.0]])[jump] < middle
    value = np.concatenate([edge, [0.0]])[jump]
    low, high = np.where(listed, value, low), np.where(listed, value, high)
    left = np.clip(knots[:-1], low, high)
    return _Chords(np.diff(starts), left, np.clip(knots[1:], left, high), low, high)


def _corrected(distribution: Distribution, chords: _Chords) -> _Chords:
    """End the last chord where the variance is right, then bend all to the true mean."""
    centre = mean(distribution)
    width, left, right, low, high = chords
    if math.isinf(right[-1]):
        inner = left[:-1] ** 2 + left[:-1] * right[:-1] + right[:-1] ** 2
        missing = variance(distribution) + centre**2 - float(width[:-1] @ inner) / 3
        right[-1] = _last_value(float(left[-1]), missing / width[-1])
        right[-1] = np.clip(right[-1], left[-1], quantile(distribution, np.array([_FARTHEST]))[0])
    bend_left, bend_right = _bend(left, low, high), _bend(right, low, high)
    room = float(width @ (bend_left + bend_right))
    factor = (2 * centre - float(width @ (left + right))) / room if room else 0.0
    return _Chords(width, left + factor * bend_left, right + factor * bend_right, low, high)


def _last_value(left: float, square: float) -> float:
    """Solve (left^2 + left x + x^2) / 3 = square for x."""
    return (math.sqrt(max(12 * square - 3 * left**2, 0.0)) - left) / 2


def _bend(x: Floats, low: Floats, high: Floats) -> Floats:
    open_ended = np.isinf(high)
    span = np.where(open_ended | (high == low), 1.0, high - low)
    return (x - low) * np.where(open_ended, 1.0, (np.where(open_ended, x, high) - x) / span)


def _grid(starts: Floats, chords: _Chords) -> Floats:
    values = np.append(chords.left, chords.right[-1])
    unit = 2.0 ** (math.frexp(values[-1])[1] - 53)
    values = np.round(values / unit) * unit
    tails = np.arange(STRIDE) / CELLS * TAIL ** np.arange(1, LEVELS + 1)[:, None]
    slots = np.concatenate([np.arange(STRIDE) / CELLS, tails.ravel(), (1 - tails).ravel()])
    return np.concatenate([[0.0], values[np.searchsorted(starts, slots)]])


def _pieces(starts: Floats, chords: _Chords) -> Floats:
    values = np.maximum.accumulate(np.append(chords.left, chords.right[-1]))
    slopes = np.maximum(chords.right - chords.left, 0.0) / chords.width
    written = np.concatenate([[float(slopes.size)], starts, values, slopes])
    table = np.zeros(TABLE_SIZE)
    table[: written.size] = written
    return table
