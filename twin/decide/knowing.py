"""What it is worth to know an assumption better before choosing.

Assumptions vary evenly and independently over the ranges given. Without knowing more one takes the scenario that is the
best on average; knowing assumption i one could take the best for its value. With v(d, x) the asked figure of scenario d
at the assumptions x, higher being better, its expected value of perfect information is

    E over x_i of  max over d of E[v(d, x) | x_i]    less    max over d of E[v(d, x)].

The inner expectation is a regression of v(d, x) on x_i, a polynomial of degree 3, over the points of a Latin hypercube.
Every point has a replication of its own, the same for all scenarios, so the regression averages the luck out. Since it
follows luck a little, the value is never 0: beside it stands the value that an assumption without any influence would
show in 19 of 20 cases, found by exchanging the points' values of the assumption at random. Over an ensemble the points
go round its twins, again the same for all scenarios, so what it would gain is an average over them too.

Units: those of the asked figure. Source: Strong, Oakley and Brennan (2014), Estimating multiparameter partial expected
value of perfect information from a probabilistic sensitivity analysis sample, Medical Decision Making 34.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.answer import Answer
from twin.changes import Changes
from twin.compare import unit_of, words_of
from twin.decide.designs import at_points, latin_points
from twin.decide.trials import Trials
from twin.errors import InputError
from twin.levers import Lever, changes_of, say_setting
from twin.page import Cell, Table
from twin.streams import Purpose, name_hash, uniforms
from twin.wording import figure

Values = NDArray[np.float64]

DEGREE: Final = 3
EXCHANGES: Final = 100
NOISE: Final = 0.95


class Known(NamedTuple):
    """What it is worth to know one assumption."""

    path: str
    value: float  # expected value of perfect information, at least 0
    noise: float  # what an assumption without influence shows in 19 of 20 cases
    turns: float  # share of its values at which another scenario than the best on average would be taken

    @property
    def matters(self) -> bool:
        """Whether the value stands out of the noise."""
        return self.value > self.noise


class Knowing(NamedTuple):
    """What it is worth to know assumptions."""

    best: str  # the scenario that is the best on average
    assumptions: tuple[Known, ...]  # the most valuable first
    together: float  # what it is worth to know them all
    points: int


def value_of_knowing(
    trials: Trials, scenarios: Mapping[str, Changes], assumptions: Mapping[str, Lever], answer: Answer, *, points: int
) -> Knowing:
    """Rank assumptions by what it is worth to know them.

    Parameters
    ----------
    trials
        Runs the twins.
    scenarios
        Two or more to choose from, the baseline among them where it is an option.
    assumptions
        Ranges by path.
    answer
        The asked figure.
    points
        Of the Latin hypercube, one replication of every scenario at each.

    Raises
    ------
    InputError
        Where a scenario is no valid twin at some point, nothing could be measured, or the points are too few.
    """
    if points <= 2 * DEGREE * len(assumptions):
        raise InputError(f"{points} points are too few for {len(assumptions)} assumptions")
    where = latin_points(assumptions, points, seed=trials.seed)
    found = np.empty((len(scenarios), points))
    for place, setting in enumerate(at_points(assumptions, where)):
        lever, name = changes_of(assumptions, setting), say_setting(assumptions, setting)
        numbers = [trials.add(f"{each}, {name}", (*lever, *changes)) for each, changes in scenarios.items()]
        found[:, place] = trials.once(numbers, answer, place)
    if not np.isfinite(found).all():
        raise InputError("at some point nothing could be measured; narrow the ranges or run longer")
    benefit = found if answer.better == "higher" else -found
    known = [_known(path, benefit, where[:, place], seed=trials.seed) for place, path in enumerate(assumptions)]
    known.sort(key=lambda each: -each.value)
    together, _ = worth_of(benefit, _terms([where[:, place] for place in range(len(assumptions))]))
    return Knowing(list(scenarios)[int(benefit.mean(axis=1).argmax())], tuple(known), together, points)


def _known(path: str, benefit: Values, at: Values, *, seed: int) -> Known:
    value, turns = worth_of(benefit, _terms([at]))
    noise = [worth_of(benefit, _terms([at[_order(path, number, at.size, seed)]]))[0] for number in range(EXCHANGES)]
    return Known(path, value, float(np.quantile(noise, NOISE)), turns)


def _order(path: str, number: int, size: int, seed: int) -> NDArray[np.intp]:
    drawn = uniforms(
        seed=seed, replication=number, place=name_hash(path), work=1, numbers=np.arange(size), visit=0,
        purpose=Purpose.DESIGN,
    )  # fmt: skip
    return np.argsort(drawn)


def _terms(columns: Sequence[Values]) -> Values:
    """Give a constant and Legendre's polynomials of each assumption, shape (points, terms)."""
    parts = [np.polynomial.legendre.legvander(2 * column - 1, DEGREE)[:, 1:] for column in columns]
    return np.column_stack([np.ones(columns[0].size), *parts])


def worth_of(benefit: Values, terms: Values) -> tuple[float, float]:
    """Give what it is worth to know what the terms tell, and how often the choice would turn.

    Parameters
    ----------
    benefit
        Shape (choices, points); higher is better.
    terms
        Shape (points, terms), a constant among them.
    """
    weights = np.linalg.lstsq(terms, benefit.T)[0]
    expected = terms @ weights
    best = int(expected.mean(axis=0).argmax())
    gain = expected.max(axis=1) - expected[:, best]
    return max(0.0, float(gain.mean())), float((gain > 0).mean())


def say_knowing(knowing: Knowing, answer: Answer) -> Iterator[str]:
    """Say which assumption is worth knowing better."""
    unit = unit_of(answer)
    yield f"Over the ranges given, {knowing.best} is the best on average."
    told = [each for each in knowing.assumptions if each.matters]
    if not told:
        yield "No assumption is worth knowing better: within its range none would change the choice enough to tell."
        return
    first = told[0]
    yield (
        f"{first.path} is the most worth knowing better: to know it would gain {figure(first.value, unit)} of "
        f"{words_of(answer)} on average, since at {100 * first.turns:.0f} % of its values another choice is better."
    )
    if rest := [each.path for each in knowing.assumptions if not each.matters]:
        yield f"Not worth knowing better, as far as can be told: {'; '.join(rest)}."


def knowing_table(knowing: Knowing, answer: Answer) -> Table:
    """Show the assumptions by what it is worth to know them."""
    unit = unit_of(answer)
    rows: list[tuple[Cell, ...]] = [
        (each.path, figure(each.value, unit), figure(each.noise, unit), f"{100 * each.turns:.0f} %")
        for each in knowing.assumptions
    ]
    rows.append(("all of them", figure(knowing.together, unit), None, None))
    heads = ("assumption", "worth knowing", "noise shows up to", "turns the choice at")
    title = f"What it is worth to know an assumption before choosing, {words_of(answer)}; {knowing.points} points"
    return Table(heads, tuple(rows), title)


def knowing_numbers(knowing: Knowing) -> dict[str, Any]:
    """Write it for programs."""
    return {
        "best": knowing.best,
        "assumptions": [each._asdict() | {"matters": each.matters} for each in knowing.assumptions],
        "together": knowing.together,
        "points": knowing.points,
    }
