"""How long things take: distributions as people write them, by mean and cv.

People know a mean and how much it varies, so a curved kind is given by its mean m and its coefficient of variation
c = sd / m; `twin.quantiles` says what curve follows. Values are durations in ticks (ms), at least 0. A duration as
text, ``30 min``, is short for fixed.

Source of the kinds: Law (2015), Simulation Modeling and Analysis, 5th ed., ch. 6.
"""

import math
from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from twin.part import Part, Several
from twin.units import Duration, format_clock, format_duration, parse_effort, say_share

MAX_VALUES = 1000
MAX_MIXED_VALUES = 400
Floats = NDArray[np.float64]


def _above_zero(ticks: int) -> int:
    if ticks == 0:
        raise ValueError("a mean here is above 0; for no time at all write 0 min")
    return ticks


Mean = Annotated[Duration, AfterValidator(_above_zero)]
Cv = Annotated[float, Field(ge=0.001, le=20, allow_inf_nan=False, description="sd / mean; for no variation use fixed")]
Weight = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]
Values = Annotated[Several[Duration], Field(max_length=MAX_VALUES)]


class Fixed(Part):
    """Always the same duration."""

    kind: Literal["fixed"]
    value: Duration


class Exponential(Part):
    """Without memory: cv 1."""

    kind: Literal["exponential"]
    mean: Mean


class Gamma(Part):
    """A sum of memoryless steps: light tail."""

    kind: Literal["gamma"]
    mean: Mean
    cv: Cv


class Lognormal(Part):
    """A product of many influences: heavy tail, the usual shape of knowledge work."""

    kind: Literal["lognormal"]
    mean: Mean
    cv: Cv


class Weibull(Part):
    """A risk of ending that grows (cv below 1) or falls (cv above 1) with age."""

    kind: Literal["weibull"]
    mean: Mean
    cv: Cv


class Hyperexponential(Part):
    """Many short and a few long: two memoryless phases."""

    kind: Literal["hyperexponential"]
    mean: Mean
    cv: Annotated[float, Field(ge=1, le=20, allow_inf_nan=False)]
    """sd / mean, 1 or more: 2."""


class Uniform(Part):
    """Anything between two durations, all alike."""

    kind: Literal["uniform"]
    low: Duration
    high: Duration

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.low > self.high:
            raise ValueError(f"low ({format_duration(self.low)}) is above high ({format_duration(self.high)})")
        return self


class Triangular(Part):
    """At least, most likely, at most."""

    kind: Literal["triangular"]
    low: Duration
    mode: Duration
    high: Duration

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.low <= self.mode <= self.high or self.low == self.high:
            listed = ", ".join(format_duration(ticks) for ticks in (self.low, self.mode, self.high))
            raise ValueError(f"low, mode, high ({listed}) do not rise; for a single value use fixed")
        return self


class Empirical(Part):
    """One of the listed values, drawn as it is."""

    kind: Literal["empirical"]
    values: Annotated[Values, Field(min_length=1)]
    """Durations: [2 h, 5 h, 1 d]."""
    weights: Several[Weight] | None = None
    """How often each value comes, relative to the others; equally often where left out."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.weights is not None and len(self.weights) != len(self.values):
            raise ValueError(f"{len(self.weights)} weights for {len(self.values)} values; write one for each")
        if self.weights is not None and not sum(self.weights) > 0:
            raise ValueError("the weights sum to 0; at least one is above 0")
        return self


class Quantiles(Part):
    """Evenly spaced quantiles from the least to the greatest value, straight between them."""

    kind: Literal["quantiles"]
    values: Annotated[Values, Field(min_length=2)]
    """Durations that rise: [0 h, 2 h, 9 h] are least, median and greatest."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if list(self.values) != sorted(self.values):
            raise ValueError("quantiles never fall; write them from the least to the greatest")
        return self


