"""Who takes what, where people differ. As `twin.engine.pairs` in the reference."""

from twin.engine.kernel.arrays import FOREVER, Hall, Names, Phase, Record
from twin.engine.kernel.due import schedule_opening
from twin.engine.kernel.hands import first_room, has_fewer, has_room
from twin.engine.kernel.heaps import is_before
from twin.engine.kernel.hours import opening
from twin.engine.kernel.jit import at, inlined
from twin.engine.kernel.queues import first_in
from twin.engine.kernel.streams import WHO, uniform
from twin.plan import NONE
from twin.staffing import FASTEST, FLOAT_BITS, RANDOM, SAME


@inlined
def best_pair(hall: Hall, phase: Phase, names: Names, team: int) -> tuple[int, int]:
    """Find the person and the stage of the best pair; else look again when someone opens who could take what waits."""
    asked, now, most = hall.teams[at(team)], hall.floor[0].now, phase.staff.at_once[at(team)]
    best, stage, soonest = NONE, NONE, FOREVER
    for number in range(asked.first_crew, asked.last_crew):
        if first_room(hall, hall.crews[at(number)], most) == NONE:
            continue
        mine = first_for(hall, phase, team, number)
        if mine == NONE:
            continue
        opens = opening(hall, phase, hall.crews[at(number)].calendar, now)
        if opens > now:
            soonest = min(soonest, opens)
        elif best == NONE or goes_before(hall, phase, number, mine, best, stage):
            best, stage = number, mine
    if best == NONE:
        if soonest < FOREVER and asked.woken != soonest:
            asked.woken = soonest
            schedule_opening(hall, soonest, team)
        return NONE, NONE
    return chosen(hall, phase, names, team, best, stage), stage


@inlined
def goes_before(hall: Hall, phase: Phase, crew: int, stage: int, other: int, other_stage: int) -> bool:
    """Tell whether a pair of a crew and a stage comes before another."""
    mine, theirs = place_of(hall, phase, crew, stage), place_of(hall, phase, other, other_stage)
    if mine != theirs:
        return mine < theirs
    first, second = first_in(hall, phase, stage), first_in(hall, phase, other_stage)
    return first != second and is_before(hall.items, hall.ranked, first, second)


@inlined
def place_of(hall: Hall, phase: Phase, crew: int, stage: int) -> int:
    """Give the place of a stage: by preference, or the sooner the more waits at the stages of the team whose it is."""
    team = hall.crews[at(crew)].team
    whose, waiting = phase.staff.floats[at(team), at(stage)], 0
    if whose == NONE:
        return phase.staff.place[at(crew), at(stage)]
    for place in range(phase.first_stage[at(team)], phase.first_stage[at(team + 1)]):
        other = phase.team_stage[at(place)]
        if phase.staff.floats[at(team), at(other)] == whose:
            waiting += hall.limits.gates[at(other)].queued
    return whose - (waiting << FLOAT_BITS)


@inlined
def first_for(hall: Hall, phase: Phase, team: int, crew: int) -> int:
    """Find the stage to which a crew turns first; NONE where nothing waits that it can do."""
    best = NONE
    for place in range(phase.first_stage[at(team)], phase.first_stage[at(team + 1)]):
        stage = phase.team_stage[at(place)]
        if (
            hall.limits.gates[at(stage)].queued < phase.gates.least[at(stage)]
            or phase.staff.stretch[at(crew), at(stage)] == 0.0
        ):
            continue
        if best == NONE or goes_before(hall, phase, crew, stage, crew, best):
            best = stage
    return best


@inlined
def ties(hall: Hall, phase: Phase, team: int, number: int, best: int, stage: int) -> bool:
    """Tell whether a crew ties with the best one on an item."""
    crew, now = hall.crews[at(number)], hall.floor[0].now
    if first_room(hall, crew, phase.staff.at_once[at(team)]) == NONE or opening(hall, phase, crew.calendar, now) > now:
        return False
    same = place_of(hall, phase, number, stage) == place_of(hall, phase, best, stage)
    return same and first_for(hall, phase, team, number) == stage


@inlined
def chosen(hall: Hall, phase: Phase, names: Names, team: int, best: int, stage: int) -> int:
    """Choose a person of the crews that tie with the best, by the team's rule."""
    who, asked, most = phase.staff.who[at(team)], hall.teams[at(team)], phase.staff.at_once[at(team)]
    if who == RANDOM:
        return by_chance(hall, phase, names, team, best, stage)
    if who == SAME:
        person = had_before(hall, phase, team, stage)
        if person != NONE and can_take_again(hall, phase, team, person, best, stage):
            return person
    fastest, found, found_crew = 0.0, NONE, best
    for number in range(asked.first_crew, asked.last_crew):
        if not ties(hall, phase, team, number, best, stage):
            continue
        stretch, crew = phase.staff.stretch[at(number), at(stage)], hall.crews[at(number)]
        person = first_room(hall, crew, most)
        if who == FASTEST and found != NONE and stretch != fastest:
            sooner = stretch < fastest
        else:
            sooner = found == NONE or has_fewer(hall, crew, person, hall.crews[at(found_crew)], found)
        if sooner:
            fastest, found, found_crew = stretch, person, number
    return found


@inlined
def by_chance(hall: Hall, phase: Phase, names: Names, team: int, best: int, stage: int) -> int:
    """Choose any of the people who could take the item, in order of crews and places."""
    asked, most, everyone = hall.teams[at(team)], phase.staff.at_once[at(team)], 0
    for number in range(asked.first_crew, asked.last_crew):
        if ties(hall, phase, team, number, best, stage):
            everyone += with_room(hall, hall.crews[at(number)], most)
    item = hall.items[at(first_in(hall, phase, stage))]
    left = int(uniform(names, item, WHO) * everyone)
    for number in range(asked.first_crew, asked.last_crew):
        if not ties(hall, phase, team, number, best, stage):
            continue
        here = with_room(hall, hall.crews[at(number)], most)
        if left < here:
            return nth_with_room(hall, hall.crews[at(number)], most, left)
        left -= here
    return NONE


@inlined
def with_room(hall: Hall, crew: Record, most: int) -> int:
    """Count who of a crew could take a visit."""
    count = 0
    for person in range(crew.first, crew.first + crew.people):
        count += has_room(hall, person, most)
    return count


@inlined
def nth_with_room(hall: Hall, crew: Record, most: int, before: int) -> int:
    """Find who of a crew could take a visit and has so many before them who could."""
    for person in range(crew.first, crew.first + crew.people):
        if has_room(hall, person, most):
            if before == 0:
                return person
            before -= 1
    return NONE


@inlined
def had_before(hall: Hall, phase: Phase, team: int, stage: int) -> int:
    """Tell who of a team had the item that is first at a stage there last, or else at any stage; NONE for nobody."""
    slot = first_in(hall, phase, stage)
    person = hall.had_at[at(slot), at(phase.nodes[at(hall.items[at(slot)].node)].column)]
    if person != NONE and hall.crews[at(hall.hands[at(person)].crew)].team == team:
        return person
    return hall.had_in[at(slot), at(team)]


@inlined
def can_take_again(hall: Hall, phase: Phase, team: int, person: int, best: int, stage: int) -> bool:
    """Tell whether a person is among those who could take an item."""
    number = hall.hands[at(person)].crew
    crew = hall.crews[at(number)]
    there = person - crew.first < crew.people and has_room(hall, person, phase.staff.at_once[at(team)])
    return there and ties(hall, phase, team, number, best, stage)
