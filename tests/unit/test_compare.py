"""What a change does, in one sentence a decision can be taken from: effect, interval, probabilities, worth."""

import time
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from questions import CLERK, SENIOR, desk, question

from twin.answer import Answer
from twin.compare import Comparison, changed_words, compare_results, judge, words_of
from twin.errors import InputError
from twin.estimate import Difference, holm, paired_difference
from twin.experiment import Results, run_experiment
from twin.run_length import Stopping

SPREAD = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
HOURS = Answer(metric="lead_time", statistic="p85", work="letter", better="lower", worth="8 h")
RATE = Answer(metric="throughput", better="higher", worth="2 / week")


def ask(scenarios: dict[str, Any], *, answer: dict[str, Any] | None = None, **run: Any) -> Results:
    return run_experiment(question(answer=answer, run={"replications": 6, **run}, scenarios=scenarios), desk())


@pytest.fixture(scope="module")
def results() -> Results:
    """A change at the bottleneck, one beside it, and none."""
    return ask({"one more clerk": [CLERK], "one more senior": [SENIOR], "another name": []})


@pytest.fixture(scope="module")
def comparison(results: Results) -> Comparison:
    return compare_results(results)


def effect_of(mean: float, *, spread: float = 1.0) -> Difference:
    return paired_difference(np.zeros(5), mean + spread * SPREAD)


def around(effect: Difference, boundary: float) -> float:
    """Give the belief that an effect is below a boundary."""
    belief = effect.probability_below(boundary)
    assert belief is not None
    return belief


# --- differences ------------------------------------------------------------------------------------------------------


def test_the_baseline_under_another_name_differs_by_exactly_0(comparison: Comparison) -> None:
    same = comparison.scenarios[2]
    assert {(row.difference.effect, row.difference.low, row.difference.high) for row in same.rows} == {(0.0, 0.0, 0.0)}
    assert same.verdict.judgement == "no difference"
    assert same.verdict.sentence == (
        "another name makes no difference: mean lead time is the same in every replication (n = 6)."
    )


def test_a_difference_is_changed_minus_base_over_the_same_replications(results: Results) -> None:
    row = next(row for row in compare_results(results).scenarios[0].rows if row.key.metric == "throughput")
    before, after = (
        run.table().filter(pl.col("metric") == "throughput", pl.col("scope") == row.key.scope)["value"].to_numpy()
        for run in results.runs[:2]
    )
    assert row.difference.effect == pytest.approx(float((after - before).mean()))


def test_pairing_pays_most_for_a_change_beside_the_bottleneck(comparison: Comparison) -> None:
    clerk, senior, _ = (each.asked.variance_ratio for each in comparison.scenarios)
    assert clerk is not None
    assert senior is not None
    assert senior > max(20, clerk)


def test_one_more_scenario_changes_nothing_but_the_family_p(comparison: Comparison) -> None:
    alone = compare_results(ask({"one more clerk": [CLERK]})).scenarios[0]
    beside = comparison.scenarios[0]
    assert alone.rows == beside.rows
    assert alone.verdict == beside.verdict


def test_p_values_are_adjusted_for_all_scenarios_by_holm(comparison: Comparison) -> None:
    asked = [each.asked for each in comparison.scenarios]
    raw = [each.p_value for each in asked if each.p_value is not None]
    assert tuple(each.family_p_value for each in asked) == holm(raw)


def test_the_level_without_a_change_stands_beside(results: Results, comparison: Comparison) -> None:
    chosen = (
        results.runs[0]
        .table()
        .filter(pl.col("metric") == "lead_time", pl.col("statistic") == "mean", pl.col("scope") == "all")
    )
    assert comparison.baseline.value == pytest.approx(chosen["value"].to_numpy().mean())


def test_only_replications_that_measured_both_sides_are_paired() -> None:
    results = ask({"none": [{"set": "work.letter.arrivals", "to": {"kind": "none"}}], "clerk": [CLERK]})
    with pytest.raises(InputError, match="none: in no replication mean lead time could be measured on both sides"):
        compare_results(results)


def test_a_scenario_with_a_new_team_pairs_the_figures_that_both_sides_have(results: Results) -> None:
    base, other, *_ = results.runs
    more = other._replace(
        figures=(other.figures[0]._replace(scope="new"), *other.figures),
        values=other.values[:, [0, *range(len(other.figures))]],
    )
    assert (
        compare_results(results._replace(runs=(base, more))).scenarios[0].rows
        == compare_results(results).scenarios[0].rows
    )


def test_two_hundred_replications_of_a_hundred_figures_are_compared_in_a_moment(results: Results) -> None:
    figures = tuple(results.runs[0].figures[0]._replace(scope=f"type {number}") for number in range(99))
    runs = tuple(
        run._replace(
            figures=(*run.figures, *figures)[:100],
            values=np.tile(np.resize(run.values + np.arange(6)[:, None], (200, run.values.shape[1])), 20)[:, :100],
        )
        for run in (*results.runs, *results.runs[1:3])
    )
    begun = time.perf_counter()
    compared = compare_results(results._replace(runs=runs))
    assert [len(each.rows) for each in compared.scenarios] == [100] * 5
    assert time.perf_counter() - begun < 1.5  # fifteen times what it takes


# --- judgements -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mean", "judgement"),
    [(-20, "worth it"), (-8, "cannot tell"), (-4, "not worth it"), (0.1, "not worth it"), (20, "harmful")],
)
def test_an_effect_on_hours_is_judged_by_what_matters(mean: float, judgement: str) -> None:
    assert judge("it", effect_of(mean), HOURS).judgement == judgement


