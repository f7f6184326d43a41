"""A scenario says what changes, in the words of the twin's file, and is told what it got wrong."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from twin.arithmetic import added, multiplied
from twin.changes import Change, Changes
from twin.errors import InputError
from twin.marks import Document
from twin.paths import parse_path, written
from twin.project import load_twin
from twin.scenario import Experiment, apply, difference, full_form, phases
from twin.spec import Twin
from twin.units import parse_duration
from twin.validation import validate

PAYMENTS = load_twin(Path(__file__).parents[2] / "scenarios/payments/twin.yaml")
CASES = Twin.model_validate(
    {
        "twin": "Cases",
        "clock": {"starts": "2026-03-28", "zone": "Europe/Berlin"},
        "teams": {"desk": {"people": [{"count": 2}, {"count": 1, "available": "50 %"}]}, "experts": {"people": 1}},
        "stages": {"v1.2": {"team": "desk"}, "assess": {"team": "experts", "wip_limit": 3}},
        "work": {
            "case": {
                "arrivals": {"kind": "renewal", "gap": "8 h"},
                "route": {
                    "start": {"v1.2": 1},
                    "next": {"v1.2": {"assess": 1}, "assess": {"v1.2": "10 %", "done": "90 %"}},
                    "efforts": {"v1.2": "1 h", "assess": {"kind": "by_team", "teams": {"experts": "2 h"}}},
                    "delays": {"v1.2 > assess": "1 d"},
                },
            }
        },
        "handoffs": [{"from": "desk", "to": "experts", "delay": "4 h"}],
    }
)


def changes(*raw: dict[str, Any]) -> Changes:
    return TypeAdapter(tuple[Change, ...]).validate_python(list(raw))


def changed(twin: Twin, *raw: dict[str, Any]) -> tuple[str, ...]:
    return difference(twin, apply(twin, changes(*raw)))


def refusal(twin: Twin, *raw: dict[str, Any]) -> str:
    with pytest.raises(InputError) as caught:
        phases(twin, changes(*raw), at="scenarios.x")
    return str(caught.value)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"add": 1, "to": "teams.reviewers.people"}, "teams.reviewers.people: 2 → 3"),
        ({"add": -1, "to": "teams.reviewers.people"}, "teams.reviewers.people: 2 → 1"),
        ({"add": "-10 %", "to": "teams.developers.available"}, "teams.developers.available: 70 % → 60 %"),
        ({"add": "5 EUR/h", "to": "teams.developers.cost"}, "teams.developers.cost: 95 EUR/h → 100 EUR/h"),
        ({"add": "1 / day", "to": "work.feature.arrivals.rate"}, "work.feature.arrivals.rate: 6 / week → 13 / week"),
        ({"scale": "work.feature.arrivals", "by": "150 %"}, "work.feature.arrivals.rate: 6 / week → 9 / week"),
        ({"scale": "work.feature.steps.build.effort", "by": 0.5}, "work.feature.steps.build.effort.mean: 20 h → 10 h"),
        ({"scale": "teams.developers.people", "by": 1.5}, "teams.developers.people: 8 → 12"),
        ({"scale": "teams.developers.available", "by": 0.5}, "teams.developers.available: 70 % → 35 %"),
        ({"set": "stages.review.wip_limit", "to": 4}, "stages.review.wip_limit: none → 4"),
        ({"remove": "stages.build.wip_limit"}, "stages.build.wip_limit: 12 → none"),
        ({"set": "work.feature.sla.share", "to": "9 %"}, "work.feature.sla.share: 85 % → 9 %"),
        ({"set": "work.feature.steps.1.rework.limit", "to": 2}, "work.feature.steps.review.rework.limit: none → 2"),
        ({"set": "teams.reviewers.queue", "to": "fifo"}, "teams.reviewers.queue: priority → fifo"),
    ],
)  # fmt: skip
def test_a_change_does_what_it_says_and_nothing_else(change: dict[str, Any], line: str) -> None:
    assert changed(PAYMENTS, change) == (line,)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"set": 'stages."v1.2".wip_limit', "to": 5}, 'stages."v1.2".wip_limit: none → 5'),
        (
            {"scale": 'work.case.route.delays."v1.2 > assess"', "by": 0.5},
            'work.case.route.delays."v1.2 > assess".time.value: 24 h → 12 h',
        ),
        ({"add": "2 h", "to": "handoffs.desk > experts.delay"}, "handoffs.desk > experts.delay.time.value: 4 h → 6 h"),
        ({"scale": "work.case.arrivals", "by": 2}, "work.case.arrivals.gap.value: 8 h → 4 h"),
        (
            {"scale": "work.case.route.efforts.assess", "by": 2},
            "work.case.route.efforts.assess.teams.experts.value: 2 h → 4 h",
        ),
        ({"add": 1, "to": "teams.desk.people"}, "teams.desk.people.0.count: 2 → 3"),
        (
            {"add": "30 min", "to": 'work.case.route.efforts."v1.2"'},
            'work.case.route.efforts."v1.2".value: 1 h → 1.5 h',
        ),
    ],
)
def test_names_with_dots_routes_groups_and_handoffs_are_reached(change: dict[str, Any], line: str) -> None:
    assert changed(CASES, change) == (line,)


def test_a_share_that_no_short_percentage_writes_is_a_share_all_the_same() -> None:
    measured = apply(PAYMENTS, changes({"set": "teams.reviewers.available", "to": 0.901384123456}))
    less = apply(measured, changes({"add": "-50 %", "to": "teams.reviewers.available"}))
    assert less.teams["reviewers"].available == pytest.approx(0.401384123456, abs=1e-12)


def test_an_entry_joins_a_list() -> None:
    lines = changed(CASES, {"add": {"from": "experts", "to": "desk", "delay": "1 h"}, "to": "handoffs"})
    assert lines[0].startswith("handoffs.experts > desk: none → {from: experts")


def test_two_teams_become_one_although_the_way_there_is_no_twin() -> None:
    lines = changed(
        PAYMENTS,
        {"remove": "teams.reviewers"},
        {"add": 2, "to": "teams.developers.people"},
        {"set": ["stages.build.team", "stages.review.team"], "to": "developers"},
    )
    assert [line.split(" → ")[0].split(", queue")[0] for line in lines] == [
        "teams.developers.people: 8",
        "teams.reviewers: {people: 2, calendar: office, available: 50 %",
        "stages.review.team: reviewers",
    ]


def test_no_change_gives_the_very_twin() -> None:
    assert apply(PAYMENTS, []) is PAYMENTS


@pytest.mark.parametrize("twin", [PAYMENTS, CASES])
def test_a_change_leaves_the_base_and_all_other_parts_alone(twin: Twin) -> None:
    before = full_form(twin)
    name = next(iter(twin.teams))
    again = apply(twin, changes({"set": f"teams.{name}.queue", "to": twin.teams[name].queue}))
    assert (again, full_form(twin)) == (twin, before)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"set": "teams.reviewer.people", "to": 3}, "Did you mean teams.reviewers.people?"),
        ({"add": 1, "to": "reviewers.people"}, "Did you mean teams.reviewers.people?"),
        ({"set": "stages.review.wip_limt", "to": 3}, "Did you mean 'wip_limit'?"),
        ({"scale": "work.build.effort.mean", "by": 2}, "Did you mean work.feature.steps.build.effort.mean?"),
        ({"add": 1, "to": "stages.review.wip_limit"}, "does not exist. stages.review holds team"),
        ({"set": "work.feature.steps.build.delay.time", "to": "2 h"}, "work.feature.steps.build.delay does not exist"),
        ({"scale": "teams.developers.people", "by": 1.1}, "expected a whole number or a list, got 8.8"),
        ({"add": 5, "to": "teams.developers.calendar"}, "teams.developers.calendar: '5' cannot be added to 'office'"),
        ({"add": "5 USD/h", "to": "teams.developers.cost"}, "another currency"),
        ({"add": "5 %", "to": "work.feature.arrivals.rate"}, "'5 %' is not a rate"),
        ({"add": "40 %", "to": "teams.developers.available"}, "'110 %' is not between 0 % and 100 %"),
        ({"scale": "teams.developers.calendar", "by": 2}, "'office' is not a quantity that can be scaled"),
        ({"scale": "teams.developers", "by": 2}, "it holds several values; scale one of them"),
        ({"add": "2 h", "to": "work.feature.steps.build.effort"}, "cannot be added to a lognormal of several values"),
        ({"scale": "work.feature.steps.build.effort", "by": 1e-9}, "above 0"),
        ({"remove": "teams.developers.people"}, "teams.developers.people: is required, but missing"),
        ({"remove": "teams.reviewers"}, "'reviewers' is not a team of this twin"),
        ({"set": "teams.qa", "to": {"people": 2, "calendar": "ofice"}}, "Did you mean 'office'?"),
        ({"set": "work.feature.steps.9.stage", "to": "build"}, "work.feature.steps.9.stage does not exist"),
    ],
)  # fmt: skip
def test_a_change_that_does_not_fit_names_its_place_and_the_nearest(change: dict[str, Any], message: str) -> None:
    told = refusal(PAYMENTS, change)
    assert told.startswith("scenarios.x.0: ")
    assert message in told


def test_every_wrong_path_is_told_at_once() -> None:
    told = refusal(PAYMENTS, {"remove": "teams.a"}, {"add": 1, "to": "teams.developers.people"}, {"remove": "stages.b"})
    assert [line.split(":")[0] for line in told.splitlines()] == ["scenarios.x.0", "scenarios.x.2"]


def test_the_change_that_broke_the_twin_is_blamed() -> None:
    told = refusal(
        PAYMENTS,
        {"add": 1, "to": "teams.developers.people"},
        {"set": "work.feature.steps.review.rework.chance", "to": "120 %"},
        {"add": 1, "to": "teams.reviewers.people"},
    )
    assert told.startswith("scenarios.x.1: work.feature.steps.1.rework.chance: '120 %' is not between")


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"set": "a.b"}, "is required, but missing"),
        ({"add": 1}, "is required, but missing"),
        ({"sett": "a.b", "to": 1}, "a change has one of set, add, remove, scale"),
        ({"set": "a", "add": 1, "to": "b"}, "a change has one of set, add, remove, scale"),
        ("faster", "a change has one of set, add, remove, scale"),
        ({"set": "a..b", "to": 1}, "is not a path"),
        ({"set": 'a."b', "to": 1}, "is not a path"),
        ({"remove": []}, "at least 1 entry"),
        ({"scale": "a.b", "by": 0}, "0 is not a factor"),
        ({"scale": "a.b", "by": "half"}, "'half' is not a factor"),
        ({"scale": "a.b", "by": True}, "True is not a factor"),
        ({"add": True, "to": "a.b"}, "True cannot be added"),
        ({"remove": "a.b", "from": "soon"}, "'soon' is not a date"),
        ({"remove": "a.b", "form": "2026-01-05"}, "Did you mean 'from'?"),
    ],
)
def test_a_change_is_written_in_one_of_four_ways(raw: Any, message: str) -> None:
    assert message in experiment_refusal({"scenarios": {"x": [raw]}})


# --- dates ------------------------------------------------------------------------------------------------------------


def test_dated_changes_hold_from_their_date_on_top_of_those_before() -> None:
    first, later = phases(
        CASES,
        changes(
            {"add": 1, "to": "teams.experts.people", "from": "2026-06-01"},
            {"set": "stages.assess.wip_limit", "to": 5},
            {"add": 1, "to": "teams.experts.people", "from": "2026-05-01T09:00+00:00"},
        ),
    )
    people = [(instant, twin.teams["experts"].people, twin.stages["assess"].wip_limit) for instant, twin in later]
    assert (first.teams["experts"].people, first.stages["assess"].wip_limit) == (1, 5)
    assert people == [(datetime(2026, 5, 1, 9, tzinfo=UTC), 2, 5), (datetime(2026, 5, 31, 22, tzinfo=UTC), 3, 5)]


def test_a_date_is_local_in_the_zone_of_the_twin_across_a_change_of_clocks() -> None:
    _, later = phases(CASES, changes({"remove": "stages.assess.wip_limit", "from": "2026-03-30"}))
    assert later[0][0] == datetime(2026, 3, 29, 22, tzinfo=UTC)


def test_changes_of_one_date_make_one_phase() -> None:
    _, later = phases(
        PAYMENTS,
        changes(
            {"remove": "teams.reviewers", "from": "2026-02-01"},
            {"set": "stages.review.team", "to": "developers", "from": "2026-02-01"},
        ),
    )
    assert len(later) == 1


def test_a_date_before_the_start_is_refused() -> None:
    told = refusal(PAYMENTS, {"add": 1, "to": "teams.reviewers.people", "from": "2026-01-04"})
    assert told == "scenarios.x.0.from: lies before the twin's start, 2026-01-05"


# --- laws -------------------------------------------------------------------------------------------------------------


@given(st.lists(st.text(min_size=1, max_size=8).filter(lambda name: name.isprintable()), min_size=1, max_size=4))
def test_a_path_is_read_back_as_it_was_written(names: list[str]) -> None:
    assert parse_path(written(tuple(names))) == tuple(names)


@given(st.integers(1, 10**6), st.integers(-(10**6), 10**6))
def test_durations_of_different_units_add_up_to_the_millisecond(base: int, more: int) -> None:
    assert parse_duration(added(f"{base} min", f"{more} ms")) == base * 60_000 + more


@given(st.sampled_from([0.5, 2.0, 4.0, 0.25]))
def test_scaling_and_scaling_back_is_no_change(factor: float) -> None:
    effort = full_form(PAYMENTS)["work"]["feature"]["steps"][0]["effort"]
    assert multiplied(multiplied(effort, factor), 1 / factor) == effort


def test_a_difference_is_none_only_between_equals() -> None:
    assert difference(PAYMENTS, PAYMENTS) == ()
    assert difference(PAYMENTS, CASES) != ()


def test_another_order_of_steps_is_a_difference() -> None:
    steps = full_form(PAYMENTS)["work"]["feature"]["steps"]
    steps = [steps[1] | {"rework": {"chance": "22 %", "back_to": "review"}}, steps[0]]
    assert "work.feature.steps: another order, review, build" in changed(
        PAYMENTS, {"set": "work.feature.steps", "to": steps}
    )


# --- experiments ------------------------------------------------------------------------------------------------------

GOOD: dict[str, Any] = {
    "question": "Which?",
    "base": "twin.yaml",
    "scenarios": {"same": []},
    "run": {"length": "52 w"},
    "answer": {"metric": "lead_time", "better": "lower", "worth": "8 h"},
}


def experiment(raw: dict[str, Any]) -> Experiment:
    return validate(Experiment, Document(GOOD | raw, {}, "s.yaml"))


def experiment_refusal(raw: dict[str, Any]) -> str:
    with pytest.raises(InputError) as caught:
        experiment(raw)
    return str(caught.value)


def test_what_is_left_out_has_a_stated_default() -> None:
    run = experiment({}).run
    assert (run.warm_up, run.replications, run.seed, run.precision) == (0, "auto", 1, None)


@pytest.mark.parametrize("missing", ["question", "base", "scenarios", "run", "answer"])
def test_a_scenario_file_is_a_question_and_asks_it_in_full(missing: str) -> None:
    with pytest.raises(InputError, match=f"{missing}: is required, but missing"):
        validate(Experiment, Document({k: v for k, v in GOOD.items() if k != missing}, {}, "s.yaml"))


def test_what_a_difference_must_be_worth_is_required() -> None:
    assert "answer.worth: is required" in experiment_refusal({"answer": {"metric": "wip", "better": "lower"}})


@pytest.mark.parametrize(
    ("metric", "worth", "units"),
    [
        ("lead_time", "90 min", 1.5),
        ("throughput", "1 / day", 7.0),
        ("wip", 2, 2.0),
        ("utilisation", "5 %", 0.05),
        ("sla_share", 0.05, 0.05),
        ("flow_efficiency", "1 %", 0.01),
        ("cost_per_item", "50 EUR", 50.0),
        ("cost_per_item", 50, 50.0),
        ("cost_per_item", "50 EUR/item", 50.0),
        ("total_cost", "2000 EUR / week", 2000.0),
        ("delay_cost", "2000 EUR", 2000.0),
        ("cost_efficiency", "5 %", 0.05),
    ],
)
def test_worth_is_read_in_the_units_of_its_metric(metric: str, worth: Any, units: float) -> None:
    answer = {"metric": metric, "better": "lower", "worth": worth}
    assert experiment({"answer": answer}).answer.worth_in_units == pytest.approx(units)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"worth": "5 %"}, "'5 %' is not a duration"),
        ({"worth": 8}, "8 is not a duration"),
        ({"worth": "0 h"}, "worth must be above 0"),
        ({"metric": "wip", "worth": "2 h"}, "'2 h' is not a number of items"),
        ({"metric": "cost_per_item", "worth": "fifty"}, "'fifty' is not an amount"),
        ({"metric": "running_cost", "worth": "50 EUR / item"}, "'50 EUR / item' is not per week"),
        ({"metric": "total_cost", "worth": 50, "work": "feature"}, "total_cost is of all work together"),
        ({"metric": "throughput", "worth": "1 / day", "statistic": "p85"}, "throughput has no p85"),
        ({"metric": "leadtime"}, "Did you mean 'lead_time'?"),
        ({"better": "more"}, "'more' is not known"),
        ({"team": "developers"}, "lead_time is not of a team"),
        ({"metric": "utilisation", "worth": "5 %", "work": "feature"}, "utilisation is not of a work type"),
    ],
)
def test_an_answer_that_makes_no_sense_is_refused(answer: dict[str, Any], message: str) -> None:
    assert message in experiment_refusal({"answer": GOOD["answer"] | answer})


@pytest.mark.parametrize(
    ("run", "message"),
    [
        ({"seed": -1}, "greater than or equal to 0"),
        ({"seed": 2**70}, "less than or equal to 18446744073709551615"),
        ({"seed": "abc"}, "expected a whole number, got 'abc'"),
        ({"replications": 1}, "greater than or equal to 2"),
        ({"replications": 10**9}, "less than or equal to 100000"),
        ({"replications": "many"}, "auto"),
        ({"length": "0 h"}, "length must be above 0"),
        ({"length": 52}, "52 is not a duration"),
        ({"length": "52000000 w"}, "too long; at most 200 years"),
        ({"warm_up": "-1 w"}, "at least 0"),
        ({"precision": "5 %"}, "run.precision: '5 %' is not a duration"),
        ({"precision": "0 h"}, "run.precision: must be above 0"),
    ],
)
def test_run_settings_out_of_bounds_are_refused(run: dict[str, Any], message: str) -> None:
    assert message in experiment_refusal({"run": {"length": "52 w"} | run})


def test_precision_is_in_the_units_of_worth() -> None:
    assert experiment({"run": {"length": "52 w", "precision": "2 h"}}).precision == 2.0


@pytest.mark.parametrize("name", ["../../x", "<b>", "🙂", "=1+1", "\u202eabc"])
def test_a_scenario_may_be_called_anything(name: str) -> None:
    assert list(experiment({"scenarios": {name: []}}).scenarios) == [name]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "at least 1 character"),
        ("x" * 10_000, "at most 120 characters"),
        ("a\nb", "pattern"),
        ("Baseline", "always runs"),
    ],
)
def test_a_scenario_name_is_short_on_one_line_and_not_the_baseline(name: str, message: str) -> None:
    assert message in experiment_refusal({"scenarios": {name: []}})


def test_there_is_at_least_one_scenario() -> None:
    assert "missing or empty" in experiment_refusal({"scenarios": {}})


def test_a_changed_share_takes_from_the_others_in_proportion() -> None:
    twin = apply(
        CASES,
        changes(
            {"set": "work.case.route.next.assess", "to": {"v1.2": 0.2, "assess": 0.2, "done": 0.6}},
            {"scale": 'work.case.route.next.assess."v1.2"', "by": 0.5},
        ),
    )
    route = twin.work["case"].route
    assert route is not None
    assert route.next["assess"] == pytest.approx({"v1.2": 0.1, "assess": 0.225, "done": 0.675})


def test_a_removed_share_goes_to_the_others() -> None:
    route = apply(CASES, changes({"remove": 'work.case.route.next.assess."v1.2"'})).work["case"].route
    assert route is not None
    assert route.next["assess"] == {"done": 1.0}


def test_the_only_share_cannot_shrink() -> None:
    assert "no other share is left" in refusal(CASES, {"scale": 'work.case.route.start."v1.2"', "by": 0.5})


@given(st.floats(0.01, 9))
def test_shares_stay_whole_whatever_the_factor(factor: float) -> None:
    route = apply(CASES, changes({"scale": 'work.case.route.next.assess."v1.2"', "by": factor})).work["case"].route
    assert route is not None
    assert sum(route.next["assess"].values()) == pytest.approx(1, abs=1e-9)


def test_a_star_means_every_part_of_that_form() -> None:
    assert changed(PAYMENTS, {"add": 1, "to": "teams.*ers.people"}) == (
        "teams.developers.people: 8 → 9",
        "teams.reviewers.people: 2 → 3",
    )


def test_a_star_that_means_nothing_is_refused() -> None:
    assert "teams.x*.people matches nothing" in refusal(PAYMENTS, {"add": 1, "to": "teams.x*.people"})
