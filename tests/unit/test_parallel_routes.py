"""Blocks of parallel branches in a route with memory, as they are written, and mistakes in them."""

from typing import Any

import pytest
from tiny import listed, run, trace, twin, work

from twin.errors import InputError
from twin.graph import expected_visits
from twin.routing import graph
from twin.spec import Twin
from twin.work import Work

EFFORTS = {"a": "1 h", "b": {"kind": "gamma", "mean": "3 h", "cv": 1}, "c": "1 h", "d": "1 h", "e": "1 h"}
CHECKS = {"checks": [["b"], ["c", "d"]]}
NEXT = {"a": {"checks": 1.0}, "checks": {"e": 1.0}, "e": {"done": 1.0}}
TEAMS = dict.fromkeys("abcde", 1)


def routed(**parts: Any) -> dict[str, Any]:
    route = {"start": {"a": 1.0}, "next": NEXT, "efforts": EFFORTS, "parallel": CHECKS} | parts
    return {"x": {"arrivals": listed(*range(20)), "route": route}}


def tiny(**parts: Any) -> Twin:
    return twin(TEAMS, {name: name for name in TEAMS}, routed(**parts))


def visits(**parts: Any) -> dict[str, float]:
    nodes = graph(Work.model_validate(routed(**parts)["x"]))
    counts = dict.fromkeys(TEAMS, 0.0)
    for node, often in zip(nodes, expected_visits(nodes), strict=True):
        if node.stage in counts:
            counts[node.stage] += float(often)
    return counts


def test_a_block_is_what_parallel_steps_are() -> None:
    lines = {"parallel": [[{"stage": "b", "effort": EFFORTS["b"]}], [*_steps("c"), *_steps("d")]]}
    steps = work(listed(*range(20)), *_steps("a"), lines, *_steps("e"))
    assert trace(run(tiny())) == trace(run(twin(TEAMS, {name: name for name in TEAMS}, {"x": steps})))


def _steps(stage: str) -> list[dict[str, Any]]:
    return [{"stage": stage, "effort": EFFORTS[stage]}]


def test_the_way_on_from_a_block_remembers_the_path_before_it() -> None:
    after = {"a": {"checks": 1.0}, "checks": {"a": 1.0}, "a > checks > a > checks": {"e": 1.0}, "e": {"done": 1.0}}
    assert visits(next=after) == {"a": 2, "b": 2, "c": 2, "d": 2, "e": 1}


def test_blocks_may_follow_each_other_and_end_the_way() -> None:
    parallel = CHECKS | {"more": [["a"], ["e"]]}
    after = {
        "a": {"checks": 0.5, "done": 0.5},
        "checks": {"more": 0.5, "done": 0.5},
        "more": {"done": 1.0},
        "e": {"a": 1.0},
    }
    assert visits(next=after, parallel=parallel) == pytest.approx({"a": 1.25, "b": 0.5, "c": 0.5, "d": 0.5, "e": 0.25})


def test_a_delay_in_a_branch_begins_at_the_fork_and_one_after_the_join_follows_its_last_branch() -> None:
    delays = {"a > c": "5 h", "d > e": "2 h", "b > e": "9 h"}
    system = tiny(efforts=EFFORTS | {"b": "1 h"}, delays=delays)
    first = [row for row in trace(run(system)) if row[0] == 0]
    assert {row[1]: row[4] for row in first} == {"a": 0, "b": 1, "c": 6, "d": 7, "e": 10}


def test_an_item_found_in_one_branch_alone_does_the_rest_of_it_and_goes_on_as_the_block_does() -> None:
    alone = {"x": routed()["x"] | {"arrivals": {"kind": "none"}}}
    system = twin(TEAMS, {name: name for name in TEAMS}, alone, inside=[{"work": "x", "stage": "c", "age": "3 h"}])
    assert [row[1] for row in trace(run(system))] == ["c", "d", "e"]


def test_a_dated_change_of_shares_keeps_who_is_in_a_block_and_one_of_its_branches_is_refused() -> None:
    kept = trace(run(tiny(), (2, tiny(efforts=EFFORTS | {"e": "2 h"}))))
    assert len(kept) == 100
    with pytest.raises(InputError, match="changes the parallel branches"):
        run(tiny(), (2, tiny(parallel={"checks": [["b"], ["c"], ["d"]]})))


def test_a_dated_change_may_lead_past_a_block_that_items_are_in() -> None:
    past = trace(run(tiny(), (2, tiny(next=NEXT | {"a": {"e": 1.0}}))))
    assert [row[1] for row in past if row[0] == 0] == ["a", "b", "c", "d", "e"]


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"parallel": {"checks": [["b"]]}}, "write 2 to 63 branches for 'checks'"),
        ({"parallel": {"checks": [["b"], []]}}, "each a list of at least one stage"),
        ({"next": NEXT | {"checks": {"checks": 1.0}}}, "'checks' leads back to itself without a stage on the way"),
        ({"next": {"a": {"checks": 1.0}, "e": {"done": 1.0}}}, "nothing says where items go after 'checks' in general"),
        ({"parallel": {"checks": [["b"], ["z"]]}}, "z"),
        ({"parallel": CHECKS | {"e": [["b"], ["c"]]}}, "'e' has another meaning here"),
        ({"delays": {"a > checks": "1 h"}}, "write the delay of each branch"),
    ],
)  # fmt: skip
def test_mistakes_are_told(parts: dict[str, Any], told: str) -> None:
    with pytest.raises((InputError, ValueError), match=told):
        tiny(**parts)


def test_work_with_blocks_is_not_cancelled() -> None:
    works = {"x": routed()["x"] | {"cancel": [{"age": "3 d"}]}}
    with pytest.raises(InputError, match="work with parallel branches is not cancelled"):
        twin(TEAMS, {name: name for name in TEAMS}, works)
