"""The rounds rule: all that is due at an instant, in the order of items, then one dispatch. As `Floor.run`."""

from twin.engine.kernel import room
from twin.engine.kernel.addresses import by_address
from twin.engine.kernel.arrays import OPENING, Arrivals, Hall, Log, Names, Phase
from twin.engine.kernel.branches import go_on
from twin.engine.kernel.deadlock import waits_for_good
from twin.engine.kernel.departures import may_leave, withdraw
from twin.engine.kernel.doors import bring_branches_forward, let_in, pass_gate, take_in
from twin.engine.kernel.due import arrival_is_next, next_tick, order_of, schedule, take_next
from twin.engine.kernel.heaps import take_from_heap
from twin.engine.kernel.jit import at, door, for_rich, inlined
from twin.engine.kernel.journey import arrive, enqueue, finish, is_there_at_once, serve
from twin.engine.kernel.loops import started
from twin.engine.kernel.obstacles import block, unblock, watch
from twin.engine.kernel.offspring import let_next_come, release
from twin.engine.kernel.pairs import best_pair
from twin.engine.kernel.patience import queue_up
from twin.engine.kernel.people import longest_idle, take
from twin.engine.kernel.preemption import preempted, victim_of
from twin.engine.kernel.problems import DEADLOCK, FINE, NO_ROOM, ROUNDS, report
from twin.engine.kernel.queues import ask_stage, ask_team, first_in, is_branched, is_empty, is_rich, take_first
from twin.engine.kernel.rings import goes_in_a_ring, hold_up
from twin.engine.kernel.segments import begin_segment
from twin.engine.kernel.settle import settle
from twin.engine.kernel.staff import begin, hand_back
from twin.engine.kernel.turns import COMING, come, next_visit
from twin.engine.kernel.ways import effort, whole
from twin.eventlog import NEVER
from twin.outcome import BLOCKS, GOES_ON, KIND_BITS, UNBLOCKS
from twin.plan import NONE
from twin.rows import TOGETHER
from twin.staffing import NO_TURNS

KINDS = (1 << KIND_BITS) - 1

waits_ahead, events_ahead = inlined(room.waits_ahead), inlined(room.events_ahead)


@door
def advance(
    hall: Hall, phase: Phase, names: Names, arrivals: Arrivals, log: Log, until: int, last: int
) -> int:  # fmt: skip
    """Let everything happen that is due before `until`, or until so many items have left; gives the problem met."""
    hall, phase = by_address(hall), by_address(phase)
    floor = hall.floor[0]
    while True:
        if is_rich(phase) and floor.asked > 0:
            let_next_come(hall, phase, names)
        due = next_tick(hall)
        if due > floor.now and floor.teams_asked + floor.stages_asked > 0:
            if is_rich(phase) and not has_room(hall, phase, log):
                return NO_ROOM
            dispatch(hall, phase, names, log)
            if is_rich(phase) and floor.problem == FINE:
                continue
            due = next_tick(hall)
        if floor.problem != FINE:
            return floor.problem
        drained = has_drained(hall, phase, last)
        if due >= until or drained:
            settle(hall, phase, log, floor.now + 1 if drained else until)
            return FINE
        if not has_room(hall, phase, log):
            return NO_ROOM
        floor.now = due
        step(hall, phase, names, arrivals, log)
        if is_rich(phase) and floor.gone != NONE:
            release(hall, phase, names, log, floor.gone)
            floor.gone = NONE


@inlined
def step(hall: Hall, phase: Phase, names: Names, arrivals: Arrivals, log: Log) -> None:
    """Let the first of all that is due happen: a team is asked, or an item arrives, has waited or is done."""
    sets_out = True
    if arrival_is_next(hall):
        slot = arrive(hall, phase, arrivals)
    else:
        order, slot = take_next(hall)
        if is_rich(phase) and order >= COMING:
            come(hall, phase, order - COMING, slot)
            return
        if order >= OPENING:
            hall.floor[0].openings -= 1
            if is_rich(phase) and slot >= hall.teams.size:
                ask_stage(hall, slot - hall.teams.size)
            else:
                ask_team(hall, slot)
            return
        if is_rich(phase) and is_no_end(hall, phase, names, log, order, slot):
            hall.floor[0].openings -= 1
            return
        if is_rich(phase) and hall.items[at(slot)].started != NEVER and hall.stints[at(slot)].hands_back:
            hand_back(hall, phase, names, log, slot)
            return
        sets_out = hall.items[at(slot)].started != NEVER
        if sets_out:
            finish(hall, phase, log, slot)
    if is_branched(phase):
        go_on(hall, phase, names, log, slot, sets_out)
    elif not sets_out or is_there_at_once(hall, phase, names, log, slot):
        serve(hall, phase, names, slot)


