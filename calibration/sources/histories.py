"""Visits from stays: what a history says about work, waiting and handoffs, and what has to be assumed.

    stay at work                      a visit: started when it was entered, finished when it was left
    stay in waiting or blocked        waiting before the next visit; done straight from there, a visit without a start
    last stay of an item, not done    an open visit, or one that has not started

Where rows tell what was done and not which status an item then has, each is a visit that ended then, and an item is
done with its last one.

Where no start was recorded, work is assumed to begin once the item is there and whoever did it is free,

    start = min(end, max(there since, end of the visit that the same person finished before)),

with the team in the person's place where nobody is named, and everybody where no team is either. That is right where
people work on one thing at a time and on nothing that the log does not show; if a share h of their time goes to work
nobody recorded, the time found is effort / (1 - h), and no log can tell the two apart [1]_. So each assumption carries
its bounds: nothing, and all the time the item was there.

.. [1] Chapela-Campa, Dumas (2022), Repairing activity start times to improve business process simulation,
   arXiv:2208.12224.
"""

from typing import Final, NamedTuple

import numpy as np
import polars as pl

from calibration.evidence import STARTS, Evidence
from calibration.sources.meanings import WORK, Meanings
from calibration.sources.stays import names_of, ordered
from twin.eventlog import NEVER
from twin.units import format_clock

_WAITS: Final = ("waiting", "blocked")
_VISIT: Final = ("case_id", "activity", "resource", "team", "work_type", "start_time", "end_time", "enabled_time")


class History(NamedTuple):
    """What stays say."""

    visits: pl.DataFrame  # case_id, activity, resource, team, work_type, start_time, end_time, enabled_time
    stays: pl.DataFrame | None  # with what each means, where items have statuses
    assumptions: tuple[Evidence, ...]
    noticed: dict[str, int]


def told(stays: pl.DataFrame, meanings: Meanings) -> pl.DataFrame:
    """Say of each stay what it means: adds means, stage, start, and what comes before and after."""
    code = stays["status"].to_physical()
    known = [meanings.statuses[name] for name in names_of(stays["status"])]

    def told_as(field: str) -> pl.Series:
        values = [getattr(meaning, field) for meaning in known]
        names = list(dict.fromkeys(value for value in values if value is not None))
        return pl.Series(field, values, pl.Enum(names)).gather(code)

    same = pl.col("item") == pl.col("item").shift(-1)
    frame = stays.with_columns(told_as("means"), told_as("stage"), told_as("start"))
    return frame.with_columns(
        pl.when(same).then(pl.col("means").shift(-1)).alias("next"),
        pl.when(same).then(pl.col("resource").shift(-1)).alias("next resource"),
        pl.when(pl.col("item") == pl.col("item").shift(1)).then(pl.col("means").shift(1)).alias("before"),
    )


def history_of(stays: pl.DataFrame, meanings: Meanings) -> History:
    """Turn stays into visits, with the assumptions that this takes.

    Parameters
    ----------
    stays
        As `calibration.sources.stays` gives them.
    meanings
        What each status means.
    """
    frame = told(stays, meanings)
    visits = _merged(_candidates(frame, meanings))
    arrived = pl.min_horizontal("created", pl.col("first"))
    before = pl.when(pl.col("item") == pl.col("item").shift(1)).then(pl.col("end_time").shift(1))
    visits = visits.with_columns(pl.coalesce(before, arrived).alias("enabled_time"))
    visits = _started(visits)
    return History(visits.select(_VISIT), frame, _assumptions(visits), _moves(frame))


