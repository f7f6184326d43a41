"""What a visit costs on the compiled engine: with each feature, and at every size.

Run ``python -m benchmarks.costs``: it prints the figures and writes them to ``costs.md`` beside it. The plain model is
that of `benchmarks.reference`, the others are in `benchmarks.features`.

Features: the plain model and its variants take turns in many short rounds; what a feature costs is the difference to
the plain model of the same round, in nanoseconds of processor time a visit, and the median of those.

Sizes: before each round the plain model runs with 20,000 items for about as long, and a size is told in times of that.
The program's own time is told apart from the system's, which is mostly that of handing out fresh memory: on a virtual
machine it changes from run to run by more than everything else. The two are sampled, hence sums over all rounds.

A replication: what one of an experiment costs, step by step, on a small twin and on the plain model.

Memory: ``twin run`` in a process of its own, which reads the most it ever held off ``VmHWM`` in ``/proc/self/status``
at its end. What ``getrusage`` tells of a child would not do: on Linux that begins with what its parent held.
"""

import gc
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from resource import RUSAGE_SELF, getrusage, struct_rusage
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any, Final, NamedTuple

from benchmarks.features import FEATURES, WORKING_SHARE, calendars, people, variant
from benchmarks.reference import PLACES, _processor, written
from twin.conservation import check
from twin.demand import draw_items
from twin.engine import compiled, counted, simulate
from twin.experiment import candidate, candidates
from twin.metrics import measure_counts
from twin.plan import Model
from twin.presence import present
from twin.project import load_experiment
from twin.replication import Candidate
from twin.rows import WAIT_WORDS, WORDS
from twin.spec import Twin
from twin.units import HOUR, WEEK

PAGE: Final = Path(__file__).with_suffix(".md")
ITEMS, ROUNDS = 20_000, 31
MOST_MORE, MOST_TIMES = 20, 2
"""The goals: nanoseconds more a visit for each feature, and times as much from the cheapest size to the dearest."""

SIZES: Final = {1_000: 300, 10_000: 40, 100_000: 9, 1_000_000: 4, 2_000_000: 3}
"""Rounds by number of items."""

QUESTION: Final = Path("scenarios/payments/one_more_person.yaml")
ROOT: Final = PAGE.parents[1]
HOURS, SMALL_ROUNDS, LARGE_ROUNDS = 50_000, 300, 9
"""An item arrives every hour of the large replication."""

REPLICATIONS: Final = (20, 200, 2_000, 20_000)
FEW, MANY = 20, 2_000
MOST_GROWTH: Final = 1.1
"""The goal: with a hundred times as many replications, from few to many, at most so many times the memory."""

MEASURED_RUN: Final = """
import sys
from pathlib import Path
from twin.cli import main
try:
    main()
finally:
    sys.stderr.write(Path("/proc/self/status").read_text())
"""

FACTORS: Final = (1, 10, 100, 530)
MANY_ITEMS, FEW_ROUNDS = 200_000, 5

Lines = list[str]


class Cost(NamedTuple):
    """Seconds of processor time."""

    own: float
    system: float
    visits: int


class Size(NamedTuple):
    """What one size costs, in nanoseconds a visit."""

    items: int
    people: int
    alone: Cost
    whole: Cost
    plain: Cost  # 20,000 items, run alone, between its rounds

    @property
    def times(self) -> tuple[float, float]:
        """Tell the program's own time a visit, run alone and whole, in times of the plain run alone."""
        base = self.plain.own / self.plain.visits
        return self.alone.own / self.alone.visits / base, self.whole.own / self.whole.visits / base


def judged(*, holds: bool) -> str:
    """Say whether a goal holds."""
    return "holds" if holds else "**missed**"


def nanoseconds(model: Model, seed: int) -> float:
    """Give the processor time a visit of the run alone."""
    drawn = draw_items(model.intakes, model.inside, seed=seed, replication=0, until=model.until, limit=ITEMS)
    gc.collect()
    begun = process_time()
    visits = len(compiled.run(model, drawn, seed=seed, replication=0, drain=True).rows)
    return (process_time() - begun) / visits * 1e9


