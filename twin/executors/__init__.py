"""Where tasks run: interchangeable executors behind one contract.

An executor takes the work and its tasks and gives their parts in the order of the tasks, whatever order they ran in.
"""

from collections.abc import Callable, Iterator, Sequence

from twin.replication import Part, Task, Work

Executor = Callable[[Work, Sequence[Task]], Iterator[Part]]
