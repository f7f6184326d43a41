"""Replications of a baseline and its scenarios on the same random numbers.

Every replication number is run once for the baseline and once for each scenario; since random numbers have names, the
two sides of a pair share all luck that the change leaves alone. With ``replications: auto`` more are run until, for
each scenario, the t interval of the paired difference of the asked figure is as narrow as half of the smallest effect
that matters (or the precision asked), or the cap is reached.

Over an ensemble each member gets as many replications as every other, at least two, so that the luck of the simulation
and what the data leave open can be told apart (`twin.uncertainty`). The precision is then asked of the former; and no
more is asked of it than half of the rest of the interval, which replications do not narrow (`twin.precision`).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.answer import Answer
from twin.changes import Changes
from twin.credibility import Credibility, discrepancy_of
from twin.engine import Engine, expected_in_run, worth_loading
from twin.engine.telling import Tell, silent
from twin.errors import InputError, Problem
from twin.executors import Executor
from twin.executors.threads import load, on_threads
from twin.grounds import Grounds
from twin.member import Changes as Takeovers
from twin.member import Member, lay_out
from twin.metrics import Figure, ruler
from twin.precision import Reached, Wanted, more_for, reached
from twin.replication import Candidate, Part, Task, Work
from twin.run_length import FIRST_REPLICATIONS, Stopping, stopping
from twin.scenario import BASELINE, Experiment, Run, phases
from twin.spec import Twin
from twin.uncertainty import Numbers
from twin.yardstick import Window

if TYPE_CHECKING:
    import polars as pl

MAX_REPLICATIONS: Final = 200
OF_EACH: Final = 2
"""Replications of each member of an ensemble, at least."""
USUAL_REPLICATIONS: Final = 50
"""What ``auto`` often comes to; only the choice of an engine rests on it."""

Values = NDArray[np.float64]

Progress = Callable[[int, int], None]
"""Told how many replications are done and how many are planned."""


class Replicated(NamedTuple):
    """What the replications of one candidate gave."""

    candidate: Candidate
    figures: tuple[Figure, ...]
    values: Values  # (replications, figures), NaN where nothing was measured
    weekly: Values  # (replications, whole weeks, 3 or 4) as in `twin.metrics.WEEKLY`, and total cost where it is known
    lead_times: Values  # (replications with an item done, grid) quantiles of lead time, hours
    visits: int  # rows simulated
    balances: tuple[str, ...]  # conservation equalities that held on every replication
    drawn: int = 0  # twins of the ensemble that the replications went round, 0 where it was the calibrated one alone

    @property
    def members(self) -> Numbers | None:
        """The number of the ensemble's twin that each replication ran, shape (replications,); None without one."""
        return np.arange(len(self.values)) % self.drawn if self.drawn > 1 else None

    def table(self) -> "pl.DataFrame":
        """Write every value in a row of its own.

        Returns
        -------
        polars.DataFrame
            Columns replication, metric, statistic, scope, value (Float64, null where nothing was measured), unit,
            better; replication by replication, as `twin.metrics.measure` gives them.
        """
        import polars as pl  # noqa: PLC0415 - a run needs no table

        runs, kinds = self.values.shape
        named = {name: [getattr(figure, name) for figure in self.figures] * runs for name in Figure._fields}
        numbered = {"replication": np.repeat(np.arange(runs, dtype=np.int32), kinds), "value": self.values.ravel()}
        order = ("replication", "metric", "statistic", "scope", "value", "unit", "better")
        return pl.DataFrame(numbered | named).with_columns(pl.col("value").fill_nan(None)).select(order)


class Results(NamedTuple):
    """An experiment's replications."""

    experiment: Experiment
    runs: tuple[Replicated, ...]  # the baseline first
    replications: int
    stopping: tuple[Stopping, ...]  # why it ended, by scenario; empty where the number was given
    seed: int
    engine: Engine  # which one ran last
    credibility: Credibility | None = None  # what the twin has earned in backtests
    grounds: Grounds | None = None  # what it was calibrated from

    @property
    def members(self) -> int:
        """How many twins of an ensemble ran, 0 where it was the calibrated one alone."""
        return self.runs[0].drawn

    def discrepancy(self, metric: str, statistic: str) -> float | None:
        """Give the relative standard deviation of what the model gets wrong of a figure; None where it is unknown."""
        return discrepancy_of(self.credibility, metric, statistic)


