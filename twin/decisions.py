"""What a scenario file may ask beyond a comparison: sweep over levers, the best setting, what reaches a goal.

Units: goals and limits are written like the answer's worth, 20 d, 0.5 / week, 90 %; costs are amounts in one unit for
the whole file.
"""

from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, model_validator

from twin.answer import Answer, Metric
from twin.changes import PathText
from twin.levers import AnyLever, Levers
from twin.part import Name, Part, Several
from twin.units import Share

MAX_POINTS: Final = 10_000
Amount = Annotated[float, Field(ge=0, strict=False)]


class Grid(Part):
    """Every combination of the levers' values."""

    kind: Literal["grid"]
    levels: Annotated[int, Field(ge=2, le=100)] = 5
    """Values tried of a range without steps."""


class Latin(Part):
    """A Latin hypercube: each lever's values are tried evenly, in random combinations."""

    kind: Literal["latin"]
    points: Annotated[int, Field(ge=2, le=MAX_POINTS)] = 40
    """How many combinations are tried: 40."""


class Morris(Part):
    """Elementary effects: which levers matter at all, at a small price."""

    kind: Literal["morris"]
    trajectories: Annotated[int, Field(ge=4, le=1000)] = 20
    """Walks through the ranges, each as many points as there are levers and one more."""
    levels: Literal[4, 6, 8, 10] = 4
    """Values of each range, evenly apart: 4."""


class Sobol(Part):
    """Shares of the variance each lever carries, alone and with the others."""

    kind: Literal["sobol"]
    base: Literal[32, 64, 128, 256, 512, 1024] = 64
    """Points times the number of levers and two more."""


Design = Annotated[Grid | Latin | Morris | Sobol, Field(discriminator="kind")]


class Sweep(Part):
    """Levers to move, and where."""

    levers: Levers
    """What is moved, by path: {teams.developers.people: {add: [0, 1, 2]}}."""
    design: Design = Grid(kind="grid")
    """Which combinations are tried: {kind: grid, levels: 5}."""
    effect_of: str | None = None
    """Measure what this scenario changes in the asked figure, instead of the figure itself."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        points = points_of(self)
        if points > MAX_POINTS:
            raise ValueError(f"{points:,} points are too many, at most {MAX_POINTS:,}; try kind: latin or fewer values")
        return self


def points_of(sweep: Sweep) -> int:
    """Count the points of a sweep."""
    match sweep.design:
        case Grid(levels=levels):
            points = 1
            for lever in sweep.levers.values():
                points *= len(lever.levels(levels))
            return points
        case Latin(points=points):
            return points
        case Morris(trajectories=trajectories):
            return trajectories * (len(sweep.levers) + 1)
        case Sobol(base=base):
            return base * (len(sweep.levers) + 2)


class Bound(Part):
    """A figure that must stay on one side of a value."""

    metric: Metric
    """Which figure, as in answer: lead_time."""
    statistic: Literal["mean", "p50", "p85", "p95"] = "mean"
    """Percentiles are for lead_time and cycle_time: p85."""
    work: Name | None = None
    """The work type it is of; all, if left out."""
    team: Name | None = None
    """The team it is of; all, if left out."""
    at_most: Annotated[str | int | float | None, Field(examples=["20 d"])] = None
    """The most it may be: 20 d."""
    at_least: Annotated[str | int | float | None, Field(examples=["90 %"])] = None
    """The least it may be: 90 %."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.at_most is None) == (self.at_least is None):
            raise ValueError("write either at_most or at_least, such as {metric: lead_time, at_most: 20 d}")
        _ = self.asked.figure(self.value)
        return self

    @property
    def value(self) -> str | int | float:
        """The value as written."""
        return self.at_least if self.at_least is not None else self.at_most if self.at_most is not None else 0

    @property
    def limit(self) -> float:
        """The value in the unit of `twin.metrics`."""
        return self.asked.figure(self.value)

    @property
    def asked(self) -> Answer:
        """The figure; its worth means nothing here."""
        worth: dict[str, Any] = {"lead_time": "1 h", "cycle_time": "1 h", "throughput": "1 / week"}
        return Answer(
            metric=self.metric,
            statistic=self.statistic,
            work=self.work,
            team=self.team,
            better="lower" if self.at_least is None else "higher",
            worth=worth.get(self.metric, 1),
        )


class Goal(Bound):
    """A bound to be kept with some probability."""

    probability: Share = 0.9
    """Share of runs of the file's length in which it has to be kept: 90 % are nine of ten such periods."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if not 0.5 <= self.probability <= 0.99:
            raise ValueError("probability lies between 50 % and 99 %")
        return self


class Optimize(Part):
    """Levers to choose, what may be spent, what must be kept, and what else to weigh."""

    levers: Levers
    """What may be moved, by path: {teams.developers.people: {to: [6, 7, 8], cost: 100000}}."""
    budget: Amount | None = None
    """Most that the levers may cost together."""
    limits: Annotated[Several[Bound], Field(max_length=20)] = ()
    """Figures to be kept, on the mean over replications."""
    weigh: Annotated[Several[Literal["cost"] | Answer], Field(max_length=3)] = ()
    """What else to weigh beside the answer: cost, or other figures; gives a Pareto front."""
    trials: Annotated[int, Field(ge=2, le=MAX_POINTS)] = 60
    """Settings to try; all, where there are no more."""
    finalists: Annotated[int, Field(ge=1, le=50)] = 6
    """The best settings of the search, among which the best is selected."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.budget is not None and not any(lever.cost is not None for lever in self.levers.values()):
            raise ValueError("budget limits costs, and no lever has a cost")
        if "cost" in self.weigh and not any(lever.cost is not None for lever in self.levers.values()):
            raise ValueError("cost is to be weighed, and no lever has a cost")
        return self


class Solve(Part):
    """A goal to reach, and assumptions on which the answer may turn."""

    goal: Goal | None = None
    """What is to be reached: {metric: lead_time, statistic: p85, at_most: 20 d, probability: 90 %}."""
    costs: Annotated[dict[str, Amount], Field(max_length=1000)] = Field(default_factory=dict)
    """Cost of a scenario by its name; 1, if left out."""
    together: Annotated[int, Field(ge=1, le=3)] = 2
    """Most scenarios to make at once."""
    tipping: Annotated[dict[PathText, AnyLever], Field(max_length=20)] = Field(default_factory=dict)
    """Assumptions by path, each a range: at which value does another scenario become the best?"""
    knowing: Annotated[int, Field(ge=20, le=5_000)] | None = None
    """Points over the ranges of tipping at which all scenarios are tried, to rank the assumptions by what it is worth
    to know them better: 200."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.goal is None and not self.tipping:
            raise ValueError("write a goal to reach, or tipping: assumptions on which the answer may turn")
        if self.knowing is not None and not self.tipping:
            raise ValueError("knowing is about the assumptions under tipping, and there are none")
        return self
