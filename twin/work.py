"""What arrives, the way it takes, and how much work it is.

A work type has arrivals, and either `steps` (a line of stages with rework) or a `route` (a graph). In a route the
probability of the next stage may depend on the recent path: ``next`` is keyed by a path of stages joined by ``>``, and
of all keys that match the end of an item's path the longest one decides. ``start`` stands for the arrival, ``done`` for
leaving. Such a table is a variable-order Markov chain (Ron, Singer, Tishby 1996, Machine Learning 25).

Units: efforts are working time, delays elapsed or working time, rates items per week.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from twin.arrivals import Arrivals
from twin.cancellation import Cancellation
from twin.classes import AnyDue
from twin.distributions import Distribution, EffortDistribution
from twin.limits import IntakeLimit
from twin.part import Name, Part, Several
from twin.units import CostOfDelay, Duration, Share

START = "start"
DONE = "done"
JOIN = " > "
SUM_TOLERANCE = 1e-9


class EffortByTeam(Part):
    """Effort that depends on which team does the work."""

    kind: Literal["by_team"]
    teams: dict[Name, EffortDistribution] = Field(min_length=1)
    """Effort of each team that serves the stage."""


def _effort_kind(value: Any) -> str:
    kind = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
    return "by_team" if kind == "by_team" else "any_team"


AnyEffort = Annotated[
    Annotated[EffortByTeam, Tag("by_team")] | Annotated[EffortDistribution, Tag("any_team")],
    Discriminator(_effort_kind),
]


class Delay(Part):
    """Waiting that no queue explains: a customer, a supplier, the post."""

    time: Distribution
    """How long."""
    counted: Literal["clock", "working"] = "clock"
    """Elapsed time, or working time of a calendar."""
    calendar: Name | None = None
    """Whose working time; the serving team's, if left out."""


def _short_delay(value: Any) -> Any:
    is_delay = isinstance(value, Delay) or (isinstance(value, dict) and "time" in value)
    return value if is_delay else {"time": value}


AnyDelay = Annotated[Delay, BeforeValidator(_short_delay, json_schema_input_type=Delay | Distribution)]


class Rework(Part):
    """A finished visit sends the item back."""

    chance: Share
    back_to: Name
    """The stage to go back to, this one or an earlier one."""
    limit: Annotated[int, Field(ge=1, le=60_000)] | None = None
    """How often at most an item is sent back from here; no limit, if left out."""


class Step(Part):
    """A passage through one stage."""

    stage: Name
    effort: AnyEffort
    delay: AnyDelay | None = None
    """Waiting before the item reaches the stage's queue."""
    rework: Rework | None = None


Shares = dict[Name, Share]


class Route(Part):
    """The way through the stages as a graph with memory."""

    start: Shares = Field(min_length=1)
    """The first stage."""
    next: dict[Annotated[str, Field(min_length=1, max_length=2000)], Shares] = Field(min_length=1)
    """The stage after a path; ``done`` leaves. The longest matching path decides."""
    efforts: dict[Name, AnyEffort] = Field(min_length=1)
    """Effort at each stage."""
    delays: dict[Annotated[str, Field(min_length=1, max_length=2000)], AnyDelay] = Field(default_factory=dict)
    """Waiting between two stages: ``triage > assess``."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        for path, shares in {START: self.start, **self.next}.items():
            total = sum(shares.values())
            if abs(total - 1) > SUM_TOLERANCE:
                raise ValueError(f"the shares after {path!r} sum to {total:.12g}; they must sum to 1")
        return self


class Sla(Part):
    """A promise: this share of items within this lead time."""

    lead_time: Duration
    share: Share


class Work(Part):
    """A kind of item: how it arrives and what happens to it."""

    arrivals: Arrivals
    steps: Several[Step] | None = Field(default=None, min_length=1)
    """Short form of the route: one stage after another."""
    route: Route | None = None
    """Long form: a graph."""
    priority: Annotated[int, Field(ge=1, le=99)] = 3
    """1 is the most urgent."""
    service: Annotated[Name | None, Field(alias="class")] = None
    """Class of service; without one, the priority says who goes first."""
    due: AnyDue | None = None
    """When an item should be done, for teams and classes that go by it."""
    cost_of_delay: CostOfDelay | None = None
    """What it costs that one item is done a week later, for teams and classes that go by it."""
    sla: Sla | None = None
    intake: IntakeLimit | None = None
    """What happens to arrivals once enough items are inside: {limit: 5}; those of this type count."""
    cancel: Annotated[Several[Cancellation], Field(max_length=100)] = ()
    """How items leave before they are done: [{age: 90 d}, {patience: 3 d}, {stage: review, chance: 5 %}]."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.steps is None) == (self.route is None):
            raise ValueError("write either steps (a line of stages) or route (a graph), one of the two")
        return self


def path_of(key: str) -> tuple[str, ...]:
    """Split a path ``triage > assess`` into its stages."""
    return tuple(part.strip() for part in key.split(">"))


def efforts_of(work: Work) -> dict[str, list[Any]]:
    """List every effort a work type needs, by stage."""
    if work.route is not None:
        return {stage: [effort] for stage, effort in work.route.efforts.items()}
    found: dict[str, list[Any]] = {}
    for step in work.steps or ():
        found.setdefault(step.stage, []).append(step.effort)
    return found
