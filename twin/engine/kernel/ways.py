"""Where an item goes next and how long things take, by the plan that holds now. As `Ways` in the reference."""

from typing import Final

import numpy as np

from twin.engine.kernel.arrays import NOT_DRAWN, Hall, Names, Phase, Record
from twin.engine.kernel.hours import after
from twin.engine.kernel.jit import at, inlined
from twin.engine.kernel.streams import EFFORT, EXTERNAL, HANDOFF, REWORK, uniform
from twin.engine.kernel.tables import lookup
from twin.plan import ELAPSED, NONE

LONGEST: Final = 2.0**61
"""Ticks, seventy million years: what is longer ends no sooner than any calendar, and later sums fit their 64 bits."""


@inlined
def whole(ticks: float) -> int:
    """Round to whole ticks."""
    return int(min(ticks, LONGEST) + 0.5)


@inlined
def sent_back(hall: Hall, names: Names, item: Record, slot: int, node: Record) -> bool:
    """Tell whether a visit sends its item back, where the limit on rework leaves room."""
    limit, column = node.rework_limit, node.rework_column
    if limit and hall.reworked[at(slot), at(column)] >= limit:
        return False
    number = uniform(names, item, REWORK) if item.back == NOT_DRAWN else item.back
    back = number < node.rework_chance
    if back and limit:
        hall.reworked[at(slot), at(column)] += 1
    return back


@inlined
def choose(phase: Phase, names: Names, item: Record, node: int, purpose: np.uint64) -> int:
    """Choose an edge of a node by its share."""
    low, last = phase.nodes[at(node)].first_edge, phase.nodes[at(node)].last_edge
    if last - low == 1:
        return low
    u = uniform(names, item, purpose)
    while low < last - 1 and phase.edges[at(low)].cumulative <= u:
        low += 1
    return low


@inlined
def handed_over(hall: Hall, phase: Phase, names: Names, item: Record, edge: Record) -> int:
    """Draw when an item is handed over on its way to a visit."""
    now = hall.floor[0].now
    if edge.handoff == NONE:
        return now
    ticks = whole(lookup(phase.tables, edge.handoff, uniform(names, item, HANDOFF)))
    return later(hall, phase, edge.handoff_calendar, now, ticks)


@inlined
def external_over(hall: Hall, phase: Phase, names: Names, item: Record, edge: Record, handed: int) -> int:
    """Draw when an item that was handed over is there, after waiting for reasons outside."""
    if edge.external == NONE:
        return handed
    ticks = whole(lookup(phase.tables, edge.external, uniform(names, item, EXTERNAL)))
    return later(hall, phase, edge.external_calendar, handed, ticks)


@inlined
def later(hall: Hall, phase: Phase, calendar: int, at: int, ticks: int) -> int:
    """Give the instant at which a delay that begins at `at` is over."""
    return at + ticks if calendar == ELAPSED else after(hall, phase, calendar, at, ticks)


@inlined
def effort(phase: Phase, names: Names, item: Record, team: int) -> float:
    """Draw the working ticks that a visit takes a team, not yet rounded."""
    if item.drawn_for == team:
        return item.drawn
    return lookup(phase.tables, phase.effort[at(item.node), at(team)], uniform(names, item, EFFORT))


@inlined
def draw_ahead(phase: Phase, names: Names, item: Record) -> None:
    """Draw an item's effort for the first team of its stage, and what decides on rework where there is any."""
    first = phase.first_team[at(item.stage)]
    item.drawn_for = NONE
    if first < phase.first_team[at(item.stage + 1)]:
        team = phase.stage_team[at(first)]
        item.drawn = effort(phase, names, item, team)
        item.drawn_for = team
    item.back = NOT_DRAWN
    if phase.nodes[at(item.node)].rework_chance != 0:
        item.back = uniform(names, item, REWORK)
