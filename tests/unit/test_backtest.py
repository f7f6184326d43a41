# ruff: noqa: TID251 - a seeded generator only makes samples here; the code under test draws nothing
"""A twin beside weeks it has not seen: small enough to be worked out by hand, and honest about what it cannot reach."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from tiny import twin, work

from calibration.backtest import Backtest, Figure, Gap, backtest_twin, next_value
from twin.errors import InputError
from twin.eventlog import COLUMNS, EventLog, exported
from twin.spec import Twin
from twin.units import HOUR

MONDAY = datetime(2026, 2, 2, tzinfo=UTC)
"""The held-out cases begin at 0, 10, 20 and 30 h after it and take 2 h each."""
BEGINNINGS = (0, 10, 20, 30)


def clockwork(gap: str = "10 h", effort: str = "2 h") -> Twin:
    """A case every 10 h, the first one as time begins, of 2 h: nothing is left to chance."""
    return _answering({"kind": "renewal", "gap": {"kind": "fixed", "value": gap}}, effort)


def late() -> Twin:
    """The same cases, each 10 h later."""
    begun = [(MONDAY + timedelta(hours=hour + 10)).isoformat() for hour in BEGINNINGS]
    return _answering({"kind": "listed", "at": begun}, "2 h")


def _answering(arrivals: dict[str, Any], effort: str) -> Twin:
    return twin({"clerks": 2}, {"answer": "clerks"}, {"case": work(arrivals, ("answer", effort))})


def log(*beginnings: float, hours: float = 2, start: datetime = MONDAY, ends: bool = True) -> EventLog:
    """Cases of one visit."""
    nothing: list[Any] = [None] * len(beginnings)
    started = [round(hour * HOUR) for hour in beginnings]
    columns = {
        "item": pl.Series(range(len(beginnings)), dtype=pl.Int64),
        "work": pl.Series(["case"] * len(beginnings), dtype=pl.Enum(["case"])),
        "stage": pl.Series(["answer"] * len(beginnings), dtype=pl.Enum(["answer"])),
        "visit": pl.Series([0] * len(beginnings), dtype=pl.Int32),
        "team": pl.Series(nothing, dtype=pl.Enum(["clerks"])),
        "person": pl.Series(nothing, dtype=pl.Enum(["p1"])),
        **{name: pl.Series(nothing, dtype=pl.Int64) for name in ("enabled", "delayed", "queued", "suspended")},
        "started": pl.Series(started, dtype=pl.Int64),
        "finished": pl.Series([at + round(hours * HOUR) if ends else None for at in started], dtype=pl.Int64),
    }
    return EventLog(pl.DataFrame(columns).select(COLUMNS), start, "UTC", round(200 * HOUR))


def past() -> pl.DataFrame:
    """The same cases three weeks before."""
    return exported(log(*BEGINNINGS, start=MONDAY - timedelta(weeks=3)))


@pytest.fixture(scope="module")
def tested() -> Backtest:
    return backtest_twin(late(), log(*BEGINNINGS), past(), replications=3)


def figure(tested: Backtest, name: str) -> Figure:
    return next(each for each in tested.figures if each.name == name)


def gap(tested: Backtest, name: str) -> Gap:
    return next(each for each in tested.gaps if each.name == name)


# --- by hand ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "apart"),
    [
        ("NGD", 0),  # the same activity in every case
        ("AED", 10),  # each start and end comes 10 h later
        ("CED", 10 / 7),  # 5 h on Monday, 5 h on Tuesday, nothing on five days: see the cumulated shares of hours
        ("RED", 0),  # 0 h and 2 h into the case
        ("CTD", 0),  # 2 h each
        ("CAR", 10),  # each case begins 10 h later
    ],
)
def test_distances_of_a_twin_that_is_10_h_late_are_the_hand_computed_ones(
    tested: Backtest, name: str, apart: float
) -> None:
    assert gap(tested, name).twin == pytest.approx(apart)


def test_history_that_repeats_itself_exactly_is_no_distance_away(tested: Backtest) -> None:
    assert {each.history for each in tested.gaps} == {0.0}


def test_work_inside_is_averaged_over_the_held_out_time(tested: Backtest) -> None:
    """Four cases of 2 h in 32 h were observed; the twin, 10 h late, has three of them in that time."""
    inside = figure(tested, "wip mean")
    assert (inside.observed, inside.simulated) == pytest.approx((8 / 32, 6 / 32))


def test_cases_of_2_h_have_a_lead_time_of_2_h_on_both_sides(tested: Backtest) -> None:
    lead = figure(tested, "lead_time mean")
    assert (lead.observed, lead.simulated, lead.low, lead.high) == (2, 2, 2, 2)
    assert lead.reproduced


def test_time_runs_from_the_first_start_to_the_last_end(tested: Backtest) -> None:
    assert (tested.items, tested.first, tested.last) == (4, MONDAY, MONDAY + timedelta(hours=32))


def test_a_twin_that_works_too_slowly_does_not_reproduce_the_lead_time() -> None:
    slow = backtest_twin(clockwork(effort="3 h"), log(*BEGINNINGS), past(), replications=3)
    assert "does not reproduce lead_time mean: 2 h observed, 3 to 3 simulated" in slow.shortcomings()
    assert gap(slow, "CTD").twin == pytest.approx(1)


def test_a_distance_beyond_that_of_history_is_told_with_its_meaning(tested: Backtest) -> None:
    (told,) = [line for line in tested.shortcomings() if "in CAR (10 against 0)" in line]
    assert ": When cases begin on the time line: hours that a first start has to move" in told


# --- the range of the next replication --------------------------------------------------------------------------------


def test_the_range_of_the_next_value_is_the_hand_computed_one() -> None:
    reach = 4.302653 * np.sqrt(4 / 3)  # t with 2 degrees of freedom, s = 1, n = 3
    assert next_value(np.array([11.0, 12.0, 13.0])) == pytest.approx((12 - reach, 12 + reach))


def test_no_figure_is_expected_below_0() -> None:
    assert next_value(np.array([1.0, 2.0, 3.0]))[0] == 0


@pytest.mark.parametrize("n", [2, 10])
def test_the_next_value_lies_in_the_range_19_times_in_20(n: int) -> None:
    samples = np.random.default_rng(3).normal(100, 1, (4000, n + 1))
    ranges = [next_value(sample[:-1]) for sample in samples]
    inside = np.mean([low <= sample[-1] <= high for (low, high), sample in zip(ranges, samples, strict=True)])
    assert abs(inside - 0.95) < 0.014  # four standard errors of 4000 trials


# --- what is refused, and written -------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_backtest() -> None:
    chance = twin(
        {"clerks": 2},
        {"answer": "clerks"},
        {"case": work({"kind": "poisson", "rate": "20 / week"}, ("answer", "2 h"))},
    )
    one, two, three = (
        backtest_twin(chance, log(*BEGINNINGS), past(), replications=3, seed=seed).as_written() for seed in (4, 4, 5)
    )
    assert (one == two, one["distances"] == three["distances"]) == (True, False)


def test_what_is_written_is_strict_json(tested: Backtest) -> None:
    assert json.loads(json.dumps(tested.as_written(), allow_nan=False))["items"] == 4


def test_visits_still_open_do_not_count() -> None:
    open_too = EventLog(
        pl.concat([log(*BEGINNINGS).frame, log(40, ends=False).frame.with_columns(item=pl.lit(4, pl.Int64))]),
        MONDAY, "UTC", round(200 * HOUR),
    )  # fmt: skip
    assert backtest_twin(clockwork(), open_too, past(), replications=2).items == 4


@pytest.mark.parametrize(
    ("held_out", "replications", "said"),
    [
        (log(1, ends=False), 3, "the held-out log has no finished visit"),
        (log(*BEGINNINGS), 1, "at least 2 replications"),
        (log(*BEGINNINGS, 40), 3, "5 cases, more than the 4 the twin was learned from"),
    ],
)
def test_what_cannot_be_tested_is_refused(held_out: EventLog, replications: int, said: str) -> None:
    with pytest.raises(InputError, match=said):
        backtest_twin(clockwork(), held_out, past(), replications=replications)
