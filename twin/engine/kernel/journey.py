"""The way of an item from its arrival to its leaving. As the methods of `Floor` in the reference."""

from twin.blocking import UNKNOWN
from twin.engine.kernel.arrays import FOREVER, Arrivals, Hall, Log, Names, Phase, Record
from twin.engine.kernel.doors import let_in, wait_outside
from twin.engine.kernel.due import order_of, schedule
from twin.engine.kernel.jit import at, inlined
from twin.engine.kernel.patience import queue_up
from twin.engine.kernel.people import give_back
from twin.engine.kernel.places import UNDRAWN
from twin.engine.kernel.problems import VISITS, report
from twin.engine.kernel.queues import ask_stage, ask_team, is_branched, is_empty, is_rich, line_up, take_turn
from twin.engine.kernel.rings import hold_up
from twin.engine.kernel.slots import begin_item, take_slot
from twin.engine.kernel.staff import finish_special
from twin.engine.kernel.streams import ROUTE, START
from twin.engine.kernel.waits import (
    EXTERNAL,
    HANDOFF,
    OFF_CALENDAR,
    kind,
    named,
    person_high,
    person_low,
    stamped,
    wait,
)  # fmt: skip
from twin.engine.kernel.ways import choose, draw_ahead, external_over, handed_over, sent_back
from twin.eventlog import NEVER
from twin.graph import LEAVE
from twin.outcome import BRANCH_BITS, GOES_ON
from twin.plan import NONE
from twin.rows import TOGETHER


@inlined
def arrive(hall: Hall, phase: Phase, arrivals: Arrivals) -> int:
    """Let the next item in, and give its slot."""
    floor = hall.floor[0]
    index, slot = floor.next_item, floor.free_slot
    item = hall.items[at(slot)]
    if is_branched(phase):
        take_slot(hall)
        begin_item(hall, phase, slot, index, arrivals.work[at(index)], arrivals.number[at(index)])
        if is_rich(phase):
            hall.flow.tokens[at(slot)].ahead = is_ahead(phase, arrivals.work[at(index)], arrivals.node[at(index)])
        floor.drawn += 1
    else:
        floor.free_slot = item.next
        item.index, item.among = index, index << BRANCH_BITS
        item.work, item.number = arrivals.work[at(index)], arrivals.number[at(index)]
        item.stage, item.visit = NONE, 0
        hall.visits[at(slot), :] = 0
        hall.reworked[at(slot), :] = 0
        floor.entered += 1
    floor.next_item = index + 1
    last = index + 1 == arrivals.arrived.size
    floor.next_tick = FOREVER if last else max(arrivals.arrived[at(index + 1)], floor.now)
    item.arrived, item.node = arrivals.arrived[at(index)], arrivals.node[at(index)]
    return slot


@inlined
def is_ahead(phase: Phase, work: int, node: int) -> bool:
    """Tell whether an item that arrives is ahead of the stage of a pull."""
    stage = phase.flow.rules[at(work)].pull_stage
    return stage != NONE and (node == NONE or phase.nodes[at(node)].stage == stage)


@inlined
def root_of(hall: Hall, phase: Phase, slot: int) -> int:
    """Give the slot in which an item's visits are counted: of a token that of its item."""
    return hall.flow.tokens[at(slot)].root if is_branched(phase) else slot


@inlined
def edge_of(hall: Hall, phase: Phase, names: Names, slot: int) -> int:
    """Choose the edge an item takes: into the system, back for rework, or on; NONE where it is inside at the start."""
    item = hall.items[at(slot)]
    if item.stage == NONE and item.node != NONE:
        return NONE
    arrives = item.stage == NONE
    node = phase.entry[at(item.work)] if arrives else item.node
    chance, root = phase.nodes[at(node)].rework_chance, root_of(hall, phase, slot)
    if chance != 0 and sent_back(hall, names, item, root, phase.nodes[at(node)]):
        return phase.nodes[at(node)].rework_edge
    return choose(phase, names, item, node, START if arrives else ROUTE)


@inlined
def is_there_at_once(hall: Hall, phase: Phase, names: Names, log: Log, slot: int) -> bool:
    """Send an item on; tell whether it is at a next stage now, neither gone nor on its way."""
    edge = edge_of(hall, phase, names, slot)
    node = hall.items[at(slot)].node if edge == NONE else phase.edges[at(edge)].target
    if node == LEAVE:
        leave(hall, slot)
        return False
    enter(hall, phase, slot, node)
    return edge == NONE or not is_delayed(hall, phase, names, log, slot, phase.edges[at(edge)])


@inlined
def is_delayed(hall: Hall, phase: Phase, names: Names, log: Log, slot: int, edge: Record) -> bool:
    """Tell whether an item waits on its way, and let it go on after."""
    item, now = hall.items[at(slot)], hall.floor[0].now
    handed = handed_over(hall, phase, names, item, edge)
    there = external_over(hall, phase, names, item, edge, handed)
    wait(hall, log, item, HANDOFF, now, handed - now)
    wait(hall, log, item, EXTERNAL, handed, there - handed)
    if there > now:
        schedule(hall, there, order_of(item.among, GOES_ON), slot)
    return there > now


