"""Who of a floor waits for good: looked for when somebody begins to wait who holds a place or is waited for."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from twin.engine.deadlock import Waiting, deadlocked, waiting_alike_for_good, waiting_for_good
from twin.plan import NONE

if TYPE_CHECKING:
    from twin.engine.item import Item
    from twin.engine.reference import Floor
    from twin.limiting import Set


def is_awaited(floor: Floor, item: Item) -> bool:
    """Tell whether others wait for an item or a token, or may."""
    return item.parent is not item or bool(floor.offspring and floor.offspring.is_awaited(item))


def check(floor: Floor) -> None:
    """Look whether somebody waits for good.

    Raises
    ------
    DeadlockError
        Where items wait for each other.
    """
    places = floor.places
    places.suspicious = False
    batches = [(stage, item) for stage, gate in enumerate(floor.gates) if gate.holds_up() for *_, item in gate.waiting]
    waiters = places.waiting + Counter(places.in_batch(stage, item) for stage, item in batches if not item.withdraws)
    if waiting_alike_for_good(waiters, places.taken, places.most):
        stuck = waiting_for_good(_waiting(floor, batches), places.taken, places.most)
        if stuck:
            raise deadlocked(floor.model.labels, places.names, floor.now, stuck)


def _waiting(floor: Floor, batches: list[tuple[int, Item]]) -> list[Waiting]:
    """List who does not move by itself."""
    places, found = floor.places, []
    for lines in places.outside:
        for asked, line in lines.items():
            full = tuple(limit for limit in asked if places.is_full(limit))
            found += [_one(item, item.origin, (asked,), full) for *_, item in line if not item.withdraws]
    found += [_one(item, stage, places.in_batch(stage, item).ways) for stage, item in batches if not item.withdraws]
    pending = [item for item in floor.inside.values() if item.pending]
    awaited: dict[int, list[int]] = {item.among: [] for item in pending}
    for item in floor.inside.values() if pending else ():
        for other in _who_wait_for(item):
            awaited[other.among].append(item.among)
    held = floor.offspring.held_for_types() if floor.offspring else {}
    for item in pending:
        at, after = item.stage if item.row == NONE else item.origin, held.get(item.among, ())
        found.append(_one(item, at, ())._replace(awaited=tuple(awaited[item.among]), after=after))
    return found


def _who_wait_for(item: Item) -> list[Item]:
    if item.parent is not item:
        return [item.parent]
    return [*item.dependants, item.awaited_by] if item.awaited_by is not None else item.dependants


def _one(item: Item, at: int, ways: tuple[Set, ...], full: Set = ()) -> Waiting:
    one = Waiting(item.among, item.index, at, item.stage, ways, item.held, full)
    return one._replace(work=item.work, came_as=item.came_as) if item.parent is item else one
