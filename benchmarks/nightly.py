"""Run the long suites and record the result: `python -m benchmarks.nightly`, or `make nightly`.

These are the tests marked nightly, and the laws of all others on examples that no commit has seen.

Every test runs in a process of its own, as many at once as there are processors. Tests whose names contain a word run
alone with `python -m benchmarks.nightly WORD`; the rows of the others stay as they were, each with its day and commit.
What a test records of itself, its seed above all, stands in the table.
"""

import os
import platform
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

RESULT = Path(__file__).with_name("nightly.md")
ROOT = RESULT.parents[1]
CHOSEN = ("-m", "nightly or hypothesis", "--hypothesis-profile=explore", "-p", "no:cacheprovider")
PYTEST = (sys.executable, "-m", "pytest", *CHOSEN, "-q")
SHOWN = ("test", "result", "seconds", "day", "commit")
RECORDED = ("numbers", "replications", "largest |t|", "largest SE", "seed")


class Result(NamedTuple):
    """What came of one test."""

    name: str
    outcome: str
    seconds: float
    recorded: dict[str, str]
    told: str  # what pytest says of a failure

    def row(self, day: str, commit: str) -> str:
        """Write a line of the table."""
        cells = [
            f"`{self.name}`",
            self.outcome,
            f"{self.seconds:.0f}",
            day,
            commit,
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


def kept(names: Sequence[str]) -> dict[str, str]:
    """Give the rows that were recorded before, by test, of tests that there still are."""
    lines = RESULT.read_text(encoding="utf-8").splitlines() if RESULT.exists() else []
    rows = {line.split("`")[1]: line for line in lines if line.startswith("| `")}
    return {name: row for name, row in rows.items() if name in names and row.count(" | ") == len(SHOWN + RECORDED) - 1}


def page(rows: Sequence[str], missing: int) -> str:
    """Write the results down."""
    outcomes = [row.split(" | ")[1] for row in rows]
    counts = [f"{outcomes.count(outcome)} {outcome}" for outcome in ("passed", "failed", "error", "skipped")]
    machine = f"{os.cpu_count()} processors, {platform.machine()}, Python {platform.python_version()}"
    head = [*SHOWN, *(key.replace("|", "\\|") for key in RECORDED)]
    lines = [
        "# What the nightly suite said last",
        "",
        f"{', '.join(counts)}, {missing} never recorded here; on {machine}.",
        "Written by `python -m benchmarks.nightly`.",
        "",
        "t is the distance from the exact value in standard errors, SE the standard error as a share of it.",
        "`THEORY_SEED` takes a seed again. A row of an earlier commit says nothing of what came after it.",
        "",
        f"| {' | '.join(head)} |",
        f"|{'---|' * len(head)}",
        *rows,
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Run every test marked nightly and every law, write benchmarks/nightly.md, and tell whether one has failed."""
    word = (sys.argv[1:] or [""])[0]
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    head = ("git", "rev-parse", "--short", "HEAD")
    asked = subprocess.run(head, capture_output=True, text=True, check=True, cwd=ROOT)
    everything = collected("")
    rows, failed = kept(everything), []
    with ThreadPoolExecutor(os.cpu_count()) as runs:
        for each in runs.map(result, [name for name in everything if word in name]):
            rows[each.name] = each.row(day, asked.stdout.strip())
            print(rows[each.name], flush=True)
            failed += [] if each.outcome in {"passed", "skipped"} else [each.told]
            ordered = [rows[name] for name in everything if name in rows]
            RESULT.write_text(page(ordered, len(everything) - len(ordered)), encoding="utf-8")
    print(*failed, sep="\n")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
