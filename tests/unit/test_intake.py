"""An export of items that began before a date is no collapse of demand; demand that falls is."""

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from calibration.arrivals import fit_arrivals
from calibration.intake import taken_in
from calibration.origins import whole_stretch
from twin.eventlog import COLUMNS, EventLog
from twin.rates import items_per_week
from twin.units import DAY, HOUR, WEEK

CUT = 20
A_WEEK = 42


def log_of(by_week: list[int], *, end: int, drop_open: bool = False) -> EventLog:
    """Have so many items come in each week, at odd hours; each is worked on twice, up to six weeks apart."""
    weeks = [week * WEEK + (np.arange(count) * 0.618 % 1 * WEEK).astype(np.int64) for week, count in enumerate(by_week)]
    came = np.sort(np.concatenate(weeks))
    number = np.arange(came.size)
    later = came + 2 * HOUR + ((number * 0.414) % 1 * 42 * DAY).astype(np.int64)
    first = pl.DataFrame({"item": number, "stage": "take", "enabled": came, "started": came + HOUR})
    second = pl.DataFrame({"item": number, "stage": "answer", "enabled": later, "started": later})
    told = pl.lit("case").alias("work"), (pl.col("started") + HOUR).alias("finished")
    visits = pl.concat([first, second]).with_columns(*told)
    open_ = pl.col("finished").max().over("item") >= end * WEEK
    visits = visits.filter(~open_ if drop_open else pl.col("finished") < end * WEEK)
    empty = [pl.lit(None, pl.Int64).alias(name) for name in COLUMNS if name not in visits.columns]
    return EventLog(visits.with_columns(empty).select(COLUMNS), datetime(2026, 1, 5, tzinfo=UTC), "UTC", end * WEEK)


FULL = [A_WEEK] * CUT
STRAGGLERS = [*FULL, 2, 1, 2, 0, 1, 2]
FALLS = {
    "slowly": [*FULL, *(round(A_WEEK * share) for share in (0.9, 0.8, 0.65, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.05))],
    "to a third": [*FULL, *[14] * 6],
    "not at all": [*FULL, *[A_WEEK] * 6],
    "with its log": FULL,
}


def rate_of(log: EventLog) -> float:
    """Give the items a week of the twin."""
    return items_per_week(fit_arrivals(taken_in(log, "case").value, "case").value)


@pytest.mark.parametrize("drop_open", [False, True])
@pytest.mark.parametrize("by_week", [STRAGGLERS, FULL])
def test_demand_is_that_of_the_weeks_until_the_date_of_the_export(by_week: list[int], drop_open: bool) -> None:  # noqa: FBT001
    assert rate_of(log_of(by_week, end=26, drop_open=drop_open)) == pytest.approx(A_WEEK, rel=0.12)


def test_the_date_is_told_and_what_else_it_could_be() -> None:
    (told,) = taken_in(log_of(STRAGGLERS, end=26), "case").evidence
    assert (told.path, told.estimate) == ("log.intake.case", "until 2026-05-25")
    assert told.mind.endswith("If demand did end there, set the arrivals by hand")


@pytest.mark.parametrize("how", FALLS)
def test_demand_that_falls_is_left_as_it_is(how: str) -> None:
    log = log_of(FALLS[how], end=len(FALLS[how]))
    assert taken_in(log, "case").value is log


def test_demand_that_ends_when_no_older_work_is_left_is_left_as_it_is() -> None:
    log = log_of([*FULL, 0, 0, 0, 0, 0, 0, 0, 2, 1, 2], end=30)
    quick = log.frame.filter(pl.col("stage") == "take")
    alone = EventLog(quick, log.start, log.zone, log.end)
    assert taken_in(alone, "case").value is alone


def test_only_stragglers_are_left_out() -> None:
    log = log_of(STRAGGLERS, end=26)
    left = log.frame["item"].n_unique() - taken_in(log, "case").value.frame["item"].n_unique()
    assert left == sum(STRAGGLERS[CUT:]) - 1  # the first comes when one was due


@pytest.mark.parametrize("by_week", [STRAGGLERS, FULL])
def test_forecasts_are_not_held_against_weeks_in_which_nothing_was_taken_in(by_week: list[int]) -> None:
    _, until = whole_stretch(log_of(by_week, end=26))
    assert until <= CUT * WEEK
