"""Stages that open at set hours: an approval on Thursdays at two, a release every second week.

People who work all week on other things begin visits of such a stage in few hours of it, though items come before.
Hours of the week, from the busiest on, that hold `MOST` of a stage's starts are its sessions; it has a gate where

    sessions take less than `FEW` of the hours its team works,  and
    of its visits, `FORETOLD` begin in the first session after they were enabled, or sessions are full.

Few visits begin in few hours anyway. The chance that one more begins in an hour that none began in is about the share
of those that were the only one of theirs (Good, 1953); sessions are told where it is no more than 1 - `FORETOLD`.

A session opens at the earliest starts of its day, on whole minutes of `GRAIN`. Where weeks without one lie between all
sessions of a day, it comes every so many weeks. Where items that were there are left for later while always as many
were begun, that many is the capacity. A stage whose people do nothing else has working hours instead of a gate.
Units: ticks (milliseconds); hours of the week in the log's zone, Monday first.
Source: Good (1953), The population frequencies of species and the estimation of population parameters, Biometrika 40.
"""

from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

import numpy as np

from calibration.evidence import Evidence, Fitted
from calibration.hours import Hours
from calibration.observed import Codes, Observed, Ticks
from calibration.presence import local_clock
from calibration.teams import Teams
from twin.calendars import WEEKDAYS, hours_per_week
from twin.units import DAY, HOUR, MINUTE, WEEK

LEAST_VISITS: Final = 30
LEAST_SESSIONS: Final = 6
MOST: Final = 0.95
FEW: Final = 0.3
"""Share of the team's hours in which a stage with a gate begins its visits, at most."""
WAITED: Final = 0.5
"""Share of its visits that were enabled outside of these hours, at least."""
FORETOLD: Final = 0.8
GRAIN: Final = 5 * MINUTE
EARLIEST: Final = 0.1
"""Quantile of the first starts of sessions at which they open."""
FULL: Final = 3
"""Sessions that leave items behind, at least, before a capacity is told."""
HOURS_A_WEEK: Final = WEEK // HOUR
FIRST_MONDAY: Final = date(1969, 12, 29)
"""From which `calibration.presence.local_clock` counts."""


class Sessions(NamedTuple):
    """Sessions of one stage; arrays of shape (sessions,)."""

    day: Codes  # local days since `FIRST_MONDAY`
    visit: Codes  # (visits,) session of each visit
    begun: Codes  # visits begun
    opens: Codes  # (7,) local tick of the day at which sessions of a weekday open


def fit_cadences(
    observed: Observed, teams: Teams, hours: tuple[Hours, ...], *, start: datetime, zone: str
) -> Fitted[dict[int, list[dict[str, Any]]]]:
    """Find stages that open at set hours.

    Parameters
    ----------
    observed
        Visits.
    teams, hours
        Who does them, and when these work.
    start
        UTC instant of tick 0.
    zone
        IANA zone of the week.

    Returns
    -------
    Fitted
        By stage, its openings as a twin has them.
    """
    begun, came = (local_clock(ticks, start=start, zone=zone) for ticks in (observed.started, observed.enabled))
    found: dict[int, list[dict[str, Any]]] = {}
    evidence = []
    for stage, name in enumerate(observed.stages):
        mine = observed.stage == stage
        worked = hours_per_week(hours[teams.serving[stage][0]].calendar)
        if not _in_few_hours(begun[mine], came[mine], worked):
            continue
        sessions = _sessions(begun[mine])
        capacity = _capacity(sessions, begun[mine], came[mine])
        if sessions.begun.size < LEAST_SESSIONS or (capacity is None and not _foretold(sessions, came[mine])):
            continue
        found[stage] = _openings(sessions, capacity)
        evidence.append(_evidence(name, sessions, capacity, int(mine.sum())))
    return Fitted(found, tuple(evidence))


