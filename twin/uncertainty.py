"""What an interval is made of: the luck of the simulation, what the data leave open, and what the model gets wrong.

Replication r runs twin r mod M of an ensemble (`twin.ensemble`), so the values of a figure, or the paired differences
of it, fall into M groups: a one-way layout with random effects, i = 1..M twins with n_i replications each, N in all::

    Y_ij = centre + b_i + e_ij                  var(b) = between twins, var(e) = luck within a twin
    W = Σ (Y_ij - Y_i.)² / (N - M)              B = Σ n_i (Y_i. - Y..)² / (M - 1)
    var(b) = (θ - W) / n0                       n0 = (N - Σ n_i² / N) / (M - 1)

    whole = W / N + var(b) · weight             weight = 1 + Σ n_i² / N²: the organisation is one more twin
    parameters = max(0, B - W) / n0 · weight
    simulation = whole - parameters             what more replications make smaller
    model      = (discrepancy · centre)²        relative standard deviation of the level (`twin.credibility`)

    interval: Y.. ± t(f) · √(simulation + parameters + model)

Each part's half-width is t(f) · √part, so their squares sum to the square of the interval's. What θ is, nobody knows: B
varies about it as θ χ² / (M - 1). Before the values are seen every var(b) ≥ 0 is as likely, so afterwards θ is
(M - 1) B / X with X a χ² of M - 3 degrees of freedom, no greater than (M - 1) B / W. The whole has that mean and
spread, and the t with those is taken: f = 4 + 2 mean² / variance, scale² = mean (f - 2) / f. So twins that differ by no
more than luck explains leave a doubt whether they differ, which falls with the replications of each. Of fewer than 8
twins X has no such moments: then the whole is B / n0 · weight, W not taken off, with f = M - 1.

A model that is d wrong in its levels, up or down for all scenarios alike, is d wrong in its effects: so the discrepancy
multiplies the effect. An error that only one scenario meets is not in it. Units are those of the values.

Sources: Searle, Casella and McCulloch, Variance Components (1992), ch. 3; Tiao and Tan (1965), Biometrika 52, 37-53;
Kennedy and O'Hagan (2001), Journal of the Royal Statistical Society B 63, for the name of the third part.
"""

import math
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.estimate import LEVEL, Difference, Estimate, Parts, Values, mean_estimate, paired_difference
from twin.student import chi_square_share, t_quantile, t_share

LEAST_MEMBERS: Final = 8
RARE: Final = 1e-200
"""Shares below are not divided by."""
NEVER_BELOW_0: Final = frozenset({"h", "items", "items/week", "share"})
"""Units of what cannot be negative."""

Numbers = NDArray[np.intp]


class Sources(NamedTuple):
    """Variances of a centre by what they come from."""

    simulation: float
    parameters: float | None  # None where all values are of one twin
    model: float | None  # None where no backtest says
    freedom: float

    @property
    def total(self) -> float:
        """The variance of the whole."""
        return self.simulation + (self.parameters or 0.0) + (self.model or 0.0)

    def parts(self, level: float = LEVEL) -> Parts:
        """Give the half-widths at a level."""
        factor = t_factor(self.freedom, level)
        told = (None if each is None else factor * math.sqrt(each) for each in (self.parameters, self.model))
        return Parts(factor * math.sqrt(self.simulation), *told)


def t_factor(freedom: float, level: float) -> float:
    """Give the multiple of the standard error that a t interval of this level reaches to."""
    return t_quantile(freedom, (1 + level) / 2)


def sources_of(values: Values, members: Numbers | None = None, discrepancy: float | None = None) -> Sources:
    """Tell apart what makes a mean uncertain.

    Parameters
    ----------
    values
        One per replication, shape (replications,), at least two.
    members
        The number of the twin each value is of, shape (replications,); None where all are of one.
    discrepancy
        Relative standard deviation of what the model gets wrong; None where it is not known.
    """
    model = None if discrepancy is None else (discrepancy * float(values.mean())) ** 2
    if members is None or not np.ptp(members):
        return Sources(_of_one_twin(values), None, model, values.size - 1)
    groups, places = np.unique(members, return_inverse=True)
    counts = np.bincount(places)
    means = np.bincount(places, weights=values) / counts
    known = means[places]
    n, of_twins, of_luck = values.size, groups.size - 1, values.size - groups.size
    luck = _mean_square(values - known, of_luck)
    between = _mean_square(known - values.mean(), of_twins)
    each, share = (n - (counts**2).sum() / n) / of_twins, float((counts**2).sum()) / n**2
    weight = (1 + share) / each
    parameters = weight * max(0.0, between - luck)
    whole, freedom = _whole(between, luck, of_twins, weight, luck / n)
    return Sources(max(whole - parameters, luck / n), parameters, model, freedom)


