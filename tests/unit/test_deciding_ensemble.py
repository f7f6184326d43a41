"""Decisions over an ensemble: its twins take turns, and what they disagree on is in what is said."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import SCENARIO, call, project
from questions import CLERK, PACE, SENIOR, desk, draw_ensemble, paced, question

from twin.certainty import PARTS, parts_in_brief
from twin.compare import compare_results
from twin.credibility import Credibility, write_credibility
from twin.decide.explaining import Explanation, explain, told_of_explanation
from twin.decide.optimizing import Optimum, optimize_levers
from twin.decide.recommending import told_of_optimum
from twin.decide.solving import Solved, solve_experiment, told_of_solution
from twin.decide.sweeping import run_sweep, told_of_sweep
from twin.decide.telling import say_parts_column
from twin.decide.trials import Doubt, Running, Trials
from twin.ensemble import FILE
from twin.experiment import asked_values, run_experiment
from twin.project import read_twin
from twin.scenario import Experiment

DOUBT = Doubt(paced(desk(), *PACE))
RUNNING = Running("reference")


def asking(**sections: Any) -> Experiment:
    return question(**{"scenarios": {"clerk": [CLERK]}, "run": {"replications": 6}, **sections})


# --- trials -----------------------------------------------------------------------------------------------------------


def test_trials_run_the_twins_that_a_comparison_runs() -> None:
    asked = asking()
    trials = Trials(asked, desk(), RUNNING, DOUBT, planned=1)
    numbers = [trials.add("baseline", ()), trials.add("clerk", asked.scenarios["clerk"])]
    runs = run_experiment(asked, desk(), members=DOUBT.members).runs
    expected = np.array([asked_values(run, asked.answer) for run in runs])
    assert np.array_equal(trials.values(numbers, asked.answer, 0, 6), expected)


def test_twins_laid_out_again_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = asking()
    known = Trials(asked, desk(), RUNNING, DOUBT, planned=1)
    monkeypatch.setattr("twin.decide.trials.LAID_OUT", 3)
    short = Trials(asked, desk(), RUNNING, DOUBT, planned=1)
    values = []
    for trials in (known, short):
        numbers = [trials.add("baseline", ()), trials.add("clerk", asked.scenarios["clerk"])]
        values.append([trials.values(numbers, asked.answer, first, 2) for first in (0, 2)])
    assert np.array_equal(*values)


# --- sweep ------------------------------------------------------------------------------------------------------------


def test_the_interval_of_a_point_is_that_of_a_comparison() -> None:
    asked = asking(sweep={"levers": {"teams.clerks.people": [3, 4]}})
    point = run_sweep(asked, desk(), RUNNING, DOUBT).points[0]
    (compared,) = compare_results(run_experiment(asked, desk(), members=DOUBT.members)).scenarios
    effect = point.effect
    assert effect is not None
    assert (effect.effect, effect.low, effect.high) == (compared.asked.effect, compared.asked.low, compared.asked.high)


def test_a_backtest_widens_the_intervals_of_a_sweep() -> None:
    asked = asking(sweep={"levers": {"teams.clerks.people": [3, 4]}})
    graded = DOUBT._replace(credibility=Credibility("B", (), {"lead_time mean": 0.5}, {}))
    before, after = (run_sweep(asked, desk(), RUNNING, doubt).baseline.half_width for doubt in (DOUBT, graded))
    assert (before or 0) < (after or 0)


def test_a_sweep_says_over_how_many_twins_it_ran_and_that_more_ran_than_were_asked_for() -> None:
    asked = asking(sweep={"levers": {"teams.clerks.people": [3, 4]}}, run={"replications": 4})
    told = told_of_sweep(run_sweep(asked, desk(), RUNNING, DOUBT))
    assert told.basis.startswith("n = 6 replications of each of 2 points, over 3 equally plausible twins")
    assert "4 replications were asked for and 6 run" in told.conduct.replications


def test_a_sweep_says_of_each_interval_what_it_is_made_of() -> None:
    asked = asking(sweep={"levers": {"teams.clerks.people": [3, 4]}})
    swept = run_sweep(asked, desk(), RUNNING, DOUBT)
    told = told_of_sweep(swept)
    effect = swept.points[0].effect
    assert effect is not None
    assert told.tables[0].columns[-1] == PARTS
    assert told.tables[0].rows[0][-1] == parts_in_brief(effect, "h")
    assert sum("Of the half-width" in line for line in told.answers) == 2
    assert say_parts_column(told).startswith(PARTS)


def test_of_one_twin_no_table_has_a_column_of_parts() -> None:
    asked = asking(sweep={"levers": {"teams.clerks.people": [3, 4]}})
    told = told_of_sweep(run_sweep(asked, desk(), RUNNING))
    assert PARTS not in told.tables[0].columns
    assert say_parts_column(told) == ""


@pytest.mark.parametrize(("auto", "run"), [("1 h", 18), ("400 h", 12)])
def test_auto_runs_more_of_a_decision_where_that_makes_it_surer(
    auto: str, run: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twin.decide.enough.BUDGET", 54)
    short = {"replications": "auto", "warm_up": "0 w", "length": "1 w"}
    asked = asking(sweep={"levers": {"teams.clerks.people": [3, 4]}}, answer={"worth": auto}, run=short)
    assert run_sweep(asked, desk(), RUNNING, DOUBT).replications == run


# --- optimize ---------------------------------------------------------------------------------------------------------

CALM_OR_BUSY = {
    "quicker answers": [{"scale": "work.letter.steps.answer.effort.mean", "by": 0.9}],
    "clerk": [CLERK],
}


@cache
def best_of(*paces: float) -> Optimum:
    asked = asking(scenarios=CALM_OR_BUSY, run={"replications": 30, "warm_up": "0 w", "length": "2 w"})
    (base,) = paced(desk(), 0.3)
    return optimize_levers(asked, base, RUNNING, Doubt(paced(desk(), *paces)))


def test_the_best_is_the_best_on_average_over_the_twins() -> None:
    assert [best_of(*paces).best.entry.name for paces in ((0.3, 0.3), (0.3, 0.3, 1.3))] == ["quicker answers", "clerk"]


def test_a_selection_says_what_its_probability_is_about_and_which_twins_agree() -> None:
    found = best_of(0.3, 0.3, 1.3)
    said = told_of_optimum(found).answers
    assert any("on average over the 3 plausible twins; it is given these twins" in each for each in said)
    assert "In 1 of 3 twins clerk is itself the best; quicker answers is in 2, as far as their runs tell." in said
    assert {standing.n % 3 for standing in found.selection.standings} == {0}


BUSY_ALONE = (0.3, 0.3, 0.3, 0.3, 0.3, 1.6)
"""The search runs the first five of six twins."""


def test_finalists_are_chosen_over_all_twins_and_not_by_those_of_the_search() -> None:
    """In five calm twins quicker answers are better than another clerk; the sixth drowns without one."""
    levers = {
        "work.letter.steps.answer.effort.mean": {"by": [1.0, 0.9], "cost": [0, 1]},
        "teams.clerks.people": {"add": [0, 1], "cost": 1},
    }
    asked = asking(optimize={"levers": levers, "budget": 1, "finalists": 1}, run={"replications": 12, "length": "2 w"})
    (base,) = paced(desk(), 0.3)
    found = optimize_levers(asked, base, RUNNING, Doubt(paced(desk(), *BUSY_ALONE)))
    assert found.best.entry.name == "teams.clerks.people + 1"
    assert any("the finalists were then chosen by all 6" in each for each in told_of_optimum(found).answers)


# --- solve ------------------------------------------------------------------------------------------------------------


def solved(solve: dict[str, Any], *paces: float, **more: Any) -> Solved:
    asked = asking(**{"solve": solve, "run": {"replications": 30, "warm_up": "0 w", "length": "2 w"}} | more)
    return solve_experiment(asked, desk(), RUNNING, Doubt(paced(desk(), *paces)))


def test_a_goal_that_one_twin_of_three_never_keeps_is_kept_in_two_periods_of_three() -> None:
    found = solved({"goal": {"metric": "lead_time", "at_most": "12 h", "probability": "50 %"}}, 0.2, 0.2, 2.0)
    assert found.reached is not None
    assert (found.reached.attempts[0].kept, found.reached.attempts[0].n) == (20, 30)
    assert "over 3 plausible twins" in told_of_solution(found).answers[0]


def test_a_tipping_point_is_less_sure_where_twins_disagree() -> None:
    solve = {"tipping": {"work.letter.steps.answer.effort": {"by": "0.5..1.5 by 1"}}}
    scenarios = {"clerk": [CLERK]}
    alike, apart = (
        solved(solve, *paces, scenarios=scenarios, run={"replications": 9}).tipping
        for paces in ((1, 1, 1), (0.6, 1, 1.4))
    )
    assert alike is not None
    assert apart is not None
    assert (alike.tips[0].now.half_width or 0) < (apart.tips[0].now.half_width or 0)


# --- explain ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def explained() -> Explanation:
    asked = asking(scenarios={"both": [CLERK, SENIOR]}, run={"replications": 6, "length": "2 w"})
    return explain(asked, desk(), RUNNING, DOUBT, growth=None)


def test_causes_are_means_over_the_twins_with_the_least_and_the_most(explained: Explanation) -> None:
    base = explained.waits[0]
    assert base.of_twins is not None
    assert base.of_twins.shape[0] == 3
    assert np.allclose(base.of_twins.mean(axis=0), base.hours)


def test_a_gain_lies_between_the_least_and_the_most_of_any_twin(explained: Explanation) -> None:
    for each in explained.ablated:
        low, high = each.lead_time_span or (np.nan, np.nan)
        assert low <= each.lead_time.effect <= high


def test_the_twin_with_the_most_work_is_full_first(explained: Explanation) -> None:
    clerks = next(each for each in explained.limits[0].teams if each.team == "clerks")
    soonest, latest = clerks.years_span or (None, None)
    assert (soonest or 0) < (clerks.years or 0) < (latest or 0)


def test_an_explanation_says_of_gains_what_their_intervals_are_made_of(explained: Explanation) -> None:
    tables = {table.title.partition(";")[0]: table.columns for table in told_of_explanation(explained).tables}
    assert [PARTS in columns for title, columns in tables.items() if title.startswith(("both", "What limits"))] == [
        True,
        True,
    ]


def test_an_explanation_says_how_long_each_team_keeps_up(explained: Explanation) -> None:
    table = next(each for each in told_of_explanation(explained).tables if each.title.startswith("How long each team"))
    assert [row[1] for row in table.rows] == ["clerks", "seniors", "clerks", "seniors"]
    assert all(str(row[3]).endswith("years)") for row in table.rows)


def test_an_explanation_says_what_the_ends_beside_a_mean_are(explained: Explanation) -> None:
    told = told_of_explanation(explained)
    assert any(table.title.endswith("(least to most of any twin)") for table in told.tables)
    assert told.numbers["members"] == 3
    assert json.dumps(told.numbers)


# --- the command line -------------------------------------------------------------------------------------------------

SECTIONS = """\
sweep: {levers: {teams.clerks.people: 2..3}}
optimize: {levers: {teams.clerks.people: {add: 0..1, cost: 3}}}
solve: {goal: {metric: lead_time, at_most: 3 d}, tipping: {work.letter.steps.sign.effort: {by: 1..2 by 1}}}
"""
VERBS = ("sweep", "optimize", "solve", "explain")


@pytest.fixture
def drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with an ensemble and a grade, the current folder."""
    monkeypatch.chdir(project(tmp_path))
    (tmp_path / "decide.yaml").write_text(SCENARIO + SECTIONS)
    twin = read_twin(tmp_path / "twin.yaml").twin
    draw_ensemble(tmp_path, *PACE)
    write_credibility(tmp_path, twin, Credibility("B", ("one origin",), {"lead_time mean": 0.1}, {}))
    return tmp_path


