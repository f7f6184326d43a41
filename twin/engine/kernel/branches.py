"""Items that go several ways at once: tokens, forks and joins. As `twin.engine.branches` and `Floor.walk`.

For rich twins, and for those that are plain but that ways branch: nobody holds a place there.
"""

import numpy as np

from twin.engine.kernel.arrays import Counts, Hall, Log, Names, Phase, Record
from twin.engine.kernel.departures import cancel, ends_here, give_all_back, is_refused, take_item_in, turn_away
from twin.engine.kernel.doors import count_pending
from twin.engine.kernel.jit import at, called, for_branched, for_rich, inlined
from twin.engine.kernel.journey import edge_of, enter, is_delayed, serve
from twin.engine.kernel.offspring import after_visit, come, depart
from twin.engine.kernel.passages import passage_of
from twin.engine.kernel.queues import is_rich
from twin.engine.kernel.slots import give_slot_back, take_slot
from twin.engine.kernel.streams import AUTOMATION, EFFORT, uniform_there
from twin.engine.kernel.tables import lookup
from twin.graph import FORK, JOIN, LEAVE, SWITCH, VISIT
from twin.limiting import BRANCHED
from twin.outcome import BRANCH_BITS, MAX_VISITS
from twin.plan import NONE


@for_branched()
def go_on(hall: Hall, phase: Phase, names: Names, log: Log, slot: int, is_done: bool) -> None:  # noqa: FBT001 - numba
    """Let an item arrive, go on after a visit, or be there after a delay."""
    if hall.items[at(slot)].row != NONE and not is_done:
        serve(hall, phase, names, slot)
        return
    arrives, edge = hall.items[at(slot)].row == NONE, edge_of(hall, phase, names, slot)
    node = hall.items[at(slot)].node if edge == NONE else phase.edges[at(edge)].target
    if arrives:
        hall.floor[0].entered += 1
        if is_rich(phase) and not is_taken_in(hall, phase, names, log, slot, edge, node):
            return
    elif is_rich(phase) and ends_here(hall, phase, names, slot, node):
        cancel(hall, phase, log, slot)
        hall.floor[0].gone = slot
        return
    elif is_rich(phase):
        after_visit(hall, phase, names, slot, edge)
    walk(hall, phase, names, log, slot, edge)


@for_rich(otherwise=False, apart=True)
def is_taken_in(hall: Hall, phase: Phase, names: Names, log: Log, slot: int, edge: int, node: int) -> bool:
    """Let an item in that arrives, or turn it away."""
    while phase.flow.junctions[at(node)].kind != VISIT:
        node = phase.edges[at(phase.nodes[at(node)].first_edge)].target
    if edge != NONE and is_refused(hall, phase, node):
        enter(hall, phase, slot, node)
        turn_away(hall, phase, log, slot)
        hall.floor[0].gone = slot
        return False
    take_item_in(hall, phase, slot, node)
    come(hall, phase, names, slot)
    return True


@inlined
def walk(hall: Hall, phase: Phase, names: Names, log: Log, slot: int, edge: int) -> None:
    """Walk an item along an edge, and its tokens, each until it waits, leaves or has done its branch."""
    push(hall, slot, edge)
    while hall.floor[0].stacked > 0:
        slot, edge = pop(hall)
        node = hall.items[at(slot)].node if edge == NONE else phase.edges[at(edge)].target
        while slot != NONE and node != LEAVE and phase.flow.junctions[at(node)].kind != VISIT:
            slot, edge = past_junction(hall, phase, names, slot, node)
            node = phase.edges[at(edge)].target
        if slot != NONE and node == LEAVE:
            go_out(hall, phase, names, slot)
        elif slot != NONE:
            come_to(hall, phase, names, log, slot, edge, node)


@inlined
def go_out(hall: Hall, phase: Phase, names: Names, slot: int) -> None:
    """Let an item out that is done; in rich twins its slot is freed once those know who waited for it."""
    if is_rich(phase):
        depart(hall, phase, names, slot)
        hall.floor[0].gone = slot
    else:
        hall.floor[0].left += 1
        give_slot_back(hall, slot)


@inlined
def push(hall: Hall, slot: int, edge: int) -> None:
    """Let someone set out along an edge before all others that wait to."""
    floor = hall.floor[0]
    hall.flow.stack[at(floor.stacked), 0], hall.flow.stack[at(floor.stacked), 1] = slot, edge
    floor.stacked += 1


@inlined
def pop(hall: Hall) -> tuple[int, int]:
    """Take out who sets out next."""
    floor = hall.floor[0]
    floor.stacked -= 1
    return hall.flow.stack[at(floor.stacked), 0], hall.flow.stack[at(floor.stacked), 1]


@inlined
def past_junction(hall: Hall, phase: Phase, names: Names, slot: int, node: int) -> tuple[int, int]:
    """Go past a junction: gives who goes on, NONE where nobody does at once, and the edge."""
    kind, first = phase.flow.junctions[at(node)].kind, phase.nodes[at(node)].first_edge
    if kind == SWITCH:
        return slot, switched(hall, phase, names, slot, node)
    if kind == JOIN:
        return joined(hall, phase, slot, node)
    if kind == FORK:
        fork(hall, phase, slot, node)
    return NONE, first


