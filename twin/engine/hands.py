"""A crew of which more is said than how many they are: what they can do, how fast, and what they did last.

Speed of who joined t ticks ago, or took the place of who had left, with ramp-up from s over T: s + (1 - s) t / T until
T, then 1. The stretch of a segment, working ticks per tick of effort, is that of the crew at the stage over this speed.
Units: ticks.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from twin.eventlog import NEVER
from twin.staffing import Staff

if TYPE_CHECKING:
    from twin.engine.attention import Attention
    from twin.engine.crew import Crew

Room = tuple[int, int, int, int]
"""Who could take a visit: how many visits they have, since when and their turn then, and their place."""


class Hands:
    """What a phase says of a crew, and what is known of its people."""

    __slots__ = ("again", "at_hand", "joined", "last", "places", "ramp_over", "ramp_start", "stretches")

    def __init__(self) -> None:
        self.joined: dict[int, int] = {}  # by place: tick
        self.last: dict[int, tuple[int, int]] = {}  # by place: work type and stage of the latest visit
        self.at_hand: dict[int, Attention] = {}  # by place: visits of who works on several at once

    def begin_phase(self, staff: Staff, row: int) -> None:
        """Let a plan hold from now on."""
        self.stretches: list[float] = staff.stretch[row].tolist()
        self.places: list[int] = staff.place[row].tolist()
        self.again: list[int] = staff.again[row].tolist()
        self.ramp_start, self.ramp_over = float(staff.ramp_start[row]), int(staff.ramp_over[row])

    def join(self, places: Iterable[int], since: int) -> None:
        """Remember since when people are there."""
        for place in places:
            self.joined.setdefault(place, since)

    def leave(self, place: int) -> None:
        """Forget who has left."""
        self.joined.pop(place, None)
        self.last.pop(place, None)

    def speed(self, place: int, now: int) -> float:
        """Give a person's speed now as a share of the crew's."""
        joined = max(self.joined.get(place, NEVER), *(tick for tick in self.again if tick <= now), NEVER)
        if self.ramp_over == 0 or joined == NEVER or now - joined >= self.ramp_over:
            return 1.0
        return self.ramp_start + (1.0 - self.ramp_start) * (now - joined) / self.ramp_over


class Pair(NamedTuple):
    """A visit that can begin: who takes it, and the stage in whose line it is first."""

    crew: Crew
    place: int
    stage: int
