"""What a plain twin pays for features it does not use: this checkout beside an earlier one, on the same model.

Run ``python -m benchmarks.before [COMMIT]``: it checks the earlier commit out into a temporary folder, lets both take
turns in processes of their own, prints the figures and writes them to ``before.md`` beside it. Without a commit it is
the last one before people, limits, branches and dependent work came into the model.

In each round a process runs the plain model of `benchmarks.reference` once to warm up and then takes the median of a
few runs with each engine: from items drawn before to rows and books, in processor time. A ratio is that of one round.
"""

import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.reference import _processor

PAGE = Path(__file__).with_suffix(".md")
ROOT = PAGE.parents[1]
BEFORE = "c246b7a"
ROUNDS = 7
PROGRAM = """
import gc, json
from statistics import median
from time import process_time
from benchmarks.reference import model
from twin.demand import draw_items
from twin.engine import compiled, reference

def rate(engine, items):
    laid = model(items)
    drawn = [
        draw_items(laid.intakes, laid.inside, seed=seed, replication=0, until=laid.until, limit=items)
        for seed in range(6)
    ]
    rates = []
    for seed, each in enumerate(drawn):
        gc.collect()
        begun = process_time()
        outcome = engine.run(laid, each, seed=seed, replication=0, drain=True)
        seconds = process_time() - begun
        rates.append(len(outcome.visits.item) / seconds)
    return median(rates[1:])

print(json.dumps([rate(compiled, 50_000), rate(reference, 10_000)]))
"""
ENGINES = ("compiled: run, 50,000 items", "reference: run, 10,000 items")


def rates(checkout: Path) -> list[float]:
    """Give the visits per second of both engines of a checkout."""
    environment = os.environ | {"PYTHONPATH": str(checkout)}
    told = subprocess.run(
        (sys.executable, "-c", PROGRAM), cwd=checkout, env=environment, capture_output=True, text=True, check=True
    )
    return [float(each) for each in json.loads(told.stdout)]


def measure(commit: str) -> tuple[list[list[float]], list[list[float]]]:
    """Let both checkouts take turns; rounds of (compiled, reference) for each."""
    with TemporaryDirectory() as folder:
        before = Path(folder) / "before"
        subprocess.run(("git", "worktree", "add", "--detach", str(before), commit), cwd=ROOT, check=True)  # noqa: S607
        try:
            rates(before)  # the kernel is compiled once
            rates(ROOT)
            rounds = [(rates(before), rates(ROOT)) for _ in range(ROUNDS)]
        finally:
            subprocess.run(("git", "worktree", "remove", "--force", str(before)), cwd=ROOT, check=True)  # noqa: S607
    return [each[0] for each in rounds], [each[1] for each in rounds]


def page(commit: str, earlier: list[list[float]], now: list[list[float]]) -> str:
    """Write the figures down."""
    machine = f"{_processor()}, {os.cpu_count()} cores; Python {platform.python_version()}"
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    lines = [
        "# Plain twins before and after",
        "",
        f"Commit {commit} beside this checkout, {ROUNDS} rounds, taking turns; {machine}; {day}.",
        "",
        "Written by `python -m benchmarks.before`. Visits per second of processor time.",
        "",
        "| | before | now | now / before, median of rounds | lowest | highest |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for place, name in enumerate(ENGINES):
        old, new = ([each[place] for each in rounds] for rounds in (earlier, now))
        ratios = sorted(b / a for a, b in zip(old, new, strict=True))
        lines.append(
            f"| {name} | {median(old):,.0f} | {median(new):,.0f} | {median(ratios):.2f} | {ratios[0]:.2f} | "
            f"{ratios[-1]:.2f} |"
        )
    lines += ["", "Above 1 the plain model is quicker now. One model on one shared machine."]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print and write."""
    commit = (sys.argv[1:] or [BEFORE])[0]
    text = page(commit, *measure(commit))
    PAGE.write_text(text, encoding="utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
