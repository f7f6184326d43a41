import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.durations import fit_duration, knots_of
from twin.distributions import Fixed, Gamma, Quantiles, mean
from twin.units import DAY, HOUR, MINUTE


def test_a_duration_that_never_varies_is_fixed() -> None:
    assert fit_duration(np.full(30, HOUR), np.ones(30)) == Fixed.model_validate({"kind": "fixed", "value": "1 h"})


def test_few_durations_are_smoothed_by_a_curve_with_their_mean() -> None:
    found = fit_duration(np.array([10, 20, 40, 90]) * MINUTE, np.ones(4))
    assert isinstance(found, Gamma)
    assert found.mean == 40 * MINUTE


def test_zeros_are_kept() -> None:
    times = np.array([0] * 60 + [HOUR] * 40)
    found = fit_duration(times, np.ones(100))
    assert isinstance(found, Quantiles)
    assert found.values[len(found.values) // 2] == 0


def test_an_absurd_outlier_moves_the_tail_and_not_the_rest() -> None:
    times = np.append(np.linspace(1, 2, 999) * HOUR, 400 * DAY).astype(np.int64)
    found = fit_duration(times, np.ones(1000))
    assert isinstance(found, Quantiles)
    assert found.values[-2] < 2 * HOUR < found.values[-1]


@given(st.lists(st.integers(0, 30 * DAY), min_size=20, max_size=300))
def test_quantiles_keep_the_mean_of_the_durations(times: list[int]) -> None:
    seen = np.sort(np.array(times))
    knots = knots_of(seen, np.ones(seen.size))
    kept = (knots[1:] + knots[:-1]).mean() / 2
    assert kept == pytest.approx(seen.mean(), rel=1e-6, abs=1) or knots[-1] == knots[-2]


def test_a_duration_of_weight_two_counts_twice() -> None:
    times, weights = np.array([HOUR] * 30 + [4 * HOUR] * 30), np.repeat([2.0, 1.0], 30)
    assert mean(fit_duration(times, weights)) == pytest.approx(2 * HOUR, rel=0.01)


def test_durations_are_written_with_three_digits_where_their_mean_allows_it() -> None:
    seen = np.round(np.linspace(1.23456, 3.98765, 400) * HOUR).astype(np.int64)
    found = fit_duration(seen, np.ones(400))
    assert isinstance(found, Quantiles)
    assert all(value == round(float(f"{value / HOUR:.3g}") * HOUR) for value in found.values)
    assert mean(found) == pytest.approx(seen.mean(), rel=1e-3)


def test_more_digits_are_written_where_three_would_move_the_mean() -> None:
    found = fit_duration(np.repeat([round(1.0049 * HOUR), round(1.0049 * HOUR) + 1], 50), np.ones(100))
    assert mean(found) == pytest.approx(1.0049 * HOUR, rel=1e-3)
