"""Run tasks on threads of this machine, where that is quicker than one after the other.

The compiled kernel leaves Python alone while it runs, so threads share the cores. What surrounds it is Python: below
some thousands of visits that is most of a replication, and threads that wait for each other's Python take longer than
one alone. The SimPy reference is Python throughout and gains nothing from a second thread.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from twin.engine import Engine, simulate
from twin.engine.telling import Tell, silent
from twin.executors import Executor
from twin.replication import Part, Task, Work, replicate

WORTH_A_THREAD: Final = 4_000
"""Visits of a replication from which on two threads are quicker than one (measured: 3,400 make them equal)."""


def cores() -> int:
    """Count the cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def load(work: Work, *, tell: Tell = silent) -> None:
    """Load the compiled engine where the work asks for it, telling in one line where it has to be compiled first."""
    if work.engine == "compiled":
        simulate(work.candidates[0].model, seed=work.seed, items=0, engine=work.engine, tell=tell)


def on_threads(workers: int | None = None, *, ready: Callable[[Work], None] = load) -> Executor:
    """Make an executor of so many threads; as many as there are cores and as are worth it, if left out.

    Parameters
    ----------
    workers
        Threads.
    ready
        Called before the first task of each engine and kind of twin: loads the engine.
    """
    count = workers or cores()
    loaded = set[tuple[Engine, frozenset[str]]]()

    def execute(work: Work, tasks: Sequence[Task]) -> Iterator[Part]:
        kind = work.engine, frozenset(each.model.kind for each in work.candidates)
        if kind not in loaded:  # it runs an empty replication, which a search with many small questions would notice
            ready(work)
            loaded.add(kind)
        run = partial(replicate, work)
        if count == 1 or work.engine == "reference":
            yield from map(run, tasks)
            return
        pool = ThreadPoolExecutor(count)
        try:
            first = pool.submit(run, tasks[0]).result()  # on a thread, so that Ctrl-C does not wait for the kernel
            yield first
            small = workers is None and first.visits < WORTH_A_THREAD
            yield from (map if small else pool.map)(run, tasks[1:])
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    return execute
