"""What a person waits for: ``twin`` commands in processes of their own, from the shell's call to its prompt.

Run ``python -m benchmarks.commands``: it prints the figures and writes them to ``commands.md`` beside it. The commands
take turns, so that what else the machine does hits them alike. Wall is by the clock on the wall, processor is the time
that the process and its threads were computing, both in seconds. The first, unmeasured run compiles the kernel, draws
the charts and builds their script where the cache does not hold them, and lets Python keep what it has compiled.
"""

import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Final, NamedTuple

from benchmarks.fidelity import DATA
from benchmarks.reference import _processor

PAGE: Final = Path(__file__).with_suffix(".md")
SCENARIO: Final = "scenarios/payments/one_more_person.yaml"
ROUNDS: Final = 5
GOAL: Final = "at most 2 seconds on the wall for `twin run`, its report included"
TWIN: Final = (sys.executable, "-c", "from twin.cli import main; main()")
LOG: Final = DATA / "event_logs" / "BPIC12W_train.csv.gz"
"""A real log of 43,405 visits, which is not in the repository."""
FIRST_GOAL: Final = "at most 60 seconds on the wall on two cores, with nothing kept"
KINDS: Final = ("plain", "branched", "rich")
COMPILING: Final = """
from pathlib import Path
from sys import argv
from twin.engine import simulate
from twin.plan import compile_model
from twin.project import load_twin
from twin.units import WEEK
model = compile_model(load_twin(Path("scenarios/payments/twin.yaml")), until=WEEK)
simulate(model._replace(**{kind: True for kind in argv[1:]}), seed=1, engine="compiled")
"""


class Spent(NamedTuple):
    """Seconds of one call."""

    wall: float
    processor: float


def called(arguments: tuple[str, ...]) -> tuple[str, Spent]:
    """Call ``twin`` in a process of its own; give what it printed and the seconds it took."""
    return _timed((*TWIN, *arguments))


def compiled(folder: Path, kind: str) -> Spent:
    """Run a small twin as one kind in a process with an empty cache, and again; give the seconds of the first alone."""
    command = (sys.executable, "-c", COMPILING, *([] if kind == "plain" else [kind]))
    first, again = (_timed(command, WORKTWIN_CACHE=str(folder / kind))[1] for _ in range(2))
    return Spent(first.wall - again.wall, first.processor - again.processor)


def calibrated(folder: Path) -> dict[str, Spent]:
    """Learn a twin from a real log with an empty cache, and again; nothing where that log is absent."""
    if not LOG.exists():
        return {}
    command = (*TWIN, "calibrate", str(LOG), "--out", str(folder / "learned"))
    names = (f"twin calibrate {LOG.name}, nothing kept", "the same, with what that kept")
    return {name: _timed(command, WORKTWIN_CACHE=str(folder / "cache"))[1] for name in names}


def _timed(command: Sequence[str], **settings: str) -> tuple[str, Spent]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | settings
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    told = subprocess.run(command, cwd=PAGE.parents[1], env=kept, capture_output=True, text=True, check=True)
    wall, after = perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return told.stdout, Spent(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def measure(folder: Path) -> tuple[dict[str, list[Spent]], dict[str, Any]]:
    """Let the commands take turns, each run in a folder of its own and then again; give seconds and what it answers."""
    answered = json.loads(called(("run", SCENARIO, "--out", str(folder / "first"), "--json"))[0])
    rounds = [_round(folder / str(number)) for number in range(ROUNDS)]
    return {name: [each[name] for each in rounds] for name in rounds[0]}, answered


def _round(out: Path) -> dict[str, Spent]:
    run = ("run", SCENARIO, "--out", str(out))
    commands = {
        "twin --help": ("--help",),
        f"twin check {SCENARIO}": ("check", SCENARIO),
        f"twin run {SCENARIO}": run,
        "the same, answered before": run,
        "twin compare, answered before": ("compare", SCENARIO, "--out", str(out)),
    }
    return {name: called(arguments)[1] for name, arguments in commands.items()}


def page(
    spent: dict[str, list[Spent]], answered: dict[str, Any], first: dict[str, Spent], learned: dict[str, Spent]
) -> str:
    """Write the figures down."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("numba", "numpy", "polars", "pydantic", "scipy"))
    setting = f"{ROUNDS} rounds, all taking turns; {_processor()}, {os.cpu_count()} shared cores"
    lines = [
        "# What a person waits for",
        "",
        f"{setting}; Python {platform.python_version()}, {versions}; {time.strftime('%Y-%m-%d', time.gmtime())}.",
        "",
        "Written by `python -m benchmarks.commands`. Seconds of a fresh process, with a kept kernel.",
        f"{os.getloadavg()[2]:.1f} programs at a time wanted a core in the last quarter of an hour.",
        "",
        "| | wall, median | lowest | highest | processor, median |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, rounds in spent.items():
        wall = [each.wall for each in rounds]
        processor = median(each.processor for each in rounds)
        lines.append(f"| `{name}` | {median(wall):.2f} | {min(wall):.2f} | {max(wall):.2f} | {processor:.2f} |")
    lines += [
        "",
        f"The run: {answered['replications']} replications of {1 + len(answered['scenarios'])} models, and the report.",
        "",
        f"The goal: {GOAL}.",
        "",
        "## The first time on a machine",
        "",
        "Compiling the kernel, once for each kind of twin; the reference engine needs none of it and runs small twins.",
        "",
        "| kind of twin | wall, s | processor, s |",
        "|---|---:|---:|",
        *(f"| {kind} | {each.wall:.0f} | {each.processor:.0f} |" for kind, each in first.items()),
        "",
        *_learning(learned),
        "",
        "One shared machine, whose speed varies from hour to hour: other machines take other times.",
    ]
    return "\n".join(lines) + "\n"


def _learning(learned: dict[str, Spent]) -> list[str]:
    """Tell what a calibration takes that finds nothing kept."""
    if not learned:
        return [f"Calibration was not measured: {LOG.name} is absent."]
    return [
        "A calibration that will want a rich kernel has it compiled beside, in a process of its own.",
        "",
        "| command | wall, s | processor, s |",
        "|---|---:|---:|",
        *(f"| `{name}` | {each.wall:.0f} | {each.processor:.0f} |" for name, each in learned.items()),
        "",
        f"The goal: {FIRST_GOAL}.",
    ]


def main() -> None:
    """Measure, print and write."""
    with TemporaryDirectory() as folder:
        learned = calibrated(Path(folder))
        first = {kind: compiled(Path(folder), kind) for kind in KINDS}
        text = page(*measure(Path(folder)), first, learned)
    PAGE.write_text(text, encoding="utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
