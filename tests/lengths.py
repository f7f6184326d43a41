"""Durations of the small twins: nearly always whole hours from 0 to 4, so that ties are everywhere; else a curve.

Whole hours come as one duration, as listed values with and without weights, and as mixtures. Every other kind of
distribution comes once in a while, so that most twins keep their ties.
"""

from functools import cache
from itertools import combinations_with_replacement
from typing import Any

from hypothesis import strategies as st

LONGEST = 4
OFTEN = 2
"""How many times whole hours stand in the list from which durations are drawn."""
CURVES: tuple[dict[str, Any], ...] = (
    {"kind": "exponential", "mean": "2 h"},
    {"kind": "gamma", "mean": "2 h", "cv": 0.5},
    {"kind": "lognormal", "mean": "3 h", "cv": 1.5},
    {"kind": "weibull", "mean": "2 h", "cv": 0.7},
    {"kind": "hyperexponential", "mean": "2 h", "cv": 2.0},
    {"kind": "uniform", "low": "1 h", "high": "3 h"},
    {"kind": "triangular", "low": "1 h", "mode": "2 h", "high": "4 h"},
    {"kind": "quantiles", "values": ["1 h", "1 h", "3 h"]},
)


@cache
def hours(least: int, most: int) -> st.SearchStrategy[str]:
    """Whole hours as text."""
    return st.integers(least, most).map(lambda hour: f"{hour} h")


def whole(least: int) -> list[Any]:
    """Durations in whole hours that take one value or several."""
    alone = [f"{hour} h" for hour in range(least, LONGEST + 1)]
    pairs = [list(pair) for pair in combinations_with_replacement(alone, 2)]
    several = [{"kind": "empirical", "values": [*values, *more]} for values in pairs for more in ([], [alone[-1]])]
    unlike = [{"kind": "empirical", "values": values, "weights": [3.0, 1.0]} for values in pairs]
    mixed = [
        {"kind": "mixture", "parts": [{"weight": 2.0, "of": alone[0]}, {"weight": 1.0, "of": each}]}
        for each in several[-4:]
    ]
    return [*alone * 8, {"kind": "fixed", "value": alone[-1]}, *several, *unlike, *mixed]


DURATIONS = {least: st.sampled_from([*whole(least) * OFTEN, *CURVES]) for least in (0, 1)}


def durations(least: int = 0) -> st.SearchStrategy[Any]:
    """A fixed or a spread duration, of at least so many hours: 0 or 1."""
    return DURATIONS[least]
