"""How items leave before they are done: turned away, withdrawn at some age, out of patience, or cancelled by chance.

An item leaves early only while nobody works on it. Its row under way ends at that instant with a flag.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from twin.causes import Cause
from twin.engine.item import order
from twin.engine.places import remove
from twin.engine.segments import write_gap
from twin.eventlog import NEVER
from twin.graph import LEAVE
from twin.leaving import LEAST_PATIENCE
from twin.outcome import OF_AGE, OUT_OF_PATIENCE
from twin.plan import NONE, Plan
from twin.rows import CANCELLED, TURNED_AWAY

if TYPE_CHECKING:
    from simpy import Event

    from twin.engine.item import Item
    from twin.engine.reference import Floor


def may_leave(plan: Plan) -> bool:
    """Tell whether items may leave before they are done once they were taken in."""
    age, patience, chance = plan.leaving
    return bool(age.any() or (patience != NONE).any() or chance.any())


def is_turned_away(floor: Floor, item: Item, node: int, edge: int) -> bool:
    """Take an arriving item in, or write the row of one that is turned away."""
    stage = floor.ways.stage[node]
    if not floor.places.names:
        watch_age(floor, item)
        return False
    if edge == NONE or not floor.places.refuse(item, stage):
        floor.places.take(item, floor.places.accepted[item.work, stage])
        watch_age(floor, item)
        return False
    floor.enter(item, node, stage)
    item.finished, item.flags = item.enabled, TURNED_AWAY
    floor.rows[item.row] = item.as_row_without_work()
    floor.stage_time[item.stage] += floor.now
    floor.turned_away += 1
    del floor.inside[item.among]
    if floor.offspring:
        floor.offspring.turned_away(item)
    return True


def watch_age(floor: Floor, item: Item) -> None:
    """Let an item be looked at when it comes of the age at which it is withdrawn."""
    age = floor.ages[item.work]
    item.withdraws = age > 0
    if age:
        floor.call(max(item.arrived + age - floor.now, 0), order(item, OF_AGE), partial(_of_age, floor, item))


def is_too_old(floor: Floor, item: Item) -> bool:
    """Tell whether an item has reached the age at which it is withdrawn."""
    age = floor.ages[item.work]
    return bool(age and item.arrived + age <= floor.now)


def ends_early(floor: Floor, item: Item, node: int, edge: int) -> bool:
    """Let an item that has finished a visit bring forth others, unless it is cancelled or too old to go on."""
    if floor.leave_early and (floor.ways.is_cancelled(item) or (node != LEAVE and is_too_old(floor, item))):
        cancel(floor, item)
        return True
    if floor.offspring:
        floor.offspring.after_visit(item, edge)
    return False


def watch_patience(floor: Floor, item: Item) -> None:
    """Let a visit that begins to queue be looked at when it has waited too long."""
    patience = floor.ways.patience(item)
    if patience is not None:
        wait = max(int(patience + 0.5), LEAST_PATIENCE)
        item.deadline = floor.now + wait
        floor.call(wait, order(item, OUT_OF_PATIENCE), partial(_out_of_patience, floor, item))


def cancel(floor: Floor, item: Item) -> None:
    """Let an item go that has just finished a visit."""
    item.flags |= CANCELLED
    floor.rows[item.row] = item.as_row()
    _go(floor, item)


def _of_age(floor: Floor, item: Item, _: Event) -> None:
    if _waits(floor, item) and is_too_old(floor, item):
        _withdraw(floor, item)


def _out_of_patience(floor: Floor, item: Item, _: Event) -> None:
    if _waits(floor, item) and item.started == NEVER and item.deadline == floor.now:
        _withdraw(floor, item)


def _waits(floor: Floor, item: Item) -> bool:
    """Tell whether an item is inside and nobody works on it: none has begun, or the visit was interrupted."""
    there = floor.inside.get(item.among) is item and not item.pending and item.unblocks_at == NEVER
    return there and (item.started == NEVER or item.away != NEVER)


def _withdraw(floor: Floor, item: Item) -> None:
    """Take an item out of whatever it waits for, and let it go."""
    now = floor.now
    if item.on_its_way is not None:
        item.on_its_way.callbacks = []
    elif item.queued != NEVER:
        remove(floor.queues[item.stage], item)
        if item.started == NEVER:
            floor.stage_queue[item.stage] += now
        else:
            write_gap(floor, item)
    elif item.came != NEVER:
        remove(floor.gates[item.stage].waiting, item)
        floor.wait(item, Cause.BATCH, item.came, now - item.came)
        floor.stages_asked.add(item.stage)
    else:
        floor.places.leave_line(item, floor.places.asked(item))
    item.finished, item.flags = now, item.flags | CANCELLED
    floor.rows[item.row] = item.as_row() if item.started != NEVER else item.as_row_without_work()
    floor.stage_time[item.stage] += now
    _go(floor, item)


def _go(floor: Floor, item: Item) -> None:
    floor.cancelled += 1
    del floor.inside[item.among]
    floor.places.give_back(item.held)
    if floor.offspring:
        floor.offspring.cancelled(item)
