"""Working hours and headcount of teams, from when their people were seen at work.

Time is cut into hours of the week (`calibration.presence`). An hour is open where the team was seen at work often
enough, beside its usual hours (`calibration.open_hours`). It has as many people as were seen at once in its busiest
weeks,

    people = max over hours h of the 99 % quantile over weeks of the people present at h or an hour beside,

since capacity shows only when it is needed. Who works on several visits at once is present while one is open. All of a
team get one calendar: groups with few hours of their own would hold visits over days that others finish the same day.
The interval of people comes from drawing weeks anew.

Units: ticks (milliseconds) since the log's start.
Source of the idea: López-Pintado, Dumas (2023), Discovery and simulation of business processes with probabilistic
resource availability calendars, ICPM, support and confidence of an hour of the week.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np

from calibration.attention import Attention
from calibration.bootstrap import drawn_weeks, interval
from calibration.closing import (
    FINISHES,
    HOURS_PER_DAY,
    RESTS,
    Ending,
    at_closing,
    begins_at_closing,
    hours_of_beginning,
)
from calibration.evidence import Evidence, Fitted
from calibration.observed import Codes, Observed, Ticks
from calibration.open_hours import open_hours
from calibration.presence import Booleans, Presence, presence_of, with_open_visits
from calibration.teams import UNSIGNED, Teams, serving_teams
from calibration.turnover import said, turnover_of
from calibration.work_held import Export, held_by_hour
from calibration.working_time import worked_between
from twin.calendars import WEEKDAYS, Calendar, Timeline, describe, hours_per_week, timeline
from twin.timelines import worked_at
from twin.units import WEEK

BUSY: Final = 0.99
"""Quantile over weeks of the people present: what a team can do shows in its busiest weeks."""
MOST_LOAD: Final = 0.9
"""A team has at least as many people as keep its load below this."""
LAID_OUT: Final = 5 * 52 * WEEK
ONE_AT_A_TIME: Final[Mapping[int, Attention]] = MappingProxyType({})
LAID_OUT_SPANS: Final = 3
"""Calendars are laid out for so many times the log's span and then so long: runs of the twin end before."""


NOT_COUNTED: Final[Codes] = np.zeros(0, np.int64)


class Hours(NamedTuple):
    """When a team works, and with how many."""

    calendar: Calendar
    people: int
    open: Timeline  # of the calendar
    shift_end: str = "suspend"  # what becomes of a visit at closing, in the words of `twin.people.Team`
    overtime: bool = False  # late hours in which it only finishes what it began are left out
    counts: Codes = NOT_COUNTED  # people seen at the busiest hour of all weeks, then of weeks drawn anew
    at_once: int = 1  # visits that each of them works on at once

    @property
    def places(self) -> int:
        """Give the visits that can be under way at once."""
        return self.people * self.at_once


class Seen(NamedTuple):
    """A team as it was seen at work, and its hours as far as that tells them; overtime is told later."""

    mine: Booleans  # (visits,) which are the team's
    presence: Presence
    opened: Booleans  # (SLOTS,) hours of the week in which it was seen often enough
    calendar: Calendar  # of these
    open: Timeline  # of the calendar
    lay_out: Callable[[Calendar], Timeline]


