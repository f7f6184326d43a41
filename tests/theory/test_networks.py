"""Rework, routes, priorities and unequal people in steady state, after Jackson, Cobham and the Markov chain.

The last items of a run meet fewer arrivals behind them than those before, so they are not counted.
"""

from collections.abc import Callable
from typing import Any

from theory.cases import cobham, jackson, rework, three_classes
from theory.chains import Values, skills, unequal
from theory.verdict import Record, Size, replicate, sizes, sizes_and_reference, wrong
from theory.windows import Counted, counted, mean_number
from tiny import twin, work

from twin.plan import compile_model
from twin.spec import Twin
from twin.units import HOUR

WARM, TAIL = 1500.0, 500.0
"""Hours that are not counted at both ends."""
EXPONENTIAL = {"kind": "exponential", "mean": "1 h"}


Measured = Callable[[Counted], Values]


def runs(system: Twin, size: Size, hours: float, measured: Measured) -> list[Values]:
    """Run the replications, with the counted hours in the middle."""
    span = (WARM, WARM + hours * size.length)
    model = compile_model(system, until=round((span[1] + TAIL) * HOUR))
    return replicate(model, lambda visits: measured(counted(visits, span)), size)


def poisson(lam: float) -> dict[str, Any]:
    """Arrivals per hour."""
    return {"kind": "poisson", "rate": f"{lam} / hour"}


def at_desk(lam: float, effort: dict[str, Any], priority: int = 3) -> dict[str, Any]:
    """Work of one step."""
    return work(poisson(lam), {"stage": "desk", "effort": effort}, priority=priority)


@sizes
def test_a_network_with_feedback_is_jacksons(size: Size, record_property: Record) -> None:
    rates = (1.2, 0.8, 0.5)
    people = {"A": 1, "B": 2, "C": 2}
    efforts = {
        stage: {"kind": "exponential", "mean": f"{1 / rate:.9f} h"} for stage, rate in zip("abc", rates, strict=True)
    }
    after = {"a": {"b": 0.9, "c": 0.1}, "b": {"a": 0.2, "c": 0.8}, "c": {"a": 0.15, "done": 0.85}}
    works = {"x": {"arrivals": poisson(0.6), "route": {"start": {"a": 1.0}, "next": after, "efforts": efforts}}}
    network = twin(people, dict(zip("abc", "ABC", strict=True)), works)

    def measured(each: Counted) -> Values:
        found = {"L_total": each.inside(), "W_total": each.stay.mean()}
        for place, count in enumerate(people.values()):
            found |= {f"lam{place + 1}": each.rate(place), f"L{place + 1}": each.there(place)}
            found |= {f"U{place + 1}": each.there(place, at_work=True) / count}
            found |= {f"visits{place + 1}": each.visits_of_items(place)}
        return found

    assert not wrong(runs(network, size, 8_000, measured), jackson(), size, record_property)


@sizes
def test_a_route_with_a_machine_thins_and_feeds_back_as_jackson_says(size: Size, record_property: Record) -> None:
    # x visits an hour of people to a, y of the machine, z = 0.6 + 0.2 x to either, since b sends a fifth of people's
    # work back: y = z / 2, and with a fifth of the machine's wrong x = z / 2 + y / 5; all x + y come to b
    x = 0.6 * 0.6 / (1 - 0.6 * 0.2)
    y = (0.6 + 0.2 * x) / 2
    busy_a, busy_b = x / 0.6, (x + y) / 1.2
    exact = {"L_a": busy_a / (1 - busy_a), "L_b": busy_b / (1 - busy_b), "lam_machine": y, "L_machine": y * 0.25}
    exact["W_total"] = (exact["L_a"] + exact["L_b"] + exact["L_machine"]) / 0.6
    takes = {stage: {"kind": "exponential", "mean": f"{1 / rate:.9f} h"} for stage, rate in (("a", 0.6), ("b", 1.2))}
    machine = {"share": 0.5, "effort": {"kind": "exponential", "mean": "15 min"}, "at_once": 99}
    route = {
        "start": {"a": 1.0}, "next": {"a": {"b": 1.0}, "b": {"a": 0.2, "done": 0.8}}, "efforts": takes,
        "automation": {"a": machine | {"errors": 0.2, "checked_at": "b"}},
    }  # fmt: skip
    network = twin({"a": 1, "b": 1}, {"a": "a", "b": "b"}, {"x": {"arrivals": poisson(0.6), "route": route}})

    def measured(each: Counted) -> Values:
        found = {"W_total": each.stay.mean(), "lam_machine": each.rate(2)}
        return found | {"L_a": each.there(0), "L_b": each.there(1), "L_machine": each.there(2)}

    assert not wrong(runs(network, size, 10_000, measured), exact, size, record_property)


