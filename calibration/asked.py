"""What the members of an ensemble answer to a what-if, and which measurement would narrow the answer most.

A member runs the baseline and each scenario on the same random numbers, and no two members run on the same: where a
team is busy, four runs may show half of the mean effect, and were all members asked on the same few, the luck of these
would be taken for what is known. Where no scenario file is given, the what-if is one more person in the team that is
busiest in most members.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from calibration.identifiability import products, quantities
from calibration.inferred import Inferred
from calibration.measurements import Answered, luck_of, narrowings
from twin.answerable import unanswerable
from twin.ensemble import Ensemble
from twin.errors import BudgetError, InputError, Problem
from twin.experiment import candidates
from twin.files import read_yaml
from twin.replication import Candidate, Task, Work, replicate
from twin.scenario import Experiment, phases
from twin.spec import Twin
from twin.validation import validate

REPLICATIONS: Final = 8
ASKED: Final = 50
"""Members that are asked: each has efforts and delays of its own, whose tables take longer than its runs."""
WARM_UP: Final = "12 w"
LENGTH: Final = "26 w"
Floats = NDArray[np.float64]
Tell = Callable[[int, int], None]


def usual_question(found: Inferred) -> Experiment:
    """Ask what one more person in the busiest team would change."""
    known, load = found.setup.organisation, found.members.load
    team = known.teams[int(np.median(load, axis=0).argmax())]
    return Experiment.model_validate(
        {
            "question": f"What would one more person in {team} change?",
            "base": "twin.yaml",
            "scenarios": {f"one more person in {team}": [{"add": 1, "to": f"teams.{team}.people"}]},
            "run": {"warm_up": WARM_UP, "length": LENGTH, "replications": REPLICATIONS, "seed": 1},
            "answer": {"metric": "lead_time", "statistic": "mean", "better": "lower", "worth": "1 h"},
        }
    )


def read_question(path: Path, twin: Twin) -> Experiment:
    """Read a scenario file that is asked of a twin with these parts, whatever base it names.

    Raises
    ------
    InputError
        Where the file is none, extends another, or asks what this twin cannot say.
    """
    document = read_yaml(path)
    if "extends" in document.value:
        raise InputError(document.problem("is not followed here; write the scenario out", ("extends",)))
    experiment = validate(Experiment, document)
    problems = list(unanswerable(experiment, twin))
    if not experiment.scenarios:
        problems.append(Problem("names no scenario to ask about", "scenarios"))
    for name, changes in experiment.scenarios.items():
        try:
            phases(twin, changes, at=f"scenarios.{name}")
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(*(document.located(problem) for problem in problems))
    return experiment


def effects_over(ensemble: Ensemble, experiment: Experiment, *, tell: Tell | None = None) -> dict[str, Floats]:
    """Run every scenario on every member of an ensemble.

    Parameters
    ----------
    ensemble
        Twins with the same names.
    experiment
        The question; where its replications are auto, each member has eight.
    tell
        Told of the members done.

    Returns
    -------
    dict
        Scenario to the differences from the baseline, shape (members, replications), in the figure's unit; NaN where
        a run has no such figure.
    """
    asked = experiment.run.replications
    count = REPLICATIONS if asked == "auto" else asked
    found: dict[str, list[Floats]] = {name: [] for name in experiment.scenarios}
    for number, member in enumerate(ensemble.members):
        compiled = candidates(experiment, member)
        replications = range(number * count, (number + 1) * count)
        base, *others = (_figures(each, experiment, replications) for each in compiled)
        for name, values in zip(found, others, strict=True):
            found[name].append(values - base)
        if tell is not None:
            tell(number + 1, len(ensemble.members))
    return {name: np.array(rows) for name, rows in found.items()}


def _figures(candidate: Candidate, experiment: Experiment, replications: range) -> Floats:
    """Give the asked figure by replication; NaN where the run reached a bound or measured nothing."""
    answer = experiment.answer
    work = Work((candidate,), experiment.run.seed, "compiled")
    wanted = answer.metric, answer.statistic, answer.scope
    values = np.full(len(replications), np.nan)
    for number, replication in enumerate(replications):
        try:
            measured = replicate(work, Task(0, replication)).measured
        except BudgetError:
            continue
        places = [place for place, figure in enumerate(measured.figures) if figure[:3] == wanted]
        values[number] = measured.values[places[0]] if places else np.nan
    return values


def answers(found: Inferred, experiment: Experiment, *, tell: Tell | None = None) -> tuple[Answered, ...]:
    """Ask the ensemble, and rank what could be measured for each scenario."""
    asked = experiment.answer
    unit = {"lead_time": "h", "cycle_time": "h", "throughput": "items a week", "wip": "items"}.get(asked.metric, "")
    figure = asked.metric.replace("_", " ")
    figure = f"mean {figure}" if asked.statistic == "mean" else f"{figure} {asked.statistic}"
    members = found.ensemble.members
    chosen = np.unique(np.linspace(0, len(members) - 1, ASKED).round().astype(np.int64))
    some = found.ensemble._replace(members=tuple(members[place] for place in chosen))
    could = {name: values[chosen] for name, values in measurable(found).items()}
    told = []
    for name, effects in effects_over(some, experiment, tell=tell).items():
        whole = effects[np.isfinite(effects).all(axis=1)]
        mean = whole.mean(axis=1) if whole.size else np.zeros(1)
        told.append(Answered(name, figure, unit, mean, luck_of(effects), narrowings(effects, could)))
    return tuple(told)


def measurable(found: Inferred) -> dict[str, Floats]:
    """List what could be measured next, with the value that each member has for it."""
    known = found.setup.organisation
    given = {team for team, people in zip(known.teams, known.people, strict=True) if people is not None}
    told: dict[str, Floats] = {}
    for each in (*quantities(found, found.members), *products(found, found.members)):
        name = _measurement(each.path, given)
        if name is not None:
            told[name] = each.of
    return told


def _measurement(path: str, given: Sequence[str] | set[str]) -> str | None:
    """Say how a quantity would be measured; nothing where it is known or no single measurement gives it."""
    if path.startswith("teams."):
        team, _, field = path.removeprefix("teams.").rpartition(".")
        if field == "people":
            return None if team in given else f"head-count of {team}"
        return f"share of their time that {team} give this work (ask for, or book, the rest)"
    if path.startswith("load of "):
        return f"utilisation of {path.removeprefix('load of ')} (share of their hours with an item in work)"
    if path.startswith("effort / available at "):
        return f"hours from start to end of a visit at {path.removeprefix('effort / available at ')} (start stamps)"
    if path.startswith("work.") and ".steps." in path:
        stage = path.partition(".steps.")[2]
        for field, told in (
            (".effort.cv", "how much touch times differ at {}"), (".effort", "touch time at {} (time some visits)"),
            (".rework.chance", "share sent back at {}"),
            (".delay", "wait on the way to {} that no queue explains (handoff, outside)"),
        ):  # fmt: skip
            if stage.endswith(field):
                return told.format(stage.removesuffix(field))
    return None
