"""Both engines beside other simulators, on one model in one run, and whether all of them say the same.

Run ``python -m benchmarks.peers``: it installs the peers from PyPI into an environment of their own in the cache
folder, prints the figures and writes them to ``peers.md`` beside it. All take turns, one seed a round, so that what
else the machine does hits them alike; rates are visits per second of processor time, ratios those of the same round.
Every engine runs as many items, the slow ones in the first rounds only.

Our compiled engine is timed twice: the run alone, on items drawn before, as the loop of a simulator is timed; and
`simulate`, which also draws the arrivals and checks that nothing was lost. The peers draw theirs as they run.

The model and the usual SimPy code are those of `benchmarks.reference`; the peers' models are in
`benchmarks.peer_models`. Every engine leaves a log of item, stage, enabled, started and finished, and all logs are read
by the same few lines here. With m the mean over an engine's rounds, and M and s the mean and the standard deviation
over independent replications of the compiled engine,

    z = (m - M) / (s sqrt(1 / rounds + 1 / replications)),

which is about standard normal where both simulate the same model.
"""

import gc
import json
import math
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.reference import BUILD, PLACES, _processor, model, usual_simpy
from twin.cache import cache_folder
from twin.demand import draw_items
from twin.engine import Engine, compiled, simulate
from twin.outcome import Outcome
from twin.plan import Model
from twin.units import HOUR

PAGE: Final = Path(__file__).with_suffix(".md")
PEER_MODELS: Final = Path(__file__).with_name("peer_models.py")
ITEMS: Final = 50_000
ROUNDS, FEW_ROUNDS = 7, 3
REPLICATIONS: Final = 300
FIRST_SEED: Final = 1_000
USUAL, ALONE, WHOLE = "usual SimPy code", "ours, compiled: run", "ours, compiled: simulate"
HEAD: Final = (
    "engine", "version", "rounds", "visits per CPU second, median", "lowest", "highest", "times usual SimPy code",
    "our run is faster by", "our simulate is faster by",
)  # fmt: skip
ABOUT: Final = """\
Written by `python -m benchmarks.peers`. One item an hour through six stages with rework, lognormal efforts, 19
people, run until the last item has left: 6.889 visits an item. Every engine leaves a log of all visits: ours packed
rows of 40 bytes (or a table with names), usual SimPy code and salabim a list of tuples, Ciw its records, Prosimos a
CSV file, written inside its time. Imports and compiling are left out. Our run starts from items drawn before; our
simulate draws their arrivals and checks conservation too, which is nearest to what the others do. Ratios are medians
over common rounds."""
CAVEAT: Final = """\
One model on one shared machine: other twins and machines give other ratios. It says nothing of what each can model."""
METRICS: Final = ("visits per item", "cycle time", *(f"utilisation: {place.name}" for place in PLACES))

Values = NDArray[np.float64]


class Kind(NamedTuple):
    """An engine that takes part."""

    name: str
    rounds: int
    version: str
    run: Callable[[int], "Run"]  # given a seed


class Run(NamedTuple):
    """What one round of one engine gave."""

    rate: float  # visits per second of processor time
    figures: Values  # as in METRICS, hours and shares


class Refusal(Exception):  # noqa: N818 - a peer that says no is no error of ours
    """Why a peer does not take part."""


def figures(item: Values, stage: Values, enabled: Values, started: Values, finished: Values) -> Values:
    """Read a log, in hours: visits per item, mean cycle time, and each team's share of its people's time at work."""
    numbers, of_item = np.unique(item, return_inverse=True)
    arrived, done = np.full(numbers.size, np.inf), np.zeros(numbers.size)
    np.minimum.at(arrived, of_item, enabled)
    np.maximum.at(done, of_item, finished)
    busy = np.bincount(stage.astype(np.intp), finished - started, minlength=len(PLACES))
    people = np.array([place.people for place in PLACES])
    return np.array([item.size / numbers.size, float((done - arrived).mean()), *(busy / people / finished.max())])


def usual(seed: int) -> Run:
    """Run usual SimPy code."""
    run = usual_simpy(ITEMS, seed)
    stages = {place.name: float(at) for at, place in enumerate(PLACES)}
    stage = run.table["stage"].replace_strict(stages).to_numpy()
    others = (run.table[name].to_numpy().astype(float) for name in ("item", "enabled", "started", "finished"))
    item, enabled, started, finished = others
    return Run(run.visits / run.untabled, figures(item, stage, enabled, started, finished))


