"""Sums and times of an event log, from arrays: what every metric is a ratio of.

A stay is one item from its arrival until it left: done, or early (cancelled or turned away), which is no end that is
counted. With `work` its type and [since, until) the window, the sums are integers, over the items of a type and all:

    inside = sum of (min(left, until) - max(arrived, since))     lead = done - arrived     cycle = done - first start

Sums of integers do not depend on the order of rows, nor on who adds them up; floats appear only in quantiles and in the
few visits that a window's edge cuts. Units: ticks (milliseconds). Quantiles interpolate linearly between order
statistics: `linear` in NumPy, type 7 of Hyndman and Fan 1996, The American Statistician 50.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.accrual import Accrued, Items, Laid, Trail, accrued, area, nothing
from twin.eventlog import NEVER, Codes, Ticks, Visits
from twin.rows import CANCELLED, TOGETHER, TURNED_AWAY, Words
from twin.units import WEEK
from twin.yardstick import Clock, Window

Values = NDArray[np.float64]
Mask = NDArray[np.bool_]

FOREVER: Final[int] = int(np.iinfo(np.int64).max)
UNKNOWN: Final = -1
"""The code of a name that was not recorded; it stands for the last place of an array."""


class Rows(NamedTuple):
    """What is read of visits; every array has shape (visits,), NEVER stands for what has not come or was not told."""

    item: Ticks  # number of the item
    work: Codes  # work type
    team: Codes
    arrived: Ticks  # when the item came to the stage, or the first that is known of that
    started: Ticks
    suspended: Ticks
    finished: Ticks
    flags: Codes  # see `twin.rows`; 0 in logs that were read
    stage: Codes
    waits: Words | None  # why they waited, see `twin.rows`; None in logs that do not tell

    @property
    def whole(self) -> Mask:
        """Tell which visits have both a start and a finish."""
        both: Mask = (self.started != NEVER) & (self.finished != NEVER)
        return both


class Stays(NamedTuple):
    """Items, in the order of their numbers; every array has shape (numbers,), and a number may have no item."""

    work: Codes  # work type
    arrived: Ticks  # NEVER where unknown, or without an item
    first_start: Ticks  # NEVER before it
    done: Ticks  # when it left, done or not; NEVER while inside
    worked: Ticks  # ticks in which somebody worked on it, finished visits only
    early: Codes  # CANCELLED, TURNED_AWAY, or 0 for items that are done or inside


class Times(NamedTuple):
    """Times by scope, ascending within each: the scopes are the work types and, last, all together."""

    ticks: Ticks  # (2 times,) by work type, and once more all together
    first: Ticks  # (scopes,) where a scope's times begin
    number: Ticks  # (scopes,) how many
    total: Ticks  # (scopes,) sum

    def and_then(self, others: "Times") -> "Times":
        """Let the scopes of others follow."""
        follow = others._replace(first=others.first + self.ticks.size)
        return Times(*(np.concatenate(pair) for pair in zip(self, follow, strict=True)))


class Flow(NamedTuple):
    """Items by scope; every array has shape (scopes,) and concerns the items done inside the window, but `inside`."""

    inside: Ticks  # sum of the times that items were inside, cut at the window's edges
    times: Times  # (2 scopes,) lead times, then cycle times
    worked: Ticks
    promised: Ticks  # items with a promise
    kept: Ticks  # items within it
    came: Ticks  # items that arrived in the window, and of these
    refused: Ticks  # those turned away
    ended: Ticks  # items done or cancelled in the window, and of these
    cancelled: Ticks  # those cancelled
    spent: Ticks  # ticks of work on items that ended, and of these
    wasted: Ticks  # those on items cancelled


class Counts(NamedTuple):
    """All that metrics are made of."""

    flow: Flow
    busy: Values  # (teams + 1,) working ticks of visits inside the window, the last one 0
    weeks: Values  # (whole weeks, 3) arrivals, items done, mean number of items inside
    accrued: Accrued  # what delay, machines and clocks are made of


def counted(
    rows: Rows, window: Window, promises: Ticks, clocks: Sequence[Clock | None], laid: Laid | None = None
) -> Counts:
    """Count what metrics are made of.

    Parameters
    ----------
    rows
        Visits, in any order.
    window
        Ticks [since, until).
    promises
        Promised lead time by work type, NEVER where there is none; shape (work types + 1,), the last one NEVER.
    clocks
        By code of the team.
    laid
        What is counted of value besides.
    """
    known = suspended_by(rows, clocks)
    worked = working(known)
    items = stays(known, worked)
    totals, found = flow(items, window, promises), nothing(promises.size)
    if laid is not None:
        trail = Trail(_numbered(rows.item)[0], rows.stage, rows.team, *rows[3:5], rows.finished, rows.waits)
        found = accrued(laid, Items(*items[:2], items.done, items.early != 0), trail, window, promises.size)
        totals = with_clocks(totals, found)
    return Counts(totals, busy(known, worked, window, clocks), weeks(items, window), found)


def with_clocks(found: Flow, more: Accrued) -> Flow:
    """Add the promises that have a clock of their own; where a log does not tell them, nothing is promised."""
    promised = np.where(more.untold, 0, found.promised + more.promised)
    return found._replace(promised=promised, kept=found.kept + more.kept)


def rows_of(visits: Visits, waits: Words | None = None) -> Rows:
    """Take what is read from an engine's rows, and from its waits."""
    return Rows(
        visits.item, visits.work, visits.team, visits.enabled, visits.started, visits.suspended, visits.finished,
        visits.flags, visits.stage, waits,
    )  # fmt: skip


