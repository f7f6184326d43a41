"""The part of a duration up to a bound b: the share P(X <= b), and E[X; X <= b], what it adds to the mean.

With F a normal's cdf and G the regularised lower incomplete gamma function:

    lognormal, log-mean m and log-sd s   P = F((ln b - m) / s)      E[X; X <= b] = E[X] F((ln b - m) / s - s)
    gamma, shape k and scale t           P = G(k, b / t)            E[X; X <= b] = E[X] G(k + 1, b / t)
    Weibull, shape k and scale t         P = 1 - exp(-z)            E[X; X <= b] = E[X] G(1 + 1 / k, z)

where z = (b / t)^k. G is summed as in Abramowitz and Stegun (1964), 6.5.29, and the Weibull shape found by bisection:
SciPy has both, but takes longer to load than a file to check. Units: ticks.
"""

import math
from functools import cache
from typing import Final, NamedTuple

import numpy as np

from twin.distributions import (
    Distribution,
    Empirical,
    Exponential,
    Fixed,
    Gamma,
    Hyperexponential,
    Lognormal,
    Mixture,
    Triangular,
    Weibull,
    knots,
    mean,
    phases,
    shared,
    steps,
)

BEYOND: Final = 50.0
"""Standard deviations above the shape from which on nothing of a gamma distribution is left."""
HALVINGS: Final = 80
FAR: Final = 20.0
"""From where on Stirling's series is good to 1e-12."""


class Portion(NamedTuple):
    """What lies up to a bound."""

    share: float  # P(X <= b)
    mean: float  # E[X; X <= b] in ticks


def up_to(distribution: Distribution, bound: float) -> Portion:  # noqa: PLR0911 - one per kind
    """Give what of a distribution lies up to a bound in ticks, the bound included."""
    match distribution:
        case Fixed() | Empirical():
            values, shares = steps(distribution)
            low = values <= bound
            return Portion(float(shares[low].sum()), float(shares[low] @ values[low]))
        case Mixture():
            parts = [(share, up_to(part, bound)) for share, part in shared(distribution)]
            return _together(parts)
        case Hyperexponential():
            parts = [(share, _gamma(1.0, centre, bound)) for share, centre in phases(distribution)]
            return _together(parts)
        case Lognormal(mean=centre, cv=cv):
            spread = math.sqrt(math.log1p(cv**2))
            z = (math.log(bound / centre) + spread**2 / 2) / spread if bound > 0 else -math.inf
            return Portion(_normal(z), centre * _normal(z - spread))
        case Exponential(mean=centre):
            return _gamma(1.0, centre, bound)
        case Gamma(mean=centre, cv=cv):
            return _gamma(cv**-2, centre * cv**2, bound)
        case Weibull(mean=centre, cv=cv):
            shape = _weibull_shape(cv)
            z = (max(bound, 0.0) * math.gamma(1 + 1 / shape) / centre) ** shape
            return Portion(-math.expm1(-z), centre * _incomplete_gamma(1 + 1 / shape, z))
        case Triangular():
            return _triangular(distribution, bound)
        case _:
            return _between_knots(knots(distribution), bound)


def _together(parts: list[tuple[float, Portion]]) -> Portion:
    """Add up the portions of a mixture by their shares."""
    return Portion(*(math.fsum(share * part[field] for share, part in parts) for field in (0, 1)))


def _gamma(shape: float, scale: float, bound: float) -> Portion:
    x = max(bound, 0.0) / scale
    return Portion(_incomplete_gamma(shape, x), shape * scale * _incomplete_gamma(shape + 1, x))


def _incomplete_gamma(shape: float, x: float) -> float:
    """Sum the series of G(shape, x)."""
    if x <= 0 or x > shape + BEYOND * (math.sqrt(shape) + 1):
        return float(x > 0)
    term = total = 1.0
    place = shape
    while term > total * 1e-16:
        place += 1
        term *= x / place
        total += term
    return min(1.0, total * math.exp(shape * math.log(x) - x - _log_gamma(shape + 1)))


def _log_gamma(x: float) -> float:
    """Give ln Gamma(x) by Stirling's series, further along the axis for small x; to 1e-12."""
    below = 0.0
    while x < FAR:
        below += math.log(x)
        x += 1
    series = (1 / 12 - (1 / 360 - 1 / (1260 * x**2)) / x**2) / x
    return (x - 0.5) * math.log(x) - x + math.log(2 * math.pi) / 2 + series - below


@cache
def _weibull_shape(cv: float) -> float:
    """Halve an interval until the shape gives the cv."""
    low, high = 0.1, 2000.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        varies_more = _log_gamma(1 + 2 / middle) - 2 * _log_gamma(1 + 1 / middle) > math.log1p(cv**2)
        low, high = (middle, high) if varies_more else (low, middle)
    return low


def _normal(z: float) -> float:
    return math.erfc(-z / math.sqrt(2)) / 2


def _triangular(distribution: Triangular, bound: float) -> Portion:
    """Integrate the density below the bound, or what is left of it above."""
    low, mode, high = distribution.low, distribution.mode, distribution.high
    if bound <= mode:
        rise = max(bound - low, 0)
        share = rise**2 / ((high - low) * max(mode - low, 1))
        return Portion(share, share * (low + 2 * rise / 3))
    fall = max(high - bound, 0)
    share = fall**2 / ((high - low) * (high - mode))
    return Portion(1 - share, mean(distribution) - share * (high - 2 * fall / 3))


def _between_knots(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]], bound: float) -> Portion:
    """Add up the straight pieces of a quantile function below the bound."""
    left, right = values[:-1], np.maximum(values[1:], values[:-1])
    width = right - left
    part = np.where(width > 0, np.clip((bound - left) / np.where(width > 0, width, 1), 0, 1), left <= bound)
    return Portion(float(part.mean()), float((part * (left + part * width / 2)).mean()))
