"""Parallel branches are told from sequences and loops by visits that overlap, and found again from simulated logs."""

from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest
from observed_logs import Row, log_of, without_teams
from tiny import run, twin

from calibration.blocks import NO_BLOCKS, Blocks, as_places, fit_blocks, parts_of
from calibration.concurrency import fit_concurrency
from calibration.fit import fit_twin
from calibration.observed import observe
from twin.eventlog import EventLog
from twin.streams import name_hash
from twin.units import HOUR, WEEK

STAGES = "abcdef"
SPREAD = {"kind": "gamma", "mean": "2 h", "cv": 0.8}
ITEMS = 300


def simulated(route: dict[str, Any], *, people: int = 3, items: int = ITEMS) -> EventLog:
    """A log of items of a route, with starts and ends only."""
    waits = {
        f"{one} > {other}": {"kind": "exponential", "mean": "1 h"} for one in STAGES for other in STAGES if one != other
    }
    written = {"efforts": dict.fromkeys(STAGES, SPREAD), "delays": waits} | route
    works = {"claim": {"arrivals": {"kind": "poisson", "rate": "5 / day"}, "route": written}}
    system = twin(dict.fromkeys(STAGES, people), {name: name for name in STAGES}, works)
    log = without_teams(run(system, until=200 * WEEK, items=items).log())
    return EventLog(log.frame.with_columns(pl.lit(None, pl.Int64).alias("enabled")), log.start, log.zone, log.end)


def lines_of(log: EventLog) -> set[tuple[tuple[str, ...], ...]]:
    return {lines for _, lines in fit_blocks(log).value.get("claim", NO_BLOCKS).names}


ONWARD = {"d": {"done": 1.0}, "e": {"done": 1.0}, "f": {"done": 1.0}, "b": {"done": 1.0}, "c": {"done": 1.0}}


def block(*lines: Sequence[str], after: str = "d") -> dict[str, Any]:
    """From a into a block, and on to another stage."""
    written = {"a": {"x": 1.0}, "x": {after: 1.0}}
    return {"start": {"a": 1.0}, "next": ONWARD | written, "parallel": {"x": [list(line) for line in lines]}}


@pytest.mark.parametrize(
    "lines", [("b", "c"), ("b", "c", "e"), ("be", "c"), ("be", "cf")]
)  # fmt: skip
def test_branches_of_one_stage_or_two_are_found(lines: tuple[str, ...]) -> None:
    assert lines_of(simulated(block(*lines))) == {tuple(tuple(line) for line in lines)}


def test_a_branch_that_some_items_skip_gives_two_blocks() -> None:
    route = block("b", "c", "e")
    route["parallel"] |= {"y": [["b"], ["c"]]}
    route["next"] |= {"a": {"x": 0.6, "y": 0.4}, "y": {"d": 1.0}}
    assert lines_of(simulated(route)) == {(("b",), ("c",)), (("b",), ("c",), ("e",))}


def test_a_block_in_a_loop_is_one_block_each_time_round() -> None:
    route = block("b", "c")
    route["next"] |= {"d": {"a": 0.4, "done": 0.6}}
    assert lines_of(simulated(route)) == {(("b",), ("c",))}


@pytest.mark.parametrize(
    "after",
    [
        {"a": {"b": 1.0}, "b": {"c": 1.0}, "c": {"done": 1.0}},
        {"a": {"b": 1.0}, "b": {"a": 0.4, "c": 0.6}, "c": {"b": 0.3, "a": 0.2, "done": 0.5}},
        {"a": {"b": 0.5, "c": 0.5}, "b": {"c": 0.5, "done": 0.5}, "c": {"b": 0.5, "done": 0.5}},
    ],
    ids=["sequence", "rework", "either order"],
)
def test_sequences_loops_and_stages_in_either_order_are_no_branches(after: dict[str, Any]) -> None:
    log = simulated({"start": {"a": 1.0}, "next": ONWARD | after})
    assert fit_blocks(log) == ({}, ())


def test_two_branches_that_one_person_serves_are_told_beside_a_third() -> None:
    written = simulated(block("b", "c", "e"), people=1)
    assert lines_of(written) == {(("b",), ("c",), ("e",))}


