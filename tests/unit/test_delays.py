import numpy as np
import pytest

from calibration.delays import Extra, Waits, corrected, delay_evidence, delays_of, first_delays, waits_of
from calibration.evidence import Evidence
from calibration.hours import fit_hours
from calibration.observed import ARRIVAL, Codes, Observed, observe
from calibration.teams import fit_teams
from tests.observed_logs import START, Row, log_of
from twin.units import DAY, HOUR, parse_duration

WAY = (0, 1)


def delays_in(rows: list[Row]) -> tuple[Observed, dict[tuple[int, int], Extra]]:
    seen = observe(log_of(rows))
    teams = fit_teams(seen).value
    hours = fit_hours(seen, teams, start=START, zone="UTC").value
    return seen, first_delays(seen, teams, hours, work=0)


def after(gap: float, *, items: int = 40) -> list[Row]:
    """An item a day is checked at noon and decided so many hours later, by another person."""
    checks: list[Row] = [(k, "check", "a", 24 * k + 12, 24 * k + 13) for k in range(items)]
    return checks + [(k, "decide", "b", 24 * k + 13 + gap, 24 * k + 14 + gap) for k in range(items)]


def test_all_waiting_is_delay_to_begin_with() -> None:
    _, found = delays_in(after(30))
    assert (list(found), found[WAY].mean) == ([WAY], 30 * HOUR)


def test_without_waiting_there_is_no_delay() -> None:
    assert delays_in(after(0))[1] == {}


def test_arrivals_are_not_delayed_where_nobody_recorded_when_they_came() -> None:
    assert all(before != ARRIVAL for before, _ in delays_in(after(30))[1])


def test_a_follow_up_after_two_days_is_counted_by_the_clock() -> None:
    rows = after(48, items=60)
    assert delays_in(rows)[1][WAY].counted == "clock"


def in_a_run(wait: Codes, delayed: Codes) -> Waits:
    """How long visits of one way waited in a run, and which part of that was the delay that was drawn."""
    nothing = np.zeros(wait.size, np.int64)
    return Waits(wait, wait, nothing, nothing, nothing + 3, *[wait] * 5, delayed, delayed)


@pytest.mark.parametrize("luck", [0.9, 1.0, 1.2])
def test_waiting_that_the_twin_makes_itself_is_taken_off_the_delay_whatever_was_drawn(luck: float) -> None:
    seen = np.linspace(2, 10, 5) * HOUR
    extra = Extra("clock", seen, seen, seen, float(seen.mean()), 100)
    drawn = np.repeat(luck * seen, 20).astype(np.int64)
    queued = drawn + 3 * HOUR // 2  # the twin adds an hour and a half of queue
    shorter = corrected({WAY: extra}, in_a_run(queued, drawn), np.ones(100, np.bool_), stages=2)[WAY].knots
    assert np.allclose(shorter, seen - 1.5 * HOUR)


def test_a_delay_is_never_negative() -> None:
    seen = np.zeros(5)
    waits = in_a_run(np.full(100, DAY), np.zeros(100, np.int64))
    found = corrected({WAY: Extra("clock", seen, seen, seen, 0.0, 100)}, waits, np.ones(100, np.bool_), stages=2)
    assert found[WAY].knots.min() == 0


def test_delays_are_written_by_the_way_they_lie_on_and_left_out_where_nothing_is_left() -> None:
    some = Extra("clock", np.array([0.0, DAY]), np.zeros(2), np.zeros(2), 0.0, 10)
    none = some._replace(knots=np.zeros(2))
    assert list(delays_of({WAY: some, (1, 0): none}, ("check", "decide"))) == ["check > decide"]


def evidence_of(rows: list[Row]) -> Evidence:
    seen = observe(log_of(rows))
    teams = fit_teams(seen).value
    hours = fit_hours(seen, teams, start=START, zone="UTC").value
    found = first_delays(seen, teams, hours, work=0)
    return delay_evidence("delays", found, seen, waits_of(seen, teams, hours), work=0)[0]


def test_the_mean_of_a_delay_lies_in_its_interval() -> None:
    checks: list[Row] = [(k, "check", "a", 29 * k, 29 * k + 1) for k in range(336)]
    entry = evidence_of(
        checks + [(k, "decide", "b", 29 * k + 21 + k // 168 * 4, 29 * k + 22 + k // 168 * 4) for k in range(336)]
    )
    assert (entry.path, entry.low is not None) == ("delays.check > decide", True)
    low, high = (parse_duration(text or "") / HOUR for text in (entry.low, entry.high))
    assert 21 < low < 22 < high < 23


def test_a_delay_of_few_waits_has_no_interval_and_says_why() -> None:
    few = [*after(30, items=40), (100, "post", "a", 2000, 2001), (100, "decide", "b", 2040, 2041)]
    seen = observe(log_of(few))
    teams = fit_teams(seen).value
    hours = fit_hours(seen, teams, start=START, zone="UTC").value
    found = first_delays(seen, teams, hours, work=0)
    entries = {e.path: e for e in delay_evidence("d", found, seen, waits_of(seen, teams, hours), work=0)}
    assert (entries["d.post > decide"].low, entries["d.post > decide"].note[:24]) == (None, "no interval: only 1 came")
