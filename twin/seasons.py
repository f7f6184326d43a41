"""How demand changes with time, as a person writes it: by month or week, year by year, and in bursts.

All of them multiply the rate of arrivals. What a person gives as the rate holds where every factor is 1: in a month
that is not named, at the twin's start, outside of bursts.

Units: factors are 60 % or 0.6, growth is a share per year of 365.25 days.
"""

import re
from decimal import Decimal
from typing import Annotated, Any, Final, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    PlainSerializer,
    Tag,
    WithJsonSchema,
    model_validator,
)

from twin.errors import one_of, shown
from twin.instants import Instant, utc
from twin.part import Part, Several
from twin.units import HOUR, Duration, format_share

MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKS: Final = tuple(f"w{number}" for number in range(1, 54))
MAX_BURSTS: Final = 100
MAX_FACTOR: Final = 1e6
LEAST_GROWTH, MOST_GROWTH = -0.99, 10.0
_PERCENT = re.compile(r"\s*([+-]?\d+(?:\.\d*)?)\s*%\s*", re.ASCII)


def _number(value: Any) -> float | None:
    """Read ``60 %`` as decimals do, or a number."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    match = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    return float(Decimal(match[1]).scaleb(-2)) if match else None


def _factor(value: Any) -> float:
    number = _number(value)
    if number is None or not 0 <= number <= MAX_FACTOR:
        raise ValueError(f"{shown(value)} is not a factor. Write 60 % or 0.6, at least 0; 1 changes nothing")
    return number


def _growth(value: Any) -> float:
    number = _number(value)
    if number is None or not LEAST_GROWTH <= number <= MOST_GROWTH:
        raise ValueError(f"{shown(value)} is not a growth per year. Write 20 % or -10 %; from -99 % to 1000 %")
    return number


def _share_schema(example: str, what: str) -> WithJsonSchema:
    return WithJsonSchema(
        {"anyOf": [{"type": "string"}, {"type": "number"}], "description": what, "examples": [example]}
    )


Factor = Annotated[
    float,
    BeforeValidator(_factor),
    _share_schema("60 %", "a factor of at least 0: 60 % or 0.6"),
]
Growth = Annotated[
    float,
    BeforeValidator(_growth),
    PlainSerializer(format_share, return_type=str | float),
    _share_schema("20 %", "growth per year: 20 % or 0.2, negative where demand shrinks"),
]


def _months_or_weeks(season: dict[str, float]) -> dict[str, float]:
    for name in season:
        if name not in MONTHS and name not in WEEKS:
            raise ValueError(one_of(name, MONTHS, noun="a month, or a week of the year (w1 to w53)"))
    if 0 < sum(name in MONTHS for name in season) < len(season):
        raise ValueError("months and weeks are two ways to say the same; write one of them")
    every = MONTHS if set(season) & set(MONTHS) else WEEKS
    if all(season.get(name, 1.0) == 0 for name in every):
        raise ValueError("every factor is 0, so nothing would ever arrive")
    return season


Season = Annotated[
    dict[str, Factor],
    AfterValidator(_months_or_weeks),
    Field(json_schema_extra={"propertyNames": {"enum": [*MONTHS, *WEEKS]}}),
]
"""Factors by month, {aug: 60 %, dec: 140 %}, or by ISO week, {w52: 20 %}, in the twin's zone; 1 for all not named."""


class RandomBurst(Part):
    """Higher demand that comes again and again, nobody knows when."""

    every: Duration
    """Mean time from the beginning of one to the beginning of the next: 6 w."""
    lasting: Annotated[Duration, Field(alias="for")]
    """How long each lasts: 3 d."""
    factor: Factor
    """How many times the rate it is meanwhile: 4."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not 0 < self.lasting < self.every:
            raise ValueError("for must be above 0 and shorter than every: a burst ends before the next begins")
        if self.every < HOUR:
            raise ValueError("every must be at least 1 h; for what comes closer together use size or a renewal gap")
        return self


class DatedBurst(Part):
    """Higher demand at a known time."""

    since: Annotated[Instant, Field(alias="from")]
    """When it begins: 2026-11-23, or 2026-11-23T09:00."""
    until: Annotated[Instant, Field(alias="to")]
    """When it is over: 2026-11-30 is the midnight with which that day begins."""
    factor: Factor
    """How many times the rate it is meanwhile: 3."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if utc(self.since, "UTC") >= utc(self.until, "UTC"):
            raise ValueError("to must be after from")
        return self


def _burst_kind(value: Any) -> str:
    dated = {"from", "to", "since", "until"}
    if isinstance(value, dict):
        return "dated" if dated & set(value) else "random"
    return "dated" if isinstance(value, DatedBurst) else "random"


Burst = Annotated[
    Annotated[RandomBurst, Tag("random")] | Annotated[DatedBurst, Tag("dated")], Discriminator(_burst_kind)
]
"""Random, {every: 6 w, for: 3 d, factor: 4}, or dated, {from: 2026-11-23, to: 2026-11-30, factor: 3}."""
Bursts = Annotated[Several[Burst], Field(max_length=MAX_BURSTS)]
