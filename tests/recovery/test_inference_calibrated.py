"""Plausible parameters hold the true ones as often as they say: simulation-based calibration of the inference alone.

Truths are drawn from the prior, and shown by a simulator whose noise is known; where each truth stands among the
particles must be uniform. Many summaries and few runs is where a regression explains by chance what it should not.

Source: Talts and others (2018), Validating Bayesian inference algorithms with simulation-based calibration.
"""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import binom

from calibration.inference import Budget, infer
from twin.streams import Purpose, name_hash, uniforms

Floats = NDArray[np.float64]

CASES, DIMENSIONS, SUMMARIES = 20, 4, 10
ENDS = (0.05, 0.95)


def normals(case: int, number: int, rows: int, columns: int) -> Floats:
    """Draw standard normal numbers by name, shape (rows, columns)."""
    u = uniforms(
        seed=11, replication=case, place=name_hash("calibrated"), work=number, numbers=np.arange(rows * columns),
        visit=0, purpose=Purpose.DESIGN,
    )  # fmt: skip
    return np.asarray(ndtri(u).reshape(rows, columns))


def rank(case: int, budget: Budget) -> Floats:
    """Give the share of particles below the truth in each parameter."""
    mixing, truth = normals(case, 1, DIMENSIONS, SUMMARIES), normals(case, 2, 1, DIMENSIONS)

    def simulate(z: Floats, number: int) -> Floats:
        return z @ mixing + 2.0 * normals(case, 10 + number, len(z), SUMMARIES)

    found = infer(simulate, simulate(truth, 1_000_000)[0], DIMENSIONS, budget=budget)
    return np.asarray((found.z < truth).mean(axis=0))


@pytest.mark.parametrize("budget", [Budget(700, 60), Budget(1200, 150)])
def test_nine_of_ten_truths_lie_in_nine_tenths_of_the_particles(budget: Budget) -> None:
    ranks = np.concatenate([rank(case, budget) for case in range(CASES)])
    inside = np.count_nonzero((ranks >= ENDS[0]) & (ranks <= ENDS[1]))
    low, high = binom.ppf((0.005, 0.995), ranks.size, 0.9)
    assert low <= inside <= high + 2
