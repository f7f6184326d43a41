"""What theory says of one person who does not serve first come first: interruptions, the shortest first, the last."""

import math

import numpy as np
from scipy import integrate
from theory.chains import Array, Values

CLASSES = {"flows": (0.15, 0.25, 0.1), "means": (0.5, 1.0, 3.0), "seconds": (0.5, 1.5, 18.0)}
"""R19: items per hour, mean effort and its second moment."""


def interrupted(flows: Array, means: Array, seconds: Array) -> Array:
    """Give the stay of each class where the more urgent interrupt (White and Christie 1958, Operations Research 6)."""
    spare = 1 - np.concatenate([[0.0], np.cumsum(flows * means)])
    rest = np.cumsum(flows * seconds) / 2
    stays: Array = means / spare[:-1] + rest / (spare[:-1] * spare[1:])
    return stays


def two_classes_interrupted() -> Values:
    """R18: two classes, the urgent first at once."""
    flows = np.array([0.2, 0.6])
    high, low = interrupted(flows, np.ones(2), np.full(2, 2.0)).tolist()
    return {"W_high": high, "W_low": low, "W_mean": float(flows @ [high, low]) / 0.8}


def three_classes_interrupted() -> Values:
    """R19: three classes of unlike efforts, each interrupts those behind it."""
    stays = interrupted(*(np.array(column) for column in CLASSES.values()))
    return {f"W{place}_pr": float(stay) for place, stay in enumerate(stays, start=1)}


LAM = 0.8


def load_below(size: float) -> float:
    """Give the load of exponential efforts of mean 1 that are no longer than a size."""
    return LAM * (1 - math.exp(-size) * (1 + size))


def shortest_first() -> Values:
    """R20: the shortest first (Phipps 1956, OR 4), and the shortest remaining (Schrage and Miller 1966, OR 14)."""

    def waits(size: float) -> float:
        return LAM / (1 - load_below(size)) ** 2 * math.exp(-size)

    def stays(size: float) -> float:
        begun = LAM * (1 - math.exp(-size) * (1 + size))  # half of lam E[S²] below the size, and of those cut to it
        there = integrate.quad(lambda each: 1 / (1 - load_below(each)), 0, size)[0]
        return (begun / (1 - load_below(size)) ** 2 + there) * math.exp(-size)

    wait, stay = (float(integrate.quad(each, 0, 60, limit=200)[0]) for each in (waits, stays))
    return {"Wq_SJF": wait, "W_SJF": wait + 1, "W_SRPT": stay, "W_FIFO": 1 / (1 - LAM)}


def last_first(lam: float, second: float, third: float) -> Values:
    """Spread of the wait where the last come is served first, nobody interrupted: E[Wq²] is that of FIFO over 1 - rho.

    Mean effort 1; the mean wait is that of any order (Takács 1963, Operations Research 11).
    """
    wait = lam * second / (2 * (1 - lam))
    squared = (2 * wait**2 + lam * third / (3 * (1 - lam))) / (1 - lam)
    return {"LIFO_np_Wq_sd": math.sqrt(squared - wait**2)}
