"""Run tasks on threads of this machine.

The compiled kernel leaves Python alone while it runs, so threads share the cores; the SimPy reference is Python
throughout and gains nothing from a second thread.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from twin.executors import Executor
from twin.replication import Part, Task, Work, replicate


def cores() -> int:
    """Count the cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def on_threads(workers: int | None = None) -> Executor:
    """Make an executor of so many threads; as many as there are cores, if left out.

    The first task runs alone: it may have to compile the engine.
    """
    count = workers or cores()

    def execute(work: Work, tasks: Sequence[Task]) -> Iterator[Part]:
        yield from map(partial(replicate, work), tasks[:1])
        if count == 1 or work.engine == "reference":
            yield from map(partial(replicate, work), tasks[1:])
            return
        with ThreadPoolExecutor(count) as pool:
            try:
                yield from pool.map(partial(replicate, work), tasks[1:])
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    return execute
