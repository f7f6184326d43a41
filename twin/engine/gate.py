"""What stands before a queue: a batch that fills, or a gate that opens at times.

Units: ticks.
"""

from heapq import heapify, heappop, heappush

from twin.engine.item import Entry, Item, Line
from twin.eventlog import NEVER
from twin.gating import AT_ONCE, BATCH, Gates


class Gate:
    """The visits that were let in at one stage and do not yet queue."""

    __slots__ = ("at_most", "cursor", "gates", "kind", "last", "size", "used", "waiting", "woken")

    def __init__(self) -> None:
        self.waiting: Line = []

    def begin_phase(self, gates: Gates, stage: int) -> None:
        """Let the batch or gate of a plan hold."""
        self.gates = gates
        self.kind, self.size, self.at_most = (int(each[stage]) for each in (gates.kind, gates.size, gates.at_most))
        self.cursor, self.last = int(gates.first[stage]), int(gates.first[stage + 1])
        self.used, self.woken = 0, NEVER

    def stand_again(self, waiting: Line) -> None:
        """Let those that wait stand anew."""
        self.waiting[:] = waiting
        heapify(self.waiting)

    def join(self, entry: Entry) -> None:
        """Let a visit wait."""
        heappush(self.waiting, entry)

    def through(self, now: int) -> list[Item]:
        """Take out the visits that go on, in order."""
        if self.kind == AT_ONCE:
            return self._first(len(self.waiting))
        return self._whole_batches(now) if self.kind == BATCH else self._while_open(now)

    def next_look(self, now: int) -> int:
        """Give the tick at which some that wait go on however few have come by then; NEVER for none."""
        if not self.waiting:
            return NEVER
        if self.kind == BATCH:
            return self.waiting[0][-1].came + self.at_most if self.at_most else NEVER
        opening = self.gates.opening
        after = self.cursor + (self.cursor < self.last and int(opening[self.cursor]) == now)
        return int(opening[after]) if after < self.last else NEVER

    def holds_up(self) -> bool:
        """Tell whether visits wait here until others come, however long that takes."""
        return self.kind == BATCH and not self.at_most and bool(self.waiting)

    def _first(self, count: int) -> list[Item]:
        return [heappop(self.waiting)[-1] for _ in range(count)]

    def _whole_batches(self, now: int) -> list[Item]:
        """Take whole batches, and all that wait with one that has waited long enough."""
        found = self._first(len(self.waiting) - len(self.waiting) % self.size)
        if self.waiting and self.at_most and self.waiting[0][-1].came + self.at_most <= now:
            found += self._first(len(self.waiting))
        return found

    def _while_open(self, now: int) -> list[Item]:
        """Take those that came in time, as many as there is room for; a gate is open for the whole of its instant."""
        opening = self.gates.opening
        while self.cursor < self.last and opening[self.cursor] < now:
            self.cursor, self.used = self.cursor + 1, 0
        if self.cursor == self.last or opening[self.cursor] > now:
            return []
        found: list[Item] = []
        late: list[Entry] = []
        capacity, cut_off = int(self.gates.capacity[self.cursor]), int(self.gates.cut_off[self.cursor])
        while self.waiting and self.used < capacity:
            entry = heappop(self.waiting)
            if entry[-1].came + cut_off <= now:
                found.append(entry[-1])
                self.used += 1
            else:
                late.append(entry)
        for entry in late:
            heappush(self.waiting, entry)
        return found
