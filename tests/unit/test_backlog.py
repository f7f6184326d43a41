"""Items that all came at once say nothing of how often items come; a flow is never taken for that."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.backlog import as_it_came, backlog_of, backlogs_of, taken_as_steady, with_hours_of_all
from calibration.delays import Extra, Waits, corrected
from calibration.fit import fit_twin
from calibration.groups import by_group
from calibration.hours import seen_at_work
from calibration.observed import observe
from calibration.sources import read_log
from calibration.teams import fit_teams
from tests.observed_logs import START, Row, log_of
from twin.calendars import describe
from twin.engine import simulate
from twin.plan import compile_model
from twin.rates import items_per_week
from twin.units import HOUR, WEEK

MINUTE = 1 / 60
HOURS_A_WEEK = 168
SHARED = Path(__file__).parents[3] / "shared" / "data"


def imported(items: int = 60, *, every: float = MINUTE, lasting: float = 2.0) -> list[Row]:
    """Register items one after the other, and let one person answer them in turn, so long each."""
    came = np.arange(items) * every
    register: list[Row] = [(n, "register", "robot", at, at) for n, at in enumerate(came.tolist())]
    return [*register, *((n, "answer", "ann", 1 + n * lasting, 1 + (n + 1) * lasting) for n in range(items))]


def flow(leads: list[float], every: float) -> list[Row]:
    """Let an item come at set times, each done so long after."""
    return [(n, "answer", f"p{n % 7}", n * every, n * every + lead) for n, lead in enumerate(leads)]


def waits_of_a_run(ticks: int, visits: int) -> Waits:
    """Let each visit wait so long on one way, with nobody free and no delay."""
    long, nothing = np.full(visits, ticks), np.zeros(visits, np.int64)
    found = Waits(*(nothing for _ in Waits._fields))
    return found._replace(clock=long, working=long, waited=long)


def test_the_rate_is_one_such_amount_in_each_such_time() -> None:
    found = backlogs_of(log_of(imported()))["claim"]
    assert items_per_week(taken_as_steady("claim", found).value) == pytest.approx(60 / 121 * HOURS_A_WEEK, rel=1e-4)


def test_what_was_seen_and_what_cannot_be_told_is_said_at_once() -> None:
    (told,) = taken_as_steady("claim", backlogs_of(log_of(imported()))["claim"]).evidence
    assert told.mind == (
        "60 items came within 59 min, and were worked on for 5.04 d: how often items come cannot be told; taken as one "
        "such amount in each such time. Set the arrivals by hand if it was a backlog. Lead times of the twin are those "
        "of a steady flow, without the queue of all that"
    )


@pytest.mark.parametrize(
    ("rows", "is_one"),
    [
        (imported(every=0), True),
        ([*imported(300), (300, "register", "robot", 400.0, 400.0)], True),
        (imported(19), False),
        (imported(every=1, lasting=1), False),
        ([(n, "answer", f"p{n}", 0.0, 9.0) for n in range(50)], False),
        ([*flow([2.0] * 100, 0.5), (100, "answer", "eve", 49.0, 9000.0)], False),
    ],
    ids=["at one instant", "one of 301 later", "a short log", "as it is done", "all done at once", "one took a year"],
)
def test_a_backlog_is_told_from_what_comes_otherwise(rows: list[Row], is_one: bool) -> None:  # noqa: FBT001
    assert (backlog_of(log_of(rows), "claim") is not None) is is_one


@given(st.lists(st.floats(0.1, 300), min_size=20, max_size=60), st.floats(0.01, 100))
def test_a_flow_whose_items_take_no_longer_than_they_come_for_is_none(leads: list[float], every: float) -> None:
    comes_for = (len(leads) - 1) * every
    assert backlog_of(log_of(flow([min(lead, comes_for) for lead in leads], every)), "claim") is None


def test_items_that_came_at_one_instant_give_a_twin_though_they_give_no_rate() -> None:
    assert items_per_week(fit_twin(log_of(imported(every=0)), name="x").twin.work["claim"].arrivals) > 0


def test_a_team_that_was_seen_briefly_is_there_whenever_anybody_is() -> None:
    rows = [*imported(60, lasting=8), (0, "answer", "ann", 481.0, 482.0)]
    seen = observe(log_of(rows))
    teams = fit_teams(seen).value
    found, (told,) = with_hours_of_all(seen_at_work(seen, teams, start=START, zone="UTC"), seen, teams.names)
    assert len({describe(each.calendar) for each in found}) == 1
    assert told.mind.startswith("1 of 2 teams were seen for less than 8 d, as work came by")


def test_a_delay_is_at_least_what_somebody_was_free_for_however_long_a_run_queues() -> None:
    least = np.array([1.0, 2.0, 3.0]) * HOUR
    extra = Extra("clock", least, 2 * least, 2 * least, 4.0 * HOUR, 60, floor=least)
    queued = waits_of_a_run(9 * HOUR, 60)
    assert corrected({(-1, 0): extra}, queued, np.ones(60, np.bool_), stages=1)[-1, 0].knots.tolist() == least.tolist()


def test_run_as_they_came_all_items_are_there_at_once() -> None:
    log = log_of(imported())
    twin = as_it_came(fit_twin(log, name="x").twin, START, backlogs_of(log))
    arrived = simulate(compile_model(twin, until=WEEK), seed=1).log().frame.filter(stage="register")["enabled"]
    assert (arrived.len(), int(arrived.to_numpy().max()) < HOUR) == (60, True)


@pytest.mark.shared
@pytest.mark.parametrize("folder", ["event_logs", "trackers"])
def test_no_real_log_is_taken_for_a_backlog(folder: str) -> None:
    files = sorted((SHARED / folder).glob("*.csv.gz"))
    if not files:
        pytest.skip(f"{SHARED / folder} is not there")
    logs = {file.name: by_group(read_log([file], accept_rejects=True).log) for file in files}
    assert [name for name, log in logs.items() if backlogs_of(log)] == []
