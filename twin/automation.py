"""Visits that a machine does instead of people, as a person writes it.

A step may be automated in part: a share of its visits goes to a machine, which is a team of its own at a stage of its
own, both called ``<stage> automation``, works round the clock on so many visits at once, and takes its own effort. What
it has done may be checked by people, and may turn out wrong and go to people.

Which visits it may take is said by class of service and by how long people would need. A limit on the latter leaves the
long ones to people: with X the effort and b the limit, it takes the share P(X <= b) of the visits and no more than the
share E[X; X <= b] / E[X] of the work.
"""

from typing import Annotated, Self

from pydantic import Field, model_validator

from twin.distributions import EffortDistribution
from twin.part import Name, Part, Several
from twin.people import MAX_PEOPLE
from twin.units import Amount, Effort, Share


class Eligible(Part):
    """Which visits a machine may take: ``eligible: {classes: [standard], up_to: 2 h}``."""

    classes: Several[Name] | None = None
    """Of items of these classes of service only: [standard]; of any, if left out."""
    up_to: Effort | None = None
    """That would take people so long at most: 2 h, a share of the effort counted as such; any, if left out."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.classes is None and self.up_to is None:
            raise ValueError("write classes: [standard] or up_to: 2 h, or leave eligible out")
        return self


class Automation(Part):
    """A machine that does a share of a step's visits.

    ``automation: {share: 40 %, effort: 2 min, at_once: 10, errors: 8 %, checked: 25 %, checked_at: review}``
    """

    share: Share
    """Share of the step's visits that the machine does, of those it may take, sent back ones included: 40 %."""
    eligible: Eligible | None = None
    """Which visits it may take: {classes: [standard], up_to: 2 h}; any, if left out."""
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


def share_for(automation: Automation, service: str | None) -> float:
    """Give the share of the visits of a class of service that may go to the machine."""
    classes = automation.eligible.classes if automation.eligible else None
    return automation.share if classes is None or service in classes else 0.0


def machine_of(stage: str) -> str:
    """Name the machine of a stage, which is a stage and a team of its own."""
    return f"{stage} automation"
