"""Which levers and assumptions carry the answer: elementary effects and shares of variance, by SALib.

Morris moves one lever at a time along random walks; of the changes of the answer per range of a lever, mu* is the mean
size and sigma the spread. A large sigma beside mu* says that the effect is curved or depends on other levers.

Sobol splits the variance of the answer, when all levers vary evenly and independently over their ranges: S1 is the part
that vanishes when one lever is fixed, ST what is left when all others are fixed. The shares are of the ranges given: a
wider range carries more.

All points run on the same random numbers, and a weight is that of the mean over replications: over luck, and over the
twins of an ensemble. Three things make it uncertain, and each has a half-width (95 %) of its own:

* the choice of points: SALib's bootstrap over walks or rows;
* the luck of the runs: the jackknife that leaves one replication out, within each twin;
* the twins, what the data leave open: the jackknife that leaves one twin out, whose variance is that of a mean of M
  twins with the luck of their runs. Less the luck and times M + 1 it is that of one more twin, as in
  `twin.uncertainty`; where it is below the luck nothing shows that the twins differ, and the half-width is 0.

Units: mu* and sigma those of the answer, S1 and ST shares of its variance. Sources: Morris (1991), Factorial sampling
plans, Technometrics 33; Saltelli et al. (2010), Variance based sensitivity analysis of model output, Computer Physics
Communications 181; SALib (Iwanaga, Usher and Herman 2022); Efron and Stein (1981), The jackknife estimate of variance,
Annals of Statistics 9.
"""

import math
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.decisions import Morris, Sobol
from twin.errors import InputError
from twin.estimate import LEVEL
from twin.levers import Lever
from twin.uncertainty import Numbers, t_factor

Values = NDArray[np.float64]

_SEEDS = 2**32
QUICK: Final = 2
"""Resamples of SALib's where its interval is not looked at."""


class Weight(NamedTuple):
    """How much one lever carries, with half-widths by what they come from."""

    path: str
    value: float  # mu* or ST
    points: float  # the choice of points
    beside: float  # sigma or S1
    luck: float | None = None  # the luck of the runs; None where each twin has one replication only
    twins: float | None = None  # what the data leave open; None without an ensemble

    @property
    def half_width(self) -> float:
        """Of all that is known to make it uncertain."""
        return math.hypot(self.points, self.luck or 0.0, self.twins or 0.0)


class Points(NamedTuple):
    """Points of the unit cube, and how to weigh the levers by the answers there."""

    points: Values  # (points, levers)
    weigh: Callable[[Values], tuple[Weight, ...]]  # in the order of the levers
    quickly: Callable[[Values], Values]  # the weights alone, in the order of the levers


def weights_of(points: Points, values: Values, members: Numbers | None = None) -> tuple[Weight, ...]:
    """Weigh levers by what all replications gave, heaviest first.

    Parameters
    ----------
    points
        Where it was measured, and how to weigh.
    values
        Shape (points, replications).
    members
        The number of the ensemble's twin of each replication; None where all are of one.
    """
    groups = np.zeros(values.shape[1], np.intp) if members is None else members
    names, alike = np.unique(groups), [np.flatnonzero(groups == group) for group in np.unique(groups)]
    means = np.stack([values[:, places].mean(axis=1) for places in alike], axis=1)
    luck = _luck(points.quickly, values, means, alike)
    twins = None if names.size < 2 else _between(points.quickly, means, luck)
    free = values.shape[1] - names.size
    widths = None if luck is None else t_factor(free, LEVEL) * np.sqrt(luck)
    told = [
        each._replace(luck=_at(widths, place), twins=_at(twins, place))
        for place, each in enumerate(points.weigh(means.mean(axis=1)))
    ]
    return tuple(sorted(told, key=lambda each: -each.value))


def _at(widths: Values | None, place: int) -> float | None:
    return None if widths is None else float(widths[place])


def _luck(
    index: Callable[[Values], Values], values: Values, means: Values, alike: list[NDArray[np.intp]]
) -> Values | None:
    """Give the variance of weights by leaving replications out one by one; None where some twin has one only."""
    if min(places.size for places in alike) < 2:
        return None
    total: Values | float = 0.0
    for group, places in enumerate(alike):
        left = []
        for place in places:
            changed = means.copy()
            changed[:, group] = values[:, places[places != place]].mean(axis=1)
            left.append(index(changed.mean(axis=1)))
        total = total + _spread(np.array(left))
    return np.asarray(total)


def _between(index: Callable[[Values], Values], means: Values, luck: Values | None) -> Values:
    """Give the half-widths of weights that the twins come to, leaving them out one by one."""
    twins = means.shape[1]
    left = np.array([index(np.delete(means, twin, axis=1).mean(axis=1)) for twin in range(twins)])
    open_to = np.maximum(0.0, _spread(left) - (0.0 if luck is None else luck)) * (twins + 1)
    widths: Values = t_factor(twins - 1, LEVEL) * np.sqrt(open_to)
    return widths


def _spread(left: Values) -> Values:
    """Give the jackknife's variance, from what is left by leaving each of n out in turn, shape (n, levers)."""
    n = len(left)
    variance: Values = (n - 1) / n * ((left - left.mean(axis=0)) ** 2).sum(axis=0)
    return variance


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
        return _told(levers, found, "mu_star", "sigma")

    def quickly(answers: Values) -> Values:
        found = analyze.analyze(problem, points, answers, num_levels=design.levels, num_resamples=QUICK, seed=seed)
        return np.asarray(found["mu_star"], dtype=np.float64)

    return Points(points, weigh, quickly)


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
        return _told(levers, found, "ST", "S1")

    def quickly(answers: Values) -> Values:
        if np.ptp(answers) == 0:
            return np.zeros(len(levers))
        found = analyze.analyze(problem, answers, calc_second_order=False, num_resamples=QUICK, seed=seed)
        return np.asarray(found["ST"], dtype=np.float64)

    return Points(points, weigh, quickly)


def _salib(method: str) -> tuple[ModuleType, ModuleType]:
    from importlib import import_module  # noqa: PLC0415 - an extra

    try:
        return import_module(f"SALib.sample.{method}"), import_module(f"SALib.analyze.{method}")
    except ModuleNotFoundError:
        raise InputError(f"design {method} needs `pip install 'worktwin[decide]'`; grid and latin do not") from None


def _problem(levers: Mapping[str, Lever]) -> dict[str, Any]:
    return {"num_vars": len(levers), "names": [f"x{i}" for i in range(len(levers))], "bounds": [[0, 1]] * len(levers)}


def _told(levers: Mapping[str, Lever], found: Mapping[str, Any], weight: str, beside: str) -> tuple[Weight, ...]:
    columns = (found[weight], found[f"{weight}_conf"], found[beside])
    rows = zip(levers, *(np.asarray(column, dtype=np.float64).tolist() for column in columns), strict=True)
    return tuple(Weight(*row) for row in rows)
