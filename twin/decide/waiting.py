"""Where lead time goes: mean hours of work and of each cause of waiting, of the items done in the window.

The causes are those of `twin.attribution`, so the hours of an item sum to its lead time exactly, and their means to the
mean lead time. A cause says what items waited for; what would be gained without it is another question, since whoever
no longer waits for one thing soon waits for the next.

Over an ensemble the hours are means over its twins, a twin's being those of its items in two replications; beside the
mean stand the least and the most of any twin. Units: hours of the clock.
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.attribution import SPOKEN, Spent, attribute
from twin.decide.trials import Running
from twin.engine import simulate
from twin.experiment import OF_EACH, candidates
from twin.identity import scenario_hash, versions
from twin.page import Cell, Table
from twin.presence import present
from twin.replication import Candidate
from twin.scenario import Experiment
from twin.spec import Twin
from twin.units import HOUR

Hours = NDArray[np.float64]

REPLICATIONS = 5
"""Runs of each twin: causes are for looking, not for deciding."""


class Waits(NamedTuple):
    """How the items of a twin spent their time."""

    name: str
    items: int  # done in the windows of all replications
    hours: Hours  # (len(Spent),) mean per item
    of_twins: Hours | None = None  # (twins with an item done, len(Spent)) the same of each of an ensemble

    @property
    def lead_time(self) -> float:
        """Mean lead time in hours."""
        return float(self.hours.sum())

    def span(self, cause: Spent) -> tuple[float, float] | None:
        """Least and most hours of any twin of an ensemble; None without one."""
        if self.of_twins is None or not len(self.of_twins):
            return None
        found = self.of_twins[:, cause]
        return float(found.min()), float(found.max())


def waits_of(experiment: Experiment, base: Twin, running: Running, members: Sequence[Twin] = ()) -> tuple[Waits, ...]:
    """Attribute the time of the items that the answer is about, in the baseline and in every scenario.

    Parameters
    ----------
    experiment, base
        The question and the twin it is about.
    running
        How to run, what is remembered, and whom to tell where an engine is compiled first.
    members
        Twins of the ensemble, which run instead of the calibrated one.
    """
    work, replications = experiment.answer.work, OF_EACH * len(members) or REPLICATIONS
    found = []
    for candidate in candidates(experiment, base, members):
        name = f"waits of {scenario_hash(candidate, seed=experiment.run.seed, versions=versions())} {work or ''}"
        counts = np.zeros((replications, 1 + len(Spent)), np.int64)
        for replication in range(replications):
            made = partial(_counted, candidate, experiment, replication, running)
            counts[replication] = np.frombuffer(running.remember(name, replication, made), "<i8")
        found.append(_waits(candidate.name, counts, len(members)))
    return tuple(found)


def _waits(name: str, counts: NDArray[np.int64], members: int) -> Waits:
    """Average items and ticks by replication, shape (replications, 1 + len(Spent)), over items, then over twins."""
    total = counts.sum(axis=0)
    items = int(total[0])
    if not members:
        return Waits(name, items, total[1:] / HOUR / max(items, 1))
    by_twin = counts.reshape(-1, members, counts.shape[1]).sum(axis=0)
    some = by_twin[by_twin[:, 0] > 0]
    hours = some[:, 1:] / HOUR / some[:, :1]
    return Waits(name, items, hours.mean(axis=0) if len(some) else np.zeros(len(Spent)), hours)


def _counted(candidate: Candidate, experiment: Experiment, replication: int, running: Running) -> bytes:
    """Count the items done in the window of a replication, and the ticks they spent, as int64."""
    model, known, _ = candidate.laid_out(replication)
    since, until = known.window
    run = {"seed": experiment.run.seed, "replication": replication}
    outcome = simulate(model, **run, engine=running.engine, tell=running.tell)
    stays = attribute(present(model, **run), outcome)
    asked = (stays.done >= since) & (stays.done < until)
    if experiment.answer.work is not None:
        asked &= stays.work == outcome.labels.works.index(experiment.answer.work)
    return np.append(asked.sum(), stays.spent[asked].sum(axis=0)).astype("<i8").tobytes()


def waits_table(waits: tuple[Waits, ...], work: str | None) -> Table:
    """Show the mean hours of an item by cause, a column for each twin; causes that nobody has are left out."""
    kept = [each for each in Spent if any(one.hours[each] > 0 for one in waits)]
    rows: list[tuple[Cell, ...]] = [(SPOKEN[each], *(_hours(one, each) for one in waits)) for each in kept]
    rows.append(("lead time", *(one.lead_time for one in waits)))
    whose = f"an item of {work}" if work else "an item"
    twins = any(one.of_twins is not None for one in waits)
    over = " over the twins of the ensemble (least to most of any twin)" if twins else ""
    title = f"How {whose} spends its time, mean hours{over}"
    return Table(("hours", *(one.name for one in waits)), tuple(rows), title)


def _hours(waits: Waits, cause: Spent) -> Cell:
    span, mean = waits.span(cause), float(waits.hours[cause])
    return mean if span is None else f"{mean:.3g} ({span[0]:.3g} to {span[1]:.3g})"


def say_waits(waits: tuple[Waits, ...]) -> str:
    """Say where the lead time of the baseline goes."""
    base = waits[0]
    if not base.items:
        return "No item was done in the window, so nothing can be said of where time goes."
    causes = sorted((each for each in Spent if each != Spent.WORK), key=lambda each: -base.hours[each])
    shares = 100 * base.hours / base.lead_time
    told = " and ".join(f"{SPOKEN[each]} ({shares[each]:.0f} %)" for each in causes[:2])
    return f"Work is {shares[Spent.WORK]:.0f} % of lead time; most of the rest is {told}."
