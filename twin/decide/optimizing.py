"""Choose levers within a budget: search on few replications, then select among the finalists with a guarantee.

The search judges each setting by the mean of a few replications, which flatters the winner. So the best settings become
finalists and run again on replications the search has not seen, beside the baseline, through the selection of
`twin.decide.selection`. Where more than one figure is weighed, the finalists are the Pareto front: the settings that no
other betters in one figure without being worse in another.

Without an ``optimize`` part the file's scenarios are the finalists.

Units: figures those of the objectives, costs amounts in the file's one unit.
"""

from collections.abc import Iterator, Sequence
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.answer import Answer
from twin.changes import Changes
from twin.compare import unit_of
from twin.decide.search import Searched, Weighed, cost_of, search, values_now
from twin.decide.selection import FIRST, MOST, Selection, select_best
from twin.decide.trials import Running, Trials
from twin.decisions import Bound, Optimize
from twin.errors import InputError
from twin.estimate import Difference, Estimate, mean_estimate, paired_difference
from twin.levers import Setting, changes_of, say_setting
from twin.scenario import BASELINE, Experiment
from twin.spec import Twin

Values = NDArray[np.float64]
Objective = Literal["cost"] | Answer

SEARCHED: Final = 5
"""Replications by which the search judges a setting."""
BLOCK: Final = 4
USUAL_FINAL: Final = 60


class Entry(NamedTuple):
    """A setting that was tried, or a scenario of the file."""

    name: str
    changes: Changes
    cost: float
    objectives: tuple[float, ...]  # means over the search's replications; none for a scenario
    kept: bool  # the limits, as far as the search can tell


class Finalist(NamedTuple):
    """A setting on replications the search has not seen."""

    entry: Entry
    estimate: Estimate  # of the answer
    also: tuple[Estimate | None, ...]  # of what else is weighed; None for cost
    limits: tuple[Estimate, ...]


class Optimum(NamedTuple):
    """The best setting, and how it was found."""

    experiment: Experiment
    searched: Searched | None  # None where the file's scenarios were the finalists
    finalists: tuple[Finalist, ...]  # as the selection numbers them; the baseline first where it keeps the limits
    selection: Selection
    objectives: tuple[Objective, ...]  # the answer first
    gain: Difference | None  # the best less the baseline, over the replications both ran; None where one is missing

    @property
    def best(self) -> Finalist:
        """The one that was selected."""
        return self.finalists[self.selection.best]


def optimize_levers(experiment: Experiment, base: Twin, running: Running) -> Optimum:
    """Choose the best setting of a file's levers, or the best of its scenarios.

    Raises
    ------
    InputError
        Where no setting is affordable or keeps the limits, nothing could be measured, or optuna is missing.
    BudgetError
        Where the runs would be larger than a machine can hold.
    """
    optimize = experiment.optimize
    if optimize is None:
        trials = Trials(experiment, base, running, planned=USUAL_FINAL * (1 + len(experiment.scenarios)))
        entries = [Entry(name, changes, 0.0, (), kept=True) for name, changes in experiment.scenarios.items()]
        return _final(trials, experiment, None, [Entry(BASELINE, (), 0.0, (), kept=True), *entries])
    planned = SEARCHED * optimize.trials + USUAL_FINAL * (1 + optimize.finalists)
    trials = Trials(experiment, base, running, planned=planned)
    searched, entries = _searched(trials, experiment, optimize)
    kept = [entry for entry in entries if entry.kept]
    if not kept:
        raise InputError(
            f"none of the {searched.tried} settings tried keeps the limits; relax them or widen the levers"
        )
    chosen = finalists_of(kept, optimize, _signs(_objectives(experiment)))
    unchanged = _entry(trials, experiment, optimize, BASELINE, ())
    return _final(trials, experiment, searched, [*([unchanged] if unchanged and unchanged.kept else []), *chosen])


def _objectives(experiment: Experiment) -> tuple[Objective, ...]:
    return (experiment.answer, *(experiment.optimize.weigh if experiment.optimize else ()))


def _signs(objectives: Sequence[Objective]) -> tuple[float, ...]:
    """Give 1 where lower is better, -1 where higher is."""
    return tuple(-1.0 if isinstance(each, Answer) and each.better == "higher" else 1.0 for each in objectives)


def _searched(trials: Trials, experiment: Experiment, optimize: Optimize) -> tuple[Searched, list[Entry]]:
    """Try settings; give what was tried, each twin once."""
    entries, now = list[Entry](), values_now(optimize.levers, trials.base)

    def attempt(setting: Setting) -> Weighed | None:
        entry = _attempted(trials, experiment, optimize, setting, cost_of(optimize.levers, setting, now))
        if entry is None:
            return None
        entries.append(entry)
        return Weighed(entry.objectives, 0.0 if entry.kept else 1.0)

    signs = _signs(_objectives(experiment))
    directions = ["minimize" if sign > 0 else "maximize" for sign in signs]
    return search(optimize, trials.base, attempt, directions, seed=trials.seed), entries


