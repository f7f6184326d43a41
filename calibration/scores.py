"""How good a forecast was, given what happened.

An ensemble of M members x forecasts a figure y. The continuous ranked probability score, in the figure's unit and the
absolute error where M = 1, is estimated fairly, so that small ensembles are not blamed for their size [1]_:

    CRPS = 1/M · sum of |x_i - y| - 1/(2 M (M - 1)) · sum over i, j of |x_i - x_j|
    skill = 1 - CRPS of the forecast / CRPS of a benchmark

Where y and the members come from one distribution, the rank of y among them is uniform [2]_. With u its rank, ties
counted half, out of M + 1, z = the normal quantile of u, and over n origins that do not overlap

    X = sum of z^2 ~ chi-square with n degrees of freedom,

which grows when y lies off to one side as well as when it lies too far out [3]_; only the upper end counts, since a
forecast that is too wide misleads nobody about what can happen. A central interval of level p is between the members
of rank (M + 1)(1 - p)/2 from both ends and holds y with probability p exactly; M + 1 is a multiple of 40 for 80 % and
95 %.

.. [1] Ferro (2014), Fair scores for ensemble forecasts, QJRMS 140, 1917-1923; Gneiting, Raftery (2007), Strictly
   proper scoring rules, prediction, and estimation, JASA 102, 359-378.
.. [2] Hamill (2001), Interpretation of rank histograms for verifying ensemble forecasts, Monthly Weather Review 129.
.. [3] Berkowitz (2001), Testing density forecasts, with applications to risk management, JBES 19(4).
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

HITS_ENDS: Final = (0.005, 0.995)
"""Between these shares of the binomial lie the hits of right intervals."""


def crps(members: Floats, observed: float) -> float:
    """Score an ensemble, in the figure's unit; 0 is perfect.

    Parameters
    ----------
    members
        Shape (members,), one or more.
    observed
        What happened.
    """
    count = members.size
    away = float(np.abs(members - observed).mean())
    if count == 1:
        return away
    ranked = np.sort(members)
    # sum over i, j of |x_i - x_j| = 2 · sum of x_(k) · (2 k - M + 1), k from 0
    apart = 2 * float(ranked @ (2 * np.arange(count) - count + 1))
    return away - apart / (2 * count * (count - 1))


def skill(score: Floats, benchmark: Floats) -> float:
    """Compare mean scores: 1 is perfect, 0 no better, below 0 worse; 0 where both are perfect.

    Parameters
    ----------
    score, benchmark
        Shape (cases,), of the same cases.
    """
    mine, theirs = float(score.mean()), float(benchmark.mean())
    if theirs == 0:
        return 0.0 if mine == 0 else -math.inf
    return 1 - mine / theirs


def together(skills: Sequence[float]) -> float:
    """Join skills of several figures by the geometric mean of the ratios of scores, since units differ."""
    ratios = np.array([max(1 - each, 1e-12) for each in skills])
    return 1 - float(np.exp(np.log(ratios).mean()))


def place(members: Floats, observed: float) -> float:
    """Give the place of what happened among the members, in (0, 1); ties count half."""
    below, equal = int((members < observed).sum()), int((members == observed).sum())
    return (below + equal / 2 + 0.5) / (members.size + 1)


def interval(members: Floats, level: float) -> tuple[float, float]:
    """Give the central interval of a level; its ends are members, the outermost where there are too few.

    Parameters
    ----------
    members
        Shape (members,).
    level
        Between 0 and 1.
    """
    ranked = np.sort(members)
    outside = max(1, round((ranked.size + 1) * (1 - level) / 2))
    return float(ranked[outside - 1]), float(ranked[-outside])


def surprise(places: Sequence[float]) -> float:
    """Give the probability that places as far from the middle as these come from a right forecast.

    Parameters
    ----------
    places
        One per origin, in (0, 1).
    """
    from scipy.special import chdtrc, ndtri  # noqa: PLC0415 - help must answer at once

    scores = ndtri(np.asarray(places))
    return float(chdtrc(len(places), float((scores**2).sum())))


def hits_expected(trials: int, level: float) -> tuple[int, int]:
    """Say how often right intervals of a level hold what happens in independent cases, at least and at most.

    The bounds are quantiles of the binomial, `HITS_ENDS`.
    """
    from scipy.stats import binom  # noqa: PLC0415 - help must answer at once

    low, high = (int(binom.ppf(end, trials, level)) for end in HITS_ENDS)
    return low, high