@for_rich(otherwise=False)
def is_no_end(hall: Hall, phase: Phase, names: Names, log: Log, order: int, slot: int) -> bool:
    """Tell whether an event is void, or an item was looked at that may have to leave; then nothing is left to do."""
    order_kind = order & KINDS
    if order_kind == GOES_ON:
        return slot == NONE
    is_same = hall.items[at(slot)].index != NONE and hall.items[at(slot)].among == order >> KIND_BITS
    if order_kind == BLOCKS:
        if is_same:
            block(hall, phase, names, log, slot)
    elif order_kind == UNBLOCKS:
        unblock(hall, phase, log, slot)
    elif is_same and may_leave(hall, phase, slot, order_kind):
        withdraw(hall, phase, log, slot)
        hall.floor[0].gone = slot
    return True


@inlined
def has_drained(hall: Hall, phase: Phase, last: int) -> bool:
    """Tell whether so many items have left, and those that came of others."""
    floor = hall.floor[0]
    if is_rich(phase):
        return last != NONE and floor.left == last + floor.born
    return floor.left == last


@inlined
def has_room(hall: Hall, phase: Phase, log: Log) -> bool:
    """Tell whether one more event and the dispatch after it fit into the arrays."""
    floor = hall.floor[0]
    segments = hall.segments.size if is_rich(phase) else 0
    gates = hall.limits.gates.size if is_rich(phase) else 0
    events = events_ahead(hall.items.size, hall.teams.size, floor.openings, segments, gates)
    waits = floor.waits + waits_ahead(segments, floor.most_rows)
    written = floor.rows + floor.most_rows <= log.rows.shape[0] and waits <= log.waits.shape[0]
    if is_branched(phase) and floor.free < floor.most_slots:
        return False
    return written and floor.free_slot != NONE and events <= hall.due.size


@inlined
def dispatch(hall: Hall, phase: Phase, names: Names, log: Log) -> None:
    """Let items in, then let every team that was asked start what it can."""
    floor = hall.floor[0]
    floor.rounds = floor.rounds + 1 if floor.now == floor.round_tick else 1
    floor.round_tick = floor.now
    if floor.rounds > floor.most_rounds:
        report(hall, ROUNDS, floor.now)
        return
    while floor.stages_asked > 0:
        admit(hall, phase, names, log)
    if is_locked(hall, phase):
        report(hall, DEADLOCK, floor.now)
        return
    asked = floor.teams_asked
    if is_rich(phase):
        set_aside(hall)
    for place in range(asked):
        team = hall.teams_starting[at(place)] if is_rich(phase) else hall.teams_asked[at(place)]
        if not is_rich(phase):
            hall.teams[at(team)].asked = 0
        start_work(hall, phase, names, log, team)
    if not is_rich(phase):
        floor.teams_asked = 0


@inlined
def is_locked(hall: Hall, phase: Phase) -> bool:
    """Tell whether somebody waits for good, where somebody has begun to wait since this was last asked."""
    early = hall.limits.early[0]
    if not (early.suspicious and early.is_last):
        return False
    early.suspicious = 0
    return waits_for_good(hall, phase) if is_rich(phase) else goes_in_a_ring(hall, phase)


@inlined
def set_aside(hall: Hall) -> None:
    """Set those teams aside that were asked, since in rich twins others, or they again, are asked meanwhile."""
    floor = hall.floor[0]
    for place in range(floor.teams_asked):
        team = hall.teams_asked[at(place)]
        hall.teams_starting[at(place)] = team
        hall.teams[at(team)].asked = 0
    floor.teams_asked = 0


@inlined
def admit(hall: Hall, phase: Phase, names: Names, log: Log) -> None:
    """Let items into the stage that comes first of those asked while it has a free place."""
    if is_rich(phase):
        bring_branches_forward(hall)
    hall.floor[0].stages_asked -= 1
    stage = -hall.stages_asked[at(hall.floor[0].stages_asked)]
    hall.stages[at(stage)].asked = 0
    if is_rich(phase):
        slot = take_in(hall, phase, stage)
        while slot != NONE:
            if let_in(hall, phase, names, slot):
                queue_up(hall, phase, names, slot)
            slot = take_in(hall, phase, stage)
        pass_gate(hall, phase, names, log, stage)
        return
    outside, limit = hall.stages.size + stage, phase.limit[at(stage)]
    while not is_empty(hall, outside) and (limit == 0 or hall.stages[at(stage)].places_taken < limit):
        slot = take_first(hall, phase, outside)
        hold_up(hall, phase, slot, -1)
        enqueue(hall, phase, names, slot)


@inlined
def start_work(hall: Hall, phase: Phase, names: Names, log: Log, team: int) -> None:
    """Start visits while something waits and someone is free; of all queues the one whose first is first."""
    if is_rich(phase) and phase.staff.special[at(team)]:
        start_special(hall, phase, names, log, team)
        return
    queue = first_queue(hall, phase, team)
    while queue != NONE:
        crew, victim = longest_idle(hall, phase, team), NONE
        if is_rich(phase) and crew == NONE:
            victim = victim_of(hall, phase, names, team, first_in(hall, phase, queue))
        if crew == NONE and victim == NONE:
            return
        slot = take_first(hall, phase, queue)
        if is_rich(phase):
            hall.limits.gates[at(queue)].queued -= 1
            if victim != NONE:
                crew = preempted(hall, phase, names, log, victim)
        start(hall, phase, names, log, team, crew, slot)
        queue = first_queue(hall, phase, team)


