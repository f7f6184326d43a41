"""A backlog: items that came at once and were worked on long after, as where a tracker began with an import.

Nearly all items came between a and b, and half of them were done at m. At the rate of that time people would have got
done one part in 2 (m - a) / (b - a) of what came. Where

    b - a <= (m - a) / 10

no flow is like that, and how often items come cannot be told. One such amount in each such time is taken instead, as if
the next came when the log ends: a Poisson rate of all items over the time from the first arrival to the last visit,
without a pattern, bursts or batches. The median is no matter of a few items that took long: those of a week, done in
days but for one that took a year, are no backlog.

The log's waits hold the queue of all that. So the twin is run as items came when its delays are corrected. These begin
with, and stay at least, the time in which somebody was free for work that waited (`calibration.contention`): what a
queue of its own explains beyond that is no delay. Work passes by as a wave, and nobody is seen before it comes and
after it has gone: who was seen for hardly more than a week is taken to be there whenever anybody is.
Units: ticks (milliseconds). Source: own.
"""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from calibration.delays import Extra, Waits, Way
from calibration.durations import knots_of
from calibration.evidence import Evidence, Fitted
from calibration.hours import Seen, calendar_of
from calibration.observed import Observed
from twin.arrivals import Arrivals, Poisson, Programme
from twin.calendars import describe
from twin.eventlog import EventLog, items
from twin.spec import Twin
from twin.units import DAY, WEEK, format_clock, format_duration, format_rate

NEARLY_ALL: Final = 0.99
"""Share of items that came by then; the others came later."""
SMALL: Final = 0.1
"""Of the time until half of the items were done."""
BRIEF: Final = 8 * DAY
"""Of a team that was seen for less hardly an hour of the week was seen twice: its hours may be when work came by."""
LEAST: Final = 20
"""Items: a few that came on one morning are a short log."""


class Backlog(NamedTuple):
    """Items that came at once."""

    items: int  # of the work type
    early: int  # of these, how many came within
    first: int  # tick of the first arrival
    within: int  # ticks from the first arrival
    worked: int  # ticks from the first arrival to the last visit

    def rate(self) -> float:
        """Give items per week, were one such amount to come in each such time."""
        return float(f"{self.items / self.worked * WEEK:.5g}")

    def mind(self) -> str:
        """Say what was seen, what cannot be told, and what to do."""
        came = f"within {format_clock(self.within)}" if self.within else "at one instant"
        return (
            f"{self.early:,} items came {came}, and were worked on for {format_clock(self.worked)}: how often items "
            "come cannot be told; taken as one such amount in each such time. Set the arrivals by hand if it was a "
            "backlog. Lead times of the twin are those of a steady flow, without the queue of all that"
        )


def backlog_of(log: EventLog, work: str) -> Backlog | None:
    """Find out whether the items of a work type came at once; None where they came as a flow does.

    Parameters
    ----------
    log
        Visits, rows in any order.
    work
        Name of the work type.
    """
    table = items(log).filter(pl.col("work") == work)
    arrived, done = table["arrived"].sort().to_numpy(), table["done"].fill_null(log.end).to_numpy()
    if arrived.size < LEAST or done.min() == done.max():
        return None
    early, first = math.ceil(NEARLY_ALL * arrived.size), int(arrived[0])
    half, whole = float(np.median(done)) - first, int(arrived[-1]) - first
    within = int(arrived[early - 1]) - first
    if half <= 0 or within > SMALL * half:
        return None
    early, within = (arrived.size, whole) if whole <= SMALL * half else (early, within)
    return Backlog(arrived.size, early, first, within, int(done.max()) - first)


def backlogs_of(log: EventLog) -> dict[str, Backlog]:
    """Find the work types of a log whose items came at once.

    Parameters
    ----------
    log
        Visits, rows in any order.
    """
    works = log.frame["work"].cast(pl.String).unique().sort().to_list()
    return {work: found for work in works if (found := backlog_of(log, work)) is not None}


