"""A learned twin, run again at the log's size and observed as the log was.

A log of n items is set beside n items of the twin, until all have left. A twin whose demand grows begins where its log
ends: it is run from as long before, with the demand of then. Short logs are set beside several replications,
so that what is compared is the twin and not its luck. Randomness is the twin's numbered streams under one seed.
"""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from calibration.observed import Observed, observe
from twin.engine import simulate
from twin.engine.telling import Tell, silent
from twin.errors import BudgetError, InputError
from twin.eventlog import EventLog
from twin.offered import has_trend
from twin.plan import compile_model
from twin.spec import Twin
from twin.units import WEEK

SEED: Final = 1
"""Seed of all runs; another one gives another noise, within the evidence."""
SIMULATED: Final = 20_000
"""Visits that a rerun has at least, in up to `MOST_REPLICATIONS`."""
MOST_REPLICATIONS: Final = 10


class Runs(NamedTuple):
    """How long reruns are."""

    visits: int = SIMULATED  # at least, as far as `MOST_REPLICATIONS` reach
    most: int | None = None  # stop with about so many, where the log is longer


USUAL: Final = Runs()
PATIENCE: Final = (2, 8, 32)
"""Times the log's length in which a run has to be done, one after the other: lead times may be as long as the log."""


def rerun(twin: Twin, observed: Observed, *, tell: Tell = silent) -> Observed:
    """Run a twin with as many items as a log has.

    Parameters
    ----------
    twin
        The twin.
    observed
        The log's visits.
    tell
        Called with one line where an engine has to be compiled first.

    Raises
    ------
    InputError
        Where the twin does not get the log's work done in 32 times the log's time.
    """
    log, runs = _log(twin, observed, USUAL, tell)
    return observe(log, stages=observed.stages, concurrent=observed.concurrent)._replace(runs=runs)


def rerun_after_delays(twin: Twin, observed: Observed, runs: Runs, *, tell: Tell = silent) -> Observed | None:
    """Run a twin as `rerun` does, with each visit enabled only when its delay is over: what it waits is queueing.

    None where no visit ends: of two items a log may have so low a rate that none comes.
    """
    log, number = _log(twin, observed, runs, tell)
    if log.frame["finished"].null_count() == log.visits:
        return None
    over = (pl.col("enabled") + pl.col("delayed")).alias("enabled")
    later = EventLog(log.frame.with_columns(over), log.start, log.zone, log.end)
    return observe(later, stages=observed.stages, concurrent=observed.concurrent)._replace(runs=number)


def _log(twin: Twin, observed: Observed, runs: Runs, tell: Tell) -> tuple[EventLog, int]:
    size, items = observed.item.size, int(np.unique(observed.item).size)
    shorter = items if runs.most is None else max(1, min(items, items * runs.most // size))
    replications = int(np.clip(runs.visits // size, 1, MOST_REPLICATIONS))
    for patience in PATIENCE:
        model = compile_model(twin, until=patience * int(observed.finished.max()), start=_begin(twin, observed))
        try:
            outcomes = [
                simulate(model, seed=SEED, replication=number, items=shorter, tell=tell)
                for number in range(replications)
            ]
            return _together([outcome.log() for outcome in outcomes]), replications
        except BudgetError as error:
            late = error
    raise InputError(
        f"the twin learned from this log does not get its work done in {PATIENCE[-1]} times the log's time ({late}); "
        "the log may show only a part of who works or when: learn from weeks in which work went on as usual"
    ) from late


def _begin(twin: Twin, observed: Observed) -> datetime:
    """Give the instant from which on the twin runs: where its demand grows from the log's end on, the log's start."""
    if not has_trend(twin):
        return twin.start
    return twin.start - timedelta(weeks=-(-int(observed.finished.max()) // WEEK))


def _together(logs: list[EventLog]) -> EventLog:
    """Join logs of one twin, each with items of its own."""
    nobody = pl.lit(None, pl.String).alias("person")
    frames = [log.frame.with_columns(pl.col("item") * len(logs) + number, nobody) for number, log in enumerate(logs)]
    return EventLog(pl.concat(frames), logs[0].start, logs[0].zone, max(log.end for log in logs))
