"""Times are read exactly, or refused for a reason; never guessed."""

from datetime import UTC, datetime, timedelta, timezone

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.sources.fixed_width import read_fixed
from calibration.sources.instants import (
    IMPOSSIBLE,
    MISFIT,
    NUMBER,
    SWAPPED,
    UNREADABLE,
    Instants,
    cell_by_cell,
    place,
    read_instants,
)
from twin.errors import InputError
from twin.zones import time_zone

BERLIN = time_zone("Europe/Berlin")


def read(*cells: str | None, time_format: str | None = None) -> Instants:
    return read_instants(pl.Series(cells, dtype=pl.String), time_format=time_format)


def moment(ticks: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ticks)).isoformat(" ", "milliseconds")[:-6]


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2024-02-01T09:30:00Z", "2024-02-01 09:30:00.000"),
        ("2024-02-01 09:30:00.5+01:00", "2024-02-01 08:30:00.500"),
        ("2024-02-01 09:30:00.123456789+00:00", "2024-02-01 09:30:00.123"),
        ("2024-02-01T09:30:00,25-0530", "2024-02-01 15:00:00.250"),
        ("2024-02-01T09:30+02", "2024-02-01 07:30:00.000"),
        ("  2024-02-29 23:59:59 UTC ", "2024-02-29 23:59:59.000"),
    ],
)
def test_iso_times_with_an_offset_become_utc(written: str, utc: str) -> None:
    assert moment(read(written).ticks[0]) == utc


@given(
    at=st.datetimes(datetime(1990, 1, 1), datetime(2069, 1, 1)),  # noqa: DTZ001 - the offset is drawn beside
    minutes=st.integers(-14 * 60, 14 * 60),
)
def test_what_python_writes_as_iso_is_read_back(at: datetime, minutes: int) -> None:
    aware = at.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    ticks = (aware - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    assert read(aware.isoformat(" ")).ticks.to_list() == [ticks]


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("2024-02-30", IMPOSSIBLE),
        ("2024-13-45", IMPOSSIBLE),
        ("2024-02-01 24:00", IMPOSSIBLE),
        ("2016-12-31T23:59:60Z", IMPOSSIBLE),
        ("2024-02-01T10:00:00+99:00", IMPOSSIBLE),
        ("2024-02-01T10:00:00+01:75", IMPOSSIBLE),
        ("45321", NUMBER),
        ("45321.5", NUMBER),
        ("1706780400000", NUMBER),
        ("1.7e9", NUMBER),
        ("01/02/2024", SWAPPED),
        ("1.2.24 10:00", SWAPPED),
        ("yesterday", UNREADABLE),
        ("2024-02-01T10:00:00 Europe/Berlin", UNREADABLE),
        ("٢٠٢٤-02-01", UNREADABLE),  # digits of another script
    ],
)
def test_a_time_that_cannot_be_one_has_a_reason_and_no_value(written: str, reason: str) -> None:
    instants = read(written)
    assert (instants.ticks[0], instants.reason[0]) == (None, reason)


@pytest.mark.parametrize("written", [None, "", "  ", "?", "NULL", "NaT"])
def test_what_programs_write_for_nothing_is_missing_and_no_mistake(written: str | None) -> None:
    instants = read(written)
    assert (instants.ticks[0], instants.reason[0]) == (None, None)


def test_a_format_settles_day_and_month() -> None:
    instants = read("01/02/2024 09:30", "31/02/2024 09:30", time_format="%d/%m/%Y %H:%M")
    assert (moment(instants.ticks[0]), instants.reason[1]) == ("2024-02-01 09:30:00.000", MISFIT)


def test_a_format_with_an_offset_gives_utc() -> None:
    assert moment(read("01.02.2024 09:30 +0100", time_format="%d.%m.%Y %H:%M %z").ticks[0]).startswith(
        "2024-02-01 08:30"
    )


def test_a_fraction_in_a_format_is_one_of_a_second() -> None:
    assert moment(read("01/02/2024 09:30:00.5", time_format="%d/%m/%Y %H:%M:%S.%f").ticks[0]).endswith("09:30:00.500")


@pytest.mark.parametrize("time_format", ["%Y-%m-%d %H", "%3"])
def test_a_format_that_says_too_little_is_an_input_error(time_format: str) -> None:
    with pytest.raises(InputError, match="time_format"):
        read("2024-02-01 09", time_format=time_format)


def test_wall_time_is_converted_by_its_zone() -> None:
    placed = place(read("2024-01-15 12:00", "2024-07-15 12:00", None, "2024-07-15T12:00Z"), BERLIN)
    assert [tick and moment(tick)[11:16] for tick in placed.ticks] == ["11:00", "10:00", None, "12:00"]


def test_the_hour_a_zone_skips_means_the_end_of_the_gap_and_is_counted() -> None:
    placed = place(read("2024-03-31 02:30", "2024-03-31 03:30"), BERLIN)
    assert (moment(placed.ticks[0])[11:16], placed.skipped, placed.repeated) == ("01:00", 1, 0)


def test_the_hour_a_zone_repeats_means_the_first_and_is_counted() -> None:
    placed = place(read("2024-10-27 02:30", "2024-10-27 03:30"), BERLIN)
    assert (moment(placed.ticks[0])[11:16], placed.skipped, placed.repeated) == ("00:30", 0, 1)


def test_a_date_far_outside_any_log_does_not_slow_the_zone_down() -> None:
    placed = place(read("0001-01-01", "9999-12-31"), BERLIN)
    assert placed.ticks.null_count() == 0


@given(
    at=st.lists(st.datetimes(datetime(1990, 1, 1), datetime(2069, 1, 1)), min_size=1, max_size=5),  # noqa: DTZ001 - wall time
    layout=st.sampled_from(
        ["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%d %H:%M:%S+05:30"]
    ),
    slip=st.sampled_from([("", ""), ("-0", "-1"), ("0", "9"), (":", "x"), ("20", " 2"), ("+05", "+17")]),
)
def test_times_of_one_layout_are_read_as_cell_by_cell(at: list[datetime], layout: str, slip: tuple[str, str]) -> None:
    cells = pl.Series([each.strftime(layout) for each in at[:-1]] + [at[-1].strftime(layout).replace(*slip, 1)])
    fixed, slow = read_fixed(cells), cell_by_cell(cells)
    if fixed is not None:
        assert (fixed.ticks.tolist(), fixed.zoned) == (slow.ticks.to_list(), bool(slow.zoned.all()))
    else:
        assert slow.reason.null_count() < cells.len() or cells.str.len_bytes().n_unique() > 1


@pytest.mark.parametrize("day", ["2023-02-29", "2100-02-29", "2024-04-31", "2024-13-01", "2024-00-10", "2024-01-00"])
def test_a_day_that_is_none_is_left_to_the_slow_way(day: str) -> None:
    assert read_fixed(pl.Series([day])) is None
