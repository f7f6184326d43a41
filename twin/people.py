"""Who does the work, as a person writes it: teams, the people in them, and how they work.

A person of available share a and speed v, at a stage for which their skill is k, needs 1 / (a v k) of an effort in
working time. Who has joined only lately is slower still, by a factor that grows in a straight line
(`RampUp`). Units: speeds and skills are shares of what an effort means, so 120 % does 6 h of effort in 5 h.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from twin.absences import Absence, Attrition, Meeting, Sickness
from twin.classes import QueueRule
from twin.distributions import EffortDistribution
from twin.errors import Problem, one_of
from twin.instants import Instant, utc
from twin.part import Name, Part, Several
from twin.turns import Turns
from twin.units import MINUTE, Cost, Duration, Effort, Share, Speed

MAX_PEOPLE = 1_000_000
ALWAYS = "always"
MOST_AT_ONCE = 1_000
UNLIMITED = "unlimited"


def _above_zero(ticks: int) -> int:
    if ticks == 0:
        raise ValueError("a duration here is above 0")
    return ticks


def _a_minute_at_least(ticks: int) -> int:
    if ticks < MINUTE:
        raise ValueError("people are interrupted every minute at most; write 1 min or more")
    return ticks


def _number(key: Any) -> Any:
    return int(key) if isinstance(key, str) and key.isdecimal() else key


def _as_skills(value: Any) -> Any:
    return dict.fromkeys(value, 1.0) if isinstance(value, list | tuple) else value


Skills = Annotated[
    dict[Name, Speed],
    Field(min_length=1),
    BeforeValidator(_as_skills, json_schema_input_type=dict[Name, Speed] | tuple[Name, ...]),
]


class RampUp(Part):
    """How fast those work who have just joined: ``ramp_up: {from: 40 %, over: 12 w}``.

    Speed grows with the time of the clock since they joined, in a straight line from `start` to full speed. A stretch
    of work goes at the speed that its beginning has.
    """

    start: Annotated[Speed, Field(alias="from", le=1)]
    over: Annotated[Duration, AfterValidator(_above_zero)]


class Switching(Part):
    """Time lost between unlike visits: ``switching: {cost: 20 min, between: work}``."""

    cost: Annotated[Effort, AfterValidator(_above_zero)]
    """Working time that passes before work begins."""
    between: Literal["work", "stage", "both"] = "work"
    """What has to differ from the visit before: the work type, the stage, or either of the two."""


class Interruptions(Part):
    """Other things that come up: ``interruptions: {every: 5 h, lasting: 20 min}``."""

    every: Annotated[Effort, AfterValidator(_a_minute_at_least)]
    """Mean time of work on items from one to the next; they come at random (exponential gaps)."""
    lasting: EffortDistribution
    """Working time each one takes."""


class People(Part):
    """Several people of a team who are alike.

    ``{count: 2, speed: 120 %, skills: {build: 100 %, review: 60 %}, prefers: [build]}``
    """

    count: Annotated[int, Field(ge=0, le=MAX_PEOPLE)]
    """How many: 2."""
    calendar: Name | None = None
    """The team's calendar, if left out."""
    available: Share | None = None
    """The team's share, if left out."""
    speed: Speed = 1.0
    """At work of any kind: 120 % does 6 h of effort in 5 h."""
    skills: Skills | None = None
    """The stages they can serve, each with a speed or as a list; every stage of the team, if left out."""
    cost: Cost | None = None
    """Of one hour that one of them is there, busy or not: 120 EUR/h; the team's, if left out."""
    prefers: Several[Name] = ()
    """Stages they turn to first, in this order; all others come after, first come first served."""
    joins: Instant | None = None
    """When they come; they are there from the start, if left out."""
    leaves: Instant | None = None
    """When they go; what they are at they finish first."""
    ramp_up: RampUp | None = None
    """The team's, if left out."""
    meetings: Several[Meeting] | None = None
    """The team's meetings, if left out."""
    absences: Several[Absence] = ()
    """Dated leave: [{from: 2026-07-01, to: 2026-07-20, people: 2}]."""
    sickness: Sickness | None = None
    """The team's, if left out."""
    attrition: Attrition | None = None
    """The team's, if left out."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if len(set(self.prefers)) < len(self.prefers):
            raise ValueError("prefers names a stage twice")
        if self.skills is not None:
            for stage in self.prefers:
                if stage not in self.skills:
                    raise ValueError(f"prefers: {one_of(stage, list(self.skills), noun='a stage of their skills')}")
        return self


Loss = dict[Annotated[int, BeforeValidator(_number), Field(ge=2, le=MOST_AT_ONCE)], Share]


def check_dates(joins: datetime | None, leaves: datetime | None, who: str) -> None:
    """Refuse people who leave before they join.

    Raises
    ------
    ValueError
        Where they do.
    """
    if joins and leaves and utc(joins, "UTC") >= utc(leaves, "UTC"):
        raise ValueError(f"{who} before they join")


def check_at_once(at_once: int | str, loss: Mapping[int, float], besides: Mapping[str, Part | str | None]) -> None:
    """Refuse what is not possible with several visits at once, and losses that nobody can mean.

    Raises
    ------
    ValueError
        Where it is found.
    """
    if at_once == 1:
        if loss:
            raise ValueError("loss is of those who work on several visits at once; write at_once as well")
        return
    for name, part in besides.items():
        if part is not None and part != "suspend":
            told = f"{name}: {part}" if isinstance(part, str) else name
            raise ValueError(f"at_once and {told} are not possible together; loss says what it costs")
    shares = [share for _, share in sorted(loss.items())]
    if shares != sorted(shares) or (shares and shares[-1] >= 1):
        raise ValueError("loss grows with the number at once and stays below 100 %")
    most = max(loss, default=0)
    if isinstance(at_once, int) and most > at_once:
        raise ValueError(f"loss is said for {most} at once, more than the {at_once} allowed")


class Team(Part):
    """Who serves stages."""

    people: Annotated[int, Field(ge=0, le=MAX_PEOPLE)] | Several[People]
    """How many, or groups of people who differ."""
    calendar: Name = ALWAYS
    """When they work; ``always`` is round the clock."""
    available: Share = 1.0
    """Share of their working time for the work of this twin; it stretches every effort by its inverse."""
    cost: Cost | None = None
    """Of one hour that a person is there by contract, busy or not, meetings included: 95 EUR/h."""
    meetings: Several[Meeting] = ()
    """Times without work on items: [{on: mon-fri, at: 09:30, lasting: 15 min}]."""
    absences: Several[Absence] = ()
    """Dated leave, where people is a number: [{from: 2026-07-01, to: 2026-07-20, people: 2}]."""
    sickness: Sickness | None = None
    """Illness of each person: {every: 26 w, lasting: 4 d}."""
    attrition: Attrition | None = None
    """Leaving for good, of each person: {every: 200 w, replaced_after: 16 w}."""
    queue: QueueRule = "priority"
    """Which item that waits is taken first; `twin.classes` tells the rules."""
    wip_limit_per_person: Annotated[int, Field(ge=1, le=1000)] | None = None
    """Most items at the stages the team serves, for each of its people, shared ones counted whole: 2."""
    who: Literal["longest_idle", "random", "fastest", "same"] = "longest_idle"
    """Of several who are free: who has been so longest; any, by chance; who needs the least time for this stage; or who
    had the item before, at this stage or else in this team, and if they are not free whoever has been so longest."""
    ramp_up: RampUp | None = None
    """How fast those work who join later, or take the place of somebody who has left: {from: 40 %, over: 12 w}."""
    switching: Switching | None = None
    """Time lost between unlike visits: {cost: 20 min, between: work}."""
    interruptions: Interruptions | None = None
    """Other things that come up while somebody works: {every: 5 h, lasting: 20 min}."""
    shift_end: Literal["suspend", "finish", "hand_back"] = "suspend"
    """At closing: rest until the next opening, finish what was begun (overtime), or hand it back to the queue."""
    turns: Turns | None = None
    """One person goes round the team's stages instead of taking what is first of all."""
    at_once: Annotated[int, Field(ge=1, le=MOST_AT_ONCE)] | Literal["unlimited"] = 1
    """Visits that a person works on side by side, with an equal share of attention each."""
    loss: Loss = Field(default_factory=dict)
    """Share of all effort lost with so many at once: ``{2: 10 %, 3: 20 %}``; with more than listed as with the most
    listed. There is no default, since measured losses lie far apart: none to 40 % for a second project."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        for number, group in enumerate(self.people if isinstance(self.people, tuple) else ()):
            check_dates(group.joins, group.leaves, f"people.{number} leave")
        if self.turns is not None:
            self._check_turns()
        apart = ("turns", "switching", "interruptions", "shift_end")
        check_at_once(self.at_once, self.loss, {name: getattr(self, name) for name in apart})
        return self

    def _check_turns(self) -> None:
        groups = self.groups()
        if sum(group.count for group in groups) != 1:
            raise ValueError("turns are for one person; make a team of each person who goes round")
        if any(group.skills is not None or group.prefers or group.joins or group.leaves for group in groups):
            raise ValueError("turns say where the person goes; leave out skills, prefers, joins and leaves")
        if self.switching is not None:
            raise ValueError("turns have a time to switch of their own; leave out switching")
        if self.shift_end == "hand_back":
            raise ValueError("who goes round finishes a visit; shift_end is suspend or finish")

    def groups(self) -> tuple[People, ...]:
        """List the team's people as groups, with what holds for the whole team filled in."""
        groups = self.people
        if isinstance(groups, int):
            groups = (People(count=groups, absences=self.absences),)
        return tuple(
            group.model_copy(
                update={
                    "calendar": group.calendar or self.calendar,
                    "available": self.available if group.available is None else group.available,
                    "ramp_up": group.ramp_up or self.ramp_up,
                    "meetings": self.meetings if group.meetings is None else group.meetings,
                    "sickness": group.sickness or self.sickness,
                    "attrition": group.attrition or self.attrition,
                    "cost": group.cost or self.cost,
                }
            )
            for group in groups
        )

    def currencies(self) -> frozenset[str | None]:
        """Give the currencies in which its people cost something; None stands for those of whom it is not known."""
        return frozenset(group.cost[1] if group.cost else None for group in self.groups())

    def with_people(self, counts: tuple[int, ...]) -> "Team":
        """Give the team with so many people in each group."""
        groups = tuple(
            group.model_copy(update={"count": count}) for group, count in zip(self.groups(), counts, strict=True)
        )
        return self.model_copy(update={"people": groups})


def unknown_stages(path: str, team: Team, serves: Sequence[str]) -> Iterator[Problem]:
    """Find skills and preferences for stages that the team does not serve."""
    named = [
        (f"{path}.people.{number}.{field}", stage)
        for number, group in enumerate(team.people if isinstance(team.people, tuple) else ())
        for field, stages in (("skills", group.skills or ()), ("prefers", group.prefers))
        for stage in stages
    ]
    for where, stage in named:
        if stage not in serves:
            yield Problem(one_of(stage, serves, noun="a stage of this team"), where)
