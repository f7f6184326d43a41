"""Weeks in which nothing happened are cut out before anything is learned, and told."""

from datetime import UTC, datetime

import polars as pl
import pytest

from calibration.stops import stops_of, without_stops
from twin.eventlog import COLUMNS, EventLog
from twin.units import DAY, HOUR, WEEK


def log_of(days: list[int], *, a_day: int = 5) -> EventLog:
    """On each of these days items come, an hour of work each, an hour apart from nine on."""
    started = [day * DAY + (9 + number) * HOUR for day in days for number in range(a_day)]
    frame = pl.DataFrame({"item": range(len(started)), "started": started}).with_columns(
        pl.lit("case").alias("work"), pl.lit("answer").alias("stage"), (pl.col("started") + HOUR).alias("finished")
    )
    empty = [pl.lit(None, pl.Int64).alias(name) for name in COLUMNS if name not in frame.columns]
    end = max(started) + HOUR
    return EventLog(frame.with_columns(empty).select(COLUMNS), datetime(2026, 1, 5, tzinfo=UTC), "UTC", end)


def weekdays(weeks: range) -> list[int]:
    return [7 * week + day for week in weeks for day in range(5)]


STOPPED = weekdays(range(10)) + weekdays(range(14, 24))


def test_four_closed_weeks_are_cut_out_and_weekdays_stay_what_they_were() -> None:
    worked = without_stops(log_of(STOPPED)).value
    expected = log_of(weekdays(range(20)))
    assert (worked.frame.equals(expected.frame), worked.end) == (True, expected.end)


def test_the_stop_is_told_with_its_dates() -> None:
    (told,) = without_stops(log_of(STOPPED)).evidence
    assert told.mind.startswith("1 stop, 4 whole weeks in which nothing happened, the longest 2026-03-13 to 2026-04-13")


@pytest.mark.parametrize(
    "log",
    [
        log_of(weekdays(range(20))),
        log_of(STOPPED, a_day=1),
        log_of([7 * week for week in range(0, 80, 2)], a_day=9),
        log_of([day for day in weekdays(range(12)) if day not in {32, 35}]),
        log_of([*weekdays(range(20)), 160]),
    ],
    ids=["no stop", "a log that sees little", "work every other week", "a long weekend", "the last case runs out"],
)
def test_what_is_no_stop_stays(log: EventLog) -> None:
    assert (without_stops(log).value is log, without_stops(log).evidence) == (True, ())


def test_only_whole_weeks_are_cut() -> None:
    assert (stops_of(log_of(weekdays(range(10)) + [day + 2 for day in weekdays(range(12, 22))])).cut == 2 * WEEK).all()
