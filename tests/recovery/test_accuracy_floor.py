"""CORRECTNESS C2 and C10: estimates are as accurate as so many rows allow, and hours are those that were worked."""

import math
from functools import cache
from typing import Final

import numpy as np
import pytest

from calibration.arrivals import fit_arrivals
from calibration.efforts import fit_efforts, worked
from calibration.fit import fit_twin
from calibration.hours import Hours, fit_hours
from calibration.observed import observe
from calibration.teams import fit_teams
from calibration.verdicts import judged
from tests.recovery.known_twins import EFFORTS, SQUARED_CV, claims, desk, tracked
from twin.calendars import hours_per_week
from twin.distributions import mean
from twin.eventlog import EventLog
from twin.rates import items_per_week
from twin.spec import Twin

RATE: Final = 50


@cache
def estimates(seed: int) -> tuple[float, dict[str, float], dict[str, int], int]:
    """Learn rate and mean efforts alone: rate, hours by stage, visits by stage, items."""
    log = tracked(claims(RATE), seed=seed)
    seen = observe(log)
    teams = fit_teams(seen).value
    hours = fit_hours(seen, teams, start=log.start, zone=log.zone).value
    found = fit_efforts(seen, worked(seen, teams, hours), teams, work=0).value
    visits = dict(zip(seen.stages, np.bincount(seen.stage).tolist(), strict=True))
    efforts = {stage: mean(effort) / 3_600_000 for stage, effort in found.items()}  # type: ignore[arg-type]  # one team each
    return items_per_week(fit_arrivals(log, "claim").value), efforts, visits, int(np.unique(seen.item).size)


LOGS: Final = [8, pytest.param(200, marks=[pytest.mark.nightly, pytest.mark.timeout(1800)])]


@pytest.mark.parametrize("logs", LOGS)
def test_mean_efforts_are_off_by_no_more_than_their_number_allows(logs: int) -> None:
    errors = [
        (efforts[stage] / truth - 1) / math.sqrt(SQUARED_CV[stage] / visits[stage])
        for _, efforts, visits, _ in map(estimates, range(logs))
        for stage, truth in EFFORTS.items()
    ]
    assert math.sqrt(np.mean(np.square(errors))) <= 1.3


@pytest.mark.parametrize("logs", LOGS)
def test_the_rate_of_arrivals_is_off_by_no_more_than_their_number_allows(logs: int) -> None:
    errors = [(rate / RATE - 1) * math.sqrt(items) for rate, _, _, items in map(estimates, range(logs))]
    assert math.sqrt(np.mean(np.square(errors))) <= 1.2


def hours_of(log: EventLog) -> Hours:
    seen = observe(log)
    (found,) = fit_hours(seen, fit_teams(seen).value, start=log.start, zone=log.zone).value
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_the_hours_of_people_who_are_busy_are_found_within_five_percent(seed: int) -> None:
    assert hours_per_week(hours_of(tracked(desk(0.9), seed=seed)).calendar) == pytest.approx(40, rel=0.05)


def verdict(twin: Twin) -> tuple[str, str]:
    fit = fit_twin(tracked(twin, seed=1), name="desk")
    (hours,) = [each for each in judged(fit.evidence, fit.twin, None) if each.path.startswith("calendars.")]
    return hours.verdict, hours.why


def test_the_hours_of_people_who_are_seldom_busy_are_told_as_a_lower_bound() -> None:
    assert hours_per_week(hours_of(tracked(desk(0.3), seed=1)).calendar) <= 40
    word, why = verdict(desk(0.3))
    assert (word, why.startswith("a lower bound")) == ("weakly identified", True)
