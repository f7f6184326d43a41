"""What takes a person's time besides the effort of a visit: switching, being new, interruptions.

A segment of a visit holds, in working ticks of the person,

    lead (switching, before work begins) + own (effort x stretch) + interrupted,

where the stretch is at the speed that the person has when the segment begins; what it is longer for being new is a wait
too. Interruptions come after gaps of work on the visit; both are drawn under the visit's name, and their count goes on
over its segments. Where a segment is cut short the same draws tell what had been done by then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from twin.causes import Cause
from twin.plan import Floats
from twin.sampling import lookup_one
from twin.staffing import NONE
from twin.streams import Purpose

if TYPE_CHECKING:
    from twin.engine.item import Item
    from twin.engine.reference import Floor

LAST_DRAW: Final = (1 << 24) - 1
"""Interruptions of a visit that random numbers have names for; no more come."""


class Stint(NamedTuple):
    """What a segment holds, in working ticks."""

    lead: int  # switching
    own: int  # effort at the person's speed
    interrupted: int
    base: float  # working ticks per tick of effort at full speed
    first_draw: int  # number of the first interruption drawn
    next_draw: int  # number of the first one of the next segment
    tables: tuple[Floats, Floats] | None  # of work between interruptions and of their lengths

    @property
    def total(self) -> int:
        """All working ticks."""
        return self.lead + self.own + self.interrupted


def stint(floor: Floor, item: Item, lead: int, base: float, first_draw: int) -> Stint:
    """Lay a segment out whose stretch is known."""
    own, gaps = int(item.effort * item.stretch + 0.5), floor.staff.gap[item.team]
    if gaps == NONE:
        return Stint(lead, own, 0, base, first_draw, first_draw, None)
    tables = floor.plan.tables[gaps], floor.plan.tables[floor.staff.interruption[item.team]]
    left, interrupted, draw = own, 0, first_draw
    while draw < LAST_DRAW:
        gap, lasting = interruption(floor, item, tables, draw)
        draw += 1
        if gap >= left:
            break
        left -= gap
        interrupted += lasting
    return Stint(lead, own, interrupted, base, first_draw, draw, tables)


def interruption(floor: Floor, item: Item, tables: tuple[Floats, Floats], draw: int) -> tuple[int, int]:
    """Draw the work before an interruption, and how long that is."""
    gap = lookup_one(tables[0], floor.ways.draws.one(item, Purpose.INTERRUPTION_GAP, draw))
    lasting = lookup_one(tables[1], floor.ways.draws.one(item, Purpose.INTERRUPTION, draw))
    return int(gap + 0.5), int(lasting + 0.5)


def write_whole(floor: Floor, item: Item) -> None:
    """Write down the waits of a segment that was done to its end."""
    done = item.stint
    _write(floor, item, (done.lead, done.own - int(item.effort * done.base + 0.5), done.interrupted))


def write_part(floor: Floor, item: Item, worked: int) -> None:
    """Write down the waits of a segment that was cut short after so many working ticks."""
    lead, own, interrupted = parts(floor, item, worked)
    at_full_speed = own if item.stretch == item.stint.base else int(own * item.stint.base / item.stretch + 0.5)
    _write(floor, item, (lead, own - at_full_speed, interrupted))


def parts(floor: Floor, item: Item, worked: int) -> tuple[int, int, int]:
    """Split the working ticks of a segment so far into switching, work on the visit and interruptions."""
    lead = min(item.stint.lead, worked)
    own, interrupted, rest = 0, 0, worked - lead
    draw, tables = item.stint.first_draw, item.stint.tables
    while tables and draw < item.stint.next_draw and rest > 0:
        gap, lasting = interruption(floor, item, tables, draw)
        draw += 1
        own += min(gap, rest)
        rest -= min(gap, rest)
        interrupted += min(lasting, rest)
        rest -= min(lasting, rest)
    return lead, own + rest, interrupted


def _write(floor: Floor, item: Item, ticks: tuple[int, int, int]) -> None:
    for cause, each in zip((Cause.SWITCHING, Cause.RAMP_UP, Cause.INTERRUPTED), ticks, strict=True):
        floor.wait(item, cause, item.segment, each)
