"""The places of limits: who holds them, and who waits outside for one.

Items that wait at one stage for the same limits stand in one line, since none of them can come in before the first. Of
several lines with room the one whose first is first goes on.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from heapq import heapify, heappop, heappush

from twin.engine.deadlock import Waiter
from twin.engine.item import Entry, Item, Line
from twin.limiting import BRANCHED, Limits, Set, set_of
from twin.plan import NONE


class Places:
    """The limits of the plan that holds now, and the lines outside."""

    def __init__(self, stages: int) -> None:
        self.outside: list[dict[Set, Line]] = [{} for _ in range(stages)]
        self.stages_asked: set[int] = set()
        self.branches = [0] * stages  # tokens outside that hold no place
        self.waiting: Counter[Waiter] = Counter()
        self.suspicious = False  # somebody has begun to wait who may wait for good

    def begin_phase(self, limits: Limits, items: Collection[Item]) -> None:
        """Let the limits of a plan hold: count who holds their places, and line up anew who waits for one."""
        sets = [set_of(limits, number) for number in range(limits.first.size - 1)]
        places = [(work, stage) for work, stage in limits.places.tolist()]
        self.names, self.most, self.taken = limits.names, limits.most.tolist(), [0] * len(limits.names)
        self.held: dict[tuple[int, int], Set]
        self.accepted: dict[tuple[int, int], Set]
        self.held, self.accepted, self.refusing = (
            dict(zip(places, [sets[number] for number in column.tolist()], strict=True))
            for column in (limits.held, limits.accepted, limits.refusing)
        )
        ways = [(work, origin, stage) for work, origin, stage in limits.ways.tolist()]
        self.asks: dict[tuple[int, int, int], Set] = dict(
            zip(ways, [sets[number] for number in limits.asked.tolist()], strict=True)
        )
        self.doors: list[list[int]] = [[] for _ in self.names]
        for stage, limit in sorted({(stage, limit) for (*_, stage), asked in self.asks.items() for limit in asked}):
            self.doors[limit].append(stage)
        for item in items:
            self.take(item, self.held_by(item))
        self.line_up_anew()
        for item in items:
            if item.pending:
                self.wait_for_others(item, 1)

    def held_by(self, item: Item) -> Set:
        """Tell which limits an item inside holds places of."""
        if item.row == NONE or item.origin == BRANCHED or item.parked:
            return ()
        arriving = item.origin == NONE
        return self.accepted[item.work, item.stage] if arriving else self.held[item.work, item.origin]

    def line_up_anew(self) -> None:
        """Line up who waits outside by the limits that hold now."""
        before, self.outside = self.outside, [{} for _ in self.outside]
        self.suspicious = True
        self.waiting.clear()
        self.branches = [0] * len(before)
        for lines in before:
            for line in lines.values():
                for entry in line:
                    self.line_up(entry, self.asked(entry[-1]))

    def asked(self, item: Item) -> Set:
        """Tell which limits an item has to ask for a place."""
        return self.asks[item.work, item.origin, item.stage]

    def line_up(self, entry: Entry, asked: Set) -> None:
        """Let an item wait outside for a place of some limits."""
        item = entry[-1]
        lines = self.outside[item.stage]
        if asked in lines:
            heappush(lines[asked], entry)
        else:
            lines[asked] = [entry]
        self.branches[item.stage] += item.origin == BRANCHED
        if not item.withdraws:
            self.waiting[Waiter(item.stage, (asked,), item.held)] += 1
        self.stages_asked.add(item.stage)

    def next_asked(self) -> int:
        """Take out the stage that lets items in next: one where branches wait that hold no place, or the first."""
        stage = min(self.stages_asked, key=lambda each: (not self.branches[each], each))
        self.stages_asked.discard(stage)
        return stage

    def wait_for_others(self, item: Item, one: int) -> None:
        """Count an item that begins, or ends, to wait for others with the places it holds."""
        self.waiting[Waiter(NONE, (), item.held)] += one
        self.suspicious |= one > 0

    def take_first(self, stage: int) -> Item | None:
        """Take the first out of the lines outside a stage that may come in."""
        first: Set | None = None
        lines = self.outside[stage]
        for asked, line in lines.items():
            if (first is None or line[0] < lines[first][0]) and not any(map(self.is_full, asked)):
                first = asked
        return None if first is None else self.leave_line(lines[first][0][-1], first)

    def leave_line(self, item: Item, asked: Set) -> Item:
        """Take an item out of the line in which it waits outside."""
        lines = self.outside[item.stage]
        remove(lines[asked], item)
        if not lines[asked]:
            del lines[asked]
        self.branches[item.stage] -= item.origin == BRANCHED
        if not item.withdraws:
            self.waiting[Waiter(item.stage, (asked,), item.held)] -= 1
        return item

    def let_in(self, item: Item) -> None:
        """Let an item exchange the places it held for those of its stage."""
        before, now = item.held, self.held[item.work, item.stage]
        if before != now:
            self.give_back([limit for limit in before if limit not in now])
            self.take(item, now, before)

    def take(self, item: Item, now: Set, before: Set = ()) -> None:
        """Let an item hold places."""
        item.held = now
        for limit in now:
            self.taken[limit] += limit not in before

    def give_back(self, limits: Iterable[int]) -> None:
        """Free a place of each of some limits, and let the stages look whom it lets in."""
        for limit in limits:
            self.taken[limit] -= 1
            for stage in self.doors[limit]:
                if self.outside[stage]:
                    self.stages_asked.add(stage)

    def in_batch(self, stage: int, item: Item) -> Waiter:
        """Say how a visit waits for others to come to its stage: any work type may."""
        return Waiter(stage, tuple(sorted({held for (_, at), held in self.held.items() if at == stage})), item.held)

    def is_full(self, limit: int) -> bool:
        """Tell whether a limit has no place left."""
        full: bool = self.taken[limit] >= self.most[limit]
        return full

    def refuse(self, item: Item, stage: int) -> bool:
        """Tell whether an arriving item is turned away."""
        return any(self.is_full(limit) for limit in self.refusing[item.work, stage])


def remove(line: Line, item: Item) -> None:
    """Take an item out of a line."""
    if line[0][-1] is item:
        heappop(line)
    else:
        line[:] = [entry for entry in line if entry[-1] is not item]
        heapify(line)
