"""Limits on work in progress, as a person writes them: who may come in, and how much at once.

A limit counts items. An item takes a place when it is let in at a stage of the limit, and gives it back when it is let
in at a stage outside it or leaves. A WIP limit lets items wait outside until there is room; an intake limit holds for
arrivals only, and may turn them away.
"""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from twin.part import Name, Part, Several

Places = Annotated[int, Field(ge=1, le=1_000_000)]
"""Number of items."""


class WipLimit(Part):
    """Most items at once in a part of the twin: {stages: [build, review], limit: 5}, {team: developers, limit: 8}."""

    limit: Places
    """Number of items: 5."""
    stages: Several[Name] | None = None
    """At these stages: [build, review]."""
    team: Name | None = None
    """Instead of stages: at all stages that this team serves."""
    work: Several[Name] | None = None
    """Of these work types only: [feature, defect]. All of them, if left out."""
    service: Annotated[Name | None, Field(alias="class")] = None
    """Of this class of service only: {class: expedite, limit: 1}."""
    system: bool = False
    """Instead of stages: from the first stage to the end, {system: true, limit: 40}."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        where = [name for name in ("stages", "team", "system") if getattr(self, name)]
        if len(where) > 1:
            raise ValueError(f"{where[0]} and {where[1]} both say where the limit holds; write one of them")
        if not where and self.work is None and self.service is None:
            raise ValueError("say what the limit is on: stages, team, work, class or system: true")
        if self.work is not None and self.service is not None:
            raise ValueError("work and class both say whose items count; write one of them")
        return self


class IntakeLimit(Part):
    """What happens to arrivals once enough items are inside: {limit: 5}, {limit: 40, scope: system, beyond: wait}."""

    limit: Places
    """Number of items inside from which on no more are taken in: 5."""
    scope: Literal["work", "system"] | Several[Name] | None = None
    """Which items count: those of this work type (work), all (system), or those at some stages: [desk]."""
    beyond: Literal["turned_away", "wait"] = "turned_away"
    """An arrival that finds the limit reached is turned away for good, or waits outside."""


def scopes_of(limit: WipLimit) -> Iterator[str]:
    """Tell in words what a limit is on."""
    if limit.stages:
        yield ", ".join(limit.stages)
    if limit.team is not None:
        yield f"team {limit.team}"
    if limit.system:
        yield "the whole system"
    if limit.work is not None:
        yield ", ".join(limit.work)
    if limit.service is not None:
        yield f"class {limit.service}"
