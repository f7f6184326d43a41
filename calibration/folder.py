"""A calibrated folder: the twin, why it is so, and the past it was learned from.

twin.yaml         the twin, to read and to edit by hand
evidence.json     for each parameter: rows used, method, estimate, interval; and what became of every row read
grounds.json      the range of every week seen, see `twin.grounds`
ensemble.jsonl    twins that the log holds as plausible, see `twin.ensemble`; absent where none were asked for
history.parquet   the visits it was learned from, people as pseudonyms, for looking back in a backtest; with several
                  work types also the type of each
"""

import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import polars as pl

from calibration.fit import Fit
from calibration.ranges import observed_ranges
from calibration.sources import Reading
from twin.ensemble import FILE as ENSEMBLE
from twin.ensemble import Ensemble, write_ensemble
from twin.errors import InputError
from twin.eventlog import EventLog, exported
from twin.exports import write_table
from twin.files import digest, prepare_folder, write_text
from twin.grounds import FILE as GROUNDS
from twin.grounds import Grounds, write_grounds
from twin.layout import dump_yaml

TWIN: Final = "twin.yaml"
EVIDENCE: Final = "evidence.json"
HISTORY: Final = "history.parquet"
HEAD: Final = f"""\
# Learned from {{rows:,}} visits; {EVIDENCE} says why each number is what it is. To be edited by hand as you like.
# efforts: working time of a visit. delays: waiting that no queue explains. people: at work at once, not employed.
# quantiles: evenly spaced from the least to the greatest. pattern: 24 hours of a day, relative to each other.
# next: where items go after these stages; the longest path that fits decides, and its shares sum to 100 %.
"""
WORK_TYPE: Final = "work_type"
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
    prepare_folder(folder, (TWIN, EVIDENCE, ENSEMBLE, HISTORY, GROUNDS), inputs=inputs)


def write_fit(
    folder: Path, fit: Fit, reading: Reading, logs: Sequence[Path], ensemble: Ensemble | None = None
) -> tuple[Path, ...]:
    """Write a calibrated folder; the same log gives the same bytes. An ensemble of an earlier twin is removed.

    Raises
    ------
    StorageError
        Where a file cannot be written.
    """
    write_text(folder / TWIN, HEAD.format(rows=reading.log.visits) + dump_yaml(_plain(fit.twin.as_written())))
    write_text(folder / EVIDENCE, json.dumps(_evidence(fit, reading, logs), indent=1, ensure_ascii=False) + "\n")
    write_table(history_of(fit.log), folder / HISTORY)
    grounds = write_grounds(folder, fit.twin, Grounds(observed_ranges(fit.log, fit.twin)))
    written = (*(folder / name for name in (TWIN, EVIDENCE, HISTORY)), grounds)
    if ensemble is not None:
        return (*written, write_ensemble(folder, fit.twin, ensemble))
    (folder / ENSEMBLE).unlink(missing_ok=True)
    return written


def history_of(log: EventLog) -> pl.DataFrame:
    """Give the visits of a log under the field's column names, those not begun last; and work types, if several."""
    begun = exported(log)
    waiting = log.frame.filter(pl.col("started").is_null() & pl.col("enabled").is_not_null())
    parts = [begun] if waiting.is_empty() else [begun, _waiting(log, waiting)]
    history = pl.concat(parts).select(HISTORY_COLUMNS.names())
    types = log.frame.select(pl.col("item"), pl.col("work").cast(pl.String)).unique()
    if types["work"].n_unique() < 2:
        return history
    named = types.select(_case(log, types).alias("case_id"), pl.col("work").alias(WORK_TYPE))
    return history.join(named, on="case_id", how="left", maintain_order="left")


def _waiting(log: EventLog, waiting: pl.DataFrame) -> pl.DataFrame:
    zero = pl.lit(log.start).dt.cast_time_unit("ms")
    return waiting.sort("enabled", "item", "visit").select(
        _case(log, waiting.sort("enabled", "item", "visit")).alias("case_id"),
        pl.col("stage").cast(pl.String).alias("activity"),
        pl.lit(None, pl.String).alias("resource"),
        pl.lit(None, _INSTANT).alias("start_time"),
        pl.lit(None, _INSTANT).alias("end_time"),
        (zero + pl.duration(milliseconds=pl.col("enabled"), time_unit="ms")).cast(_INSTANT).alias("enabled_time"),
    )


def _case(log: EventLog, rows: pl.DataFrame) -> pl.Expr:
    if log.cases is None:
        return pl.col("item").cast(pl.String)
    return pl.lit(pl.Series("case_id", log.cases, pl.String).gather(rows["item"]))


def _plain(value: Any) -> Any:
    """Write whole numbers without a decimal point."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _evidence(fit: Fit, reading: Reading, logs: Sequence[Path]) -> dict[str, Any]:
    intake = reading.intake
    return {
        "schema_version": 1,
        "worktwin": version("worktwin"),
        "logs": [{"file": log.name, "sha256": digest(log)} for log in logs],
        "work_share": fit.work_share,
        "rows": {
            "read": intake.rows_read,
            "used": intake.rows_used,
            "collapsed": intake.rows_collapsed,
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
    if history.schema not in (HISTORY_COLUMNS, pl.Schema({**HISTORY_COLUMNS, WORK_TYPE: pl.String()})):
        raise InputError(f"{file}: holds other columns than `twin calibrate` writes; run it again")
    return history
