"""What became of every row: used, or rejected for a reason; the numbers add up exactly."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from calibration.sources.rows import DUPLICATE

_SHOWN_SECONDS = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True)
class Reconciliation:
    """The account of a reading: ``rows_read == rows_used + rows_collapsed + sum(rejected.values())``.

    Attributes
    ----------
    rows_read, rows_used
        Rows of all files, without header and blank lines; those that visits rest on.
    rejected
        Reason to number of rows.
    first_rejected
        Reason to ``file:line`` of the first such row.
    noticed
        What was read with a word of warning, to how often.
    first, last
        Earliest and latest instant of the log, in its zone.
    dialects
        File to what its format turned out to be.
    columns
        Role to the column, or columns, that play it.
    rows_collapsed
        Rows of a history that changed neither status nor team nor person: part of the stay they fall into.
    """

    rows_read: int
    rows_used: int
    rejected: Mapping[str, int]
    first_rejected: Mapping[str, str]
    noticed: Mapping[str, int]
    first: datetime
    last: datetime
    dialects: Mapping[str, str]
    columns: Mapping[str, str]
    rows_collapsed: int = 0

    def __post_init__(self) -> None:
        if self.rows_read != self.rows_used + self.rows_collapsed + sum(self.rejected.values()):
            told = f"{self.rows_used} used, {self.rows_collapsed} collapsed, rejected {dict(self.rejected)}"
            raise ValueError(f"{self.rows_read} rows read, {told}")

    @property
    def duplicates(self) -> int:
        """Number of rows that repeat another one."""
        return self.rejected.get(DUPLICATE, 0)

    def lines(self) -> tuple[str, ...]:
        """Write the account for people, a line each."""
        collapsed = f" + {self.rows_collapsed:,} collapsed" if self.rows_collapsed else ""
        rejected = sum(self.rejected.values())
        return (
            *(f"{file}: {dialect}" for file, dialect in self.dialects.items()),
            "columns: " + ", ".join(f"{role} from {column}" for role, column in self.columns.items()),
            f"{self.rows_read:,} rows read = {self.rows_used:,} used{collapsed} + {rejected:,} rejected",
            *(f"  rejected {n:,}: {why}; first in {self.first_rejected[why]}" for why, n in self.rejected.items()),
            *(f"  noticed {count:,}: {what}" for what, count in self.noticed.items()),
            f"from {self.first:{_SHOWN_SECONDS}} to {self.last:{_SHOWN_SECONDS}} ({self.first.tzinfo})",
        )
