"""When people were seen at work, hour by hour of the week, in the log's zone.

Somebody is present in an hour in which a visit of theirs starts, and up to its end where that is of one spell of work.
A visit that stays open for longer tells of its start alone: what was open over night is often closed by nobody.
People who work on several things at once count as often as they do.

Seen at work is a lower bound of being there: nobody is seen while there is nothing to do.
Units: ticks (milliseconds) since the log's start.
"""

from datetime import datetime
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from calibration.observed import NOBODY, Codes, Floats, Observed, Ticks
from twin.units import DAY, HOUR, WEEK

SLOTS: Final = WEEK // HOUR
SPELL: Final = 12 * HOUR
"""Longer visits are taken for left open over a closing."""

Booleans = NDArray[np.bool_]


class Presence(NamedTuple):
    """How a team was seen at work, by hour of the week, Monday first."""

    people: Floats  # (weeks, SLOTS) people present, as often as they work at once; NaN outside the log
    heads: Floats  # (weeks, SLOTS) people present, each once; NaN outside the log
    marks: Floats  # (SLOTS,) starts and ends
    begun: Codes  # (SLOTS,) visits that begin
    ended: Codes  # (SLOTS,) visits that end
    passed_over: Codes  # (SLOTS,) visits that end while others wait
    members: int  # people who were ever seen; 0 where nobody signed