@inlined
def enter(hall: Hall, phase: Phase, slot: int, node: int) -> None:
    """Open the row of a visit; the item keeps its place at the stage before until it gets one here."""
    floor, item = hall.floor[0], hall.items[at(slot)]
    stage, column = phase.nodes[at(node)].stage, phase.nodes[at(node)].column
    root = root_of(hall, phase, slot)
    item.visit = hall.visits[at(root), at(column)]
    hall.visits[at(root), at(column)] += 1
    item.enabled = item.arrived if item.stage == NONE else floor.now
    item.origin, item.stage, item.node = item.stage, stage, node
    item.queued, item.started = NEVER, NEVER
    if is_rich(phase):
        segment = hall.segments[at(slot)]
        segment.effort, segment.away, segment.gap, segment.blocks = UNDRAWN, NEVER, UNKNOWN, 0
        segment.blocks_at, segment.unblocks_at, segment.parked = NEVER, NEVER, 0
        hall.stints[at(slot)].next_draw, hall.stints[at(slot)].hands_back = 0, 0
        placed = hall.limits.placed[at(slot)]
        placed.came, placed.deadline, placed.line, placed.marks, placed.leads = NEVER, NEVER, NONE, 0, 0
    if item.visit == floor.most_visits:
        report(hall, VISITS, floor.now)
        floor.problem_item, floor.problem_stage = item.index, stage
    item.row = floor.rows
    floor.rows += 1
    hall.stages[at(stage)].time -= floor.now


@inlined
def serve(hall: Hall, phase: Phase, names: Names, slot: int) -> None:
    """Let an item wait for a place and a person."""
    item = hall.items[at(slot)]
    draw_ahead(phase, names, item)
    stage = item.stage
    if is_rich(phase):
        if phase.limits.door[at(hall.limits.placed[at(slot)].passage)] >= hall.stages.size:
            wait_outside(hall, phase, names, slot)
        elif let_in(hall, phase, names, slot):
            queue_up(hall, phase, names, slot)
        return
    if phase.limit[at(stage)] == 0 or item.origin == stage:
        enqueue(hall, phase, names, slot)
    else:
        line_up(hall, phase, names, hall.stages.size + stage, slot)
        hold_up(hall, phase, slot, 1)
        ask_stage(hall, stage)


@inlined
def enqueue(hall: Hall, phase: Phase, names: Names, slot: int) -> None:
    """Move an item from the stage it came from into the queue of this one."""
    item, now = hall.items[at(slot)], hall.floor[0].now
    stage = item.stage
    if not is_branched(phase):
        if item.origin != NONE:
            free_place(hall, item.origin)
        hall.stages[at(stage)].places_taken += 1
    item.queued = now
    hall.stages[at(stage)].queue -= now
    line_up(hall, phase, names, stage, slot)
    for place in range(phase.first_team[at(stage)], phase.first_team[at(stage + 1)]):
        ask_team(hall, phase.stage_team[at(place)])


@inlined
def free_place(hall: Hall, stage: int) -> None:
    """Free a place at a stage."""
    hall.stages[at(stage)].places_taken -= 1
    if not is_empty(hall, hall.stages.size + stage):
        ask_stage(hall, stage)


@inlined
def finish(hall: Hall, phase: Phase, log: Log, slot: int) -> None:
    """Write the row and free the person."""
    now, item = hall.floor[0].now, hall.items[at(slot)]
    crew = hall.crews[at(item.crew)]
    row, person = log.rows[at(item.row)], crew.group + (item.person - crew.first)
    row[0] = named(item.index, item.stage, item.visit)
    row[1] = stamped(item.enabled, item.team + 1)
    row[2] = stamped(item.queued, person_low(person))
    row[3] = stamped(item.started, person_high(person))
    flags = hall.limits.placed[at(slot)].marks if is_rich(phase) else 0
    row[4] = stamped(item.finished, kind(item.work, flags))
    hall.stages[at(item.stage)].time += now
    if is_rich(phase):
        hall.segments[at(slot)].blocks_at = NEVER
    if is_rich(phase) and phase.staff.special[at(item.team)] and not flags & TOGETHER:
        finish_special(hall, phase, log, slot)
        ask_team(hall, item.team)
        return
    since = hall.segments[at(slot)].since if is_rich(phase) else item.started
    wait(hall, log, item, OFF_CALENDAR, since, item.suspended)
    if is_rich(phase) and flags & TOGETHER:
        return
    give_back(hall, phase, item.crew, item.person, take_turn(hall))
    ask_team(hall, item.team)


@inlined
def leave(hall: Hall, slot: int) -> None:
    """Let an item out, and free the place it held."""
    floor, item = hall.floor[0], hall.items[at(slot)]
    floor.left += 1
    free_place(hall, item.stage)
    item.index, item.next = NONE, floor.free_slot
    floor.free_slot = slot
