"""Origins in a log from which to look ahead, and what was known at each.

A rolling origin [1]_ cuts the log at several instants. What is known at an origin t is what a board showed then:

    visits that began or were ready before t; of these, ends after t are not known yet, and starts after t neither.

An item whose next visit is still to come stands in that visit's queue, as on a board; what follows is unknown. So items
that are open at t are open, and nothing later is used.

A log is judged while it is whole: from the instant at which 1 % of its finished items were done until 95 % were, and,
where only finished items were exported, no nearer to its end than 90 % of lead times, at most a quarter of its length:
what arrived later is there only if it was quick. Nor is it judged beyond the instant until which it took items in
(`calibration.intake`). The first half of that stretch is never judged.

Units: ticks (milliseconds) since the log's start; horizons in weeks.

.. [1] Tashman (2000), Out-of-sample tests of forecasting accuracy: an analysis and review, International Journal of
   Forecasting 16(4), 437-450.
"""

from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from calibration.intake import took_in_until
from twin.errors import InputError
from twin.eventlog import EventLog, items
from twin.units import WEEK

MOST_ORIGINS: Final = 5
MOST_WEEKS: Final = 4
FEWEST: Final = 4
"""Windows to look for before a horizon is made longer."""
STRETCH: Final = (0.01, 0.95)
"""Shares of finished items between whose last days a log is judged."""
SLOW: Final = 0.9
LEAST_ITEMS: Final = 20


class Origins(NamedTuple):
    """Where to cut a log."""

    at: tuple[int, ...]  # ticks, rising
    weeks: int  # horizon
    since: int  # tick from which on the log is whole
    until: int  # tick until which it is


def choose_origins(log: EventLog, *, most: int = MOST_ORIGINS) -> Origins:
    """Choose origins so that the weeks after each overlap no other's.

    Parameters
    ----------
    log
        Visits, rows in any order.
    most
        Origins at most.

    Raises
    ------
    InputError
        Where fewer than 20 items are done, or too few weeks are left to look ahead.
    """
    since, until = whole_stretch(log)
    length = (until - since) / WEEK
    first = next((share for share in (0.5, 0.25) if (1 - share) * length >= 1), None)
    if first is None:
        raise InputError(
            f"the log shows {max(0.0, length):.1f} weeks of work as it went; a rolling backtest needs 1.4 at least: "
            "some to learn from, and one to look ahead"
        )
    rest = (1 - first) * length
    weeks = int(np.clip(rest // FEWEST, 1, MOST_WEEKS))
    number = min(most, int(rest // weeks))
    last = until - weeks * WEEK
    begin = min(last, since + round(first * length * WEEK))
    at = np.linspace(begin, last, number) if number > 1 else np.array([last])
    return Origins(tuple(int(each) for each in at), weeks, since, until)


def whole_stretch(log: EventLog) -> tuple[int, int]:
    """Give the ticks between which a log is whole.

    Raises
    ------
    InputError
        Where fewer than 20 items are done.
    """
    table = items(log)
    done = table.filter(pl.col("done").is_not_null())
    if done.height < LEAST_ITEMS:
        raise InputError(
            f"{done.height} of {table.height:,} items of the log are done, and a rolling backtest needs {LEAST_ITEMS}: "
            "open items do not say how many get done or how long they take, so no forecast can be scored. Learn from a "
            "later state of the log (--until), or from an export that holds done items; with a later log at hand, "
            "`twin backtest FOLDER LOG` holds this twin against the weeks of that one"
        )
    ends = np.sort(done["done"].to_numpy())
    since, until = (int(ends[int(share * (ends.size - 1))]) for share in STRETCH)
    if done.height == table.height:
        lead: NDArray[np.int64] = (done["done"] - done["arrived"]).to_numpy()
        until = min(until, int(ends[-1] - min(np.quantile(lead, SLOW), (ends[-1] - ends[0]) / 4)))
    return since, min(until, took_in_until(log))


def known_at(log: EventLog, tick: int) -> EventLog:
    """Give a log as it stood at a tick.

    Parameters
    ----------
    log
        Visits, rows in any order.
    tick
        The origin; what happened at the very tick is not known yet.
    """
    left = pl.col("finished").cum_max().shift(1).over("item")
    ready = pl.coalesce("enabled", "queued", pl.min_horizontal("started", pl.coalesce(left, "started")))
    frame = (
        log.frame.sort("item", "started", "finished", nulls_last=True, maintain_order=True)
        .with_columns(ready.alias("ready"))
        .filter(pl.col("ready") < tick)
    )
    begun, ended = pl.col("started") < tick, pl.col("finished") < tick
    told = frame.with_columns(
        # a visit that has not begun is known by its item's being there
        pl.when(begun).then("enabled").otherwise("ready").alias("enabled"),
        pl.when(pl.col("queued") < tick).then("queued").alias("queued"),
        pl.when(pl.col("queued") < tick).then("delayed").alias("delayed"),
        pl.when(begun).then("started").alias("started"),
        pl.when(begun).then("person").alias("person"),
        pl.when(ended).then("finished").alias("finished"),
        pl.when(ended).then("suspended").alias("suspended"),
    )
    # nothing is known of a stage at which nobody has finished anything yet
    known = told.filter((pl.col("started").is_not_null() & pl.col("finished").is_not_null()).any().over("stage"))
    return replace(log, frame=known.select(log.frame.columns), end=tick)
