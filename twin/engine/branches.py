"""Items that go several ways at once.

At a fork an item stands still and a token of it sets out on every branch, in the order of branches: a token is an item
too, with the same number and the same count of visits, but with visits of its own. The first token takes the item's
places along, the others come without. A token that has done its branch gives its places back; the last one hands them
to the item, which goes on at the same instant, along the join's edge for that branch.
"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any

from twin.graph import JOIN, SWITCH
from twin.limiting import BRANCHED
from twin.outcome import place_of
from twin.plan import NONE

if TYPE_CHECKING:
    from collections.abc import Generator

    from twin.engine.item import Item
    from twin.engine.reference import Floor
    from twin.engine.ways import Step


def walk_past(floor: Floor, item: Item, node: int, edge: int) -> Generator[None, Any, Step]:
    """Walk past what is no visit: a switch, a fork until its branches are done, or a join, where a token ends."""
    kind = floor.ways.kind[node]
    if kind == SWITCH:
        return floor.ways.past_switch(item, node, edge)
    if kind == JOIN:
        join(floor, item, node)
    else:
        fork(floor, item, node)
    yield
    return floor.ways.joined(item)


def fork(floor: Floor, item: Item, node: int) -> None:
    """Send a token of an item along each branch."""
    ways = floor.ways
    first, last = ways.edges[node]
    item.pending, item.row, held, item.held = last - first, NONE, item.held, ()
    for edge in range(first, last):
        token = copy(item)
        token.parent, token.branch = item, ways.first_branch[node] + edge - first
        token.stand(place_of(item.index, token.branch))
        token.pending = 0
        token.stage, token.held = (item.stage, held) if edge == first else (BRANCHED, ())
        floor.inside[token.among] = token
        floor.begin(floor.walk(token, (ways.target[edge], edge)))


def join(floor: Floor, token: Item, node: int) -> None:
    """Let a branch be done; the last one lets its item go on."""
    item = token.parent
    del floor.inside[token.among]
    item.pending -= 1
    if item.pending:
        floor.places.give_back(token.held)
        return
    item.held, item.stage, item.node, item.phase, item.last_branch = (
        token.held,
        token.stage,
        node,
        token.phase,
        token.branch,
    )
    item.go_on(token.done)
