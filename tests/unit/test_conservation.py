"""Every run of every twin conserves; a damaged outcome is found out."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from strategies import Case, cases
from tiny import listed, run, twin, work

from twin.conservation import ConservationError, balances, check, summed
from twin.engine import compiled, simulate
from twin.errors import BudgetError
from twin.eventlog import Visits
from twin.outcome import Outcome
from twin.rows import pack

EQUALITIES = 9


def ended(case: Case, seed: int) -> Outcome:
    """Run a twin that comes to its horizon; others are stopped by a deadlock or a bound, and leave no books."""
    try:
        return simulate(case.model(), seed=seed)
    except BudgetError:
        reject()


@given(case=cases(), seed=st.integers(0, 3))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_run_of_every_small_twin_conserves(case: Case, seed: int) -> None:
    outcome = ended(case, seed)
    assert len(check(outcome)) == EQUALITIES


@given(case=cases(), seed=st.integers(0, 3))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_rows_add_up_to_the_same_read_as_columns_or_as_words(case: Case, seed: int) -> None:
    outcome = ended(case, seed)
    columns, words = summed(outcome), compiled.summed(outcome)
    assert [np.asarray(part).tolist() for part in columns] == [np.asarray(part).tolist() for part in words]


@pytest.fixture(scope="module")
def busy() -> Outcome:
    """A run in which visits wait, work and remain open."""
    calendars = {"office": {"days": "mon-sun", "hours": "08:00-16:00"}}
    teams = {"A": {"people": 2, "calendar": "office"}, "B": 1}
    works = {"x": work(listed(*range(0, 40, 2)), ("a", "3 h"), ("b", "4 h"))}
    return run(
        twin(teams, {"a": "A", "b": {"team": "B", "wip_limit": 2}}, works, calendars=calendars), until=200_000_000
    )


def rewritten(outcome: Outcome, visits: Visits) -> Outcome:
    rows, waits = pack(visits)
    return replace(outcome, rows=rows, waits=waits)


def test_the_run_to_be_damaged_has_visits_in_every_state(busy: Outcome) -> None:
    started, finished = busy.visits.started > 0, busy.visits.finished > 0
    assert 0 < finished.sum() < started.sum() < started.size


@pytest.mark.parametrize("column", ["enabled", "queued", "started", "finished"])
@pytest.mark.parametrize("by", [-1, 1, 3_600_000])
def test_an_instant_that_moves_is_found_out(busy: Outcome, column: str, by: int) -> None:
    # Items that came at tick 0 are left out: a moment earlier they would have been inside at the start, as right
    for row in np.flatnonzero((busy.visits.finished > 0) & (busy.visits.enabled > 0)).tolist():
        columns = busy.visits._asdict()
        columns[column] = columns[column].copy()
        columns[column][row] += by
        with pytest.raises(ConservationError):
            check(rewritten(busy, Visits(**columns)))


def test_a_row_that_is_lost_is_found_out(busy: Outcome) -> None:
    for row in range(busy.visits.item.size):
        rest = {name: np.delete(column, row) for name, column in busy.visits._asdict().items()}
        with pytest.raises(ConservationError):
            check(rewritten(busy, Visits(**rest)))


def test_an_item_that_is_doubled_is_found_out(busy: Outcome) -> None:
    again = np.flatnonzero(busy.visits.item == 3)
    rows = np.append(np.arange(busy.visits.item.size), again)
    doubled = Visits(**{name: column[rows] for name, column in busy.visits._asdict().items()})
    renamed = doubled._replace(item=np.append(busy.visits.item, np.full(again.size, 999)))
    for visits in (doubled, renamed):
        with pytest.raises(ConservationError):
            check(rewritten(busy, visits))


@pytest.mark.parametrize("field", ["entered", "left", "inside"])
def test_a_wrong_count_of_items_is_found_out(busy: Outcome, field: str) -> None:
    ledger = busy.ledger._replace(**{field: getattr(busy.ledger, field) + 1})
    assert not all(balance.holds for balance in balances(replace(busy, ledger=ledger)))


@pytest.mark.parametrize("field", ["stage_time", "stage_queue", "team_busy", "team_idle", "team_hours"])
def test_a_wrong_sum_of_time_is_found_out(busy: Outcome, field: str) -> None:
    sums = getattr(busy.ledger, field).copy()
    sums[0] -= 1
    assert not all(balance.holds for balance in balances(replace(busy, ledger=busy.ledger._replace(**{field: sums}))))
