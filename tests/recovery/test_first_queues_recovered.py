"""A queue before the first stage is found again in a log that does not say when items came.

Letters come to a busy desk day and night, and somebody is there in office hours. Where first starts were taken for
arrivals, letters waited half as long and began less often in the first hour of a day: those that come at night wait for
the morning, and starts are smoothed by the queue that they have been through.
"""

from dataclasses import replace
from functools import cache

import numpy as np
import polars as pl
import pytest

from calibration.fit import Fit, fit_twin
from calibration.rolling import rolling_backtest
from tests.recovery.known_twins import desk, tracked
from twin.caseload import simulate_logs
from twin.eventlog import EventLog, items
from twin.units import DAY, HOUR

TRUTH = desk(0.9)


@cache
def hidden() -> EventLog:
    """What a tracker shows that does not record when letters came."""
    log = tracked(TRUTH, seed=4)
    begun = log.frame.filter(pl.col("started").is_not_null())
    return replace(log, frame=begun.with_columns(pl.lit(None, pl.Int64).alias("enabled")))


@cache
def learned() -> Fit:
    return fit_twin(hidden(), name="desk")


@cache
def ran(*, known: bool, people: int = 2) -> tuple[EventLog, ...]:
    """Let the truth or what was learned work, with so many clerks."""
    twin = TRUTH if known else learned().twin
    teams = {name: team.model_copy(update={"people": people}) for name, team in twin.teams.items()}
    return tuple(simulate_logs(twin.model_copy(update={"teams": teams}), length="30 w", seed=9, replications=6))


def lead(*, known: bool, people: int = 2) -> float:
    """Mean time from arrival until done, in hours."""
    stays = pl.concat([items(log) for log in ran(known=known, people=people)]).drop_nulls("done")
    return float((stays["done"] - stays["arrived"]).to_numpy().mean() / HOUR)


def first_hour(log: EventLog) -> float:
    """Share of starts in the first hour of the day."""
    started = log.frame["started"].drop_nulls().to_numpy()
    return float((started % DAY // HOUR == 9).mean())


def test_letters_wait_as_long_as_they_do() -> None:
    """Without arrivals drawn it was 17.5 h instead of 36 h."""
    assert lead(known=False) == pytest.approx(lead(known=True), rel=0.2)


def test_one_more_clerk_saves_as_much() -> None:
    saved = [lead(known=known) - lead(known=known, people=3) for known in (False, True)]
    assert saved[0] == pytest.approx(saved[1], rel=0.25)


def test_the_twin_s_own_log_begins_its_days_as_the_log_did() -> None:
    """Without arrivals drawn 13 % began in the first hour, instead of 17 %."""
    assert np.mean([first_hour(log) for log in ran(known=False)]) == pytest.approx(first_hour(hidden()), abs=0.025)


def test_forecasts_count_what_the_log_counts() -> None:
    """Work in progress from the first start on: in the log, which knows no other, and in the twin."""
    rolled = rolling_backtest(hidden(), members=39, most=1)
    place = rolled.names.index("wip mean")
    ahead = rolled.aheads[0]
    assert ahead.observed[place] == pytest.approx(ahead.twin[:, place].mean(), rel=0.3)
