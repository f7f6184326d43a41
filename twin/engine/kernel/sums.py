"""The sums of all rows that `twin.conservation` compares, in one pass; as its `summed` does from columns."""

from twin.causes import AT_WORK, DURING_SERVICE, Cause
from twin.engine.kernel.arrays import Bytes, Ints
from twin.engine.kernel.jit import at, door, inlined
from twin.eventlog import NEVER
from twin.rows import CANCELLED, CAUSE_BITS, HALF, LOW, TOGETHER, TURNED_AWAY

CAUSES = (1 << CAUSE_BITS) - 1
HANDOFF, EXTERNAL = int(Cause.HANDOFF), int(Cause.EXTERNAL)
RAMP_UP, INTERRUPTED, SHARED = (int(cause) for cause in AT_WORK)
MISSING = NEVER >> HALF

SEEN, SEEN_OPEN = 1, 2
TIME, QUEUE = 0, 1
WORKED, UNDER_WAY = 0, 1
ITEMS, OPEN_ITEMS, DISORDERED, LEFT_EARLY, NOT_TAKEN_IN = 0, 1, 2, 3, 4


@door
def sums(
    rows: Ints, waits: Ints, waited: Ints, end: int, seen: Bytes, stages: Ints, teams: Ints, counts: Ints
) -> int:  # fmt: skip
    """Sum up; `waited` has a row's ticks delayed and suspended, or no rows where there are no waits."""
    for number in range(waits.shape[0]):
        add_wait(waits[at(number)], waited)
    for number in range(rows.shape[0]):
        row = rows[at(number)]
        delayed, suspended = 0, 0
        if waited.shape[0] > 0:
            delayed, suspended = waited[at(number), 0], waited[at(number), 1]
        see(row, seen, counts)
        counts[at(DISORDERED)] += add_row(row, delayed, suspended, end, stages, teams)
        counts[at(LEFT_EARLY)] += (row[4] & CANCELLED) // CANCELLED
        counts[at(NOT_TAKEN_IN)] += (row[4] & TURNED_AWAY) // TURNED_AWAY
    return 0


@inlined
def add_wait(wait: Ints, waited: Ints) -> None:
    """Add a wait to its row's, but where people were at work meanwhile."""
    row, cause = wait[0] >> CAUSE_BITS, wait[0] & CAUSES
    if cause >= DURING_SERVICE and cause not in (RAMP_UP, INTERRUPTED, SHARED):
        waited[at(row), 1] += wait[2]
    elif cause in (HANDOFF, EXTERNAL):
        waited[at(row), 0] += wait[2]


@inlined
def see(row: Ints, seen: Bytes, counts: Ints) -> None:
    """Count an item when it is first seen, and when it is first seen in an open visit; a number too many is a fault."""
    item = row[0] >> (2 * HALF)
    if item >= seen.size:
        counts[at(DISORDERED)] += 1
        return
    mark = SEEN | SEEN_OPEN if row[4] >> HALF == MISSING else SEEN
    before = seen[at(item)]
    counts[at(ITEMS)] += before == 0
    counts[at(OPEN_ITEMS)] += (mark & ~before) >> 1
    seen[at(item)] = before | mark


@inlined
def add_row(row: Ints, delayed: int, suspended: int, end: int, stages: Ints, teams: Ints) -> int:
    """Add a visit to its stage's and its team's sums; tells whether an instant comes before its cause."""
    stage, team = row[0] >> HALF & LOW, (row[1] & LOW) - 1
    enabled, finished = row[1] >> HALF, come(row[4], end)
    queued, started = come(row[2], finished), come(row[3], finished)
    stages[at(stage), at(TIME)] += finished - max(enabled, 0)
    stages[at(stage), at(QUEUE)] += started - queued
    done, negative = row[4] >> HALF != MISSING, False
    if done:
        negative = suspended < 0
        if team >= 0 and row[4] & TOGETHER == 0:
            teams[at(team), at(WORKED)] += finished - started - suspended
    elif team >= 0:
        teams[at(team), at(UNDER_WAY)] = 1
    early = (queued < min(enabled + delayed, finished)) | (started < queued) | (finished < started)
    return int(early) + int(negative)


@inlined
def come(word: int, other: int) -> int:
    """Read an instant, or give another where it has not come."""
    tick = word >> HALF
    return other if tick == MISSING else tick
