"""The reference engine's books, closed at a tick: everybody's time, open visits, what came, left and is inside."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from twin.causes import Cause
from twin.engine import staff
from twin.engine.attention import read_all
from twin.engine.item import as_rows, as_waits
from twin.eventlog import NEVER
from twin.outcome import Ledger, Outcome

if TYPE_CHECKING:
    from twin.engine.item import Item
    from twin.engine.reference import Floor


def close_books(floor: Floor, end: int) -> Outcome:
    """Close the books at a tick."""
    for crew in chain.from_iterable(floor.crews):
        read_all(crew, end)
        crew.settle(end)
    for item in floor.waiting():
        floor.stage_time[item.stage] += end
        floor.stage_queue[item.stage] += end if item.queued != NEVER and item.started == NEVER else 0
        floor.rows[item.row] = item.as_open_row()
        _write_open_wait(floor, item, end)
    people = staff.books(floor.crews)
    coming, bred = (floor.offspring.coming, floor.offspring.bred) if floor.offspring else (0, 0)
    ledger = Ledger(
        end, floor.entered, floor.left, floor.entered - floor.gone(), np.array(floor.stage_time, np.int64),
        np.array(floor.stage_queue, np.int64), *people, floor.cancelled, floor.turned_away,
        floor.drawn, floor.created - floor.items.arrived.size, coming, bred,
    )  # fmt: skip
    rows, waits = as_rows(floor.rows), as_waits(floor.waits)
    return Outcome(rows, waits, ledger, floor.model.labels)


def _write_open_wait(floor: Floor, item: Item, end: int) -> None:
    """Write down what a visit waits for at the end: other items, a batch or a gate, or to be resumed."""
    if item.pending:
        floor.wait(item, Cause.DEPENDENCY, item.enabled, end - item.enabled)
    elif item.away != NEVER:
        floor.wait(item, item.cause, item.away, end - item.away)
    elif item.came != NEVER and item.queued == NEVER:
        floor.wait(item, Cause.BATCH, item.came, end - item.came)
