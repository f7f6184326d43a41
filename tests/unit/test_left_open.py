"""A few visits that nobody ended do not make a log of finished items one of all that is open."""

from datetime import UTC, datetime

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from calibration.completeness import arrivals_of
from calibration.fit import as_learned
from calibration.left_open import is_few, without_left_open
from twin.eventlog import COLUMNS, EventLog
from twin.units import DAY, HOUR

END = 120 * DAY


def log_of(*, shows_open: bool, left_open: int = 0) -> EventLog:
    """Ten letters a day; one in two is answered at once, the others after forty days."""
    visits: list[tuple[int, int, int | None]] = []
    for item in range(1200):
        came = item // 10 * DAY + (9 + item % 8) * HOUR
        done = came + (HOUR if item % 2 else 40 * DAY)
        if done <= END:
            visits.append((item, came, done))
        elif shows_open:
            visits.append((item, came, None))
    visits += [(1200 + number, (10 + number) * DAY, None) for number in range(left_open)]
    frame = pl.DataFrame(visits, schema={"item": pl.Int64, "started": pl.Int64, "finished": pl.Int64}, orient="row")
    frame = frame.with_columns(pl.lit("letter").alias("work"), pl.lit("answer").alias("stage"))
    empty = [pl.lit(None, pl.Int64).alias(name) for name in COLUMNS if name not in frame.columns]
    named = frame.with_columns(empty).with_columns(pl.col("work", "stage", "person").cast(pl.String))
    named = named.with_columns(pl.col("work", "stage", "person").cast(pl.Categorical))
    return EventLog(named.select(COLUMNS), datetime(2026, 1, 5, tzinfo=UTC), "UTC", END)


def test_three_letters_left_open_among_finished_ones_are_left_out() -> None:
    left = without_left_open(log_of(shows_open=False, left_open=3)).value
    assert left.frame["finished"].null_count() == 0


def test_the_log_is_taken_for_one_that_misses_recent_arrivals_then() -> None:
    log = as_learned(log_of(shows_open=False, left_open=3)).value
    assert not arrivals_of(log, "letter")[1].censored


def test_a_log_that_shows_what_is_open_is_left_as_it_is() -> None:
    log = log_of(shows_open=True, left_open=3)
    assert without_left_open(log).value is log


def test_a_log_without_open_items_is_the_very_same() -> None:
    log = log_of(shows_open=False)
    assert without_left_open(log).value is log


def test_it_is_told_how_many_were_under_way() -> None:
    (told,) = without_left_open(log_of(shows_open=False, left_open=3)).evidence
    assert told.estimate == "3 of 1,003 items are open where 200 were under way"


@given(st.integers(0, 2000), st.floats(0.01, 5000))
def test_more_open_items_are_never_fewer(opened: int, hidden: float) -> None:
    assert is_few(opened, hidden) >= is_few(opened + 1, hidden)
