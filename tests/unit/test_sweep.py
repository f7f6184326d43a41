"""A sweep says what the asked figure is at each point of its levers, and which levers carry it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from questions import CLERK, SENIOR, desk, question

from twin.decide.designs import grid, latin
from twin.decide.sweeping import Swept, run_sweep, told_of_sweep
from twin.decide.trials import Running
from twin.errors import InputError
from twin.experiment import asked_values, run_experiment
from twin.levers import Lever
from twin.scenario import Experiment

CLERKS = {"teams.clerks.people": "1..3"}


def sweep(levers: dict[str, Any], design: dict[str, Any] | None = None, **more: Any) -> Swept:
    section = {"levers": levers} | ({"design": design} if design else {})
    return run_sweep(question(sweep=section, **more), desk(), Running("reference"))


def levers(**written: Any) -> dict[str, Lever]:
    return {path: Lever.model_validate(value) for path, value in written.items()}


# --- where it looks ---------------------------------------------------------------------------------------------------


def test_a_grid_takes_all_combinations() -> None:
    found = grid(levers(a="1..2", b=["x", "y"]), 5)
    assert [tuple(each.values()) for each in found] == [(1, "x"), (1, "y"), (2, "x"), (2, "y")]


@settings(deadline=None)
@given(st.integers(2, 60), st.integers(0, 99))
def test_a_latin_hypercube_has_a_point_in_each_slice_of_each_lever(points: int, seed: int) -> None:
    found = latin(levers(a="0.0..1.0", b="0.0..1.0"), points, seed=seed)
    for path in "ab":
        slices = sorted(int(float(str(each[path])) * points) for each in found)
        assert np.abs(np.array(slices) - np.arange(points)).max() <= 1  # values are rounded to a thousandth


def test_the_levers_of_a_latin_hypercube_are_in_orders_of_their_own() -> None:
    found = latin(levers(a="0.0..1.0", b="0.0..1.0"), 20, seed=1)
    orders = [np.argsort([float(str(each[path])) for each in found]).tolist() for path in "ab"]
    assert orders[0] != orders[1]


def test_points_of_a_latin_hypercube_depend_on_the_seed_and_the_path_only() -> None:
    alone = [each["a"] for each in latin(levers(a="0.0..1.0"), 9, seed=1)]
    beside = [each["a"] for each in latin(levers(b="1..4", a="0.0..1.0"), 9, seed=1)]
    other = [each["a"] for each in latin(levers(a="0.0..1.0"), 9, seed=2)]
    assert alone == beside != other


# --- what it finds ----------------------------------------------------------------------------------------------------


def test_each_point_has_the_figures_of_a_comparison() -> None:
    asked = question(scenarios={"three": [CLERK]})
    base, three = (asked_values(run, asked.answer) for run in run_experiment(asked, desk()).runs)
    point = sweep(CLERKS).points[2]
    assert point.estimate is not None
    assert point.effect is not None
    assert point.estimate.value == pytest.approx(three.mean())
    assert point.effect.effect == pytest.approx((three - base).mean())


def test_the_effect_of_a_scenario_may_be_swept_instead() -> None:
    """At each point the scenario is compared with the point itself, pair by pair."""
    asked = question(scenarios={"both": [CLERK, SENIOR], "senior": [SENIOR]})
    base, both, senior = (asked_values(run, asked.answer) for run in run_experiment(asked, desk()).runs)
    section = {"levers": {"teams.seniors.people": "1..2"}, "effect_of": "clerk"}
    found = run_sweep(question(sweep=section, scenarios={"clerk": [CLERK]}), desk(), Running("reference"))
    told = found.points[1].estimate
    assert told is not None
    assert told.value == pytest.approx((both - senior).mean())
    assert found.baseline.value < 0 < base.mean()
    assert "As it is, the change in mean lead time by clerk is" in told_of_sweep(found).answers[0]


def test_the_point_that_is_the_baseline_differs_by_nothing() -> None:
    effect = sweep(CLERKS).points[1].effect
    assert effect is not None
    assert effect.identical


def test_where_nothing_is_done_the_point_says_so() -> None:
    found = sweep({"work.letter.steps.answer.effort": ["4 h", "900 h"]}, run={"warm_up": "0 w", "length": "1 w"})
    assert found.points[1].estimate is None
    assert any("nothing could be measured" in line for line in told_of_sweep(found).answers)


def test_the_same_seed_gives_the_same_numbers() -> None:
    design = {"kind": "latin", "points": 3}
    first, again = (told_of_sweep(sweep(CLERKS, design)).numbers for _ in range(2))
    assert first == again


@pytest.mark.parametrize("design", [{"kind": "morris", "trajectories": 4}, {"kind": "sobol", "base": 32}])
def test_the_bottlenecks_effort_carries_the_answer(design: dict[str, Any]) -> None:
    pytest.importorskip("SALib")
    efforts = {
        "work.letter.steps.sign.effort": {"by": "0.8..1.2"},
        "work.letter.steps.answer.effort": {"by": "0.8..1.2"},
    }
    found = sweep(efforts, design, run={"length": "2 w", "replications": 2})
    answer, sign = found.weights
    assert answer.path == "work.letter.steps.answer.effort"
    assert answer.value > 5 * sign.value


@pytest.mark.parametrize("design", [{"kind": "morris", "trajectories": 4}, {"kind": "sobol", "base": 32}])
def test_a_lever_that_changes_nothing_carries_nothing(design: dict[str, Any]) -> None:
    pytest.importorskip("SALib")
    idle = {"teams.idle": [{"people": 1}, {"people": 2}]}
    found = sweep(idle, design, run={"length": "1 w", "replications": 2})
    assert [weight.value for weight in found.weights] == [0]


def test_without_the_extra_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "SALib", None)
    monkeypatch.setitem(__import__("sys").modules, "SALib.sample.sobol", None)
    with pytest.raises(InputError, match=r"needs `pip install 'worktwin\[decide\]'`"):
        sweep(CLERKS, {"kind": "sobol"})


def test_a_file_without_a_sweep_is_told() -> None:
    asked: Experiment = question(scenarios={"clerk": [CLERK]})
    with pytest.raises(InputError, match="sweep: is required, but missing"):
        run_sweep(asked, desk(), Running("reference"))
