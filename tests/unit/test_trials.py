"""Changed twins run on common random numbers, each replication once."""

import numpy as np
import pytest
from questions import desk, question

from twin.changes import Add
from twin.decide.trials import Running, Trials
from twin.errors import InputError
from twin.experiment import asked_values, run_experiment
from twin.scenario import Experiment

CLERK = {"add": 1, "to": "teams.clerks.people"}


def trials(asked: Experiment, **more: object) -> Trials:
    return Trials(asked, desk(), Running("reference", **more), planned=1)  # type: ignore[arg-type]


def test_the_figures_are_those_of_a_comparison() -> None:
    asked = question(scenarios={"clerk": [CLERK]})
    runs = run_experiment(asked, desk()).runs
    tried = trials(asked)
    numbers = [tried.add("baseline", ()), tried.add("clerk", asked.scenarios["clerk"])]
    expected = np.array([asked_values(run, asked.answer) for run in runs])
    assert np.array_equal(tried.values(numbers, asked.answer, 0, 4), expected)


def test_the_same_twin_under_another_name_is_run_once() -> None:
    asked = question(scenarios={"clerk": [CLERK]})
    tried = trials(asked)
    one, other = tried.add("as it is", ()), tried.add("again", ())
    tried.values([one, other], asked.answer, 0, 3)
    assert (one == other, tried.done) == (True, 3)


def test_what_was_run_is_not_run_again() -> None:
    asked = question(scenarios={"clerk": [CLERK]})
    tried = trials(asked)
    number = tried.add("baseline", ())
    tried.values([number], asked.answer, 0, 3)
    tried.values([number], asked.answer.model_copy(update={"statistic": "p85"}), 1, 4)
    assert tried.done == 5


def test_a_figure_that_a_twin_has_not_is_missing() -> None:
    asked = question(scenarios={"clerk": [CLERK]})
    tried = trials(asked)
    number = tried.add("baseline", ())
    values = tried.values([number], asked.answer.model_copy(update={"metric": "cost_per_item"}), 0, 2)
    assert np.isnan(values).all()


def test_progress_counts_replications() -> None:
    told: list[tuple[int, int]] = []
    asked = question(scenarios={"clerk": [CLERK]})
    tried = Trials(
        asked, desk(), Running("reference", progress=lambda done, planned: told.append((done, planned))), planned=2
    )
    tried.values([tried.add("baseline", ())], asked.answer, 0, 3)
    assert told == [(1, 2), (2, 2), (3, 3)]


def test_a_change_that_does_not_fit_is_told_with_its_name() -> None:
    with pytest.raises(InputError, match=r"no such clerk: teams\.clerk\.people does not exist"):
        trials(question(scenarios={"clerk": [CLERK]})).add("no such clerk", (Add(add=1, to=("teams.clerk.people",)),))
