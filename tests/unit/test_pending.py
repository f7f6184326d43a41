"""Items that wait when a log is written look done in it; where others went on they are taken to wait."""

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from calibration.edges import done_chance
from calibration.fit import as_learned
from calibration.open_items import time_evidence
from calibration.pending import with_pending
from calibration.routes import fit_route
from twin.eventlog import COLUMNS, EventLog
from twin.units import DAY, HOUR


def log_of(*, until: int, leaves_after: int = 0) -> EventLog:
    """Ten letters a day are opened in the morning and answered three days later, but for the first few of a day."""
    visits = []
    for item in range(600):
        day, place = divmod(item, 10)
        opened = day * DAY + (9 + place % 8) * HOUR
        visits.append((item, "open", opened, opened + HOUR))
        if place >= leaves_after:
            visits.append((item, "answer", opened + 3 * DAY, opened + 3 * DAY + HOUR))
    frame = pl.DataFrame(visits, schema=["item", "stage", "started", "finished"], orient="row")
    frame = frame.filter(pl.col("started") < until).with_columns(
        pl.lit("letter").alias("work"), pl.lit("ann").alias("person")
    )
    empty = [pl.lit(None, pl.Int64).alias(name) for name in COLUMNS if name not in frame.columns]
    named = frame.with_columns(empty).with_columns(pl.col("work", "stage", "person").cast(pl.Categorical))
    return EventLog(named.select(COLUMNS), datetime(2026, 1, 5, tzinfo=UTC), "UTC", until)


def test_letters_opened_but_not_answered_by_the_end_wait_for_their_answer() -> None:
    log = log_of(until=40 * DAY)
    waiting = with_pending(log).value.frame.filter(pl.col("started").is_null())
    assert (waiting.height, waiting["stage"].unique().to_list()) == (30, ["answer"])


def test_they_are_told_at_once_where_they_are_many() -> None:
    (told,) = with_pending(log_of(until=40 * DAY)).evidence
    assert told.mind == (
        "30 of 400 items look done, but others at their stages went on after longer: they are taken to wait still"
    )


def test_where_many_are_done_as_many_as_are_more_than_usual_wait() -> None:
    log = log_of(until=40 * DAY, leaves_after=4)
    waiting = with_pending(log).value.frame.filter(pl.col("started").is_null())
    assert waiting.height == 3 * 6


def test_where_no_more_than_usual_look_done_nobody_is_taken_to_wait() -> None:
    log = log_of(until=40 * DAY, leaves_after=4)
    answered = log.frame.filter((pl.col("started") < 37 * DAY) | (pl.col("item") % 10 < 4))
    alone = EventLog(answered, log.start, log.zone, log.end)
    assert with_pending(alone).value is alone


def test_a_log_that_names_who_waits_is_left_as_it_is() -> None:
    told = with_pending(log_of(until=40 * DAY)).value
    assert with_pending(told).value is told


def test_the_route_learned_is_the_one_of_letters_that_had_their_time() -> None:
    route = fit_route(as_learned(log_of(until=40 * DAY)).value, "letter").value
    assert route.next["open"] == {"answer": 1.0}


def test_the_chance_to_be_done_grows_with_the_time_in_which_others_went_on() -> None:
    """One went on after 1, one after 3; of those who did not, one is seen for 2 and one for 9."""
    chance = done_chance(np.array([1, 3, 2, 9]), np.array([True, True, False, False]))
    assert chance[2:].tolist() == pytest.approx([0.5, 1.0])


def test_what_lies_between_an_end_and_a_recorded_arrival_at_the_next_stage_is_waited() -> None:
    log = log_of(until=99 * DAY)
    answer = pl.when(pl.col("stage") == "answer").then(pl.col("started")).alias("enabled")
    learned = as_learned(EventLog(log.frame.with_columns(answer), log.start, log.zone, log.end)).value.frame
    waits = learned.filter(pl.col("stage") == "answer").select(pl.col("started") - pl.col("enabled")).to_series()
    assert waits.unique().to_list() == [3 * DAY - HOUR]


def test_times_count_those_that_wait_as_open() -> None:
    log = log_of(until=40 * DAY)
    told = next(each for each in time_evidence(log) if each.path == "log.lead_time")
    assert told.note.startswith("30 items are open and kept")
