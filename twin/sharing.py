"""People who belong to several teams, as a person writes it: by the calendar, or wherever most work waits.

Of each of them may be said what `twin.people` says of people: speed, skills, meetings, leave, illness, when they come
and go. By the calendar they work as the team does to which their day is given. Who goes by what waits makes a team of
their own, which `twin.floating` builds, and of which may be said how they work as well. Units: as in `twin.people`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from twin.absences import Absence, Attrition, Meeting, Sickness
from twin.errors import Problem, one_of
from twin.instants import Instant
from twin.part import Name, Part, Several
from twin.people import (
    ALWAYS,
    MAX_PEOPLE,
    MOST_AT_ONCE,
    Interruptions,
    Loss,
    People,
    RampUp,
    Skills,
    Switching,
    Team,
    check_at_once,
    check_dates,
)
from twin.units import Cost, Share, Speed

SUM_TOLERANCE: Final = 1e-9
MOST_WAITING: Final = "most_waiting"
OF_PEOPLE: Final = (
    "available", "cost", "speed", "skills", "meetings", "absences", "joins", "leaves", "ramp_up", "sickness",
    "attrition",
)  # fmt: skip
"""What is said of people, whatever the rule by which they change teams."""
OF_A_TEAM: Final = ("switching", "who", "interruptions", "shift_end", "at_once", "loss")
"""How those work who go by what waits; all who are shared by the same teams work alike."""


def _is_list(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


class Shared(Part):
    """People who belong to several teams: by the calendar, or wherever most work waits.

    ``{people: 1, teams: {build: 60 %, support: 40 %}}``, or
    ``{people: 1, teams: [build, support], switch: most_waiting}``
    """

    people: Annotated[int, Field(ge=1, le=MAX_PEOPLE)]
    """How many: 2."""
    teams: Annotated[
        Annotated[tuple[Name, ...], Field(min_length=2)] | Annotated[dict[Name, Share], Field(min_length=2)],
        BeforeValidator(_is_list, json_schema_input_type=tuple[Name, ...] | dict[Name, Share]),
    ]
    """Share of their working days, or half days, for each team: {build: 60 %, support: 40 %}; without shares where they
    go by what waits: [build, support]."""
    switch: Literal["day", "half_day", "most_waiting"] = "day"
    """Whole working days or half ones are dealt out to the teams, as evenly in time as the shares allow; or, whenever
    they are free, they turn to the team at whose stages most visits queue, of equals to the one named first."""
    switching: Switching | None = None
    """With most_waiting, time lost between unlike visits: {cost: 20 min, between: stage}."""
    calendar: Name = ALWAYS
    """When they work."""
    available: Share = 1.0
    """Share of their working time for the work of this twin."""
    cost: Cost | None = None
    """Of one hour that one of them is there; that of the team they are given to, if left out."""
    speed: Speed = 1.0
    """At work of any kind: 120 % does 6 h of effort in 5 h."""
    skills: Skills | None = None
    """The stages they can serve, each with a speed or as a list; every stage of their teams, if left out."""
    meetings: Several[Meeting] = ()
    """Times without work on items: [{on: mon-fri, at: 09:30, lasting: 15 min}]; not those of their teams."""
    absences: Several[Absence] = ()
    """Dated leave: [{from: 2026-07-01, to: 2026-07-20, people: 2}]."""
    sickness: Sickness | None = None
    """Illness of each of them, in all their teams at once: {every: 26 w, lasting: 4 d}."""
    attrition: Attrition | None = None
    """Leaving for good, of each of them: {every: 200 w, replaced_after: 16 w}."""
    joins: Instant | None = None
    """When they come; they are there from the start, if left out."""
    leaves: Instant | None = None
    """When they go; what they are at they finish first."""
    ramp_up: RampUp | None = None
    """How fast those work who join later, or take the place of somebody who has left: {from: 40 %, over: 12 w}."""
    who: Literal["longest_idle", "random", "fastest", "same"] = "longest_idle"
    """With most_waiting, who of several that are free takes a visit, as for a team."""
    interruptions: Interruptions | None = None
    """With most_waiting, other things that come up while somebody works: {every: 5 h, lasting: 20 min}."""
    shift_end: Literal["suspend", "finish", "hand_back"] = "suspend"
    """With most_waiting, what happens at closing, as for a team."""
    at_once: Annotated[int, Field(ge=1, le=MOST_AT_ONCE)] | Literal["unlimited"] = 1
    """With most_waiting, visits that one of them works on side by side, of whichever teams."""
    loss: Loss = Field(default_factory=dict)
    """With most_waiting, share of all effort lost with so many at once: ``{2: 10 %, 3: 20 %}``."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_dates(self.joins, self.leaves, "they leave")
        check_at_once(
            self.at_once, self.loss, {name: getattr(self, name) for name in ("switching", "interruptions", "shift_end")}
        )
        shares = self.shares()
        if self.floats and shares:
            raise ValueError("who goes where most work waits has no shares; write a list of teams: [build, support]")
        if self.floats and len(set(self.teams)) < len(self.teams):
            raise ValueError("teams names a team twice")
        if not self.floats and not shares:
            raise ValueError("write the share of each team, {build: 60 %, support: 40 %}, or switch: most_waiting")
        for name in OF_A_TEAM if not self.floats else ():
            if getattr(self, name) != type(self).model_fields[name].get_default(call_default_factory=True):
                told = f"{name} is of those who go where most work waits; write switch: most_waiting as well"
                raise ValueError(told)
        if sum(shares.values()) > 1 + SUM_TOLERANCE:
            told = f"the shares of the teams sum to {sum(shares.values()) * 100:.4g} %"
            raise ValueError(f"{told}; a person has 100 % to give")
        return self

    @property
    def floats(self) -> bool:
        """Whether they go where most work waits."""
        return self.switch == MOST_WAITING

    def shares(self) -> dict[str, float]:
        """Give the share of their days for each team; nothing where they go by what waits."""
        return dict(self.teams) if isinstance(self.teams, dict) else {}

    def called(self) -> str:
        """Name the team that those make who go by what waits."""
        return " and ".join(self.teams)

    def alike(self) -> People:
        """Give them as a group of people of a team."""
        said = {name: getattr(self, name) for name in OF_PEOPLE}
        return People(count=self.people, calendar=self.calendar).model_copy(update=said)


