"""Run only the tasks that a store does not have yet, and keep there what is done.

What is done is kept in the order of the tasks, in chunks of half a second's work; a run that is ended, by whatever,
loses no more than that. What the store has lost to damage is told by name and run again. Replications of the same
scenario that another experiment has kept serve this one too.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from time import perf_counter
from typing import Final, NamedTuple

from twin.executors import Executor
from twin.identity import scenario_hash, versions
from twin.replication import Part, Task, Work, from_bytes, to_bytes
from twin.store import Record, Row, Store

CHUNK: Final = 0.5
"""Seconds of work between two writes."""

MOST_NAMED: Final = 20

Clock = Callable[[], float]


class Kept(NamedTuple):
    """A task's part as the store has it."""

    part: Part
    experiment: str  # that has kept it


def kept_in(
    store: Store, record: Record, execute: Executor, *, tell: Callable[[str], None], clock: Clock = perf_counter
) -> Executor:
    """Make an executor that looks into a store first, and keeps there what another executor runs.

    Parameters
    ----------
    store, record
        Where to keep the parts, and the experiment they belong to; the executor serves this one only.
    execute
        Runs what is not there; it is not called where nothing is missing.
    tell
        Called with a line for what was lost to damage.
    clock
        Seconds from any beginning.
    """
    once = store.kept(record.hash)
    names: list[str] = []

    def executed(work: Work, tasks: Sequence[Task]) -> Iterator[Part]:
        if not names:
            names.extend(scenario_hash(each, seed=work.seed, versions=versions()) for each in work.candidates)
        known = recalled(store, record, work, names, tasks)
        missing = [task for task in tasks if task not in known]
        lost = [task for task in missing if _place(work, task) < once]
        _tell_losses(store, tell)
        if lost:
            tell(f"computed again: {named_tasks(work, lost)}")
        rows: list[Row] = []
        done, since = 0, clock()
        coming = execute(work, missing) if missing else iter(())
        try:
            for task in tasks:
                there = known.get(task)
                part = there.part if there else next(coming)
                done = _place(work, task) + 1
                if there is None or there.experiment != record.hash:
                    rows.append(Row(record.hash, names[task.candidate], task.replication, to_bytes(part)))
                if rows and clock() - since >= CHUNK:
                    store.keep(record, rows, kept=done)
                    rows, since = [], clock()
                yield part
        finally:
            if rows:
                store.keep(record, rows, kept=done)
            _tell_losses(store, tell)

    return executed


def _tell_losses(store: Store, tell: Callable[[str], None]) -> None:
    while store.losses:
        tell(store.losses.pop(0))


def recalled(store: Store, record: Record, work: Work, names: Sequence[str], tasks: Sequence[Task]) -> dict[Task, Kept]:
    """Take from a store what it has of the tasks, an experiment's own parts before those of others."""
    numbers = [task.replication for task in tasks]
    wanted = range(min(numbers, default=0), max(numbers, default=-1) + 1)
    asked = set(tasks)
    known = {}
    for place, (candidate, name) in enumerate(zip(work.candidates, names, strict=True)):
        for number, row in store.recall(record.hash, name, wanted).items():
            if Task(place, number) in asked:
                part = from_bytes(row.content, candidate.ruler.figures)
                known[Task(place, number)] = Kept(part, row.experiment)
    return known


def _place(work: Work, task: Task) -> int:
    """Count the tasks of the experiment before this one."""
    return task.replication * len(work.candidates) + task.candidate


def named_tasks(work: Work, tasks: Sequence[Task]) -> str:
    """Name tasks: ``baseline 3, 4; one more reviewer 17``."""
    shown = sorted(tasks)[:MOST_NAMED]
    groups = [
        f"{work.candidates[place].name} {', '.join(str(task.replication) for task in group)}"
        for place, group in groupby(shown, key=lambda task: task.candidate)
    ]
    more = f" and {len(tasks) - len(shown)} more" if len(tasks) > len(shown) else ""
    return f"replications of {'; '.join(groups)}{more}"
