"""Whatever ends a run, nothing that was kept is lost, and running it again gives the bytes of an undisturbed run."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import killing
import pytest
from commands import SCENARIO, TWIN_COMMAND, call, contents, files_no_larger_than, project

from twin.errors import StorageError
from twin.holding import FILE as LOCK
from twin.holding import held

ANSWERS = ("report.html", "results.json")
REPLICATIONS = 400


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder, which is the current one, with a question that takes a second."""
    return asked(tmp_path, monkeypatch)


def asked(folder: Path, monkeypatch: pytest.MonkeyPatch, replications: int = REPLICATIONS) -> Path:
    folder.mkdir(exist_ok=True)
    monkeypatch.chdir(folder)
    project(folder)
    (folder / "more.yaml").write_text(SCENARIO.replace("replications: 3", f"replications: {replications}"))
    return folder


def answers(folder: Path) -> list[bytes]:
    return [(folder / "out" / name).read_bytes() for name in ANSWERS]


def undisturbed(folder: Path, monkeypatch: pytest.MonkeyPatch, replications: int = REPLICATIONS) -> list[bytes]:
    """Answer the same question in a folder of its own."""
    elsewhere = asked(folder / "undisturbed", monkeypatch, replications)
    assert call("run", "more.yaml", "--out", "out", "--quiet").code == 0
    monkeypatch.chdir(folder)
    return answers(elsewhere)


# --- killed -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kills", [10, pytest.param(100, marks=pytest.mark.nightly)])
def test_killed_at_any_moment_a_run_loses_nothing_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kills: int
) -> None:
    desk = asked(tmp_path, monkeypatch, 40 * kills)
    program = [sys.executable, killing.__file__, str(desk), str(kills)]
    told = subprocess.run(program, capture_output=True, text=True, timeout=280, check=False)
    assert (told.stdout, told.returncode) == ("", 0), told.stderr
    assert answers(desk) == undisturbed(desk, monkeypatch, 40 * kills)


def test_what_a_killed_run_had_begun_to_write_is_cleared_away(desk: Path) -> None:
    (desk / "out").mkdir()
    (desk / "out/.report-html-1.2.partial").write_text("<html>")
    assert call("run", "more.yaml", "--out", "out", "--replications", 2, "--quiet").code == 0
    assert ".report-html-1.2.partial" not in contents(desk / "out")


def test_ctrl_c_ends_a_run_at_once_and_keeps_what_is_done(desk: Path) -> None:
    command = [*TWIN_COMMAND, "run", "more.yaml", "--out", "out", "--replications", "20000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        wait_for(desk / "out/results.sqlite")
        child.send_signal(signal.SIGINT)
        began = time.monotonic()
        out, err = child.communicate(timeout=30)
    assert (child.returncode, out, err, time.monotonic() - began < 2) == (130, b"", b"", True)
    with closing(sqlite3.connect(desk / "out/results.sqlite")) as connection:
        assert connection.execute("SELECT count(*) FROM replication").fetchone()[0] > 0
    assert sorted(contents(desk / "out")) == ["results.sqlite"]


def wait_for(file: Path) -> None:
    for _ in range(600):
        if file.exists():
            return
        time.sleep(0.05)
    raise AssertionError(f"{file} did not come")


# --- no room ----------------------------------------------------------------------------------------------------------


SIZES = [0, 1, 4_096, 20_000, 50_000, 90_000, 200_000]
MORE_SIZES = [pytest.param(size, marks=pytest.mark.nightly) for size in range(2_048, 400_000, 4_096)]


@pytest.mark.parametrize("size", [*SIZES, *MORE_SIZES])
def test_without_room_a_run_says_where_and_goes_on_once_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr("twin.executors.stored.CHUNK", 0.0)
    desk = asked(tmp_path, monkeypatch, 40)
    with files_no_larger_than(size):
        said = call("run", "more.yaml", "--out", "out", "--quiet")
    assert (said.code, "out/" in said.err, "Traceback" in said.err) == (4, True, False)
    assert not [name for name in contents(desk) if name.endswith((".html", ".json", ".partial", LOCK))]
    assert call("run", "more.yaml", "--out", "out", "--quiet").code == 0
    assert answers(desk) == undisturbed(desk, monkeypatch, 40)


# --- damaged ----------------------------------------------------------------------------------------------------------


PAGE = 4096
"""Bytes of a page of the store: less may hit room that nobody uses."""


@pytest.mark.parametrize("page", [1, 5, 15, 37])
def test_a_damaged_store_is_told_and_what_it_lost_is_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    desk = asked(tmp_path, monkeypatch, 40)
    assert call("run", "more.yaml", "--out", "out", "--quiet").code == 0
    expected, file = answers(desk), desk / "out/results.sqlite"
    content = bytearray(file.read_bytes())
    content[page * PAGE : (page + 1) * PAGE] = bytes(PAGE)
    file.write_bytes(content)
    said = call("run", "more.yaml", "--out", "out", "--quiet")
    assert (said.code, "damaged" in said.err or "computed again: replications of" in said.err) == (0, True)
    assert answers(desk) == expected


# --- two at once ------------------------------------------------------------------------------------------------------


def test_a_second_run_waits_for_the_first_and_answers_the_same(desk: Path) -> None:
    command = [*TWIN_COMMAND, "run", "more.yaml", "--out", "out", "--json"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    told = [child.communicate(timeout=120) for child in both]
    assert [child.returncode for child in both] == [0, 0], told
    assert json.loads(told[0][0]) == json.loads(told[1][0])
    assert LOCK not in contents(desk / "out")


def test_who_waits_too_long_is_told_for_whom(tmp_path: Path) -> None:
    told: list[str] = []
    with (
        held(tmp_path, tell=told.append),
        pytest.raises(StorageError, match=f"in use by process {os.getpid()} on "),
        held(tmp_path, tell=told.append, patience=0.2),
    ):
        pass
    assert [line.partition(" on ")[0] for line in told] == [f"waits for process {os.getpid()}"]


def test_a_lock_that_a_killed_run_left_holds_nobody_up(tmp_path: Path) -> None:
    (tmp_path / LOCK).write_text("process 1 on elsewhere")
    with held(tmp_path, tell=pytest.fail, patience=0):
        assert (tmp_path / LOCK).exists()
