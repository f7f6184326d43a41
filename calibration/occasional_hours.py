"""Shifts that a team held in some weeks, beside its regular hours.

What begins in an hour of the week that is closed was begun outside. A day was worked outside, and not just looked in
on, if somebody began two visits or more there and was seen in two hours or more. Days of the week so worked in three
weeks or more make shifts: the hours in which the team was seen in at least half as many of these weeks as in the
busiest one. Three, since a shift held in k of n weeks comes up in the next n / 4 weeks with chance 1 - exp(-k / 4),
which is more than half from three on. Of a shift

    share  = weeks in which the team was seen there / weeks of the log that hold it,
    people = mean over these weeks of the most that were seen at once.

A visit or two on a Sunday in one week of the year stay what they are, and regular hours are not touched. Seen at work
is a lower bound of being there, and which weeks hold a shift may have reasons: a twin holds them by chance.

Units: hours of the week in the log's zone; weeks from the log's first to its last.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calibration.bootstrap import drawn_weeks, interval, week_weights_anew
from calibration.evidence import Evidence
from calibration.observed import Codes, Floats, Observed
from calibration.presence import HOURS_PER_DAY, Booleans, banded, local_hours, presence_of
from twin.calendars import WEEKDAYS, Calendar

LEAST_WEEKS: Final = 3
"""Weeks in which a day was worked outside the regular hours from which on it may come again."""
LEAST_VISITS: Final = 2
LEAST_HOURS: Final = 2
"""Visits begun, and hours in which somebody was seen, of a day that was worked and not just looked in on."""
USUAL_HOUR: Final = 0.5
"""An hour belongs to a shift if it was worked in this share of the weeks that its busiest hour was, or more."""
DAYS: Final = len(WEEKDAYS)


class Shift(NamedTuple):
    """Hours of a weekday, and when they were worked."""

    day: int
    first: int  # hour of the day
    last: int  # hour of the day at which it ends
    people: int  # at once
    held: Booleans  # (weeks,) those in which it was worked
    known: Booleans  # (weeks,) those in which it could have been
    visits: int  # begun in it


def occasional_work(
    observed: Observed, mine: Booleans, opened: Booleans, *, start: datetime, zone: str
) -> tuple[Shift, ...]:
    """Find the shifts that a team held in some weeks.

    Parameters
    ----------
    observed
        All visits.
    mine
        Which of them are the team's, shape (visits,).
    opened
        Its regular hours of the week, shape (168,).
    start, zone
        As `calibration.presence.presence_of` takes them.
    """
    hour = local_hours(observed.started, start=start, zone=zone)
    outside = mine & ~opened[hour % opened.size]
    if not outside.any():
        return ()
    weeks = hour // opened.size - hour.min() // opened.size
    seen = presence_of(observed, outside, start=start, zone=zone).people
    seen = np.where(opened, 0.0, seen).reshape(len(seen), DAYS, HOURS_PER_DAY)
    begun = np.zeros(seen.shape)
    slot = hour[outside] % opened.size
    np.add.at(begun, (weeks[outside], slot // HOURS_PER_DAY, slot % HOURS_PER_DAY), 1)
    worked = (begun.sum(axis=2) >= LEAST_VISITS) & ((seen > 0).sum(axis=2) >= LEAST_HOURS)
    closed = ~opened.reshape(DAYS, HOURS_PER_DAY)
    return tuple(
        _shift(day, band, seen[:, day], begun[:, day], worked[:, day])
        for day in range(DAYS)
        if worked[:, day].sum() >= LEAST_WEEKS
        for band in _bands(seen[worked[:, day], day], closed[day])
    )


def _bands(seen: Floats, closed: Booleans) -> list[tuple[int, int]]:
    """Find the hours of a day that are usual in the weeks in which it was worked; seen has shape (weeks, 24)."""
    weeks = (seen > 0).sum(axis=0)
    usual = banded((weeks > 0) & (weeks >= USUAL_HOUR * weeks.max())) & closed
    edges = np.flatnonzero(np.diff(np.concatenate([[False], usual, [False]]).astype(np.int8)))
    return [(first, last) for first, last in edges.reshape(-1, 2).tolist()]


def _shift(day: int, band: tuple[int, int], seen: Floats, begun: Floats, worked: Booleans) -> Shift:
    inside = seen[:, slice(*band)]
    known = ~np.isnan(inside).all(axis=1)
    most = np.nan_to_num(inside).max(axis=1)
    held = worked & (most > 0)
    people = max(1, int(most[held].mean() + 0.5))
    return Shift(day, *band, people, held, known | held, int(begun[held, slice(*band)].sum()))


def with_shifts(calendar: Calendar, shifts: tuple[Shift, ...], people: int, shares: Floats | None = None) -> Calendar:
    """Write shifts into a calendar.

    Parameters
    ----------
    calendar
        The regular hours.
    shifts
        What is held beside them.
    people
        Of the team.
    shares
        Share of weeks of each shift, shape (shifts,); that of the log, if left out.
    """
    if not shifts:
        return calendar
    chances = [_share(each) for each in shifts] if shares is None else shares.tolist()
    entries: dict[tuple[float, float], dict[str, list[str]]] = {}
    for each, share in zip(shifts, chances, strict=True):
        come = float(f"{min(each.people, people) / people:.4g}")
        days = entries.setdefault((float(f"{share:.3g}"), come), {})
        days.setdefault(WEEKDAYS[each.day], []).append(f"{each.first:02d}:00-{each.last:02d}:00")
    occasional = [_entry(days, share, come) for (share, come), days in entries.items()]
    return Calendar.model_validate({**calendar.model_dump(exclude_none=True), "occasional": occasional})


def _entry(days: Mapping[str, list[str]], share: float, come: float) -> dict[str, Any]:
    hours = {day: ", ".join(bands) for day, bands in days.items()}
    return {"hours": hours, "share": share} | ({"people": come} if come < 1 else {})


def _share(shift: Shift) -> float:
    return float(shift.held.sum() / shift.known.sum())


def shares_anew(name: str, shifts: tuple[Shift, ...], number: int) -> Floats:
    """Give the share of weeks of each shift of a team with weeks weighed anew; shape (shifts,)."""
    found = []
    for each in shifts:
        heavy = week_weights_anew(f"{name} occasional", each.held.size, number)
        found.append(heavy[each.held].sum() / heavy[each.known].sum())
    return np.array(found)


def shift_evidence(name: str, shifts: tuple[Shift, ...], people: int) -> tuple[Evidence, ...]:
    """Say what stands behind a team's occasional shifts; never of a single person."""
    if not shifts:
        return ()
    told = [_told(each, people) for each in shifts]
    held, known = (np.any([getattr(each, field) for each in shifts], axis=0) for field in ("held", "known"))
    low, high = interval(_shares(name, held, known)[:, None])[:, 0].tolist()
    return (
        Evidence(
            f"calendars.{name} hours.occasional",
            "; ".join(told),
            f"weekdays on which at least {LEAST_VISITS} visits were begun outside the regular hours, and somebody was "
            f"seen in at least {LEAST_HOURS} hours, in at least {LEAST_WEEKS} weeks; interval of the share of weeks "
            "with any of these shifts, by drawing weeks anew",
            sum(each.visits for each in shifts),
            f"{low:.0%} of weeks",
            f"{high:.0%} of weeks",
            "held by chance: why a week holds one, the log does not say; people are a lower bound",
        ),
    )


def _told(shift: Shift, people: int) -> str:
    hours = f"{WEEKDAYS[shift.day].title()} {shift.first:02d}:00-{shift.last:02d}:00"
    return f"{hours} in {shift.held.sum()} of {shift.known.sum()} weeks, by {min(shift.people, people)} of {people}"


def _shares(name: str, held: Booleans, known: Booleans) -> Floats:
    """Give the share of weeks that hold a shift in weeks drawn anew, shape (draws,)."""
    drawn: Codes = drawn_weeks(name, held.size)
    found: NDArray[np.float64] = held[drawn].sum(axis=1) / np.maximum(known[drawn].sum(axis=1), 1)
    return found
