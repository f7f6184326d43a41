"""A delay that was over in the night ends for the log at the next opening; other visits tell how long it was."""

import numpy as np
import pytest

from calibration.closed_hours import queue_at_opening, ready_waits
from calibration.working_time import next_open_many
from tests.observed_logs import START
from twin.calendars import Calendar, timeline
from twin.timelines import Timeline
from twin.units import DAY, HOUR, WEEK

GOLDEN = (5**0.5 - 1) / 2
WEEKS = 20


def office() -> Timeline:
    calendar = Calendar.model_validate({"week": {"mon-fri": "08:00-17:00"}})
    return timeline(calendar, zone="UTC", start=START, since=-WEEK, until=4 * WEEKS * WEEK)


def enabled(count: int = 800) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Give instants in office hours, spread evenly over them."""
    number = np.arange(count)
    day = (number * WEEKS * 5) // count
    hour = 8 + 9 * ((number * GOLDEN) % 1)
    return np.asarray((day // 5 * 7 + day % 5) * DAY + (hour * HOUR).astype(np.int64))


def lasting(mean: float, count: int = 800) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Give exponential delays, spread evenly and apart from the instants."""
    share = (np.arange(count) * GOLDEN**2 * 7 + 0.5) % 1
    return np.asarray((-mean * HOUR * np.log1p(-share)).astype(np.int64))


@pytest.mark.parametrize(("hours", "within"), [(2, 0.1), (5, 0.1), (12, 0.15)])
def test_the_mean_delay_is_found_although_most_waits_end_at_an_opening(hours: float, within: float) -> None:
    at, delay = enabled(), lasting(hours)
    started = next_open_many(office(), at + delay)
    assert (started - at).mean() > 1.5 * delay.mean()
    assert ready_waits(at, started, office()).mean() == pytest.approx(delay.mean(), rel=within)


def test_a_wait_stays_within_what_is_possible_and_one_seen_whole_stays() -> None:
    at = enabled()
    started = next_open_many(office(), at + lasting(5))
    found = ready_waits(at, started, office())
    whole = started // DAY == at // DAY
    assert (found <= started - at).all()
    assert (found[whole] == lasting(5)[whole]).all()
    assert (next_open_many(office(), at + found) <= started).all()


def test_round_the_clock_nothing_is_hidden() -> None:
    always = timeline(None, zone="UTC", start=START, since=-WEEK, until=4 * WEEKS * WEEK)
    at = enabled()
    assert (ready_waits(at, at + lasting(5), always) == lasting(5)).all()


def test_where_every_wait_ends_at_an_opening_they_stay_the_longest_possible() -> None:
    at = enabled()
    started = next_open_many(office(), at // DAY * DAY + DAY)
    assert (ready_waits(at, started, office()) == started - at).all()


def test_the_queue_at_an_opening_is_how_long_after_it_such_work_begins() -> None:
    at = np.array([16, 16, 9]) * HOUR
    started = np.array([DAY + 8 * HOUR, DAY + 9 * HOUR, 10 * HOUR])
    assert queue_at_opening(at, started, office()) == HOUR // 2
