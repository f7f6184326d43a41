"""What delay, machines and promises come to, laid out over the time that is looked at.

The window is cut into segments at its weeks and where a twin takes over, so that in each segment every price is one
number. With a the amount per week in a segment, and an item's delay beginning at its arrival or its due date:

    cost of delay = sum over segments of a x (time in which items were inside and their delay counted) / week
    cost of machines = sum over segments of the amount per visit x visits that they finished
    time on an SLA clock = C(done) - C(arrived) - sum over the union of an item's pauses of C(end) - C(begin)

where C counts the hours of the clock's calendar, or of the day. Items that are still inside cost as others do, so a
backlog is never cheap. The cost of delay is a straight line: it says nothing of a deadline after which all is lost.

Units: ticks (milliseconds) since the log's start; money in its currency. Source: cost of delay as in Reinertsen (2009),
The Principles of Product Development Flow, chapter 2; with Little's law it is the amount times the items inside.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.automated import automated
from twin.automation import machine_of
from twin.people import ALWAYS
from twin.spec import Twin
from twin.timelines import Timeline
from twin.units import WEEK
from twin.work import PAUSES, delay_cost_of

Ticks = NDArray[np.int64]
Values = NDArray[np.float64]
Phase = tuple[int, int, Twin]
"""A stretch of ticks [since, until), and the twin in force in it."""


class Delay(NamedTuple):
    """What the delay of items of one type costs."""

    work: str
    after: int  # ticks after its arrival from which an item's delay counts
    currency: str
    amounts: Values  # (segments,) for an item and a week


class Machine(NamedTuple):
    """What a machine costs."""

    team: str
    currency: str
    amounts: Values  # (segments,) for a visit


class SlaClock(NamedTuple):
    """How the time of a promise is told."""

    promise: int  # ticks of the clock
    hours: Timeline | None  # None: round the clock
    stages: frozenset[str]  # where it stands still
    causes: frozenset[int]  # of `twin.causes`, during which it stands still


class Terms(NamedTuple):
    """All of it."""

    edges: Ticks  # (segments + 1,) ascending, from the window's beginning to its end
    delays: tuple[Delay, ...]
    machines: tuple[Machine, ...]
    clocks: Mapping[str, SlaClock]  # by work type, those that are more than elapsed time
    staff: Values | None  # (segments,) cost of everybody's hours; None where it is not known of all, in one currency


def terms(phases: Sequence[Phase], window: tuple[int, int], lay_out: Callable[[str], Timeline]) -> Terms | None:
    """Lay out what a twin says of value.

    Parameters
    ----------
    phases
        Twins in force, with their machines, in order; the last one says which clocks there are.
    window
        Ticks [since, until) to look at.
    lay_out
        Lays out a calendar of the last twin by its name, from before any item's arrival to the window's end.

    Returns
    -------
    Terms or None
        None where the twins say nothing of it; the cost of people's hours is left to be filled in.
    """
    edges = _edges(phases, window)
    delays, machines = _delays(phases, edges), _machines(phases, edges)
    clocks = _clocks(phases[-1][2], lay_out) if phases else {}
    if not (delays or machines or clocks):
        return None
    return Terms(edges, delays, machines, MappingProxyType(clocks), None)


def _edges(phases: Sequence[Phase], window: tuple[int, int]) -> Ticks:
    since, until = window
    cuts = [np.arange(since, until, WEEK), [since, until], [begin for begin, _, _ in phases]]
    edges = np.unique(np.concatenate([np.asarray(each, np.int64) for each in cuts]))
    return edges[(edges >= since) & (edges <= until)]


def _delays(phases: Sequence[Phase], edges: Ticks) -> tuple[Delay, ...]:
    found: dict[tuple[str, int, str], Values] = {}
    for since, until, twin in phases:
        for name, work in twin.work.items():
            cost = delay_cost_of(work, twin.classes)
            if cost is None or (cost.is_after_due and work.due is None):
                continue
            after = work.due.after if cost.is_after_due and work.due else 0
            amounts = found.setdefault((name, after, cost.currency), np.zeros(max(edges.size - 1, 0)))
            amounts[_within(edges, since, until)] = cost.amount
    return tuple(Delay(*key, amounts) for key, amounts in found.items())


def _machines(phases: Sequence[Phase], edges: Ticks) -> tuple[Machine, ...]:
    found: dict[tuple[str, str], Values] = {}
    for since, until, twin in phases:
        for each in (each for work in twin.work.values() for each in automated(work)):
            if each.machine.cost is not None:
                amount, currency = each.machine.cost
                key = machine_of(each.stage), currency
                amounts = found.setdefault(key, np.zeros(max(edges.size - 1, 0)))
                amounts[_within(edges, since, until)] = amount
    return tuple(Machine(*key, amounts) for key, amounts in found.items())


def _within(edges: Ticks, since: int, until: int) -> NDArray[np.bool_]:
    """Tell which segments lie in a phase."""
    within: NDArray[np.bool_] = (edges[:-1] >= since) & (edges[:-1] < until)
    return within


def _clocks(twin: Twin, lay_out: Callable[[str], Timeline]) -> dict[str, SlaClock]:
    return {
        name: SlaClock(
            work.sla.lead_time,
            None if work.sla.clock == ALWAYS else lay_out(work.sla.clock),
            frozenset(each for stage in work.sla.paused_at for each in (stage, machine_of(stage))),
            frozenset(int(cause) for name in work.sla.paused_while for cause in PAUSES[name]),
        )
        for name, work in twin.work.items()
        if work.sla is not None and not work.sla.is_plain
    }
