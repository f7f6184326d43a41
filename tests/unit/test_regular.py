"""Arrivals at a set pace."""

from datetime import UTC, datetime

import numpy as np
import pytest

from calibration.regular import Pace, regular
from twin.units import DAY, HOUR, MINUTE

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
SCHEDULE = np.concatenate([day * DAY + 9 * HOUR + np.arange(1, 17) * 30 * MINUTE for day in range(28) if day % 7 < 5])


def pace(arrived: np.ndarray) -> Pace | None:
    return regular(arrived.astype(np.int64), start=MONDAY, zone="UTC")


def test_one_every_half_hour_from_nine_to_five_on_workdays_is_a_pace() -> None:
    found = pace(SCHEDULE)
    assert found is not None
    assert (found.slot, found.gap, found.missed) == (30 * MINUTE, round(7 * DAY / 80), 0.0)


def test_the_week_of_a_pace_has_its_slots_and_no_others() -> None:
    found = pace(SCHEDULE)
    assert found is not None
    assert found.pattern.sat is None
    assert found.pattern.mon == (0.0,) * 18 + (1.0,) * 16 + (0.0,) * 14


def test_a_few_arrivals_that_are_missing_leave_the_pace() -> None:
    assert pace(np.delete(SCHEDULE, [40, 111, 200])) is not None


@pytest.mark.parametrize("few", [30, 49])
def test_few_arrivals_show_no_pace(few: int) -> None:
    assert pace(SCHEDULE[:few]) is None


def test_arrivals_by_chance_have_no_pace() -> None:
    gaps = -np.log1p(-(np.arange(300) * 0.618) % 1) * HOUR
    assert pace(np.cumsum(gaps)) is None


@pytest.mark.parametrize("at", [2 * HOUR, 6 * HOUR + 30 * MINUTE])
def test_what_comes_once_a_day_comes_at_its_time(at: int) -> None:
    found = pace(np.array([day * DAY + at for day in range(100) if day % 7 < 5]))
    assert found is not None
    assert found.pattern.mon is not None
    assert (found.pattern.mon.index(1.0) + 1) * found.slot == at
    assert (found.gap, sum(found.pattern.mon), found.pattern.sat) == (round(7 * DAY / 5), 1.0, None)
