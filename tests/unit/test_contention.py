"""Until when somebody was free for a visit: its delay was not over before."""

import numpy as np
import pytest

from calibration.contention import free_until
from calibration.hours import fit_hours
from calibration.observed import observe
from calibration.teams import fit_teams
from tests.observed_logs import START, Row, log_of
from twin.units import HOUR


def free(rows: list[Row], *, runs: int = 1, at_once: int = 1) -> list[float]:
    """Give the hour until which somebody was free for each visit, in order of items."""
    seen = observe(log_of(rows))._replace(runs=runs)
    teams = fit_teams(seen).value
    hours = fit_hours(seen, teams, start=START, zone="UTC").value
    always = tuple(
        each._replace(
            people=each.people // at_once,
            at_once=at_once,
            open=each.open._replace(
                opens=np.array([-HOUR]), closes=np.array([999 * HOUR]), worked=np.zeros(1, np.int64)
            ),
        )
        for each in hours
    )
    return (free_until(seen, teams, always) / HOUR).tolist()


def test_a_visit_that_begins_as_another_ends_may_have_waited_since_that_began() -> None:
    assert free([(0, "check", "a", 1, 3), (1, "check", "a", 3, 4), (2, "check", "a", 6, 7)]) == [1, 1, 6]


def test_while_one_of_two_is_free_nobody_waits() -> None:
    rows = [(0, "check", "a", 1, 5), (1, "check", "b", 1, 2), (2, "check", "b", 4, 6), (3, "check", "a", 5, 6)]
    assert free(rows) == [1, 1, 4, 4]


def test_runs_side_by_side_keep_their_own_people_busy() -> None:
    rows = [(0, "check", "a", 1, 3), (1, "check", "a", 3, 4)]
    assert free(rows, runs=2) == [1, 3]


def test_who_works_on_two_visits_at_once_is_free_until_both_are_begun() -> None:
    rows = [(0, "check", "a", 1, 5), (1, "check", "a", 2, 4), (2, "check", "a", 4, 6), (3, "check", "a", 5.5, 6)]
    assert free(rows, at_once=2) == [1, 2, 2, 5.5]


def test_where_people_have_several_visits_at_once_nothing_is_said_of_who_was_free() -> None:
    rows = [(k, "check", "a", 1 + k / 10, 5) for k in range(8)]
    assert free(rows) == pytest.approx([1 + k / 10 for k in range(8)])