def features() -> Lines:
    """Let the plain model and every variant take turns."""
    plain = variant(dict, ITEMS)
    variants = {
        name: variant(change, ITEMS, rate=WORKING_SHARE if change is calendars else 1.0)
        for name, change in FEATURES.items()
    }
    for model in (plain, *variants.values()):
        nanoseconds(model, 0)  # the layout of a model is made once
    base: list[float] = []
    more: dict[str, list[float]] = {name: [] for name in variants}
    for seed in range(ROUNDS):
        base.append(nanoseconds(plain, seed))
        for name, model in variants.items():
            more[name].append(nanoseconds(model, seed))
    lines = [
        f"Run alone, {ITEMS:,} items, {ROUNDS} rounds; the goal: at most {MOST_MORE} ns more a visit for each.",
        "",
        "| feature | ns a visit, median | more than the plain model, median of rounds | middle half of rounds | goal |",
        "|---|---:|---:|---:|---|",
        f"| plain: six teams, rework | {median(base):.0f} | | | |",
    ]
    for name, costs in more.items():
        without = name == "rework"  # the plain model has it, the variant has not
        gaps = sorted(
            (plainly - cost) if without else (cost - plainly) for cost, plainly in zip(costs, base, strict=True)
        )
        half = f"{gaps[ROUNDS // 4]:+.0f} to {gaps[-1 - ROUNDS // 4]:+.0f}"
        label, goal = f"{name} (the variant is without)" if without else name, judged(holds=median(gaps) <= MOST_MORE)
        lines.append(f"| {label} | {median(costs):.0f} | {median(gaps):+.0f} | {half} | {goal} |")
    return lines


def cost(model: Model, items: int, seed: int) -> tuple[Cost, Cost]:
    """Measure a run alone, and `simulate`, which also draws the arrivals and checks the books."""
    drawn = draw_items(model.intakes, model.inside, seed=seed, replication=0, until=model.until, limit=items)
    gc.collect()
    begun = getrusage(RUSAGE_SELF)
    visits = len(compiled.run(model, drawn, seed=seed, replication=0, drain=True).rows)
    between = getrusage(RUSAGE_SELF)
    simulate(model, seed=seed, items=items, engine="compiled")
    ended = getrusage(RUSAGE_SELF)
    return _between(begun, between, visits), _between(between, ended, visits)


def _between(begun: struct_rusage, ended: struct_rusage, visits: int) -> Cost:
    return Cost(ended.ru_utime - begun.ru_utime, ended.ru_stime - begun.ru_stime, visits)


def added(costs: list[Cost]) -> Cost:
    """Add up rounds."""
    own, system, visits = zip(*costs, strict=True)
    return Cost(sum(own), sum(system), sum(visits))


