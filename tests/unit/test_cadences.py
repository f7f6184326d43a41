"""Stages that open at set hours are told by when their visits begin, and from working hours."""

from typing import Any

import pytest

import twin
from calibration.cadences import fit_cadences
from calibration.fit import fit_twin
from calibration.hours import fit_hours
from calibration.observed import observe
from calibration.teams import fit_teams
from tests.observed_logs import START, Row, log_of
from twin.distributions import mean
from twin.openings import Opening
from twin.spec import Twin
from twin.units import HOUR

SETTLED = "26 w"


def approvals(effort: str = "1 min", people: int = 2, **more: Any) -> Twin:
    """People prepare cases all week and approve them, by a gate or at once."""
    route = {
        "start": {"prepare": 1},
        "next": {"prepare": {"approve": 1}, "approve": {"done": 1}},
        "efforts": {
            "prepare": {"kind": "gamma", "mean": "30 min", "cv": 0.5},
            "approve": {"kind": "gamma", "mean": effort, "cv": 0.5},
        },
    }
    return Twin.model_validate(
        {
            "twin": "approvals",
            "clock": {"starts": "2026-01-05", "zone": "Europe/Amsterdam"},
            "calendars": {"office": {"week": {"mon-fri": "08:00-16:00"}}},
            "teams": {"board": {"people": people, "calendar": "office"}},
            "stages": {"prepare": {"team": "board"}, "approve": {"team": "board", **more}},
            "work": {"case": {"arrivals": {"kind": "poisson", "rate": "60 / week"}, "route": route}},
        }
    )


def learned(model: Twin) -> tuple[Opening, ...]:
    log = next(twin.simulate_logs(model, length=SETTLED, seed=3))
    return tuple(fit_twin(log, name="learned").twin.stages["approve"].opens or ())


def said(gates: tuple[Opening, ...]) -> list[dict[str, Any]]:
    return [gate.model_dump(mode="json", exclude_unset=True, by_alias=True) for gate in gates]


@pytest.mark.parametrize(
    "opens",
    [
        [{"on": "thu", "at": "14:00"}],
        [{"on": "tue", "at": "09:30", "capacity": 35}, {"on": "fri", "at": "09:30", "capacity": 35}],
        [{"on": "wed", "at": "10:00", "every": "2 w", "from": "2026-01-07"}],
    ],
)
def test_a_gate_is_recovered_with_its_hour_its_weeks_and_its_room(opens: list[dict[str, Any]]) -> None:
    truth = approvals(opens=opens).stages["approve"].opens
    assert said(learned(approvals(opens=opens))) == said(tuple(truth or ()))


def test_a_stage_that_is_served_at_once_has_no_gate() -> None:
    assert learned(approvals()) == ()


def test_a_gate_that_is_learned_explains_the_waiting_that_would_be_delay() -> None:
    log = next(twin.simulate_logs(approvals(opens=[{"on": "thu", "at": "14:00"}]), length=SETTLED, seed=3))
    route = fit_twin(log, name="learned").twin.work["case"].route
    assert route is not None
    # nearly three working days go by between two Thursdays
    left = route.delays.get("prepare > approve")
    assert left is None or mean(left.time) < 2 * HOUR


@pytest.mark.parametrize("items", [40, 90, 150])
def test_few_visits_of_people_who_are_always_there_make_no_gate(items: int) -> None:
    # one team is there round the clock, and decides on each item some hours after it was checked
    busy: list[Row] = [(1000 + k, "check", "a", 2 * k, 2 * k + 1.5) for k in range(3 * 168)]
    came = [(k * 61.8) % (6 * 168) for k in range(items)]
    decided: list[Row] = [(k, "check", "b", at, at + 0.2) for k, at in enumerate(came)]
    decided += [(k, "decide", "a", at + 5 + k % 7, at + 5.2 + k % 7) for k, at in enumerate(came)]
    seen = observe(log_of(busy + decided))
    teams = fit_teams(seen).value
    hours = fit_hours(seen, teams, start=START, zone="UTC").value
    assert fit_cadences(seen, teams, hours, start=START, zone="UTC").value == {}
