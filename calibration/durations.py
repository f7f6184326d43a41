"""How long something takes, from times seen.

Many times are written as what they are: evenly spaced quantiles from the least to the greatest, with the mean kept
exactly by where the last one ends. Of few positive ones a gamma or a lognormal curve with their mean m and their
cv = sd / m is taken, whichever makes the times more likely; zeros among few keep the quantiles.
Units: ticks (milliseconds), written with as few digits, three at least, as keep the mean within 0.1 %.
"""

import math
from typing import Any, Final

import numpy as np
from pydantic import TypeAdapter

from calibration.observed import Floats, Ticks, quantiles_of
from twin.distributions import Distribution
from twin.units import HOUR, MINUTE, SECOND, format_duration

FEW: Final = 20
"""Fewer times than this are smoothed by a curve."""
ROWS_PER_KNOT: Final = 5
MOST_KNOTS: Final = 41
MOST_DIGITS: Final = 6
TOLERANCE: Final = 1e-3
"""Digits that move the mean by no more than this share are left out."""
LEAST_CV, MOST_CV = 0.05, 5.0

_Written: TypeAdapter[Distribution] = TypeAdapter(Distribution)


def fit_duration(times: Ticks, weights: Floats) -> Distribution:
    """Describe times as a distribution.

    Parameters
    ----------
    times
        At least one time of at least 0, in ticks, shape (n,).
    weights
        How many each stands for, above 0, shape (n,).
    """
    if times.min() == times.max():
        return written(format_duration(rounded(float(times[0]))))
    if times.size < FEW and times.min() > 0:
        return _curve(times.astype(np.float64), weights)
    return quantile_list(knots_of(times, weights))


def knots_of(times: Ticks, weights: Floats) -> Floats:
    """Give evenly spaced quantiles whose straight lines have the times' mean, shape (knots,)."""
    count = int(np.clip(times.size // ROWS_PER_KNOT, 2, MOST_KNOTS))
    knots = quantiles_of(times, weights, np.linspace(0, 1, count))
    return with_mean(knots, float(np.average(times, weights=weights)))


def with_mean(knots: Floats, mean: float) -> Floats:
    """Move the last quantile so that the mean is as asked, as far as it may."""
    last = 2 * ((knots.size - 1) * mean - knots[1:-1].sum()) - knots[0]
    return np.append(knots[:-1], max(last, knots[-2]))


def quantile_list(knots: Floats) -> Distribution:
    """Write quantiles in ticks as a distribution, with no more digits than their mean needs."""
    for digits in (3, 4, MOST_DIGITS):
        ticks = np.array([rounded(knot, digits) for knot in knots.tolist()])
        if abs(_mean_of(ticks) - _mean_of(knots)) <= TOLERANCE * _mean_of(knots):
            break
    if ticks[0] == ticks[-1]:
        return written(format_duration(int(ticks[0])))
    return written({"kind": "quantiles", "values": [format_duration(tick) for tick in ticks.tolist()]})


def _mean_of(knots: Floats | Ticks) -> float:
    return float((knots[1:] + knots[:-1]).mean()) / 2


def rounded(ticks: float, digits: int = MOST_DIGITS) -> int:
    """Round to so many significant digits of the largest unit up to hours that fits, to whole ticks."""
    unit = next((unit for unit in (HOUR, MINUTE, SECOND) if ticks >= unit), SECOND)
    return round(float(f"{ticks / unit:.{digits}g}") * unit)


def written(value: Any) -> Distribution:
    """Read a distribution the way a file writes it."""
    return _Written.validate_python(value)


def _curve(times: Floats, weights: Floats) -> Distribution:
    from scipy.stats import gamma, lognorm  # noqa: PLC0415 - only calibration pays for loading scipy

    mean = float(np.average(times, weights=weights))
    cv = math.sqrt(float(np.average((times - mean) ** 2, weights=weights))) / mean
    cv = float(f"{min(max(cv, LEAST_CV), MOST_CV):.3g}")
    sigma = math.sqrt(math.log1p(cv**2))
    likelihood = {
        "lognormal": weights @ lognorm.logpdf(times, sigma, scale=mean * math.exp(-(sigma**2) / 2)),
        "gamma": weights @ gamma.logpdf(times, cv**-2, scale=mean * cv**2),
    }
    kind = max(likelihood, key=lambda name: likelihood[name])
    return written({"kind": kind, "mean": format_duration(max(rounded(mean, 4), 1)), "cv": cv})
