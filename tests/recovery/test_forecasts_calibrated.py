"""Forecasts of twins learned from logs of known twins are as sure as they say, and beat those without a twin."""

import numpy as np
import pytest
from observed_logs import without_teams
from tiny import OFFICE, twin, work

from calibration.grading import Totals, discrepancies, totals
from calibration.rolling import Rolling, rolling_backtest
from twin.caseload import simulate_logs
from twin.spec import Twin

LOGS = 20
WEEKS = 26


def office(number: int) -> Twin:
    """Two to five clerks in office hours, half to four fifths loaded, and two seniors who sign."""
    people, hours = 2 + number % 4, 4 + number % 3
    rate = round(people * 40 / hours * (0.5 + 0.08 * (number % 5)), 2)
    letter = work(
        {"kind": "poisson", "rate": f"{rate} / week"},
        {"stage": "answer", "effort": {"kind": "gamma", "mean": f"{hours} h", "cv": 0.7}},
        {"stage": "sign", "effort": {"kind": "exponential", "mean": "1 h"}},
    )
    teams = {name: {"people": count, "calendar": "office"} for name, count in (("clerks", people), ("seniors", 2))}
    return twin(teams, {"answer": "clerks", "sign": "seniors"}, {"letter": letter}, calendars={"office": OFFICE})


@pytest.fixture(scope="module")
def backtests() -> list[Rolling]:
    logs = (next(simulate_logs(office(k), length=f"{WEEKS} w", seed=100 + k)) for k in range(LOGS))
    return [rolling_backtest(without_teams(log), members=39, most=3) for log in logs]


@pytest.fixture(scope="module")
def joined(backtests: list[Rolling]) -> list[Totals]:
    return [totals(rolled) for rolled in backtests]


@pytest.mark.nightly
def test_intervals_hold_as_much_as_they_say(joined: list[Totals]) -> None:
    assert 0.705 <= np.mean([each.held[0] for each in joined]) <= 0.89


@pytest.mark.nightly
def test_forecasts_are_no_worse_than_drawing_past_weeks_again(joined: list[Totals]) -> None:
    skills = [each.skills[0] for each in joined]
    assert np.mean(skills) >= -0.02
    assert np.mean(np.array(skills) > 0) >= 0.5


@pytest.mark.nightly
def test_right_twins_are_seldom_accused(backtests: list[Rolling]) -> None:
    assert sum(bool(discrepancies(rolled)) for rolled in backtests) <= 2
