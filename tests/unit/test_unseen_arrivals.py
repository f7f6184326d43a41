"""Arrivals that nobody recorded: where the log tells since when an item may have waited, and where it does not."""

from dataclasses import replace
from functools import cache

import numpy as np
import polars as pl
import pytest

from calibration.ensemble import draw_ensemble, read_basis
from calibration.first_queues import ROUNDS
from calibration.fit import fit_twin
from calibration.observed import observe
from calibration.unseen_arrivals import Unseen, hidden_works, unseen_arrivals, with_arrivals
from calibration.workforce import fit_workforce
from tests.observed_logs import Row, log_of
from twin.eventlog import EventLog, items
from twin.units import HOUR


def busy() -> list[Row]:
    """Ada takes five in a row, an hour each, then nothing comes for two hours, round the clock."""
    return [
        (turn * 10 + number, "check", "Ada", turn * 7 + number, turn * 7 + number + 1)
        for turn in range(60)
        for number in range(5)
    ]


def found(log: EventLog) -> dict[str, Unseen]:
    observed = observe(log)
    return unseen_arrivals(observed, fit_workforce(observed, log), log)


def waited(log: EventLog) -> float:
    """Share of items that may have waited."""
    return sum(each.waited for each in found(log).values())


@cache
def usual() -> tuple[EventLog, dict[str, Unseen]]:
    log = log_of(busy())
    return log, found(log)


def test_of_five_in_a_row_four_may_have_waited() -> None:
    assert usual()[1]["claim"].waited == pytest.approx(0.8, abs=0.06)


def test_who_may_have_waited_came_while_the_one_before_was_worked_on() -> None:
    rows = items(with_arrivals(*usual())).sort("first_start")
    before = rows["first_start"].to_numpy() - rows["arrived"].to_numpy()
    turn = before[: before.size // 5 * 5].reshape(-1, 5)
    assert (np.median(turn[:, 0]), HOUR / 2 < np.median(turn[:, 4]) < 4 * HOUR) == (0, True)


def test_a_log_that_says_when_items_came_is_left_as_it_is() -> None:
    log = log_of(busy())
    known = replace(log, frame=log.frame.with_columns(enabled=pl.col("started") - 1))
    assert (found(known), with_arrivals(known, {}) is known, hidden_works(known)) == ({}, True, frozenset())


def test_a_work_type_of_which_one_item_says_when_it_came_is_left_as_it_is() -> None:
    log = log_of(busy())
    enabled = pl.when(pl.col("item") == 0).then(pl.col("started"))
    assert waited(replace(log, frame=log.frame.with_columns(enabled=enabled))) == 0


def test_where_starts_are_assumed_nothing_tells_who_was_free() -> None:
    assert waited(replace(log_of(busy()), starts_assumed=True)) == 0


def test_who_begins_some_minutes_after_another_ended_came_as_it_began() -> None:
    rows = [(item, stage, who, start + 0.1, end) for item, stage, who, start, end in busy() if end]
    assert waited(log_of(rows)) == 0


def test_whoever_is_free_beside_takes_what_comes_at_once() -> None:
    beside = [(9000 + turn, "check", "Bo", 7.0 * turn, 7 * turn + 0.5) for turn in range(60)]
    assert waited(log_of(busy() + beside)) < 0.06


def test_only_first_visits_get_an_arrival() -> None:
    later = [(item, "pay", "Cy", end + 0.2, end + 0.4) for item, _, _, _, end in busy() if end]
    log = log_of(busy() + later)
    frame = with_arrivals(log, found(log)).frame
    assert frame.filter(pl.col("enabled").is_not_null())["stage"].unique().to_list() == ["check"]


def test_another_draw_is_another_log() -> None:
    came = [items(with_arrivals(*usual(), number))["arrived"].to_list() for number in (ROUNDS, ROUNDS, ROUNDS + 1)]
    assert (came[0] == came[1], came[0] == came[2]) == (True, False)


def test_the_order_of_rows_decides_nothing() -> None:
    log = log_of(busy()[::-1])
    assert items(with_arrivals(log, found(log))).equals(items(with_arrivals(*usual())))


def test_members_of_the_ensemble_draw_arrivals_anew() -> None:
    """On working days somebody takes what came since the evening, from nine on."""
    rows = [
        (day * 10 + number, "check", "Ada", day * 24 + 9 + number, day * 24 + 10 + number)
        for day in range(56)
        for number in range(2 + day % 5)
        if day % 7 < 5
    ]
    fit = fit_twin(log_of(rows), name="desk")
    drawn, alike = (draw_ensemble(read_basis(each), members=2).members for each in (fit, replace(fit, unseen={})))
    assert [
        one.work["claim"].arrivals == other.work["claim"].arrivals for one, other in zip(drawn, alike, strict=True)
    ] == [False, False]
