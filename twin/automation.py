"""Visits that a machine does instead of people, as a person writes it.

A step may be automated in part: a share of its visits goes to a machine, which is a team of its own at a stage of its
own, both called ``<stage> automation``, works round the clock on so many visits at once, and takes its own effort. What
it has done may be checked by people, and may turn out wrong and go to people.
"""

from typing import Annotated

from pydantic import Field

from twin.distributions import EffortDistribution
from twin.part import Name, Part
from twin.people import MAX_PEOPLE
from twin.units import Amount, Share


class Automation(Part):
    """A machine that does a share of a step's visits.

    ``automation: {share: 40 %, effort: 2 min, at_once: 10, errors: 8 %, checked: 25 %, checked_at: review}``
    """

    share: Share
    """Share of the step's visits that the machine does, those sent back to it included: 40 %."""
    effort: EffortDistribution
    """How long the machine needs for a visit: 2 min."""
    cost: Amount | None = None
    """What a visit costs that the machine does, right or wrong: 0.40 EUR; nothing, if left out."""
    at_once: Annotated[int, Field(ge=1, le=MAX_PEOPLE)] = 1
    """Visits it works on at the same time: 10."""
    errors: Share = 0.0
    """Share of its visits that go to people afterwards, after the check where there is one: 8 %."""
    errors_to: Name | None = None
    """Where people take these up: a step before or after this one, or this one (by people), if left out."""
    checked_at: Name | None = None
    """A step of this work at which people check what the machine did, with that step's effort; nobody, if left out."""
    checked: Share = 1.0
    """Share of the machine's visits that is checked; all, if left out."""


def machine_of(stage: str) -> str:
    """Name the machine of a stage, which is a stage and a team of its own."""
    return f"{stage} automation"
