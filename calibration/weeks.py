"""A log week by week: arrivals, completions, and how many items are where at the end of each week.

Weeks begin on Monday, 00:00 of the log's zone, and are told apart at the edges e(0) < e(1) < …,

    inside(k) = arrivals before e(k) - completions before e(k),

for all items together; for each stage, by visits that are ready and not finished, or for each status where statuses
were recorded, by stays. The first and the last week are cut where the log begins and ends; rates leave them out.
Instants are ticks, milliseconds since 1970 UTC.
"""

from datetime import timedelta
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from calibration.flow import Codes, Flow, Ticks, coded
from twin.eventlog import NEVER
from twin.units import DAY, MILLISECOND, WEEK
from twin.zones import EPOCH, to_utc

MOST_STAGES: Final = 10
OTHERS: Final = "(others)"


class Weeks(NamedTuple):
    """Counts by week."""

    edges: Ticks  # ends of weeks and the begin of the first, shape (weeks + 1,)
    arrivals: Ticks  # within each week, shape (weeks,)
    completions: Ticks  # shape (weeks,)
    inside: Ticks  # at the end of each week, shape (weeks,)
    stages: tuple[str, ...]  # stages, or statuses, where most items are, and the others together
    at: Ticks  # items at each of them at the end of each week, shape (stages, weeks)

    @property
    def whole(self) -> slice:
        """The weeks that the log covers whole."""
        return slice(1, -1) if self.arrivals.size > 2 else slice(None)


class _Spans(NamedTuple):
    """When something was where; arrays of shape (spans,)."""

    place: Codes  # index into `names`
    begin: Ticks
    end: Ticks  # NEVER while it is there
    names: tuple[str, ...]


def weeks_of(flow: Flow, stays: pl.DataFrame | None = None) -> Weeks:
    """Count a log by week; by status where there are stays in statuses."""
    edges = week_edges(flow)
    arrived, done = _by_week(flow.items.arrived, edges), _by_week(flow.items.done[flow.finished], edges)
    stages, at = _places(_at_stages(flow) if stays is None else _in_statuses(stays), edges)
    return Weeks(edges, arrived, done, np.cumsum(arrived) - np.cumsum(done), stages, at)


def week_edges(flow: Flow) -> Ticks:
    """Give the Mondays from before the first arrival to after the end, in ticks of UTC."""
    local = (EPOCH + timedelta(milliseconds=flow.begin * MILLISECOND)).astimezone(flow.zone)
    monday = local.date().toordinal() - EPOCH.date().toordinal() - local.weekday()
    weeks = (flow.end - flow.begin) // WEEK + 2
    edges = to_utc((monday * DAY + np.arange(weeks + 1) * WEEK).astype(np.int64), flow.zone)
    used = int(np.searchsorted(edges, flow.end, "left"))
    return edges[: max(used, 1) + 1]


def _by_week(instants: Ticks, edges: Ticks) -> Ticks:
    """Count instants in each week, those at an edge in the week that begins there."""
    counts: Ticks = np.bincount(_week(instants, edges), minlength=edges.size - 1)
    return counts


def _week(instants: Ticks, edges: Ticks) -> Ticks:
    return np.minimum(np.searchsorted(edges, instants, "right") - 1, edges.size - 2)


def _at_stages(flow: Flow) -> _Spans:
    visits = flow.visits
    return _Spans(visits.stage, visits.ready, visits.finished, visits.stages)


def _in_statuses(stays: pl.DataFrame) -> _Spans:
    before = stays.filter(pl.col("means") != "done").select("status", "begin", "end")
    place, names = coded(before["status"])
    return _Spans(place, before["begin"].to_numpy(), before["end"].fill_null(NEVER).to_numpy(), names)


def _places(spans: _Spans, edges: Ticks) -> tuple[tuple[str, ...], Ticks]:
    size, number = edges.size - 1, len(spans.names)

    def by_place(instants: Ticks) -> NDArray[np.int64]:
        known = instants != NEVER
        at_week = spans.place[known] * np.int64(size) + _week(instants[known], edges)
        counts = np.bincount(at_week, minlength=number * size)
        return np.asarray(counts.reshape(number, size).cumsum(axis=1))

    at = by_place(spans.begin) - by_place(spans.end)
    most = np.argsort(-at.sum(axis=1), kind="stable")
    shown = np.sort(most[:MOST_STAGES])
    rest = np.setdiff1d(np.arange(number), shown)
    if not rest.size:
        return tuple(spans.names[each] for each in shown.tolist()), at[shown]
    names = (*(spans.names[each] for each in shown.tolist()), OTHERS)
    return names, np.vstack([at[shown], at[rest].sum(axis=0)])
