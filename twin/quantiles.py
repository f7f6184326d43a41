"""The curve behind every kind of distribution: its cdf F and its quantile function, the inverse.

With mean m and coefficient of variation c as written:

- exponential: F(x) = 1 - exp(-x / m)
- gamma: shape 1 / c^2, scale m c^2
- lognormal: sigma^2 = ln(1 + c^2), mu = ln m - sigma^2 / 2
- weibull: shape k with Gamma(1 + 2/k) / Gamma(1 + 1/k)^2 = 1 + c^2, scale m / Gamma(1 + 1/k)
- hyperexponential: two exponential phases of balanced means, p m1 = (1 - p) m2, where
  p = (1 + sqrt((c^2 - 1) / (c^2 + 1))) / 2
- mixture: F is the weighted sum of its parts' cdfs, inverted by bisection between the parts' quantiles

Durations are in ticks (ms). Sources: Law (2015), Simulation Modeling and Analysis, 5th ed., ch. 6; balanced means:
Whitt (1982), Operations Research 30(1), 125-147.
"""

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from twin.distributions import (
    Distribution,
    Empirical,
    Exponential,
    Fixed,
    Gamma,
    Hyperexponential,
    Lognormal,
    Mixture,
    Quantiles,
    Triangular,
    Uniform,
    Weibull,
    knots,
    phases,
    shared,
    steps,
)

_BISECTIONS = 200
Floats = NDArray[np.float64]


def cdf(distribution: Distribution, x: Floats) -> Floats:  # noqa: PLR0911 - one per kind
    """Give the probability of at most x ticks; shapes (n,)."""
    positive = np.maximum(x, 0.0)
    match distribution:
        case Fixed() | Empirical():
            values, shares = steps(distribution)
            reached = np.concatenate([[0.0], np.cumsum(shares)])
            reached[-1] = 1.0
            return reached[np.searchsorted(values, x, side="right")]
        case Quantiles() | Uniform():
            return _line_cdf(knots(distribution), x)
        case Triangular():
            return _triangular_cdf(distribution, x)
        case Exponential() | Weibull():
            shape, scale = _weibull(distribution)
            return -np.expm1(-((positive / scale) ** shape))
        case Gamma(mean=centre, cv=cv):
            from scipy.special import gammainc  # noqa: PLC0415 - checking a twin must not load scipy

            return np.asarray(gammainc(cv**-2, positive / (centre * cv**2)))
        case Lognormal():
            from scipy.special import ndtr  # noqa: PLC0415 - the same

            mu, sigma = _lognormal(distribution)
            with np.errstate(divide="ignore"):
                return np.asarray(ndtr((np.log(positive) - mu) / sigma))
        case Hyperexponential():
            return -sum((share * np.expm1(-positive / centre) for share, centre in phases(distribution)), np.zeros(1))
        case Mixture():
            return sum((share * cdf(part, x) for share, part in shared(distribution)), np.zeros(1))


def quantile(distribution: Distribution, u: Floats) -> Floats:  # noqa: PLR0911 - one per kind
    """Give the least x in ticks with a probability of at most x of u or more; shapes (n,), u from 0 to 1.

    Both tails are exact in 1 - u; an unbounded kind is infinite at 1.
    """
    match distribution:
        case Fixed() | Empirical():
            values, shares = steps(distribution)
            return values[np.searchsorted(np.cumsum(shares)[:-1], u, side="left")]
        case Quantiles() | Uniform():
            values = knots(distribution)
            return np.interp(u, np.linspace(0, 1, len(values)), values)
        case Triangular():
            return _triangular_quantile(distribution, u)
        case Exponential() | Weibull():
            shape, scale = _weibull(distribution)
            return scale * _unit_exponential(u) ** (1 / shape)
        case Gamma(mean=centre, cv=cv):
            from scipy.special import gammainccinv, gammaincinv  # noqa: PLC0415 - as in cdf

            shape = cv**-2
            return centre * cv**2 * np.where(u < 0.5, gammaincinv(shape, u), gammainccinv(shape, 1 - u))
        case Lognormal():
            from scipy.special import ndtri  # noqa: PLC0415 - as in cdf

            mu, sigma = _lognormal(distribution)
            return np.exp(mu + sigma * np.where(u < 0.5, ndtri(u), -ndtri(1 - u)))
        case Hyperexponential():
            return _between([centre * _unit_exponential(u) for _, centre in phases(distribution)], distribution, u)
        case Mixture():
            return _between([quantile(part, u) for _, part in shared(distribution)], distribution, u)


def _line_cdf(values: Floats, x: Floats) -> Floats:
    after = np.searchsorted(values, x, side="right")
    left = values[np.clip(after - 1, 0, len(values) - 1)]
    right = values[np.clip(after, 0, len(values) - 1)]
    between = np.where(right > left, (x - left) / np.where(right > left, right - left, 1.0), 0.0)
    return np.clip((after - 1 + between) / (len(values) - 1), 0.0, 1.0)


def _triangular_cdf(distribution: Triangular, x: Floats) -> Floats:
    low, mode, high = distribution.low, distribution.mode, distribution.high
    rising = np.square(np.clip(x, low, mode) - low) / ((high - low) * max(mode - low, 1))
    falling = np.square(high - np.clip(x, mode, high)) / ((high - low) * max(high - mode, 1))
    return rising + (high - mode) / (high - low) - falling


def _triangular_quantile(distribution: Triangular, u: Floats) -> Floats:
    low, mode, high = distribution.low, distribution.mode, distribution.high
    rising = low + np.sqrt(u * (high - low) * (mode - low))
    falling = high - np.sqrt((1 - u) * (high - low) * (high - mode))
    return np.where(u * (high - low) < mode - low, rising, falling)


def _lognormal(distribution: Lognormal) -> tuple[float, float]:
    spread = math.log1p(distribution.cv**2)
    return math.log(distribution.mean) - spread / 2, math.sqrt(spread)


def _weibull(distribution: Exponential | Weibull) -> tuple[float, float]:
    """Give shape and scale."""
    if isinstance(distribution, Exponential):
        return 1.0, float(distribution.mean)
    shape = _weibull_shape(distribution.cv)
    return shape, distribution.mean / math.gamma(1 + 1 / shape)


@cache
def _weibull_shape(cv: float) -> float:
    """Solve the module's equation for the shape with Brent's method (Brent 1973, ch. 4)."""
    from scipy.optimize import brentq  # noqa: PLC0415 - checking a twin must not load scipy
    from scipy.special import gammaln  # noqa: PLC0415 - the same

    def excess(shape: float) -> float:
        return float(gammaln(1 + 2 / shape) - 2 * gammaln(1 + 1 / shape)) - math.log1p(cv**2)

    return float(brentq(excess, 0.1, 2000, xtol=1e-14, rtol=1e-14))


def _unit_exponential(u: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return np.asarray(-np.log1p(-u))


def _between(candidates: list[Floats], distribution: Distribution, u: Floats) -> Floats:
    """Bisect the cdf between the least and the greatest quantile of the parts, which enclose the mixture's."""
    low, high = np.min(candidates, axis=0), np.max(candidates, axis=0)
    high = np.where(cdf(distribution, low) >= u, low, high)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if not np.any((low < middle) & (middle < high)):
            break
        enough = cdf(distribution, middle) >= u
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return np.asarray(high, np.float64)
