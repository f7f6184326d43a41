"""Exported by what was done in a few days or weeks, a known organisation has its own week, not that of these days.

Of 12 logs of four weeks of an organisation that holds 30 % of its Saturdays 11 give them as a shift of some weeks, with
a mean share of 33 %; counted as if the weeks before were whole, 8 did with a mean share of 17 %, and 4 had every
Saturday.
"""

from datetime import timedelta
from functools import cache
from typing import Any

import numpy as np
import polars as pl
import pytest

from benchmarks.exports import worked
from benchmarks.recovery import known
from calibration.observed import observe
from calibration.workforce import Workforce, fit_workforce
from twin.calendars import pattern
from twin.eventlog import INSTANTS, EventLog
from twin.spec import Twin
from twin.units import DAY, WEEK

ALWAYS = {"week": {"mon-sun": "00:00-24:00"}}
OFFICE = {"week": {"mon-fri": "08:00-18:00"}}
SOME_SATURDAYS = {**OFFICE, "occasional": [{"hours": {"sat": "09:00-15:00"}, "share": 0.3, "people": "40 %"}]}
SINCE = 40 * WEEK


@cache
def logged(kind: str, seed: int) -> EventLog:
    """Let forty people check and assess 300 claims a week, many of which wait for weeks between."""
    hours: dict[str, Any] = {"always": ALWAYS, "office": OFFICE, "some Saturdays": SOME_SATURDAYS}[kind]
    delay = {"time": {"kind": "exponential", "mean": "300 h"}}
    written = known(rate=300, clerks=20, experts=20, back=0.25, delay=delay).as_written()
    return worked(Twin.model_validate({**written, "calendars": {"hours": hours}}), seed)


def learned(kind: str, seed: int, lasts: int) -> Workforce:
    """Learn who does the work from the items done in the time since a Monday."""
    log = logged(kind, seed)
    kept = log.frame.filter(pl.col("finished").max().over("item").is_between(SINCE, SINCE + lasts))
    weeks = int(kept["started"].min()) // WEEK  # type: ignore[arg-type]  # a column of integers
    frame = kept.with_columns(pl.col(name) - weeks * WEEK for name in INSTANTS)
    export = EventLog(frame, log.start + timedelta(weeks=weeks), log.zone, SINCE + lasts - weeks * WEEK)
    return fit_workforce(observe(export), export)


def days_of(force: Workforce) -> list[list[bool]]:
    """Tell for each team on which weekdays it has regular hours."""
    return [[bool(ranges) for ranges in pattern(calendar)] for calendar in force.written["calendars"].values()]


@pytest.mark.parametrize("seed", [1, 2])
def test_four_days_of_a_house_that_is_there_always_give_all_seven(seed: int) -> None:
    assert days_of(learned("always", seed, 4 * DAY)) == [[True] * 7] * 2


@pytest.mark.parametrize("seed", [1, 2])
def test_four_days_of_an_office_give_its_five_and_no_weekend(seed: int) -> None:
    force = learned("office", seed, 4 * DAY)
    assert days_of(force) == [[True] * 5 + [False] * 2] * 2
    assert not any(force.shifts)


def test_saturdays_are_held_as_often_as_they_were() -> None:
    found = [learned("some Saturdays", seed, 4 * WEEK) for seed in range(6)]
    shares = [shift.share for force in found for shifts in force.shifts for shift in shifts]
    assert len(shares) >= 10
    assert np.mean(shares) == pytest.approx(0.3, abs=0.08)
