"""An item on its way with the visit that is under way, written down as `twin.rows` says."""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twin.causes import Cause
from twin.eventlog import NEVER, Visits
from twin.limiting import Set
from twin.outcome import GOES_ON, order_of, place_of
from twin.plan import NONE
from twin.rows import WAIT_WORDS, Words, pack

if TYPE_CHECKING:
    from simpy import Event

    from twin.engine.crew import Crew

VISIT_WORDS: Final = 11
WRITE_VISIT: Final = Struct(f"={VISIT_WORDS}q").pack
"""Writes one visit: quicker and smaller than to keep its numbers as objects; made rows of when all are written."""
WRITE_WAIT: Final = Struct(f"={WAIT_WORDS}q").pack
OPENING: Final = 1 << 60
"""Priority of what opens, after all items: calendars, gates."""
UNDRAWN: Final = -1.0
"""Stands for an effort that nobody has asked for yet."""

NOBODY: Final[dict[tuple[str, int], tuple[int, int, int]]] = {}
"""Who, as team, group and place, had an item last at a stage, and who of a team at any: so far nobody."""


def order(item: Item, kind: int) -> int:
    """Give an event's priority among those of its instant, after dated changes."""
    return 1 + order_of(item.among, kind)


class Item:
    """A piece of work; what is said of a visit is said of the latest."""

    __slots__ = (
        "among", "arrived", "at_end", "awaited_by", "away", "begun", "blocks", "blocks_at", "branch", "came", "came_as",
        "cause", "crew", "deadline", "dependants", "done", "effort", "enabled", "finished", "flags", "gap",
        "go_on", "had", "held", "index", "last_branch", "leads", "node", "number", "on_its_way", "order",
        "origin", "parent", "parked", "pending", "person", "phase", "place", "queued", "row", "segment", "share",
        "stage", "started", "stint", "stretch", "suspended", "team", "unblocks_at", "visit", "visits", "withdraws",
        "work",
    )  # fmt: skip

    def __init__(self, index: int, arrived: int, work: int, number: int, node: int) -> None:
        self.index, self.arrived, self.work, self.number, self.node = index, arrived, work, number, node
        self.stand(place_of(index, 0))
        self.branch = self.last_branch = 0  # the branch of a token; of an item, the one that was done last
        self.pending = 0  # what it waits for: branches, children, items that came earlier
        self.came_as = 0  # place among all items by when they came
        self.awaited_by: Item | None = None  # the parent that waits for it
        self.dependants: list[Item] = []  # items that wait for it to leave
        self.share = 1.0  # of the effort that this visit takes
        self.parent = self  # of a token: what it was sent out by
        self.stage = self.origin = self.team = self.person = NONE
        self.visit = self.phase = self.row = self.suspended = 0
        self.enabled = arrived
        self.came = self.queued = self.started = self.finished = NEVER  # `came`: let in
        self.deadline = NEVER  # has waited too long
        self.place = (0, 0, 0)  # in line: rank, key, turn
        self.effort, self.stretch = UNDRAWN, 1.0  # what is left; working ticks per tick of effort in this segment
        self.segment = self.away = NEVER  # since when the visit is worked on, or interrupted
        self.cause = Cause.PREEMPTED
        self.had = NOBODY
        self.stint: Any = None  # what the segment holds, a `Stint`, where people are special
        self.begun = 0  # working ticks of the person when they took the visit up, of those who have several
        self.gap, self.blocks = -1, 0  # working ticks until it is blocked; how often it was
        self.blocks_at = self.unblocks_at = NEVER
        self.visits: dict[int, int] = {}
        self.flags = 0
        self.held: Set = ()
        self.parked = False  # blocked, and without the places it held
        self.leads = False  # others are done together with this visit
        self.withdraws = False  # at some age
        self.on_its_way: Event | None = None
        self.at_end: Callable[[Event], Any]  # what happens when its part of somebody's attention has been enough
        self.done: Event
        self.go_on: Callable[[Event], Any]
        self.crew: Crew

    def stand(self, place: int) -> None:
        """Take a place among all items and tokens, which orders events of one instant."""
        self.among, self.order = place, 1 + order_of(place, GOES_ON)

    def as_row(self) -> bytes:
        """Write the visit down; an instant that has not come is NEVER."""
        return WRITE_VISIT(
            self.index, self.work, self.stage, self.visit, self.team, self.person,
            self.enabled, self.queued, self.started, self.finished, self.flags,
        )  # fmt: skip

    def as_open_row(self) -> bytes:
        """Write a visit down that has not finished."""
        self.finished = NEVER
        return self.as_row_without_work() if self.started == NEVER else self.as_row()

    def as_row_without_work(self) -> bytes:
        """Write down a visit that has ended before anybody began it."""
        self.team, self.person = NONE, 0
        return self.as_row()


Place = tuple[int, int, int]
Entry = tuple[int, int, int, Item]
"""An item at its place in a line: rank, key, turn."""
Line = list[Entry]
"""A heap of those that wait."""


def as_rows(written: list[bytes]) -> Words:
    """Turn visits as they were written into rows; read-only, as everything of this engine."""
    item, *codes, enabled, queued, started, finished, flags = _as_table(written, VISIT_WORDS).T
    work, stage, visit, team, person, marks = (column.astype(np.int32) for column in (*codes, flags))
    none = np.zeros(len(written), np.int64)  # waits are written apart
    rows, _ = pack(
        Visits(item, work, stage, visit, team, person, enabled, none, queued, started, none, finished, marks)
    )
    rows.flags.writeable = False
    return rows


def as_waits(written: list[bytes]) -> Words:
    """Turn waits as they were written into an array."""
    return _as_table(written, WAIT_WORDS)


def _as_table(written: list[bytes], words: int) -> Words:
    return np.frombuffer(b"".join(written), np.int64).reshape(-1, words)
