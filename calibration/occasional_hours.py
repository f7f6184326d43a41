"""Shifts that a team held in some weeks, on weekdays on which it has no regular hours.

A twin must not call impossible what its log shows. A team held a weekday in a week if two visits were begun on it, or
one that reaches into another hour, those that take no time left out: one short visit may have a wrong date, and what
takes no time is done by a machine. A weekday that was held in one week only, whoever held it, may be an import or a
clock gone wrong; held in two weeks it is a custom of the house, and each team then has it as often as it held it
itself. With k of n weeks, and K of all teams together,

    share ~ Beta(k', n + 1 - k'),     k' = k + k / 2K,     which the twin has at its mean k' / (n + 1)

and each member of its ensemble at a draw. The half week is that of Jeffreys' prior, of the house as a whole: it makes
up for the weekdays that were held too seldom to be found. No share is 0 or 1, whatever few weeks say. A log of what was
done since a date holds a share e of the work of a week before it (`calibration.work_held`); such a week counts for

    P(two visits or more | e v) / P(two visits or more | v),     visits are Poisson, v a shift has where all are held,

since a shift in it may have been held and not show.

The hours of a shift are those in which the team was seen in at least half as many of these weeks as in the busiest one,
short gaps closed; its people are the mean over these weeks of the most who were seen at once.

Teams with hours on all days have none, and days with regular hours stay as they are. Seen at work is a lower bound of
being there. Which weeks hold a shift may have reasons; a twin holds them by chance, each team by itself.

Units: hours of the week in the log's zone; weeks from the log's first to its last. Source: Brown, Cai and DasGupta
(2001), Interval estimation for a binomial proportion, Statistical Science 16(2), section 4.3 (Jeffreys' prior).
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, NamedTuple

import numpy as np

from calibration.bootstrap import share_anew, share_interval
from calibration.closing import HOURS_PER_DAY
from calibration.evidence import Evidence, Fitted
from calibration.hours import Hours
from calibration.observed import Codes, Floats, Observed, Ticks
from calibration.open_hours import banded
from calibration.presence import SLOTS, Booleans, local_hours, presence_of
from calibration.teams import Teams, serving_teams
from calibration.work_held import Export, held_by_hour
from calibration.working_time import last_close_many, next_open_many, worked_between
from twin.calendars import WEEKDAYS, Calendar, pattern, timeline
from twin.timelines import Timeline, timeline_of
from twin.units import WEEK, say_share

LEAST_WEEKS: Final = 2
"""Weeks in which the house held a weekday, from which on it may come again."""
LEAST_VISITS: Final = 2
"""Visits begun by a team on a day that it held; one that reaches into another hour counts twice."""
USUAL_HOUR: Final = 0.5
"""An hour belongs to a shift if it was worked in this share of the weeks that its busiest hour was, or more."""
DAYS: Final = len(WEEKDAYS)
DIGITS: Final = 3
"""Significant digits of a share."""


class Shift(NamedTuple):
    """Hours of a weekday that some weeks hold."""

    day: int
    first: int  # hour of the day
    last: int  # hour of the day at which it ends
    people: int  # at once
    weeks: tuple[int, ...]  # in which it was worked, as `calibration.presence.local_hours` counts
    known: float  # weeks of the log that would show it, had it been held
    house: int  # weeks in which it was worked, of all teams together
    visits: int  # begun in it

    @property
    def name(self) -> str:
        """Say when it is."""
        return f"{WEEKDAYS[self.day].title()} {self.first:02d}:00-{self.last:02d}:00"

    @property
    def share(self) -> float:
        """Give the share of weeks that hold it."""
        return _rounded(self.counts[0] / sum(self.counts))

    @property
    def counts(self) -> tuple[float, float]:
        """Give the weeks that count for and against it, the parameters of the share's beta distribution."""
        held = len(self.weeks) * (1 + 0.5 / self.house)
        return held, self.known + 1 - held


class Looked(NamedTuple):
    """How a team was seen on weekdays without regular hours."""

    seen: Floats  # (weeks, DAYS, HOURS_PER_DAY) people
    share: Floats  # (weeks, DAYS, HOURS_PER_DAY) of its work that the log holds
    held: Booleans  # (weeks, DAYS) days that it held


class Outside(NamedTuple):
    """Visits begun on weekdays on which their team has no regular hours; arrays of shape (visits of the log,)."""

    first: int  # week of the log
    counted: Codes  # 2 if it reaches into another hour, 1 if not, 0 for other visits
    week: Codes  # from that one
    day: Codes  # of the week
    hour: Codes  # of the day


