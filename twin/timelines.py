"""Timelines are working time in ticks, and the clock that runs only then.

A `Timeline` is a set of half-open intervals [open, close) of ticks (milliseconds) since the start, UTC. With W(t) the
working ticks before the instant t, the work done between a and b is W(b) - W(a), and w > 0 ticks of work begun at a
are done at the first instant t with W(t) = W(a) + w.

Source: elementary, a change of the clock. Read on the clock W, a queue that is suspended off shift is the same queue
without a calendar: theory checks calendars at no cost.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.zones import Ticks


class Timeline(NamedTuple):
    """Working time between two instants, in ticks (milliseconds) since the start, UTC.

    Attributes
    ----------
    opens, closes
        int64 (intervals,): each interval is [open, close), never empty; a gap lies between any two.
    worked
        int64 (intervals,): working ticks from `since` to each opening.
    until, since
        The stretch of time covered, [since, until). Nothing is known outside it.
    """

    opens: Ticks
    closes: Ticks
    worked: Ticks
    until: int
    since: int


def timeline_of(opens: Ticks, closes: Ticks, *, since: int, until: int) -> Timeline:
    """Make a timeline of intervals in any order, which may touch, overlap, be empty or reach outside.

    Parameters
    ----------
    opens, closes
        int64 (n,): the intervals, in ticks.
    since, until
        The stretch of time to cover, in ticks.

    Raises
    ------
    ValueError
        Where `since` lies after `until`.
    """
    if since > until:
        raise ValueError(f"since ({since}) lies after until ({until})")
    opens, closes = np.clip(opens, since, until), np.clip(closes, since, until)
    lasting = opens < closes
    opens, closes = opens[lasting], closes[lasting]
    order = np.argsort(opens, kind="stable")
    opens, reach = opens[order], np.maximum.accumulate(closes[order])
    first, last = np.ones(opens.size, dtype=np.bool_), np.ones(opens.size, dtype=np.bool_)
    first[1:] = last[:-1] = opens[1:] > reach[:-1]
    opens, closes = opens[first], reach[last]
    lengths = closes - opens
    return Timeline(opens=opens, closes=closes, worked=np.cumsum(lengths) - lengths, until=until, since=since)


def without(timeline: Timeline, opens: Ticks, closes: Ticks) -> Timeline:
    """Take stretches of time out of a timeline.

    Parameters
    ----------
    timeline
        Working time.
    opens, closes
        int64 (n,): the stretches, in ticks; in any order, they may overlap or reach outside.
    """
    taken = timeline_of(opens, closes, since=timeline.since, until=timeline.until)
    edges = np.sort(np.concatenate([timeline.opens, timeline.closes, taken.opens, taken.closes]))
    begins, ends = edges[:-1], edges[1:]
    left = _covers(timeline, begins) & ~_covers(taken, begins)
    return timeline_of(begins[left], ends[left], since=timeline.since, until=timeline.until)


def _covers(timeline: Timeline, ticks: Ticks) -> NDArray[np.bool_]:
    """Tell which instants are working time."""
    place = timeline.opens.searchsorted(ticks, "right") - 1
    inside: NDArray[np.bool_] = place >= 0
    inside[inside] = ticks[inside] < timeline.closes[place[inside]]
    return inside


def worked_at(timeline: Timeline, ticks: Ticks) -> Ticks:
    """Count the working ticks from the timeline's beginning to each instant.

    Parameters
    ----------
    timeline
        Working time.
    ticks
        int64, any shape: instants in ticks since the start.

    Returns
    -------
    Ticks
        int64, same shape: working ticks from `since` to the instant.

    Raises
    ------
    ValueError
        Where an instant lies outside the timeline.
    """
    outside = ticks[(ticks < timeline.since) | (ticks > timeline.until)]
    if outside.size:
        raise ValueError(_outside(timeline, int(outside.flat[0])))
    if not timeline.opens.size:
        return np.zeros_like(ticks)
    place = np.maximum(timeline.opens.searchsorted(ticks, "right") - 1, 0)
    inside = np.minimum(ticks, timeline.closes[place]) - timeline.opens[place]
    return timeline.worked[place] + np.maximum(inside, 0)


def working_ticks(timeline: Timeline, a: int, b: int) -> int:
    """Count the working ticks from instant a to instant b; negative where b lies before a.

    Raises
    ------
    ValueError
        Where an instant lies outside the timeline.
    """
    return _worked_before(timeline, b) - _worked_before(timeline, a)


def advance(timeline: Timeline, at: int, work: int) -> int:
    """Find the instant at which `work` working ticks, begun at `at`, are done.

    No work is done at once, at any hour. Work that fills an interval to its end is done at the closing, not at the
    next opening.

    Raises
    ------
    ValueError
        Where `work` is negative, `at` lies outside the timeline, or the timeline ends before the work does.
    """
    if work < 0:
        raise ValueError(f"work is at least 0 ticks, not {work}")
    target = _worked_before(timeline, at) + work
    if work == 0:
        return at
    place = int(timeline.worked.searchsorted(target, "left")) - 1
    done = int(timeline.opens[place]) + target - int(timeline.worked[place]) if place >= 0 else at
    if place < 0 or done > int(timeline.closes[place]):
        raise ValueError(_too_short(timeline, at, work))
    return done


def advance_many(timeline: Timeline, at: Ticks, work: Ticks) -> Ticks:
    """Do what `advance` does for many instants.

    Parameters
    ----------
    timeline
        Working time.
    at, work
        int64, shapes that broadcast together: instants and working ticks.

    Returns
    -------
    Ticks
        int64, the common shape: the instants at which the work is done.

    Raises
    ------
    ValueError
        As `advance` does.
    """
    begun, amount = np.broadcast_arrays(at, work)
    if (amount < 0).any():
        raise ValueError(f"work is at least 0 ticks, not {amount.min()}")
    target = worked_at(timeline, begun) + amount
    if not timeline.opens.size:
        done, late = begun, amount > 0
    else:
        place = np.maximum(timeline.worked.searchsorted(target, "left") - 1, 0)
        done = np.where(amount > 0, timeline.opens[place] + target - timeline.worked[place], begun)
        late = (amount > 0) & (done > timeline.closes[place])
    if late.any():
        raise ValueError(_too_short(timeline, int(begun[late][0]), int(amount[late][0])))
    return done


def is_open(timeline: Timeline, at: int) -> bool:
    """Tell whether the instant is working time; the closing instant is not."""
    place = int(timeline.opens.searchsorted(at, "right")) - 1
    return place >= 0 and at < int(timeline.closes[place])


def next_open(timeline: Timeline, at: int) -> int | None:
    """Find the first working instant at or after `at`: `at` itself while open, None where none follows."""
    place = int(timeline.closes.searchsorted(at, "right"))
    return max(at, int(timeline.opens[place])) if place < timeline.opens.size else None


def _worked_before(timeline: Timeline, at: int) -> int:
    # As worked_at, for one instant: ten times as fast as a NumPy array of one.
    if not timeline.since <= at <= timeline.until:
        raise ValueError(_outside(timeline, at))
    place = int(timeline.opens.searchsorted(at, "right")) - 1
    if place < 0:
        return 0
    return int(timeline.worked[place]) + min(at, int(timeline.closes[place])) - int(timeline.opens[place])


def _outside(timeline: Timeline, at: int) -> str:
    return f"tick {at} lies outside the timeline, which covers {timeline.since} to {timeline.until}"


def _too_short(timeline: Timeline, at: int, work: int) -> str:
    return f"{work} working ticks from tick {at} on are not done when the timeline ends, at tick {timeline.until}"
