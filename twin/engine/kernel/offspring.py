"""Items that others bring forth, that go round, and that wait for others. As `twin.engine.offspring`."""

import numpy as np

from twin.engine.kernel.arrays import Hall, Log, Names, Phase
from twin.engine.kernel.departures import is_too_old, set_out, watch_age
from twin.engine.kernel.doors import count_pending
from twin.engine.kernel.due import order_of, schedule
from twin.engine.kernel.jit import apart, at, for_rich, inlined
from twin.engine.kernel.journey import is_delayed, serve
from twin.engine.kernel.loops import ask_for_next, begins
from twin.engine.kernel.problems import ITEMS, report
from twin.engine.kernel.slots import begin_item, give_slot_back, take_slot
from twin.engine.kernel.streams import BRED_AFTER, BRED_COUNT, BREEDS, CHILDREN, DEPENDS, REST, born, uniform
from twin.engine.kernel.tables import lookup
from twin.engine.kernel.waits import DEPENDENCY, wait
from twin.engine.kernel.ways import whole
from twin.outcome import GOES_ON
from twin.plan import NONE

# --- waiting for others -----------------------------------------------------------------------------------------------


@inlined
def come(hall: Hall, phase: Phase, names: Names, slot: int) -> None:
    """Take an item down that arrives, and let it wait before its first stage for those that came earlier."""
    floor, item, token = hall.floor[0], hall.items[at(slot)], hall.flow.tokens[at(slot)]
    count_in(hall, slot)
    token.came_as = floor.entered
    if item.node == NONE:
        if must_wait(hall, phase, slot):
            token.pending += 1
            hold(hall, slot)
        on = phase.flow.rules[at(item.work)].depends_on
        newest = NONE if on == NONE else hall.flow.kinds[at(on)].newest
        if newest != NONE and uniform(names, item, DEPENDS) < phase.flow.rules[at(item.work)].depends_chance:
            token.pending += 1
            wait_for(hall, slot, newest)
    kind = hall.flow.kinds[at(item.work)]
    token.older, token.newer = kind.newest, NONE
    if kind.newest == NONE:
        kind.oldest = slot
    else:
        hall.flow.tokens[at(kind.newest)].newer = slot
    kind.newest = slot


@inlined
def count_in(hall: Hall, slot: int) -> None:
    """Count an item that has come."""
    floor = hall.floor[0]
    if hall.items[at(slot)].index >= floor.first_born:
        floor.coming -= 1
        floor.bred += hall.flow.tokens[at(slot)].bred


@inlined
def must_wait(hall: Hall, phase: Phase, slot: int) -> bool:
    """Tell whether an item of a type for which this one waits came before it and has not left."""
    work, came_as = hall.items[at(slot)].work, hall.flow.tokens[at(slot)].came_as
    waits = False
    for number in range(phase.flow.first_after[at(work)], phase.flow.first_after[at(work + 1)]):
        oldest = hall.flow.kinds[at(phase.flow.after[at(number)])].oldest
        waits = waits or (oldest != NONE and hall.flow.tokens[at(oldest)].came_as < came_as)
    return waits


@inlined
def hold(hall: Hall, slot: int) -> None:
    """Put an item behind those of its type that wait for whole types."""
    kind = hall.flow.kinds[at(hall.items[at(slot)].work)]
    hall.flow.tokens[at(slot)].next_held = NONE
    if kind.first_held == NONE:
        kind.first_held = slot
    else:
        hall.flow.tokens[at(kind.last_held)].next_held = slot
    kind.last_held = slot


@inlined
def wait_for(hall: Hall, slot: int, other: int) -> None:
    """Put an item behind those that wait for another one to leave."""
    hall.flow.tokens[at(slot)].next_waiter = NONE
    awaited = hall.flow.tokens[at(other)]
    if awaited.first_waiter == NONE:
        awaited.first_waiter = slot
    else:
        hall.flow.tokens[at(awaited.last_waiter)].next_waiter = slot
    awaited.last_waiter = slot


