"""The reference engine's books, closed at a tick: everybody's time, open visits, what came, left and is inside."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from twin.engine import staff
from twin.engine.attention import read_all
from twin.engine.item import as_table
from twin.eventlog import NEVER
from twin.outcome import Ledger, Outcome
from twin.rows import WAIT_WORDS, WORDS

if TYPE_CHECKING:
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
    people = staff.books(floor.crews)
    coming, bred = (floor.offspring.coming, floor.offspring.bred) if floor.offspring else (0, 0)
    gone = floor.left + floor.cancelled + floor.turned_away
    ledger = Ledger(
        end, floor.entered, floor.left, floor.entered - gone, np.array(floor.stage_time, np.int64),
        np.array(floor.stage_queue, np.int64), *people, floor.cancelled, floor.turned_away,
        floor.drawn, floor.created - floor.items.arrived.size, coming, bred,
    )  # fmt: skip
    rows, waits = as_table(floor.rows, WORDS), as_table(floor.waits, WAIT_WORDS)
    return Outcome(rows, waits, ledger, floor.model.labels)