def problems(
    shared: Sequence[Shared], teams: Mapping[str, Team], stages: Mapping[str, Sequence[str]], together: Sequence[str]
) -> Iterator[Problem]:
    """Find people who cannot be shared so.

    Parameters
    ----------
    shared, teams
        As the twin has them.
    stages
        Teams that serve each stage.
    together
        Stages at which several visits are done as one.
    """
    for index, each in enumerate(shared):
        path = f"shared.{index}"
        for team in each.teams:
            if team not in teams:
                yield Problem(one_of(team, list(teams), noun="a team of this twin"), f"{path}.teams")
            elif teams[team].turns is not None:
                yield Problem(f"one person goes round the stages of {team!r}; nobody can share that", f"{path}.teams")
        serves = [name for name, served_by in stages.items() if set(served_by) & set(each.teams)]
        for stage in each.skills or ():
            if stage not in serves:
                yield Problem(one_of(stage, serves, noun="a stage of their teams"), f"{path}.skills")
        if each.floats:
            yield from _floating(each, path, shared, teams)
            for stage in set(together) & set(serves) if each.at_once != 1 else ():
                told = "they work on several visits at once, each with its own effort"
                yield Problem(f"{told}, so those at {stage!r} cannot be done together as one", f"{path}.at_once")


def _floating(each: Shared, path: str, shared: Sequence[Shared], teams: Mapping[str, Team]) -> Iterator[Problem]:
    """Find people who cannot go where most work waits."""
    name, known = each.called(), [teams[team] for team in each.teams if team in teams]
    if name in teams:
        yield Problem(f"{name!r} is what those are called who go where most waits; rename that team", f"{path}.teams")
    if len({team.queue for team in known}) > 1:
        yield Problem("these teams choose by different rules; give them the same queue", f"{path}.teams")
    others = [other for other in shared if other.floats and other.called() == name]
    for field in OF_A_TEAM:
        if any(getattr(other, field) != getattr(each, field) for other in others):
            yield Problem(f"people shared by the same teams have the same {field}", f"{path}.{field}")
