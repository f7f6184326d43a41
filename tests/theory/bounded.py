"""What queueing theory says of systems that turn items away, get or serve several at once, or release at set times.

One unit of time is an hour. Numbers inside are birth-and-death processes, whose law is a product of ratios of rates.
"""

import math
from collections.abc import Callable

import numpy as np
from scipy import optimize
from theory.chains import Array, Values


def birth_and_death(born: Callable[[int], float], dies: Callable[[int], float], most: int) -> Array:
    """Give the law of the number inside, from 0 to `most`, by the rates at which it rises from n and falls to n - 1."""
    ratios = [born(number - 1) / dies(number) for number in range(1, most + 1)]
    weights = np.concatenate([[1.0], np.cumprod(ratios)])
    law: Array = weights / weights.sum()
    return law


def finite(lam: float, rate: float, people: int, most: int) -> Values:
    """R12, R13: M/M/c/K, where whoever finds K inside is turned away (Gross and Harris, §2.5)."""
    law = birth_and_death(lambda _: lam, lambda inside: rate * min(inside, people), most)
    numbers = np.arange(most + 1)
    inside, queue = float(law @ numbers), float(law @ np.maximum(numbers - people, 0))
    through = lam * (1 - float(law[-1]))
    means = {"P_block": float(law[-1]), "throughput": through, "L": inside, "Lq": queue}
    return means | {"W": inside / through, "Wq": queue / through}


def erlang_b(offered: float, people: int) -> Values:
    """R14: M/G/c/c (Erlang 1917); only the mean effort matters (Sevastyanov 1957)."""
    loss = 1.0
    for count in range(1, people + 1):
        loss = offered * loss / (count + offered * loss)
    through = offered * (1 - loss)
    return {"P_block": loss, "mean_busy": through, "throughput": through}


def bulk(lam: float, most: int) -> Values:
    """R30: M/M[1,b]/1, up to b at once at rate 1: the root below 1 of r^(b+1) - (lam + 1) r + lam (Bailey 1954)."""
    root = float(optimize.brentq(lambda r: r ** (most + 1) - (lam + 1) * r + lam, 1e-9, 1 - 1e-9, xtol=1e-14))
    idle = 1 / (1 + lam / (1 - root))
    queue = lam * idle * root / (1 - root) ** 2
    return {"root": root, "P_idle": idle, "Lq": queue, "Wq": queue / lam, "W": queue / lam + 1}


def dumped(rate: float, size: int) -> Values:
    """R31: M[X]/M/1, served at rate 1: rho (1 + E[X^2] / E[X]) / (2 (1 - rho)) inside (Gross and Harris, §3.1)."""
    rho = rate * size
    inside = rho * (1 + size) / (2 * (1 - rho))
    return {"rho": rho, "L": inside, "W": inside / rho}


def released(every: float) -> Values:
    """R32: a Poisson stream waits for a release at fixed times: uniform."""
    return {"mean": every / 2, "sd": every / math.sqrt(12), "p95": 0.95 * every}


def impatient(lam: float, people: int, theta: float) -> Values:
    """R33: Erlang A, where whoever queues leaves at rate theta (Palm 1946; Garnett, Mandelbaum, Reiman 2002)."""
    most = 400
    law = birth_and_death(
        lambda _: lam, lambda inside: min(inside, people) + theta * max(inside - people, 0), most
    )  # fmt: skip
    numbers = np.arange(most + 1)
    queue, busy = float(law @ np.maximum(numbers - people, 0)), float(law @ np.minimum(numbers, people))
    means = {"P_abandon": theta * queue / lam, "Lq": queue, "Wq_all": queue / lam, "P_wait": float(law[people:].sum())}
    return means | {"U": busy / people, "throughput": busy}
