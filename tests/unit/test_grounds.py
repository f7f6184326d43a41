"""What a calibrated twin rests on is kept beside it, and heads what is made from it where it does not fit."""

from pathlib import Path
from typing import Any

import pytest
from commands import call, project
from tiny import twin, work

from twin.certainty import say_grade, say_standing
from twin.credibility import Credibility
from twin.errors import InputError
from twin.grounds import FILE, Grounds, ranges_of, read_grounds, write_grounds
from twin.project import load_twin
from twin.spec import Twin

SEEN = {"arrivals": (20.0, 50.0)}
FOUND = Grounds(SEEN, ("throughput of all is 13.8 a week; twins show 11 a week to 12 a week",))
EARNED = Credibility("B", (), {}, {"arrivals": (1.0, 2.0)})


def desk(people: int = 3) -> Twin:
    letter = work({"kind": "poisson", "rate": "30 / week"}, ("answer", "2 h"))
    return twin({"clerks": people}, {"answer": "clerks"}, {"letter": letter})


def test_grounds_are_read_as_they_were_written(tmp_path: Path) -> None:
    write_grounds(tmp_path, desk(), FOUND)
    assert read_grounds(tmp_path, desk()) == FOUND


def test_a_twin_edited_since_has_none(tmp_path: Path) -> None:
    write_grounds(tmp_path, desk(), FOUND)
    assert read_grounds(tmp_path, desk(people=4)) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"ranges": 3, "missed": []}', "nonsense"])
def test_damaged_grounds_are_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(InputError, match=r"grounds\.json: cannot be read"):
        read_grounds(tmp_path, desk())


@pytest.mark.parametrize(
    ("grounds", "earned", "seen"),
    [(FOUND, EARNED, SEEN), (None, EARNED, EARNED.observed), (FOUND, None, SEEN), (None, None, {})],
)
def test_ranges_are_those_of_the_calibration_or_else_of_the_backtest(
    grounds: Grounds | None, earned: Credibility | None, seen: dict[str, Any]
) -> None:
    assert ranges_of(grounds, earned) == seen


def test_what_a_twin_misses_of_its_data_is_said_before_its_grade() -> None:
    assert say_standing(EARNED, FOUND) == f"The twin does not fit its data: {FOUND.missed[0]}. {say_grade(EARNED)}"


def test_a_twin_that_fits_has_its_grade_alone() -> None:
    assert say_standing(EARNED, Grounds(SEEN)) == say_grade(EARNED)


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = project(tmp_path_factory.mktemp("grounds"))
    made = ("--out", folder / "past.csv", "--items", 150, "--from", "2026-01-05", "--seed", 1, "--quiet")
    assert call("simulate", folder / "twin.yaml", *made).code == 0
    assert call("calibrate", folder / "past.csv", "--out", folder / "model", "--members", 0, "--quiet").code == 0
    return folder / "model"


CHANGES = {
    "{add: 9, to: teams.TEAM.people}": "people",
    "{scale: work.case.arrivals, by: 3}": "arrivals",
    "{scale: work.case.route.efforts.answer, by: 4}": "load",
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_scenario_beyond_the_log_is_told_without_a_backtest(learned: Path, tmp_path: Path, change: str) -> None:
    team = next(iter(load_twin(learned).teams))
    (learned / "more.yaml").write_text(
        f"question: More?\nbase: twin.yaml\nscenarios:\n  more: [{change.replace('TEAM', team)}]\n"
        "run: {warm_up: 1 w, length: 1 w, replications: 2, seed: 7}\n"
        "answer: {metric: lead_time, better: lower, worth: 1 h}\n"
    )
    said = call("run", learned / "more.yaml", "--out", tmp_path / "out")
    assert f"beyond the data: more: {CHANGES[change]}" in said.err
