"""Twins learned from aggregated metrics leave open what the metrics leave open, and not much more."""

import pytest
from scipy.stats import binom

from benchmarks.aggregates import SHAPES, asked
from calibration.inference import Budget

CASES = 5
"""Of each shape."""


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_intervals_of_a_what_if_hold_the_organisations_own_answer() -> None:
    """No fewer inside than chance explains at 85 %."""
    cases = [asked(shape, number, Budget(700, 150)) for shape in SHAPES for number in range(CASES)]
    inside = sum(case.low <= case.truth <= case.high for case in cases)
    assert inside >= binom.ppf(0.01, len(cases), 0.85)
