"""Work that can never go on, since it waits for places that only such work holds.

An item moves for certain, sooner or later, unless it waits for a place or for others to make a batch. It can move if
every limit it waits for has room, or a place of it is held by an item that can move. What is left when nothing more is
found to move waits for itself (Coffman, Elphick, Shoshani 1971, Computing Surveys 3). Items alike are taken together.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from twin.errors import DeadlockError
from twin.eventlog import Labels
from twin.limiting import Set

MOST_TOLD: Final = 5


class Waiter(NamedTuple):
    """Items that wait alike."""

    stage: int
    ways: tuple[Set, ...]  # limits that must have room: all of one of these sets
    held: Set


class Stuck(NamedTuple):
    """An item that can never go on."""

    item: int
    at: int  # stage it holds a place at, or NONE
    to: int  # stage at whose door it waits; `at` where it waits for a batch
    limits: Set  # full limits it waits for
    held: Set


def waiting_for_good(waiters: Mapping[Waiter, int], taken: Sequence[int], most: Sequence[int]) -> set[Waiter]:
    """Find who can never go on.

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
    frees = [alive > 0 or held < room or not room for alive, held, room in zip(moving, taken, most, strict=True)]
    while True:
        go_on = {waiter for waiter in left if any(all(frees[limit] for limit in way) for way in waiter.ways)}
        if not go_on:
            return left
        left -= go_on
        for waiter in go_on:
            for limit in waiter.held:
                frees[limit] = True


def deadlocked(labels: Labels, names: Sequence[str], tick: int, stuck: Iterable[Stuck]) -> DeadlockError:
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
    return DeadlockError(
        f"{len(everyone)} items wait for each other from tick {tick} on and can never move: {'; '.join(told)}. "
        "Give one of these limits more places, or take a stage out of it"
    )


def _told(labels: Labels, names: Sequence[str], one: Stuck, everyone: Sequence[Stuck]) -> str:
    at = f"item {one.item} at {labels.stages[one.at]}" if one.at >= 0 else f"item {one.item}, not yet inside,"
    if not one.limits:
        return f"{at} waits for others to make a batch"
    asked = []
    for limit in one.limits:
        holders = [str(each.item) for each in everyone if limit in each.held]
        more = ["others"] if len(holders) > MOST_TOLD else []
        asked.append(f"{names[limit]}, held by {', '.join([*holders[:MOST_TOLD], *more])}")
    return f"{at} waits for a place at {labels.stages[one.to]} ({'; '.join(asked)})"