def _whole(between: float, luck: float, of_twins: int, weight: float, of_mean: float) -> tuple[float, float]:
    """Give the variance of simulation and parameters together, and its degrees of freedom."""
    if of_twins + 1 < LEAST_MEMBERS or between + luck == 0:
        return weight * between, of_twins
    first, second = _moments(between, luck, of_twins)
    mean, variance = of_mean + weight * (first - luck), weight**2 * (second - first**2)
    if not variance > 0:  # of tiny values, whose squares round to 0
        return weight * between, of_twins
    freedom = 4 + 2 * mean**2 / variance
    return mean * (freedom - 2) / freedom, freedom


def _moments(between: float, luck: float, of_twins: int) -> tuple[float, float]:
    """Give the mean of θ and of its square: of 1 / X and 1 / X², where X is at most so much."""
    scale, freedom = of_twins * between, of_twins - 2
    most = scale / luck if luck else math.inf
    whole = chi_square_share(freedom, most)
    if whole < RARE:  # X is as good as `most`
        return luck * freedom / (freedom - 2), luck**2 * freedom / (freedom - 4)
    one, two = (chi_square_share(freedom - less, most) / whole for less in (2, 4))
    return scale * one / (freedom - 2), scale**2 * two / ((freedom - 2) * (freedom - 4))


def _of_one_twin(values: Values) -> float:
    # Exactly 0 for equal values, where rounding in their mean would leave 1e-17.
    return float(values.var(ddof=1)) / values.size if np.ptp(values) else 0.0


def _mean_square(gaps: Values, freedom: int) -> float:
    """Give a mean square; 0 where nothing is left to tell it from, and where all is rounding."""
    return float((gaps**2).sum()) / freedom if freedom and np.ptp(gaps) else 0.0


def total_difference(
    base: Values,
    changed: Values,
    members: Numbers | None = None,
    discrepancy: float | None = None,
    *,
    level: float = LEVEL,
    unit: str = "",
) -> Difference:
    """Compare two means over replications with all that is known to make their difference uncertain.

    Parameters
    ----------
    base, changed
        One value per replication, paired, both of shape (replications,).
    members, discrepancy
        As in `sources_of`.
    level
        Of the interval.
    unit
        Of the values, for printing.

    Returns
    -------
    Difference
        Its interval, standard error and p value are those of the whole.

    Raises
    ------
    InputError
        As in `twin.estimate.paired_difference`.
    """
    plain = paired_difference(base, changed, level, unit=unit)
    if plain.standard_error is None:
        return plain
    sources = sources_of(changed - base, members, discrepancy)
    parts = sources.parts(level)
    if members is None and discrepancy is None:
        return replace(plain, parts=parts)
    error, half_width = math.sqrt(sources.total), t_factor(sources.freedom, level) * math.sqrt(sources.total)
    return replace(
        plain,
        low=plain.effect - half_width,
        high=plain.effect + half_width,
        standard_error=error,
        p_value=2 * t_share(sources.freedom, -abs(plain.effect) / error) if error else plain.p_value,
        freedom=sources.freedom,
        parts=parts,
    )


def total_estimate(
    values: Values, members: Numbers | None = None, discrepancy: float | None = None, *, unit: str = ""
) -> Estimate:
    """Estimate a mean over replications with all that is known to make it uncertain.

    Parameters
    ----------
    values, members, discrepancy
        As in `sources_of`.
    unit
        Of the values, for printing; the interval of times, counts and shares ends at 0.

    Raises
    ------
    InputError
        As in `twin.estimate.mean_estimate`.
    """
    plain = mean_estimate(values, unit=unit)
    if plain.standard_error is None or (members is None and discrepancy is None):
        return plain
    sources = sources_of(values, members, discrepancy)
    error = math.sqrt(sources.total)
    half_width = t_factor(sources.freedom, LEVEL) * error
    low = plain.value - half_width
    low = max(low, 0.0) if unit in NEVER_BELOW_0 else low
    return replace(plain, standard_error=error, low=low, high=plain.value + half_width)
