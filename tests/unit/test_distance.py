import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.distance import MEANINGS, Distances, distances
from twin.errors import InputError

LOGS = Path(__file__).parents[3] / "shared" / "data" / "event_logs"
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)

Row = tuple[int, str, float, float]  # case, activity, start and end in hours since MONDAY


def log(*visits: Row) -> pl.DataFrame:
    case, activity, start, end = zip(*visits, strict=True)
    return pl.DataFrame(
        {
            "case_id": case,
            "activity": activity,
            "start_time": [MONDAY + timedelta(hours=hours) for hours in start],
            "end_time": [MONDAY + timedelta(hours=hours) for hours in end],
        }
    )


def shifted(visits: pl.DataFrame, hours: int) -> pl.DataFrame:
    return visits.with_columns(pl.col("start_time", "end_time") + pl.duration(hours=hours))


def visits_on_a_grid() -> st.SearchStrategy[Row]:
    """Quarter hours, so that ties and turns of the hour are common; some visits end before they start."""
    quarters = st.tuples(st.integers(0, 3), st.sampled_from("abc"), st.integers(0, 400), st.integers(-2, 40))
    return quarters.map(lambda row: (row[0], row[1], row[2] / 4, (row[2] + row[3]) / 4))


def logs() -> st.SearchStrategy[pl.DataFrame]:
    return st.lists(visits_on_a_grid(), min_size=1, max_size=12).map(lambda visits: log(*visits))


def in_pandas(visits: pl.DataFrame) -> Any:
    import pandas as pd  # type: ignore[import-untyped] # pandas ships no types

    frame = pd.DataFrame({name: visits[name].to_list() for name in visits.columns})
    for name in ("start_time", "end_time"):
        frame[name] = pd.to_datetime(frame[name], utc=True)
    return frame


