# ruff: noqa: TID251 - seeded generators make samples with a known truth
"""Demand that grows, has busy weeks, or comes in batches is learned so, and other demand is not."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from calibration.arrivals import fit_arrivals
from calibration.bursts import Counts, find_bursts
from calibration.ensemble import draw_ensemble, read_basis
from calibration.fit import Fit, fit_twin
from calibration.folder import HISTORY, history_of
from calibration.past import read_past
from calibration.trend import WEEKS_A_YEAR, Trend, find_trend
from tests.recovery.known_twins import claims, desk, tracked
from tests.recovery.test_arrivals_recovered import log_of, poisson
from twin.arrivals import batch_sizes, mean_size
from twin.caseload import simulate_logs
from twin.eventlog import EventLog, items
from twin.exports import write_table
from twin.rates import items_per_week
from twin.spec import Twin
from twin.units import DAY, HOUR, MINUTE

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


def test_the_past_of_a_twin_that_begins_later_is_the_log_again(growing: Fit, tmp_path: Path) -> None:
    write_table(history_of(growing.log), tmp_path / HISTORY)
    past = read_past(tmp_path, growing.twin)
    assert (past.start, past.frame["started"].sum()) == (growing.log.start, growing.log.frame["started"].sum())


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


# --- busy weeks -------------------------------------------------------------------------------------------------------


def by_day(rng: np.random.Generator, shape: str, weeks: int) -> Floats:
    """Daily counts around 10, shape (weeks, 7)."""
    place = np.arange(weeks)
    swings = {
        "poisson": np.ones(weeks),
        "a step": np.where(place < rng.integers(4, weeks - 4), 1.0, rng.choice([0.5, 2.0])),
        "a drift": np.exp(np.cumsum(rng.normal(size=weeks) * 0.05)),
        "a season": 1 + 0.3 * np.sin(2 * np.pi * (place / WEEKS_A_YEAR + rng.uniform())),
        "busy weeks": rng.gamma(8, 1 / 8, weeks),
    }
    return rng.poisson(10 * swings[shape][:, None] * np.ones((1, 7))).astype(float)


def found_in(days: Floats) -> Any:
    weeks = days.sum(axis=1)
    each = weeks.mean() / 7
    return find_bursts(
        Counts(weeks, np.full(weeks.size, 7 * each)), Counts(days.ravel(), np.full(days.size, each)), 1.0
    )


@pytest.mark.parametrize("shape", ["poisson", "a step", "a drift", "a season"])
def test_weeks_that_vary_by_chance_or_change_for_good_get_no_bursts(shape: str) -> None:
    rngs = [np.random.default_rng(seed) for seed in range(SEEDS)]
    assert sum(found_in(by_day(rng, shape, int(rng.integers(24, WEEKS)))) is not None for rng in rngs) <= 0.05 * SEEDS


def test_weeks_that_vary_by_a_third_are_found_as_bursts_of_a_week() -> None:
    found = [found_in(by_day(np.random.default_rng(seed), "busy weeks", 52)) for seed in range(40)]
    seen = [each for each in found if each is not None]
    assert (len(seen) >= 34, np.median([each.weekly for each in seen])) == (True, pytest.approx(1 / 8, rel=0.2))
    assert np.median([each.burst.lasting for each in seen]) == 7 * DAY


def test_gaps_that_clump_are_no_busy_weeks() -> None:
    clumped = np.cumsum(np.random.default_rng(3).gamma(0.25, 8 * HOUR, 3000))
    fitted: Any = fit_arrivals(log_of(clumped), "claim").value
    assert (fitted.kind, fitted.bursts) == ("renewal", ())


def waits(twin: Twin) -> float:
    """Mean lead time in hours."""
    logs = simulate_logs(twin, length="104 w", replications=4, seed=5)
    times = [items(log).drop_nulls("done").select((pl.col("done") - pl.col("arrived")).mean()).item() for log in logs]
    return float(np.mean(times)) / HOUR


def test_a_desk_with_busy_weeks_queues_as_it_does_in_truth() -> None:
    busy = {"rate": "44.8 / week", "bursts": [{"every": "6 w", "for": "1 w", "factor": 2.5}]}
    true = changed(desk(0.7), **busy)
    fitted = fit_twin(tracked(true, seed=1, weeks=78), name="busy").twin
    even = changed(fitted, bursts=[], rate=f"{items_per_week(fitted.work['claim'].arrivals):.5g} / week")
    truth, learned, without = (waits(twin) for twin in (true, fitted, even))
    assert (abs(learned / truth - 1) < 0.3, without / truth < 0.7) == (True, True)


# --- items that come together -----------------------------------------------------------------------------------------

SIZES = {"1": 0.7, "6": 0.3}


@pytest.fixture(scope="module")
def together() -> EventLog:
    return tracked(changed(desk(0.75), rate="24 / week", size=SIZES), seed=1, weeks=40)


def written_in(log: EventLog, unit: int) -> EventLog:
    """The log as somebody writes it whose times are whole minutes, or days."""
    frame = log.frame.with_columns((pl.col(name) // unit * unit) for name in ("enabled", "started", "finished"))
    return replace(log, frame=frame)


@pytest.mark.parametrize("unit", [1, MINUTE])
def test_batches_are_found_with_their_sizes(together: EventLog, unit: int) -> None:
    fitted: Any = fit_arrivals(written_in(together, unit), "claim").value
    assert (fitted.rate, mean_size(fitted)) == (pytest.approx(24, rel=0.1), pytest.approx(2.5, rel=0.1))
    assert batch_sizes(fitted)[6] == pytest.approx(0.3, abs=0.03)


def test_a_desk_to_which_work_comes_in_batches_queues_as_it_does_in_truth(together: EventLog) -> None:
    fitted = fit_twin(together, name="together").twin
    truth = changed(desk(0.75), rate="24 / week", size=SIZES)
    assert waits(fitted) == pytest.approx(waits(truth), rel=0.12)


def alone(unit: int, per_week: float, seed: int) -> EventLog:
    """Items that come one by one, recorded in whole units."""
    arrived = poisson(np.random.default_rng(seed), per_week, 20) // unit * unit
    log = log_of(arrived)
    return replace(log, frame=log.frame.with_columns(enabled=pl.col("started")))


@pytest.mark.parametrize("unit", [1, MINUTE, 15 * MINUTE, HOUR, DAY])
@pytest.mark.parametrize("per_week", [20.0, 500.0])
def test_times_that_are_whole_units_make_no_batches(unit: int, per_week: float) -> None:
    sizes = [fit_arrivals(alone(unit, per_week, seed), "claim").value.size for seed in range(3)]  # type: ignore[union-attr]
    assert sizes == [1, 1, 1]


def test_people_who_begin_several_items_at_once_do_not_make_batches(together: EventLog) -> None:
    frame = together.frame.with_columns(pl.col("enabled").alias("started"), pl.lit(None, pl.Int64).alias("enabled"))
    fitted: Any = fit_arrivals(replace(together, frame=frame), "claim").value
    assert fitted.size == 1


def test_an_import_at_night_beside_a_desk_by_day_is_no_stream_of_batches() -> None:
    rng = np.random.default_rng(4)
    by_day = np.concatenate([day * DAY + rng.uniform(9, 17, 20) * HOUR for day in range(100)])
    by_night = np.repeat(np.arange(100) * DAY + 2 * HOUR, 20)
    log = log_of(np.sort(np.concatenate([by_day, by_night])))
    fitted: Any = fit_arrivals(replace(log, frame=log.frame.with_columns(enabled=pl.col("started"))), "claim").value
    assert fitted.size == 1


def test_an_import_at_night_is_a_batch_a_night() -> None:
    rng = np.random.default_rng(5)
    nights = np.array([day for day in range(140) if day % 7 < 5])
    log = log_of(np.repeat(nights * DAY + 2 * HOUR, rng.choice([8, 16], nights.size)).astype(float))
    fitted: Any = fit_arrivals(replace(log, frame=log.frame.with_columns(enabled=pl.col("started"))), "claim").value
    assert (items_per_week(fitted), mean_size(fitted)) == (pytest.approx(60, rel=0.1), pytest.approx(12, rel=0.1))
    assert {came % DAY for came in arrivals_of_a_run(fitted)} <= {
        2 * HOUR,
        2 * HOUR - 1,
    }  # clocks sum up to a tick less


def arrivals_of_a_run(arrivals: Any) -> list[int]:
    """Let them come to a desk for eight weeks."""
    written = desk(0.75).as_written()
    written["work"]["claim"]["arrivals"] = arrivals.model_dump(mode="json", exclude_defaults=True) | {"kind": "renewal"}
    (log,) = simulate_logs(Twin.model_validate(written), length="8 w")
    return items(log)["arrived"].unique().to_list()
