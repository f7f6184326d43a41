"""Why a parameter has its value.

Every number of a calibrated twin carries its evidence: how many rows of the log it rests on, by which method it was
estimated, and an interval. What cannot be told from the log is said in `note`.
"""

from dataclasses import asdict, dataclass
from typing import Any, Final, Generic, NamedTuple, TypeVar

T = TypeVar("T")

STARTS: Final = "log.start."
"""Where evidence of starts that nobody recorded stands."""


@dataclass(frozen=True)
class Evidence:
    """What stands behind one parameter.

    Attributes
    ----------
    path
        Path of the parameter in the twin: ``work.case.arrivals``.
    estimate
        The value, as people read it, with its unit.
    method
        How it was estimated, in one sentence.
    rows
        Rows of the log it rests on.
    low, high
        Ends of a 95 % interval with their unit, or None where none was computed; then `note` says why.
    note
        What not to conclude, or an empty text.
    verdict, why
        What to think of it (`calibration.verdicts`), and the reason; empty texts for what is no parameter.
    wide
        Width of the 90 % interval over the ensemble, 1 where it begins to be wide; None where there is none.
    mind
        What whoever learns the twin should hear at once, or an empty text.
    """

    path: str
    estimate: str
    method: str
    rows: int
    low: str | None = None
    high: str | None = None
    note: str = ""
    verdict: str = ""
    why: str = ""
    wide: float | None = None
    mind: str = ""

    def as_written(self) -> dict[str, Any]:
        """Give the evidence as plain values for ``evidence.json``."""
        return asdict(self)


class Fitted(NamedTuple, Generic[T]):
    """An estimate with its evidence."""

    value: T
    evidence: tuple[Evidence, ...]
