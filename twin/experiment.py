"""Replications of a baseline and its scenarios on the same random numbers.

Every replication number is run once for the baseline and once for each scenario; since random numbers have names, the
two sides of a pair share all luck that the change leaves alone. With ``replications: auto`` more are run until, for
each scenario, the t interval of the paired difference of the asked figure is as narrow as half of the smallest effect
that matters (or the precision asked), or the cap is reached.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.answer import Answer
from twin.engine import Engine, expected_in_run, worth_loading
from twin.engine.telling import Tell, silent
from twin.errors import InputError
from twin.executors import Executor
from twin.executors.threads import load, on_threads
from twin.metrics import Figure, ruler
from twin.plan import compile_model
from twin.replication import Candidate, Changes, Part, Task, Work
from twin.run_length import FIRST_REPLICATIONS, Stopping, next_replications, stopping
from twin.scenario import BASELINE, Experiment, Run, phases
from twin.spec import Twin
from twin.yardstick import Window, yardstick

if TYPE_CHECKING:
    import polars as pl

MAX_REPLICATIONS: Final = 200
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


def candidates(experiment: Experiment, base: Twin) -> tuple[Candidate, ...]:
    """Compile the baseline and every scenario of an experiment.

    Raises
    ------
    InputError
        Where a change does not fit the twin, or there is nothing to compare.
    """
    if not experiment.scenarios:
        raise InputError("the file names no scenarios to compare; ask `twin sweep` or `twin optimize`")
    named = {BASELINE: (base, ())} | {name: phases(base, changes) for name, changes in experiment.scenarios.items()}
    run = experiment.run
    window = (run.warm_up, run.warm_up + run.length)
    compiled = [candidate(name, twin, changes, window, base.start) for name, (twin, changes) in named.items()]
    early = frozenset(metric for each in compiled for metric in each.yardstick.early)
    return tuple(_counting(each, early) for each in compiled)


def _counting(one: Candidate, early: frozenset[str]) -> Candidate:
    """Count who leaves early even where nobody can, so that a scenario in which some do has something to be held to."""
    known = one.yardstick._replace(early=early)
    return one._replace(yardstick=known, ruler=ruler(one.model.labels, known))


def candidate(name: str, twin: Twin, changes: Changes, window: Window, start: datetime) -> Candidate:
    """Compile a twin and lay out what is measured of it in a window of ticks."""
    model = compile_model(twin, until=window[1], changes=changes, start=start)
    known = yardstick(twin, window=window, start=start, changes=changes)
    return Candidate(name, twin, changes, model, known, ruler(model.labels, known))


def run_experiment(
    experiment: Experiment,
    base: Twin,
    *,
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
    compiled = candidates(experiment, base)
    visits = sum(expected_in_run(candidate.model, seed=experiment.run.seed) for candidate in compiled)
    work = Work(compiled, experiment.run.seed, "reference")
    execute = executor or on_threads(ready=partial(load, tell=tell))
    parts: list[list[Part]] = [[] for _ in compiled]
    done, wanted = 0, _first_batch(experiment.run)
    while wanted:
        ahead = visits * max(wanted, _usual(experiment.run))
        work = work._replace(engine=worth_loading(ahead) if engine == "auto" else engine)
        tasks = [Task(place, number) for number in range(done, done + wanted) for place in range(len(compiled))]
        for task, part in zip(tasks, execute(work, tasks), strict=True):
            parts[task.candidate].append(part)
            if progress is not None and task.candidate == len(compiled) - 1:
                progress(task.replication + 1, done + wanted)
        done += wanted
        runs = tuple(map(_joined, compiled, parts))
        wanted = _more(experiment, runs)
    return Results(experiment, runs, done, _stops(experiment, runs), experiment.run.seed, work.engine)


def _usual(run: Run) -> int:
    """Give the replications that a run usually takes."""
    return USUAL_REPLICATIONS if run.replications == "auto" else run.replications


def _first_batch(run: Run) -> int:
    return FIRST_REPLICATIONS if run.replications == "auto" else run.replications


def _joined(candidate: Candidate, parts: list[Part]) -> Replicated:
    grids = np.stack([part.measured.lead_times for part in parts])
    return Replicated(
        candidate,
        candidate.ruler.figures,
        np.stack([part.measured.values for part in parts]),
        np.stack([part.measured.weekly for part in parts]),
        grids[np.isfinite(grids).all(axis=1)],
        sum(part.visits for part in parts),
        parts[0].balances,
    )


def asked_values(run: Replicated, answer: Answer) -> Values:
    """Give the asked figure by replication, shape (replications,); NaN where a replication had none."""
    asked = answer.metric, answer.statistic, answer.scope
    places = [place for place, figure in enumerate(run.figures) if figure[:3] == asked]
    return run.values[:, places[0]] if places else np.full(len(run.values), np.nan)


def _pairs(experiment: Experiment, runs: tuple[Replicated, ...]) -> list[Values]:
    """Give each scenario's paired differences of the asked figure, where both sides have one."""
    base, *others = (asked_values(run, experiment.answer) for run in runs)
    differences = [values - base for values in others]
    return [difference[np.isfinite(difference)] for difference in differences]


def _target(experiment: Experiment) -> float:
    return experiment.precision or experiment.answer.worth_in_units / 2


def _more(experiment: Experiment, runs: tuple[Replicated, ...]) -> int:
    if experiment.run.replications != "auto":
        return 0
    done = len(runs[0].values)
    needed = [
        next_replications(pairs, _target(experiment), minimum=FIRST_REPLICATIONS, maximum=MAX_REPLICATIONS)
        for pairs in _pairs(experiment, runs)
        if pairs.size > 1 and np.ptp(pairs) > 0
    ]
    return min(max(needed, default=0), MAX_REPLICATIONS - done)


def _stops(experiment: Experiment, runs: tuple[Replicated, ...]) -> tuple[Stopping, ...]:
    if experiment.run.replications != "auto":
        return ()
    return tuple(
        stopping(pairs, _target(experiment), maximum=MAX_REPLICATIONS)
        for pairs in _pairs(experiment, runs)
        if pairs.size > 1
    )
