"""Items that others bring forth, items that go round, and items that wait for others.

When a visit is done its failure demand is born, then, if the item goes on, its children. When an item is gone, in this
order: its failure demand is born, if it is done; a closed loop or a pull lets the next item come; its parent goes on if
it waited for this child last; items whose type waits for this type go on if all that came before them have left; then
those that depend on this very item. What is born is numbered from the end of the drawn arrivals on and arrives as an
event of its own, at this instant or later.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from twin.demand import INSIDE_NUMBER
from twin.engine.draws import FOREIGN, NUMBER_BITS, Draw
from twin.engine.item import Item
from twin.outcome import too_many_items
from twin.plan import NONE
from twin.spec import MAX_ITEMS
from twin.streams import Purpose, born

if TYPE_CHECKING:
    from twin.engine.reference import Floor


class Offspring:
    """What items of a run have to do with each other."""

    def __init__(self, floor: Floor, limit: int | None) -> None:
        self.floor, self.limit = floor, limit
        works, drawn = len(floor.model.labels.works), floor.items
        self.arrivals = floor.created
        self.bred = self.coming = 0
        self.numbered = np.bincount(drawn.work[drawn.number < INSIDE_NUMBER], minlength=works).tolist()
        self.inside: list[dict[int, Item]] = [{} for _ in range(works)]  # by when they came, earliest first
        self.held: list[deque[Item]] = [deque() for _ in range(works)]  # waiting for whole types
        self.ahead: list[set[int]] = [set() for _ in range(works)]  # items that have not begun at the stage of a pull
        self.pulls = floor.model.phases[0].plan.breeding.loops.pull_stage.tolist()
        stages = floor.model.phases[0].plan.nodes.stage
        for index, (work, node) in enumerate(zip(drawn.work.tolist(), drawn.node.tolist(), strict=True)):
            if self.pulls[work] != NONE and (node == NONE or stages[node] == self.pulls[work]):
                self.ahead[work].add(index)
        self.draws: dict[tuple[int, int, Purpose, int], Draw] = {}

    def begin_phase(self) -> None:
        """Let a plan hold from now on."""
        self.plan = plan = self.floor.plan.breeding
        self.draws.clear()
        works = range(len(self.inside))
        bounds = plan.waits.first_after.tolist()
        self.awaited = [plan.waits.after[bounds[work] : bounds[work + 1]].tolist() for work in works]
        self.awaiting = [[each for each in works if work in self.awaited[each]] for work in works]

    # --- waiting for others -------------------------------------------------------------------------------------------

    def arrive(self, item: Item) -> None:
        """Take an item down, and let it wait before its first stage for those that came earlier."""
        item.came_as = self.floor.entered
        self.count_in(item)
        if item.node == NONE:  # it was not inside at the start
            if self.waits(item):
                item.pending += 1
                self.held[item.work].append(item)
            on = int(self.plan.waits.depends_on[item.work])
            if (
                on != NONE
                and self.inside[on]
                and self.draw(item, Purpose.DEPENDS) < self.plan.waits.depends_chance[item.work]
            ):
                item.pending += 1
                next(reversed(self.inside[on].values())).dependants.append(item)
        self.inside[item.work][item.came_as] = item

    def count_in(self, item: Item) -> None:
        """Count an item that has come."""
        self.bred += item.number >= FOREIGN
        self.coming -= item.index >= self.floor.items.arrived.size

    def waits(self, item: Item) -> bool:
        """Tell whether an item of a type for which this one waits came before it and has not left."""
        earliest = (next(iter(self.inside[work]), item.came_as) for work in self.awaited[item.work])
        return any(came < item.came_as for came in earliest)

    def is_awaited(self, item: Item) -> bool:
        """Tell whether others wait for an item, or may wait for its whole type."""
        return item.awaited_by is not None or bool(item.dependants or self.awaiting[item.work])

    def held_for_types(self) -> dict[int, tuple[int, ...]]:
        """List, by place among all, the items that wait for whole types, with these types."""
        return {item.among: tuple(self.awaited[work]) for work, items in enumerate(self.held) for item in items}

    def release_held(self, work: int) -> None:
        """Let the items of a type go on that need not wait for whole types any more: the first of them, as all are."""
        held = self.held[work]
        while held and not self.waits(held[0]):
            self.one_less(held.popleft())

    def one_less(self, item: Item) -> None:
        """Let an item wait for one thing less; it goes on when there is none left."""
        item.pending -= 1
        if not item.pending:
            item.go_on(item.done)

    # --- birth --------------------------------------------------------------------------------------------------------

    def after_visit(self, item: Item, edge: int) -> None:
        """Let a visit bring forth what it does, before its item goes on along an edge."""
        node = self.floor.ways.node_of(item)
        self.breed(item, int(self.plan.breeds[node]), Purpose.BREEDS)
        if edge not in self.floor.ways.backs:
            self.breed(item, int(self.plan.children[node]), Purpose.CHILDREN)

    def leave(self, item: Item) -> None:
        """Let an item that is done bring forth what it does, and let those go on that waited for it."""
        item.stage, item.visit = NONE, 0
        self.breed(item, int(self.plan.breeds_done[item.work]), Purpose.BREEDS)
        self.cancelled(item)

    def cancelled(self, item: Item) -> None:
        """Let the next of a loop come for an item that is gone, and let those go on that waited for it."""
        del self.inside[item.work][item.came_as]
        if self.plan.loops.closed[item.work] and item.number < FOREIGN:
            self.come_again(item.work, int(self.plan.loops.rest[item.work]))
        self.begin(item)
        self.release(item)

    def turned_away(self, item: Item) -> None:
        """Let those go on that waited for an item that was not taken in; nothing comes in its place."""
        self.count_in(item)
        self.ahead[item.work].discard(item.index)
        self.release(item)

    def release(self, item: Item) -> None:
        """Let those go on that waited for an item that is gone."""
        if item.awaited_by is not None:
            self.one_less(item.awaited_by)
        for work in self.awaiting[item.work]:
            self.release_held(work)
        for each in item.dependants:
            self.one_less(each)

    def breed(self, item: Item, source: int, purpose: Purpose) -> None:
        """Let a source bring forth items for one."""
        plan = self.plan
        if source == NONE or self.draw(item, purpose) >= plan.sources.chance[source]:
            return
        work, code = int(plan.sources.work[source]), self.floor.model.work_codes[plan.sources.work[source]]
        place = self.floor.model.stage_codes[item.stage] if item.stage != NONE else 0
        parent = self.name(item)
        drawn_for = Purpose.CHILDREN if purpose == Purpose.CHILDREN else Purpose.BRED_COUNT
        for count in range(self.count(item, source, drawn_for)):
            name, number = born(parent, code, (place, purpose, item.visit), count)
            child = self.create(work, FOREIGN | name << NUMBER_BITS | number)
            if plan.sources.waits[source]:
                item.pending += 1
                child.awaited_by = item
            self.due(child, int(plan.sources.after[source]), Purpose.BRED_AFTER)

    def count(self, item: Item, source: int, purpose: Purpose) -> int:
        """Draw how many items a source brings forth."""
        first, last = self.plan.sources.first_size[source : source + 2].tolist()
        if last - first > 1:
            u = self.draw(item, purpose)
            first = min(bisect_right(self.plan.sources.size_share, u, first, last), last - 1)
        return int(self.plan.sources.size[first])

    def come_again(self, work: int, rest: int) -> None:
        """Let the next item of a loop come, after a rest."""
        if self.limit is not None and self.arrivals >= self.limit:
            return
        self.arrivals += 1
        number = self.numbered[work]
        self.numbered[work] += 1
        self.due(self.create(work, number), rest, Purpose.REST)

    def started(self, item: Item) -> None:
        """Tell that a visit has begun."""
        if self.pulls[item.work] == item.stage:
            self.begin(item)

    def begin(self, item: Item) -> None:
        """Count an item off that is ahead of the stage of a pull no more; let others come where too few are."""
        work = item.work
        ahead = self.ahead[work]
        if item.index not in ahead:
            return
        ahead.discard(item.index)
        before = 0
        while len(ahead) < self.plan.loops.pull_below[work] and self.floor.created != before:
            before = self.floor.created
            self.come_again(work, NONE)

    def create(self, work: int, number: int) -> Item:
        """Make an item, to arrive later."""
        floor = self.floor
        if floor.created == MAX_ITEMS:
            raise too_many_items()
        item = Item(floor.created, floor.now, work, number, NONE)
        floor.created += 1
        self.coming += 1
        if self.pulls[work] != NONE:
            self.ahead[work].add(item.index)
        return item

    def due(self, item: Item, after: int, purpose: Purpose) -> None:
        """Let an item arrive at once, or after a time drawn under its name."""
        ticks = 0 if after == NONE else int(self.draw(item, purpose, after) + 0.5)
        item.arrived = item.enabled = self.floor.now + ticks
        self.floor.call(ticks, item.order, lambda _: self.floor.arrive(item))

    def name(self, item: Item) -> tuple[int, int]:
        """Give the work and number that name an item's draws."""
        if item.number < FOREIGN:
            return self.floor.model.work_codes[item.work], item.number
        return (item.number - FOREIGN) >> NUMBER_BITS, item.number & (1 << NUMBER_BITS) - 1

    def draw(self, item: Item, purpose: Purpose, table: int = NONE) -> float:
        """Draw under the name of an item's visit, or of the item itself where it is at no stage."""
        key = item.work, item.stage, purpose, table
        if key not in self.draws:
            found = None if table == NONE else self.floor.plan.tables[table]
            self.draws[key] = self.floor.ways.draws.draw(item.work, item.stage, purpose, found)
        return self.draws[key].at(item.number, item.visit)
