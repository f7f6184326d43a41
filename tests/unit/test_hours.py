from collections.abc import Sequence

from calibration.evidence import Evidence, Fitted
from calibration.hours import Hours, fit_hours
from calibration.observed import observe
from calibration.teams import fit_teams
from tests.observed_logs import START, Row, log_of
from twin.calendars import describe


def hours_of(rows: Sequence[Row], *, zone: str = "UTC") -> Fitted[tuple[Hours, ...]]:
    seen = observe(log_of(rows, zone=zone))
    return fit_hours(seen, fit_teams(seen).value, start=START, zone=zone)


def office(people: int, *, weeks: int = 8, first: int = 9, last: int = 17) -> list[Row]:
    """Everybody has a visit of half an hour each hour from Monday to Friday."""
    days = [day for day in range(7 * weeks) if day % 7 < 5]
    starts = [24 * day + hour for day in days for hour in range(first, last)]
    return [(k, "check", f"p{person}", at, at + 0.5) for k, at in enumerate(starts) for person in range(people)]


def test_office_hours_are_found() -> None:
    assert describe(hours_of(office(1)).value[0].calendar) == "Mon-Fri 09:00-17:00"


def test_hours_are_read_in_the_zone_of_the_log() -> None:
    found = hours_of(office(1), zone="Europe/Berlin").value[0]
    assert describe(found.calendar) == "Mon-Fri 10:00-18:00"


def test_a_visit_that_ends_on_the_stroke_of_the_hour_opens_no_further_hour() -> None:
    rows: list[Row] = [(day, "check", "a", 24 * day + 9, 24 * day + 17) for day in range(5)]
    assert describe(hours_of(rows).value[0].calendar) == "Mon-Fri 09:00-17:00"


def test_the_last_hour_counts_though_its_visits_are_finished_the_next_day() -> None:
    rows = office(1, last=16) + [(1000 + d, "check", "a", 24 * d + 16.5, 24 * d + 33.1) for d in range(56) if d % 7 < 4]
    assert describe(hours_of(rows).value[0].calendar).startswith("Mon-Thu 09:00-17:00")


def test_what_is_closed_before_anybody_comes_opens_no_hour() -> None:
    left_open: list[Row] = [(9000 + day, "check", "p0", 24 * day + 16.5, 24 * day + 29) for day in range(0, 56, 7)]
    assert describe(hours_of([*office(1), *left_open]).value[0].calendar) == "Mon-Fri 09:00-17:00"


def test_a_team_that_only_opens_long_work_on_the_hour_has_hours_too() -> None:
    rows: list[Row] = [(day, "check", "a", 24 * day + 9, 24 * day + 33) for day in range(5)]
    assert describe(hours_of(rows).value[0].calendar) == "Mon-Fri 09:00-10:00"


def overrun(last: int) -> list[Row]:
    """Each weekday at 9 four items come; one person takes three hours for each and begins none from an hour on."""
    days = [day for day in range(7 * 8) if day % 7 < 5]
    came: list[Row] = [(4 * day + k, "come", "robot", 24 * day + 9, 24 * day + 9) for day in days for k in range(4)]
    begins = [24 * day + hour for day in days for hour in range(9, last, 3)]
    return came + [(came[k][0], "check", "a", at, at + 3) for k, at in enumerate(begins)]


def of_check(rows: list[Row]) -> Hours:
    seen = observe(log_of(rows))
    teams = fit_teams(seen).value
    return fit_hours(seen, teams, start=START, zone="UTC").value[teams.names.index("check team")]


def test_hours_in_which_a_team_only_finishes_while_work_waits_are_overtime() -> None:
    found = of_check(overrun(last=17))
    assert (describe(found.calendar), found.shift_end, found.people) == ("Mon-Fri 09:00-17:00", "finish", 1)


def test_hours_in_which_work_is_begun_are_none() -> None:
    found = of_check(overrun(last=18) + [(5000 + d, "check", "a", 24 * d + 17.5, 24 * d + 18) for d in range(50)])
    assert describe(found.calendar).startswith("Mon-Fri 09:00-18:00")


def test_a_rare_saturday_is_no_working_day() -> None:
    rows = [*office(1, weeks=20), (9999, "check", "p0", 24 * 5 + 11, 24 * 5 + 11.5)]
    assert describe(hours_of(rows).value[0].calendar) == "Mon-Fri 09:00-17:00"


def test_workdays_that_a_short_log_does_not_reach_are_like_those_it_shows() -> None:
    two_days = [row for row in office(1, weeks=1) if 24 <= row[3] < 72]
    assert describe(hours_of(two_days).value[0].calendar) == "Mon-Fri 09:00-17:00"


def test_hours_that_half_a_day_of_a_log_does_not_reach_are_like_those_it_shows() -> None:
    rows: list[Row] = [(k, "check", "a", k / 2, k / 2 + 0.4) for k in range(24)]
    assert describe(hours_of(rows).value[0].calendar) == "Mon-Fri 00:00-24:00"


def test_people_are_those_seen_at_once_not_all_who_ever_were() -> None:
    shifts = office(2) + [
        (k, "check", f"late {who}", at + 400 * 24, at + 400 * 24 + 0.5) for k, _, who, at, _ in office(2)
    ]
    assert hours_of(shifts).value[0].people == 2


def test_somebody_who_works_on_two_things_at_once_counts_twice() -> None:
    rows = [(2 * k + twin, "check", "p0", at, at + 0.5) for k, _, _, at, _ in office(1) for twin in range(2)]
    assert hours_of(rows).value[0].people == 2


def test_unsigned_work_gets_enough_people_to_do_it() -> None:
    rows: list[Row] = [(9 * k + n, "post", None, 24 * k + 9, 24 * k + 10) for k in range(5) for n in range(9)]
    assert hours_of(rows).value[0].people >= 9


def evidence_of(rows: Sequence[Row], ending: str) -> Evidence:
    return next(entry for entry in hours_of(rows).evidence if entry.path.endswith(ending))


def test_people_have_an_interval_from_drawing_weeks_anew() -> None:
    busy_week = [(k, stage, f"q{who}", at, end) for k, stage, who, at, end in office(2, weeks=1)]
    entry = evidence_of([*office(2, weeks=9), *busy_week], ".people")
    assert (entry.low, entry.high) == ("2", "4")


def test_the_calendar_tells_how_many_weeks_support_its_first_and_last_hour() -> None:
    rows = [row for row in office(1, weeks=8) if not (row[3] % 24 == 16 and row[3] > 24 * 28)]
    assert "of 8 in which the first and the last hour were worked: mon 8 and 4" in evidence_of(rows, " hours").note


def test_availability_is_told_of_the_team_and_never_of_a_person() -> None:
    half = [row for row in office(2) if row[2] == "p0" or row[3] % 24 < 13]
    entry = evidence_of(half, ".available")
    assert (entry.estimate, "p0" in str(entry)) == (
        "on average each was seen at work in 75% of the team's hours",
        False,
    )


def test_the_evidence_says_that_presence_seen_is_a_lower_bound() -> None:
    assert all(
        "lower bound" in entry.note for entry in hours_of(office(1)).evidence if not entry.path.endswith(".shift_end")
    )


def test_how_many_people_nobody_signed_for_is_assumed() -> None:
    people = next(each for each in hours_of([(0, "post", None, 9, 10)]).evidence if each.path.endswith(".people"))
    assert people.verdict == "assumed"
