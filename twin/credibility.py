"""How far a twin can be believed, as its backtests say, kept beside it as ``grade.json``.

A grade is earned on weeks the twin has not seen, and heads every report made from it. The discrepancy of a figure is
the standard deviation of observed / simulated - 1 over the origins of a rolling backtest, less what chance explains:
what the model gets wrong however well it is calibrated.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from twin.beside import ranges_told, read_beside, write_beside
from twin.spec import Twin

FILE: Final = "grade.json"
SCHEMA_VERSION: Final = 1


class Credibility(NamedTuple):
    """What a twin has earned."""

    grade: str  # A, B, C or D
    reasons: tuple[str, ...]  # why not better, the gravest first, in words
    discrepancy: Mapping[str, float]  # "lead_time p85": relative standard deviation, at least 0
    observed: Mapping[str, tuple[float, float]]  # "arrivals", "people TEAM": least and most in any week seen


def discrepancy_of(credibility: Credibility | None, metric: str, statistic: str) -> float | None:
    """Give the relative standard deviation of what the model gets wrong of a figure; None where it is unknown."""
    return None if credibility is None else credibility.discrepancy.get(f"{metric} {statistic}")


def write_credibility(folder: Path, twin: Twin, earned: Credibility) -> Path:
    """Write a grade beside its twin.

    Raises
    ------
    StorageError
        Where the file cannot be written.
    """
    return write_beside(folder / FILE, twin, earned._asdict(), version=SCHEMA_VERSION)


def read_credibility(folder: Path, twin: Twin) -> Credibility | None:
    """Read the grade of a twin from its folder; None where there is none, or it is that of another twin.

    Raises
    ------
    InputError
        Where the file is damaged.
    """
    return read_beside(folder / FILE, twin, _parsed, again="twin backtest")


def _parsed(told: dict[str, Any]) -> Credibility:
    return Credibility(
        str(told["grade"]),
        tuple(map(str, told["reasons"])),
        {str(name): float(value) for name, value in told["discrepancy"].items()},
        ranges_told(told["observed"]),
    )
