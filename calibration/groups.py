"""Stages by group, where items pass from group to group within a status.

A service desk hands an item from one assignment group to the next while its status stays "active". As one stage, the
groups would be one pool, and handing on would be nothing. So where a log names the group of its visits, and

    handoffs = visits that follow one of the same item at the same stage by another group
    handoffs / visits >= `OFTEN`,

each stage becomes one per group, ``Active (70)``, for groups with at least `LARGE` of all visits; the others together
are ``Active (others)``. Doing so twice changes nothing. Source of handing on as a move between units: Song, van der
Aalst (2008), Towards comprehensive support for organizational mining, Decision Support Systems 46(1), section 5.
"""

from collections.abc import Collection
from dataclasses import replace
from typing import Final

import polars as pl

from twin.eventlog import EventLog

OFTEN: Final = 0.05
LARGE: Final = 0.01
MOST_GROUPS: Final = 40
OTHERS: Final = "others"


def by_group(log: EventLog) -> EventLog:
    """Give a log with a stage per group, where groups hand items on within stages; else the log as it is.

    Parameters
    ----------
    log
        Visits, rows in any order; `team` names the group, null where nobody recorded it.
    """
    rows = log.frame.select("item", "started", "finished", pl.col("stage", "team").cast(pl.String))
    if not rows.height or rows["team"].null_count() == rows.height or _handoffs(rows) < OFTEN * rows.height:
        return log
    counted = rows.drop_nulls("team")["team"].value_counts().sort(["count", "team"], descending=[True, False])
    large = counted.filter(pl.col("count") >= LARGE * rows.height).head(MOST_GROUPS)["team"].to_list()
    if len(large) < 2:
        return log
    group = pl.when(pl.col("team").is_in(large)).then("team").otherwise(pl.lit(OTHERS))
    return _with_stages(log, rows.select(pl.format("{} ({})", "stage", group).alias("stage"))["stage"])


def by_known_group(log: EventLog, stages: Collection[str]) -> EventLog:
    """Give a log with the stages of a twin that has one per group; where it has none, the log as it is.

    Parameters
    ----------
    log
        Visits, rows in any order.
    stages
        Names of the twin's stages.
    """
    if not any(f"{stage} ({OTHERS})" in stages for stage in log.frame["stage"].unique().cast(pl.String)):
        return log
    own, others = pl.format("{} ({})", "stage", "team"), pl.format(f"{{}} ({OTHERS})", "stage")
    known = log.frame.select(pl.col("stage", "team").cast(pl.String)).select(
        pl.coalesce(*(pl.when(name.is_in(list(stages))).then(name) for name in (own, others)), "stage").alias("stage")
    )["stage"]
    return _with_stages(log, known)


def _with_stages(log: EventLog, named: pl.Series) -> EventLog:
    stage = named.cast(pl.Enum(named.unique().sort().to_list()))
    frame = log.frame.with_columns(stage, pl.lit(None, pl.String).cast(pl.Enum([])).alias("team"))
    visit = pl.int_range(pl.len()).over("item", "stage").cast(pl.Int32).alias("visit")
    return replace(log, frame=frame.with_columns(visit).select(log.frame.columns))


def _handoffs(rows: pl.DataFrame) -> int:
    ordered = rows.sort("item", "started", "finished", nulls_last=True, maintain_order=True)
    same = [pl.col(name) == pl.col(name).shift(1) for name in ("item", "stage")]
    passed = pl.all_horizontal(*same, pl.col("team") != pl.col("team").shift(1))
    return int(ordered.select(passed.fill_null(value=False).sum()).item())