@inlined
def switched(hall: Hall, phase: Phase, names: Names, slot: int, node: int) -> int:
    """Choose whether people or the machine do a visit."""
    edge, root = phase.nodes[at(node)].first_edge, hall.flow.tokens[at(slot)].root
    people = phase.nodes[at(phase.edges[at(edge)].target)]
    machine = phase.nodes[at(phase.edges[at(edge + 1)].target)]
    visit = hall.visits[at(root), at(people.column)]
    before = visit + hall.visits[at(root), at(machine.column)]
    u = uniform_there(names, hall.items[at(slot)], people.stage, before % MAX_VISITS, AUTOMATION)
    if u >= phase.flow.junctions[at(node)].share:
        return edge
    longest = phase.flow.junctions[at(node)].longest
    if longest < np.inf and effort_ahead(phase, names, hall.items[at(slot)], edge, visit) > longest:
        return edge
    return edge + 1


@inlined
def effort_ahead(phase: Phase, names: Names, item: Record, edge: int, visit: int) -> float:
    """Draw the working ticks that the visit to which an edge leads takes the first team of its stage."""
    node = phase.edges[at(edge)].target
    stage = phase.nodes[at(node)].stage
    team = phase.stage_team[at(phase.first_team[at(stage)])]
    u = uniform_there(names, item, stage, visit % MAX_VISITS, EFFORT)
    return lookup(phase.tables, phase.effort[at(node), at(team)], u) * phase.flow.shares[at(edge)]


@inlined
def fork(hall: Hall, phase: Phase, slot: int, node: int) -> None:
    """Send a token of an item along each branch, the first one first."""
    first, last = phase.nodes[at(node)].first_edge, phase.nodes[at(node)].last_edge
    item, token = hall.items[at(slot)], hall.flow.tokens[at(slot)]
    token.pending, item.row = last - first, NONE
    for edge in range(last - 1, first - 1, -1):
        sent = take_slot(hall)
        branch = phase.flow.junctions[at(node)].first_branch + edge - first
        copy_token(hall, sent, slot, branch)
        hall.items[at(sent)].stage = item.stage if edge == first else BRANCHED
        if is_rich(phase):
            take_along(hall, phase, slot, sent, edge == first)
        push(hall, sent, edge)


@for_rich()
def take_along(hall: Hall, phase: Phase, slot: int, sent: int, holds: bool) -> None:  # noqa: ARG001, FBT001 - numba
    """Let a token know what its item does, and hold the places of it where it is to."""
    mine, own = hall.limits.placed[at(slot)], hall.limits.placed[at(sent)]
    own.withdraws, own.held = mine.withdraws, 0
    if holds:
        own.held, mine.held = mine.held, 0
    copy_row(hall.had_at, slot, sent)
    copy_row(hall.had_in, slot, sent)


@called
def copy_row(table: Counts, origin: int, target: int) -> None:
    """Copy a row of a table."""
    for column in range(table.shape[1]):
        table[at(target), at(column)] = table[at(origin), at(column)]


@inlined
def copy_token(hall: Hall, sent: int, slot: int, branch: int) -> None:
    """Make a token of an item, or of another token, for a branch."""
    item, token = hall.items[at(slot)], hall.flow.tokens[at(slot)]
    mine, own = hall.items[at(sent)], hall.flow.tokens[at(sent)]
    mine.index, mine.arrived, mine.work, mine.number, mine.node = (
        item.index, item.arrived, item.work, item.number, item.node
    )  # fmt: skip
    mine.among, mine.visit, mine.row = item.index << BRANCH_BITS | branch, item.visit, NONE
    own.root, own.parent, own.branch, own.bred = token.root, slot, branch, token.bred
    own.pending, own.awaited_by, own.first_waiter, own.last_waiter = 0, NONE, NONE, NONE


@inlined
def joined(hall: Hall, phase: Phase, slot: int, node: int) -> tuple[int, int]:
    """Let a branch be done: gives the item where this was the last one, and its edge."""
    token, item = hall.flow.tokens[at(slot)], hall.items[at(slot)]
    parent = token.parent
    edge = phase.nodes[at(node)].first_edge + token.branch - phase.flow.junctions[at(node)].first_branch
    hall.flow.tokens[at(parent)].pending -= 1
    if hall.flow.tokens[at(parent)].pending > 0:
        if is_rich(phase):
            give_all_back(hall, phase, slot)
        give_slot_back(hall, slot)
        return NONE, edge
    hall.items[at(parent)].stage, hall.items[at(parent)].node = item.stage, node
    if is_rich(phase):
        hall.limits.placed[at(parent)].held = hall.limits.placed[at(slot)].held
    give_slot_back(hall, slot)
    return parent, edge


@inlined
def come_to(hall: Hall, phase: Phase, names: Names, log: Log, slot: int, edge: int, node: int) -> None:
    """Let a visit begin to wait: for other items, for its delay, for a place and a person."""
    enter(hall, phase, slot, node)
    hall.flow.tokens[at(slot)].share = 1.0 if edge == NONE else phase.flow.shares[at(edge)]
    if is_rich(phase) and waits_for_others(hall, phase, slot, edge, node):
        return
    if edge == NONE or not is_delayed(hall, phase, names, log, slot, phase.edges[at(edge)]):
        serve(hall, phase, names, slot)


@for_rich(otherwise=False)
def waits_for_others(hall: Hall, phase: Phase, slot: int, edge: int, node: int) -> bool:
    """Write down by which way a visit is come to; tell whether its item waits for other items first."""
    token = hall.flow.tokens[at(slot)]
    passage = phase.limits.arriving[at(node)] if edge == NONE else phase.limits.passage[at(edge)]
    if passage == NONE:
        passage = passage_of(phase, hall.items[at(slot)], hall.stages.size)
    hall.limits.placed[at(slot)].passage = passage
    token.edge, token.held_since = edge, hall.floor[0].now
    if token.pending > 0:
        count_pending(hall, phase, slot, 1)
        hall.limits.early[0].suspicious = 1
    return token.pending > 0
