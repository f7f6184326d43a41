"""Each item's way through one stage is the one that a recursion gives, to the millisecond, on both engines.

With c people and first come first served, item n starts at max(arrival, earliest instant at which someone is free), and
that person is busy until its effort is done (Kiefer and Wolfowitz 1955). Its effort is the quantile of the effort's
distribution at the random number that carries its name. Where people have working hours, the same holds on the clock
that stands still outside them, whatever the calendar.
"""

import heapq

import numpy as np
import pytest
from theory.cases import SERVICES
from theory.test_queues import QUEUES
from tiny import OFFICE, START, twin, work

from twin.calendars import Calendar, timeline, worked_at
from twin.engine import Engine, simulate
from twin.plan import compile_model
from twin.sampling import draw_ticks, quantile_table
from twin.spec import Twin
from twin.streams import Purpose, name_hash, uniforms
from twin.units import DAY, HOUR

ITEMS = 3000
engines = pytest.mark.parametrize("engine", ["reference", "compiled"])


def drawn_efforts(desk: Twin, items: int) -> list[int]:
    """Draw the efforts of the first items at the desk, apart from the engine."""
    u = uniforms(
        seed=3, replication=5, place=name_hash("desk"), work=name_hash("item"), numbers=np.arange(items), visit=0,
        purpose=Purpose.EFFORT,
    )  # fmt: skip
    steps = desk.work["item"].steps
    assert steps
    efforts: list[int] = draw_ticks(quantile_table(steps[0].effort), u).tolist()
    return efforts


def recursion(arrived: list[int], efforts: list[int], people: int) -> list[tuple[int, int]]:
    """Give when each item starts and finishes, in ticks."""
    free, ways = [0] * people, []
    for arrival, effort in zip(arrived, efforts, strict=True):
        started = max(arrival, free[0])
        heapq.heapreplace(free, started + effort)
        ways.append((started, started + effort))
    return ways


@engines
@pytest.mark.parametrize("name", QUEUES)
def test_items_start_and_finish_when_the_recursion_says(name: str, engine: Engine) -> None:
    queue = QUEUES[name]
    desk = queue.desk()
    model = compile_model(desk, until=round(2 * ITEMS / queue.lam) * HOUR)
    visits = simulate(model, seed=3, replication=5, items=ITEMS, engine=engine).visits
    expected = recursion(visits.enabled.tolist(), drawn_efforts(desk, ITEMS), queue.people)
    assert list(zip(visits.started.tolist(), visits.finished.tolist(), strict=True)) == expected


@engines
@pytest.mark.parametrize("people", [1, 3])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
def test_on_the_working_clock_they_start_and_finish_so_too(people: int, zone: str, engine: Engine) -> None:
    arrives = {"kind": "poisson", "rate": f"{5 * people} / day"}
    desk = twin(
        {"team": {"people": people, "calendar": "office"}}, {"desk": "team"},
        {"item": work(arrives, {"stage": "desk", "effort": SERVICES["lognormal"][0]})},
        calendars={"office": OFFICE}, clock={"starts": START.isoformat(), "zone": zone},
    )  # fmt: skip
    until = ITEMS * DAY
    clock = timeline(Calendar.model_validate(OFFICE), zone=zone, start=START, until=until)
    visits = simulate(compile_model(desk, until=until), seed=3, replication=5, items=ITEMS, engine=engine).visits
    worked = [worked_at(clock, each).tolist() for each in (visits.enabled, visits.started, visits.finished)]
    expected = recursion(worked[0], drawn_efforts(desk, ITEMS), people)
    assert list(zip(worked[1], worked[2], strict=True)) == expected
