# ruff: noqa: TID251 - seeded generators only make inputs here; the code under test draws nothing
"""How long to run is proposed, bounded and explained."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.errors import InputError
from twin.run_length import mser5, next_replications, stopping

TEN = np.array([9.0, 11.0] * 5)  # s = 1.0541, t(9, 0.975) = 2.2622: half-width 0.7541


def in_batches(*means: float) -> np.ndarray:
    return np.repeat(np.array(means, dtype=np.float64), 5)


def test_mser5_cuts_the_hand_computed_batch() -> None:
    # Sums of squares over (m - d)²: d = 0: 42.7 / 121, d = 1: 10 / 100, d = 2: 8.89 / 81, d = 3: 8 / 64, and rising
    assert mser5(in_batches(8, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3)) == 5


def test_mser5_keeps_a_run_that_needs_no_warm_up() -> None:
    assert mser5(in_batches(*[1, 3] * 10)) == 0


def test_mser5_keeps_all_of_a_constant_run() -> None:
    assert mser5(np.full(100, 0.1)) == 0


def test_mser5_leaves_an_incomplete_last_batch_aside() -> None:
    series = in_batches(8, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3)
    assert mser5(np.append(series, [500.0] * 4)) == mser5(series)


def test_mser5_refuses_a_cut_beyond_half_the_run() -> None:
    falling = in_batches(*range(30, 10, -1), *[1, 3] * 5)  # 20 of 30 batches are warm-up
    assert mser5(falling) is None


def test_mser5_refuses_a_run_too_short_to_judge() -> None:
    assert mser5(np.ones(49)) is None


def test_a_few_equal_values_at_the_end_do_not_win() -> None:
    assert mser5(in_batches(*[1, 3] * 10, 2, 2, 2)) == 0


def test_the_first_look_comes_after_ten_replications() -> None:
    assert (next_replications(np.empty(0), 1, maximum=50), next_replications(TEN[:4], 1, maximum=50)) == (10, 6)


def test_fewer_than_ten_first_replications_are_refused() -> None:
    with pytest.raises(InputError, match="at least 10"):
        next_replications(TEN, 1, minimum=3, maximum=50)


def test_a_cap_below_the_minimum_is_refused() -> None:
    with pytest.raises(InputError, match="at most 5"):
        next_replications(TEN, 1, maximum=5)


@pytest.mark.parametrize("target", [0.0, -1.0, float("nan")])
def test_a_precision_nobody_can_reach_is_refused(target: float) -> None:
    with pytest.raises(InputError, match="half-width"):
        next_replications(TEN, target, maximum=50)


def test_the_spread_so_far_predicts_how_many_more() -> None:
    # 20 values of half-width 0.4802: (0.4802 / 0.38)² · 20 = 31.9, so 12 more
    assert next_replications(np.tile(TEN, 2), 0.38, maximum=500) == 12


@given(st.integers(10, 200), st.floats(1e-300, 1e3), st.integers(0, 300))
def test_a_batch_never_passes_the_cap_nor_more_than_doubles_the_run(n: int, target: float, room: int) -> None:
    values = np.arange(float(n))
    assert next_replications(values, target, maximum=n + room) <= min(room, n)


def test_precision_reached_ends_the_run_and_says_so() -> None:
    assert next_replications(TEN, 0.8, maximum=50) == 0
    assert str(stopping(10, 0.754, 0.8, maximum=50)) == "precision reached: half-width 0.754, asked 0.8, n = 10, cap 50"


def test_the_cap_ends_the_run_and_says_so() -> None:
    assert next_replications(TEN, 0.1, maximum=10) == 0
    assert str(stopping(10, 0.754, 0.1, maximum=10)).startswith(
        "stopped by the cap of 10 replications, precision not reached"
    )


def test_luck_far_below_the_rest_of_the_interval_ends_the_run_and_says_so() -> None:
    stop = stopping(40, 0.8, 0.5, maximum=200, rest=2.0)
    assert (stop.capped, stop.outweighed) == (False, True)
    assert str(stop).startswith("more would not narrow the interval: half-width 0.8, asked 0.5, against 2 of the rest")


def test_a_backlog_at_the_start_is_cut_to_within_three_percent() -> None:
    # Time in system of M/M/1 with load 0.8 and service 0.8: 4.0. Each run starts behind a backlog of 80.
    rng = np.random.default_rng(1)
    means = []
    for _ in range(300):
        service = rng.exponential(0.8, 10_000)
        walk = 80 + np.concatenate([[0.0], np.cumsum(service - rng.exponential(1.0, 10_000))[:-1]])
        in_system = walk - np.minimum(np.minimum.accumulate(walk), 0) + service
        cut = mser5(in_system)
        if cut is not None:
            means.append(in_system[cut:].mean())
    assert np.mean(means) == pytest.approx(4.0, rel=0.03)
