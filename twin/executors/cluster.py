"""Run tasks on a Dask cluster.

The work is sent to every worker once; tasks go in chunks, whose size changes nothing but the traffic. A worker that is
lost costs time only: its chunks are run again elsewhere and give the same parts, since a random number has a name.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from twin.errors import InputError
from twin.executors import Executor
from twin.replication import Part, Task, Work, replicate

Client = Any
"""A `distributed.Client`, which has no types."""

RETRIES: Final = 3
CHUNK: Final = 8
SECONDS: Final = 20


def connect(address: str) -> Client:
    """Connect to a scheduler.

    Raises
    ------
    InputError
        Where the extra is not installed or nobody answers at the address.
    """
    try:
        import distributed  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        raise InputError("a cluster needs `pip install 'worktwin[cluster]'`") from None
    try:
        return distributed.Client(address, timeout=SECONDS, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise InputError(f"no cluster answers at {address}: {error}") from None


def on_cluster(client: Client, *, chunk: int = CHUNK) -> Executor:
    """Make an executor of a Dask client, `chunk` tasks at a time."""

    def execute(work: Work, tasks: Sequence[Task]) -> Iterator[Part]:
        sent = client.scatter(work, broadcast=True)
        chunks = [tasks[first : first + chunk] for first in range(0, len(tasks), chunk)]
        futures = client.map(_run_chunk, [sent] * len(chunks), chunks, retries=RETRIES, pure=False)
        try:
            for future in futures:
                yield from future.result()
        finally:
            client.cancel(futures)

    return execute


def _run_chunk(work: Work, tasks: Sequence[Task]) -> list[Part]:
    return [replicate(work, task) for task in tasks]
