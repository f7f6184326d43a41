"""What things cost and what is promised, counted by hand in whole hours; a week of 168 EUR is an euro an hour."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter
from tiny import OFFICE, listed, run, twin, work

from twin.accrual import Items, Laid, Rule, Trail, accrued
from twin.arithmetic import added, multiplied
from twin.changes import Change
from twin.checks import findings
from twin.engine import counted
from twin.errors import InputError
from twin.metrics import measure, measure_counts, ruler
from twin.outcome import Outcome
from twin.scenario import apply
from twin.spec import Twin
from twin.units import HOUR, WEEK
from twin.value import SlaClock
from twin.yardstick import yardstick

CHANGE: TypeAdapter[Any] = TypeAdapter(Change)
PAID = {"people": 1, "cost": "60 EUR/h"}


def desk(*hours: float, team: Any = PAID, effort: str = "4 h", classes: Any = None, **more: Any) -> Twin:
    """A desk where items of 4 h come after so many hours."""
    works = {"x": work(listed(*hours), ("a", effort), **more)}
    return twin({"team": team}, {"a": "team"}, works, classes=classes or {}, calendars={"office": OFFICE})


def figures(of: Twin, *changes: tuple[float, Twin], window: tuple[int, int] = (0, WEEK)) -> dict[Any, float]:
    """Means by metric and scope, over a week."""
    outcome = run(of, *changes)
    dated = tuple((of.start.replace(hour=int(hour)), later) for hour, later in changes)
    laid = ruler(outcome.labels, yardstick(of, window=window, changes=dated))
    counts = counted(outcome, laid.window, laid.promises, laid.clocks, laid.laid)
    measured = measure_counts(counts, laid, end=outcome.ledger.end)
    named = zip(measured.figures, measured.values.tolist(), strict=True)
    return {(each.metric, each.scope): value for each, value in named if each.statistic == "mean"}


def near(value: float) -> Any:
    return pytest.approx(value, rel=1e-12)


# --- people and machines ----------------------------------------------------------------------------------------------


def test_all_hours_are_paid_and_those_at_work_are_the_efficient_ones() -> None:
    found = figures(desk(0, 0))  # 168 h, of which 8 at work
    told = [found[metric, "all"] for metric in ("running_cost", "cost_per_item", "cost_efficiency")]
    assert told == [near(168 * 60), near(168 * 60 / 2), near(8 / 168)]


def test_people_of_a_group_cost_what_their_group_says() -> None:
    team = {"people": [{"count": 1, "cost": "100 EUR/h"}, {"count": 2}], "cost": "60 EUR/h"}
    assert figures(desk(0, team=team))["running_cost", "team"] == near(168 * 220)


def test_people_who_are_shared_cost_what_they_say_or_what_the_team_does() -> None:
    teams = {"one": {"people": 0, "cost": "60 EUR/h"}, "two": {"people": 1, "cost": "10 EUR/h"}}
    shared = [{"people": 1, "teams": {"one": 0.5, "two": 0.5}, "cost": "100 EUR/h"}]
    of = twin(teams, {"a": "one", "b": "two"}, {"x": work(listed(0), ("b", "1 h"))}, shared=shared)
    found = figures(of)
    assert found["running_cost", "all"] == near(168 * 10 + 168 * 100)  # seven days, dealt out to one and two


def test_a_machine_costs_by_the_visit_and_hours_of_nobody() -> None:
    step = {"stage": "a", "effort": "4 h", "automation": {"share": 1.0, "effort": "1 h", "cost": "2.5 EUR"}}
    of = twin({"team": PAID}, {"a": "team"}, {"x": work(listed(0, 0, 0, 167.5), step)})
    found = figures(of)  # the last one is not finished inside the week
    told = found["running_cost", "a automation"], found["running_cost", "all"], found["cost_per_item", "all"]
    assert told == (near(7.5), near(168 * 60 + 7.5), near((168 * 60 + 7.5) / 3))


def test_a_team_without_cost_leaves_no_cost_of_all() -> None:
    of = twin({"one": PAID, "two": 1}, {"a": "one", "b": "two"}, {"x": work(listed(0), ("a", "1 h"), ("b", "1 h"))})
    metrics = {key for key in figures(of) if "cost" in key[0]}
    assert metrics == {("cost_per_item", "one"), ("running_cost", "one"), ("cost_efficiency", "one")}


def test_where_nothing_costs_anything_there_are_no_figures_of_money() -> None:
    assert not [key for key in figures(desk(0, team=1)) if "cost" in key[0]]


# --- delay ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"cost_of_delay": "168 EUR / week"}, 4 + 8),
        ({"cost_of_delay": "24 EUR / day"}, 4 + 8),
        ({"cost_of_delay": {"amount": "168 EUR / week", "from": "due"}, "due": "3 h"}, 1 + 5),
        ({"cost_of_delay": {"amount": "168 EUR / week", "from": "arrival"}, "due": "3 h"}, 4 + 8),
        ({"class": "express"}, 2 * (4 + 8)),
        ({"class": "express", "cost_of_delay": "168 EUR / week"}, 4 + 8),
    ],
)
def test_delay_costs_in_a_straight_line_from_arrival_or_due_date(more: dict[str, Any], expected: float) -> None:
    classes = {"express": {"rank": 1, "cost_of_delay": "336 EUR / week"}}
    found = figures(desk(0, 0, classes=classes, **more))  # done after 4 and 8 h
    told = [found["delay_cost", "x"], found["delay_cost", "all"], found["total_cost", "all"]]
    assert told == [near(expected), near(expected), near(expected + 168 * 60)]


def test_what_is_still_inside_costs_too_and_what_was_before_the_window_does_not() -> None:
    of = desk(0, 160, effort="100 h", cost_of_delay="168 EUR / week")
    found = figures(of, window=(90 * HOUR, WEEK))  # the first is done at hour 100
    assert found["delay_cost", "all"] * 78 / 168 == near(10 + 8)


def test_a_dated_change_of_the_price_counts_from_its_date() -> None:
    once, twice = (desk(0, 0, cost_of_delay=f"{price} EUR / week") for price in (168, 336))
    assert figures(once, (5, twice))["delay_cost", "all"] == near(4 + 5 + 3 * 2)


def test_money_of_two_currencies_is_not_added() -> None:
    found = figures(desk(0, cost_of_delay="168 USD / week"))
    assert found["delay_cost", "all"] == near(4)
    assert ("total_cost", "all") not in found


def test_weeks_hold_the_total_cost_of_each() -> None:
    of = desk(0, 166, cost_of_delay="168 EUR / week")
    outcome = run(of, until=2 * WEEK)
    laid = ruler(outcome.labels, yardstick(of, window=(0, 2 * WEEK)))
    counts = counted(outcome, laid.window, laid.promises, laid.clocks, laid.laid)
    weeks = measure_counts(counts, laid, end=outcome.ledger.end).weekly
    assert weeks[:, 3].tolist() == [near(168 * 60 + 4 + 2), near(168 * 60 + 2)]


@pytest.mark.parametrize(
    ("change", "metric", "expected"),
    [
        ({"set": "teams.team.cost", "to": "70 EUR/h"}, "running_cost", 168 * 70),
        ({"scale": "teams.team.cost", "by": 0.5}, "running_cost", 168 * 30),
        ({"add": "5 EUR/h", "to": "teams.team.cost"}, "running_cost", 168 * 65),
        ({"scale": "work.x.cost_of_delay", "by": 3}, "delay_cost", 3 * 4),
        ({"add": "168 EUR / week", "to": "work.x.cost_of_delay"}, "delay_cost", 2 * 4),
        ({"set": "work.x.cost_of_delay", "to": {"amount": "168 EUR / week", "from": "due"}}, "delay_cost", 1),
    ],
)
def test_a_change_sets_scales_or_adds_to_what_things_cost(change: Any, metric: str, expected: float) -> None:
    of = apply(desk(0, cost_of_delay="168 EUR / week", due="3 h"), (CHANGE.validate_python(change),))
    assert figures(of)[metric, "all"] == near(expected)


def test_the_price_of_a_machine_is_scaled_and_added_to_as_an_amount() -> None:
    assert (multiplied("2.5 EUR", 2), added("2.5 EUR", "0.5 EUR")) == ("5 EUR", "3 EUR")


# --- clocks of promises -----------------------------------------------------------------------------------------------


def two_steps(**sla: Any) -> Twin:
    """2 h of work, then 10 h with others outside, then 3 h; done 15 h after its arrival, at hour 10."""
    steps = {"stage": "a", "effort": "2 h"}, {"stage": "b", "effort": "3 h", "delay": {"time": "10 h"}}
    works = {"x": work(listed(10), *steps, sla={"share": "85 %", **sla})}
    return twin({"one": 1, "two": 1}, {"a": "one", "b": "two"}, works, calendars={"office": OFFICE})


@pytest.mark.parametrize(
    ("sla", "hours"),
    [
        ({}, 15),
        ({"paused_while": ["external"]}, 5),
        ({"paused_at": ["b"]}, 2),  # from when it is on its way there
        ({"paused_at": ["b"], "paused_while": ["external"]}, 2),  # two reasons at once count once
        ({"paused_at": ["a", "b"]}, 0),
        ({"paused_while": ["handoff"]}, 15),
        ({"clock": "office"}, 7),  # of 10:00 to 17:00, and nothing until 01:00
        ({"clock": "office", "paused_while": ["external"]}, 2),  # 10:00 to 12:00
        ({"clock": "always", "paused_while": ["external"]}, 5),
    ],
)
def test_a_clock_runs_in_its_hours_and_stands_still_where_it_is_told(sla: dict[str, Any], hours: float) -> None:
    within, beyond = (
        figures(two_steps(**sla, lead_time=f"{limit} min"))["sla_share", "x"]
        for limit in (60 * hours, max(60 * hours - 1, 0))
    )
    assert (within, beyond) == (1, float(hours == 0))


def test_a_clock_stands_still_while_an_item_is_blocked() -> None:
    stage = {"team": "team", "blocked": {"every": "1 h", "lasting": "5 h"}}
    promise = {"lead_time": "4 h", "share": "85 %", "paused_while": ["blocked"]}
    of = twin({"team": 1}, {"a": stage}, {"x": work(listed(0), ("a", "4 h"), sla=promise)})
    outcome = run(of)
    assert outcome.waits.size > 0
    assert figures(of)["sla_share", "x"] == 1


def test_a_log_that_does_not_tell_causes_says_nothing_of_a_clock_that_needs_them() -> None:
    of = two_steps(lead_time="5 h", paused_while=["external"])
    outcome: Outcome = run(of)
    table = measure(outcome.log(), yardstick(of, window=(0, WEEK)))
    assert table.filter(table["metric"] == "sla_share")["value"].to_list() == [None, None]


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 30), st.integers(0, 30)), max_size=9), st.integers(0, 30))
def test_the_ticks_of_pauses_that_overlap_count_once(pauses: list[tuple[int, int, int]], limit: int) -> None:
    item, one, other = np.array(pauses, np.int64).reshape(-1, 3).T
    nothing = np.zeros(3, np.int64)
    items = Items(nothing.astype(np.int32), nothing, nothing + 30, nothing > 0)
    at, begin, end = np.zeros(item.size, np.int32), np.minimum(one, other), np.maximum(one, other)
    trail = Trail(item, at, at, begin, begin, end, None)
    rule = Rule(0, SlaClock(limit, None, frozenset(), frozenset()), np.array([0], np.int32))
    laid = Laid(np.array([0, 31]), at[:0], item[:0], at[:0], (rule,))
    still = [{tick for i, a, b in pauses if i == each for tick in range(min(a, b), max(a, b))} for each in range(3)]
    assert accrued(laid, items, trail, (0, 31), 2).kept.tolist() == [sum(30 - len(t) <= limit for t in still)] * 2


# --- what cannot be meant ---------------------------------------------------------------------------------------------


def told(of: Twin) -> list[str]:
    return [f"{each.path}: {each.message}" for each in findings(of)]


MACHINE = {"stage": "a", "effort": "4 h", "automation": {"share": 0.5, "effort": "1 h"}}


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        (
            twin(
                {"one": PAID, "two": 1}, {"a": "one", "b": "two"},
                {"x": work(listed(0), ("a", "1 h"), ("b", "1 h"), cost_of_delay="1 EUR / week")},
            ),
            "teams: no cost is known of two",
        ),
        (
            twin({"team": PAID}, {"a": "team"}, {"x": work(listed(0), MACHINE)}),
            "work.x.steps.a.automation: people cost something here",
        ),
        (desk(0, cost_of_delay="1 USD / week"), "teams: people cost EUR and delay USD"),
        (desk(0, cost_of_delay={"amount": "1 EUR / week", "from": "due"}), "work.x.cost_of_delay: its delay costs"),
        (
            desk(0, sla={"lead_time": "1 h", "share": 0.8, "paused_at": ["a"]}),
            "work.x.sla.paused_at: the clock stands still at every stage",
        ),
        (
            desk(0, sla={"lead_time": "2 d", "share": 0.8, "clock": "office"}),
            "work.x.sla.lead_time: 48 h of 'office', which has 40 h a week, are 1.2 weeks",
        ),
        (
            desk(0, sla={"lead_time": "2 d", "share": 0.8, "paused_while": ["blocked"]}),
            "work.x.sla.paused_while: nothing blocks this work",
        ),
    ],
)  # fmt: skip
def test_what_is_surprising_about_costs_and_clocks_is_told(of: Twin, expected: str) -> None:
    assert any(each.startswith(expected) for each in told(of))


def test_costs_and_clocks_that_make_sense_are_no_surprise() -> None:
    promise = {"lead_time": "16 h", "share": "80 %", "clock": "office"}
    assert told(desk(0, cost_of_delay="168 EUR / week", sla=promise)) == []


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: desk(0, sla={"lead_time": "1 h", "share": 0.8, "clock": "offices"}), r"work\.x\.sla\.clock"),
        (lambda: desk(0, sla={"lead_time": "1 h", "share": 0.8, "paused_at": ["b"]}), r"work\.x\.sla\.paused_at"),
        (
            lambda: twin(
                {"team": 1}, {"a": "team"},
                {name: work(listed(0), MACHINE | {"automation": {"share": 0.5, "effort": "1 h", "cost": cost}})
                 for name, cost in (("x", "1 EUR"), ("y", "2 EUR"))},
            ),
            r"costs 1 EUR a visit elsewhere",
        ),
    ],
)  # fmt: skip
def test_what_does_not_exist_or_differs_is_refused(wrong: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        wrong()
