"""One person who serves the urgent at once, the shortest first, or the last come first, as theory says.

A spread of the waits of one run is biased, its average square about the known mean is not: the spread s is judged by
(s + mean of (wait - m)^2 / s) / 2, as in `test_queues.py`.
"""

from typing import Any

import pytest
from theory.cases import SERVICES, mg1
from theory.chains import Values
from theory.orders import last_first, shortest_first, three_classes_interrupted, two_classes_interrupted
from theory.verdict import Record, Size, replicate, sizes, sizes_and_reference, wrong
from theory.windows import Counted, counted
from tiny import twin, work

from twin.plan import compile_model
from twin.units import HOUR

WARM, TAIL = 1500.0, 1500.0
"""Hours that are not counted at both ends: whoever came last before the end, and is passed over, needs long."""
EXPONENTIAL = {"kind": "exponential", "mean": "1 h"}


def runs(system: Any, size: Size, hours: float, measured: Any, *, commit: int = 100) -> list[Values]:
    """Run the replications, with the counted hours in the middle."""
    span = (WARM, WARM + hours * size.length)
    model = compile_model(system, until=round((span[1] + TAIL) * HOUR))
    return replicate(model, lambda visits: measured(counted(visits, span)), size, commit=commit)


def at_desk(lam: float, effort: Any, **more: Any) -> dict[str, Any]:
    return work({"kind": "poisson", "rate": f"{lam} / hour"}, {"stage": "desk", "effort": effort}, **more)


def desk(queue: str, *, classes: Any = None, **works: Any) -> Any:
    return twin({"team": {"people": 1, "queue": queue}}, {"desk": "team"}, works, classes=classes or {})


@sizes_and_reference
def test_two_classes_stay_as_long_as_theory_says_where_the_urgent_interrupt(
    size: Size, record_property: Record
) -> None:
    classes = {"high": {"rank": 1, "preempts": True}, "low": {"rank": 2}}
    works = {
        "high": at_desk(0.2, EXPONENTIAL, **{"class": "high"}), "low": at_desk(0.6, EXPONENTIAL, **{"class": "low"}),
    }  # fmt: skip

    def measured(each: Counted) -> Values:
        high, low = (float(each.stay[each.work == kind].mean()) for kind in (0, 1))
        return {"W_high": high, "W_low": low, "W_mean": float(each.stay.mean())}

    found = runs(desk("priority", classes=classes, **works), size, 25_000, measured)
    assert not wrong(found, two_classes_interrupted(), size, record_property)


@sizes
def test_three_classes_of_unlike_efforts_stay_as_theory_says(size: Size, record_property: Record) -> None:
    ranks = {"first": (1, True), "second": (2, True), "third": (3, False)}
    classes = {name: {"rank": rank, "preempts": preempts} for name, (rank, preempts) in ranks.items()}
    efforts = {
        "first": (0.15, {"kind": "exponential", "mean": "30 min"}),
        "second": (0.25, {"kind": "gamma", "mean": "1 h", "cv": 0.5**0.5}),
        "third": (0.1, {"kind": "exponential", "mean": "3 h"}),
    }
    works = {name: at_desk(lam, effort, **{"class": name}) for name, (lam, effort) in efforts.items()}

    def measured(each: Counted) -> Values:
        return {f"W{kind + 1}_pr": float(each.stay[each.work == kind].mean()) for kind in range(3)}

    found = runs(desk("priority", classes=classes, **works), size, 40_000, measured)
    assert not wrong(found, three_classes_interrupted(), size, record_property)


@sizes
def test_the_shortest_first_waits_as_theory_says(size: Size, record_property: Record) -> None:
    exact = {name: shortest_first()[name] for name in ("Wq_SJF", "W_SJF")}

    def measured(each: Counted) -> Values:
        return {"Wq_SJF": each.wait(0), "W_SJF": float(each.stay.mean())}

    found = runs(desk("shortest", item=at_desk(0.8, EXPONENTIAL)), size, 40_000, measured)
    assert not wrong(found, exact, size, record_property)


@sizes_and_reference
def test_the_shortest_remaining_stays_as_theory_says(size: Size, record_property: Record) -> None:
    exact = {"W_SRPT": shortest_first()["W_SRPT"]}

    def measured(each: Counted) -> Values:
        return {"W_SRPT": float(each.stay.mean())}

    found = runs(desk("shortest_remaining", item=at_desk(0.8, EXPONENTIAL)), size, 30_000, measured)
    assert not wrong(found, exact, size, record_property)


LAST_FIRST = {"R06": ("fixed", 0.8, 200), "R07": ("Erlang-2", 0.8, 300), "R08": ("hyperexponential", 0.8, 600),
              "R09": ("lognormal", 0.7, 1500)}  # fmt: skip
"""Effort, load, and replications for a commit: the spread of waits follows the third moment of efforts."""


@sizes
@pytest.mark.parametrize("name", LAST_FIRST)
def test_waits_spread_as_theory_says_where_the_last_come_goes_first(
    name: str, size: Size, record_property: Record
) -> None:
    kind, lam, commit = LAST_FIRST[name]
    effort, *moments = SERVICES[kind]
    mean, exact = mg1(lam, *moments)["Wq"], last_first(lam, *moments)
    spread = exact["LIFO_np_Wq_sd"]

    def measured(each: Counted) -> Values:
        waits = (each.started - each.enabled)[each.chosen]
        return {"LIFO_np_Wq_sd": float(spread + ((waits - mean) ** 2).mean() / spread) / 2}

    found = runs(desk("lifo", item=at_desk(lam, effort)), size, 40_000, measured, commit=commit)
    assert not wrong(found, exact, size, record_property)