def candidates(experiment: Experiment, base: Twin, members: Sequence[Twin] = ()) -> tuple[Candidate, ...]:
    """Compile the baseline and every scenario of an experiment, and make them of each member of an ensemble.

    Raises
    ------
    InputError
        Where a change does not fit the twin or a member, naming it, or there is nothing to compare.
    """
    if not experiment.scenarios:
        raise InputError("the file names no scenarios to compare; ask `twin sweep` or `twin optimize`")
    named = {BASELINE: (base, ())} | {name: phases(base, changes) for name, changes in experiment.scenarios.items()}
    run = experiment.run
    window = (run.warm_up, run.warm_up + run.length)
    compiled = [candidate(name, twin, changes, window, base.start) for name, (twin, changes) in named.items()]
    early = frozenset(metric for each in compiled for metric in each.yardstick.early)
    counting = (_counting(each, early) for each in compiled)
    changes = {BASELINE: (), **experiment.scenarios}
    return tuple(each._replace(members=members_of(each, changes[each.name], members, base.start)) for each in counting)


def members_of(
    one: Candidate, changes: Changes, members: Sequence[Twin], start: datetime, *, first: int = 1
) -> tuple[Member, ...]:
    """Make a scenario of every twin of an ensemble, or of some.

    Parameters
    ----------
    one
        The scenario of the calibrated twin.
    changes
        That make it.
    members
        The twins.
    start
        Instant of tick 0.
    first
        Number of the first of the twins in the ensemble, from 1.

    Raises
    ------
    InputError
        Where a change does not fit a twin, naming it.
    """
    return tuple(_members(one, changes, enumerate(members, first), start))


def _members(
    one: Candidate, changes: Changes, members: Iterable[tuple[int, Twin]], start: datetime
) -> Iterator[Member]:
    for number, each in members:
        name = f"twin {number} of the ensemble"
        try:
            twin, later = phases(each, changes)
        except InputError as error:
            told = (f"{one.name}: {name}: {problem.message}" for problem in error.problems)
            raise InputError(*(Problem(message) for message in told)) from None
        known = one.yardstick
        yield Member(name, twin, later, known.window, start, known.early, one.ruler.figures)


def _counting(one: Candidate, early: frozenset[str]) -> Candidate:
    """Count who leaves early even where nobody can, so that a scenario in which some do has something to be held to."""
    known = one.yardstick._replace(early=early)
    return one._replace(yardstick=known, ruler=ruler(one.model.labels, known))


def candidate(name: str, twin: Twin, changes: Takeovers, window: Window, start: datetime) -> Candidate:
    """Compile a twin and lay out what is measured of it in a window of ticks."""
    return Candidate(name, twin, changes, *lay_out(twin, changes, window, start))


def run_experiment(
    experiment: Experiment,
    base: Twin,
    *,
    members: Sequence[Twin] = (),
    credibility: Credibility | None = None,
    engine: Engine = "auto",
    executor: Executor | None = None,
    progress: Progress | None = None,
    tell: Tell = silent,
) -> Results:
    """Run the baseline and every scenario to the precision asked.

    Parameters
    ----------
    experiment, base
        The question and the twin it is about.
    members
        Twins of its ensemble: replication r runs member r mod M, the same for the baseline and every scenario. The
        replications asked for are rounded up to as many of each, at least two.
    credibility
        What the twin has earned in backtests, kept beside the results.
    engine
        Which engine; the results are the same bytes.
    executor
        Where replications run; on threads of this machine, if left out. The results are the same bytes, and so they are
        where it takes some from a store (`twin.executors.stored`).
    progress
        Told of replications done.
    tell
        Called with one line where an engine has to be compiled first, if no executor is given.

    Raises
    ------
    InputError
        Where a change does not fit the twin.
    BudgetError
        Where a replication reaches a bound.
    """
    compiled = candidates(experiment, base, members)
    visits = sum(expected_in_run(candidate.model, seed=experiment.run.seed) for candidate in compiled)
    work = Work(compiled, experiment.run.seed, "reference")
    execute = executor or on_threads(ready=partial(load, tell=tell))
    gathered = [_Gathered(each) for each in compiled]
    done, wanted = 0, whole(_first_batch(experiment.run), len(members))
    while wanted:
        ahead = visits * max(wanted, _usual(experiment.run))
        work = work._replace(engine=worth_loading(ahead) if engine == "auto" else engine)
        tasks = [Task(place, number) for number in range(done, done + wanted) for place in range(len(compiled))]
        for task, part in zip(tasks, execute(work, tasks), strict=True):
            gathered[task.candidate].add(part, room=done + wanted)
            if progress is not None and task.candidate == len(compiled) - 1:
                progress(task.replication + 1, done + wanted)
        done += wanted
        runs = tuple(each.joined() for each in gathered)
        results = Results(experiment, runs, done, (), experiment.run.seed, work.engine, credibility)
        wanted = _more(results)
    return results._replace(stopping=_stops(results))


