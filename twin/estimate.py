"""An estimate is a value, its interval and the number of replications behind both.

One value per replication comes in; replications are independent, the items of one run are not. An interval over items
of one run, taken as independent, covers the truth in about 20 % of cases instead of 95 % (`benchmarks/coverage.md`).

Mean of n replications with spread s::

    mean ± t(n - 1, (1 + level) / 2) · s / √n

The interval of a difference is the same formula over the n differences, replication by replication, which is sharp
where both sides use the same random numbers. Units are those of the values; `unit` is only printed.

Sources: Law, Simulation Modeling and Analysis (5th ed., 2015), ch. 9 and 10; Holm (1979) for families of comparisons.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from twin.errors import InputError
from twin.skewness import skew_warning
from twin.student import t_quantile, t_share

Values = NDArray[np.float64]

LEVEL = 0.95
CERTAINTY = 0.99


@dataclass(frozen=True)
class Estimate:
    """An estimate that prints itself with its interval and n.

    Attributes
    ----------
    value
        The point estimate.
    standard_error
        Of a mean; None for a quantile and for one replication.
    low, high
        Ends of the interval; None where the values allow no end.
    n
        Replications (or independent observations) behind it.
    level
        Share of such intervals that hold the truth, nominally.
    unit
        Printed behind the value; may be empty.
    warning
        Why the interval should not be taken at its word, or None.
    """

    value: float
    standard_error: float | None
    low: float | None
    high: float | None
    n: int
    level: float = LEVEL
    unit: str = ""
    warning: str | None = None

    @property
    def half_width(self) -> float | None:
        """Half the length of the interval, or None where an end is missing."""
        return None if self.low is None or self.high is None else (self.high - self.low) / 2

    def __str__(self) -> str:
        digits = _digits(self.value, self.half_width)
        caution = f"; {self.warning}" if self.warning else ""
        return f"{_number(self.value, digits, self.unit)} ({self._interval(digits)}{caution})"

    def _interval(self, digits: int) -> str:
        name = f"{_percent(self.level)} interval"
        if self.low is not None and self.high is not None:
            return f"{name} {_number(self.low, digits)} to {_number(self.high, digits)}, n = {self.n}"
        if self.low is not None:
            return f"{name} from {_number(self.low, digits)}, no upper bound with n = {self.n}"
        if self.high is not None:
            return f"{name} up to {_number(self.high, digits)}, no lower bound with n = {self.n}"
        return f"no interval with n = {self.n}"


class Parts(NamedTuple):
    """Half-widths that make up the half-width of an interval; squared they sum to its square (`twin.uncertainty`)."""

    simulation: float  # luck of the replications run
    parameters: float | None  # what the data leave open; None where there is no ensemble
    model: float | None  # what the model gets wrong; None where there is no backtest


@dataclass(frozen=True)
class Difference:
    """What a change does to a mean, over pairs of replications with the same random numbers.

    Attributes
    ----------
    effect
        Mean of changed minus base, in the unit of the values.
    low, high, standard_error
        Of the effect; None with one pair.
    n
        Pairs of replications.
    correlation
        Between the two sides; None where one of them does not vary.
    variance_ratio
        Variance of the difference under independent seeds, over the variance reached by pairing; above 1 pairing pays.
        None where the difference does not vary.
    p_value
        Two-sided, of the paired t test against no effect; None with one pair.
    level
        Of the interval.
    unit
        Printed behind the effect; may be empty.
    family_p_value
        The p value adjusted by Holm for all comparisons of the family, or None before `in_family`.
    warning
        Why the interval should not be taken at its word, or None.
    freedom
        Degrees of freedom of the standard error where they are not n - 1.
    parts
        What the interval is made of, where that was asked.
    """

    effect: float
    low: float | None
    high: float | None
    standard_error: float | None
    n: int
    correlation: float | None
    variance_ratio: float | None
    p_value: float | None
    level: float = LEVEL
    unit: str = ""
    family_p_value: float | None = None
    warning: str | None = None
    freedom: float | None = None
    parts: Parts | None = None

    @property
    def identical(self) -> bool:
        """Whether both sides are equal in every replication run."""
        return self.effect == 0 and not self.standard_error

    @property
    def half_width(self) -> float | None:
        """Half the length of the interval, or None with one pair."""
        return None if self.low is None or self.high is None else (self.high - self.low) / 2

    def probability_below(self, x: float) -> float | None:
        """Weigh the belief that the true effect is below x, between 0.01 and 0.99.

        It reads the t distribution around the mean difference as a belief (a flat prior). It knows what the interval
        knows: it is no probability that the organisation will behave so. None with one pair.
        """
        return self._belief(x, side=1)

    def probability_above(self, x: float) -> float | None:
        """Weigh the belief that the true effect is above x; see `probability_below`."""
        return self._belief(x, side=-1)

    def _belief(self, x: float, *, side: int) -> float | None:
        if self.standard_error is None:
            return None
        distance, error = side * (x - self.effect), self.standard_error
        freedom = self.n - 1 if self.freedom is None else self.freedom
        share = t_share(freedom, distance / error) if error else float(distance > 0)
        return min(max(share, 1 - CERTAINTY), CERTAINTY)

    def __str__(self) -> str:
        if self.identical:
            return f"no difference (equal in every replication, n = {self.n})"
        if self.low is None or self.high is None:
            return f"{_number(self.effect, _digits(self.effect, None), self.unit, sign='+')} (no interval with n = 1)"
        digits = _digits(self.effect, (self.high - self.low) / 2)
        ends = f"{_number(self.low, digits, sign='+')} to {_number(self.high, digits, sign='+')}"
        caution = f"; {self.warning}" if self.warning else ""
        return (
            f"{_number(self.effect, digits, self.unit, sign='+')} "
            f"({_percent(self.level)} interval {ends}, n = {self.n}, {self._significance()}{caution})"
        )

    def _significance(self) -> str:
        p, name = (self.p_value, "p") if self.family_p_value is None else (self.family_p_value, "family p")
        return f"{name} < 0.001" if p is not None and p < 0.001 else f"{name} = {p:.3f}"


def mean_estimate(values: Values, level: float = LEVEL, *, unit: str = "") -> Estimate:
    """Estimate a mean over replications with its t interval.

    Parameters
    ----------
    values
        One value per replication, shape (replications,).
    level
        Of the interval, between 0 and 1.
    unit
        Of the values, for printing.

    Returns
    -------
    Estimate
        Without an interval for one replication, and with a warning where the values are too skewed for their number.

    Raises
    ------
    InputError
        Where there is no replication, or one without a value.
    """
    checked = _checked(values, level)
    mean, error = _mean_and_error(checked)
    low, high = _t_interval(mean, error, checked.size, level)
    return Estimate(mean, error, low, high, checked.size, level, unit, skew_warning(checked))


def quantile_estimate(values: Values, p: float, level: float = LEVEL, *, unit: str = "") -> Estimate:
    """Estimate a quantile of independent values with the interval between two of the values.

    The ends are order statistics, so the interval holds for any distribution and never falls below its level. Few
    values bound a high quantile on one side only: then that end is None.

    Parameters
    ----------
    values
        Independent values, shape (n,): one per replication, never the items of one run.
    p
        Share at or below the quantile, between 0 and 1.
    level
        Of the interval, between 0 and 1.
    unit
        Of the values, for printing.

    Raises
    ------
    InputError
        Where there is no value, one is missing, or p is no share inside 0 to 1.
    """
    from scipy import stats  # noqa: PLC0415 - 0.5 s to load, and only quantiles over replications need it

    checked = _checked(values, level)
    if not 0 < p < 1:
        raise InputError(f"a quantile of {p:g} cannot be estimated; between 0 and 1, both excluded")
    value = float(np.quantile(checked, p, method="inverted_cdf"))
    interval = stats.quantile_test(checked, p=p).confidence_interval(confidence_level=level)
    low, high = (None if math.isnan(end) else float(end) for end in cast("tuple[float, float]", interval))
    return Estimate(value, None, low, high, checked.size, level, unit)


def paired_difference(base: Values, changed: Values, level: float = LEVEL, *, unit: str = "") -> Difference:
    """Compare two means over replications paired by their random numbers.

    Parameters
    ----------
    base, changed
        One value per replication, both of shape (replications,) and in the same order of replications.
    level
        Of the interval, between 0 and 1.
    unit
        Of the values, for printing.

    Returns
    -------
    Difference
        Exactly 0 with the interval 0 to 0 where both sides are equal in each of two or more replications.

    Raises
    ------
    InputError
        Where the sides have different lengths, no replication, or one without a value.
    """
    before, after = _checked(base, level), _checked(changed, level)
    if before.size != after.size:
        raise InputError(
            f"{before.size} replications cannot be paired with {after.size}; run both with the same number"
        )
    gaps = after - before
    effect, error = _mean_and_error(gaps)
    low, high = _t_interval(effect, error, gaps.size, level)
    correlation, ratio = _pairing(before, after)
    p = _p_value(effect, error, gaps.size)
    return Difference(
        effect, low, high, error, gaps.size, correlation, ratio, p, level, unit, warning=skew_warning(gaps)
    )


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjust the p values of a family so that any false alarm keeps its level (Holm 1979), in the order given.

    >>> holm([0.01, 0.04, 0.03])
    (0.03, 0.06, 0.06)
    """
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = largest
    return tuple(adjusted)


