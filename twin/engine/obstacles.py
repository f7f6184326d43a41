"""Obstacles: a visit that is worked on is blocked after so much work, waits, and goes back to its line.

The work until the next block is drawn when a visit begins and after each block; what is left of it is kept where the
visit is interrupted for another reason. While a visit is blocked it is not withdrawn, whatever its age. One that is
parked has its places back at once when it returns, above a limit where that is reached. Where people have several
visits at once, a block comes by the attention that the visit itself has had.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from twin.blocking import MAX_BLOCKS, UNKNOWN
from twin.causes import Cause
from twin.engine import attention
from twin.engine.departures import is_too_old, watch_age
from twin.engine.item import order
from twin.engine.lines import whole
from twin.engine.segments import interrupt, return_to_line, wait_on
from twin.eventlog import NEVER, PLACE_MASK
from twin.outcome import BLOCKS, UNBLOCKS
from twin.plan import NONE
from twin.sampling import lookup_one
from twin.streams import Purpose

if TYPE_CHECKING:
    from simpy import Event

    from twin.engine.item import Item
    from twin.engine.reference import Floor


def watch(floor: Floor, item: Item, ticks: int) -> None:
    """Let a visit that somebody has begun or resumed, with so many working ticks to go, be blocked in time."""
    if _is_blocked_within(floor, item, ticks):
        hours = item.crew.earlier.get(item.person & PLACE_MASK, item.crew.hours)
        item.blocks_at = hours.after(floor.now, item.gap)
        floor.call(item.blocks_at - floor.now, order(item, BLOCKS), partial(_block, floor, item))


def watch_at_hand(floor: Floor, item: Item) -> None:
    """Say what happens when a visit has had enough of the attention of who has several at once: it ends, or blocks."""
    item.at_end = item.go_on
    if _is_blocked_within(floor, item, item.stint.own):
        item.at_end = partial(_block_at_hand, floor, item)


def _is_blocked_within(floor: Floor, item: Item, ticks: int) -> bool:
    """Tell whether a visit is blocked before so many working ticks have passed."""
    table = floor.plan.obstacles.gap[item.stage]
    if table == NONE:
        item.gap = UNKNOWN
        return False
    if item.gap == UNKNOWN:
        item.gap = max(1, _draw(floor, item, Purpose.BLOCKED, int(table)))
    return item.gap < ticks


def _block(floor: Floor, item: Item, _: Event) -> None:
    if item.blocks_at == floor.now and floor.plan.obstacles.lasting[item.stage] != NONE:
        interrupt(floor, item, _cause(floor, item))
        _hold_up(floor, item)


def _block_at_hand(floor: Floor, item: Item, _: Event) -> None:
    if floor.plan.obstacles.lasting[item.stage] == NONE:  # since a dated change
        attention.go_on_to_the_end(floor, item)
        return
    attention.put_down(floor, item)
    item.away, item.cause = floor.now, _cause(floor, item)
    floor.teams_asked.add(item.team)
    _hold_up(floor, item)


def _cause(floor: Floor, item: Item) -> Cause:
    return Cause.PARKED if floor.plan.obstacles.parks[item.stage] else Cause.BLOCKED


def _hold_up(floor: Floor, item: Item) -> None:
    """Let a visit that nobody is at any more wait until the obstacle is gone."""
    table, now = int(floor.plan.obstacles.lasting[item.stage]), floor.now
    item.parked = bool(floor.plan.obstacles.parks[item.stage])
    if item.parked:
        held, item.held = item.held, ()
        floor.places.give_back(held)
    ticks = _draw(floor, item, Purpose.BLOCKED_FOR, table)
    working = floor.plan.obstacles.working[item.stage]
    item.gap, item.blocks = UNKNOWN, min(item.blocks + 1, MAX_BLOCKS)
    item.unblocks_at = item.crew.hours.after(now, ticks) if working else now + ticks
    floor.call(item.unblocks_at - now, order(item, UNBLOCKS), partial(_unblock, floor, item))


def _unblock(floor: Floor, item: Item, _: Event) -> None:
    item.unblocks_at = NEVER
    if item.parked:
        item.parked = False
        floor.places.take(item, floor.places.held_by(item))
    wait_on(floor, item, Cause.PREEMPTED)
    return_to_line(floor, item)
    if is_too_old(floor, item):
        watch_age(floor, item)


def _draw(floor: Floor, item: Item, purpose: Purpose, table: int) -> int:
    return whole(lookup_one(floor.plan.tables[table], floor.ways.draws.one(item, purpose, item.blocks)))