def whole(replications: int, members: int) -> int:
    """Round replications up to as many of each member of an ensemble, at least two.

    >>> whole(30, 20), whole(50, 20), whole(30, 0)
    (40, 60, 30)
    """
    return max(OF_EACH, -(-replications // members)) * members if members else replications


def cap(members: int) -> int:
    """Give the most replications that ``auto`` runs: as many of each member."""
    return max(OF_EACH, MAX_REPLICATIONS // members) * members if members else MAX_REPLICATIONS


def _usual(run: Run) -> int:
    """Give the replications that a run usually takes."""
    return USUAL_REPLICATIONS if run.replications == "auto" else run.replications


def _first_batch(run: Run) -> int:
    return FIRST_REPLICATIONS if run.replications == "auto" else run.replications


class _Gathered:
    """What the replications of one candidate have given so far, written where it stays, so that none is held twice."""

    def __init__(self, candidate: Candidate) -> None:
        self._candidate, self._count, self._visits = candidate, 0, 0
        self._balances: tuple[str, ...] = ()
        self._arrays: tuple[Values, ...] = ()

    def add(self, part: Part, *, room: int) -> None:
        """Write the next part down, where there is to be room for so many in all."""
        numbers = part.measured.values, part.measured.weekly, part.measured.lead_times
        if not self._count:
            self._balances, self._arrays = part.balances, tuple(np.empty((room, *each.shape)) for each in numbers)
        elif self._count == len(self._arrays[0]):
            self._arrays = tuple(_longer(each, room) for each in self._arrays)
        for array, row in zip(self._arrays, numbers, strict=True):
            array[self._count] = row
        self._count += 1
        self._visits += part.visits

    def joined(self) -> Replicated:
        """Give all of it."""
        values, weekly, grids = (array[: self._count] for array in self._arrays)
        known, candidate = np.isfinite(grids).all(axis=1), self._candidate
        grids = grids if known.all() else grids[known]
        drawn = len(candidate.members)
        return Replicated(
            candidate, candidate.ruler.figures, values, weekly, grids, self._visits, self._balances, drawn
        )


def _longer(array: Values, rows: int) -> Values:
    """Copy an array to where there is room for so many rows."""
    longer = np.empty((rows, *array.shape[1:]))
    longer[: len(array)] = array
    return longer


def asked_values(run: Replicated, answer: Answer) -> Values:
    """Give the asked figure by replication, shape (replications,); NaN where a replication had none."""
    asked = answer.metric, answer.statistic, answer.scope
    places = [place for place, figure in enumerate(run.figures) if figure[:3] == asked]
    return run.values[:, places[0]] if places else np.full(len(run.values), np.nan)


def _reached(results: Results) -> Iterator[Reached]:
    """Tell how well the effect of each scenario on the asked figure is known, where two pairs or more have it."""
    answer = results.experiment.answer
    base, *others = (asked_values(run, answer) for run in results.runs)
    members, discrepancy = results.runs[0].members, results.discrepancy(answer.metric, answer.statistic)
    known = (reached(base, values, members, discrepancy) for values in others)
    return (each for each in known if each is not None)


def wanted_of(experiment: Experiment, members: int, most: int) -> Wanted:
    """Say what ``auto`` asks of replications: the precision of the file, or half of what matters."""
    half_width = experiment.precision or experiment.answer.worth_in_units / 2
    return Wanted(half_width, members, most)


def _more(results: Results) -> int:
    """Give the replications to run next."""
    experiment, members = results.experiment, results.members
    if experiment.run.replications != "auto":
        return 0
    return more_for(_reached(results), wanted_of(experiment, members, cap(members)), results.replications)


def _stops(results: Results) -> tuple[Stopping, ...]:
    """Record why replications ended."""
    experiment = results.experiment
    if experiment.run.replications != "auto":
        return ()
    most = cap(results.members)
    target = wanted_of(experiment, results.members, most).half_width
    return tuple(stopping(each.n, each.half_width, target, maximum=most, rest=each.rest) for each in _reached(results))