def suspended_by(rows: Rows, clocks: Sequence[Clock | None]) -> Rows:
    """Fill in the suspensions that nobody recorded, from the clocks of the teams."""
    missing = np.flatnonzero(rows.whole & (rows.suspended == NEVER))
    if not missing.size:
        return rows
    team, started, finished = rows.team[missing], rows.started[missing], rows.finished[missing]
    off_work = finished - started - _clocked(team, started, finished, clocks)
    known = ~np.isnan(off_work)
    suspended = rows.suspended.copy()
    suspended[missing[known]] = np.rint(off_work[known])
    return rows._replace(suspended=suspended)


def _clocked(team: Codes, begin: Ticks, end: Ticks, clocks: Sequence[Clock | None]) -> Values:
    """Read the working ticks between two instants off the clock of each row's team; NaN where there is none."""
    found = np.full(team.size, np.nan)
    for code, clock in enumerate(clocks):
        mine = np.flatnonzero(team == code)
        if clock is not None and mine.size:
            found[mine] = np.interp(end[mine], *clock) - np.interp(begin[mine], *clock)
    return found


def working(rows: Rows) -> Ticks:
    """Give the ticks in which somebody worked, shape (visits,); 0 for visits without a start or a finish."""
    suspended = np.where(rows.suspended == NEVER, 0, rows.suspended)
    return np.where(rows.whole, rows.finished - rows.started - suspended, 0)


def stays(rows: Rows, worked: Ticks) -> Stays:
    """Bring the visits of each item together.

    Parameters
    ----------
    rows
        Visits, in any order.
    worked
        Ticks of work, shape (visits,), see `working`.
    """
    item, numbers = _numbered(rows.item)
    work = np.full(numbers, UNKNOWN, np.int32)
    work[item] = rows.work
    begin, end = (np.full(numbers, extreme, np.int64) for extreme in (FOREVER, NEVER))
    arrived, first_start, finished, total = begin, begin.copy(), begin.copy(), np.zeros(numbers, np.int64)
    np.minimum.at(arrived, item, _ahead(rows.arrived))
    np.minimum.at(first_start, item, _ahead(rows.started))
    np.minimum.at(finished, item, rows.finished)  # NEVER comes before all: one open visit, and the item is inside
    np.maximum.at(end, item, rows.finished)
    np.add.at(total, item, worked)
    arrived[arrived == FOREVER] = NEVER
    first_start[first_start == FOREVER] = NEVER
    end[finished == NEVER] = NEVER
    early = np.zeros(numbers, np.int32)
    np.bitwise_or.at(early, item, rows.flags & (CANCELLED | TURNED_AWAY))
    return Stays(work, arrived, first_start, end, total, early)


