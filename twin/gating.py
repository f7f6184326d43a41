"""Batches and gates, laid out for the engines.

A visit that was let in at a stage with a batch or a gate waits there before it queues. A batch is a number of visits; a
gate is a list of instants at which it opens, each with a capacity and a cut-off. Work done together is another matter:
there visits queue one by one, and a person takes several.
Units: ticks since the model's start.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.arrivals import Recurring
from twin.errors import BudgetError
from twin.eventlog import Labels
from twin.openings import Opening
from twin.releases import Frame, released
from twin.spec import Stage, Twin

Ints = NDArray[np.int64]

AT_ONCE: Final = 0
BATCH: Final = 1
GATE: Final = 2

NO_BOUND: Final = int(np.iinfo(np.int64).max)
MOST_OPENINGS: Final = 5_000_000


class Gates(NamedTuple):
    """What stands before the queues of one plan, and how many visits are done together."""

    kind: Ints  # (stages,) AT_ONCE, BATCH or GATE
    size: Ints  # (stages,) visits of a batch
    at_most: Ints  # (stages,) ticks after which the first of a batch goes on, 0 for no bound
    first: Ints  # (stages + 1,) where the openings of a stage begin
    opening: Ints  # (openings,) tick, in order within a stage
    capacity: Ints  # (openings,) visits that go through
    cut_off: Ints  # (openings,) ticks a visit must have been there
    together: Ints  # (stages,) visits done together at most, 1 where each is done alone
    least: Ints  # (stages,) visits that must wait for a person to begin


def gates_of(twin: Twin, labels: Labels, end: int) -> Gates:
    """Lay out the batches and gates of a plan, gates until a tick.

    Raises
    ------
    BudgetError
        Where a gate opens too often to be laid out.
    """
    frame = Frame(labels.start, twin.start, labels.zone)
    stages = [twin.stages.get(name) for name in labels.stages]
    batches = [stage.batch if stage else None for stage in stages]
    waiting = [batch if batch and not batch.together else None for batch in batches]
    together = [batch if batch and batch.together else None for batch in batches]
    openings = [_openings(stage, frame, end) for stage in stages]
    kinds = [
        GATE if stage and stage.opens else BATCH if batch else AT_ONCE
        for stage, batch in zip(stages, waiting, strict=True)
    ]
    opening, capacity, cut_off = np.concatenate([*openings, np.empty((0, 3), np.int64)]).T
    return Gates(
        kind=_ints(kinds),
        size=_ints(batch.size if batch else 0 for batch in waiting),
        at_most=_ints((batch.at_most or 0) if batch else 0 for batch in waiting),
        first=np.cumsum([0, *(len(each) for each in openings)]).astype(np.int64),
        opening=np.ascontiguousarray(opening),
        capacity=np.ascontiguousarray(capacity),
        cut_off=np.ascontiguousarray(cut_off),
        together=_ints(batch.size if batch else 1 for batch in together),
        least=_ints(batch.least if batch else 1 for batch in together),
    )


def _ints(values: Iterable[int]) -> Ints:
    return np.array(list(values), np.int64)


def _openings(stage: Stage | None, frame: Frame, end: int) -> Ints:
    """Give tick, capacity and cut-off of every opening of a stage in order; of two at once the first written."""
    parts = [np.empty((0, 3), np.int64)]
    for opening in stage.opens if stage else ():
        ticks = _ticks(opening, frame, end)
        said = (opening.capacity or NO_BOUND, opening.cut_off)
        parts.append(np.column_stack([ticks, np.full((ticks.size, 2), said)]))
    table = np.concatenate(parts)
    _, chosen = np.unique(table[:, 0], return_index=True)
    found: Ints = table[chosen].astype(np.int64)
    return found


def _ticks(opening: Opening, frame: Frame, end: int) -> Ints:
    """Give the ticks from 0 on at which a gate opens before a tick."""
    if opening.on is None and opening.day is None and opening.every is not None:
        first = frame.tick(opening.since or frame.twin_start)
        first += opening.every if opening.since is None else 0
        first += max(0, -(first // opening.every)) * opening.every
        if (end - first) // opening.every > MOST_OPENINGS:
            raise BudgetError(f"a gate would open more than {MOST_OPENINGS:,} times; let it open less often")
        return np.arange(first, end, opening.every, dtype=np.int64)
    recurring = Recurring.model_construct(
        kind="recurring", on=opening.on, every=opening.every, day=opening.day, at=opening.at or "09:00",
        since=opening.since, size=1,
    )  # fmt: skip
    ticks = released(recurring, frame, end)
    return ticks[ticks >= 0]
