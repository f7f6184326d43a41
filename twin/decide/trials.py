"""Run changed twins on common random numbers, each replication once.

Whoever decides asks for a figure of some twins in some replications. What was run before is remembered, under whatever
name it is asked for again; replication numbers name the random numbers, so all twins share all luck that their
differences leave alone, and the order of the questions changes no figure.

Units: figures in those of `twin.metrics`.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.answer import Answer
from twin.changes import Changes
from twin.engine import Engine, expected_in_run, worth_loading
from twin.engine.telling import Tell, silent
from twin.errors import BudgetError, InputError, Problem
from twin.executors import Executor
from twin.executors.keeping import Remember, forgetful
from twin.executors.threads import load, on_threads
from twin.experiment import Progress, candidate
from twin.metrics import Figure
from twin.project import MAX_VISITS
from twin.replication import Candidate, Task, Work
from twin.scenario import Experiment, phases
from twin.spec import Twin

Values = NDArray[np.float64]

TOGETHER: Final = 32
"""Compiled twins held at once."""


class Running(NamedTuple):
    """Where and how replications run; nothing of it changes a figure."""

    engine: Engine = "auto"
    executor: Executor | None = None
    progress: Progress | None = None
    tell: Tell = silent
    remember: Remember = forgetful


class Plan(NamedTuple):
    """A changed twin and those that take over later."""

    name: str
    twin: Twin
    later: tuple[tuple[datetime, Twin], ...]


class Trials:
    """Changed twins by number, and what was measured of them."""

    def __init__(
        self, experiment: Experiment, base: Twin, running: Running, *, planned: int, weeks: bool = False
    ) -> None:
        """Begin with nothing measured.

        Parameters
        ----------
        experiment
            Gives warm-up, length and seed.
        base
            The twin to change.
        running
            Where and how to run.
        planned
            Replications expected in all; only progress and the choice of an engine rest on it.
        weeks
            Whether to keep what each replication gave week by week.
        """
        self.base, self.seed = base, experiment.run.seed
        self.done = 0
        self.window = (experiment.run.warm_up, experiment.run.warm_up + experiment.run.length)
        self._running, self._planned = running, planned
        self._execute = running.executor or on_threads(ready=partial(load, tell=running.tell))
        self._engine: Engine = "reference"
        self._visits = 0.0
        self._plans: list[Plan] = []
        self._numbers: dict[str, int] = {}
        self._figures: dict[int, tuple[Figure, ...]] = {}
        self._measured: dict[tuple[int, int], Values] = {}
        self._weekly: dict[tuple[int, int], Values] | None = {} if weeks else None
        self.visits = 0

    @property
    def engine(self) -> Engine:
        """The engine that ran last."""
        return self._engine

    def add(self, name: str, changes: Changes) -> int:
        """Take in a changed twin and give its number; the same twin has the same number whatever its name.

        Raises
        ------
        InputError
            Where a change does not fit the twin.
        """
        try:
            twin, later = phases(self.base, changes)
        except InputError as error:
            raise InputError(*(Problem(f"{name}: {each.message}") for each in error.problems)) from None
        key = "\n".join([twin.model_dump_json(), *(f"{at} {each.model_dump_json()}" for at, each in later)])
        if key not in self._numbers:
            self._numbers[key] = len(self._plans)
            self._plans.append(Plan(name, twin, later))
        return self._numbers[key]

    def twin(self, number: int) -> Twin:
        """Give a changed twin as it is at the start."""
        return self._plans[number].twin

    def names(self, number: int) -> tuple[Figure, ...]:
        """List the figures of a twin that has run."""
        return self._figures[number]

    def values(self, numbers: Sequence[int], answer: Answer, first: int, count: int) -> Values:
        """Give a figure of several twins in `count` replications from `first` on; NaN where nothing was measured.

        Returns
        -------
        Values
            Shape (numbers, count).

        Raises
        ------
        BudgetError
            Where the runs would be larger than a machine can hold, or one reaches a bound.
        """
        replications = range(first, first + count)
        for start in range(0, len(numbers), TOGETHER):
            self._run(list(dict.fromkeys(numbers[start : start + TOGETHER])), replications)
        asked = answer.metric, answer.statistic, answer.scope
        return np.array([[self._value(number, r, asked) for r in replications] for number in numbers])

    def plan(self, number: int) -> Plan:
        """Give a changed twin with what takes over later."""
        return self._plans[number]

    def weekly(self, number: int, count: int) -> Values:
        """Give the weeks of a twin in the first `count` replications, which have run, shape (count, weeks, columns).

        Raises
        ------
        ValueError
            Where weeks were not to be kept.
        """
        if self._weekly is None:
            raise ValueError("these trials keep no weeks")
        return np.stack([self._weekly[number, replication] for replication in range(count)])

    def _value(self, number: int, replication: int, asked: tuple[str, str, str]) -> float:
        places = [place for place, figure in enumerate(self._figures[number]) if figure[:3] == asked]
        return float(self._measured[number, replication][places[0]]) if places else np.nan

    def _run(self, numbers: Sequence[int], replications: range) -> None:
        """Run what has not run yet."""
        missing = [(r, number) for r in replications for number in numbers if (number, r) not in self._measured]
        if not missing:
            return
        needed = list(dict.fromkeys(number for _, number in missing))
        compiled = tuple(self._compiled(number) for number in needed)
        self._choose_engine(compiled[0], len(missing))
        work, places = Work(compiled, self.seed, self._engine), {number: at for at, number in enumerate(needed)}
        tasks = [Task(places[number], r) for r, number in missing]
        for task, part in zip(tasks, self._execute(work, tasks), strict=True):
            number = needed[task.candidate]
            self._measured[number, task.replication] = part.measured.values
            if self._weekly is not None:
                self._weekly[number, task.replication] = part.measured.weekly
            self._figures[number] = part.measured.figures
            self.done += 1
            self.visits += part.visits
            self._tell_progress()

    def _compiled(self, number: int) -> Candidate:
        plan = self._plans[number]
        return candidate(plan.name, plan.twin, plan.later, self.window, self.base.start)

    def _choose_engine(self, first: Candidate, runs: int) -> None:
        """Choose by the visits ahead, and refuse more than a machine can hold."""
        each = expected_in_run(first.model, seed=self.seed)
        self._visits += each * runs
        if self._visits > MAX_VISITS:
            raise BudgetError(
                f"about {self._visits:.3g} visits in all runs; at most {MAX_VISITS:,}. Try fewer settings"
            )
        asked = self._running.engine
        self._engine = worth_loading(each * max(self._planned, self.done + runs)) if asked == "auto" else asked

    def _tell_progress(self) -> None:
        if self._running.progress is not None:
            self._running.progress(self.done, max(self.done, self._planned))
