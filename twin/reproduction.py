"""Run again what a store has kept, from the store alone, and hold the bytes together.

The same inputs, versions and seed give the same bytes on the same platform. Where they do not, what differs between
then and now in where the results come from (versions, platform) is named: the cause is among it, or in the machine.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from twin.engine import Engine, expected_in_run, worth_loading
from twin.errors import StorageError
from twin.executors import Executor
from twin.executors.stored import recalled
from twin.experiment import candidates
from twin.identity import Inputs, experiment_hash, read, scenario_hash, versions
from twin.replication import Candidate, Part, Task, Work, to_bytes
from twin.store import Record, Store

Decide = Callable[[Inputs, Executor], object]
"""Take a decision from its inputs, running what it asks for with an executor."""

NOT_COMPARED = ("command", "started", "host")


class Change(NamedTuple):
    """What is not as it was when the results were kept."""

    name: str
    then: str
    now: str


class Reproduced(NamedTuple):
    """What came of running results again."""

    record: Record
    work: Work
    tasks: tuple[Task, ...]  # run again
    different: tuple[Task, ...]  # that gave other bytes
    changes: tuple[Change, ...]  # in where results come from


def reproduce(
    store: Store, record: Record, execute: Executor, origin: Mapping[str, str], *, most: int, engine: Engine = "auto"
) -> Reproduced:
    """Run an experiment's replications again.

    Parameters
    ----------
    store, record
        What was kept.
    execute
        Where to run.
    origin
        Where results come from now, by name.
    most
        Replications of each scenario to run again, from the first on.
    engine
        Which engine; the bytes are the same.

    Raises
    ------
    InputError
        Where the inputs cannot be read any more.
    StorageError
        Where inputs and name do not belong together, or nothing is kept that can be run again.
    """
    inputs = _inputs(store, record)
    compiled = candidates(inputs.experiment, inputs.base, inputs.members)
    seed = inputs.experiment.run.seed
    work = Work(compiled, seed, "reference")
    names = [scenario_hash(candidate, seed=seed, versions=inputs.versions) for candidate in compiled]
    done = -(-store.kept(record.hash) // len(compiled))
    asked = [Task(place, number) for number in range(min(done, most)) for place in range(len(compiled))]
    known = {
        task: kept
        for task, kept in recalled(store, record, work, names, asked).items()
        if kept.experiment == record.hash
    }
    if not known:
        raise StorageError(f"{store.path}: nothing of run {record.hash[:12]} is kept that this version can run again")
    tasks = tuple(task for task in asked if task in known)
    visits = sum(expected_in_run(candidate.model, seed=seed) for candidate in compiled) * len(tasks) / len(compiled)
    work = work._replace(engine=worth_loading(visits) if engine == "auto" else engine)
    different = tuple(
        task
        for task, part in zip(tasks, execute(work, tasks), strict=True)
        if to_bytes(part) != to_bytes(known[task].part)
    )
    return Reproduced(record, work, tasks, different, _changes(record, inputs, origin))


def reproduce_decision(
    store: Store, record: Record, execute: Executor, origin: Mapping[str, str], decide: Decide, *, most: int
) -> Reproduced:
    """Take a decision again and run anew what it asks for, as `reproduce` does for an experiment.

    Parameters
    ----------
    store, record, execute, origin
        As in `reproduce`.
    decide
        Takes the decision of this kind, with the executor it is given.
    most
        Replications of each twin to run again; those beyond are taken as they were kept.

    Raises
    ------
    InputError, StorageError
        As in `reproduce`.
    """
    inputs = _inputs(store, record)
    seen, tasks, different = list[Candidate](), list[Task](), list[Task]()

    def executed(work: Work, asked: Sequence[Task]) -> Iterator[Part]:
        names = [scenario_hash(each, seed=work.seed, versions=inputs.versions) for each in work.candidates]
        known = {t: k.part for t, k in recalled(store, record, work, names, asked).items()}
        again = {task: task in known for task in asked if task.replication < most or task not in known}
        coming = execute(work, list(again)) if again else iter(())
        first = len(seen)
        seen.extend(work.candidates)
        for task in asked:
            part = next(coming) if task in again else known[task]
            if again.get(task):
                tasks.append(Task(first + task.candidate, task.replication))
                different.extend(tasks[-1:] if to_bytes(part) != to_bytes(known[task]) else [])
            yield part

    decide(inputs, executed)
    if not tasks:
        raise StorageError(f"{store.path}: nothing of run {record.hash[:12]} is kept that this version can run again")
    work = Work(tuple(seen), inputs.experiment.run.seed, "reference")
    return Reproduced(record, work, tuple(tasks), tuple(different), _changes(record, inputs, origin))


def _inputs(store: Store, record: Record) -> Inputs:
    """Read what a run was made of, and see that it is what it was named by."""
    inputs = read(record.inputs)
    if experiment_hash(inputs) != record.hash:
        raise StorageError(f"{store.path}: the inputs of run {record.hash[:12]} are not those it was named by")
    return inputs


def chosen(store: Store, name: str | None) -> Record:
    """Find a run by the beginning of its name; the last one, if none is given.

    Raises
    ------
    StorageError
        Where there is no such run, or several.
    """
    there = store.experiments()
    found: Sequence[Record] = there[-1:] if name is None else [each for each in there if each.hash.startswith(name)]
    if len(found) != 1:
        what = f"{len(found)} runs begin with {name!r}" if there else "no run is kept"
        known = f"; kept are {', '.join(each.hash[:12] for each in there)}" if there else ""
        raise StorageError(f"{store.path}: {what}{known}")
    return found[0]


def _changes(record: Record, inputs: Inputs, origin: Mapping[str, str]) -> tuple[Change, ...]:
    then = json.loads(record.provenance) | {name: str(told) for name, told in inputs.versions.items()}
    now = {**{name: str(told) for name, told in versions().items()}, **origin}
    return tuple(
        Change(name, then.get(name, "not told"), told)
        for name, told in now.items()
        if name not in NOT_COMPARED and then.get(name) != told
    )
