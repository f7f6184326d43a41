"""What a team worked outside its regular hours in some weeks, and what stays a stray visit.

Logs are of people in office hours over twenty weeks (hours since a Monday), with a few visits more.
"""

import numpy as np
import pytest

from calibration.evidence import Evidence
from calibration.hours import Hours, fit_hours
from calibration.observed import observe
from calibration.occasional_hours import shares_anew, with_shifts
from calibration.teams import fit_teams
from calibration.workforce import fit_workforce
from tests.observed_logs import START, Row, log_of
from tests.unit.test_hours import office
from twin.calendars import describe

NEXT_MONDAY: Row = (99_999, "check", "p0", 20 * 168 + 9, 20 * 168 + 9.5)
"""Ends the log after the last weekend."""


def day(week: int, first: int, last: int, *, weekday: int = 5, people: int = 1) -> list[Row]:
    """Some have a visit of half an hour in each of some hours of a day."""
    at = 168 * week + 24 * weekday
    return [
        (5000 * (week + 1) + 40 * hour + weekday, "check", f"p{person}", at + hour, at + hour + 0.5)
        for hour in range(first, last)
        for person in range(people)
    ]


def longer(week: int) -> list[Row]:
    """Somebody begins one more visit after closing."""
    at = 168 * week + 24 * (week % 5) + 17.25
    return [(9000 + week, "check", "p0", at, at + 0.5)]


def learned(*rows: list[Row], people: int = 4) -> tuple[Hours, tuple[Evidence, ...], str]:
    """Give a team's hours, their evidence and the calendar in words, of twenty weeks of office hours and more."""
    log = log_of([*office(people, weeks=20), *(row for some in rows for row in some), NEXT_MONDAY])
    seen = observe(log)
    found = fit_hours(seen, fit_teams(seen).value, start=START, zone="UTC")
    (hours,) = found.value
    return hours, found.evidence, describe(with_shifts(hours.calendar, hours.shifts, hours.people))


def test_saturdays_worked_in_a_few_weeks_are_occasional_shifts() -> None:
    _, _, told = learned(day(3, 9, 13), day(8, 9, 13), day(12, 9, 13))
    assert told == "Mon-Fri 09:00-17:00, in 15 % of weeks Sat 09:00-13:00 by 25 % of the people"


def test_where_all_come_it_is_not_said_how_many() -> None:
    _, _, told = learned(*(day(week, 9, 13, people=4) for week in (3, 8, 12)))
    assert told == "Mon-Fri 09:00-17:00, in 15 % of weeks Sat 09:00-13:00"


def test_evenings_are_shifts_too_and_shifts_worked_alike_stand_together() -> None:
    monday, tuesday = ([day(week, 18, 20, weekday=weekday) for week in (2, 9, 11)] for weekday in (0, 1))
    _, _, told = learned(*monday, *tuesday)
    assert told == "Mon-Fri 09:00-17:00, in 15 % of weeks Mon 18:00-20:00; Tue 18:00-20:00 by 25 % of the people"


def test_a_shift_has_the_hours_that_half_of_its_weeks_worked() -> None:
    _, _, told = learned(day(3, 9, 12), day(5, 9, 12), day(8, 9, 17))
    assert told.endswith("in 15 % of weeks Sat 09:00-12:00 by 25 % of the people")


@pytest.mark.parametrize(
    "rows",
    [
        [day(3, 9, 13), day(8, 9, 13)],  # two weeks
        [day(3, 9, 10), day(8, 9, 10), day(9, 11, 12)],  # somebody looks in
        [longer(week) for week in range(20)],  # a visit begun after closing
    ],
)
def test_stray_visits_stay_what_they_are(rows: list[list[Row]]) -> None:
    hours, evidence, told = learned(*rows)
    assert (hours.shifts, told) == ((), "Mon-Fri 09:00-17:00")
    assert not [each for each in evidence if each.path.endswith("occasional")]


def test_work_that_was_begun_in_the_regular_hours_makes_no_shift() -> None:
    late: list[Row] = [(9000 + week, "check", "p0", 168 * week + 16.5, 168 * week + 20) for week in range(20)]
    assert learned(late)[0].shifts == ()


def test_regular_hours_and_people_stay_as_they_are() -> None:
    plain, _, _ = learned()
    hours, _, _ = learned(day(3, 9, 13), day(8, 9, 13), day(12, 9, 13))
    assert (hours.calendar, hours.people) == (plain.calendar, plain.people)


def test_evidence_counts_weeks_and_people() -> None:
    _, evidence, _ = learned(day(3, 9, 13), day(8, 9, 13), day(12, 9, 13))
    (found,) = [each for each in evidence if each.path == "calendars.check team hours.occasional"]
    assert (found.estimate, found.rows, found.low) == ("Sat 09:00-13:00 in 3 of 20 weeks, by 1 of 4", 12, "0% of weeks")
    assert found.high is not None


def test_the_twin_has_them() -> None:
    rows = [*office(4, weeks=20), *day(3, 9, 13), *day(8, 9, 13), *day(12, 9, 13), NEXT_MONDAY]
    log = log_of(rows)
    calendar = fit_workforce(observe(log), log).written["calendars"]["check team hours"]
    assert [(each.hours, each.share, each.people) for each in calendar.occasional] == [
        ({"sat": "09:00-13:00"}, 0.15, 0.25)
    ]


def test_members_of_the_ensemble_hold_them_more_or_less_often() -> None:
    hours, _, _ = learned(day(3, 9, 13), day(8, 9, 13), day(12, 9, 13))
    shares = np.array([shares_anew("check team", hours.shifts, number) for number in range(200)])
    assert shares.mean() == pytest.approx(0.15, abs=0.02)
    assert 0.03 < shares.std() < 0.1
