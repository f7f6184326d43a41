"""What queueing theory says of the twins that it can solve; one unit of time is an hour.

The numbers R01 to R45 name the rows of a table of exact results (see `test_cases.py`). Everything that has a formula is
computed here from the formula, what needs a numerical solution of the Markov chain in `chains.py`. Three values of R11
are constants with their source. At the end stands what is held to them, and what is not.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np
from scipy import optimize, stats
from theory import bounded, chains, orders
from theory.chains import Array, Values

H2_SHARE = (1 + math.sqrt(3 / 5)) / 2
"""Share of the short phase of a hyperexponential with squared cv 4 and balanced means: (1 + sqrt(3 / 5)) / 2."""


def erlang_c(offered: float, people: int) -> float:
    """Give the chance to wait in M/M/c: Erlang (1917), by the recursion of the loss formula."""
    loss = 1.0
    for count in range(1, people + 1):
        loss = offered * loss / (count + offered * loss)
    return people * loss / (people - offered * (1 - loss))


Longer = Callable[[float], float]


def longer(lam: float, people: int) -> dict[str, Longer]:
    """M/M/c: P(Wq > t) = C exp(-(c - lam) t) and P(W > t), service rate 1 (Kleinrock 1975, vol. 1, ch. 3)."""
    chance, spare = erlang_c(lam, people), people - lam

    def stay(time: float) -> float:
        if spare == 1:
            return math.exp(-time) * (1 + chance * time)
        both = chance * (spare * math.exp(-time) - math.exp(-spare * time)) / (spare - 1)
        return math.exp(-time) * (1 - chance) + both

    return {"Wq": lambda time: chance * math.exp(-spare * time), "W": stay}


def quantile(tail: Longer, share: float) -> float:
    """Give the time that a share of the items does not exceed."""
    return float(optimize.brentq(lambda time: tail(time) - 1 + share, 0, 200, xtol=1e-12))


def density(tail: Longer, time: float) -> float:
    """Give the density of a time that is longer than t with chance tail(t)."""
    step = 1e-4
    return (tail(time - step) - tail(time + step)) / (2 * step)


def mmc(lam: float, people: int) -> Values:
    """M/M/c by its laws of waiting and staying."""
    chance, spare, tails = erlang_c(lam, people), people - lam, longer(lam, people)
    wait = chance / spare
    return {
        "rho": lam / people, "P_wait": chance, "Wq": wait, "W": wait + 1, "Lq": lam * wait, "L": lam * (wait + 1),
        "Wq_p90": quantile(tails["Wq"], 0.90), "Wq_p95": quantile(tails["Wq"], 0.95),
        "W_p85": quantile(tails["W"], 0.85), "W_p95": quantile(tails["W"], 0.95),
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


def three_classes() -> Values:
    """R19: three classes of unlike efforts, nobody interrupted; the loads times the waits are owed by any order."""
    flows, means, seconds = np.array([0.15, 0.25, 0.1]), np.array([0.5, 1.0, 3.0]), np.array([0.5, 1.5, 18.0])
    spare = 1 - np.concatenate([[0.0], np.cumsum(flows * means)])
    waits = flows @ seconds / 2 / (spare[:-1] * spare[1:])
    found = {f"Wq{place}": float(wait) for place, wait in enumerate(waits, start=1)}
    return found | {"conservation": float(flows * means @ waits)}


def closed(population: int, efforts: Sequence[float], people: Sequence[int]) -> tuple[float, list[float]]:
    """Give rounds per hour and the number at each stage of a closed network (Gordon and Newell 1967; Buzen 1973).

    Efforts are hours per round; with as many people as items a stage is a delay.
    """
    counts = range(population + 1)
    weights = [
        np.array([effort**n / math.prod(min(j, c) for j in range(1, n + 1)) for n in counts])
        for effort, c in zip(efforts, people, strict=True)
    ]

    def ways(chosen: Iterable[Array]) -> Array:
        whole: Array = np.eye(1, population + 1)[0]
        for weight in chosen:
            whole = np.convolve(whole, weight)[: population + 1]
        return whole

    total = ways(weights)
    others = [ways(weights[:place] + weights[place + 1 :]) for place in range(len(weights))]
    inside = [
        float(np.arange(population + 1) * weight @ rest[::-1] / total[-1])
        for weight, rest in zip(weights, others, strict=True)
    ]
    return float(total[-2] / total[-1]), inside


def think_time() -> Values:
    """R22: twelve items that rest 10 h between rounds through three stages."""
    efforts, people = (10.0, 2.0, 3.75, 2.0), (12, 1, 2, 1)
    rounds, inside = closed(12, efforts, people)
    found = {"X": rounds, "R_total": 12 / rounds - 10}
    for place in (1, 2, 3):
        found |= {f"L{place}": inside[place], f"U{place}": rounds * efforts[place] / people[place]}
    return found


def six_at_once() -> Values:
    """R23: a line of four equal stages with six items, each replaced when it is done."""
    rounds, _ = closed(6, (1.0,) * 4, (1,) * 4)
    return {"X": rounds, "W": 6 / rounds}


LINE = (1.0, 1.0, 1.5, 0.8)


def wip_against_throughput() -> Values:
    """R24: the same with unlike stages and other numbers of items."""
    return {f"X_wip{items}": closed(items, LINE, (1,) * 4)[0] for items in (1, 2, 4, 8, 16, 32)}


def repair() -> Values:
    """R25: ten machines that fail after 10 h and two people who repair one in 2 h."""
    rounds, (up, down) = closed(10, (10.0, 2.0), (10, 2))
    weights = [
        math.comb(10, n) * math.factorial(n) * 0.2**n / math.prod(min(j, 2) for j in range(1, n + 1)) for n in range(11)
    ]
    found = {"L_down": down, "availability": up / 10, "throughput": rounds, "W_down": down / rounds, "U": rounds}
    return found | {"P_all_up": weights[0] / sum(weights)}


def blocking() -> Values:
    """R26: a saturated line; a stage holds what is done until the next has room (Hunt 1956, Operations Research 4)."""
    return {f"X_b{room}": (room + 2) / (room + 3) for room in (0, 1, 3)} | {"X_3stations_b0": 22 / 39}


def interrupted() -> Values:
    """R42: M/M/1 with interruptions while at work: the law of Pollaczek for times to be done (Gaver 1962)."""
    lam, often, lasting = 0.5, 0.2, 1.5
    longer = 1 + often * lasting
    second = 2 * longer**2 + often * 2 * lasting**2
    wait = lam * second / (2 * (1 - lam * longer))
    return {"rho": lam * longer, "Wq": wait, "W": wait + longer, "L": lam * (wait + longer)}


def looks_again() -> Values:
    """R27: M/M/1 with a person who is away for 4 h whenever nothing waits (Levy, Yechiali 1975)."""
    lam, away = 0.5, 4.0
    wait = lam * 2 / (2 * (1 - lam)) + away / 2
    return {"Wq": wait, "W": wait + 1, "L": lam * (wait + 1)}


def going_round() -> Values:
    """R34: one person goes round four equal stages (Takagi 1986); the switch has no variance."""
    stages, lam, switch = 4, 0.15, 0.25
    load = stages * lam
    waits = {
        f"Wq_{rule}": (stages * lam * 2 + switch * (stages + sign * load)) / (2 * (1 - load))
        for rule, sign in (("exhaustive", -1), ("gated", 1))
    }
    return waits | {"cycle": stages * switch / (1 - load)}


def all_at_once() -> Values:
    """R21: M/G/1 with an equal share for everybody, whatever the law of the effort (Sakata, Noguchi, Oizumi 1971)."""
    load = 0.8
    stay = 1 / (1 - load)
    return {"W": stay, "L": load * stay, "P0": 1 - load, "slowdown_any_size": stay}


def fork_join() -> Values:
    """R35: branches that are M/M/1 at load 0.7, and items that wait for the last.

    Of two it is exact (Flatto, Hahn 1984, SIAM J. Appl. Math. 44), of four there are bounds (Nelson, Tantawi 1988, IEEE
    Transactions on Computers 37).
    """
    lam = 0.7
    four = sum(1 / branch for branch in range(1, 5))
    return {
        "T2": (12 - lam) / 8 / (1 - lam), "T4_lower": 1 / (1 - lam),
        "T4_upper": four / (1 - lam), "max_of_4_exp_no_queue": four,
    }  # fmt: skip


def working_clock() -> Values:
    """R29: with arrivals on shift only, working hours see M/M/1 at load 0.8, whatever the calendar."""
    plain = mm1(0.8)
    return {"W_working_hours": plain["W"], "U_on_shift": plain["rho"], "L_on_shift": plain["L"]}


def lasting(time: Array, kind: str) -> Array:
    """Give the mean of the smaller of an effort, 4 h on average, and a time in hours, shape as `time`."""
    if kind == "exp":
        return 4 - 4 * np.exp(-time / 4)
    if kind == "det":
        return np.minimum(time, 4.0)
    spread = math.sqrt(math.log(3))  # squared cv 2
    far = (np.log(np.maximum(time, 1e-300) / 4) + spread**2 / 2) / spread
    capped: Array = 4 * stats.norm.cdf(far - spread) + time * stats.norm.sf(far)
    return capped


def enough_people(slots: int) -> dict[str, Values]:
    """R36: a daily cycle that nobody waits in: the integral of rate(t - u) P(S > u) (Eick, Massey, Whitt 1993)."""
    edges = np.arange(-40 * slots, slots + 1) * 24 / slots
    rates = np.tile(chains.daily_rates(slots, 10, 6), 41)

    def there(kind: str, at: float) -> float:
        return float(rates @ -np.diff(lasting(np.maximum(at - edges, 0), kind)))

    hours = {"exp": ("t0", "t6", "t12", "t18", "peak"), "det": ("t6", "t12"), "lognormal": ("t6",)}
    return {kind: {f"{kind}_{at}": there(kind, hour_of(at)) for at in ats} for kind, ats in hours.items()}


def mg1_both(lam: float, effort: str) -> Values:
    """M/G/1 served first come first, and the spread of its waits where the last come goes first."""
    moments = SERVICES[effort][1:]
    return mg1(lam, *moments) | orders.last_first(lam, *moments)


def hour_of(name: str) -> float:
    """Read the hour of a day from the end of a name such as EN_t6; the peak of R36 is at 9.088 h."""
    last = name.rpartition("_")[2]
    return 9.08804692 if last == "peak" else float(last[1:])


@cache
def table() -> dict[str, Values]:
    """Give every case that a test runs under the number it has in the table of exact results."""
    pairs = (("Wq_MD2", "fixed"), ("Wq_ME22", "Erlang-2"), ("Wq_MH22", "hyperexponential"))
    waits = {name: TWO_PEOPLE[kind]["Wq"] for name, kind in pairs}
    chances = {name.replace("Wq", "Pwait"): TWO_PEOPLE[kind]["P_wait"] for name, kind in pairs}
    smooth = enough_people(288)
    return {
        "R01": mm1(0.8), "R02": mm1(0.5), "R03": mmc(2.4, 3), "R04": mmc(9.0, 10), "R05": mmc(1.6, 2),
        "R06": mg1_both(0.8, "fixed"), "R07": mg1_both(0.8, "Erlang-2"),
        "R08": mg1_both(0.8, "hyperexponential"), "R09": mg1_both(0.7, "lognormal"),
        "R10": dm1(1.25), "R11": waits | chances, "R12": bounded.finite(0.9, 1, 1, 5),
        "R13": bounded.finite(3, 4, 2, 3), "R14": bounded.erlang_b(7, 10), "R30": bounded.bulk(1.5, 4),
        "R31": bounded.dumped(0.16, 5), "R32": bounded.released(14), "R33": bounded.impatient(10, 9, 0.5),
        "R15": jackson(), "R16": rework(), "R17": cobham(),
        "R18": orders.two_classes_interrupted(), "R19": three_classes() | orders.three_classes_interrupted(),
        "R20": orders.shortest_first(), "R22": think_time(), "R23": six_at_once(), "R24": wip_against_throughput(),
        "R25": repair(), "R26": blocking(), "R28": chains.calendar(), "R29": working_clock(),
        "R35": fork_join(), "R36": smooth["exp"] | smooth["det"] | smooth["lognormal"], "R37": chains.transient(0),
        "R38": chains.transient(20), "R39": chains.daily_cycle(288), "R40": chains.first_delays(),
        "R43": chains.unequal(), "R44": chains.skills(),
        "R21": all_at_once(), "R27": looks_again(), "R34": going_round(), "R42": interrupted(),
    }  # fmt: skip


MORE_THAN_A_MEAN = "one per cent of a variance takes 20,000 replications"
LEFT_OUT = {
    "R01": {"asym_var_Wq_per_item": MORE_THAN_A_MEAN, "asym_var_N_per_time": MORE_THAN_A_MEAN},
    "R02": {"asym_var_Wq_per_item": MORE_THAN_A_MEAN, "asym_var_N_per_time": MORE_THAN_A_MEAN},
    "R08": dict.fromkeys(("p", "rate1", "rate2"), "a parameter"),
    "R11": {"Wq_MM2": "that of R05"} | {f"approx_{name}": "no exact value" for name in ("MD2", "ME22", "MH22")},
    "R35": {"T4_approx": "no exact value"},
    "R36": {"exp_peak_time": "an instant, where the number is held to be at its peak"},
}  # fmt: skip
"""Numbers of those cases that no test holds, and why."""

WITHOUT = {
    "R41": "not a queue; `test_coverage.py` holds the interval of its mean",
    "R45": "ratios, of numbers above and of M/M/1 at loads 0.9 and 0.95",
}  # fmt: skip
"""Cases that no test runs, and what a twin would need."""
