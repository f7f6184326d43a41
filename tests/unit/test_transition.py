"""The way from a dated change: a series made by hand, and a newcomer who is slow at first."""

import json
from datetime import timedelta

import altair as alt
import numpy as np
import pytest
from questions import question
from tiny import START, twin, work

from twin.compare import compare_results
from twin.decide.explaining import explain, told_of_explanation
from twin.decide.transition import Transition, Weeks, between, first_date, transition, transitions
from twin.decide.transition_telling import say_transition, transition_cautions, transition_chart, transition_numbers
from twin.decide.trials import Running
from twin.experiment import Results, run_experiment
from twin.report import Provenance, comparison_sections
from twin.results_file import results_json
from twin.spec import Twin
from twin.units import WEEK

# Summed up -2, -6, -8, -8, -6, -4, 0, 4, 8, 12, 16, 20: at its lowest in the third week, above 0 from the eighth on.
GAINS = [-2, -4, -2, 0, 2, 2, 4, 4, 4, 4, 4, 4]
HALF = 4.302652729696142 / np.sqrt(3)  # of the t interval of three values with a spread of 1


def by_hand(*gains: float, spread: float = 1) -> Transition:
    """Three replications, of which one gains more and one less in every week."""
    around = np.array(gains)[None, :] + spread * np.array([-1, 0, 1])[:, None]
    return transition("hire", "items done", "items/week", around)


def ends(of: object) -> list[float]:
    return [getattr(of, name) for name in ("low", "value", "high")]


def test_the_dip_is_the_lowest_smoothed_week_before_the_turn() -> None:
    found = by_hand(*GAINS)
    # The first week is smoothed with the two after it, the second with three others: -8 / 3, -8 / 4, -6 / 5.
    assert (found.dip_week, ends(found.dip)) == (1, pytest.approx([-8 / 3 - HALF, -8 / 3, -8 / 3 + HALF]))


def test_break_even_is_the_week_from_which_the_sum_stays_above_nothing() -> None:
    # The upper end is the sum + 2.48 for every week: -0.55 in the third, +1.94 in the fourth. The lower never is above.
    assert by_hand(*GAINS).break_even == (8, 4, None)


def test_the_new_level_is_that_of_the_last_third() -> None:
    assert ends(by_hand(*GAINS).level) == pytest.approx([4 - HALF, 4, 4 + HALF])


def test_a_gain_that_still_grows_at_the_end_is_no_level_and_says_so() -> None:
    """Over the last four of twelve weeks it gains 9, 10, 11 and 12."""
    grown = by_hand(*range(1, 13))
    assert grown.drift.value == 2
    assert any("still moves over the last 4 weeks" in line for line in transition_cautions((grown,)))
    assert not any("still moves" in line for line in transition_cautions((by_hand(*GAINS),)))


def test_a_break_even_without_costs_is_said_to_be_in_items_alone() -> None:
    told = transition_cautions((by_hand(*GAINS),))
    assert told[-1].startswith("hire: what it costs is not known")
    assert not transition_cautions((by_hand(*GAINS)._replace(measure="total cost"), by_hand(*GAINS)))


@pytest.mark.parametrize(
    ("gains", "break_even", "dip_week"),
    [
        ([1] * 9, (1, 1, 1), None),  # it pays from the first week on
        ([0, 0, 0, 1, 1, 1, 1, 1, 1], (4, 4, 4), None),  # nothing happens at first
        ([-1] * 9, (None, None, None), 1),
        ([2, -3, 2, 2, -9, 3, 3, 3, 0], (8, 8, 8), 3),  # above 0 at first, but not for good; the third week is -6 / 5
    ],
)
def test_series_without_noise(gains: list[float], break_even: tuple[int | None, ...], dip_week: int | None) -> None:
    found = by_hand(*gains, spread=0)
    assert (tuple(found.break_even), found.dip_week) == (break_even, dip_week)


def test_what_never_differs_is_told_as_such() -> None:
    assert say_transition(by_hand(*[0] * 9, spread=0)).endswith("no week differs in any pair.")


def test_what_is_not_reached_is_told_with_the_weeks_seen() -> None:
    told = say_transition(by_hand(*[-3] * 9))
    assert "break-even is not reached within 9 weeks" in told
    assert "break-even is in week 8 (week 4 to not reached within 12 weeks)" in say_transition(by_hand(*GAINS))