def in_family(differences: Sequence[Difference]) -> tuple[Difference, ...]:
    """Give every difference its p value adjusted by `holm` for all that have one.

    The intervals stay those of one comparison; for intervals that hold together, ask each for the level
    1 - (1 - level) / k with k comparisons (Bonferroni).
    """
    tested = [difference for difference in differences if difference.p_value is not None]
    adjusted = iter(holm([difference.p_value for difference in tested if difference.p_value is not None]))
    return tuple(
        difference if difference.p_value is None else replace(difference, family_p_value=next(adjusted))
        for difference in differences
    )


def say_probability(p: float | None) -> str:
    """Write a probability for people, never as certainty: ``> 99 %``, ``83 %``, ``< 1 %``."""
    if p is None:
        return "unknown"
    if p >= CERTAINTY:
        return f"> {_percent(CERTAINTY)}"
    return f"< {_percent(1 - CERTAINTY)}" if p <= 1 - CERTAINTY else f"{100 * p:.0f} %"


def _checked(values: Values, level: float) -> Values:
    checked = np.asarray(values, dtype=np.float64)
    missing = int(np.count_nonzero(~np.isfinite(checked)))
    if checked.ndim != 1 or checked.size == 0:
        raise InputError(f"an estimate needs one value per replication; the values have shape {checked.shape}")
    if missing:
        raise InputError(
            f"{missing} of {checked.size} replications have no value; an estimate over the others would flatter. "
            "Run longer, until something is measured in each"
        )
    if not 0 < level < 1:
        raise InputError(f"an interval of level {level:g} does not exist; between 0 and 1, both excluded")
    return checked


