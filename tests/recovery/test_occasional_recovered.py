"""Shifts that a known twin holds in some weeks are found again in its log."""

import pytest
from recovery.known_twins import desk, tracked

from calibration.hours import fit_hours
from calibration.observed import observe
from calibration.teams import fit_teams
from twin.spec import Twin


def with_saturdays(share: float) -> Twin:
    """Two clerks in office hours with a load of 70 %, of whom one comes on some Saturdays."""
    written = desk(0.7).as_written()
    saturday = {"hours": {"sat": "09:00-15:00"}, "share": share, "people": "50 %"}
    written["calendars"]["answer"]["occasional"] = [saturday]
    return Twin.model_validate(written)


def test_saturdays_are_found_again() -> None:
    log = tracked(with_saturdays(0.25), seed=3, weeks=40)
    seen = observe(log)
    (hours,) = fit_hours(seen, fit_teams(seen).value, start=log.start, zone=log.zone).value
    (saturday,) = hours.shifts
    assert (saturday.day, saturday.first, saturday.people) == (5, 9, 1)
    assert saturday.last in {14, 15}  # the queue is often empty by then
    assert saturday.held.mean() == pytest.approx(0.25, abs=3 * (0.25 * 0.75 / 40) ** 0.5)


def test_a_twin_without_has_none() -> None:
    log = tracked(with_saturdays(0.0), seed=3, weeks=40)
    seen = observe(log)
    assert fit_hours(seen, fit_teams(seen).value, start=log.start, zone=log.zone).value[0].shifts == ()
