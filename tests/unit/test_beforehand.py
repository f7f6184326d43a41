"""The engine is compiled beside, where a calibration will surely want it and another core is there for it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from calibration import fit
from calibration.fit import fit_twin
from tests.observed_logs import Row, log_of, without_teams
from twin.engine import WORTH_LOADING, beforehand
from twin.engine.beforehand import SMALL, compile_beforehand, end
from twin.engine.kept import ENGINE, is_kept, note_kept
from twin.plan import compile_model
from twin.spec import Twin
from twin.units import WEEK

COMPILES_FOR_EVER = """
from pathlib import Path
from threading import Thread
from time import sleep
from twin.engine import beforehand
Thread(target=beforehand._end_with_parent, daemon=True).start()
with Path("alive").open("w") as alive:
    print("begun", file=alive, flush=True)
    sleep(600)
"""
BEGIN = f"""
from pathlib import Path
from twin.engine import beforehand
beforehand._cores, beforehand.PROGRAM = (lambda: 2), {COMPILES_FOR_EVER!r}
beforehand.compile_beforehand(lambda: "rich", 1e9)
while not Path("seen").exists():
    pass
"""
"""A program that begins another one, which has a pipe open until it ends."""


class Process:
    """A process that was begun, or was not."""

    def __init__(self, command: list[str], **_: Any) -> None:
        self.command, self.killed = command, False
        BEGUN.append(self)

    def kill(self) -> None:
        self.killed = True

    def communicate(self) -> None:
        assert self.killed


BEGUN: list[Process] = []


@pytest.fixture(autouse=True)
def a_new_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let nothing be loaded, kept nor begun, on two cores."""
    monkeypatch.setenv("WORKTWIN_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.delitem(sys.modules, ENGINE, raising=False)
    monkeypatch.setattr(beforehand, "_cores", lambda: 2)
    monkeypatch.setattr(beforehand, "Popen", Process)
    monkeypatch.setattr(beforehand, "_begun", {})
    note_kept.cache_clear()
    BEGUN.clear()


def rich() -> str:
    return "rich"


def test_it_is_begun_once_and_ends_when_that_is_asked() -> None:
    told: list[str] = []
    for _ in range(2):
        compile_beforehand(rich, WORTH_LOADING, tell=told.append)
    end("rich")
    assert [(each.command[-1], each.killed) for each in BEGUN] == [("rich", True)]
    assert len(told) == 1


@pytest.mark.parametrize(
    "unless",
    [
        pytest.param(lambda patch: patch.setattr(beforehand, "_cores", lambda: 1), id="one core"),
        pytest.param(lambda patch: patch.setenv("NUMBA_DISABLE_JIT", "1"), id="nothing is compiled"),
        pytest.param(lambda patch: patch.setenv("NUMBA_CACHE_DIR", "elsewhere"), id="kept elsewhere"),
        pytest.param(lambda patch: patch.setattr(sys, "platform", "win32"), id="no lock to wait for"),
        pytest.param(lambda patch: patch.setattr(sys, "executable", ""), id="no program"),
        pytest.param(lambda patch: patch.setitem(sys.modules, ENGINE, beforehand), id="loaded"),
        pytest.param(lambda patch: patch.setenv("WORKTWIN_CACHE", __file__), id="nowhere to keep it"),
        pytest.param(lambda _: note_kept("rich"), id="kept"),
    ],
)
def test_it_is_not_begun_in_vain(unless: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch) -> None:
    unless(monkeypatch)
    compile_beforehand(rich, WORTH_LOADING)
    assert BEGUN == []


def test_for_few_visits_the_kind_of_twin_is_not_even_asked() -> None:
    compile_beforehand(lambda: pytest.fail("asked"), WORTH_LOADING - 1)
    assert BEGUN == []


def test_where_the_kind_is_not_sure_yet_it_is_not_begun() -> None:
    compile_beforehand(lambda: None, WORTH_LOADING)
    assert BEGUN == []


def test_a_machine_without_room_for_another_process_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(beforehand, "Popen", full)
    compile_beforehand(rich, WORTH_LOADING)
    assert beforehand._begun == {}


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "way_out", ["", "import os; os.kill(os.getpid(), 9)", "1 / 0"], ids=["done", "killed", "error"]
)
def test_it_ends_with_the_program_that_began_it(way_out: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "alive")
    command = [sys.executable, "-c", BEGIN + way_out]
    with (
        subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL),
        (tmp_path / "alive").open() as alive,
    ):
        begun = alive.readline()
        (tmp_path / "seen").touch()
        assert (begun, alive.read()) == ("begun\n", "")


@pytest.mark.nightly
def test_what_is_compiled_beforehand_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beforehand, "Popen", subprocess.Popen)
    compile_beforehand(lambda: "plain", WORTH_LOADING)
    beforehand._begun["plain"].wait()
    end("plain")
    assert is_kept("plain")


def test_the_small_twin_that_stands_for_all_is_one() -> None:
    assert compile_model(Twin.model_validate(SMALL), until=WEEK).kind == "plain"


DAYS = [day for day in range(7 * 8) if day % 7 < 5]
ONE_AN_HOUR: list[Row] = [
    (8 * day + hour, "check", "ann", 24 * day + 9 + hour, 24 * day + 9.5 + hour) for day in DAYS for hour in range(8)
]
FOUR_EACH_MORNING: list[Row] = [
    (4 * day + k, "come", "robot", 24 * date + 9, 24 * date + 9) for day, date in enumerate(DAYS) for k in range(4)
]
THREE_A_DAY: list[Row] = [
    (3 * day + k, "check", "ann", 24 * date + 9 + 3 * k, 24 * date + 12 + 3 * k)
    for day, date in enumerate(DAYS)
    for k in range(3)
]
"""The third is begun within her hours and finished after them, for which a twin must be a rich one."""


@pytest.mark.parametrize(
    ("rows", "kind"),
    [
        pytest.param(ONE_AN_HOUR, None, id="plain, so far"),
        pytest.param(FOUR_EACH_MORNING + THREE_A_DAY, "rich", id="rich"),
    ],
)
def test_people_alone_tell_a_rich_twin(rows: list[Row], kind: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str | None] = []
    monkeypatch.setattr(fit, "compile_beforehand", lambda told, *_, **__: asked.append(told()))
    fit_twin(without_teams(log_of(rows)), name="office")
    assert asked == [kind]
