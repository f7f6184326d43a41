# ruff: noqa: TID251, S311 - the SimPy side draws as people who write SimPy draw: one seeded generator
"""Our reference engine beside SimPy code as people usually write it, on the same model in the same run.

Run ``python -m benchmarks.reference``: it prints the figures and writes them to ``reference.md`` beside it. Two engines
take turns, so that what else the machine does hits both; rates are visits per second of processor time.

The model: one item an hour (Poisson) through intake, analysis, build, review, test and deploy by teams of 2, 4, 6, 3, 3
and 1; review sends 20 % back to build and test 10 %; lognormal efforts with utilisations 0.65 to 0.85. That is 6.889
visits an item. Both run until the last item has left and leave a Polars table with a row per visit; beside it stands
the ratio with the table left out on the SimPy side only. The usual SimPy code has a Resource per team and a process per
item, no calendars, priorities, limits or named random numbers; our engine has them all, and its time includes the
conservation check.
"""

import gc
import math
import os
import platform
import sys
from collections.abc import Generator
from importlib.metadata import version
from pathlib import Path
from random import Random
from statistics import median
from time import process_time
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import simpy

from twin.engine import simulate
from twin.plan import Model, compile_model
from twin.spec import Twin
from twin.units import HOUR, WEEK

PAGE = Path(__file__).with_suffix(".md")
ITEMS, ROUNDS = 8_000, 9


class Place(NamedTuple):
    """A stage and its team."""

    name: str
    people: int
    effort: float  # mean, hours
    log_sd: float
    rework: float = 0.0  # chance to go back to build


PER_ITEM = {"build": 1 / 0.72, "review": 1 / 0.72, "test": 1 / 0.9}
BUILD = 2


def _place(name: str, people: int, utilisation: float, log_sd: float, rework: float = 0.0) -> Place:
    """Choose the mean effort that gives a utilisation at one item an hour."""
    return Place(name, people, utilisation * people / PER_ITEM.get(name, 1.0), log_sd, rework)


PLACES = (
    _place("intake", 2, 0.65, 0.5),
    _place("analysis", 4, 0.75, 0.8),
    _place("build", 6, 0.85, 1.0),
    _place("review", 3, 0.70, 0.8, 0.2),
    _place("test", 3, 0.80, 0.9, 0.1),
    _place("deploy", 1, 0.60, 0.5),
)


class Run(NamedTuple):
    """What one run of one engine gave."""

    visits: int
    seconds: float  # of processor time
    untabled: float  # without the table, where it is apart
    cycle_time: float  # mean, hours
    table: pl.DataFrame  # a row per visit: item, stage, enabled, started, finished (SimPy: hours; ours: ticks)


def usual_simpy(items: int, seed: int) -> Run:
    """Run the model in SimPy code as its documentation teaches it."""
    begun, draw, env = process_time(), Random(seed), simpy.Environment()
    teams = [simpy.Resource(env, place.people) for place in PLACES]
    rows: list[tuple[int, str, float, float, float]] = []
    cycle_times: list[float] = []

    def item(number: int) -> Generator[simpy.Event, Any, None]:
        arrived, at = env.now, 0
        while at < len(PLACES):
            place, enabled = PLACES[at], env.now
            with teams[at].request() as request:
                yield request
                started = env.now
                scale = math.log(place.effort) - place.log_sd**2 / 2
                yield env.timeout(draw.lognormvariate(scale, place.log_sd))
            rows.append((number, place.name, enabled, started, env.now))
            at = BUILD if place.rework and draw.random() < place.rework else at + 1
        cycle_times.append(env.now - arrived)

    def source() -> Generator[simpy.Event, Any, None]:
        for number in range(items):
            yield env.timeout(draw.expovariate(1.0))
            env.process(item(number))

    env.process(source())
    env.run()
    untabled = process_time() - begun
    table = pl.DataFrame(rows, schema=["item", "stage", "enabled", "started", "finished"], orient="row")
    return Run(table.height, process_time() - begun, untabled, sum(cycle_times) / items, table)