def presence_of(observed: Observed, mine: Booleans, *, start: datetime, zone: str) -> Presence:
    """Count the people seen at work by hour of the week.

    Parameters
    ----------
    observed
        All visits: weeks are counted from the first to the last.
    mine
        Which of them are the team's, shape (visits,).
    start
        UTC instant of tick 0.
    zone
        IANA zone in which hours are read.
    """
    # a visit that ends at 16:00:00 was worked on until then, not in the hour that begins then
    last_worked = np.maximum(observed.started, observed.finished - 1)
    opened, closed = (
        local_hours(ticks, start=start, zone=zone) for ticks in (observed.started[mine], last_worked[mine])
    )
    ends = np.array([observed.started.min(), observed.finished.max()])
    first, last = local_hours(ends, start=start, zone=zone).tolist()
    short = observed.finished[mine] - observed.started[mine] <= SPELL
    # whoever opens a visit on the stroke of the hour and leaves it for long may have come at the end of the hour before
    told = short | (observed.started[mine] % HOUR > 0)
    told |= not told.any()
    span = np.where(short, closed - opened, 0) + 1
    hour, who = (np.repeat(opened, span) + _counted(span), np.repeat(observed.person[mine], span))
    seen = np.unique(np.stack([who, hour])[:, np.repeat(told, span)], axis=1)
    people, heads = (np.zeros((last // SLOTS - first // SLOTS + 1, SLOTS)) for _ in range(2))
    place = seen[1] // SLOTS - first // SLOTS, seen[1] % SLOTS
    np.add.at(people, place, _concurrency(observed, mine)[seen[0]])
    np.add.at(heads, place, 1)
    known = (np.arange(people.size) + first // SLOTS * SLOTS).reshape(people.shape)
    people[(known < first) | (known > last)] = heads[(known < first) | (known > last)] = np.nan
    marks = np.bincount(np.concatenate([opened[told], closed]) % SLOTS, minlength=SLOTS)
    waiting = _ends_while_others_wait(observed.enabled[mine], observed.started[mine], observed.finished[mine])
    begun, ended, passed_over = (
        np.bincount(hours % SLOTS, minlength=SLOTS) for hours in (opened, closed, closed[waiting])
    )
    members = int((np.unique(observed.person[mine]) != NOBODY).sum())
    return Presence(people, heads, marks.astype(np.float64), begun, ended, passed_over, members)


def with_open_visits(presence: Presence, observed: Observed, mine: Booleans, *, start: datetime, zone: str) -> Presence:
    """Take whoever has a visit open for present, each once, in place of people seen.

    Where people have several visits open for days, few hours see one begin.

    Parameters
    ----------
    presence
        The team, as `presence_of` sees it.
    observed, mine, start, zone
        As `presence_of` takes them.
    """
    who, begin, end = merged(observed.person[mine], observed.started[mine], observed.finished[mine])
    opened, closed = (local_hours(ticks, start=start, zone=zone) for ticks in (begin, np.maximum(begin, end - 1)))
    span = closed - opened + 1
    seen = np.unique(np.stack([np.repeat(who, span), np.repeat(opened, span) + _counted(span)]), axis=1)
    first = int(local_hours(np.array([observed.started.min()]), start=start, zone=zone)[0]) // SLOTS
    people = np.where(np.isnan(presence.heads), np.nan, 0.0)
    np.add.at(people, (seen[1] // SLOTS - first, seen[1] % SLOTS), 1)
    return presence._replace(people=people)


def merged(who: Codes, begin: Ticks, end: Ticks) -> tuple[Codes, Ticks, Ticks]:
    """Join the spans of each person that touch: who, begins and ends of what is left."""
    order = np.lexsort((begin, who))
    who, begin, end = who[order], begin[order], end[order]
    if not who.size:
        return who, begin, end
    apart = who * (int(end.max()) + 1)  # so that one running maximum never reaches the next person
    reach = np.maximum.accumulate(end + apart)
    new = np.flatnonzero(np.append(True, (begin + apart)[1:] > reach[:-1]))
    last = np.append(new[1:], who.size) - 1
    return who[new], begin[new], (reach - apart)[last]


def local_hours(ticks: Ticks, *, start: datetime, zone: str) -> Ticks:
    """Give the number of hours since Monday 1969-12-29 00:00 that the wall clock shows, shape as ticks."""
    return np.asarray(local_clock(ticks, start=start, zone=zone) // HOUR)


def local_clock(ticks: Ticks, *, start: datetime, zone: str) -> Ticks:
    """Give what the wall clock shows, in ticks since Monday 1969-12-29 00:00, shape as ticks."""
    wall = (
        (pl.lit(start).dt.cast_time_unit("ms") + pl.duration(milliseconds=pl.col("t"), time_unit="ms"))
        .dt.convert_time_zone(zone)
        .dt.replace_time_zone(None)
        .dt.epoch("ms")
    )
    shown = pl.DataFrame({"t": ticks}).select(wall).to_series().to_numpy()
    return np.asarray(shown + 3 * DAY)


def _counted(lengths: Ticks) -> Ticks:
    """Count 0, 1, … anew for each length."""
    return np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)


def _concurrency(observed: Observed, mine: Booleans) -> Floats:
    """Give how many visits each person works on at once while busy, shape (people + 1,).

    The last is for work that nobody signed: there it is the most visits at once, since nobody knows how many did it.
    """
    weight = np.ones(len(observed.people) + 1)
    rows = np.flatnonzero(mine & (observed.finished - observed.started <= SPELL))
    rows = rows[np.lexsort((observed.started[rows], observed.person[rows]))]
    for theirs in np.split(rows, np.flatnonzero(np.diff(observed.person[rows])) + 1) if rows.size else ():
        person = int(observed.person[theirs[0]])
        opened, closed = observed.started[theirs], np.sort(observed.finished[theirs])
        at_once = np.arange(1, opened.size + 1) - np.searchsorted(closed, opened, "right")
        if person == NOBODY:
            weight[person] = at_once.max(initial=1)
        else:
            reach = np.maximum.accumulate(observed.finished[theirs])
            busy = reach[-1] - opened[0] - np.maximum(opened[1:] - reach[:-1], 0).sum()
            weight[person] = max(1.0, (closed - opened).sum() / busy) if busy > 0 else 1.0
    return weight


def _ends_while_others_wait(enabled: Ticks, started: Ticks, finished: Ticks) -> Booleans:
    """Tell at which ends of visits others were there that nobody had begun, shape (visits,)."""
    come, begun = (np.searchsorted(np.sort(times), finished, "right") for times in (enabled, started))
    return np.asarray(come > begun)
