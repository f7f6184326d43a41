"""Items that never leave: work in progress held constant, machines and their repair; and lines that block.

A route without an end sends each item round for ever, so the number inside stays what it was at the start.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from theory.cases import LINE, blocking, repair, six_at_once, think_time, wip_against_throughput
from theory.chains import Values
from theory.verdict import Record, Size, replicate, sizes, wrong
from theory.windows import Array, Counted, counted, number_at
from tiny import twin, work

from twin.plan import compile_model
from twin.spec import Twin
from twin.units import HOUR

WARM = 500.0
"""Hours that are not counted."""


def exponential(mean: float) -> dict[str, Any]:
    """Effort in hours."""
    return {"kind": "exponential", "mean": f"{mean:.9f} h"}


def round_and_round(items: int, efforts: Sequence[float], people: Sequence[int], after: dict[str, Any]) -> Twin:
    """Make a twin without arrivals, whose items begin at stage 0."""
    names = [str(place) for place in range(len(efforts))]
    needed = {name: exponential(effort) for name, effort in zip(names, efforts, strict=True)}
    route = {"start": {"0": 1.0}, "next": after, "efforts": needed}
    return twin(
        {f"team {name}": count for name, count in zip(names, people, strict=True)},
        {name: f"team {name}" for name in names},
        {"x": {"arrivals": {"kind": "none"}, "route": route}},
        inside=[{"work": "x", "stage": "0", "count": items}],
    )


def in_line(items: int, efforts: Sequence[float]) -> Twin:
    """Make a line that begins anew after its last stage."""
    after = {str(place): {str((place + 1) % len(efforts)): 1.0} for place in range(len(efforts))}
    return round_and_round(items, efforts, [1] * len(efforts), after)


def runs(system: Twin, size: Size, hours: float, measured: Callable[[Counted], Values]) -> list[Values]:
    """Run the replications."""
    model = compile_model(system, until=round((WARM + hours) * HOUR))
    return replicate(model, lambda visits: measured(counted(visits, (WARM, WARM + hours))), size)


def rate_out(each: Counted, stage: int) -> float:
    """Count the visits that are finished per hour at a stage."""
    at, (first, last) = each.finished[each.visits.stage == stage], each.span
    return float(((at >= first) & (at < last)).sum()) / (last - first)


def rounds(each: Counted, since: Array) -> Array:
    """Give the hours from an instant of each visit to stage 0 until its item comes there again, shape (rounds,)."""
    here = np.flatnonzero(each.visits.stage == 0)
    here = here[np.lexsort((each.visits.visit[here], each.visits.item[here]))]
    again = each.visits.item[here][1:] == each.visits.item[here][:-1]
    begun, ended = since[here][:-1][again], each.enabled[here][1:][again]
    # Rounds that begin in the last hundred hours may not end
    first, last = each.span
    mine = (begun >= first) & (begun < last - 100)
    spent: Array = (ended - begun)[mine]
    return spent


@sizes
def test_items_that_rest_between_rounds_keep_three_stages_as_busy_as_theory_says(
    size: Size, record_property: Record
) -> None:
    after = {"0": {"1": 1.0}, "1": {"2": 1.0}, "2": {"2": 0.2, "3": 0.4, "0": 0.4}, "3": {"0": 1.0}}
    network = round_and_round(12, (10, 2, 3, 4), (12, 1, 2, 1), after)

    def measured(each: Counted) -> Values:
        found = {"X": rate_out(each, 0), "R_total": rounds(each, each.finished).mean()}
        for place, people in ((1, 1), (2, 2), (3, 1)):
            found |= {f"L{place}": each.there(place), f"U{place}": each.there(place, at_work=True) / people}
        return found

    assert not wrong(runs(network, size, 6_000, measured), think_time(), size, record_property)


@sizes
def test_six_items_in_a_line_of_four_leave_as_often_as_theory_says(size: Size, record_property: Record) -> None:
    def measured(each: Counted) -> Values:
        return {"X": rate_out(each, 3), "W": rounds(each, each.enabled).mean()}

    assert not wrong(runs(in_line(6, [1.0] * 4), size, 1_000, measured), six_at_once(), size, record_property)


@sizes
@pytest.mark.parametrize("items", [1, 2, 4, 8, 16, 32])
def test_more_work_in_progress_gives_less_and_less(items: int, size: Size, record_property: Record) -> None:
    name = f"X_wip{items}"
    exact = {name: wip_against_throughput()[name]}
    found = runs(in_line(items, LINE), size, 500, lambda each: {name: rate_out(each, 3)})
    assert not wrong(found, exact, size, record_property)


@sizes
def test_two_people_repair_ten_machines_as_fast_as_theory_says(size: Size, record_property: Record) -> None:
    machines = round_and_round(10, (10, 2), (10, 2), {"0": {"1": 1.0}, "1": {"0": 1.0}})

    def measured(each: Counted) -> Values:
        first, last = each.span
        down = each.visits.stage == 1
        begun = down & (each.enabled >= first) & (each.enabled < last - 100)
        all_up = number_at(each.enabled[down], each.finished[down], np.arange(first, last)) == 0
        return {
            "L_down": each.there(1), "availability": each.there(0) / 10, "throughput": rate_out(each, 1),
            "W_down": (each.finished - each.enabled)[begun].mean(), "U": each.there(1, at_work=True) / 2,
            "P_all_up": all_up.mean(),
        }  # fmt: skip

    assert not wrong(runs(machines, size, 4_000, measured), repair(), size, record_property)


@sizes
@pytest.mark.parametrize(
    ("name", "places"), [("X_b0", (1, 1)), ("X_b1", (1, 2)), ("X_b3", (1, 4)), ("X_3stations_b0", (1, 1, 1))]
)
def test_a_line_that_blocks_gives_what_theory_says(
    name: str, places: tuple[int, ...], size: Size, record_property: Record
) -> None:
    # Two items an hour arrive where less than one is done, so there is always one before the line
    names = [str(place) for place in range(len(places))]
    stages = {name: {"team": name, "wip_limit": limit} for name, limit in zip(names, places, strict=True)}
    steps = [{"stage": name, "effort": exponential(1)} for name in names]
    works = {"x": work({"kind": "poisson", "rate": "2 / hour"}, *steps)}
    line = twin(dict.fromkeys(names, 1), stages, works)
    found = runs(line, size, 500, lambda each: {name: rate_out(each, len(places) - 1)})
    assert not wrong(found, {name: blocking()[name]}, size, record_property)
