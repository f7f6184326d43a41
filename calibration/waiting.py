"""Where items wait, and who hands them to whom.

Waiting before a visit lasts from when the item was ready to its start; it belongs to the move from the stage before.
Where statuses were recorded, the time in each that means waiting or being blocked is told too. A handoff is a visit, or
a stay in a status, by another team than the one before of the same item. Units: ticks (milliseconds).
"""

from typing import Final, NamedTuple

import numpy as np
import polars as pl

from calibration.flow import UNKNOWN, Codes, Flow, Ticks, quantiles
from twin.eventlog import NEVER

ARRIVAL: Final = "(arrival)"
MOST_MOVES: Final = 20
MOST_TEAMS: Final = 15
OTHERS: Final = "(others)"


class Move(NamedTuple):
    """Waiting on the way from one stage to the next."""

    before: str
    stage: str
    visits: int
    total: int  # ticks
    mean: float
    median: float
    p85: float


class Stay(NamedTuple):
    """Time in a status."""

    status: str
    means: str
    stays: int
    total: int  # ticks
    mean: float
    share: float  # of the time of all items before they were done


class Handoffs(NamedTuple):
    """How often items passed from team to team."""

    teams: tuple[str, ...]  # the busiest, and the others together
    counts: tuple[tuple[int, ...], ...]  # from, to
    total: int


def moves_of(flow: Flow) -> tuple[Move, ...]:
    """List waiting by move, the one with the most waiting first."""
    visits = flow.visits
    number = len(visits.stages)
    new = np.diff(visits.item, prepend=-1) != 0
    before = np.where(new, 0, np.roll(visits.stage, 1) + 1).astype(np.int64)
    way = before * number + visits.stage
    begun = visits.started != NEVER
    wait, way = (visits.started - visits.ready)[begun], way[begun]
    counts = np.bincount(way, minlength=(number + 1) * number)
    totals = np.bincount(way, wait.astype(np.float64), minlength=counts.size)
    most = np.argsort(-totals, kind="stable")[:MOST_MOVES]
    found = []
    for each in most[counts[most] > 0].tolist():
        mine: Ticks = wait[way == each]
        source, stage = divmod(each, number)
        median, high = quantiles(mine, (0.5, 0.85))
        name = visits.stages[source - 1] if source else ARRIVAL
        found.append(
            Move(name, visits.stages[stage], int(mine.size), int(mine.sum()), float(mine.mean()), median, high)
        )
    return tuple(found)


def stays_by_status(stays: pl.DataFrame, end: int) -> tuple[Stay, ...]:
    """List the time in each status before done, the longest first; open stays last until the end."""
    open_ = stays.filter(pl.col("means") != "done")
    lasted = (pl.col("end").fill_null(end) - pl.col("begin")).alias("ticks")
    told = (
        open_.group_by("status", "means")
        .agg(pl.len().alias("stays"), lasted.sum())
        .cast({"status": pl.String, "means": pl.String})
        .sort("ticks", "status", descending=[True, False])
    )
    total = max(1, int(told["ticks"].sum()))
    return tuple(
        Stay(row["status"], row["means"], row["stays"], row["ticks"], row["ticks"] / row["stays"], row["ticks"] / total)
        for row in told.to_dicts()
    )


def handoffs_of(item: Codes, team: Codes, teams: tuple[str, ...]) -> Handoffs:
    """Count handoffs; rows in the order of items and time, shape (rows,), UNKNOWN where no team is named."""
    known = team != UNKNOWN
    item, team = item[known], team[known]
    passed = np.flatnonzero((item[1:] == item[:-1]) & (team[1:] != team[:-1]))
    source, target = team[passed].astype(np.int64), team[passed + 1].astype(np.int64)
    busiest = np.argsort(
        -(np.bincount(source, minlength=len(teams)) + np.bincount(target, minlength=len(teams))), kind="stable"
    )
    shown = busiest if len(teams) <= MOST_TEAMS else busiest[: MOST_TEAMS - 1]
    place = np.full(len(teams), shown.size)
    place[shown] = np.arange(shown.size)
    size = shown.size + (shown.size < len(teams))
    counts = np.bincount(place[source] * size + place[target], minlength=size * size).reshape(size, size)
    names = (*(teams[each] for each in shown.tolist()), *([OTHERS] * (size - shown.size)))
    return Handoffs(names, tuple(tuple(row) for row in counts.tolist()), int(passed.size))
