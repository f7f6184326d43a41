"""Working time: how much has passed, when people work next and when work is done. As `Hours` in the reference."""

from twin.engine.kernel.arrays import FOREVER, Hall, Phase, Records
from twin.engine.kernel.jit import at, called, inlined
from twin.engine.kernel.problems import CALENDAR, report


@inlined
def interval_at(hall: Hall, phase: Phase, calendar: int, now: int) -> int:
    """Find the interval in which an instant lies, or else the next; quickest while questions stay within one."""
    hours, intervals = hall.calendars[at(calendar)], phase.intervals
    cursor = hours.cursor
    if not intervals[at(cursor)].before <= now < intervals[at(cursor)].close:
        cursor = hours.cursor = first_that_closes_after(intervals, hours.first, hours.last, now)
    return cursor


@called
def first_that_closes_after(intervals: Records, low: int, high: int, now: int) -> int:
    """Find the first interval from `low` to `high` that closes after an instant; the last one always does."""
    while low < high:
        middle = (low + high) >> 1
        if intervals[at(middle)].close <= now:
            low = middle + 1
        else:
            high = middle
    return low


@called
def first_after_work(intervals: Records, low: int, high: int, work: int) -> int:
    """Find the first interval from `low` on before which so much has been worked; `high` where none is."""
    while low < high:
        middle = (low + high) >> 1
        if intervals[at(middle)].worked < work:
            low = middle + 1
        else:
            high = middle
    return low


@inlined
def opening(hall: Hall, phase: Phase, calendar: int, now: int) -> int:
    """Give the instant from which people work: now, or the next opening; FOREVER where there is none."""
    return max(now, phase.intervals[at(interval_at(hall, phase, calendar, now))].open)


@inlined
def passed(hall: Hall, phase: Phase, calendar: int, now: int) -> int:
    """Count the working ticks before an instant."""
    interval = phase.intervals[at(interval_at(hall, phase, calendar, now))]
    return interval.worked + max(now - interval.open, 0)


@inlined
def after(hall: Hall, phase: Phase, calendar: int, now: int, work: int) -> int:
    """Give the instant at which `work` working ticks from now are done; FOREVER where the calendar ends before."""
    if work == 0:
        return now
    intervals = phase.intervals
    interval = intervals[at(interval_at(hall, phase, calendar, now))]
    target = interval.worked + max(now - interval.open, 0) + work
    instant = interval.open + target - interval.worked
    if instant <= interval.close:
        return instant
    last = hall.calendars[at(calendar)].last
    low = first_after_work(intervals, hall.calendars[at(calendar)].first, last + 1, target)
    if low > last:
        report(hall, CALENDAR, now)
        return FOREVER
    return intervals[at(low - 1)].open + target - intervals[at(low - 1)].worked
