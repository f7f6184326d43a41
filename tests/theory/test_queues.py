"""The engine in steady state gives the means, chances and quantiles of queueing theory.

Per commit the standard error of a mean stay or a chance is 1 % (2 % where efforts vary much), as it should be to find
an error of 5.6 % in 9 of 10 cases; that of mean waits, quantiles and spreads is only 3 to 4.5 %, since a minute of
Python is worth six million items. The nightly size has twelve times the items and holds every number to 1 % (1.5 %
where efforts vary much). What no sample can see, whether each item's way is right, `test_paths.py` checks to the
millisecond.
"""

from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from theory.cases import SERVICES, TWO_PEOPLE, Values, dm1, mg1, mm1, mmc
from theory.verdict import wrong
from tiny import twin, work

from twin.engine import simulate
from twin.eventlog import Visits
from twin.plan import compile_model
from twin.units import HOUR

Array = NDArray[np.float64]

REPLICATIONS = 50
STAYS = {"L", "W", "P0", "P_wait"}
"""Known best; everything else is of the queue or of a tail."""
RARE = 0.01
"""Rarer chances are not judged: at load 0.5 a wait of more than 10 h has a chance of 0.3 %."""


class Queue(NamedTuple):
    """One stage with one team."""

    lam: float
    people: int
    effort: str
    exact: Values
    items: int  # counted, per replication and per commit
    error: float = 0.01  # SE of a stay, as a share
    tail_error: float = 0.03
    gap: str = ""  # between arrivals, if they are not Poisson


QUEUES = {
    "R01 M/M/1": Queue(0.8, 1, "exponential", mm1(0.8), 20_000),
    "R02 M/M/1": Queue(0.5, 1, "exponential", mm1(0.5), 6_000),
    "R03 M/M/3": Queue(2.4, 3, "exponential", mmc(2.4, 3), 16_000),
    "R04 M/M/10": Queue(9.0, 10, "exponential", mmc(9.0, 10), 24_000, 0.012, 0.045),
    "R05 M/M/2": Queue(1.6, 2, "exponential", mmc(1.6, 2), 16_000),
    "R06 M/D/1": Queue(0.8, 1, "fixed", mg1(0.8, *SERVICES["fixed"][1:]), 12_000),
    "R07 M/E2/1": Queue(0.8, 1, "Erlang-2", mg1(0.8, *SERVICES["Erlang-2"][1:]), 15_000),
    "R08 M/H2/1": Queue(0.8, 1, "hyperexponential", mg1(0.8, *SERVICES["hyperexponential"][1:]), 24_000, 0.02, 0.04),
    "R09 M/lognormal/1": Queue(0.7, 1, "lognormal", mg1(0.7, *SERVICES["lognormal"][1:]), 15_000, 0.015, 0.045),
    "R10 D/M/1": Queue(0.8, 1, "exponential", dm1(1.25), 10_000, gap="1.25 h"),
    "R11 M/D/2": Queue(1.6, 2, "fixed", TWO_PEOPLE["fixed"], 12_000),
    "R11 M/E2/2": Queue(1.6, 2, "Erlang-2", TWO_PEOPLE["Erlang-2"], 15_000),
    "R11 M/H2/2": Queue(1.6, 2, "hyperexponential", TWO_PEOPLE["hyperexponential"], 20_000, 0.02, 0.04),
}


def measured(visits: Visits, warm: int, until: float) -> Values:
    """Measure the visits of all items but the first, and the numbers inside from their arrival to an hour."""
    arrived, started, finished = visits.enabled / HOUR, visits.started / HOUR, visits.finished / HOUR
    stay, wait = (finished - arrived)[warm:], (started - arrived)[warm:]
    since = arrived[warm]

    def inside(first: Array, last: Array) -> float:
        return float((np.clip(last, since, until) - np.clip(first, since, until)).sum() / (until - since))

    found = {"W": stay.mean(), "Wq": wait.mean(), "P_wait": (wait > 0).mean(), "P0": (wait == 0).mean()}
    found |= {f"W_p{p}": np.quantile(stay, p / 100) for p in (50, 85, 95)}
    found |= {f"Wq_p{p}": np.quantile(wait, p / 100) for p in (90, 95)}
    found |= {"Wq_sd": wait.std(), "P_wait_gt_10": (wait > 10).mean()}
    return found | {"L": inside(arrived, finished), "Lq": inside(arrived, started)}


def inputs(visits: Visits, warm: int) -> Values:
    """Measure what went in: first and second moments of efforts and gaps."""
    effort, gap = (visits.finished - visits.started)[warm:] / HOUR, np.diff(visits.enabled[warm - 1 :]) / HOUR
    return {"S": effort.mean(), "S2": (effort**2).mean(), "A": gap.mean(), "A2": (gap**2).mean()}


@pytest.mark.parametrize("size", [1, pytest.param(12, marks=pytest.mark.nightly)], ids=["commit", "nightly"])
@pytest.mark.parametrize("name", QUEUES)
def test_a_queue_behaves_as_theory_says(name: str, size: int) -> None:
    queue = QUEUES[name]
    effort, second, _ = SERVICES[queue.effort]
    poisson = {"kind": "poisson", "rate": f"{queue.lam} / hour"}
    arrives: dict[str, Any] = {"kind": "renewal", "gap": queue.gap} if queue.gap else poisson
    desk = twin({"team": queue.people}, {"desk": "team"}, {"item": work(arrives, {"stage": "desk", "effort": effort})})
    warm, items = round(1500 * queue.lam), queue.items * size
    hours = (warm + items) / queue.lam
    model = compile_model(desk, until=round(hours * 1.1 + 1000) * HOUR)
    runs = [simulate(model, seed=size, replication=each, items=warm + items).visits for each in range(REPLICATIONS)]
    known = {} if queue.effort == "fixed" else {"S": 1.0, "S2": second}
    known |= {} if queue.gap else {"A": 1 / queue.lam, "A2": 2 / queue.lam**2}

    def allowed(name: str) -> float:
        return (queue.error if name in STAYS else queue.tail_error) if size == 1 else max(0.01, 0.75 * queue.error)

    assert not wrong(
        [measured(visits, warm, 0.95 * hours) for visits in runs],
        {name: exact for name, exact in queue.exact.items() if exact > RARE},
        [inputs(visits, warm) for visits in runs],
        known,
        allowed=allowed,
    )
