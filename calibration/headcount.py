"""People who can do what comes, where a log does not show all that they did.

A log of what was done since a date shows few of the visits that began before it, so people seem idle who were not, and
the work that is counted up would be more than they can do. Where starts are assumed, so is how much work there was; of
a queue that grows without end it is no evidence. Such logs are of teams that coped: each has as many people as keep its
offered load (`twin.offered`) at 90 %, of people with names no more than there are, unless the work could not be done
without,

    people = max(min(load · people / 0.9, named), load · people),   rounded up.

A team of a log that holds all its work, with starts, is left alone: what it was asked for beyond its people shows in
its queue. Loads are shares of a team's time, 1 is all of it.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from calibration.completeness import holds_done_since
from calibration.evidence import Evidence
from calibration.hours import MOST_LOAD
from calibration.workforce import Workforce
from twin.eventlog import EventLog
from twin.offered import loads, without_trend
from twin.spec import Twin

MOST_SWEEPS: Final = 10
"""Work moves to other teams of a stage as one gets people; a few times are enough."""
ROUNDING: Final = 1e-9


def hides_work(log: EventLog, works: tuple[str, ...]) -> bool:
    """Tell whether starts are assumed, or a log holds what was done since a date: people seem idle before it."""
    return log.starts_assumed or holds_done_since(log, works)


def enough(people: int, load: float, named: int, *, most: float = MOST_LOAD) -> int:
    """Count the people who keep a load at most so high: no more than have names, unless the work needs them.

    Parameters
    ----------
    people, load
        How many there are, and their load, as a share of their time.
    named
        People of the team who are known by name; 0 where nobody is.
    most
        The load that is kept, as a share.

    >>> enough(4, 2.0, named=20), enough(4, 2.0, named=6), enough(4, 0.5, named=6)
    (9, 8, 4)
    """
    at_ease, least = (math.ceil(people * load / share - ROUNDING) for share in (most, 1.0))
    return max(people, min(at_ease, named or at_ease), least)


def with_enough_people(force: Workforce, twin: Twin) -> Workforce:
    """Give teams that would be overrun the people who do what comes.

    Parameters
    ----------
    force
        Who was seen to do the work.
    twin
        What was learned of it, with its demand and ways.
    """
    named = {name: int((force.teams.member == team).sum()) for team, name in enumerate(force.teams.names)}
    people = {name: team.people for name, team in twin.teams.items() if isinstance(team.people, int)}
    found = people
    for _ in range(MOST_SWEEPS):
        over = {name: load for name, load in loads(without_trend(_manned(twin, found))).items() if load > 1}
        if not over.keys() & found.keys():
            break
        found = {name: enough(count, over.get(name, 0.0), named[name]) for name, count in found.items()}
    changed = {name: count for name, count in found.items() if count != people[name]}
    return _with_people(force, changed) if changed else force


def _manned(twin: Twin, people: Mapping[str, int]) -> Twin:
    teams = {
        name: team.model_copy(update={"people": people.get(name, team.people)}) for name, team in twin.teams.items()
    }
    return twin.model_copy(update={"teams": teams})


def _with_people(force: Workforce, people: Mapping[str, int]) -> Workforce:
    hours = tuple(
        each._replace(people=people.get(name, each.people))
        for name, each in zip(force.teams.names, force.hours, strict=True)
    )
    teams = {
        name: {**team, "people": people.get(name, team["people"])} for name, team in force.written["teams"].items()
    }
    told = {f"teams.{name}.people": count for name, count in people.items()}
    evidence = tuple(_told(each, told[each.path]) if each.path in told else each for each in force.evidence)
    return force._replace(hours=hours, written={**force.written, "teams": teams}, evidence=evidence)


def _told(evidence: Evidence, people: int) -> Evidence:
    return replace(
        evidence,
        estimate=f"{people}, for {evidence.estimate}",
        method=f"{evidence.method}; as many as do all that is taken to come, at a load of {MOST_LOAD:.0%}",
        high=str(people) if evidence.high is None else f"{max(float(evidence.high), people):.0f}",
        note="the log does not show all that they did, or when it began; with fewer their queue had grown without end, "
        "which it did not",
    )
