# ruff: noqa: TID251 - seeded generators make samples whose truth is known
"""False alarms between equal scenarios, and changes that are found, measured where the truth is known.

Equal scenarios under other seeds: means of the first 25 delays of M/M/1 at load 0.9 (`benchmarks.coverage`), 30
replications each, a baseline and a family of others, judged as `twin.compare` does: paired, adjusted by Holm, at 5 %.

A change: M/M/1 with one arrival per 1.25 units and service 1, or 5 % less, on the same random numbers. Time in system
falls from 5 to 1/(1/0.95 - 0.8) = 3.95833. Thirty replications of 5000 items that begin in the steady state.

A backlog: M/M/1 at load 0.8 behind 80 units of work, mean time in system 4; what MSER-5 leaves of it.
"""

import numpy as np

from benchmarks.coverage import delays, mean_delays
from twin.estimate import holm, paired_difference
from twin.run_length import mser5

SEED = 20_260_106
REPLICATIONS = 30
ITEMS = 5000
LEVEL = 0.05
FASTER = 0.95
TRUE = 1 / (1 / FASTER - 0.8) - 5.0


def alarms_of(*, family: int, samples: int) -> float:
    """Give the share of families of equal scenarios in which any is declared different."""
    rng = np.random.default_rng(SEED)
    alarms = 0
    for _ in range(samples):
        base, *others = mean_delays(25)(rng, (family + 1) * REPLICATIONS).reshape(family + 1, REPLICATIONS)
        alarms += min(holm([paired_difference(base, other).p_value or 0.0 for other in others])) < LEVEL
    return alarms / samples


def power_of(*, trials: int) -> tuple[float, float]:
    """Give the share of trials that find a service 5 % faster, and of those whose interval holds its true effect."""
    rng = np.random.default_rng(SEED)
    found = covered = 0
    for _ in range(trials):
        base, faster = _pair(rng)
        difference = paired_difference(base, faster)
        low, high = difference.low or 0.0, difference.high or 0.0
        found += high < 0
        covered += low <= TRUE <= high
    return found / trials, covered / trials


def backlog_bias(*, items: int, runs: int) -> float:
    """Give the bias of the mean after the cut, as a share; runs in which no cut is proposed are left out."""
    rng, means = np.random.default_rng(SEED), []
    for _ in range(runs):
        run = delays(rng, (items,), mean_service=0.8, start=np.array(80.0)) + rng.exponential(0.8, items)
        cut = mser5(run)
        if cut is not None:
            means.append(run[cut:].mean())
    return float(np.mean(means)) / 4.0 - 1


def _pair(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw mean times in system by replication: service as it is, and 5 % faster, with the same luck."""
    seed = int(rng.integers(1 << 62))
    sides = []
    for factor in (1.0, FASTER):
        same = np.random.default_rng(seed)
        start, kept = same.exponential(1.0, REPLICATIONS), same.random(REPLICATIONS)
        # in units of the gap between arrivals, of mean 1.25: the delay at the start is 0 or exponential
        load = 0.8 * factor
        first = start * (factor / (1 - load)) / 1.25 * (kept < load)
        waits = delays(same, (REPLICATIONS, ITEMS), mean_service=load, start=first)
        sides.append(1.25 * waits.mean(axis=1) + factor)
    return sides[0], sides[1]
