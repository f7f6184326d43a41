"""Where an item stands in a line: rank, key and turn, which do not change while it stands there (`twin.choosing`)."""

from __future__ import annotations

from heapq import heapify
from typing import TYPE_CHECKING

from twin.choosing import KEY_BITS, MOST_KEY, VALUE_SCALE, Rule
from twin.engine.item import UNDRAWN
from twin.eventlog import NEVER
from twin.streams import Purpose

if TYPE_CHECKING:
    from twin.engine.item import Item
    from twin.engine.reference import Floor

Place = tuple[int, int, int]


def place_in_line(floor: Floor, item: Item, turn: int) -> Place:
    """Give the place in the line of its stage of an item that joins it at a turn."""
    stage, work = item.stage, item.work
    if not floor.rich:  # said again in `Floor.enqueue`, where every visit comes by
        return floor.rank[stage][work], 0, turn
    return floor.rank[stage][work], key(floor, item, turn), turn


def key(floor: Floor, item: Item, turn: int) -> int:
    """Give what decides between items of one rank."""
    match floor.rule[item.stage][item.work]:
        case Rule.LAST_FIRST:
            return -turn
        case Rule.RANDOM:
            return int(chance(floor, item) * KEY_BITS)
        case Rule.DATE:
            return int(item.arrived + floor.offset[item.stage][item.work])
        case Rule.SHORTEST | Rule.REMAINING:
            return whole(effort_left(floor, item))
        case Rule.VALUE:
            return -whole(floor.weight[item.work] * VALUE_SCALE / max(effort_left(floor, item), 1.0))
    return 0


def whole(number: float) -> int:
    """Round to a whole number that fits a key."""
    return int(min(number, MOST_KEY) + 0.5)


def chance(floor: Floor, item: Item) -> float:
    """Draw the number in (0, 1) by which a visit stands in a line at random."""
    draw = floor.chances.get((item.work, item.stage))
    if draw is None:
        draw = floor.ways.draws.draw(item.work, item.stage, Purpose.CHOICE)
        floor.chances[item.work, item.stage] = draw
    return draw.at(item.number, item.visit)


def effort_left(floor: Floor, item: Item) -> float:
    """Give the working ticks a visit still needs, those of the stage's first team where nobody has begun."""
    if item.effort != UNDRAWN:
        return item.effort
    teams = floor.stage_teams[item.stage]
    return floor.ways.effort(item, teams[0]) if teams else 0.0


def first_waiting(floor: Floor, team: int) -> Item | None:
    """Find the item that is first of all lines of a team in which enough wait to begin."""
    stages = floor.plan.team_stages[team]
    firsts = [queue[0] for stage in stages if len(queue := floor.queues[stage]) >= floor.least[stage]]
    return min(firsts)[3] if firsts else None


def stand_again(floor: Floor) -> None:
    """Let everybody stand in line where the rules that hold now have them, each with the turn they had."""
    for item in floor.inside.values():
        if item.queued != NEVER and floor.rich:  # of others nobody asks where they stood
            item.place = place_in_line(floor, item, item.place[2])
    for line in floor.queues:
        line[:] = [(*place_in_line(floor, item, turn), item) for _, _, turn, item in line]
        heapify(line)
