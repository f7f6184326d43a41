"""An item's history as stays: from one change of status, team or person to the next.

Rows of a history are often updates: something was written down and neither status nor team nor person changed. They
collapse into the stay they fall into. Within a status a team or person that was not named is the one named before, or
else after: filling in a name is no change.

    rows read = stays + rows that collapsed + rows rejected

Rows of one item at one instant keep the order of the file. Where a row says what the status was before, and no row
before it does, the item was in that status since it was created. Instants are milliseconds since 1970 UTC.
"""

from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from calibration.sources.formats import ENTERED, FLOW, HISTORY, ITEMS, Format

COLUMNS: Final = ("item", "case_id", "work_type", "status", "resource", "team", "created", "begin", "end", "touched")
ITEM_STATUSES: Final = ("created", "started", "done")
_MOST: Final = 1 << 62
_ROLES: Final = ("status", "resource", "team")
_FIELD_NAMES: Final = {"status": "status", "resource": "assignee", "team": "team"}


class Stays(NamedTuple):
    """Stays of all items."""

    frame: pl.DataFrame  # COLUMNS, sorted by item and begin; end is null for the last of an item, touched its last row
    used: int  # rows that begin a stay
    collapsed: int  # rows that do not
    noticed: dict[str, int]


def changes_of(rows: pl.DataFrame, kind: Format) -> pl.DataFrame:
    """Turn usable rows into changes, one each or, in tables of items, one for each date.

    Parameters
    ----------
    rows
        As `judged` gives them.
    kind
        A history, a table of items or a flow table.

    Returns
    -------
    polars.DataFrame
        case_id, work_type, status, resource, team, created, time, and added: it says what was before the first change.
    """
    changes = _from_history(rows) if kind is HISTORY else _from_dates(rows, kind)
    empty = [name for name in changes.columns if changes[name].null_count() == changes.height]
    return changes.with_columns(pl.lit(None, changes.schema[name]).alias(name) for name in empty)  # takes no memory


def stays_of(changes: pl.DataFrame, kind: Format, rows: int) -> Stays:
    """Turn changes into stays.

    Parameters
    ----------
    changes
        As `changes_of` gives them.
    kind
        The kind of table they are from.
    rows
        How many rows they are from.
    """
    changes = ordered(changes)
    ties = int(changes.select((_same("item") & _same("time")).sum()).item()) if kind is HISTORY else 0
    filled = _filled(changes)
    added = int(filled["added"].sum())
    untold = rows + added - filled.height if kind is HISTORY else 0
    last = _last_of_item(filled["item"].to_numpy(), filled["time"].to_numpy())
    filled = filled.with_columns(pl.Series("touched", last))
    stays = filled.filter(~(_same("item") & pl.all_horizontal(_same(role) for role in _ROLES)))
    names = sorted(stays["status"].unique().cast(pl.String).to_list())
    frame = stays.with_columns(
        pl.when(pl.col("item") == pl.col("item").shift(-1)).then(pl.col("time").shift(-1)).alias("end"),
        pl.col("status").cast(pl.Enum(names)),
        *(pl.col(name).min().over("item") for name in ("created",) if stays[name].null_count() < stays.height),
    ).rename({"time": "begin"})
    if frame["work_type"].null_count() < frame.height:
        frame = frame.with_columns(pl.col("work_type").drop_nulls().first().over("item"))
    noticed = {
        "changes of items whose status is never told": untold,
        "changes of an item at the instant of another, taken in the order of the file": ties,
        "items in a status before their first change, as that change says": added,
    }
    if kind is not HISTORY:
        return Stays(frame.select(COLUMNS), rows, 0, {})
    used = stays.height - int(stays["added"].sum())
    return Stays(frame.select(COLUMNS), used, rows - used, {what: n for what, n in noticed.items() if n})


def names_of(column: pl.Series) -> list[str]:
    """List the names behind the codes of an Enum.

    Raises
    ------
    TypeError
        Where it is no Enum.
    """
    if not isinstance(column.dtype, pl.Enum):
        raise TypeError(f"{column.name} is {column.dtype}, not Enum")
    return column.dtype.categories.to_list()


def ordered(changes: pl.DataFrame) -> pl.DataFrame:
    """Sort changes by item and time, equal ones in the order of the file, and number the items."""
    case, time = changes["case_id"].to_physical().to_numpy().astype(np.int64), changes["time"].to_numpy()
    earliest, span = int(time.min()), int(time.max()) - int(time.min()) + 1
    if (int(case.max()) + 1) * span < _MOST:
        order = np.argsort(case * span + (time - earliest), kind="stable")
    else:
        order = np.lexsort((time, case))
    item = np.cumsum(np.diff(case[order], prepend=-1) != 0, dtype=np.int32) - 1
    return changes[order].with_columns(pl.Series("item", item))


