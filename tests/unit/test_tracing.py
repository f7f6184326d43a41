"""One item in the baseline and in a scenario: where its time goes, visit by visit."""

import numpy as np
import pytest
from commands import SCENARIO, call, project
from questions import CLERK, PACE, desk, paced, question

from twin.attribution import Spent
from twin.decide.tracing import Traced, say_traced, trace_item, trace_table
from twin.decide.trials import Running
from twin.engine import simulate
from twin.errors import InputError
from twin.experiment import candidates
from twin.replication import Candidate
from twin.scenario import Experiment


def asked(**scenarios: list[dict[str, object]]) -> Experiment:
    return question(scenarios=scenarios or {"one more clerk": [CLERK]}, run={"length": "8 w"})


@pytest.fixture(scope="module")
def traced() -> Traced:
    return trace_item(asked(), desk(), Running("reference"), None)


def test_the_hours_of_the_visits_sum_to_the_lead_time_of_the_item(traced: Traced) -> None:
    for candidate, trace in zip(candidates(asked(), desk()), traced.traces, strict=True):
        visits = simulate(candidate.model, seed=7, replication=0, engine="reference").visits
        mine = visits.item == traced.number  # there is one work type
        assert trace.spent.sum() == visits.finished[mine].max() - visits.enabled[mine].min()


def test_the_same_item_comes_at_the_same_time_and_needs_the_same_work(traced: Traced) -> None:
    base, other = traced.traces
    assert base.arrived == other.arrived
    assert base.spent[Spent.WORK] == other.spent[Spent.WORK]


def test_the_typical_item_has_the_middle_lead_time() -> None:
    [candidate, _] = candidates(asked(), desk())
    found = trace_item(asked(), desk(), Running("reference"), None).traces[0].spent.sum()
    assert found == pytest.approx(np.median([*_leads(candidate).values()]), rel=0.1)


def _leads(candidate: Candidate) -> dict[int, int]:
    """Lead times of the items done in the window, by number."""
    visits = simulate(candidate.model, seed=7, replication=0, engine="reference").visits
    since, until = candidate.yardstick.window
    found = {}
    for item in range(int(visits.item.max()) + 1):
        ends = visits.finished[visits.item == item]
        if ends.min() > 0 and since <= ends.max() < until:
            found[item] = int(ends.max() - visits.enabled[visits.item == item].min())
    return found


def test_a_sentence_says_what_it_no_longer_waits_for(traced: Traced) -> None:
    [said] = say_traced(traced)
    assert said.startswith(f"Item {traced.number} of letter takes ")
    assert " less “waiting for somebody to be free”. How usual that is: " in said


def test_of_all_items_those_that_fare_alike_are_counted(traced: Traced) -> None:
    [usual] = traced.usual
    lead = [_leads(candidate) for candidate in candidates(asked(), desk())]
    both = list(lead[0].keys() & lead[1].keys())
    sooner = [number for number in both if lead[1][number] < lead[0][number]]
    assert (usual.items, usual.items_alike, usual.twins) == (len(both), len(sooner), 0)


def test_over_an_ensemble_the_same_item_is_looked_at_in_every_twin() -> None:
    found = trace_item(asked(), desk(), Running("reference"), None, paced(desk(), *PACE))
    [usual], [said] = found.usual, say_traced(found)
    assert 0 <= usual.twins_alike <= usual.twins <= len(PACE)
    assert said.endswith(f"in {usual.twins_alike} of the {usual.twins} twins of the ensemble in which it is done.")


def test_visits_to_the_same_stage_stand_beside_each_other(traced: Traced) -> None:
    table = trace_table(traced)
    assert [row[:2] for row in table.rows] == [
        ("answer", "baseline"), ("answer", "one more clerk"), ("sign", "baseline"), ("sign", "one more clerk"),
    ]  # fmt: skip


def test_an_item_of_another_demand_is_said_to_be_another_item() -> None:
    more = asked(busier=[{"scale": "work.letter.arrivals.rate", "by": 1.05}])
    [said] = say_traced(trace_item(more, desk(), Running("reference"), 100))
    assert said == "Item 100 of letter comes at another time with busier, so it is another item and cannot be compared."


def test_an_item_that_is_not_done_in_time_is_told_with_those_that_are() -> None:
    with pytest.raises(InputError, match="item 0 of letter is not done within the window in every scenario; done are "):
        trace_item(asked(), desk(), Running("reference"), 0)


def test_explain_follows_an_item_when_asked(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = project(tmp_path)  # type: ignore[arg-type]
    monkeypatch.chdir(folder)
    (folder / "decide.yaml").write_text(SCENARIO)
    said = call("explain", "decide.yaml", "--item", "typical", "--engine", "reference")
    assert (said.code, "visit by visit" in said.out, "- Item " in said.out) == (0, True, True)
    assert (
        call("explain", "decide.yaml", "--item", "first").err == "--item: 'first' is neither a number nor 'typical'\n"
    )
