"""Answer a scenario file: run what is not kept yet, compare, check the gates, and write what is asked for."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from twin.certainty import say_standing
from twin.cli.provenance import provenance, record
from twin.cli.standing import Standing, standing_of
from twin.compare import Comparison, compare_results
from twin.decide.transition import Transition, transitions
from twin.decide.transition_telling import say_transition, transition_cautions, transition_numbers
from twin.engine import Engine
from twin.engine.telling import Tell
from twin.errors import GateError
from twin.executors import Executor
from twin.executors.stored import kept_in
from twin.executors.threads import load, on_threads
from twin.experiment import Progress, Results, run_experiment, whole
from twin.figures import OF_MONEY
from twin.files import clear_drafts, prepare_folder, writable, write_text
from twin.gates import Checked, Gate, Names, check_gates, failed, parse_gates
from twin.holding import held
from twin.identity import Inputs, versions
from twin.project import LoadedExperiment, check_budget, load_experiment
from twin.report import write_report
from twin.scenario import Experiment
from twin.spec import Twin
from twin.store import FILE as STORE
from twin.store import Store
from twin.summary import summary
from twin.wording import say_difference, say_estimate

HEADLINES: Final = (
    "lead_time", "cycle_time", "throughput", "wip", "sla_share", "flow_efficiency", *OF_MONEY
)  # fmt: skip


class Settings(NamedTuple):
    """How to run, where the command line says otherwise than the file; and what to check and write besides."""

    seed: int | None = None
    replications: int | None = None
    engine: Engine = "auto"
    workers: int | None = None
    cluster: str | None = None
    alone: bool = False  # run the calibrated twin though it has an ensemble
    gates: tuple[str, ...] = ()
    markdown: Path | None = None


class Asked(NamedTuple):
    """A question that can be run."""

    experiment: Experiment
    loaded: LoadedExperiment
    gates: tuple[Gate, ...]
    settings: Settings
    standing: Standing

    @property
    def members(self) -> tuple[Twin, ...]:
        """The twins of the ensemble, if there is one."""
        return self.standing.ensemble.members if self.standing.ensemble else ()

    @property
    def sources(self) -> tuple[Path, ...]:
        """Every file read."""
        return (*self.loaded.sources, *self.standing.sources)


class Answered(NamedTuple):
    """What ``twin run`` and ``twin compare`` tell."""

    results: Results
    comparison: Comparison
    files: tuple[Path, ...]
    warnings: tuple[str, ...]
    gates: tuple[Checked, ...]
    ways: tuple[Transition, ...]  # from dated changes

    def as_written(self) -> dict[str, Any]:
        """Give the answer as plain values."""
        return {
            "credibility": say_standing(self.results.credibility, self.results.grounds),
            "question": self.comparison.question,
            "scenarios": [
                {"name": each.name, "judgement": each.verdict.judgement, "sentence": each.verdict.sentence}
                for each in self.comparison.scenarios
            ],
            "replications": self.results.replications,
            "members": self.results.members,
            "engine": self.results.engine,
            "seed": self.results.seed,
            "warnings": list(self.warnings),
            "gates": [_gate(each) for each in self.gates],
            "transitions": [transition_numbers(way) for way in self.ways],
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

    def told_ways(self) -> tuple[str, ...]:
        """Tell the way from each dated change in a sentence."""
        return tuple(map(say_transition, self.ways))

    def pass_gates(self) -> None:
        """Go on where no gate fails.

        Raises
        ------
        GateError
            Where one does, naming each that does with its value and interval.
        """
        lines = [f"gate failed: {each}" for each in failed(self.gates)]
        if lines:
            raise GateError("\n".join(lines))


def _gate(checked: Checked) -> dict[str, Any]:
    estimate, gate = checked.estimate, checked.gate
    value, low, high, n = (None,) * 4 if estimate is None else (estimate.value, estimate.low, estimate.high, estimate.n)
    return {
        "gate": gate.text,
        "scenario": checked.scenario,
        "failed": checked.holds,
        "bound": gate.bound,
        "value": value,
        "low": low,
        "high": high,
        "n": n,
        "unit": checked.unit,
    }


def answer_question(file: Path, out: Path, settings: Settings, *, progress: Progress, tell: Tell) -> Answered:
    """Run a scenario file and write its report.

    Raises
    ------
    InputError
        Where a file or a gate is wrong.
    BudgetError
        Where the run reaches a bound.
    StorageError
        Where the report cannot be written.
    """
    asked = _asked(file, settings)
    prepare(out, inputs=asked.sources)
    started = datetime.now(UTC)
    with held(out, tell=tell):
        clear_drafts(out)
        results = _kept_results(asked, out, started, progress, tell)
        answered = _compared(asked, results)
        origin = provenance(asked.sources, results, started)
        files = write_report(out, results, answered.comparison, provenance=origin)
    return answered._replace(files=(*files, *answered.files))


def compare_question(file: Path, out: Path | None, settings: Settings, *, progress: Progress, tell: Tell) -> Answered:
    """Run a scenario file without a report; with a folder, take from there what is kept, and keep there what is run.

    Raises
    ------
    InputError, BudgetError, StorageError
        As in `answer_question`.
    """
    asked = _asked(file, settings)
    if out is None:
        with executor_of(settings, tell) as executor:
            return _compared(asked, _results(asked, executor, progress))
    prepare(out, inputs=asked.sources)
    with held(out, tell=tell):
        return _compared(asked, _kept_results(asked, out, datetime.now(UTC), progress, tell))


def report_on(results: Results, comparison: Comparison, out: Path, *, sources: Sequence[Path]) -> tuple[Path, ...]:
    """Write the report of results made elsewhere."""
    return write_report(out, results, comparison, provenance=provenance(sources, results, datetime.now(UTC)))


def prepare(out: Path, *, inputs: Sequence[Path]) -> None:
    """Make the folder and see that its files can be written, before any work is done."""
    prepare_folder(out, ("report.html", "results.json", "manifest.json", STORE), inputs=inputs)


def _asked(file: Path, settings: Settings) -> Asked:
    """Read everything that can be wrong before anything runs."""
    loaded = load_experiment(file)
    experiment = overridden(loaded.experiment, settings)
    standing = standing_of(loaded, alone=settings.alone)
    members = len(standing.ensemble.members) if standing.ensemble else 0
    if settings.replications is not None or members:
        horizon = experiment.run.warm_up + experiment.run.length
        asked = experiment.run.replications
        runs = whole(1 if asked == "auto" else asked, members) * (1 + len(experiment.scenarios))
        check_budget(loaded.base, horizon=horizon, replications=runs)
    names = Names(tuple(experiment.scenarios), tuple(loaded.base.work), tuple(loaded.base.teams))
    gates = parse_gates(settings.gates, names)
    if settings.markdown is not None:
        writable(settings.markdown, inputs=loaded.sources)
    return Asked(experiment, loaded, gates, settings, standing)


def overridden(experiment: Experiment, settings: Settings) -> Experiment:
    """Let the command line decide where it says otherwise than the file."""
    asked = {"seed": settings.seed, "replications": settings.replications}
    chosen = {name: value for name, value in asked.items() if value is not None}
    return experiment.model_copy(update={"run": experiment.run.model_copy(update=chosen)})


def _kept_results(asked: Asked, out: Path, started: datetime, progress: Progress, tell: Tell) -> Results:
    """Run what the folder's store does not have."""
    with executor_of(asked.settings, tell) as executor, closing(Store(out / STORE)) as store:
        inputs = Inputs(asked.experiment, asked.loaded.base, versions(), asked.members)
        kept = record(inputs, asked.sources, started)
        return _results(asked, kept_in(store, kept, executor, tell=tell), progress)


