"""A calendar means what the person who wrote it meant, in every zone and on the days the clocks change."""

import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from twin.calendars import (
    Calendar,
    Timeline,
    describe,
    hours_per_week,
    is_open,
    never_opens,
    timeline,
    working_ticks,
)
from twin.units import DAY, HOUR, MINUTE, WEEK

BERLIN = "Europe/Berlin"
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
YEAR = 365 * DAY
OFFICE = Calendar(hours="09:00-17:30", pause="12:30-13:00")


def hours_of_shifts(zone: str, hours: str, first: date, last: date) -> float:
    """Work in the shifts that begin between two dates."""
    day = timedelta(days=1)
    calendar = Calendar(
        days="mon-sun", hours=hours, closed=(f"2000-01-01..{first - day}", f"{last + day}..2100-12-31"), zone=zone
    )
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    found = timeline(calendar, zone="UTC", start=start, until=10 * DAY, since=-10 * DAY)
    return working_ticks(found, -10 * DAY, 10 * DAY) / HOUR


def hours_on(calendar: Calendar, day: datetime, zone: str = "UTC") -> float:
    return working_ticks(timeline(calendar, zone=zone, start=day, until=DAY), 0, DAY) / HOUR


def intervals(found: Timeline) -> list[tuple[float, float]]:
    return list(zip((found.opens / HOUR).tolist(), (found.closes / HOUR).tolist(), strict=True))


