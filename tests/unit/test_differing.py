"""What differs is said as one would say it of an organisation."""

import json
from pathlib import Path

import pytest
from commands import SCENARIO, TWIN, call, project

from twin.differing import between_twins
from twin.files import read_yaml
from twin.spec import Twin
from twin.validation import validate


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(project(tmp_path))
    return tmp_path


def diff(desk: Path, text: str, *edits: tuple[str, str]) -> str:
    """Compare a file with itself, edited."""
    other = text
    for old, new in edits:
        assert old in other
        other = other.replace(old, new)
    (desk / "before.yaml").write_text(text)
    (desk / "after.yaml").write_text(other)
    said = call("diff", "before.yaml", "after.yaml")
    assert said.code == 0, said.err
    return said.out


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (("people: 2", "people: 3"), "2 → 3 clerks"),
        (("rate: 20 / week", "rate: 25 / week"), "letter: arrivals rate 20 / week → 25 / week"),
        (("mean: 2 h", "mean: 3 h"), "letter, answer: effort mean 2 h → 3 h"),
        (("{team: clerks}", "{team: clerks, wip_limit: 4}"), "answer: WIP limit none → 4"),
        (("09:00-17:00", "08:00-17:00"), "office: hours 09:00-17:00 → 08:00-17:00"),
        (("twin: Desk", "twin: Counter"), "twin Desk → Counter"),
        (("teams:\n", "teams:\n  trainees: {people: 1}\n"), "new team trainees: {people: 1}"),
    ],
)
def test_a_twin_differs_in_words(desk: Path, edit: tuple[str, str], words: str) -> None:
    assert diff(desk, TWIN, edit).startswith(words)


def test_a_team_that_is_called_in_the_singular_keeps_its_name_in_front(desk: Path) -> None:
    singular = TWIN.replace("clerks", "review team")
    assert diff(desk, singular, ("people: 2", "people: 3")) == "review team: 2 → 3 people\n"


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (("Does one", "Would one"), "question Does one more clerk shorten the wait? → Would one"),
        (("length: 4 w", "length: 8 w"), "run length 4 w → 8 w\n"),
        (("add: 1", "add: 2"), "scenario one more clerk: 2 → 4 clerks, before: 2 → 3 clerks\n"),
        (("  one more", "  a third: []\n  one more"), "new scenario a third: nothing\n"),
        (("one more clerk: [", "a clerk: ["), "scenario one more clerk is gone\nnew scenario a clerk: 2 → 3 clerks\n"),
        (("worth: 1 h", "worth: 2 h"), "answer worth 1 h → 2 h\n"),
    ],
)
def test_a_question_differs_in_words(desk: Path, edit: tuple[str, str], words: str) -> None:
    assert diff(desk, SCENARIO, edit).startswith(words)


def test_questions_about_other_twins_tell_what_the_twins_differ_in(desk: Path) -> None:
    (desk / "other.yaml").write_text(TWIN.replace("people: 1", "people: 2"))
    assert diff(desk, SCENARIO, ("twin.yaml", "other.yaml")) == "twin: 1 → 2 seniors\n"


def test_the_same_scenario_written_otherwise_is_no_difference(desk: Path) -> None:
    assert (
        diff(desk, SCENARIO, ("add: 1, to: teams.clerks.people", "set: teams.clerks.people, to: 3"))
        == "no difference\n"
    )


def test_programs_get_path_and_values(desk: Path) -> None:
    (desk / "other.yaml").write_text(TWIN.replace("people: 2", "people: 3"))
    assert json.loads(call("diff", "twin.yaml", "other.yaml", "--json").out) == [
        {"path": "teams.clerks.people", "before": 2, "after": 3, "words": "2 → 3 clerks"}
    ]


@pytest.mark.usefixtures("desk")
def test_a_twin_and_a_question_cannot_be_compared() -> None:
    said = call("diff", "twin.yaml", "more.yaml")
    assert (said.code, said.err) == (2, "twin.yaml is a twin and more.yaml is a scenario; compare two of a kind\n")


def test_steps_in_another_order_are_told(desk: Path) -> None:
    twin = validate(Twin, read_yaml(desk / "twin.yaml"))
    work = twin.work["letter"]
    turned = work.model_copy(update={"steps": tuple(reversed(work.steps or ()))})
    [found] = between_twins(twin, twin.model_copy(update={"work": {"letter": turned}}))
    assert found.words == "letter: steps: now in the order sign, answer"
