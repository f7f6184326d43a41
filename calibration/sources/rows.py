"""What makes a row unusable, and the reasons a person reads.

A row has one reason, the first that holds in the order: structure of the file, missing case or activity, times that
cannot be read or are missing, implausible times, an end before the start, a start before the row was enabled, the same
row once more. Two rows are the same where everything that is read from them is.

Plausible is a start or end from 1990 to 2069 that lies at most 20 years from the median start of the log: dates such
as 1970-01-01, 9999-12-31 or 2099 stand for something else than a time.
"""

from typing import Final, NamedTuple

import polars as pl

from calibration.sources.columns import TIMES
from calibration.sources.instants import EARLIEST, LATEST
from twin.units import DAY

NO_CASE: Final = "no case_id"
NO_ACTIVITY: Final = "no activity"
NO_START: Final = "no start_time"
IMPLAUSIBLE: Final = "implausible time"
BACKWARDS: Final = "ends before it starts"
EARLY: Final = "starts before it is enabled"
DUPLICATE: Final = "duplicate of another row"

FARTHEST: Final = 20 * 365 * DAY

TEXTS: Final[tuple[str, ...]] = ("case_id", "activity", "resource", "work_type")
REJECTED: Final = ("file", "line", "reason", "text")


class Judged(NamedTuple):
    """Rows, told apart."""

    used: pl.DataFrame  # file, line, TEXTS, TIMES as Int64 milliseconds since 1970 UTC
    rejected: pl.DataFrame  # REJECTED: String, Int64, String, String


def judged(rows: pl.DataFrame) -> Judged:
    """Tell usable rows from others.

    Parameters
    ----------
    rows
        file (String), line (Int64), TEXTS (String), TIMES (Int64, milliseconds since 1970 UTC), unread (String, why a
        time could not be read) and `written_` columns with the times as they stood in the file.
    """
    start, end, enabled = (pl.col(name) for name in TIMES)
    median = rows["start_time"].drop_nulls().sort()
    centre = median[median.len() // 2] if median.len() else 0
    nearest, farthest = max(EARLIEST, centre - FARTHEST), min(LATEST, centre + FARTHEST)
    reason = (
        pl.when(_blank("case_id")).then(pl.lit(NO_CASE))
        .when(_blank("activity")).then(pl.lit(NO_ACTIVITY))
        .when(pl.col("unread").is_not_null()).then(pl.col("unread"))
        .when(start.is_null()).then(pl.lit(NO_START))
        .when(pl.any_horizontal((~pl.col(name).is_between(nearest, farthest)).fill_null(value=False) for name in TIMES))
        .then(pl.lit(IMPLAUSIBLE))
        .when(end < start).then(pl.lit(BACKWARDS))
        .when(enabled > start).then(pl.lit(EARLY))
    )  # fmt: skip
    told = rows.with_columns(reason.alias("reason"))
    fine = told.filter(pl.col("reason").is_null())
    first = fine.select(pl.struct(*TEXTS, *TIMES).is_first_distinct()).to_series()
    again = fine.filter(~first).with_columns(pl.lit(DUPLICATE).alias("reason"))
    bad = pl.concat([told.filter(pl.col("reason").is_not_null()), again])
    return Judged(
        fine.filter(first).select("file", "line", *TEXTS, *TIMES), bad.select("file", "line", "reason", _cells())
    )


def _blank(column: str) -> pl.Expr:
    return (pl.col(column).str.strip_chars() == "").fill_null(value=True)


def _cells() -> pl.Expr:
    """Show what a row says, without the person."""
    names = {"case_id": "case_id", "activity": "activity", **{name: f"written_{name}" for name in TIMES}}
    cells = [pl.format("{}={}", pl.lit(name), pl.col(column).fill_null("")) for name, column in names.items()]
    return pl.concat_str(cells, separator="; ").alias("text")
