"""People who join or leave while a log is kept."""

import numpy as np

from calibration.observed import observe
from calibration.turnover import said, turnover_of
from tests.observed_logs import Row, log_of
from twin.timelines import timeline_of
from twin.units import HOUR

DAYS = 50
HOURS = timeline_of(
    np.arange(DAYS) * 24 * HOUR + 9 * HOUR, np.arange(DAYS) * 24 * HOUR + 17 * HOUR, since=0, until=DAYS * 24 * HOUR
)


def told(*there: tuple[int, int], hours: float = 3.5) -> str:
    """Everybody has two visits a day of so many hours, from a day to another."""
    rows: list[Row] = [
        (100 * day + 10 * k + who, "check", f"p{who}", 24 * day + 9 + 4 * k, 24 * day + 9 + 4 * k + hours)
        for who, (first, last) in enumerate(there)
        for day in range(first, last)
        for k in range(2)
    ]
    observed = observe(log_of(rows))
    return said(turnover_of(observed, np.full(observed.started.size, fill_value=True), HOURS), people=len(there))


def test_who_joins_a_busy_team_is_told() -> None:
    assert told((0, 50), (30, 50)).startswith(
        "1 were there as the log begins and 2 as it ends; the twin has 2 throughout."
    )


def test_who_leaves_one_is_told_too() -> None:
    assert told((0, 50), (0, 30)).startswith("2 were there as the log begins and 1 as it ends")


def test_where_those_who_were_there_had_time_nobody_was_missing() -> None:
    assert told((0, 50), (30, 50), hours=1) == ""


def test_a_team_that_stays_is_not_told() -> None:
    assert told((0, 50), (0, 50)) == ""
