"""Items come by fives, are turned away, served together, released at times and lose patience as often as theory says.

A quantile of the waits of one run is biased, and so is their spread; both are judged by the average that they turn on,
as in `test_queues.py`.
"""

from typing import Any

import numpy as np
import pytest
from theory.bounded import bulk, dumped, erlang_b, finite, impatient, released
from theory.cases import SERVICES
from theory.chains import Values
from theory.verdict import REFERENCE, Record, Size, replicate, sizes, wrong
from theory.windows import in_hours, mean_number
from tiny import twin, work

from twin.eventlog import Visits
from twin.plan import compile_model
from twin.rows import CANCELLED, TOGETHER, TURNED_AWAY
from twin.spec import Twin
from twin.units import HOUR

WARM, TAIL = 200.0, 100.0
"""Hours that are not counted at both ends: no queue here grows long."""
EXPONENTIAL = {"kind": "exponential", "mean": "1 h"}
WIDE = {"kind": "lognormal", "mean": "1 h", "cv": 2.0}


def desk(lam: float, effort: Any, people: int, *, stage: Any = None, size: int = 1, **more: Any) -> Twin:
    arrivals = {"kind": "poisson", "rate": f"{lam} / hour", "size": size}
    stages = {"desk": {"team": "team", **(stage or {})}}
    return twin({"team": people}, stages, {"item": work(arrivals, {"stage": "desk", "effort": effort}, **more)})


def figures(visits: Visits, span: tuple[float, float]) -> Values:
    """Measure the items that arrive during some hours, and the numbers that are there."""
    arrived, started, finished = (in_hours(each) for each in (visits.enabled, visits.started, visits.finished))
    waited = np.minimum(started, finished) - arrived  # who leaves the queue waits until then
    first, last = span
    counted = (arrived >= first) & (arrived < last)
    taken = counted & (visits.flags & TURNED_AWAY == 0)
    done = (finished >= first) & (finished < last) & (visits.flags & (TURNED_AWAY | CANCELLED) == 0)
    busy = mean_number(
        *(each[visits.flags & TOGETHER == 0] for each in (started, np.maximum(started, finished))), *span
    )
    return {
        "P_block": float((visits.flags[counted] == TURNED_AWAY).mean()),
        "P_abandon": float((visits.flags[counted] == CANCELLED).mean()),
        "P_wait": float((waited[counted] > 0).mean()),
        "P_idle": 1 - busy, "mean_busy": busy, "throughput": float(done.sum()) / (last - first),
        "L": mean_number(arrived, finished, *span), "Lq": mean_number(arrived, arrived + waited, *span),
        "W": float((finished - arrived)[taken].mean()), "Wq": float(waited[taken].mean()),
        "Wq_all": float(waited[counted].mean()),
    }  # fmt: skip


def mistakes(
    system: Twin, exact: Values, size: Size, record: Record, *, hours: float, commit: int = 100, longer: float = 1
) -> list[str]:  # fmt: skip
    """Run a system and list the numbers that are wrong; what is not counted may be longer where queues grow long."""
    span = (WARM * longer, WARM * longer + hours * size.length)
    model = compile_model(system, until=round((span[1] + TAIL * longer) * HOUR))
    found = replicate(model, lambda visits: figures(visits, span), size, commit=commit)
    return wrong(found, exact, size, record)


@sizes
def test_one_person_and_five_places_turn_away_as_many_as_theory_says(size: Size, record_property: Record) -> None:
    system = desk(0.9, EXPONENTIAL, 1, intake={"limit": 5})
    assert not mistakes(system, finite(0.9, 1, 1, 5), size, record_property, hours=20_000)


@sizes
def test_two_people_and_three_places_turn_away_as_many_as_theory_says(size: Size, record_property: Record) -> None:
    system = desk(3, {"kind": "exponential", "mean": "15 min"}, 2, intake={"limit": 3})
    assert not mistakes(system, finite(3, 4, 2, 3), size, record_property, hours=10_000, commit=150)


@sizes
@pytest.mark.parametrize("effort", [EXPONENTIAL, SERVICES["fixed"][0], WIDE], ids=["exp", "fixed", "lognormal"])
def test_without_a_queue_only_the_mean_effort_matters(effort: Any, size: Size, record_property: Record) -> None:
    system = desk(7, effort, 10, intake={"limit": 10})
    assert not mistakes(system, erlang_b(7, 10), size, record_property, hours=3000)


@sizes
def test_a_person_who_serves_up_to_four_at_once_copes_as_theory_says(size: Size, record_property: Record) -> None:
    exact = {name: value for name, value in bulk(1.5, 4).items() if name != "root"}
    system = desk(1.5, EXPONENTIAL, 1, stage={"batch": {"size": 4, "together": True}})
    assert not mistakes(system, exact, size, record_property, hours=10_000)


@sizes
def test_work_that_comes_by_fives_waits_as_theory_says(size: Size, record_property: Record) -> None:
    exact = {name: value for name, value in dumped(0.16, 5).items() if name != "rho"}
    system = desk(0.16, EXPONENTIAL, 1, size=5)
    assert not mistakes(system, exact, size, record_property, hours=50_000, longer=10)


@sizes
def test_a_queue_that_people_leave_is_stable_as_theory_says(size: Size, record_property: Record) -> None:
    system = desk(10, EXPONENTIAL, 9, cancel=[{"patience": {"kind": "exponential", "mean": "2 h"}}])
    exact = impatient(10, 9, 0.5)
    exact["mean_busy"] = 9 * exact.pop("U")
    assert not mistakes(system, exact, size, record_property, hours=3000)


@sizes
def test_a_release_at_set_times_is_waited_for_evenly(size: Size, record_property: Record) -> None:
    exact, every = released(14), 14.0
    system = desk(1, {"kind": "fixed", "value": "0 h"}, 1, stage={"opens": {"every": "14 h"}})
    model = compile_model(system, until=round((WARM + 10_000 * size.length + TAIL) * HOUR))

    def measured(visits: Visits) -> Values:
        arrived, queued = in_hours(visits.enabled), in_hours(visits.queued)
        counted = (arrived >= WARM) & (arrived < WARM + 10_000 * size.length)
        waits = (queued - arrived)[counted]
        spread = (exact["sd"] + float(((waits - exact["mean"]) ** 2).mean()) / exact["sd"]) / 2
        late = float((waits > exact["p95"]).mean()) - 0.05
        return {"mean": float(waits.mean()), "sd": spread, "p95": exact["p95"] + late * every}

    found = replicate(model, measured, size)
    assert not wrong(found, exact, size, record_property)


def test_the_reference_engine_says_so_as_well(record_property: Record) -> None:
    system = desk(0.9, EXPONENTIAL, 1, intake={"limit": 5})
    assert not mistakes(system, finite(0.9, 1, 1, 5), REFERENCE, record_property, hours=20_000)
