"""Steps that branch, machines, and work types that depend on each other, as they are written, and mistakes in them."""

from typing import Any

import pytest
from tiny import listed, run, twin, work

from twin.changes import Scale
from twin.checks import findings
from twin.errors import InputError
from twin.graph import expected_visits
from twin.offered import flows, loads
from twin.plan import compile_model
from twin.routing import graph
from twin.scenario import apply
from twin.spec import Twin

HERE: dict[str, Any] = {"a": "team", "b": "team", "c": "team"}
NONE = {"kind": "none"}


def step(stage: str, effort: str = "1 h", **more: Any) -> dict[str, Any]:
    return {"stage": stage, "effort": effort, **more}


def one(*steps: dict[str, Any], **more: Any) -> Twin:
    return twin({"team": 9}, HERE, {"x": work({"kind": "poisson", "rate": "7 / week"}, *steps, **more)})


def several(**works: Any) -> Twin:
    return twin({"team": 9}, HERE, works)


def told(make: Any) -> str:
    with pytest.raises((InputError, ValueError)) as raised:
        make()
    return str(raised.value)


BRANCHES = {"parallel": [[step("a", "2 h")], [step("b", "4 h"), step("c")]]}


def test_a_twin_with_branches_machines_and_children_is_written_as_it_was_read() -> None:
    machine = {"share": "40 %", "effort": {"kind": "fixed", "value": "1 h"}, "at_once": 10, "errors": "8 %"}
    kinds = {
        "x": work(
            NONE,
            step("c", children={"work": "y", "count": {"1": "50 %", "3": "50 %"}}),
            step("a", automation=machine),
            BRANCHES,
        ),
        "y": work(
            {"kind": "closed", "items": 12, "rest": "3 d"},
            step("b"),
            after=["z"],
            depends={"on": "z", "chance": "20 %"},
        ),
        "z": work(
            {"kind": "pull", "stage": "a", "below": 3},
            step("a"),
            breeds={"work": "z", "chance": "10 %", "after": "5 d"},
        ),
    }
    written = several(**kinds).as_written()
    assert Twin.model_validate(written).as_written() == written


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: one({"parallel": [[step("a")]]}), "two branches or more"),
        (lambda: one({"parallel": [[step("a")], []]}), "two branches or more"),
        (lambda: one({"parallel": [[step("a")], [step("nowhere")]]}), "'nowhere' is not a stage of this twin"),
        (
            lambda: one(
                {"parallel": [[step("a")], [{"parallel": [[{"parallel": [[BRANCHES], [step("a")]]}], [step("b")]]}]]}
            ),
            "not deeper than 3",
        ),
        (lambda: one({"parallel": [[step("a")]] * 64}), "more than 63 branches"),
        (
            lambda: one(step("a"), {"parallel": [[step("b", rework={"chance": 0.1, "back_to": "a"})], [step("c")]]}),
            "'a' is not this stage or an earlier one",
        ),
        (
            lambda: one(step("a"), step("b", automation={"share": 1.0, "effort": "1 h", "errors_to": "d"})),
            "'d' is not a stage of these steps",
        ),
        (lambda: one(step("a", automation={"share": 1.0, "effort": "1 d"})), "effort is working time"),
        (
            lambda: one(step("a", automation={"share": 1.0, "effort": "1 h"}, breeds={"work": "x"})),
            "an automated step neither has children",
        ),
        (
            lambda: twin(
                {"team": 1, "a automation": 1},
                HERE,
                {"x": work(NONE, step("a", automation={"share": 1.0, "effort": "1 h"}))},
            ),
            "is what the machine of this stage is called",
        ),
        (lambda: one(step("a", children={"work": "y"}), step("b")), "'y' is not a work type"),
        (
            lambda: several(x=work(NONE, step("a", children={"work": "y"})), y=work(NONE, step("b"))),
            "goes on at a step after this one",
        ),
        (
            lambda: several(x=work(NONE, step("a", children={"work": "y"}), BRANCHES), y=work(NONE, step("b"))),
            "goes on at a step after this one",
        ),
        (
            lambda: several(x=work(NONE, step("a", children={"work": "x", "wait": False}))),
            "bring each other forth in a circle: x -> x",
        ),
        (
            lambda: several(
                x=work(NONE, step("a"), breeds={"work": "y"}), y=work(NONE, step("a"), breeds={"work": "x"})
            ),
            "bring each other forth in a circle: x -> y -> x",
        ),
        (lambda: one(step("a"), breeds={"work": "x", "chance": 0.5, "count": 2}), "in a circle: x -> x"),
        (
            lambda: several(x=work(NONE, step("a"), after=["y"]), y=work(NONE, step("a"), depends={"on": "x"})),
            "wait for each other in a circle: x -> y -> x",
        ),
        (
            lambda: several(
                x=work(NONE, step("a", children={"work": "y"}), step("b")), y=work(NONE, step("a"), after=["x"])
            ),
            "wait for each other in a circle",
        ),
        (lambda: one(BRANCHES, after=["x"]), "cannot be parallel branches"),
        (lambda: one(BRANCHES, cancel=[{"age": "9 d"}]), "is not cancelled"),
        (
            lambda: several(x=work({"kind": "pull", "stage": "b", "below": 1}, step("a"))),
            "'b' is not a stage of this work type",
        ),
        (
            lambda: twin(
                {"team": {"people": 1, "at_once": "unlimited"}},
                HERE,
                {"x": work({"kind": "pull", "stage": "a", "below": 1}, step("a"))},
            ),
            "work comes without end",
        ),
        (
            lambda: twin(
                {"team": 1},
                HERE,
                {"x": work({"kind": "closed", "items": 1}, step("a"))},
                inside=[{"work": "x", "stage": "a", "count": 2}],
            ),
            "only 1 go round",
        ),
    ],
)
def test_a_mistake_is_refused_with_what_is_allowed(make: Any, message: str) -> None:
    assert message in told(make)


