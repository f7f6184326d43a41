"""What ``twin calibrate`` costs on logs of growing size: seconds, memory, and where the time goes.

Run ``python -m benchmarks.calibration``: it lets the twin of ``scenarios/demo`` work for two years with more and more
people and demand, writes what a tracker exports, learns that in a process of its own, ensemble included, and writes
``calibration.md`` beside it. Each step is timed alone: what a step calls that is a step too counts there.
The compiled engine is warm: one small log is learned first.
"""

import argparse
import importlib
import json
import os
import platform
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any, Final, NamedTuple

import polars as pl

from benchmarks.reference import _processor
from calibration.sources import read_log
from twin.caseload import simulate_logs
from twin.engine import simulate
from twin.eventlog import exported
from twin.exports import write_table
from twin.plan import compile_model
from twin.project import read_twin
from twin.rates import items_per_week
from twin.spec import Twin

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = Path(__file__).with_suffix(".md")
REAL: Final = ROOT.parent / "shared" / "data" / "event_logs" / "BPIC12W_train.csv.gz"
VISITS: Final = (30_000, 100_000, 300_000, 1_000_000)
WARM: Final = 3_000
WEEKS: Final = 104
VISITS_PER_ITEM: Final = 3.35
GOALS: Final = {"BPIC12W": (60, 4.0), "1,000,000": (300, 4.0)}
"""Seconds and gigabytes at most."""
REPLICATIONS: Final = 100
SOON: Final = 3.0
"""Seconds that so many replications of the whole period may take on two threads."""
STEPS: Final = {
    "read the file": ("calibration.sources:read_log",),
    "visits as arrays": ("calibration.fit:observe",),
    "what the export holds": (
        "calibration.fit:with_pending",
        "calibration.fit:without_under_way",
        "calibration.fit:faded",
        "calibration.fit:taken_in",
        "calibration.fit:since_evidence",
    ),
    "branches": ("calibration.fit:fit_blocks",),
    "batches": ("calibration.workforce:fit_batching", "calibration.workforce:done_alone"),
    "teams": ("calibration.workforce:fit_teams",),
    "hours and people": ("calibration.workforce:seen_at_work", "calibration.workforce:fit_hours"),
    "queue rules": ("calibration.workforce:fit_disciplines",),
    "gates": ("calibration.workforce:fit_cadences",),
    "efforts": ("calibration.fit:fit_efforts", "calibration.workforce:worked"),
    "arrivals": ("calibration.fit:fit_arrivals",),
    "routes": ("calibration.fit:fit_route", "calibration.ensemble:_rows"),
    "delays, first": ("calibration.fit:first_delays",),
    "delays, runs of the twin": ("calibration.fit:rerun",),
    "delays, evidence": ("calibration.fit:delay_evidence",),
    "states": ("calibration.fit:_with_states",),
    "hidden work": ("calibration.belief:hidden_evidence",),
    "ensemble, basis": ("calibration.belief:read_basis",),
    "ensemble, runs of members": ("calibration.ensemble:rerun_after_delays",),
    "ensemble, weighing": ("calibration.belief:draw_ensemble",),
    "write the folder": ("calibration.folder:write_fit",),
}
"""By step, the names under which its functions are called."""


class Cost(NamedTuple):
    """What one call cost."""

    log: str
    visits: int
    people: int
    wall: float  # seconds
    processor: float  # seconds
    memory: float  # gigabytes at the most
    steps: dict[str, float]  # processor seconds


def grown(visits: int) -> Twin:
    """Give the demo's twin so much more demand, and people for it, that it makes so many visits in two years."""
    twin = read_twin(ROOT / "scenarios" / "demo")[0]
    rate = sum(items_per_week(work.arrivals) for work in twin.work.values())
    factor = visits / (rate * WEEKS * VISITS_PER_ITEM)
    written = twin.as_written()
    for team in written["teams"].values():
        team["people"] = max(1, round(team["people"] * factor))
    for work in written["work"].values():
        amount, _, unit = str(work["arrivals"]["rate"]).partition(" ")
        work["arrivals"]["rate"] = f"{float(amount) * factor:.6g} {unit}"
    return Twin.model_validate(written)


