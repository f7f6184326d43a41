"""Count how often `calibration.misfits` alarms: on dashboards of organisations of the assumed form, and of others.

Organisations are those of `benchmarks.aggregates`, of numbers never used there. Of each, dashboards are kept of the
organisation as it is (an alarm is false), and of five that are of another form or counted in another way:

    arrivals double half-way        twice the arrivals in the second half of the half-year
    other work, second half         people of the last stage are there half of the time in the second half
    other work, every other week    the same in every other week
    throughput + 15 %, + 30 %       who was reopened is counted as done twice, where throughput of all is shown

Run ``python -m benchmarks.misfits``; it writes ``benchmarks/misfits.md``.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from benchmarks.aggregates import FIRST_DAY, SEEN, SHAPES, UNSEEN, Shape, drawn, rows_of_week
from calibration.candidate_twins import twin_of
from calibration.inference import Budget
from calibration.inferred import infer_twins
from calibration.misfits import misfits
from calibration.priors import Settings
from calibration.sources.aggregates import read_aggregates
from twin.engine import simulate
from twin.plan import compile_model
from twin.units import WEEK

HERE: Final = Path(__file__).parent
FIRST: Final = 9000
"""Number of the first organisation of each shape."""
BUDGET: Final = Budget(700, 150)

Changed = Callable[[Settings], Settings]


class Kind(NamedTuple):
    """How a dashboard comes about."""

    name: str
    change: Changed
    when: Callable[[int], bool]  # weeks from the begin of what is seen
    recounted: float = 0.0  # share of throughput that is counted twice


class Case(NamedTuple):
    """One dashboard."""

    shape: str
    kind: str
    number: int
    missed: tuple[str, ...]
    seconds: float


def _as_it_is(settings: Settings) -> Settings:
    return settings


def _doubled(settings: Settings) -> Settings:
    return settings._replace(rate=2 * settings.rate)


def _away(settings: Settings) -> Settings:
    last = np.arange(settings.available.size) == settings.available.size - 1
    return settings._replace(available=np.where(last, settings.available / 2, settings.available))


KINDS: Final = (
    Kind("as assumed", _as_it_is, lambda _week: False),
    Kind("arrivals double half-way", _doubled, lambda week: week >= SEEN // 2),
    Kind("other work, second half", _away, lambda week: week >= SEEN // 2),
    Kind("other work, every other week", _away, lambda week: week % 2 == 1),
    Kind("throughput + 15 %", _as_it_is, lambda _week: False, 0.15),
    Kind("throughput + 30 %", _as_it_is, lambda _week: False, 0.30),
)


def dashboard(shape: Shape, kind: Kind, number: int) -> str:
    """Keep of a run of an organisation what its dashboard shows."""
    settings = drawn(shape, number)
    usual, other = (
        twin_of(shape.known, each, name="Truth", starts=FIRST_DAY) for each in (settings, kind.change(settings))
    )
    changes, before = [], False
    for week in range(UNSEEN + SEEN):
        if (now := kind.when(week - UNSEEN)) != before:
            changes.append((usual.start + timedelta(weeks=week), other if now else usual))
            before = now
    model = compile_model(usual, until=(UNSEEN + SEEN) * WEEK, changes=tuple(changes))
    run = simulate(model, seed=1000 + number, engine="compiled")
    rows = ["period_start,metric,stage,team,value"]
    for week in range(UNSEEN, UNSEEN + SEEN):
        day = date(1970, 1, 1) + timedelta(days=FIRST_DAY + 7 * week)
        rows += [f"{day},{_counted(row, kind.recounted)}" for row in rows_of_week(shape, usual, run, week)]
    return "\n".join(rows) + "\n"


def _counted(row: str, twice: float) -> str:
    """Count a share of what is done twice, in rows of throughput."""
    metric, *scope, value = row.split(",")
    return ",".join([metric, *scope, f"{float(value) * (1 + twice):.4f}"]) if metric == "throughput" else row


def tried(shape: Shape, kind: Kind, number: int) -> Case:
    """Learn from a dashboard, and see what is said of it."""
    began = time.process_time()
    known = shape.known
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "metrics.csv"
        file.write_text(dashboard(shape, kind, number))
        stages = tuple(f"{stage}={known.teams[team]}" for stage, team in zip(known.stages, known.serving, strict=True))
        found = infer_twins(read_aggregates(file), name="Learned", stages=stages, budget=BUDGET)
    missed = tuple(map(str, misfits(found)))
    return Case(shape.name, kind.name, number, missed, time.process_time() - began)


def _told(cases: Sequence[Case], options: argparse.Namespace) -> str:
    command = f"python -m benchmarks.misfits --cases {options.cases} --others {options.others}"
    minutes = sum(case.seconds for case in cases) / 60
    shapes = "; ".join(f"({place}) {shape.name}" for place, shape in enumerate(SHAPES, 1))
    lines = [
        "# Metrics that twins of the assumed form do not show",
        "",
        f"Written by `{command}` in {minutes:.0f} minutes of processor time.",
        "",
        f"Alarms of `calibration.misfits` over dashboards, by their shape: {shapes}.",
        "",
        f"| dashboard | {' | '.join(f'({place})' for place in range(1, len(SHAPES) + 1))} | all |",
        f"|---|{'---:|' * (len(SHAPES) + 1)}",
    ]
    for kind in KINDS:
        groups = [[case for case in cases if (case.kind, case.shape) == (kind.name, shape.name)] for shape in SHAPES]
        told = [_share(group) for group in [*groups, [case for case in cases if case.kind == kind.name]]]
        lines.append(f"| {kind.name} | {' | '.join(told)} |")
    lines += ["", "What is said first, of the first alarm of each kind:", ""]
    for kind in KINDS:
        first = next((case for case in cases if case.kind == kind.name and case.missed), None)
        lines += [f"- {kind.name}: {first.missed[0]}"] if first else []
    return "\n".join(lines) + "\n"


def _share(cases: Sequence[Case]) -> str:
    return f"{sum(bool(case.missed) for case in cases)} of {len(cases)}" if cases else ""


def main() -> None:
    """Try all dashboards and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=12, help="organisations of each shape as assumed")
    parser.add_argument("--others", type=int, default=3, help="organisations of each shape of each other kind")
    parser.add_argument("--out", type=Path, default=HERE / "misfits.md")
    options = parser.parse_args()
    cases: list[Case] = []
    for number in range(max(options.cases, options.others)):
        for kind in KINDS:
            if number >= (options.cases if kind is KINDS[0] else options.others):
                continue
            shapes = [each for each in SHAPES if not kind.recounted or ("throughput", "") in each.figures]
            cases += [tried(shape, kind, FIRST + number) for shape in shapes]
            print(*cases[-len(shapes) :], sep="\n", flush=True)
    options.out.write_text(_told(cases, options))


if __name__ == "__main__":
    main()
