"""Where an item of a rich twin stands in a line. As `twin.engine.lines` in the reference, by `twin.choosing`."""

from typing import Final

from twin.choosing import KEY_BITS, VALUE_SCALE, Rule
from twin.engine.kernel.arrays import Hall, Names, Phase, Record
from twin.engine.kernel.jit import at, for_rich, inlined
from twin.engine.kernel.streams import CHOICE, uniform
from twin.engine.kernel.ways import effort, whole

LAST_FIRST, RANDOM, DATE, VALUE = int(Rule.LAST_FIRST), int(Rule.RANDOM), int(Rule.DATE), int(Rule.VALUE)
TURN, REMAINING = int(Rule.TURN), int(Rule.REMAINING)
UNDRAWN: Final = -1.0
"""Stands for an effort that nobody has asked for yet."""


@inlined
def rule_of(phase: Phase, item: Record) -> int:
    """Give the rule by which an item stands in the line of its stage."""
    return phase.choice.rule[at(item.stage), at(item.work)]


@for_rich(0)
def key(hall: Hall, phase: Phase, names: Names, slot: int) -> int:
    """Give what decides between items of one rank."""
    item = hall.items[at(slot)]
    rule = rule_of(phase, item)
    if rule == TURN:
        return 0
    if rule == LAST_FIRST:
        return -item.turn
    if rule == RANDOM:
        return int(uniform(names, item, CHOICE) * KEY_BITS)
    if rule == DATE:
        return item.arrived + phase.choice.offset[at(item.stage), at(item.work)]
    left = effort_left(hall, phase, names, slot)
    if rule == VALUE:
        return -whole(phase.choice.weight[at(item.work)] * VALUE_SCALE / max(left, 1.0))
    return whole(left)


@inlined
def effort_left(hall: Hall, phase: Phase, names: Names, slot: int) -> float:
    """Give the working ticks a visit still needs, those of the stage's first team where nobody has begun."""
    item, drawn = hall.items[at(slot)], hall.segments[at(slot)].effort
    first = phase.first_team[at(item.stage)]
    if drawn != UNDRAWN:
        return drawn
    if first == phase.first_team[at(item.stage + 1)]:
        return 0.0
    return effort(phase, names, item, phase.stage_team[at(first)]) * hall.flow.tokens[at(slot)].share
