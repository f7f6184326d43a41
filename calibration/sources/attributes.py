"""What a table of visits says of its cases beside visits: amounts and dates by which somebody may have chosen.

A column that plays no role counts where its first rows are all numbers or all instants, or text of few values, such as
an urgency; a case has its first value. Other text is left out.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import polars as pl

from calibration.sources.columns import format_of, recognised
from calibration.sources.formats import VISITS
from calibration.sources.sifting import open_table

MOST_COLUMNS: Final = 20
MOST_VALUES: Final = 8
"""Different texts that may be the names of priorities."""
CASE: Final = "case_id"


def read_attributes(
    paths: Sequence[Path], *, columns: Mapping[str, str] | None = None, kind: str | None = None, encoding: str = "utf-8"
) -> pl.DataFrame:
    """Read the attributes of cases by which somebody may have chosen.

    Parameters
    ----------
    paths, columns, kind, encoding
        As in `calibration.sources.read_log`, which has read the files before and refused what cannot be read.

    Returns
    -------
    polars.DataFrame
        `case_id` (String) and for each attribute a column, Float64, or String where it is text of few values; instants
        are ticks since 1970. Without rows where the files are not tables of visits, or have no such column.
    """
    frames = [_attributes(path, columns, kind, encoding) for path in paths]
    found = pl.concat(frames, how="diagonal_relaxed")
    return found.group_by(CASE, maintain_order=True).first()


def _attributes(path: Path, columns: Mapping[str, str] | None, kind: str | None, encoding: str) -> pl.DataFrame:
    nothing = pl.DataFrame(schema={CASE: pl.String})
    table = open_table(path, encoding)
    format_ = format_of(table, columns, asked=kind)
    if format_ is not VISITS:
        return nothing
    roles = recognised(table, format_, columns)
    head = table.head()
    free = [name for name in table.header if name not in roles.values() and name != CASE]
    read = {name: ordered for name in free if (ordered := _reader(head, name)) is not None}
    chosen = dict(list(read.items())[:MOST_COLUMNS])
    case = roles[CASE]
    if not chosen or case not in table.header:
        return nothing
    parts = [
        rows.frame.select(pl.col(case).cast(pl.String).alias(CASE), *chosen.values())
        .group_by(CASE, maintain_order=True)
        .first()
        for rows in table.rows([case, *chosen])
    ]
    return pl.concat(parts)


def _reader(head: pl.DataFrame, name: str) -> pl.Expr | None:
    """Give the expression that reads a column as numbers, instants or few names, where its first rows are that."""
    text = pl.col(name).cast(pl.String)
    for reading in (
        text.cast(pl.Float64, strict=False),
        text.str.to_datetime(strict=False, time_unit="ms").dt.epoch("ms").cast(pl.Float64),
    ):
        try:
            seen = head.select(reading).to_series()
        except pl.exceptions.PolarsError:
            continue
        if seen.len() and not seen.null_count():
            return reading.alias(name)
    values = head[name].drop_nulls().n_unique()
    return text.alias(name) if 2 <= values <= MOST_VALUES else None