def size(plain: Model, model: Model, items: int, staff: int, rounds: int) -> Size:
    """Let one size and the plain model take turns."""
    base, alone, whole = [], [], []
    cost(model, items, 0)
    for seed in range(rounds):
        base += [cost(plain, ITEMS, seed)[0] for _ in range(max(1, items // ITEMS // 2))]
        run, simulated = cost(model, items, seed)
        alone.append(run)
        whole.append(simulated)
    return Size(items, staff, added(alone), added(whole), added(base))


def sizes() -> Lines:
    """Measure from few items to many, and from few people to many at the same load."""
    plain, staff = variant(dict, ITEMS), sum(place.people for place in PLACES)
    by_items = [size(plain, variant(dict, items), items, staff, rounds) for items, rounds in SIZES.items()]
    by_people = [
        size(plain, variant(people(factor), MANY_ITEMS, rate=factor), MANY_ITEMS, staff * factor, FEW_ROUNDS)
        for factor in FACTORS
    ]
    head = [
        "items", "people", "run alone: own time, ns a visit", "and the system's", "simulate: own time, ns a visit",
        "and the system's", "own time, in times of 20,000 items' run: alone", "simulate",
    ]  # fmt: skip
    return [
        f"The goal: from a size to a larger one a visit never comes to cost more than {MOST_TIMES} times as much.",
        "",
        f"| {' | '.join(head)} |",
        "|" + "---:|" * len(head),
        *map(row, [*by_items, *by_people]),
        "",
        *(f"- {line}" for line in (*spread("items", by_items), *spread("people", by_people))),
    ]


def row(of: Size) -> str:
    """Write a size down."""
    costs = " | ".join(f"{part / each.visits * 1e9:.0f}" for each in (of.alone, of.whole) for part in each[:2])
    return f"| {of.items:,} | {of.people:,} | {costs} | {of.times[0]:.2f} | {of.times[1]:.2f} |"


def spread(what: str, sizes: list[Size]) -> Lines:
    """Hold the sizes to the goal."""
    least, most = (f"{getattr(sizes[place], what):,}" for place in (0, -1))
    lines = []
    for name, times in zip(("run alone", "simulate"), zip(*(each.times for each in sizes), strict=True), strict=True):
        ratio = max(large / small for place, small in enumerate(times) for large in times[place:])
        lines.append(f"{least} to {most} {what}, {name}: {ratio:.2f} times; {judged(holds=ratio <= MOST_TIMES)}.")
    return lines


def steps_of(asked: Candidate, seed: int) -> dict[str, float]:
    """Run a replication step by step; give the microseconds of processor time of each."""
    spent: dict[str, float] = {}

    def timed(name: str, step: Callable[[], Any]) -> Any:
        begun = process_time()
        given = step()
        spent[name] = (process_time() - begun) * 1e6
        return given

    model, ruler, gaps = asked.model, asked.ruler, compiled.sums_of_gaps
    named = {"seed": seed, "replication": 0}
    drawn = timed("arrivals", lambda: draw_items(model.intakes, model.inside, until=model.until, gaps=gaps, **named))
    outcome = timed("run", lambda: compiled.run(present(model, **named), drawn, **named))
    timed("conservation", lambda: check(outcome, compiled.summed(outcome)))
    counts = timed("counting", lambda: counted(outcome, ruler.window, ruler.promises, ruler.clocks))
    timed("figures", lambda: measure_counts(counts, ruler, end=outcome.ledger.end))
    return spent | {"visits": float(len(outcome.rows))}


def replications() -> Lines:
    """Take a small and a large replication apart."""
    loaded, plain = load_experiment(ROOT / QUESTION), Twin.model_validate(written())
    window = (12 * WEEK, HOURS * HOUR)
    asked = {
        "payments": (candidates(loaded.experiment, loaded.base)[0], SMALL_ROUNDS),
        "plain": (candidate("plain", plain, (), window, plain.start), LARGE_ROUNDS),
    }
    rounds = {name: [steps_of(each, seed) for seed in range(most)] for name, (each, most) in asked.items()}
    names = list(rounds["plain"][0])
    lines = ["Microseconds of processor time, medians of rounds.", "", f"| | {' | '.join(names)} |"]
    lines += ["|---|" + "---:|" * len(names)]
    for name, spent in rounds.items():
        lines.append(f"| {name} | {' | '.join(f'{median(each[step] for each in spent):,.0f}' for step in names)} |")
    return lines


def peak(replications: int, engine: str = "compiled") -> float:
    """Give the most memory that ``twin run`` held, in MiB."""
    with TemporaryDirectory() as out:
        asked = ["run", str(QUESTION), "--replications", str(replications), "--engine", engine, "--out", out, "--json"]
        command = [sys.executable, "-c", MEASURED_RUN, *asked]
        told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found = re.search(r"VmHWM:\s+(\d+) kB", told.stderr)
    if not found:
        raise SystemExit("this system does not tell how much memory a process held")
    return int(found[1]) / 1024


def memory() -> Lines:
    """Measure how memory grows with replications."""
    held, alone = {count: peak(count) for count in REPLICATIONS}, peak(FEW, "reference")
    growth, each = held[MANY] / held[FEW], (held[REPLICATIONS[-1]] - held[MANY]) / (REPLICATIONS[-1] - MANY)
    goal = f"{growth:.2f} times; the goal, at most {MOST_GROWTH}: {judged(holds=growth <= MOST_GROWTH)}."
    return [
        f"A visit takes {8 * WORDS} bytes in memory and a wait {8 * WAIT_WORDS}, until the replication is measured.",
        "",
        f"| `twin run {QUESTION} --engine compiled` | most memory held |",
        "|---|---:|",
        *(f"| {count:,} replications | {mebibytes:.0f} MiB |" for count, mebibytes in held.items()),
        "",
        f"From {FEW} to {MANY:,} replications: {goal}",
        f"Beyond, each one takes {each * 1024:.0f} KiB: its figures, weeks and quantiles stay for the report.",
        f"By itself the command takes the reference for {FEW}, which has no compiler to load: {alone:.0f} MiB.",
    ]


def page() -> str:
    """Measure, and write the figures down."""
    load = [os.getloadavg()[0]]
    simulate(variant(dict, 10), seed=0, items=10, engine="compiled")
    sections = {}
    parts = {"A feature more": features, "Larger and larger": sizes, "A replication": replications, "Memory": memory}
    for title, part in parts.items():
        sections[title] = part()
        load.append(os.getloadavg()[0])
    versions = ", ".join(f"{name} {version(name)}" for name in ("numba", "numpy"))
    machine = f"{_processor()}, {os.cpu_count()} shared cores, load {min(load):.1f} to {max(load):.1f}"
    lines = [
        "# What a visit costs",
        "",
        f"{machine}; Python {platform.python_version()}, {versions}; {time.strftime('%Y-%m-%d', time.gmtime())}.",
        "",
        "Written by `python -m benchmarks.costs`. Nanoseconds of processor time; other work on the machine raises all",
        "of them by turns, so differences and ratios say more than they do.",
    ]
    for title, section in sections.items():
        lines += ["", f"## {title}", "", *section]
    return "\n".join([*lines, "", "One machine and one model: others give other times."]) + "\n"


def main() -> None:
    """Measure, print and write."""
    text = page()
    PAGE.write_text(text, encoding="utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
