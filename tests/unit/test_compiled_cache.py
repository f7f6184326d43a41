"""The compiled kernel is kept once a machine; whatever becomes of its files, the run is the same.

All its doors are kept in the same way. Here it is the smallest, which is compiled in seconds.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from twin.engine import loading

RUN = """
import sys
import numpy as np
from twin.distributions import Exponential
from twin.engine.loading import call
from twin.sampling import quantile_table
sums = np.zeros(1000, np.int64)
gap = quantile_table(Exponential.model_validate({"kind": "exponential", "mean": "1 h"}))
call("gaps", *np.arange(3, dtype=np.uint64), gap[None].copy(), sums, tell=print)
print(int(sums[-1]), "ticks")
"""
COMPILED = "compiled the engine for this machine in"
Damage = Callable[[Path], None]


PREPARED = """
print("prepared to compile:", "numba.np.arraymath" in sys.modules)
"""


def begun(cache: Path, program: str = RUN, **folders: str) -> subprocess.Popen[str]:
    """Start a process that draws gaps in the kernel with this cache."""
    surroundings = os.environ | {"WORKTWIN_CACHE": str(cache)} | folders
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([sys.executable, "-c", program], env=surroundings, text=True, **pipes)


def told(cache: Path, run: subprocess.Popen[str] | None = None) -> str:
    """What a fresh process tells that draws gaps in the kernel with this cache."""
    out, err = (run or begun(cache)).communicate()
    assert out.endswith(" ticks\n")
    assert err == ""
    return out


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A cache that two processes have filled that were started at once, and what they told."""
    cache = tmp_path_factory.mktemp("kept")
    return cache, [told(cache, run) for run in [begun(cache), begun(cache)]]


@pytest.fixture
def kept(twice: tuple[Path, list[str]]) -> Path:
    return twice[0]


def cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def flip(file: Path) -> None:
    written = bytearray(file.read_bytes())
    written[len(written) // 3] ^= 1
    file.write_bytes(written)


def test_the_kernel_is_compiled_once(kept: Path) -> None:
    assert COMPILED not in told(kept)


def test_a_kept_kernel_is_loaded_without_what_numba_compiles_with(kept: Path) -> None:
    out, _ = begun(kept, RUN + PREPARED).communicate()
    assert out.endswith("prepared to compile: False\n")


def test_of_two_processes_one_compiles_and_the_other_finds_what_it_has_kept(twice: tuple[Path, list[str]]) -> None:
    assert "".join(twice[1]).count(COMPILED) == 1


@pytest.mark.parametrize(
    ("pattern", "damage"),
    [
        pytest.param("*.nbc", flip, id="a bit of the code flipped"),
        pytest.param("*.nbc", cut, id="code cut short", marks=pytest.mark.nightly),
        pytest.param("*.nbi", cut, id="index cut short", marks=pytest.mark.nightly),
        pytest.param("*.nbi", Path.unlink, id="index lost", marks=pytest.mark.nightly),
        pytest.param("*.sums", flip, id="sums damaged", marks=pytest.mark.nightly),
    ],
)
def test_a_damaged_cache_is_made_again(kept: Path, tmp_path: Path, pattern: str, damage: Damage) -> None:
    cache = Path(shutil.copytree(kept, tmp_path / "cache"))
    for file in (cache / "kernel").rglob(pattern):
        damage(file)
    again, kept_again = told(cache), told(cache)
    assert COMPILED in again
    assert COMPILED not in kept_again
    assert again.endswith(kept_again)


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert COMPILED in told(tmp_path / "cache")


@pytest.mark.nightly
def test_who_has_a_folder_for_numba_has_the_kernel_there(tmp_path: Path) -> None:
    runs = (begun(tmp_path / "cache", NUMBA_CACHE_DIR=str(tmp_path / "numba")) for _ in range(2))
    first, second = (told(tmp_path / "cache", run) for run in runs)
    assert COMPILED in first
    assert COMPILED not in second
    assert list((tmp_path / "numba").rglob("*.nbi"))


class Door:
    """A compiled function whose files raise an error as often as asked."""

    def __init__(self, errors: int, *, but_compiled: bool = False) -> None:
        self.errors, self.but_compiled, self.signatures = errors, but_compiled, []  # type: ignore[var-annotated]

    def compile(self, types: Any) -> None:
        if self.but_compiled or not self.errors:
            self.signatures.append(types)
        if self.errors:
            self.errors -= 1
            raise EOFError("Ran out of input")


@pytest.mark.parametrize("door", [Door(1), Door(1, but_compiled=True)], ids=["when read", "when written"])
def test_an_error_of_the_cache_is_no_error(door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "_folder", lambda: tmp_path / "none")
    loading._compile(door, ("types",))
    assert door.signatures == [("types",)]
