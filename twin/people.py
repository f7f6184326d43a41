"""Who does the work, as a person writes it: teams and the people in them."""

from typing import Annotated

from pydantic import Field

from twin.classes import QueueRule
from twin.part import Name, Part, Several
from twin.units import Cost, Share

MAX_PEOPLE = 1_000_000
ALWAYS = "always"


class People(Part):
    """Several people of a team who work the same hours."""

    count: Annotated[int, Field(ge=0, le=MAX_PEOPLE)]
    calendar: Name | None = None
    """The team's calendar, if left out."""
    available: Share | None = None
    """The team's share, if left out."""


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
    queue: QueueRule = "priority"
    """Which item that waits is taken first; `twin.classes` tells the rules."""
    wip_limit_per_person: Annotated[int, Field(ge=1, le=1000)] | None = None
    """Most items at the stages the team serves, for each of its people: 2."""

    def groups(self) -> tuple[People, ...]:
        """List the team's people as groups with calendar and share filled in."""
        groups = (People(count=self.people),) if isinstance(self.people, int) else self.people
        return tuple(
            People.model_construct(
                count=group.count,
                calendar=group.calendar or self.calendar,
                available=self.available if group.available is None else group.available,
            )
            for group in groups
        )
