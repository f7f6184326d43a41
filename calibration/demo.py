"""The demonstration: a made-up organisation whose truth is known.

It works for a while and writes a tracker log. The tool learns a twin from that log alone, is checked against weeks it
has not seen, and answers four questions. The made-up organisation answers the same questions by itself, since it can be
changed for real; the two answers stand side by side, misses included.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from calibration.backtest import Backtest, backtest_twin
from calibration.belief import believed
from calibration.fit import Fit, fit_twin
from calibration.folder import prepare, write_fit
from calibration.sources import read_log
from twin.branches import all_steps
from twin.caseload import simulate_logs
from twin.compare import Comparison, compare_results
from twin.engine.telling import Tell, silent
from twin.eventlog import EventLog, exported, items
from twin.experiment import Progress, Results, run_experiment
from twin.exports import write_table
from twin.project import load_twin
from twin.scenario import Experiment
from twin.spec import Twin
from twin.units import WEEK

HISTORY_WEEKS: Final = 60
SETTLED_WEEKS: Final = 8
"""The organisation starts without work; its log begins when it has settled."""
HELD_OUT_WEEKS: Final = 12
LOG_SEED: Final = 2025
QUESTION_SEED: Final = 7
REPLICATIONS: Final = 20
ANSWER: Final = {
    "metric": "cycle_time", "statistic": "p85", "work": "feature", "better": "lower", "worth": "8 h",
}  # fmt: skip
RUN: Final = {"warm_up": "8 w", "length": "26 w", "replications": REPLICATIONS, "seed": QUESTION_SEED}
QUESTION: Final = "What would shorten the delivery of features?"

Change = dict[str, Any]


@dataclass(frozen=True)
class Answered:
    """A scenario answered by the learned twin and by the organisation itself.

    Attributes
    ----------
    scenario
        Its name.
    truth, truth_low, truth_high
        Effect on the p85 cycle time of features, hours, in the made-up organisation.
    learned, low, high
        The same from the twin that was learned from its log.
    """

    scenario: str
    truth: float
    truth_low: float
    truth_high: float
    learned: float
    low: float
    high: float

    @property
    def covered(self) -> bool:
        """Tell whether the two intervals meet: the miss is then within what chance can do."""
        return self.low <= self.truth_high and self.truth_low <= self.high

    @property
    def verdict(self) -> str:
        """Say how good the learned answer is."""
        if self.covered:
            return "right within chance"
        return "right way, size off" if self.truth * self.learned > 0 else "WRONG WAY"

    def as_written(self) -> dict[str, Any]:
        """Give the answer as plain values."""
        return {**asdict(self), "verdict": self.verdict}


@dataclass(frozen=True)
class Demonstration:
    """All that the demonstration found."""

    fit: Fit
    backtest: Backtest
    results: Results
    comparison: Comparison
    answers: tuple[Answered, ...]


def demonstrate(
    truth_file: Path, folder: Path, *, progress: Progress | None = None, tell: Tell = silent
) -> Demonstration:
    """Let the made-up organisation work, learn it from its log, and compare the answers.

    Parameters
    ----------
    truth_file
        The organisation's twin file.
    folder
        Where the logs and the learned twin are written.
    progress
        Told of the replications done.
    tell
        Called with one line where an engine has to be compiled first.

    Raises
    ------
    StorageError
        Where the folder cannot be written to.
    """
    truth = load_twin(truth_file)
    prepare(folder / "learned")
    past, held_out = folder / "past.csv", folder / "held_out.csv"
    _write_tracker(truth, past, held_out, tell)
    reading = read_log([past], zone=truth.clock.zone)
    fitted = fit_twin(reading.log, name="Learned from the log", tell=tell)
    learned, ensemble = believed(fitted, reading.assumptions, tell=tell)
    write_fit(folder / "learned", learned, reading, [past], ensemble)
    unseen = read_log([held_out], zone=truth.clock.zone).log
    tested = backtest_twin(learned.twin, unseen, exported(learned.log), tell=tell)
    members = ensemble.members if ensemble else ()
    asked = run_experiment(_experiment(learned.twin), learned.twin, members=members, progress=progress, tell=tell)
    real = run_experiment(_experiment(truth), truth, progress=progress, tell=tell)
    comparison = compare_results(asked)
    return Demonstration(learned, tested, asked, comparison, _answers(comparison, compare_results(real)))


def _write_tracker(truth: Twin, past: Path, held_out: Path, tell: Tell) -> None:
    """Write what a tracker would know: who did what from when to when, for finished items."""
    log = next(simulate_logs(truth, length=f"{HISTORY_WEEKS} w", seed=LOG_SEED, tell=tell))
    cut = (HISTORY_WEEKS - HELD_OUT_WEEKS) * WEEK
    settled = log.after(SETTLED_WEEKS * WEEK)
    write_table(_tracker(settled.before(cut)), past)
    write_table(_tracker(settled.after(cut)), held_out)


def _tracker(log: EventLog) -> pl.DataFrame:
    finished = items(log).filter(pl.col("done").is_not_null())
    done = finished.select(case_id="item", work_type=pl.col("work").cast(pl.String))
    return exported(log).drop("enabled_time").with_columns(pl.col("case_id").cast(pl.Int64)).join(done, on="case_id")


# --- the four questions -----------------------------------------------------------------------------------------------


def _experiment(twin: Twin) -> Experiment:
    """Ask the four questions of a twin, by the names it uses."""
    questions: dict[str, Callable[[Twin], list[Change]]] = {
        "one more reviewer": one_more_reviewer,
        "halve the rework": halve_the_rework,
        "WIP limit on build": limit_build,
        "merge two teams": merge_builders,
    }
    return Experiment.model_validate(
        {
            "question": QUESTION,
            "base": "twin.yaml",
            "scenarios": {name: changes(twin) for name, changes in questions.items()},
            "run": RUN,
            "answer": ANSWER,
        }
    )


def _team_at(twin: Twin, stage: str) -> str:
    return twin.stages[stage].served_by()[0]


def one_more_reviewer(twin: Twin) -> list[Change]:
    """Add a person to the team that reviews."""
    return [{"add": 1, "to": f'teams."{_team_at(twin, "review")}".people'}]


def halve_the_rework(twin: Twin) -> list[Change]:
    """Halve the chance of going back from review."""
    changes: list[Change] = []
    for name, work in twin.work.items():
        changes += [
            {"scale": f"work.{name}.steps.{step.stage}.rework.chance", "by": 0.5}
            for step in all_steps(work.steps or ())
            if step.rework
        ]
        after = {} if work.route is None else work.route.next
        changes += [
            {"scale": f'work.{name}.route.next."{key}".{back}', "by": 0.5}
            for key, shares in after.items()
            for back in ("build", "service")
            if key.split(" > ")[-1] == "review" and back in shares
        ]
    return changes


def limit_build(twin: Twin) -> list[Change]:
    """Let no more into build than half again as many as people work there."""
    people = sum(group.count for group in twin.teams[_team_at(twin, "build")].groups())
    return [{"set": "stages.build.wip_limit", "to": people + people // 2}]


def merge_builders(twin: Twin) -> list[Change]:
    """Make one team of those that build and those that serve."""
    names = [_team_at(twin, stage) for stage in ("build", "service")]
    groups = [group for name in names for group in twin.teams[name].groups()]
    people = [group.model_dump(mode="json", exclude_none=True) for group in groups]
    keep = [{**part.model_dump(mode="json", by_alias=True)} for part in twin.handoffs if part.source != names[1]]
    for part in keep:
        part["from"] = "builders" if part["from"] == names[0] else part["from"]
    return [
        {"set": "teams.builders", "to": {"people": people, "calendar": groups[0].calendar}},
        {"set": ["stages.build.team", "stages.service.team"], "to": "builders"},
        *([{"set": "handoffs", "to": keep}] if twin.handoffs else []),
        *({"remove": f'teams."{name}"'} for name in names),
    ]


def _answers(learned: Comparison, truth: Comparison) -> tuple[Answered, ...]:
    return tuple(
        Answered(mine.name, *_ends(real.asked), *_ends(mine.asked))
        for mine, real in zip(learned.scenarios, truth.scenarios, strict=True)
    )


def _ends(asked: Any) -> Sequence[float]:
    low = asked.effect if asked.low is None else asked.low
    high = asked.effect if asked.high is None else asked.high
    return asked.effect, low, high
