"""What queueing theory says of the twins that it can solve; one unit of time is an hour.

The numbers R01 to R40 name the rows of a table of exact results (see `test_cases.py`). Everything that has a formula is
computed here from the formula; what needs a numerical solution of the Markov chain is solved here as well, by matrix
exponentials on a chain cut off where its tail is below 1e-9. Three values of R11 are constants with their source.
"""

import math
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize

Values = dict[str, float]
Array = NDArray[np.float64]

H2_SHARE = (1 + math.sqrt(3 / 5)) / 2
"""Share of the short phase of a hyperexponential with squared cv 4 and balanced means: (1 + sqrt(3 / 5)) / 2."""


def erlang_c(offered: float, people: int) -> float:
    """Give the chance to wait in M/M/c: Erlang (1917), by the recursion of the loss formula."""
    loss = 1.0
    for count in range(1, people + 1):
        loss = offered * loss / (count + offered * loss)
    return people * loss / (people - offered * (1 - loss))


def mmc(lam: float, people: int) -> Values:
    """M/M/c: P(Wq > t) = C exp(-(c - lam) t), service rate 1 (Kleinrock 1975, vol. 1, ch. 3)."""
    chance, spare = erlang_c(lam, people), people - lam

    def longer(time: float) -> float:
        if spare == 1:
            return math.exp(-time) * (1 + chance * time)
        return math.exp(-time) * (1 - chance) + chance * (spare * math.exp(-time) - math.exp(-spare * time)) / (
            spare - 1
        )

    def stay(share: float) -> float:
        return float(optimize.brentq(lambda time: longer(time) - 1 + share, 0, 200, xtol=1e-12))

    wait = chance / spare
    return {
        "rho": lam / people, "P_wait": chance, "Wq": wait, "W": wait + 1, "Lq": lam * wait, "L": lam * (wait + 1),
        "Wq_p90": math.log(chance / 0.10) / spare, "Wq_p95": math.log(chance / 0.05) / spare,
        "W_p85": stay(0.85), "W_p95": stay(0.95),
    }  # fmt: skip


def mm1(lam: float) -> Values:
    """M/M/1: the stay is exponential with rate 1 - lam (Kleinrock 1975, vol. 1, §5.12)."""
    spare = 1 - lam
    stays = {f"W_p{share:.0%}"[:-1]: -math.log(1 - share) / spare for share in (0.50, 0.85, 0.95)}
    means = {"rho": lam, "L": lam / spare, "Lq": lam**2 / spare, "W": 1 / spare, "Wq": lam / spare, "P0": spare}
    return means | stays | {"Wq_p95": math.log(lam / 0.05) / spare, "P_wait_gt_10": lam * math.exp(-spare * 10)}


def mg1(lam: float, second: float, third: float) -> Values:
    """M/G/1 with mean service 1 by its second and third moment: Pollaczek (1930), Khinchine (1932), Takács (1963)."""
    wait = lam * second / (2 * (1 - lam))
    squared = 2 * wait**2 + lam * third / (3 * (1 - lam))
    means = {"rho": lam, "Wq": wait, "W": wait + 1, "Lq": lam * wait, "L": lam * (wait + 1)}
    return means | {"Wq_sd": math.sqrt(squared - wait**2)}


def dm1(gap: float) -> Values:
    """D/M/1: sigma = exp(-(1 - sigma) gap), the chance to wait (Kleinrock 1975, vol. 1, §6.4)."""
    sigma = float(optimize.brentq(lambda x: x - math.exp(-(1 - x) * gap), 0, 1 - 1e-9, xtol=1e-14))
    wait = sigma / (1 - sigma)
    means = {"rho": 1 / gap, "sigma": sigma, "P_wait": sigma, "Wq": wait, "W": wait + 1}
    return means | {"Lq": wait / gap, "L": (wait + 1) / gap}


