"""Items that go round: whenever one has left, the next arrives, at once or after a rest. The cases of `test_closed`."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from theory.cases import LINE, repair, six_at_once, think_time, wip_against_throughput
from theory.chains import Values
from theory.verdict import Record, Size, replicate, sizes, wrong
from theory.windows import Array, Counted, counted, number_at
from tiny import twin

from twin.plan import compile_model
from twin.spec import Twin
from twin.units import HOUR

WARM = 500.0
"""Hours that are not counted."""
LONGEST = 100.0
"""Items that arrive in the last hours may not be done, and their stay is not counted."""


def exponential(mean: float) -> dict[str, Any]:
    """Effort or rest in hours."""
    return {"kind": "exponential", "mean": f"{mean:.9f} h"}


def loop(
    items: int, efforts: Sequence[float], people: Sequence[int], after: dict[str, Any], rest: float | None = None
) -> Twin:
    """Make a twin in which so many items go round, from stage 0 on."""
    names = [str(place) for place in range(len(efforts))]
    arrivals = {"kind": "closed", "items": items} | ({} if rest is None else {"rest": exponential(rest)})
    needed = {name: exponential(effort) for name, effort in zip(names, efforts, strict=True)}
    return twin(
        {f"team {name}": count for name, count in zip(names, people, strict=True)},
        {name: f"team {name}" for name in names},
        {"x": {"arrivals": arrivals, "route": {"start": {"0": 1.0}, "next": after, "efforts": needed}}},
    )


def line(items: int, efforts: Sequence[float]) -> Twin:
    """Make a line of stages with one person each."""
    last = len(efforts) - 1
    after = {str(place): {str(place + 1) if place < last else "done": 1.0} for place in range(len(efforts))}
    return loop(items, efforts, [1] * len(efforts), after)


def runs(system: Twin, size: Size, hours: float, measured: Callable[[Counted], Values]) -> list[Values]:
    """Run the replications."""
    model = compile_model(system, until=round((WARM + hours) * HOUR))
    return replicate(model, lambda visits: measured(counted(visits, (WARM, WARM + hours))), size)


def stays(each: Counted) -> Array:
    """Give the hours from arrival to leaving of the items that arrive early enough to leave."""
    first, last = each.span
    items = int(each.visits.item.max()) + 1
    arrived, left = np.full(items, np.inf), np.zeros(items)
    np.minimum.at(arrived, each.visits.item, each.enabled)
    np.maximum.at(left, each.visits.item, each.finished)
    mine = (arrived >= first) & (arrived < last - LONGEST)
    spent: Array = (left - arrived)[mine]
    return spent


@sizes
def test_items_that_rest_before_they_come_again_keep_three_stages_as_busy_as_theory_says(
    size: Size, record_property: Record
) -> None:
    after = {"0": {"1": 1.0}, "1": {"1": 0.2, "2": 0.4, "done": 0.4}, "2": {"done": 1.0}}
    network = loop(12, (2, 3, 4), (1, 2, 1), after, rest=10)

    def measured(each: Counted) -> Values:
        found = {"X": each.rate(0), "R_total": stays(each).mean()}
        for place, people in ((0, 1), (1, 2), (2, 1)):
            busy = each.there(place, at_work=True) / people
            found |= {f"L{place + 1}": each.there(place), f"U{place + 1}": busy}
        return found

    assert not wrong(runs(network, size, 6_000, measured), think_time(), size, record_property)


@sizes
def test_six_items_that_come_again_leave_a_line_of_four_as_often_as_theory_says(
    size: Size, record_property: Record
) -> None:
    def measured(each: Counted) -> Values:
        return {"X": each.rate(0), "W": stays(each).mean()}

    assert not wrong(runs(line(6, [1.0] * 4), size, 1_000, measured), six_at_once(), size, record_property)


@sizes
@pytest.mark.parametrize("items", [1, 2, 4, 8, 16, 32])
def test_more_items_that_come_again_give_less_and_less(items: int, size: Size, record_property: Record) -> None:
    name = f"X_wip{items}"
    exact = {name: wip_against_throughput()[name]}
    found = runs(line(items, LINE), size, 500, lambda each: {name: each.rate(0)})
    assert not wrong(found, exact, size, record_property)


@sizes
def test_two_people_repair_ten_machines_that_come_again_as_fast_as_theory_says(
    size: Size, record_property: Record
) -> None:
    machines = loop(10, (2,), (2,), {"0": {"done": 1.0}}, rest=10)

    def measured(each: Counted) -> Values:
        down = each.there(0)
        all_up = number_at(each.enabled, each.finished, np.arange(*each.span)) == 0
        return {
            "L_down": down, "availability": 1 - down / 10, "throughput": each.rate(0), "W_down": stays(each).mean(),
            "U": each.there(0, at_work=True) / 2, "P_all_up": all_up.mean(),
        }  # fmt: skip

    assert not wrong(runs(machines, size, 4_000, measured), repair(), size, record_property)
