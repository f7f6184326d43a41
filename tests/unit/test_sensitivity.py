"""How sure a weight of Morris or Sobol is: of its points, of the luck of the runs, of the twins."""

import numpy as np
import pytest
from numpy.typing import NDArray

from twin.decide.sensitivity import Points, Weight, weights_of
from twin.decisions import Morris
from twin.levers import Lever
from twin.uncertainty import sources_of, t_factor

TWINS = 4
MEMBERS = np.arange(3 * TWINS) % TWINS


def gap(answers: NDArray[np.float64]) -> NDArray[np.float64]:
    """A weight that is linear in the answers."""
    return np.array([answers[1] - answers[0]])


LINEAR = Points(np.zeros((2, 1)), lambda answers: (Weight("lever", float(gap(answers)[0]), 0.0, 0.0),), gap)


def measured(*, twins: float) -> NDArray[np.float64]:
    """Two points in three rounds of four twins, which differ in what the lever does."""
    luck = np.array([0.3, -0.2, 0.5, 0.1, -0.4, 0.2, 0.0, -0.6, 0.7, -0.1, 0.2, 0.4])
    return np.array([np.zeros(12), 5 + luck + twins * np.array([-3.0, -1.0, 1.0, 3.0])[MEMBERS]])


def test_a_linear_weight_has_the_luck_and_the_doubt_of_a_difference() -> None:
    values = measured(twins=1.0)
    (weight,) = weights_of(LINEAR, values, MEMBERS)
    rounds = (values[1] - values[0]).reshape(3, TWINS)
    within = float(((rounds - rounds.mean(axis=0)) ** 2).sum()) / 8
    parameters = sources_of(values[1] - values[0], MEMBERS).parameters or 0
    luck, twins = t_factor(8, 0.95) ** 2 * within / 12, t_factor(3, 0.95) ** 2 * parameters
    assert ((weight.luck or 0) ** 2, (weight.twins or 0) ** 2) == pytest.approx((luck, twins))


def test_twins_that_agree_leave_nothing_open() -> None:
    assert weights_of(LINEAR, measured(twins=0.0), MEMBERS)[0].twins == 0.0


def test_without_an_ensemble_only_luck_and_points_are_known() -> None:
    (weight,) = weights_of(LINEAR, measured(twins=0.0))
    assert (weight.twins, (weight.luck or 0) > 0) == (None, True)


def test_one_replication_says_nothing_of_luck() -> None:
    assert weights_of(LINEAR, measured(twins=0.0)[:, :1])[0].luck is None


def test_the_quick_weights_of_a_morris_design_are_the_weights() -> None:
    pytest.importorskip("SALib")
    from twin.decide.sensitivity import morris_points

    levers = {name: Lever.model_validate({"by": "0.5..1.5"}) for name in ("a", "b")}
    design = morris_points(levers, Morris(kind="morris", trajectories=4), seed=7)
    answers = design.points @ np.array([3.0, 1.0]) + design.points.prod(axis=1)
    assert design.quickly(answers).tolist() == [each.value for each in design.weigh(answers)]
