"""How items arrive, as a person writes it.

Arrivals either have a rate, which a pattern spreads over the week and `twin.seasons` changes in the long run (poisson,
renewal), or they come at set times (recurring, programme, listed), or when there is room (closed, pull). One arrival
brings one item, or a batch of them. What follows is `twin.rates`', `twin.releases`' and `twin.demand`'s business.

Units: rates are arrivals per week; a batch is counted in items.
"""

import re
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from twin.calendars import DaysText
from twin.distributions import Distribution, mean
from twin.errors import shown
from twin.instants import Instant, parse_instant
from twin.part import Part, Several
from twin.seasons import Bursts, Growth, RandomBurst, Season
from twin.units import WEEK, Duration, Rate, Share

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_PER_DAY = 1440
MAX_BATCH: Final = 10_000
MAX_PROGRAMME: Final = 1_000_000
_SUM_TOLERANCE: Final = 1e-9
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)


def _whole_batches(sizes: dict[str, float]) -> dict[str, float]:
    total = sum(sizes.values())
    if max(map(int, sizes), default=0) > MAX_BATCH:
        raise ValueError(f"a batch has at most {MAX_BATCH:,} items")
    if abs(total - 1) > _SUM_TOLERANCE:
        raise ValueError(f"the shares of the sizes sum to {total:.12g}; they must sum to 1")
    return sizes


Size = (
    Annotated[int, Field(ge=1, le=MAX_BATCH)]
    | Annotated[
        dict[Annotated[str, Field(pattern=r"^[1-9][0-9]{0,4}$")], Share], Field(min_length=1),
        AfterValidator(_whole_batches),
    ]
)  # fmt: skip
"""How many items come at once: 5, or sizes with their shares, {1: 70 %, 5: 30 %}."""


def _time_of_day(value: Any) -> str:
    if not isinstance(value, str) or not _TIME.fullmatch(value.strip()):
        raise ValueError(f"{shown(value)} is not a time of day. Write 09:00, from 00:00 to 23:59")
    return value.strip()


TimeOfDay = Annotated[str, BeforeValidator(_time_of_day), Field(examples=["09:00"])]


class WeekPattern(Part):
    """How demand spreads over the week: weights of equal slots of a day, in the twin's zone.

    A day's list has any length that divides 1440 minutes: 24 weights are hours. ``every`` holds for the days not named.
    """

    every: Several[float] | None = None
    """Weights of each day that is not named: 24 for hours, [0, 1, 1, 0] for quarters of a day."""
    mon: Several[float] | None = None
    """Weights of Mondays: [0] for none."""
    tue: Several[float] | None = None
    """Weights of Tuesdays: [0] for none."""
    wed: Several[float] | None = None
    """Weights of Wednesdays: [0] for none."""
    thu: Several[float] | None = None
    """Weights of Thursdays: [0] for none."""
    fri: Several[float] | None = None
    """Weights of Fridays: [0] for none."""
    sat: Several[float] | None = None
    """Weights of Saturdays: [0] for none."""
    sun: Several[float] | None = None
    """Weights of Sundays: [0] for none."""

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
    season: Season = Field(default_factory=dict)
    """Factors on the rate by month, {aug: 60 %, dec: 140 %}, or by week of the year, {w52: 20 %}; 1, if left out."""
    growth: Growth = 0.0
    """Growth of the rate per year, compounding all the time from the twin's start on: 20 %."""
    bursts: Bursts = ()
    """Times of higher demand: {every: 6 w, for: 3 d, factor: 4}, {from: 2026-11-23, to: 2026-11-30, factor: 3}."""
    size: Size = 1
    """Items that come at once with each arrival: 5, or sizes with their shares, {1: 70 %, 5: 30 %}."""


