"""A small desk and questions about it, for what decides."""

from typing import Any

from tiny import twin, work

from twin.scenario import Experiment
from twin.spec import Twin

CLERK = {"add": 1, "to": "teams.clerks.people"}
SENIOR = {"add": 1, "to": "teams.seniors.people"}


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
