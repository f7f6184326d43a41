"""The two engines beside SimPy code as people usually write it, on the same model in the same run.

Run ``python -m benchmarks.engines``: it prints the figures and writes them to ``engines.md`` beside it. All take turns,
one seed a round, so that what else the machine does hits them alike; rates are visits per second of processor time.
The model and the SimPy code are those of `benchmarks.reference`, with 50,000 items.

Three steps are told apart: the run alone, from items to rows and books; `simulate`, which also draws the arrivals and
checks that nothing was lost; and the log, which also names every row in a Polars table. SimPy code has the run only and
keeps a list of tuples. In every round the two engines' rows and books are compared byte for byte.
"""

import gc
import hashlib
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import NamedTuple

from benchmarks.reference import _processor, model, usual_simpy
from twin.demand import Items, draw_items
from twin.engine import compiled, reference, simulate
from twin.outcome import Outcome
from twin.plan import Model

PAGE = Path(__file__).with_suffix(".md")
ITEMS, ROUNDS, THREADED = 50_000, 7, 40
CORES = os.cpu_count() or 1
GOALS = "at least 8 million visits a second and 50 times usual SimPy code"
FIRST_RUN = """
from time import perf_counter
begun = perf_counter()
from benchmarks.reference import model
from twin.engine import simulate
compiled = model(10)
loaded = perf_counter()
simulate(compiled, seed=1, items=10, engine="compiled")
print(perf_counter() - loaded)
"""


class Rate(NamedTuple):
    """Visits per second of processor time, one for each round."""

    name: str
    rounds: list[float]


def drawn(compiled_model: Model, seed: int) -> Items:
    """Draw a round's items."""
    return draw_items(
        compiled_model.intakes, compiled_model.inside, seed=seed, replication=0, until=compiled_model.until, limit=ITEMS
    )


def digest(outcome: Outcome) -> str:
    """Sum up the bytes of all rows and books."""
    told = hashlib.sha256()
    for column in (outcome.rows, outcome.waits, *outcome.ledger):
        told.update(column.tobytes() if hasattr(column, "tobytes") else repr(column).encode())
    return told.hexdigest()


def rate(run: Callable[[], int]) -> float:
    """Time a run that gives its number of visits."""
    gc.collect()
    begun = process_time()
    visits = run()
    return visits / (process_time() - begun)


def measure() -> list[Rate]:
    """Let all take turns."""
    laid = model(ITEMS)
    compiled.run(laid, drawn(laid, 0), seed=0, replication=0, drain=True)
    rates = [
        Rate("usual SimPy code: run", []),
        Rate("reference: run", []),
        Rate("compiled: run", []),
        Rate("compiled: simulate", []),
        Rate("compiled: simulate and log", []),
    ]
    for seed in range(ROUNDS):
        items = drawn(laid, seed)

        def run_with(engine: Callable[..., Outcome], seed: int = seed, items: Items = items) -> Outcome:
            return engine(laid, items, seed=seed, replication=0, drain=True)

        def simulated(seed: int = seed) -> Outcome:
            return simulate(laid, seed=seed, items=ITEMS, engine="compiled")

        theirs = usual_simpy(ITEMS, seed)
        rates[0].rounds.append(theirs.visits / theirs.untabled)
        rates[1].rounds.append(rate(lambda: len(run_with(reference.run).rows)))
        rates[2].rounds.append(rate(lambda: len(run_with(compiled.run).rows)))
        rates[3].rounds.append(rate(lambda: len(simulated().rows)))
        rates[4].rounds.append(rate(lambda: simulated().log().frame.height))
        told = [digest(run_with(engine)) for engine in (reference.run, compiled.run)]
        if told[0] != told[1]:
            raise SystemExit(f"the engines differ for seed {seed}")
    return rates


def threads() -> list[float]:
    """Give visits per second on the wall with one thread and with as many as there are cores."""
    laid = model(ITEMS)
    items = drawn(laid, 0)

    def run(replication: int) -> int:
        return len(compiled.run(laid, items, seed=0, replication=replication, drain=True).rows)

    given = []
    for workers in (1, CORES):
        begun = perf_counter()
        with ThreadPoolExecutor(workers) as pool:
            visits = sum(pool.map(run, range(THREADED)))
        given.append(visits / (perf_counter() - begun))
    return given


def first_runs(cache: Path) -> tuple[float, float]:
    """Time the first run of a fresh process without and with a kept kernel, in seconds."""
    surroundings = os.environ | {"WORKTWIN_CACHE": str(cache)}
    command = [sys.executable, "-c", FIRST_RUN]
    seconds = [
        float(subprocess.run(command, env=surroundings, capture_output=True, text=True, check=True).stdout)
        for _ in range(2)
    ]
    return seconds[0], seconds[1]


def page(rates: list[Rate], threaded: list[float], first: tuple[float, float]) -> str:
    """Write the figures down."""
    usual = rates[0].rounds
    versions = ", ".join(f"{name} {version(name)}" for name in ("simpy", "numba", "numpy"))
    setting = f"{ITEMS:,} items, {ROUNDS} rounds, all taking turns; {_processor()}, {CORES} shared cores"
    one, many = (f"{rate:,.0f}" for rate in threaded)
    lines = [
        "# The engines beside usual SimPy code",
        "",
        f"{setting}; Python {platform.python_version()}, {versions}; {time.strftime('%Y-%m-%d', time.gmtime())}.",
        "",
        "Written by `python -m benchmarks.engines`. Rates are visits per second of processor time.",
        "",
        "| | median | lowest | highest | times usual SimPy code, median of rounds |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, rounds in rates:
        ratio = median(mine / theirs for mine, theirs in zip(rounds, usual, strict=True))
        lines.append(f"| {name} | {median(rounds):,.0f} | {min(rounds):,.0f} | {max(rounds):,.0f} | {ratio:.1f} |")
    lines += [
        "",
        f"The goal for the compiled run: {GOALS}.",
        "",
        f"On threads, by the clock on the wall: {one} visits a second with one, {many} with {CORES}.",
        "",
        f"First run in a fresh process: {first[0]:.1f} s to compile the kernel, {first[1]:.2f} s where it is kept.",
        "",
        f"In all {ROUNDS} rounds the rows and books of both engines were equal byte for byte.",
        "",
        "One model on one shared machine: other twins and machines give other ratios.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print and write."""
    with TemporaryDirectory() as cache:
        first = first_runs(Path(cache))
    text = page(measure(), threads(), first)
    PAGE.write_text(text, encoding="utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