def seen_at_work(
    observed: Observed,
    teams: Teams,
    *,
    start: datetime,
    zone: str,
    export: Export | None = None,
    shown: Observed | None = None,
) -> tuple[Seen, ...]:
    """Look at when each team was seen at work.

    Parameters
    ----------
    observed, teams
        Visits and who did them.
    start
        UTC instant of tick 0.
    zone
        IANA zone in which hours are read.
    export
        The log, where it holds what was done since a date.
    shown
        The visits with starts that show when somebody was there, where those of `observed` do not.

    Returns
    -------
    By team.
    """
    found = []
    until = LAID_OUT_SPANS * int(observed.finished.max()) + LAID_OUT
    earlier = -(-max(0, -int(observed.enabled.min())) // WEEK) + 1  # waits may begin long before the first visit
    lay_out = partial(timeline, zone=zone, start=start, since=-earlier * WEEK, until=until)
    for team in range(len(teams.names)):
        mine = teams.of_visit == team
        presence = presence_of(observed, mine, start=start, zone=zone)
        told = presence if shown is None else presence_of(shown, mine, start=start, zone=zone)
        held = None if export is None else held_by_hour(export, shown or observed, mine, start=start, zone=zone)
        opened = open_hours(told, held)
        laid_out = _laid_out(opened, (shown or observed).started[mine], lay_out)
        found.append(Seen(mine, presence, opened, *laid_out, lay_out))
    return tuple(found)


def fit_hours(
    observed: Observed,
    teams: Teams,
    *,
    start: datetime,
    zone: str,
    several: Mapping[int, Attention] = ONE_AT_A_TIME,
    overtimes: bool = True,
    seen: tuple[Seen, ...] = (),
) -> Fitted[tuple[Hours, ...]]:
    """Find each team's hours and headcount.

    Parameters
    ----------
    observed, teams, start, zone
        As `seen_at_work` takes them.
    several
        Teams whose people share their attention between visits, by index: everybody counts once, and the rest of what
        they have at hand rests at closing.
    overtimes
        Whether starts are known, so that hours in which what was begun is only finished can be left out, and who was
        there and busy can be told.
    seen
        The teams as they were seen, where that is known already.

    Returns
    -------
    Fitted[tuple[Hours, ...]]
        By team.
    """
    found: list[Hours] = []
    evidence: list[Evidence] = []
    serving = serving_teams(teams)
    for team, before in enumerate(seen or seen_at_work(observed, teams, start=start, zone=zone)):
        mine, shared = before.mine, several.get(team)
        each, overtime = _begun(before, observed) if shared is None and overtimes else (before, False)
        if shared is not None:
            presence = with_open_visits(each.presence, observed, mine, start=start, zone=zone)
            each = before._replace(presence=presence)
        ending = at_closing(each.open, observed.started[mine], observed.finished[mine])
        if shared is not None:
            ending = ending._replace(kind=RESTS)
        work = _within(each.open, observed, mine, overtime=overtime) if shared is None else shared.attended
        needed = _needed(observed, mine, each.open, each.presence.members, work)
        weeks = np.arange(len(each.presence.people))[None, :]
        if team in serving:
            weeks = np.concatenate([weeks, drawn_weeks(teams.names[team], weeks.size)])
        counts = _headcounts(each.presence, each.opened, weeks)
        people = max(int(counts[0]), needed)
        found.append(Hours(each.calendar, people, each.open, ending.kind, overtime, counts))
        if team in serving:
            mind = said(turnover_of(observed, mine, each.open), people) if overtimes else ""
            evidence += _evidence(teams.names[team], found[-1], each, np.maximum(counts[1:], needed), mind)
            evidence.append(_shift_end(teams.names[team], ending))
    return Fitted(tuple(found), tuple(evidence))


def _headcounts(presence: Presence, opened: Booleans, weeks: Codes) -> Codes:
    """Give the people present in the busy weeks at the busiest hour, smoothed over the hours beside.

    Parameters
    ----------
    presence, opened
        Who was seen, and the hours that are open, shape (SLOTS,).
    weeks
        Weeks to look at, shape (samples, weeks).

    Returns
    -------
    One number of people for each sample, shape (samples,), at least 1.
    """
    seen = np.where(opened, presence.people, np.nan)
    beside = np.stack([np.roll(seen, step, axis=1)[:, opened] for step in (-1, 0, 1)], axis=1)
    found = np.ones(len(weeks), np.int64)
    for number, sample in enumerate(weeks):
        ranked = np.sort(beside[sample].reshape(-1, beside.shape[2]), axis=0)  # hours outside the log come last
        place = BUSY * np.maximum((~np.isnan(ranked)).sum(axis=0) - 1, 0)
        below, above = (
            np.take_along_axis(ranked, edge(place).astype(np.int64)[None, :], axis=0)[0] for edge in (np.floor, np.ceil)
        )
        busiest = np.nan_to_num(below + (above - below) * (place % 1)).max()
        found[number] = max(1, int(busiest + 0.5))
    return found


def _within(hours: Timeline, observed: Observed, mine: Booleans, *, overtime: bool) -> int:
    """Add up the team's work within its hours, and where these hold all but short overtime that as well."""
    started, finished = observed.started[mine], observed.finished[mine]
    if overtime:
        return int((worked_at(hours, finished) - worked_at(hours, started)).sum())
    return int(worked_between(hours, started, finished).sum())


def _needed(observed: Observed, mine: Booleans, hours: Timeline, named: int, work: int) -> int:
    """Count the people who can do the team's work within its hours and had time left.

    Nobody is added whom the log does not name, unless the work could not be done without: somebody who never was would
    take the queues away, and what people waited for would look like delay.
    """
    first, last = worked_at(hours, np.array([observed.started[mine].min(), observed.finished[mine].max()]))
    if last <= first:
        return 1
    busy = work / max(int(last - first), 1)
    at_ease, least = int(np.ceil(busy / MOST_LOAD)), int(np.ceil(busy))
    return at_ease if not named else max(min(at_ease, named), least)


def _begun(seen: Seen, observed: Observed) -> tuple[Seen, bool]:
    """Choose the hours in which the team works, and tell whether late ones in which it only finishes are left out."""
    presence, mine = seen.presence, seen.mine
    begins = hours_of_beginning(seen.opened, presence.begun, presence.ended, presence.passed_over)
    if not (seen.opened != begins).any():
        return seen, False
    started, finished = observed.started[mine], observed.finished[mine]
    if at_closing(seen.lay_out(calendar_of(begins)), started, finished).kind != FINISHES:
        return seen, False
    calendar, laid_out = _laid_out(begins, started, seen.lay_out)
    return seen._replace(opened=begins, calendar=calendar, open=laid_out), True


def _laid_out(opened: Booleans, started: Ticks, lay_out: Callable[[Calendar], Timeline]) -> tuple[Calendar, Timeline]:
    """Write open hours as a calendar and lay it out, a minute longer where visits still begin at closing."""
    calendar = calendar_of(opened)
    laid_out = lay_out(calendar)
    if not begins_at_closing(laid_out, started):
        return calendar, laid_out
    longer = calendar_of(opened, longer=1)
    return longer, lay_out(longer)


def calendar_of(opened: Booleans, *, longer: int = 0) -> Calendar:
    """Write open hours of a week, shape (SLOTS,), days with the same hours together, each so many minutes longer."""
    texts = [_day(opened[day * HOURS_PER_DAY : (day + 1) * HOURS_PER_DAY], longer) for day in range(len(WEEKDAYS))]
    week: dict[str, str] = {}
    for text in dict.fromkeys(text for text in texts if text):
        week[_days([day for day in range(len(WEEKDAYS)) if texts[day] == text])] = text
    return Calendar(week=week)


def _day(opened: Booleans, longer: int) -> str:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], opened, [False]]).astype(np.int8)))
    bands = [(first, last, longer if last < HOURS_PER_DAY else 0) for first, last in edges.reshape(-1, 2).tolist()]
    return ", ".join(f"{first:02d}:00-{last:02d}:{more:02d}" for first, last, more in bands)


