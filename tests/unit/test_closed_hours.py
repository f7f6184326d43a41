"""A delay that was over in the night ends for the log at the next opening; other visits tell how long it was."""

import numpy as np
import pytest

from calibration.closed_hours import hidden_by_closing, likely_waits, ready_after
from calibration.observed import Ticks
from calibration.working_time import last_close_many, next_open_many
from tests.observed_logs import START
from twin.calendars import Calendar, timeline
from twin.timelines import Timeline
from twin.units import DAY, HOUR, WEEK

GOLDEN = (5**0.5 - 1) / 2
WEEKS = 20


def office() -> Timeline:
    calendar = Calendar.model_validate({"week": {"mon-fri": "08:00-17:00"}})
    return timeline(calendar, zone="UTC", start=START, since=-WEEK, until=4 * WEEKS * WEEK)


def enabled(count: int = 800) -> Ticks:
    """Give instants in office hours, spread evenly over them."""
    number = np.arange(count)
    day = (number * WEEKS * 5) // count
    hour = 8 + 9 * ((number * GOLDEN) % 1)
    return np.asarray((day // 5 * 7 + day % 5) * DAY + (hour * HOUR).astype(np.int64))


def lasting(mean: float, count: int = 800) -> Ticks:
    """Give exponential delays, spread evenly and apart from the instants."""
    share = (np.arange(count) * GOLDEN**2 * 7 + 0.5) % 1
    return np.asarray((-mean * HOUR * np.log1p(-share)).astype(np.int64))


def told(enabled: Ticks, started: Ticks, hours: Timeline) -> Ticks:
    """Give likely waits where somebody was always free in the hours."""
    after = ready_after(enabled, started, last_close_many(hours, started), hours)
    return likely_waits(after - enabled, started - enabled, np.ones(enabled.size))


@pytest.mark.parametrize(("hours", "within"), [(2, 0.1), (5, 0.1), (12, 0.15)])
def test_the_mean_delay_is_found_although_most_waits_end_at_an_opening(hours: float, within: float) -> None:
    at, delay = enabled(), lasting(hours)
    started = next_open_many(office(), at + delay)
    assert (started - at).mean() > 1.5 * delay.mean()
    assert told(at, started, office()).mean() == pytest.approx(delay.mean(), rel=within)


def test_a_wait_stays_within_what_is_possible_and_one_seen_whole_stays() -> None:
    at = enabled()
    started = next_open_many(office(), at + lasting(5))
    found = told(at, started, office())
    whole = started // DAY == at // DAY
    assert (found <= started - at).all()
    assert (found[whole] == lasting(5)[whole]).all()
    assert (next_open_many(office(), at + found) <= started).all()


def test_round_the_clock_nothing_is_hidden() -> None:
    always = timeline(None, zone="UTC", start=START, since=-WEEK, until=4 * WEEKS * WEEK)
    at = enabled()
    assert (told(at, at + lasting(5), always) == lasting(5)).all()


def test_what_waited_over_a_closing_may_have_been_ready_in_it() -> None:
    at, started = np.array([16, 16, 9]) * HOUR, np.array([32, 39, 10]) * HOUR
    after = ready_after(at, started, np.array([17, 17, 9]) * HOUR, office())
    assert hidden_by_closing(after, started, office()).tolist() == [True, True, False]


def test_heavy_visits_decide_where_hidden_ones_lie() -> None:
    low, waits = np.array([0, *[1] * 20, *[5] * 20]), np.array([6, *[1] * 20, *[5] * 20])
    early, late = (np.repeat([1.0, *weights], [1, 20, 20]) for weights in ((9.0, 1.0), (1.0, 9.0)))
    assert [likely_waits(low * HOUR, waits * HOUR, weights)[0] > 3 * HOUR for weights in (early, late)] == [False, True]
