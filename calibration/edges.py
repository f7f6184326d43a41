"""Items that an edge of a log cuts: their last visit looks like their end, or their first like their beginning.

Of visits to a stage the time W until the item's next visit is known, or longer than R = end of the log - end of the
visit; with S the share of items whose next visit has not come after a time (Kaplan-Meier), an item without one is done
with

    P(done | none within R) = S(infinity) / S(R),

since S(infinity) of the items never go on. As many are taken as the chances leave, spread over the items as these are.
Read backwards in time it is the chance that an item began with its first visit. Units: ticks (milliseconds).
Source: Maller and Zhou (1992), Estimating the proportion of immunes in a censored sample, Biometrika 79(4).
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.units import WEEK

LEAST_MOVES: Final = 20
"""With fewer moves on from a stage nothing is said of it."""
LIKELY: Final = 0.6
"""Who is done with less chance stands at a stage for so short a time that it is looked at."""
SURE: Final = 3.0
"""Standard deviations above what is usual."""
MOST_WEEKS: Final = 8
LEAST_WEEKS: Final = 3
"""Earlier weeks that say what is usual."""
FEWEST: Final = 2

Ticks = NDArray[np.int64]
Floats = NDArray[np.float64]


def done_chance(waited: Ticks, moved: NDArray[np.bool_]) -> Floats:
    """Give the chance that an item which has not gone on never will.

    Parameters
    ----------
    waited
        Time until the next visit, or until the end of the log where none came, shape (visits,).
    moved
        Whether one came, shape (visits,).

    Returns
    -------
    Shape (visits,); of use where none came.
    """
    _, place = np.unique(waited, return_inverse=True)
    moves, all_ = np.bincount(place, moved), np.bincount(place)
    at_risk = np.cumsum(all_[::-1])[::-1]
    left = np.cumprod(1 - moves / at_risk)
    return np.asarray(left[-1] / np.maximum(left[place], 1e-12))


def more_than_usual(stood: Ticks, chance: Floats, observed: tuple[int, int]) -> bool:
    """Tell whether more items stand at the end than were done in the same hours of earlier weeks.

    Parameters
    ----------
    stood
        When the last visits of the items that look done ended, rising, shape (items,).
    chance
        That each is done, shape (items,).
    observed
        From when on ends were seen, and when the log ends.
    """
    begin, end = observed
    recent = stood[chance < LIKELY]
    if not recent.size:
        return False
    length = end - int(recent.min())
    apart = max(1, -(-length // WEEK)) * WEEK
    weeks = min(MOST_WEEKS, (end - length - begin) // apart)
    if weeks < LEAST_WEEKS:
        return False
    earlier = np.array([_between(stood, end - k * apart, length) for k in range(1, weeks + 1)])
    usual = float(earlier.mean())
    spread = math.sqrt(max(usual, float(earlier.var(ddof=1))) * (1 + 1 / weeks))
    return bool(_between(stood, end, length) > usual + SURE * spread + FEWEST)


def _between(instants: Ticks, until: int, length: int) -> int:
    """Count instants in the time of a length until a tick."""
    return int(np.count_nonzero((instants > until - length - 1) & (instants <= until)))


def in_turn(chance: Floats) -> NDArray[np.bool_]:
    """Choose as many as chances add up to, in each stretch as many as there.

    Parameters
    ----------
    chance
        Of each item, in an order, shape (items,).

    Returns
    -------
    Whether it is chosen, shape (items,).

    >>> in_turn(np.array([0.3, 0.3, 0.3, 0.3])).tolist()
    [False, True, False, False]
    """
    passed = np.floor(np.append(0.0, np.cumsum(chance)) + 0.5)
    return np.asarray(np.diff(passed) > 0)