@sizes
def test_rework_that_joins_the_tail_costs_what_theory_says(size: Size, record_property: Record) -> None:
    step = {"stage": "desk", "effort": EXPONENTIAL, "rework": {"chance": "25 %", "back_to": "desk"}}

    def measured(each: Counted) -> Values:
        visits = each.visits_of_items(0)
        stays = {"L": each.inside(), "W_total": each.stay.mean(), "rho": each.there(0, at_work=True)}
        per_visit = (each.finished - each.enabled)[each.chosen].mean()
        return stays | {"mean_visits": visits, "W_per_visit": per_visit}

    desk = twin({"team": 1}, {"desk": "team"}, {"x": work(poisson(0.6), step)})
    assert not wrong(runs(desk, size, 22_000, measured), rework(), size, record_property)


@sizes_and_reference
def test_two_classes_wait_as_cobham_says(size: Size, record_property: Record) -> None:
    works = {"high": at_desk(0.2, EXPONENTIAL, priority=1), "low": at_desk(0.6, EXPONENTIAL, priority=2)}

    def measured(each: Counted) -> Values:
        stays = {"W_high": each.stay[each.work == 0].mean(), "W_low": each.stay[each.work == 1].mean()}
        waits = {"Wq_high": each.wait(0), "Wq_low": each.wait(1)}
        return stays | waits | {"W_mean": each.stay.mean()}

    desk = twin({"team": 1}, {"desk": "team"}, works)
    assert not wrong(runs(desk, size, 25_000, measured), cobham(), size, record_property)


@sizes
def test_three_classes_of_unlike_efforts_wait_as_cobham_says(size: Size, record_property: Record) -> None:
    works = {
        "first": at_desk(0.15, {"kind": "exponential", "mean": "30 min"}, priority=1),
        "second": at_desk(0.25, {"kind": "gamma", "mean": "1 h", "cv": 0.5**0.5}, priority=2),
        "third": at_desk(0.1, {"kind": "exponential", "mean": "3 h"}, priority=3),
    }

    def measured(each: Counted) -> Values:
        waits = [each.wait(kind) for kind in range(3)]
        owed = sum(load * wait for load, wait in zip((0.075, 0.25, 0.3), waits, strict=True))
        return {"Wq1": waits[0], "Wq2": waits[1], "Wq3": waits[2], "conservation": owed}

    desk = twin({"team": 1}, {"desk": "team"}, works)
    assert not wrong(runs(desk, size, 40_000, measured), three_classes(), size, record_property)


@sizes
def test_of_two_people_the_first_in_the_file_takes_what_it_can(size: Size, record_property: Record) -> None:
    slow = {"kind": "exponential", "mean": f"{1 / 0.6:.9f} h"}
    effort = {"kind": "by_team", "teams": {"fast": EXPONENTIAL, "slow": slow}}
    pair = twin({"fast": 1, "slow": 1}, {"desk": {"teams": ["fast", "slow"]}}, {"x": at_desk(1.2, effort)})

    def measured(each: Counted) -> Values:
        fast = each.visits.team == 0
        used = mean_number(each.started[fast], each.finished[fast], *each.span)
        return {"L_fastest": each.inside(), "W_fastest": each.stay.mean(), "U_fast_fastest": used}

    exact = {name: value for name, value in unequal().items() if "fastest" in name}
    assert not wrong(runs(pair, size, 8_000, measured), exact, size, record_property)


@sizes
def test_who_can_do_two_kinds_of_work_serves_their_own_first(size: Size, record_property: Record) -> None:
    works = {
        "A": work(poisson(0.9), {"stage": "a", "effort": EXPONENTIAL}, priority=2),
        "B": work(poisson(0.5), {"stage": "b", "effort": EXPONENTIAL}, priority=1),
    }
    stages = {"a": {"teams": ["specialist", "generalist"]}, "b": "generalist"}
    skilled = twin({"specialist": 1, "generalist": 1}, stages, works)

    def measured(each: Counted) -> Values:
        return {"Wq_A": each.wait(0), "Wq_B": each.wait(1)}

    assert not wrong(runs(skilled, size, 10_000, measured), skills(), size, record_property)
