"""An item on its way with the visit that is under way, and the rows of all visits as arrays at the end."""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twin.eventlog import NEVER, Visits
from twin.plan import NONE

if TYPE_CHECKING:
    from simpy import Event

    from twin.engine.crew import Crew

WRITE_ROW: Final = Struct(f"={len(Visits._fields)}q").pack
"""Writes one visit as int64 in the order of `Visits`: quicker and smaller than to keep its numbers as objects."""


class Item:
    """A piece of work; what is said of a visit is said of the latest."""

    __slots__ = (
        "arrived", "crew", "delayed", "done", "enabled", "finished", "go_on", "index", "node", "number", "origin",
        "person", "phase", "queued", "row", "stage", "started", "suspended", "team", "visit", "visits", "work",
    )  # fmt: skip

    def __init__(self, index: int, arrived: int, work: int, number: int, node: int) -> None:
        self.index, self.arrived, self.work, self.number, self.node = index, arrived, work, number, node
        self.stage = self.origin = self.team = self.person = NONE
        self.visit = self.phase = self.row = self.delayed = self.suspended = 0
        self.enabled, self.queued, self.started, self.finished = arrived, NEVER, NEVER, NEVER
        self.visits: dict[int, int] = {}
        self.done: Event
        self.go_on: Callable[[Event], Any]
        self.crew: Crew

    def as_open_row(self) -> bytes:
        """Write a visit down that has not finished."""
        if self.started == NEVER:
            self.team, self.person, self.suspended = NONE, NONE, 0
        else:
            self.suspended = NEVER
        self.finished = NEVER
        return self.as_row()

    def as_row(self) -> bytes:
        """Write a finished visit down."""
        return WRITE_ROW(
            self.index, self.work, self.stage, self.visit, self.team, self.person,
            self.enabled, self.delayed, self.queued, self.started, self.suspended, self.finished,
        )  # fmt: skip


def as_columns(rows: list[bytes]) -> Visits:
    """Turn rows into arrays."""
    table = np.frombuffer(b"".join(rows), np.int64).reshape(-1, len(Visits._fields))
    item, *columns = (np.ascontiguousarray(column) for column in table.T)
    work, stage, visit, team, person = (column.astype(np.int32) for column in columns[:5])
    return Visits(item, work, stage, visit, team, person, *columns[5:])
