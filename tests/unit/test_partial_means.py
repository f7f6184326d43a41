"""The part of a duration up to a bound is what its quantile function says."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from twin.distributions import Distribution, mean
from twin.partial_means import up_to
from twin.quantiles import quantile
from twin.units import HOUR

READ: TypeAdapter[Distribution] = TypeAdapter(Distribution)
LEVELS = (np.arange(40_000) + 0.5) / 40_000
KINDS: list[Any] = [
    {"kind": "fixed", "value": "2 h"},
    {"kind": "empirical", "values": ["1 h", "2 h", "4 h"], "weights": [1, 2, 3]},
    {"kind": "exponential", "mean": "3 h"},
    {"kind": "gamma", "mean": "3 h", "cv": 2},
    {"kind": "gamma", "mean": "3 h", "cv": 0.05},
    {"kind": "lognormal", "mean": "3 h", "cv": 1.2},
    {"kind": "weibull", "mean": "3 h", "cv": 2},
    {"kind": "weibull", "mean": "3 h", "cv": 0.3},
    {"kind": "hyperexponential", "mean": "3 h", "cv": 2},
    {"kind": "uniform", "low": "1 h", "high": "4 h"},
    {"kind": "triangular", "low": "1 h", "mode": "2 h", "high": "6 h"},
    {"kind": "quantiles", "values": ["0 h", "1 h", "1 h", "5 h"]},
    {
        "kind": "mixture",
        "parts": [{"weight": 1, "of": "2 h"}, {"weight": 3, "of": {"kind": "gamma", "mean": "3 h", "cv": 1}}],
    },
]  # fmt: skip


@pytest.mark.parametrize("written", KINDS, ids=[each["kind"] for each in KINDS])
def test_share_and_mean_up_to_a_bound_are_those_of_the_quantiles_below_it(written: Any) -> None:
    distribution = READ.validate_python(written)
    drawn = quantile(distribution, LEVELS)
    for bound in np.array([0, 1, 2, 3, 5, 9]) * HOUR:
        below = drawn <= bound
        found = up_to(distribution, bound)
        assert found.share == pytest.approx(below.mean(), abs=1e-4)
        assert found.mean / mean(distribution) == pytest.approx((drawn * below).mean() / mean(distribution), abs=1e-3)


@given(written=st.sampled_from(KINDS), bounds=st.tuples(*[st.floats(0, 1e9)] * 2).map(sorted))
def test_both_grow_with_the_bound_up_to_the_whole(written: Any, bounds: list[float]) -> None:
    distribution = READ.validate_python(written)
    low, high = (up_to(distribution, bound) for bound in bounds)
    assert 0 <= low.share <= high.share + 1e-9 <= 1 + 2e-9
    assert 0 <= low.mean <= high.mean * (1 + 1e-9) + 1e-9
    assert up_to(distribution, 1e15).mean == pytest.approx(mean(distribution))
