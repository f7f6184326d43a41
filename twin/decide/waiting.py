"""Where lead time goes: mean hours of work and of each cause of waiting, of the items done in the window.

The causes are those of `twin.attribution`, so the hours of an item sum to its lead time exactly, and their means to the
mean lead time. A cause says what items waited for; what would be gained without it is another question, since whoever
no longer waits for one thing soon waits for the next. Units: hours of the clock.
"""

from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.attribution import SPOKEN, Spent, attribute
from twin.decide.trials import Running
from twin.engine import simulate
from twin.experiment import candidates
from twin.identity import scenario_hash, versions
from twin.page import Cell, Table
from twin.presence import present
from twin.replication import Candidate
from twin.scenario import Experiment
from twin.spec import Twin
from twin.units import HOUR

REPLICATIONS = 5
"""Runs of each twin: causes are for looking, not for deciding."""


class Waits(NamedTuple):
    """How the items of a twin spent their time."""

    name: str
    items: int  # done in the windows of all replications
    hours: NDArray[np.float64]  # (len(Spent),) mean per item

    @property
    def lead_time(self) -> float:
        """Mean lead time in hours."""
        return float(self.hours.sum())


def waits_of(experiment: Experiment, base: Twin, running: Running) -> tuple[Waits, ...]:
    """Attribute the time of the items that the answer is about, in the baseline and in every scenario.

    Parameters
    ----------
    experiment, base
        The question and the twin it is about.
    running
        How to run, what is remembered, and whom to tell where an engine is compiled first.
    """
    work, found = experiment.answer.work, []
    for candidate in candidates(experiment, base):
        name = f"waits of {scenario_hash(candidate, seed=experiment.run.seed, versions=versions())} {work or ''}"
        counts = np.zeros(1 + len(Spent), np.int64)
        for replication in range(REPLICATIONS):
            made = partial(_counted, candidate, experiment, replication, running)
            counts += np.frombuffer(running.remember(name, replication, made), "<i8")
        found.append(Waits(candidate.name, int(counts[0]), counts[1:] / HOUR / max(int(counts[0]), 1)))
    return tuple(found)


def _counted(candidate: Candidate, experiment: Experiment, replication: int, running: Running) -> bytes:
    """Count the items done in the window of a replication, and the ticks they spent, as int64."""
    since, until = candidate.yardstick.window
    run = {"seed": experiment.run.seed, "replication": replication}
    outcome = simulate(candidate.model, **run, engine=running.engine, tell=running.tell)
    stays = attribute(present(candidate.model, **run), outcome)
    asked = (stays.done >= since) & (stays.done < until)
    if experiment.answer.work is not None:
        asked &= stays.work == outcome.labels.works.index(experiment.answer.work)
    return np.append(asked.sum(), stays.spent[asked].sum(axis=0)).astype("<i8").tobytes()


def waits_table(waits: tuple[Waits, ...], work: str | None) -> Table:
    """Show the mean hours of an item by cause, a column for each twin; causes that nobody has are left out."""
    kept = [each for each in Spent if any(one.hours[each] > 0 for one in waits)]
    rows: list[tuple[Cell, ...]] = [(SPOKEN[each], *(float(one.hours[each]) for one in waits)) for each in kept]
    rows.append(("lead time", *(one.lead_time for one in waits)))
    whose = f"an item of {work}" if work else "an item"
    return Table(("hours", *(one.name for one in waits)), tuple(rows), f"How {whose} spends its time, mean hours")


def say_waits(waits: tuple[Waits, ...]) -> str:
    """Say where the lead time of the baseline goes."""
    base = waits[0]
    if not base.items:
        return "No item was done in the window, so nothing can be said of where time goes."
    causes = sorted((each for each in Spent if each != Spent.WORK), key=lambda each: -base.hours[each])
    told = " and ".join(f"{SPOKEN[each]} ({base.hours[each] / base.lead_time:.0%})" for each in causes[:2])
    return f"Work is {base.hours[Spent.WORK] / base.lead_time:.0%} of lead time; most of the rest is {told}."