class Renewal(Part):
    """Arrivals with independent gaps of any distribution."""

    kind: Literal["renewal"]
    gap: Distribution
    """Time between two arrivals; where demand changes with time, in the clock that runs as fast as demand."""
    pattern: WeekPattern | None = None
    """How demand spreads over the week; even, if left out."""
    season: Season = Field(default_factory=dict)
    """Factors on the rate by month, {aug: 60 %, dec: 140 %}, or by week of the year, {w52: 20 %}; 1, if left out."""
    growth: Growth = 0.0
    """Growth of the rate per year, compounding all the time from the twin's start on: 20 %."""
    bursts: Bursts = ()
    """Times of higher demand: {every: 6 w, for: 3 d, factor: 4}, {from: 2026-11-23, to: 2026-11-30, factor: 3}."""
    size: Size = 1
    """Items that come at once with each arrival: 5, or sizes with their shares, {1: 70 %, 5: 30 %}."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not mean(self.gap) > 0:
            raise ValueError("the mean gap is 0, so everything would arrive at once")
        return self


class Recurring(Part):
    """Work that comes again by a schedule: on weekdays, or on a day of the month."""

    kind: Literal["recurring"]
    on: DaysText | None = None
    """Days of the week: mon, or mon-fri, or mon, thu."""
    every: Duration | None = None
    """Every so many weeks, counted from the week of from, or of the twin's start: 2 w. Every week, if left out."""
    day: Annotated[int, Field(ge=1, le=31)] | None = None
    """Instead of on: day of the month, 1 to 31; where a month is shorter, its last day."""
    at: TimeOfDay = "09:00"
    """Local time in the twin's zone; what the clocks skip in spring comes when they have gone forward."""
    size: Size = 1
    """Items that come at once each time: 5, or sizes with their shares, {1: 70 %, 5: 30 %}."""
    since: Annotated[Instant | None, Field(alias="from")] = None
    """Not before this instant: 2026-03-02. All the time, if left out."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.on is None) == (self.day is None):
            raise ValueError("write either on (weekdays: mon) or day (of the month: 1), one of the two")
        if self.every is not None and self.day is not None:
            raise ValueError("every is for weekdays (on); a day of the month comes every month")
        if self.every is not None and (self.every == 0 or self.every % WEEK):
            raise ValueError("every must be whole weeks: 2 w")
        return self

    def minute(self) -> int:
        """Give the time of day in minutes since midnight."""
        hour, _, minute = self.at.partition(":")
        return 60 * int(hour) + int(minute)


class Tranche(Part):
    """A part of a programme that is released at once."""

    at: Instant
    """When: 2026-03-02."""
    items: Annotated[int, Field(ge=1, le=MAX_PROGRAMME)]
    """How many items."""


class Programme(Part):
    """A one-off: so many items, released over a time or in dated tranches."""

    kind: Literal["programme"]
    items: Annotated[int, Field(ge=1, le=MAX_PROGRAMME)] | None = None
    """How many items in all: 40."""
    since: Annotated[Instant | None, Field(alias="from")] = None
    """When the first is released: 2026-03-02."""
    over: Duration = 0
    """Time over which they are released: 12 w. All at once, if left out."""
    shape: Literal["even", "front-loaded"] = "even"
    """Evenly, or most of them early: the rate then falls in a straight line from twice the mean to nothing."""
    tranches: Annotated[Several[Tranche], Field(max_length=1000)] = ()
    """Instead of items, from, over and shape: [{at: 2026-03-02, items: 10}, {at: 2026-06-01, items: 30}]."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        whole = {"items": self.items, "from": self.since, "over": self.over, "shape": self.shape != "even"}
        short = [name for name, written in whole.items() if written]
        if self.tranches and short:
            raise ValueError(f"tranches and {short[0]} are two ways to say the same; write tranches, or items and from")
        if not self.tranches and (self.items is None or self.since is None):
            raise ValueError("write items (how many) and from (when), or tranches with their dates")
        if self.total() > MAX_PROGRAMME:
            raise ValueError(f"the tranches have {self.total():,} items; a programme has at most {MAX_PROGRAMME:,}")
        return self

    def total(self) -> int:
        """Count the items."""
        return self.items or sum(tranche.items for tranche in self.tranches)


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


class Closed(Part):
    """So many items go round: whenever one has left, a new one arrives, at once or after a rest."""

    kind: Literal["closed"]
    items: Annotated[int, Field(ge=1, le=MAX_PROGRAMME)]
    """How many, those inside at the start among them: 12. They all arrive at the start."""
    rest: Distribution | None = None
    """How long after one has left the next arrives, by the clock; at once, if left out."""


class Pull(Part):
    """A team takes new work when it has room: an item arrives whenever too few wait for a stage."""

    kind: Literal["pull"]
    stage: Annotated[str, Field(min_length=1, max_length=120)]
    """The stage whose work is kept in supply."""
    below: Annotated[int, Field(ge=1, le=MAX_PROGRAMME)]
    """An item arrives whenever fewer than so many of its type have arrived and not begun at the stage: 3."""


class NoArrivals(Part):
    """Nothing new arrives; only what is inside at the start."""

    kind: Literal["none"]


Flowing = Poisson | Renewal
"""Arrivals with a rate."""
Scheduled = Recurring | Programme | Listed
"""Arrivals at set times."""
Pulled = Closed | Pull
"""Arrivals that depend on what happens inside."""
Arrivals = Annotated[
    Poisson | Renewal | Recurring | Programme | Listed | Closed | Pull | NoArrivals, Field(discriminator="kind")
]


def varies(arrivals: Flowing) -> bool:
    """Tell whether demand differs between weeks."""
    return bool(arrivals.season or arrivals.growth or arrivals.bursts)


def batch_sizes(arrivals: Arrivals) -> dict[int, float]:
    """Give how many items an arrival brings, with the share of each size; the shares sum to 1."""
    size = arrivals.size if isinstance(arrivals, Flowing | Recurring) else 1
    return {size: 1.0} if isinstance(size, int) else {int(items): share for items, share in size.items()}


def mean_size(arrivals: Arrivals) -> float:
    """Give how many items an arrival brings on average."""
    return sum(items * share for items, share in batch_sizes(arrivals).items())


def burst_factor(arrivals: Flowing) -> float:
    """Give how many times the rate demand is on average over random bursts, which know nothing of each other."""
    factor = 1.0
    for burst in arrivals.bursts:
        if isinstance(burst, RandomBurst):
            factor *= 1 + (burst.factor - 1) * burst.lasting / burst.every
    return factor
