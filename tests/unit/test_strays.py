"""A test case with thousands of visits shapes nothing; logs whose cases naturally get long keep all of them."""

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from calibration.strays import strays_of, without_strays
from twin.eventlog import COLUMNS, EventLog
from twin.streams import Purpose, uniforms
from twin.units import HOUR

ORDINARY = np.array([3, 4, 5, 6, 7, 12] * 100)


def drawn(number: int, size: int = 600) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Draw uniform numbers of a log."""
    named = {"seed": 1, "place": 0, "work": 0, "visit": 0, "purpose": Purpose.DESIGN}
    return uniforms(replication=number, numbers=np.arange(size), **named)  # type: ignore[arg-type]  # all are as told


def log_of(visits: list[int]) -> EventLog:
    item = np.repeat(np.arange(len(visits)), visits)
    frame = pl.DataFrame({"item": item, "started": np.arange(item.size) * HOUR}).with_columns(
        pl.lit("case").alias("work"), pl.lit("answer").alias("stage"), (pl.col("started") + HOUR // 2).alias("finished")
    )
    empty = [pl.lit(None, pl.Int64).alias(name) for name in COLUMNS if name not in frame.columns]
    return EventLog(
        frame.with_columns(empty).select(COLUMNS), datetime(2026, 1, 5, tzinfo=UTC), "UTC", item.size * HOUR
    )


def test_one_case_with_half_of_the_visits_is_left_out() -> None:
    assert strays_of(np.append(ORDINARY, 2000)).tolist() == [600]


def test_so_are_two_templates() -> None:
    assert strays_of(np.append(ORDINARY, [900, 1500])).tolist() == [601, 600]


@pytest.mark.parametrize("longest", [12, 40, 180])
def test_a_case_that_is_long_and_no_more_stays(longest: int) -> None:
    assert not strays_of(np.append(ORDINARY, longest)).size


def test_of_few_cases_nothing_is_said() -> None:
    assert not strays_of(np.array([3] * 20 + [2000])).size


@pytest.mark.parametrize("tail", [0.8, 1.2, 2.0])
def test_cases_that_naturally_get_long_are_no_strays(tail: float) -> None:
    """At most one in a hundred logs of 600 cases with a Pareto tail loses a case."""
    alarms = sum(strays_of(np.ceil(drawn(number) ** (-1 / tail)).astype(np.int64)).size > 0 for number in range(300))
    assert alarms <= 3


def test_a_log_without_strays_is_the_very_same() -> None:
    log = log_of([3, 4, 5] * 20)
    assert without_strays(log).value is log


def test_what_is_left_out_is_told_with_its_hours() -> None:
    left = without_strays(log_of([3, 4, 5] * 20 + [500]))
    assert left.value.visits == 240
    assert left.evidence[0].mind.startswith("1 item with 500 of 740 visits, any other has 5 at most: 60 (500).")
    assert "its 250 h are missing" in left.evidence[0].mind
