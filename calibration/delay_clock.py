"""Whether a delay is counted by the clock or in working time.

A visit that was enabled at e and began at s was ready after u, until when somebody was free for it
(`calibration.contention`). When its team opens is known to the hour, so openings are cut into hours [a, b), the first
of which holds the closing before it. If delays are distributed as F by a clock c, elapsed or worked time, the hours
that u and s lie in have the chance

    P = F(c(b) - c(e)) - F(c(a) - c(e)),      a of the hour of u, b of the hour of s.

Where hours begin depends on nothing that is seen, so the chances of all starts add up to 1 by either clock. Intervals
that end with the start itself do not add up: each start of a morning would be as likely as the night before it.

F is what one half of the visits says, for the other half; the clock with the larger mean of ln P is taken. Visits that
began while their team is not thought to be there could not be had by either and say nothing.

Units: ticks (milliseconds). Source: Dawid (1984), Statistical theory: the prequential approach, Journal of the Royal
Statistical Society A 147(2), 278-292 (models judged by the chances that they gave to what came).
"""

from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple

import numpy as np

from calibration.closed_hours import likely_waits
from calibration.observed import Floats, Ticks, quantiles_of
from twin.timelines import Timeline, worked_at
from twin.units import HOUR

CELL: Final = HOUR
"""Calendars are learned by the hour (`calibration.hours`)."""
SHARES: Final = np.linspace(0, 1, 101)
FEW: Final = 4
"""Fewer visits than this tell nothing."""

Clock = Callable[[Ticks], Ticks]


class Starts(NamedTuple):
    """Visits of one way; arrays of shape (visits,)."""

    enabled: Ticks
    started: Ticks
    free: Ticks  # until when somebody was free for each (`calibration.contention`)
    weight: Floats  # how many each stands for


def delay_clock(starts: Starts, hours: Timeline) -> str:
    """Tell how the delay before visits is counted, ``clock`` or ``working``.

    Parameters
    ----------
    starts
        The visits.
    hours
        When their team is there.
    """
    enabled, started, free, weight = starts
    place = np.searchsorted(hours.opens, started, "right") - 1
    inside = (place > 0) & (started < hours.closes[place])
    told = Starts(enabled[inside], started[inside], free[inside], weight[inside])
    if told.enabled.size < FEW:
        return "clock"
    elapsed, worked = (_score(told, hours, clock) for clock in (np.asarray, partial(worked_at, hours)))
    return "working" if worked > elapsed else "clock"


def _score(starts: Starts, hours: Timeline, clock: Clock) -> float:
    """Give the mean ln P of visits by a clock."""
    enabled, started, free, weight = starts
    after = np.where(free < started, np.maximum(free, enabled) - 1, started)
    begin, end = _cells(np.minimum(after, started - 1), started, hours)
    since = clock(enabled)
    low, high = clock(after) - since, clock(started) - since
    first = np.where(begin <= enabled, -1, clock(begin) - since)  # whoever is ready at once is in the hour of e
    last = clock(np.maximum(end, started)) - since
    order, score = np.argsort(enabled, kind="stable"), 0.0
    for past, later in ((order[::2], order[1::2]), (order[1::2], order[::2])):
        knots = quantiles_of(likely_waits(low[past], high[past], weight[past]), weight[past], SHARES)
        chance = _below(knots, last[later]) - _below(knots, first[later])
        # what was never seen before is as likely anywhere, as one visit more
        anywhere = (last[later] - np.maximum(first[later], 0)) / (last.max() + 1)
        score += float(np.log((past.size * chance + anywhere) / (past.size + 1)).sum())
    return score / enabled.size


def _cells(after: Ticks, started: Ticks, hours: Timeline) -> tuple[Ticks, Ticks]:
    """Give when the hour begins that the first instant after lies in, and when the one ends that a start lies in."""
    place = np.searchsorted(hours.opens, started, "right") - 1
    opening = hours.opens[place]
    end = np.minimum(opening + ((started - opening) // CELL + 1) * CELL, hours.closes[place])
    place = np.maximum(np.searchsorted(hours.opens, after + 1, "right") - 1, 1)
    opening, closing = hours.opens[place], hours.closes[place]
    whole = (after + 1 - opening) // CELL
    begin = np.where(whole <= 0, hours.closes[place - 1], opening + whole * CELL)
    return np.where(after + 1 >= closing, closing, begin), end


def _below(knots: Floats, times: Ticks) -> Floats:
    """Give the share of waits that are no longer than each time, straight lines between quantiles."""
    rising = knots + np.arange(knots.size) * 1e-6
    return np.asarray(np.interp(times + 0.5, rising, SHARES, left=0.0, right=1.0), np.float64)
