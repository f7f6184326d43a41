"""A visit while it lasts, and the rows of all visits as arrays at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from twin.eventlog import NEVER, Visits
from twin.plan import NONE

if TYPE_CHECKING:
    from simpy import Event

    from twin.engine.crew import Crew


class Visit:
    """One item at one stage, once: the row that is being written."""

    __slots__ = (
        "crew", "delayed", "due", "enabled", "finished", "item", "node", "number", "origin", "person", "phase",
        "queued", "stage", "started", "suspended", "team", "visit", "work",
    )  # fmt: skip

    def __init__(self, item: int, work: int, number: int, stage: int, visit: int, enabled: int) -> None:
        self.item, self.work, self.number, self.stage, self.visit = item, work, number, stage, visit
        self.enabled, self.delayed, self.suspended = enabled, 0, 0
        self.queued = self.started = self.finished = NEVER
        self.node = self.phase = self.origin = self.team = self.person = NONE
        self.due: Event
        self.crew: Crew


def as_columns(rows: list[Visit], end: int) -> Visits:
    """Turn rows into arrays; a visit that is under way at the end has not finished."""
    for row in rows:
        if row.finished != NEVER and row.finished >= end:
            row.finished = row.suspended = NEVER

    def wide(name: str) -> NDArray[np.int64]:
        return np.array([getattr(row, name) for row in rows], np.int64)

    def narrow(name: str) -> NDArray[np.int32]:
        return np.array([getattr(row, name) for row in rows], np.int32)

    return Visits(
        wide("item"), narrow("work"), narrow("stage"), narrow("visit"), narrow("team"), narrow("person"),
        wide("enabled"), wide("delayed"), wide("queued"), wide("started"), wide("suspended"), wide("finished"),
    )  # fmt: skip
