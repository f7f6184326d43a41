"""What a run's rows say in hours, and how much was there on average between two hours."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.eventlog import Visits
from twin.units import HOUR

Array = NDArray[np.floating[Any]]


def in_hours(instants: NDArray[np.int64]) -> Array:
    """Give instants in hours; what has not come by the end of the run never comes."""
    hours: Array = np.where(instants < 0, np.inf, instants / HOUR)
    return hours


def mean_number(since: Array, until: Array, first: float, last: float) -> float:
    """Average the number of those that are there from one instant to another, over the hours from first to last."""
    return float((np.clip(until, first, last) - np.clip(since, first, last)).sum()) / (last - first)


def number_at(since: Array, until: Array, instants: Array) -> Array:
    """Count those that are there at some hours, shape as `instants`."""
    come = np.searchsorted(np.sort(since), instants, "right")
    counts: Array = (come - np.searchsorted(np.sort(until), instants, "right")) * 1.0
    return counts


class Counted(NamedTuple):
    """What is counted of one run, in hours; items by the order of their arrival."""

    span: tuple[float, float]
    visits: Visits
    enabled: Array  # (visits,)
    started: Array  # (visits,)
    finished: Array  # (visits,)
    stay: Array  # (items,) of items that arrived during the span
    work: NDArray[np.int32]  # (items,) their type
    chosen: NDArray[np.bool_]  # (visits,) whether a visit is of such an item

    def there(self, stage: int, *, at_work: bool = False) -> float:
        """Average the number at a stage, or at work there."""
        here = self.visits.stage == stage
        return mean_number((self.started if at_work else self.enabled)[here], self.finished[here], *self.span)

    def inside(self) -> float:
        """Average the number inside."""
        return mean_number(self.enabled, self.finished, *self.span)

    def rate(self, stage: int) -> float:
        """Count the visits per hour that begin at a stage."""
        at = self.enabled[self.visits.stage == stage]
        first, last = self.span
        return float(((at >= first) & (at < last)).sum()) / (last - first)

    def visits_of_items(self, stage: int) -> float:
        """Count the visits of an item at a stage."""
        return float((self.chosen & (self.visits.stage == stage)).sum()) / self.stay.size

    def wait(self, work: int) -> float:
        """Average the wait of the visits of a type's items."""
        mine = self.chosen & (self.visits.work == work)
        return float((self.started - self.enabled)[mine].mean())


def counted(visits: Visits, span: tuple[float, float]) -> Counted:
    """Count the items that arrive during some hours."""
    enabled, started, finished = (in_hours(each) for each in (visits.enabled, visits.started, visits.finished))
    items = int(visits.item.max()) + 1
    arrived, left, kind = np.full(items, np.inf), np.zeros(items), np.zeros(items, np.int32)
    np.minimum.at(arrived, visits.item, enabled)
    np.maximum.at(left, visits.item, finished)
    kind[visits.item] = visits.work
    mine = (arrived >= span[0]) & (arrived < span[1])
    return Counted(span, visits, enabled, started, finished, (left - arrived)[mine], kind[mine], mine[visits.item])
