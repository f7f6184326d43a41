"""One item in the baseline and in a scenario: where its time goes, visit by visit."""

import numpy as np
import pytest
from commands import SCENARIO, call, project
from questions import CLERK, desk, question

from twin.attribution import Spent
from twin.decide.tracing import Traced, say_traced, trace_item, trace_table
from twin.decide.trials import Running
from twin.engine import simulate
from twin.errors import InputError
from twin.experiment import candidates
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
    visits = simulate(candidate.model, seed=7, replication=0, engine="reference").visits
    found = trace_item(asked(), desk(), Running("reference"), None).traces[0].spent.sum()
    since, until = candidate.yardstick.window
    ends = [visits.finished[visits.item == item] for item in range(int(visits.item.max()) + 1)]
    leads = [
        int(end.max() - visits.enabled[visits.item == item].min())
        for item, end in enumerate(ends)
        if end.min() > 0 and since <= end.max() < until
    ]
    assert found == pytest.approx(np.median(leads), rel=0.1)


def test_a_sentence_says_what_it_no_longer_waits_for(traced: Traced) -> None:
    [said] = say_traced(traced)
    assert said.startswith(f"Item {traced.number} of letter takes ")
    assert said.endswith(" less “waiting for somebody to be free”.")


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
