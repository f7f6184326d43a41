"""Replications of a baseline and its scenarios on the same random numbers.

Every replication number is run once for the baseline and once for each scenario; since random numbers have names, the
two sides of a pair share all luck that the change leaves alone. With ``replications: auto`` more are run until, for
each scenario, the t interval of the paired difference of the asked figure is as narrow as half of the smallest effect
that matters (or the precision asked), or the cap is reached.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from twin.engine import simulate
from twin.metrics import lead_time_grid, measure, weekly
from twin.plan import Model, compile_model
from twin.run_length import FIRST_REPLICATIONS, Stopping, next_replications, stopping
from twin.scenario import BASELINE, Answer, Experiment, Run, phases
from twin.spec import Twin
from twin.yardstick import Yardstick, yardstick

MAX_REPLICATIONS: Final = 200
GRID_POINTS: Final = 101

Progress = Callable[[int, int], None]
"""Told how many replications are done and how many are planned."""


class Candidate(NamedTuple):
    """A twin to run: the baseline or a scenario."""

    name: str
    twin: Twin  # as it is at the start
    changes: tuple[tuple[datetime, Twin], ...]  # dated changes
    model: Model
    yardstick: Yardstick


class Replicated(NamedTuple):
    """What the replications of one candidate gave."""

    candidate: Candidate
    metrics: pl.DataFrame  # replication, metric, statistic, scope, value, unit, better
    weekly: pl.DataFrame  # replication, week, start, arrivals, throughput, wip
    lead_times: NDArray[np.float64]  # (replications with an item done, grid) quantiles of lead time, hours
    visits: int  # rows simulated
    balances: tuple[str, ...]  # conservation equalities that held on every replication


class Results(NamedTuple):
    """An experiment's replications."""

    experiment: Experiment
    runs: tuple[Replicated, ...]  # the baseline first
    replications: int
    stopping: tuple[Stopping, ...]  # why it ended, by scenario; empty where the number was given
    seed: int


def candidates(experiment: Experiment, base: Twin) -> tuple[Candidate, ...]:
    """Compile the baseline and every scenario of an experiment.

    Raises
    ------
    InputError
        Where a change does not fit the twin.
    """
    named = {BASELINE: (base, ())} | {name: phases(base, changes) for name, changes in experiment.scenarios.items()}
    run = experiment.run
    window = (run.warm_up, run.warm_up + run.length)
    return tuple(
        Candidate(
            name, twin, changes, compile_model(twin, until=window[1], changes=changes, start=base.start),
            yardstick(twin, window=window, start=base.start, changes=changes),
        )
        for name, (twin, changes) in named.items()
    )  # fmt: skip


def run_experiment(experiment: Experiment, base: Twin, *, progress: Progress | None = None) -> Results:
    """Run the baseline and every scenario to the precision asked.

    Raises
    ------
    InputError
        Where a change does not fit the twin.
    BudgetError
        Where a replication reaches a bound.
    """
    compiled = candidates(experiment, base)
    parts: dict[str, list[_Part]] = {candidate.name: [] for candidate in compiled}
    done, wanted = 0, _first_batch(experiment.run)
    while wanted:
        for replication in range(done, done + wanted):
            for candidate in compiled:
                parts[candidate.name].append(_replicate(candidate, experiment.run, replication))
            if progress is not None:
                progress(replication + 1, done + wanted)
        done += wanted
        wanted = _more(experiment, parts)
    runs = tuple(_joined(candidate, parts[candidate.name]) for candidate in compiled)
    return Results(experiment, runs, done, _stops(experiment, parts), experiment.run.seed)


class _Part(NamedTuple):
    """One replication of one candidate."""

    metrics: pl.DataFrame
    weekly: pl.DataFrame
    lead_times: NDArray[np.float64] | None
    visits: int
    balances: tuple[str, ...]


def _first_batch(run: Run) -> int:
    return FIRST_REPLICATIONS if run.replications == "auto" else run.replications


def _replicate(candidate: Candidate, run: Run, replication: int) -> _Part:
    outcome = simulate(candidate.model, seed=run.seed, replication=replication)
    log = outcome.log()
    window = candidate.yardstick.window
    numbered = pl.lit(replication).cast(pl.Int32).alias("replication")
    return _Part(
        measure(log, candidate.yardstick).select(numbered, pl.all()),
        weekly(log, window).select(numbered, pl.all()),
        lead_time_grid(log, window, GRID_POINTS),
        log.visits,
        outcome.balances,
    )


def _joined(candidate: Candidate, parts: list[_Part]) -> Replicated:
    return Replicated(
        candidate,
        pl.concat([part.metrics for part in parts]),
        pl.concat([part.weekly for part in parts]),
        np.array([part.lead_times for part in parts if part.lead_times is not None]).reshape(-1, GRID_POINTS),
        sum(part.visits for part in parts),
        parts[0].balances,
    )


def asked_values(metrics: pl.DataFrame, answer: Answer) -> NDArray[np.float64]:
    """Give the asked figure by replication; NaN where a replication had none."""
    chosen = metrics.filter(
        pl.col("metric") == answer.metric, pl.col("statistic") == answer.statistic, pl.col("scope") == answer.scope
    )
    return chosen.sort("replication")["value"].cast(pl.Float64).fill_null(float("nan")).to_numpy()


def _pairs(experiment: Experiment, parts: Mapping[str, list[_Part]]) -> dict[str, NDArray[np.float64]]:
    """Give each scenario's paired differences of the asked figure, where both sides have one."""
    values = {
        name: asked_values(pl.concat([part.metrics for part in several]), experiment.answer)
        for name, several in parts.items()
    }
    pairs = {name: values[name] - values[BASELINE] for name in experiment.scenarios}
    return {name: difference[np.isfinite(difference)] for name, difference in pairs.items()}


def _target(experiment: Experiment) -> float:
    return experiment.precision or experiment.answer.worth_in_units / 2


def _more(experiment: Experiment, parts: Mapping[str, list[_Part]]) -> int:
    if experiment.run.replications != "auto":
        return 0
    done = len(parts[BASELINE])
    needed = [
        next_replications(pairs, _target(experiment), minimum=FIRST_REPLICATIONS, maximum=MAX_REPLICATIONS)
        for pairs in _pairs(experiment, parts).values()
        if pairs.size > 1 and np.ptp(pairs) > 0
    ]
    return min(max(needed, default=0), MAX_REPLICATIONS - done)


def _stops(experiment: Experiment, parts: Mapping[str, list[_Part]]) -> tuple[Stopping, ...]:
    if experiment.run.replications != "auto":
        return ()
    return tuple(
        stopping(pairs, _target(experiment), maximum=MAX_REPLICATIONS)
        for pairs in _pairs(experiment, parts).values()
        if pairs.size > 1
    )
