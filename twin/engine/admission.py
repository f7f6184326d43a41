"""How items come in at a stage: past the limits, through a batch or a gate, into the queue; and those done together."""

from __future__ import annotations

from heapq import heappop
from itertools import chain
from typing import TYPE_CHECKING

from twin.causes import Cause
from twin.engine.item import OPENING
from twin.engine.jam import is_awaited
from twin.engine.lines import place_in_line
from twin.eventlog import NEVER
from twin.gating import AT_ONCE, BATCH
from twin.rows import TOGETHER

if TYPE_CHECKING:
    from twin.engine.item import Item, Place
    from twin.engine.reference import Floor


def ask_for_place(floor: Floor, item: Item) -> None:
    """Let an item in, or wait outside for a place of every limit that it newly enters."""
    asked = floor.places.asked(item) if floor.places.names else ()
    if asked:
        floor.places.line_up((*place_in_line(floor, item, floor.take_turn()), item), asked)
        floor.places.suspicious |= bool(item.held) or is_awaited(floor, item)
    else:
        let_in(floor, item)


def let_in(floor: Floor, item: Item) -> None:
    """Move an item from the stage it came from to this one: into the queue, or before it where there is a gate."""
    if floor.places.names:
        floor.places.let_in(item)
    item.origin, item.came, gate = item.stage, floor.now, floor.gates[item.stage]
    if gate.kind == AT_ONCE:
        floor.enqueue(item)
        return
    gate.join((*place_at_gate(floor, item, floor.take_turn()), item))
    floor.stages_asked.add(item.stage)
    floor.places.suspicious |= gate.holds_up()


def place_at_gate(floor: Floor, item: Item, turn: int) -> Place:
    """Give the place of a visit before the queue: a batch takes who came first, a gate who is first in the line."""
    return (0, 0, turn) if floor.gates[item.stage].kind == BATCH else place_in_line(floor, item, turn)


def admit(floor: Floor) -> None:
    """Let items into stages that have a free place, until nothing moves: first where branches wait, then in order.

    Branches belong to work that has begun: new work does not take the places that they need.
    """
    places = floor.places
    while places.stages_asked:
        stage = places.next_asked()
        while (item := places.take_first(stage)) is not None:
            let_in(floor, item)
        if floor.gates[stage].waiting:
            open_gate(floor, stage)


def open_gate(floor: Floor, stage: int) -> None:
    """Let visits queue that have waited for a batch or a gate, and look again when the next may go on."""
    gate, now = floor.gates[stage], floor.now
    for item in gate.through(now):
        floor.wait(item, Cause.BATCH, item.came, now - item.came)
        floor.enqueue(item)
    soonest = gate.next_look(now)
    if soonest > now and gate.woken != soonest:
        gate.woken = soonest
        floor.call(soonest - now, OPENING, lambda _: floor.stages_asked.add(stage))


def start_along(floor: Floor, first: Item) -> None:
    """Let further visits be done together with one, by the same person in the same time, up to the size."""
    queue, room = floor.queues[first.stage], floor.together[first.stage] - 1
    first.leads = room > 0
    while room > 0 and queue and queue[0][-1].started == NEVER:
        item, room = heappop(queue)[-1], room - 1
        item.started, item.segment, item.team, item.crew = floor.now, floor.now, first.team, first.crew
        item.person, item.finished, item.suspended = first.person, first.finished, first.suspended
        item.flags |= TOGETHER
        if floor.offspring:
            floor.offspring.started(item)
        floor.stage_queue[item.stage] += floor.now
        floor.env.schedule(item.done, item.order, item.finished - floor.now)


def begin_phase(floor: Floor, *, anew: bool) -> None:
    """Let the limits and gates of a plan hold; who waits outside keeps the place in line, unless all stand anew."""
    plan = floor.plan
    for stage, gate in enumerate(floor.gates):
        gate.begin_phase(plan.gates, stage)
        gate.stand_again([(*place_at_gate(floor, item, turn), item) for _, _, turn, item in gate.waiting])
    for line in chain.from_iterable(lines.values() for lines in floor.places.outside):
        if anew:
            line[:] = [(*place_in_line(floor, item, turn), item) for _, _, turn, item in line]
    floor.places.begin_phase(plan.limits, floor.inside.values())
    floor.stages_asked.update(stage for stage, gate in enumerate(floor.gates) if gate.waiting)
