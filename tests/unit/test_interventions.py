"""Changes that happened are foretold from what was before, and changes that did not happen are found out."""

from datetime import timedelta
from pathlib import Path

import pytest
from observed_logs import without_teams
from tiny import START, twin, work

from calibration.interventions import Tried, load_interventions, try_interventions
from twin.engine import simulate
from twin.errors import InputError
from twin.eventlog import EventLog
from twin.plan import compile_model
from twin.spec import Twin
from twin.units import WEEK

DATE = START + timedelta(weeks=10)
JOINED = "interventions:\n  a third clerk joined: [{add: 1, to: teams.answer team.people, from: 2026-03-16}]\n"


def desk(people: int) -> Twin:
    effort = {"kind": "gamma", "mean": "6 h", "cv": 0.7}
    letter = work({"kind": "poisson", "rate": "50 / week"}, {"stage": "answer", "effort": effort})
    return twin({"clerks": people}, {"answer": "clerks"}, {"letter": letter})


def log(*, joined: bool) -> EventLog:
    """Twenty weeks of a desk with two busy clerks, and maybe a third one after half of them."""
    changes = ((DATE, desk(3)),) if joined else ()
    return without_teams(simulate(compile_model(desk(2), until=20 * WEEK, changes=changes), seed=3).log())


def tried(text: str, folder: Path, *, joined: bool) -> Tried:
    file = folder / "past.yaml"
    file.write_text(text)
    (found,) = try_interventions(log(joined=joined), load_interventions(file), members=39)
    return found


def test_a_change_that_happened_is_foretold(tmp_path: Path) -> None:
    found = tried(JOINED, tmp_path, joined=True)
    assert (found.visible, found.direction, found.fault) == (True, True, None)
    assert min(found.skills) > 0


def test_a_change_that_did_not_happen_is_found_out(tmp_path: Path) -> None:
    found = tried(JOINED, tmp_path, joined=False)
    assert found.skills[0] < 0
    assert found.fault is not None
    assert found.fault.startswith("of 'a third clerk joined' (2026-03-16) it foretold")


def test_a_change_that_moves_nothing_is_no_evidence(tmp_path: Path) -> None:
    slower = "interventions:\n  hardly: [{scale: work.letter.route.efforts.answer, by: 0.999, from: 2026-03-16}]\n"
    found = tried(slower, tmp_path, joined=False)
    assert (found.visible, found.fault) == (False, None)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("interventions: {}\n", r"past.yaml:1  interventions: "),
        ("changes: {}\n", r"past.yaml:1  changes: "),
        ("interventions:\n  a: [{add: 1, to: teams.x.people}]\n", r"past.yaml:2  interventions.a.0: has no date"),
        ("interventions:\n  a: [{add: 1, to: teams.x.people, from: soon}]\n", r"past.yaml:2  .*is not a date"),
        ("interventions:\n  a:\n    - {add: 1, to: x, from: 2026-03-16}\n    - {add: 1, to: x, from: 2026-03-17}\n",
         r"past.yaml:4  interventions.a.1.from: has another date"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_meant_is_refused_by_line(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "past.yaml").write_text(text)
    with pytest.raises(InputError, match=told):
        load_interventions(tmp_path / "past.yaml")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            "{add: 1, to: teams.clerks.people, from: 2026-03-16}",
            r"past.yaml:2  interventions.a.0: .*clerks.*answer team",
        ),
        ("{add: 1, to: teams.answer team.people, from: 2025-03-16}", r"past.yaml:2  .*nothing to learn from"),
        ("{add: 1, to: teams.answer team.people, from: 2027-03-16}", r"past.yaml:2  .*less than a whole week"),
    ],
)
def test_a_change_that_does_not_fit_the_log_is_refused_by_line(change: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=told):
        tried(f"interventions:\n  a: [{change}]\n", tmp_path, joined=False)
