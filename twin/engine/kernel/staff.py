"""How special people begin, finish and hand back visits. As `twin.engine.staff` in the reference."""

from twin.causes import Cause
from twin.engine.kernel.arrays import Hall, Log, Names, Phase
from twin.engine.kernel.attention import let_go, take_up
from twin.engine.kernel.due import order_of, schedule
from twin.engine.kernel.hands import speed_of, take_person
from twin.engine.kernel.hours import interval_at
from twin.engine.kernel.jit import at, for_rich, inlined
from twin.engine.kernel.loops import started
from twin.engine.kernel.obstacles import block_at_hand, is_blocked_within
from twin.engine.kernel.overhead import lay_out, write_whole
from twin.engine.kernel.people import give_back
from twin.engine.kernel.places import UNDRAWN
from twin.engine.kernel.queues import take_turn
from twin.engine.kernel.segments import interrupt, return_to_line, write_gap
from twin.engine.kernel.waits import OFF_CALENDAR, wait
from twin.engine.kernel.ways import effort
from twin.eventlog import NEVER
from twin.outcome import GOES_ON
from twin.plan import NONE
from twin.staffing import FINISH, HAND_BACK, SAME, STAGE, WORK

PREEMPTED = int(Cause.PREEMPTED)


@inlined
def begin(hall: Hall, phase: Phase, names: Names, log: Log, team: int, person: int, slot: int) -> int:
    """Let a person begin or resume a visit, and fix when it will be done; gives its working ticks."""
    item, segment, stint = hall.items[at(slot)], hall.segments[at(slot)], hall.stints[at(slot)]
    now, number = hall.floor[0].now, hall.hands[at(person)].crew
    if segment.effort == UNDRAWN:
        segment.effort = effort(phase, names, item, team) * hall.flow.tokens[at(slot)].share
    stint.full = phase.staff.stretch[at(number), at(item.stage)]
    item.team, item.crew, item.person = team, number, person
    segment.stretch = stint.full / speed_of(hall, phase, number, person)
    ticks = lay_out(hall, phase, names, slot, switching(hall, phase, team, person, slot))
    remember(hall, phase, team, person, slot)
    if item.started == NEVER:
        started(hall, phase, slot)
        item.started = now
        hall.stages[at(item.stage)].queue += now
    else:
        write_gap(hall, log, slot)
    segment.since = now
    if phase.staff.shares[at(team)]:
        stint.hands_back = int(is_blocked_within(hall, phase, names, slot, stint.own))
        take_up(hall, phase, number, person, slot)
    else:
        fix_end(hall, phase, team, slot, ticks)
    return ticks


@inlined
def switching(hall: Hall, phase: Phase, team: int, person: int, slot: int) -> int:
    """Give the time to switch from the person's visit before; nobody switches to a first visit."""
    item, hand, between = hall.items[at(slot)], hall.hands[at(person)], phase.staff.switch_between[at(team)]
    if not hand.worked:
        return 0
    other_work = between & WORK != 0 and hand.last_work != item.work
    other_stage = between & STAGE != 0 and hand.last_stage != item.stage
    return phase.staff.switch_cost[at(team)] if other_work or other_stage else 0


@inlined
def remember(hall: Hall, phase: Phase, team: int, person: int, slot: int) -> None:
    """Remember what a person does, and who has had an item."""
    item, hand = hall.items[at(slot)], hall.hands[at(person)]
    hand.worked, hand.last_work, hand.last_stage = 1, item.work, item.stage
    if phase.staff.who[at(team)] == SAME:
        hall.had_at[at(slot), at(phase.nodes[at(item.node)].column)] = person
        hall.had_in[at(slot), at(team)] = person


@inlined
def fix_end(hall: Hall, phase: Phase, team: int, slot: int, ticks: int) -> None:
    """Take the person and let the visit end: by the rule for the end of a shift, it may be handed back before."""
    item, stint, ends = hall.items[at(slot)], hall.stints[at(slot)], phase.staff.shift_end[at(team)]
    now, calendar = hall.floor[0].now, hall.crews[at(item.crew)].calendar
    close = phase.intervals[at(interval_at(hall, phase, calendar, now))].close
    finished = take_person(hall, phase, item.crew, item.person, ticks, phase.by_clock if ends == FINISH else NONE)
    hall.hands[at(item.person)].lead = stint.lead
    hall.people[at(item.person)].next = slot
    item.finished, item.suspended = finished, finished - now - ticks
    alone = phase.gates.together[at(item.stage)] == 1
    stint.hands_back = int(ends == HAND_BACK and finished > close and alone)
    schedule(hall, close if stint.hands_back else finished, order_of(item.among, GOES_ON), slot)


@for_rich()
def finish_special(hall: Hall, phase: Phase, log: Log, slot: int) -> None:
    """Write down what a visit waited for while it was worked on, and free the person."""
    item = hall.items[at(slot)]
    if phase.staff.shares[at(item.team)]:
        let_go(hall, phase, log, slot)
        return
    wait(hall, log, item, OFF_CALENDAR, hall.segments[at(slot)].since, item.suspended)
    write_whole(hall, log, slot)
    give_back(hall, phase, item.crew, item.person, take_turn(hall))


@for_rich(apart=True)
def hand_back(hall: Hall, phase: Phase, names: Names, log: Log, slot: int) -> None:
    """Put a visit back in line at the closing, or down where it is blocked and its person has several at once."""
    if phase.staff.shares[at(hall.items[at(slot)].team)]:
        block_at_hand(hall, phase, names, log, slot)
        return
    interrupt(hall, phase, names, log, slot, PREEMPTED)
    return_to_line(hall, phase, slot)
