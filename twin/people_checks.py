"""Valid but surprising ways to say how people work: rules that change nothing, and what they do not mean.

Units: hours of effort against hours of a day.
"""

from collections.abc import Iterator
from itertools import chain

from twin.absences import Absence
from twin.calendars import hours_per_week
from twin.distributions import mean
from twin.effort import EffortByTeam
from twin.floating import floaters, with_floaters
from twin.joining import tick_of
from twin.people import ALWAYS, UNLIMITED, People, Team
from twin.rota import share_outside_meetings
from twin.spec import Twin
from twin.units import HOUR, format_clock
from twin.work import efforts_of

Remark = tuple[str, str]
"""Where in the twin, and what is surprising there."""

OFTEN_ILL = 0.2
"""Share of time ill from which on somebody has taken the time between illnesses of a team for that of a person."""
UNREADY = (
    "who takes the place of somebody who has left is as fast as everybody from the first day; write ramp_up if not"
)
LONG_OVERTIME = 8.0
"""Hours of effort from which on nobody means that a visit is finished before people go home."""


def remarks_on_people(twin: Twin) -> Iterator[Remark]:
    """List what is surprising about how people work."""
    for name, team in twin.teams.items():
        yield from _of_team(twin, name, team)
    yield from _of_floaters(twin)
    for index, shared in enumerate(twin.shared):
        path = f"shared.{index}"
        if shared.floats and shared.switching is None and shared.at_once == 1:
            told = "going wherever most waits costs nothing here, which makes it look better than it is"
            yield path, f"{told}; write switching: {{cost: 20 min, between: stage}}"
        if not shared.floats:
            alone, old = Team(people=(shared.alike(),)), f"teams.{shared.called()}.people.0"
            for remarks in (_dates(twin, shared.called(), alone), _away(twin, shared.called(), alone)):
                yield from ((where.replace(old, path), told) for where, told in remarks)


def _of_team(twin: Twin, name: str, team: Team) -> Iterator[Remark]:
    yield from _alike(name, team)
    yield from _shift_end(twin, name, team)
    yield from _at_once(name, team)
    yield from _dates(twin, name, team)
    yield from _not_interrupted(twin, name, team)
    yield from _away(twin, name, team)
    yield from _switching(twin, name, team)


def _of_floaters(twin: Twin) -> Iterator[Remark]:
    """Say of those who go where most waits what is said of a team, under the paths of the file."""
    made = with_floaters(twin)
    for name in floaters(twin):
        places = [index for index, each in enumerate(twin.shared) if each.floats and each.called() == name]
        for where, told in _of_team(made, name, made.teams[name]):
            path = where
            for number, place in enumerate(places):
                path = path.replace(f"teams.{name}.people.{number}", f"shared.{place}")
            yield path.replace(f"teams.{name}", f"shared.{places[0]}"), told


def _alike(name: str, team: Team) -> Iterator[Remark]:
    speeds = {(group.speed, None if group.skills is None else tuple(group.skills.items())) for group in team.groups()}
    if team.who == "fastest" and len(speeds) < 2:
        yield f"teams.{name}.who", "all its people are equally fast, so whoever has been idle longest is asked"
    elif team.who != "longest_idle" and sum(group.count for group in team.groups()) == 1:
        yield f"teams.{name}.who", f"{team.who!r} changes nothing, since there is one person to ask"


def _shift_end(twin: Twin, name: str, team: Team) -> Iterator[Remark]:
    path = f"teams.{name}.shift_end"
    if team.shift_end == "suspend":
        return
    calendars = {group.calendar or ALWAYS for group in team.groups()}
    if all(hours_per_week(twin.calendars.get(each)) == 168 for each in calendars):
        yield path, f"{team.shift_end!r} changes nothing, since its people never close"
    longest = max(_efforts(twin, name), default=0.0)
    if team.shift_end == "finish" and longest / HOUR >= LONG_OVERTIME:
        told = (
            f"visits take {format_clock(longest)} on average, and their people work on past closing until one is done"
        )
        yield path, f"{told}: they may work through the night"


def _efforts(twin: Twin, team: str) -> Iterator[float]:
    """Give the mean efforts of visits that a team may serve, in ticks."""
    served = {name for name, stage in twin.stages.items() if team in stage.served_by()}
    for stage, efforts in chain.from_iterable(efforts_of(work).items() for work in twin.work.values()):
        for effort in efforts if stage in served else ():
            yield mean(effort.teams[team] if isinstance(effort, EffortByTeam) else effort)


