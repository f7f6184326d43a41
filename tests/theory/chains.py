"""What the Markov chain of a twin says where no formula does; one unit of time is an hour.

Chains are cut off where their tail is below 1e-9. In the long run a law does not move; before that it moves by matrix
exponentials of the generator (Kolmogorov 1931).
"""

import math
from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse

Values = dict[str, float]
Array = NDArray[np.float64]
Moves = Callable[[tuple[int, ...]], Iterable[tuple[tuple[int, ...], float]]]


def steady(states: Sequence[tuple[int, ...]], moves: Moves) -> Array:
    """Give the law of a Markov chain in the long run, shape (states,), by its moves as (state, rate)."""
    place = {state: number for number, state in enumerate(states)}
    to_from = [(place[after], place[state], rate) for state in states for after, rate in moves(state) if after in place]
    into, origin, rates = (np.array(column) for column in zip(*to_from, strict=True))
    flows = sparse.coo_array((rates, (into, origin)), shape=(len(states),) * 2).tocsc()
    balance = (flows - sparse.diags_array(flows.sum(axis=0))).tocsc()
    rest = sparse.linalg.spsolve(balance[1:, 1:], -balance[1:, [0]].toarray().ravel())
    law: Array = np.append(1.0, rest) / (1 + rest.sum())
    return law


def unequal() -> Values:
    """R43: two people at rates 1 and 0.6; of two who are free the fast one takes what comes, or either by chance."""
    lam, fast, slow = 1.2, 1.0, 0.6

    def moves(state: tuple[int, ...], chance: float) -> Iterable[tuple[tuple[int, ...], float]]:
        at_fast, at_slow, queue = state
        if queue:
            return [((1, 1, queue + 1), lam), ((1, 1, queue - 1), fast + slow)]
        to_fast = 0.0 if at_fast else 1.0 if at_slow else chance
        come = [((1, at_slow, 0), lam * to_fast), ((at_fast, 1, at_fast * at_slow), lam * (1 - to_fast))]
        return [*come, ((0, at_slow, 0), fast * at_fast), ((at_fast, 0, 0), slow * at_slow)]

    states = [(0, 0, 0), (1, 0, 0), (0, 1, 0), *((1, 1, queue) for queue in range(120))]
    found: Values = {}
    for rule, chance in (("fastest", 1.0), ("random", 0.5)):
        law = steady(states, partial(moves, chance=chance))
        inside, used = (float(law @ column) for column in (np.sum(states, axis=1), np.array(states)[:, 0]))
        found |= {f"L_{rule}": inside, f"W_{rule}": inside / lam, f"U_fast_{rule}": used}
    return found


def skills() -> Values:
    """R44: A goes to the specialist, else to the generalist, who serves B first; nobody is interrupted."""
    lam_a, lam_b, most = 0.9, 0.5, 70

    def moves(state: tuple[int, ...]) -> Iterable[tuple[tuple[int, ...], float]]:
        first, other, a, b = state  # is the specialist at work, at what is the generalist (1: A, 2: B), queues
        come_a = (1, other, a, b) if not first else (1, 1, 0, 0) if not other else (1, other, a + 1, b)
        yield come_a, lam_a
        yield ((first, other, a, b + 1) if other else (first, 2, a, b)), lam_b
        if first:
            yield ((1, other, a - 1, b) if a else (0, other, 0, b)), 1.0
        if other:
            yield ((first, 2, a, b - 1) if b else (first, 1, a - 1, 0) if a else (first, 0, 0, 0)), 1.0

    free = [(first, 0, 0, 0) for first in (0, 1)]
    alone = [(0, other, 0, b) for other in (1, 2) for b in range(most)]
    both = [(1, other, a, b) for other in (1, 2) for a in range(most) for b in range(most)]
    states = free + alone + both
    queues = steady(states, moves) @ np.array(states)[:, 2:]
    return {"Wq_A": float(queues[0]) / lam_a, "Wq_B": float(queues[1]) / lam_b}


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
    numbers = np.arange(most + 1.0)
    return {f"EN_t{at}": float(law @ sparse.linalg.expm_multiply(generator * at, numbers)) for at in instants}


def daily_rates(slots: int, mean: float = 3, swing: float = 2) -> Array:
    """Give the mean of 3 + 2 sin(2 pi t / 24), or another mean and swing, over equal slots of a day, shape (slots,)."""
    turns = 2 * math.pi * np.arange(slots + 1) / slots
    return mean + swing * -np.diff(np.cos(turns)) / (2 * math.pi / slots)


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