def taken_as_steady(work: str, backlog: Backlog) -> Fitted[Arrivals]:
    """Write arrivals that bring one such amount in each such time.

    Parameters
    ----------
    work
        Name of the work type.
    backlog
        As found.
    """
    rate = format_rate(backlog.rate())
    evidence = Evidence(
        f"work.{work}.arrivals.rate",
        rate,
        f"items over the time from the first arrival to the last visit; {backlog.early:,} of them came in the first "
        f"{backlog.within / backlog.worked:.2%} of it",
        backlog.items,
        note="No interval: the log does not say it. What the queue of all that came at once explains of the log's "
        "waits is taken for queueing, and the rest for delays; the log cannot tell them apart.",
        verdict="assumed",
        why="all came at once",
        mind=backlog.mind(),
    )
    return Fitted(Poisson(kind="poisson", rate=rate), (evidence,))  # type: ignore[arg-type]  # read as text


def begun_at_least(extras: Mapping[Way, Extra], waits: Waits, observed: Observed, work: str) -> dict[Way, Extra]:
    """Give delays that last as long as they must, and never less: what a run does not explain is put on them.

    Parameters
    ----------
    extras
        Delays by way, as they would be if hardly anything queued.
    waits
        How long visits waited, and how long somebody was free for them meanwhile.
    observed
        The visits.
    work
        Name of their work type.
    """
    found, mine = {}, observed.work == observed.works.index(work)
    for way, extra in extras.items():
        rows = np.flatnonzero(mine & (waits.way == (way[0] + 1) * len(observed.stages) + way[1]))
        times = waits.least if extra.counted == "clock" else waits.least_working
        least = knots_of(np.maximum(times[rows], 0), observed.weight[rows])
        least = np.minimum(least, extra.knots)  # nothing where a gate tells it
        found[way] = extra._replace(knots=least, floor=least)
    return found


def with_hours_of_all(seen: tuple[Seen, ...], observed: Observed, names: tuple[str, ...]) -> Fitted[tuple[Seen, ...]]:
    """Let teams that were seen briefly be there whenever anybody is.

    Parameters
    ----------
    seen
        Teams as they were seen at work.
    observed
        Visits.
    names
        Of the teams.
    """
    begun, over = observed.started, observed.finished
    brief = [int(over[each.mine].max() - begun[each.mine].min()) < BRIEF for each in seen]
    if not any(brief):
        return Fitted(seen, ())
    opened = np.logical_or.reduce([each.opened for each in seen])
    calendar = calendar_of(opened)
    wider = {"opened": opened, "calendar": calendar, "open": seen[0].lay_out(calendar)}
    found = tuple(each._replace(**wider) if few else each for each, few in zip(seen, brief, strict=True))
    which = [name for name, few in zip(names, brief, strict=True) if few]
    evidence = Evidence(
        "log.backlog.hours",
        f"{describe(calendar)} for {', '.join(which)}",
        f"hours in which anybody was seen, for teams whose visits all lie within {format_clock(BRIEF)}",
        int(sum(each.mine.sum() for each, few in zip(seen, brief, strict=True) if few)),
        note="An assumption: nobody is seen before work comes and after it has gone.",
        mind=f"{len(which)} of {len(seen)} teams were seen for less than {format_clock(BRIEF)}, as work came by: when "
        "they are there cannot be told; taken as whenever anybody is. Set their calendars by hand if you know better",
    )
    return Fitted(found, (evidence,))


def as_it_came(twin: Twin, start: datetime, backlogs: Mapping[str, Backlog]) -> Twin:
    """Give a twin to which items come as in its log, where that is a backlog: what queues there is its queue.

    Parameters
    ----------
    twin
        As it was learned.
    start
        UTC instant of tick 0 of the log.
    backlogs
        By work type.
    """
    if not backlogs:
        return twin
    works = dict(twin.work)
    for work, found in backlogs.items():
        since = start + timedelta(milliseconds=found.first)
        came = Programme.model_validate(
            {"kind": "programme", "items": found.items, "from": since, "over": format_duration(found.within)}
        )
        works[work] = works[work].model_copy(update={"arrivals": came})
    return twin.model_copy(update={"work": works})
