"""The engine in steady state gives the means, chances and quantiles of queueing theory.

A replication's items are neighbours, so a quantile or a spread of theirs is biased: the spread of 30,000 waits at load
0.8 is 0.14 % too small. Averages are not, so both are judged by the average that they turn on. For the quantile q of a
share p with density f that is the share of longer stays, q + (share - (1 - p)) / f (Bahadur 1966, Annals of
Mathematical Statistics 37); for the spread s about the mean m it is (s + mean of (wait - m)^2 / s) / 2.

What no average can see, whether each item's way is right, `test_paths.py` checks to the millisecond.
"""

from typing import Any, NamedTuple

import pytest
from theory.cases import SERVICES, TWO_PEOPLE, density, dm1, longer, mg1, mm1, mmc
from theory.chains import Values
from theory.verdict import REFERENCE, Record, Size, replicate, sizes, wrong
from theory.windows import Array, in_hours, mean_number
from tiny import twin, work

from twin.eventlog import Visits
from twin.plan import compile_model
from twin.spec import Twin
from twin.units import HOUR

WARM = 1500
"""Hours that are not counted."""
ITEMS = 30_000
"""Counted items of a replication."""


class Queue(NamedTuple):
    """One stage with one team."""

    lam: float
    people: int
    effort: str
    exact: Values
    commit: int = 100  # replications
    gap: str = ""  # between arrivals, if they are not Poisson

    def desk(self) -> Twin:
        poisson = {"kind": "poisson", "rate": f"{self.lam} / hour"}
        arrivals: dict[str, Any] = {"kind": "renewal", "gap": self.gap} if self.gap else poisson
        step = {"stage": "desk", "effort": SERVICES[self.effort][0]}
        return twin({"team": self.people}, {"desk": "team"}, {"item": work(arrivals, step)})


QUEUES = {
    "R01 M/M/1": Queue(0.8, 1, "exponential", mm1(0.8), 180),
    "R02 M/M/1": Queue(0.5, 1, "exponential", mm1(0.5), 950),  # one item in 300 waits longer than 10 h
    "R03 M/M/3": Queue(2.4, 3, "exponential", mmc(2.4, 3)),
    "R04 M/M/10": Queue(9.0, 10, "exponential", mmc(9.0, 10), 330),
    "R05 M/M/2": Queue(1.6, 2, "exponential", mmc(1.6, 2)),
    "R06 M/D/1": Queue(0.8, 1, "fixed", mg1(0.8, *SERVICES["fixed"][1:])),
    "R07 M/E2/1": Queue(0.8, 1, "Erlang-2", mg1(0.8, *SERVICES["Erlang-2"][1:])),
    "R08 M/H2/1": Queue(0.8, 1, "hyperexponential", mg1(0.8, *SERVICES["hyperexponential"][1:]), 250),
    "R09 M/lognormal/1": Queue(0.7, 1, "lognormal", mg1(0.7, *SERVICES["lognormal"][1:]), 800),  # spread follows S^3
    "R10 D/M/1": Queue(0.8, 1, "exponential", dm1(1.25), gap="1.25 h"),
    "R11 M/D/2": Queue(1.6, 2, "fixed", TWO_PEOPLE["fixed"]),
    "R11 M/E2/2": Queue(1.6, 2, "Erlang-2", TWO_PEOPLE["Erlang-2"]),
    "R11 M/H2/2": Queue(1.6, 2, "hyperexponential", TWO_PEOPLE["hyperexponential"], 200),
}


def turned(name: str, times: Array, queue: Queue) -> float:
    """Give a quantile, named such as Wq_p95, by the share of longer times."""
    kind, _, share = name.partition("_p")
    at = queue.exact[name]
    above = float((times > at).mean()) - 1 + int(share) / 100
    return at + above / density(longer(queue.lam, queue.people)[kind], at)


def measured(visits: Visits, queue: Queue, items: int) -> Values:
    """Measure the items after the first ones, and the numbers inside over the hours in which they should arrive."""
    arrived, started, finished = (in_hours(each) for each in (visits.enabled, visits.started, visits.finished))
    warm = round(WARM * queue.lam)
    span = (warm / queue.lam, (warm + items) / queue.lam)
    counted = slice(warm, warm + items)
    times = {"W": (finished - arrived)[counted], "Wq": (started - arrived)[counted]}
    waits = times["Wq"] > 0
    found = {name: each.mean() for name, each in times.items()}
    found |= {"P_wait": waits.mean(), "P0": 1 - waits.mean(), "sigma": waits.mean()}
    found |= {"P_wait_gt_10": (times["Wq"] > 10).mean(), "rho": mean_number(started, finished, *span) / queue.people}
    found |= {"L": mean_number(arrived, finished, *span), "Lq": mean_number(arrived, started, *span)}
    found |= {name: turned(name, times[name.partition("_")[0]], queue) for name in queue.exact if "_p" in name}
    if spread := queue.exact.get("Wq_sd"):
        found["Wq_sd"] = (spread + ((times["Wq"] - queue.exact["Wq"]) ** 2).mean() / spread) / 2
    return found


def mistakes(name: str, size: Size, record: Record) -> list[str]:
    """Run a queue and list the numbers that are wrong."""
    queue, items = QUEUES[name], round(ITEMS * size.length)
    enough = round(WARM * queue.lam) + items + 1200  # the last arrives after the counted hours: 1200 is over 5 sd
    model = compile_model(queue.desk(), until=round(1.1 * enough / queue.lam + 1000) * HOUR)
    found = replicate(model, lambda visits: measured(visits, queue, items), size, commit=queue.commit, items=enough)
    return wrong(found, queue.exact, size, record)


@sizes
@pytest.mark.parametrize("name", QUEUES)
def test_a_queue_behaves_as_theory_says(name: str, size: Size, record_property: Record) -> None:
    assert not mistakes(name, size, record_property)


@pytest.mark.parametrize("name", ["R01 M/M/1", "R03 M/M/3"])
def test_the_reference_engine_says_so_as_well(name: str, record_property: Record) -> None:
    assert not mistakes(name, REFERENCE, record_property)
