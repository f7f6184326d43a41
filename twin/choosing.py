"""Who goes first, as arrays: the order of lines and who may interrupt whom.

An item stands in a line at (rank, key, turn), the least first, and none of the three changes while it stands there:

    rule          key                                                             ranks
    by turn       0                                                               yes; with fifo no
    last first    -turn                                                           no
    at random     52 random bits of the visit                                     no
    by date       arrived + offset: when it is due, or as ageing has it           yes
    shortest      ticks of effort, those left where the visit was interrupted     yes
    value         -(cost of delay per week x 2^20 / ticks of effort)              yes

Ageing lets a priority number p fall by one every A ticks of age, so at an instant t item i stands before item j where
p_i - (t - arrived_i) / A < p_j - (t - arrived_j) / A, that is where arrived_i + p_i A < arrived_j + p_j A: t drops out
(Kleinrock 1964, Naval Research Logistics Quarterly 11, delay-dependent priorities with equal slopes).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.classes import Ageing, ClassRule, PlainRule, QueueRule, ServiceClass
from twin.spec import Twin
from twin.work import Work, delay_cost_of

if TYPE_CHECKING:
    from twin.eventlog import Labels

Longs = NDArray[np.int64]


class Rule(IntEnum):
    """What an item's key in a line is made of."""

    TURN = 0
    LAST_FIRST = 1
    RANDOM = 2
    DATE = 3
    SHORTEST = 4
    REMAINING = 5  # as shortest, and whoever has less left interrupts
    VALUE = 6


RULES: Final[dict[PlainRule | ClassRule, Rule]] = {
    "priority": Rule.TURN,
    "fifo": Rule.TURN,
    "lifo": Rule.LAST_FIRST,
    "random": Rule.RANDOM,
    "due_date": Rule.DATE,
    "shortest": Rule.SHORTEST,
    "shortest_remaining": Rule.REMAINING,
    "cost_of_delay": Rule.VALUE,
}
RANKLESS: Final = frozenset({"fifo", "lifo", "random"})
COMMON_RANK: Final = 3
"""Rank of work without a class where priorities age: that of the class `standard`."""
NO_DATE: Final = 1 << 60
"""Added to the arrival of what is never due, which then comes after all that is."""
VALUE_SCALE: Final = float(1 << 20)
MOST_KEY: Final = float(1 << 61)
KEY_BITS: Final = float(1 << 52)


class Choice(NamedTuple):
    """What one phase says about who goes first."""

    rank: Longs  # (stages, works) first in the order of a line, least first
    rule: Longs  # (stages, works) of `Rule`
    offset: Longs  # (stages, works) ticks between an arrival and its key, where the rule is DATE
    weight: NDArray[np.float64]  # (works,) cost of delay per week, where a rule goes by it
    urgency: Longs  # (works,) rank of the class of service, or the priority
    preempts: NDArray[np.bool_]  # (works,) may interrupt visits of a higher rank
    breaks_wip: NDArray[np.bool_]  # (works,) waits for no place


def uses_choice(twin: Twin) -> bool:
    """Tell whether a twin says more about who goes first than priorities do."""
    plain = all(team.queue in ("priority", "fifo") for team in twin.teams.values())
    return not plain or any(work.service is not None for work in twin.work.values())


def stands_anew(before: Choice, now: Choice) -> bool:
    """Tell whether a change lets everybody stand in line anew; where only ranks change, who waits keeps the place."""
    fields = ("rule", "offset", "weight")
    return not all(np.array_equal(getattr(before, field), getattr(now, field)) for field in fields)


def choice(twin: Twin, labels: Labels) -> Choice:
    """Lay out who goes first; what a phase does not know ranks 0 and goes by turn."""
    works = [twin.work.get(name) for name in labels.works]
    services = [None if work is None else _class_of(twin, work) for work in works]
    queues = [_queue(twin, name) for name in labels.stages]
    placed = [
        [_placed(queue, work, service) for work, service in zip(works, services, strict=True)] for queue in queues
    ]
    table = np.array(placed, np.int64).reshape(len(labels.stages), len(labels.works), 3)
    rank, rule, offset = (np.ascontiguousarray(table[:, :, field]) for field in range(3))
    return Choice(
        rank,
        rule,
        offset,
        np.array([_weight(work, twin.classes) if (rule == Rule.VALUE).any() else 0.0 for work in works]),
        np.array([_urgency(work, service) for work, service in zip(works, services, strict=True)], np.int64),
        _flags(service is not None and service.preempts for service in services),
        _flags(service is not None and service.breaks_wip for service in services),
    )


def _class_of(twin: Twin, work: Work) -> ServiceClass | None:
    return None if work.service is None else twin.classes[work.service]


def _queue(twin: Twin, stage: str) -> QueueRule | None:
    """Give the rule of a stage's teams, which all have the same."""
    teams = twin.stages[stage].served_by() if stage in twin.stages else ()
    return twin.teams[teams[0]].queue if teams else None


def _urgency(work: Work | None, service: ServiceClass | None) -> int:
    if work is None:
        return 0
    return work.priority if service is None else service.rank


def _placed(queue: QueueRule | None, work: Work | None, service: ServiceClass | None) -> tuple[int, int, int]:
    """Give rank, rule and offset of a work type where a rule holds."""
    if work is None or queue is None:
        return 0, Rule.TURN, 0
    rank = _urgency(work, service)
    own = None if service is None else service.queue
    if isinstance(queue, Ageing):
        if own is None:
            return rank if service else COMMON_RANK, Rule.DATE, work.priority * queue.ageing
        queue = own
    elif queue in RANKLESS:
        return 0, RULES[queue], 0
    rule = RULES[own or queue]
    due = NO_DATE if work.due is None else work.due.after
    return rank, rule, due if rule == Rule.DATE else 0


def _weight(work: Work | None, classes: Mapping[str, ServiceClass]) -> float:
    cost = None if work is None else delay_cost_of(work, classes)
    return 0.0 if cost is None else cost.amount


def _flags(values: Iterable[bool]) -> NDArray[np.bool_]:
    return np.fromiter(values, np.bool_)
