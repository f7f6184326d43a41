"""How visits of rich twins begin to queue, and how long they have patience. As in `twin.engine.departures`."""

from twin.engine.kernel.arrays import Hall, Names, Phase
from twin.engine.kernel.due import order_of, schedule
from twin.engine.kernel.jit import at, for_rich
from twin.engine.kernel.queues import ask_team, line_up
from twin.engine.kernel.streams import PATIENCE, uniform
from twin.engine.kernel.tables import lookup
from twin.engine.kernel.ways import whole
from twin.leaving import LEAST_PATIENCE
from twin.outcome import OUT_OF_PATIENCE
from twin.plan import NONE


@for_rich(apart=True)
def queue_up(hall: Hall, phase: Phase, names: Names, slot: int) -> None:
    """Let a visit wait for a person."""
    item, now = hall.items[at(slot)], hall.floor[0].now
    stage = item.stage
    item.queued = now
    hall.stages[at(stage)].queue -= now
    hall.limits.gates[at(stage)].queued += 1
    line_up(hall, phase, names, stage, slot)
    for place in range(phase.first_team[at(stage)], phase.first_team[at(stage + 1)]):
        ask_team(hall, phase.stage_team[at(place)])
    table = phase.leaving.patience[at(item.node)]
    if table != NONE:
        patience = max(whole(lookup(phase.tables, table, uniform(names, item, PATIENCE))), LEAST_PATIENCE)
        hall.limits.placed[at(slot)].deadline = now + patience
        hall.floor[0].openings += 1
        schedule(hall, now + patience, order_of(item.among, OUT_OF_PATIENCE), slot)
