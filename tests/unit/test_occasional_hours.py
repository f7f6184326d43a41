"""Weekdays without regular hours that a team worked in some weeks, and what stays a stray visit.

Logs are of people in office hours over twenty weeks (hours since a Monday), with a few visits more.
"""

import numpy as np
import pytest

from calibration.evidence import Evidence
from calibration.observed import observe
from calibration.occasional_hours import Shift, calendars_of
from calibration.verdicts import figures
from calibration.workforce import Workforce, fit_workforce
from tests.observed_logs import START, Row, log_of
from tests.unit.test_hours import office
from twin.calendars import describe
from twin.eventlog import EventLog
from twin.spec import Twin
from twin.units import HOUR

NEXT_MONDAY: Row = (99_999, "check", "p0", 20 * 168 + 9, 20 * 168 + 9.5)
"""Ends the log after the last weekend."""


def day(week: int, first: int, last: int, *, weekday: int = 5, people: int = 1, stage: str = "check") -> list[Row]:
    """Some have a visit of half an hour in each of some hours of a day."""
    at, who = 168 * week + 24 * weekday, "p" if stage == "check" else stage
    return [
        (5000 * (week + 1) + 40 * hour + weekday, stage, f"{who}{person}", at + hour, at + hour + 0.5)
        for hour in range(first, last)
        for person in range(people)
    ]


def logged(*rows: list[Row], people: int = 4) -> EventLog:
    """Write a log of twenty weeks of office hours and more."""
    return log_of([*office(people, weeks=20), *(row for some in rows for row in some), NEXT_MONDAY])


def learned(*rows: list[Row], people: int = 4) -> Workforce:
    log = logged(*rows, people=people)
    return fit_workforce(observe(log), log)


def told(force: Workforce, team: str = "check") -> str:
    return describe(force.written["calendars"][f"{team} team hours"])


def test_saturdays_worked_in_a_few_weeks_are_occasional_shifts() -> None:
    force = learned(day(3, 9, 13), day(8, 9, 13), day(12, 9, 13))
    assert told(force) == "Mon-Fri 09:00-17:00, in 16.7 % of weeks Sat 09:00-13:00 by 25 % of the people"


def test_one_long_visit_is_a_day_of_work() -> None:
    long: list[Row] = [(8000 + week, "check", "p0", 168 * week + 129, 168 * week + 133) for week in (3, 8)]
    assert told(learned(long)).endswith("in 11.9 % of weeks Sat 09:00-13:00 by 25 % of the people")


def test_where_all_come_it_is_not_said_how_many() -> None:
    force = learned(*(day(week, 9, 13, people=4) for week in (3, 8)))
    assert told(force) == "Mon-Fri 09:00-17:00, in 11.9 % of weeks Sat 09:00-13:00"


def test_a_shift_has_the_hours_that_half_of_its_weeks_worked() -> None:
    assert "Sat 09:00-12:00 by" in told(learned(day(3, 9, 12), day(5, 9, 12), day(8, 9, 17)))


def test_a_sunday_is_a_custom_of_the_house_and_the_half_week_is_shared() -> None:
    file = [row for row in office(2, weeks=20) for row in [(row[0] + 20_000, "file", f"f{row[2]}", row[3], row[4])]]
    force = learned(file, day(3, 9, 13, weekday=6), day(8, 19, 21, weekday=6, stage="file"))
    assert told(force).endswith("in 5.95 % of weeks Sun 09:00-13:00 by 25 % of the people")
    assert told(force, "file").endswith("in 5.95 % of weeks Sun 19:00-21:00 by 50 % of the people")


def test_a_weekday_that_less_than_half_of_the_weeks_hold_has_no_regular_hours() -> None:
    force = learned(*(day(week, 9, 13, people=4) for week in range(1, 19, 2)))
    assert told(force) == "Mon-Fri 09:00-17:00, in 45.2 % of weeks Sat 09:00-13:00"


def test_saturdays_that_every_week_holds_since_a_date_are_regular() -> None:
    force = learned(*(day(week, 9, 13, people=4) for week in range(13, 20)))
    assert told(force) == "Mon-Fri 09:00-17:00; Sat 09:00-13:00"


def test_a_few_who_come_every_saturday_are_a_shift_that_almost_every_week_holds() -> None:
    force = learned(*(day(week, 9, 13) for week in range(20)), people=8)
    assert told(force) == "Mon-Fri 09:00-17:00, in 97.6 % of weeks Sat 09:00-13:00 by 12.5 % of the people"


