from typing import Final

import numpy as np
import pytest

from calibration.working_time import last_close_many, next_open_many, worked_between
from tests.observed_logs import START
from twin.calendars import Calendar, timeline
from twin.units import DAY, HOUR

OFFICE: Final = timeline(
    Calendar(days="mon-fri", hours="09:00-17:00"), zone="UTC", start=START, until=60 * DAY, since=-DAY
)


@pytest.mark.parametrize(
    ("started", "finished", "worked"),
    [
        (10, 11, 1),
        (16, 24 + 10, 2),  # over night: suspended from 17 to 9
        (16, 18, 2),  # stayed an hour longer
        (8, 10, 2),  # came an hour earlier
        (20, 24 + 10, 1),  # opened in the evening, done in the morning
        (4 * 24 + 16, 7 * 24 + 10, 2),  # over the weekend
        (20, 21, 1),  # in the evening, wholly outside the hours
    ],
)
def test_closed_time_is_work_only_where_it_is_short(started: float, finished: float, worked: float) -> None:
    found = worked_between(OFFICE, np.array([round(started * HOUR)]), np.array([round(finished * HOUR)]))
    assert found.tolist() == [round(worked * HOUR)]


def test_the_next_opening_and_the_last_closing_are_the_instant_itself_while_open() -> None:
    at = np.array([8, 12, 20]) * HOUR
    found = (next_open_many(OFFICE, at) // HOUR).tolist(), (last_close_many(OFFICE, at)[1:] // HOUR).tolist()
    assert found == ([9, 12, 33], [12, 17])