def written() -> dict[str, Any]:
    """Write the model as a twin's file would."""
    steps: list[dict[str, Any]] = [
        {
            "stage": place.name,
            "effort": {
                "kind": "lognormal",
                "mean": f"{place.effort:.9f} h",
                "cv": math.sqrt(math.expm1(place.log_sd**2)),
            },
        }
        | ({"rework": {"chance": place.rework, "back_to": "build"}} if place.rework else {})
        for place in PLACES
    ]
    return {
        "twin": "delivery",
        "clock": {"starts": "2026-01-05"},
        "teams": {place.name: {"people": place.people} for place in PLACES},
        "stages": {place.name: {"team": place.name} for place in PLACES},
        "work": {"item": {"arrivals": {"kind": "poisson", "rate": "1 / hour"}, "steps": steps}},
    }


def model(items: int) -> Model:
    """Make the model, with time enough for so many items to arrive."""
    return compile_model(Twin.model_validate(written()), until=round(items * 1.2) * HOUR + WEEK)


def ours(compiled: Model, items: int, seed: int) -> Run:
    """Run the model in our reference engine, conservation check included."""
    begun = process_time()
    table = simulate(compiled, seed=seed, items=items).log().frame
    seconds = process_time() - begun
    stays = table.group_by("item").agg(pl.col("finished").max() - pl.col("enabled").min())["finished"].to_numpy()
    return Run(table.height, seconds, seconds, float(stays.mean()) / HOUR, table)


def measure() -> tuple[list[Run], list[Run]]:
    """Let both engines take turns."""
    compiled = model(ITEMS)
    theirs, mine = [], []
    for seed in range(ROUNDS):
        gc.collect()
        theirs.append(usual_simpy(ITEMS, seed))
        gc.collect()
        mine.append(ours(compiled, ITEMS, seed))
    return theirs, mine


def _processor() -> str:
    """Name the processor, as far as the system tells."""
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text(encoding="utf-8").splitlines() if facts.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def page(theirs: list[Run], mine: list[Run]) -> str:
    """Write the figures down."""
    rates = [[run.visits / run.seconds for run in runs] for runs in (theirs, mine)]
    ratio = [b / a for a, b in zip(*rates, strict=True)]
    untabled = [b / (a.visits / a.untabled) for a, b in zip(theirs, rates[1], strict=True)]
    times = [np.array([run.cycle_time for run in runs]) for runs in (theirs, mine)]
    gap = times[1].mean() - times[0].mean()
    noise = math.sqrt(sum(each.var(ddof=1) / each.size for each in times))
    machine = f"{_processor()}, {os.cpu_count()} cores"
    versions = f"Python {platform.python_version()}, SimPy {version('simpy')}, NumPy {version('numpy')}"
    lines = [
        "# The reference engine beside usual SimPy code",
        "",
        f"{ITEMS:,} items, {ROUNDS} rounds, engines taking turns. {machine}; {versions}.",
        "",
        "Written by `python -m benchmarks.reference`.",
        "",
        "| engine | visits per second, median | lowest | highest | mean cycle time, h |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, rate, time in zip(("usual SimPy code", "our reference engine"), rates, times, strict=True):
        lines.append(f"| {name} | {median(rate):,.0f} | {min(rate):,.0f} | {max(rate):,.0f} | {time.mean():.2f} |")
    lines += [
        "",
        f"Ratio, median of rounds: {median(ratio):.2f}, from {min(ratio):.2f} to {max(ratio):.2f}; above 1 is faster.",
        "",
        f"With the table left out on the SimPy side only: {median(untabled):.2f}.",
        "",
        f"Difference of mean cycle times: {gap:+.2f} h, {abs(gap) / noise:.1f} standard errors.",
        "",
        "One model on one shared machine: other twins and machines give other ratios.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print and write."""
    text = page(*measure())
    PAGE.write_text(text, encoding="utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
