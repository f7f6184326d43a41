"""Branches side by side: an item is done when the last of them is (fork and join)."""

import numpy as np
from theory.cases import fork_join
from theory.chains import Values
from theory.verdict import Record, Size, replicate, sizes, wrong
from theory.windows import counted
from tiny import twin, work

from twin.plan import compile_model
from twin.spec import Twin
from twin.units import HOUR

WARM, TAIL = 300.0, 200.0
"""Hours that are not counted at both ends."""
EXPONENTIAL = {"kind": "exponential", "mean": "1 h"}


def side_by_side(branches: int, people: int) -> Twin:
    """Make a twin in which items go through so many branches at once, each with people of its own."""
    names = [f"branch {number}" for number in range(branches)]
    parallel = {"parallel": [[{"stage": name, "effort": EXPONENTIAL}] for name in names]}
    works = {"x": work({"kind": "poisson", "rate": "0.7 / hour"}, parallel)}
    return twin(dict.fromkeys(names, people), {name: name for name in names}, works)


def stays(system: Twin, name: str, size: Size, hours: float) -> list[Values]:
    """Average the stay in each replication."""
    span = (WARM, WARM + hours)
    model = compile_model(system, until=round((span[1] + TAIL) * HOUR))
    return replicate(model, lambda visits: {name: float(counted(visits, span).stay.mean())}, size)


@sizes
def test_items_wait_for_the_later_of_two_branches_as_long_as_theory_says(size: Size, record_property: Record) -> None:
    exact = {"T2": fork_join()["T2"]}
    assert not wrong(stays(side_by_side(2, 1), "T2", size, 4_000), exact, size, record_property)


@sizes
def test_four_branches_that_nobody_waits_in_take_as_long_as_the_longest(size: Size, record_property: Record) -> None:
    name = "max_of_4_exp_no_queue"
    found = stays(side_by_side(4, 40), name, size, 500)
    assert not wrong(found, {name: fork_join()[name]}, size, record_property)


@sizes
def test_four_branches_stay_within_the_bounds_of_theory(size: Size, record_property: Record) -> None:
    found = stays(side_by_side(4, 1), "T4", size, 1_000)
    mean = float(np.mean([each["T4"] for each in found]))
    record_property("T4", mean)
    assert fork_join()["T4_lower"] < mean < fork_join()["T4_upper"]
