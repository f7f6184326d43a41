"""Replications of a baseline and its scenarios: the same luck for both sides, as many as the answer needs."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from questions import CLERK, SENIOR, desk, question

from twin.errors import InputError
from twin.experiment import Replicated, Results, asked_values, run_experiment
from twin.scenario import BASELINE
from twin.units import WEEK


def ask(scenarios: dict[str, Any], *, answer: dict[str, Any] | None = None, **run: Any) -> Results:
    return run_experiment(question(answer=answer, run=run, scenarios=scenarios), desk())


def ran(results: Results, name: str) -> Replicated:
    return next(run for run in results.runs if run.candidate.name == name)


def metrics(results: Results, name: str) -> pl.DataFrame:
    return ran(results, name).table()


def test_the_baseline_under_another_name_has_the_same_figures() -> None:
    results = ask({"another name": []})
    assert metrics(results, "another name").equals(metrics(results, BASELINE))


def test_a_change_that_changes_nothing_has_the_same_figures() -> None:
    results = ask({"two clerks": [{"set": "teams.clerks.people", "to": 2}]})
    assert metrics(results, "two clerks").equals(metrics(results, BASELINE))


def test_one_more_scenario_changes_no_number_of_the_others() -> None:
    alone, beside = ask({"clerk": [CLERK]}), ask({"senior": [SENIOR], "clerk": [CLERK]})
    assert metrics(alone, "clerk").equals(metrics(beside, "clerk"))
    assert metrics(alone, BASELINE).equals(metrics(beside, BASELINE))


def test_more_replications_leave_the_first_as_they_were() -> None:
    few, many = ask({"clerk": [CLERK]}, replications=3), ask({"clerk": [CLERK]}, replications=5)
    for name in (BASELINE, "clerk"):
        assert metrics(many, name).filter(pl.col("replication") < 3).equals(metrics(few, name))


def test_another_seed_is_other_luck() -> None:
    assert not metrics(ask({"clerk": [CLERK]}), "clerk").equals(metrics(ask({"clerk": [CLERK]}, seed=8), "clerk"))


def test_both_sides_share_the_luck_that_a_change_leaves_alone() -> None:
    """A colleague where nobody waits changes little, and the pairs see it: their difference varies less."""
    results = ask({"senior": [SENIOR]}, replications=8)
    before, after = (asked_values(ran(results, name), results.experiment.answer) for name in (BASELINE, "senior"))
    apart, paired = np.var(before, ddof=1) + np.var(after, ddof=1), np.var(after - before, ddof=1)
    assert apart > 20 * paired


def test_nothing_differs_before_a_dated_change_and_something_after() -> None:
    results = ask({"clerk in February": [{**CLERK, "from": "2026-02-02"}]}, warm_up="0 w", length="8 w")
    base, changed = (run.weekly[0] for run in results.runs)
    same = [np.array_equal(base[week], changed[week]) for week in range(8)]
    assert same[:4] == [True] * 4
    assert not all(same[4:])


def test_conservation_held_in_every_run() -> None:
    assert all(run.balances for run in ask({"clerk": [CLERK]}).runs)


def test_the_window_begins_after_the_warm_up() -> None:
    yardsticks = [run.candidate.yardstick.window for run in ask({"clerk": [CLERK]}, replications=2).runs]
    assert yardsticks == [(WEEK, 5 * WEEK)] * 2


# --- how many replications --------------------------------------------------------------------------------------------


def test_auto_ends_at_the_first_look_when_that_is_precise_enough() -> None:
    results = ask({"clerk": [CLERK]}, replications="auto", precision="1000 h")
    (stop,) = results.stopping
    assert (results.replications, stop.capped) == (10, False)


def test_auto_ends_once_the_interval_is_as_narrow_as_asked() -> None:
    results = ask({"clerk": [CLERK]}, replications="auto", precision="4 h", length="2 w")
    (stop,) = results.stopping
    assert results.replications > 10
    assert (stop.half_width <= 4, stop.capped, stop.n) == (True, False, results.replications)


def test_without_a_precision_half_of_what_matters_is_asked() -> None:
    results = ask({"clerk": [CLERK]}, answer={"worth": "500 h"}, replications="auto")
    assert results.stopping[0].target == 250


def test_auto_says_when_the_cap_ended_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twin.experiment.MAX_REPLICATIONS", 12)
    results = ask({"clerk": [CLERK]}, replications="auto", precision="0.001 h", length="1 w")
    assert (results.replications, results.stopping[0].capped) == (12, True)


def test_auto_needs_no_more_where_nothing_differs() -> None:
    results = ask({"another name": []}, replications="auto", precision="0.001 h", length="1 w")
    assert (results.replications, results.stopping[0].half_width) == (10, 0.0)


def test_auto_goes_on_until_every_scenario_is_precise() -> None:
    results = ask({"senior": [SENIOR], "clerk": [CLERK]}, replications="auto", precision="4 h", length="2 w")
    assert results.replications > 10
    assert max(stop.half_width for stop in results.stopping) <= 4


def test_a_number_given_is_the_number_run() -> None:
    results = ask({"clerk": [CLERK]}, replications=3)
    assert (results.replications, results.stopping) == (3, ())


def test_progress_is_told_of_every_replication() -> None:
    told: list[tuple[int, int]] = []
    results = ask({"clerk": [CLERK]}, replications=3)
    run_experiment(results.experiment, desk(), progress=lambda done, planned: told.append((done, planned)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_change_that_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match="clerk"):
        ask({"typing error": [{"add": 1, "to": "teams.clerk.people"}]})
