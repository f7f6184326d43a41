from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from calibration.distance import distances
from calibration.history import replay_history
from twin.errors import InputError

LOGS = Path(__file__).parents[3] / "shared" / "data" / "event_logs"
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


def day(number: float) -> datetime:
    return MONDAY + timedelta(days=number)


def four_cases() -> pl.DataFrame:
    """Cases begin on days 0, 1, 3 and 3; rows are not in order and cases overlap."""
    return pl.DataFrame(
        {
            "case_id": ["d", "a", "b", "c", "b"],
            "activity": ["build", "build", "review", "build", "build"],
            "start_time": [day(3), day(0), day(6), day(3), day(1)],
            "end_time": [day(4), day(9), day(7), day(8), day(2)],
            "cost": [4, 1, 2, 3, 2],
        }
    )


def test_the_last_cases_by_first_start_return_whole_and_in_their_order() -> None:
    replayed = replay_history(four_cases(), start=day(1), cases=3)
    assert replayed.equals(four_cases().filter(pl.col("case_id") != "a"))


def test_of_two_cases_with_one_first_start_the_one_further_down_is_later() -> None:
    assert replay_history(four_cases(), start=day(3), cases=1)["case_id"].to_list() == ["c"]


@pytest.mark.parametrize(
    ("start", "weeks"), [(day(3), 0), (day(6.4), 0), (day(6.6), 1), (day(13.4), 1), (day(17), 2), (day(-4), -1)]
)
def test_starts_and_ends_move_by_the_whole_weeks_that_come_nearest_to_the_start(start: datetime, weeks: int) -> None:
    replayed = replay_history(four_cases(), start=start, cases=1)
    assert replayed.select("start_time", "end_time").row(0) == (day(3 + 7 * weeks), day(8 + 7 * weeks))


def test_columns_and_their_types_stay() -> None:
    train = four_cases().with_columns(
        pl.col("start_time").dt.cast_time_unit("ms"), pl.col("activity").cast(pl.Categorical)
    )
    assert replay_history(train, start=day(30), cases=2).schema == train.schema


def test_more_cases_than_there_are_and_a_start_without_a_zone_are_both_refused() -> None:
    with pytest.raises(InputError) as refused:
        replay_history(four_cases(), start=day(3).replace(tzinfo=None), cases=5)
    assert [problem.path for problem in refused.value.problems] == ["start", "cases"]


def real_log(name: str) -> pl.DataFrame:
    path = LOGS / f"{name}.csv.gz"
    if not path.exists():
        pytest.skip(f"needs {path}")
    times = pl.col("start_time", "end_time").str.to_datetime(time_unit="us", time_zone="UTC")
    return pl.read_csv(path, infer_schema_length=None).with_columns(times)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "known"),
    [  # NGD AED CED RED CTD CAR as printed in shared/data/README.md
        ("LoanApp", "0.102 90.2 0.264 0.896 1.645 87.5"),
        ("P2P", "0.169 787.0 1.264 723.8 534.5 302.3"),
        ("Production", "0.419 258.0 1.294 49.8 114.7 222.4"),
        ("BPIC12W", "0.229 26.0 3.570 24.9 86.7 76.6"),
    ],
)
def test_replaying_real_logs_scores_what_is_known_to_the_printed_digit(name: str, known: str) -> None:
    train, test = real_log(f"{name}_train"), real_log(f"{name}_test")
    replayed = replay_history(train, start=test["start_time"].min(), cases=test["case_id"].n_unique())  # type: ignore[arg-type] # polars types min() as any cell
    digits = [len(number.partition(".")[2]) for number in known.split()]
    scored = zip(distances(test, replayed), digits, strict=True)
    assert " ".join(f"{value:.{places}f}" for value, places in scored) == known