def _ahead(instants: Ticks) -> Ticks:
    return np.where(instants == NEVER, FOREVER, instants)


def _numbered(item: Ticks) -> tuple[Ticks, int]:
    """Count items from 0, keeping their numbers where few are left out; gives how many numbers there are."""
    if not item.size:
        return item, 0
    least, most = int(item.min()), int(item.max())
    if most - least < 4 * item.size:
        return item - least, most - least + 1
    seen, numbers = np.unique(item, return_inverse=True)
    return numbers, seen.size


def flow(items: Stays, window: Window, promises: Ticks) -> Flow:
    """Sum up what concerns items.

    Parameters
    ----------
    items
        Items.
    window
        Ticks [since, until).
    promises
        Promised lead time by work type, NEVER where there is none; shape (work types + 1,), the last one NEVER.
    """
    scopes = promises.size
    ended = items_done(items, window)
    lead, promise = ended.done - ended.arrived, promises[ended.work]
    started = ended.first_start != NEVER
    return Flow(
        _by_scope(items.work, inside(items, window), scopes),
        times(lead, ended.work, scopes).and_then(
            times((ended.done - ended.first_start)[started], ended.work[started], scopes)
        ),
        _by_scope(ended.work, ended.worked, scopes),
        _by_scope(ended.work, (promise != NEVER).astype(np.int64), scopes),
        _by_scope(ended.work, (lead <= promise).astype(np.int64), scopes),
        *_early(items, window, scopes),
    )


def _early(items: Stays, window: Window, scopes: int) -> list[Ticks]:
    """Sum up who was turned away of those that arrived in a window, and who was cancelled of those that ended in it."""
    came = (items.arrived >= window[0]) & (items.arrived < window[1])
    ended = _ended(items, window) & (items.early != TURNED_AWAY)
    refused, cancelled = came & (items.early == TURNED_AWAY), ended & (items.early == CANCELLED)
    counts = [_by_scope(items.work, which.astype(np.int64), scopes) for which in (came, refused, ended, cancelled)]
    return [*counts, *(_by_scope(items.work, np.where(which, items.worked, 0), scopes) for which in (ended, cancelled))]


def inside(items: Stays, window: Window) -> Ticks:
    """Give how long each item was inside during a window, shape (numbers,)."""
    since, until = window
    left = np.where(items.done == NEVER, until, items.done)
    stay = np.clip(left, since, until) - np.clip(items.arrived, since, until)
    return np.where(items.arrived == NEVER, 0, stay)


def items_done(items: Stays, window: Window) -> Stays:
    """Choose the items done inside a window, of which is known when they arrived."""
    chosen = np.flatnonzero(_ended(items, window) & (items.arrived != NEVER) & (items.early == 0))
    return Stays._make(column[chosen] for column in items)


def _ended(items: Stays, window: Window) -> Mask:
    """Tell which items left inside a window, done or not."""
    ended: Mask = (items.done >= window[0]) & (items.done < window[1])
    return ended


def _by_scope(work: Codes, ticks: Ticks, scopes: int) -> Ticks:
    total = np.zeros(scopes, np.int64)
    np.add.at(total, work, ticks)  # what has no work type is added to the last, which is all together
    total[-1] = ticks.sum()
    return total


def times(ticks: Ticks, work: Codes, scopes: int) -> Times:
    """Sort times by scope.

    Parameters
    ----------
    ticks, work
        Times and their work types, shape (times,).
    scopes
        Number of work types, and one.
    """
    count = np.bincount(work + 1, minlength=scopes)
    bounds = np.cumsum(count)
    # Codes are few, and few bits are sorted by counting.
    order = np.argsort(work.astype(np.min_scalar_type(-scopes)), kind="stable")
    both = np.concatenate([ticks[order], ticks])
    for begin, end in pairwise([*bounds.tolist(), both.size]):
        both[begin:end].sort()
    count = np.append(count[1:], ticks.size)
    running = np.concatenate([[0], np.cumsum(both)])
    return Times(both, bounds, count, running[bounds + count] - running[bounds])