H2_THIRD = 6 * (H2_SHARE / (2 * H2_SHARE) ** 3 + (1 - H2_SHARE) / (2 * (1 - H2_SHARE)) ** 3)
SERVICES: dict[str, tuple[dict[str, Any], float, float]] = {
    "fixed": ({"kind": "fixed", "value": "1 h"}, 1.0, 1.0),
    "exponential": ({"kind": "exponential", "mean": "1 h"}, 2.0, 6.0),
    "Erlang-2": ({"kind": "gamma", "mean": "1 h", "cv": math.sqrt(0.5)}, 1.5, 3.0),
    "hyperexponential": ({"kind": "hyperexponential", "mean": "1 h", "cv": 2.0}, 5.0, H2_THIRD),
    "lognormal": ({"kind": "lognormal", "mean": "1 h", "cv": math.sqrt(2)}, 3.0, 27.0),
}
"""Efforts of mean 1 h as a twin writes them, with their second and third moments; lognormal: (1 + c²)^(k (k-1) / 2)."""

TWO_PEOPLE: dict[str, Values] = {
    "fixed": {"Wq": 0.903283879, "P_wait": 0.701898317},
    "Erlang-2": {"Wq": 1.3423913, "P_wait": 0.708695652},
    "hyperexponential": {"Wq": 4.28537766, "P_wait": 0.718382735},
}
"""M/G/2 at lam 1.6: Crommelin (1932) for fixed service; the others from the Markov chain of phases (table R11)."""


def jackson() -> Values:
    """R15: three stations with feedback; each is M/M/c at its traffic (Jackson 1957, Operations Research 5)."""
    routing = np.array([[0, 0.9, 0.1], [0.2, 0, 0.8], [0.15, 0, 0]])
    traffic = np.linalg.solve(np.eye(3) - routing.T, [0.6, 0, 0])
    found: Values = {}
    for place, (lam, rate, people) in enumerate(zip(traffic, (1.2, 0.8, 0.5), (1, 2, 2), strict=True), start=1):
        found |= {f"lam{place}": lam, f"U{place}": lam / rate / people, f"visits{place}": lam / 0.6}
        found[f"L{place}"] = mmc(lam / rate, people)["L"]
    found["L_total"] = sum(found[f"L{place}"] for place in (1, 2, 3))
    return found | {"W_total": found["L_total"] / 0.6}


def rework() -> Values:
    """R16: M/M/1 in which a quarter of the visits join the tail again: geometric visits, load lam / (1 - p)."""
    load, lam = 0.6 / 0.75, 0.6
    inside = load / (1 - load)
    return {"rho": load, "L": inside, "W_total": inside / lam, "mean_visits": 4 / 3, "W_per_visit": inside / lam * 0.75}


def cobham() -> Values:
    """R17: two classes, the urgent first, nobody interrupted (Cobham 1954, Operations Research 2)."""
    high, low = 0.2, 0.6
    rest = high + low  # mean rest of the effort under way: lam E[S²] / 2 with E[S²] = 2
    urgent, ordinary = rest / (1 - high), rest / ((1 - high) * (1 - high - low))
    means = {"Wq_high": urgent, "Wq_low": ordinary, "W_high": urgent + 1, "W_low": ordinary + 1}
    return means | {"W_mean": (high * means["W_high"] + low * means["W_low"]) / (high + low)}


def birth_death(lam: float, people: int, most: int) -> Array:
    """Give the generator of the number inside M/M/c with service rate 1, cut off at `most`, shape (most + 1,) twice."""
    states = np.arange(most + 1)
    generator = np.diag(np.full(most, lam), 1) + np.diag(np.minimum(states[1:], people).astype(float), -1)
    np.fill_diagonal(generator, -generator.sum(axis=1))
    return generator


def calendar() -> Values:
    """R28: 8 h on, 16 h off, arrivals round the clock: the law at the start of a shift is that of a day later."""
    most = 220
    states = np.arange(most + 1.0)

    def through(generator: Array, hours: float) -> tuple[Array, Array]:
        wide = np.zeros((most + 2, most + 2))
        wide[:-1, :-1], wide[:-1, -1] = generator, states
        whole = linalg.expm(wide * hours)
        return whole[:-1, :-1], whole[:-1, -1]

    (on, on_sum), (off, off_sum) = through(birth_death(0.25, 1, most), 8), through(birth_death(0.25, 0, most), 16)
    law = np.full(most + 1, 1 / (most + 1))
    for _ in range(2000):
        law = law @ on @ off
        law /= law.sum()
    inside = float(law @ on_sum + law @ on @ off_sum) / 24
    means = {"L": inside, "W_elapsed": inside / 0.25, "lam_bar": 0.25, "U_on_shift": 0.75}
    return means | {"L_at_shift_start": float(law @ states)}


