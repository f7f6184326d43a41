"""Answer a scenario file, and write down where the answer comes from."""

import platform
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from twin.cli.doctor import versions
from twin.compare import Comparison, compare_results
from twin.engine import Engine
from twin.engine.telling import Tell
from twin.errors import StorageError
from twin.executors import Executor
from twin.executors.threads import on_threads
from twin.experiment import Progress, Results, run_experiment
from twin.files import digest, writable
from twin.project import check_budget, load_experiment
from twin.report import Provenance, write_report
from twin.scenario import Experiment
from twin.streams import STREAM_VERSION
from twin.wording import say_difference, say_estimate

SEMANTICS_VERSION = 1
HEADLINES = ("lead_time", "cycle_time", "throughput", "wip", "sla_share", "flow_efficiency", "cost_per_item")


class Settings(NamedTuple):
    """How to run, where the command line says otherwise than the file."""

    seed: int | None = None
    replications: int | None = None
    engine: Engine = "auto"
    workers: int | None = None
    cluster: str | None = None


class Answered(NamedTuple):
    """What ``twin run`` tells."""

    results: Results
    comparison: Comparison
    files: tuple[Path, ...]
    warnings: tuple[str, ...]

    def as_written(self) -> dict[str, Any]:
        """Give the answer as plain values."""
        return {
            "question": self.comparison.question,
            "scenarios": [
                {"name": each.name, "judgement": each.verdict.judgement, "sentence": each.verdict.sentence}
                for each in self.comparison.scenarios
            ],
            "replications": self.results.replications,
            "engine": self.results.engine,
            "seed": self.results.seed,
            "warnings": list(self.warnings),
            "files": [str(file) for file in self.files],
        }

    def figures(self) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        """Give a table of the main figures of all work together: as it is, and what each scenario changes."""
        chosen = self.comparison.scenarios[0].rows
        keys = [row.key for row in chosen if row.key.metric in HEADLINES and row.key.scope == "all"]
        changed = [{row.key: row for row in each.rows} for each in self.comparison.scenarios]
        rows = []
        for row in (each for each in chosen if each.key in keys):
            name = row.key.metric.replace("_", " ") + ("" if row.key.statistic == "mean" else f" {row.key.statistic}")
            effects = [say_difference(each[row.key].difference, row.unit) for each in changed if row.key in each]
            rows.append((name, say_estimate(row.base, row.unit), *effects))
        return ("figure", "baseline", *(each.name for each in self.comparison.scenarios)), rows


def answer_question(file: Path, out: Path, settings: Settings, *, progress: Progress, tell: Tell) -> Answered:
    """Run a scenario file and write its report.

    Raises
    ------
    InputError
        Where a file is wrong.
    BudgetError
        Where the run reaches a bound.
    StorageError
        Where the report cannot be written.
    """
    loaded = load_experiment(file)
    experiment = overridden(loaded.experiment, settings)
    if settings.replications is not None:
        horizon = experiment.run.warm_up + experiment.run.length
        runs = settings.replications * (1 + len(experiment.scenarios))
        check_budget(loaded.base, horizon=horizon, replications=runs)
    prepare(out, inputs=loaded.sources)
    started = datetime.now(UTC)
    with executor_of(settings) as executor:
        results = run_experiment(
            experiment, loaded.base, engine=settings.engine, executor=executor, progress=progress, tell=tell
        )
    comparison = compare_results(results)
    files = write_report(out, results, comparison, provenance=provenance(loaded.sources, results, started))
    return Answered(results, comparison, files, (*map(str, loaded.warnings), *comparison.warnings))


def report_on(results: Results, comparison: Comparison, out: Path, *, sources: Sequence[Path]) -> tuple[Path, ...]:
    """Write the report of results made elsewhere."""
    return write_report(out, results, comparison, provenance=provenance(sources, results, datetime.now(UTC)))


def prepare(out: Path, *, inputs: Sequence[Path]) -> None:
    """Make the folder and see that its files can be written, before any work is done."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{out}: cannot be made a folder: {error.strerror}") from None
    for name in ("report.html", "results.json", "manifest.json"):
        writable(out / name, inputs=inputs)


@contextmanager
def executor_of(settings: Settings) -> Iterator[Executor]:
    """Open where replications run: a cluster where one is named, else threads."""
    if settings.cluster is None:
        yield on_threads(settings.workers)
        return
    # Loaded here: an extra.
    from twin.executors.cluster import connect, on_cluster  # noqa: PLC0415 - see above

    with connect(settings.cluster) as client:
        yield on_cluster(client)


def overridden(experiment: Experiment, settings: Settings) -> Experiment:
    """Let the command line decide where it says otherwise than the file."""
    asked = {"seed": settings.seed, "replications": settings.replications}
    chosen = {name: value for name, value in asked.items() if value is not None}
    return experiment.model_copy(update={"run": experiment.run.model_copy(update=chosen)})


def provenance(sources: Sequence[Path], results: Results, started: datetime) -> Provenance:
    """Write down what the results depend on."""
    return provenance_of(sources, results.seed, results.engine, started)


def provenance_of(sources: Sequence[Path], seed: int, engine: Engine, started: datetime) -> Provenance:
    """Write down what was read, the seed, the engine and the software."""
    software = versions()
    return Provenance(
        command=" ".join(["twin", *sys.argv[1:]]),
        started=started,
        ended=datetime.now(UTC),
        version=software.pop("worktwin"),
        software=software,
        platform=platform.platform(),
        hashes={file.name: digest(file) for file in sources},
        seed=seed,
        semantics=SEMANTICS_VERSION,
        streams=STREAM_VERSION,
        engine=engine,
    )
