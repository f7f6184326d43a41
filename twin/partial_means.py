"""The part of a duration up to a bound b: the share P(X <= b), and E[X; X <= b], what it adds to the mean.

With F a normal's cdf and G the regularised lower incomplete gamma function:

    lognormal, log-mean m and log-sd s   P = F((ln b - m) / s)      E[X; X <= b] = E[X] F((ln b - m) / s - s)
    gamma, shape k and scale t           P = G(k, b / t)            E[X; X <= b] = E[X] G(k + 1, b / t)
    Weibull, shape k and scale t         P = 1 - exp(-z)            E[X; X <= b] = E[X] G(1 + 1 / k, z)

where z = (b / t)^k. Units: ticks. Source: elementary integrals; G as in Abramowitz and Stegun (1964), 6.5.
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
from twin.student import gamma_share, log_gamma

HALVINGS: Final = 80


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
            return Portion(-math.expm1(-z), centre * gamma_share(1 + 1 / shape, z))
        case Triangular():
            return _triangular(distribution, bound)
        case _:
            return _between_knots(knots(distribution), bound)


def _together(parts: list[tuple[float, Portion]]) -> Portion:
    """Add up the portions of a mixture by their shares."""
    return Portion(*(math.fsum(share * part[field] for share, part in parts) for field in (0, 1)))


def _gamma(shape: float, scale: float, bound: float) -> Portion:
    x = max(bound, 0.0) / scale
    return Portion(gamma_share(shape, x), shape * scale * gamma_share(shape + 1, x))


@cache
def _weibull_shape(cv: float) -> float:
    """Halve an interval until the shape gives the cv: what `twin.quantiles` finds, without loading what finds it."""
    low, high = 0.1, 2000.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        varies_more = log_gamma(1 + 2 / middle) - 2 * log_gamma(1 + 1 / middle) > math.log1p(cv**2)
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
