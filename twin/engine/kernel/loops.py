"""Who begins at the stage of a pull, and that the next of a loop is to come. For rich twins."""

from twin.engine.kernel.arrays import Hall, Phase
from twin.engine.kernel.jit import at, for_rich, inlined


@for_rich()
def started(hall: Hall, phase: Phase, slot: int) -> None:
    """Tell that a visit has begun."""
    item = hall.items[at(slot)]
    if phase.flow.rules[at(item.work)].pull_stage == item.stage and begins(hall, hall.flow.tokens[at(slot)].root):
        ask_for_next(hall, item.work)


@inlined
def begins(hall: Hall, slot: int) -> bool:
    """Count an item off that is ahead of the stage of a pull no more; tell whether it was."""
    token = hall.flow.tokens[at(slot)]
    was_ahead = token.ahead > 0
    hall.flow.kinds[at(hall.items[at(slot)].work)].ahead -= token.ahead
    token.ahead = 0
    return was_ahead


@inlined
def ask_for_next(hall: Hall, work: int) -> None:
    """Let the next of a loop come, once what happens now is over."""
    floor = hall.floor[0]
    hall.flow.asked[at(floor.asked)] = work
    floor.asked += 1
