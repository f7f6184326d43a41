"""Which team limits: the busiest, the one whose additional person gains most, and the next when demand grows."""

import math
from typing import Any

import pytest
from questions import CLERK, SENIOR, desk, question

from twin.answer import Answer
from twin.decide.bottleneck import Limits, Pressure, find_limits
from twin.decide.saturation import room, years_until_saturated
from twin.decide.trials import Running, Trials
from twin.errors import InputError
from twin.experiment import asked_values, run_experiment
from twin.offered import loads
from twin.scenario import apply

TEAMS = ("clerks", "seniors")


def limits(changes: list[dict[str, Any]], **more: Any) -> Limits:
    asked = question(scenarios={"it": changes})
    trials = Trials(asked, desk(), Running("reference"), planned=1)
    return find_limits(trials, "it", asked.scenarios["it"], asked.answer, **{"replications": 6, "growth": 0.1} | more)


def pressure(found: Limits, team: str) -> Pressure:
    return next(each for each in found.teams if each.team == team)


def test_the_busy_clerks_limit_and_gain_most() -> None:
    """Clerks work 120 h of 168 in a week per head, the senior 30."""
    found = limits([])
    assert (found.busiest.team, found.gains_most.team) == ("clerks", "clerks")
    assert found.busiest.busiest == found.gains_most.gains_most == 1.0


def test_shares_of_replications_sum_to_one() -> None:
    found = limits([])
    assert sum(each.busiest for each in found.teams) == pytest.approx(1)
    assert sum(each.gains_most or 0 for each in found.teams) == pytest.approx(1)


def test_of_two_teams_alike_each_is_the_busiest_in_the_replications_in_which_it_was() -> None:
    """Eight clerks share 240 h a week, one senior has 30: both are busy for 18 % of their time."""
    more = {**CLERK, "add": 6}
    asked = question(scenarios={"it": [more]}, run={"replications": 6})
    ran = run_experiment(asked, desk()).runs[1]
    used = [asked_values(ran, Answer(metric="utilisation", team=team, better="lower", worth=0.1)) for team in TEAMS]
    found = limits([more])
    shares = [pressure(found, team).busiest for team in TEAMS]
    assert shares == pytest.approx([float((used[0] > used[1]).mean()), float((used[1] > used[0]).mean())])
    assert 0 < shares[0] < 1


def test_the_room_of_a_scenario_with_a_date_is_that_after_it() -> None:
    now, later = (pressure(limits([each]), "clerks") for each in (CLERK, {**CLERK, "from": "2026-01-19"}))
    assert (now.load, now.years) == (later.load, later.years)


def test_after_many_more_clerks_the_senior_limits() -> None:
    found = limits([{**CLERK, "add": 14}])
    assert (found.busiest.team, found.gains_most.team) == ("seniors", "seniors")


def test_the_gain_of_a_person_is_that_of_the_scenario_with_one_more() -> None:
    """One more clerk after one more senior is one more of each."""
    asked = question(scenarios={"senior": [SENIOR], "both": [SENIOR, CLERK]}, run={"replications": 6})
    _, senior, both = (asked_values(run, asked.answer) for run in run_experiment(asked, desk()).runs)
    gain = pressure(limits([SENIOR]), "clerks").gain
    assert gain is not None
    assert gain.effect == pytest.approx((both - senior).mean())


def test_offered_load_grows_until_it_is_saturated() -> None:
    years = years_until_saturated(0.8, 0.1)
    assert years is not None
    assert 0.8 * 1.1**years == pytest.approx(1)


@pytest.mark.parametrize(("growth", "years"), [(0.0, None), (-0.1, None), (1.0, math.log2(1 / 0.5))])
def test_demand_that_does_not_grow_saturates_nobody(growth: float, years: float | None) -> None:
    assert years_until_saturated(0.5, growth) == years


def test_each_team_has_its_own_time_left() -> None:
    found = limits([], growth=0.1)
    at = pressure(found, "clerks").years
    assert at is not None
    grown = apply(
        desk(), question(scenarios={"it": [{"scale": "work.letter.arrivals", "by": 1.1**at}]}).scenarios["it"]
    )
    assert loads(grown)["clerks"] == pytest.approx(1)


def test_a_team_without_work_is_never_saturated() -> None:
    found = limits([{"set": "teams.idle", "to": {"people": 1}}])
    assert (pressure(found, "idle").busiest, pressure(found, "idle").years) == (0, None)


def test_where_nothing_is_done_nothing_is_told() -> None:
    with pytest.raises(InputError, match="nothing could be measured"):
        limits([{"set": "work.letter.arrivals", "to": {"kind": "none"}}])


# --- demand that changes by itself ------------------------------------------------------------------------------------


def busier(**arrivals: Any) -> Any:
    changes = [{"set": f"work.letter.arrivals.{name}", "to": value} for name, value in arrivals.items()]
    return apply(desk(), question(scenarios={"it": changes}).scenarios["it"])


def test_the_trend_of_the_twin_itself_fills_its_teams_when_nobody_asks_for_another() -> None:
    """Four weeks at a time, so up to four weeks early."""
    own, asked = room(busier(growth="20 %"), None)["clerks"].years, room(desk(), 0.2)["clerks"].years
    assert asked is not None
    assert own == pytest.approx(asked, abs=5 / 52)


def test_growth_that_is_asked_for_comes_on_top_of_the_trend() -> None:
    both, one = (room(busier(growth="20 %"), growth)["clerks"].years for growth in (0.2, None))
    assert both is not None
    assert one is not None
    assert both == pytest.approx(one / 2, abs=5 / 52)


def test_a_season_fills_a_team_that_has_room_over_the_year() -> None:
    """Clerks are loaded to 71 %; twice as much is too much for the four weeks from 25 May."""
    left = room(busier(season={"jun": "200 %"}), 0.0)["clerks"]
    assert left.load < 1
    assert left.years == pytest.approx(20 * 7 / 365.25)


def test_demand_that_shrinks_by_itself_never_fills_anybody() -> None:
    assert room(busier(growth="-10 %"), None)["clerks"].years is None
