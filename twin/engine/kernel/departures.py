"""How items leave before they are done. As `twin.engine.departures` in the reference. Only for rich twins."""

from twin.engine.kernel.arrays import Hall, Log, Names, Phase
from twin.engine.kernel.doors import give_back, leave_line, take_places
from twin.engine.kernel.due import make_void, order_of, schedule
from twin.engine.kernel.gates import WAITED, stop_waiting
from twin.engine.kernel.heaps import take_from_heap
from twin.engine.kernel.jit import apart, at, for_rich, inlined
from twin.engine.kernel.queues import ask_stage
from twin.engine.kernel.segments import write_gap
from twin.engine.kernel.streams import CANCELLATION, uniform
from twin.engine.kernel.waits import kind, named, person_high, person_low, stamped, stamped_if_come, wait
from twin.eventlog import NEVER
from twin.graph import LEAVE
from twin.outcome import GOES_ON, OF_AGE
from twin.plan import NONE
from twin.rows import CANCELLED, TURNED_AWAY

NOBODY = 0


@inlined
def is_refused(hall: Hall, phase: Phase, node: int) -> bool:
    """Tell whether an arriving item is turned away; else it is taken in."""
    limits, full = phase.limits, False
    refusing = limits.refusing[at(node)]
    for place in range(limits.first[at(refusing)], limits.first[at(refusing + 1)]):
        limit = limits.members[at(place)]
        full |= hall.limits.taken[at(limit)] >= limits.most[at(limit)]
    return full


@inlined
def take_item_in(hall: Hall, phase: Phase, slot: int, node: int) -> None:
    """Let an arriving item hold the places it holds before it is let in anywhere."""
    hall.limits.placed[at(slot)].held = 0
    take_places(hall, phase, slot, phase.limits.accepted[at(node)])
    watch_age(hall, phase, slot)


@inlined
def watch_age(hall: Hall, phase: Phase, slot: int) -> None:
    """Let an item be looked at when it comes of the age at which it is withdrawn."""
    item = hall.items[at(slot)]
    age = phase.leaving.age[at(item.work)]
    hall.limits.placed[at(slot)].withdraws = 1 if age > 0 else 0
    if age > 0:
        hall.floor[0].openings += 1
        schedule(hall, max(item.arrived + age, hall.floor[0].now), order_of(item.among, OF_AGE), slot)


@inlined
def is_too_old(hall: Hall, phase: Phase, slot: int) -> bool:
    """Tell whether an item has reached the age at which it is withdrawn."""
    item = hall.items[at(slot)]
    age = phase.leaving.age[at(item.work)]
    return age > 0 and item.arrived + age <= hall.floor[0].now


@for_rich(otherwise=False)
def ends_here(hall: Hall, phase: Phase, names: Names, slot: int, target: int) -> bool:
    """Tell whether an item that has finished a visit is cancelled by chance, or too old to go on."""
    chance = phase.leaving.chance[at(hall.items[at(slot)].node)]
    if chance > 0 and uniform(names, hall.items[at(slot)], CANCELLATION) < chance:
        return True
    return target != LEAVE and is_too_old(hall, phase, slot)


@for_rich()
def cancel(hall: Hall, phase: Phase, log: Log, slot: int) -> None:
    """Write down that an item goes that has just finished a visit, and free its places."""
    log.rows[at(hall.items[at(slot)].row), 4] |= CANCELLED
    hall.limits.early[0].cancelled += 1
    set_out(hall, phase, slot)


@for_rich()
def set_out(hall: Hall, phase: Phase, slot: int) -> None:
    """Let an item out and free its places; its slot is freed once those know who waited for it."""
    hall.floor[0].left += 1
    give_all_back(hall, phase, slot)


@for_rich()
def give_all_back(hall: Hall, phase: Phase, slot: int) -> None:
    """Free the places that an item or a token holds."""
    limits, held = phase.limits, hall.limits.placed[at(slot)].held
    for place in range(limits.first[at(held)], limits.first[at(held + 1)]):
        give_back(hall, phase, limits.members[at(place)])
    hall.limits.placed[at(slot)].held = 0


@inlined
def turn_away(hall: Hall, phase: Phase, log: Log, slot: int) -> None:
    """Write the row of an arrival that is not taken in, once its visit was opened."""
    hall.limits.placed[at(slot)].marks = TURNED_AWAY
    hall.limits.placed[at(slot)].held = 0
    write_early(hall, log, slot, hall.items[at(slot)].enabled)
    hall.limits.early[0].turned_away += 1
    set_out(hall, phase, slot)


@inlined
def write_early(hall: Hall, log: Log, slot: int, finished: int) -> None:
    """Write the row of a visit that ends while nobody works on it."""
    item, team, person = hall.items[at(slot)], NONE, NOBODY
    if item.started != NEVER:
        crew = hall.crews[at(item.crew)]
        team, person = item.team, crew.group + (item.person - crew.first)
    row = log.rows[at(item.row)]
    row[0] = named(item.index, item.stage, item.visit)
    row[1] = stamped(item.enabled, team + 1)
    row[2] = stamped_if_come(item.queued, person_low(person))
    row[3] = stamped_if_come(item.started, person_high(person))
    row[4] = stamped(finished, kind(item.work, hall.limits.placed[at(slot)].marks))
    hall.stages[at(item.stage)].time += hall.floor[0].now


@inlined
def may_leave(hall: Hall, phase: Phase, slot: int, order_kind: int) -> bool:
    """Tell whether an item that is looked at leaves: nobody works on it, and it is too old or out of patience."""
    item, now = hall.items[at(slot)], hall.floor[0].now
    if hall.flow.tokens[at(slot)].pending > 0 or item.row == NONE or hall.segments[at(slot)].unblocks_at != NEVER:
        return False
    waits = item.started == NEVER or hall.segments[at(slot)].away != NEVER
    if order_kind == OF_AGE:
        return waits and is_too_old(hall, phase, slot)
    return item.started == NEVER and hall.limits.placed[at(slot)].deadline == now


@apart
def withdraw(hall: Hall, phase: Phase, log: Log, slot: int) -> None:
    """Take an item out of whatever it waits for, and let it go."""
    item, placed, now = hall.items[at(slot)], hall.limits.placed[at(slot)], hall.floor[0].now
    if placed.line >= 2 * hall.stages.size:
        leave_line(hall, slot)
    elif placed.line != NONE:
        stop_waiting(hall, slot)
        wait(hall, log, item, WAITED, placed.came, now - placed.came)
        ask_stage(hall, item.stage)
    elif item.queued == NEVER:
        make_void(hall, order_of(item.among, GOES_ON))
    else:
        take_from_heap(hall, item.stage, slot)
        hall.limits.gates[at(item.stage)].queued -= 1
        if item.started == NEVER:
            hall.stages[at(item.stage)].queue += now
        else:
            write_gap(hall, log, slot)
    placed.marks |= CANCELLED
    write_early(hall, log, slot, now)
    hall.limits.early[0].cancelled += 1
    set_out(hall, phase, slot)
