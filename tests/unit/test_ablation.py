"""What is gained without a cause of waiting, beside what items spend on it."""

from typing import Any

import pytest
from questions import CLERK, desk, question
from tiny import twin, work

from twin.attribution import Spent
from twin.decide.ablation import Ablated, ablate, ablation_table, removal, say_ablated
from twin.decide.trials import Running, Trials
from twin.decide.waiting import Waits, waits_of
from twin.experiment import asked_values, run_experiment
from twin.scenario import apply as changed
from twin.scenario import difference
from twin.spec import Twin


def gated() -> Twin:
    """Letters are answered, wait for Monday, and are signed by a senior who is then busy for most of a day."""
    letter = work(
        {"kind": "poisson", "rate": "40 / week"},
        {"stage": "answer", "effort": {"kind": "exponential", "mean": "2 h"}},
        {"stage": "sign", "effort": {"kind": "exponential", "mean": "1 h"}},
    )
    base = twin({"clerks": 2, "seniors": 1}, {"answer": "clerks", "sign": "seniors"}, {"letter": letter})
    gate = question(scenarios={"gate": [{"set": "stages.sign.opens", "to": [{"on": "mon", "at": "09:00"}]}]})
    return changed(base, gate.scenarios["gate"])


def found_in(base: Twin) -> tuple[tuple[Ablated, ...], Waits]:
    asked = question(scenarios={"it": [CLERK]}, run={"replications": 6, "length": "8 w"})
    trials = Trials(asked, base, Running("reference"), planned=1)
    waits = waits_of(asked, base, Running("reference"))[0]
    return ablate(trials, waits, asked.answer, replications=6), waits


@pytest.fixture(scope="module")
def gate() -> tuple[tuple[Ablated, ...], Waits]:
    return found_in(gated())


def test_a_gate_that_is_removed_takes_the_queue_behind_it_away_too(gate: tuple[tuple[Ablated, ...], Waits]) -> None:
    """Items wait half a week for Monday, and then for one another, since all are let through at once."""
    first = gate[0][0]
    assert first.cause is Spent.BATCH
    assert first.spent == pytest.approx(84, rel=0.1)
    assert first.lead_time.high is not None
    assert first.lead_time.high < -first.spent


def test_the_difference_between_what_is_spent_and_what_is_gained_is_said(
    gate: tuple[tuple[Ablated, ...], Waits],
) -> None:
    said = next(say_ablated(gate[0]))
    assert said.startswith("Items spend ")
    assert said.endswith("which is more than they spend: other waiting goes with it, in queues and over nights.")


@pytest.mark.parametrize(("share", "told"), [(1.0, True), (0.9, False)])
def test_over_an_ensemble_it_is_said_where_nearly_all_twins_agree(
    gate: tuple[tuple[Ablated, ...], Waits], *, share: float, told: bool
) -> None:
    """The intervals over unlike twins may meet though every twin gains more than it spends."""
    first = gate[0][0]._replace(spent_span=(0.0, 400.0), more_in=share)
    said = next(say_ablated((first,)))
    assert said.endswith(f"So it is in {100 * share:.0f} % of the twins of the ensemble.") == told


def test_both_stand_side_by_side_in_a_table(gate: tuple[tuple[Ablated, ...], Waits]) -> None:
    found, waits = gate
    table = ablation_table(found, waits, "mean lead time", "h")
    assert [row[0] for row in table.rows] == ["batch, release or approval date", "waiting for somebody to be free"]
    assert table.columns[1:5] == ("spent on it", "of lead time", "without it", "mean lead time then")


def test_what_is_gained_is_the_paired_difference_of_the_scenario_that_removes_it(
    gate: tuple[tuple[Ablated, ...], Waits],
) -> None:
    asked = question(
        scenarios={"open": [{"set": "stages.sign.opens", "to": []}]}, run={"replications": 6, "length": "8 w"}
    )
    before, after = (asked_values(run, asked.answer) for run in run_experiment(asked, gated()).runs)
    assert gate[0][0].lead_time.effect == pytest.approx((after - before).mean())


def test_a_desk_without_gates_has_only_people_to_wait_for() -> None:
    assert [each.cause for each in found_in(desk())[0]] == [Spent.CONTENTION]


def test_nothing_is_said_where_nothing_can_be_told() -> None:
    assert list(say_ablated(())) == []


RICH: Any = {
    Spent.WIP_LIMIT: [{"set": "stages.sign.wip_limit", "to": 3}, {"set": "teams.clerks.wip_limit_per_person", "to": 2}],
    Spent.MEETING: [{"set": "teams.clerks.meetings", "to": [{"on": "mon", "at": "09:00", "lasting": "2 h"}]}],
    Spent.BATCH: [{"set": "stages.sign.batch", "to": {"size": 4}}],
    Spent.BLOCKED: [
        {"set": "stages.sign.blocked", "to": {"every": "8 h", "lasting": {"kind": "exponential", "mean": "1 d"}}}
    ],
    Spent.EXTERNAL: [{"set": "work.letter.steps.sign.delay", "to": {"time": "1 d"}}],
    Spent.HANDOFF: [{"set": "handoffs", "to": [{"from": "clerks", "to": "seniors", "delay": {"time": "1 d"}}]}],
    Spent.SWITCHING: [{"set": "teams.clerks.switching", "to": {"cost": "10 min", "between": "both"}}],
    Spent.INTERRUPTED: [
        {"set": "teams.clerks.interruptions", "to": {"every": "4 h", "lasting": {"kind": "exponential", "mean": "1 h"}}}
    ],
    Spent.SHARED: [{"set": "teams.clerks.at_once", "to": 3}, {"set": "teams.clerks.loss", "to": {2: "10 %"}}],
    Spent.OVERTAKEN: [{"set": "teams.clerks.queue", "to": "lifo"}, {"set": "teams.seniors.queue", "to": "fifo"}],
}


@pytest.mark.parametrize("cause", RICH)
def test_every_cause_that_a_twin_can_have_is_removed_and_nothing_else(cause: Spent) -> None:
    scenarios = question(scenarios={"it": RICH[cause]}).scenarios
    rich = changed(desk(), scenarios["it"])
    plain = changed(rich, removal(rich, cause))
    left = difference(plain, desk())
    assert difference(rich, plain)
    assert not left or cause is Spent.OVERTAKEN


def test_a_twin_has_no_changes_for_a_cause_it_does_not_have() -> None:
    assert [cause for cause in RICH if removal(desk(), cause)] == [Spent.OVERTAKEN]


def test_a_cause_that_hides_another_gains_less_than_it_takes() -> None:
    """Without its limit of one letter at a time, the senior's queue is longer instead."""
    limit = question(scenarios={"it": [{"set": "stages.answer.wip_limit", "to": 3}]}).scenarios["it"]
    found, _ = found_in(changed(desk(), limit))
    [cause] = [each for each in found if each.cause is Spent.WIP_LIMIT]
    said = [line for line in say_ablated(found) if "held by a WIP limit" in line]
    assert -cause.lead_time.effect < cause.spent
    assert said[0].endswith("which is less than they spend: who no longer waits for that waits for something else.")
