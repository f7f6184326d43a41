"""What the verdict on a number finds, what it lets pass, and what it does not decide."""

import numpy as np
import pytest
from scipy import stats
from theory.verdict import COMMIT, NIGHTLY, Size, wrong

EXACT = {"W": 5.0}
SPREAD = stats.norm.ppf((np.arange(100) + 0.5) / 100)
"""A hundred replications with mean 0 and a standard error of 0.1, almost."""


def judged(off: float, error: float, size: Size = COMMIT) -> list[str]:
    """Judge replications whose mean is off by a share of the exact value, with another share as standard error."""
    values = 5 * (1 + off + 10 * error * SPREAD)
    return wrong([{"W": float(value)} for value in values], EXACT, size, lambda _, __: None)


def test_a_number_within_four_standard_errors_agrees() -> None:
    assert not judged(off=0.04, error=0.0099)


@pytest.mark.parametrize("off", [-0.05, 0.05])
def test_a_number_five_standard_errors_off_is_wrong(off: float) -> None:
    assert "off by" in judged(off, error=0.0099)[0]


def test_a_right_number_that_is_hardly_known_does_not_pass() -> None:
    assert "SE 1.1" in judged(off=0.0, error=0.0115)[0]


def test_a_nightly_run_finds_an_error_of_one_per_cent() -> None:
    assert judged(off=0.01, error=0.0019, size=NIGHTLY)


def test_a_number_that_was_not_measured_is_missed() -> None:
    with pytest.raises(KeyError):
        wrong([{"L": 4.0}] * 30, EXACT, COMMIT, lambda _, __: None)
