"""Run changed twins on common random numbers, each replication once.

Whoever decides asks for a figure of some twins in some replications. What was run before is remembered, under whatever
name it is asked for again; replication numbers name the random numbers, so all twins share all luck that their
differences leave alone, and the order of the questions changes no figure.

Where the twin has an ensemble of M, replication r is of its twin r mod M with the same changes, whoever asks: so what
differs between two changed twins differs in the same plausible organisation under the same luck. Means are then over
luck and over all M alike, and their intervals have the three parts of `twin.uncertainty`.

Units: figures in those of `twin.metrics`.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.answer import Answer
from twin.cautions import Seen, cautions_of
from twin.certainty import limits_of, say_known, say_rounded, untested
from twin.changes import Changes
from twin.compare import unit_of
from twin.credibility import Credibility, discrepancy_of
from twin.curves import weekly_band
from twin.engine import Engine, expected_in_run, worth_loading
from twin.engine.telling import Tell, silent
from twin.errors import BudgetError, InputError, Problem
from twin.estimate import LEVEL, Difference, Estimate
from twin.executors import Executor
from twin.executors.keeping import Remember, forgetful
from twin.executors.threads import load, on_threads
from twin.experiment import Progress, candidate, members_of, whole
from twin.grounds import Grounds, ranges_of
from twin.method import Conduct, Pressed
from twin.metrics import Figure
from twin.project import MAX_VISITS
from twin.replication import Candidate, Task, Work
from twin.scenario import Experiment, phases
from twin.spec import Twin
from twin.uncertainty import Numbers, total_difference, total_estimate

Values = NDArray[np.float64]

TOGETHER: Final = 32
"""Changed twins held at once."""
LAID_OUT: Final = 640
"""Compiled twins held at once, where each changed twin is one for each of an ensemble."""


class Doubt(NamedTuple):
    """What is not sure of a twin."""

    members: tuple[Twin, ...] = ()  # twins that the data hold as plausible as it (`twin.ensemble`)
    credibility: Credibility | None = None  # what it has earned in backtests
    grounds: Grounds | None = None  # what it was calibrated from


SURE: Final = Doubt()
"""The calibrated twin alone."""


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
    changes: Changes


class Trials:
    """Changed twins by number, and what was measured of them."""

    def __init__(
        self,
        experiment: Experiment,
        base: Twin,
        running: Running,
        doubt: Doubt = SURE,
        *,
        planned: int,
        weeks: bool = False,
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
        doubt
            Its ensemble, whose twins run instead of it, and its grade. Without an ensemble intervals know the luck of
            the runs alone, and the grade is for the reader.
        planned
            Replications expected in all; only progress and the choice of an engine rest on it.
        weeks
            Whether to keep what each replication gave week by week.
        """
        self.base, self.seed = base, experiment.run.seed
        self.done = self.visits = 0
        self.members = len(doubt.members)
        self._doubt, self._experiment = doubt, experiment
        self.window = (experiment.run.warm_up, experiment.run.warm_up + experiment.run.length)
        self._running, self._planned = running, planned
        self._execute = running.executor or on_threads(ready=partial(load, tell=running.tell))
        self._engine: Engine = "reference"
        self._visits = 0.0
        self._plans: list[Plan] = []
        self._numbers: dict[str, int] = {}
        self._figures: dict[int, tuple[Figure, ...]] = {}
        self._measured: dict[tuple[int, int], Values] = {}
        self._weekly: dict[tuple[int, int], Values] = {}
        self._all_weeks, self._unchanged = weeks, -1
        self._laid_out: dict[int, Candidate] = {}
        self._balances: tuple[str, ...] = ()

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
            self._plans.append(Plan(name, twin, later, changes))
        self._unchanged = self._unchanged if changes else self._numbers[key]
        return self._numbers[key]

    def twin(self, number: int) -> Twin:
        """Give a changed twin as it is at the start."""
        return self._plans[number].twin

    def last(self, number: int) -> Twin:
        """Give a changed twin as it is after its last dated change."""
        return self._in_force(number)[-1]

    def last_of_each(self, number: int) -> tuple[Twin, ...]:
        """Give it of each of the ensemble; none where there is no ensemble."""
        members = self._compiled(number).members
        return tuple(each.changes[-1][1] if each.changes else each.twin for each in members)

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
        for start in range(0, len(numbers), self._together):
            self._run(list(dict.fromkeys(numbers[start : start + self._together])), replications)
        asked = answer.metric, answer.statistic, answer.scope
        return np.array([[self._value(number, r, asked) for r in replications] for number in numbers])

    def once(self, numbers: Sequence[int], answer: Answer, replication: int) -> Values:
        """Give a figure of several twins in one replication, shape (numbers,); NaN where nothing was measured.

        Of the ensemble only the twin that the replication is of is laid out.

        Raises
        ------
        BudgetError
            As in `values`.
        """
        self._run(list(dict.fromkeys(numbers)), range(replication, replication + 1), alone=True)
        asked = answer.metric, answer.statistic, answer.scope
        return np.array([self._value(number, replication, asked) for number in numbers])

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
        if not self._all_weeks:
            raise ValueError("these trials keep no weeks")
        return np.stack([self._weekly[number, replication] for replication in range(count)])

    def whole(self, replications: int) -> int:
        """Round replications up to as many of each twin of the ensemble, at least two; as they are without one."""
        return whole(replications, self.members)

    def numbers(self, first: int, count: int) -> Numbers | None:
        """Give the number of the ensemble's twin that each of `count` replications from `first` on is of."""
        return np.arange(first, first + count) % self.members if self.members else None

    def estimate(self, values: Values, answer: Answer, *, first: int = 0) -> Estimate:
        """Estimate a mean of a figure over replications from `first` on, with all that makes it uncertain."""
        known = self.numbers(first, values.size), self._discrepancy(answer)
        return total_estimate(values, *known, unit=unit_of(answer))

    def difference(
        self,
        base: Values,
        changed: Values,
        answer: Answer,
        *,
        first: int = 0,
        level: float = LEVEL,
        of_model: bool = True,
    ) -> Difference:
        """Compare means of a figure over the same replications from `first` on, with all that makes it uncertain.

        Parameters
        ----------
        base, changed
            Shape (replications,), paired.
        answer
            The figure.
        first
            Number of the first replication.
        level
            Of the interval.
        of_model
            Whether to count what the model gets wrong; not where the interval decides what is run next, since a grade
            is no part of a decision's name.
        """
        known = self.numbers(first, base.size), self._discrepancy(answer) if of_model else None
        return total_difference(base, changed, *known, level=level, unit=unit_of(answer))

    def conduct(self, replications: str, *, ran: int | None = None) -> Conduct:
        """Say how everything was run so far.

        Parameters
        ----------
        replications
            How many and of what, in words.
        ran
            How many, where that is the number asked for, rounded up.
        """
        asked, doubt = self._experiment, self._doubt
        weeks = [weekly for (number, _), weekly in sorted(self._weekly.items()) if number == self._unchanged]
        counted = self._discrepancy(asked.answer) is not None
        known = discrepancy_of(doubt.credibility, asked.answer.metric, asked.answer.statistic) is not None
        rounded = "" if ran is None else say_rounded(asked.run.replications, ran, self.members)
        why = "counted over an ensemble only" if known else untested(doubt.credibility)
        return Conduct(
            asked,
            self.base,
            self.seed,
            self.members,
            f"{replications}; {rounded}" if rounded else replications,
            say_known(self.members, None if counted else why),
            limits_of(self.members, doubt.credibility, doubt.grounds),
            weekly_band(np.stack(weeks), "wip").mean if weeks else np.empty(0),
            self.done,
            self.visits,
            self._balances,
            tuple(self._busy()),
        )

    def cautions(self, named: Mapping[str, int], answers: Sequence[Answer]) -> tuple[str, ...]:
        """Warn of what figures rest on, in the words of a comparison.

        Parameters
        ----------
        named
            The twins that are told of, by the name under which they are, the twin as it is first.
        answers
            Their figures.
        """
        measured: dict[int, list[Values]] = {number: [] for number in named.values()}
        for (number, _), values in self._measured.items():
            if number in measured:
                measured[number].append(values)
        several = self.members > 1
        seen = [
            Seen(name, self._in_force(number), self._figures.get(number, ()), np.array(measured[number]), several)
            for name, number in named.items()
        ]
        observed = ranges_of(self._doubt.grounds, self._doubt.credibility)
        return cautions_of(seen, answers, observed, length=self._experiment.run.length)

    def _in_force(self, number: int) -> tuple[Twin, ...]:
        plan = self._plans[number]
        return (plan.twin, *(later for _, later in plan.later))

    def _discrepancy(self, answer: Answer) -> float | None:
        """Give what the model gets wrong of a figure; nothing without an ensemble, where intervals are of luck."""
        return discrepancy_of(self._doubt.credibility, answer.metric, answer.statistic) if self.members else None

    def _busy(self) -> Iterator[Pressed]:
        """Tell how busy each team is in each twin that ran."""
        found: dict[int, list[Values]] = {}
        for (number, _), values in self._measured.items():
            found.setdefault(number, []).append(values)
        for number, rows in sorted(found.items()):
            for figure, level in zip(self._figures[number], np.mean(rows, axis=0).tolist(), strict=True):
                if figure.metric == "utilisation":
                    yield Pressed(figure.scope, level, self._plans[number].name)

    @property
    def _together(self) -> int:
        return max(1, LAID_OUT // max(self.members, LAID_OUT // TOGETHER))

    def _value(self, number: int, replication: int, asked: tuple[str, str, str]) -> float:
        places = [place for place, figure in enumerate(self._figures[number]) if figure[:3] == asked]
        return float(self._measured[number, replication][places[0]]) if places else np.nan

    def _run(self, numbers: Sequence[int], replications: range, *, alone: bool = False) -> None:
        """Run what has not run yet; alone, lay only that twin of the ensemble out that the one replication is of."""
        missing = [(r, number) for r in replications for number in numbers if (number, r) not in self._measured]
        if not missing:
            return
        needed = list(dict.fromkeys(number for _, number in missing))
        lay_out = partial(self._alone, replication=replications[0]) if alone and self.members else self._compiled
        compiled = tuple(lay_out(number) for number in needed)
        self._choose_engine(compiled[0], len(missing))
        work, places = Work(compiled, self.seed, self._engine), {number: at for at, number in enumerate(needed)}
        tasks = [Task(places[number], r) for r, number in missing]
        for task, part in zip(tasks, self._execute(work, tasks), strict=True):
            number = needed[task.candidate]
            self._measured[number, task.replication] = part.measured.values
            if self._all_weeks or number == self._unchanged:
                self._weekly[number, task.replication] = part.measured.weekly
            self._figures[number] = part.measured.figures
            self._balances = part.balances if number == self._unchanged else self._balances or part.balances
            self.done += 1
            self.visits += part.visits
            self._tell_progress()

    def _alone(self, number: int, *, replication: int) -> Candidate:
        """Lay a twin out, and of the ensemble the one that a replication is of; it runs under its own number."""
        plan, place = self._plans[number], replication % self.members
        one = candidate(plan.name, plan.twin, plan.later, self.window, self.base.start)
        of = self._doubt.members[place : place + 1]
        return one._replace(members=members_of(one, plan.changes, of, self.base.start, first=place + 1))

    def _compiled(self, number: int) -> Candidate:
        """Lay a twin out, and that of each of the ensemble; these are kept for a while, since laying out takes long."""
        plan, members = self._plans[number], self._doubt.members
        if number in self._laid_out:
            return self._laid_out[number]
        one = candidate(plan.name, plan.twin, plan.later, self.window, self.base.start)
        if not members:
            return one
        while len(self._laid_out) >= self._together:
            del self._laid_out[next(iter(self._laid_out))]
        self._laid_out[number] = one._replace(members=members_of(one, plan.changes, members, self.base.start))
        return self._laid_out[number]

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
