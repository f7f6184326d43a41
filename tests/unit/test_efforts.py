from calibration.efforts import fit_efforts, worked
from calibration.evidence import Fitted
from calibration.hours import fit_hours
from calibration.observed import observe
from calibration.teams import fit_teams
from tests.observed_logs import START, Row, log_of
from twin.distributions import mean
from twin.effort import AnyEffort, EffortByTeam
from twin.units import HOUR, MINUTE


def efforts_of(rows: list[Row]) -> Fitted[dict[str, AnyEffort]]:
    seen = observe(log_of(rows))
    teams = fit_teams(seen).value
    hours = fit_hours(seen, teams, start=START, zone="UTC").value
    return fit_efforts(seen, worked(seen, teams, hours), teams, work=0)


def office_days(until: float) -> list[Row]:
    """An hour each from 9 to 16 on weekdays, then a visit that begins at 16:15 and is finished later."""
    days = [day for day in range(56) if day % 7 < 5]
    short: list[Row] = [
        (day * 10 + k, "check", "a", 24 * day + 9 + k, 24 * day + 10 + k) for day in days for k in range(7)
    ]
    return short + [(day * 10 + 9, "check", "a", 24 * day + 16.25, 24 * day + until) for day in days if day % 7 < 4]


def test_the_night_inside_a_visit_is_no_effort() -> None:
    over_night = efforts_of(office_days(until=24 + 9.25)).value["check"]
    assert not isinstance(over_night, EffortByTeam)
    assert abs(mean(over_night) - HOUR) < MINUTE


def test_the_evidence_gives_the_mean_with_its_interval_and_what_was_taken_out() -> None:
    entry = efforts_of(office_days(until=24 + 9.25)).evidence[0]
    assert entry.low is not None
    assert "closed hours" in entry.note


def test_one_visit_gives_an_effort_without_an_interval() -> None:
    entry = efforts_of([(0, "check", "a", 9, 10)]).evidence[0]
    assert (entry.estimate.split(";")[0], entry.low, entry.note) == ("mean 1 h", None, "one visit gives no interval")


def two_teams(slow: float) -> list[Row]:
    """Juniors check; seniors decide and check a bit, in their own time."""
    rows: list[Row] = []
    for day in range(60):
        spread = 0.01 * (day * 37 % 60)
        rows += [(2 * day, "check", "junior", 24 * day + 9, 24 * day + 9.5 + spread)]
        rows += [(2 * day + 1, "check", "senior", 24 * day + 9, 24 * day + 9 + slow + spread)]
        rows += [(2 * day + 1, "decide", "senior", 24 * day + 12 + k, 24 * day + 12.5 + k) for k in range(3)]
    return rows


def test_teams_that_take_another_time_get_efforts_of_their_own() -> None:
    found = efforts_of(two_teams(slow=2.0)).value["check"]
    assert isinstance(found, EffortByTeam)
    assert {team: round(mean(effort) / HOUR, 1) for team, effort in found.teams.items()} == {
        "check team": 0.8,
        "decide team": 2.3,
    }


def test_teams_that_take_the_same_time_share_one_effort() -> None:
    assert not isinstance(efforts_of(two_teams(slow=0.5)).value["check"], EffortByTeam)


def test_the_evidence_says_which_was_chosen_and_by_how_much() -> None:
    notes = {entry.path: entry.note for entry in efforts_of(two_teams(slow=2.0)).evidence}
    assert notes["work.claim.route.efforts.check"].startswith("an effort by team: held-out log-likelihood by team +")
    assert "work.claim.route.efforts.check.teams.decide team" in notes
