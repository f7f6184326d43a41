"""A gate says what it means, at the place where it is wrong, and fails on what it says."""

import json
from pathlib import Path

import pytest
from commands import SCENARIO, TWIN, call, contents, project
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.errors import InputError
from twin.estimate import Estimate
from twin.gates import Checked, Names, parse_gates

NAMES = Names(
    ("one more clerk", "one more: or two", "a > b"), ("letter", "letter of complaint"), ("clerks", "review team")
)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("p85(lead_time) > 20 d", (None, "lead_time", "p85", "all", ">", 480.0)),
        ("  p85 ( lead_time of letter ) >= 20 h ", (None, "lead_time", "p85", "letter", ">=", 20.0)),
        ("cycle_time of letter of complaint<1 w", (None, "cycle_time", "mean", "letter of complaint", "<", 168.0)),
        ("mean(wip) <= 12.5", (None, "wip", "mean", "all", "<=", 12.5)),
        ("throughput < 6 / week", (None, "throughput", "mean", "all", "<", 6.0)),
        ("utilisation of review team > 90 %", (None, "utilisation", "mean", "review team", ">", 0.9)),
        ("utilisation of 'review team' > 90 %", (None, "utilisation", "mean", "review team", ">", 0.9)),
        ("flow_efficiency < 0.1", (None, "flow_efficiency", "mean", "all", "<", 0.1)),
        ("one more clerk: sla_share < 85 %", ("one more clerk", "sla_share", "mean", "all", "<", 0.85)),
        ("one more: or two : cost_per_item > 50 EUR", ("one more: or two", "cost_per_item", "mean", "all", ">", 50.0)),
        ("a > b: wip > 3", ("a > b", "wip", "mean", "all", ">", 3.0)),
        ("baseline: cost_per_item of clerks > 50", ("baseline", "cost_per_item", "mean", "clerks", ">", 50.0)),
    ],
)
def test_a_gate_is_read(text: str, read: tuple[str | None, str, str, str, str, float]) -> None:
    [gate] = parse_gates([text], NAMES)
    assert gate[1:] == read


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("", 1, "a figure such as p85(lead_time) or wip is missing here"),
        ("p85(lead_tme) > 20 d", 5, "Did you mean 'lead_time'?"),
        ("p85(lead_time > 20 d", 15, "a ) is missing here"),
        ("p99(lead_time) > 20 d", 1, "'p99' is not a statistic"),
        ("p85(wip) > 20", 1, "wip has no p85, only a mean"),
        ("one more clark: wip > 3", 1, "Did you mean 'one more clerk'?"),
        ("wip = 3", 5, "one of <=, >=, <, > is missing here"),
        ("wip >", 6, "a value is missing here"),
        ("wip > 3 d", 7, "'3 d' is not a number of items"),
        ("lead_time > 20", 13, "is not a duration"),
        ("sla_share < 120 %", 13, "share"),
        ("wip > 1e400", 7, "is not a number"),
        ("utilisation > 90 %", 13, "utilisation is of a team"),
        ("utilisation of clerk > 90 %", 16, "Did you mean 'clerks'?"),
        ("wip of clerks > 3", 8, "'clerks' is not a work type"),
    ],
)
def test_a_mistake_is_told_at_its_place(text: str, place: int, message: str) -> None:
    with pytest.raises(InputError) as told:
        parse_gates([text], NAMES)
    assert str(told.value).startswith(f"--fail-if, character {place}: ")
    assert message in str(told.value)
    assert str(told.value).splitlines()[-1].index("^") == 4 + place - 1


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(InputError) as told:
        parse_gates(["wip", "wip > 3", "vip > 3"], NAMES)
    assert len(told.value.problems) == 2


