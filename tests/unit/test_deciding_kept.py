"""What a decision has run is kept: it goes on after a kill, answers at once when asked again, and can be run again."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import killing
import pytest
from commands import SCENARIO, call, contents, files_no_larger_than, project
from questions import PACE, draw_ensemble

from twin.executors.threads import on_threads

SECTIONS = """\
sweep: {levers: {teams.clerks.people: 2..6, teams.seniors.people: 1..6}}
optimize: {levers: {teams.clerks.people: {add: 0..1, cost: 3}}}
solve: {goal: {metric: lead_time, at_most: 3 d}, tipping: {work.letter.steps.sign.effort: {by: 1..4 by 1}}}
"""
VERBS = ("sweep", "optimize", "solve", "explain")
ANSWERS = ("report.html", "results.json")
NIGHTLY = 1800
"""Seconds that a hundred kills may take on a machine with other work."""


def asked(folder: Path, monkeypatch: pytest.MonkeyPatch, replications: int = 3) -> Path:
    """Make a project folder with a file for every verb the current one."""
    folder.mkdir(exist_ok=True)
    monkeypatch.chdir(folder)
    project(folder)
    text = (SCENARIO + SECTIONS).replace("replications: 3", f"replications: {replications}")
    (folder / "decide.yaml").write_text(text)
    return folder


def answers(folder: Path) -> list[bytes]:
    return [(folder / "out" / name).read_bytes() for name in ANSWERS]


def decide(verb: str, *more: object) -> int:
    return call(verb, "decide.yaml", "--out", "out", "--quiet", *more).code


@pytest.mark.parametrize("verb", VERBS)
def test_asked_again_nothing_is_run(verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = asked(tmp_path, monkeypatch)
    assert decide(verb) == 0
    expected = answers(desk)
    monkeypatch.setattr("twin.executors.threads.replicate", lambda *_: pytest.fail("was run again"))
    monkeypatch.setattr("twin.decide.waiting.simulate", lambda *_, **__: pytest.fail("was run again"))
    assert (decide(verb), answers(desk)) == (0, expected)


@pytest.mark.parametrize("verb", VERBS)
def test_a_decision_is_run_again_from_the_store_alone(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = asked(tmp_path, monkeypatch)
    assert decide(verb) == 0
    for name in ("twin.yaml", "decide.yaml"):
        (desk / name).unlink()
    with closing(sqlite3.connect(desk / "out/results.sqlite")) as connection:
        rows = connection.execute("SELECT count(*) FROM replication WHERE scenario NOT LIKE 'waits%'").fetchone()[0]
    said = call("reproduce", "out")
    assert (said.code, f"{rows} of {rows} replications gave the same bytes" in said.out) == (0, True)


def test_a_run_serves_the_decision_that_comes_after_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked(tmp_path, monkeypatch)
    assert call("run", "more.yaml", "--out", "out", "--quiet").code == 0
    ran: list[int] = []
    monkeypatch.setattr(
        "twin.cli.answering.on_threads",
        lambda *_, **__: lambda work, tasks: (ran.append(len(tasks)), on_threads()(work, tasks))[1],
    )
    assert decide("optimize", "--replications", 10) == 0
    with closing(sqlite3.connect("out/results.sqlite")) as connection:
        rows = connection.execute("SELECT count(DISTINCT scenario || replication) FROM replication").fetchone()[0]
    assert sum(ran) == rows - 6  # three replications of two twins were there


@pytest.mark.parametrize(
    "kills", [4, pytest.param(100, marks=[pytest.mark.nightly, pytest.mark.timeout(NIGHTLY + 60)])]
)
@pytest.mark.parametrize("verb", VERBS)
def test_killed_at_any_moment_a_decision_over_an_ensemble_loses_nothing_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str, kills: int
) -> None:
    desk = asked(tmp_path / "killed", monkeypatch, max(12, 2 * kills))
    draw_ensemble(desk, *PACE)
    program = [sys.executable, killing.__file__, str(desk), str(kills), verb, "decide.yaml"]
    told = subprocess.run(program, capture_output=True, text=True, timeout=NIGHTLY if kills > 4 else 280, check=False)
    assert (told.stdout, told.returncode) == ("", 0), told.stderr
    elsewhere = asked(tmp_path / "undisturbed", monkeypatch, max(12, 2 * kills))
    draw_ensemble(elsewhere, *PACE)
    assert (decide(verb), answers(elsewhere)) == (0, answers(desk))


@pytest.mark.parametrize("size", [0, 4_096, 50_000])
@pytest.mark.parametrize("verb", VERBS)
def test_without_room_a_decision_says_where_and_goes_on_once_there_is(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr("twin.executors.keeping.CHUNK", 0.0)
    desk = asked(tmp_path / "full", monkeypatch)
    with files_no_larger_than(size):
        said = call(verb, "decide.yaml", "--out", "out", "--quiet")
    assert (said.code, "out/" in said.err, "Traceback" in said.err) == (4, True, False)
    assert not [name for name in contents(desk) if name.endswith((".html", ".json", ".partial"))]
    assert decide(verb) == 0
    elsewhere = asked(tmp_path / "enough", monkeypatch)
    assert (decide(verb), answers(elsewhere)) == (0, answers(desk))


def test_what_a_decision_lost_to_damage_is_told_and_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = asked(tmp_path, monkeypatch)
    assert decide("explain") == 0
    expected = answers(desk)
    with closing(sqlite3.connect(desk / "out/results.sqlite", isolation_level=None)) as connection:
        connection.execute("DELETE FROM replication WHERE rowid = 2")
    said = call("explain", "decide.yaml", "--out", "out", "--quiet")
    assert (said.code, "computed again: replications of" in said.err, answers(desk)) == (0, True, expected)


def test_another_decision_is_another_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked(tmp_path, monkeypatch)
    assert [decide(verb) for verb in ("sweep", "explain")] == [0, 0]
    runs = {json.loads(call("reproduce", "out", "--json").out)["run"]}
    with closing(sqlite3.connect("out/results.sqlite")) as connection:
        runs |= {name for (name,) in connection.execute("SELECT hash FROM experiment")}
    assert len(runs) == 2