def as_the_field_measures(observed: pl.DataFrame, simulated: pl.DataFrame) -> Distances:
    """The same six distances by the package of the paper's authors."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from log_distance_measures.absolute_event_distribution import absolute_event_distribution_distance
        from log_distance_measures.case_arrival_distribution import case_arrival_distribution_distance
        from log_distance_measures.circadian_event_distribution import circadian_event_distribution_distance
        from log_distance_measures.config import EventLogIDs
        from log_distance_measures.cycle_time_distribution import cycle_time_distribution_distance
        from log_distance_measures.n_gram_distribution import n_gram_distribution_distance
        from log_distance_measures.relative_event_distribution import relative_event_distribution_distance

        names = EventLogIDs("case_id", "activity", "start_time", "end_time")
        pair = (in_pandas(observed), names, in_pandas(simulated), names)
        return Distances(
            ngd=n_gram_distribution_distance(*pair, n=3),
            aed=absolute_event_distribution_distance(*pair),
            ced=circadian_event_distribution_distance(*pair),
            red=relative_event_distribution_distance(*pair),
            ctd=cycle_time_distribution_distance(*pair, bin_size=timedelta(hours=1)),
            car=case_arrival_distribution_distance(*pair),
        )


def real_log(name: str) -> pl.DataFrame:
    path = LOGS / f"{name}.csv.gz"
    if not path.exists():
        pytest.skip(f"needs {path}")
    times = pl.col("start_time", "end_time").str.to_datetime(time_unit="us", time_zone="UTC")
    return pl.read_csv(path, infer_schema_length=None).with_columns(times)


# by hand


def test_every_sequence_in_both_logs_counts_nothing_and_every_other_counts_once() -> None:
    one, other = log((1, "a", 0, 1), (1, "b", 1, 2)), log((1, "a", 0, 1), (1, "c", 1, 2))
    # --a -ab ab- b-- against --a -ac ac- c--: six of eight have no match
    assert distances(one, other).ngd == 6 / 8


def test_three_activities_never_span_two_cases() -> None:
    together, apart = log((1, "a", 0, 1), (1, "b", 2, 3)), log((1, "a", 0, 1), (2, "b", 2, 3))
    # --a -ab ab- b-- against --a -a- a-- and --b -b- b--: only --a and b-- match
    assert distances(together, apart).ngd == 6 / 10


def test_visits_follow_each_other_by_start_then_end_then_row() -> None:
    written = log((1, "c", 3, 4), (1, "b", 0, 2), (1, "a", 0, 1), (1, "d", 3, 4))
    in_order = log((1, "a", 0, 1), (1, "b", 0, 2), (1, "c", 3, 4), (1, "d", 3, 4))
    assert distances(written, in_order).ngd == 0


def test_a_log_twice_as_long_differs_in_a_third_of_all_sequences() -> None:
    once, twice = log((1, "a", 0, 1)), log((1, "a", 0, 1), (2, "a", 0, 1))
    assert distances(once, twice).ngd == 3 / 9


def test_starts_and_ends_both_move_on_the_time_line() -> None:
    # the start stays in hour 0, the end moves from hour 1 to hour 4
    assert distances(log((1, "a", 0, 1.5)), log((1, "a", 0.9, 4))).aed == (0 + 3) / 2


def test_weekdays_are_compared_one_by_one_and_averaged_over_seven() -> None:
    monday_nine_to_ten, next_monday_noon = log((1, "a", 9, 10)), log((1, "a", 7 * 24 + 12, 7 * 24 + 12.5))
    assert distances(monday_nine_to_ten, next_monday_noon).ced == pytest.approx(2.5 / 7)


def test_a_weekday_only_one_log_has_counts_23_hours() -> None:
    monday, tuesday = log((1, "a", 9, 10)), log((1, "a", 33, 34))
    assert distances(monday, tuesday).ced == pytest.approx(2 * 23 / 7)


def test_hours_into_the_case_count_from_its_own_first_start() -> None:
    quick = log((1, "a", 0.75, 1.25), (1, "b", 1.75, 2.25))  # 0, 0.5, 1.0, 1.5 h: hours 0 0 1 1
    slow = log((1, "a", 50.75, 51.25), (1, "b", 54.75, 55.25))  # 0, 0.5, 4.0, 4.5 h: hours 0 0 4 4
    assert distances(quick, slow).red == (3 + 3) / 4


def test_cycle_time_bins_begin_at_the_shortest_of_both_logs() -> None:
    # cycle times 0.5 h against 1.4 h: less than one bin apart, though the hour turns at 1 h
    assert distances(log((1, "a", 0, 0.5)), log((1, "a", 0, 1.4))).ctd == 0


def test_a_case_lasts_from_its_first_start_to_its_last_end() -> None:
    long_first_visit = log((1, "a", 0, 9), (1, "b", 1, 2))
    assert distances(long_first_visit, log((1, "a", 0, 2), (1, "b", 1, 4))).ctd == 5


def test_cases_begin_with_their_first_start_whatever_the_row() -> None:
    late_row_first = log((1, "b", 8, 9), (1, "a", 2, 3), (2, "a", 5, 6))
    assert distances(late_row_first, log((1, "a", 2, 3), (2, "a", 15, 16))).car == 10 / 2


# laws


@given(logs(), logs())
@settings(deadline=None, max_examples=60)
def test_small_logs_get_the_numbers_of_the_field(observed: pl.DataFrame, simulated: pl.DataFrame) -> None:
    assert distances(observed, simulated) == pytest.approx(as_the_field_measures(observed, simulated), abs=1e-9)


@given(logs())
@settings(deadline=None, max_examples=60)
def test_a_log_is_no_distance_from_itself(visits: pl.DataFrame) -> None:
    assert distances(visits, visits) == (0, 0, 0, 0, 0, 0)


@given(logs(), logs())
@settings(deadline=None, max_examples=60)
def test_it_does_not_matter_which_log_comes_first(one: pl.DataFrame, other: pl.DataFrame) -> None:
    assert distances(one, other) == distances(other, one)


@given(logs(), st.integers(-500, 500))
@settings(deadline=None, max_examples=60)
def test_a_log_moved_by_whole_hours_is_that_many_hours_away_and_its_cases_are_the_same(
    visits: pl.DataFrame, hours: int
) -> None:
    moved = distances(visits, shifted(visits, hours))
    assert moved._replace(ced=0) == pytest.approx((0, abs(hours), 0, 0, 0, abs(hours)))


@given(logs(), st.integers(-9, 9))
@settings(deadline=None, max_examples=60)
def test_whole_weeks_do_not_change_the_hours_of_the_weekdays(visits: pl.DataFrame, weeks: int) -> None:
    assert distances(visits, shifted(visits, 168 * weeks)).ced == 0


# columns as they come


def test_types_of_columns_and_units_of_time_do_not_matter() -> None:
    visits = log((1, "a", 0, 1), (1, "b", 1.25, 2), (2, "a", 5, 6))
    retyped = visits.with_columns(
        pl.format("case {}", "case_id").alias("case_id"),
        pl.col("activity").cast(pl.Enum(["b", "a"])),
        pl.col("start_time").dt.cast_time_unit("ns"),
        pl.col("end_time").dt.cast_time_unit("ms").dt.convert_time_zone("Asia/Tokyo"),
    ).with_columns(other=pl.lit(1))
    assert distances(visits, retyped) == (0, 0, 0, 0, 0, 0)


def test_an_empty_log_is_refused_by_name() -> None:
    visits = log((1, "a", 0, 1))
    with pytest.raises(InputError, match=r"^simulated: no visits"):
        distances(visits, visits.clear())


def test_everything_wrong_with_both_logs_is_said_at_once() -> None:
    visits = log((1, "a", 0, 1))
    without_case = visits.drop("case_id").with_columns(pl.col("end_time").dt.replace_time_zone(None))
    without_label = visits.with_columns(activity=pl.lit(None, pl.String))
    with pytest.raises(InputError) as refused:
        distances(without_case, without_label)
    assert [problem.path for problem in refused.value.problems] == [
        "observed.case_id",
        "observed.end_time",
        "simulated.activity",
    ]


def test_every_distance_has_a_meaning() -> None:
    assert tuple(MEANINGS) == Distances._fields


# real logs


@pytest.mark.shared
@pytest.mark.parametrize("name", ["LoanApp", "P2P", "Production"])
def test_real_logs_get_the_numbers_of_the_field(name: str) -> None:
    train, test = real_log(f"{name}_train"), real_log(f"{name}_test")
    assert distances(train, test) == pytest.approx(as_the_field_measures(train, test), abs=1e-9)


@pytest.mark.shared
def test_the_large_bank_log_gets_the_numbers_of_the_field() -> None:
    # expected: log-distance-measures 2.2.0 with the same settings, once, since it takes seconds
    train, test = real_log("BPIC12W_train"), real_log("BPIC12W_test")
    assert distances(train, test) == pytest.approx(
        (
            0.7023491684689388,
            1964.7504091670194,
            0.8232163167883833,
            73.23948867496085,
            51.53886408003903,
            1944.3735651537338,
        ),
        abs=1e-9,
    )
