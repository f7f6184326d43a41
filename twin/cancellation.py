"""How items leave before they are done, as a person writes it.

    age       the item is withdrawn when it is that old and nobody works on it
    patience  a visit leaves that has waited so long in the queue and has not begun
    chance    the item is cancelled after its visit to a stage

Units: ages and patience elapse by the clock.
"""

from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import Field, model_validator

from twin.distributions import Distribution
from twin.part import Name, Part
from twin.units import MINUTE, Duration, Share


class Cancellation(Part):
    """One way to leave early: {age: 90 d}, {patience: DISTRIBUTION, stage: desk}, or {stage: review, chance: 5 %}."""

    age: Annotated[Duration, Field(ge=MINUTE)] | None = None
    """Age from which on the item is withdrawn: 90 d."""
    patience: Distribution | None = None
    """How long a visit waits in the queue; a duration, or a distribution."""
    chance: Share | None = None
    """Share of the visits to the stage after which the item is cancelled: 5 %."""
    stage: Name | None = None
    """Where: needed with chance; with patience every stage, if left out."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        ways = [name for name in ("age", "patience", "chance") if getattr(self, name) is not None]
        if len(ways) != 1:
            raise ValueError(
                "write one of age (90 d), patience (a duration) or chance (5 %), each in an entry of its own"
            )
        if self.age is not None and self.stage is not None:
            raise ValueError("an item's age counts everywhere; leave stage out")
        if self.chance is not None and self.stage is None:
            raise ValueError("say after which stage: {stage: review, chance: 5 %}")
        return self


def patience_at(ways: Sequence[Cancellation], stage: str) -> Distribution | None:
    """Give the patience of visits to a stage: the one written for it, or else the one for every stage."""
    written = {way.stage: way.patience for way in ways if way.patience is not None}
    return written.get(stage, written.get(None))


def chance_after(ways: Sequence[Cancellation], stage: str) -> float:
    """Give the chance to be cancelled after a visit to a stage."""
    return next((way.chance for way in ways if way.chance is not None and way.stage == stage), 0.0)


def age_of(ways: Sequence[Cancellation]) -> int:
    """Give the age in ticks at which items are withdrawn; 0 for never."""
    return next((way.age for way in ways if way.age is not None), 0)