def test_failure_demand_may_breed_its_own_kind_if_it_dies_out() -> None:
    twice_as_many = several(
        x=work({"kind": "poisson", "rate": "10 / week"}, step("a"), breeds={"work": "x", "chance": 0.5})
    )
    assert flows(twice_as_many)[0].items == pytest.approx(20)


def test_branches_are_all_visited_and_their_work_adds_up() -> None:
    # 7 a week, 2 + 4 + 1 + 1 hours each, nine people round the clock
    assert expected_visits(graph(one(BRANCHES, step("a")).work["x"]))[1:5].tolist() == pytest.approx([1, 1, 1, 1])
    assert loads(one(BRANCHES, step("a")))["team"] == pytest.approx(7 * 8 / 9 / 168)


def test_rework_that_takes_half_the_effort_is_half_the_load() -> None:
    # half of the visits are repeated once, with half of the effort: 10 h x 1.25
    back = {"chance": 0.5, "back_to": "a", "limit": 1, "effort": 0.5}
    assert loads(one(step("a", "10 h", rework=back)))["team"] == pytest.approx(7 * 12.5 / 9 / 168)


def test_a_machine_takes_its_share_of_the_load() -> None:
    machine = {"share": 0.25, "effort": "2 h", "at_once": 4}
    found = loads(one(step("a", "8 h", automation=machine)))
    assert found == pytest.approx({"team": 7 * 6 / 9 / 168, "a automation": 7 * 0.5 / 4 / 168})


def test_children_and_failure_demand_are_load_as_well() -> None:
    # two children of 3 h for each of 7 parents of 1 h + 1 h, and half an incident of 4 h for each child
    kinds = {
        "x": work({"kind": "poisson", "rate": "7 / week"}, step("a", children={"work": "y", "count": 2}), step("b")),
        "y": work(NONE, step("b", "3 h"), breeds={"work": "z", "chance": 0.5}),
        "z": work(NONE, step("c", "4 h")),
    }
    assert loads(several(**kinds))["team"] == pytest.approx(7 * (2 + 6 + 4) / 9 / 168)


def test_steps_within_branches_are_changed_by_their_path() -> None:
    half = Scale.model_validate({"scale": "work.x.steps.1.parallel.1.b.effort", "by": 0.5})
    later = apply(one(step("c"), BRANCHES), [half])
    assert later.as_written()["work"]["x"]["steps"][1]["parallel"][1][0]["effort"] == {"kind": "fixed", "value": "2 h"}


def test_a_dated_change_of_the_branches_themselves_is_refused() -> None:
    more = one({"parallel": [*BRANCHES["parallel"], [step("a")]]})
    assert "changes the parallel branches" in told(lambda: run(one(BRANCHES), (1, more)))


def test_a_dated_change_does_not_end_a_loop() -> None:
    loop = several(x=work({"kind": "closed", "items": 2}, step("a")))
    assert "cannot begin, end or resize" in told(lambda: run(loop, (1, several(x=work(NONE, step("a"))))))


def test_what_is_inside_at_the_start_is_not_in_one_branch_alone() -> None:
    halfway = twin({"team": 1}, HERE, {"x": work(NONE, BRANCHES)}, inside=[{"work": "x", "stage": "b"}])
    assert "outside its branches" in told(lambda: compile_model(halfway, until=1))


def test_a_check_looks_through_branches() -> None:
    found = findings(twin({"team": 9, "idle": 1}, HERE | {"d": "idle"}, {"x": work(listed(0), step("a"), BRANCHES)}))
    assert [finding.path for finding in found] == ["stages.d"]