@inlined
def one_less(hall: Hall, phase: Phase, names: Names, log: Log, slot: int) -> None:
    """Let an item wait for one thing less; it goes on when there is none left."""
    item, token, now = hall.items[at(slot)], hall.flow.tokens[at(slot)], hall.floor[0].now
    token.pending -= 1
    if token.pending > 0:
        return
    count_pending(hall, phase, slot, -1)
    wait(hall, log, item, DEPENDENCY, token.held_since, now - token.held_since)
    if is_too_old(hall, phase, slot):
        watch_age(hall, phase, slot)
    if token.edge == NONE or not is_delayed(hall, phase, names, log, slot, phase.edges[at(token.edge)]):
        serve(hall, phase, names, slot)


@inlined
def next_free(hall: Hall, phase: Phase, slot: int) -> int:
    """Take out who comes next of those that wait for an item that is gone, and need not wait for it any more.

    First its parent, then those that wait for its whole type, then those that depend on it; NONE after the last.
    """
    token, work = hall.flow.tokens[at(slot)], hall.items[at(slot)].work
    free = token.awaited_by
    token.awaited_by = NONE
    number = phase.flow.first_awaiting[at(work)]
    while free == NONE and number < phase.flow.first_awaiting[at(work + 1)]:
        kind = hall.flow.kinds[at(phase.flow.awaiting[at(number)])]
        if kind.first_held != NONE and not must_wait(hall, phase, kind.first_held):
            free = kind.first_held
            kind.first_held = hall.flow.tokens[at(free)].next_held
        number += 1
    if free == NONE and token.first_waiter != NONE:
        free = token.first_waiter
        token.first_waiter = hall.flow.tokens[at(free)].next_waiter
    return free


# --- birth ------------------------------------------------------------------------------------------------------------


@for_rich()
def after_visit(hall: Hall, phase: Phase, names: Names, slot: int, edge: int) -> None:
    """Let a visit bring forth what it does, before its item goes on along an edge."""
    node = hall.items[at(slot)].node
    source, are_children = phase.flow.junctions[at(node)].breeds, False
    for _ in range(2):
        if source != NONE:
            breed(hall, phase, names, slot, source, are_children)
        back = edge == phase.nodes[at(node)].rework_edge
        source, are_children = NONE if back else phase.flow.junctions[at(node)].children, True


@for_rich()
def depart(hall: Hall, phase: Phase, names: Names, slot: int) -> None:
    """Let an item out that is done; it brings forth what it does."""
    set_out(hall, phase, slot)
    item = hall.items[at(slot)]
    item.stage, item.visit = NONE, 0
    source = phase.flow.rules[at(item.work)].breeds
    if source != NONE:
        breed(hall, phase, names, slot, source, False)


@for_rich(apart=True)
def release(hall: Hall, phase: Phase, names: Names, log: Log, slot: int) -> None:
    """Let the next of a loop come for an item that is gone, and those go on that waited for it; free its slot."""
    token, work = hall.flow.tokens[at(slot)], hall.items[at(slot)].work
    if token.came_as == 0:  # it was not taken in, and nothing comes in its place
        count_in(hall, slot)
        hall.flow.kinds[at(work)].ahead -= token.ahead
    else:
        take_down(hall, slot)
        if (phase.flow.rules[at(work)].closed and not token.bred) or begins(hall, slot):
            ask_for_next(hall, work)
    free = next_free(hall, phase, slot)
    while free != NONE:
        one_less(hall, phase, names, log, free)
        free = next_free(hall, phase, slot)
    give_slot_back(hall, slot)


@inlined
def take_down(hall: Hall, slot: int) -> None:
    """Take an item out of those of its type that are inside."""
    token, kind = hall.flow.tokens[at(slot)], hall.flow.kinds[at(hall.items[at(slot)].work)]
    if token.older == NONE:
        kind.oldest = token.newer
    else:
        hall.flow.tokens[at(token.older)].newer = token.newer
    if token.newer == NONE:
        kind.newest = token.older
    else:
        hall.flow.tokens[at(token.newer)].older = token.older


