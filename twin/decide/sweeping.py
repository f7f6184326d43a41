"""Move levers over their ranges and say what the asked figure is at each point, and which levers carry it.

Every point and the baseline run on the same random numbers, the same number of replications each. A grid or a Latin
hypercube gives figures; Morris and Sobol weigh the levers by them (`twin.decide.sensitivity`). The best of many points
looks better than it is, since its luck helped to choose it: to choose, use the selection of `twin.decide.optimizing`.

Over an ensemble a point is the mean over its twins, and a weight is that of this mean; what the twins and the luck of
the runs make of it stands beside the choice of points.

With ``effect_of`` the figure is what a scenario changes, so that the weights say on which assumptions its effect hangs.

Units: those of the asked figure.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.cautions import skewed
from twin.certainty import say_parts
from twin.changes import Changes
from twin.compare import unit_of, words_of
from twin.decide.designs import at_points, grid, latin
from twin.decide.enough import enough
from twin.decide.pictures import sweep_chart, weights_chart
from twin.decide.sensitivity import Points, Weight, morris_points, sobol_points, weights_of
from twin.decide.telling import Told, difference_of, ensemble_numbers, number_of, parts_column, say_basis
from twin.decide.trials import SURE, Doubt, Running, Trials
from twin.decisions import Grid, Latin, Morris, Sobol, Sweep
from twin.errors import InputError, Problem
from twin.estimate import Difference, Estimate
from twin.experiment import whole
from twin.levers import Setting, changes_of, say_setting
from twin.method import Conduct
from twin.page import Cell, Table
from twin.scenario import BASELINE, Experiment
from twin.spec import Twin
from twin.wording import Scale, figures, say_difference, say_estimate, scale_for

Values = NDArray[np.float64]

USUAL: Final = 10
"""Replications of each point where the file says ``auto``; of a grid or a hypercube more, where that is worth it."""
MOST_ROWS: Final = 200


class Point(NamedTuple):
    """The asked figure at one setting."""

    setting: Setting
    name: str
    estimate: Estimate | None  # None where in some replication nothing was measured
    effect: Difference | None  # against the baseline


class Swept(NamedTuple):
    """The asked figure over the levers."""

    experiment: Experiment
    sweep: Sweep
    baseline: Estimate
    points: tuple[Point, ...]
    weights: tuple[Weight, ...]  # heaviest first; none for a grid or a Latin hypercube
    replications: int
    conduct: Conduct
    warnings: tuple[str, ...]


def run_sweep(experiment: Experiment, base: Twin, running: Running, doubt: Doubt = SURE) -> Swept:
    """Run the sweep of a scenario file.

    Parameters
    ----------
    experiment, base
        The question and the twin it is about.
    running, doubt
        Where and how to run, and over which ensemble.

    Raises
    ------
    InputError
        Where the file has no sweep, a setting is no valid twin, nothing could be measured, or SALib is missing.
    BudgetError
        Where the runs would be larger than a machine can hold.
    """
    sweep, run = experiment.sweep, experiment.run
    if sweep is None:
        raise InputError(Problem("is required, but missing: levers and their values to sweep over", "sweep"))
    points = _points(sweep, seed=run.seed)
    settings = _settings(sweep, points, seed=run.seed)
    planned = whole(USUAL if run.replications == "auto" else run.replications, len(doubt.members))
    sides = 1 if sweep.effect_of is None else 2
    trials = Trials(experiment, base, running, doubt, planned=sides * planned * (len(settings) + 1))
    names = [say_setting(sweep.levers, setting) for setting in settings]
    made = [(BASELINE, ()), *zip(names, (changes_of(sweep.levers, setting) for setting in settings), strict=True)]
    replications = planned if points is not None or sides > 1 else _enough(trials, experiment, made)
    values = _values(trials, experiment, made, replications)
    if not np.isfinite(values[0]).all():
        raise InputError(f"in some replication of the baseline {words_of(experiment.answer)} has no value; run longer")
    told = tuple(
        _point(trials, experiment, (setting, name), row, values[0])
        for setting, name, row in zip(settings, names, values[1:], strict=True)
    )
    of_twins = trials.numbers(0, replications)
    weights = () if points is None else weights_of(points, _complete(values[1:]), of_twins)
    level = trials.estimate(values[0], experiment.answer)
    conduct = trials.conduct(f"{replications} of the baseline and of each of {len(told)} points", ran=replications)
    ran = {name: trials.add(name, changes) for name, changes in (*made, *_effects(experiment, made))}
    warnings = (*trials.cautions(ran, (experiment.answer,)), *_skewed(level, told))
    return Swept(experiment, sweep, level, told, weights, replications, conduct, warnings)


def _enough(trials: Trials, experiment: Experiment, made: Sequence[tuple[str, Changes]]) -> int:
    numbers = [trials.add(*each) for each in made]
    return enough(trials, experiment, numbers, experiment.answer, usual=USUAL, twins=len(made))


def _values(trials: Trials, experiment: Experiment, made: Sequence[tuple[str, Changes]], replications: int) -> Values:
    """Give the asked figure, or what the scenario changes in it, shape (twins, replications)."""
    answer = experiment.answer
    values = trials.values([trials.add(*each) for each in made], answer, 0, replications)
    changed = [trials.add(*each) for each in _effects(experiment, made)]
    if not changed:
        return values
    difference: Values = trials.values(changed, answer, 0, replications) - values
    return difference


def _effects(experiment: Experiment, made: Sequence[tuple[str, Changes]]) -> Iterator[tuple[str, Changes]]:
    """Make the scenario whose effect is asked for at the baseline and at every point; nothing where none is."""
    name = experiment.sweep.effect_of if experiment.sweep else None
    if name is not None:
        yield from ((f"{name}, {point}", (*lever, *experiment.scenarios[name])) for point, lever in made)


def _skewed(level: Estimate, points: Sequence[Point]) -> tuple[str, ...]:
    effects = ((each.name, each.effect.warning) for each in points if each.effect is not None)
    return skewed([(BASELINE, level.warning), *effects])


def say_measured(swept: Swept) -> str:
    """Name what a sweep measures: the asked figure, or what a scenario changes in it."""
    words, name = words_of(swept.experiment.answer), swept.sweep.effect_of
    return words if name is None else f"the change in {words} by {name}"


def _points(sweep: Sweep, *, seed: int) -> Points | None:
    match sweep.design:
        case Morris():
            return morris_points(sweep.levers, sweep.design, seed=seed)
        case Sobol():
            return sobol_points(sweep.levers, sweep.design, seed=seed)
        case _:
            return None


def _settings(sweep: Sweep, points: Points | None, *, seed: int) -> tuple[Setting, ...]:
    if points is not None:
        return at_points(sweep.levers, points.points)
    match sweep.design:
        case Latin(points=count):
            return latin(sweep.levers, count, seed=seed)
        case Grid(levels=levels):
            return grid(sweep.levers, levels)
    raise TypeError(sweep.design)


def _point(trials: Trials, experiment: Experiment, named: tuple[Setting, str], values: Values, base: Values) -> Point:
    if not np.isfinite(values).all():
        return Point(*named, None, None)
    answer = experiment.answer
    return Point(*named, trials.estimate(values, answer), trials.difference(base, values, answer))


def _complete(values: Values) -> Values:
    if not np.isfinite(values).all():
        raise InputError(
            "at some points nothing could be measured in some replication; narrow the ranges or run longer"
        )
    return values


def told_of_sweep(swept: Swept) -> Told:
    """Put a sweep into words, a table, charts and numbers."""
    answer, n = swept.experiment.answer, swept.replications
    weighed = bool(swept.weights)
    tables = (_weights_table(swept),) if weighed else (_points_table(swept),)
    words, found = say_measured(swept), [(p.setting, p.name, p.estimate) for p in swept.points]
    charts = (weights_chart(swept.weights, _measure(swept), answer, words),) if weighed else ()
    return Told(
        f"{say_measured(swept)} over the levers",
        tuple(_sentences(swept)),
        tables,
        (*charts, sweep_chart(swept.sweep.levers, found, answer, words)),
        (
            "The best of many points looks better than it is; `twin optimize` chooses with a stated probability.",
            "Between the points, and outside the ranges, nothing was run.",
        ),
        _numbers(swept),
        say_basis(swept.conduct, f"{n} replications of each of {len(swept.points)} points"),
        swept.conduct,
        swept.warnings,
    )


def _sentences(swept: Swept) -> Iterator[str]:
    answer = swept.experiment.answer
    if swept.weights:
        first = swept.weights[0]
        yield f"{first.path} carries most of the answer: {_weight(swept, first)}."
        yield from _first_in_doubt(swept)
    known = [(p.estimate, p) for p in swept.points if p.estimate is not None]
    yield f"As it is, {say_measured(swept)} is {say_estimate(swept.baseline, unit_of(answer))}."
    if known:
        ranked = sorted(known, key=lambda each: each[0].value)
        for (estimate, point), word in ((ranked[0], "lowest"), (ranked[-1], "highest")):
            against = "" if point.effect is None else f", {_against(point.effect, unit_of(answer))}"
            made_of = "" if point.effect is None else f" {say_parts(point.effect, unit_of(answer))}".rstrip()
            yield f"It is {word} with {point.name}: {say_estimate(estimate, unit_of(answer))}{against}.{made_of}"
    if missing := len(swept.points) - len(known):
        yield f"At {missing} of {len(swept.points)} points nothing could be measured in some replication."


def _against(effect: Difference, unit: str) -> str:
    """Say how far a point is from the twin as it is, and whether that can be told from nothing."""
    if effect.identical:
        return "the same as it is"
    told = f"{say_difference(effect, unit)} against as it is"
    unclear = effect.low is None or effect.high is None or effect.low <= 0 <= effect.high
    return f"{told}, which cannot be told from nothing" if unclear else told


def _measure(swept: Swept) -> str:
    return "mu*" if isinstance(swept.sweep.design, Morris) else "ST"


def _weight(swept: Swept, weight: Weight) -> str:
    unit, width = unit_of(swept.experiment.answer), weight.half_width
    if isinstance(swept.sweep.design, Morris):
        value, half = figures((weight.value, width), unit, weight.value + width)
        return f"{value} ± {half} on average from one end of its range to the other (mu*)"
    return f"{100 * weight.value:.0f} % of its variance, with the other levers (± {100 * width:.0f})"


def _first_in_doubt(swept: Swept) -> Iterator[str]:
    """Say where the order of the first two levers may be another, and which part of its interval is the largest."""
    first, *others = swept.weights
    parts = {"the choice of points": first.points, "the luck of the runs": first.luck, "the twins": first.twins}
    known = {name: width for name, width in parts.items() if width is not None}
    if others and first.value - others[0].value < math.hypot(first.half_width, others[0].half_width):
        yield f"It cannot be told from {others[0].path}: {_weight(swept, others[0])}."
    if len(known) > 1 and first.half_width:
        yield f"Of these intervals the largest part is {max(known, key=lambda name: known[name])}."


def _weights_table(swept: Swept) -> Table:
    rows, morris = list[tuple[Cell, ...]](), isinstance(swept.sweep.design, Morris)
    scale = scale_for(unit_of(swept.experiment.answer), swept.weights[0].value) if morris else Scale(100, "%")
    shown = swept.weights
    over = any(weight.twins is not None for weight in shown)
    decimals = ".2f" if morris else ".0f"
    for weight in shown:
        parts = [weight.points, weight.luck, *([weight.twins] if over else [])]
        told = [None if each is None else f"{each * scale.factor:z{decimals}}" for each in parts]
        whole = (
            f"{weight.value * scale.factor:z{decimals}} ± {weight.half_width * scale.factor:z{decimals}} {scale.unit}"
        )
        rows.append((weight.path, whole, *told, f"{weight.beside * scale.factor:z{decimals}} {scale.unit}"))
    names = ("points", "luck", *(("twins",) if over else ()))
    widths = tuple(f"± {name}" for name in names)
    columns = ("lever", "mu*", *widths, "sigma") if morris else ("lever", "ST, with the others", *widths, "S1, alone")
    what = "mean size of the effect of a lever's whole range" if morris else "share of the answer's variance"
    twins = ", the twins of the ensemble" if over else ""
    squares = f"the ± beside it is made of the choice of points, the luck of the runs{twins} (squares add up)"
    return Table(columns, tuple(rows), f"Levers by weight: {what}; {squares}")


def _points_table(swept: Swept) -> Table:
    answer = swept.experiment.answer
    shown, unit = swept.points[:MOST_ROWS], unit_of(answer)
    parts = parts_column([point.effect for point in shown], unit)
    rows: list[tuple[Cell, ...]] = [
        (
            *("none" if value is None else str(value) for value in point.setting.values()),
            "not measured" if point.estimate is None else say_estimate(point.estimate, unit),
            None if point.effect is None else say_difference(point.effect, unit),
            *made_of,
        )
        for point, made_of in zip(shown, parts.cells, strict=True)
    ]
    heads = [path + ("" if lever.to is not None else ", added" if lever.add is not None else ", times")
             for path, lever in swept.sweep.levers.items()]  # fmt: skip
    left = f"; the first {MOST_ROWS} of {len(swept.points)}" if len(swept.points) > MOST_ROWS else ""
    return Table(
        (*heads, say_measured(swept), "against as it is", *parts.heads), tuple(rows), f"Figures by point{left}"
    )


def _numbers(swept: Swept) -> dict[str, Any]:
    return {
        "baseline": number_of(swept.baseline),
        "points": [
            {
                "setting": dict(point.setting),
                "estimate": None if point.estimate is None else number_of(point.estimate),
                "effect": None if point.effect is None else difference_of(point.effect),
            }
            for point in swept.points
        ],
        "weights": [weight._asdict() | {"half_width": weight.half_width} for weight in swept.weights],
        "measure": _measure(swept) if swept.weights else None,
        "replications": swept.replications,
        **ensemble_numbers(swept.conduct),
    }