def test_weeks_count_from_the_change_and_say_so_where_it_came_before_them() -> None:
    weeks = Weeks((), np.zeros((2, 20, 3)))
    window = (10 * WEEK, 30 * WEEK)
    later, earlier = (between("x", weeks, weeks, at=at * WEEK, window=window) for at in (12, 7))
    assert [(way.weeks, way.late) for way in (*later, *earlier)] == [(18, 0), (20, 3)]


def test_too_few_weeks_after_a_change_say_nothing() -> None:
    weeks = Weeks((), np.zeros((2, 20, 3)))
    assert not [*between("x", weeks, weeks, at=15 * WEEK, window=(0, 20 * WEEK))]


# --- a twin -----------------------------------------------------------------------------------------------------------

JOINS = (START + timedelta(weeks=6)).isoformat()
SLOW = {"from": "5 %", "over": "16 w"}


def overloaded() -> Twin:
    """Two clerks who cost 10 EUR/h each and cannot cope; an item inside costs 100 EUR a week."""
    letter = work(
        {"kind": "poisson", "rate": "45 / week"},
        {"stage": "answer", "effort": {"kind": "exponential", "mean": "8 h"}},
        cost_of_delay="100 EUR / week",
    )
    return twin({"clerks": {"people": 2, "cost": "10 EUR/h"}}, {"answer": "clerks"}, {"letter": letter})


def hired(**newcomer: object) -> list[dict[str, object]]:
    return [{"set": "teams.clerks.people", "to": [{"count": 2}, {"count": 1, "joins": JOINS, **newcomer}]}]


@pytest.fixture(scope="module")
def results() -> Results:
    scenarios = {"slow at first": hired(ramp_up=SLOW), "at full speed": hired(), "three from the start": [
        {"set": "teams.clerks.people", "to": 3}
    ]}  # fmt: skip
    asked = question(scenarios=scenarios, run={"warm_up": "4 w", "length": "30 w", "replications": 5})
    return run_experiment(asked, overloaded(), engine="reference")


def test_only_scenarios_with_a_date_have_a_way(results: Results) -> None:
    named = [(way.scenario, way.measure, way.weeks) for way in transitions(results)]
    assert named == [
        (name, measure, 28) for name in ("slow at first", "at full speed") for measure in ("total cost", "items done")
    ]


def test_a_newcomer_costs_at_first_and_pays_later_the_longer_they_take_to_learn(results: Results) -> None:
    slow, full = (way for way in transitions(results) if way.measure == "total cost")
    assert slow.dip is not None
    assert slow.dip.high is not None
    assert slow.level.low is not None
    assert slow.dip.high < 0 < slow.level.low
    assert (full.break_even.week or 99) < (slow.break_even.week or 0)
    assert slow.dip.value >= -168 * 10  # whoever comes costs no more than their hours


def test_the_date_of_who_joins_is_that_of_the_change(results: Results) -> None:
    base, slow = (run.candidate for run in results.runs[:2])
    assert first_date(base.twin, slow.twin, slow.changes) == 6 * WEEK


def test_explanations_tell_the_same_way_and_its_chart_is_whole(results: Results) -> None:
    asked = results.experiment
    asked = asked.model_copy(update={"scenarios": {"slow at first": asked.scenarios["slow at first"]}})
    found = explain(asked, overloaded(), Running("reference"), growth=0.1)
    assert str(found.ways) == str(transitions(results)[:2])
    assert say_transition(found.ways[0]) in told_of_explanation(found).answers
    chart = transition_chart(found.ways, "n = 5")
    assert chart is not None
    alt.Chart.from_dict(dict(chart.spec))


def test_results_and_report_hold_the_way_with_one_chart(results: Results) -> None:
    ways, compared = transitions(results), compare_results(results)
    kept = json.loads(results_json(results, compared, [transition_numbers(way) for way in ways]))["transitions"]
    assert [(way["scenario"], way["break_even"]["week"]) for way in kept] == [
        (way.scenario, way.break_even.week) for way in ways
    ]
    origin = Provenance("twin run", START, START, "1", {}, "here", {}, seed=7, semantics=1)
    found = [each for each in comparison_sections(results, compared, provenance=origin) if "way there" in each.title]
    assert [part.kind for each in found for part in each.body] == ["chart", "bullets", "table", "paragraph"]
