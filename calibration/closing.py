"""What becomes of a visit that the end of the hours finds begun.

A visit begun in hours that ends before the next opening was finished in overtime; one that ends after it rested over
the closing. A team finishes what it began where more visits did so than rested. Taking overtime for rest would keep
visits open over nights that nobody in the log spent with them.

Where visits still begin at the very end of the hours, as in logs whose hours include their last instant, and hardly any
in the hour after it, the hours last a minute longer: what comes then is begun, and not left for the next day.
Units: ticks (milliseconds).
"""

from typing import Final, NamedTuple

import numpy as np

from calibration.observed import Ticks
from calibration.working_time import next_open_many
from twin.timelines import Timeline
from twin.units import HOUR, MINUTE

RESTS, FINISHES = "suspend", "finish"
LEAST_BEGUN: Final = 5
MOSTLY: Final = 0.9
"""Share of the visits that begin in the hour after closing which begin in its first minute, from which on hours last
that minute longer."""


class Ending(NamedTuple):
    """What became of the visits that were at hand when the team closed."""

    kind: str  # suspend or finish, in the words of `twin.people.Team`
    finished: int  # visits that ended before the next opening
    rested: int  # after it


def at_closing(hours: Timeline, started: Ticks, finished: Ticks) -> Ending:
    """Tell what a team does with visits that its closing finds begun.

    Parameters
    ----------
    hours
        When the team works.
    started, finished
        Of its visits, shape (visits,).
    """
    inside = next_open_many(hours, started) == started
    place = np.minimum(np.searchsorted(hours.closes, started, "right"), hours.closes.size - 1)
    closes, following = hours.closes[place], hours.opens[np.minimum(place + 1, hours.opens.size - 1)]
    over = inside & (finished > closes)
    rested = int((over & (finished > following)).sum())
    in_overtime = int(over.sum()) - rested
    return Ending(FINISHES if in_overtime > rested else RESTS, in_overtime, rested)


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
