"""Working hours and headcount of teams, from when their people were seen at work.

Time is cut into hours of the week in the log's zone. Somebody is present in an hour in which a visit of theirs starts
or ends, and in the hours between where these are of one spell of work. An hour is open where the team was seen at work
often enough, beside its usual hours. It has as many people as were seen at once in its busiest weeks,

    people = max over hours h of the 99 % quantile over weeks of the people present at h or an hour beside,

since capacity shows only when it is needed. People who work on several things at once count as often as they do. All of
a team get one calendar: groups with few hours of their own would hold visits over days that others finish the same day.

Seen at work is a lower bound of being there: nobody is seen while there is nothing to do.
Units: ticks (milliseconds) since the log's start.
Source of the idea: López-Pintado, Dumas (2023), Discovery and simulation of business processes with probabilistic
resource availability calendars, ICPM, support and confidence of an hour of the week.
"""

from datetime import datetime
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from calibration.evidence import Evidence, Fitted
from calibration.observed import NOBODY, Floats, Observed, Ticks
from calibration.teams import Teams, serving_teams
from calibration.working_time import worked_between
from twin.calendars import WEEKDAYS, Calendar, Timeline, describe, hours_per_week, timeline
from twin.timelines import worked_at
from twin.units import DAY, HOUR, WEEK

SLOTS: Final = WEEK // HOUR
HOURS_PER_DAY: Final = DAY // HOUR
USUAL: Final = 0.75
"""Quantile over the hours of the week in which a team was seen at all: the presence of a usual hour."""
RARE: Final = 0.2
"""Hours with less than this share of the usual presence are closed."""
SPELL: Final = 12 * HOUR
"""Longer visits are taken for suspended over a closing: presence counts at both ends only."""
BUSY: Final = 0.99
"""Quantile over weeks of the people present: what a team can do shows in its busiest weeks."""
GAP: Final = 2
"""Hours without work between hours of work that are taken for chance."""
MOST_LOAD: Final = 0.9
"""A team has at least as many people as keep its load below this."""
LAID_OUT: Final = 5 * 52 * WEEK
LAID_OUT_SPANS: Final = 3
"""Calendars are laid out for so many times the log's span and then so long: runs of the twin end before."""

Booleans = NDArray[np.bool_]


class Hours(NamedTuple):
    """When a team works, and with how many."""

    calendar: Calendar
    people: int
    open: Timeline  # of the calendar


class Presence(NamedTuple):
    """How a team was seen at work, by hour of the week, Monday first."""

    people: Floats  # (weeks, SLOTS) people present, NaN outside the log
    marks: Floats  # (SLOTS,) starts and ends


def fit_hours(observed: Observed, teams: Teams, *, start: datetime, zone: str) -> Fitted[tuple[Hours, ...]]:
    """Find each team's hours and headcount.

    Parameters
    ----------
    observed, teams
        Visits and who did them.
    start
        UTC instant of tick 0.
    zone
        IANA zone in which hours are read.

    Returns
    -------
    Fitted[tuple[Hours, ...]]
        By team.
    """
    found: list[Hours] = []
    evidence: list[Evidence] = []
    serving = serving_teams(teams)
    for team, name in enumerate(teams.names):
        mine = teams.of_visit == team
        presence = presence_of(observed, mine, start=start, zone=zone)
        opened = _open_hours(presence)
        calendar = _calendar(opened)
        until = LAID_OUT_SPANS * int(observed.finished.max()) + LAID_OUT
        laid_out = timeline(calendar, zone=zone, start=start, since=-WEEK, until=until)
        people = max(_headcount(presence, opened), _needed(observed, mine, laid_out))
        found.append(Hours(calendar, people, laid_out))
        if team in serving:
            evidence += _evidence(name, found[-1], presence, int(mine.sum()), opened)
    return Fitted(tuple(found), tuple(evidence))


