"""Since when nobody was free.

Work that is ready while somebody of its team is there and free begins at once. So of a visit that began at s, of a team
of c people who work on up to m visits at once each, it is known that it was not ready at

    u = the last instant before s at which the team was there and fewer than c m of its visits were under way,

and that it was ready between u and s: in a closing, or while all were busy. Where somebody was free until s, u is s.
Teams that serve the same stages are one here, with all their people.

A minute is no pause: people take that long to go on. Units: ticks (milliseconds).
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from calibration.hours import Hours
from calibration.observed import Codes, Observed, Ticks
from calibration.presence import Booleans
from calibration.teams import Teams
from calibration.working_time import last_close_many
from twin.timelines import Timeline
from twin.units import MINUTE

PAUSE: Final = MINUTE
"""Nobody is free for less than that."""
MOSTLY: Final = 0.5
"""Where more visits are under way than people are taken to work on for that share of the time in which all are busy,
nothing is said of who was free."""


def free_until(observed: Observed, teams: Teams, hours: tuple[Hours, ...]) -> Ticks:
    """Give the last instant before each visit's start at which somebody was free for it, shape (visits,).

    Parameters
    ----------
    observed
        Visits; those of runs side by side, `Observed.runs` of them, keep other people busy.
    teams, hours
        Who does them and when they are there.
    """
    found = observed.started.copy()
    run = observed.item % observed.runs
    for stages, serving in _circles(teams):
        places = sum(hours[team].places for team in serving)
        for number in range(observed.runs):
            mine = np.isin(observed.stage, stages) & (run == number)
            found[mine] = _free(observed.started[mine], observed.finished[mine], hours[serving[0]].open, places)
    return found


def taken_at_once(observed: Observed, teams: Teams, hours: tuple[Hours, ...]) -> Booleans:
    """Tell which visits began as somebody had just become free for them, or as their team had just opened.

    Parameters
    ----------
    observed, teams, hours
        As `free_until` takes them.

    Returns
    -------
    Whether the last end of a visit, or the opening, was no more than a minute before, shape (visits,).
    """
    found = np.zeros(observed.started.size, np.bool_)
    run = observed.item % observed.runs
    for stages, serving in _circles(teams):
        opens = hours[serving[0]].open.opens
        for number in range(observed.runs):
            mine = np.isin(observed.stage, stages) & (run == number)
            freed = np.sort(np.concatenate([observed.finished[mine], opens]))
            place = np.searchsorted(freed, observed.started[mine], "right") - 1
            found[mine] = observed.started[mine] - freed[np.maximum(place, 0)] <= PAUSE
    return found


def _circles(teams: Teams) -> Iterator[tuple[list[int], list[int]]]:
    """Put stages that share teams together, with these teams, the busiest of the first stage first."""
    left = {stage: list(serving) for stage, serving in enumerate(teams.serving)}
    while left:
        first = min(left)
        stages, serving = [first], left.pop(first)
        while more := [stage for stage, those in left.items() if not set(those).isdisjoint(serving)]:
            stages += more
            serving += [team for stage in more for team in left.pop(stage) if team not in serving]
        yield stages, serving


def _free(started: Ticks, finished: Ticks, hours: Timeline, places: int) -> Ticks:
    """Give the last instant at or before each start at which fewer were at work than there are."""
    if not started.size:
        return started
    at, busy = _under_way(started, finished)
    lasting = np.diff(at)
    full, over = (lasting[which].sum() for which in (busy[:-1] >= places, busy[:-1] > places))
    if over > MOSTLY * full:
        return started
    ends = np.append(at[1:], np.iinfo(np.int64).max)
    until = last_close_many(hours, np.minimum(ends, at[-1]))
    free = (busy < places) & (until - at > PAUSE)
    latest = np.maximum.accumulate(np.where(free, until, last_close_many(hours, at[:1])))
    place = np.searchsorted(at, started, "left") - 1
    return np.where(place >= 0, latest[place], last_close_many(hours, at[:1]))


def _under_way(started: Ticks, finished: Ticks) -> tuple[Ticks, Codes]:
    """Count the visits under way from each instant on at which one begins or ends."""
    at = np.unique(np.concatenate([started, finished]))
    begun, ended = (np.searchsorted(np.sort(times), at, "right") for times in (started, finished))
    return at, begun - ended
