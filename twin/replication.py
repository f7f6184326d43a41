"""One replication of one candidate: the smallest piece of an experiment, the same wherever it runs.

A task is named by the candidate and the replication number. What it gives is small, a row of figures and not a log, and
depends on nothing but its name and the work it belongs to: so any executor may run tasks in any order, anywhere, and
more than once. Where the twin has an ensemble of M, replication r runs member r mod M, of every candidate alike: so
both sides of a pair share the member as they share the luck.
"""

import json
import struct
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from twin.engine import Engine, counted, simulate
from twin.member import Changes, LaidOut, Member
from twin.metrics import Figure, Measured, Ruler, measure_counts
from twin.plan import Model
from twin.spec import Twin
from twin.yardstick import Yardstick

LAYOUT_VERSION: Final = 2
"""Of a part's bytes."""

_HEAD: Final = struct.Struct("<qqqqq")
"""Ahead of a part's numbers: visits, and how many figures, weeks, columns of weeks and quantiles of lead times."""


class Candidate(NamedTuple):
    """A twin to run: the baseline or a scenario."""

    name: str
    twin: Twin  # as it is at the start
    changes: Changes
    model: Model
    yardstick: Yardstick
    ruler: Ruler
    members: tuple[Member, ...] = ()  # the same of each twin of an ensemble

    def laid_out(self, replication: int) -> LaidOut:
        """Give what a replication runs."""
        if not self.members:
            return LaidOut(self.model, self.yardstick, self.ruler)
        return self.members[replication % len(self.members)].laid_out


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
    InputError
        Where a member of the ensemble cannot be compiled.
    """
    model, _, ruler = work.candidates[task.candidate].laid_out(task.replication)
    outcome = simulate(model, seed=work.seed, replication=task.replication, engine=work.engine)
    counts = counted(outcome, ruler.window, ruler.promises, ruler.clocks, ruler.laid)
    measured = measure_counts(counts, ruler, end=outcome.ledger.end)
    return Part(measured, len(outcome.rows), outcome.balances)


def to_bytes(part: Part) -> bytes:
    """Write a part: counts as int64, figures as float64, little-endian, and the names of the balances as JSON."""
    figures, weekly, lead_times = part.measured.values, part.measured.weekly, part.measured.lead_times
    numbers = b"".join(array.astype("<f8").tobytes() for array in (figures, weekly, lead_times))
    head = _HEAD.pack(part.visits, figures.size, *weekly.shape, lead_times.size)
    return head + numbers + json.dumps(part.balances).encode()


def from_bytes(content: bytes, figures: Sequence[Figure]) -> Part:
    """Read a part back, of the figures that its candidate has.

    Raises
    ------
    ValueError
        Where it is not a part of so many figures.
    """
    try:
        visits, known, weeks, columns, quantiles = _HEAD.unpack_from(content)
        ends = np.cumsum([0, known, weeks * columns, quantiles])
        numbers = np.frombuffer(content, "<f8", int(ends[-1]), _HEAD.size).astype(np.float64)
        balances = json.loads(content[_HEAD.size + 8 * numbers.size :])
    except (struct.error, ValueError) as error:
        raise ValueError(f"this is no replication: {error}") from None
    if known != len(figures):
        raise ValueError(f"this replication has {known} figures, not {len(figures)}")
    values, weekly, lead_times = (numbers[first:last] for first, last in pairwise(ends))
    measured = Measured(tuple(figures), values, weekly.reshape(weeks, columns), lead_times)
    return Part(measured, visits, tuple(balances))
