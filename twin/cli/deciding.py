"""What the verbs that decide have in common: read, run, print, write a page, numbers and where both come from."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from twin.certainty import say_standing
from twin.cli.answering import Settings, executor_of, overridden, prepare
from twin.cli.console import leaving_no_empty_folder, progress, say, say_json, table, warn
from twin.cli.provenance import provenance_of, record
from twin.cli.standing import Standing, standing_of
from twin.decide.telling import Told, page_of, say_parts_column
from twin.decide.trials import Doubt, Running
from twin.engine import Engine, worth_loading
from twin.errors import InputError, shown
from twin.executors.keeping import Keeping
from twin.files import clear_drafts, write_text
from twin.holding import held
from twin.identity import Inputs, versions
from twin.page import Cell, Table
from twin.project import LoadedExperiment, load_experiment
from twin.report import Provenance, manifest_of
from twin.results_file import as_json
from twin.scenario import Experiment
from twin.spec import Twin
from twin.store import FILE as STORE
from twin.store import Store

Decide = Callable[[Experiment, Twin, Running, Doubt], Told]
"""Answer an experiment about a twin and its ensemble."""


class Speaking(NamedTuple):
    """How a verb speaks."""

    label: str  # beside the bar
    as_json: bool
    quiet: bool


class Asked(NamedTuple):
    """What is to be decided, and what stands beside the twin."""

    loaded: LoadedExperiment
    standing: Standing
    settings: Settings
    speaking: Speaking

    @property
    def doubt(self) -> Doubt:
        """What is not sure of the twin."""
        drawn = self.standing.ensemble
        return Doubt(drawn.members if drawn else (), self.standing.credibility, self.standing.grounds)

    @property
    def sources(self) -> tuple[Path, ...]:
        """Every file read."""
        return (*self.loaded.sources, *self.standing.sources)


def decide(file: Path, out: Path | None, settings: Settings, speaking: Speaking, answer: Decide) -> None:
    """Run a verb that decides, and tell what came of it.

    Raises
    ------
    InputError
        Where a file is wrong.
    BudgetError
        Where the runs reach a bound.
    StorageError
        Where a file cannot be written.
    """
    loaded = load_experiment(file)
    loaded = loaded._replace(experiment=overridden(loaded.experiment, settings))
    asked = Asked(loaded, standing_of(loaded, alone=settings.alone), settings, speaking)
    if out is None:
        with executor_of(settings, warn) as place:
            told, _ = _run(asked, Running(settings.engine, place, None, warn), answer)
        _tell(told, asked, [])
        return
    with leaving_no_empty_folder(out):
        prepare(out, inputs=asked.sources)
        started = datetime.now(UTC)
        with held(out, tell=warn):
            clear_drafts(out)
            told, engine = _remembered(asked, out, answer, started)
            source = provenance_of(asked.sources, loaded.experiment.run.seed, engine, started)
            files = _write(out, told, asked, source)
    _tell(told, asked, files)


def decision_of(label: str) -> Callable[[Experiment, Twin, Running, Doubt], object]:
    """Give what takes the decisions of a verb, by the label it speaks with.

    Raises
    ------
    InputError
        Where there is none.
    """
    from twin.decide.explaining import explain  # noqa: PLC0415 - only one of them is needed otherwise
    from twin.decide.optimizing import optimize_levers  # noqa: PLC0415 - the same
    from twin.decide.solving import solve_experiment  # noqa: PLC0415 - the same
    from twin.decide.sweeping import run_sweep  # noqa: PLC0415 - the same

    known: dict[str, Callable[[Experiment, Twin, Running, Doubt], object]] = {
        "explaining": partial(explain, growth=0.0),  # growth changes what is said of runs, and no run
        "optimizing": optimize_levers,
        "solving": solve_experiment,
        "sweeping": run_sweep,
    }
    if label not in known:
        raise InputError(f"{shown(label)} is no decision that this version can take again")
    return known[label]


def _remembered(asked: Asked, out: Path, answer: Decide, started: datetime) -> tuple[Told, Engine]:
    """Run what the folder's store does not have."""
    loaded, settings = asked.loaded, asked.settings
    with executor_of(settings, warn) as place, closing(Store(out / STORE)) as store:
        inputs = Inputs(loaded.experiment, loaded.base, versions(), asked.doubt.members, asked.speaking.label)
        with closing(Keeping(store, record(inputs, asked.sources, started), place, tell=warn)) as kept:
            running = Running(settings.engine, kept.execute, None, warn, kept.remember)
            return _run(asked, running, answer)


def _run(asked: Asked, running: Running, answer: Decide) -> tuple[Told, Engine]:
    loaded, speaking = asked.loaded, asked.speaking
    try:
        with progress(speaking.label, quiet=speaking.quiet or speaking.as_json) as step:
            told = answer(loaded.experiment, loaded.base, running._replace(progress=step), asked.doubt)
    except InputError as error:
        raise InputError(*(replace(each, file=each.file or str(loaded.file)) for each in error.problems)) from None
    return told, worth_loading(0) if running.engine == "auto" else running.engine


def _write(out: Path, told: Told, asked: Asked, source: Provenance) -> list[Path]:
    loaded, standing = asked.loaded, say_standing(asked.standing.credibility, asked.standing.grounds)
    question = loaded.experiment.question
    last = (f"Worktwin {source.version}", *(f"{name}: SHA-256 {digest}" for name, digest in source.hashes.items()))
    texts = {
        "report.html": page_of(told, title=loaded.base.twin, question=question, provenance=last, standing=standing),
        "results.json": as_json(_numbers(told, asked)),
    }
    texts["manifest.json"] = manifest_of(source, texts)
    for name, text in texts.items():
        write_text(out / name, text)
    return [out / name for name in texts]


def _numbers(told: Told, asked: Asked) -> dict[str, Any]:
    experiment = asked.loaded.experiment
    return {
        "credibility": say_standing(asked.standing.credibility, asked.standing.grounds),
        "question": experiment.question,
        "answers": list(told.answers),
        "seed": experiment.run.seed,
        **told.numbers,
        "warnings": list(told.warnings),
    }


def _tell(told: Told, asked: Asked, files: list[Path]) -> None:
    loaded, speaking = asked.loaded, asked.speaking
    warnings = [*map(str, loaded.warnings), *asked.standing.warnings, *told.warnings]
    if speaking.as_json:
        say_json({**_numbers(told, asked), "warnings": warnings, "files": [str(file) for file in files]})
        return
    for warning in warnings:
        warn(f"warning: {warning}")
    lines = [loaded.experiment.question, *(f"- {answer}" for answer in told.answers)]
    lines += [f"\n{each.title}\n{_as_text(each)}" for each in told.tables]
    lines += [
        f"\n{told.basis}",
        *filter(None, (say_parts_column(told),)),
        *_known(told),
        say_standing(asked.standing.credibility, asked.standing.grounds),
    ]
    lines += [str(file) for file in files[:1]]
    for line in lines:
        say(line, quiet=speaking.quiet)


def _known(told: Told) -> list[str]:
    """Say what the intervals know, where that is more than the luck of the runs."""
    return [told.conduct.known] if told.conduct.members else []


def _as_text(shown: Table) -> str:
    return table(shown.columns, [tuple(_cell(cell) for cell in row) for row in shown.rows])


def _cell(cell: Cell) -> str:
    return "" if cell is None else f"{cell:.4g}" if isinstance(cell, float) else str(cell)
