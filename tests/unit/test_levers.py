"""Levers: a place of a twin with the values it may have; what is wrong with them is told with file and line."""

from pathlib import Path
from typing import Any

import pytest
from commands import project
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from twin.decisions import Grid, Morris, Sobol, Sweep, points_of
from twin.errors import InputError
from twin.levers import Lever, Span, changes_of, parse_number, parse_span, say_setting
from twin.project import load_experiment
from twin.scenario import apply, full_form
from twin.spec import Twin

SCENARIO = """\
question: What helps?
base: twin.yaml
run: {length: 4 w}
answer: {metric: lead_time, better: lower, worth: 1 h}
"""
MANY = "scenarios: {" + ", ".join(f"s{number}: []" for number in range(40)) + "}\n"
SWEEP = SCENARIO + "sweep:\n  levers:\n    "


def lever(written: Any) -> Lever:
    return Lever.model_validate(written)


def refusal(folder: Path, text: str) -> str:
    """Say what is wrong with a scenario file."""
    project(folder)
    (folder / "it.yaml").write_text(text)
    with pytest.raises(InputError) as caught:
        load_experiment(folder / "it.yaml", root=folder)
    return str(caught.value).replace(str(folder) + "/", "")


# --- values -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("1..5", Span(1, 5, 1, "", whole=True)),
        ("10 h..30 h by 5 h", Span(10, 30, 5, " h", whole=False)),
        ("10..30 h", Span(10, 30, None, " h", whole=False)),
        ("60 %..90 %", Span(60, 90, None, " %", whole=False)),
        ("0.5..2", Span(0.5, 2, None, "", whole=False)),
        ("6 / week..12 / week", Span(6, 12, None, " / week", whole=False)),
        ("-2..3", Span(-2, 3, 1, "", whole=True)),
    ],
)
def test_a_range_is_written_as_people_write_it(text: str, span: Span) -> None:
    assert parse_span(text) == span


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("3..1", "must rise"),
        ("2..2", "must rise"),
        ("1 h..2 d", "several units: d, h"),
        ("0..99999", "more than 1000 values"),
        ("1..5 by 0", "a step lies above 0"),
        ("1..5 by 9", "no longer than the range"),
        ("some", "is not a range"),
        ("1...5..7", "is not a range"),
        ("9" * 5000 + "..1", "is not a range"),
        ("nan..inf", "is not a range"),
    ],
)
def test_what_is_no_range_is_told(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        parse_span(text)


def test_levels_are_the_values_of_a_range_in_order() -> None:
    assert lever("10 h..20 h by 5 h").levels() == ("10 h", "15 h", "20 h")
    assert lever("0.0..1").levels(3) == (0.0, 0.5, 1.0)


@settings(deadline=None)
@given(st.floats(0, 1))
def test_a_share_of_the_way_is_a_value_of_the_range(share: float) -> None:
    for written in ("1..5", "10 h..30 h", "0.25..0.75", "1 h..9 h by 2 h"):
        span = parse_span(written)
        assert span.low <= parse_number(lever(written).at(share)) <= span.high


@settings(deadline=None)
@given(st.integers(0, 99))
def test_each_value_of_a_list_has_an_equal_part_of_the_way(number: int) -> None:
    assert lever(["a", "b", "c", "d"]).at((number + 0.5) / 100) == "abcd"[number // 25]


def test_a_lever_sets_adds_or_multiplies(tmp_path: Path) -> None:
    project(tmp_path)
    (tmp_path / "it.yaml").write_text(SWEEP + "teams.clerks.people: 1..3")
    base = load_experiment(tmp_path / "it.yaml", root=tmp_path).base
    levers = {
        "teams.clerks.people": lever("1..9"),
        "teams.seniors.people": lever({"add": "0..2"}),
        "work.letter.arrivals": lever({"by": "50 %..200 %"}),
    }
    setting = {"teams.clerks.people": 7, "teams.seniors.people": 2, "work.letter.arrivals": "150 %"}
    plain = full_form(apply(base, changes_of(levers, setting)))
    assert isinstance(base, Twin)
    assert (plain["teams"]["clerks"]["people"], plain["teams"]["seniors"]["people"]) == (7, 3)
    assert plain["work"]["letter"]["arrivals"]["rate"] == "30 / week"


def test_a_setting_is_told_without_what_adds_nothing() -> None:
    levers = {"a": lever("1..9"), "b": lever({"add": "0..2"}), "c": lever({"by": "0.5..2"})}
    assert say_setting(levers, {"a": 3, "b": 0, "c": 1.5}) == "a 3, c \N{MULTIPLICATION SIGN} 1.5"
    assert say_setting({"b": levers["b"]}, {"b": 0}) == "as it is"


# --- costs ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "value", "now", "price"),
    [
        ({"to": "1..5", "cost": 10}, 4, 2, 20),
        ({"to": "1..5", "cost": 10}, 1, 2, -10),
        ({"add": "0..3", "cost": 7}, 3, 2, 21),
        ({"by": "0.5..2", "cost": 100}, 1.5, None, 50),
        ({"by": "50 %..200 %", "cost": 100}, "150 %", None, 50),
        ({"to": ["4 h", "8 h"], "cost": [5, 0]}, "4 h", "8 h", 5),
        ("1..5", 4, 2, 0),
    ],
)
def test_a_value_costs_what_it_is_more_than_now(written: Any, value: Any, now: Any, price: float) -> None:
    assert lever(written).price(value, now) == pytest.approx(price)


def test_what_is_no_plain_number_needs_a_list_of_costs() -> None:
    with pytest.raises(ValueError, match="give cost as a list"):
        lever({"to": ["4 h", "8 h"], "cost": 5}).price("4 h", "8 h")


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ({"to": "1..3", "cost": [1, 2]}, "2 amounts for 3 values"),
        ({"to": "1..3", "by": "1..3"}, "one of to, add and by"),
    ],
)
def test_a_lever_that_contradicts_itself_is_told(written: Any, told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        lever(written)


# --- sections of a file -----------------------------------------------------------------------------------------------


def test_points_are_counted_before_they_run() -> None:
    levers = {"a": lever("1..3"), "b": lever("0.0..1")}
    designs = (Grid(kind="grid", levels=4), Morris(kind="morris", trajectories=10), Sobol(kind="sobol", base=32))
    assert [points_of(Sweep(levers=levers, design=design)) for design in designs] == [12, 30, 128]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (SWEEP + "teams.clerk.people: 1..3\n", "it.yaml:7  sweep.levers.teams.clerk.people: teams.clerk.people does"),
        (SWEEP + "teams.clerks.people: 3..1\n", "it.yaml:7  sweep.levers.teams.clerks.people"),
        (SWEEP + "teams.clerks.people: -1..3\n", "it.yaml:7  sweep.levers.teams.clerks.people: teams.clerks.people: "),
        (SWEEP + "work.letter.arrivals: {by: 0..2}\n", "it.yaml:7  sweep.levers.work.letter.arrivals: "),
        (SWEEP + "a b.: 1..3\n", "is not a path"),
        (SWEEP + "teams.clerks.people: 1..900\n    teams.seniors.people: 1..900\n", "810,000 points are too many"),
        (SWEEP + "teams.clerks.people: 1..3\n  design: {kind: sobel}\n", "it.yaml:8  sweep.design.kind: 'sobel' is"),
        (SWEEP + "teams.clerks.people: 1..3\n  effect_of: it\n", "it.yaml:8  sweep.effect_of: 'it' is not a"),
        (SCENARIO, "scenarios: is required, but missing or empty"),
        (SCENARIO + "optimize: {levers: {teams.clerks.people: 1..3}, budget: 5}\n", "no lever has a cost"),
        (
            SCENARIO
            + "optimize:\n  levers: {teams.clerks.people: 1..3}\n"
            + "  limits: [{metric: utilisation, team: x, at_most: 1}]\n",
            "it.yaml:7  optimize.limits.0.team: 'x' is not a team of the twin",
        ),
        (SCENARIO + "solve: {goal: {metric: lead_time, at_most: 2 d}}\n", "scenarios: is required"),
        (
            SCENARIO + "scenarios: {a: []}\nsolve: {goal: {metric: lead_time, at_most: 2 d}, costs: {b: 1}}\n",
            "it.yaml:6  solve.costs.b: 'b' is not a scenario here",
        ),
        (
            SCENARIO + MANY + "solve:\n  goal: {metric: lead_time, at_most: 2 d}\n  together: 3\n",
            "it.yaml:8  solve.together: 10,700 sets of 40 scenarios are too many to try",
        ),
        (SCENARIO + "scenarios: {a: []}\nsolve: {}\n", "write a goal to reach, or tipping"),
        (
            SCENARIO + "scenarios: {a: []}\nsolve: {goal: {metric: lead_time, at_most: 2 d, probability: 100 %}}\n",
            "probability lies between 50 % and 99 %",
        ),
        (SCENARIO + "scenarios: {a: []}\nsolve: {goal: {metric: lead_time}}\n", "write either at_most or at_least"),
        (SCENARIO + "scenarios: {a: []}\nsolve: {goal: {metric: lead_time, at_most: 2}}\n", "is not a duration"),
        (
            SCENARIO + "scenarios: {a: []}\nsolve:\n  tipping: {teams.clerks.people: [1, 2]}\n",
            "it.yaml:7  solve.tipping.teams.clerks.people: an assumption needs a range",
        ),
    ],
)  # fmt: skip
def test_mistakes_are_told_with_file_and_line(tmp_path: Path, text: str, told: str) -> None:
    assert told in refusal(tmp_path, text)
