"""Starts that were moved later, because less of the time is work, do not move when somebody was there."""

import pytest

from calibration.assumed_starts import later_starts
from calibration.observed import observe
from calibration.workforce import fit_workforce
from tests.observed_logs import Row, log_of
from tests.unit.test_hours import office
from twin.calendars import describe
from twin.eventlog import EventLog


def over_weekends() -> EventLog:
    """Two people in office hours; what one takes on a Friday at four is done on Monday at ten."""
    left: list[Row] = [(9000 + week, "check", "p0", 168 * week + 112, 168 * week + 178) for week in range(19)]
    log = log_of([*office(2, weeks=20), *left])
    return EventLog(log.frame, log.start, log.zone, log.end, starts_assumed=True)


@pytest.mark.parametrize("share", [1.0, 0.7, 0.5])
def test_hours_are_those_of_starts_as_they_were_assumed_first(share: float) -> None:
    log = later_starts(over_weekends(), share)
    force = fit_workforce(observe(log), log, work_share=share)
    (calendar,) = force.written["calendars"].values()
    assert describe(calendar) == "Mon-Fri 09:00-17:00"
