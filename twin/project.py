"""Load what a person wrote: a twin, or a question with its scenarios, checked as a whole before anything runs.

Paths inside a file are relative to it and stay under the project's folder: the current folder where the scenario lies
below it, otherwise the scenario's own. A base is a twin's file or a calibrated folder that holds ``twin.yaml``. A
scenario file may extend another: mappings are merged name by name, everything else is replaced.

Budgets are estimated from rates and routes before a run takes memory: items = rate x horizon, visits = items x expected
visits per item, times replications and scenarios.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from pydantic import BaseModel

from twin.answerable import unanswerable
from twin.changes import Changes
from twin.checks import findings
from twin.errors import BudgetError, InputError, Problem, one_of
from twin.files import inside, read_yaml
from twin.instants import utc
from twin.marks import Document, dotted
from twin.offered import flows
from twin.paths import entries
from twin.people import MAX_PEOPLE
from twin.scenario import Experiment, Run, phases
from twin.spec import MAX_ITEMS, Twin
from twin.units import DAY
from twin.validation import validate

TWIN_FILE: Final = "twin.yaml"
MAX_VISITS: Final = 1_000_000_000
"""Visits of all replications and scenarios together."""
MAX_HORIZON: Final = 100 * 365 * DAY
MAX_EXTENDED: Final = 10
AUTO_REPLICATIONS: Final = 10
"""What ``auto`` makes at least."""


class LoadedTwin(NamedTuple):
    """A twin that can run."""

    twin: Twin
    file: Path
    warnings: tuple[Problem, ...]  # what is allowed but unwise, with its place


class LoadedExperiment(NamedTuple):
    """An experiment that can run, and where it came from."""

    experiment: Experiment
    base: Twin
    file: Path
    root: Path  # the project's folder
    sources: tuple[Path, ...]  # every file read, links followed: the scenario, those it extends, the twin
    warnings: tuple[Problem, ...]


def load_twin(path: Path) -> Twin:
    """Load a twin from its file or a calibrated folder; see `read_twin`."""
    return read_twin(path).twin


def read_twin(path: Path, *, shown_as: str | None = None, horizon: int | None = None) -> LoadedTwin:
    """Load a twin, with what is unwise about it.

    Parameters
    ----------
    path
        A YAML file, or a folder that holds ``twin.yaml``.
    shown_as
        The file's name in problems, the path itself by default.
    horizon
        How long it will run, in ticks, if known.

    Raises
    ------
    InputError
        Where the file cannot be read, is no valid twin, or holds work that can never finish; with all problems found.
    """
    file = path / TWIN_FILE if path.is_dir() else path
    document = _by_name(read_yaml(file, shown_as=shown_as))
    twin = validate(Twin, document)
    found = findings(twin, horizon)
    errors, warnings = (
        tuple(document.located(Problem(f.message, f.path)) for f in found if f.level == level)
        for level in ("error", "warning")
    )
    if errors:
        raise InputError(*errors)
    return LoadedTwin(twin, file, warnings)


def _by_name(document: Document) -> Document:
    """Let parts of a list be found by their own names too, as problems of a twin call them."""
    lines = dict(document.lines)
    for path, line in document.lines.items():
        lines.setdefault(_named(document.value, path), line)
    return replace(document, lines=lines)


def _named(value: Any, path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    names: list[str | int] = []
    for key in path:
        own = entries(value, str(names[-1])) if isinstance(value, list) and names else {}
        names.append(next((name for name, index in own.items() if index == key), key))
        value = value[key]
    return tuple(names)


def load_experiment(path: Path, *, root: Path | None = None) -> LoadedExperiment:
    """Load a scenario file and the twin it changes, and make every scenario once to see that it can be.

    Parameters
    ----------
    path
        The scenario file.
    root
        The project's folder, `project_root` by default.

    Raises
    ------
    InputError
        Where a file or a change in it is wrong, with all problems found.
    BudgetError
        Where the runs would be larger than a machine can hold, with the estimate.
    """
    root = project_root(path) if root is None else root
    documents, files = _extended(path, root)
    written = _Written(documents)
    experiment = written.validated()
    base_file, shown_as = _base(documents, files, root)
    horizon = experiment.run.warm_up + experiment.run.length
    base = read_twin(base_file, shown_as=shown_as, horizon=horizon)
    problems, warnings, made = list(unanswerable(experiment, base.twin)), [], []
    for name, changes in experiment.scenarios.items():
        try:
            made.append(_made(experiment, base.twin, name, changes))
            warnings += [written.located(problem) for problem in _unwise(made[-1], base.twin, name, horizon)]
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(*written.sorted(problems))
    try:
        _affordable(experiment.run, [(base.twin,), *made])
    except BudgetError as error:
        raise BudgetError(str(written.located(Problem(str(error), "run")))) from None
    return LoadedExperiment(
        experiment, base.twin, path, root, (*files, base_file.resolve()), (*base.warnings, *warnings)
    )


def project_root(path: Path) -> Path:
    """Find the folder that paths in a scenario file may not leave; see the module."""
    here, folder = Path.cwd().resolve(), Path(os.path.realpath(path)).parent
    return here if folder.is_relative_to(here) and here != Path(here.anchor) else folder


# --- the scenario's files ---------------------------------------------------------------------------------------------


def _extended(path: Path, root: Path) -> tuple[list[Document], list[Path]]:
    """Read a scenario file and the files it extends, itself first; give their places too, links followed."""
    documents, files = [read_yaml(path)], [Path(os.path.realpath(path))]
    while isinstance(text := documents[-1].value.get("extends"), str):
        here = documents[-1]
        file, name = _reached(here, "extends", root, files[-1].parent, text), _beside(here, text)
        if file in files or len(documents) > MAX_EXTENDED:
            chain = " -> ".join([*(document.file for document in documents), name])
            what = "comes back to itself" if file in files else f"leads over more than {MAX_EXTENDED} files"
            raise InputError(here.problem(f"{what}: {chain}", ("extends",)))
        documents.append(read_yaml(file, shown_as=name))
        files.append(file)
    return documents, files


def _base(documents: Sequence[Document], files: Sequence[Path], root: Path) -> tuple[Path, str]:
    """Find the twin's file, relative to the file that names it; and its name for problems."""
    number = next(number for number, document in enumerate(documents) if "base" in document.value)
    here, folder = documents[number], files[number].parent
    text = str(here.value["base"])
    if "\0" not in text and (folder / text).is_dir():
        text = f"{text.rstrip('/')}/{TWIN_FILE}"
    return _reached(here, "base", root, folder, text), _beside(here, text)


