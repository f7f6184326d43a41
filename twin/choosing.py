"""Who goes first, as arrays: the order of lines and who may interrupt whom.

An item stands in a line at (rank, key, turn), the least first. Ranks and what decides about keys are known when a twin
is compiled; both engines read them here.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.eventlog import Labels
from twin.spec import Twin


class Choice(NamedTuple):
    """What one phase says about who goes first."""

    rank: NDArray[np.int64]  # (stages, works) first in the order of a line, least first
    urgency: NDArray[np.int64]  # (works,) rank of the class of service, or the priority
    preempts: NDArray[np.bool_]  # (works,) may interrupt visits of a higher urgency number


def uses_choice(twin: Twin) -> bool:
    """Tell whether a twin says more about who goes first than its priorities do."""
    return bool(twin.classes)


def choice(twin: Twin, labels: Labels) -> Choice:
    """Lay out who goes first; what a phase does not know ranks 0."""
    urgency = np.array([_urgency(twin, name) for name in labels.works], np.int64)
    by_rank = np.array([_goes_by_rank(twin, name) for name in labels.stages], np.bool_)
    return Choice(
        np.where(by_rank[:, None], urgency[None, :], 0).reshape(len(labels.stages), -1),
        urgency,
        np.array([_preempts(twin, name) for name in labels.works], np.bool_),
    )


def _urgency(twin: Twin, name: str) -> int:
    if name not in twin.work:
        return 0
    work = twin.work[name]
    return work.priority if work.service is None else twin.classes[work.service].rank


def _preempts(twin: Twin, name: str) -> bool:
    service = twin.work[name].service if name in twin.work else None
    return service is not None and twin.classes[service].preempts


def _goes_by_rank(twin: Twin, name: str) -> bool:
    teams = twin.stages[name].served_by() if name in twin.stages else ()
    return bool(teams) and twin.teams[teams[0]].queue == "priority"