def _days(days: list[int]) -> str:
    """Write days as ``mon-wed, fri``."""
    runs: list[list[int]] = []
    for day in days:
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ", ".join(WEEKDAYS[run[0]] + (f"-{WEEKDAYS[run[-1]]}" if len(run) > 1 else "") for run in runs)


def _evidence(name: str, hours: Hours, seen: Seen, resampled: Codes, mind: str) -> tuple[Evidence, Evidence, Evidence]:
    """Say where calendar, people and their availability come from; never of a single person."""
    presence, opened, rows = seen.presence, seen.opened, int(seen.mine.sum())
    weeks, covered = len(presence.people), presence.marks[opened].sum() / presence.marks.sum()
    low, high = interval(resampled[:, None].astype(np.float64))[:, 0].tolist()
    known = presence.members > 0
    return (
        Evidence(
            f"calendars.{name} hours",
            f"{describe(hours.calendar)} ({hours_per_week(hours.calendar):.0f} h a week)",
            f"busiest hours of the week in which the team was seen; they hold {covered:.1%} of starts and ends",
            rows,
            note="a lower bound: nobody is seen while there is nothing to do; no interval, hours are a choice. "
            f"Weeks of {weeks} in which the first and the last hour were worked: {_support(presence, opened)}",
        ),
        Evidence(
            f"teams.{name}.people",
            f"{hours.people} at work at once, of {presence.members if known else 'an unknown number of'} people seen",
            f"people seen at work at the busiest hour of the week, {BUSY:.0%} quantile over weeks, or as many as keep "
            f"the load below {MOST_LOAD:.0%}; interval by drawing weeks anew",
            rows,
            f"{min(low, hours.people):.0f}",
            f"{max(high, hours.people):.0f}",
            "a lower bound: nobody is seen while there is nothing to do, and no week shows more than the busiest did",
            verdict="" if known else "assumed",
            why="" if known else UNSIGNED,
            mind=mind,
        ),
        Evidence(
            f"teams.{name}.available",
            f"on average each was seen at work in {_seen_share(presence, opened):.0%} of the team's hours"
            if known
            else f"unknown: {UNSIGNED}",
            "person-hours seen within the team's hours / (people seen x hours)",
            rows,
            note="a lower bound, of the team as a whole; the twin needs no share, since its people are those at work "
            "at once. No interval: what is unseen has no sampling error",
        ),
    )


def _shift_end(name: str, ending: Ending) -> Evidence:
    return Evidence(
        f"teams.{name}.shift_end",
        ending.kind,
        f"of visits begun before closing, {ending.finished} ended before the next opening, {ending.rested} after it",
        ending.finished + ending.rested,
        note="No interval: a rule is chosen. Where nothing was at hand at closing, it is an assumption.",
    )


def _support(presence: Presence, opened: Booleans) -> str:
    """Count, day by day, the weeks in which the first and the last open hour were worked."""
    worked = (presence.heads > 0).sum(axis=0).reshape(-1, HOURS_PER_DAY)
    days = opened.reshape(-1, HOURS_PER_DAY)
    return ", ".join(
        f"{day} {seen[hours][0]} and {seen[hours][-1]}"
        for day, hours, seen in zip(WEEKDAYS, days, worked, strict=True)
        if hours.any()
    )


def _seen_share(presence: Presence, opened: Booleans) -> float:
    within = presence.heads[:, opened]
    return float(np.nansum(within) / ((~np.isnan(within)).sum() * presence.members))
