"""Whether a delay is counted by the clock or in working time, by starts alone."""

import numpy as np
import pytest

from calibration.delay_clock import Starts, delay_clock
from calibration.observed import Ticks
from calibration.working_time import last_close_many, next_open_many
from tests.unit.test_closed_hours import enabled, lasting, office
from twin.timelines import advance_many
from twin.units import HOUR, MINUTE


def told(at: Ticks, started: Ticks) -> str:
    """Tell how the delay is counted where somebody was always free in the hours."""
    free = last_close_many(office(), started)
    return delay_clock(Starts(at, started, free, np.ones(at.size)), office())


@pytest.mark.parametrize("mean", [1, 5, 20, 60])
def test_a_delay_by_the_clock_is_told_although_work_begins_in_the_hours(mean: float) -> None:
    at = enabled()
    assert told(at, next_open_many(office(), at + lasting(mean))) == "clock"


@pytest.mark.parametrize("mean", [1, 5, 20, 60])
def test_a_delay_in_working_time_is_told(mean: float) -> None:
    at = enabled()
    assert told(at, advance_many(office(), at, lasting(mean))) == "working"


def test_who_comes_some_minutes_after_the_opening_does_not_hide_a_delay_by_the_clock() -> None:
    at = enabled()
    over = at + lasting(5)
    begun = next_open_many(office(), over)
    late = np.where(begun > over, np.arange(at.size) % 25 * MINUTE, 0)
    assert told(at, begun + late) == "clock"


def test_starts_while_nobody_is_thought_to_be_there_say_nothing() -> None:
    at = enabled()
    started = advance_many(office(), at, lasting(5))
    night = np.arange(at.size) % 3 == 0
    assert told(at, np.where(night, at // (24 * HOUR) * 24 * HOUR + 20 * HOUR, started)) == "working"


def test_of_hardly_a_visit_nothing_is_told() -> None:
    at = enabled()[:3]
    assert told(at, advance_many(office(), at, lasting(5)[:3])) == "clock"
