"""Where to look: the settings of a sweep.

A design is points in the unit cube, a coordinate per lever; a lever turns its coordinate into a value. A grid takes all
combinations. A Latin hypercube of n points has one coordinate in each of the n equal slices of each lever, drawn by
name (`twin.streams`): place is the lever's path, number the point. Coordinates are shares from 0 to 1.

Source: McKay, Beckman and Conover (1979), A comparison of three methods for selecting values of input variables,
Technometrics 21.
"""

from collections.abc import Mapping
from itertools import product

import numpy as np
from numpy.typing import NDArray

from twin.levers import Lever, Setting
from twin.streams import Purpose, name_hash, uniforms

Values = NDArray[np.float64]


def grid(levers: Mapping[str, Lever], levels: int) -> tuple[Setting, ...]:
    """Combine all values, the last lever's changing fastest; of a range without steps so many."""
    values = [lever.levels(levels) for lever in levers.values()]
    return tuple(dict(zip(levers, chosen, strict=True)) for chosen in product(*values))


def latin(levers: Mapping[str, Lever], points: int, *, seed: int) -> tuple[Setting, ...]:
    """Draw a Latin hypercube."""
    return at_points(levers, latin_points(levers, points, seed=seed))


def latin_points(levers: Mapping[str, Lever], points: int, *, seed: int) -> Values:
    """Draw the points of a Latin hypercube, shape (points, levers)."""
    return np.stack([_slices(path, points, seed) for path in levers], axis=1)


def _slices(path: str, points: int, seed: int) -> Values:
    order, within = (
        uniforms(
            seed=seed, replication=0, place=name_hash(path), work=0, numbers=np.arange(points), visit=0,
            purpose=Purpose.DESIGN, draw=draw,
        )
        for draw in (0, 1)
    )  # fmt: skip
    coordinates: Values = (np.argsort(np.argsort(order)) + within) / points
    return coordinates


def at_points(levers: Mapping[str, Lever], points: Values) -> tuple[Setting, ...]:
    """Give the settings at points of the unit cube, shape (points, levers)."""
    return tuple(
        {path: lever.at(float(share)) for (path, lever), share in zip(levers.items(), point, strict=True)}
        for point in points
    )
