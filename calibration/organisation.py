"""An organisation as aggregated metrics show it: stages in a line, who serves them, and what is known of people.

Stages stand in the order in which the file first names them, or as they are told; a team serves the stage that a row
names together with it, else the stage of its own name; one team alone serves every stage, and as many teams as stages
serve them in order. Where no stage is named, teams are the stages. What is taken for granted so is said in `assumed`.

All types of work take the same steps. Nobody has a limit on work in progress here, and nobody has holidays.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np

from calibration.sources.aggregates import Aggregates, Series
from calibration.sources.assembly import DEFAULT_WORK
from twin.calendars import Calendar, hours_per_week
from twin.errors import InputError, Problem, one_of, shown

STAGE: Final = "work"
TEAM: Final = "team"
OFFICE: Final = "mon-fri 09:00-17:00"
ALWAYS: Final = "always"
MOST_STAGES: Final = 30


class Organisation(NamedTuple):
    """Stages, teams and types, by number."""

    stages: tuple[str, ...]
    teams: tuple[str, ...]
    serving: tuple[int, ...]  # (stages,) the team that serves each
    works: tuple[str, ...]
    people: tuple[float | None, ...]  # (teams,) head-count where it is given
    days: str  # on which people work; nothing where round the clock
    hours: str
    assumed: tuple[str, ...]

    @property
    def weekly_hours(self) -> float:
        """Working hours of a person a week."""
        return hours_per_week(self.calendar) if self.calendar else 168.0

    @property
    def calendar(self) -> Calendar | None:
        """When people work; None round the clock."""
        return Calendar.model_validate({"days": self.days, "hours": self.hours}) if self.days else None


def organisation_of(given: Aggregates, *, stages: Sequence[str] = (), hours: str | None = None) -> Organisation:
    """Make out the organisation behind a file of metrics.

    Parameters
    ----------
    given
        The file.
    stages
        Stages in order, each perhaps with the team that serves it, as ``build=developers``; those of the file, in its
        order, if left out.
    hours
        When people work, as ``mon-fri 09:00-17:00``, or ``always``; office hours, if left out.

    Raises
    ------
    InputError
        Where a stage or team is named that does not fit, or the hours cannot be read.
    """
    assumed: list[str] = []
    told = dict(text.partition("=")[::2] for text in stages)
    named = list(dict.fromkeys(each.scope.stage for each in given.series if each.scope.stage))
    teams = list(dict.fromkeys(each.scope.team for each in given.series if each.scope.team))
    works = list(dict.fromkeys(each.scope.work for each in given.series if each.scope.work))
    _check_told(told, named)
    line = list(told) or named or teams or [STAGE]
    if not told and len(line) > 1:
        assumed.append(f"work goes through {', '.join(line)}, in the order of the file")
    if len(line) > MOST_STAGES:
        raise InputError(f"{len(line)} stages are more than can be told apart; at most {MOST_STAGES}, see --stages")
    serving = _serving(line, teams, {**_beside(given.series), **{s: t for s, t in told.items() if t}}, assumed)
    served = list(dict.fromkeys(serving))
    unused = [team for team in teams if team not in served]
    if unused:
        raise InputError(f"team {shown(unused[0])} serves no stage; say which: --stages {line[0]}={unused[0]}")
    days, time = _hours(hours, assumed)
    people = tuple(_people(given.series, team, line, serving, single=len(served) == 1) for team in served)
    assumed += [
        f"{team}: {told_of(count)} people, the mean over periods, rounded"
        for team, count in zip(served, people, strict=True)
        if count and count % 1
    ]
    return Organisation(
        tuple(line), tuple(served), tuple(map(served.index, serving)), tuple(works) or (DEFAULT_WORK,), people, days,
        time, tuple(assumed),
    )  # fmt: skip


def told_of(number: float) -> str:
    """Write a number in three digits."""
    return f"{number:.3g}"


def _check_told(told: dict[str, str], named: Iterable[str]) -> None:
    missing = [stage for stage in named if told and stage not in told]
    if missing:
        raise InputError(*(Problem(one_of(stage, told, noun="a stage of --stages")) for stage in missing))
    if "" in told:
        raise InputError("--stages has an empty name; write build=developers,review=reviewers")


def _beside(series: Sequence[Series]) -> dict[str, str]:
    """Read from rows that name both which team serves a stage."""
    return {each.scope.stage: each.scope.team for each in series if each.scope.stage and each.scope.team}


def _serving(line: list[str], teams: list[str], known: dict[str, str], assumed: list[str]) -> list[str]:
    """Name the team of every stage."""
    free = [team for team in teams if team not in known.values() and team not in line]
    open_stages = [stage for stage in line if stage not in known and stage not in teams]
    found = {**known, **{stage: stage for stage in line if stage in teams and stage not in known}}
    if open_stages and not teams:
        found |= {stage: stage if len(line) > 1 else TEAM for stage in open_stages}
        if len(line) > 1:
            assumed.append("every stage has a team of its own, since the file names none")
    elif open_stages and len(teams) == 1:
        found |= dict.fromkeys(open_stages, teams[0])
        assumed.append(f"{teams[0]} serves {', '.join(open_stages)}")
    elif open_stages and len(free) == len(open_stages):
        found |= dict(zip(open_stages, free, strict=True))
        pairs = ", ".join(f"{stage}={team}" for stage, team in zip(open_stages, free, strict=True))
        assumed.append(f"teams serve stages in the order of the file: {pairs}; say otherwise with --stages")
    elif open_stages:
        found |= {stage: stage for stage in open_stages}
        assumed.append(f"{', '.join(open_stages)}: a team of its own serves each, since the file names none for it")
    return [found[stage] for stage in line]


def _hours(hours: str | None, assumed: list[str]) -> tuple[str, str]:
    text = (hours or OFFICE).strip()
    if hours is None:
        assumed.append(f"people work {OFFICE}, without holidays; say otherwise with --hours")
    if text == ALWAYS:
        return "", ""
    days, _, time = text.partition(" ")
    try:
        Calendar.model_validate({"days": days, "hours": time.strip()})
    except ValueError as error:
        raise InputError(f"--hours {shown(text)}: write mon-fri 09:00-17:00, or always ({_first(error)})") from None
    return days, time.strip()


def _first(error: ValueError) -> str:
    lines = str(error).splitlines()
    return lines[2].strip() if len(lines) > 2 else lines[0]


def _people(series: Sequence[Series], team: str, line: list[str], serving: list[str], *, single: bool) -> float | None:
    """Give a team's mean head-count: of the team, of the only stage it serves, or of all where there is one team."""
    stages = [stage for stage, each in zip(line, serving, strict=True) if each == team]
    for each in series:
        scope = each.scope
        if each.metric.name != "people":
            continue
        whole = single and not scope.team and not scope.stage
        if scope.team == team or (len(stages) == 1 and scope.stage == stages[0]) or whole:
            return float(np.mean(each.values))
    return None