def fit_occasional(
    observed: Observed,
    teams: Teams,
    hours: tuple[Hours, ...],
    *,
    start: datetime,
    zone: str,
    starts: bool = True,
    export: Export | None = None,
) -> Fitted[tuple[tuple[Shift, ...], ...]]:
    """Find the shifts that teams held in some weeks.

    Parameters
    ----------
    observed, teams, hours
        Visits, who did them, and the regular hours of each team.
    start, zone
        As `calibration.presence.presence_of` takes them.
    starts
        Whether starts are known; otherwise ends tell when somebody was there.
    export
        The log, where it holds what was done since a date.

    Returns
    -------
    Fitted[tuple[tuple[Shift, ...], ...]]
        By team.
    """
    if not starts:
        observed = observed._replace(started=observed.finished - 1)
    outside = _outside(observed, teams, hours, start=start, zone=zone)
    begun = np.zeros((len(hours), int(outside.week.max()) + 1, DAYS), np.int64)
    np.add.at(begun, (teams.of_visit, outside.week, outside.day), outside.counted)
    held = begun >= LEAST_VISITS
    held &= held.any(axis=0).sum(axis=0) >= LEAST_WEEKS
    mine = (outside.counted > 0) & held[teams.of_visit, outside.week, outside.day]
    found: list[tuple[Shift, ...]] = [()] * len(hours)
    evidence: list[Evidence] = []
    for team in serving_teams(teams):
        own = mine & (teams.of_visit == team)
        if own.any():
            seen = presence_of(observed, own, start=start, zone=zone)
            people = (seen.people if hours[team].at_once == 1 else seen.heads).reshape(-1, DAYS, HOURS_PER_DAY)
            held_work = np.ones(people.shape)
            if export is not None:
                of_team = teams.of_visit == team
                held_work = held_by_hour(export, observed, of_team, start=start, zone=zone).reshape(people.shape)
            looked = Looked(people, held_work, held[team])
            found[team] = tuple(_shifts(looked, outside, own, held.sum(axis=(0, 1))))
            evidence += _evidence(teams.names[team], found[team], hours[team].people)
    return Fitted(tuple(found), tuple(evidence))