@for_rich()
def start_special(hall: Hall, phase: Phase, names: Names, log: Log, team: int) -> None:
    """Start visits while something waits that someone can do who is free, or whom urgent work may take."""
    goes_round = phase.staff.turns[at(team)] != NO_TURNS
    while True:
        person, stage = next_visit(hall, phase, team) if goes_round else best_pair(hall, phase, names, team)
        if person == NONE:
            stage = NONE if goes_round else first_queue(hall, phase, team)
            if stage == NONE:
                return
            victim = victim_of(hall, phase, names, team, first_in(hall, phase, stage))
            if victim == NONE:
                return
            slot = take_first(hall, phase, stage)
            preempted(hall, phase, names, log, victim)
            person = hall.items[at(victim)].person
        else:
            slot = take_first(hall, phase, stage)
        hall.limits.gates[at(stage)].queued -= 1
        ticks = begin(hall, phase, names, log, team, person, slot)
        if not phase.staff.shares[at(team)]:
            watch(hall, phase, names, slot, ticks)
            start_along(hall, phase, slot)


@inlined
def first_queue(hall: Hall, phase: Phase, team: int) -> int:
    """Find the stage of a team whose first in line is first of all; NONE where nobody waits."""
    best, rank, key, turn = NONE, hall.lines.shape[1], 0, 0
    first, beyond = phase.first_stage[at(team)], phase.first_stage[at(team + 1)]
    if beyond - first == 1 and not is_rich(phase):
        stage = phase.team_stage[at(first)]
        return stage if may_begin(hall, phase, stage) else NONE
    for place in range(first, beyond):
        stage = phase.team_stage[at(place)]
        if hall.fronts[at(stage)] > rank or not may_begin(hall, phase, stage):
            continue
        slot = first_in(hall, phase, stage)
        mine, own = hall.items[at(slot)].turn, hall.ranked[at(slot)].key if is_rich(phase) else 0
        if hall.fronts[at(stage)] < rank or own < key or (own == key and mine < turn):
            best, rank, key, turn = stage, hall.fronts[at(stage)], own, mine
    return best


@inlined
def may_begin(hall: Hall, phase: Phase, stage: int) -> bool:
    """Tell whether anybody queues at a stage, as many as have to be there for work to begin."""
    if is_rich(phase):
        return hall.limits.gates[at(stage)].queued >= phase.gates.least[at(stage)]
    return not is_empty(hall, stage)


@inlined
def start(hall: Hall, phase: Phase, names: Names, log: Log, team: int, crew: int, slot: int) -> None:
    """Let the person of a crew who has been idle longest begin or resume a visit, and fix when it will be done."""
    item, now = hall.items[at(slot)], hall.floor[0].now
    if is_rich(phase):
        if item.started == NEVER:
            started(hall, phase, slot)
        left = begin_segment(hall, phase, names, log, team, crew, slot)
    else:
        left = effort(phase, names, item, team)
        if is_branched(phase):
            left *= hall.flow.tokens[at(slot)].share
        item.started = now
        hall.stages[at(item.stage)].queue += now
    ticks = whole(left * hall.crews[at(crew)].stretch)
    person, finished = take(hall, phase, crew, ticks)
    item.team, item.crew, item.person = team, crew, person
    item.finished, item.suspended = finished, finished - now - ticks
    schedule(hall, finished, order_of(item.among, GOES_ON), slot)
    if is_rich(phase):
        hall.people[at(person)].next = slot
        watch(hall, phase, names, slot, ticks)
        start_along(hall, phase, slot)


@for_rich()
def start_along(hall: Hall, phase: Phase, slot: int) -> None:
    """Let further visits be done together with one, by the same person in the same time, up to the size."""
    first, queue = hall.items[at(slot)], hall.items[at(slot)].stage
    room = phase.gates.together[at(queue)] - 1
    hall.limits.placed[at(slot)].leads = 1 if room > 0 else 0
    while room > 0 and not is_empty(hall, queue):
        other = first_in(hall, phase, queue)
        item = hall.items[at(other)]
        if item.started != NEVER:
            return
        take_from_heap(hall, queue, other)
        hall.limits.gates[at(queue)].queued -= 1
        item.started, item.team, item.crew, item.person = hall.floor[0].now, first.team, first.crew, first.person
        item.finished, item.suspended = first.finished, first.suspended
        started(hall, phase, other)
        hall.segments[at(other)].since = hall.segments[at(slot)].since
        hall.limits.placed[at(other)].marks |= TOGETHER
        hall.stages[at(queue)].queue += hall.floor[0].now
        schedule(hall, item.finished, order_of(item.among, GOES_ON), other)
        room -= 1
