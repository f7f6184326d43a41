"""When items came that a log shows only once they are begun.

Where no item of a work type has an instant at which it came, first visits are put in order by stage, and those that may
have waited get an arrival drawn (`calibration.first_queues`); the others came as they began. An item is taken to have
waited only where it began within a minute of another visit's end, or of the opening, while all others of its team were
busy. So nothing changes where people are seen free, be it that hidden work keeps them from starting or that more people
are there than are needed. Nor does it where starts are assumed, and where a batch or a gate holds visits back: there
nothing tells who was free. Who works on several visits at once is busy with as many as they work on, if how long
visits last tells that they do.

Draw 0 to `first_queues.ROUNDS` - 1 learn the week of demand, the one after is the twin's, later ones are its members'.
Units: ticks (milliseconds).
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from calibration.completeness import arrivals_of
from calibration.contention import free_until, taken_at_once
from calibration.first_queues import ROUNDS, Begun, Week, drawn, learn_week
from calibration.observed import Floats, Observed, Ticks
from calibration.workforce import Workforce
from twin.eventlog import EventLog


class Unseen(NamedTuple):
    """First visits of a work type whose arrivals nobody recorded."""

    begun: tuple[Begun, ...]  # by stage
    week: Week  # when its items come
    waited: float  # share of items that may have waited


NOTHING_UNSEEN: Final[Mapping[str, Unseen]] = MappingProxyType({})


def unseen_arrivals(observed: Observed, force: Workforce, log: EventLog) -> dict[str, Unseen]:
    """Find the work types of which nobody recorded when items came, and what their first visits say of it.

    Parameters
    ----------
    observed, force
        Visits of the log, and who does them.
    log
        The log.

    Returns
    -------
    By work type; those of which no item may have waited are left out.
    """
    if log.starts_assumed:
        return {}
    found = {}
    for work in sorted(hidden_works(log).intersection(observed.works)):
        begun = _begun(observed, force, work)
        waited = sum(each.waited() * each.item.size for each in begun)
        if waited:
            arrived, recorded = arrivals_of(log, work)
            week = learn_week(begun, _others(log, work, begun), recorded, start=log.start, zone=log.zone)
            found[work] = Unseen(begun, week, waited / arrived.size)
    return found


def hidden_works(log: EventLog) -> frozenset[str]:
    """Give the work types of which no item has an instant at which it came."""
    began = pl.col("started") == pl.col("started").min().over("item")
    came = pl.coalesce("enabled", "queued").is_not_null()
    known = log.frame.group_by(pl.col("work").cast(pl.String)).agg(
        ((came & began) | pl.col("started").min().over("item").is_null()).any().alias("known")
    )
    return frozenset(known.filter(~pl.col("known"))["work"].to_list())


def with_arrivals(log: EventLog, unseen: Mapping[str, Unseen], number: int = ROUNDS) -> EventLog:
    """Give the log with an instant at which each item came whose arrival nobody recorded.

    Parameters
    ----------
    log
        The log.
    unseen
        By work type, what first visits say.
    number
        Which draw this is.
    """
    if not unseen:
        return log
    begun = [(each, one.week) for one in unseen.values() for each in one.begun]
    came = pl.DataFrame(
        {
            "item": np.concatenate([each.item for each, _ in begun]),
            "came": np.concatenate([drawn(each, week.clock(), number) for each, week in begun]),
        }
    )
    first = (pl.col("started") == pl.col("started").min().over("item")) & pl.col("came").is_not_null()
    frame = log.frame.join(came, on="item", how="left", maintain_order="left")
    told = frame.with_columns(pl.when(first).then("came").otherwise("enabled").alias("enabled"))
    return replace(log, frame=told.select(log.frame.columns))


def busier(unseen: Unseen, ratio: Floats) -> Unseen:
    """Give the same with a week whose hours are so many times as busy, shape (168,)."""
    return unseen._replace(week=unseen.week._replace(rates=unseen.week.rates * ratio))


def _begun(observed: Observed, force: Workforce, work: str) -> tuple[Begun, ...]:
    """Put first visits in order by stage, but those that tell nothing of who was free."""
    untold = {team for team, each in force.several.items() if not each.stretch.tells}
    telling = [
        stage not in force.told and untold.isdisjoint(serving) for stage, serving in enumerate(force.teams.serving)
    ]
    told = taken_at_once(observed, force.teams, force.hours) & np.array(telling)[observed.stage]
    free = np.minimum(free_until(observed, force.teams, force.hours), observed.started)
    first = np.unique(observed.item, return_index=True)[1]
    first = first[told[first] & (observed.work[first] == observed.works.index(work))]
    found = []
    for stage in np.unique(observed.stage[first]).tolist():
        rows = first[observed.stage[first] == stage]
        rows = rows[np.lexsort((observed.item[rows], observed.finished[rows], observed.started[rows]))]
        name = f"first queue of {work} at {observed.stages[stage]}"
        found.append(Begun(name, observed.item[rows], observed.started[rows], free[rows]))
    return tuple(found)


def _others(log: EventLog, work: str, begun: tuple[Begun, ...]) -> Ticks:
    """Give when the other items began."""
    known = np.concatenate([each.item for each in begun])
    began = log.frame.filter(pl.col("work") == work).group_by("item").agg(pl.col("started").min()).drop_nulls()
    return np.sort(began.filter(~pl.col("item").is_in(pl.Series(known).implode()))["started"].to_numpy())
