"""Queue rules, told from who overtakes whom."""

from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from tiny import twin

from calibration.discipline import CHANCE, FIRST_COME, LAST_COME, SHORTEST, Names, Order, names_in_order, order_of
from calibration.fit import fit_twin
from calibration.observed import Ticks
from calibration.sources import read_log
from calibration.sources.attributes import read_attributes
from twin.caseload import simulate_logs
from twin.distributions import mean
from twin.spec import Twin
from twin.streams import Purpose, uniforms
from twin.units import HOUR, MINUTE

POLICIES: Final = Path(__file__).parents[3] / "shared" / "data" / "policies"
ITEMS: Final = 300
STEPS: Final = (("solve", 3), ("check", 1.3))
URGENT: Final = np.arange(ITEMS) % 5 == 3
URGENCY: Final = Names(np.where(URGENT, 1, 0), ("normal", "urgent", "never seen"))


def taken(rule: str) -> tuple[Ticks, Ticks, Ticks]:
    """One person serves items that come faster than they can, by a rule, ten hours of work in eight.

    Gives when they were ready and taken, and their effort; every fifth is urgent.
    """
    ready = np.arange(ITEMS) * HOUR
    effort = ((np.arange(ITEMS) * 0.618) % 1 * 2 + 0.25) * HOUR
    lots = uniforms(seed=1, replication=0, place=0, work=0, numbers=np.arange(ITEMS), visit=0, purpose=Purpose.DESIGN)
    urgent_first = np.where(URGENT, ready, ready + ITEMS * HOUR)
    key = {FIRST_COME: ready, LAST_COME: -ready, SHORTEST: effort, CHANCE: lots, "urgent": urgent_first}[rule]
    started, now, left = np.zeros(ITEMS), 0.0, set(range(ITEMS))
    while left:
        here = [item for item in left if ready[item] <= now] or [min(left)]
        taken = min(here, key=lambda item: key[item])
        started[taken] = max(now, ready[taken])
        now = started[taken] + effort[taken]
        left.remove(taken)
    return ready, started.astype(np.int64), effort.astype(np.int64)


def served(rule: str) -> Order | None:
    ready, started, effort = taken(rule)
    keys = {FIRST_COME: ready, LAST_COME: -ready, SHORTEST: effort}
    return order_of(ready, started, {name: each.astype(float) for name, each in keys.items()})


@pytest.mark.parametrize("rule", [FIRST_COME, LAST_COME, SHORTEST, CHANCE])
def test_a_rule_that_was_kept_is_recovered(rule: str) -> None:
    order = served(rule)
    assert order is not None
    assert order.rule == rule


def test_where_nobody_waits_there_is_no_rule() -> None:
    ready = np.arange(ITEMS) * HOUR
    assert order_of(ready, ready, {FIRST_COME: ready.astype(float)}) is None


def test_names_have_the_order_in_which_they_are_taken() -> None:
    assert names_in_order(*taken("urgent")[:2], URGENCY) == ("urgent", "normal")


def test_names_that_nobody_goes_by_have_no_order_that_is_kept() -> None:
    ready, started, _ = taken(FIRST_COME)
    order = names_in_order(ready, started, URGENCY)
    key = np.array([order.index(URGENCY.names[code]) for code in URGENCY.codes]) + ready / ready.max() / 2
    told = order_of(ready, started, {FIRST_COME: ready.astype(float), "urgency": key})
    assert told is not None
    assert told.rule == FIRST_COME


@cache
def two_types() -> Twin:
    """Learn from a desk that solves what is urgent first, and another that checks what came first."""
    steps = [{"stage": name, "effort": {"kind": "gamma", "mean": f"{hours} h", "cv": 0.7}} for name, hours in STEPS]
    works = {
        name: {"priority": rank, "arrivals": {"kind": "poisson", "rate": f"{rate} / week"}, "steps": steps}
        for name, rank, rate in (("normal", 3, 14), ("urgent", 1, 10))
    }
    office = {"office": {"days": "mon-fri", "hours": "09:00-17:00"}}
    teams = {"desk": {"people": 2, "calendar": "office"}, "check": {"people": 1, "calendar": "office", "queue": "fifo"}}
    known = twin(teams, {"solve": "desk", "check": "check"}, works, calendars=office)
    return fit_twin(next(simulate_logs(known, length="20 w", seed=5)), name="learned").twin


def test_work_types_that_go_first_have_a_priority() -> None:
    assert {name: work.priority for name, work in two_types().work.items()} == {"urgent": 1, "normal": 2}


def test_teams_that_do_not_go_by_work_types_say_so() -> None:
    assert {name: team.queue for name, team in two_types().teams.items()} == {
        "solve team": "priority",
        "check team": "fifo",
    }


@pytest.mark.shared
@pytest.mark.parametrize(
    ("log", "rule"),
    [
        ("FCFS", FIRST_COME),
        ("SPT", SHORTEST),
        ("EDD", "due_date, least first"),
        ("value", "value, greatest first"),
        ("random", CHANCE),
    ],
)
def test_the_queue_rules_of_logs_that_others_simulated_are_recovered(log: str, rule: str) -> None:
    files = [POLICIES / f"ticket_log_{log}.csv.gz"]
    if not files[0].exists():
        pytest.skip(f"{files[0]} is not there")
    columns = {"activity": "=work"}
    read = read_log(files, columns=columns, zone="UTC").log
    fit = fit_twin(read, name="tickets", attributes=read_attributes(files, columns=columns))
    assert [each.estimate for each in fit.evidence if each.path == "teams.work team.queue"] == [rule]
    # three people begin work from 9 to 17 and finish it by the clock: all waiting is for them
    assert sum(mean(each.time) for each in fit.twin.work["case"].route.delays.values()) < MINUTE