def decide(verb: str, out: str, *more: object) -> int:
    return call(verb, "decide.yaml", "--out", out, "--quiet", *more).code


@pytest.mark.parametrize("verb", VERBS)
def test_a_page_says_how_it_was_found_over_which_twins_and_what_not_to_conclude(verb: str, drawn: Path) -> None:
    assert decide(verb, "out") == 0
    page = (drawn / "out/report.html").read_text().replace("\xa0", " ")
    needed = (
        "Method and limits",
        "3 equally plausible twins",
        "Logic",
        "Conservation",
        "What not to conclude",
        "Warm-up",
    )
    assert [each for each in needed if each not in page] == []
    assert json.loads((drawn / "out/results.json").read_text())["members"] == 3


@pytest.mark.parametrize("verb", VERBS)
def test_without_its_ensemble_a_twin_decides_as_if_it_had_none(verb: str, drawn: Path) -> None:
    assert decide(verb, "alone", "--no-ensemble") == 0
    (drawn / FILE).unlink()
    assert decide(verb, "without") == 0
    assert (drawn / "alone/results.json").read_bytes() == (drawn / "without/results.json").read_bytes()


@pytest.mark.parametrize("verb", VERBS)
def test_a_decision_over_an_ensemble_is_kept_and_run_again_from_the_store_alone(
    verb: str, drawn: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert decide(verb, "out") == 0
    expected = (drawn / "out/results.json").read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr("twin.executors.threads.replicate", lambda *_: pytest.fail("was run again"))
        patched.setattr("twin.decide.waiting.simulate", lambda *_, **__: pytest.fail("was run again"))
        assert (decide(verb, "out"), (drawn / "out/results.json").read_bytes()) == (0, expected)
    for name in ("twin.yaml", "decide.yaml", FILE):
        (drawn / name).unlink()
    said = call("reproduce", "out", "--json")
    told = json.loads(said.out)
    assert (said.code, told["equal"], told["replications"] > 0) == (0, True, True)


def test_another_ensemble_is_another_decision(drawn: Path) -> None:
    assert decide("sweep", "out") == 0
    draw_ensemble(drawn, *PACE[::-1])
    runs = [json.loads(call("reproduce", "out", "--json").out)["run"]]
    assert decide("sweep", "out") == 0
    runs.append(json.loads(call("reproduce", "out", "--json").out)["run"])
    assert runs[0] != runs[1]


@pytest.mark.usefixtures("drawn")
@pytest.mark.parametrize(("more", "members"), [((), 3), (("--no-ensemble",), 0)])
def test_a_run_can_leave_the_ensemble_out_too(more: tuple[str, ...], members: int) -> None:
    assert json.loads(call("run", "more.yaml", "--out", "out", "--json", *more).out)["members"] == members
