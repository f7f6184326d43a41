"""The verbs that decide keep their word to people and to scripts: streams, codes, files, the same bytes again."""

import json
from pathlib import Path

import pytest
from commands import SCENARIO, call, contents, project

SECTIONS = """\
sweep: {levers: {teams.clerks.people: 2..3}}
optimize: {levers: {teams.clerks.people: {add: 0..1, cost: 3}}}
solve: {goal: {metric: lead_time, at_most: 3 d}, tipping: {work.letter.steps.sign.effort: {by: 1..4 by 1}}}
"""
VERBS = ("sweep", "optimize", "solve", "explain")
FILES = ["manifest.json", "report.html", "results.json", "results.sqlite"]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder with a file for every verb, which is the current one."""
    monkeypatch.chdir(tmp_path)
    folder = project(tmp_path)
    (folder / "decide.yaml").write_text(SCENARIO + SECTIONS)
    return folder


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.usefixtures("desk")
def test_each_verb_answers_in_sentences_and_tables(verb: str) -> None:
    said = call(verb, "decide.yaml")
    assert (said.code, said.out.splitlines()[0]) == (0, "Does one more clerk shorten the wait?")
    assert said.out.splitlines()[1].startswith("- ")
    assert "seed 7, 4 weeks after a warm-up of 1 week; 95 % intervals." in said.out


@pytest.mark.parametrize("verb", VERBS)
def test_with_out_it_writes_a_page_numbers_and_where_both_come_from(desk: Path, verb: str) -> None:
    assert call(verb, "decide.yaml", "--out", "out", "--quiet").out == ""
    assert sorted(contents(desk / "out")) == FILES
    manifest = json.loads((desk / "out" / "manifest.json").read_text())
    assert sorted(manifest["hashes"]) == ["decide.yaml", "twin.yaml"]
    assert sorted(manifest["files"]) == ["report.html", "results.json"]


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.usefixtures("desk")
def test_json_is_all_there_is_on_standard_output(verb: str) -> None:
    said = json.loads(call(verb, "decide.yaml", "--json").out)
    assert said["seed"] == 7
    assert said["answers"]


@pytest.mark.parametrize("verb", VERBS)
def test_the_same_seed_gives_the_same_bytes_on_any_number_of_threads(desk: Path, verb: str) -> None:
    for out, workers in (("one", 1), ("two", 2)):
        assert call(verb, "decide.yaml", "--out", out, "--workers", workers, "--engine", "reference", "-q").code == 0
    assert (desk / "one" / "results.json").read_bytes() == (desk / "two" / "results.json").read_bytes()


@pytest.mark.usefixtures("desk")
def test_another_seed_is_other_luck() -> None:
    first, other = (json.loads(call("sweep", "decide.yaml", "--json", "--seed", seed).out) for seed in (1, 2))
    assert first["points"] != other["points"]


@pytest.mark.parametrize(("verb", "section"), [("sweep", "sweep"), ("solve", "solve")])
@pytest.mark.usefixtures("desk")
def test_a_file_without_the_verbs_section_says_which(verb: str, section: str) -> None:
    said = call(verb, "more.yaml")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"more.yaml  {section}: is required, but missing")


def test_a_mistake_leaves_no_folder(desk: Path) -> None:
    assert call("solve", "more.yaml", "--out", "out").code == 2
    assert not (desk / "out").exists()


@pytest.mark.usefixtures("desk")
def test_optimize_without_levers_chooses_among_the_scenarios() -> None:
    assert "Best: one more clerk." in call("optimize", "more.yaml", "--replications", 100).out


def test_run_says_who_answers_a_file_without_scenarios(desk: Path) -> None:
    text = SCENARIO.replace("scenarios:\n  one more clerk: [{add: 1, to: teams.clerks.people}]\n", "")
    (desk / "sweep.yaml").write_text(text + SECTIONS.splitlines()[0] + "\n")
    assert call("check", "sweep.yaml").out == "sweep.yaml: a valid scenario, no warnings\n"
    said = call("run", "sweep.yaml", "--out", "out")
    assert (said.code, "ask `twin sweep` or `twin optimize`" in said.err) == (2, True)


@pytest.mark.usefixtures("desk")
def test_growth_that_is_no_share_is_told() -> None:
    said = call("explain", "decide.yaml", "--growth", "a lot")
    assert (said.code, said.err.startswith("--growth: 'a lot' is not a share")) == (2, True)
