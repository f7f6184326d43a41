"""A calibrated folder: the twin, why it is so, and the past it was learned from.

twin.yaml         the twin, to read and to edit by hand
evidence.json     for each parameter: rows used, method, estimate, interval; and what became of every row read
history.parquet   the visits it was learned from, people as pseudonyms, for replaying history in a backtest
"""

import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import polars as pl

from calibration.fit import Fit
from calibration.sources import Reading
from twin.errors import InputError, StorageError
from twin.eventlog import exported
from twin.exports import write_table
from twin.files import digest, writable, write_text
from twin.layout import dump_yaml

TWIN: Final = "twin.yaml"
EVIDENCE: Final = "evidence.json"
HISTORY: Final = "history.parquet"
_INSTANT: Final = pl.Datetime("ms", "UTC")
HISTORY_COLUMNS: Final = pl.Schema(
    {
        "case_id": pl.String(), "activity": pl.String(), "resource": pl.String(), "start_time": _INSTANT,
        "end_time": _INSTANT, "enabled_time": _INSTANT,
    }
)  # fmt: skip


def prepare(folder: Path, *, inputs: Sequence[Path] = ()) -> None:
    """Make the folder, and see that its files can be written, before any work is done.

    Raises
    ------
    StorageError
        Where it cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{folder}: cannot be made a folder: {error.strerror}") from None
    for name in (TWIN, EVIDENCE, HISTORY):
        writable(folder / name, inputs=inputs)


def write_fit(folder: Path, fit: Fit, reading: Reading, logs: Sequence[Path]) -> tuple[Path, ...]:
    """Write a calibrated folder; the same log gives the same bytes.

    Raises
    ------
    StorageError
        Where a file cannot be written.
    """
    head = f"# Learned from {reading.intake.rows_used:,} visits; {EVIDENCE} says why each number is what it is.\n"
    write_text(folder / TWIN, head + dump_yaml(fit.twin.as_written()))
    write_text(folder / EVIDENCE, json.dumps(_evidence(fit, reading, logs), indent=1, ensure_ascii=False) + "\n")
    write_table(exported(fit.log), folder / HISTORY)
    return tuple(folder / name for name in (TWIN, EVIDENCE, HISTORY))


def _evidence(fit: Fit, reading: Reading, logs: Sequence[Path]) -> dict[str, Any]:
    intake = reading.intake
    return {
        "schema_version": 1,
        "worktwin": version("worktwin"),
        "logs": [{"file": log.name, "sha256": digest(log)} for log in logs],
        "rows": {
            "read": intake.rows_read,
            "used": intake.rows_used,
            "rejected": dict(intake.rejected),
            "noticed": dict(intake.noticed),
            "first": intake.first.isoformat(),
            "last": intake.last.isoformat(),
        },
        "parameters": [evidence.as_written() for evidence in fit.evidence],
    }


def read_history(folder: Path) -> pl.DataFrame:
    """Read the visits a twin was learned from.

    Raises
    ------
    InputError
        Where the folder holds none, or one that is damaged.
    """
    file = folder / HISTORY
    if not file.is_file():
        raise InputError(f"{folder} holds no {HISTORY}; a backtest needs a folder that `twin calibrate` has written")
    try:
        history = pl.read_parquet(file)
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).partition("\n")[0]
        raise InputError(f"{file}: cannot be read ({reason}); run `twin calibrate` again") from None
    if history.schema != HISTORY_COLUMNS:
        raise InputError(f"{file}: holds other columns than `twin calibrate` writes; run it again")
    return history
