"""An item's history as stays: from one change of status, team or person to the next.

Rows of a history are often updates: something was written down and neither status nor team nor person changed. They
collapse into the stay they fall into. Within a status a team or person that was not named is the one named before, or
else after: filling in a name is no change.

    rows read = stays + rows that collapsed + rows rejected

Rows of one item at one instant keep the order of the file. Where a row says what the status was before, and no row
before it does, the item was in that status since it was created. Instants are milliseconds since 1970 UTC.
"""

from typing import Final, NamedTuple

import polars as pl

from calibration.sources.formats import ENTERED, FLOW, HISTORY, ITEMS, Format

COLUMNS: Final = ("item", "case_id", "work_type", "status", "resource", "team", "created", "begin", "end", "touched")
ITEM_STATUSES: Final = ("created", "started", "done")
_ROLES: Final = ("status", "resource", "team")
_FIELD_NAMES: Final = {"status": "status", "resource": "assignee", "team": "team"}


class Stays(NamedTuple):
    """Stays of all items."""

    frame: pl.DataFrame  # COLUMNS, sorted by item and begin; end is null for the last of an item, touched its last row
    used: int  # rows that begin a stay
    collapsed: int  # rows that do not
    noticed: dict[str, int]


def stays_of(rows: pl.DataFrame, kind: Format) -> Stays:
    """Turn usable rows into stays.

    Parameters
    ----------
    rows
        As `judged` gives them.
    kind
        A history, a table of items or a flow table.
    """
    changes = _changes(rows, kind).with_row_index("order")
    changes = changes.with_columns(pl.col("case_id").to_physical().alias("item")).sort("item", "time", "order")
    ties = int(changes.select((_same("item") & _same("time")).sum()).item()) if kind is HISTORY else 0
    filled = _filled(changes).with_columns(pl.col("time").max().over("item").alias("touched"))
    began = filled.select(~(_same("item") & pl.all_horizontal(_same(role) for role in _ROLES))).to_series()
    stays = filled.filter(began)
    end = pl.when(pl.col("item") == pl.col("item").shift(-1)).then(pl.col("time").shift(-1)).alias("end")
    created = pl.col("created").min().over("item")
    frame = stays.with_columns(end, created, pl.col("work_type").drop_nulls().first().over("item")).rename(
        {"time": "begin"}
    )
    added = int(filled["added"].sum())
    noticed = {
        "changes of items whose status is never told": rows.height + added - filled.height,
        "changes of an item at the instant of another, taken in the order of the file": ties,
        "items in a status before their first change, as that change says": added,
    }
    if kind is not HISTORY:
        return Stays(frame.select(COLUMNS), rows.height, 0, {})
    used = stays.height - int(stays["added"].sum())
    return Stays(frame.select(COLUMNS), used, rows.height - used, {what: n for what, n in noticed.items() if n})


def _same(column: str) -> pl.Expr:
    return pl.col(column).eq_missing(pl.col(column).shift(1)) & (pl.int_range(pl.len()) > 0)


def _changes(rows: pl.DataFrame, kind: Format) -> pl.DataFrame:
    """Give one row per change: case_id, work_type, status, resource, team, created, time, added."""
    if kind is HISTORY:
        return _from_history(rows)
    names = {name: name.removeprefix(ENTERED) for name in rows.columns if name.startswith(ENTERED)}
    if kind is ITEMS:
        names = {name: name for name in ITEM_STATUSES}
    dated = [
        rows.select(
            *("case_id", "work_type", "resource", "team"),
            pl.lit(status).cast(pl.Categorical).alias("status"),
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
    run = pl.struct("item", "status").rle_id().alias("run")
    part = pl.struct("item", "status", "team").rle_id().alias("run")

    def filled(frame: pl.DataFrame, column: str) -> pl.DataFrame:
        if frame[column].null_count() in (0, frame.height):
            return frame
        return frame.with_columns(pl.col(column).forward_fill().backward_fill().over("run"))

    return filled(filled(changes.with_columns(run), "team").with_columns(part), "resource")
