"""A small desk and questions about it, for what decides."""

from pathlib import Path
from typing import Any

from tiny import twin, work

from twin.changes import Scale
from twin.ensemble import Ensemble, write_ensemble
from twin.project import read_twin
from twin.scenario import Experiment, apply
from twin.spec import Twin

CLERK = {"add": 1, "to": "teams.clerks.people"}
SENIOR = {"add": 1, "to": "teams.seniors.people"}


PACE = (0.9, 1.0, 1.1)
"""Of the twins of a small ensemble."""


def paced(twin: Twin, *factors: float) -> tuple[Twin, ...]:
    """The same twin with fewer or more letters."""
    changes = (Scale.model_validate({"scale": "work.letter.arrivals.rate", "by": factor}) for factor in factors)
    return tuple(apply(twin, (change,)) for change in changes)


def draw_ensemble(folder: Path, *factors: float) -> None:
    """Write an ensemble beside the twin of a folder."""
    base = read_twin(folder / "twin.yaml").twin
    write_ensemble(folder, base, Ensemble("by hand", paced(base, *factors)))


def desk() -> Twin:
    """Letters are answered by busy clerks and signed by a senior with time to spare."""
    letter = work(
        {"kind": "poisson", "rate": "60 / week"},
        {"stage": "answer", "effort": {"kind": "exponential", "mean": "4 h"}},
        {"stage": "sign", "effort": {"kind": "exponential", "mean": "30 min"}},
    )
    return twin({"clerks": 2, "seniors": 1}, {"answer": "clerks", "sign": "seniors"}, {"letter": letter})


def question(*, answer: dict[str, Any] | None = None, run: dict[str, Any] | None = None, **sections: Any) -> Experiment:
    """Ask about lead times over four weeks."""
    return Experiment.model_validate(
        {
            "question": "What helps?",
            "base": "twin.yaml",
            "run": {"warm_up": "1 w", "length": "4 w", "seed": 7, "replications": 4, **(run or {})},
            "answer": {"metric": "lead_time", "better": "lower", "worth": "1 h", **(answer or {})},
            **sections,
        }
    )