def read(outcome: Outcome) -> Values:
    """Read our rows."""
    visits = outcome.visits
    instants = (column / HOUR for column in (visits.enabled, visits.started, visits.finished))
    return figures(visits.item.astype(float), visits.stage.astype(float), *instants)


def ours(laid: Model, engine: Engine) -> Callable[[int], Run]:
    """Make a run of one of our engines: draw the arrivals, simulate, check that nothing was lost."""

    def run(seed: int) -> Run:
        begun = process_time()
        outcome = simulate(laid, seed=seed, items=ITEMS, engine=engine)
        return Run(len(outcome.rows) / (process_time() - begun), read(outcome))

    return run


def alone(laid: Model) -> Callable[[int], Run]:
    """Make a run of the compiled engine from items to rows and books, nothing else."""

    def run(seed: int) -> Run:
        items = draw_items(laid.intakes, laid.inside, seed=seed, replication=0, until=laid.until, limit=ITEMS)
        begun = process_time()
        outcome = compiled.run(laid, items, seed=seed, replication=0, drain=True)
        return Run(len(outcome.rows) / (process_time() - begun), read(outcome))

    return run


def named(laid: Model) -> Callable[[int], Run]:
    """Make a run of the compiled engine that also names every row in a Polars table."""

    def run(seed: int) -> Run:
        begun = process_time()
        outcome = simulate(laid, seed=seed, items=ITEMS, engine="compiled")
        rows = outcome.log().frame.height
        return Run(rows / (process_time() - begun), read(outcome))

    return run


def peer(name: str, python: Path) -> Callable[[int], Run]:
    """Make a run of a peer in a process of its own."""

    def run(seed: int) -> Run:
        with TemporaryDirectory() as folder:
            asked: dict[str, Any] = {"engine": name, "places": [place._asdict() for place in PLACES], "back_to": BUILD}
            asked |= {"items": ITEMS, "seed": seed, "folder": folder}
            answer = subprocess.run(
                [str(python), str(PEER_MODELS)], input=json.dumps(asked), capture_output=True, text=True, check=False
            )
            if answer.returncode:
                raise Refusal(_last_line(answer.stderr))
            rows = np.load(Path(folder) / "rows.npy")
        return Run(rows.shape[1] / float(answer.stdout), figures(*rows))

    return run


def _last_line(text: str) -> str:
    """Choose the line that says why."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    return (errors or lines or ["no reason given"])[-1]


NO_SIMMER: Final = "runs in R and comes from CRAN only; nothing is installed from there"
PINS: Final = {"ciw": ["ciw==3.2.7"], "salabim": ["salabim==26.0.9", "greenlet"], "prosimos": ["prosimos==2.1.0"]}


def install(name: str, python: Path) -> str:
    """Install a peer and give its version.

    Raises
    ------
    Refusal
        Where it cannot be installed.
    """
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", python.parent.parent], check=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PINS[name]]
    told = subprocess.run(pip, capture_output=True, text=True, check=False)
    if told.returncode:
        raise Refusal(f"not installed under Python {platform.python_version()}: {_last_line(told.stderr)}")
    return PINS[name][0].partition("==")[2]


def engines() -> tuple[list[Kind], dict[str, str]]:
    """List the engines that can take part, and why others cannot."""
    laid = model(ITEMS)
    simpy, twin = version("simpy"), f"this checkout, numba {version('numba')}"
    taking = [
        Kind(USUAL, ROUNDS, simpy, usual),
        Kind("ours, reference: simulate", ROUNDS, f"this checkout, SimPy {simpy}", ours(laid, "reference")),
        Kind(ALONE, ROUNDS, twin, alone(laid)),
        Kind(WHOLE, ROUNDS, twin, ours(laid, "compiled")),
        Kind("ours, compiled: simulate and name all rows", ROUNDS, twin, named(laid)),
    ]
    python, refused = cache_folder() / ".venv-peers" / "bin" / "python", {"simmer": NO_SIMMER}
    for name in PINS:
        try:
            taking.append(Kind(name, FEW_ROUNDS, install(name, python), peer(name, python)))
        except Refusal as why:
            refused[name] = str(why)
    return taking, refused


def measure(taking: list[Kind]) -> tuple[dict[str, list[Run]], dict[str, str], list[float]]:
    """Let all take turns; gives the runs, why a peer stopped, and the machine's load."""
    simulate(model(10), seed=0, items=10, engine="compiled")
    runs: dict[str, list[Run]] = {kind.name: [] for kind in taking}
    stopped: dict[str, str] = {}
    loads = []
    for seed in range(ROUNDS):
        for kind in taking:
            gc.collect()
            loads.append(os.getloadavg()[0])
            if kind.name in stopped or seed >= kind.rounds:
                continue
            try:
                runs[kind.name].append(kind.run(seed))
            except Refusal as why:
                stopped[kind.name] = str(why)
    return runs, stopped, loads


