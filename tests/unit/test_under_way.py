"""Items that were under way when a log began are no arrivals in the middle; a way that is no longer taken is one."""

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from calibration.fit import as_learned
from calibration.under_way import faded_out, without_under_way
from twin.eventlog import COLUMNS, EventLog
from twin.units import DAY, HOUR

BEGAN = 100
END = 200
DELAY = 20
"""Days."""


def log_of(*, known: bool = False, since: int = BEGAN) -> EventLog:
    """Have four letters opened a day, each answered up to forty days later; what is seen begins with day 100."""
    number = np.arange(4 * END, dtype=np.int64)
    opened = number * 6 * HOUR
    answered = opened + 2 * HOUR + (number * 0.414 % 1 * 2 * DELAY * DAY).astype(np.int64)
    parts = [
        pl.DataFrame({"item": number, "stage": stage, "started": began, "came": came})
        for stage, began, came in (("open", opened, opened), ("answer", answered, opened + HOUR))
    ]
    visits = pl.concat(parts).filter(pl.col("started").is_between(since * DAY, END * DAY, closed="left"))
    visits = visits.with_columns(pl.col("started", "came") - since * DAY).with_columns(
        (pl.col("started") + HOUR).alias("finished"),
        pl.when(known).then("came").alias("enabled"),
        pl.lit("letter").alias("work"),
    )
    empty = [pl.lit(None, pl.Int64).alias(name) for name in COLUMNS if name not in visits.columns]
    frame = visits.with_columns(empty).select(COLUMNS)
    return EventLog(frame, datetime(2026, 1, 5, tzinfo=UTC), "UTC", (END - since) * DAY)


def begun_in_the_middle(log: EventLog) -> int:
    first = log.frame.filter(pl.col("started") == pl.col("started").min().over("item"))
    return first.filter(pl.col("stage") == "answer").height


def test_letters_opened_before_the_log_began_are_left_out_of_demand() -> None:
    log = log_of()
    assert begun_in_the_middle(log) == pytest.approx(4 * DELAY, abs=4)
    assert begun_in_the_middle(without_under_way(log).value) == 0


def test_they_are_told_at_once_where_they_are_many() -> None:
    (told,) = without_under_way(log_of()).evidence
    assert told.mind == f"{told.estimate}: they say nothing of how items come"


@pytest.mark.parametrize("log", [log_of(since=0), log_of(known=True)], ids=["from the start", "known when they came"])
def test_a_log_without_any_is_left_as_it_is(log: EventLog) -> None:
    assert without_under_way(log).value is log


def test_a_stage_at_which_items_did_begin_and_do_no_more_is_left_as_it_is() -> None:
    started = np.arange(1000, dtype=np.int64)
    first = (started < 500) & (started % 2 == 0)
    assert not faded_out(started, first, (0, 500))


def rounds(*, known: bool = False, cut: bool = True) -> EventLog:
    """Have items go round twelve machines for weeks; what is seen are a hundred days of a flow, or its first."""
    luck = (value % 1 for value in 43758.5453 * np.sin(np.arange(1, 100_000)))
    began, rate = 0 if cut else BEGAN, 3
    rows = []
    for item in range((END - began) * rate):
        at, stage = (began + item / rate) * DAY, "plan"
        while True:
            rows.append((item, stage, int(at)))
            if next(luck) < 1 / 8:
                break
            at, stage = at - 3 * DAY * np.log(1 - next(luck)), f"machine {int(12 * next(luck))}"
    visits = pl.DataFrame(rows, schema=["item", "stage", "started"], orient="row").with_columns(
        (pl.col("started") + HOUR).alias("finished")
    )
    visits = visits.filter(pl.col("started").is_between(BEGAN * DAY, END * DAY, closed="left"))
    visits = visits.with_columns(pl.col("started", "finished") - BEGAN * DAY).with_columns(
        pl.when(known).then("started").alias("enabled"),
        pl.when(pl.col("finished") < (END - BEGAN) * DAY).then("finished").alias("finished"),
        pl.lit("job").alias("work"),
    )
    empty = [pl.lit(None, pl.Int64).alias(name) for name in COLUMNS if name not in visits.columns]
    typed = visits.with_columns(empty).with_columns(pl.col("work", "stage").cast(pl.Categorical))
    return as_learned(
        EventLog(typed.select(COLUMNS), datetime(2026, 1, 5, tzinfo=UTC), "UTC", (END - BEGAN) * DAY)
    ).value


def begun_at_machines(log: EventLog) -> int:
    """Count the items that seem to begin elsewhere than they do."""
    begun = log.frame.filter(pl.col("started").is_not_null())
    first = begun.filter(pl.col("started") == pl.col("started").min().over("item"))
    return first.filter(pl.col("stage").cast(pl.String) != "plan").height


def test_items_cut_at_a_few_each_of_many_stages_are_found_together() -> None:
    log = rounds()
    assert begun_at_machines(without_under_way(log).value) < 0.1 * begun_at_machines(log)


@pytest.mark.parametrize("log", [rounds(cut=False), rounds(known=True)], ids=["from the start", "known when they came"])
def test_where_no_more_items_begin_than_later_none_was_under_way(log: EventLog) -> None:
    assert without_under_way(log).value is log