def _results(asked: Asked, executor: Executor, progress: Progress) -> Results:
    return run_experiment(
        asked.experiment,
        asked.loaded.base,
        members=asked.members,
        credibility=asked.standing.credibility,
        engine=asked.settings.engine,
        executor=executor,
        progress=progress,
    )._replace(grounds=asked.standing.grounds)


def _compared(asked: Asked, results: Results) -> Answered:
    """Compare, check the gates and write the summary."""
    comparison = compare_results(results)
    gates = check_gates(asked.gates, results)
    page, ways = asked.settings.markdown, transitions(results)
    warned = (*comparison.warnings, *transition_cautions(ways))
    warnings = (*map(str, asked.loaded.warnings), *asked.standing.warnings, *warned)
    if page is None:
        return Answered(results, comparison, (), warnings, gates, ways)
    write_text(page, summary(results, comparison, gates))
    return Answered(results, comparison, (page,), warnings, gates, ways)


@contextmanager
def executor_of(settings: Settings, tell: Tell) -> Iterator[Executor]:
    """Open where replications run: a cluster where one is named, else threads."""
    if settings.cluster is None:
        yield on_threads(settings.workers, ready=partial(load, tell=tell))
        return
    # Loaded here: an extra.
    from twin.executors.cluster import connect, on_cluster  # noqa: PLC0415 - see above

    with connect(settings.cluster) as client:
        yield on_cluster(client)
