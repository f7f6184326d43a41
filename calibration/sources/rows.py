"""What makes a row unusable, and the reasons a person reads.

A row has one reason, the first that holds in the order: structure of the file, missing case or name, times that cannot
be read, are missing or are none of a log, an order of times that cannot be, a time far from all others or long after
them, the same row once more. Two rows are the same where everything that is read from them is.

Plausible is a time from 1990 to 2069 that lies at most 20 years from the median of the log: dates such as 1970-01-01,
9999-12-31 or 2099 stand for something else than a time, unless nearly all are of 1970 (`calibration.sources.epoch`). A
few rows more than half a year after all others are a mistake as well: taken for the end of the log, one of them makes
demand and open work of all weeks before it wrong.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from calibration.sources.formats import ENTERED, FLOW, HISTORY, ITEMS, VISITS, Format
from calibration.sources.instants import PLAUSIBLE, Window
from twin.units import DAY

NO_CASE: Final = "no case_id"
IMPLAUSIBLE: Final = "implausible time"
BACKWARDS: Final = "ends before it starts"
EARLY: Final = "starts before it is enabled"
TOO_SOON: Final = "changed before it was created"
OUT_OF_ORDER: Final = "stages out of order"
NO_DATE: Final = "no date"
AGAIN: Final = "case_id of another row"
DUPLICATE: Final = "duplicate of another row"

LATE: Final = "time long after all others"

FARTHEST: Final = 20 * 365 * DAY
SILENCE: Final = 182 * DAY
"""Nothing is recorded for so long before times that are long after all others."""
FEW: Final = 0.01
"""Share of rows that they are at most."""

REJECTED: Final = ("file", "line", "reason", "text")
_MOST_CODES: Final = 1 << 22
_SPAN: Final = 1 << 41


class Judged(NamedTuple):
    """Rows, told apart."""

    used: pl.DataFrame
    rejected: pl.DataFrame  # REJECTED: String, Int64, String, String


def reason_of(kind: Format, times: Sequence[str], window: Window = PLAUSIBLE) -> pl.Expr:
    """Say why a row cannot be used, as far as it can be told from the row alone; null where it can.

    Parameters
    ----------
    kind
        What kind of table it is; `name_of` says which text it needs beside the case.
    times
        Its columns of instants (Int64, milliseconds since 1970 UTC), beside which there are a column `unread`, why a
        time could not be read, and the texts, null where they are blank.
    window
        Between which instants its times can be.
    """
    needed = name_of(kind)
    named = pl.col(needed).is_not_null() if needed else pl.lit(value=True)
    outside = [(~pl.col(name).is_between(*window)).fill_null(value=False) for name in times]
    missing, absent = _missing(kind, times)
    chain = (
        pl.when(pl.col("case_id").is_null()).then(pl.lit(NO_CASE))
        .when(~named).then(pl.lit(f"no {needed}"))
        .when(pl.col("unread").is_not_null()).then(pl.col("unread"))
        .when(missing).then(pl.lit(absent))
        .when(pl.any_horizontal(outside)).then(pl.lit(IMPLAUSIBLE))
    )  # fmt: skip
    for condition, reason in _disorder(kind, times):
        chain = chain.when(condition).then(pl.lit(reason))
    return chain.otherwise(None)


def name_of(kind: Format) -> str | None:
    """Give the text that a row needs beside its case: an activity, a status, or none."""
    return "activity" if kind is VISITS else "status" if kind is HISTORY else None


def _missing(kind: Format, times: Sequence[str]) -> tuple[pl.Expr, str]:
    if kind in (VISITS, HISTORY):
        return pl.col(times[0]).is_null(), f"no {times[0]}"
    return pl.all_horizontal(pl.col(name).is_null() for name in times), NO_DATE


def _disorder(kind: Format, times: Sequence[str]) -> list[tuple[pl.Expr, str]]:
    """List orders of times that cannot be, with the reason; what is missing is in no order."""
    if kind is FLOW:
        stages = [name for name in times if name.startswith(ENTERED)]
        later = [pl.col(name) < pl.max_horizontal(stages[:place]) for place, name in enumerate(stages) if place]
        return [(pl.any_horizontal(later), OUT_OF_ORDER)]
    if kind is HISTORY:
        return [(pl.col("time") < pl.col("created"), TOO_SOON)]
    if kind is ITEMS:
        created, started, done = (pl.col(name) for name in times)
        return [
            (done < created, "done before it was created"),
            (done < started, "done before it was started"),
            (started < created, "started before it was created"),
        ]
    start, end, enabled = (pl.col(name) for name in times)
    return [(end < start, BACKWARDS), (enabled > start, EARLY)]


def judged(rows: pl.DataFrame, kind: Format, times: Sequence[str]) -> Judged:
    """Tell rows of all files apart by what only all of them together say.

    Parameters
    ----------
    rows
        file, line, the texts of the kind (Categorical) and its times (Int64); each passed `reason_of`.
    kind
        What kind of table they are of.
    times
        Its columns of instants.
    """
    placed = rows.select(pl.coalesce(times)).to_series().to_numpy()
    if not placed.size:
        return Judged(rows, _rejected(rows, times, IMPLAUSIBLE))
    centre = int(np.partition(placed, placed.size // 2)[placed.size // 2])
    far = rows.select(pl.any_horizontal((pl.col(name) - centre).abs() > FARTHEST for name in times)).to_series()
    far = far.fill_null(value=False)
    rejects = [_rejected(rows.filter(far), times, IMPLAUSIBLE)] if far.any() else []
    near = rows.filter(~far) if far.any() else rows
    late = _after_all_others(near.select(pl.max_horizontal(times)).to_series().to_numpy())
    if late.any():
        rejects.append(_rejected(near.filter(pl.Series(late)), times, LATE))
        near = near.filter(pl.Series(~late))
    if kind is not HISTORY:  # there the same row once more is an update that changes nothing
        near, again = _first_of_each(near, [*kind.texts, *times], times)
        rejects.append(_rejected(again, times, DUPLICATE))
    if kind in (ITEMS, FLOW):
        first = near.select(pl.col("case_id").is_first_distinct()).to_series()
        rejects.append(_rejected(near.filter(~first), times, AGAIN))
        near = near.filter(first)
    return Judged(near, pl.concat(rejects) if rejects else _rejected(near.clear(), times, IMPLAUSIBLE))


def _after_all_others(at: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which times come after a long silence, where few do; shape as given."""
    few = int(FEW * at.size)
    if not few:
        return np.zeros(at.size, np.bool_)
    last = np.sort(np.partition(at, at.size - few - 1)[at.size - few - 1 :])
    silent = np.flatnonzero(np.diff(last) > SILENCE)
    return np.asarray(at > last[silent[0]]) if silent.size else np.zeros(at.size, np.bool_)