def transient(first: int) -> Values:
    """R37, R38: E[N(t)] of M/M/1 at lam 0.8 that begins with so many inside: Kolmogorov's forward equations."""
    most = 200
    generator, law = birth_death(0.8, 1, most), np.eye(most + 1)[first]
    instants = (1, 5, 10, 25, 50, 100)
    return {f"EN_t{at}": float(law @ linalg.expm(generator * at) @ np.arange(most + 1)) for at in instants}


def daily_rates(slots: int) -> Array:
    """Give the mean of 3 + 2 sin(2 pi t / 24) over equal slots of a day, shape (slots,)."""
    turns = 2 * math.pi * np.arange(slots + 1) / slots
    return 3 + 2 * -np.diff(np.cos(turns)) / (2 * math.pi / slots)


@cache
def daily_cycle(slots: int) -> Values:
    """R39: M/M/4 under a daily cycle that overloads it at noon, with a constant rate within each slot, on day 15."""
    most = 90
    states, law = np.arange(most + 1.0), np.eye(most + 1)[0]
    found: Values = {}
    steps = [linalg.expm(birth_death(rate, 4, most) * 24 / slots) for rate in daily_rates(slots)]
    for day in range(16):
        for slot, step in enumerate(steps):
            if day == 15 and slot * 4 % slots == 0:
                found[f"EN_t{24 * slot // slots}"] = float(law @ states)
            law = law @ step
    return found | {"EN_t24": float(law @ states)}


def first_delays() -> Values:
    """R40: mean delay of the first n in M/M/1 at load 0.9 from empty, by the law of the number each arrival finds."""
    most, service = 400, 0.9
    stays = 1 / service / (1 + 1 / service)  # the chance that a service ends before the next arrival
    law, delays = np.eye(most + 1)[0], []
    served = stays ** np.arange(most + 2.0)
    for _ in range(400):
        delays.append(float(law @ np.arange(most + 1)) * service)
        # k inside after the arrival; j < k of them leave with chance (1 - stays) stays^j, all k with stays^k
        after = np.zeros(most + 1)
        for left in range(1, most + 1):
            after[left] = (1 - stays) * law[left - 1 :] @ served[: most + 2 - left]
        after[0] = law @ served[1:]
        law = after
    return {f"mean_delay_first_{n}": float(np.mean(delays[:n])) for n in (10, 25, 100, 400)}


def table() -> dict[str, Values]:
    """Give every case under the number it has in the table of exact results."""
    pairs = (("Wq_MD2", "fixed"), ("Wq_ME22", "Erlang-2"), ("Wq_MH22", "hyperexponential"))
    waits = {name: TWO_PEOPLE[kind]["Wq"] for name, kind in pairs}
    chances = {name.replace("Wq", "Pwait"): TWO_PEOPLE[kind]["P_wait"] for name, kind in pairs}
    return {
        "R01": mm1(0.8), "R02": mm1(0.5), "R03": mmc(2.4, 3), "R04": mmc(9.0, 10), "R05": mmc(1.6, 2),
        "R06": mg1(0.8, *SERVICES["fixed"][1:]), "R07": mg1(0.8, *SERVICES["Erlang-2"][1:]),
        "R08": mg1(0.8, *SERVICES["hyperexponential"][1:]), "R09": mg1(0.7, *SERVICES["lognormal"][1:]),
        "R10": dm1(1.25), "R11": waits | chances, "R15": jackson(), "R16": rework(), "R17": cobham(),
        "R28": calendar(), "R29": {"W_working_hours": 5.0, "U_on_shift": 0.8, "L_on_shift": 4.0},
        "R37": transient(0), "R38": transient(20), "R39": daily_cycle(288), "R40": first_delays(),
    }  # fmt: skip