def yardstick() -> tuple[Values, Values]:
    """Give mean and standard deviation of every figure."""
    laid = model(ITEMS)
    several = np.stack(
        [
            read(simulate(laid, seed=FIRST_SEED, replication=number, items=ITEMS, engine="compiled"))
            for number in range(REPLICATIONS)
        ]
    )
    return several.mean(axis=0), several.std(axis=0, ddof=1)


def agreement(runs: list[Run], mean: Values, deviation: Values) -> Values:
    """Give z for every figure."""
    mine: Values = np.stack([run.figures for run in runs]).mean(axis=0)
    z: Values = (mine - mean) / (deviation * math.sqrt(1 / len(runs) + 1 / REPLICATIONS))
    return z


def rates(taking: list[Kind], runs: dict[str, list[Run]], refused: dict[str, str]) -> list[str]:
    """Write the table of rates."""
    usually, barely, wholly = ([run.rate for run in runs[name]] for name in (USUAL, ALONE, WHOLE))
    lines = [f"| {' | '.join(HEAD)} |", "|---|---|" + "---:|" * (len(HEAD) - 2)]
    for kind in taking:
        if kind.name in refused:
            continue
        mine = [run.rate for run in runs[kind.name]]
        spread = f"{median(mine):,.0f} | {min(mine):,.0f} | {max(mine):,.0f}"
        ratios = f"{ratio(mine, usually)} | {ratio(barely, mine)} | {ratio(wholly, mine)}"
        lines.append(f"| {kind.name} | {kind.version} | {len(mine)} | {spread} | {ratios} |")
    return lines + [f"| {name} | not run: {why} | | | | | | | |" for name, why in refused.items()]


def ratio(above: list[float], below: list[float]) -> str:
    """Give the median ratio over the rounds that both took part in."""
    return f"{median(a / b for a, b in zip(above, below, strict=False)):.3g}"


def agreements(taking: list[Kind], runs: dict[str, list[Run]], refused: dict[str, str]) -> list[str]:
    """Write the table of agreement."""
    mean, deviation = yardstick()
    z = {kind.name: agreement(runs[kind.name], mean, deviation) for kind in taking if kind.name not in refused}
    lines = [f"| \\|z\\| | {' | '.join(METRICS)} | largest |", "|---|" + "---:|" * (len(METRICS) + 1)]
    for name, values in z.items():
        lines.append(f"| {name} | {' | '.join(f'{abs(value):.1f}' for value in values)} | {np.abs(values).max():.1f} |")
    means = ", ".join(f"{name} {value:.3f}" for name, value in zip(METRICS, mean, strict=True))
    own = np.abs(np.concatenate([values for name, values in z.items() if not name.startswith("ours, compiled")]))
    told = f"{int((own > 2).sum())} of {own.size} have |z| above 2; by chance about {0.0455 * own.size:.0f} would"
    return [
        *lines,
        "",
        f"The yardstick, {REPLICATIONS} replications of {ITEMS:,} items: {means} (hours, shares).",
        "",
        f"Without the rows of the compiled engine, {told}. Our engines give the same rows, hence the same z.",
    ]


def page(rates_table: list[str], agreement_table: list[str], loads: list[float]) -> str:
    """Write the figures down."""
    machine = f"{_processor()}, {os.cpu_count()} shared cores, load {min(loads):.1f} to {max(loads):.1f}"
    versions = f"Python {platform.python_version()}, NumPy {version('numpy')}"
    setting = f"{ITEMS:,} items a round, all taking turns; {machine}; {versions}"
    lines = [
        "# Beside other simulators",
        "",
        f"{setting}; {time.strftime('%Y-%m-%d', time.gmtime())}.",
        "",
        ABOUT,
        "",
        *rates_table,
        "",
        "## Do they say the same?",
        "",
        *agreement_table,
        "",
        CAVEAT,
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print and write."""
    taking, refused = engines()
    runs, stopped, loads = measure(taking)
    refused |= stopped
    text = page(rates(taking, runs, refused), agreements(taking, runs, refused), loads)
    PAGE.write_text(text, encoding="utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
