"""Who does the work, as a person writes it: teams and the people in them."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from twin.absences import Absence, Attrition, Meeting, Sickness
from twin.part import Name, Part, Several
from twin.units import Cost, Share

MAX_PEOPLE = 1_000_000
ALWAYS = "always"
SUM_TOLERANCE = 1e-9


class People(Part):
    """Several people of a team who work the same hours."""

    count: Annotated[int, Field(ge=0, le=MAX_PEOPLE)]
    calendar: Name | None = None
    """The team's calendar, if left out."""
    available: Share | None = None
    """The team's share, if left out."""
    meetings: Several[Meeting] | None = None
    """The team's meetings, if left out."""
    absences: Several[Absence] = ()
    """Dated leave: [{from: 2026-07-01, to: 2026-07-20, people: 2}]."""
    sickness: Sickness | None = None
    """The team's, if left out."""
    attrition: Attrition | None = None
    """The team's, if left out."""


class Team(Part):
    """Who serves stages."""

    people: Annotated[int, Field(ge=0, le=MAX_PEOPLE)] | Several[People]
    """How many, or groups with calendars of their own."""
    calendar: Name = ALWAYS
    """When they work; ``always`` is round the clock."""
    available: Share = 1.0
    """Share of their working time for the work of this twin; it stretches every effort by its inverse."""
    cost: Cost | None = None
    """Of one person's working hour."""
    meetings: Several[Meeting] = ()
    """Times without work on items: [{on: mon-fri, at: 09:30, lasting: 15 min}]."""
    absences: Several[Absence] = ()
    """Dated leave, where people is a number: [{from: 2026-07-01, to: 2026-07-20, people: 2}]."""
    sickness: Sickness | None = None
    """Illness of each person: {every: 26 w, lasting: 4 d}."""
    attrition: Attrition | None = None
    """Leaving for good, of each person: {every: 200 w, replaced_after: 16 w}."""
    queue: Literal["priority", "fifo"] = "priority"
    """Most urgent first and then first come, or first come whatever the priority."""

    def groups(self) -> tuple[People, ...]:
        """List the team's people as groups, with what holds for the whole team filled in."""
        groups = self.people
        if isinstance(groups, int):
            groups = (People(count=groups, absences=self.absences),)
        return tuple(
            People.model_construct(
                count=group.count,
                calendar=group.calendar or self.calendar,
                available=self.available if group.available is None else group.available,
                meetings=self.meetings if group.meetings is None else group.meetings,
                absences=group.absences,
                sickness=group.sickness or self.sickness,
                attrition=group.attrition or self.attrition,
            )
            for group in groups
        )


class Shared(Part):
    """People who belong to several teams and change between them by the calendar."""

    people: Annotated[int, Field(ge=1, le=MAX_PEOPLE)]
    teams: dict[Name, Share] = Field(min_length=2)
    """Share of their working days, or half days, for each team: {build: 60 %, support: 40 %}."""
    switch: Literal["day", "half_day"] = "day"
    """Whole working days or half ones are dealt out to the teams, as evenly in time as the shares allow."""
    calendar: Name = ALWAYS
    """When they work."""
    available: Share = 1.0
    """Share of their working time for the work of this twin."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        total = sum(self.teams.values())
        if total > 1 + SUM_TOLERANCE:
            raise ValueError(f"the shares of the teams sum to {total * 100:.4g} %; a person has 100 % to give")
        return self
