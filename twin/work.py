"""What arrives, the way it takes, and how much work it is.

A work type has arrivals, and either `steps` (a line of stages with rework) or a `route` (a graph). In a route the
probability of the next stage may depend on the recent path: ``next`` is keyed by a path of stages joined by ``>``, and
of all keys that match the end of an item's path the longest one decides. ``start`` stands for the arrival, ``done`` for
leaving. Such a table is a variable-order Markov chain (Ron, Singer, Tishby 1996, Machine Learning 25). ``states`` gives
stages further names there: visits at one stage, told apart by what came before, such as a long delay. ``parallel``
names blocks of branches, lines of stages that an item goes through at once; on a path a block is one place.
``automation`` lets machines do a share of the visits to stages.

Units: efforts are working time, delays elapsed or working time, rates items per week.
"""

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, model_validator

from twin.arrivals import Arrivals
from twin.automation import Automation
from twin.branches import MAX_BRANCHES, Line, all_steps, branches
from twin.cancellation import Cancellation
from twin.causes import Cause
from twin.children import Breeds, Depends
from twin.classes import AnyCostOfDelay, AnyDue, DelayCost, ServiceClass, delay_cost
from twin.effort import AnyDelay, AnyEffort
from twin.limits import IntakeLimit
from twin.part import Name, Part, Several
from twin.people import ALWAYS
from twin.units import Duration, Share

START = "start"
DONE = "done"
JOIN = " > "
SUM_TOLERANCE = 1e-9
MAX_AGAIN: Final = 4
"""Stages of a route at which work done again takes less; each doubles the nodes of the route."""


Shares = dict[Name, Share]
Branches = Several[Annotated[Several[Name], Field(max_length=100)]]
"""Lines of stages, side by side."""


