"""What is written down, in the words of `twin.rows`, and the waits among it."""

from twin import rows
from twin.causes import Cause
from twin.engine.kernel.arrays import Hall, Log, Record
from twin.engine.kernel.jit import at, inlined

HANDOFF, EXTERNAL, OFF_CALENDAR = int(Cause.HANDOFF), int(Cause.EXTERNAL), int(Cause.OFF_CALENDAR)
DEPENDENCY, BLOCKED, PREEMPTED = int(Cause.DEPENDENCY), int(Cause.BLOCKED), int(Cause.PREEMPTED)
PARKED = int(Cause.PARKED)

named, stamped, stamped_if_come = inlined(rows.named), inlined(rows.stamped), inlined(rows.stamped_if_come)
person_low, person_high, kind = inlined(rows.person_low), inlined(rows.person_high), inlined(rows.kind)
wait_name = inlined(rows.wait_name)


@inlined
def wait(hall: Hall, log: Log, item: Record, cause: int, since: int, ticks: int) -> None:
    """Write a wait down, if it is one."""
    if ticks != 0:
        write_wait(hall, log, item, cause, since, ticks)


@inlined
def write_wait(hall: Hall, log: Log, item: Record, cause: int, since: int, ticks: int) -> None:
    """Write a wait down."""
    floor = hall.floor[0]
    written = at(floor.waits)
    log.waits[written, 0], log.waits[written, 1], log.waits[written, 2] = wait_name(item.row, cause), since, ticks
    floor.waits += 1