def completions_of(changes: pl.DataFrame) -> History:
    """Turn rows that each say what was done into visits that ended then.

    Parameters
    ----------
    changes
        As `calibration.sources.stays.changes_of` gives them; the status is what was done.
    """
    rows = ordered(changes).unique(["item", "status", "resource", "team", "time"], keep="first", maintain_order=True)
    before = pl.when(pl.col("item") == pl.col("item").shift(1)).then(pl.col("time").shift(1))
    visits = rows.select(
        *("item", "case_id", "resource", "team", "work_type"),
        pl.col("status").alias("activity"),
        pl.coalesce(before, pl.min_horizontal("created", "time"), "time").alias("enabled_time"),
        pl.lit(None, pl.Int64).alias("start_time"),
        pl.col("time").alias("end_time"),
        pl.lit(None, pl.Int64).alias("there"),
        pl.lit(value=True).alias("assumed"),
    )
    visits = _started(visits)
    noticed = {"rows that say what was done and when it was done: each is a visit that ended then": visits.height}
    return History(visits.select(_VISIT), None, _assumptions(visits), noticed)


def _candidates(frame: pl.DataFrame, meanings: Meanings) -> pl.DataFrame:
    """Choose the stays that a visit stands for.

    Columns beside those of the stay: activity, start_time, end_time, there (since when the item was there), assumed.
    """
    work, waits = pl.col("means") == "work", pl.col("means").is_in(_WAITS)
    gone = pl.col("next").is_null()
    finishing = waits & ((pl.col("next") == "done") | gone)
    unseen = (pl.col("means") == "done") & pl.col("before").is_null()  # done when it was first seen
    assumed = ~work | (pl.col("start") == "assumed")
    usual = next((name for name, each in meanings.statuses.items() if each.means == "work"), None)
    stage = meanings.statuses[usual].stage if usual else WORK
    return (
        frame.with_columns(pl.col("begin").min().over("item").alias("first"))
        .filter(work | finishing | unseen)
        .select(
            *("item", "case_id", "work_type", "team", "created", "first"),
            pl.col("stage").cast(pl.String).fill_null(stage).cast(pl.Categorical).alias("activity"),
            pl.when(waits_then_done(waits))
            .then(pl.coalesce("next resource", "resource"))
            .otherwise("resource")
            .alias("resource"),
            pl.when(~assumed).then("begin").alias("start_time"),
            pl.when(unseen).then("begin").otherwise("end").alias("end_time"),
            pl.when(unseen | (pl.col("means") == "waiting")).then(None).otherwise("begin").alias("there"),
            assumed.alias("assumed"),
        )
    )


def waits_then_done(waits: pl.Expr) -> pl.Expr:
    """Tell which stays end with the item being done though nobody was at it."""
    return waits & (pl.col("next") == "done")


def _merged(visits: pl.DataFrame) -> pl.DataFrame:
    """Join visits of one item to one stage by one person that follow each other without a break."""
    keys = ("item", "activity", "team", "resource", "assumed")
    alike = pl.all_horizontal(pl.col(key).eq_missing(pl.col(key).shift(1)) for key in keys)
    on = alike & (pl.col("start_time") == pl.col("end_time").shift(1)).fill_null(value=False)
    goes_on = visits.select(on & (pl.int_range(pl.len()) > 0)).to_series()
    if not goes_on.any():
        return visits
    first = np.flatnonzero(~goes_on.to_numpy())
    last = np.append(first[1:], visits.height) - 1
    return visits[first].with_columns(visits["end_time"].gather(last))


def _free(visits: pl.DataFrame) -> pl.Series:
    """Give when whoever did each visit had finished the one before, null where there was none."""
    person, team = (visits[role].to_physical().cast(pl.Int64) for role in ("resource", "team"))
    server = pl.select(pl.coalesce(person * 2, team * 2 + 1, pl.lit(-1))).to_series().alias("server")
    ended = visits.select("end_time", server).with_row_index("row").filter(pl.col("end_time").is_not_null())
    ended = ended.sort("end_time", "row").with_columns(pl.col("end_time").shift(1).over("server").alias("free"))
    rows, free = ended["row"].to_numpy(), np.full(visits.height, NEVER)
    free[rows] = ended["free"].fill_null(NEVER).to_numpy()
    found = pl.Series("free", free)
    return pl.select(pl.when(found != NEVER).then(found).alias("free")).to_series()


