"""Which levers and assumptions carry the answer: elementary effects and shares of variance, by SALib.

Morris moves one lever at a time along random walks; of the changes of the answer per range of a lever, mu* is the mean
size and sigma the spread. A large sigma beside mu* says that the effect is curved or depends on other levers.

Sobol splits the variance of the answer, when all levers vary evenly and independently over their ranges: S1 is the part
that vanishes when one lever is fixed, ST what is left when all others are fixed. The shares are of the ranges given: a
wider range carries more.

All points run on the same random numbers; the intervals (95 %) know how few points there are, not the luck of runs.

Units: mu* and sigma those of the answer, S1 and ST shares of its variance. Sources: Morris (1991), Factorial sampling
plans, Technometrics 33; Saltelli et al. (2010), Variance based sensitivity analysis of model output, Computer Physics
Communications 181; SALib (Iwanaga, Usher and Herman 2022).
"""

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.decisions import Morris, Sobol
from twin.errors import InputError
from twin.levers import Lever

Values = NDArray[np.float64]

_SEEDS = 2**32


class Weight(NamedTuple):
    """How much one lever carries."""

    path: str
    value: float  # mu* or ST
    half_width: float  # of its 95 % interval
    beside: float  # sigma or S1


class Points(NamedTuple):
    """Points of the unit cube, and how to weigh the levers by the answers there."""

    points: Values  # (points, levers)
    weigh: Callable[[Values], tuple[Weight, ...]]  # heaviest first


def morris_points(levers: Mapping[str, Lever], design: Morris, *, seed: int) -> Points:
    """Lay out walks of elementary effects.

    Raises
    ------
    InputError
        Where SALib is not installed.
    """
    sample, analyze = _salib("morris")
    problem, seed = _problem(levers), seed % _SEEDS
    points = sample.sample(problem, design.trajectories, num_levels=design.levels, seed=seed)

    def weigh(answers: Values) -> tuple[Weight, ...]:
        found = analyze.analyze(problem, points, answers, num_levels=design.levels, seed=seed)
        return _ranked(levers, found, "mu_star", "sigma")

    return Points(points, weigh)


def sobol_points(levers: Mapping[str, Lever], design: Sobol, *, seed: int) -> Points:
    """Lay out points for shares of variance.

    Raises
    ------
    InputError
        Where SALib is not installed.
    """
    sample, analyze = _salib("sobol")
    problem, seed = _problem(levers), seed % _SEEDS
    points = sample.sample(problem, design.base, calc_second_order=False, seed=seed)

    def weigh(answers: Values) -> tuple[Weight, ...]:
        if np.ptp(answers) == 0:
            return tuple(Weight(path, 0.0, 0.0, 0.0) for path in levers)
        found = analyze.analyze(problem, answers, calc_second_order=False, seed=seed)
        return _ranked(levers, found, "ST", "S1")

    return Points(points, weigh)


def _salib(method: str) -> tuple[ModuleType, ModuleType]:
    from importlib import import_module  # noqa: PLC0415 - an extra

    try:
        return import_module(f"SALib.sample.{method}"), import_module(f"SALib.analyze.{method}")
    except ModuleNotFoundError:
        raise InputError(f"design {method} needs `pip install 'worktwin[decide]'`; grid and latin do not") from None


def _problem(levers: Mapping[str, Lever]) -> dict[str, Any]:
    return {"num_vars": len(levers), "names": [f"x{i}" for i in range(len(levers))], "bounds": [[0, 1]] * len(levers)}


def _ranked(levers: Mapping[str, Lever], found: Mapping[str, Any], weight: str, beside: str) -> tuple[Weight, ...]:
    columns = (found[weight], found[f"{weight}_conf"], found[beside])
    rows = zip(levers, *(np.asarray(column, dtype=np.float64).tolist() for column in columns), strict=True)
    return tuple(sorted((Weight(*row) for row in rows), key=lambda each: -each.value))
