"""A line of steps and its parallel branches, as a person writes them.

A line is a list of steps. Where it holds ``{parallel: [[…], […]]}``, a list of lines, an item goes through all of these
branches at once, and the step after begins when all are done. A branch may branch again.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Final, NamedTuple, Self

from pydantic import Discriminator, Field, Tag, model_validator

from twin.automation import Automation
from twin.children import Breeds, Children
from twin.effort import AnyDelay, AnyEffort, EffortByTeam
from twin.part import Name, Part, Several
from twin.units import Share

MAX_BRANCHES: Final = 63
"""Branches of one work type, all together."""
MAX_DEPTH: Final = 3
"""Branches within branches."""


class Rework(Part):
    """A finished visit sends the item back."""

    chance: Share
    """Share of the visits after which an item goes back: 22 %."""
    back_to: Name
    """The stage to go back to, this one or an earlier one; within a branch, one of the branch."""
    limit: Annotated[int, Field(ge=1, le=60_000)] | None = None
    """How often at most an item is sent back from here; no limit, if left out."""
    effort: Share = 1.0
    """Share of the effort that the visit takes to which the item is sent back: 50 %. All of it, if left out."""


class Step(Part):
    """A passage through one stage."""

    stage: Name
    """Which one: build."""
    effort: AnyEffort
    """Working time a visit needs: 6 h, {kind: lognormal, mean: 20 h, cv: 1.1}, or by team."""
    delay: AnyDelay | None = None
    """Waiting before the item reaches the stage's queue."""
    rework: Rework | None = None
    """Visits that send the item back: {chance: 22 %, back_to: build}."""
    automation: Automation | None = None
    """A machine that does a share of the visits: {share: 40 %, effort: 2 min, at_once: 10, errors: 8 %}."""
    children: Children | None = None
    """Items that arrive when a visit is done and not sent back: {work: story, count: 5, wait: true}."""
    breeds: Breeds | None = None
    """Failure demand after a visit: {work: question, chance: 10 %}."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.automation is not None and (self.children is not None or self.breeds is not None):
            raise ValueError("an automated step neither has children nor breeds work; let the step after it do so")
        eligible = self.automation.eligible if self.automation else None
        if eligible is not None and eligible.up_to is not None and isinstance(self.effort, EffortByTeam):
            raise ValueError("eligible: up_to needs one effort for all teams, and here it depends on the team")
        return self


def _kind(value: Any) -> str:
    is_parallel = isinstance(value, Parallel) or (isinstance(value, dict) and "parallel" in value)
    return "parallel" if is_parallel else "step"


class Parallel(Part):
    """Branches that an item goes through at once: ``{parallel: [[…steps…], […steps…]]}``."""

    parallel: Several["Line"]
    """Two lines of steps or more; the step after begins when all are done."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if len(self.parallel) < 2 or not all(self.parallel):
            raise ValueError("write two branches or more, each a list of at least one step")
        if depth(self) > MAX_DEPTH:
            raise ValueError(f"branches may branch again, but not deeper than {MAX_DEPTH} times")
        return self


AnyStep = Annotated[
    Annotated[Step, Tag("step")] | Annotated[Parallel, Tag("parallel")],
    Discriminator(_kind),
]
Line = Several[AnyStep]
"""Steps one after another, parallel branches among them."""
Steps = tuple[Step | Parallel, ...]
"""A line once it is read."""

Parallel.model_rebuild()


class Placed(NamedTuple):
    """A step with its place in the file."""

    path: str  # names joined by dots, from the line on: ``build``, ``1.parallel.0.build``
    line: Steps  # the line it stands in
    place: int  # its number there
    step: Step
    branch: bool  # whether it stands in a branch


def placed(line: Steps, path: str = "") -> Iterator[Placed]:
    """List every step of a line, those of its branches included, in the order in which they are written."""
    for index, element in enumerate(line):
        if isinstance(element, Step):
            yield Placed(f"{path}{element.stage}", line, index, element, bool(path))
            continue
        for number, branch in enumerate(element.parallel):
            yield from placed(branch, f"{path}{index}.parallel.{number}.")


def all_steps(line: Steps) -> Iterator[Step]:
    """List every step of a line, those of its branches included."""
    return (each.step for each in placed(line))


def branches(line: Steps) -> int:
    """Count the branches of a line, those within branches included."""
    return sum(1 + branches(branch) for element in line if isinstance(element, Parallel) for branch in element.parallel)


def depth(element: Step | Parallel) -> int:
    """Give how deep branches lie within branches: 0 for a step."""
    if isinstance(element, Step):
        return 0
    return 1 + max(depth(each) for branch in element.parallel for each in branch)
