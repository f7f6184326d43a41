"""When people are away, as a person writes it: in meetings, on leave, ill, or gone for good.

Meetings and leave come at set times; illness and leaving come at random, person by person. For somebody who falls ill
every E on average and is away for L on average, the share of time away is L / (E + L): gaps between two spells are
exponential with mean E (a Poisson process that rests meanwhile). Whoever leaves stays for an exponential time and is
replaced after a fixed one. What follows for working time is `twin.rota`'s business.

Units: times are elapsed time; a meeting's length is taken out of the working hours it falls into.
Source: elementary alternating renewal processes (Cox 1962, Renewal Theory, ch. 7).
"""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, model_validator

from twin.arrivals import Recurring, TimeOfDay
from twin.calendars import DaysText
from twin.distributions import Distribution, mean
from twin.instants import Instant, utc
from twin.part import Part
from twin.units import DAY, Duration, format_duration


class Meeting(Part):
    """A recurring time in which a team is there but does not work on items."""

    on: DaysText | None = None
    """Days of the week: mon, or mon-fri, or mon, thu."""
    every: Duration | None = None
    """Every so many weeks, counted from the week of the twin's start: 2 w. Every week, if left out."""
    day: Annotated[int, Field(ge=1, le=31)] | None = None
    """Instead of on: day of the month, 1 to 31; where a month is shorter, its last day."""
    at: TimeOfDay
    """When it begins, local time in the twin's zone: 09:30."""
    lasting: Annotated[Duration, Field(gt=0, le=7 * DAY)]
    """How long: 15 min."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        self.schedule()
        return self

    def schedule(self) -> Recurring:
        """Give the meeting's beginnings as a schedule."""
        every = None if self.every is None else format_duration(self.every)
        return Recurring(kind="recurring", on=self.on, every=every, day=self.day, at=self.at)  # type: ignore[arg-type]  # read as text


class Absence(Part):
    """Dated leave of some people of a team or group."""

    since: Annotated[Instant, Field(alias="from")]
    """First day or instant away: 2026-07-01."""
    until: Annotated[Instant, Field(alias="to")]
    """Last day away, or the instant of return: 2026-07-20."""
    people: Annotated[int, Field(ge=1)] | None = None
    """How many, counted from the last person of the group; all, if left out."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if utc(self.until, "UTC") < utc(self.since, "UTC"):
            raise ValueError(f"to ({self.until.isoformat()}) lies before from ({self.since.isoformat()})")
        return self

    def lasts_through(self) -> timedelta:
        """Give what is added to `to`: a day where it names a day, since the last day is away too."""
        whole_day = (self.until.hour, self.until.minute, self.until.second) == (0, 0, 0)
        return timedelta(days=1) if whole_day else timedelta()


class Sickness(Part):
    """Spells of illness of each person, one independent of another."""

    every: Annotated[Duration, Field(gt=0)]
    """Mean time from a return to the next spell: 26 w."""
    lasting: Distribution
    """Length of a spell: {kind: lognormal, mean: 4 d, cv: 1.2}."""

    def share(self) -> float:
        """Give the share of time away in the long run."""
        away = mean(self.lasting)
        return away / (self.every + away)


class Attrition(Part):
    """People who leave for good, each after a time, and are replaced."""

    every: Annotated[Duration, Field(gt=0)]
    """Mean time a person stays: 200 w."""
    replaced_after: Duration
    """Time until somebody else takes the place: 16 w."""

    def share(self) -> float:
        """Give the share of time that a place is empty in the long run."""
        return self.replaced_after / (self.every + self.replaced_after)
