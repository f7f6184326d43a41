"""What becomes of visits that the end of the hours finds begun."""

import numpy as np

from calibration.closing import Ending, at_closing, begins_at_closing, hours_of_beginning, worked_through
from twin.timelines import timeline_of
from twin.units import HOUR

DAYS = np.arange(5) * 24
HOURS = timeline_of((DAYS + 8) * HOUR, (DAYS + 16) * HOUR, since=0, until=5 * 24 * HOUR)


def ending(*visits: tuple[float, float]) -> Ending:
    started, finished = (np.array([visit[i] * HOUR for visit in visits]).astype(np.int64) for i in (0, 1))
    return at_closing(HOURS, started, finished)


def test_who_stays_until_the_visit_is_done_finishes() -> None:
    assert ending((15, 17), (15, 18), (15, 33)) == Ending("finish", 2, 1)


def test_a_visit_that_ends_next_morning_has_rested() -> None:
    assert ending((15, 33), (15.5, 33), (15, 17)) == Ending("suspend", 1, 2)


def test_visits_within_the_hours_say_nothing() -> None:
    assert ending((9, 10), (9, 16)) == Ending("suspend", 0, 0)


def test_visits_begun_outside_the_hours_say_nothing() -> None:
    assert ending((17, 18), (20, 33)) == Ending("suspend", 0, 0)


def begins(*hours: float) -> bool:
    return begins_at_closing(HOURS, np.array([hour * HOUR for hour in hours]).astype(np.int64))


def test_visits_that_begin_as_the_hours_end_make_them_a_minute_longer() -> None:
    assert begins(9, 16, 16, 40, 64, 88)


def test_visits_that_begin_all_over_the_hour_after_do_not() -> None:
    assert not begins(9, 16, 16, 16.5, 40, 40.2, 64, 64.7, 88)


def test_a_few_visits_at_the_end_of_the_hours_are_chance() -> None:
    assert not begins(9, 12, 16, 40)


def left_of_a_day(*, begun: int, ended: int, passed_over: int) -> list[int]:
    """Give the hours left of 9 to 19 h, of which the last two are told so and the others see visits begin."""
    opened = np.zeros(24, bool)
    opened[9:19] = True
    counts = [np.where(opened, 30, 0) for _ in range(3)]
    for hours, count in zip(counts, (begun, ended, passed_over), strict=True):
        hours[17:19] = count
    return np.flatnonzero(hours_of_beginning(opened, *counts)).tolist()


def test_late_hours_in_which_nobody_begins_what_waits_are_no_hours() -> None:
    assert left_of_a_day(begun=0, ended=20, passed_over=15)[-1] == 16


def test_late_hours_in_which_nothing_waits_stay() -> None:
    assert left_of_a_day(begun=0, ended=40, passed_over=15)[-1] == 18


def test_late_hours_in_which_some_are_begun_stay() -> None:
    assert left_of_a_day(begun=3, ended=20, passed_over=20)[-1] == 18


def test_what_ends_before_the_next_opening_was_worked_through() -> None:
    visits = [(15, 18), (15, 33), (9, 10)]
    started, finished = (np.array([visit[i] * HOUR for visit in visits]).astype(np.int64) for i in (0, 1))
    assert worked_through(HOURS, started, finished).tolist() == [True, False, False]
