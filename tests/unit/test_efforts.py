from calibration.efforts import fit_efforts, worked
from calibration.evidence import Fitted
from calibration.hours import fit_hours
from calibration.observed import observe
from calibration.teams import fit_teams
from tests.observed_logs import START, Row, log_of
from twin.distributions import Distribution, mean
from twin.units import HOUR, MINUTE


def efforts_of(rows: list[Row]) -> Fitted[dict[str, Distribution]]:
    seen = observe(log_of(rows))
    teams = fit_teams(seen).value
    hours = fit_hours(seen, teams, start=START, zone="UTC").value
    return fit_efforts(seen, worked(seen, teams, hours), work=0)


def office_days(until: float) -> list[Row]:
    """An hour each from 9 to 16 on weekdays, then a visit that begins at 16:15 and is finished later."""
    days = [day for day in range(56) if day % 7 < 5]
    short: list[Row] = [
        (day * 10 + k, "check", "a", 24 * day + 9 + k, 24 * day + 10 + k) for day in days for k in range(7)
    ]
    return short + [(day * 10 + 9, "check", "a", 24 * day + 16.25, 24 * day + until) for day in days if day % 7 < 4]


def test_the_night_inside_a_visit_is_no_effort() -> None:
    over_night = efforts_of(office_days(until=24 + 9.25)).value["check"]
    assert abs(mean(over_night) - HOUR) < MINUTE


def test_the_evidence_gives_the_mean_with_its_interval_and_what_was_taken_out() -> None:
    entry = efforts_of(office_days(until=24 + 9.25)).evidence[0]
    assert entry.low is not None
    assert "closed hours" in entry.note


def test_one_visit_gives_an_effort_without_an_interval() -> None:
    entry = efforts_of([(0, "check", "a", 9, 10)]).evidence[0]
    assert (entry.estimate.split(";")[0], entry.low, entry.note) == ("mean 1 h", None, "one visit gives no interval")
