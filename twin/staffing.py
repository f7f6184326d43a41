"""How people work, as flat arrays: who can do what and how fast, who is asked, and what takes their time besides.

A `Staff` is the part of a plan that says so; `uses_staff` tells whether a twin needs one. Units: ticks; stretches are
working ticks per tick of effort.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from twin.distributions import Distribution, Exponential
from twin.errors import InputError, Problem
from twin.eventlog import NEVER, Labels
from twin.floating import floaters, team_of
from twin.joining import tick_of
from twin.people import UNLIMITED, People, Team
from twin.spec import Twin

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Ticks = NDArray[np.int64]

LONGEST_IDLE: Final = 0
RANDOM: Final = 1
FASTEST: Final = 2
SAME: Final = 3
WHO: Final = {"longest_idle": LONGEST_IDLE, "random": RANDOM, "fastest": FASTEST, "same": SAME}

SUSPEND: Final = 0
FINISH: Final = 1
HAND_BACK: Final = 2
SHIFT_END: Final = {"suspend": SUSPEND, "finish": FINISH, "hand_back": HAND_BACK}

WORK: Final = 1
STAGE: Final = 2
BETWEEN: Final = {"work": WORK, "stage": STAGE, "both": WORK | STAGE}

NO_TURNS: Final = 0
EXHAUSTIVE: Final = 1
GATED: Final = 2
SERVICE: Final = {"exhaustive": EXHAUSTIVE, "gated": GATED}

NONE: Final = -1
NEVER_AGAIN: Final = 1 << 62
"""Tick after all others."""
FLOAT_BITS: Final = 14
"""Bits for the place of a team among those that share people; a twin has 10,000 teams at most."""
ANY_NUMBER: Final = 1 << 30
"""Visits at once where there is no limit."""


class Staff(NamedTuple):
    """How people work in one phase."""

    special: NDArray[np.bool_]  # (teams,) whether any of this is needed for a team, in any phase
    who: Ints  # (teams,) which of several who are free, see WHO
    stretch: Floats  # (crews, stages) working ticks per tick of effort; 0 where the crew cannot serve the stage
    place: Ints  # (crews, stages) place among the stages they prefer, the smaller the sooner
    floats: Ints  # (teams, stages) place of the team whose stage it is for who goes where most waits, NONE for others
    joined: Ticks  # (crews,) tick at which the group joined, NEVER where it was there before
    again: Ticks  # (crews, most) ticks at which somebody takes the place of who has left, rising, then NEVER_AGAIN
    ramp_start: Floats  # (crews,) speed of who has just joined
    ramp_over: Ticks  # (crews,) ticks until full speed, 0 for at once
    switch_cost: Ticks  # (teams,) working ticks, 0 for none
    switch_between: Ints  # (teams,) bits, see BETWEEN
    gap: Ints  # (teams,) table of work between interruptions, or NONE
    interruption: Ints  # (teams,) table of their lengths, or NONE
    shift_end: Ints  # (teams,) see SHIFT_END
    turns: Ints  # (teams,) see SERVICE, NO_TURNS for none
    turn_switch: Ticks  # (teams,) working ticks from one stage to the next
    shares: NDArray[np.bool_]  # (teams,) whether people have several visits at once, in any phase
    at_once: Ticks  # (teams,) most visits of a person at once
    loss: Floats  # (teams, most at once + 1) share lost with so many at once; with more, as in the last column


class Special(NamedTuple):
    """Teams by what their people need in any phase."""

    teams: frozenset[str]  # anything of a `Staff`
    sharing: frozenset[str]  # several visits at once


class Tables(Protocol):
    """Collects quantile tables."""

    def table(self, distribution: Distribution) -> int:
        """Give the number of a distribution's table."""
        ...


def special_teams(twins: Sequence[Twin]) -> Special:
    """Find the teams whose people need it, in any of the twins that take over from each other.

    Raises
    ------
    InputError
        Where a dated change gives people several visits at once who could not have them before.
    """
    named = [(name, team) for twin in twins for name, team in twin.teams.items()]
    sharing = frozenset(name for name, team in named if team.at_once != 1)
    for name, team in named:
        if name in sharing and any((team.turns, team.switching, team.interruptions, team.shift_end != "suspend")):
            told = "several visits at once and turns, switching, interruptions or another end of shift"
            raise InputError(Problem(f"a dated change cannot lead from {told} to the other", f"teams.{name}"))
    for twin in twins:
        for name, stage in twin.stages.items():
            if stage.batch is not None and stage.batch.together and sharing.intersection(stage.served_by()):
                told = "is served by people who have several visits at once before or after a dated change"
                raise InputError(Problem(f"{told}, so its visits cannot be done together", f"stages.{name}.batch"))
    floating = frozenset(name for twin in twins for name in floaters(twin))
    given = {name for twin in twins for each in twin.shared if _differ(each.alike()) for name in each.shares()}
    return Special(floating | given | {name for name, team in named if _is_special(team)}, sharing)


