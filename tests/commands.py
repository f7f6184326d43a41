"""The command line, called as a person would, in this process where speed matters; and what lies in a folder."""

import io
import resource
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

from twin.cli import main

ROOT = Path(__file__).parents[1]
TWIN_COMMAND = (sys.executable, "-c", "from twin.cli import main; main()")

TWIN = """\
twin: Desk
clock: {starts: 2026-01-05}
calendars:
  office: {days: mon-fri, hours: 09:00-17:00}
teams:
  clerks: {people: 2, calendar: office}
  seniors: {people: 1, calendar: office}
stages:
  answer: {team: clerks}
  sign: {team: seniors}
work:
  letter:
    arrivals: {kind: poisson, rate: 20 / week}
    steps:
      - {stage: answer, effort: {kind: exponential, mean: 2 h}}
      - {stage: sign, effort: {kind: exponential, mean: 30 min}}
"""
SCENARIO = """\
question: Does one more clerk shorten the wait?
base: twin.yaml
scenarios:
  one more clerk: [{add: 1, to: teams.clerks.people}]
run: {warm_up: 1 w, length: 4 w, replications: 3, seed: 7}
answer: {metric: lead_time, better: lower, worth: 1 h}
"""


class Said(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


def call(*arguments: object) -> Said:
    """Call ``twin`` in this process."""
    code: int | str | None = 0
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as left:
            code = left.code
    assert isinstance(code, int)
    return Said(code, out.getvalue(), err.getvalue())


def start(*arguments: object, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Call ``twin`` in a process of its own."""
    command = [*TWIN_COMMAND, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)


def project(folder: Path) -> Path:
    """Write a small twin and its question into a folder."""
    (folder / "twin.yaml").write_text(TWIN)
    (folder / "more.yaml").write_text(SCENARIO)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Read all that lies in a folder and below; folders are empty bytes."""
    return {
        str(path.relative_to(folder)): b"" if path.is_dir() else path.read_bytes()
        for path in sorted(folder.rglob("*"))
    }  # fmt: skip


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    """Let no file grow beyond a size, as a full disk would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
