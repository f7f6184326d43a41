"""Replaying history: the forecast that knows nothing but the past, the bar under every twin.

The last cases of the train log happen again, unchanged, as many as the test log has, moved by whole weeks so that
weekdays and hours of the day stay what they were:

    shift = round((start - first start of the replayed cases) / 1 week) weeks

Rounding goes to the nearest week, so the replay begins at most half a week before or after the test log. A twin that is
no closer to the test log than this adds nothing to last season's log. One that is closer need not be right about
change: nothing changes in a replay.

Source: own. The same idea is the seasonal naive forecast: Hyndman, Athanasopoulos: Forecasting: Principles and
Practice, 3rd ed. 2021, section 5.2.
"""

from datetime import datetime, timedelta

import polars as pl

from twin.errors import InputError, Problem

_WEEK = timedelta(weeks=1)


def replay_history(train: pl.DataFrame, *, start: datetime, cases: int) -> pl.DataFrame:
    """Repeat the last cases of a log, moved by whole weeks to begin nearest to `start`.

    Nearest, not on or after: the replay may begin up to half a week before `start`. A week is 168 hours. The replays
    known for LoanApp, P2P, Production and BPIC12W came from this rule or from rounding down, which agree on these four;
    rounding up gives other numbers.

    Parameters
    ----------
    train
        One row per visit: `case_id` (any type), `start_time` and other columns. Every Datetime column moves.
    start
        When the replay should begin, with a zone: the first start of the test log.
    cases
        How many cases to repeat: those with the latest first start; of equals, the ones further down.

    Returns
    -------
    pl.DataFrame
        The rows of these cases in the order of `train`, with the same columns and types.

    Raises
    ------
    InputError
        Where `start` has no zone or `cases` is not between 1 and the number of cases in `train`.
    """
    firsts = (
        train.group_by("case_id", maintain_order=True)
        .agg(pl.col("start_time").min())
        .sort("start_time", maintain_order=True)
    )
    problems = []
    if start.tzinfo is None:
        problems.append(Problem(f"{start} has no zone; write it in UTC", path="start"))
    if not 1 <= cases <= firsts.height:
        problems.append(Problem(f"{cases} cases; allowed are 1 to {firsts.height}, the cases of the log", path="cases"))
    if problems:
        raise InputError(*problems)
    last = firsts.tail(cases)
    shift = round((start - last["start_time"][0]) / _WEEK) * _WEEK
    replayed = train.join(last.select("case_id"), on="case_id", how="semi", maintain_order="left")
    return replayed.with_columns(pl.col(pl.Datetime) + shift)
