"""A line of a rich twin gives its items by rank, key and turn, whoever is taken out of its middle."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from tiny import listed, twin, work

from twin.engine.kernel import hall as halls
from twin.engine.kernel.heaps import add_to_heap, take_from_heap
from twin.engine.kernel.layout import lay_out
from twin.plan import compile_model
from twin.units import DAY

SLOTS = halls.FIRST_SLOTS
rich = compile_model(twin({"team": 1}, {"desk": "team"}, {"x": work(listed(0), ("desk", "1 h"))}), until=DAY)
OPENED = halls.open_hall(lay_out(rich._replace(rich=True)), 1)


@njit
def line_up(hall: Any, ranks: Any, keys: Any) -> None:
    for slot in range(ranks.size):
        hall.items[slot].turn = slot
        add_to_heap(hall, 0, ranks[slot], keys[slot], slot)


@njit
def take(hall: Any, slots: Any) -> None:
    for slot in slots:
        take_from_heap(hall, 0, slot)


@njit
def take_all(hall: Any, count: int, taken: Any) -> None:
    for place in range(count):
        taken[place] = hall.lines[0, 0].first
        take_from_heap(hall, 0, taken[place])


@settings(deadline=None)
@given(
    items=st.lists(st.tuples(st.integers(0, 2), st.integers(-2, 2)), max_size=SLOTS),
    gone=st.sets(st.integers(0, SLOTS - 1)),
)
def test_a_line_is_in_order_after_items_went_from_its_middle(items: list[tuple[int, int]], gone: set[int]) -> None:
    hall = halls._copy(OPENED)
    ranks, keys = (np.array([item[part] for item in items], np.int64) for part in (0, 1))
    line_up(hall, ranks, keys)
    take(hall, np.array(sorted(slot for slot in gone if slot < len(items)), np.int64))
    order = sorted((*item, slot) for slot, item in enumerate(items) if slot not in gone)
    taken = np.empty(len(order), np.int64)
    take_all(hall, len(order), taken)
    assert taken.tolist() == [slot for *_, slot in order]
    assert (hall.lines[0, 0].first, hall.fronts[0]) == (-1, OPENED.lines.shape[1])
