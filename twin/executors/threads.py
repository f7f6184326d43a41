"""Run tasks on threads of this machine, where that is quicker than one after the other.

The compiled kernel leaves Python alone while it runs, so threads share the cores. What surrounds it is Python: below
some thousands of visits that is most of a replication, and threads that wait for each other's Python take longer than
one alone. The SimPy reference is Python throughout and gains nothing from a second thread.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from twin.executors import Executor
from twin.replication import Part, Task, Work, replicate

WORTH_A_THREAD: Final = 4_000
"""Visits of a replication from which on two threads are quicker than one (measured: 3,400 make them equal)."""


def cores() -> int:
    """Count the cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def on_threads(workers: int | None = None) -> Executor:
    """Make an executor of so many threads; as many as there are cores and as are worth it, if left out.

    The first task runs alone: it may have to compile the engine, and shows how large a replication is.
    """
    count = workers or cores()

    def execute(work: Work, tasks: Sequence[Task]) -> Iterator[Part]:
        small = workers is None
        for part in map(partial(replicate, work), tasks[:1]):
            small = small and part.visits < WORTH_A_THREAD
            yield part
        if count == 1 or small or work.engine == "reference":
            yield from map(partial(replicate, work), tasks[1:])
            return
        with ThreadPoolExecutor(count) as pool:
            try:
                yield from pool.map(partial(replicate, work), tasks[1:])
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    return execute