def _differ(group: People) -> bool:
    """Tell whether people have skills of their own, a stage they prefer, or a speed that grows."""
    return group.skills is not None or bool(group.prefers) or group.ramp_up is not None


def _is_special(team: Team) -> bool:
    groups = team.groups()
    return (
        any(_differ(group) for group in groups)
        or (team.who != "longest_idle" and sum(group.count for group in groups) > 1)
        or any((team.switching, team.interruptions, team.turns))
        or team.shift_end != "suspend"
        or team.at_once != 1
    )


def staff(twin: Twin, labels: Labels, tables: Tables, special: Special, groups: Sequence[tuple[str, People]]) -> Staff:
    """Lay out how people work; `groups` has the team and what it says of the people of each crew, in order."""
    teams = [twin.teams.get(name) for name in labels.teams]
    switching = [team.switching if team else None for team in teams]
    turns = [team.turns if team else None for team in teams]
    served = {name: [s for s in labels.stages if s in twin.stages and name in twin.stages[s].served_by()]
              for name in labels.teams}  # fmt: skip
    interrupted = [_interruption(team, tables) for team in teams]
    return Staff(
        special=np.array([name in special.teams for name in labels.teams], np.bool_),
        who=_codes([WHO[team.who] if team else LONGEST_IDLE for team in teams]),
        stretch=np.array([[_stretch(group, s, served[name]) for s in labels.stages] for name, group in groups]).reshape(
            len(groups), len(labels.stages)
        ),
        place=np.array([[_place(group, stage) for stage in labels.stages] for _, group in groups], np.int32).reshape(
            len(groups), len(labels.stages)
        ),
        floats=_floats(twin, labels),
        joined=_ticks([_joined(group, labels.start, labels.zone) for _, group in groups]),
        again=np.zeros((len(groups), 0), np.int64),  # drawn by replication
        ramp_start=np.array([group.ramp_up.start if group.ramp_up else 1.0 for _, group in groups]),
        ramp_over=_ticks([group.ramp_up.over if group.ramp_up else 0 for _, group in groups]),
        switch_cost=_ticks([each.cost if each else 0 for each in switching]),
        switch_between=_codes([BETWEEN[each.between] if each else 0 for each in switching]),
        gap=_codes([gap for gap, _ in interrupted]),
        interruption=_codes([length for _, length in interrupted]),
        shift_end=_codes([SHIFT_END[team.shift_end] if team else SUSPEND for team in teams]),
        turns=_codes([SERVICE[each.service] if each else NO_TURNS for each in turns]),
        turn_switch=_ticks([each.switch if each else 0 for each in turns]),
        shares=np.array([name in special.sharing for name in labels.teams], np.bool_),
        at_once=_ticks([_at_once(team) if team else 1 for team in teams]),
        loss=_losses(teams),
    )


def _codes(values: list[int]) -> Ints:
    return np.array(values, np.int32)


def _ticks(values: list[int]) -> Ticks:
    return np.array(values, np.int64)


def full_stretch(group: People) -> float:
    """Give the working ticks per tick of effort of who is at full speed, skills apart; 1 for who is never available."""
    return 1 / (group.available * group.speed) if group.available else 1.0


def _stretch(group: People, stage: str, served: list[str]) -> float:
    if stage not in served or not group.available:
        return 0.0
    skill = 1.0 if group.skills is None else group.skills.get(stage, 0.0)
    return 1 / (group.available * group.speed * skill) if skill else 0.0


def _place(group: People, stage: str) -> int:
    return group.prefers.index(stage) if stage in group.prefers else len(group.prefers)


def _floats(twin: Twin, labels: Labels) -> Ints:
    """Tell of whose stages people are free who go where most work waits."""
    found, table = floaters(twin), np.full((len(labels.teams), len(labels.stages)), NONE, np.int32)
    for row, name in zip(table, labels.teams, strict=True):
        for column, stage in enumerate(labels.stages if name in found else ()):
            place = team_of(twin.stages[stage], found[name][0]) if stage in twin.stages else None
            row[column] = NONE if place is None else place
    return table


def _joined(group: People, begin: datetime, zone: str) -> int:
    return NEVER if group.joins is None else tick_of(group.joins, begin, zone)


def _interruption(team: Team | None, tables: Tables) -> tuple[int, int]:
    if team is None or team.interruptions is None:
        return NONE, NONE
    gaps = Exponential.model_construct(kind="exponential", mean=team.interruptions.every)
    return tables.table(gaps), tables.table(team.interruptions.lasting)


def _at_once(team: Team) -> int:
    return ANY_NUMBER if team.at_once == UNLIMITED else int(team.at_once)


def _losses(teams: list[Team | None]) -> Floats:
    most = max([1, *(max(team.loss, default=1) for team in teams if team)])
    table = np.zeros((len(teams), most + 1))
    for row, team in zip(table, teams, strict=True):
        for number, share in sorted((team.loss if team else {}).items()):
            row[number:] = share
    return table
