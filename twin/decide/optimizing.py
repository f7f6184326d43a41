"""Choose levers within a budget: search on few replications, then select among the finalists with a guarantee.

The search judges each setting by the mean of a few replications, which flatters the winner. So the best settings become
finalists and run again on replications the search has not seen, beside the baseline, through the selection of
`twin.decide.selection`. Where more than one figure is weighed, the finalists are the Pareto front: the settings that no
other betters in one figure without being worse in another. Without an ``optimize`` part the file's scenarios are.

Over an ensemble of M twins the best is the best on average over them. One value of the selection is then the mean of a
round: M replications, one of each twin, so that rounds differ by luck alone and the probability holds given these
twins. How sure the twins are of it is another question: beside it stand the intervals of the whole (`twin.uncertainty`)
and in how many twins a finalist is the best.

The search judges by five replications, which are of five of the twins. Three times as many settings as there are to be
finalists are shortlisted by that, the best or those on the first fronts, and run once in every twin; the finalists are
the best, or the front, over all twins, of those that keep the limits there.

Why the best is better is told by the shares of its levers, where it moves two or more (`twin.decide.shares`).
Units: figures those of the objectives, costs amounts in the file's one unit.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.answer import Answer
from twin.cautions import skewed
from twin.changes import Changes
from twin.decide.enough import enough
from twin.decide.search import Searched, Weighed, cost_of, search, values_now
from twin.decide.selection import FIRST, MOST, Selection, select_best
from twin.decide.shares import Bundle, split_effect
from twin.decide.trials import SURE, Doubt, Running, Trials
from twin.decisions import Bound, Optimize
from twin.errors import InputError
from twin.estimate import Difference, Estimate
from twin.levers import Setting, changes_of, say_setting
from twin.method import Conduct
from twin.scenario import BASELINE, Experiment, apply
from twin.spec import Twin

Values = NDArray[np.float64]
Objective = Literal["cost"] | Answer

SEARCHED: Final = 5
"""Replications by which the search judges a setting."""
BLOCK: Final = 4
USUAL_FINAL: Final = 60
SPLIT: Final = 20
"""Replications by which the gain of the best is split, at least."""
MOST_SHARED: Final = 6
"""Levers moved among which it is split: 64 twins are run for six."""
SHORTLISTED: Final = 3
"""Settings that are run in every twin of an ensemble, for each that becomes a finalist."""


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
    first_in: float | None  # twins of the ensemble in which it is the best; None without one


class Optimum(NamedTuple):
    """The best setting, and how it was found."""

    experiment: Experiment
    searched: Searched | None  # None where the file's scenarios were the finalists
    shortlisted: int | None  # settings that were judged over all twins of the ensemble; None without a search or one
    finalists: tuple[Finalist, ...]  # as the selection numbers them; the baseline first where it keeps the limits
    selection: Selection
    objectives: tuple[Objective, ...]  # the answer first
    gain: Difference | None  # the best less the baseline, over the replications both ran; None where one is missing
    why: Bundle | None  # shares of its levers in the gain; None where it moves one or none
    conduct: Conduct
    warnings: tuple[str, ...]

    @property
    def best(self) -> Finalist:
        """The one that was selected."""
        return self.finalists[self.selection.best]


def optimize_levers(experiment: Experiment, base: Twin, running: Running, doubt: Doubt = SURE) -> Optimum:
    """Choose the best setting of a file's levers, or the best of its scenarios.

    Parameters
    ----------
    experiment, base
        The question and the twin it is about.
    running, doubt
        Where and how to run, and over which ensemble.

    Raises
    ------
    InputError
        Where no setting is affordable or keeps the limits, nothing could be measured, or optuna is missing.
    BudgetError
        Where the runs would be larger than a machine can hold.
    """
    optimize = experiment.optimize
    if optimize is None:
        trials = Trials(experiment, base, running, doubt, planned=USUAL_FINAL * (1 + len(experiment.scenarios)))
        entries = [Entry(name, changes, 0.0, (), kept=True) for name, changes in experiment.scenarios.items()]
        return _final(trials, experiment, None, None, [Entry(BASELINE, (), 0.0, (), kept=True), *entries])
    planned = SEARCHED * optimize.trials + USUAL_FINAL * (1 + optimize.finalists)
    planned += SHORTLISTED * optimize.finalists * max(0, len(doubt.members) - SEARCHED)
    trials = Trials(experiment, base, running, doubt, planned=planned)
    searched, entries = _searched(trials, experiment, optimize)
    kept = [entry for entry in entries if entry.kept]
    if not kept:
        raise InputError(
            f"none of the {searched.tried} settings tried keeps the limits; relax them or widen the levers"
        )
    signs, count = _signs(_objectives(experiment)), max(SEARCHED, trials.members)
    short, over_all = kept, trials.members > SEARCHED
    listed = shortlist(kept, signs, SHORTLISTED * optimize.finalists) if over_all else []
    if over_all:
        again = (_judged(trials, experiment, optimize, each, count) for each in listed)
        short = [each for each in again if each is not None and each.kept]
        if not short:
            raise InputError(
                "no setting that was tried keeps the limits over all twins; relax them or widen the levers"
            )
    chosen = finalists_of(short, optimize, signs)
    unchanged = _entry(trials, experiment, optimize, BASELINE, (), count)
    entries = [*([unchanged] if unchanged and unchanged.kept else []), *chosen]
    return _final(trials, experiment, searched, len(listed) if over_all else None, entries)


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


def _judged(trials: Trials, experiment: Experiment, optimize: Optimize, known: Entry, count: int) -> Entry | None:
    """Judge a setting again, by more replications."""
    entry = _entry(trials, experiment, optimize, known.name, known.changes, count)
    return None if entry is None else _with_cost(entry, experiment, known.cost)


def _with_cost(entry: Entry, experiment: Experiment, cost: float) -> Entry:
    objectives = (
        cost if each == "cost" else value for each, value in zip(_objectives(experiment), entry.objectives, strict=True)
    )
    return entry._replace(cost=cost, objectives=tuple(objectives))


def _entry(
    trials: Trials, experiment: Experiment, optimize: Optimize, name: str, changes: Changes, count: int = SEARCHED
) -> Entry | None:
    """Judge a twin by the first replications; None where nothing could be measured."""
    number = trials.add(name, changes)
    asked = [each for each in _objectives(experiment) if isinstance(each, Answer)]
    wanted = [*asked, *(bound.asked for bound in optimize.limits)]
    found = [float(trials.values([number], answer, 0, count).mean()) for answer in wanted]
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


def shortlist(entries: Sequence[Entry], signs: Sequence[float], most: int) -> list[Entry]:
    """Choose at least so many where there are: the best by the answer, or front after front where more is weighed."""
    left = list(entries)
    if len(signs) == 1:
        return sorted(left, key=lambda each: (signs[0] * each.objectives[0], each.cost))[:most]
    chosen: list[Entry] = []
    while left and len(chosen) < most:
        places = set(front(np.array([each.objectives for each in left]) * np.array(signs)))
        chosen += [each for place, each in enumerate(left) if place in places]
        left = [each for place, each in enumerate(left) if place not in places]
    return chosen


def front(values: Values) -> list[int]:
    """List the places of rows that no other row betters, lower here and nowhere higher; of equal rows the first.

    Parameters
    ----------
    values
        Shape (entries, objectives); lower is better.
    """
    places = []
    for place, row in enumerate(values):
        better = (values <= row).all(axis=1) & (values < row).any(axis=1)
        equal_before = (values[:place] == row).all(axis=1).any()
        if not better.any() and not equal_before:
            places.append(place)
    return places


def _final(
    trials: Trials,
    experiment: Experiment,
    searched: Searched | None,
    shortlisted: int | None,
    entries: Sequence[Entry],
) -> Optimum:
    """Select among the finalists on fresh replications, each twin once."""
    unique = dict[int, Entry]()
    for entry in entries:
        unique.setdefault(trials.add(entry.name, entry.changes), entry)
    seen = 0 if searched is None else SEARCHED
    seen = seen if shortlisted is None else max(seen, trials.members)
    finals = _Finals(trials, experiment, tuple(unique), seen)
    selection = finals.selected()
    objectives, limits = _objectives(experiment), experiment.optimize.limits if experiment.optimize else ()
    told, firsts = [], finals.first_in(selection)
    for place, (standing, entry) in enumerate(zip(selection.standings, unique.values(), strict=True)):
        level = finals.estimate(place, experiment.answer, standing.n)
        also = tuple(
            finals.estimate(place, each, standing.n) if isinstance(each, Answer) else None for each in objectives[1:]
        )
        bounded = tuple(finals.estimate(place, bound.asked, standing.n) for bound in limits)
        told.append(Finalist(entry, level, also, bounded, firsts[place]))
    why = _why(trials, experiment, list(unique.values())[selection.best])
    most = max(standing.n for standing in selection.standings)
    asked, least = experiment.run.replications, FIRST * max(trials.members, 1)
    more = "" if asked == "auto" or asked >= least else f"; {asked} were asked for, and a selection needs {least}"
    of_each = f"up to {most} of each finalist, {selection.runs} in all, as many as the selection asks"
    conduct = trials.conduct(f"{of_each}{more}")
    gain, names = finals.gain(selection), [entry.name for entry in unique.values()]
    warnings = (*finals.cautions(names), *_skewed(selection, names, gain))
    return Optimum(experiment, searched, shortlisted, tuple(told), selection, objectives, gain, why, conduct, warnings)


def _why(trials: Trials, experiment: Experiment, best: Entry) -> Bundle | None:
    """Split what the best gains among the changes that change anything."""
    changes = tuple(each for each in best.changes if apply(trials.base, (each,)) != trials.base)
    if len(changes) > MOST_SHARED:
        return None
    try:
        made = [trials.add(best.name, each) for each in ((), changes, *((change,) for change in changes))]
        often = enough(trials, experiment, made, experiment.answer, usual=SPLIT, twins=1 << len(changes))
        return split_effect(trials, best.name, changes, experiment.answer, replications=often)
    except InputError:  # some of the changes alone are no valid twin, or nothing is measured with them
        return None


def _skewed(selection: Selection, names: Sequence[str], gain: Difference | None) -> tuple[str, ...]:
    best = names[selection.best]
    whole = [] if gain is None else [(f"{best} against {BASELINE}", gain.warning)]
    others = [each for each in selection.standings if not whole or names[each.place] != BASELINE]
    return skewed([*whole, *((f"{names[each.place]} against {best}", each.gap.warning) for each in others)])


class _Finals(NamedTuple):
    """The replications that the search has not seen."""

    trials: Trials
    experiment: Experiment
    numbers: tuple[int, ...]  # of the finalists
    first: int  # the first of the replications

    @property
    def answer(self) -> Answer:
        return self.experiment.answer

    def selected(self) -> Selection:
        """Select the best: by replications, over an ensemble by rounds of one replication of each twin."""
        run, together = self.experiment.run, max(self.trials.members, 1)
        most = MOST if run.replications == "auto" else run.replications
        selection = select_best(
            self.by_round if self.trials.members else self.values,
            len(self.numbers),
            worth=self.answer.worth_in_units,
            better=self.answer.better,
            most=max(FIRST, most // together),
            block=BLOCK if together == 1 else 1,
        )
        return self.in_replications(selection, together) if self.trials.members else selection

    def values(self, places: Sequence[int], first: int, count: int) -> Values:
        return self.trials.values([self.numbers[p] for p in places], self.answer, self.first + first, count)

    def by_round(self, places: Sequence[int], first: int, count: int) -> Values:
        """Give the means of rounds, shape (places, count)."""
        members = self.trials.members
        values = self.values(places, first * members, count * members)
        means: Values = values.reshape(len(places), count, members).mean(axis=2)
        return means

    def in_replications(self, selection: Selection, members: int) -> Selection:
        """Count a selection by rounds in replications, its gaps with what the data leave open."""
        standings = []
        for standing in selection.standings:
            n = standing.n * members
            best, mine = self.values([selection.best, standing.place], 0, n)
            gap = self.trials.difference(best, mine, self.answer, first=self.first, level=standing.gap.level)
            standings.append(replace(standing, n=n, gap=gap))
        return replace(
            selection,
            replications=selection.replications * members,
            runs=selection.runs * members,
            standings=tuple(standings),
        )

    def estimate(self, place: int, answer: Answer, runs: int) -> Estimate:
        values = self.trials.values([self.numbers[place]], answer, self.first, runs)[0]
        return self.trials.estimate(values, answer, first=self.first)

    def first_in(self, selection: Selection) -> Sequence[float | None]:
        """Count the twins of the ensemble in which each finalist is the best, over the replications all ran."""
        members, places = self.trials.members, range(len(self.numbers))
        if not members:
            return [None for _ in places]
        values = self.values(places, 0, min(standing.n for standing in selection.standings))
        sign = 1.0 if self.answer.better == "higher" else -1.0
        of_twins = sign * values.reshape(len(places), -1, members).mean(axis=1)
        top = of_twins == of_twins.max(axis=0)
        counts: list[float] = (top / top.sum(axis=0)).sum(axis=1).tolist()
        return counts

    def cautions(self, names: Sequence[str]) -> tuple[str, ...]:
        """Warn of what the figures of the finalists rest on."""
        bounds = self.experiment.optimize.limits if self.experiment.optimize else ()
        figures = (each for each in _objectives(self.experiment) if isinstance(each, Answer))
        asked = (*figures, *(bound.asked for bound in bounds))
        named = {BASELINE: self.trials.add(BASELINE, ())} | dict(zip(names, self.numbers, strict=True))
        return self.trials.cautions(named, asked)

    def gain(self, selection: Selection) -> Difference | None:
        """Compare the best with the twin as it is."""
        best, unchanged = self.numbers[selection.best], self.trials.add(BASELINE, ())
        before, after = self.trials.values([unchanged, best], self.answer, self.first, selection.replications)
        if best == unchanged or not np.isfinite(before).all():
            return None
        return self.trials.difference(before, after, self.answer, first=self.first)


def tied(optimum: Optimum) -> Iterator[Finalist]:
    """List the finalists that cannot be told from the best by what matters."""
    for standing, finalist in zip(optimum.selection.standings, optimum.finalists, strict=True):
        if standing.call in {"same", "tie", "undecided"}:
            yield finalist