def _attempted(
    trials: Trials, experiment: Experiment, optimize: Optimize, setting: Setting, cost: float
) -> Entry | None:
    changes = changes_of(optimize.levers, setting)
    entry = _entry(trials, experiment, optimize, say_setting(optimize.levers, setting), changes)
    return None if entry is None else _with_cost(entry, experiment, cost)


def _with_cost(entry: Entry, experiment: Experiment, cost: float) -> Entry:
    objectives = (
        cost if each == "cost" else value for each, value in zip(_objectives(experiment), entry.objectives, strict=True)
    )
    return entry._replace(cost=cost, objectives=tuple(objectives))


def _entry(trials: Trials, experiment: Experiment, optimize: Optimize, name: str, changes: Changes) -> Entry | None:
    """Judge a twin by the search's replications; None where nothing could be measured."""
    number = trials.add(name, changes)
    asked = [each for each in _objectives(experiment) if isinstance(each, Answer)]
    wanted = [*asked, *(bound.asked for bound in optimize.limits)]
    found = [float(trials.values([number], answer, 0, SEARCHED).mean()) for answer in wanted]
    if not np.isfinite(found).all():
        return None
    levels, bounded = iter(found[: len(asked)]), found[len(asked) :]
    objectives = tuple(next(levels) if isinstance(each, Answer) else 0.0 for each in _objectives(experiment))
    kept = all(keeps(bound, level) for bound, level in zip(optimize.limits, bounded, strict=True))
    return Entry(name, changes, 0.0, objectives, kept)


def keeps(bound: Bound, level: float) -> bool:
    """Say whether a figure is within a bound."""
    return level <= bound.limit if bound.at_least is None else level >= bound.limit


def finalists_of(entries: Sequence[Entry], optimize: Optimize, signs: Sequence[float]) -> list[Entry]:
    """Choose the best by the answer, or of the Pareto front where more is weighed."""
    values = np.array([entry.objectives for entry in entries]) * np.array(signs)
    places = list(range(len(entries))) if len(signs) == 1 else front(values)
    places.sort(key=lambda place: (values[place, 0], entries[place].cost))
    return [entries[place] for place in places[: optimize.finalists]]


def front(values: Values) -> list[int]:
    """List the rows that no other row betters: none is lower in one column and nowhere higher.

    Parameters
    ----------
    values
        Shape (entries, objectives); lower is better.

    Returns
    -------
    list of int
        Their places; of equal rows the first.
    """
    places = []
    for place, row in enumerate(values):
        better = (values <= row).all(axis=1) & (values < row).any(axis=1)
        equal_before = (values[:place] == row).all(axis=1).any()
        if not better.any() and not equal_before:
            places.append(place)
    return places


def _final(trials: Trials, experiment: Experiment, searched: Searched | None, entries: Sequence[Entry]) -> Optimum:
    """Select among the finalists on fresh replications, each twin once."""
    unique = dict[int, Entry]()
    for entry in entries:
        unique.setdefault(trials.add(entry.name, entry.changes), entry)
    numbers, answer, run = list(unique), experiment.answer, experiment.run
    seen = 0 if searched is None else SEARCHED
    selection = select_best(
        lambda places, first, count: trials.values([numbers[p] for p in places], answer, seen + first, count),
        len(numbers),
        worth=answer.worth_in_units,
        better=answer.better,
        most=MOST if run.replications == "auto" else max(FIRST, run.replications),
        block=BLOCK,
    )
    objectives, limits = _objectives(experiment), experiment.optimize.limits if experiment.optimize else ()
    told = []
    for standing, (number, entry) in zip(selection.standings, unique.items(), strict=True):
        estimates = _Estimates(trials, number, seen, standing.n)
        also = tuple(estimates.of(each) if isinstance(each, Answer) else None for each in objectives[1:])
        bounded = tuple(estimates.of(bound.asked) for bound in limits)
        told.append(Finalist(entry, estimates.of(answer), also, bounded))
    gain = _gain(trials, answer, numbers[selection.best], seen, selection)
    return Optimum(experiment, searched, tuple(told), selection, objectives, gain)


def _gain(trials: Trials, answer: Answer, best: int, first: int, selection: Selection) -> Difference | None:
    """Compare the best with the twin as it is."""
    before, after = trials.values([trials.add(BASELINE, ()), best], answer, first, selection.replications)
    if best == trials.add(BASELINE, ()) or not np.isfinite(before).all():
        return None
    return paired_difference(before, after, unit=unit_of(answer))


class _Estimates(NamedTuple):
    """Estimates of a twin over the replications the selection ran."""

    trials: Trials
    number: int
    first: int
    runs: int

    def of(self, answer: Answer) -> Estimate:
        values = self.trials.values([self.number], answer, self.first, self.runs)[0]
        return mean_estimate(values, unit=unit_of(answer))


def tied(optimum: Optimum) -> Iterator[Finalist]:
    """List the finalists that cannot be told from the best by what matters."""
    for standing, finalist in zip(optimum.selection.standings, optimum.finalists, strict=True):
        if standing.call in {"same", "tie", "undecided"}:
            yield finalist
