"""How long to run: what to drop as warm-up, and how many replications to make.

Warm-up is proposed by MSER-5 from one run. Replications continue until the t interval of a mean is as narrow as asked::

    t(n - 1, (1 + level) / 2) · s / √n  ≤  target

Stopping by a precision that is itself estimated costs a little coverage: about 94 % instead of 95 %
(`benchmarks/coverage.md`). Units are those of the values.

Sources: White, Cobb and Spratt (2000) for MSER-5; Law, Simulation Modeling and Analysis (5th ed., 2015), ch. 9 for the
sequential rule.
"""

import math
from dataclasses import dataclass

import numpy as np

from twin.errors import InputError
from twin.estimate import LEVEL, Values, mean_estimate

FIRST_REPLICATIONS = 10
BATCH = 5
LAST_BATCHES = 5


@dataclass(frozen=True)
class Stopping:
    """Why a run of replications ended.

    Attributes
    ----------
    n
        Replications made.
    half_width
        Reached, in the unit of the values.
    target
        The half-width asked for.
    cap
        The most replications allowed.
    capped
        Whether the cap ended the run before the target was reached.
    rest
        Half-width that no replication makes smaller: of parameters and model. Less than half of it was not asked for.
    """

    n: int
    half_width: float
    target: float
    cap: int
    capped: bool
    rest: float = 0.0

    @property
    def outweighed(self) -> bool:
        """Whether the run ended because the rest of the interval outweighs the luck of the simulation."""
        return not self.capped and self.half_width > self.target

    def __str__(self) -> str:
        reached = f"half-width {self.half_width:.3g}, asked {self.target:.3g}"
        if self.outweighed:
            return f"more would not narrow the interval: {reached}, against {self.rest:.3g} of the rest, n = {self.n}"
        if self.capped:
            return f"stopped by the cap of {self.cap} replications, precision not reached: {reached}, n = {self.n}"
        return f"precision reached: {reached}, n = {self.n}, cap {self.cap}"


def mser5(series: Values) -> int | None:
    """Propose how many observations of one run to drop as warm-up.

    Over means of 5 observations, the cut d minimises ``Σ (Y_j - mean)² / (m - d)²`` over the m - d batches kept: the
    squared standard error the rest would have if its batches were independent. The last 5 batches are no candidates,
    since a few equal values at the end would win. It is a proposal: it may drop good observations too.

    Parameters
    ----------
    series
        Observations of one run in order, shape (observations,); any unit.

    Returns
    -------
    int or None
        Observations to drop, a multiple of 5. None where the best cut lies beyond half the run or there are fewer than
        50 observations: the run is too short to show its warm-up, make it longer.
    """
    batches = series.size // BATCH
    if batches < 2 * LAST_BATCHES:
        return None
    means = series[: BATCH * batches].reshape(batches, BATCH).mean(axis=1)
    means -= np.median(means)  # keeps the sums of squares below from cancelling
    kept = np.arange(batches, 0, -1)
    totals, squares = np.cumsum(means[::-1])[::-1], np.cumsum(means[::-1] ** 2)[::-1]
    statistic = (squares - totals**2 / kept) / kept**2
    cut = int(np.argmin(statistic[:-LAST_BATCHES]))
    return None if 2 * cut > batches else BATCH * cut


def next_replications(
    values: Values,
    target_half_width: float,
    *,
    minimum: int = FIRST_REPLICATIONS,
    maximum: int,
    level: float = LEVEL,
) -> int:
    """Say how many more replications to run before looking again; 0 ends the run, and `stopping` says why.

    The spread so far predicts the number needed. Batches hold at least `minimum` and at most double the run: every
    look is a chance to stop on a lucky narrow interval, so looks are few.

    Parameters
    ----------
    values
        One value per replication so far, shape (replications,); may be empty.
    target_half_width
        Precision asked for, in the unit of the values, above 0.
    minimum
        Replications before the first look and in a batch, at least 10.
    maximum
        The cap on all replications.
    level
        Of the interval.

    Raises
    ------
    InputError
        Where the precision, the minimum or the cap is out of range.
    """
    half_width = mean_estimate(values, level).half_width if values.size >= minimum else None
    return more_replications(values.size, half_width, target_half_width, minimum=minimum, maximum=maximum)


def more_replications(n: int, half_width: float | None, target_half_width: float, *, minimum: int, maximum: int) -> int:
    """Say how many more replications to run after n that came to a half-width; see `next_replications`.

    Raises
    ------
    InputError
        Where the precision, the minimum or the cap is out of range.
    """
    _check_rule(target_half_width, minimum, maximum)
    if n < minimum:
        return minimum - n
    if n >= maximum or half_width is None or half_width <= target_half_width:
        return 0
    # The ratio is cut at 2 before it is squared: a tiny target would overflow.
    needed = min(n * min(half_width / target_half_width, 2.0) ** 2, 2 * n)
    return min(max(math.ceil(needed) - n, minimum), maximum - n)


def stopping(n: int, half_width: float, target_half_width: float, *, maximum: int, rest: float = 0.0) -> Stopping:
    """Record why replications ended, once `more_replications` has said 0; the arguments are those of `Stopping`."""
    capped = half_width > asked_of(target_half_width, rest)
    return Stopping(n, half_width, target_half_width, maximum, capped, rest)


def asked_of(target_half_width: float, rest: float) -> float:
    """Give the half-width that replications are asked for, beside a rest of the interval that they do not narrow.

    At half of the rest the whole is within 12 % of what replications without end would come to: √(1 + ¼) = 1.118.
    """
    return max(target_half_width, rest / 2)


def _check_rule(target_half_width: float, minimum: int, maximum: int) -> None:
    if not target_half_width > 0:
        raise InputError(f"a half-width of {target_half_width:g} cannot be reached; above 0")
    if minimum < FIRST_REPLICATIONS:
        raise InputError(f"{minimum} replications are too few to judge their spread; at least {FIRST_REPLICATIONS}")
    if maximum < minimum:
        raise InputError(f"at most {maximum} replications contradicts at least {minimum}")
