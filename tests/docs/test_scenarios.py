"""Every file in ``scenarios/`` can be read by a manager and answers its question, end to end."""

import html
import json
from pathlib import Path
from typing import Any

import pytest
from commands import ROOT, call, contents

FILES = sorted((ROOT / "scenarios").rglob("*.yaml"))
QUESTIONS = [file for file in FILES if file.name != "twin.yaml"]
COMPARISONS = [file for file in QUESTIONS if "\nscenarios:" in file.read_text()]
DECISIONS = [
    (verb, file)
    for verb, needs in {"sweep": "sweep", "optimize": "optimize", "solve": "solve", "explain": "scenarios"}.items()
    for file in QUESTIONS
    if f"\n{needs}:" in file.read_text()
]
EXPLAINED = ("approvals", "demand_surge", "stop_splitting_people")
"""Of the organisation's files, those explained at every commit: with most scenarios, dates, and shared people."""

EXTRAS = {"kind: sobol": "SALib", "kind: morris": "SALib"}


def name(file: Path) -> str:
    return str(file.relative_to(ROOT / "scenarios"))


def decision(verb: str, file: Path) -> Any:
    """Explain the organisation's other files nightly only: they share a twin, and most told is about that."""
    is_long = verb == "explain" and file.parent.name == "company" and file.stem not in EXPLAINED
    return pytest.param(verb, file, id=f"{verb}-{name(file)}", marks=[pytest.mark.nightly] * is_long)


def test_there_are_questions_to_answer() -> None:
    assert {file.stem for file in QUESTIONS} >= set(EXPLAINED)


def test_scenarios_hold_nothing_but_yaml() -> None:
    strangers = [path for path in (ROOT / "scenarios").rglob("*") if path.is_file() and path.suffix != ".yaml"]
    assert strangers == []


@pytest.mark.parametrize("file", FILES, ids=name)
def test_every_file_checks_without_a_mistake(file: Path) -> None:
    said = call("check", file)
    assert (said.code, said.err) == (0, "")


@pytest.mark.parametrize("file", COMPARISONS, ids=name)
def test_every_question_is_answered_with_a_report(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is but for the number of replications, which its reader waits for and this test does not."""
    monkeypatch.chdir(ROOT)
    said = call("run", file, "--out", tmp_path, "--replications", 2, "--quiet")
    assert (said.code, said.out) == (0, "")
    assert sorted(contents(tmp_path)) == ["manifest.json", "report.html", "results.json", "results.sqlite"]
    results = json.loads((tmp_path / "results.json").read_text())
    assert results["question"] in (tmp_path / "report.html").read_text()
    assert all(scenario["sentence"] for scenario in results["scenarios"])


@pytest.mark.parametrize(("verb", "file"), [decision(*each) for each in DECISIONS])
def test_every_decision_is_told(verb: str, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is but for the number of replications."""
    for text, extra in EXTRAS.items():
        if verb == "sweep" and text in file.read_text():
            pytest.importorskip(extra)
    monkeypatch.chdir(ROOT)
    said = call(verb, file, "--out", tmp_path, "--replications", 2, "--quiet")
    assert (said.code, said.out) == (0, "")
    assert sorted(contents(tmp_path)) == ["manifest.json", "report.html", "results.json", "results.sqlite"]
    answers = json.loads((tmp_path / "results.json").read_text())["answers"]
    assert answers
    assert all(html.escape(answer) in (tmp_path / "report.html").read_text().replace("\xa0", " ") for answer in answers)
