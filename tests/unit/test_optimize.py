"""The best setting within a budget is found, and selected with a guarantee."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from questions import CLERK, SENIOR, desk, question

from twin.decide.optimizing import SEARCHED, Optimum, front, optimize_levers
from twin.decide.recommending import told_of_optimum
from twin.decide.search import Weighed, cost_of, search, values_now
from twin.decide.trials import Running, Trials
from twin.decisions import Optimize
from twin.errors import InputError
from twin.executors.threads import on_threads
from twin.levers import Setting
from twin.replication import Part, Task, Work

PEOPLE = {"teams.clerks.people": {"add": "0..2", "cost": 2}, "teams.seniors.people": {"add": "0..2", "cost": 3}}
PATHS = ("teams.clerks.people", "teams.seniors.people", "teams.other.people")
SHORT = {"warm_up": "0 w", "length": "2 w"}


def optimum(section: dict[str, Any] | None, **more: Any) -> Optimum:
    sections = {"scenarios": {"clerk": [CLERK], "senior": [SENIOR]}} if section is None else {"optimize": section}
    return optimize_levers(question(**sections, **{"run": SHORT} | more), desk(), Running("reference"))


def tried(section: dict[str, Any], *, seed: int = 1) -> list[Setting]:
    """List the settings that a search tries where the fewest and the smallest are the best."""
    asked = Optimize.model_validate(section)
    found: list[Setting] = []

    def attempt(setting: Setting) -> Weighed:
        found.append(setting)
        return Weighed((sum(float(str(value)) for value in setting.values()),), 0.0)

    search(asked, desk(), attempt, ["minimize"], seed=seed)
    return found


# --- the search -------------------------------------------------------------------------------------------------------


def test_few_settings_are_all_tried() -> None:
    assert len(tried({"levers": PEOPLE})) == 9


def test_nothing_over_the_budget_is_tried() -> None:
    section = {"levers": PEOPLE, "budget": 5}
    settings = tried(section)
    assert len(settings) == 5
    levers = Optimize.model_validate(section).levers
    assert max(cost_of(levers, each, values_now(levers, desk())) for each in settings) == 5


def test_people_that_are_set_cost_what_is_more_than_now() -> None:
    section = {"levers": {"teams.clerks.people": {"to": "1..5", "cost": 10}}, "budget": 20}
    assert [each["teams.clerks.people"] for each in tried(section)] == [1, 2, 3, 4]


def test_many_settings_are_searched_by_the_same_road_with_the_same_seed() -> None:
    pytest.importorskip("optuna")
    section = {"levers": {"teams.clerks.people": "1..40", "teams.clerks.available": "0.5..1"}, "trials": 15}
    first, again, other = (tried(section, seed=seed) for seed in (1, 1, 2))
    assert first == again != other
    assert len(first) == 15


def test_the_search_goes_on_where_most_settings_cost_too_much() -> None:
    """Of 1,000 settings 35 are within the budget; 30 of them are tried, each once."""
    pytest.importorskip("optuna")
    section = {"levers": {path: {"add": "0..9", "cost": 1} for path in PATHS}, "budget": 4, "trials": 30}
    found = [tuple(each.values()) for each in tried(section)]
    assert (len(found), len(set(found))) == (30, 30)


def test_the_search_comes_near_the_best_of_very_many() -> None:
    pytest.importorskip("optuna")
    settings = tried({"levers": {"teams.clerks.people": "1..900", "teams.seniors.people": "1..900"}, "trials": 60})
    best = min(sum(float(str(value)) for value in each.values()) for each in settings)
    assert best < 100  # 60 at random: 230 in the mean


def test_several_figures_and_broken_limits_are_searched_too() -> None:
    """Cost and value rise with the number; only numbers below 450 keep the limits, which the search learns."""
    pytest.importorskip("optuna")
    section = Optimize.model_validate({"levers": {"teams.clerks.people": "1..900"}, "trials": 30})
    kept: list[bool] = []

    def attempt(setting: Setting) -> Weighed | None:
        number = float(str(setting["teams.clerks.people"]))
        kept.append(number < 450)
        return Weighed((number, number), 0.0 if kept[-1] else 1.0) if number > 9 else None

    assert search(section, desk(), attempt, ["minimize", "maximize"], seed=1).tried == 30
    assert sum(kept) > 0.6 * len(kept)  # half of them, if it did not learn


def test_without_the_extra_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "optuna", None)
    with pytest.raises(InputError, match=r"needs `pip install 'worktwin\[decide\]'`, or raise trials"):
        tried({"levers": PEOPLE, "trials": 3})


def test_a_budget_below_all_settings_is_told() -> None:
    with pytest.raises(InputError, match="no setting of the levers is within the budget of 1"):
        tried({"levers": {"teams.clerks.people": {"add": "1..2", "cost": 2}}, "budget": 1})


# --- the front --------------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=12))
def test_of_a_front_none_betters_another_and_each_other_is_bettered_or_equal(rows: list[tuple[int, int]]) -> None:
    values = np.array(rows, np.float64)
    places = front(values)
    betters = lambda a, b: bool((values[a] <= values[b]).all() and (values[a] < values[b]).any())  # noqa: E731
    assert not any(betters(a, b) for a in places for b in places)
    for place in set(range(len(rows))) - set(places):
        assert any(betters(a, place) or rows[a] == rows[place] for a in places)


# --- the choice -------------------------------------------------------------------------------------------------------


def test_the_bottleneck_gets_the_money() -> None:
    found = optimum({"levers": PEOPLE, "budget": 4})
    assert found.best.entry.name == "teams.clerks.people + 2"
    assert found.selection.decided


def test_finalists_run_on_replications_the_search_has_not_seen() -> None:
    """The search has the first five, all twins; the selection the next ones, finalists only."""
    seen: list[tuple[str, int]] = []

    def watched(work: Work, tasks: Sequence[Task]) -> Iterator[Part]:
        seen.extend((work.candidates[task.candidate].name, task.replication) for task in tasks)
        return on_threads()(work, tasks)

    asked = question(optimize={"levers": PEOPLE, "finalists": 2}, run=SHORT)
    optimize_levers(asked, desk(), Running("reference", watched))
    later = {name for name, replication in seen if replication >= SEARCHED}
    assert {name for name, replication in seen if replication < SEARCHED} > later
    assert {len([r for name, r in seen if name == each and r < SEARCHED]) for each in later} == {SEARCHED}


def test_a_finalist_is_judged_by_none_of_the_replications_of_the_search() -> None:
    asked = question(optimize={"levers": PEOPLE, "finalists": 2}, run=SHORT)
    best = optimize_levers(asked, desk(), Running("reference")).best
    trials = Trials(asked, desk(), Running("reference"), planned=SEARCHED + best.estimate.n)
    unseen = trials.values([trials.add("best", best.entry.changes)], asked.answer, SEARCHED, best.estimate.n)
    assert best.estimate.value == pytest.approx(unseen.mean())


def test_the_gain_is_that_against_the_twin_as_it_is() -> None:
    found = optimum({"levers": PEOPLE, "budget": 4})
    assert found.gain is not None
    assert found.gain.effect < 0
    assert any(
        line.startswith("Against the twin as it is, mean lead time falls by") for line in told_of_optimum(found).answers
    )


def test_why_the_best_is_better_is_told_by_the_shares_of_its_levers() -> None:
    found = optimum({"levers": {"teams.clerks.people": {"add": [2, 3]}, "teams.seniors.people": {"add": [1, 2]}}})
    assert found.why is not None
    assert sum(part.share.effect for part in found.why.parts) == pytest.approx(found.why.total.effect)
    told = told_of_optimum(found)
    assert any(each.startswith("Why: Most of it, ") and "clerks" in each for each in told.answers)
    assert len(told.tables) == 2


def test_one_lever_alone_needs_no_why() -> None:
    assert optimum({"levers": {"teams.clerks.people": {"add": [1, 2]}}}).why is None


def test_where_the_twin_as_it_is_ties_it_is_told() -> None:
    found = optimum({"levers": {"teams.seniors.people": {"add": "0..1"}}}, answer={"worth": "24 h"})
    assert any("nothing is shown to be worth it" in line for line in told_of_optimum(found).answers)


def test_a_cheaper_tie_is_told() -> None:
    """Seniors have time to spare: one more is worth less than what matters."""
    found = optimum({"levers": PEOPLE, "budget": 100}, answer={"worth": "12 h"})
    told = " ".join(told_of_optimum(found).answers)
    assert "Ties with it, by less than the 12 h that matter:" in told
    assert "less." in told


def test_limits_are_kept() -> None:
    limit = {"metric": "utilisation", "team": "clerks", "at_least": "40 %"}
    found = optimum({"levers": PEOPLE, "limits": [limit]})
    assert all(finalist.limits[0].value > 0.35 for finalist in found.finalists)
    assert found.best.entry.changes
    assert not any("clerks.people + 2" in finalist.entry.name for finalist in found.finalists)


def test_limits_that_nothing_keeps_are_told() -> None:
    limit = {"metric": "lead_time", "at_most": "1 min"}
    with pytest.raises(InputError, match="none of the 9 settings tried keeps the limits"):
        optimum({"levers": PEOPLE, "limits": [limit]})


def test_where_cost_is_weighed_more_money_buys_shorter_times() -> None:
    found = optimum({"levers": {"teams.clerks.people": PEOPLE["teams.clerks.people"]}, "weigh": ["cost"]})
    front_ = sorted((each.entry.cost, each.estimate.value) for each in found.finalists)
    assert [cost for cost, _ in front_] == [0, 2, 4]
    assert [value for _, value in front_] == sorted((value for _, value in front_), reverse=True)


def test_without_levers_the_best_of_the_scenarios_is_selected() -> None:
    found = optimum(None)
    assert (found.best.entry.name, found.searched) == ("clerk", None)


def test_the_same_file_gives_the_same_numbers() -> None:
    first, again = (told_of_optimum(optimum({"levers": PEOPLE, "budget": 4})).numbers for _ in range(2))
    assert first == again
