"""Keep what a decision asks for as it goes, so that one that was ended goes on and one asked again answers at once.

A decision asks one thing after another, and what it asks next may depend on the answers; since those are the same bytes
each time, so are the questions. Hence the number of tasks asked so far says how far it has come: of the tasks before
that number none may be missing in the store, and those that are were lost to damage. Parts are kept by what they depend
on (`twin.identity.scenario_hash`), so that runs and decisions serve each other.

Rows wait for half a second's work before they are written, over as many questions as that takes. `close` writes the
last ones; what a killed program had not written is run again.
"""

from collections.abc import Callable, Iterator, Sequence
from time import perf_counter

from twin.executors import Executor
from twin.executors.stored import CHUNK, Clock, named_tasks, recalled
from twin.identity import scenario_hash, versions
from twin.replication import Part, Task, Work, to_bytes
from twin.store import Record, Row, Store

Remember = Callable[[str, int, Callable[[], bytes]], bytes]
"""Give what is kept under a name and a number; where nothing is, make it and keep it."""


def forgetful(_name: str, _number: int, make: Callable[[], bytes]) -> bytes:
    """Make it anew each time: where there is no store."""
    return make()


class Keeping:
    """A store as a decision uses it.

    Parameters
    ----------
    store, record
        Where to keep, and the decision it belongs to.
    run
        Runs what is not there; it is not called where nothing is missing.
    tell
        Called with a line for what was lost to damage.
    clock
        Seconds from any beginning.
    """

    def __init__(
        self, store: Store, record: Record, run: Executor, *, tell: Callable[[str], None], clock: Clock = perf_counter
    ) -> None:
        self._store, self._record, self._run, self._tell = store, record, run, tell
        self._clock, self._since = clock, clock()
        self._once, self._asked = store.kept(record.hash), 0
        self._rows: list[Row] = []

    def execute(self, work: Work, tasks: Sequence[Task]) -> Iterator[Part]:
        """Run the tasks that the store does not have; an executor.

        Raises
        ------
        StorageError
            Where what is done cannot be kept.
        """
        names = [scenario_hash(each, seed=work.seed, versions=versions()) for each in work.candidates]
        known = recalled(self._store, self._record, work, names, tasks)
        missing = [task for task in tasks if task not in known]
        lost = [task for place, task in enumerate(tasks, self._asked) if place < self._once and task not in known]
        self._tell_losses()
        if lost:
            self._tell(f"computed again: {named_tasks(work, lost)}")
        coming = self._run(work, missing) if missing else iter(())
        for task in tasks:
            there = known.get(task)
            part = there.part if there else next(coming)
            self._asked += 1
            if there is None or there.experiment != self._record.hash:
                self._keep(Row(self._record.hash, names[task.candidate], task.replication, to_bytes(part)))
            yield part

    def remember(self, name: str, number: int, make: Callable[[], bytes]) -> bytes:
        """Give what is kept under a name and a number; where nothing is, make it and keep it.

        Raises
        ------
        StorageError
            Where it cannot be kept.
        """
        there = self._store.recall(self._record.hash, name, range(number, number + 1)).get(number)
        content = make() if there is None else there.content
        if there is None or there.experiment != self._record.hash:
            self._keep(Row(self._record.hash, name, number, content))
        return content

    def close(self) -> None:
        """Write what has not been written yet.

        Raises
        ------
        StorageError
            Where it cannot be.
        """
        rows, self._rows = self._rows, []
        if rows:
            self._store.keep(self._record, rows, kept=self._asked)
        self._since = self._clock()
        self._tell_losses()

    def _keep(self, row: Row) -> None:
        self._rows.append(row)
        if self._clock() - self._since >= CHUNK:
            self.close()

    def _tell_losses(self) -> None:
        while self._store.losses:
            self._tell(self._store.losses.pop(0))
