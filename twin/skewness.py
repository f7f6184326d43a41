"""When a mean's t interval cannot be trusted because its values are skewed.

Cochran's rule asks for n above 25 · skewness² values. Source: Cochran, Sampling Techniques (3rd ed., 1977), ch. 2.
"""

import math

import numpy as np
from numpy.typing import NDArray

COCHRAN = 25


def skew_warning(values: NDArray[np.float64]) -> str | None:
    """Warn where a mean's t interval may be too narrow because the values are skewed; None where all is well.

    Cochran's rule asks for n above 25 · skewness². A skewness within two of its own standard errors under the normal
    distribution is taken as chance. Silence proves nothing: few replications may hold none of the rare large values.

    Parameters
    ----------
    values
        One value per replication, shape (replications,).
    """
    n = values.size
    if n < 3 or np.ptp(values) == 0:
        return None
    gaps = values - values.mean()
    gaps /= np.abs(gaps).max()  # skewness has no unit, and cubes of large or tiny values would leave the floats
    skewness = float(np.mean(gaps**3) / np.mean(gaps**2) ** 1.5) * math.sqrt(n * (n - 1)) / (n - 2)
    chance = 2 * math.sqrt(6 * n * (n - 1) / ((n - 2) * (n + 1) * (n + 3)))
    if abs(skewness) <= chance or n > COCHRAN * skewness**2:
        return None
    return f"interval may be too narrow (skewness {skewness:.1f}, {n} replications)"
