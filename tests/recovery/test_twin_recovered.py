"""A twin is found again from the log it wrote."""

from functools import cache
from typing import Any, Final

import polars as pl
import pytest

from calibration.fit import Fit, fit_twin
from twin.calendars import describe
from twin.distributions import mean
from twin.engine import simulate
from twin.eventlog import EventLog, items
from twin.plan import compile_model
from twin.spec import Twin
from twin.units import HOUR, MINUTE, WEEK

WEEKS: Final = 26
HIDDEN: Final = ("delayed", "queued", "suspended")


def truth() -> Twin:
    """Claims are checked, most assessed by experts, and closed after a customer has answered."""
    route = {
        "start": {"check": "100 %"},
        "next": {
            "check": {"assess": "70 %", "close": "30 %"},
            "assess": {"check": "15 %", "close": "85 %"},
            "close": {"done": "100 %"},
        },
        "efforts": {
            "check": {"kind": "gamma", "mean": "40 min", "cv": 0.5},
            "assess": {"kind": "lognormal", "mean": "60 min", "cv": 0.6},
            "close": "10 min",
        },
        "delays": {"assess > close": {"kind": "gamma", "mean": "20 h", "cv": 0.5}},
    }
    return Twin.model_validate(
        {
            "twin": "claims",
            "clock": {"starts": "2026-01-05", "zone": "Europe/Berlin"},
            "calendars": {"office": {"days": "mon-fri", "hours": "08:00-17:00"}},
            "teams": {
                "clerks": {"people": 3, "calendar": "office"},
                "experts": {"people": 2, "calendar": "office"},
            },
            "stages": {"check": {"team": "clerks"}, "assess": {"team": "experts"}, "close": {"team": "clerks"}},
            "work": {"claim": {"arrivals": {"kind": "poisson", "rate": "60 / week"}, "route": route}},
        }
    )


@cache
def simulated() -> EventLog:
    return simulate(compile_model(truth(), until=WEEKS * WEEK), seed=3).log()


@cache
def learned(shuffled: bool = False) -> Fit:  # noqa: FBT001, FBT002 - one of two logs
    """Fit what a tracker would export: nothing of what only an engine knows."""
    log = simulated()
    hidden = [pl.lit(None, pl.Int64).alias(name) for name in HIDDEN]
    frame = log.frame.with_columns(*hidden, pl.lit(None, pl.Enum(["nobody"])).alias("team"))
    frame = frame.sample(fraction=1, shuffle=True, seed=4) if shuffled else frame
    return fit_twin(EventLog(frame, log.start, log.zone, log.end), name="claims")


def route() -> Any:
    return learned().twin.work["claim"].route


def test_teams_are_found_with_their_people() -> None:
    found = {name: team.people for name, team in learned().twin.teams.items()}
    assert found == {"check team": 3, "assess team": 2}


def test_working_hours_are_found_although_work_is_left_over_night() -> None:
    assert {describe(calendar) for calendar in learned().twin.calendars.values()} == {"Mon-Fri 08:00-17:00"}


@pytest.mark.parametrize(("stage", "minutes"), [("check", 40), ("assess", 60), ("close", 10)])
def test_mean_efforts_are_found_within_three_percent(stage: str, minutes: float) -> None:
    assert mean(route().efforts[stage]) == pytest.approx(minutes * MINUTE, rel=0.03)


def test_the_way_is_found_within_three_percent() -> None:
    found = [route().next["check"]["assess"], route().next["assess"]["check"]]
    assert found == pytest.approx([0.7, 0.15], abs=0.03)


def test_delay_is_told_from_queueing() -> None:
    queues = sum(mean(delay.time) for way, delay in route().delays.items() if way != "assess > close")
    assert queues < 2 * HOUR < 15 * HOUR < mean(route().delays["assess > close"].time)


def lead_times(log: EventLog) -> pl.Series:
    table = items(log)
    return (table["done"] - table["arrived"]).drop_nulls() / HOUR


def test_the_twin_found_takes_as_long_as_the_true_one() -> None:
    again = simulate(compile_model(learned().twin, until=WEEKS * WEEK), seed=9).log()
    true = lead_times(simulated())
    assert [lead_times(again).quantile(q) for q in (0.5, 0.85)] == pytest.approx(
        [true.quantile(q) for q in (0.5, 0.85)], rel=0.12
    )


def test_the_same_twin_is_found_from_shuffled_rows() -> None:
    assert learned(shuffled=True).twin == learned().twin


def test_every_part_of_the_twin_has_evidence() -> None:
    paths = {entry.path for entry in learned().evidence}
    parts = [f"teams.{name}.people" for name in learned().twin.teams]
    parts += [f"work.claim.route.efforts.{name}" for name in route().efforts]
    parts += [f"work.claim.route.delays.{name}" for name in route().delays]
    assert set(parts) <= paths