def pairs(overlap: float, late: float, items: int = 200) -> list[Row]:
    """A sequence of two visits; a share of the later ones begins too early by so many hours."""
    rows: list[Row] = []
    for item in range(items):
        at, lasts = 50.0 * item, 2.0 + item % 7
        early = late if item % 100 < 100 * overlap else -0.1
        rows += [(item, "a", "Ann", at, at + lasts), (item, "b", "Bob", at + lasts - early, at + lasts + 3 + item % 5)]
    return rows


def test_a_few_overlaps_are_mistakes_of_recording() -> None:
    assert fit_concurrency(log_of(pairs(0.05, 1.5))).value == {}


def test_a_stage_that_always_begins_a_moment_before_the_last_one_ends_comes_after_it() -> None:
    assert fit_concurrency(log_of(pairs(1.0, 0.1))).value == {}


def test_lots_that_are_split_anew_in_every_item_make_no_blocks() -> None:
    rows: list[Row] = []
    for item in range(60):
        for place in range(6):
            stage, lasts = (hash_of(item, place, purpose) for purpose in (0, 1))
            at = 100.0 * item + 1.5 * place
            rows.append((item, STAGES[stage % 6], None, at, at + 1 + lasts % 7))
    found = fit_blocks(log_of(rows))
    assert (found.value, bool(found.evidence)) == ({}, True)


def hash_of(*name: int) -> int:
    return name_hash(str(name))


SIDE = frozenset({("b", "c"), ("c", "b")})


def test_a_part_falls_apart_where_its_branches_have_no_order() -> None:
    assert [part.lines for part in parts_of(tuple("abcbd"), SIDE)] == [(), (("b", "b"), ("c",)), ()]


def test_what_comes_between_two_concurrent_stages_puts_them_in_sequence() -> None:
    assert [part.lines for part in parts_of(tuple("bdc"), SIDE)] == [(), (), ()]


def test_parts_that_do_not_fall_apart_stay_a_sequence() -> None:
    linked = frozenset(pair for one, other in ("ab", "ad", "cd") for pair in ((one, other), (other, one)))
    assert [(part.begin, part.end, part.lines) for part in parts_of(tuple("abcd"), linked)] == [(0, 4, ())]


FORKED: list[Row] = [
    (0, "a", "Ann", 0, 1), (0, "b", "Bob", 2, 6), (0, "c", "Cas", 3, 4), (0, "d", "Dan", 8, 9),
]  # fmt: skip


def test_branches_are_enabled_at_the_fork_and_what_follows_when_the_last_one_is_done() -> None:
    seen = observe(log_of(FORKED), concurrent={"claim": SIDE})
    assert [round(each / HOUR) for each in seen.enabled.tolist()] == [0, 1, 1, 6]
    assert [seen.stages[each] for each in seen.before[1:].tolist()] == ["a", "a", "b"]


def test_a_block_is_one_visit_of_the_log_that_routes_are_learned_from() -> None:
    blocks = Blocks(SIDE, (("b + c", (("b",), ("c",))),))
    frame = as_places(log_of(FORKED), "claim", blocks).frame
    assert frame.select("stage", pl.col("started", "finished") // HOUR).rows() == [
        ("a", 0, 1),
        ("b + c", 2, 6),
        ("d", 8, 9),
    ]


def test_an_open_item_is_taken_to_be_in_the_block_whose_branches_it_has_begun() -> None:
    blocks = Blocks(SIDE, (("b + c", (("b",), ("c",))),))
    rows: list[Row] = [*FORKED, (1, "a", "Ann", 5, 6), (1, "c", "Cas", 7, None)]
    frame = as_places(log_of(rows), "claim", blocks).frame.filter(pl.col("item") == 1)
    assert frame.select("stage", "finished").rows() == [("a", 6 * HOUR), ("b + c", None)]


def test_the_twin_of_a_log_with_branches_has_them_and_waits_from_the_fork() -> None:
    route = fit_twin(simulated(block("be", "c"), items=150), name="t").twin.work["claim"].route
    assert route is not None
    assert route.parallel == {"b, e + c": (("b", "e"), ("c",))}
    assert route.next["a"] == {"b, e + c": 1.0}
    assert route.next["b, e + c"] == {"d": 1.0}
