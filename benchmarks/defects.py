"""Do the tests find a mistake? One is put into a copy of the code at a time, and the tests must notice every one.

Run `python -m benchmarks.defects`: it writes the table to `defects.md` beside it and fails where a mistake stays
unnoticed. Mistakes whose names contain a word run alone with `python -m benchmarks.defects WORD`.

First the chosen tests must all pass on the copy as it is; then each mistake replaces a text that occurs exactly once.
The copy is what is imported (looked up before any test), keeps a cache of its own, runs the kernel as plain Python and
draws the same examples every time, so that a mistake is found by the same test again.

Source of the method: DeMillo, Lipton, Sayward 1978, Hints on test data selection, Computer 11(4).
"""

import ast
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from benchmarks.mistakes import DEFECTS, Defect, Tests

PAGE: Final = Path(__file__).with_suffix(".md")
ROOT: Final = PAGE.parents[1]
COPIED: Final = ("twin", "calibration", "tests", "scenarios", "benchmarks", "pyproject.toml", "README.md")
COPIES: Final = 2
EXAMPLES: Final = "150"
"""Small twins on which both engines are held together."""

PATIENCE: Final = 150
"""Seconds after which a test is given up, as where a mistake goes round in a circle."""

FAILED: Final = 1  # pytest's exit code; any other tells that it could not run the tests
WRAPS: Final = ("-W", "ignore:overflow encountered:RuntimeWarning")
"""Plain Python warns where the kernel's random words wrap around, as they should."""

CONFTEST: Final = """\
from pathlib import Path

import pytest
from hypothesis import Phase, settings

import calibration
import twin

for package in (twin, calibration):
    if Path(package.__file__).parents[1] != Path(__file__).parent:
        raise pytest.UsageError(f"{package.__file__} is not the copy")
settings.register_profile("as found", derandomize=True, phases=[Phase.explicit, Phase.generate])
settings.load_profile("as found")
"""


class Finding(NamedTuple):
    """What became of a defect."""

    defect: Defect
    killed_by: str  # a test, or empty where none noticed
    seconds: float


def damaged(text: str, defect: Defect) -> str:
    """Put a defect into the text of its file.

    Raises
    ------
    ValueError
        Where the old text does not occur exactly once, or the new one is no Python.
    """
    if text.count(defect.old) != 1:
        raise ValueError(f"{defect.name}: {defect.old!r} occurs {text.count(defect.old)} times in {defect.file}")
    changed = text.replace(defect.old, defect.new)
    ast.parse(changed)
    return changed


def find(defect: Defect, copies: SimpleQueue[Path]) -> Finding:
    """Run the tests of a defect on a copy that has it."""
    with _borrowed(copies) as copy:
        file = copy / defect.file
        text = file.read_text(encoding="utf-8")
        began = time.perf_counter()
        file.write_text(damaged(text, defect), encoding="utf-8")
        try:
            run = _tested(copy, defect.tests)
        finally:
            file.write_text(text, encoding="utf-8")
    noticed = re.search(r"^(?:FAILED|ERROR) (\S+::.*?)(?: - .*)?$", run.stdout, re.MULTILINE)
    if run.returncode not in {0, FAILED} or (run.returncode == FAILED and not noticed):
        raise RuntimeError(f"{defect.name}: the tests did not run\n{run.stdout}{run.stderr}")
    return Finding(defect, noticed[1] if noticed else "", time.perf_counter() - began)


def check_sound(tests: Tests, copies: SimpleQueue[Path]) -> None:
    """See that tests pass without any defect.

    Raises
    ------
    RuntimeError
        Where they do not, for then they tell nothing of a defect.
    """
    with _borrowed(copies) as copy:
        run = _tested(copy, tests)
    if run.returncode:
        raise RuntimeError(f"{' '.join(tests)} fails without any defect\n{run.stdout}{run.stderr}")


def _tested(copy: Path, tests: Tests) -> subprocess.CompletedProcess[str]:
    with TemporaryDirectory() as cache:
        surroundings = os.environ | {
            "PYTHONPATH": str(copy),
            "PYTHONDONTWRITEBYTECODE": "1",  # a file put back within a second would look like the damaged one
            "WORKTWIN_CACHE": cache,
            "NUMBA_DISABLE_JIT": "1",
            "PARITY_EXAMPLES": EXAMPLES,
        }
        options = (
            "-x",
            "-q",
            "--tb=no",
            "-rfE",
            "-m",
            "not nightly",
            "-p",
            "no:cacheprovider",
            f"--timeout={PATIENCE}",
        )
        command = (sys.executable, "-m", "pytest", *options, *WRAPS, *tests)
        return subprocess.run(
            command, cwd=copy, env=surroundings, capture_output=True, text=True, check=False, timeout=300
        )


@contextmanager
def _borrowed(copies: SimpleQueue[Path]) -> Iterator[Path]:
    copy = copies.get()
    try:
        yield copy
    finally:
        copies.put(copy)


def copy_tree(folder: Path) -> Path:
    """Copy what the tests need, with a `conftest.py` that sees to it that the copy is what they test."""
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".hypothesis"))
        else:
            folder.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    (folder / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    return folder


def find_all(defects: Sequence[Defect]) -> list[Finding]:
    """Look for every defect, in so many copies at a time."""
    with TemporaryDirectory() as folder, ThreadPoolExecutor(COPIES) as runs:
        copies: SimpleQueue[Path] = SimpleQueue()
        for number in range(COPIES):
            copies.put(copy_tree(Path(folder).resolve() / f"copy {number}"))
        list(runs.map(lambda tests: check_sound(tests, copies), dict.fromkeys(each.tests for each in defects)))
        return list(runs.map(lambda defect: find(defect, copies), defects))


def page(findings: Sequence[Finding], minutes: float) -> str:
    """Write the findings down."""
    found = sum(bool(each.killed_by) for each in findings)
    machine = f"{os.cpu_count()} processors, {platform.machine()}, Python {platform.python_version()}"
    lines = [
        "# Mistakes that the tests find",
        "",
        f"{found} of {len(findings)} mistakes found; {minutes:.1f} minutes on {machine}. Written by",
        "`python -m benchmarks.defects`.",
        "",
        "Each was put alone into a copy of the code; the test named is the first of those chosen for it that failed.",
        "That all of these are found does not say that every mistake would be.",
        "",
        "| mistake | file | found by | seconds |",
        "|---|---|---|---|",
    ]
    for defect, killed_by, seconds in findings:
        test = killed_by.replace("|", "\\|")
        lines.append(f"| {defect.name} | `{defect.file}` | {f'`{test}`' if test else '**nothing**'} | {seconds:.0f} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Look for the defects, write benchmarks/defects.md, and tell whether one stayed unnoticed."""
    began, word = time.perf_counter(), (sys.argv[1:] or [""])[0]
    findings = find_all([each for each in DEFECTS if word in each.name])
    text = page(findings, (time.perf_counter() - began) / 60)
    if not word:
        PAGE.write_text(text, encoding="utf-8")
    print(text)
    return int(not all(each.killed_by for each in findings))


if __name__ == "__main__":
    sys.exit(main())
