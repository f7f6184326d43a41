"""Runs that start from empty, from a backlog, or under a daily cycle: no warm-up, exact at every hour.

A hundred equal systems that know nothing of each other run side by side in one twin; a replication's value is their
mean.
"""

from typing import Any

import numpy as np
import pytest
from theory.cases import enough_people, hour_of
from theory.chains import Values, daily_cycle, daily_rates, first_delays, transient
from theory.verdict import Record, Size, replicate, sizes, wrong
from theory.windows import in_hours, number_at
from tiny import twin, work

from twin.eventlog import Visits
from twin.plan import compile_model
from twin.spec import Twin
from twin.units import DAY, HOUR

COPIES = 100


def copies(lam: float, mean: str, backlog: int = 0) -> Twin:
    """Make a hundred M/M/1 side by side, each with a backlog; arrivals that part at random stay Poisson."""
    desks = [f"desk {name}" for name in range(COPIES)]
    route = {
        "start": dict.fromkeys(desks, 1 / COPIES),
        "next": {desk: {"done": 1.0} for desk in desks},
        "efforts": {desk: {"kind": "exponential", "mean": mean} for desk in desks},
    }
    arrivals = {"kind": "poisson", "rate": f"{lam * COPIES} / hour"}
    inside = [{"work": "item", "stage": desk, "count": backlog} for desk in desks if backlog]
    works = {"item": {"arrivals": arrivals, "route": route}}
    return twin({f"team {desk}": 1 for desk in desks}, {desk: f"team {desk}" for desk in desks}, works, inside=inside)


@sizes
@pytest.mark.parametrize("backlog", [0, 20])
def test_the_number_inside_moves_as_kolmogorov_says(backlog: int, size: Size, record_property: Record) -> None:
    exact = transient(backlog)
    hours = np.array([hour_of(name) for name in exact])

    def measured(visits: Visits) -> Values:
        counts = number_at(in_hours(visits.enabled), in_hours(visits.finished), hours) / COPIES
        return dict(zip(exact, counts.tolist(), strict=True))

    model = compile_model(copies(0.8, "1 h", backlog), until=101 * HOUR)
    found = replicate(model, measured, size, commit=125 if backlog else 250)
    assert not wrong(found, exact, size, record_property)


@sizes
def test_the_first_delays_from_empty_are_laws(size: Size, record_property: Record) -> None:
    exact = first_delays()

    def measured(visits: Visits) -> Values:
        order = np.lexsort((visits.enabled, visits.stage))
        first = np.searchsorted(visits.stage[order], np.arange(COPIES))
        rows = order[first[:, None] + np.arange(400)]
        delays = (visits.started - visits.enabled)[rows] / HOUR
        return {name: delays[:, : int(name.rpartition("_")[2])].mean() for name in exact}

    model = compile_model(copies(1, "0.9 h"), until=560 * HOUR)
    assert not wrong(replicate(model, measured, size, commit=100), exact, size, record_property)


def daily(rates: list[float], people: int, effort: dict[str, Any], days: int) -> Any:
    """Compile a desk with the same hourly rates every day, in equal slots."""
    arrivals = {"kind": "poisson", "rate": f"{24 * sum(rates) / len(rates)} / day", "pattern": {"every": rates}}
    works = {"x": work(arrivals, {"stage": "desk", "effort": effort})}
    return compile_model(twin({"team": people}, {"desk": "team"}, works), until=days * DAY)


def on_mornings(exact: Values, first: int, last: int) -> Any:
    """Measure the number inside at the hours that numbers are named by, over days that are all alike."""
    mornings = 24.0 * np.arange(first, last)

    def measured(visits: Visits) -> Values:
        arrived, finished = in_hours(visits.enabled), in_hours(visits.finished)
        return {name: number_at(arrived, finished, mornings + hour_of(name)).mean() for name in exact}

    return measured


@sizes
def test_a_daily_cycle_that_overloads_at_noon_swings_as_theory_says(size: Size, record_property: Record) -> None:
    # The rate 3 + 2 sin(2 pi t / 24) by slots of five minutes
    exact = daily_cycle(288)
    model = daily(daily_rates(288).tolist(), 4, {"kind": "exponential", "mean": "1 h"}, days=312)
    assert not wrong(replicate(model, on_mornings(exact, 10, 310), size), exact, size, record_property)


@sizes
@pytest.mark.parametrize("kind", ["exp", "det", "lognormal"])
def test_where_nobody_waits_the_number_inside_is_what_arrived_lately(
    kind: str, size: Size, record_property: Record
) -> None:
    efforts: dict[str, dict[str, Any]] = {
        "exp": {"kind": "exponential", "mean": "4 h"},
        "det": {"kind": "fixed", "value": "4 h"},
        "lognormal": {"kind": "lognormal", "mean": "4 h", "cv": 2**0.5},
    }
    exact = enough_people(288)[kind]
    # 57 are inside at the peak on average, with a standard deviation of 7.5
    model = daily(daily_rates(288, 10, 6).tolist(), 150, efforts[kind], days=32)
    assert not wrong(replicate(model, on_mornings(exact, 20, 30), size), exact, size, record_property)
