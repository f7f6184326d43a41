# ruff: noqa: TID251 - seeded generators make samples with a known truth
"""What made the arrivals is found again from the log they leave."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from calibration.arrivals import fit_arrivals
from twin.eventlog import COLUMNS, EventLog
from twin.units import DAY, HOUR, WEEK

START = datetime(2026, 1, 5, tzinfo=UTC)
Instants = NDArray[np.float64]


def log_of(arrived: Instants, lead: Instants | float = 60_000.0, *, only_finished_by: int | None = None) -> EventLog:
    """Items of one visit; open items stay in the log unless it holds finished ones only."""
    frame = pl.DataFrame({"started": arrived.astype(np.int64), "finished": (arrived + lead).astype(np.int64)})
    end = only_finished_by or int(arrived.max())
    finished = pl.when(pl.col("finished") < end).then(pl.col("finished"))
    frame = frame.with_columns(finished, item=pl.int_range(pl.len()), work=pl.lit("claim"), stage=pl.lit("triage"))
    frame = frame.drop_nulls("finished") if only_finished_by else frame
    empty = [pl.lit(None, pl.Int64).alias(name) for name in COLUMNS if name not in frame.columns]
    return EventLog(frame.with_columns(empty).select(COLUMNS), START, "UTC", end)


def poisson(rng: np.random.Generator, per_week: float, weeks: int) -> Instants:
    return np.sort(rng.uniform(0, weeks * WEEK, rng.poisson(per_week * weeks)))


def learned(log: EventLog) -> Any:
    return fit_arrivals(log, "claim").value


def rate(arrivals: Any) -> float:
    return float(arrivals.rate if arrivals.kind == "poisson" else WEEK / arrivals.gap.mean)


def covers(log: EventLog, truth: float) -> bool:
    found = fit_arrivals(log, "claim").evidence[0]
    low, high = (float((text or "nan").split()[0]) for text in (found.low, found.high))
    return low <= truth <= high


def test_an_even_poisson_process_is_found_as_one() -> None:
    fits = [learned(log_of(poisson(np.random.default_rng(seed), 60, 26))) for seed in range(20)]
    assert sum(fit.kind == "poisson" and fit.pattern is None for fit in fits) >= 17


def test_the_interval_of_the_rate_covers_as_often_as_it_says() -> None:
    covered = [covers(log_of(poisson(np.random.default_rng(seed), 40, 20)), 40) for seed in range(200)]
    assert 0.90 <= np.mean(covered) <= 0.99


def test_weeks_that_vary_more_than_poisson_widen_the_interval_until_it_covers_again() -> None:
    covered = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        weeks = [w * WEEK + np.sort(rng.uniform(0, WEEK, rng.poisson(40 * rng.gamma(4, 1 / 4)))) for w in range(30)]
        covered.append(covers(log_of(np.concatenate(weeks)), 40))
    assert np.mean(covered) >= 0.85


def test_a_daily_and_weekly_cycle_is_found_within_a_tenth() -> None:
    rng = np.random.default_rng(3)
    even = poisson(rng, 400, 52)
    cycle = 1 + 0.6 * np.sin(2 * np.pi * even / DAY)
    kept = even[(rng.uniform(0, 1.6, even.size) < cycle) & (even % WEEK < 5 * DAY)]
    pattern = learned(log_of(kept)).pattern
    day = np.mean([pattern.day(index) for index in range(5)], axis=0)
    swing = 2 * np.abs(np.fft.rfft(day)[1]) / 24 / day.mean()
    assert (swing == pytest.approx(0.6, rel=0.1), pattern.day(6)) == (True, (0.0,))


@pytest.mark.parametrize("cv", [0.3, 2.0])
def test_gaps_of_another_cv_are_found_within_a_tenth(cv: float) -> None:
    gaps = np.random.default_rng(7).gamma(cv**-2, 2 * HOUR * cv**2, 3000)
    arrivals = learned(log_of(np.cumsum(gaps)))
    assert [arrivals.gap.cv, rate(arrivals)] == pytest.approx([cv, 84], rel=0.1)


def test_a_log_of_finished_items_only_does_not_pretend_that_demand_falls() -> None:
    rng = np.random.default_rng(11)
    arrived = poisson(rng, 100, 20)
    log = log_of(arrived, rng.exponential(3 * WEEK, arrived.size), only_finished_by=20 * WEEK)
    assert rate(learned(log)) == pytest.approx(100, rel=0.1)


def test_a_level_that_fell_to_a_quarter_is_said_at_once() -> None:
    rng = np.random.default_rng(17)
    fallen = fit_arrivals(log_of(np.concatenate([poisson(rng, 100, 20), 20 * WEEK + poisson(rng, 25, 10)])), "claim")
    steady = fit_arrivals(log_of(poisson(rng, 100, 30)), "claim")
    assert [bool(fallen.evidence[0].mind), bool(steady.evidence[0].mind)] == [True, False]


def test_a_level_that_fell_by_half_is_the_one_that_counts() -> None:
    rng = np.random.default_rng(13)
    arrived = np.concatenate([poisson(rng, 100, 20), 20 * WEEK + poisson(rng, 50, 10)])
    fitted = fit_arrivals(log_of(arrived), "claim")
    assert rate(fitted.value) == pytest.approx(50, rel=0.15)
    assert "Demand moves" in fitted.evidence[0].note


def cycling(seed: int, items: int) -> Instants:
    """CORRECTNESS C9: demand that swings by 60 % over the day and over the week."""
    rng = np.random.default_rng(seed)
    even = np.sort(rng.uniform(0, items / 400 * WEEK, round(2.56 * items)))
    day, week = (1 + 0.6 * np.sin(2 * np.pi * even / length) for length in (DAY, WEEK))
    return even[rng.uniform(0, 2.56, even.size) < day * week]


def test_cycles_of_the_day_and_the_week_have_their_height_within_a_tenth() -> None:
    pattern = learned(log_of(cycling(5, 20_000))).pattern
    hours = np.array([pattern.day(index) for index in range(7)])
    swings = [2 * np.abs(np.fft.rfft(each)[1]) / each.sum() for each in (hours.mean(axis=0), hours.mean(axis=1))]
    # a step of an hour, or a day, flattens a wave by sin(x) / x
    assert swings == pytest.approx([0.6 * np.sinc(1 / 24), 0.6 * np.sinc(1 / 7)], rel=0.1)


def constant(arrived: Instants) -> float:
    pattern = fit_arrivals(log_of(arrived), "claim").evidence[1]
    return float(pattern.method.rpartition("p = ")[2])


def test_500_arrivals_reject_a_constant_rate_where_demand_swings() -> None:
    assert max(constant(cycling(seed, 500)) for seed in range(10)) < 1e-3


def test_a_constant_rate_is_not_rejected_where_it_is_true() -> None:
    assert min(constant(poisson(np.random.default_rng(seed), 100, 5)) for seed in range(20)) > 1e-3
