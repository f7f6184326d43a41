"""The kernel draws the numbers that everyone else draws, bit for bit."""

from typing import Any

import numpy as np
import pytest
from numba import njit
from pydantic import TypeAdapter

from twin import demand
from twin.demand import Intake
from twin.distributions import Distribution
from twin.engine import compiled
from twin.engine.kernel import streams, tables
from twin.plan import Floats
from twin.sampling import lookup, quantile_table
from twin.streams import STREAM_VERSION, Purpose, uniforms, unpack

COUNT = 100_000
READ: TypeAdapter[Distribution] = TypeAdapter(Distribution)
KEY = (2**63 + 11, 2**63 + 2**31 + 5)


@njit
def words(key: Any, counters: Any, lows: Any, given: Any) -> None:
    for index in range(counters.size):
        given[index] = streams.threefry(key[0], key[1], counters[index], lows[index])


@njit
def quantiles(stacked: Any, table: int, u: Any, given: Any) -> None:
    for index in range(u.size):
        given[index] = tables.lookup(stacked, table, u[index])


@pytest.fixture(scope="module")
def u() -> Floats:
    numbers = np.arange(COUNT, dtype=np.int64)
    drawn = uniforms(seed=1, replication=0, place=1, work=2, numbers=numbers, visit=0, purpose=Purpose.EFFORT)
    tails = 2.0 ** -np.arange(1, 53)
    return np.concatenate([drawn, tails, 1 - tails, [1 / 32, 31 / 32, 0.5]])


def test_words_are_those_of_the_streams() -> None:
    name = unpack(KEY, (7 << 32, Purpose.ROUTE << 40 | STREAM_VERSION))
    numbers, visits = np.arange(COUNT, dtype=np.int64) * 40_009, np.arange(COUNT, dtype=np.int64) % 65_536
    drawn = uniforms(
        seed=name.seed, replication=name.replication, place=name.place, work=name.work, numbers=numbers, visit=visits,
        purpose=Purpose.ROUTE,
    )  # fmt: skip
    given = np.empty(COUNT, np.uint64)
    counters, lows = np.uint64(7 << 32) | numbers.astype(np.uint64), visits.astype(np.uint64) << streams.VISIT
    words(np.array(KEY, np.uint64), counters, lows | streams.ROUTE, given)
    assert np.array_equal(((given >> np.uint64(12)) + 0.5) * 2.0**-52, drawn)


@pytest.mark.parametrize(
    "distribution",
    [
        {"kind": "lognormal", "mean": "3 h", "cv": 2.5},
        {"kind": "uniform", "low": "1 h", "high": "2 h"},
        {"kind": "empirical", "values": ["1 h", "2 h", "5 h", "1 h"]},
        {"kind": "fixed", "value": "2 h"},
    ],
    ids=lambda written: written["kind"],
)
def test_quantiles_are_those_of_the_tables(distribution: dict[str, Any], u: Floats) -> None:
    table = quantile_table(READ.validate_python(distribution))
    given = np.empty(u.size)
    quantiles(np.stack([np.zeros_like(table), table]), 1, u, given)
    assert np.array_equal(given, lookup(table, u))


@pytest.mark.parametrize("gap", [{"kind": "exponential", "mean": "1 h"}, {"kind": "fixed", "value": "1 h"}])
def test_gaps_are_those_of_the_demand(gap: dict[str, Any]) -> None:
    gaps, none = quantile_table(READ.validate_python(gap)), np.empty(0)
    intake = Intake(0, 2**32 - 1, gaps, none, none, np.empty(0, int), (), ())
    drawn = (engine.sums_of_gaps(intake, 2**64 - 1, 2**32 - 1, 5, COUNT) for engine in (compiled, demand))
    assert np.array_equal(*drawn)