class Again(Part):
    """What work done again takes on a route: ``rework: {build: {effort: 50 %}}``."""

    effort: Share
    """Share of the effort of each visit to the stage by an item that has been there before: 50 %."""


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
    states: dict[Name, Name] = Field(default_factory=dict)
    """Further names of stages in this route, so that the way on may depend on more: {review after 4 h: review}."""
    parallel: dict[Name, Branches] = Field(default_factory=dict)
    """Blocks of branches that an item goes through at once: {checks: [[credit check], [appraisal, its review]]}. In
    ``start`` and ``next`` a block's name stands for all of it; it is over when its last branch is. The way on from a
    block is drawn as its item enters. Delays name stages: those of a branch begin at the fork."""
    automation: dict[Name, Automation] = Field(default_factory=dict)
    """Machines by the stage of which they do a share of the visits: {assess: {share: 40 %, effort: 2 min, errors: 5 %,
    checked_at: review}}. What a machine did goes on as the stage does. Where the stage that checks comes next, that
    visit is the check, and its ways straight back count for people's work only: the machine's has its errors."""
    rework: Annotated[dict[Name, Again], Field(max_length=MAX_AGAIN)] = Field(default_factory=dict)
    """Work done again that takes people less, by stage: {build: {effort: 50 %}}. It is done again where the item has
    been at the stage before, however long ago and whoever did it. How often that is, ``next`` says."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        for path, shares in {START: self.start, **self.next}.items():
            total = sum(shares.values())
            if abs(total - 1) > SUM_TOLERANCE:
                raise ValueError(f"the shares after {path!r} sum to {total:.12g}; they must sum to 1")
        _check_blocks(self)
        return self


def _check_blocks(route: Route) -> None:
    """Refuse blocks of less than two branches, and those that only lead to each other."""
    for name, lines in route.parallel.items():
        if not 2 <= len(lines) <= MAX_BRANCHES or not all(lines):
            raise ValueError(f"write 2 to {MAX_BRANCHES} branches for {name!r}, each a list of at least one stage")
    after: dict[str, set[str]] = {}
    for key, shares in route.next.items():
        after.setdefault(path_of(key)[-1], set()).update(shares)
    blocks = {name: after.get(name, set()) & set(route.parallel) for name in route.parallel}
    try:
        TopologicalSorter(blocks).prepare()
    except CycleError as error:
        raise ValueError(f"{error.args[1][0]!r} leads back to itself without a stage on the way; add one") from error


PauseCause = Literal["external", "handoff", "blocked", "batch", "dependency"]
PAUSES: Final[dict[PauseCause, tuple[Cause, ...]]] = {
    "external": (Cause.EXTERNAL,),
    "handoff": (Cause.HANDOFF,),
    "blocked": (Cause.BLOCKED, Cause.PARKED),
    "batch": (Cause.BATCH,),
    "dependency": (Cause.DEPENDENCY,),
}
"""What a clock may pause for, as both engines write it down."""


class Sla(Part):
    """A promise: this share of items within this time, from arrival to done.

    ``sla: {lead_time: 16 h, share: 85 %, clock: office, paused_while: [external], paused_at: [customer check]}``
    """

    lead_time: Duration
    """Time on the clock: 3 d; write hours where the clock runs in the hours of a calendar: 24 h."""
    share: Share
    """Share of items promised within it: 85 %."""
    clock: Name = ALWAYS
    """The calendar in whose hours the clock runs; ``always`` is round the clock."""
    paused_at: Several[Name] = ()
    """Stages at which it stands still, from when an item gets there until it is done there: [customer check]."""
    paused_while: Several[PauseCause] = ()
    """Causes of waiting during which it stands still: external (others outside the twin), handoff, blocked, batch (a
    batch, release or approval date), dependency (other items)."""

    @property
    def is_plain(self) -> bool:
        """Whether it is a promise of elapsed time, without pauses."""
        return self.clock == ALWAYS and not self.paused_at and not self.paused_while


class Work(Part):
    """A kind of item: how it arrives and what happens to it."""

    arrivals: Arrivals
    """How items come: {kind: poisson, rate: 6 / week}."""
    steps: Line | None = Field(default=None, min_length=1)
    """Short form of the route: one stage after another, and parallel branches: {parallel: [[…steps…], […steps…]]}."""
    route: Route | None = None
    """Long form: a graph."""
    priority: Annotated[int, Field(ge=1, le=99)] = 3
    """1 is the most urgent."""
    service: Annotated[Name | None, Field(alias="class")] = None
    """Class of service; without one, the priority says who goes first."""
    due: AnyDue | None = None
    """When an item should be done, for teams and classes that go by it."""
    cost_of_delay: AnyCostOfDelay | None = None
    """What it costs that one item is inside for a week: 5000 EUR / week from its arrival, or {amount: 5000 EUR / week,
    from: due}; its class's, if left out. Teams and classes may go by it, and it is counted as money."""
    sla: Sla | None = None
    """What is promised: {lead_time: 20 d, share: 85 %}; {lead_time: 16 h, share: 85 %, clock: office}."""
    intake: IntakeLimit | None = None
    """What happens to arrivals once enough items are inside: {limit: 5}; those of this type count."""
    cancel: Annotated[Several[Cancellation], Field(max_length=100)] = ()
    """How items leave before they are done: [{age: 90 d}, {patience: 3 d}, {stage: review, chance: 5 %}]."""
    breeds: Breeds | None = None
    """Failure demand when an item is done: {work: incident, chance: 10 %, after: 5 d}."""
    after: Several[Name] = ()
    """Work types of which every item that came earlier must have left, before an item of this type begins: [setup]."""
    depends: Depends | None = None
    """Waiting, with a chance, for the latest earlier item of a type to leave: {on: platform, chance: 20 %}."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.steps is None) == (self.route is None):
            raise ValueError("write either steps (a line of stages) or route (a graph), one of the two")
        if branches(self.steps or ()) > MAX_BRANCHES:
            raise ValueError(f"its steps have more than {MAX_BRANCHES} branches")
        return self


def delay_cost_of(work: Work, classes: Mapping[str, ServiceClass]) -> DelayCost | None:
    """Tell what the delay of an item costs: as its work type says, or else its class."""
    service = classes.get(work.service) if work.service is not None else None
    return delay_cost(work.cost_of_delay) or delay_cost(service.cost_of_delay if service else None)


def branches_of(work: Work) -> int:
    """Count the branches of a work type, wherever they are written."""
    blocks = work.route.parallel.values() if work.route is not None else ()
    return branches(work.steps or ()) + sum(map(len, blocks))


def path_of(key: str) -> tuple[str, ...]:
    """Split a path ``triage > assess`` into its stages."""
    return tuple(part.strip() for part in key.split(">"))


def efforts_of(work: Work) -> dict[str, list[Any]]:
    """List every effort a work type needs, by stage."""
    if work.route is not None:
        return {stage: [effort] for stage, effort in work.route.efforts.items()}
    found: dict[str, list[Any]] = {}
    for step in all_steps(work.steps or ()):
        found.setdefault(step.stage, []).append(step.effort)
    return found
