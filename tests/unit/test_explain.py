"""Why a scenario does what it does, in words, and every picture of a decision can be drawn."""

import json

import altair as alt
import numpy as np
import pytest
from questions import CLERK, SENIOR, desk, question

from twin.compare import words_of
from twin.decide.explaining import Explanation, explain, told_of_explanation
from twin.decide.optimizing import optimize_levers
from twin.decide.pictures import place_of
from twin.decide.recommending import told_of_optimum
from twin.decide.sensitivity import Weight
from twin.decide.solving import solve_experiment, told_of_solution
from twin.decide.sweeping import run_sweep, told_of_sweep
from twin.decide.telling import Told, page_of, say_count
from twin.decide.trials import Running
from twin.decide.waiting import REPLICATIONS
from twin.engine import simulate
from twin.eventlog import NEVER
from twin.experiment import candidates
from twin.levers import Lever
from twin.units import HOUR

AWKWARD = "</script><b>\N{RIGHT-TO-LEFT OVERRIDE}a.b[0]' & sons"


@pytest.fixture(scope="module")
def explanation() -> Explanation:
    """A bundle at and beside the bottleneck, and one change alone."""
    scenarios = {"both": [SENIOR, CLERK], AWKWARD: [CLERK]}
    return explain(question(scenarios=scenarios, run={"replications": 6}), desk(), Running("reference"), growth=0.2)


def every_told() -> list[Told]:
    """Tell every kind of decision once, with an awkward name."""
    run = {"warm_up": "0 w", "length": "1 w", "replications": 3}
    scenarios = {AWKWARD: [CLERK], "senior": [SENIOR]}
    levers = {"teams.clerks.people": {"add": "0..1", "cost": 1}}
    goal = {"metric": "lead_time", "at_most": "1 d"}
    asked = question(
        scenarios=scenarios,
        sweep={"levers": {"teams.clerks.people": "2..3", "teams.seniors.people": [1, 2]}},
        optimize={"levers": levers, "weigh": ["cost"]},
        solve={"goal": goal, "tipping": {"work.letter.steps.sign.effort": "0.5 h..3 h by 0.5 h"}},
        run=run,
    )
    return [
        told_of_sweep(run_sweep(asked, desk(), Running("reference"))),
        told_of_optimum(optimize_levers(asked, desk(), Running("reference"))),
        told_of_solution(solve_experiment(asked, desk(), Running("reference"))),
        told_of_explanation(
            explain(
                asked.model_copy(update={"scenarios": question(scenarios={AWKWARD: [SENIOR, CLERK]}).scenarios}),
                desk(),
                Running("reference"),
                growth=0.1,
            )
        ),
    ]


def test_the_hours_by_cause_sum_to_the_mean_lead_time(explanation: Explanation) -> None:
    base = explanation.waits[0]
    experiment = explanation.experiment
    found = next(each for each in candidates(experiment, desk()) if each.name == base.name)
    leads = []
    for replication in range(REPLICATIONS):
        visits = simulate(found.model, seed=experiment.run.seed, replication=replication, engine="reference").visits
        done = np.full(int(visits.item.max()) + 1, np.iinfo(np.int64).max)
        np.minimum.at(done, visits.item, visits.finished)  # NEVER comes before all
        last, first = np.zeros_like(done), np.full_like(done, np.iinfo(np.int64).max)
        np.maximum.at(last, visits.item, visits.finished)
        np.minimum.at(first, visits.item, visits.enabled)
        since, until = found.yardstick.window
        counted = (done != NEVER) & (last >= since) & (last < until)
        leads += ((last - first)[counted] / HOUR).tolist()
    assert base.lead_time == pytest.approx(np.mean(leads), rel=1e-12)


def test_the_bundle_and_its_largest_part_are_told_first(explanation: Explanation) -> None:
    first = told_of_explanation(explanation).answers[0]
    assert first.startswith("both: mean lead time falls by")
    assert "comes from teams.clerks.people: 2 → 3." in first


def test_a_scenario_of_one_change_is_not_split(explanation: Explanation) -> None:
    assert [bundle.name for bundle in explanation.bundles] == ["both"]


def test_who_limits_is_told_for_the_baseline_and_every_scenario(explanation: Explanation) -> None:
    told = [line for line in told_of_explanation(explanation).answers if "busiest team" in line]
    assert told[0].startswith("As it is, the busiest team is clerks (in 6 of 6 replications)")
    assert len(told) == 3


def test_the_first_team_to_be_full_is_told(explanation: Explanation) -> None:
    last = told_of_explanation(explanation).answers[-1]
    assert last.startswith("If demand grows by 20 % a year, the first team to be full is clerks, in ")


def test_an_effect_that_cannot_be_told_has_no_parts_to_tell() -> None:
    nothing = {"scale": "work.letter.steps.sign.effort", "by": 1.0}
    asked = question(scenarios={"idle": [nothing, nothing]}, run={"replications": 2, "length": "1 w"})
    told = told_of_explanation(explain(asked, desk(), Running("reference"), growth=0.0))
    assert "so the shares of its changes cannot be told either" in told.answers[0]


def test_a_team_without_people_is_told_in_words_and_without_infinite_numbers() -> None:
    gone = [{"set": "teams.nobody", "to": {"people": 0}}, {"set": "stages.sign.teams", "to": ["seniors", "nobody"]}]
    asked = question(scenarios={"it": [*gone, {"remove": "stages.sign.team"}]}, run={"replications": 2})
    found = explain(asked, desk(), Running("reference"), growth=0.1)
    assert json.dumps(told_of_explanation(found).numbers, allow_nan=False)


def test_every_chart_obeys_the_schema_and_every_page_is_whole() -> None:
    for told in every_told():
        assert told.charts
        assert [alt.Root.validate(dict(chart.spec)) for chart in told.charts] == [None] * len(told.charts)
        page = page_of(told, title="Desk", question=AWKWARD, provenance=())
        assert "</script><b>" not in page
        assert told.basis.split(",")[0] in page.replace("\N{NO-BREAK SPACE}", " ")


def test_weights_are_drawn_in_the_unit_people_read() -> None:
    from twin.decide.pictures import weights_chart

    answer = question(scenarios={"it": []}).answer
    chart = weights_chart((Weight("a", 72.0, 12.0, 1.0),), "mu*", answer, words_of(answer))
    [[point]] = chart.spec["datasets"].values()
    assert (point["value"], words_of(answer) in chart.title) == (3.0, True)


def test_values_stand_on_an_axis_by_their_number_where_they_have_one() -> None:
    assert [place_of(Lever.model_validate(["6 h", "9 h"]), each) for each in ("6 h", "9 h")] == [6, 9]
    assert [place_of(Lever.model_validate([6, None]), each) for each in (6, None)] == [0, 1]
    assert np.isclose(place_of(Lever.model_validate("0.0..1"), 0.25), 0.25)


def test_shares_of_replications_are_told_as_counts() -> None:
    assert [say_count(share, 20) for share in (1.0, 0.85, 0.125)] == ["20 of 20", "17 of 20", "2.5 of 20"]