def quantiles(found: Times, shares: Values, scopes: NDArray[np.intp]) -> Values:
    """Interpolate quantiles, in ticks.

    Parameters
    ----------
    found
        Times.
    shares, scopes
        Which shares of which scopes; their shapes are broadcast.

    Returns
    -------
    Values
        Of the same shape; NaN where a scope has no times.
    """
    number, first = found.number[scopes], found.first[scopes]
    if not found.ticks.size:
        return np.full(np.broadcast(shares, scopes).shape, np.nan)
    last = number - 1
    place = shares * np.maximum(last, 0)
    below = place.astype(np.int64)
    rest = place - below
    below_last, below = below < last, below + first
    most = found.ticks.size - 1  # a scope without times may begin where the others end
    low, high = found.ticks[np.minimum(below, most)], found.ticks[np.minimum(below + below_last, most)]
    step = high - low
    # From the nearer side, as NumPy does: no quantile leaves its two neighbours.
    between = np.where(rest < 0.5, low + step * rest, high - step * (1 - rest))
    return np.where(number, between, np.nan)


def busy(rows: Rows, worked: Ticks, window: Window, clocks: Sequence[Clock | None]) -> Values:
    """Sum the working ticks of visits inside a window by team; shape (teams + 1,), the last one 0."""
    since, until = window
    rows = rows._replace(started=np.where(rows.flags & TOGETHER, NEVER, rows.started))  # with another, which counts
    met = (rows.started < until) & (rows.finished > since) & (rows.started != NEVER)
    told = met & (rows.started >= since) & (rows.finished <= until) & (rows.suspended != NEVER)
    total = np.zeros(len(clocks) + 1, np.int64)
    np.add.at(total, rows.team, np.where(told, worked, 0))
    begun = (rows.started != NEVER) & (rows.started < until)
    cut = np.flatnonzero(begun & ~told & (met | (rows.finished == NEVER)))
    cut_off = Cut(rows.team[cut], rows.started[cut], rows.finished[cut], worked[cut])
    return with_cut(total, cut_off, window, clocks)


class Cut(NamedTuple):
    """Visits that a window cuts, or of which too little is known; every array has shape (visits,)."""

    team: Codes
    started: Ticks
    finished: Ticks  # NEVER while under way
    worked: Ticks  # of all the visit, 0 while under way


def with_cut(busy: Ticks, cut: Cut, window: Window, clocks: Sequence[Clock | None]) -> Values:
    """Add the ticks inside the window of visits it cuts to those of other visits, by team, shape (teams + 1,)."""
    found = busy.astype(np.float64)
    for code in set(cut.team.tolist()):
        mine = cut.team == code
        partial = _inside_part(Cut._make(column[mine] for column in cut), window, clocks[code] if code >= 0 else None)
        found[code] += math.fsum(partial.tolist())  # rounds once, so the order of rows does not matter
    found[-1] = 0.0  # visits of an unknown team
    return found


def _inside_part(cut: Cut, window: Window, clock: Clock | None) -> Values:
    """Give the working ticks inside the window of one team's visits."""
    since, until = window
    begin = np.maximum(cut.started, since)
    is_open = cut.finished == NEVER
    end = np.minimum(np.where(is_open, until, cut.finished), until)
    if clock:
        return np.interp(end, *clock) - np.interp(begin, *clock)
    elapsed = np.where(is_open, 0, cut.finished - cut.started)
    density = np.divide(cut.worked, elapsed, out=np.ones(begin.size), where=elapsed > 0)
    return (end - begin) * density


def weeks(items: Stays, window: Window) -> Values:
    """Count week by week; shape (whole weeks, 3): arrivals, items done, mean number of items inside."""
    edges = np.arange(window[0], window[1] + 1, WEEK)
    arrived, left = passages(items)
    areas = np.diff(area(arrived, edges) - area(left, edges)) / WEEK
    done = np.sort(items.done[(items.done != NEVER) & (items.early == 0)])
    return np.column_stack([np.diff(arrived.searchsorted(edges)), np.diff(done.searchsorted(edges)), areas])


def passages(items: Stays) -> tuple[Ticks, Ticks]:
    """List the instants at which items arrived, and at which they left, done or not, each in order."""
    arrived, left = (np.sort(instants[instants != NEVER]) for instants in (items.arrived, items.done))
    return arrived, left
