"""What ``twin profile`` costs on large files: seconds and memory of a process of its own, by rows.

Run ``python -m benchmarks.profile``: it writes its files into a temporary folder (0.7 GB for ten million rows), prints
the figures and writes them to ``profile.md`` beside it. The files are made without chance: item i arrives evenly, and
its times are exponential at the shares (i φ) mod 1, φ the golden ratio, which spread evenly over 0 to 1.
"""

import os
import platform
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.reference import _processor

PAGE: Final = Path(__file__).with_suffix(".md")
ROWS: Final = (100_000, 1_000_000, 10_000_000)
HISTORY_ROWS: Final = (100_000, 1_000_000, 10_000_000)
STAGES: Final = ("intake", "build", "review", "test", "release")
STATES: Final = ("New", "Active", "Awaiting User Info", "Active", "Resolved")
PEOPLE: Final = 400
HOUR: Final = 3_600_000
FIRST: Final = 1_640_995_200_000  # 2022-01-01
YEARS: Final = 2
PART: Final = 100_000
GOLDEN: Final = (5**0.5 - 1) / 2
GOAL_SECONDS: Final = 60
GOAL_GIGABYTES: Final = 2.0
TWIN: Final = (sys.executable, "-c", "from twin.cli import main; main()")


class Cost(NamedTuple):
    """What one call cost."""

    kind: str
    rows: int
    megabytes: float  # of the file
    wall: float  # seconds
    processor: float  # seconds
    memory: float  # gigabytes at the most


def written(path: Path, rows: int, kind: str) -> None:
    """Write a file of visits or a history, five rows an item."""
    items, steps = rows // len(STAGES), len(STAGES)
    with path.open("wb") as stream:
        for begin in range(0, items, PART):
            item = np.arange(begin, min(begin + PART, items))
            _part(item, items, steps, kind).write_csv(stream, include_header=begin == 0)


def _part(item: NDArray[np.int64], items: int, steps: int, kind: str) -> pl.DataFrame:
    arrived = FIRST + (item * (YEARS * 365 * 24 * HOUR / items)).astype(np.int64)
    place = item[:, None] * steps + np.arange(steps)
    waits, lasts = (_exponential(place, each, mean) for each, mean in ((0, 6 * HOUR), (1, 2 * HOUR)))
    started = arrived[:, None] + np.cumsum(waits, axis=1) + np.cumsum(lasts, axis=1) - lasts
    person = (place * 7919) % PEOPLE
    columns = {
        "item": np.repeat(item, steps),
        "step": np.tile(np.arange(steps), item.size),
        "person": person.ravel(),
        "start": started.ravel(),
        "end": (started + lasts).ravel(),
    }
    names = STAGES if kind == "visits" else STATES
    named = pl.DataFrame(columns).select(
        pl.format("T-{}", "item").alias("case_id"),
        pl.Series(names).gather(columns["step"]).alias("activity" if kind == "visits" else "state"),
        pl.format("person {}", "person").alias("resource"),
        *(_stamp(name).alias(role) for name, role in (("start", "start_time"), ("end", "end_time"))),
    )
    if kind == "visits":
        return named
    team = pl.Series(columns["person"] % 12).cast(pl.String).alias("team")
    return named.with_columns(team).drop("end_time").rename({"start_time": "updated_at"})


def _exponential(place: NDArray[np.int64], purpose: int, mean: float) -> NDArray[np.int64]:
    share = ((2 * place + purpose) * GOLDEN) % 1
    return np.ceil(-mean * np.log1p(-share)).astype(np.int64)


def _stamp(name: str) -> pl.Expr:
    return pl.from_epoch(name, time_unit="ms").dt.strftime("%Y-%m-%dT%H:%M:%SZ")


def cost(path: Path, rows: int, kind: str, out: Path) -> Cost:
    """Profile a file in a process of its own."""
    begun = perf_counter()
    with subprocess.Popen([*TWIN, "profile", str(path), "--out", str(out), "--quiet"], cwd=PAGE.parents[1]) as child:
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    wall = perf_counter() - begun
    if child.returncode:
        raise SystemExit(child.returncode)
    return Cost(kind, rows, path.stat().st_size / 1e6, wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e9)


def page(costs: list[Cost]) -> str:
    """Write the figures down."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("numpy", "polars", "scipy"))
    busy = f"{os.getloadavg()[2]:.0f} processes waiting for them on average"
    setting = f"{_processor()}, {os.cpu_count()} shared cores, {busy}; Python {platform.python_version()}, {versions}"
    most = [each for each in costs if each.rows == max(ROWS)]
    fits = all(each.memory <= GOAL_GIGABYTES for each in most)
    kept = {
        "by the wall on this machine": fits and all(each.wall <= GOAL_SECONDS for each in most),
        "by processor seconds": fits and all(each.processor <= GOAL_SECONDS for each in most),
    }
    told = "; ".join(f"{how}, {'kept' if is_kept else 'not kept'}" for how, is_kept in kept.items())
    limits = f"{GOAL_SECONDS} seconds and {GOAL_GIGABYTES:g} GB on 2 cores"
    goal = f"\nThe goal: ten million rows within {limits}: {told}."
    lines = [
        "# What a profile costs\n",
        f"{setting}; {time.strftime('%Y-%m-%d')}.\n",
        "Written by `python -m benchmarks.profile`. `twin profile FILE --out DIR` in a process of its own, page and",
        "figures included; five rows an item.\n",
        "| kind | rows | file, MB | wall, s | processor, s | processor, s per million rows | memory at most, GB |",
        "|---|---:|---:|---:|---:|---:|---:|",
        *(
            f"| {each.kind} | {each.rows:,} | {each.megabytes:.0f} | {each.wall:.1f} | {each.processor:.1f} | "
            f"{each.processor / each.rows * 1e6:.2f} | {each.memory:.2f} |"
            for each in costs
        ),
        goal,
        "\nOne shared machine, whose speed varies from hour to hour: other machines take other times.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print and write down."""
    costs = []
    with TemporaryDirectory() as folder:
        for kind, sizes in (("visits", ROWS), ("history", HISTORY_ROWS)):
            for rows in sizes:
                path = Path(folder) / f"{kind}.csv"
                written(path, rows, kind)
                costs.append(cost(path, rows, kind, Path(folder) / "out"))
                print(costs[-1], flush=True)
                path.unlink()
    PAGE.write_text(page(costs), encoding="utf-8")


if __name__ == "__main__":
    main()
