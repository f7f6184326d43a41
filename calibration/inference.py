"""Which parameters are plausible, where the likelihood of what was observed can only be simulated.

Parameters are points z, a priori N(0, I); a simulation at z gives summaries s. They are taken as normal, one after the
other,

    s_j ~ N(m_j, d_j^2),    m_j = b_j'(x(z), s_1 .. s_j-1),    ln d_j = g_j'(x(z), s_1 .. s_j-1),

x(z) being what is roughly known of a run at z beforehand (features; z itself where nothing is), and b and g ridge
regressions over the runs so far. One after the other, since what figures of one run have in common varies with z and
what they have apart does not: under one table of correlations busy teams looked too noisy to be likely. So the
likelihood of the observed can be told anywhere, a run serves all points instead of its own, and plausible z are drawn
by sequential Monte Carlo from prior x likelihood. The first runs are at draws from the prior; then, `ROUNDS` times,
points that look plausible are run, and the regression is made again, runs weighing less the farther from the observed
they were to be expected (expected, since to weigh by what came out would bend m). Variances are stretched by
n / (n - p) for what the regression explains by chance, and by 1 + p / n for what it estimates.

Runs that are kept where they fall near the observed (approximate Bayesian computation) lose their way with many
summaries: 1,200 runs of three stages with 11 ended up to six times as far from the observed as runs at one z lie from
each other, and all the distance that remains pulls parameters towards the prior.

Every run and every draw has a number, so the same input gives the same particles.

Sources: Wood (2010), Statistical inference for noisy nonlinear ecological dynamic systems, Nature 466 (normal
summaries); Papamakarios, Sterratt, Murray (2019), Sequential neural likelihood, AISTATS (rounds, one regression for all
runs); Del Moral, Doucet, Jasra (2006), Sequential Monte Carlo samplers, Journal of the Royal Statistical Society B 68.
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
Features = Callable[[Floats], Floats]
"""Tells roughly what a run at points z will show, shape (points, features)."""
Tell = Callable[[int, int], None]
"""Told how many runs are done, and how many there are at most."""

SEED: Final = 1
PLACE: Final = name_hash("calibration.inference")
FIRST: Final = 0.35
"""Share of the budget that is drawn from the prior."""
ROUNDS: Final = 3
PARTICLES: Final = 400
LEAST_NOISE: Final = 0.01
RIDGE: Final = 1.0
"""On coefficients of features of variance 1, beside a noise of variance 1."""
NOISE_RIDGE: Final = 10.0
SWEEPS: Final = 3
"""Of estimating mean and noise in turn."""
LOG_OF_NORMAL: Final = -0.635
"""Mean of ln |e|, e ~ N(0, 1)."""
NEARBY: Final = 4.0
"""A run so many times as far as plausible ones, squared, counts half."""
LEAST_DRAWS: Final = 400
KEPT: Final = 0.7
"""Share of draws, as an effective number, that a step of the likelihood's power leaves."""
FARTHEST: Final = 5.0
"""Of a coordinate of z: what is less likely a priori than one in a million is not tried."""
MOVES: Final = 6
LAST_MOVES: Final = 60
"""Steps of each draw at a power, and at the last: what is not told must come out as wide as the prior."""


class Budget(NamedTuple):
    """How much to run; the first draws from the prior included."""

    runs: int = 2000
    particles: int = PARTICLES


class Posterior(NamedTuple):
    """Plausible parameters."""

    z: Floats  # (particles, dimensions)
    replayed: Floats  # (particles, summaries) of a fresh run of each
    prior: Floats  # (draws, dimensions) drawn from the prior
    apart: float  # root mean square of how far the observed lies from the mean at a particle, median, in noise
    runs: int


class Likelihood(NamedTuple):
    """Normal summaries, one after the other; mean and noise of each are regressions on features and those before it."""

    middle: Floats  # (features + summaries,) to bring them to mean 0
    scale: Floats  # (features + summaries,) and variance 1
    mean: Floats  # (1 + features + summaries, summaries), 0 where a summary is not before the other
    noise: Floats  # (1 + features + summaries, summaries) logarithm
    bounds: Floats  # (2, summaries) of the logarithm, over the runs: no noise is extrapolated
    stretch: Floats  # (summaries,) of noise

    def apart(self, x: Floats, seen: Floats) -> tuple[Floats, Floats]:
        """Give how far the observed lies from the mean, in noise, and the noise; each of shape (points, summaries)."""
        design = _design(np.column_stack([x, np.tile(seen, (len(x), 1))]), self.middle, self.scale)
        noise = np.exp(np.clip(design @ self.noise, *self.bounds)) * self.stretch
        return (seen - design @ self.mean) / noise, noise

    def log(self, x: Floats, seen: Floats) -> Floats:
        """Give the logarithm of the likelihood at points with features x, but for a constant."""
        apart, noise = self.apart(x, seen)
        return np.asarray(-(apart**2).sum(axis=1) / 2 - np.log(noise).sum(axis=1))