def _started(visits: pl.DataFrame) -> pl.DataFrame:
    """Put in the starts that have to be assumed; adds there and free."""
    known = visits.with_columns(pl.coalesce("there", "enabled_time").alias("there"), _free(visits))
    start = pl.min_horizontal(pl.max_horizontal("there", "free"), "end_time")
    done = pl.col("end_time").is_not_null()
    return known.with_columns(pl.when(pl.col("assumed") & done).then(start).otherwise("start_time").alias("start_time"))


def _assumptions(visits: pl.DataFrame) -> tuple[Evidence, ...]:
    done = visits.filter(pl.col("end_time").is_not_null())
    found = (
        done.filter(pl.col("assumed"))
        .group_by(pl.col("activity").cast(pl.String))
        .agg(
            pl.len().alias("rows"),
            (pl.col("end_time") - pl.col("start_time")).mean().alias("found"),
            (pl.col("end_time") - pl.col("there")).mean().alias("most"),
            (pl.col("resource").is_null() & pl.col("team").is_null()).sum().alias("nobody"),
        )
        .sort("rows", "activity", descending=[True, False])
    )
    all_of = dict(done.group_by(pl.col("activity").cast(pl.String)).len().iter_rows())
    return tuple(_assumption(row, all_of[row["activity"]]) for row in found.to_dicts())


def _assumption(row: dict[str, float], visits: int) -> Evidence:
    nobody = f" {row['nobody']:,} of them name neither person nor team: as if one person had done them all." * bool(
        row["nobody"]
    )
    return Evidence(
        f"{STARTS}{row['activity']}",
        f"assumed for {row['rows']:,} of {visits:,} visits: mean {format_clock(row['found'])} from start to end",
        "no start was recorded: work begins once the item is there and whoever finished it is free",
        int(row["rows"]),
        format_clock(0),
        format_clock(row["most"]),
        "an assumption; the ends are its bounds, nothing and all the time the item was there. If a share h of "
        "people's time goes to work the log does not show, this is effort / (1 - h), and no log can tell the two "
        f"apart.{nobody}",
    )


def _moves(frame: pl.DataFrame) -> dict[str, int]:
    """Count what items did beside going forward; kept, all of it."""
    same = pl.col("item") == pl.col("item").shift(1)
    before = pl.col("before")
    holder = pl.col("team")
    if 0 < frame["team"].null_count() < frame.height:
        holder = holder.forward_fill().over("item")
    team = same & (holder != holder.shift(1))
    person = same & (pl.col("resource") != pl.col("resource").shift(1)) & ~team.fill_null(value=False)
    counted = frame.select(
        ((before == "done") & (pl.col("means") != "done")).sum().alias("reopened: done, and back"),
        ((before == "work") & (pl.col("means") == "blocked")).sum().alias("pauses: from work to blocked"),
        team.sum().alias("handoffs from team to team"),
        person.sum().alias("handoffs from person to person within a team"),
        pl.col("before").is_null().and_(pl.col("means") == "done").sum().alias("items done when they were first seen"),
        (pl.col("next").is_null() & (pl.col("means") != "done")).sum().alias("items open at the end, kept as open"),
    ).row(0, named=True)
    return {what: count for what, count in {**counted, "moves backward": _backward(frame)}.items() if count}


def _backward(frame: pl.DataFrame) -> int:
    """Count moves to a status that items usually reach earlier; being blocked and being done are no places."""
    placed = frame.filter(~pl.col("means").cast(pl.String).is_in(["blocked", "done"])).select("item", "status")
    if placed.is_empty():
        return 0
    item, status = placed["item"].to_numpy(), placed["status"].to_physical().to_numpy().astype(np.int64)
    new = np.diff(item, prepend=-1) != 0
    place = np.arange(item.size) - np.repeat(np.flatnonzero(new), np.diff(np.flatnonzero(new), append=item.size))
    first = np.unique(item * (status.max() + 1) + status, return_index=True)[1]
    usual = np.bincount(status[first], place[first]) / np.maximum(np.bincount(status[first]), 1)
    return int((~new[1:] & (usual[status[1:]] < usual[status[:-1]])).sum())
