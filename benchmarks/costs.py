"""What a visit costs on the compiled engine: with each feature, at every size, in time and in memory.

Run ``python -m benchmarks.costs``: it prints the figures and writes them to ``costs.md`` beside it. Models take turns
in many short rounds; costs are differences to the plain model of the same round, in nanoseconds of processor time a
visit, and medians of those. Times on the wall stand beside how many cores others used meanwhile (from /proc/stat),
since the machine is shared: they say what was seen, not what an idle machine would do.

The plain model is that of `benchmarks.reference`, the others are in `benchmarks.features`. Where the real log of
BPI Challenge 2012 is at hand, its calibrated twin is run too.
"""

import gc
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Final, NamedTuple

from benchmarks.features import FEATURES, WORKING_SHARE, calendars, people, variant
from benchmarks.reference import PLACES, _processor, written
from twin.demand import draw_items
from twin.engine import compiled, simulate
from twin.executors.threads import on_threads
from twin.metrics import ruler
from twin.plan import Model, compile_model
from twin.project import load_experiment, load_twin
from twin.replication import Candidate, Task, Work
from twin.spec import Twin
from twin.units import DAY
from twin.yardstick import Window, yardstick

PAGE: Final = Path(__file__).with_suffix(".md")
ROOT: Final = Path(__file__).parents[1]
QUESTION: Final = ROOT / "scenarios" / "payments" / "one_more_person.yaml"
REAL_LOG: Final = ROOT.parent / "shared" / "data" / "event_logs" / "BPIC12W_train.csv.gz"
TRAINING: Final = 136 * DAY
TWIN: Final = Path(sys.executable).with_name("twin")
ITEMS, ROUNDS = 20_000, 31
SIZES: Final = {1_000: 41, 10_000: 21, 100_000: 7, 1_000_000: 3, 2_000_000: 3}
FACTORS: Final = (1, 10, 100, 1_000)
MANY_ITEMS, FEW_ROUNDS = 200_000, 5
THREADED: Final = 9
IDLE: Final = 0.3
"""Cores used by others up to which a round counts as undisturbed."""

Lines = list[str]


class Spent(NamedTuple):
    """What a piece of work took."""

    wall: float  # seconds
    processor: float  # seconds, all threads and children
    others: float  # cores that others used meanwhile
    peak: int = 0  # most memory at once, bytes; children only


def nanoseconds(model: Model, items: int, seed: int) -> tuple[float, float]:
    """Give the processor time a visit of the run alone and of `simulate`, which draws arrivals and checks the books."""
    drawn = draw_items(model.intakes, model.inside, seed=seed, replication=0, until=model.until, limit=items)
    gc.collect()
    begun = process_time()
    visits = compiled.run(model, drawn, seed=seed, replication=0, drain=True).visits.item.size
    alone = process_time() - begun
    begun = process_time()
    simulate(model, seed=seed, items=items, engine="compiled")
    return alone / visits * 1e9, (process_time() - begun) / visits * 1e9