def infer(
    simulate: Simulate,
    seen: Floats,
    dimensions: int,
    *,
    features: Features | None = None,
    budget: Budget | None = None,
    tell: Tell | None = None,
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
    features
        What is roughly known of a run beforehand; z itself, if left out.
    budget
        Runs at most, and particles.
    tell
        Told of the runs done.
    """
    most, particles = budget or Budget()
    shown = features or (lambda z: z)
    draws = max(int(FIRST * most), particles)
    each = max(1, (most - draws - particles) // ROUNDS)
    told = tell or (lambda _done, _most: None)
    prior = _normals(0, draws, dimensions)
    z, s = prior, _in_parts(simulate, prior, 0, lambda done: told(min(done, most), most))
    weight = np.ones(len(z))
    for number in range(1, ROUNDS + 2):
        x = shown(z)
        likelihood = fitted(x, s, weight)
        last = number > ROUNDS
        shape = max(each, particles, LEAST_DRAWS), dimensions
        plausible = _drawn(likelihood, seen, shown, shape, (number, LAST_MOVES if last else 2 * MOVES))
        wanted = particles if last else each
        chosen = plausible[np.linspace(0, len(plausible) - 1, wanted).round().astype(np.int64)]
        ran = _in_parts(simulate, chosen, len(z), lambda done: told(min(done, most), most))
        z, s = np.concatenate([z, chosen]), np.concatenate([s, ran])
        weight = _closeness(likelihood, seen, shown(z))
    apart = np.sqrt((likelihood.apart(shown(chosen), seen)[0] ** 2).mean(axis=1))
    return Posterior(chosen, ran, prior, float(np.median(apart)), len(z))


def _in_parts(simulate: Simulate, z: Floats, first: int, told: Callable[[int], None]) -> Floats:
    found = []
    for begin in range(0, len(z), 100):
        found.append(simulate(z[begin : begin + 100], first + begin))
        told(first + begin + len(found[-1]))
    return np.concatenate(found)


# --- the regression ---------------------------------------------------------------------------------------------------


def _design(x: Floats, middle: Floats, scale: Floats) -> Floats:
    return np.column_stack([np.ones(len(x)), (x - middle) / scale])


def fitted(x: Floats, s: Floats, weight: Floats) -> Likelihood:
    """Learn how summaries follow from features.

    Parameters
    ----------
    x
        Features, shape (runs, features).
    s
        Summaries of the runs, shape (runs, summaries); a run without one of them is left out.
    weight
        How much each run counts, shape (runs,).
    """
    whole = np.isfinite(s).all(axis=1)
    x, s, weight = x[whole], s[whole], weight[whole]
    told = np.column_stack([x, s])
    middle, scale = told.mean(axis=0), told.std(axis=0) + 1e-9
    design = _design(told, middle, scale)
    runs, summaries = weight.sum() ** 2 / (weight**2).sum(), s.shape[1]
    before = design.shape[1] - summaries + np.arange(summaries)
    mean, noise = np.zeros((2, design.shape[1], summaries))
    for column, unknown in enumerate(before):
        mean[:unknown, column], noise[:unknown, column] = _one(design[:, :unknown], s[:, column], weight)
    size = design @ noise
    bounds = np.maximum(np.array([size.min(axis=0), size.max(axis=0)]), np.log(LEAST_NOISE))
    stretch = np.sqrt(runs / np.maximum(runs - before, 2.0) * (1 + before / runs))
    return Likelihood(middle, scale, mean, noise, bounds, stretch)


def _one(design: Floats, s: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Learn mean and logarithm of the noise of one summary, in turn."""
    noise = np.zeros(design.shape[1])
    for _ in range(SWEEPS):
        heavy = weight / np.exp(design @ noise) ** 2
        mean = _ridge(design, s, heavy * (weight.sum() / heavy.sum()), RIDGE)
        apart = s - design @ mean
        size = np.log(np.maximum(np.abs(apart), LEAST_NOISE / 10)) - LOG_OF_NORMAL
        noise = _ridge(design, size, weight, NOISE_RIDGE)
        left = apart / np.exp(design @ noise)
        noise[0] += np.log((weight @ left**2) / weight.sum()) / 2
    return mean, noise


def _ridge(design: Floats, wanted: Floats, weight: Floats, penalty: float) -> Floats:
    heavy = design * weight[:, None]
    no_constant = penalty * np.diag(np.append(1e-9, np.ones(design.shape[1] - 1)))
    return np.asarray(np.linalg.solve(design.T @ heavy + no_constant, heavy.T @ wanted))


def _closeness(likelihood: Likelihood, seen: Floats, x: Floats) -> Floats:
    """Weigh points by how near to the observed they are expected, shape (points,)."""
    far = (likelihood.apart(x, seen)[0] ** 2).mean(axis=1)
    return np.asarray(1 / (1 + far / NEARBY))


# --- plausible points -------------------------------------------------------------------------------------------------


class _Cloud(NamedTuple):
    """Draws on their way from the prior to the posterior."""

    z: Floats
    log: Floats  # (draws,) of the likelihood
    width: float  # of a step, as a multiple of the best for a normal distribution
    step: int  # number of the next


def _drawn(
    likelihood: Likelihood, seen: Floats, shown: Features, shape: tuple[int, int], numbers: tuple[int, int]
) -> Floats:
    """Draw from prior x likelihood, raising the power of the likelihood from 0 to 1."""
    number, last = numbers
    z = _normals(1000 * number, *shape)
    cloud, power = _Cloud(z, likelihood.log(shown(z), seen), 1.0, 1000 * number + 1), 0.0
    while power < 1:
        more = _more(cloud.log, 1 - power)
        power = 1.0 if more >= 1 - power else power + more
        weight = np.exp(more * (cloud.log - cloud.log.max()))
        places = np.searchsorted(np.cumsum(weight) / weight.sum(), (np.arange(len(z)) + 0.5) / len(z))
        kept = np.minimum(places, len(z) - 1)
        cloud = cloud._replace(z=cloud.z[kept], log=cloud.log[kept])
        for _ in range(MOVES if power < 1 else last):
            cloud = _moved(cloud, lambda points: likelihood.log(shown(points), seen), power)
    return cloud.z


def _more(log: Floats, most: float) -> float:
    """Give by how much the power can rise while enough draws count: all the way, or up to half of it, by bisection."""

    def enough(more: float) -> bool:
        weight = np.exp(more * (log - log.max()))
        return bool(weight.sum() ** 2 >= KEPT * len(log) * (weight**2).sum())

    if enough(most):
        return most
    low, high = 0.0, most / 2
    while high - low > 1e-3 * most:
        middle = (low + high) / 2
        low, high = (middle, high) if enough(middle) else (low, middle)
    return max(low, 1e-4 * most)


def _moved(cloud: _Cloud, log: Callable[[Floats], Floats], power: float) -> _Cloud:
    """Let every draw try one step of a random walk that leaves prior x likelihood^power as it is."""
    draws, dimensions = cloud.z.shape
    spread = np.cov(cloud.z.T) + 1e-3 * np.eye(dimensions)
    walk = np.linalg.cholesky(np.atleast_2d(spread)) * (2.38 / np.sqrt(dimensions) * cloud.width)
    proposed = cloud.z + _normals(cloud.step, draws, dimensions) @ walk.T
    within = (np.abs(proposed) <= FARTHEST).all(axis=1)
    told = log(np.clip(proposed, -FARTHEST, FARTHEST))
    gain = power * (told - cloud.log) + ((cloud.z**2).sum(axis=1) - (proposed**2).sum(axis=1)) / 2
    goes = within & (_uniforms(cloud.step, draws) < np.exp(np.minimum(0.0, gain)))
    width = float(np.clip(cloud.width * (1.15 if goes.mean() > 0.25 else 0.87), 0.05, 3.0))
    return _Cloud(np.where(goes[:, None], proposed, cloud.z), np.where(goes, told, cloud.log), width, cloud.step + 1)


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
