"""How much of each team's work a log holds of what was done since a date."""

import numpy as np
import polars as pl
import pytest

from calibration.observed import observe
from calibration.work_held import export_of, held_by_hour
from tests.observed_logs import log_of
from twin.eventlog import EventLog
from twin.units import DAY

SINCE, END = 200, 284
"""Days, 12 weeks apart."""


def flow(first: int, last: int, *, zone: str = "UTC") -> EventLog:
    """Log items done between two days; four come each day, are filed at once and closed up to 40 days later."""
    number = np.arange(1600)
    came = number * 6.0 + number * 0.618 % 1 * 3
    closed = came + 3 + number * 0.414 % 1 * 40 * 24
    kept = (closed + 1 >= first * 24) & (closed + 1 < last * 24)
    rows = [
        row
        for n in number[kept].tolist()
        for row in [(n, "file", "f", came[n], came[n] + 1), (n, "close", "c", closed[n], closed[n] + 1)]
    ]
    return log_of(rows, end=last * 24, zone=zone)


def held(log: EventLog, stage: str) -> np.ndarray:
    seen = observe(log)
    export = export_of(log, seen)
    assert export is not None
    return held_by_hour(export, seen, seen.stage == seen.stages.index(stage), start=log.start, zone=log.zone).ravel()


@pytest.mark.parametrize("stage", ["file", "close"])
def test_what_it_holds_of_a_teams_work_adds_up_to_the_window(stage: str) -> None:
    assert held(flow(SINCE, END), stage).sum() / 24 == pytest.approx(END - SINCE, rel=0.02)


def test_work_that_comes_last_is_not_held_before_the_date_and_whole_after_it() -> None:
    share = held(flow(SINCE, END), "close")
    begins = np.flatnonzero(share > 0)[0]
    assert share[begins : begins + (END - SINCE) * 24 - 4].mean() > 0.99


def test_where_open_items_are_there_too_all_that_begins_after_the_date_is_held() -> None:
    log = flow(SINCE, 400)
    seen = log.frame.filter(pl.col("started") < END * DAY)
    ended = pl.when(pl.col("finished") < END * DAY).then("finished").alias("finished")
    share = held(EventLog(seen.with_columns(ended), log.start, log.zone, END * DAY), "file")
    assert (share == 1).sum() >= (END - SINCE - 1) * 24


def test_hours_are_those_of_the_zone() -> None:
    away, home = (held(flow(SINCE, END, zone=zone), "file") for zone in ("Etc/GMT-3", "UTC"))
    assert np.flatnonzero(away > 0.99)[0] == np.flatnonzero(home > 0.99)[0] + 3


def test_a_log_that_begins_with_its_items_is_no_such_export() -> None:
    log = flow(0, 400)
    assert export_of(log, observe(log)) is None
