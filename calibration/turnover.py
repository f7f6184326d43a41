"""People who join or leave while a log is kept.

A twin has as many people throughout as a team had in its busiest weeks. Somebody counts as there from their first visit
to their last. Where as a log begins or ends a team had fewer, and these were busy, the twin has people then whom nobody
could ask, so their queue is taken for delay, and more people seem to gain less than they would.

    there(t) = people with first visit <= t <= last visit,        busy = work in a part of the log / (there x hours)

Units: ticks (milliseconds).
"""

from typing import Final, NamedTuple

import numpy as np

from calibration.observed import NOBODY, Observed, Ticks
from calibration.presence import Booleans
from twin.timelines import Timeline, worked_at

LEAST_VISITS: Final = 20
"""Somebody with fewer is not known well enough to say when they came."""
PART: Final = 0.2
"""Share of the log that is its begin, and its end; who is there in the middle of that part counts."""
FEWER: Final = 0.8
"""Share of the people at the other end, up to which a part has few."""
BUSY: Final = 0.6
"""Share of their hours in which they are at work, from which on it matters that they were few."""


class Turnover(NamedTuple):
    """How many were there at both ends of a log, where one end had few and they were busy."""

    first: int
    last: int
    busy: float  # share of their hours in which the few were at work


def turnover_of(observed: Observed, mine: Booleans, hours: Timeline) -> Turnover | None:
    """Tell whether a team grew or shrank while those who were there were busy.

    Parameters
    ----------
    observed
        Visits.
    mine
        Which of them are the team's, shape (visits,).
    hours
        When it works.
    """
    known = np.flatnonzero(mine & (observed.person != NOBODY))
    if not known.size:
        return None
    person, started, finished = (each[known] for each in (observed.person, observed.started, observed.finished))
    names, number, visits = np.unique(person, return_inverse=True, return_counts=True)
    come, gone = np.full(names.size, started.max()), np.full(names.size, started.min())
    np.minimum.at(come, number, started)
    np.maximum.at(gone, number, started)
    often = visits >= LEAST_VISITS
    begin, end = int(started.min()), int(started.max())
    part = int((end - begin) * PART)
    first, last = (int((often & (come <= at) & (gone >= at)).sum()) for at in (begin + part // 2, end - part // 2))
    if not min(first, last) or min(first, last) > FEWER * max(first, last):
        return None
    since = begin if first < last else end - part
    busy = _busy(hours, np.clip(started, since, since + part), np.clip(finished, since, since + part), (since, part))
    busy /= min(first, last)
    return Turnover(first, last, busy) if busy >= BUSY else None


def said(turnover: Turnover | None, people: int) -> str:
    """Say what whoever learns the twin should hear, or nothing."""
    if turnover is None:
        return ""
    return (
        f"{turnover.first} were there as the log begins and {turnover.last} as it ends; the twin has {people} "
        f"throughout. While they were fewer they were busy {turnover.busy:.0%} of their hours, so part of their queue "
        "may count as delay, and people more or less change less than they would: learn from the weeks since, if enough"
    )


def _busy(hours: Timeline, started: Ticks, finished: Ticks, span: tuple[int, int]) -> float:
    since, part = span
    there = np.diff(worked_at(hours, np.array([since, since + part])))[0]
    return float((worked_at(hours, finished) - worked_at(hours, started)).sum() / max(int(there), 1))