@pytest.mark.parametrize(
    ("mean", "judgement"),
    [(9, "worth it"), (2, "cannot tell"), (0.1, "not worth it"), (-9, "harmful")],
)
def test_where_higher_is_better_a_rise_is_worth_it(mean: float, judgement: str) -> None:
    assert judge("it", effect_of(mean, spread=0.5), RATE).judgement == judgement


@given(st.floats(-40, 40), st.floats(0.1, 30))
def test_the_judgement_follows_the_belief_in_what_matters(mean: float, spread: float) -> None:
    effect = effect_of(mean, spread=spread)
    worth, harm = around(effect, -8), 1 - around(effect, 8)
    assume(all(abs(belief - edge) > 1e-9 for belief in (worth, harm) for edge in (0.05, 0.95)))
    expected = (
        "worth it" if worth > 0.95 else "harmful" if harm > 0.95 else "not worth it" if worth < 0.05 else "cannot tell"
    )
    assert judge("it", effect, HOURS).judgement == expected


@given(st.floats(-40, 40), st.floats(0.1, 30))
def test_the_mirrored_effect_on_a_mirrored_question_has_the_same_judgement(mean: float, spread: float) -> None:
    lower = judge("it", effect_of(mean, spread=spread), HOURS)
    higher = judge("it", effect_of(-mean, spread=spread), HOURS.model_copy(update={"better": "higher"}))
    assert lower.judgement == higher.judgement
    assert lower.helps == pytest.approx(higher.helps)


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6))
def test_no_judgement_is_ever_certain(mean: float, spread: float) -> None:
    effect = effect_of(mean, spread=spread)
    assume(not effect.identical)
    verdict = judge("it", effect, HOURS)
    assert all(0.01 <= belief <= 0.99 for belief in (verdict.helps, verdict.hurts, verdict.worth) if belief is not None)
    assert "100 %" not in verdict.sentence


def test_one_pair_of_replications_supports_no_judgement() -> None:
    verdict = judge("it", paired_difference(np.array([30.0]), np.array([10.0])), HOURS)
    assert (verdict.judgement, verdict.worth) == ("cannot tell", None)
    assert "no interval with n = 1" in verdict.sentence


# --- sentences --------------------------------------------------------------------------------------------------------


def test_a_sentence_has_effect_interval_probabilities_and_worth() -> None:
    assert judge("one more clerk", effect_of(-20), HOURS).sentence == (
        "one more clerk is worth it: p85 lead time of letter falls by 20.0 h (95 % interval 19.0 to 21.0). "
        "It helps with probability > 99 % and hurts with < 1 %; it gains the 8 h that matter with > 99 %."
    )


def test_a_sentence_whose_interval_holds_0_says_neither_rise_nor_fall() -> None:
    sentence = judge("it", effect_of(-0.2), HOURS).sentence
    assert "changes by" in sentence
    assert "falls" not in sentence


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"metric": "lead_time", "statistic": "p85", "work": "letter"}, "p85 lead time of letter"),
        ({"metric": "wip", "worth": 2}, "mean WIP"),
        ({"metric": "sla_share", "work": "letter", "better": "higher", "worth": "5 %"}, "mean SLA share of letter"),
        ({"metric": "utilisation", "team": "clerks", "worth": "5 %"}, "mean utilisation of clerks"),
    ],
)
def test_the_asked_figure_is_named_in_words(asked: dict[str, Any], words: str) -> None:
    assert words_of(Answer(**{"better": "lower", "worth": "8 h", **asked})) == words


def test_changes_are_told_with_the_date_they_hold_from(results: Results) -> None:
    base = results.runs[0].candidate
    later = base.twin.model_copy(deep=True)
    three = later.teams["clerks"].model_copy(update={"people": 3})
    dated = ((datetime(2026, 2, 2, tzinfo=UTC), later.model_copy(update={"teams": later.teams | {"clerks": three}})),)
    sides = [SimpleNamespace(candidate=base), SimpleNamespace(candidate=base._replace(changes=dated))]
    (line,) = changed_words(*cast("Any", sides))
    assert line.startswith("from 2026-02-02: ")
    assert "teams.clerks.people" in line


def test_a_scenario_without_a_change_is_told_as_nothing(comparison: Comparison) -> None:
    assert comparison.scenarios[2].changed == ("nothing",)


# --- warnings ---------------------------------------------------------------------------------------------------------


def test_a_sound_run_carries_no_warning_of_the_cap(comparison: Comparison) -> None:
    assert not [warning for warning in comparison.warnings if "cap" in warning]


def test_the_widest_capped_interval_is_warned_of(results: Results) -> None:
    stops = tuple(Stopping(200, width, 0.5, 200, capped=width > 0.5) for width in (0.1, 1.0, 3.0))
    warnings = compare_results(results._replace(stopping=stops)).warnings
    assert "stopped by the cap of 200 replications, precision not reached: half-width 3, asked 0.5, n = 200" in warnings


def test_replications_without_a_value_are_told(results: Results) -> None:
    runs = tuple(
        run._replace(values=np.vstack([np.full_like(run.values[:1], np.nan), run.values[1:]])) for run in results.runs
    )
    compared = compare_results(results._replace(runs=runs))
    assert "in 4 of 4 runs some replications had no item to measure" in compared.warnings
    assert {row.difference.n for row in compared.scenarios[0].rows} == {5}