def features() -> Lines:
    """Let the plain model and every variant take turns."""
    plain = variant(dict, ITEMS)
    variants = {
        name: variant(change, ITEMS, rate=WORKING_SHARE if change is calendars else 1.0)
        for name, change in FEATURES.items()
    }
    base, more = [], {name: [] for name in variants}  # type: ignore[var-annotated] # lists of nanoseconds
    for seed in range(ROUNDS):
        base.append(nanoseconds(plain, ITEMS, seed)[0])
        for name, model in variants.items():
            more[name].append(nanoseconds(model, ITEMS, seed)[0])
    lines = [
        f"Run alone, {ITEMS:,} items, {ROUNDS} rounds; goal: at most 20 ns more a visit for each.",
        "",
        "| feature | ns a visit, median | more than the plain model, median of rounds | middle half of rounds |",
        "|---|---:|---:|---:|",
        f"| plain: six teams, rework | {median(base):.0f} | | |",
    ]
    for name, costs in more.items():
        sign = -1 if name == "rework" else 1  # the plain model has it, the variant has not
        gaps = sorted(sign * (cost - plainly) for cost, plainly in zip(costs, base, strict=True))
        low, high = gaps[ROUNDS // 4], gaps[-1 - ROUNDS // 4]
        label = "rework (the variant is without)" if sign < 0 else name
        lines.append(f"| {label} | {median(costs):.0f} | {median(gaps):+.0f} | {low:+.0f} to {high:+.0f} |")
    return lines


def sizes() -> Lines:
    """Measure from few items to many, and from few people to many at the same load."""
    lines = [
        "| items | people | visits | run alone, ns a visit | with arrivals and check |",
        "|---:|---:|---:|---:|---:|",
    ]
    staff = sum(place.people for place in PLACES)
    for items, rounds in SIZES.items():
        model = variant(dict, items)
        lines.append(_size(model, items, staff, rounds))
    for factor in FACTORS:
        model = variant(people(factor), MANY_ITEMS, rate=factor)
        lines.append(_size(model, MANY_ITEMS, staff * factor, FEW_ROUNDS))
    return lines


def _size(model: Model, items: int, staff: int, rounds: int) -> str:
    costs = [nanoseconds(model, items, seed) for seed in range(rounds)]
    alone, whole = (median(each) for each in zip(*costs, strict=True))
    visits = simulate(model, seed=0, items=items, engine="compiled").visits.item.size
    return f"| {items:,} | {staff:,} | {visits:,} | {alone:.0f} | {whole:.0f} |"


def memory(folder: Path) -> Lines:
    """Measure rows in memory and in a file, and the peak of experiments with more replications."""
    visits = simulate(variant(dict, ITEMS), seed=0, items=ITEMS, engine="compiled").visits
    row = sum(column.itemsize for column in visits)
    (folder / "plain.yaml").write_text(json.dumps(written()), encoding="utf-8")
    file, lines = folder / "log.parquet", []
    for count in (ITEMS, 10 * ITEMS):
        spent = command("simulate", folder / "plain.yaml", "--items", count, "--out", file, "--engine", "compiled")
        rows = visits.item.size * count / ITEMS
        size, peak = file.stat().st_size / rows, spent.peak / 2**20
        lines.append(f"| `twin simulate`, {count:,} items | {size:.1f} bytes a visit in Parquet | {peak:.0f} MiB |")
    for replications in (20, 200, 2_000):
        spent = command(
            "run", QUESTION, "--replications", replications, "--out", folder / "out", "--engine", "compiled"
        )
        lines.append(f"| `twin run`, {replications:,} replications | | {spent.peak / 2**20:.0f} MiB |")
    return [
        f"A row takes {row} bytes in memory.",
        "",
        "| | file | peak memory of the process |",
        "|---|---:|---:|",
        *lines,
    ]


def command(*words: object) -> Spent:
    """Run the command line in a process of its own."""
    before, begun = _cores_used(), perf_counter()
    process = subprocess.Popen(
        [str(TWIN), *map(str, words), "--quiet"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = perf_counter() - begun
    if process.returncode:
        raise SystemExit(f"{words} ended with {process.returncode}")
    mine = used.ru_utime + used.ru_stime
    return Spent(wall, mine, (_cores_used() - before - mine) / wall, used.ru_maxrss * 1024)


def measured(work: Callable[[], object]) -> Spent:
    """Run a piece of work in this process."""
    gc.collect()
    before, mine, begun = _cores_used(), process_time(), perf_counter()
    work()
    wall, mine = perf_counter() - begun, process_time() - mine
    return Spent(wall, mine, (_cores_used() - before - mine) / wall)


def _cores_used() -> float:
    """Give the seconds that all cores together have worked since the machine started."""
    facts = Path("/proc/stat")
    if not facts.exists():
        return 0.0
    user, nice, system, _, _, interrupts, soft, *_ = map(int, facts.read_text("utf-8").splitlines()[0].split()[1:])
    return (user + nice + system + interrupts + soft) / os.sysconf("SC_CLK_TCK")


def candidate(twin: Twin, window: Window) -> Candidate:
    """Compile a twin as the candidate of an experiment."""
    model = compile_model(twin, until=window[1])
    known = yardstick(twin, window=window, start=twin.start, changes=())
    return Candidate("baseline", twin, (), model, known, ruler(model.labels, known))


def replications(of: Candidate, count: int, workers: int) -> Callable[[], object]:
    """Make a run of several replications, measured and checked as in an experiment, on so many threads."""
    work = Work((of,), 1, "compiled")
    return lambda: list(on_threads(workers)(work, [Task(0, number) for number in range(count)]))


def threads(real: Candidate | None) -> Lines:
    """Let one thread and two take turns on several twins."""
    asked = load_experiment(QUESTION)
    run = asked.experiment.run
    window = (run.warm_up, run.warm_up + run.length)
    plain = candidate(Twin.model_validate(written()), (0, 5 * 365 * DAY))
    cases = {"plain, five years": (plain, 6), "payments, 64 weeks": (candidate(asked.base, window), 200)}
    if real is not None:
        cases["BPIC12W, 136 days"] = (real, 40)
    lines = [
        "| twin | visits a replication | two threads beside one, median | best round | cores of others | undisturbed |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, (of, count) in cases.items():
        rounds = [[measured(replications(of, count, workers)) for workers in (1, 2)] for _ in range(THREADED)]
        ratios = [one.wall / two.wall for one, two in rounds]
        others = [max(one.others, two.others) for one, two in rounds]
        free = [ratio for ratio, used in zip(ratios, others, strict=True) if used <= IDLE]
        undisturbed = f"{median(free):.2f} ({len(free)} rounds)" if free else "no round was"
        visits = simulate(of.model, seed=1, engine="compiled").visits.item.size
        lines.append(
            f"| {name} | {visits:,} | {median(ratios):.2f} | {max(ratios):.2f} | {median(others):.1f} | {undisturbed} |"
        )
    return lines


def walls(folder: Path, real: Candidate | None) -> Iterator[str]:
    """Time what people wait for."""
    yield "| | wall, median | least | processor | cores of others | goal |"
    yield "|---|---:|---:|---:|---:|---:|"
    runs = [command("run", QUESTION, "--out", folder / "out") for _ in range(THREADED)][1:]
    yield _wall("`twin run` of payments, one more person, warm", runs, "2 s")
    if real is None:
        yield f"| BPIC12W: not run, {REAL_LOG} is not here | | | | | |"
        return
    several = [measured(replications(real, 100, 2)) for _ in range(THREADED)]
    yield _wall("BPIC12W twin, 100 replications of 136 days, 2 threads, loaded", several, "3 s")


def _wall(name: str, runs: list[Spent], goal: str) -> str:
    wall, processor, others, _ = (median(each) for each in zip(*runs, strict=True))
    return (
        f"| {name} | {wall:.2f} s | {min(run.wall for run in runs):.2f} s | {processor:.2f} s | {others:.1f} | {goal} |"
    )


def real_candidate(folder: Path) -> Candidate | None:
    """Calibrate the twin of the real log, where that is at hand."""
    if not REAL_LOG.exists():
        return None
    command("calibrate", REAL_LOG, "--out", folder / "BPIC12W")
    return candidate(load_twin(folder / "BPIC12W"), (0, TRAINING))


def page(folder: Path) -> str:
    """Measure, and write the figures down."""
    load = [os.getloadavg()[0]]
    simulate(variant(dict, 10), seed=0, items=10, engine="compiled")
    real = real_candidate(folder)
    sections: dict[str, Lines] = {}
    parts: dict[str, Callable[[], Lines]] = {
        "A feature more": features,
        "Larger and larger": sizes,
        "Memory": lambda: memory(folder),
        "Two threads": lambda: threads(real),
        "On the wall": lambda: list(walls(folder, real)),
    }
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
        "Written by `python -m benchmarks.costs`. Processor time unless said otherwise.",
    ]
    for title, section in sections.items():
        lines += ["", f"## {title}", "", *section]
    return "\n".join([*lines, "", "On one shared machine: others give other times."]) + "\n"


def main() -> None:
    """Measure, print and write."""
    with TemporaryDirectory() as folder:
        text = page(Path(folder))
    PAGE.write_text(text, encoding="utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
