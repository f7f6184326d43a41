"""What was done since a date is told from a flow that begins, and stands for all that came."""

import numpy as np
import pytest

from calibration.completeness import completeness, recorded_share
from calibration.done_since import done_since
from twin.eventlog import NEVER
from twin.units import DAY, HOUR

FLOW = 400
"""Days."""


def flow(days: int = FLOW, *, lead: int = 20) -> tuple[np.ndarray, np.ndarray]:
    """Let four items come each day, at odd hours; they take up to 2 · lead days, evenly."""
    number = np.arange(4 * days, dtype=np.int64)
    arrived = number * 6 * HOUR + (number * 0.618 % 1 * 3 * HOUR).astype(np.int64)
    return arrived, arrived + 2 * HOUR + (number * 0.414 % 1 * 2 * lead * DAY).astype(np.int64)


def test_an_export_by_date_of_completion_is_told_with_its_first_finish() -> None:
    arrived, done = flow()
    kept = (done >= 200 * DAY) & (done < 300 * DAY)
    assert done_since(arrived[kept], done[kept]) == done[kept].min()


def test_so_is_one_that_holds_open_items_too() -> None:
    arrived, done = flow()
    kept = (done >= 200 * DAY) & (arrived < 300 * DAY)
    seen = np.where(done < 300 * DAY, done, NEVER)
    assert done_since(arrived[kept], seen[kept]) == seen[kept & (done < 300 * DAY)].min()


@pytest.mark.parametrize("lead", [1, 20, 60])
def test_a_flow_that_begins_is_left_as_it_is(lead: int) -> None:
    arrived, done = flow(lead=lead)
    assert done_since(arrived, done) is None


def test_what_takes_a_month_at_least_is_no_export_by_date() -> None:
    arrived, done = flow()
    assert done_since(arrived, done + 30 * DAY) is None


def test_a_simulation_of_a_morning_is_no_export_by_date() -> None:
    """Of ten items a minute the first take an hour, the later ones a second to two hours."""
    arrived = np.arange(5000, dtype=np.int64) * 6_000
    lead = np.where(arrived < HOUR, HOUR, (np.arange(5000) * 0.414 % 1 * 2 * HOUR).astype(np.int64) + 1000)
    assert done_since(arrived, arrived + lead) is None


def test_closing_once_a_month_is_no_export_by_date() -> None:
    arrived, done = flow(lead=1)
    assert done_since(arrived, -(-done // (30 * DAY)) * 30 * DAY) is None


def test_the_share_of_arrivals_that_it_holds_adds_up_to_what_was_done() -> None:
    arrived, done = flow()
    kept = (done >= 200 * DAY) & (done < 300 * DAY)
    recorded = recorded_share(arrived[kept], done[kept], 300 * DAY)
    held = recorded.at(np.arange(100 * DAY, 300 * DAY, HOUR)).sum() / 24  # days of arrivals
    assert held == pytest.approx(100, rel=0.01)


def test_lead_times_of_what_was_done_in_a_window_are_left_as_they_are() -> None:
    arrived, done = flow()
    kept = (done >= 200 * DAY) & (done < 300 * DAY)
    recorded = recorded_share(arrived[kept], done[kept], 300 * DAY)
    lead = np.sort(done[kept] - arrived[kept])
    assert recorded.shares.tolist() == pytest.approx(
        (np.searchsorted(lead, recorded.lags, "right") / lead.size).tolist()
    )


def test_without_such_a_date_nothing_is_different() -> None:
    arrived, done = flow()
    kept = done < 100 * DAY
    recorded, usual = (each(arrived[kept], done[kept], 100 * DAY) for each in (recorded_share, completeness))
    assert recorded.shares.tolist() == usual.shares.tolist()
