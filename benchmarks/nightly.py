"""Run the long suites and record the result: `python -m benchmarks.nightly`, or `make nightly`.

These are the tests marked nightly, and the laws of all others on examples that no commit has seen.

Every test runs in a process of its own, as many at once as there are processors. Tests whose names contain a word run
alone with `python -m benchmarks.nightly WORD`. What a test records of itself, its seed above all, stands in the table.
"""

import os
import platform
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

RESULT = Path(__file__).with_name("nightly.md")
ROOT = RESULT.parents[1]
CHOSEN = ("-m", "nightly or hypothesis", "--hypothesis-profile=explore", "-p", "no:cacheprovider")
PYTEST = (sys.executable, "-m", "pytest", *CHOSEN, "-q")
RECORDED = ("numbers", "replications", "largest |t|", "largest SE", "seed")


class Result(NamedTuple):
    """What came of one test."""

    name: str
    outcome: str
    seconds: float
    recorded: dict[str, str]
    told: str  # what pytest says of a failure

    @property
    def row(self) -> str:
        """Write a line of the table."""
        cells = [
            f"`{self.name}`",
            self.outcome,
            f"{self.seconds:.0f}",
            *(self.recorded.get(key, "") for key in RECORDED),
        ]
        return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def collected(word: str) -> list[str]:
    """List the tests marked nightly, and the laws, whose names contain a word."""
    listed = subprocess.run((*PYTEST, "--collect-only"), capture_output=True, text=True, check=True, cwd=ROOT)
    return [line for line in listed.stdout.splitlines() if "::" in line and word in line]


def result(name: str) -> Result:
    """Run one test."""
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        written = ("-o", "junit_family=xunit1", f"--junitxml={report}", "--timeout=7200")
        run = subprocess.run((*PYTEST, *written, name), capture_output=True, text=True, check=False, cwd=ROOT)
        if not report.exists():
            return Result(name, "error", 0, {}, run.stdout + run.stderr)
        case = next(ET.parse(report).getroot().iter("testcase"))  # noqa: S314 - pytest has just written it
    recorded = {each.get("name", ""): each.get("value", "") for each in case.iter("property")}
    found = {0: "skipped" if case.find("skipped") is not None else "passed", 1: "failed"}
    return Result(
        name,
        found.get(run.returncode, "error"),
        float(case.get("time", 0)),
        recorded,
        run.stdout if run.returncode else "",
    )


def page(results: Sequence[Result], minutes: float, word: str) -> str:
    """Write the results down."""
    chosen = f" Only tests with {word!r} in their names." if word else ""
    counts = [
        f"{sum(each.outcome == outcome for each in results)} {outcome}" for outcome in ("passed", "failed", "error")
    ]
    machine = f"{os.cpu_count()} processors, {platform.machine()}, Python {platform.python_version()}"
    head = ["test", "result", "seconds", *(key.replace("|", "\\|") for key in RECORDED)]
    lines = [
        "# The last nightly run",
        "",
        f"{', '.join(counts)}; {minutes:.1f} minutes on {machine}.{chosen}",
        "Written by `python -m benchmarks.nightly`.",
        "",
        "t is the distance from the exact value in standard errors, SE the standard error as a share of it.",
        "`THEORY_SEED` takes a seed again.",
        "",
        f"| {' | '.join(head)} |",
        f"|{'---|' * len(head)}",
        *(each.row for each in results),
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Run every test marked nightly and every law, write benchmarks/nightly.md, and tell whether one has failed."""
    began, word = time.perf_counter(), (sys.argv[1:] or [""])[0]
    with ThreadPoolExecutor(os.cpu_count()) as runs:
        results = []
        for each in runs.map(result, collected(word)):
            print(each.row, flush=True)
            results.append(each)
    RESULT.write_text(page(results, (time.perf_counter() - began) / 60, word), encoding="utf-8")
    print(*(each.told for each in results if each.told), sep="\n")
    return int(any(each.outcome not in {"passed", "skipped"} for each in results))


if __name__ == "__main__":
    sys.exit(main())