def _last_of_item(item: NDArray[np.int32], time: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the last instant of each row's item; items follow each other."""
    last = np.flatnonzero(np.diff(item, append=-1))
    return np.repeat(time[last], np.diff(last, prepend=-1))


def _same(column: str) -> pl.Expr:
    return pl.col(column).eq_missing(pl.col(column).shift(1)) & (pl.int_range(pl.len()) > 0)


def _from_dates(rows: pl.DataFrame, kind: Format) -> pl.DataFrame:
    """Give one change for each date of an item."""
    names = {name: name.removeprefix(ENTERED) for name in rows.columns if name.startswith(ENTERED)}
    if kind is ITEMS:
        names = {name: name for name in ITEM_STATUSES}
    dated = [
        rows.select(
            *("case_id", "work_type"),
            pl.lit(status).cast(pl.Categorical).alias("status"),
            *("resource", "team"),
            (pl.col("created") if kind is FLOW else pl.lit(None, pl.Int64)).alias("created"),
            pl.col(name).alias("time"),
            pl.lit(value=False).alias("added"),
        ).filter(pl.col("time").is_not_null())
        for name, status in names.items()
    ]
    return pl.concat(dated)


def _from_history(rows: pl.DataFrame) -> pl.DataFrame:
    """Play a changelog; a history that names the whole state is one already."""
    changes = rows.with_columns(pl.lit(value=False).alias("added"))
    if rows["sub_status"].null_count() < rows.height:
        changes = changes.with_columns(_joined_status())
    if rows["field"].null_count() < rows.height:
        changes = _by_field(changes)
    if rows["from_status"].null_count() < rows.height:
        changes = _with_first(changes)
    return changes.select("case_id", "work_type", "status", "resource", "team", "created", "time", "added")


def _joined_status() -> pl.Expr:
    status, sub = pl.col("status").cast(pl.String), pl.col("sub_status").cast(pl.String)
    both = pl.concat_str(status, sub, separator=" / ", ignore_nulls=True)
    return pl.when(sub == status).then(status).otherwise(both).cast(pl.Categorical).alias("status")


def _by_field(changes: pl.DataFrame) -> pl.DataFrame:
    """Spread changes of single fields over status, resource and team, each kept until it changes again."""
    field = pl.col("field").cast(pl.String).str.to_lowercase()
    before, after = pl.col("from_status"), pl.col("status")
    ordered = changes.with_row_index("row").sort("case_id", "time", "row").with_columns(field.alias("field"))
    of = {role: pl.col("field") == name for role, name in _FIELD_NAMES.items()}
    firsts = [
        pl.when(is_it).then(before).backward_fill().over("case_id").alias(f"{role} first") for role, is_it in of.items()
    ]
    lasts = [
        pl.when(is_it).then(after).forward_fill().over("case_id").alias(f"{role} now") for role, is_it in of.items()
    ]
    told = ordered.with_columns(*firsts, *lasts)
    return (
        told.with_columns(pl.coalesce(f"{role} now", f"{role} first").alias(role) for role in _ROLES)
        .with_columns(pl.when(field == "status").then(before).alias("from_status"))
        .filter(pl.col("status").is_not_null())
    )


def _with_first(changes: pl.DataFrame) -> pl.DataFrame:
    """Put the status before the first change in front of it, since the item was created, where that is known."""
    first = (
        changes.sort("time", maintain_order=True)
        .unique("case_id", keep="first", maintain_order=True)
        .filter(pl.col("from_status").is_not_null() & (pl.col("created") < pl.col("time")))
        .with_columns(
            pl.col("from_status").alias("status"), pl.col("created").alias("time"), pl.lit(value=True).alias("added")
        )
    )
    return pl.concat([first, changes])


def _filled(changes: pl.DataFrame) -> pl.DataFrame:
    """Name teams and people that were not named, within a stay in one status."""
    for column, run in (("team", ("item", "status")), ("resource", ("item", "status", "team"))):
        if 0 < changes[column].null_count() < changes.height:
            runs = changes.with_columns(pl.struct(run).rle_id().alias("run"))
            changes = runs.with_columns(pl.col(column).forward_fill().backward_fill().over("run")).drop("run")
    return changes
