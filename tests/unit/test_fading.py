"""Where how long work takes has changed, later visits count more; where it has not, all count alike."""

import math
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.fading import faded
from calibration.observed import observe
from twin.eventlog import COLUMNS, EventLog
from twin.units import DAY, HOUR, WEEK

WEEKS = 40
A_WEEK = 30


def log_of(factor: float = 1.0, *, since: int = WEEKS // 2, turn: int = 1) -> EventLog:
    """Have letters come evenly, each answered within two days, so many times as long since a week."""
    number = np.arange(WEEKS * A_WEEK, dtype=np.int64)
    ready = number * (WEEK // A_WEEK)
    luck = 43758.5453 * np.sin(number + 1e4 * turn) % 1
    lasted = (luck * 2 * DAY * np.where(ready >= since * WEEK, factor, 1.0)).astype(np.int64)
    visits = pl.DataFrame({"item": number, "enabled": ready, "started": ready + lasted}).with_columns(
        (pl.col("started") + HOUR).alias("finished"), pl.lit("letter").alias("work"), pl.lit("answer").alias("stage")
    )
    empty = [pl.lit(None, pl.Int64).alias(name) for name in COLUMNS if name not in visits.columns]
    frame = visits.with_columns(empty).filter(pl.col("finished") < WEEKS * WEEK).select(COLUMNS)
    return EventLog(frame, datetime(2026, 1, 5, tzinfo=UTC), "UTC", WEEKS * WEEK)


def mean_hours(log: EventLog) -> float:
    observed = faded(observe(log), log).value
    return float(np.average(observed.started - observed.enabled, weights=observed.weight)) / HOUR


def test_where_answers_take_three_times_as_long_now_that_is_what_is_learned() -> None:
    assert mean_hours(log_of(3.0)) == pytest.approx(3 * 24, rel=0.1)


def test_how_fast_visits_fade_is_told_at_once() -> None:
    log = log_of(3.0)
    (told,) = faded(observe(log), log).evidence
    assert told.mind.startswith("how long visits take has changed: a visit counts half of one ")


@given(st.integers(1, 500))
def test_where_nothing_changes_all_visits_count_alike(turn: int) -> None:
    log = log_of(turn=turn)
    observed = observe(log)
    assert faded(observed, log).value is observed


def test_weeks_in_which_nothing_was_taken_in_any_more_change_nothing() -> None:
    log = log_of(3.0, since=WEEKS - 8)
    arrived = log.frame.filter((pl.col("enabled") < (WEEKS - 8) * WEEK) | (pl.col("item") % A_WEEK == 0))
    export = replace(log, frame=arrived)
    assert mean_hours(export) < 1.2 * 24


def test_weights_have_a_mean_of_one() -> None:
    log = log_of(3.0)
    assert math.isclose(faded(observe(log), log).value.weight.mean(), 1.0)


def test_what_was_done_since_a_date_does_not_fade_though_its_first_items_are_slow() -> None:
    log = log_of(40.0, since=0)
    done = log.frame.filter(pl.col("finished") > WEEKS // 4 * WEEK)
    export = replace(log, frame=done)
    observed = observe(export)
    assert faded(observed, export).value is observed
