# ruff: noqa: TID251 - seeded generators make samples with a known truth
"""Demand that grows is learned as growing, and other demand is not."""

from typing import Any

import numpy as np
import pytest
from tests.recovery.known_twins import claims, tracked
from numpy.typing import NDArray

from calibration.ensemble import draw_ensemble, read_basis
from calibration.fit import Fit, fit_twin
from calibration.trend import WEEKS_A_YEAR, Trend, find_trend
from twin.caseload import simulate_logs
from twin.spec import Twin

Floats = NDArray[np.float64]
SEEDS = 100
WEEKS = 104


def changed(twin: Twin, **arrivals: Any) -> Twin:
    """Give the twin with other arrivals of its claims."""
    written = twin.as_written()
    written["work"]["claim"]["arrivals"] |= arrivals
    return Twin.model_validate(written)


def counts(rng: np.random.Generator, weeks: int, growth: float) -> Floats:
    """Weekly counts around a level of 60 that grows."""
    return rng.poisson(60 * (1 + growth) ** (np.arange(weeks) / WEEKS_A_YEAR)).astype(float)


def trends(shape: str) -> list[Trend | None]:
    """Look for a trend where there is none, in two years of weeks, or a year and a half."""
    found = []
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        weeks = int(rng.integers(55, WEEKS))
        place = np.arange(weeks)
        swings = {
            "poisson": np.ones(weeks),
            "busy weeks": rng.gamma(8, 1 / 8, weeks),
            "a step": np.where(place < rng.integers(8, weeks - 8), 1.0, rng.choice([0.5, 0.7, 1.4, 2.0])),
            "a season": 1 + 0.3 * np.sin(2 * np.pi * (place / WEEKS_A_YEAR + rng.uniform())),
            "a start": np.minimum(1.0, (place + 1) / rng.integers(4, 20)),
            "months alike": np.exp(0.25 * alike(rng, weeks)),
        }
        found.append(find_trend(rng.poisson(60 * swings[shape]).astype(float), np.ones(weeks)))
    return found


def alike(rng: np.random.Generator, weeks: int) -> Floats:
    """Weeks that are like the ones before, with a correlation of 0.8."""
    value, drawn = 0.0, []
    for noise in rng.normal(size=weeks):
        value = 0.8 * value + 0.6 * noise
        drawn.append(value)
    return np.array(drawn)


@pytest.mark.parametrize("shape", ["poisson", "busy weeks", "a step", "a season", "a start", "months alike"])
def test_demand_without_a_trend_gets_none_in_95_of_100_logs(shape: str) -> None:
    assert sum(found is not None for found in trends(shape)) <= 0.05 * SEEDS


@pytest.mark.parametrize("growth", [0.2, 0.45])
def test_growth_over_two_years_is_found_within_its_error(growth: float) -> None:
    found = [find_trend(counts(np.random.default_rng(seed), WEEKS, growth), np.ones(WEEKS)) for seed in range(40)]
    seen = [each for each in found if each is not None]
    off = [(each.slope - np.log1p(growth)) / each.error for each in seen]
    assert (len(seen) >= 26, np.mean(np.abs(off) < 2) >= 0.8) == (True, True)


def test_less_than_a_year_tells_no_trend() -> None:
    assert find_trend(counts(np.random.default_rng(1), 45, 1.0), np.ones(45)) is None


@pytest.fixture(scope="module")
def growing() -> Fit:
    return fit_twin(tracked(changed(claims(30), growth=0.3), seed=2, weeks=WEEKS), name="growing")


def test_a_twin_whose_demand_grows_begins_where_its_log_ends(growing: Fit) -> None:
    arrivals, clock = growing.twin.work["claim"].arrivals, growing.twin.clock
    truth = [0.3, 30 * 1.3 ** (WEEKS / WEEKS_A_YEAR)]
    assert [arrivals.growth, arrivals.rate] == pytest.approx(truth, rel=0.2)  # type: ignore[union-attr]
    assert str(clock.starts.date()) in {"2028-01-03", "2028-01-04"}


def test_the_year_after_has_the_arrivals_that_the_truth_has(growing: Fit) -> None:
    truth = changed(claims(30), growth=0.3)
    start = growing.twin.clock.starts.isoformat()
    came = [
        np.mean(
            [log.frame["item"].n_unique() for log in simulate_logs(twin, length="52 w", start=start, replications=3)]
        )
        for twin in (growing.twin, truth)
    ]
    assert came[0] == pytest.approx(came[1], rel=0.12)


def test_members_differ_in_growth_as_the_evidence_says(growing: Fit) -> None:
    members = draw_ensemble(read_basis(growing), members=8).members
    drawn = [each.work["claim"].arrivals.growth for each in members]  # type: ignore[union-attr]
    told = next(each for each in growing.evidence if each.path.endswith(".growth"))
    low, high = (float((end or "").split()[0]) / 100 for end in (told.low, told.high))
    assert 0.3 < np.ptp(drawn) / (high - low) < 1.5


def test_whoever_learns_growth_hears_how_far_it_was_tested(growing: Fit) -> None:
    told = next(each for each in growing.evidence if each.path.endswith(".growth"))
    assert "tested for 10 weeks ahead" in told.mind
