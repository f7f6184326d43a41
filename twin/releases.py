"""When items arrive that come at set times: by a schedule, as a programme, or at written instants.

A programme of n items from tick a over the time T releases item k = 0 … n - 1 at a + T F(k / n): F(x) = x where it is
even, and F(x) = 1 - sqrt(1 - x) where it is front-loaded, so that the rate falls in a straight line from 2 n / T to 0.
A schedule names wall times, which `twin.zones` turns into instants. Units: ticks since tick 0.
"""

import calendar
from datetime import date, datetime, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.arrivals import Listed, Programme, Recurring, Scheduled
from twin.calendars import weekdays
from twin.instants import parse_instant, utc
from twin.units import DAY, MINUTE, WEEK
from twin.zones import EPOCH, time_zone, to_utc

Ticks = NDArray[np.int64]
_MONDAY = 3
"""Days from a Monday to 1970-01-01, a Thursday."""


class Frame(NamedTuple):
    """How the time of a run lies in the world's."""

    start: datetime  # UTC instant of tick 0
    twin_start: datetime  # UTC instant from which weeks are counted and growth compounds
    zone: str

    def tick(self, instant: datetime) -> int:
        """Give the tick of an instant; without an offset it is local time."""
        return round((utc(instant, self.zone) - self.start).total_seconds() * 1000)

    def local_date(self, instant: datetime) -> date:
        """Give the date at an instant where the twin is."""
        return instant.astimezone(time_zone(self.zone)).date()


def released(arrivals: Scheduled, frame: Frame, until: int) -> Ticks:
    """Give the ticks at which something arrives before a tick, in order; those before tick 0 are negative.

    Parameters
    ----------
    arrivals
        A schedule, a programme or a list; each instant of a schedule may bring a batch.
    frame
        Where tick 0 lies.
    until
        The end in ticks; nothing is given that arrives then or later.
    """
    match arrivals:
        case Recurring():
            ticks = _recurring(arrivals, frame, until)
        case Programme():
            ticks = _programme(arrivals, frame)
        case Listed(at=at):
            ticks = np.array([frame.tick(parse_instant(text)) for text in at], np.int64)
    return np.sort(ticks[ticks < until])


def _programme(programme: Programme, frame: Frame) -> Ticks:
    if programme.items is None or programme.since is None:
        at = np.array([frame.tick(tranche.at) for tranche in programme.tranches], np.int64)
        return at.repeat([tranche.items for tranche in programme.tranches])
    numbers = np.arange(programme.items)
    if programme.shape == "even":
        passed = programme.over * numbers // programme.items
    else:
        passed = np.floor(programme.over * (1 - np.sqrt(1 - numbers / programme.items))).astype(np.int64)
    return frame.tick(programme.since) + passed


def _recurring(recurring: Recurring, frame: Frame, until: int) -> Ticks:
    since = None if recurring.since is None else utc(recurring.since, frame.zone)
    first, last = (_day(frame.local_date(frame.start + timedelta(milliseconds=tick))) for tick in (0, until))
    if recurring.day:
        days = _days_of_months(recurring.day, first, last)
    else:
        days = _weekdays(recurring, first, last, _day(frame.local_date(since or frame.twin_start)))
    walls = days * DAY + recurring.minute() * MINUTE
    ticks = to_utc(walls, time_zone(frame.zone)) - (frame.start - EPOCH) // timedelta(milliseconds=1)
    return ticks if since is None else ticks[ticks >= frame.tick(since)]


def _weekdays(recurring: Recurring, first: int, last: int, anchor: int) -> Ticks:
    """Give the days since 1970-01-01 from one to another on which something recurs, weeks counted from the anchor's."""
    days = np.arange(first, last + 1, dtype=np.int64)
    weeks = (days + _MONDAY) // 7 - (anchor + _MONDAY) // 7
    on = np.isin((days + _MONDAY) % 7, weekdays(recurring.on))
    chosen: Ticks = days[on & (weeks % ((recurring.every or WEEK) // WEEK) == 0)]
    return chosen


def _days_of_months(day: int, first: int, last: int) -> Ticks:
    """Give the same day of every month as days since 1970-01-01; its last day where the month is shorter."""
    begin, end = (date.fromordinal(each + EPOCH.toordinal()) for each in (first, last))
    months = range(12 * begin.year + begin.month - 1, 12 * end.year + end.month)
    dates = [(month // 12, month % 12 + 1) for month in months]
    return np.array([_day(date(y, m, min(day, calendar.monthrange(y, m)[1]))) for y, m in dates], np.int64)


def _day(local: date) -> int:
    return local.toordinal() - EPOCH.toordinal()
