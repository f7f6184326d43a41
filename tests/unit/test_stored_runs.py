"""A run that was ended goes on where it was, one that is done answers at once, and neither changes a byte."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from commands import SCENARIO, TWIN

from twin.compare import compare_results
from twin.engine.telling import silent
from twin.executors import Executor
from twin.executors.stored import kept_in
from twin.executors.threads import on_threads
from twin.experiment import Results, run_experiment
from twin.identity import Inputs, experiment_hash, versions
from twin.project import load_experiment
from twin.replication import Part, Task, Work, from_bytes, to_bytes
from twin.results_file import results_json
from twin.scenario import Experiment
from twin.spec import Twin
from twin.store import Record, Store

REPLICATIONS = 8


def question(folder: Path, *edits: tuple[str, str], twin: str = TWIN) -> tuple[Experiment, Twin]:
    """The question of one more clerk, in other words where edited."""
    text = SCENARIO.replace("replications: 3", f"replications: {REPLICATIONS}")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    (folder / "twin.yaml").write_text(twin)
    (folder / "more.yaml").write_text(text)
    loaded = load_experiment(folder / "more.yaml", root=folder)
    return loaded.experiment, loaded.base


class Counting:
    """An executor that notes what it is asked to run, and may be ended before so many tasks are done."""

    def __init__(self, ends_after: int | None = None) -> None:
        self.asked: list[Task] = []
        self.left = ends_after

    def __call__(self, work: Work, tasks: Sequence[Task]) -> Iterator[Part]:
        self.asked += tasks
        for part in on_threads(1)(work, tasks):
            if self.left == 0:
                raise KeyboardInterrupt
            self.left = None if self.left is None else self.left - 1
            yield part


def answered(
    path: Path, asked: tuple[Experiment, Twin], execute: Executor, told: list[str] | None = None, **more: Any
) -> Results:
    """Run an experiment with a store beside it."""
    record = Record(named(*asked), "{}", "{}")
    with closing(Store(path)) as store:
        tell = silent if told is None else told.append
        return run_experiment(*asked, executor=kept_in(store, record, execute, tell=tell, **more))


def named(experiment: Experiment, base: Twin) -> str:
    return experiment_hash(Inputs(experiment, base, versions()))


def written(results: Results) -> str:
    return results_json(results, compare_results(results))


def test_what_is_done_is_not_run_again(tmp_path: Path) -> None:
    asked, again = question(tmp_path), Counting()
    first = answered(tmp_path / "store", asked, on_threads(1))
    second = answered(tmp_path / "store", asked, again)
    assert (again.asked, written(second)) == ([], written(first))


@pytest.mark.parametrize("done", [0, 1, 5, 2 * REPLICATIONS - 1])
def test_an_ended_run_goes_on_where_it_was(tmp_path: Path, done: int) -> None:
    asked, again = question(tmp_path), Counting()
    undisturbed = run_experiment(*asked)
    with pytest.raises(KeyboardInterrupt):
        answered(tmp_path / "store", asked, Counting(ends_after=done))
    resumed = answered(tmp_path / "store", asked, again)
    assert (len(again.asked), written(resumed)) == (2 * REPLICATIONS - done, written(undisturbed))


def test_more_replications_than_before_run_only_what_is_more(tmp_path: Path) -> None:
    answered(tmp_path / "store", question(tmp_path), on_threads(1))
    more = Counting()
    answered(tmp_path / "store", question(tmp_path, ("replications: 8", "replications: 10")), more)
    assert {task.replication for task in more.asked} == {8, 9}


def test_a_further_scenario_runs_alone(tmp_path: Path) -> None:
    answered(tmp_path / "store", question(tmp_path), on_threads(1))
    wider = question(tmp_path, ("scenarios:\n", "scenarios:\n  a senior more: [{add: 1, to: teams.seniors.people}]\n"))
    more, again = Counting(), Counting()
    answered(tmp_path / "store", wider, more)
    answered(tmp_path / "store", wider, again)
    assert ({task.candidate for task in more.asked}, again.asked) == ({1}, [])


@pytest.mark.parametrize(
    ("edit", "same"),
    [
        (("Does one", "Would one"), True),
        (("worth: 1 h", "worth: 2 h"), True),
        (("seed: 7", "seed: 8"), False),
        (("length: 4 w", "length: 5 w"), False),
        (("add: 1", "add: 2"), False),
    ],
)
def test_only_what_changes_a_replication_changes_the_name(tmp_path: Path, edit: tuple[str, str], same: bool) -> None:  # noqa: FBT001 - a parameter
    assert (named(*question(tmp_path)) == named(*question(tmp_path, edit))) == same


def test_twins_whose_teams_stand_in_another_order_are_other_twins(tmp_path: Path) -> None:
    turned = TWIN.replace(
        "  clerks: {people: 2, calendar: office}\n  seniors: {people: 1, calendar: office}\n",
        "  seniors: {people: 1, calendar: office}\n  clerks: {people: 2, calendar: office}\n",
    )
    assert named(*question(tmp_path)) != named(*question(tmp_path, twin=turned))


def test_a_damaged_replication_is_named_and_run_again(tmp_path: Path) -> None:
    asked, told, again = question(tmp_path), [], Counting()
    first = answered(tmp_path / "store", asked, on_threads(1))
    with closing(sqlite3.connect(tmp_path / "store", isolation_level=None)) as connection:
        connection.execute("UPDATE replication SET content = zeroblob(9) WHERE rowid IN (2, 7)")
    second = answered(tmp_path / "store", asked, again, told)
    assert told == ["computed again: replications of baseline 3; one more clerk 0"]
    assert (len(again.asked), written(second)) == (2, written(first))


def test_what_is_done_is_kept_every_half_second_of_work(tmp_path: Path) -> None:
    seconds = iter(range(1000))
    kept: list[int] = []
    asked = question(tmp_path)

    def watched(work: Work, tasks: Sequence[Task]) -> Iterator[Part]:
        for part in on_threads(1)(work, tasks):
            with closing(Store(tmp_path / "store")) as store:
                kept.append(store.kept(named(*asked)))
            yield part

    answered(tmp_path / "store", asked, watched, clock=lambda: next(seconds) / 6)
    assert kept[:9] == [0, 0, 0, 3, 3, 3, 6, 6, 6]


def test_a_part_is_read_back_as_it_was(tmp_path: Path) -> None:
    asked = question(tmp_path)
    parts = []

    def noted(work: Work, tasks: Sequence[Task]) -> Iterator[Part]:
        for task, part in zip(tasks, on_threads(1)(work, tasks), strict=True):
            parts.append((to_bytes(part), work.candidates[task.candidate].ruler.figures))
            yield part

    run_experiment(*asked, executor=noted)
    assert [to_bytes(from_bytes(content, figures)) for content, figures in parts] == [content for content, _ in parts]


def test_bytes_that_are_no_part_are_refused() -> None:
    with pytest.raises(ValueError, match="no replication"):
        from_bytes(b"\x01\x02", ())
