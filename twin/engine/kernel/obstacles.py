"""Obstacles that block visits that are worked on. As `twin.engine.obstacles` in the reference. Only for rich twins."""

import numpy as np

from twin.blocking import MAX_BLOCKS, UNKNOWN
from twin.engine.kernel.arrays import Hall, Log, Names, Phase
from twin.engine.kernel.attention import go_on_to_the_end, put_down
from twin.engine.kernel.departures import is_too_old, watch_age
from twin.engine.kernel.doors import take_places
from twin.engine.kernel.due import order_of, schedule
from twin.engine.kernel.hours import after
from twin.engine.kernel.jit import at, for_rich, inlined
from twin.engine.kernel.queues import ask_team
from twin.engine.kernel.segments import interrupt, return_to_line, write_gap
from twin.engine.kernel.streams import BLOCKED, BLOCKED_FOR, uniform_at
from twin.engine.kernel.tables import lookup
from twin.engine.kernel.waits import BLOCKED as BLOCKED_CAUSE
from twin.engine.kernel.waits import PARKED, PREEMPTED
from twin.engine.kernel.ways import whole
from twin.eventlog import NEVER
from twin.outcome import BLOCKS, UNBLOCKS
from twin.plan import NONE


@for_rich()
def watch(hall: Hall, phase: Phase, names: Names, slot: int, ticks: int) -> None:
    """Let a visit that somebody has begun or resumed, with so many working ticks to go, be blocked in time."""
    item, segment, now = hall.items[at(slot)], hall.segments[at(slot)], hall.floor[0].now
    if is_blocked_within(hall, phase, names, slot, ticks):
        earlier = hall.people[at(item.person)].earlier
        hours = hall.crews[at(item.crew)].calendar if earlier == NONE else earlier
        segment.blocks_at = after(hall, phase, hours, now, segment.gap)
        hall.floor[0].openings += 1
        schedule(hall, segment.blocks_at, order_of(item.among, BLOCKS), slot)


@for_rich(otherwise=False)
def is_blocked_within(hall: Hall, phase: Phase, names: Names, slot: int, ticks: int) -> bool:
    """Tell whether a visit is blocked before so many working ticks have passed."""
    segment = hall.segments[at(slot)]
    table = phase.obstacles.gap[at(hall.items[at(slot)].stage)]
    if table == NONE:
        segment.gap = UNKNOWN
        return False
    if segment.gap == UNKNOWN:
        segment.gap = max(1, drawn(hall, phase, names, slot, BLOCKED, table))
    return segment.gap < ticks


@for_rich(apart=True)
def block(hall: Hall, phase: Phase, names: Names, log: Log, slot: int) -> None:
    """Block a visit, unless it has come to its end or was interrupted since."""
    stage = hall.items[at(slot)].stage
    if hall.segments[at(slot)].blocks_at == hall.floor[0].now and phase.obstacles.lasting[at(stage)] != NONE:
        interrupt(hall, phase, names, log, slot, cause_of(phase, stage))
        hold_up(hall, phase, names, slot)


@for_rich(apart=True)
def block_at_hand(hall: Hall, phase: Phase, names: Names, log: Log, slot: int) -> None:
    """Block a visit of who has several at once, unless a dated change has taken the obstacles away."""
    item, segment = hall.items[at(slot)], hall.segments[at(slot)]
    if phase.obstacles.lasting[at(item.stage)] == NONE:
        go_on_to_the_end(hall, phase, slot)
        return
    put_down(hall, phase, log, slot)
    segment.away, segment.cause = hall.floor[0].now, cause_of(phase, item.stage)
    ask_team(hall, item.team)
    hold_up(hall, phase, names, slot)


@inlined
def cause_of(phase: Phase, stage: int) -> int:
    """Tell why blocked work of a stage waits."""
    return PARKED if phase.obstacles.parks[at(stage)] else BLOCKED_CAUSE


@for_rich()
def hold_up(hall: Hall, phase: Phase, names: Names, slot: int) -> None:
    """Let a visit that nobody is at any more wait until the obstacle is gone."""
    item, segment, now = hall.items[at(slot)], hall.segments[at(slot)], hall.floor[0].now
    table = phase.obstacles.lasting[at(item.stage)]
    segment.parked = 1 if phase.obstacles.parks[at(item.stage)] else 0
    if segment.parked:
        take_places(hall, phase, slot, 0)
    ticks = drawn(hall, phase, names, slot, BLOCKED_FOR, table)
    segment.gap, segment.blocks = UNKNOWN, min(segment.blocks + 1, MAX_BLOCKS)
    segment.unblocks_at = now + ticks
    if phase.obstacles.working[at(item.stage)]:
        segment.unblocks_at = after(hall, phase, hall.crews[at(item.crew)].calendar, now, ticks)
    hall.floor[0].openings += 1
    schedule(hall, segment.unblocks_at, order_of(item.among, UNBLOCKS), slot)


@for_rich(apart=True)
def unblock(hall: Hall, phase: Phase, log: Log, slot: int) -> None:
    """Let a visit wait for a person again."""
    segment = hall.segments[at(slot)]
    segment.unblocks_at = NEVER
    if segment.parked:
        segment.parked = 0
        take_places(hall, phase, slot, phase.limits.held[at(hall.items[at(slot)].node)])
    write_gap(hall, log, slot)
    segment.away, segment.cause = hall.floor[0].now, PREEMPTED
    return_to_line(hall, phase, slot)
    if is_too_old(hall, phase, slot):
        watch_age(hall, phase, slot)


@inlined
def drawn(hall: Hall, phase: Phase, names: Names, slot: int, purpose: np.uint64, table: int) -> int:
    """Draw working ticks until a block, or ticks that it lasts."""
    u = uniform_at(names, hall.items[at(slot)], purpose, hall.segments[at(slot)].blocks)
    return whole(lookup(phase.tables, table, u))