def complaint(**written: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        Calendar(**written)
    return str(caught.value)


@pytest.mark.parametrize(
    ("zone", "first", "last", "hours"),
    [
        ("Europe/Berlin", date(2024, 3, 31), date(2024, 3, 31), 23),
        ("Europe/Berlin", date(2024, 10, 27), date(2024, 10, 27), 25),
        ("America/New_York", date(2024, 3, 10), date(2024, 3, 10), 23),
        ("Australia/Lord_Howe", date(2024, 4, 7), date(2024, 4, 7), 24.5),
        ("Australia/Lord_Howe", date(2024, 10, 6), date(2024, 10, 6), 23.5),
        ("Pacific/Apia", date(2011, 12, 29), date(2011, 12, 30), 24),
        ("America/Sao_Paulo", date(2018, 11, 4), date(2018, 11, 4), 23),
        ("Africa/Cairo", date(2023, 4, 28), date(2023, 4, 28), 23),
        ("Europe/Berlin", date(2024, 2, 28), date(2024, 2, 29), 48),
        ("Europe/Berlin", date(2023, 2, 28), date(2023, 2, 28), 24),
    ],
)
def test_a_day_is_as_long_as_its_zone_makes_it(zone: str, first: date, last: date, hours: float) -> None:
    assert hours_of_shifts(zone, "00:00-24:00", first, last) == hours


@pytest.mark.parametrize(("evening", "hours"), [(date(2024, 3, 30), 7), (date(2024, 10, 26), 9), (date(2024, 5, 4), 8)])
def test_a_night_shift_is_shorter_in_spring_and_longer_in_autumn(evening: date, hours: float) -> None:
    assert hours_of_shifts(BERLIN, "22:00-06:00", evening, evening) == hours


def test_a_shift_inside_the_hour_that_spring_skips_does_not_take_place() -> None:
    assert hours_of_shifts(BERLIN, "02:00-03:00", date(2024, 3, 31), date(2024, 3, 31)) == 0


def test_a_shift_that_opens_inside_the_skipped_hour_opens_when_it_ends() -> None:
    assert hours_of_shifts(BERLIN, "02:30-04:00", date(2024, 3, 31), date(2024, 3, 31)) == 1


@pytest.mark.parametrize("sunday", [date(2024, 3, 31), date(2024, 10, 27)])
def test_shifts_that_share_an_end_share_the_day_when_the_clocks_change(sunday: date) -> None:
    shared = sum(hours_of_shifts(BERLIN, hours, sunday, sunday) for hours in ("00:00-02:30", "02:30-24:00"))
    assert shared == hours_of_shifts(BERLIN, "00:00-24:00", sunday, sunday)


def test_the_wall_clock_rules_summer_and_winter() -> None:
    found = timeline(OFFICE, zone=BERLIN, start=MONDAY, until=YEAR)
    assert (is_open(found, 8 * HOUR), is_open(found, 26 * WEEK + 7 * HOUR)) == (True, True)


def test_a_calendar_in_another_zone_opens_at_its_own_nine_o_clock() -> None:
    there = Calendar(hours="09:00-17:30", zone="America/New_York")
    assert timeline(there, zone=BERLIN, start=MONDAY, until=DAY).opens.tolist() == [14 * HOUR]


def test_a_pause_divides_the_day() -> None:
    assert intervals(timeline(OFFICE, zone="UTC", start=MONDAY, until=DAY)) == [(9, 12.5), (13, 17.5)]


def test_a_pause_after_midnight_belongs_to_the_night_shift() -> None:
    night = Calendar(hours="22:00-06:00", pause="02:00-02:30")
    assert intervals(timeline(night, zone="UTC", start=MONDAY, until=36 * HOUR)) == [(22, 26), (26.5, 30)]


def test_a_pause_over_midnight_is_taken_out_on_both_sides_of_it() -> None:
    assert hours_per_week(Calendar(hours="always", pause="23:30-00:30")) == 7 * 23


def test_the_last_night_shift_of_the_week_runs_into_the_next_week() -> None:
    nights = Calendar(days="fri-sun", hours="22:00-06:00")
    assert intervals(timeline(nights, zone="UTC", start=MONDAY, until=DAY)) == [(0, 6)]


def test_shifts_that_meet_are_one_stretch() -> None:
    found = timeline(Calendar(days="mon, tue", hours="00:00-12:00, 12:00-24:00"), zone="UTC", start=MONDAY, until=WEEK)
    assert intervals(found) == [(0, 48)]


def test_a_range_of_days_may_run_over_the_weeks_end() -> None:
    assert hours_per_week(Calendar(days="Sat-Mon", hours="08:00-09:00")) == 3


@pytest.mark.parametrize(
    ("code", "day", "hours"),
    [
        ("DE-BE", datetime(2026, 5, 1, tzinfo=UTC), 0),
        ("DE-BE", datetime(2026, 3, 8, tzinfo=UTC), 0),
        ("DE-HH", datetime(2026, 3, 8, tzinfo=UTC), 8),
        ("DE", datetime(2026, 10, 3, tzinfo=UTC), 0),
    ],
)
def test_public_holidays_are_those_of_the_place(code: str, day: datetime, hours: float) -> None:
    assert hours_on(Calendar(days="mon-sun", hours="09:00-17:00", holidays=code), day) == hours


def test_a_holiday_cancels_the_night_shift_that_begins_on_it_only() -> None:
    nights = Calendar(days="mon-sun", hours="22:00-06:00", holidays="DE-BE")
    assert hours_on(nights, datetime(2026, 5, 1, tzinfo=UTC)) == 6


def test_closed_days_close_dates_and_ranges_as_text_or_as_yaml_reads_them() -> None:
    dates = [date(2026, 12, 24), "2026-12-27..2026-12-31"]
    closed = Calendar.model_validate({"days": "mon-sun", "hours": "09:00-17:00", "closed": dates})
    found = timeline(closed, zone="UTC", start=datetime(2026, 12, 23, tzinfo=UTC), until=10 * DAY)
    assert (found.opens // DAY + 23).tolist() == [23, 25, 26, 32]


@given(
    st.sampled_from(["UTC", BERLIN, "Pacific/Apia", "Australia/Lord_Howe"]), st.integers(-YEAR, 0), st.integers(0, YEAR)
)
def test_round_the_clock_is_no_calendar_at_all(zone: str, since: int, until: int) -> None:
    start = datetime(2011, 12, 30, tzinfo=UTC)
    always, none = (
        timeline(calendar, zone=zone, start=start, until=until, since=since)
        for calendar in (Calendar(hours="always"), None)
    )
    assert [np.asarray(part).tolist() for part in always] == [np.asarray(part).tolist() for part in none]


def test_the_long_form_says_the_same_as_the_short_one() -> None:
    long = Calendar(week={"mon-thu": "09:00-12:30, 13:00-17:30", "fri": "09:00-12:30,13:00-17:30"})
    short, other = (timeline(calendar, zone=BERLIN, start=MONDAY, until=YEAR).opens for calendar in (OFFICE, long))
    assert short.tolist() == other.tolist()


@given(st.integers(-4 * WEEK, 4 * WEEK), st.integers(-4 * WEEK, 4 * WEEK))
def test_a_longer_look_shows_the_same_working_time(a: int, b: int) -> None:
    since, until = min(a, b), max(a, b)
    start = datetime(2024, 3, 31, tzinfo=UTC)
    short = timeline(OFFICE, zone=BERLIN, start=start, until=until, since=since)
    long = timeline(OFFICE, zone=BERLIN, start=start, until=5 * WEEK, since=-5 * WEEK)
    assert working_ticks(short, since, until) == working_ticks(long, since, until)


@given(st.integers(0, 2**31), st.integers(0, 2**31))
def test_where_tick_zero_lies_changes_no_working_time(first: int, second: int) -> None:
    start = datetime(2024, 3, 1, tzinfo=UTC)
    later = start + timedelta(milliseconds=first)
    whole = timeline(OFFICE, zone=BERLIN, start=start, until=first + second)
    rest = timeline(OFFICE, zone=BERLIN, start=later, until=second)
    assert working_ticks(whole, first, first + second) == working_ticks(rest, 0, second)


@pytest.mark.parametrize(
    ("calendar", "hours"),
    [
        (None, 168),
        (OFFICE, 40),
        (Calendar(hours="always"), 168),
        (Calendar(days="mon-fri", hours="always"), 120),
        (Calendar(days="sun", hours="22:00-06:00"), 8),
        (Calendar(week={"mon": "22:00-06:00", "tue": "05:00-07:00"}), 9),
    ],
)
def test_hours_per_week_count_each_minute_once(calendar: Calendar | None, hours: float) -> None:
    assert hours_per_week(calendar) == hours


@pytest.mark.parametrize(("last", "never"), [("2026-12-31", True), ("2026-12-30", False)])
def test_a_calendar_never_opens_when_it_is_closed_to_the_last_day(last: str, never: bool) -> None:  # noqa: FBT001 - what is expected
    shut = Calendar(hours="always", closed=(f"2025-12-01..{last}",))
    assert never_opens(shut, zone="UTC", start=datetime(2026, 1, 1, tzinfo=UTC), until=YEAR) is never


@pytest.mark.parametrize(
    ("calendar", "line"),
    [
        (None, "round the clock"),
        (Calendar(hours="always"), "round the clock"),
        (Calendar(days="mon-fri", hours="always"), "Mon-Fri always"),
        (
            Calendar(hours="09:00-17:30", pause="12:30-13:00", holidays="DE-BE"),
            "Mon-Fri 09:00-17:30 (pause 12:30-13:00), holidays DE-BE",
        ),
        (
            Calendar(week={"mon-thu": "08:00-16:00", "fri": "08:00-12:00"}, zone="America/New_York"),
            "Mon-Thu 08:00-16:00; Fri 08:00-12:00, America/New_York",
        ),
        (
            Calendar(hours="always", closed=tuple(f"2026-12-2{day}" for day in range(5))),
            "round the clock, closed 2026-12-20, 2026-12-21, 2026-12-22 and 2 more",
        ),
    ],
)
def test_a_calendar_is_described_in_one_line(calendar: Calendar | None, line: str) -> None:
    assert describe(calendar) == line


@pytest.mark.parametrize(
    "calendar",
    [
        OFFICE,
        Calendar(days="mon, wed-fri", hours="always", holidays="US-NY", closed=("2026-12-24",), zone=BERLIN),
        Calendar(week={"mon": "22:00-06:00"}),
    ],
)
def test_a_calendar_reads_back_what_it_writes(calendar: Calendar) -> None:
    assert Calendar.model_validate(calendar.model_dump(mode="json")) == calendar


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({}, "hours are missing"),
        ({"days": "mon"}, "hours are missing"),
        ({"hours": 540}, "540 is not a range of hours. Write it in quotes: '09:00-17:30'"),
        ({"hours": "9-17"}, "Write 09:00-17:30"),
        ({"hours": "24:00-06:00"}, "hours run from 00:00 to 24:00"),
        ({"hours": "09:00-24:01"}, "hours run from 00:00 to 24:00"),
        ({"hours": "09:60-10:00"}, "hours run from 00:00 to 24:00"),
        ({"hours": "09:00-09:00"}, "is empty. Write 00:00-24:00"),
        ({"hours": "09:00-12:00, 11:00-13:00"}, "the ranges overlap"),
        ({"hours": "09:00-17:00", "pause": "18:00-19:00"}, "a pause lies outside the hours"),
        ({"hours": "09:00-17:00", "pause": "always"}, "no working hours in the week"),
        ({"hours": "always", "days": "mon-fry"}, "Did you mean 'fri'"),
        ({"hours": "always", "days": "mon-tue-wed"}, "is not a range of days"),
        ({"hours": "always", "days": "mon-wed, tue"}, "names a day twice"),
        ({"hours": "always", "days": ["mon"]}, "is not a list of days"),
        ({"week": {}}, "no working hours in the week"),
        ({"week": {"mon": "always"}, "pause": "12:00-13:00"}, "week and pause are two ways to say the same"),
        ({"week": {"mon-tue": "always", "tue": "always"}}, "week names tue twice"),
        ({"hours": "always", "holidays": "de-be"}, "Did you mean 'DE-BE'"),
        ({"hours": "always", "holidays": "DE-BEE"}, "Did you mean 'DE-BE'"),
        ({"hours": "always", "holidays": False}, "False is not a country"),
        ({"hours": "always", "closed": "2026-02-30"}, "there is no such date"),
        ({"hours": "always", "closed": "24.12.2026"}, "Write 2026-12-24 or 2026-12-27..2026-12-31"),
        ({"hours": "always", "closed": [datetime(2026, 1, 1, tzinfo=UTC)]}, "is not a date"),
        ({"hours": "always", "closed": ["2026-12-31..2026-12-27"]}, "ends before it begins"),
        ({"hours": "always", "zone": "Europe/Berln"}, "Did you mean 'Europe/Berlin'"),
        ({"hours": "always", "breaks": "12:00-13:00"}, "breaks"),
    ],
)
def test_a_mistake_is_named_with_what_is_allowed(written: dict[str, Any], message: str) -> None:
    assert message in complaint(**written)


