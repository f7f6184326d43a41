"""Warnings that a figure cannot be taken at its word: too few items, a load near 1, beyond what the data has shown."""

from typing import Any

import numpy as np
import pytest
from questions import CLERK, desk, question

from twin.cautions import NEEDED, cautions, skewed
from twin.credibility import Credibility
from twin.decide.explaining import explain, told_of_explanation
from twin.decide.optimizing import optimize_levers
from twin.decide.recommending import told_of_optimum
from twin.decide.solving import solve_experiment, told_of_solution
from twin.decide.sweeping import run_sweep, told_of_sweep
from twin.decide.telling import page_of
from twin.decide.trials import Doubt, Running
from twin.experiment import Results, run_experiment

MANY = [{"scale": "work.letter.arrivals.rate", "by": 1.6}]
HALF = [{"scale": "work.letter.arrivals.rate", "by": 0.5}]


def ask(scenarios: dict[str, Any], *, statistic: str = "mean", length: str = "4 w") -> Results:
    asked = question(scenarios=scenarios, answer={"statistic": statistic}, run={"replications": 2, "length": length})
    return run_experiment(asked, desk())


@pytest.fixture(scope="module")
def results() -> Results:
    return ask({"half": HALF, "clerk": [CLERK]})


@pytest.mark.parametrize(("statistic", "p"), [("p50", 0.5), ("p85", 0.85), ("p95", 0.95)])
def test_with_the_items_needed_a_percentile_has_an_upper_bound_and_not_with_one_less(statistic: str, p: float) -> None:
    needed = NEEDED[statistic]
    assert p**needed <= 0.025 < p ** (needed - 1)


def test_a_percentile_of_too_few_items_warns_with_their_number() -> None:
    told = cautions(ask({"half": HALF}, statistic="p95", length="1 w"))
    assert any(line.startswith("p95 of about ") and "72 items are needed" in line for line in told)


def test_a_mean_needs_no_tail(results: Results) -> None:
    assert not any("tail" in line for line in cautions(results))


def test_a_load_near_1_warns_with_team_and_scenario() -> None:
    told = cautions(ask({"many more letters": MANY}, length="8 w"))
    assert any(line.startswith("load near 1: clerks ") and "many more letters" in line for line in told)


def test_a_team_that_is_full_in_some_twins_of_an_ensemble_warns(results: Results) -> None:
    base = results.runs[0]
    place = next(at for at, each in enumerate(base.figures) if each.metric == "utilisation")
    values = np.tile(base.values, (2, 1))
    values[:, place] = [0.5, 0.99, 0.5, 0.5]
    told = cautions(results._replace(runs=(base._replace(values=values, drawn=2),)))
    assert any("in 25 % of the ensemble's runs" in line for line in told)


def test_a_scenario_beyond_the_data_warns_with_what_was_seen(results: Results) -> None:
    seen = {"arrivals": (40.0, 70.0), "people clerks": (1.0, 2.0), "people seniors": (0.0, 0.0)}
    (told,) = cautions(results._replace(credibility=Credibility("A", (), {}, seen)))
    assert told.startswith(
        "beyond the data: half: arrivals: 30 is 25 % beyond anything seen (40 to 70 in a week), clerk:"
    )


# --- decisions --------------------------------------------------------------------------------------------------------

CALM = Credibility("A", (), {}, {"arrivals": (40.0, 70.0), "people clerks": (1.0, 2.0), "people seniors": (0.0, 1.0)})
BUSY = {"work.letter.arrivals.rate": {"by": [1.6, 1.7]}}


def decided(verb: str) -> tuple[str, ...]:
    """Let a verb meet a desk with 1.6 times the letters."""
    sections: dict[str, Any] = {
        "sweep": {"sweep": {"levers": BUSY}},
        "optimize": {"optimize": {"levers": BUSY}},
        "solve": {"solve": {"goal": {"metric": "lead_time", "at_most": "2 h"}}},
        "explain": {},
    }
    asked = question(scenarios={"many more letters": MANY}, run={"replications": 10}, **sections[verb])
    told = {
        "sweep": lambda *each: told_of_sweep(run_sweep(*each)),
        "optimize": lambda *each: told_of_optimum(optimize_levers(*each)),
        "solve": lambda *each: told_of_solution(solve_experiment(*each)),
        "explain": lambda *each: told_of_explanation(explain(*each, growth=None)),
    }[verb](asked, desk(), Running("reference"), Doubt((), CALM))
    page = page_of(told, title="", question="", provenance=()).replace("\xa0", " ")
    assert f"Mind: {told.warnings[0]}" in page
    return told.warnings


@pytest.mark.parametrize("verb", ["sweep", "optimize", "solve", "explain"])
def test_a_decision_warns_in_the_words_of_a_comparison(verb: str) -> None:
    warned = decided(verb)
    assert any(line.startswith("load near 1: clerks ") for line in warned)
    assert any("arrivals: 96 is 37 % beyond anything seen (40 to 70 in a week)" in line for line in warned)


def test_of_many_skewed_intervals_three_are_named() -> None:
    told = skewed([(name, "interval may be too narrow") for name in "abcde"] + [("f", None)])
    assert told[:1] + told[-1:] == (
        "a: interval may be too narrow",
        "2 more intervals may be too narrow for the same reason",
    )
