"""An experiment over an ensemble: each twin as often as every other, on the luck of the replication's number."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import call, project
from questions import CLERK, SENIOR, desk, question

from twin.certainty import narrowing, say_grade, say_knowledge, say_parts
from twin.changes import Scale
from twin.compare import compare_results
from twin.credibility import Credibility, write_credibility
from twin.ensemble import Ensemble, write_ensemble
from twin.errors import InputError
from twin.estimate import Parts
from twin.executors.stored import kept_in
from twin.executors.threads import on_threads
from twin.experiment import Results, cap, run_experiment, whole
from twin.identity import Inputs, experiment_hash, read, versions, written
from twin.project import read_twin
from twin.replication import Part, Task, Work
from twin.results_file import results_json
from twin.scenario import apply
from twin.spec import Twin
from twin.store import Record, Store

PACE = (0.9, 1.0, 1.1)


def quicker(twin: Twin, factor: float) -> Twin:
    """The same desk with more or fewer letters."""
    return apply(twin, (Scale.model_validate({"scale": "work.letter.arrivals.rate", "by": factor}),))


def ensemble(twin: Twin) -> tuple[Twin, ...]:
    return tuple(quicker(twin, factor) for factor in PACE)


def ask(scenarios: dict[str, Any], *, answer: dict[str, Any] | None = None, members: Any = None, **run: Any) -> Results:
    asked = question(scenarios=scenarios, answer=answer, run={"replications": 6, **run})
    return run_experiment(asked, desk(), members=ensemble(desk()) if members is None else members)


@pytest.fixture(scope="module")
def results() -> Results:
    return ask({"clerk": [CLERK], "another name": []})


def test_a_replication_runs_one_twin_under_its_own_number(results: Results) -> None:
    for number, member in enumerate(ensemble(desk())):
        alone = run_experiment(question(scenarios={"clerk": [CLERK]}, run={"replications": 6}), member)
        for side in (0, 1):
            assert np.array_equal(results.runs[side].values[number::3], alone.runs[side].values[number::3])


def test_both_sides_of_a_pair_are_of_one_twin(results: Results) -> None:
    assert compare_results(results).scenarios[1].verdict.judgement == "no difference"


def test_what_the_twins_disagree_on_is_in_the_interval(results: Results) -> None:
    asked = compare_results(results).scenarios[0].asked
    assert asked.parts is not None
    assert asked.parts.parameters is not None
    assert asked.parts.parameters > 0


def test_twins_that_are_all_the_same_run_as_one_does() -> None:
    results = ask({"clerk": [CLERK]}, members=[desk()] * 3, replications=12)
    alone = ask({"clerk": [CLERK]}, members=(), replications=12)
    assert np.array_equal(results.runs[1].values, alone.runs[1].values)


@pytest.mark.parametrize(("asked", "members", "run"), [(5, 3, 6), (1, 3, 6), (7, 3, 9), (5, 0, 5)])
def test_every_twin_runs_as_often_and_twice_at_least(asked: int, members: int, run: int) -> None:
    assert whole(asked, members) == run


@pytest.mark.parametrize(("members", "most"), [(0, 200), (20, 200), (30, 180), (150, 300)])
def test_the_cap_is_as_many_of_every_twin(members: int, most: int) -> None:
    assert cap(members) == most


def test_rounding_is_told() -> None:
    warnings = compare_results(ask({"clerk": [CLERK]}, replications=5)).warnings
    assert any(told.startswith("5 replications were asked for and 6 run") for told in warnings)


def test_auto_ends_where_luck_is_small_beside_what_the_twins_disagree_on() -> None:
    results = ask({"clerk": [CLERK]}, replications="auto", precision="0.001 h", warm_up="0 w", length="1 w")
    (stop,) = results.stopping
    assert results.replications % 3 == 0
    assert stop.outweighed or stop.n == cap(3)
    assert stop.half_width <= stop.rest / 2 or stop.capped


def test_a_change_that_does_not_fit_a_twin_names_it() -> None:
    odd = desk().model_copy(update={"teams": {"clerks": desk().teams["clerks"]}, "stages": {}, "work": {}})
    with pytest.raises(InputError, match=r"senior: twin 2 of the ensemble: teams\.seniors"):
        ask({"senior": [SENIOR]}, members=[desk(), odd])


def test_a_twin_of_other_work_is_refused() -> None:
    other = desk().model_copy(update={"work": {"parcel": desk().work["letter"]}})
    with pytest.raises(InputError, match="twin 2 of the ensemble has other work"):
        ask({"clerk": [CLERK]}, members=[desk(), other])


def test_both_engines_give_the_same(results: Results) -> None:
    experiment, members = results.experiment, ensemble(desk())
    compiled = run_experiment(experiment, desk(), members=members, engine="compiled", executor=on_threads(2))
    assert results_json(compiled, compare_results(compiled)) == results_json(results, compare_results(results))


# --- kept results -----------------------------------------------------------------------------------------------------


class Ending:
    """An executor that is ended after so many tasks."""

    def __init__(self, tasks: int) -> None:
        self.left, self.ran = tasks, 0

    def __call__(self, work: Work, tasks: Sequence[Task]) -> Iterator[Part]:
        for part in on_threads(1)(work, tasks):
            if self.ran == self.left:
                raise KeyboardInterrupt
            self.ran += 1
            yield part


def kept(path: Path, executor: Any) -> Results:
    asked, members = question(scenarios={"clerk": [CLERK]}, run={"replications": 6}), ensemble(desk())
    name = experiment_hash(Inputs(asked, desk(), versions(), members))
    with closing(Store(path)) as store:
        executing = kept_in(store, Record(name, "{}", "{}"), executor, tell=lambda _: None)
        return run_experiment(asked, desk(), members=members, executor=executing)


def test_a_run_that_was_ended_goes_on_where_it_was(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        kept(tmp_path / "store", Ending(7))
    rest = Ending(100)
    resumed, whole_run = kept(tmp_path / "store", rest), kept(tmp_path / "other", on_threads(1))
    assert rest.ran == 5
    assert results_json(resumed, compare_results(resumed)) == results_json(whole_run, compare_results(whole_run))


def test_an_experiment_over_an_ensemble_has_a_name_of_its_own() -> None:
    asked = question(scenarios={"clerk": [CLERK]})
    names = {
        experiment_hash(Inputs(asked, desk(), versions(), members))
        for members in ((), ensemble(desk()), ensemble(desk())[::-1])
    }
    assert len(names) == 3


def test_inputs_are_read_back_with_their_ensemble() -> None:
    inputs = Inputs(question(scenarios={"clerk": [CLERK]}), desk(), versions(), ensemble(desk()))
    assert experiment_hash(read(written(inputs))) == experiment_hash(inputs)


# --- in words ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "largest"),
    [
        (Parts(3, 1, 1), "simulation"),
        (Parts(1, 3, 1), "parameters"),
        (Parts(1, None, 3), "model"),
        (Parts(1, None, None), "simulation"),
    ],
)
def test_the_largest_part_is_what_would_narrow_an_interval(parts: Parts, largest: str) -> None:
    assert narrowing(parts) == largest


def test_an_unknown_part_is_said_to_be_unknown(results: Results) -> None:
    told = say_parts(compare_results(results).scenarios[0].asked, "h")
    assert told.startswith("Of the half-width ")
    assert "model unknown (not backtested)" in told


def test_a_backtest_adds_its_part(results: Results) -> None:
    tested = results._replace(credibility=Credibility("B", ("one origin",), {"lead_time mean": 0.2}, {}))
    (before, _), (after, _) = (compare_results(each).scenarios for each in (results, tested))
    assert (before.asked.half_width or 0) < (after.asked.half_width or 0)
    assert "what the backtest found" in say_knowledge(tested)


def test_a_grade_is_said_with_its_reasons_in_order() -> None:
    assert say_grade(Credibility("C", ("p85 is 30 % off", "two origins"), {}, {})) == (
        "Credibility C: p85 is 30 % off; two origins."
    )


# --- the command line -------------------------------------------------------------------------------------------------


@pytest.fixture
def graded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(project(tmp_path))
    twin = read_twin(tmp_path / "twin.yaml").twin
    write_ensemble(tmp_path, twin, Ensemble("by hand", ensemble(twin)))
    write_credibility(
        tmp_path, twin, Credibility("B", ("one origin",), {"lead_time mean": 0.1}, {"arrivals": (15, 25)})
    )
    return tmp_path


def test_run_shows_the_parts_and_the_grade_everywhere(graded: Path) -> None:
    said = call("run", "more.yaml", "--out", "out", "--markdown", "page.md")
    assert said.code == 0
    for text in (said.out, *((graded / name).read_text() for name in ("out/report.html", "page.md"))):
        assert "Credibility B: one origin." in text
        assert "Of the half-width" in text
    assert '"parts": {"simulation": ' in (graded / "out" / "results.json").read_text()


def test_reproduce_runs_the_ensemble_again(graded: Path) -> None:
    assert graded
    assert call("run", "more.yaml", "--out", "out", "--quiet").code == 0
    assert call("reproduce", "out").out.startswith("run ")


def test_an_ensemble_of_another_twin_is_left_unused_and_told(graded: Path) -> None:
    text = (graded / "twin.yaml").read_text()
    (graded / "twin.yaml").write_text(text.replace("20 / week", "21 / week"))
    said = call("compare", "more.yaml")
    assert "ensemble.jsonl is left unused" in said.err
    assert "it has no ensemble" in said.out