def _outside(observed: Observed, teams: Teams, hours: tuple[Hours, ...], *, start: datetime, zone: str) -> Outside:
    """Look for visits begun on weekdays without regular hours; a team that serves no stage has none in a twin."""
    free = np.ones((len(hours), DAYS), np.bool_)
    for team in serving_teams(teams):
        free[team] = [not ranges for ranges in pattern(hours[team].calendar)]
    hour, last = (local_hours(ticks, start=start, zone=zone) for ticks in (observed.started, observed.finished - 1))
    first, slot = int(hour.min()) // SLOTS, hour % SLOTS
    day = slot // HOURS_PER_DAY
    counted = free[teams.of_visit, day] & (observed.finished > observed.started)
    return Outside(first, counted * (1 + (last > hour)), hour // SLOTS - first, day, slot % HOURS_PER_DAY)


def _shifts(looked: Looked, outside: Outside, mine: Booleans, house: Codes) -> Iterator[Shift]:
    """Find a team's shifts; `house` has shape (DAYS,)."""
    seen, held = looked.seen, looked.held
    for day in np.flatnonzero(held.any(axis=0)).tolist():
        weeks = (seen[held[:, day], day] > 0).sum(axis=0)
        usual = np.zeros((DAYS, HOURS_PER_DAY), np.bool_)
        usual[day] = (weeks > 0) & (weeks >= USUAL_HOUR * weeks.max())
        edges = np.flatnonzero(np.diff(banded(usual.ravel()).astype(np.int8), prepend=0, append=0))
        for first, last in (edges.reshape(-1, 2) - day * HOURS_PER_DAY).tolist():
            inside = seen[:, day, first:last]
            most = np.nan_to_num(inside).max(axis=1) * held[:, day]
            known = ~np.isnan(inside).all(axis=1) | (most > 0)
            visits = mine & (outside.day == day) & (outside.hour >= first) & (outside.hour < last)
            people = max(1, int(most[most > 0].mean() + 0.5))
            worked = tuple((np.flatnonzero(most > 0) + outside.first).tolist())
            counted = np.bincount(outside.week[visits], outside.counted[visits], len(seen)).astype(np.float64)
            told = _told(counted, looked.share[:, day, first:last].mean(axis=1), most > 0)
            yield Shift(
                day, first, last, people, worked, float((known * told).sum()), int(house[day]), int(visits.sum())
            )


def _told(counted: Floats, share: Floats, worked: Booleans) -> Floats:
    """Give the chance that a shift shows in each week if it was held, beside weeks of which the log holds all.

    Parameters
    ----------
    counted, share, worked
        Its visits, the share of its work that the log holds, and whether it showed; shape (weeks,).
    """
    if (share[worked] >= 1).all() and (share >= 1).all():
        return np.ones(share.size)
    due = counted[worked].sum() / share[worked].sum()
    shown, at_most = (-np.expm1(-due * each) - due * each * np.exp(-due * each) for each in (share, 1.0))
    return np.where(worked, 1.0, shown / at_most)


def calendars_of(
    teams: Teams, hours: tuple[Hours, ...], shifts: tuple[tuple[Shift, ...], ...], number: int | None = None
) -> dict[str, Calendar]:
    """Write the calendars of all teams that serve a stage.

    Parameters
    ----------
    teams, hours
        Teams with their regular hours.
    shifts
        What each holds beside them.
    number
        Member of an ensemble, which draws how often shifts are held; None for the twin itself.
    """
    found = {}
    for team in serving_teams(teams):
        name, own = teams.names[team], shifts[team]
        shares = [each.share for each in own] if number is None else _shares_anew(name, own, number)
        written = [_written(each, hours[team].people, share) for each, share in zip(own, shares, strict=True)]
        regular = hours[team].calendar
        found[f"{name} hours"] = regular if not written else _with(regular, written)
    return found


def _with(regular: Calendar, occasional: list[dict[str, Any]]) -> Calendar:
    return Calendar.model_validate({**regular.model_dump(exclude_none=True), "occasional": occasional})


def _written(shift: Shift, people: int, share: float) -> dict[str, Any]:
    come = float(f"{min(shift.people, people) / people:.4g}")
    return {"hours": _hours(shift), "share": share} | ({"people": come} if come < 1 else {})


def _hours(shift: Shift) -> dict[str, str]:
    return {WEEKDAYS[shift.day]: f"{shift.first:02d}:00-{shift.last:02d}:00"}


def _shares_anew(team: str, shifts: tuple[Shift, ...], number: int) -> list[float]:
    """Draw how often shifts of a team are held once more, under its name."""
    return [_rounded(share_anew(f"{team} {each.name}", each.counts, number)) for each in shifts]


def _rounded(share: float) -> float:
    return float(f"{share:.{DIGITS}g}")


def _evidence(name: str, shifts: tuple[Shift, ...], people: int) -> Iterator[Evidence]:
    """Say what stands behind a team's occasional shifts; never of a single person."""
    for number, each in enumerate(shifts):
        low, high = share_interval(each.counts)
        yield Evidence(
            f"calendars.{name} hours.occasional.{number}.share",
            f"{say_share(each.share)} of weeks, {each.name}, by {min(each.people, people)} of {people} people",
            f"held in {len(each.weeks)} of {each.known:.4g} weeks, and half a week shared by all teams that did: two "
            f"visits begun, or a longer one, on a weekday without regular hours, in at least {LEAST_WEEKS} weeks of "
            "the log; 95 % interval of a share with Jeffreys' prior",
            each.visits,
            say_share(_rounded(low)),
            say_share(_rounded(high)),
            "held by chance: why a week holds one, the log does not say; hours and people are lower bounds",
        )


def worked_in_shifts(
    opened: Ticks,
    observed: Observed,
    teams: Teams,
    hours: tuple[Hours, ...],
    shifts: tuple[tuple[Shift, ...], ...],
    *,
    start: datetime,
    zone: str,
) -> Ticks:
    """Count working time in the shifts that were held for visits that begin or end there.

    Others rested meanwhile: who did them need not have come.

    Parameters
    ----------
    opened
        Working time of each visit within regular hours, shape (visits,).
    observed, teams, hours, shifts
        Visits, who did them, and when teams work.
    start, zone
        As `calibration.presence.presence_of` takes them.
    """
    times = opened.copy()
    for team in np.flatnonzero([bool(each) for each in shifts]).tolist():
        held = _held(shifts[team], observed, start=start, zone=zone)
        regular = hours[team].open
        opens, closes = np.concatenate([regular.opens, held.opens]), np.concatenate([regular.closes, held.closes])
        both = timeline_of(opens, closes, since=regular.since, until=regular.until)
        started, finished = observed.started, observed.finished
        inside = (next_open_many(held, started) == started) | (last_close_many(held, finished) == finished)
        mine = (teams.of_visit == team) & inside
        times[mine] = worked_between(both, started[mine], finished[mine])
    return times


def _held(shifts: tuple[Shift, ...], observed: Observed, *, start: datetime, zone: str) -> Timeline:
    """Lay out the shifts of the weeks of the log that held them."""
    until = int(observed.finished.max()) + WEEK
    opens, closes = [], []
    for each in shifts:
        laid_out = timeline(Calendar(week=_hours(each)), zone=zone, start=start, since=-WEEK, until=until)
        worked = np.isin(local_hours(laid_out.opens, start=start, zone=zone) // SLOTS, each.weeks)
        opens.append(laid_out.opens[worked])
        closes.append(laid_out.closes[worked])
    return timeline_of(np.concatenate(opens), np.concatenate(closes), since=-WEEK, until=until)
