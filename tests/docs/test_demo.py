"""``twin demo`` runs from an empty folder to a report; here with a short past, since only its files are looked at."""

import json
from pathlib import Path

import pytest
from commands import Said, call, contents

import calibration.demo
from benchmarks.machines import experiment
from twin.offered import loads
from twin.project import load_twin
from twin.scenario import apply


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "out"


@pytest.fixture(scope="module")
def shown(folder: Path) -> Said:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calibration.demo, "HISTORY_WEEKS", 16)
        patch.setattr(calibration.demo, "SETTLED_WEEKS", 2)
        patch.setattr(calibration.demo, "HELD_OUT_WEEKS", 4)
        patch.setattr(
            calibration.demo, "RUN", {**calibration.demo.RUN, "warm_up": "1 w", "length": "3 w", "replications": 2}
        )
        return call("demo", "--out", folder, "--json")


def test_the_demonstration_ends_well_and_prints_strict_json(shown: Said) -> None:
    said = [line for line in shown.err.splitlines() if not line.startswith("compiled the engine")]  # on a new machine
    assert (shown.code, said) == (0, [])
    assert set(json.loads(shown.out)) == {"backtest", "answers"}


def test_every_question_is_answered_twice_with_a_verdict(shown: Said) -> None:
    answers = json.loads(shown.out)["answers"]
    assert len(answers) == 4
    assert all(answer["verdict"] for answer in answers)


@pytest.mark.usefixtures("shown")
def test_the_demonstration_leaves_logs_a_twin_and_a_report(folder: Path) -> None:
    assert sorted(contents(folder)) == [
        "held_out.csv", "learned", "learned/ensemble.jsonl", "learned/evidence.json", "learned/grounds.json",
        "learned/history.parquet", "learned/twin.yaml", "manifest.json", "past.csv", "report.html", "results.json",
    ]  # fmt: skip


@pytest.mark.usefixtures("shown")
def test_the_twin_it_has_learned_is_a_valid_one(folder: Path) -> None:
    assert call("check", folder / "learned").code == 0


@pytest.mark.usefixtures("shown")
def test_a_machine_can_be_asked_of_the_twin_it_has_learned_and_loads_who_checks(folder: Path) -> None:
    learned = load_twin(folder / "learned")
    drafted = apply(learned, experiment().scenarios["40 % refined by a machine, 5 % wrong"])
    before, after = loads(learned), loads(drafted)
    refine, review = (learned.stages[stage].served_by()[0] for stage in ("refine", "review"))
    assert after[refine] < before[refine]
    assert after[review] > before[review]


def test_a_demonstration_that_cannot_write_does_not_begin(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = call("demo", "--out", tmp_path / "file")
    assert (said.code, said.out, sorted(contents(tmp_path))) == (4, "", ["file"])


def test_a_demonstration_whose_report_has_no_place_does_not_begin(tmp_path: Path) -> None:
    (tmp_path / "report.html").mkdir()
    said = call("demo", "--out", tmp_path)
    assert (said.code, sorted(contents(tmp_path))) == (4, ["report.html"])