def _in_few_hours(begun: Ticks, came: Ticks, team: float) -> bool:
    """Tell whether visits begin in few hours of the week, in which they mostly do not come."""
    if begun.size < LEAST_VISITS:
        return False
    counts = np.bincount(begun // HOUR % HOURS_A_WEEK, minlength=HOURS_A_WEEK)
    ranked = np.argsort(-counts, kind="stable")
    used = ranked[: int(np.searchsorted(np.cumsum(counts[ranked]), MOST * begun.size)) + 1]
    outside = ~np.isin(came // HOUR % HOURS_A_WEEK, used)
    others = (counts == 1).sum() / begun.size
    return bool(used.size < FEW * team and outside.mean() >= WAITED and others <= 1 - FORETOLD)


def _sessions(begun: Ticks) -> Sessions:
    """Take the visits begun on one day for a session; those of days with next to none stay without."""
    day, visit, count = np.unique(begun // DAY, return_inverse=True, return_counts=True)
    weekday = day % len(WEEKDAYS)
    usual = np.bincount(weekday, count, len(WEEKDAYS)) >= (1 - MOST) * begun.size
    kept = usual[weekday]
    place = np.where(kept, np.cumsum(kept) - 1, -1)
    first = np.full(day.size, DAY)
    np.minimum.at(first, visit, begun % DAY)
    opens = np.full(len(WEEKDAYS), -1)
    for each in np.flatnonzero(usual).tolist():
        opens[each] = int(np.quantile(first[weekday == each], EARLIEST)) // GRAIN * GRAIN
    return Sessions(day[kept], place[visit], count[kept], opens)


def _behind(sessions: Sessions, came: Ticks) -> Codes:
    """Give the first session that opened once each visit was enabled, shape (visits,); -1 for visits without one."""
    opening = sessions.day * DAY + sessions.opens[sessions.day % len(WEEKDAYS)]
    return np.where(sessions.visit < 0, -1, np.searchsorted(opening, came, side="left"))


def _foretold(sessions: Sessions, came: Ticks) -> bool:
    # whoever comes while a session lasts may still be let in
    due = _behind(sessions, came)
    return bool(((due == sessions.visit) | (due == sessions.visit + 1)).mean() >= FORETOLD)


def _capacity(sessions: Sessions, begun: Ticks, came: Ticks) -> int | None:
    """Tell how many go through at once, where sessions that leave items behind always begin as many."""
    due, got = _behind(sessions, came), sessions.visit
    late = (got > due) & (due >= 0)
    left = np.zeros(sessions.begun.size + 1, np.int64)
    for number in np.flatnonzero(late & (begun > came)).tolist():
        left[due[number] : got[number]] += 1
    full = sessions.begun[left[:-1] > 0]
    most = int(sessions.begun.max())
    return most if full.size >= FULL and (full == most).mean() >= FORETOLD else None


def _openings(sessions: Sessions, capacity: int | None) -> list[dict[str, Any]]:
    written = []
    for weekday in np.flatnonzero(sessions.opens >= 0).tolist():
        weeks = sessions.day[sessions.day % len(WEEKDAYS) == weekday] // len(WEEKDAYS)
        apart = np.diff(weeks)
        every = int(np.min(apart)) if apart.size else 1
        at = int(sessions.opens[weekday])
        opening = {"on": WEEKDAYS[weekday], "at": f"{at // HOUR:02}:{at % HOUR // MINUTE:02}"}
        if every > 1:
            first = FIRST_MONDAY + timedelta(days=weekday, weeks=int(weeks[0]))
            opening |= {"every": f"{every} w", "from": first.isoformat()}
        written.append(opening if capacity is None else opening | {"capacity": capacity})
    return written


def _evidence(name: str, sessions: Sessions, capacity: int | None, rows: int) -> Evidence:
    days = ", ".join(WEEKDAYS[day] for day in np.flatnonzero(sessions.opens >= 0).tolist())
    room = "" if capacity is None else f"; always {capacity} where items were left behind"
    return Evidence(
        f"stages.{name}.opens",
        f"on {days}",
        f"{sessions.begun.size} days hold nearly all starts, {sessions.begun.mean():.3g} each{room}",
        rows,
        note="No interval: a gate is chosen, not measured. That something has to come by some time before is not told.",
    )