def _at_once(name: str, team: Team) -> Iterator[Remark]:
    if team.at_once != 1 and not team.loss:
        told = "several visits at once cost nothing here; measured losses lie between none and 40 % of all effort"
        yield f"teams.{name}.at_once", f"{told} for a second one, so try a range of loss before you conclude anything"
    limit = team.wip_limit_per_person
    if limit is not None and (team.at_once == UNLIMITED or limit < int(team.at_once)):
        yield f"teams.{name}.at_once", f"{team.at_once}, but wip_limit_per_person keeps it at {limit} on average"


def _dates(twin: Twin, name: str, team: Team) -> Iterator[Remark]:
    for number, group in enumerate(team.people if isinstance(team.people, tuple) else ()):
        path = f"teams.{name}.people.{number}"
        if group.leaves is not None and tick_of(group.leaves, twin.start, twin.clock.zone) <= 0:
            yield f"{path}.leaves", "lies before the twin's start, so they are never there"
        unready = group.ramp_up is None and team.ramp_up is None
        if unready and group.joins is not None and tick_of(group.joins, twin.start, twin.clock.zone) > 0:
            yield f"{path}.joins", "who joins is as fast as everybody from the first day; write ramp_up if not"


def _not_interrupted(twin: Twin, name: str, team: Team) -> Iterator[Remark]:
    preempts = any(service.preempts for service in twin.classes.values()) or team.queue == "shortest_remaining"
    if preempts and (team.at_once != 1 or team.turns is not None):
        how = "go round" if team.turns is not None else "have several visits at once"
        yield f"teams.{name}", f"its people {how}, so nothing interrupts them, however urgent"


def _away(twin: Twin, name: str, team: Team) -> Iterator[Remark]:
    """Find people who are hardly there, and times away that take nobody away."""
    written = isinstance(team.people, tuple)
    for number, group in enumerate(team.groups()):
        path = f"teams.{name}.people.{number}" if written else f"teams.{name}"
        if group.count and not group.available:
            yield f"{path}.available", f"0 %: {group.count} people are paid and counted, but never work"
        if group.sickness is not None and group.sickness.share() > OFTEN_ILL:
            told = f"each person is ill {group.sickness.share() * 100:.2g} % of the time"
            yield f"{path}.sickness", f"{told}; every is the time between two illnesses of one person, not of the team"
        if group.attrition is not None and group.ramp_up is None:
            yield f"{path}.attrition", UNREADY
        for index, absence in enumerate(group.absences):
            yield from ((f"{path}.absences.{index}", told) for told in _no_leave(twin, group, absence))
        for index, meeting in enumerate(group.meetings or ()):
            alone = group.model_copy(update={"meetings": (meeting,)})
            if group.count and share_outside_meetings(twin, alone) == 1:
                told = "lies outside their hours, so it takes no time"
                yield f"{path if group.meetings is not team.meetings else f'teams.{name}'}.meetings.{index}", told


def _no_leave(twin: Twin, group: People, absence: Absence) -> Iterator[str]:
    if (absence.people or 0) > group.count:
        yield f"{absence.people} of {group.count} people are away, so all of them are"
    if tick_of(absence.until + absence.lasts_through(), twin.start, twin.clock.zone) <= 0:
        yield "is over before the twin's start"


def _switching(twin: Twin, name: str, team: Team) -> Iterator[Remark]:
    """Find time to switch where nothing differs, or that is longer than the work."""
    if team.switching is None:
        return
    path, between = f"teams.{name}.switching", team.switching.between
    stages = {stage for stage, each in twin.stages.items() if name in each.served_by()}
    works = [work for work in twin.work.values() if stages & set(efforts_of(work))]
    kinds = {"work": len(works), "stage": len(stages), "both": max(len(works), len(stages))}[between]
    if kinds < 2:
        what = {"work": "work type", "stage": "stage", "both": "kind of visit"}[between]
        yield path, f"never costs anything: its people have one {what} only"
    longest = max(_efforts(twin, name), default=0.0)
    if 0 < longest < team.switching.cost:
        yield path, f"takes {format_clock(team.switching.cost)}, more than any visit ({format_clock(longest)} at most)"