def _mean_and_error(values: Values) -> tuple[float, float | None]:
    if values.size == 1:
        return float(values[0]), None
    spread = _spread(values)
    return float(values.mean() if spread else values[0]), spread / math.sqrt(values.size)


def _spread(values: Values) -> float:
    # Exactly 0 for equal values, where rounding in their mean would leave 1e-17.
    return float(values.std(ddof=1)) if np.ptp(values) else 0.0


def _t_interval(mean: float, error: float | None, n: int, level: float) -> tuple[float | None, float | None]:
    if error is None:
        return None, None
    half_width = t_quantile(n - 1, (1 + level) / 2) * error
    return mean - half_width, mean + half_width


def _p_value(effect: float, error: float | None, n: int) -> float | None:
    if error is None:
        return None
    if error == 0:
        return 1.0 if effect == 0 else 0.0
    return 2 * t_share(n - 1, -abs(effect) / error)


def _pairing(base: Values, changed: Values) -> tuple[float | None, float | None]:
    if base.size == 1:
        return None, None
    variances = _spread(base) ** 2, _spread(changed) ** 2
    paired = _spread(changed - base) ** 2
    correlation = float(np.corrcoef(base, changed)[0, 1]) if all(variances) else None
    return correlation, sum(variances) / paired if paired else None


def _digits(value: float, half_width: float | None) -> int:
    """Count decimals that show two digits of the half-width, or four of a value without one."""
    scale = half_width or abs(value) / 100
    return max(0, min(6, 1 - math.floor(math.log10(scale)))) if scale > 0 else 0


def _number(value: float, digits: int, unit: str = "", *, sign: str = "-") -> str:
    # z: rounds -0.001 to 0.00, not to -0.00
    text = f"{value:{sign}z.{digits}f}"
    return f"{text} {unit}" if unit else text


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
