"""Which parameters are plausible, where the likelihood of what was observed can only be simulated.

Approximate Bayesian computation with sequential Monte Carlo. Parameters are points z, a priori N(0, I); a simulation at
z gives summaries s, and its distance from the observed ones is

    rho(z) = sqrt(mean over summaries of ((s - observed) / noise)^2),

noise being the spread of s between runs at one and the same z near the observed. The nearest of many draws from the
prior are the first particles. Then, again and again: halve the tolerance (the median distance), let the survivors take
the places of the others, and move every particle by a random walk that a Metropolis step accepts where the new run lies
within the tolerance. It ends where runs are as near to the observed as runs at one z are to each other (a closer match
would be luck), where hardly any move is accepted, or where the budget of runs is spent; at the last tolerance particles
move on for a while, so that copies part. What tolerance remains is taken back by weighted linear regression of z on
s - observed, with residuals stretched for what it explains by chance. A line is not always right: fresh runs of the
particles before and after say which lie nearer to the observed, and those are kept.

Every run and every draw has a number, so the same input gives the same particles.

Sources: Del Moral, Doucet, Jasra (2012), An adaptive sequential Monte Carlo method for approximate Bayesian
computation, Statistics and Computing 22; Drovandi, Pettitt (2011), Biometrics 67; Beaumont, Zhang, Balding (2002),
Approximate Bayesian computation in population genetics, Genetics 162 (the regression).
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from twin.streams import Purpose, name_hash, uniforms

Floats = NDArray[np.float64]

Simulate = Callable[[Floats, int], Floats]
"""Runs twins at points z, shape (runs, dimensions), numbered from a number on; gives summaries, NaN where none."""
Tell = Callable[[int, int], None]
"""Told how many runs are done, and how many there are at most."""

SEED: Final = 1
PLACE: Final = name_hash("calibration.inference")
FIRST: Final = 0.35
"""Share of the budget that is drawn from the prior."""
PARTICLES: Final = 400
FARTHEST: Final = 25.0
"""A single summary counts as so many times its noise at most."""
NOISE_POINTS: Final = 8
NOISE_RUNS: Final = 8
LEAST_NOISE: Final = 0.01
HARDLY: Final = 0.02
LEAST_MOVES: Final = 2
"""Without the means for so many, the tolerance is left as it is: copies that never part are no particles."""
MOST_MOVES: Final = 4
MOST_MIXING: Final = 20
MIXED: Final = 4
"""Moves of each particle, on average, at the last tolerance: the survivors of halving are kin, and must part."""
RIDGE: Final = 1e-3


class Budget(NamedTuple):
    """How much to run; the first draws from the prior included."""

    runs: int = 5000
    particles: int = PARTICLES


class Posterior(NamedTuple):
    """Plausible parameters."""

    z: Floats  # (particles, dimensions)
    replayed: Floats  # (particles, summaries) of a fresh run of each
    adjusted: bool  # by the regression
    prior: Floats  # (draws, dimensions) drawn from the prior
    tolerance: float  # distance within which the particles lie
    reached: float  # median distance between two runs at one z
    noise: Floats  # (summaries,) between runs at one z
    runs: int


class _Cloud(NamedTuple):
    """Particles with their runs."""

    z: Floats
    s: Floats
    far: Floats  # (particles,) distance


class _Walk(NamedTuple):
    """How the random walk goes on."""

    width: float  # of a step, as a multiple of the best for a normal distribution
    step: int  # number of the next
    runs: int  # so far
    moved: int  # particles, at this tolerance
    tried: int


class _Search(NamedTuple):
    simulate: Simulate
    seen: Floats
    noise: Floats

    def distance(self, s: Floats) -> Floats:
        apart = np.abs(s - self.seen) / self.noise
        capped = np.minimum(np.where(np.isfinite(apart), apart, FARTHEST), FARTHEST)
        return np.asarray(np.sqrt((capped**2).mean(axis=1)))


def infer(
    simulate: Simulate, seen: Floats, dimensions: int, *, budget: Budget | None = None, tell: Tell | None = None
) -> Posterior:
    """Find plausible parameters.

    Parameters
    ----------
    simulate
        Runs twins.
    seen
        The observed summaries, shape (summaries,).
    dimensions
        Of z.
    budget
        Runs at most, and particles.
    tell
        Told of the runs done.
    """
    most, particles = budget or Budget()
    draws = max(int(FIRST * most), particles)
    prior = _normals(0, draws, dimensions)
    told = tell or (lambda _done, _most: None)
    s = _in_parts(simulate, prior, 0, lambda done: told(done, most))
    noise, apart, runs = _noise(simulate, _Search(simulate, seen, _spread(s)), prior, s)
    search = _Search(simulate, seen, noise)
    far = search.distance(s)
    nearest = np.argsort(far, kind="stable")[:particles]
    cloud, tolerance, runs = _narrowed(
        search, _Cloud(prior[nearest], s[nearest], far[nearest]), apart, (runs, most), told
    )
    kinds = cloud.z, _adjusted(search, cloud, tolerance)
    fresh = [_in_parts(simulate, z, runs + place * len(z), lambda _: None) for place, z in enumerate(kinds)]
    best = int(np.median(search.distance(fresh[1])) < np.median(search.distance(fresh[0])))
    return Posterior(
        kinds[best], fresh[best], bool(best), prior, tolerance, apart, noise, runs + 2 * len(cloud.z)
    )  # fmt: skip


def _in_parts(simulate: Simulate, z: Floats, first: int, told: Callable[[int], None]) -> Floats:
    found = []
    for begin in range(0, len(z), 100):
        found.append(simulate(z[begin : begin + 100], first + begin))
        told(first + begin + len(found[-1]))
    return np.concatenate(found)


def _spread(s: Floats) -> Floats:
    """Give a scale of each summary over the prior."""
    low, middle, high = np.nanquantile(s, (0.16, 0.5, 0.84), axis=0)
    return np.asarray(np.maximum(np.nan_to_num((high - low) / 2, nan=1.0), LEAST_NOISE) + 0 * middle)


def _noise(simulate: Simulate, search: _Search, z: Floats, s: Floats) -> tuple[Floats, float, int]:
    """Run the points nearest to the observed several times: spread of each summary, and distance between runs."""
    nearest = np.argsort(search.distance(s), kind="stable")[:NOISE_POINTS]
    again = simulate(np.repeat(z[nearest], NOISE_RUNS, axis=0), len(z))
    runs = again.reshape(len(nearest), NOISE_RUNS, -1)
    with np.errstate(invalid="ignore"):
        spread = np.nan_to_num(np.nanmedian(runs.std(axis=1, ddof=1), axis=0), nan=1.0)
    noise = np.maximum(spread, LEAST_NOISE)
    between = [float(_Search(simulate, several[0], noise).distance(several[1:]).mean()) for several in runs]
    return noise, float(np.median(between)), len(z) + len(again)


def _narrowed(
    search: _Search, cloud: _Cloud, apart: float, spent: tuple[int, int], told: Tell
) -> tuple[_Cloud, float, int]:
    """Halve the tolerance until runs are as near as runs at one z are to each other, or the budget is spent."""
    runs, most = spent
    tolerance, walk = float(cloud.far.max()), _Walk(1.0, 1, runs, 0, 0)
    while tolerance > apart and walk.runs + LEAST_MOVES * len(cloud.far) <= most:
        tolerance = max(float(np.median(cloud.far)), apart)
        alive = np.flatnonzero(cloud.far <= tolerance)
        cloud = _Cloud._make(column[np.resize(alive, len(cloud.far))] for column in cloud)
        sweeps, wanted = (MOST_MOVES, 1) if tolerance > apart else (MOST_MIXING, MIXED)
        walk = walk._replace(moved=0, tried=0)
        for _ in range(sweeps):
            cloud, walk = _walked(search, cloud, tolerance, walk)
            told(min(walk.runs, most), most)
            if walk.moved >= wanted * len(cloud.far) or walk.runs >= most:
                break
        if walk.runs >= most or walk.moved < HARDLY * walk.tried:
            break
    return cloud, tolerance, walk.runs


def _walked(search: _Search, cloud: _Cloud, tolerance: float, walk: _Walk) -> tuple[_Cloud, _Walk]:
    """Let every particle try one step, and fit the length of the next to how many could go."""
    cloud, accepted, ran = _moved(search, cloud, tolerance, walk.width, (walk.step, walk.runs))
    particles = len(cloud.far)
    width = float(np.clip(walk.width * (1.3 if accepted > 0.3 * particles else 0.75), 0.05, 1.5))
    return cloud, _Walk(width, walk.step + 1, walk.runs + ran, walk.moved + accepted, walk.tried + particles)


def _moved(
    search: _Search, cloud: _Cloud, tolerance: float, width: float, number: tuple[int, int]
) -> tuple[_Cloud, int, int]:
    """Let every particle try one step; gives how many moved and how many runs that took."""
    step, runs = number
    particles, dimensions = cloud.z.shape
    spread = np.cov(cloud.z.T) + 1e-4 * np.eye(dimensions)
    walk = np.linalg.cholesky(np.atleast_2d(spread)) * (2.38 / np.sqrt(dimensions) * width)
    proposed = cloud.z + _normals(step, particles, dimensions) @ walk.T
    odds = np.exp(np.minimum(0.0, ((cloud.z**2).sum(axis=1) - (proposed**2).sum(axis=1)) / 2))
    likely = np.flatnonzero(_uniforms(step, particles) < odds)
    if not likely.size:
        return cloud, 0, 0
    s = search.simulate(proposed[likely], runs)
    far = search.distance(s)
    near = far <= tolerance
    z, kept, distance = (column.copy() for column in cloud)
    z[likely[near]], kept[likely[near]], distance[likely[near]] = proposed[likely[near]], s[near], far[near]
    return _Cloud(z, kept, distance), int(near.sum()), int(likely.size)


def _adjusted(search: _Search, cloud: _Cloud, tolerance: float) -> Floats:
    """Take back what the tolerance let through: draws of z at the observed, by weighted ridge regression on s.

    The regression explains part of z by chance, and its middle is an estimate. Residuals are stretched for both, by
    n / (n - p) and 1 + h in variance: n distinct particles' worth of weight, p parameters, h the leverage of the
    observed. Without, 11 summaries and 150 particles gave intervals of 90 % that held 85 %.
    """
    apart = (cloud.s - search.seen) / search.noise
    apart = np.clip(np.nan_to_num(apart), -FARTHEST, FARTHEST)
    weight = np.maximum(1 - (cloud.far / (tolerance * 1.0001)) ** 2, 1e-3)
    design = np.column_stack([np.ones(len(apart)), apart])
    heavy = design * weight[:, None]
    penalty = RIDGE * weight.sum() * np.eye(design.shape[1])
    penalty[0, 0] = 0.0
    inverse = np.linalg.inv(design.T @ heavy + penalty)
    slope = inverse @ (heavy.T @ cloud.z)
    of_each = np.bincount(np.unique(cloud.z, axis=0, return_inverse=True)[1].ravel(), weight)
    distinct = of_each.sum() ** 2 / (of_each**2).sum()
    free = max(distinct - np.trace(inverse @ (design.T @ heavy)), 2.0)
    leverage = inverse[0, 0] * weight.sum() / distinct
    residuals = (cloud.z - design @ slope) * np.sqrt(distinct / free * (1 + leverage))
    return np.asarray(np.clip(slope[0] + residuals, -4.0, 4.0))


def _normals(step: int, rows: int, columns: int) -> Floats:
    """Draw standard normal numbers by name, shape (rows, columns)."""
    u = uniforms(
        seed=SEED, replication=step, place=PLACE, work=0, numbers=np.arange(rows * columns), visit=0,
        purpose=Purpose.DESIGN,
    )  # fmt: skip
    return np.asarray(ndtri(u).reshape(rows, columns))


def _uniforms(step: int, rows: int) -> Floats:
    return uniforms(
        seed=SEED, replication=step, place=PLACE, work=0, numbers=np.arange(rows), visit=1, purpose=Purpose.DESIGN
    )
