"""Until when a log holds the items that came: an export of items that began before a date, followed until later.

Such a log goes on for weeks in which only stragglers begin (of other dates, types or clocks), and these weeks would be
taken for demand that has collapsed. A sharp end is told from demand that falls by three signs, over weeks before and
after the instant x that splits arrivals best into two Poisson rates r > s,

    s <= r / 10 over two weeks or more,    the week before x has r / 2 or more,
    visits begun of items that came before x: in the two weeks after, a fifth of those in the two before,

with r over the eight weeks before x. Then demand is learned until x, from the items that came until then; hours,
people, efforts, routes and delays from the whole log. Demand that ended in one week while old work went on looks the
same, which the evidence says. Demand that falls slowly, or to less, is left as it is. Units: ticks (milliseconds).

Source: the split is the maximum likelihood estimate of a change of a Poisson rate (Raftery and Akman 1986, Bayesian
analysis of a Poisson process with a change-point, Biometrika 73); the bounds are own.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from calibration.evidence import Evidence, Fitted
from twin.eventlog import EventLog
from twin.units import WEEK, three_digits

HARDLY: Final = 0.1
"""Of the rate before, that may come after."""
FULL: Final = 0.5
"""Of the rate before, in the last week of it."""
AT_WORK: Final = 0.2
"""Of the visits begun in two weeks before, by items that came before."""
BEFORE: Final = 8
AFTER: Final = 2
"""Weeks."""
LEAST: Final = 20
"""Arrivals before."""

Ticks = NDArray[np.int64]


class Intake(NamedTuple):
    """The end of what an export took in."""

    until: int  # tick of the last arrival before it
    before: float  # items a week
    after: float
    stragglers: int


def intake_of(arrived: Ticks, came: Ticks, started: Ticks, end: int) -> Intake | None:
    """Tell until when a log took items in; None where it did so to its end, or demand fell.

    Parameters
    ----------
    arrived
        When items came, in order, shape (items,).
    came, started
        When the item of each visit came, and the visit began, shape (visits,).
    end
        Tick at which the log ends.
    """
    if arrived.size < LEAST or arrived[-1] < arrived[0] + (BEFORE + AFTER) * WEEK:
        return None
    until = int(arrived[_split(arrived)])
    last = max(end, int(arrived[-1]))
    before = np.count_nonzero((arrived > until - BEFORE * WEEK) & (arrived <= until)) / BEFORE
    week = np.count_nonzero((arrived > until - WEEK) & (arrived <= until))
    stragglers = int(np.count_nonzero(arrived > until))
    after = stragglers / max((last - until) / WEEK, 1e-9)
    old = started[came <= until]
    begun = np.histogram(old, [until - AFTER * WEEK, until, until + AFTER * WEEK])[0]
    enough = last - until >= AFTER * WEEK and before * BEFORE >= LEAST and stragglers > 0
    sharp = after <= HARDLY * before and week >= FULL * before and begun[1] >= AT_WORK * begun[0]
    return Intake(until, before, after, stragglers) if enough and sharp else None


def _split(arrived: Ticks) -> int:
    """Give the place of the last arrival before the rate falls, by maximum likelihood."""
    length = float(arrived[-1] - arrived[0])
    places = np.arange(LEAST - 1, arrived.size - 1)
    first, rest = places + 1.0, arrived.size - places - 1.0
    since = np.maximum(arrived[places] - arrived[0], 1).astype(np.float64)
    left = np.maximum(length - since, 1.0)
    gain = first * np.log(first / since) + rest * np.log(rest / left)
    falls = first / since > rest / left
    return int(places[np.where(falls, gain, -np.inf).argmax()]) if falls.any() else arrived.size - 1


def taken_in(log: EventLog, work: str) -> Fitted[EventLog]:
    """Leave stragglers out of a log, with evidence; the same log where there are none.

    Parameters
    ----------
    log
        Visits, rows in any order.
    work
        Name of the work type whose demand is looked at.
    """
    mine = _came(log, work)
    found = _intake(log, mine)
    if found is None:
        return Fitted(log, ())
    late = mine.filter(pl.col("came") > found.until)["item"].unique()
    frame = log.frame.filter(~pl.col("item").is_in(late.implode()))
    return Fitted(replace(log, frame=frame), (_evidence(log, work, found, mine["item"].n_unique()),))


def took_in_until(log: EventLog) -> int:
    """Give the tick until which a log took in items of every work type; that of its last arrival where it always did.

    Parameters
    ----------
    log
        Visits, rows in any order.
    """
    works = {work: _came(log, work) for work in log.frame["work"].unique(maintain_order=True)}
    ends = [found.until for found in (_intake(log, mine) for mine in works.values()) if found is not None]
    return min([*ends, max(int(mine["came"].to_numpy().max(initial=0)) for mine in works.values())])


def _came(log: EventLog, work: str) -> pl.DataFrame:
    """Give when the item of each visit came, of one work type."""
    came = pl.coalesce("enabled", "queued", "started").min().over("item").alias("came")
    return log.frame.filter(pl.col("work") == work).select("item", "started", came).filter(pl.col("came").is_not_null())


def _intake(log: EventLog, mine: pl.DataFrame) -> Intake | None:
    arrived = mine.group_by("item").agg(pl.col("came").first())["came"].sort().to_numpy()
    begun = mine.filter(pl.col("started").is_not_null())
    return intake_of(arrived, begun["came"].to_numpy(), begun["started"].to_numpy(), log.end)


def _evidence(log: EventLog, work: str, found: Intake, items: int) -> Evidence:
    day = f"{log.start + timedelta(milliseconds=found.until):%Y-%m-%d}"
    fell = f"{three_digits(found.before)} items a week came until {day}, {three_digits(found.after)} a week after"
    return Evidence(
        f"log.intake.{work}",
        f"until {day}",
        "change of a Poisson rate by maximum likelihood; sharp, to a tenth or less, with work on older items going on",
        items,
        note="Demand is learned until then, all else from the whole log. Demand that ended there would look the same.",
        mind=f"{fell}, while old ones were worked on: taken as an export of items that began before; demand is that of "
        "the weeks until then. If demand did end there, set the arrivals by hand",
    )