def _reached(here: Document, field: str, root: Path, folder: Path, text: str) -> Path:
    try:
        return inside(root, folder, text)
    except InputError as error:
        raise InputError(*(here.problem(problem.message, (field,)) for problem in error.problems)) from None


def _beside(here: Document, text: str) -> str:
    return os.path.normpath(Path(here.file).parent / text)


class _Written:
    """What several files say together, the first of them first, and where each part stands."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self.value: dict[str, Any] = {}
        self.places: dict[str, tuple[int, str, int]] = {}
        for number in range(len(documents) - 1, -1, -1):
            document = documents[number]
            self.value = _merged(self.value, document.value)
            self.places |= {dotted(path): (number, document.file, line) for path, line in document.lines.items()}

    def validated(self) -> Experiment:
        try:
            return validate(Experiment, Document(self.value, {}, ""))
        except InputError as error:
            raise InputError(*self.sorted(error.problems)) from None

    def located(self, problem: Problem) -> Problem:
        _, file, line = self._place(problem)
        return replace(problem, file=file, line=line)

    def sorted(self, problems: Sequence[Problem]) -> list[Problem]:
        return [self.located(problem) for problem in sorted(problems, key=self._place)]

    def _place(self, problem: Problem) -> tuple[int, str, int]:
        names = problem.path
        while names not in self.places:
            names = names.rpartition(".")[0]
        return self.places[names]


def _merged(below: Any, above: Any) -> Any:
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    return below | {name: _merged(below[name], part) if name in below else part for name, part in above.items()}


# --- whether it can be answered, and run ------------------------------------------------------------------------------


def _made(experiment: Experiment, base: Twin, name: str, changes: Changes) -> tuple[Twin, ...]:
    """Make a scenario's twins; refuse dates after the run, and what can never finish."""
    first, later = phases(base, changes, at=f"scenarios.{name}")
    end = base.start + timedelta(milliseconds=experiment.run.warm_up + experiment.run.length)
    problems = [
        Problem("lies after the end of the run", f"scenarios.{name}.{index}.from")
        for index, change in enumerate(changes)
        if change.since is not None and utc(change.since, first.clock.zone) >= end
    ]
    twins = (first, *(twin for _, twin in later))
    problems += [
        Problem(f"{finding.path}: {finding.message}", f"scenarios.{name}")
        for finding in findings(twins[-1])
        if finding.level == "error"
    ]
    if problems:
        raise InputError(*problems)
    return twins


