"""What takes a person's time besides the effort of a visit. As `twin.engine.overhead` in the reference."""

from typing import Final

from twin.causes import Cause
from twin.engine.kernel.arrays import Hall, Log, Names, Phase, Record
from twin.engine.kernel.jit import apart, at, inlined
from twin.engine.kernel.streams import INTERRUPTION, INTERRUPTION_GAP, uniform_at
from twin.engine.kernel.tables import lookup
from twin.engine.kernel.waits import wait
from twin.engine.kernel.ways import whole
from twin.plan import NONE

LAST_DRAW: Final = (1 << 24) - 1
SWITCHING, RAMP_UP, INTERRUPTED = int(Cause.SWITCHING), int(Cause.RAMP_UP), int(Cause.INTERRUPTED)


@inlined
def lay_out(hall: Hall, phase: Phase, names: Names, slot: int, lead: int) -> int:
    """Lay a segment out whose stretch is known; gives all its working ticks."""
    item, segment, stint = hall.items[at(slot)], hall.segments[at(slot)], hall.stints[at(slot)]
    stint.lead, stint.own, stint.interrupted = lead, whole(segment.effort * segment.stretch), 0
    stint.gap, stint.interruption = phase.staff.gap[at(item.team)], phase.staff.interruption[at(item.team)]
    stint.first_draw = stint.next_draw
    left = stint.own
    while stint.gap != NONE and stint.next_draw < LAST_DRAW:
        gap, lasting = interruption(phase, names, item, stint, stint.next_draw)
        stint.next_draw += 1
        if gap >= left:
            break
        left -= gap
        stint.interrupted += lasting
    return stint.lead + stint.own + stint.interrupted


@inlined
def interruption(phase: Phase, names: Names, item: Record, stint: Record, draw: int) -> tuple[int, int]:
    """Draw the work before an interruption, and how long that is."""
    gap = lookup(phase.tables, stint.gap, uniform_at(names, item, INTERRUPTION_GAP, draw))
    lasting = lookup(phase.tables, stint.interruption, uniform_at(names, item, INTERRUPTION, draw))
    return whole(gap), whole(lasting)


@apart
def parts(hall: Hall, phase: Phase, names: Names, slot: int, worked: int) -> tuple[int, int, int]:
    """Split the working ticks of a segment so far into switching, work on the visit and interruptions."""
    item, stint = hall.items[at(slot)], hall.stints[at(slot)]
    lead = min(stint.lead, worked)
    own, interrupted, rest, draw = 0, 0, worked - lead, stint.first_draw
    while stint.gap != NONE and draw < stint.next_draw and rest > 0:
        gap, lasting = interruption(phase, names, item, stint, draw)
        draw += 1
        own += min(gap, rest)
        rest -= min(gap, rest)
        interrupted += min(lasting, rest)
        rest -= min(lasting, rest)
    return lead, own + rest, interrupted


@inlined
def write_whole(hall: Hall, log: Log, slot: int) -> None:
    """Write down the waits of a segment that was done to its end."""
    stint = hall.stints[at(slot)]
    new = stint.own - whole(hall.segments[at(slot)].effort * stint.full)
    write(hall, log, slot, stint.lead, new, stint.interrupted)


@inlined
def write_part(hall: Hall, phase: Phase, names: Names, log: Log, slot: int, worked: int) -> None:
    """Write down the waits of a segment that was cut short after so many working ticks."""
    stretch, full = hall.segments[at(slot)].stretch, hall.stints[at(slot)].full
    lead, own, interrupted = parts(hall, phase, names, slot, worked)
    at_full_speed = own if stretch == full else whole(own * full / stretch)
    write(hall, log, slot, lead, own - at_full_speed, interrupted)


@inlined
def write(hall: Hall, log: Log, slot: int, lead: int, new: int, interrupted: int) -> None:
    """Write three waits down."""
    item, since = hall.items[at(slot)], hall.segments[at(slot)].since
    wait(hall, log, item, SWITCHING, since, lead)
    wait(hall, log, item, RAMP_UP, since, new)
    wait(hall, log, item, INTERRUPTED, since, interrupted)
