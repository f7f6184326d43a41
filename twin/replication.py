"""One replication of one candidate: the smallest piece of an experiment, the same wherever it runs.

A task is named by the candidate and the replication number. What it gives is small, a row of figures and not a log, and
depends on nothing but its name and the work it belongs to: so any executor may run tasks in any order, anywhere, and
more than once.
"""

from datetime import datetime
from typing import NamedTuple

from twin.engine import Engine, simulate
from twin.metrics import Measured, Ruler, measure_visits
from twin.plan import Model
from twin.spec import Twin
from twin.yardstick import Yardstick

Changes = tuple[tuple[datetime, Twin], ...]
"""Twins that take over later, each from its date on."""


class Candidate(NamedTuple):
    """A twin to run: the baseline or a scenario."""

    name: str
    twin: Twin  # as it is at the start
    changes: Changes
    model: Model
    yardstick: Yardstick
    ruler: Ruler


class Task(NamedTuple):
    """Names a replication."""

    candidate: int  # its place in the work's candidates
    replication: int


class Work(NamedTuple):
    """What the tasks of an experiment have in common."""

    candidates: tuple[Candidate, ...]
    seed: int
    engine: Engine


class Part(NamedTuple):
    """What one replication gave."""

    measured: Measured
    visits: int  # rows simulated
    balances: tuple[str, ...]  # conservation equalities that held


def replicate(work: Work, task: Task) -> Part:
    """Run a task.

    Raises
    ------
    BudgetError
        Where the replication reaches a bound.
    """
    candidate = work.candidates[task.candidate]
    outcome = simulate(candidate.model, seed=work.seed, replication=task.replication, engine=work.engine)
    measured = measure_visits(outcome.visits, candidate.ruler, end=outcome.ledger.end)
    return Part(measured, len(outcome.rows), outcome.balances)
