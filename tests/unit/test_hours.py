from collections.abc import Sequence

from calibration.evidence import Fitted
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


def test_a_rare_saturday_is_no_working_day() -> None:
    rows = [*office(1, weeks=20), (9999, "check", "p0", 24 * 5 + 11, 24 * 5 + 11.5)]
    assert describe(hours_of(rows).value[0].calendar) == "Mon-Fri 09:00-17:00"


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


def test_the_evidence_says_that_presence_seen_is_a_lower_bound() -> None:
    assert all("lower bound" in entry.note for entry in hours_of(office(1)).evidence)