class MixturePart(Part):
    """One distribution of a mixture and how often it comes, relative to the others."""

    weight: Weight
    """How often, relative to the others: 0.8."""
    of: "Distribution"
    """What is then drawn: 30 min, or {kind: gamma, mean: 2 d, cv: 1}."""


class Mixture(Part):
    """One of several distributions, by weight."""

    kind: Literal["mixture"]
    parts: Annotated[Several[MixturePart], Field(min_length=1)]
    """What is mixed: [{weight: 0.8, of: 30 min}, {weight: 0.2, of: 2 d}]."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not sum(part.weight for part in self.parts) > 0:
            raise ValueError("the weights sum to 0; at least one is above 0")
        if len(edges(self)) > MAX_MIXED_VALUES:
            raise ValueError(f"{len(edges(self))} different values in one mixture; at most {MAX_MIXED_VALUES}")
        return self


def _long_form(raw: Any) -> Any:
    return {"kind": "fixed", "value": raw} if isinstance(raw, str) else raw


_Kinds = Annotated[
    Fixed
    | Exponential
    | Gamma
    | Lognormal
    | Weibull
    | Hyperexponential
    | Uniform
    | Triangular
    | Empirical
    | Quantiles
    | Mixture,
    Field(discriminator="kind"),
]
Distribution = Annotated[_Kinds, BeforeValidator(_long_form, json_schema_input_type=Duration | _Kinds)]
"""Any of the kinds, or a duration as text."""
MixturePart.model_rebuild()
Mixture.model_rebuild()


def _refuse_days(value: Any) -> Any:
    """Walk the raw effort and refuse texts in days or weeks: effort is working time."""
    if isinstance(value, str) and value[:1].isdigit():
        parse_effort(value)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key not in {"kind", "teams"}:
                _refuse_days(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _refuse_days(inner)
    return value


EffortDistribution = Annotated[Distribution, BeforeValidator(_refuse_days)]


def fixed(ticks: int) -> Fixed:
    """Make the distribution of one duration in ticks."""
    return Fixed(kind="fixed", value=format_duration(ticks))  # type: ignore[arg-type]  # read as text


def exponential(ticks: int) -> Exponential:
    """Make the exponential distribution with a mean in ticks."""
    return Exponential(kind="exponential", mean=format_duration(ticks))  # type: ignore[arg-type]  # read as text


def mean(distribution: Distribution) -> float:
    """Give the mean in ticks."""
    match distribution:
        case Fixed(value=value):
            return float(value)
        case Empirical():
            values, shares = steps(distribution)
            return float(shares @ values)
        case Quantiles() | Uniform():
            return _line_moment(knots(distribution), 1)
        case Triangular(low=low, mode=mode, high=high):
            return (low + mode + high) / 3
        case Mixture():
            return math.fsum(share * mean(part) for share, part in shared(distribution))
        case _:
            return float(distribution.mean)


def variance(distribution: Distribution) -> float:  # noqa: PLR0911 - one per kind
    """Give the variance in ticks squared."""
    centre = mean(distribution)
    match distribution:
        case Fixed():
            return 0.0
        case Empirical():
            values, shares = steps(distribution)
            return float(shares @ np.square(values - centre))
        case Quantiles() | Uniform():
            return _line_moment(knots(distribution) - centre, 2)
        case Triangular(low=low, mode=mode, high=high):
            return ((high - low) ** 2 - (mode - low) * (high - mode)) / 18
        case Mixture():
            parts = shared(distribution)
            return math.fsum(share * (variance(part) + (mean(part) - centre) ** 2) for share, part in parts)
        case Exponential():
            return centre**2
        case _:
            return (distribution.cv * centre) ** 2


def phases(distribution: Hyperexponential) -> list[tuple[float, float]]:
    """List the share and the mean of both phases."""
    square = distribution.cv**2
    often = (1 + math.sqrt((square - 1) / (square + 1))) / 2
    return [(share, distribution.mean / (2 * share)) for share in (often, 1 - often)]


def scaled(distribution: Distribution, factor: float) -> Distribution:
    """Multiply every duration by a factor, to the nearest tick; the cv stays.

    Raises
    ------
    ValueError
        Where the factor is negative or not finite, or the result is no valid distribution.
    """
    if not (math.isfinite(factor) and factor >= 0):
        raise ValueError(f"{factor} is no factor; it is finite and at least 0")

    def times(value: Any) -> Any:
        if isinstance(value, tuple):
            return [times(each) for each in value]
        if isinstance(value, MixturePart):
            return {"weight": value.weight, "of": scaled(value.of, factor)}
        return format_duration(round(value * factor))

    unscaled = {"kind", "cv", "weights"}
    fields = {name: value if name in unscaled else times(value) for name, value in distribution}
    return type(distribution).model_validate(fields)


def describe(distribution: Distribution) -> str:  # noqa: PLR0911 - one per kind
    """Say it for people: ``lognormal, mean 20 h, cv 1.1``."""
    match distribution:
        case Fixed(value=value):
            return f"always {format_duration(value)}"
        case Exponential(mean=centre):
            return f"exponential, mean {format_duration(centre)}"
        case Uniform(low=low, high=high):
            return f"uniform, {format_duration(low)} to {format_duration(high)}"
        case Triangular(low=low, mode=mode, high=high):
            return f"triangular, {format_duration(low)} to {format_duration(high)}, mostly {format_duration(mode)}"
        case Empirical(values=values):
            return f"one of {len(values)} listed values, mean {format_clock(mean(distribution))}"
        case Quantiles(values=values):
            return f"{len(values)} quantiles, {format_duration(values[0])} to {format_duration(values[-1])}"
        case Mixture():
            return "; ".join(f"{say_share(w)} {describe(part)}" for w, part in shared(distribution))
        case _:
            return f"{distribution.kind}, mean {format_duration(distribution.mean)}, cv {distribution.cv:g}"


def edges(distribution: Distribution) -> tuple[int, ...]:
    """List the values, rising, in ticks, where the cdf may jump, bend, start or stop; an unbounded curve has none."""
    match distribution:
        case Fixed(value=value):
            return (value,)
        case Uniform(low=low, high=high) | Triangular(low=low, high=high):
            return tuple(sorted({low, high}))
        case Empirical(values=values) | Quantiles(values=values):
            return tuple(sorted(set(values)))
        case Mixture():
            return tuple(sorted({edge for _, part in shared(distribution) for edge in edges(part)}))
        case _:
            return ()


def shared(mixture: Mixture) -> list[tuple[float, Distribution]]:
    """List the parts that can come, with their shares, which sum to 1."""
    total = math.fsum(part.weight for part in mixture.parts)
    return [(part.weight / total, part.of) for part in mixture.parts if part.weight > 0]


def steps(distribution: Fixed | Empirical) -> tuple[Floats, Floats]:
    """Give the different values that can come, rising, in ticks, and their shares, which sum to 1."""
    if isinstance(distribution, Fixed):
        return np.array([float(distribution.value)]), np.ones(1)
    weights = np.array(distribution.weights or [1.0] * len(distribution.values))
    possible = weights > 0
    values, index = np.unique(np.array(distribution.values, float)[possible], return_inverse=True)
    return values, np.bincount(index, weights[possible]) / weights.sum()


def knots(distribution: Quantiles | Uniform) -> Floats:
    """Give evenly spaced quantiles from 0 to 1 in ticks, between which the quantile function is straight."""
    if isinstance(distribution, Uniform):
        return np.array([distribution.low, distribution.high], float)
    return np.array(distribution.values, float)


def _line_moment(values: Floats, power: int) -> float:
    """Average x or x^2 along straight lines between evenly spaced values."""
    left, right = values[:-1], values[1:]
    return float(np.mean((left + right) / 2 if power == 1 else (left**2 + left * right + right**2) / 3))