def written(path: Path, visits: int) -> tuple[int, int]:
    """Write what a tracker would export of the grown twin; give its visits and people."""
    twin = grown(visits)
    log = next(iter(simulate_logs(twin, length=f"{WEEKS}w", seed=1)))
    table = exported(log).select("case_id", "activity", "resource", "start_time", "end_time")
    table = table.filter(pl.col("end_time").is_not_null())
    write_table(table, path)
    return table.height, table["resource"].n_unique()


def cost(name: str, path: Path, people: int, out: Path) -> Cost:
    """Learn a log in a process of its own."""
    begun = perf_counter()
    command = [sys.executable, "-m", "benchmarks.calibration", "--learn", str(path), "--out", str(out)]
    with subprocess.Popen(command, cwd=ROOT) as child:
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    wall = perf_counter() - begun
    if child.returncode:
        raise SystemExit(child.returncode)
    told = json.loads((out / "steps.json").read_text(encoding="utf-8"))
    visits = json.loads((out / "evidence.json").read_text(encoding="utf-8"))["rows"]["used"]
    memory = used.ru_maxrss * 1024 / 1e9
    return Cost(name, visits, people, wall, used.ru_utime + used.ru_stime, memory, told)


class Replay(NamedTuple):
    """A learned twin run again over as long a time as its log is."""

    days: float
    threads: int
    visits: int  # of all replications
    wall: float  # seconds, from a loaded twin to the last replication


def replay(path: Path, out: Path) -> Replay:
    """Run the twin learned from a log for as long as the log is, many times."""
    log, twin, threads = read_log([path]).log, read_twin(out)[0], os.cpu_count() or 1
    length = timedelta(milliseconds=log.end)

    def visits(seed: int, replication: int) -> int:
        return len(simulate(model, seed=seed, replication=replication, engine="compiled").rows)

    model = compile_model(twin, until=log.end)
    visits(0, 0)  # the kernel is loaded
    begun = perf_counter()
    model = compile_model(twin, until=log.end)
    with ThreadPoolExecutor(threads) as pool:
        made = sum(pool.map(lambda replication: visits(1, replication), range(REPLICATIONS)))
    return Replay(length / timedelta(days=1), threads, made, perf_counter() - begun)


def learn(path: Path, out: Path) -> None:
    """Be ``twin calibrate``, and write down which step took how long."""
    begun, took = process_time(), defaultdict[str, float](float)
    for step, names in STEPS.items():
        for name in names:
            module, _, function = name.partition(":")
            if function:
                home = importlib.import_module(module)
                setattr(home, function, timed(getattr(home, function), step, took))
    from twin.cli import main as command  # noqa: PLC0415 - after its steps are timed

    sys.argv = ["twin", "calibrate", str(path), "--out", str(out), "--quiet"]
    try:
        command()
    except SystemExit as end:
        if end.code:
            raise
    told = dict(took)
    told["other"] = process_time() - begun - sum(told.values())
    (out / "steps.json").write_text(json.dumps(told), encoding="utf-8")


_INSIDE: Final[list[float]] = []
"""Seconds that steps inside the current ones took."""


def timed(function: Callable[..., Any], step: str, took: dict[str, float]) -> Callable[..., Any]:
    """Count the processor seconds of a function that are its own."""

    def timing(*given: Any, **named: Any) -> Any:
        _INSIDE.append(0.0)
        begun = process_time()
        try:
            return function(*given, **named)
        finally:
            whole = process_time() - begun
            took[step] += whole - _INSIDE.pop()
            if _INSIDE:
                _INSIDE[-1] += whole

    return timing


