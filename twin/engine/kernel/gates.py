"""What stands before a queue: a batch that fills, or a gate that opens at times. As `twin.engine.gate`.

Those that wait at a stage stand in the line `stages + stage`. Only for rich twins.
"""

from twin.causes import Cause
from twin.engine.kernel.arrays import OPENING, Hall, Log, Names, Phase
from twin.engine.kernel.due import schedule
from twin.engine.kernel.heaps import add_to_heap, take_from_heap
from twin.engine.kernel.jit import apart, at, inlined
from twin.engine.kernel.patience import queue_up
from twin.engine.kernel.queues import ask_stage, first_in, is_empty, line_up, take_turn
from twin.engine.kernel.waits import wait
from twin.eventlog import NEVER
from twin.gating import BATCH, GATE
from twin.plan import NONE

WAITED = int(Cause.BATCH)


@apart
def join(hall: Hall, phase: Phase, names: Names, slot: int) -> None:
    """Let a visit wait before the queue of its stage."""
    item = hall.items[at(slot)]
    stage, line = item.stage, hall.stages.size + item.stage
    if phase.gates.kind[at(stage)] == BATCH:
        item.turn = take_turn(hall)
        add_to_heap(hall, line, 0, 0, slot)
        if phase.gates.at_most[at(stage)] == 0:
            hall.limits.early[0].suspicious = 1
    else:
        line_up(hall, phase, names, line, slot)
    hall.limits.placed[at(slot)].line = line
    count_waiting(hall, slot, 1)
    ask_stage(hall, stage)


@inlined
def count_waiting(hall: Hall, slot: int, one: int) -> None:
    """Count a visit that begins or ends to wait before the queue."""
    item, limits = hall.items[at(slot)], hall.limits
    limits.gates[at(item.stage)].waiting += one
    stays = one - one * limits.placed[at(slot)].withdraws
    limits.in_batch[at(item.node)] += stays
    limits.early[0].batched += stays


@inlined
def stop_waiting(hall: Hall, slot: int) -> None:
    """Take a visit out that waits before the queue."""
    placed = hall.limits.placed[at(slot)]
    take_from_heap(hall, placed.line, slot)
    count_waiting(hall, slot, -1)
    placed.line = NONE


@inlined
def go_through(hall: Hall, phase: Phase, names: Names, log: Log, slot: int) -> None:
    """Let a visit queue that was taken out, and write down how long it waited."""
    now, came = hall.floor[0].now, hall.limits.placed[at(slot)].came
    wait(hall, log, hall.items[at(slot)], WAITED, came, now - came)
    queue_up(hall, phase, names, slot)


@apart
def open_gate(hall: Hall, phase: Phase, names: Names, log: Log, stage: int) -> None:
    """Let visits queue that have waited for a batch or a gate, and look again when the next may go on."""
    ready = ready_now(hall, phase, stage)
    if ready == 0:
        ready = overdue(hall, phase, stage)
    while ready > 0:
        let_through(hall, phase, names, log, stage, ready)
        ready = overdue(hall, phase, stage)
    look_again(hall, phase, stage)


@inlined
def let_through(hall: Hall, phase: Phase, names: Names, log: Log, stage: int, ready: int) -> None:
    """Let so many visits queue, in order, of those that came in time."""
    line, late = hall.stages.size + stage, NONE
    while ready > 0 and not is_empty(hall, line):
        slot = first_in(hall, phase, line)
        if came_in_time(hall, phase, stage, slot):
            stop_waiting(hall, slot)
            go_through(hall, phase, names, log, slot)
            hall.limits.gates[at(stage)].used += 1
            ready -= 1
        else:
            take_from_heap(hall, line, slot)
            hall.items[at(slot)].next = late
            late = slot
    while late != NONE:
        slot, late = late, hall.items[at(late)].next
        add_to_heap(hall, line, hall.ranked[at(slot)].rank, hall.ranked[at(slot)].key, slot)


@inlined
def ready_now(hall: Hall, phase: Phase, stage: int) -> int:
    """Count the visits that may go on at most: whole batches, or what is left of a gate's capacity."""
    gates, gate, now = phase.gates, hall.limits.gates[at(stage)], hall.floor[0].now
    if gates.kind[at(stage)] == BATCH:
        return gate.waiting - gate.waiting % gates.size[at(stage)]
    if gates.kind[at(stage)] != GATE:
        return gate.waiting
    last = gates.first[at(stage + 1)]
    while gate.cursor < last and gates.opening[at(gate.cursor)] < now:
        gate.cursor += 1
        gate.used = 0
    if gate.cursor == last or gates.opening[at(gate.cursor)] > now:
        return 0
    return gates.capacity[at(gate.cursor)] - gate.used


@inlined
def overdue(hall: Hall, phase: Phase, stage: int) -> int:
    """Count all that wait for a batch, where the first has waited as long as anybody should; else 0."""
    waiting, at_most = hall.limits.gates[at(stage)].waiting, phase.gates.at_most[at(stage)]
    if waiting == 0 or at_most == 0 or phase.gates.kind[at(stage)] != BATCH:
        return 0
    first = first_in(hall, phase, hall.stages.size + stage)
    return waiting if hall.limits.placed[at(first)].came + at_most <= hall.floor[0].now else 0


@inlined
def came_in_time(hall: Hall, phase: Phase, stage: int, slot: int) -> bool:
    """Tell whether a visit came early enough for the opening of a gate."""
    if phase.gates.kind[at(stage)] != GATE:
        return True
    cut_off = phase.gates.cut_off[at(hall.limits.gates[at(stage)].cursor)]
    return hall.limits.placed[at(slot)].came + cut_off <= hall.floor[0].now


@inlined
def look_again(hall: Hall, phase: Phase, stage: int) -> None:
    """Let a stage be asked when some that wait go on however few have come by then."""
    gates, gate, now = phase.gates, hall.limits.gates[at(stage)], hall.floor[0].now
    if gate.waiting == 0:
        return
    tick = NEVER
    if gates.kind[at(stage)] == BATCH:
        if gates.at_most[at(stage)] > 0:
            first = first_in(hall, phase, hall.stages.size + stage)
            tick = hall.limits.placed[at(first)].came + gates.at_most[at(stage)]
    else:
        last = gates.first[at(stage + 1)]
        after = gate.cursor
        if after < last and gates.opening[at(after)] == now:
            after += 1
        if after < last:
            tick = gates.opening[at(after)]
    if tick > now and gate.woken != tick:
        gate.woken = tick
        hall.floor[0].openings += 1
        schedule(hall, tick, OPENING + hall.teams.size + stage, hall.teams.size + stage)