@apart
def breed(hall: Hall, phase: Phase, names: Names, slot: int, number: int, are_children: bool) -> None:  # noqa: FBT001
    """Let a source bring forth items for one."""
    source, item = phase.flow.sources[at(number)], hall.items[at(slot)]
    purpose, drawn_for = (CHILDREN, CHILDREN) if are_children else (BREEDS, BRED_COUNT)
    if not are_children and uniform(names, item, BREEDS) >= source.chance:
        return
    size = source.first_size
    if source.last_size - size > 1:
        u = uniform(names, item, drawn_for)
        while size < source.last_size - 1 and phase.flow.sizes[at(size)].cumulative <= u:
            size += 1
    for count in range(phase.flow.sizes[at(size)].items):
        name = born(names, item, source.work, purpose, count)
        child = create(hall, phase, source.work, as_number(names, source.work, name))
        if child == NONE:
            return
        hall.flow.tokens[at(child)].bred = 1
        if source.waits:
            hall.flow.tokens[at(slot)].pending += 1
            hall.flow.tokens[at(child)].awaited_by = slot
        due(hall, phase, names, child, source.after, BRED_AFTER)


@inlined
def as_number(names: Names, work: int, name: np.uint64) -> int:
    """Give the number that, with its type, makes up a name."""
    return np.int64(names.works[at(work)] ^ name)  # type: ignore[return-value] # numba has one kind of integer


@inlined
def come_again(hall: Hall, phase: Phase, names: Names, work: int, rest: int) -> bool:
    """Let the next item of a loop come, after a rest; tells whether there is one."""
    floor, kind = hall.floor[0], hall.flow.kinds[at(work)]
    if floor.arrivals >= floor.most_arrivals:
        return False
    floor.arrivals += 1
    number = kind.numbered
    kind.numbered += 1
    slot = create(hall, phase, work, number)
    if slot != NONE:
        due(hall, phase, names, slot, rest, REST)
    return slot != NONE


@for_rich()
def let_next_come(hall: Hall, phase: Phase, names: Names) -> None:
    """Let the next of every loop come that was asked for: one in place of one, or as many as a pull has too few."""
    floor = hall.floor[0]
    for number in range(floor.asked):
        work = hall.flow.asked[at(number)]
        kind, rule = hall.flow.kinds[at(work)], phase.flow.rules[at(work)]
        comes = rule.closed or kind.ahead < rule.pull_below
        while comes:
            comes = come_again(hall, phase, names, work, rule.rest) and kind.ahead < rule.pull_below
    floor.asked = 0


@inlined
def create(hall: Hall, phase: Phase, work: int, number: int) -> int:
    """Make an item, to arrive later; gives its slot, NONE where there would be too many."""
    floor = hall.floor[0]
    index = floor.first_born + floor.born
    if index == floor.most_items:
        report(hall, ITEMS, floor.now)
        return NONE
    slot = take_slot(hall)
    begin_item(hall, phase, slot, index, work, number)
    floor.born += 1
    floor.coming += 1
    if phase.flow.rules[at(work)].pull_stage != NONE:
        hall.flow.tokens[at(slot)].ahead = 1
        hall.flow.kinds[at(work)].ahead += 1
    return slot


@inlined
def due(hall: Hall, phase: Phase, names: Names, slot: int, after: int, purpose: np.uint64) -> None:
    """Let an item arrive at once, or after a time drawn under its name."""
    item, now = hall.items[at(slot)], hall.floor[0].now
    ticks = 0 if after == NONE else whole(lookup(phase.tables, after, uniform(names, item, purpose)))
    item.arrived = now + ticks
    schedule(hall, item.arrived, order_of(item.among, GOES_ON), slot)
