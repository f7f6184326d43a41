"""Stages are one per group where groups are no pool: where they hand items on, or keep theirs to themselves."""

import polars as pl
import pytest

from calibration.groups import by_group, by_known_group
from tests.observed_logs import Row, log_of
from twin.eventlog import EventLog


def handed(*teams: str | None) -> EventLog:
    """One item after another goes through these groups, at one stage."""
    rows = [(n // len(teams), "active", "p", float(n), n + 0.5) for n in range(40)]
    named = pl.Series("team", [teams[n % len(teams)] for n in range(40)], pl.String)
    log = log_of(rows)
    return EventLog(log.frame.with_columns(named), log.start, log.zone, log.end)


def test_groups_that_hand_items_on_are_stages_of_their_own() -> None:
    assert sorted(by_group(handed("x", "y")).frame["stage"].unique()) == ["active (x)", "active (y)"]


def test_dividing_by_group_twice_changes_nothing() -> None:
    once = by_group(handed("x", "y", None))
    assert sorted(once.frame["stage"].unique()) == ["active (others)", "active (x)", "active (y)"]
    assert by_group(once) is once


def test_a_later_log_is_divided_as_the_twin_was() -> None:
    stages = ("active (x)", "active (others)")
    assert set(by_known_group(handed("x", "y", None), stages).frame["stage"]) == set(stages)


@pytest.mark.parametrize("teams", [("x",), (None,), ("x", "x")])
def test_where_nothing_is_handed_on_stages_stay_whole(teams: tuple[str | None, ...]) -> None:
    log = handed(*teams)
    assert by_group(log) is log


def boards(turns: int = 3, *, shifts: bool = False, people: str | None = None) -> EventLog:
    """Two teams have a board of the same columns; an item stays on its board, or whoever has the shift takes it."""
    rows: list[Row] = []
    teams = []
    for item in range(60):
        for turn in range(turns):
            at = 4.0 * item + turn
            teams.append("early" if (at % 2 if shifts else item % 3) else "late")
            rows.append((item, ("build", "test")[turn % 2], people and f"{people}{teams[-1]}", at, at + 0.5))
    log = log_of(rows)
    return EventLog(log.frame.with_columns(pl.Series("team", teams)), log.start, log.zone, log.end)


def stages(log: EventLog) -> set[str]:
    return set(by_group(log).frame["stage"].cast(pl.String))


APART = {"build (early)", "build (late)", "test (early)", "test (late)"}


@pytest.mark.parametrize("people", [None, "pair "], ids=["nobody signed", "of one team each"])
def test_teams_that_keep_their_items_have_stages_of_their_own(people: str | None) -> None:
    assert stages(boards(people=people)) == APART


def test_so_have_teams_whose_items_have_one_visit_each() -> None:
    assert stages(boards(turns=1)) == {"build (early)", "build (late)"}


def test_shifts_that_take_what_is_there_are_one_pool() -> None:
    log = boards(turns=2, shifts=True)
    assert by_group(log) is log


def test_people_who_work_for_both_teams_are_one_pool() -> None:
    log = boards()
    both = EventLog(log.frame.with_columns(pl.lit("Ann").alias("person")), log.start, log.zone, log.end)
    assert by_group(both) is both


def test_teams_that_keep_their_items_are_divided_once() -> None:
    once = by_group(boards())
    assert by_group(once) is once


def test_a_later_log_is_divided_as_a_twin_without_others_was() -> None:
    assert set(by_known_group(boards(), tuple(APART)).frame["stage"].cast(pl.String)) == APART