def local_hours(ticks: Ticks, *, start: datetime, zone: str) -> Ticks:
    """Give the number of hours since Monday 1969-12-29 00:00 that the wall clock shows, shape as ticks."""
    wall = (
        (pl.lit(start).dt.cast_time_unit("ms") + pl.duration(milliseconds=pl.col("t"), time_unit="ms"))
        .dt.convert_time_zone(zone)
        .dt.replace_time_zone(None)
        .dt.epoch("ms")
    )
    shown = pl.DataFrame({"t": ticks}).select(wall).to_series().to_numpy()
    return np.asarray((shown + 3 * DAY) // HOUR)


def presence_of(observed: Observed, mine: Booleans, *, start: datetime, zone: str) -> Presence:
    """Count the people seen at work by hour of the week.

    Parameters
    ----------
    observed
        All visits: weeks are counted from the first to the last.
    mine
        Which of them are the team's, shape (visits,).
    start, zone
        As in `fit_hours`.
    """
    # a visit that ends at 16:00:00 was worked on until then, not in the hour that begins then
    last_worked = np.maximum(observed.started, observed.finished - 1)
    opened, closed = (
        local_hours(ticks, start=start, zone=zone) for ticks in (observed.started[mine], last_worked[mine])
    )
    first, last = (
        int(local_hours(np.array([t]), start=start, zone=zone)[0])
        for t in (observed.started.min(), observed.finished.max())
    )
    person = observed.person[mine]
    short = observed.finished[mine] - observed.started[mine] <= SPELL
    span = np.where(short, closed - opened, 0)
    # whoever opens a visit on the stroke of the hour and leaves it for long may have come at the end of the hour before
    told = short | (observed.started[mine] % HOUR > 0)
    hour = np.concatenate([np.repeat(opened, span + 1) + _counted(span + 1), closed[~short]])
    who = np.concatenate([np.repeat(person, span + 1), person[~short]])
    kept = np.concatenate([np.repeat(told, span + 1), np.ones(int((~short).sum()), np.bool_)])
    weight = _concurrency(observed, mine)
    hour, who = hour[kept], who[kept]
    seen = np.unique(np.stack([who, hour]), axis=1)
    weeks = np.zeros((last // SLOTS - first // SLOTS + 1, SLOTS))
    np.add.at(weeks, (seen[1] // SLOTS - first // SLOTS, seen[1] % SLOTS), weight[seen[0]])
    known = np.arange(weeks.size) + first // SLOTS * SLOTS
    weeks[((known < first) | (known > last)).reshape(weeks.shape)] = np.nan
    marks = np.bincount(np.concatenate([opened[told], closed]) % SLOTS, minlength=SLOTS)
    return Presence(weeks, marks.astype(np.float64))


def _counted(lengths: Ticks) -> Ticks:
    """Count 0, 1, … anew for each length."""
    return np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)


def _concurrency(observed: Observed, mine: Booleans) -> Floats:
    """Give how many visits each person works on at once while busy, shape (people + 1,).

    The last is for work that nobody signed: there it is the most visits at once, since nobody knows how many did it.
    """
    weight = np.ones(len(observed.people) + 1)
    for person in np.unique(observed.person[mine]).tolist():
        theirs = mine & (observed.person == person) & (observed.finished - observed.started <= SPELL)
        opened, closed = np.sort(observed.started[theirs]), np.sort(observed.finished[theirs])
        at_once = np.arange(1, opened.size + 1) - np.searchsorted(closed, opened, "right")
        if person == NOBODY:
            weight[person] = at_once.max(initial=1)
        elif opened.size:
            reach = np.maximum.accumulate(
                observed.finished[theirs][np.argsort(observed.started[theirs], kind="stable")]
            )
            busy = reach[-1] - opened[0] - np.maximum(opened[1:] - reach[:-1], 0).sum()
            weight[person] = max(1.0, (closed - opened).sum() / busy) if busy > 0 else 1.0
    return weight


def _headcount(presence: Presence, opened: Booleans) -> int:
    """Give the people present in the busy weeks at the busiest hour, smoothed over the hours beside."""
    seen = np.where(opened, presence.people, np.nan)
    pooled = np.concatenate([np.roll(seen, step, axis=1) for step in (-1, 0, 1)])[:, opened]
    return max(1, int(np.floor(np.nanquantile(pooled, BUSY, axis=0).max() + 0.5)))


def _needed(observed: Observed, mine: Booleans, hours: Timeline) -> int:
    """Count the people who could just do the team's work within its hours."""
    work = worked_between(hours, observed.started[mine], observed.finished[mine]).sum()
    first, last = worked_at(hours, np.array([observed.started[mine].min(), observed.finished[mine].max()]))
    return int(np.ceil(work / max(int(last - first), 1) / MOST_LOAD)) if last > first else 1


def _open_hours(presence: Presence) -> Booleans:
    """Choose the hours in which the team was seen often enough, beside its usual ones."""
    seen = np.nansum(presence.people, axis=0)
    usual = np.quantile(seen[seen > 0], USUAL)
    return _banded(seen >= np.maximum(RARE * usual, 1e-9))


def _banded(opened: Booleans) -> Booleans:
    """Close short gaps within a day."""
    filled = opened.reshape(-1, HOURS_PER_DAY).copy()
    for day in filled:
        at_work = np.flatnonzero(day)
        for before, after in pairwise(at_work.tolist()):
            day[before:after] |= after - before <= GAP + 1
    return filled.ravel()


def _calendar(opened: Booleans) -> Calendar:
    """Write open hours of the week as a calendar, days with the same hours together."""
    texts = [_day(opened[day * HOURS_PER_DAY : (day + 1) * HOURS_PER_DAY]) for day in range(len(WEEKDAYS))]
    week: dict[str, str] = {}
    for text in dict.fromkeys(text for text in texts if text):
        week[_days([day for day in range(len(WEEKDAYS)) if texts[day] == text])] = text
    return Calendar(week=week)


def _day(opened: Booleans) -> str:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], opened, [False]]).astype(np.int8)))
    return ", ".join(f"{first:02d}:00-{last:02d}:00" for first, last in edges.reshape(-1, 2).tolist())


def _days(days: list[int]) -> str:
    """Write days as ``mon-wed, fri``."""
    runs: list[list[int]] = []
    for day in days:
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ", ".join(WEEKDAYS[run[0]] + (f"-{WEEKDAYS[run[-1]]}" if len(run) > 1 else "") for run in runs)


def _evidence(name: str, hours: Hours, presence: Presence, rows: int, opened: Booleans) -> tuple[Evidence, Evidence]:
    covered = presence.marks[opened].sum() / presence.marks.sum()
    lower = "a lower bound: nobody is seen while there is nothing to do; no interval for a grouping of hours"
    return (
        Evidence(
            f"calendars.{name} hours",
            f"{describe(hours.calendar)} ({hours_per_week(hours.calendar):.0f} h a week)",
            f"busiest hours of the week in which the team was seen; they hold {covered:.1%} of starts and ends",
            rows,
            note=lower,
        ),
        Evidence(
            f"teams.{name}.people",
            f"{hours.people} at work at once",
            f"people seen at work at the busiest hour of the week, {BUSY:.0%} quantile over weeks",
            rows,
            note=lower,
        ),
    )
