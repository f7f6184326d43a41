"""Work that can never go on, since it waits for places, or for other work, that only such work holds or is.

An item moves for certain, sooner or later, unless it waits for a place, for others to make a batch, for its branches or
for other items. It can move if every limit it waits for has room, or a place of it is held by what can move, and if all
the work can move that it waits for. What is left when nothing more is found to move waits for itself (Coffman, Elphick,
Shoshani 1971, Computing Surveys 3).

Those that wait alike are looked at together first, as if nobody came on who waits for other work: mostly that tells
already that nobody waits for good, at a price that does not grow with the number of items.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from twin.errors import DeadlockError
from twin.eventlog import Labels
from twin.limiting import BRANCHED, Set

MOST_TOLD: Final = 5


class Waiter(NamedTuple):
    """Items that wait alike."""

    stage: int
    ways: tuple[Set, ...]  # limits that must have room: all of one of these sets; none where others are waited for
    held: Set


class Waiting(NamedTuple):
    """An item, or its token on a branch, that does not move by itself."""

    place: int  # among all items and tokens
    item: int
    at: int  # stage it holds a place at, NONE, or BRANCHED
    to: int  # stage at whose door it waits; `at` where it waits for a batch
    ways: tuple[Set, ...]
    held: Set
    limits: Set = ()  # full limits it waits for
    awaited: tuple[int, ...] = ()  # the places among all of those it waits for
    work: int = BRANCHED  # its type, where it is not a token
    came_as: int = 0
    after: tuple[int, ...] = ()  # types of which it waits for all items that came before it


def waiting_alike_for_good(waiters: Mapping[Waiter, int], taken: Sequence[int], most: Sequence[int]) -> bool:
    """Tell whether somebody could wait for good, if those never moved who wait for other work.

    Parameters
    ----------
    waiters
        How many wait alike.
    taken, most
        Places of each limit that are held, and that there are.
    """
    left = {waiter for waiter, count in waiters.items() if count}
    moving = list(taken)
    for waiter in left:
        for limit in waiter.held:
            moving[limit] -= waiters[waiter]
    frees = _free(moving, taken, most)
    while True:
        go_on = {waiter for waiter in left if _gets_room(waiter.ways, frees)}
        if not go_on:
            return any(waiter.ways for waiter in left)
        left -= go_on
        for waiter in go_on:
            for limit in waiter.held:
                frees[limit] = True


def waiting_for_good(waiting: Iterable[Waiting], taken: Sequence[int], most: Sequence[int]) -> list[Waiting]:
    """Find who can never go on, and holds a place or is waited for by others who cannot.

    Parameters
    ----------
    waiting
        All who do not move by themselves.
    taken, most
        Places of each limit that are held, and that there are.
    """
    left = {one.place: one for one in waiting}
    moving = list(taken)
    for one in left.values():
        for limit in one.held:
            moving[limit] -= 1
    frees = _free(moving, taken, most)
    while True:
        first = _earliest(left.values())
        go_on = [one for one in left.values() if not _waits_for(one, left, first) and _comes_in(one, frees)]
        if not go_on:
            return _involved(list(left.values()))
        for one in go_on:
            del left[one.place]
            for limit in one.held:
                frees[limit] = True


def _involved(left: Sequence[Waiting]) -> list[Waiting]:
    """Leave those out who hold nothing and for whom nobody waits."""
    awaited = {place for one in left for place in one.awaited}
    latest: dict[int, int] = {}
    for one in left:
        for work in one.after:
            latest[work] = max(latest.get(work, 0), one.came_as)
    return [one for one in left if one.held or one.place in awaited or one.came_as < latest.get(one.work, 0)]


def _free(moving: Sequence[int], taken: Sequence[int], most: Sequence[int]) -> list[bool]:
    """Tell which limits have room, or places held by somebody who moves."""
    return [alive > 0 or held < room or not room for alive, held, room in zip(moving, taken, most, strict=True)]


def _earliest(waiting: Iterable[Waiting]) -> dict[int, int]:
    """Give when the first came of each type of those who wait."""
    first: dict[int, int] = {}
    for one in waiting:
        first[one.work] = min(first.get(one.work, one.came_as), one.came_as)
    return first


def _waits_for(one: Waiting, left: Collection[int], first: Mapping[int, int]) -> bool:
    """Tell whether one waits for somebody who is left."""
    after = any(first.get(work, one.came_as) < one.came_as for work in one.after)
    return after or any(place in left for place in one.awaited)


def _comes_in(one: Waiting, frees: Sequence[bool]) -> bool:
    return not one.ways or _gets_room(one.ways, frees)


def _gets_room(ways: Iterable[Set], frees: Sequence[bool]) -> bool:
    return any(all(frees[limit] for limit in way) for way in ways)


def deadlocked(labels: Labels, names: Sequence[str], tick: int, stuck: Iterable[Waiting]) -> DeadlockError:
    """Make the error that says who waits for whom.

    Parameters
    ----------
    labels
        Names of the model.
    names
        Names of the limits.
    tick
        Since when.
    stuck
        Who can never go on.
    """
    everyone = sorted(stuck)
    told = [_told(labels, names, each, everyone) for each in everyone[:MOST_TOLD]]
    if len(everyone) > MOST_TOLD:
        told.append(f"and {len(everyone) - MOST_TOLD} more")
    items = len({each.item for each in everyone})
    each_other = f"{items} items wait for each other from tick {tick} on and can never move"
    alone = f"item {everyone[0].item} can never move from tick {tick} on"
    return DeadlockError(
        f"{each_other if items > 1 else alone}: {'; '.join(told)}. "
        "Give one of these limits more places, or take a stage out of it"
    )


def _told(labels: Labels, names: Sequence[str], one: Waiting, everyone: Sequence[Waiting]) -> str:
    at = f"item {one.item}, not yet inside,"
    if one.at == BRANCHED:
        at = f"item {one.item} on a branch"
    elif one.at >= 0:
        at = f"item {one.item} at {labels.stages[one.at]}"
    if not one.ways:
        return _told_of_others(labels, at, one, everyone)
    if not one.limits:
        return f"{at} waits for others to make a batch"
    asked = []
    for limit in one.limits:
        holders = [str(each.item) for each in everyone if limit in each.held]
        asked.append(f"{names[limit]}, held by {_listed(holders)}")
    return f"{at} waits for a place at {labels.stages[one.to]} ({'; '.join(asked)})"


def _told_of_others(labels: Labels, at: str, one: Waiting, everyone: Sequence[Waiting]) -> str:
    """Tell for which of its branches, or for which other items, one waits."""
    awaited = [each for each in everyone if each.place in one.awaited or _came_before(each, one)]
    branches = [labels.stages[each.to] for each in awaited if each.item == one.item]
    if branches:
        return f"item {one.item} waits at its join for the branch at {_listed(branches)}"
    items = _listed([str(each.item) for each in awaited])
    return f"{at} waits until other items are done ({items})"


def _came_before(other: Waiting, one: Waiting) -> bool:
    return other.work in one.after and other.came_as < one.came_as


def _listed(names: Sequence[str]) -> str:
    told = list(dict.fromkeys(names))
    return ", ".join([*told[:MOST_TOLD], *(["others"] if len(told) > MOST_TOLD else [])])
