"""Delays that were over while nobody was there, or everybody busy.

Whoever answers at 20:00 is served at 8:00 the next morning, behind others who answered, so a log shows a wait of 18 h
after a delay of 5 h. Of a visit that was enabled at e and began at s all that is known is that its delay lies between

    u - e   and   s - e,    u: until when somebody was free for it (`calibration.contention`),

with u no later than the last closing where it began soon after an opening: people come one by one.

Delays D of one way are taken to be alike at all hours. Their distribution F is the one that maximises the likelihood of
the intervals and of those waits that are seen whole (u = s); it is found by self-consistency, on a grid of values v:

    p(v) <- 1/n · sum over visits of  p(v) [v in the visit's interval] / F(the visit's interval).

Each hidden wait is then given a value within its interval, evenly over F there. Where closings leave hardly a wait seen
whole, those they hide stay as they are: the longest that is possible. Who is served first among several that wait is
not looked at, so of two within one busy period the later one seems as early as the other; a run of the twin, observed
by the same rule, is set beside it (`calibration.delays`).

Units: ticks (milliseconds). Source: Turnbull (1976), The empirical distribution function with arbitrarily grouped,
censored and truncated data, Journal of the Royal Statistical Society B 38(3), 290-295.
"""

from typing import Final

import numpy as np

from calibration.observed import Codes, Floats, Ticks
from calibration.presence import Booleans
from twin.timelines import Timeline

SOON: Final = 0.25
"""Share of an opening's length in which what begins may have been ready before."""
SEEN: Final = 0.1
"""Share of waits that are seen whole, below which hidden ones stay as they are."""
LEAST: Final = 10
VALUES: Final = 100
ROUNDS: Final = 100
GOLDEN: Final = (5**0.5 - 1) / 2


def ready_after(enabled: Ticks, started: Ticks, free: Ticks, hours: Timeline) -> Ticks:
    """Give the instant after which each visit was ready, its start where it was ready only then; shape (visits,).

    Parameters
    ----------
    enabled, started
        Of each visit, shape (visits,).
    free
        Until when somebody was free for it (`calibration.contention`), shape (visits,).
    hours
        When its team is there.
    """
    place = np.searchsorted(hours.opens, started, "right") - 1
    inside = (place > 0) & (started < hours.closes[place])
    opening, closing = hours.opens[place], hours.closes[place]
    soon = inside & (enabled < opening) & (started - opening <= SOON * (closing - opening))
    until = np.where(soon, np.minimum(free, hours.closes[place - 1]), free)
    # what became ready as the last one stopped being free may wait
    return np.where(until < started, np.maximum(until, enabled) - 1, started)


def hidden_by_closing(after: Ticks, started: Ticks, hours: Timeline) -> Booleans:
    """Tell which visits may have been ready while nobody was there, shape (visits,)."""
    place = np.searchsorted(hours.opens, started, "right") - 1
    inside = (place > 0) & (started < hours.closes[place])
    return np.asarray(inside & (after < hours.opens[place]) & (after < started))


def untold_by_closings(hidden: Booleans) -> bool:
    """Tell whether closings hide so many waits that these stay the longest possible."""
    return bool((~hidden).sum() < max(LEAST, SEEN * hidden.size))


def likely_waits(low: Ticks, waits: Ticks, weights: Floats) -> Ticks:
    """Give waits, those of which only bounds are known at likely lengths between them.

    Parameters
    ----------
    low, waits
        Each was longer than the one and at most the other; not hidden where both are the same. Shape (visits,).
    weights
        How many each stands for, shape (visits,).
    """
    hidden = low < waits
    if not hidden.any():
        return waits
    values = np.unique(np.quantile(np.concatenate([waits, low[hidden]]), np.linspace(0, 1, VALUES)))
    first = np.searchsorted(values, low[hidden], "right")
    last = np.maximum(np.searchsorted(values, waits[hidden], "right"), first + 1)
    first, last = np.minimum(first, values.size - 1), np.minimum(last, values.size)
    exact = np.bincount(np.searchsorted(values, waits[~hidden]), weights[~hidden], minlength=values.size).astype(
        np.float64
    )
    below = np.concatenate([[0.0], np.cumsum(_self_consistent(exact, first, last, weights[hidden]))])
    # evenly over what is possible, without chance: visits stand in order of items
    place = (np.arange(first.size) * GOLDEN + 0.5) % 1
    told = np.interp(below[first] + place * (below[last] - below[first]), below[1:], values)
    found = waits.copy()
    found[hidden] = np.clip(told, np.maximum(low[hidden], 0), waits[hidden]).astype(np.int64)
    return found


def _self_consistent(exact: Floats, first: Codes, last: Codes, weights: Floats) -> Floats:
    """Give the share of each value; intervals reach from `first` to before `last`."""
    count = exact.size
    pairs, place = np.unique(first * (count + 1) + last, return_inverse=True)
    times = np.bincount(place, weights)
    begin, end = np.divmod(pairs, count + 1)
    share, below = np.full(count, 1 / count), np.zeros(count + 1)
    for _ in range(ROUNDS):
        share.cumsum(out=below[1:])
        each = times / np.maximum(below[end] - below[begin], 1e-12)
        over = (np.bincount(begin, each, minlength=count + 1) - np.bincount(end, each, minlength=count + 1)).cumsum()
        better = exact + share * over[:count]
        better /= better.sum()
        if (better == share).all():
            break  # as it would stay
        share = better
    return share