@settings(deadline=None)
@given(st.text(max_size=60) | st.text("p85(lead_time of letter:<>= 20 d%)", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        [gate] = parse_gates([text], NAMES)
    except InputError:
        return
    assert gate.text == text


@pytest.mark.parametrize(("bound", "close"), [("8 h", False), ("9.5 h", True), ("10.5 h", True), ("12 h", False)])
def test_a_close_call_is_told(bound: str, close: bool) -> None:  # noqa: FBT001 - a parameter
    [gate] = parse_gates([f"lead_time > {bound}"], NAMES)
    checked = Checked(gate, "one more clerk", Estimate(10.0, 0.5, 9.0, 11.0, 20), "h")
    assert (checked.is_close, checked.holds) == (close, float(bound.removesuffix(" h")) < 10)
    assert ("reaches over the bound" in str(checked)) == close


def test_what_was_never_measured_does_not_pass() -> None:
    [gate] = parse_gates(["lead_time > 1 h"], NAMES)
    checked = Checked(gate, "one more clerk", None, "h")
    assert (checked.holds, "measured in no replication" in str(checked)) == (True, True)


# --- on the command line ----------------------------------------------------------------------------------------------


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(project(tmp_path))
    return tmp_path


@pytest.mark.parametrize("verb", [("run", "more.yaml", "--out", "out"), ("compare", "more.yaml")])
@pytest.mark.usefixtures("desk")
def test_a_gate_that_fails_ends_with_5_and_names_value_and_interval(verb: tuple[str, ...]) -> None:
    said = call(*verb, "--fail-if", "lead_time > 1 min", "--fail-if", "baseline: wip > 1000")
    assert said.code == 5
    assert said.err.startswith("gate failed: one more clerk: lead_time > 1 min; it is ")
    assert " to " in said.err
    assert said.err.count("gate failed") == 1
    assert call(*verb, "--fail-if", "baseline: wip > 1000").code == 0


def test_a_run_whose_gate_fails_has_written_its_report(desk: Path) -> None:
    assert call("run", "more.yaml", "--out", "out", "--fail-if", "wip > 0", "--quiet").code == 5
    assert {"report.html", "results.json", "manifest.json"} <= contents(desk / "out").keys()


def test_a_gate_that_cannot_be_read_stops_before_the_run(desk: Path) -> None:
    before = contents(desk)
    assert call("run", "more.yaml", "--out", "out", "--fail-if", "vip > 0").code == 2
    assert contents(desk) == before


@pytest.mark.usefixtures("desk")
def test_a_figure_that_the_twin_has_not_is_told() -> None:
    said = call("compare", "more.yaml", "--fail-if", "sla_share < 85 %")
    assert (said.code, "there is no such figure: the twin promises nothing there" in said.err) == (2, True)


@pytest.mark.usefixtures("desk")
def test_programs_get_the_gates() -> None:
    said = call("compare", "more.yaml", "--fail-if", "p85(lead_time) > 1 min", "--json")
    [gate] = json.loads(said.out)["gates"]
    assert (said.code, gate["failed"], gate["scenario"]) == (5, True, "one more clerk")
    assert gate["low"] < gate["value"] < gate["high"]


# --- compare ----------------------------------------------------------------------------------------------------------


def test_compare_prints_the_table_and_writes_nothing(desk: Path) -> None:
    before = contents(desk)
    said = call("compare", "more.yaml")
    assert [line.split("  ")[0] for line in said.out.splitlines()[4:8]] == [
        "scenario",
        "-" * 14,
        "as it is",
        "one more clerk",
    ]
    assert "- one more clerk: 2 → 3 clerks\n" in said.out
    assert contents(desk) == before


def test_compare_takes_what_run_has_kept(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call("run", "more.yaml", "--out", "out", "--quiet").code == 0
    expected = call("compare", "more.yaml").out
    monkeypatch.setattr("twin.executors.threads.replicate", None)
    assert call("compare", "more.yaml", "--out", "out").out == expected
    assert {"report.html", "results.sqlite"} <= contents(desk / "out").keys()


def test_what_compare_has_run_is_kept_for_run(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call("compare", "more.yaml", "--out", "out", "--quiet").code == 0
    assert sorted(contents(desk / "out")) == ["results.sqlite"]
    monkeypatch.setattr("twin.executors.threads.replicate", None)
    assert call("run", "more.yaml", "--out", "out", "--quiet").code == 0


# --- the summary ------------------------------------------------------------------------------------------------------


def summary(desk: Path, *options: str) -> str:
    assert call("compare", "more.yaml", "--markdown", "summary.md", "--quiet", *options).code in {0, 5}
    return (desk / "summary.md").read_text()


def test_the_summary_holds_what_a_reviewer_needs(desk: Path) -> None:
    page = summary(desk, "--fail-if", "wip > 0")
    for part in (
        "## Does one more clerk shorten the wait?",
        "| one more clerk |",
        "- one more clerk: 2 → 3 clerks",
        "- fails: one more clerk: wip &gt; 0; it is ",
        "n = 3 replications, seed 7",
        "**What not to conclude**",
    ):
        assert part in page


def test_the_summary_fits_on_a_page_however_much_there_is(desk: Path) -> None:
    many = "".join(
        f"  change {number}: [{{add: {number}, to: teams.clerks.people}}, {{set: teams.seniors.people, to: 9}}]\n"
        for number in range(1, 31)
    )
    (desk / "more.yaml").write_text(SCENARIO.replace("scenarios:\n", f"scenarios:\n{many}"))
    gates = [option for number in range(1, 20) for option in ("--fail-if", f"wip > {number}")]
    assert len(summary(desk, *gates).splitlines()) <= 60


def test_names_stay_text_in_the_summary(desk: Path) -> None:
    hostile = "'@team <img src=x> [a](b) | `c` #1'"
    (desk / "twin.yaml").write_text(TWIN)
    (desk / "more.yaml").write_text(SCENARIO.replace("one more clerk", hostile))
    page = summary(desk)
    assert "&#64;team &lt;img src=x&gt; \\[a\\](b) \\| \\`c\\` &#35;1" in page
    assert "@" not in page