def _first_of_each(
    rows: pl.DataFrame, columns: Sequence[str], times: Sequence[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Keep the first of equal rows; only rows of one case at one time are compared in full."""
    suspect = _suspects(rows, times)
    if not suspect.any():
        return rows, rows.clear()
    number = pl.Series(np.flatnonzero(suspect.to_numpy()))
    first = rows.filter(suspect).select(pl.struct(columns).is_first_distinct()).to_series()
    again = np.zeros(rows.height, np.bool_)
    again[number.filter(~first).to_numpy()] = True
    return rows.filter(~again), rows.filter(again)


def _suspects(rows: pl.DataFrame, times: Sequence[str]) -> pl.Series:
    case, time = rows["case_id"].to_physical(), rows.select(pl.coalesce(times)).to_series()
    codes, at = case.to_numpy().astype(np.int64), time.to_numpy()
    if not codes.size or int(codes.max()) >= _MOST_CODES or int(at.max()) - int(at.min()) >= _SPAN:
        return pl.DataFrame({"case": case, "time": time}).is_duplicated()
    key = codes * _SPAN + (at - at.min())
    order = np.argsort(key, kind="stable")
    same = np.flatnonzero(np.diff(key[order]) == 0)
    found = np.zeros(rows.height, np.bool_)
    found[order[same]] = True
    found[order[same + 1]] = True
    return pl.Series(found)


def _rejected(rows: pl.DataFrame, times: Sequence[str], reason: str) -> pl.DataFrame:
    """Show rows that passed by themselves as rejected ones, with their times written anew."""
    written = pl.from_epoch(pl.col(times), time_unit="ms").dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ")
    return shown_rows(rows.with_columns(pl.lit(reason).alias("reason")), rows.select(written))


def shown_rows(rows: pl.DataFrame, written: pl.DataFrame) -> pl.DataFrame:
    """Show rejected rows, without the person.

    Parameters
    ----------
    rows
        file, line, reason, and the texts of their kind.
    written
        Their times as text, by role.
    """
    names = [name for name in ("case_id", "activity", "status", "from_status", "field") if name in rows.columns]
    texts = [*(rows[name].cast(pl.String) for name in names if rows[name].null_count() < rows.height), *written]
    parts = [part for text in texts for part in (pl.lit(f"; {text.name}="), pl.col(text.name).fill_null(""))]
    said = pl.DataFrame(texts).select(pl.concat_str(parts).str.slice(2).alias("text")) if rows.height else None
    return rows.select(
        pl.col("file").cast(pl.String),
        pl.col("line").cast(pl.Int64),
        pl.col("reason").cast(pl.String),
        pl.lit(None, pl.String).alias("text") if said is None else said["text"],
    )
