"""Queue rules, told from who overtakes whom."""

from pathlib import Path
from typing import Final

import numpy as np
import pytest

from calibration.discipline import CHANCE, FIRST_COME, LAST_COME, SHORTEST, Order, order_of
from calibration.fit import fit_twin
from calibration.sources import read_log
from calibration.sources.attributes import read_attributes
from twin.distributions import mean
from twin.streams import Purpose, uniforms
from twin.units import HOUR, MINUTE

POLICIES: Final = Path(__file__).parents[3] / "shared" / "data" / "policies"
ITEMS: Final = 300


def served(rule: str) -> Order | None:
    """One person serves items that come faster than they can, by a rule, ten hours of work in eight."""
    ready = np.arange(ITEMS) * HOUR
    effort = ((np.arange(ITEMS) * 0.618) % 1 * 2 + 0.25) * HOUR
    lots = uniforms(seed=1, replication=0, place=0, work=0, numbers=np.arange(ITEMS), visit=0, purpose=Purpose.DESIGN)
    key = {FIRST_COME: ready, LAST_COME: -ready, SHORTEST: effort, CHANCE: lots}[rule]
    started, now, left = np.zeros(ITEMS), 0.0, set(range(ITEMS))
    while left:
        here = [item for item in left if ready[item] <= now] or [min(left)]
        taken = min(here, key=lambda item: key[item])
        started[taken] = max(now, ready[taken])
        now = started[taken] + effort[taken]
        left.remove(taken)
    keys = {FIRST_COME: ready, LAST_COME: -ready, SHORTEST: effort}
    return order_of(ready, started.astype(np.int64), {name: each.astype(float) for name, each in keys.items()})


@pytest.mark.parametrize("rule", [FIRST_COME, LAST_COME, SHORTEST, CHANCE])
def test_a_rule_that_was_kept_is_recovered(rule: str) -> None:
    order = served(rule)
    assert order is not None
    assert order.rule == rule


def test_where_nobody_waits_there_is_no_rule() -> None:
    ready = np.arange(ITEMS) * HOUR
    assert order_of(ready, ready, {FIRST_COME: ready.astype(float)}) is None


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
