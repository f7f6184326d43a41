# ruff: noqa: TID251 - seeded generators make samples with a known truth
"""The route that items took is found again from their traces."""

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from calibration.routes import RouteShape, fit_route
from twin.eventlog import COLUMNS, EventLog
from twin.units import HOUR
from twin.work import DONE, JOIN, path_of
from twin.work import START as ENTRY

START = datetime(2026, 1, 5, tzinfo=UTC)
TRUTH = RouteShape(
    {"triage": 1.0},
    {
        "triage": {"assess": 0.7, "ask": 0.3},
        "ask": {"assess": 0.8, "done": 0.2},
        "assess": {"decide": 0.9, "ask": 0.1},
        "ask > assess": {"decide": 0.5, "ask": 0.5},
        "decide": {"done": 0.85, "assess": 0.15},
        "ask > assess > decide": {"done": 0.6, "assess": 0.4},
    },
)


def shares_after(route: RouteShape, path: list[str]) -> dict[str, float]:
    known = {(ENTRY,): route.start} | {path_of(key): shares for key, shares in route.next.items()}
    ends = [tuple(path[first:]) for first in range(len(path))]
    return next(known[end] for end in ends if end in known)


def traces(route: RouteShape, items: int, seed: int) -> list[list[str]]:
    rng, found = np.random.default_rng(seed), []
    for _ in range(items):
        path = [ENTRY]
        while path[-1] != DONE:
            shares = shares_after(route, path)
            path.append(str(rng.choice(list(shares), p=list(shares.values()))))
        found.append(path[1:-1])
    return found


def log_of(ways: list[list[str]]) -> EventLog:
    rows = [(item, stage, item + place) for item, way in enumerate(ways) for place, stage in enumerate(way)]
    frame = pl.DataFrame(rows, schema=["item", "stage", "started"], orient="row").with_columns(
        started=pl.col("started") * HOUR, finished=(pl.col("started") + 1) * HOUR, work=pl.lit("claim"), visit=0
    )
    empty = [pl.lit(None, pl.Int64).alias(name) for name in COLUMNS if name not in frame.columns]
    return EventLog(frame.with_columns(empty).select(COLUMNS), START, "UTC", rows[-1][2] * HOUR * 2)


@pytest.fixture(scope="module")
def found() -> RouteShape:
    return fit_route(log_of(traces(TRUTH, 5000, seed=1)), "claim").value


def test_on_fresh_items_the_chances_are_those_of_the_truth_within_two_points(found: RouteShape) -> None:
    paths = [[ENTRY, *way[:length]] for way in traces(TRUTH, 500, seed=9) for length in range(1, len(way) + 1)]
    pairs = [(shares_after(found, path), shares_after(TRUTH, path)) for path in paths]
    apart = [sum(abs(f.get(name, 0) - t.get(name, 0)) for name in {*f, *t}) / 2 for f, t in pairs]
    assert np.mean(apart) < 0.02


def test_the_memory_that_matters_is_found_and_hardly_any_other(found: RouteShape) -> None:
    found_paths = {key for key in found.next if JOIN in key}
    assert ({key for key in TRUTH.next if JOIN in key} <= found_paths, len(found_paths) <= 10) == (True, True)


def test_intervals_of_shares_cover_as_often_as_they_say() -> None:
    hits = []
    for seed in range(40):
        evidence = fit_route(log_of(traces(TRUTH, 200, seed)), "claim").evidence
        triage = next(each for each in evidence if each.path.endswith("next.triage"))
        low, high = (float((text or "nan").split()[0]) / 100 for text in (triage.low, triage.high))
        hits.append(low <= 0.7 <= high)
    assert np.mean(hits) >= 0.85


def test_where_ways_changed_the_later_ones_count() -> None:
    early, late = traces(TRUTH, 1500, seed=2), [["triage", "decide"]] * 500
    fitted = fit_route(log_of(early + late), "claim")
    assert (fitted.value.next["triage"]["decide"] > 0.9, "Ways change" in fitted.evidence[0].note) == (True, True)