@pytest.mark.parametrize("start", [datetime(2026, 1, 5), datetime.fromisoformat("2026-01-05T00:00+01:00")])  # noqa: DTZ001 - the mistake under test
def test_a_start_that_is_not_in_utc_is_refused(start: datetime) -> None:
    with pytest.raises(ValueError, match="is not an instant in UTC"):
        timeline(OFFICE, zone=BERLIN, start=start, until=DAY)


def test_twenty_years_are_laid_out_at_once() -> None:
    began = time.process_time()
    timeline(OFFICE, zone=BERLIN, start=MONDAY, until=20 * YEAR)
    assert time.process_time() - began < 0.5  # 0.03 s where this was written


def test_a_calendar_without_holidays_loads_no_holidays() -> None:
    story = f"""
import sys, datetime
from twin.calendars import Calendar, timeline
start = datetime.datetime(2026, 1, 5, tzinfo=datetime.UTC)
timeline(Calendar(hours="09:00-17:30"), zone="Europe/Berlin", start=start, until={MINUTE})
print({{"holidays", "scipy", "numba", "simpy", "altair"}} & set(sys.modules))
"""
    loaded = subprocess.run([sys.executable, "-c", story], capture_output=True, text=True, check=True)
    assert loaded.stdout == "set()\n"
