"""Each item's way through one stage is the one that a recursion gives, to the millisecond.

With c people and first come first served, item n starts at max(arrival, earliest instant at which someone is free), and
that person is busy until its effort is done (Kiefer and Wolfowitz 1955). Its effort is the quantile of the effort's
distribution at the random number that carries its name.
"""

import heapq

import numpy as np
import pytest
from theory.cases import SERVICES
from theory.test_queues import QUEUES
from tiny import twin, work

from twin.engine import simulate
from twin.plan import compile_model
from twin.sampling import draw_ticks, quantile_table
from twin.spec import Twin
from twin.streams import Purpose, name_hash, uniforms
from twin.units import HOUR

ITEMS = 3000


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


@pytest.mark.parametrize("name", QUEUES)
def test_items_start_and_finish_when_the_recursion_says(name: str) -> None:
    queue = QUEUES[name]
    arrives = {"kind": "renewal", "gap": queue.gap} if queue.gap else {"kind": "poisson", "rate": f"{queue.lam} / hour"}
    step = {"stage": "desk", "effort": SERVICES[queue.effort][0]}
    desk = twin({"team": queue.people}, {"desk": "team"}, {"item": work(arrives, step)})
    model = compile_model(desk, until=round(2 * ITEMS / queue.lam) * HOUR)
    visits = simulate(model, seed=3, replication=5, items=ITEMS).visits
    free, expected = [0] * queue.people, []
    for arrived, effort in zip(visits.enabled.tolist(), drawn_efforts(desk, ITEMS), strict=True):
        started = max(arrived, free[0])
        heapq.heapreplace(free, started + effort)
        expected.append((started, started + effort))
    assert list(zip(visits.started.tolist(), visits.finished.tolist(), strict=True)) == expected
