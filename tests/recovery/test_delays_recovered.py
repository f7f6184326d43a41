"""Known delays of several kinds are found within a tenth, in the mean wait until people can go on."""

from typing import Final

import numpy as np
import pytest

from benchmarks.recovery import TWINS, exported, ready_in_a_run
from calibration.fit import fit_twin
from tests.recovery.known_twins import delayed, tracked
from twin.distributions import mean
from twin.engine import simulate
from twin.plan import compile_model
from twin.units import WEEK

NAMES: Final = ("order > pick", "pick > pack", "pack > check", "check > send")


def found_again(seed: int, weeks: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Learn one log; the mean wait of each delay over the true one."""
    truth = delayed()
    fit = fit_twin(tracked(truth, seed=seed, weeks=weeks), name="known")
    learned, true = (ready_in_a_run(twin, [f"claim: {way}" for way in NAMES]) for twin in (fit.twin, truth))
    return np.array([learned[f"work.claim.route.ready.{way}"] / true[f"work.claim.route.ready.{way}"] for way in NAMES])


def test_delays_of_one_log_are_found_within_a_tenth() -> None:
    assert found_again(2, 20) == pytest.approx(np.ones(4), abs=0.1)


@pytest.mark.parametrize(("name", "seed", "within"), [("rework", 7, 0.005), ("few items", 37114, 0.05)])
def test_a_delay_is_as_long_as_those_of_its_log(name: str, seed: int, within: float) -> None:
    # runs of the twin draw others; and the few visits of the other log look as if a gate let them in
    log = simulate(compile_model(TWINS[name], until=26 * WEEK), seed=seed).log()
    drawn = log.frame.filter(log.frame["stage"].cast(str) == "assess", log.frame["started"].is_not_null())["delayed"]
    route = fit_twin(exported(log), name="known").twin.work["claim"].route
    assert route is not None
    assert mean(route.delays["check > assess"].time) == pytest.approx(np.mean(drawn.to_numpy()), rel=within)


@pytest.mark.nightly
@pytest.mark.timeout(1800)
def test_delays_are_found_within_a_tenth_in_the_mean_of_twenty_logs() -> None:
    found = np.array([found_again(seed, 26) for seed in range(20)])
    assert found.mean(axis=0) == pytest.approx(np.ones(4), abs=0.1)
