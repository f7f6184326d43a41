# ruff: noqa: TID251 - a seeded generator only makes samples here; the code under test draws nothing
"""Figures that plausible twins do not show are named, with how far off they are; those they show raise no alarm."""

import numpy as np
from numpy.typing import NDArray

from calibration.misfits import Shown, checks, missed
from calibration.periods import on_scale
from calibration.sources.aggregates import Scope, Series
from calibration.sources.metric_names import Metric
from calibration.summaries import Target

Floats = NDArray[np.float64]

RUNS, WEEKS = 200, 26
NAMES = ("arrivals", "throughput", "wip", "lead_time")


def weekly(number: int) -> dict[str, Floats]:
    """Show half a year of a desk that answers ten a week within a week or so, by week."""
    rng = np.random.default_rng(number)
    level = 10 * np.exp(0.1 * rng.standard_normal())
    came = rng.poisson(level, WEEKS + 1).astype(np.float64)
    done = (came[1:] + came[:-1]) / 2
    inside = came[1:] / 2 + 3
    return {"arrivals": came[1:], "throughput": done, "wip": inside, "lead_time": 168 * inside / np.maximum(done, 1)}


def of_file(values: dict[str, Floats]) -> Shown:
    """Hold half a year of figures against runs of twins that are right."""
    starts = 20458 + 7 * np.arange(WEEKS)
    targets = tuple(
        Target(Series(Metric(name, 0.0, None), Scope("", "", ""), starts, starts + 7, values[name]), -1, -1, -1, starts)
        for name in NAMES
    )
    runs = [weekly(number) for number in range(RUNS)]
    levels = np.log([[run[name].mean() for name in NAMES] for run in runs])
    seen = np.log([values[name].mean() for name in NAMES])
    periods = tuple(on_scale(name, np.array([run[name] for run in runs])) for name in NAMES)
    return Shown(targets, seen, levels, periods)


def kinds(values: dict[str, Floats]) -> set[str]:
    return {each.kind for each in missed(checks(of_file(values)))}


def test_twins_of_the_assumed_form_alarm_seldom() -> None:
    """In one of twenty files at most, but for chance."""
    assert sum(bool(kinds(weekly(1000 + number))) for number in range(60)) <= 6


def test_a_throughput_that_counts_reopened_items_twice_is_named_with_the_items() -> None:
    usual = weekly(3000)
    (first, *_) = missed(checks(of_file({**usual, "throughput": 1.2 * usual["throughput"]})))
    assert (first.figure, first.kind) == ("throughput of all", "balance")
    assert first.told.startswith("counts 50 items more than came and did not stay")


def test_arrivals_that_double_half_way_are_a_shift_with_its_date() -> None:
    usual = weekly(3001)
    twice = np.where(np.arange(WEEKS) < WEEKS // 2, 1.0, 2.0)
    found = missed(checks(of_file({name: values * twice for name, values in usual.items()})))
    (moved,) = [each for each in found if each.figure == "arrivals of all" and each.kind == "shift"]
    assert "about 2026-04-06; twins keep their level" in moved.told


def test_figures_that_no_run_has_together_are_missed_though_each_alone_is_usual() -> None:
    usual = weekly(3002)
    assert "level" in kinds({**usual, "lead_time": 1.25 * usual["lead_time"]})


def test_smoothed_figures_raise_no_alarm() -> None:
    usual = weekly(3003)
    kernel = np.ones(4) / 4
    smooth = {name: np.convolve(values, kernel, mode="same") for name, values in usual.items()}
    smooth = {name: values * usual[name].mean() / values.mean() for name, values in smooth.items()}
    assert "variation" not in kinds(smooth)


def test_a_figure_that_never_moves_is_not_held_against_moving_ones() -> None:
    usual = weekly(3004)
    still = {name: np.full(WEEKS, values.mean()) for name, values in usual.items()}
    assert not kinds(still) & {"shift", "variation"}