def page(costs: list[Cost], replayed: Replay | None) -> str:
    """Write the figures down."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("numpy", "polars", "scipy", "numba"))
    busy = f"{os.getloadavg()[2]:.0f} processes waiting for them on average"
    machine = f"{_processor()}, {os.cpu_count()} shared cores, {busy}; Python {platform.python_version()}, {versions}"
    steps = [step for step in (*STEPS, "other") if any(step in each.steps for each in costs)]
    lines = [
        "# What a calibration costs\n",
        f"{machine}; {time.strftime('%Y-%m-%d')}.\n",
        "Written by `python -m benchmarks.calibration`: `twin calibrate` with its 20 members in a process of its own,",
        "the engine compiled before. Logs but BPIC12W are two years of the demo's twin with more people and demand.\n",
        "| log | visits | people | wall, s | processor, s | ms per 1,000 visits | memory at most, GB | goal |",
        "|---|---:|---:|---:|---:|---:|---:|---|",
        *(
            f"| {each.log} | {each.visits:,} | {each.people:,} | {each.wall:.0f} | {each.processor:.0f} | "
            f"{each.processor / each.visits * 1e6:.0f} | {each.memory:.2f} | {goal(each)} |"
            for each in costs
        ),
        "\n## Where the time goes\n",
        "Processor seconds of each step; work on several threads counts for each of them.\n",
        "| step | " + " | ".join(f"{each.log}" for each in costs) + " |",
        "|---|" + "---:|" * len(costs),
        *(f"| {step} | " + " | ".join(f"{each.steps.get(step, 0):.1f}" for each in costs) + " |" for step in steps),
        *told_of(replayed),
        "\nOne shared machine, whose speed varies from hour to hour: other machines take other times.",
    ]
    return "\n".join(lines) + "\n"


def told_of(replayed: Replay | None) -> list[str]:
    """Say how long replications of the real log's whole period took."""
    if replayed is None:
        return []
    days, threads, visits, wall = replayed
    kept = "kept" if wall <= SOON else "not kept"
    what = f"{REPLICATIONS} replications of the {days:.0f} days of BPIC12W by its twin, on {threads} threads"
    return [f"\n{what}: {wall:.1f} s after loading, {visits:,} visits. The goal is {SOON:g} s: {kept}."]


def goal(cost: Cost) -> str:
    """Say whether a goal is kept."""
    if cost.log not in GOALS:
        return ""
    seconds, gigabytes = GOALS[cost.log]
    kept = "kept" if cost.wall <= seconds and cost.memory <= gigabytes else "not kept"
    if kept != "kept" and cost.processor <= seconds and cost.memory <= gigabytes:
        kept = "kept by processor seconds only"
    return f"{seconds} s, {gigabytes:g} GB: {kept}"


def main() -> None:
    """Measure, print and write down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learn", type=Path, help="a log to learn, as the measured process does")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--visits", type=int, nargs="*", default=VISITS)
    parser.add_argument("--real", type=Path, default=REAL)
    asked = parser.parse_args()
    if asked.learn:
        learn(asked.learn, asked.out)
        return
    costs, replayed = [], None
    with TemporaryDirectory() as folder:
        path, out = Path(folder) / "log.csv", Path(folder) / "out"
        if asked.real.exists():
            cost("warm", asked.real, 0, out)
            people = pl.read_csv(asked.real)["resource"].n_unique()
            costs.append(cost("BPIC12W", asked.real, people, out))
            replayed = replay(asked.real, out)
            print(replayed)
            print(costs[-1], flush=True)
        for visits in (WARM, *asked.visits):
            people = written(path, visits)[1]
            found = cost(f"{visits:,}", path, people, out)
            print(found, flush=True)
            costs += [found] if visits != WARM else []
    PAGE.write_text(page(costs, replayed), encoding="utf-8")


if __name__ == "__main__":
    main()
