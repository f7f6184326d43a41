"""Why a visit waits, where its instants do not say: before it queues, or while it is served.

A visit that only queues and is worked on has no cause; what it waits for then is a place or a person, and its instants
tell how long.
"""

from enum import IntEnum


class Cause(IntEnum):
    """A reason to wait; those from `DURING_SERVICE` on lie between start and finish."""

    HANDOFF = 1
    EXTERNAL = 2
    BATCH = 3
    DEPENDENCY = 4
    OFF_CALENDAR = 16
    BLOCKED = 18
    PREEMPTED = 19
    SWITCHING = 20
    RAMP_UP = 21
    INTERRUPTED = 22
    SHARED = 23  # attention shared with other items
    PARKED = 24  # blocked, and put aside: it holds no place


DURING_SERVICE = 16
GAPS = (Cause.BLOCKED, Cause.PREEMPTED, Cause.PARKED)
"""Reasons for which a visit is interrupted, and resumed later by the same person or another."""
AT_WORK = (Cause.RAMP_UP, Cause.INTERRUPTED, Cause.SHARED)
"""What takes longer than the effort while the person is at work."""
DELAYS = (Cause.HANDOFF, Cause.EXTERNAL)
"""What makes up the column `delayed` of a visit; all causes during service make up `suspended`."""
