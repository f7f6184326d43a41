# ruff: noqa: TID251 - a seeded generator only makes samples here; the code under test draws nothing
"""Looking ahead from several dates: nothing that came later is used, and right forecasts are told from wrong ones."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from observed_logs import log_of, without_teams
from tiny import twin, work

from calibration.forecasts import Past, figure_names, happened, replayed, resampled
from calibration.grading import discrepancies, grade_backtest
from calibration.origins import choose_origins, known_at
from calibration.ranges import observed_ranges
from calibration.rolling import Rolling, rolling_backtest, score_figures
from calibration.rolling_file import finite
from calibration.scores import crps, hits_expected, interval, place, skill, surprise, together
from twin.caseload import simulate_logs
from twin.errors import InputError
from twin.eventlog import NEVER, EventLog
from twin.spec import Twin
from twin.units import HOUR, WEEK

# --- scores -----------------------------------------------------------------------------------------------------------


def test_the_crps_of_one_member_is_its_distance() -> None:
    assert crps(np.array([3.0]), 5.0) == 2.0


def test_the_crps_by_hand() -> None:
    """|1 - 2| and |3 - 2| are 1 on average; half the mean distance of two members, 2 / 2, is taken from that."""
    assert crps(np.array([1.0, 3.0]), 2.0) == pytest.approx(0.0)


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=12), st.floats(-50, 50))
def test_the_crps_is_that_of_its_definition(members: list[float], observed: float) -> None:
    x = np.array(members)
    pairs = np.abs(x[:, None] - x[None, :]).sum() / (2 * x.size * (x.size - 1))
    assert crps(x, observed) == pytest.approx(np.abs(x - observed).mean() - pairs, abs=1e-9)


def test_intervals_hold_what_comes_from_the_same_distribution_as_often_as_they_say() -> None:
    draws = np.random.default_rng(1).normal(size=(4000, 40))
    held = [low <= row[0] <= high for row in draws for low, high in [interval(row[1:], 0.8)]]
    assert np.mean(held) == pytest.approx(0.8, abs=0.02)


def test_right_forecasts_are_a_surprise_as_seldom_as_they_should_be() -> None:
    draws = np.random.default_rng(2).normal(size=(1000, 4, 80))
    alarms = [surprise([place(row[1:], row[0]) for row in rows]) < 0.05 for rows in draws]
    assert np.mean(alarms) == pytest.approx(0.05, abs=0.025)


def test_forecasts_that_are_always_too_low_are_a_surprise() -> None:
    assert surprise([place(np.arange(79.0), 100.0)] * 3) < 0.001


def test_skill_is_the_share_of_the_error_that_is_gone() -> None:
    assert skill(np.array([1.0, 3.0]), np.array([4.0, 4.0])) == 0.5


def test_against_a_perfect_benchmark_any_error_is_as_bad_as_can_be() -> None:
    """Nothing finite can say it; figures for programs leave it out."""
    worst = skill(np.array([1.0]), np.array([0.0]))
    assert (together([worst, 0.5]), finite(worst)) == (-np.inf, None)


def test_few_cases_allow_much() -> None:
    assert hits_expected(9, 0.8) == (4, 9)


# --- what was known ---------------------------------------------------------------------------------------------------


def small() -> EventLog:
    """One item done, one at work, one on its way to its second visit, one still to come; cut at hour 10."""
    rows = [
        (0, "a", "p", 1.0, 2.0), (0, "b", "q", 3.0, 4.0), (1, "a", "p", 6.0, 12.0), (2, "a", "p", 7.0, 8.0),
        (2, "b", "q", 15.0, 16.0), (2, "a", "p", 17.0, 18.0), (3, "a", "p", 11.0, 13.0),
    ]  # fmt: skip
    return log_of(rows)


def test_what_is_open_at_the_origin_is_open_and_nothing_later_is_known() -> None:
    known = known_at(small(), round(10 * HOUR))
    told = known.frame.select("item", "stage", pl.col("enabled", "started", "finished") // HOUR).rows()
    assert told == [
        (0, "a", None, 1.0, 2.0), (0, "b", None, 3.0, 4.0), (1, "a", None, 6.0, None), (2, "a", None, 7.0, 8.0),
        (2, "b", 8.0, None, None),
    ]  # fmt: skip


@given(st.integers(1, 20))
def test_no_instant_after_the_origin_is_left(hour: int) -> None:
    known = known_at(small(), round(hour * HOUR))
    latest = known.frame.select(pl.max_horizontal(pl.col("enabled", "started", "finished").max())).item()
    assert known.end == round(hour * HOUR)
    assert latest is None or latest < known.end


def steady(weeks: float = 12, *, people: int = 3, seed: int = 5) -> EventLog:
    """A desk in a steady flow: letters come by chance and wait for clerks."""
    (log,) = simulate_logs(desk(people), length=f"{weeks} w", seed=seed)
    return without_teams(log)


def desk(people: int = 3) -> Twin:
    effort = {"kind": "gamma", "mean": "6 h", "cv": 0.7}
    letter = work({"kind": "poisson", "rate": "60 / week"}, {"stage": "answer", "effort": effort})
    return twin({"clerks": people}, {"answer": "clerks"}, {"letter": letter})


def test_the_weeks_after_origins_do_not_overlap_and_lie_in_the_second_half() -> None:
    chosen = choose_origins(steady())
    assert min(np.diff(chosen.at)) >= chosen.weeks * WEEK
    assert chosen.at[0] >= (chosen.since + chosen.until) / 2 - 1
    assert chosen.at[-1] + chosen.weeks * WEEK <= chosen.until


def test_a_log_of_a_week_is_too_short() -> None:
    with pytest.raises(InputError, match=r"weeks of work as it went; a rolling backtest needs 1\.4 at least"):
        choose_origins(steady(1))


def test_a_log_of_open_items_is_refused_with_what_to_do() -> None:
    log = steady()
    still = replace(log, frame=log.frame.with_columns(pl.lit(None, pl.Int64).alias("finished")))
    with pytest.raises(InputError, match=r"^0 of [\d,]+ items .* are done, .* Learn from a later state"):
        choose_origins(still)


# --- benchmarks by hand -----------------------------------------------------------------------------------------------


def past() -> Past:
    """Week 0: two items of 1 h done; week 1: one of 3 h; one that came in week 1 is inside at the origin, hour 336."""
    hours = [(10, 11), (20, 21), (200, 203), (300, None)]
    done = [NEVER if end is None else end * HOUR for _, end in hours]
    return Past(np.array(["x"] * 4), np.array([start * HOUR for start, _ in hours]), np.array(done))


def test_history_replayed_by_hand() -> None:
    names = figure_names(2)
    told = dict(zip(names, replayed(past(), 2 * WEEK, 2, 0)[0].tolist(), strict=True))
    assert [told[name] for name in names[:6]] == [2, 1, 1, 2, 1.5, 1.5]
    assert told["lead_time mean"] == pytest.approx(5 / 3)


def test_resampled_weeks_are_weeks_that_happened() -> None:
    drawn = resampled(past(), 2 * WEEK, 2, 0, members=50, seed=1)
    assert set(map(tuple, drawn[:, :2].tolist())) == {(2, 2), (2, 1), (1, 2), (1, 1)}


def test_what_happened_by_hand() -> None:
    told = happened(past(), WEEK, 1)
    assert told.tolist() == [1, 1, 1, 1, 3, 3, 3, 3]


# --- the whole --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def log() -> EventLog:
    return steady()


@pytest.fixture(scope="module")
def rolled(log: EventLog) -> Rolling:
    return rolling_backtest(log, members=39, most=4)


def test_a_twin_of_steady_work_reproduces_it(rolled: Rolling) -> None:
    assert (len(rolled.aheads), discrepancies(rolled)) == (4, ())


def test_the_same_log_gives_the_same_forecasts_whatever_the_order_of_its_rows(log: EventLog) -> None:
    shuffled = EventLog(log.frame.reverse(), log.start, log.zone, log.end, log.cases)
    a, b = (rolling_backtest(each, members=39, most=1) for each in (log, shuffled))
    assert np.array_equal(a.aheads[0].twin, b.aheads[0].twin)


def test_what_comes_after_an_origin_changes_no_forecast_from_it(log: EventLog, rolled: Rolling) -> None:
    first = rolled.aheads[0]
    later = pl.col("started") > first.origin
    finished = pl.when(later).then(pl.col("finished") + HOUR).otherwise("finished").alias("finished")
    slower = log.frame.with_columns(finished)
    known = known_at(EventLog(slower, log.start, log.zone, log.end, log.cases), first.origin)
    assert known.frame.equals(known_at(log, first.origin).frame)


def fooled(rolled: Rolling, factor: float) -> Rolling:
    """The same backtest, had everything happened so many times as much."""
    aheads = [ahead._replace(observed=ahead.observed * factor) for ahead in rolled.aheads]
    return Rolling(tuple(aheads), score_figures(aheads, rolled.weeks), rolled.weeks, 39, 1, ())


def test_a_twin_that_foresees_half_of_what_happens_gets_the_worst_grade(rolled: Rolling) -> None:
    grade, reasons = grade_backtest(fooled(rolled, 2))
    assert grade == "D"
    assert any("does not reproduce throughput mean: what happened was" in reason for reason in reasons)


def test_a_lasting_bias_is_a_discrepancy_of_its_size(rolled: Rolling) -> None:
    doubled = next(score for score in fooled(rolled, 2).scores if score.figure == "throughput mean")
    assert doubled.bias > 0.7
    assert doubled.spread == pytest.approx(doubled.bias, abs=0.1)


def test_without_a_past_change_no_twin_gets_the_best_grade(rolled: Rolling) -> None:
    perfect = [ahead._replace(observed=ahead.twin.mean(axis=0)) for ahead in rolled.aheads]
    alone = tuple(ahead._replace(apart=None) for ahead in perfect)
    best = Rolling(alone, score_figures(perfect, rolled.weeks), rolled.weeks, 39, 1, ())
    assert (grade_backtest(best)[0], grade_backtest(best, tried=1)) == ("B", ("A", ()))


def test_the_observed_ranges_hold_the_twin_itself(log: EventLog) -> None:
    ranges = observed_ranges(log, desk(people=9))
    assert ranges["arrivals"][0] <= 60 <= ranges["arrivals"][1]
    assert ranges["people clerks"] == (9, 9)
