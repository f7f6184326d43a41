"""What becomes of a visit that the end of the hours finds begun.

A visit begun in hours that ends before the next opening was finished in overtime; one that ends after it rested over
the closing. A team finishes what it began where more visits did so than rested. Taking overtime for rest would keep
visits open over nights that nobody in the log spent with them.

Where a team finishes what it began, its hours are those in which it begins. Late hours in which visits end while others
wait, and none is begun, are overtime: taken for hours, people would seem free while work waits, and a queue would look
like a delay.

Where visits still begin at the very end of the hours, as in logs whose hours include their last instant, and hardly any
in the hour after it, the hours last a minute longer: what comes then is begun, and not left for the next day.
Units: ticks (milliseconds).
"""

from typing import Final, NamedTuple

import numpy as np

from calibration.observed import Codes, Ticks
from calibration.presence import Booleans
from calibration.working_time import next_open_many
from twin.timelines import Timeline
from twin.units import DAY, HOUR, MINUTE

HOURS_PER_DAY: Final = DAY // HOUR
RESTS, FINISHES = "suspend", "finish"
LEAST_ENDS: Final = 20
HARDLY: Final = 0.05
"""Visits begun in late hours for each that ends there while others wait, up to which these hours are overtime."""
MOSTLY_PASSED_OVER: Final = 0.5
"""Share of the visits that end in late hours at whose end others wait, from which on nobody wanted to begin one."""
LEAST_BEGUN: Final = 5
MOSTLY: Final = 0.9
"""Share of the visits that begin in the hour after closing which begin in its first minute, from which on hours last
that minute longer."""


class Ending(NamedTuple):
    """What became of the visits that were at hand when the team closed."""

    kind: str  # suspend or finish, in the words of `twin.people.Team`
    finished: int  # visits that ended before the next opening
    rested: int  # after it


def hours_of_beginning(opened: Booleans, begun: Codes, ended: Codes, passed_over: Codes) -> Booleans:
    """Leave out the late hours of each day in which visits end and hardly any is begun, though some wait.

    Parameters
    ----------
    opened
        Hours of the week in which the team is seen at work, shape (hours,), days one after the other.
    begun, ended, passed_over
        Visits that begin in each hour, that end there, and that end there while others wait, shape (hours,).

    Returns
    -------
    The hours that are left, shape (hours,): all of them where the log does not tell, or nothing would be left.
    """
    kept = opened.copy()
    late, told = begun <= HARDLY * passed_over, passed_over > 0
    for day in range(0, opened.size, HOURS_PER_DAY):
        hours = slice(day, day + HOURS_PER_DAY)
        begins = np.flatnonzero(opened[hours] & ~late[hours])
        after = np.arange(HOURS_PER_DAY) > (begins[-1] if begins.size else -1)
        kept[hours] &= np.cumsum(after & told[hours]) == 0
    cut = opened & ~kept
    enough = max(LEAST_ENDS, begun[cut].sum() / HARDLY, MOSTLY_PASSED_OVER * ended[cut].sum())
    return kept if passed_over[cut].sum() >= enough and kept.any() else opened


def worked_through(hours: Timeline, started: Ticks, finished: Ticks) -> Booleans:
    """Tell which visits began within the hours and ended in overtime, before the next opening; shape (visits,).

    Parameters
    ----------
    hours
        When the team works.
    started, finished
        Of its visits, shape (visits,).
    """
    over, following = _over_closing(hours, started, finished)
    return over & (finished <= following)


def at_closing(hours: Timeline, started: Ticks, finished: Ticks) -> Ending:
    """Tell what a team does with visits that its closing finds begun.

    Parameters
    ----------
    hours
        When the team works.
    started, finished
        Of its visits, shape (visits,).
    """
    over, following = _over_closing(hours, started, finished)
    rested = int((over & (finished > following)).sum())
    in_overtime = int(over.sum()) - rested
    return Ending(FINISHES if in_overtime > rested else RESTS, in_overtime, rested)


def _over_closing(hours: Timeline, started: Ticks, finished: Ticks) -> tuple[Booleans, Ticks]:
    """Tell which visits a closing found begun, and when the hours began again after it."""
    inside = next_open_many(hours, started) == started
    place = np.minimum(np.searchsorted(hours.closes, started, "right"), hours.closes.size - 1)
    following = hours.opens[np.minimum(place + 1, hours.opens.size - 1)]
    return inside & (finished > hours.closes[place]), following


def begins_at_closing(hours: Timeline, started: Ticks) -> bool:
    """Tell whether a team begins visits at the very end of its hours.

    Parameters
    ----------
    hours
        When the team works.
    started
        Of its visits, shape (visits,).
    """
    place = np.maximum(np.searchsorted(hours.closes, started, "right") - 1, 0)
    after = started - hours.closes[place]
    outside = (after >= 0) & (next_open_many(hours, started) > started)
    soon = int((outside & (after < HOUR)).sum())
    at_once = int((outside & (after < MINUTE)).sum())
    return at_once >= max(LEAST_BEGUN, MOSTLY * soon)
