"""How items arrive, as a person writes it.

Rates are items per week; a pattern spreads them over the week. What follows from it is `twin.demand`'s business.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from twin.distributions import Distribution, mean
from twin.instants import parse_instant
from twin.part import Part, Several
from twin.units import Rate

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_PER_DAY = 1440


class WeekPattern(Part):
    """How demand spreads over the week: weights of equal slots of a day, in the twin's zone.

    A day's list has any length that divides 1440 minutes: 24 weights are hours. ``every`` holds for the days not named.
    """

    every: Several[float] | None = None
    mon: Several[float] | None = None
    tue: Several[float] | None = None
    wed: Several[float] | None = None
    thu: Several[float] | None = None
    fri: Several[float] | None = None
    sat: Several[float] | None = None
    sun: Several[float] | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name in ("every", *DAYS):
            weights = getattr(self, name)
            if weights is None:
                continue
            if not weights or MINUTES_PER_DAY % len(weights):
                raise ValueError(f"{name} has {len(weights)} weights; allowed are 24 (hours) or any divisor of 1440")
            if min(weights) < 0 or max(weights) > 1e12:
                raise ValueError(f"{name} holds a weight outside 0 .. 1e12")
        if not any(sum(self.day(index)) > 0 for index in range(7)):
            raise ValueError("no slot has a weight above 0, so nothing would ever arrive")
        return self

    def day(self, weekday: int) -> tuple[float, ...]:
        """Give the weights of a weekday, 0 is Monday."""
        weights: tuple[float, ...] | None = getattr(self, DAYS[weekday])
        return weights if weights is not None else self.every or (0.0,)


class Poisson(Part):
    """Arrivals that know nothing of each other."""

    kind: Literal["poisson"]
    rate: Rate
    """Mean arrivals over a whole week."""
    pattern: WeekPattern | None = None
    """How the rate spreads over the week; even, if left out."""


class Renewal(Part):
    """Arrivals with independent gaps of any distribution."""

    kind: Literal["renewal"]
    gap: Distribution
    """Time between two arrivals; with a pattern, in the clock that runs as fast as demand."""
    pattern: WeekPattern | None = None
    """How demand spreads over the week; even, if left out."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not mean(self.gap) > 0:
            raise ValueError("the mean gap is 0, so everything would arrive at once")
        return self


class Listed(Part):
    """Arrivals at written instants, in the twin's zone unless an offset is given."""

    kind: Literal["listed"]
    at: Several[Annotated[str, Field(max_length=40)]] = Field(min_length=1)
    """Instants: 2026-01-05T09:00."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        for text in self.at:
            parse_instant(text)
        return self


class NoArrivals(Part):
    """Nothing new arrives; only what is inside at the start."""

    kind: Literal["none"]


Arrivals = Annotated[Poisson | Renewal | Listed | NoArrivals, Field(discriminator="kind")]