def batch(week: int) -> list[Row]:
    """Five items are done at once by a machine, at night."""
    at = 168 * week + 5 * 24 + 2
    return [(7000 + 10 * week + place, "check", "p0", at, at) for place in range(5)]


def all_days(people: int) -> list[Row]:
    hours = [24 * day + hour for day in range(140) for hour in range(9, 17)]
    return [(30_000 + k, "check", f"p{person}", at, at + 0.5) for k, at in enumerate(hours) for person in range(people)]


@pytest.mark.parametrize(
    "rows",
    [
        [day(3, 9, 17, people=4)],
        [day(3, 9, 10), day(8, 9, 10), day(9, 11, 12)],
        [batch(week) for week in (3, 8, 12)],
        [day(week, 18, 20, weekday=1) for week in (3, 8, 12)],
        [all_days(1), day(3, 18, 22), day(8, 18, 22)],
    ],
    ids=["one Saturday", "a visit at a time", "work that takes no time", "evenings", "a team of all days"],
)
def test_other_things_make_no_shift(rows: list[list[Row]]) -> None:
    force = learned(*rows)
    assert force.shifts == ((),)
    assert not [each for each in force.evidence if "occasional" in each.path]


def test_regular_hours_and_people_stay_as_they_are() -> None:
    plain, more = (learned(*rows).hours[0] for rows in ([], [day(3, 9, 13), day(8, 9, 13)]))
    assert (more.calendar, more.people) == (plain.calendar, plain.people)


def shift_told(force: Workforce) -> Evidence:
    (found,) = (each for each in force.evidence if each.path == "calendars.check team hours.occasional.0.share")
    return found


def test_evidence_has_the_interval_of_the_share() -> None:
    found = shift_told(learned(day(3, 9, 13), day(8, 9, 13), day(12, 9, 13)))
    assert found.estimate == "16.7 % of weeks, Sat 09:00-13:00, by 1 of 4 people"
    assert (found.rows, found.low, found.high) == (12, "4.41 %", "34.9 %")  # quantiles of Beta(3.5, 17.5)


def test_ends_tell_of_shifts_where_nobody_recorded_starts() -> None:
    log = logged(day(3, 9, 13), day(8, 9, 13))
    force = fit_workforce(observe(log), EventLog(log.frame, log.start, log.zone, log.end, starts_assumed=True))
    assert told(force).endswith("in 11.9 % of weeks Sat 09:00-13:00 by 25 % of the people")


def test_long_work_on_a_shift_that_was_held_is_effort() -> None:
    long: list[Row] = [(8000 + week, "check", "p0", 168 * week + 129, 168 * week + 133) for week in (3, 8)]
    force = learned(long, day(3, 13, 15), day(8, 13, 15))
    assert force.opened[force.alone.item == 8003].tolist() == [4 * HOUR]


def test_members_of_the_ensemble_hold_shifts_more_or_less_often() -> None:
    force = learned(day(3, 9, 13), day(8, 9, 13), day(12, 9, 13))
    drawn = [calendars_of(force.teams, force.hours, force.shifts, number) for number in range(200)]
    shares = np.array([each["check team hours"].occasional[0].share for each in drawn])
    assert shares.mean() == pytest.approx(3.5 / 21, abs=0.015)
    assert shares.std() == pytest.approx((3.5 * 17.5 / 21**2 / 22) ** 0.5, rel=0.15)  # of Beta(3.5, 17.5)


def test_the_share_is_a_parameter_with_a_verdict() -> None:
    force = learned(day(3, 9, 13), day(8, 9, 13))
    route = {"steps": [{"stage": "check", "effort": "30 min"}]}
    twin = Twin.model_validate(
        {"twin": "t", "clock": {"starts": START.date()}, **force.written}
        | {"work": {"claim": {"arrivals": {"kind": "poisson", "rate": "9 / week"}, **route}}}
    )
    assert figures(twin, twin)[shift_told(force).path].value == 0.119


def test_a_shift_says_when_it_is_and_how_often() -> None:
    shift = Shift(6, 10, 13, people=1, weeks=(2,), known=20, house=2, visits=11)
    assert (shift.name, shift.share) == ("Sun 10:00-13:00", 0.0595)
