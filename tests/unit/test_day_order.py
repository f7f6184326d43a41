"""Day and month are told apart where a file leaves one reading only, and never guessed."""

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.sources import read_log
from calibration.sources.day_order import layout_of
from calibration.sources.instants import read_instants
from twin.errors import InputError

HEADER = "case_id,activity,resource,start_time,end_time"


def log_of(folder: Path, *times: tuple[str, str]) -> Path:
    path = folder / "log.csv"
    rows = [f"K-{row},build,Ada,{begun},{ended}" for row, (begun, ended) in enumerate(times)]
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("early", "telling", "first"),
    [
        ("01/02/2024 09:00", "29/02/2024 09:00", "2024-02-01T09:00"),
        ("01/02/2024 09:00", "02/29/2024 09:00", "2024-01-02T09:00"),
        ("1.2.2024 9:00:30", "29.2.2024 9:00:30", "2024-02-01T09:00:30"),
        ("1/2/2024 9:00 AM", "2/29/2024 9:00 PM", "2024-01-02T09:00"),
        ("2024/02/01 09:00:00.500", "2024/02/29 09:00:00.500", "2024-02-01T09:00:00.500"),
        ("1/2/2024", "29/2/2024", "2024-02-01T00:00"),
    ],
)
def test_a_day_beyond_twelve_tells_the_order_of_all(tmp_path: Path, early: str, telling: str, first: str) -> None:
    account = read_log([log_of(tmp_path, (early, early), (telling, telling))], zone="UTC").intake
    assert account.first.isoformat().startswith(first)


@pytest.mark.parametrize(
    ("begun", "ended"),
    [("09/Feb/26 8:30 AM", "09/Feb/26 2:15 PM"), ("9-Feb-2026 08:30", "9-Feb-2026 14:15"),
     ("9.2.2026 08:30", "9.2.2026 14:15")],
    ids=["Jira", "a year of four digits", "points: the day is first"],
)  # fmt: skip
def test_dates_that_leave_no_question_are_read(tmp_path: Path, begun: str, ended: str) -> None:
    account = read_log([log_of(tmp_path, (begun, ended), (begun, ended))]).intake
    assert (account.first.isoformat(), account.last.hour) == ("2026-02-09T08:30:00+00:00", 14)


def test_one_column_tells_the_order_of_another_that_is_written_alike(tmp_path: Path) -> None:
    path = log_of(tmp_path, ("01/02/2024 09:00", "01/02/2024 10:00"), ("01/02/2024 11:00", "28/02/2024 09:00"))
    log = read_log([path], zone="UTC").log
    assert log.start.month == 2


@pytest.mark.parametrize("times", [["01/02/2024 09:00", "03/04/2024 09:00"], ["29/02/2024 09:00", "02/29/2024 09:00"]])
def test_what_neither_or_both_orders_explain_is_refused(tmp_path: Path, times: list[str]) -> None:
    with pytest.raises(InputError, match="day and month in unknown order"):
        read_log([log_of(tmp_path, *((time, time) for time in times))], zone="UTC")


def test_a_format_that_was_said_counts_and_not_what_the_file_tells(tmp_path: Path) -> None:
    path = log_of(tmp_path, ("29/02/2024 09:00", "29/02/2024 10:00"))
    with pytest.raises(InputError, match="does not fit time_format"):
        read_log([path], zone="UTC", time_format="%m/%d/%Y %H:%M")


def test_the_account_says_how_times_were_read(tmp_path: Path) -> None:
    reading = read_log([log_of(tmp_path, *[("29/02/2024 09:00", "29/02/2024 10:00")] * 2)], zone="UTC")
    assert "times as %d/%m/%Y %H:%M" in reading.intake.lines()[0]


@pytest.mark.parametrize(
    "written", ["2024-02-01", "2024-02-01 09:00", "1.2.24", "1/2-2024", "yesterday", "1/2/2024 9h"]
)
def test_what_is_no_date_in_question_has_no_layout(written: str) -> None:
    assert layout_of(written) is None


@given(
    at=st.datetimes(datetime(1990, 1, 1), datetime(2069, 1, 1)).map(lambda at: at.replace(microsecond=0)),  # noqa: DTZ001 - wall time
    order=st.sampled_from(["dm", "md"]),
    written=st.sampled_from(["%d/%m/%Y %H:%M:%S", "%d.%m.%Y %I:%M:%S %p", "%Y/%d/%m %H:%M:%S"]),
)
def test_what_is_written_in_a_layout_is_read_back_in_it(at: datetime, order: str, written: str) -> None:
    format_ = written if order == "dm" else written.replace("%d", "%_").replace("%m", "%d").replace("%_", "%m")
    layout = layout_of(at.strftime(format_))
    assert layout is not None
    read = read_instants(pl.Series([at.strftime(format_)]), time_format=layout.time_format(order))
    assert read.ticks[0] == (at - datetime(1970, 1, 1)).total_seconds() * 1000  # noqa: DTZ001 - wall time
