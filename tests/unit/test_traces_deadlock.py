"""Work that waits for other work and for places: what can never move, told at once; and branches that go first.

Hours since Monday 2026-01-05 00:00; rows as in `test_engine_traces`.
"""

from functools import partial
from typing import Any

import pytest
from flow_strategies import held_cases
from hypothesis import HealthCheck, given, settings
from strategies import Case
from tiny import listed, run, spans, twin, work

from twin.demand import draw_items
from twin.engine import reference, simulate
from twin.errors import DeadlockError
from twin.spec import Twin
from twin.units import HOUR


@pytest.fixture(params=["reference", "compiled"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tiny.simulate", partial(simulate, engine=request.param))


TEAMS = {"planners": 2, "makers": 2, "A": 1, "B": 1}
STAGES = {"plan": "planners", "make": "makers", "a": "A", "b": "B"}
ADVICE = "Give one of these limits more places, or take a stage out of it"


def step(stage: str, **more: Any) -> dict[str, Any]:
    return {"stage": stage, "effort": "1 h", **more}


def epics(*hours: float, count: int = 1) -> dict[str, Any]:
    """Work that is planned, waits for its stories, and is looked at again."""
    children = {"work": "story", "count": count, "wait": True}
    return work(listed(*hours), step("plan", children=children), step("plan"))


def told(start: Twin, hour: float) -> str:
    """The error of a run that stops at an hour, without when and without the advice."""
    with pytest.raises(DeadlockError) as error:
        run(start)
    before, _, after = str(error.value).partition(f" from tick {int(hour * HOUR)} on ")
    return f"{before}: {after.partition(': ')[2].removesuffix(f'. {ADVICE}')}"


@pytest.mark.usefixtures("engine")
def test_a_parent_that_holds_the_place_its_child_needs_waits_for_good() -> None:
    # the epic is planned 0-1 and holds the only place; its story comes at 1 and finds none
    works = {"epic": epics(0), "story": work({"kind": "none"}, step("make"))}
    assert told(twin(TEAMS, STAGES, works, wip_limits=[{"system": True, "limit": 1}]), 1) == (
        "2 items wait for each other: item 0 at plan waits until other items are done (1); "
        "item 1, not yet inside, waits for a place at make (wip_limits.0 (the whole system), held by 0)"
    )


@pytest.mark.usefixtures("engine")
def test_one_more_place_lets_the_children_through() -> None:
    # planned 0-1; the stories take the second place one after the other, 1-2 and 2-3; then the epic goes on
    works = {"epic": epics(0, count=2), "story": work({"kind": "none"}, step("make"))}
    outcome = run(twin(TEAMS, STAGES, works, wip_limits=[{"system": True, "limit": 2}]))
    assert spans(outcome) == [(0, "plan", 0, 1), (0, "plan", 3, 4), (1, "make", 1, 2), (2, "make", 2, 3)]


@pytest.mark.usefixtures("engine")
def test_a_join_that_cannot_complete_is_told_with_its_branch_and_who_holds_the_place() -> None:
    # the epic is planned 0-1 and holds the place that plan and b share; its story is made 1-2 and branches; a is done
    # at 3, b needs that place: from 2 on, when a still works, the epic can never move
    branches = {"parallel": [[step("a")], [step("b")]]}
    works = {"epic": epics(0), "story": work({"kind": "none"}, step("make"), branches)}
    assert told(twin(TEAMS, STAGES, works, wip_limits=[{"stages": ["plan", "b"], "limit": 1}]), 2) == (
        "2 items wait for each other: item 0 at plan waits until other items are done (1); "
        "item 1 waits at its join for the branch at b; "
        "item 1 on a branch waits for a place at b (wip_limits.0 (plan, b), held by 0)"
    )


@pytest.mark.usefixtures("engine")
def test_a_child_that_waits_for_work_outside_is_told_with_it() -> None:
    # planned 1-2; the story of 2 waits for the fix of 1.5, which waits for the place that the epic holds
    works = {
        "epic": epics(1),
        "story": work({"kind": "none"}, step("make"), after=["fix"]),
        "fix": work(listed(1.5), step("plan")),
    }
    assert told(twin(TEAMS, STAGES, works, wip_limits=[{"stages": ["plan"], "limit": 1}]), 2) == (
        "3 items wait for each other: item 0 at plan waits until other items are done (2); "
        "item 1, not yet inside, waits for a place at plan (wip_limits.0 (plan), held by 0); "
        "item 2, not yet inside, waits until other items are done (1)"
    )


@pytest.mark.usefixtures("engine")
def test_children_that_wait_for_a_batch_which_others_may_still_fill_are_no_deadlock() -> None:
    # the first story waits for a second one from 1 on; that of the epic of 5 comes at 6: both are made 6-7
    stages = STAGES | {"make": {"team": "makers", "batch": {"size": 2}}}
    works = {"epic": epics(0, 5), "story": work({"kind": "none"}, step("make"))}
    outcome = run(twin(TEAMS, stages, works, wip_limits=[{"stages": ["plan"], "limit": 3}]))
    assert [row[2:] for row in spans(outcome) if row[1] == "make"] == [(6, 7), (6, 7)]


@pytest.mark.usefixtures("engine")
def test_branches_of_work_that_has_begun_go_before_new_work() -> None:
    # one place for all: 0 is planned 0-1 and takes the place along to a, 1-2; at 2 both its branch to b and item 1
    # want it: b 2-3. Then 1: 3-4, 4-5, 5-6
    works = {"x": work(listed(0, 0), step("plan"), {"parallel": [[step("a")], [step("b")]]})}
    outcome = run(twin(TEAMS, STAGES, works, wip_limits=[{"system": True, "limit": 1}]))
    assert spans(outcome) == [
        (0, "plan", 0, 1), (1, "plan", 3, 4), (0, "a", 1, 2), (0, "b", 2, 3), (1, "a", 4, 5), (1, "b", 5, 6),
    ]  # fmt: skip


def ends(case: Case, monkeypatch: pytest.MonkeyPatch, *, looks: bool) -> str:
    """How the reference ends where everything is to leave, with or without looking for deadlocks on the way."""
    model = case.model()
    items = draw_items(model.intakes, model.inside, seed=1, replication=0, until=model.until, limit=30)
    with monkeypatch.context() as patch:
        if not looks:
            patch.setattr(reference, "check", lambda _: None)
        try:
            reference.run(model, items, seed=1, replication=0, drain=True, limit=30)
        except DeadlockError as error:
            return "at the end" if str(error).startswith("nothing can move") else "at once"
    return "done"


@given(case=held_cases())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_told_at_once_would_never_have_ended_and_what_is_not_does(case: Case) -> None:
    # a batch that nothing fills any more is told by draining alone
    batches = any(stage.batch for stage in case.twin.stages.values())
    with pytest.MonkeyPatch.context() as patch:
        how = ends(case, patch, looks=True), ends(case, patch, looks=False)
    assert how in {("done", "done"), ("at once", "at the end"), *([("at the end", "at the end")] if batches else [])}
