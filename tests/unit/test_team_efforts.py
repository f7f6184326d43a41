# ruff: noqa: TID251 - a seeded generator makes samples with a known truth
import numpy as np

from calibration.team_efforts import gain_by_team
from twin.units import HOUR


def pays(seed: int, factor: float) -> bool:
    """Two teams share 300 visits; the second takes so many times as long."""
    rng = np.random.default_rng(seed)
    team = rng.integers(0, 2, 300)
    times = (rng.gamma(4, HOUR / 4, 300) * np.where(team == 1, factor, 1.0)).astype(np.int64)
    return gain_by_team(times, np.ones(300), team, np.arange(300)).pays


def test_a_team_that_takes_twice_as_long_is_always_found() -> None:
    assert all(pays(seed, 2.0) for seed in range(20))


def test_teams_that_take_the_same_time_are_rarely_told_apart() -> None:
    assert sum(pays(seed, 1.0) for seed in range(40)) <= 4


def test_times_that_never_vary_give_no_gain() -> None:
    gain = gain_by_team(np.full(50, HOUR), np.ones(50), np.arange(50) % 2, np.arange(50))
    assert not gain.pays
