"""Stages by group, where a log names the groups that do the work and a stage is worked at by several.

A service desk hands an item from one assignment group to the next while its status stays "active". As one stage, the
groups would be one pool, and handing on would be nothing. So where

    handoffs = visits that follow one of the same item at the same stage by another group
    handoffs / visits >= `OFTEN`,

each stage becomes one per group, ``Active (70)``, for groups with at least `LARGE` of all visits; the others together
are ``Active (others)``. Where two product teams have a board with the same columns, an item is one team's from its
first visit to its last, and no team helps the other. So elsewhere stages that at least two groups share, each with
`SHARED` of the stage's visits and `LARGE` of all, become one per group too, where

    items stay     of visits that follow one of the same item, both at such stages, `KEPT` are by the same group
    people stay    of people's visits, `KEPT` are for the group they do most for.

Otherwise groups are two names of one pool, such as early and late shift. Doing so twice changes nothing. Source of
handing on as a move between units: Song, van der Aalst (2008), Towards comprehensive support for organizational mining,
Decision Support Systems 46(1), section 5; the limits are ours.
"""

from collections.abc import Collection
from dataclasses import replace
from typing import Final

import polars as pl

from twin.eventlog import EventLog

OFTEN: Final = 0.05
LARGE: Final = 0.01
SHARED: Final = 0.05
KEPT: Final = 0.9
MOST_GROUPS: Final = 40
OTHERS: Final = "others"

_GROUPED: Final = pl.format("{} ({})", "stage", "group")


def by_group(log: EventLog) -> EventLog:
    """Give a log with a stage per group, where groups are not one pool; else the log as it is.

    Parameters
    ----------
    log
        Visits, rows in any order; `team` names the group, null where nobody recorded it.
    """
    if log.frame["team"].null_count() == log.visits:
        return log
    rows = log.frame.select("item", "started", "finished", pl.col("stage", "team", "person").cast(pl.String))
    counts = rows.drop_nulls("team").group_by("stage", "team").len("visits")
    if _handoffs(rows) >= OFTEN * rows.height:
        chosen, divided = _large(counts, rows.height), pl.lit(value=True)
    else:
        chosen = _shared(counts, rows.height)
        divided = pl.col("stage").is_in(chosen["stage"].unique().implode())
        if not (_items_stay(rows.filter(divided)) and _people_stay(rows)):
            return log
    if chosen.is_empty():
        return log
    group = pl.when(divided).then(pl.col("group").fill_null(OTHERS)).alias("group")
    named = rows.join(chosen, on=["stage", "team"], how="left", maintain_order="left").with_columns(group)
    stage, team = named.select(
        pl.coalesce(_GROUPED, "stage").alias("stage"), pl.coalesce("group", "team").alias("team")
    )
    return _restaged(log, stage, team)


def by_known_group(log: EventLog, stages: Collection[str]) -> EventLog:
    """Give a log with the stages of a twin that has one per group; where it has none, the log as it is.

    Parameters
    ----------
    log
        Visits, rows in any order.
    stages
        Names of the twin's stages.
    """
    rows = log.frame.select(pl.col("stage", "team").cast(pl.String))
    known = [
        pl.when(name.is_in(list(stages))).then(name)
        for name in (pl.format("{} ({})", "stage", "team"), pl.format(f"{{}} ({OTHERS})", "stage"))
    ]
    found = rows.select(pl.coalesce(*known).alias("known"), "stage")
    if found["known"].null_count() == found.height:
        return log
    return _restaged(log, found.select(pl.coalesce("known", "stage").alias("stage"))["stage"], rows["team"])


def _large(counts: pl.DataFrame, visits: int) -> pl.DataFrame:
    """List the groups that do much of all, at every stage: stage, team and group; none where there are not two."""
    groups = counts.group_by("team").agg(pl.col("visits").sum()).sort(["visits", "team"], descending=[True, False])
    large = groups.filter(pl.col("visits") >= LARGE * visits).head(MOST_GROUPS)["team"]
    found = counts.filter(pl.col("team").is_in(large.implode())).select("stage", "team", group="team")
    return found if large.len() > 1 else found.clear()


def _shared(counts: pl.DataFrame, visits: int) -> pl.DataFrame:
    """List the groups that share a stage: stage, team and group."""
    part = pl.col("visits") >= SHARED * pl.col("visits").sum().over("stage")
    found = counts.filter(part & (pl.col("visits") >= LARGE * visits))
    return found.filter(pl.len().over("stage") > 1).sort("stage", "team").select("stage", "team", group="team")


def _items_stay(shared: pl.DataFrame) -> bool:
    """Tell whether items go from a shared stage to the next within their group; visits to such stages."""
    ordered = shared.drop_nulls("team").sort("item", "started", "finished", nulls_last=True, maintain_order=True)
    same = (pl.col("team") == pl.col("team").shift(1)).filter(pl.col("item") == pl.col("item").shift(1))
    stayed = ordered.select(same).to_series()
    return stayed.is_empty() or int(stayed.sum()) >= KEPT * stayed.len()


def _people_stay(rows: pl.DataFrame) -> bool:
    """Tell whether people work for one group."""
    counts = rows.drop_nulls(["team", "person"]).group_by("person", "team").len("visits")
    mostly = counts.group_by("person").agg(pl.col("visits").max())["visits"].sum()
    return int(mostly) >= KEPT * int(counts["visits"].sum())


def _restaged(log: EventLog, named: pl.Series, team: pl.Series) -> EventLog:
    columns = [
        each.cast(pl.Enum(each.drop_nulls().unique().sort().to_list())).alias(name)
        for name, each in (("stage", named), ("team", team))
    ]
    visit = pl.int_range(pl.len()).over("item", "stage").cast(pl.Int32).alias("visit")
    return replace(log, frame=log.frame.with_columns(columns).with_columns(visit).select(log.frame.columns))


def _handoffs(rows: pl.DataFrame) -> int:
    ordered = rows.sort("item", "started", "finished", nulls_last=True, maintain_order=True)
    same = [pl.col(name) == pl.col(name).shift(1) for name in ("item", "stage")]
    passed = pl.all_horizontal(*same, pl.col("team") != pl.col("team").shift(1))
    return int(ordered.select(passed.fill_null(value=False).sum()).item())
