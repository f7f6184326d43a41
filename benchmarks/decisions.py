"""The decisions that a scenario file can ask for, taken: every example with what it answers.

Run ``python -m benchmarks.decisions``: it takes the decisions of the files in ``scenarios/payments`` as they stand
there and writes the page ``docs/decisions.md``. It needs optuna and SALib, as searches and weights do.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

from twin.decide.explaining import explain, told_of_explanation
from twin.decide.optimizing import optimize_levers
from twin.decide.recommending import told_of_optimum
from twin.decide.solving import solve_experiment, told_of_solution
from twin.decide.sweeping import run_sweep, told_of_sweep
from twin.decide.telling import Told
from twin.decide.trials import Running
from twin.page import minded
from twin.project import LoadedExperiment, load_experiment

ROOT: Final = Path(__file__).parents[1]
FILES: Final = ROOT / "scenarios" / "payments"
PAGE: Final = ROOT / "docs" / "decisions.md"

HEAD: Final = """# Decisions, taken

Written by `python -m benchmarks.decisions`. One small made-up organisation, `scenarios/payments/twin.yaml`; each file
asks for a decision and is answered as it stands. The answers are no advice for yours: the way to ask is what to take
along. The organisation has no log and so no ensemble: its intervals hold the noise of the simulation only.
"""


def decisions(loaded: LoadedExperiment) -> Iterator[tuple[str, Told]]:
    """Take every decision that a file asks for; scenarios without any other part are explained."""
    experiment, base, running = loaded.experiment, loaded.base, Running("compiled")
    if experiment.sweep is not None:
        yield "sweep", told_of_sweep(run_sweep(experiment, base, running))
    if experiment.optimize is not None:
        yield "optimize", told_of_optimum(optimize_levers(experiment, base, running))
    if experiment.solve is not None:
        yield "solve", told_of_solution(solve_experiment(experiment, base, running))
    if experiment.sweep is experiment.optimize is experiment.solve is None:
        yield "explain", told_of_explanation(partial(explain, growth=None)(experiment, base, running))


def section(file: Path) -> Iterator[str]:
    """Write a question with what each decision answers."""
    loaded = load_experiment(file, root=ROOT)
    yield f"## {loaded.experiment.question}\n"
    for verb, told in decisions(loaded):
        yield f"`twin {verb} {file.relative_to(ROOT)}`\n"
        yield from (f"- {answer}" for answer in told.answers)
        yield from (f"- {line}" for line in minded(told.warnings))
        yield f"\n{told.basis}\n"


def main() -> None:
    """Answer every file and write the page."""
    files = sorted(file for file in FILES.glob("*.yaml") if file.name != "twin.yaml")
    lines = [line for file in files for line in section(file)]
    PAGE.write_text("\n".join([HEAD, *lines]), encoding="utf-8")


if __name__ == "__main__":
    main()
