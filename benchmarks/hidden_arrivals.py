"""What is learned where a log does not say when items came, beside what is learned from the same log where it does.

Run ``python -m benchmarks.hidden_arrivals``: it prints the table and writes ``hidden_arrivals.md`` beside it. A known
organisation of two stages, two people each, works for 40 weeks once settled; the first stage bears the load named, the
second 60 %. Its log is learned from twice, with the instants at which items came and without, where the queue before
the first stage cannot be seen (`calibration.first_queues`). Lead times count from arrival in all rows.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

import numpy as np

from calibration.fit import fit_twin
from calibration.sources import read_log
from twin.caseload import simulate_logs
from twin.eventlog import exported
from twin.experiment import asked_values, run_experiment
from twin.exports import write_table
from twin.scenario import Experiment
from twin.spec import Twin
from twin.units import MINUTE, WEEK

PAGE: Final = Path(__file__).with_suffix(".md")
LOADS: Final = (0.6, 0.8, 0.9, 0.95)
UNEVEN: Final = (0.3, 2.0)
SEEDS: Final = (1, 2)
SETTLED_WEEKS: Final = 8
WEEKS: Final = 40
TRUE_REPLICATIONS: Final = 60
REPLICATIONS: Final = 20
OFFICE: Final = {"days": "mon-fri", "hours": "09:00-17:00"}
ALWAYS: Final = {"hours": "always"}
PEOPLE: Final = 2
CHANGES: Final[dict[str, list[dict[str, Any]]]] = {
    "one more person": [{"add": 1, "to": "teams.?.people"}],
    "a fifth quicker": [{"scale": "work.case.route.efforts.first", "by": 0.8}],
    "a tenth less demand": [{"scale": "work.case.arrivals", "by": 0.9}],
}
HEAD: Final = ("hours", "load", "cv of gaps", "learned from", "mean lead time", "p85", *CHANGES)


class Setting(NamedTuple):
    """A known organisation."""

    calendar: dict[str, str]
    hours: int  # a week
    load: float
    gap: float = 1.0  # coefficient of variation of the gaps between items

    def truth(self) -> Twin:
        """Build it."""
        gap = {"kind": "gamma", "mean": f"{WEEK / self.hours / MINUTE:.4f} min", "cv": self.gap}
        poisson = {"kind": "poisson", "rate": f"{self.hours} / week"}
        efforts = {
            stage: {"kind": "gamma", "mean": f"{60 * PEOPLE * load:.4f} min", "cv": 0.8}
            for stage, load in (("first", self.load), ("then", 0.6))
        }
        route = {"start": {"first": 1}, "next": {"first": {"then": 1}, "then": {"done": 1}}, "efforts": efforts}
        return Twin.model_validate(
            {
                "twin": "known",
                "clock": {"starts": "2026-01-05"},
                "calendars": {"hours": self.calendar},
                "teams": {f"{stage} people": {"people": PEOPLE, "calendar": "hours"} for stage in efforts},
                "stages": {stage: {"team": f"{stage} people"} for stage in efforts},
                "work": {
                    "case": {"arrivals": poisson if self.gap == 1 else {"kind": "renewal", "gap": gap}, "route": route}
                },
            }
        )


def settings() -> Iterator[Setting]:
    """Give all of them."""
    for calendar, hours in ((OFFICE, 40), (ALWAYS, 168)):
        for load in LOADS:
            yield Setting(calendar, hours, load)
    for gap in UNEVEN:
        yield Setting(ALWAYS, 168, 0.9, gap)


def logs(truth: Twin, seed: int) -> Iterator[tuple[str, Twin]]:
    """Learn a twin from one log as recorded, and without the instants at which items came."""
    log = exported(
        next(simulate_logs(truth, length=f"{SETTLED_WEEKS + WEEKS} w", seed=seed)).after(SETTLED_WEEKS * WEEK)
    )
    with TemporaryDirectory() as folder:
        for name, table in (("arrivals recorded", log), ("arrivals hidden", log.drop("enabled_time"))):
            file = Path(folder) / "log.csv"
            write_table(table, file)
            yield name, fit_twin(read_log([file], zone="UTC").log, name="learned").twin


def answers(twin: Twin, replications: int) -> list[float]:
    """Give mean and 85th percentile of lead times, and what each change makes of the mean, in hours."""
    (team,) = twin.stages["first"].served_by()
    changes = {
        name: [
            {key: value.replace("?", f'"{team}"') if key == "to" else value for key, value in change.items()}
            for change in those
        ]
        for name, those in CHANGES.items()
    }
    question = Experiment.model_validate(
        {
            "question": "What would these do?",
            "base": "learned",
            "scenarios": changes,
            "run": {"warm_up": "12 w", "length": "52 w", "seed": 7, "replications": replications},
            "answer": {"metric": "lead_time", "better": "lower", "worth": "1 h"},
        }
    )
    results = run_experiment(question, twin)
    asked = question.answer.model_copy(update={"statistic": "p85"})
    mean = [float(asked_values(run, question.answer).mean()) for run in results.runs]
    slow = float(asked_values(results.runs[0], asked).mean())
    return [mean[0], slow, *(each - mean[0] for each in mean[1:])]


def rows(tell: Callable[[str], None]) -> Iterator[str]:
    """Write the lines of the table as they come."""
    for setting in settings():
        truth = setting.truth()
        told: dict[str, list[list[float]]] = {"the truth": [answers(truth, TRUE_REPLICATIONS)]}
        for seed in SEEDS:
            for name, learned in logs(truth, seed):
                told.setdefault(name, []).append(answers(learned, REPLICATIONS))
        for name, found in told.items():
            hours = "office" if setting.calendar is OFFICE else "always"
            cells = (
                hours,
                f"{setting.load:g}",
                f"{setting.gap:g}",
                name,
                *(f"{value:.1f}" for value in np.mean(found, axis=0)),
            )
            line = f"| {' | '.join(cells)} |"
            tell(line)
            yield line


def main() -> None:
    """Measure, print and write."""
    about = (
        "# Where a log does not say when items came\n\n"
        "Written by `python -m benchmarks.hidden_arrivals`, which says what was done. Hours, means over "
        f"{len(SEEDS)} logs; near full load, lead times\nlearned from one log of {WEEKS} weeks are off by luck in "
        "the log as well. Where items come in bursts or in step (cv of\ngaps other than 1), only part of that is found "
        "behind a queue. Where people also do work that no log holds, they seem\nfree, and a queue before them stays "
        "unseen; the twin says so.\n\n"
    )
    head = f"| {' | '.join(HEAD)} |\n|{' --- |' * len(HEAD)}\n"
    print(head, end="")
    PAGE.write_text(about + head + "\n".join(rows(lambda line: print(line, flush=True))) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