def _unwise(twins: Sequence[Twin], base: Twin, name: str, horizon: int) -> Iterator[Problem]:
    """Tell what a scenario ends with that is unwise and was not so before."""
    before = set(findings(base, horizon))
    for finding in findings(twins[-1], horizon):
        if finding not in before:
            yield Problem(f"{finding.path}: {finding.message}", f"scenarios.{name}")


def _affordable(run: Run, candidates: Sequence[Sequence[Twin]]) -> None:
    replications = AUTO_REPLICATIONS if run.replications == "auto" else run.replications
    horizon = run.warm_up + run.length
    visits = sum(
        max(check_budget(twin, horizon=horizon, replications=replications) for twin in twins) for twins in candidates
    )
    _refuse_beyond(visits, MAX_VISITS, "visits in all replications and scenarios")


def check_budget(twin: Twin, *, horizon: int, replications: int) -> float:
    """Estimate a run before it takes memory; give the expected number of visits of all replications.

    Parameters
    ----------
    twin
        The twin to run.
    horizon
        Ticks, warm-up included.
    replications
        How many.

    Raises
    ------
    BudgetError
        Where horizon, people, items or visits are beyond the bounds of this module, with the estimate.
    """
    weeks = horizon / (7 * DAY)
    if horizon > MAX_HORIZON:
        raise BudgetError(f"the horizon is {weeks / 52.18:.3g} years; at most {MAX_HORIZON // (365 * DAY)}")
    people = sum(group.count for team in twin.teams.values() for group in team.groups())
    _refuse_beyond(people, MAX_PEOPLE, "people")
    moving = flows(twin, horizon)
    already = sum(entry.count for entry in twin.inside)
    _refuse_beyond(already + weeks * sum(flow.items for flow in moving), MAX_ITEMS, "items in one replication")
    per_week = sum(flow.items * flow.visits_per_item for flow in moving if flow.items and not flow.trapped)
    visits = replications * (already + weeks * per_week)
    _refuse_beyond(visits, MAX_VISITS, "visits in all replications")
    return visits


def _refuse_beyond(estimate: float, bound: int, noun: str) -> None:
    if estimate > bound:
        raise BudgetError(
            f"about {estimate:.3g} {noun}; at most {bound:,}. Shorten the run, or make fewer replications"
        )


# --- what editors want to know ----------------------------------------------------------------------------------------

_EXAMPLE_TWIN: Final = {
    "twin": "Support",
    "clock": {"starts": "2026-01-05", "zone": "Europe/Berlin"},
    "calendars": {"office": {"days": "mon-fri", "hours": "09:00-17:30", "pause": "12:30-13:00", "holidays": "DE-BE"}},
    "teams": {"agents": {"people": 4, "calendar": "office", "available": "80 %"}},
    "stages": {"solve": {"team": "agents"}},
    "work": {
        "ticket": {
            "arrivals": {"kind": "poisson", "rate": "30 / week"},
            "steps": [{"stage": "solve", "effort": {"kind": "lognormal", "mean": "3 h", "cv": 1.2}}],
        }
    },
}
_EXAMPLE_SCENARIO: Final = {
    "question": "Does one more agent shorten the wait?",
    "base": "twin.yaml",
    "scenarios": {"one more agent": [{"add": 1, "to": "teams.agents.people"}]},
    "run": {"warm_up": "4 w", "length": "26 w"},
    "answer": {"metric": "lead_time", "statistic": "p85", "better": "lower", "worth": "4 h"},
}
_SCHEMAS: Final[dict[str, tuple[type[BaseModel], str, dict[str, Any]]]] = {
    "twin": (Twin, "Worktwin: a twin", _EXAMPLE_TWIN),
    "scenario": (Experiment, "Worktwin: a question with its scenarios", _EXAMPLE_SCENARIO),
}


def schema(kind: str) -> dict[str, Any]:
    """Give the JSON Schema of a file, for editors that complete and check while a person writes.

    Parameters
    ----------
    kind
        ``twin`` or ``scenario``.

    Raises
    ------
    InputError
        Where there is no such file.
    """
    if kind not in _SCHEMAS:
        raise InputError(one_of(kind, _SCHEMAS, noun="a kind of file"))
    model, title, example = _SCHEMAS[kind]
    written: dict[str, Any] = _as_text(model.model_json_schema(by_alias=True))
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, "examples": [example]}
    return {**written, **head}


def _as_text(part: Any) -> Any:
    """Drop defaults that are numbers inside and text in the file: ticks, amounts."""
    if isinstance(part, list):
        return [_as_text(each) for each in part]
    if not isinstance(part, dict):
        return part
    unwritten = part.get("type") == "string" and "default" in part and not isinstance(part["default"], str)
    return {name: _as_text(each) for name, each in part.items() if not (unwritten and name == "default")}
