"""Tables with one row per item: created, started and done, or a date for each stage."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from calibration.sources import Reading, read_log
from twin.errors import InputError
from twin.units import DAY, HOUR

SHARED = Path(__file__).parents[3] / "shared" / "data" / "trackers"
ITEMS = "Key,Type,Team,Created,Started,Done"
ROWS = (
    "K-1,bug,red,2024-02-01T08:00Z,2024-02-01T10:00Z,2024-02-01T12:00Z",
    "K-2,story,red,2024-02-01T09:00Z,2024-02-02T10:00Z,2024-02-03T12:00Z",
)
FLOW = "ID,Link,Title,Backlog,Build,Test,Done,Type"
CARDS = (
    "C-1,x,a,2024-02-01,2024-02-03,2024-02-05,2024-02-06,bug",
    "C-2,x,b,2024-02-02,2024-02-04,,2024-02-08,story",
)


def read(folder: Path, rows: Sequence[str], header: str = ITEMS, **options: object) -> Reading:
    path = folder / "items.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return read_log([path], **options)  # type: ignore[arg-type]


def visits(reading: Reading, unit: int = HOUR) -> list[tuple[object, ...]]:
    times = [(pl.col(name) / unit).round(6).alias(name) for name in ("enabled", "started", "finished")]
    frame = reading.log.frame.sort("item", "enabled").with_columns(times)
    return frame.select("item", pl.col("stage").cast(pl.String), "enabled", "started", "finished").rows()


# created, started, done


def test_an_item_is_one_visit_that_waited_since_it_was_created(tmp_path: Path) -> None:
    assert visits(read(tmp_path, ROWS)) == [(0, "started", 8.0, 10.0, 12.0), (1, "started", 9.0, 34.0, 60.0)]


def test_types_and_teams_are_kept(tmp_path: Path) -> None:
    frame = read(tmp_path, ROWS).log.frame.sort("item")
    assert frame.select(pl.col("work", "team").cast(pl.String)).rows() == [("bug", "red"), ("story", "red")]


def test_open_items_are_kept(tmp_path: Path) -> None:
    rows = [*ROWS, "K-3,bug,red,2024-02-01T09:30Z,2024-02-02T10:00Z,", "K-4,bug,red,2024-02-03T09:30Z,,"]
    reading = read(tmp_path, rows)
    assert visits(reading)[2:] == [(2, "started", 9.5, 34.0, None), (3, "started", 57.5, None, None)]
    assert reading.intake.noticed["items open at the end, kept as open"] == 2


def test_without_a_start_work_begins_when_the_team_is_free(tmp_path: Path) -> None:
    rows = [row.replace(row.split(",")[4], "") for row in ROWS]
    reading = read(tmp_path, rows)
    assert visits(reading) == [(0, "work", 8.0, 8.0, 12.0), (1, "work", 9.0, 12.0, 60.0)]
    (assumed,) = reading.assumptions
    assert (assumed.path, assumed.rows, assumed.low) == ("log.start.work", 2, "0 ms")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("K-9,bug,red,2024-02-02T08:00Z,,2024-02-01T08:00Z", "done before it was created"),
        ("K-9,bug,red,2024-02-01T08:00Z,2024-02-03T08:00Z,2024-02-02T08:00Z", "done before it was started"),
        ("K-9,bug,red,2024-02-02T08:00Z,2024-02-01T08:00Z,2024-02-03T08:00Z", "started before it was created"),
        ("K-9,bug,red,,,", "no date"),
        (",bug,red,2024-02-02T08:00Z,,", "no case_id"),
        ("K-9,bug,red,2024-02-30T08:00Z,,", "created: no such day or time of day"),
        ("K-9,bug,red,2099-02-01T08:00Z,,", "implausible time"),
        ("K-1,story,red,2024-02-01T08:00Z,,", "case_id of another row"),
        (ROWS[0], "duplicate of another row"),
    ],
)
def test_an_item_that_cannot_be_has_a_reason(tmp_path: Path, row: str, reason: str) -> None:
    intake = read(tmp_path, [*ROWS, row], accept_rejects=True).intake
    assert (intake.rejected, intake.rows_used) == ({reason: 1}, 2)


def test_days_without_a_time_of_day_are_an_assumption(tmp_path: Path) -> None:
    rows = ["K-1,2024-02-01,2024-02-03", "K-2,2024-02-02,2024-02-05"]
    reading = read(tmp_path, rows, header="id,created_date,finished_date", zone="Europe/Berlin")
    days = next(each for each in reading.assumptions if each.path == "log.times")
    assert (days.estimate[:7], days.high) == ("4 times", "24 h")


def test_an_export_with_status_created_and_resolved_is_a_table_of_items(tmp_path: Path) -> None:
    rows = [
        "K-1,Done,2024-02-01T08:00Z,2024-02-04T08:00Z,2024-02-03T08:00Z",
        "K-2,Open,2024-02-02T08:00Z,2024-02-04T09:00Z,",
    ]
    reading = read(tmp_path, rows, header="Issue key,Status,Created,Updated,Resolved")
    assert next(iter(reading.intake.dialects.values())).startswith("items")


# a date for each stage


def test_stages_are_the_columns_that_hold_dates(tmp_path: Path) -> None:
    reading = read(tmp_path, CARDS, FLOW, zone="UTC")
    assert visits(reading, DAY) == [
        (0, "Build", 0.0, 2.0, 4.0),
        (0, "Test", 4.0, 4.0, 5.0),
        (1, "Build", 1.0, 3.0, 7.0),
    ]
    assert (reading.intake.rows_read, reading.intake.rows_used) == (2, 2)


def test_the_last_stage_reached_is_where_an_open_item_is(tmp_path: Path) -> None:
    reading = read(tmp_path, [*CARDS, "C-3,x,c,2024-02-03,2024-02-05,2024-02-07,,bug"], FLOW, zone="UTC")
    assert visits(reading, DAY)[-1] == (2, "Test", 6.0, 6.0, None)


def test_stages_can_be_named(tmp_path: Path) -> None:
    options = {"columns": {"stages": "Backlog|Build|Done"}, "zone": "UTC"}
    reading = read(tmp_path, CARDS, FLOW, **options)
    assert {row[1] for row in visits(reading)} == {"Build"}


def test_stages_out_of_order_reject_the_row(tmp_path: Path) -> None:
    bad = "C-3,x,c,2024-02-05,2024-02-03,,2024-02-07,bug"
    intake = read(tmp_path, [*CARDS, bad], FLOW, zone="UTC", accept_rejects=True).intake
    assert intake.rejected == {"stages out of order": 1}


def test_a_table_with_one_stage_is_refused_as_a_flow_table(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="1 columns hold the dates of stages; a flow table has at least 2"):
        read(tmp_path, ["a,2024-02-01", "b,2024-02-02"], "id,Build", zone="UTC", kind="flow")


# which kind it is


@pytest.mark.parametrize(
    ("header", "row", "kind"),
    [
        ("case_id,activity,resource,start_time,end_time", "{},a,b,2024-02-01T08:00Z,2024-02-01T09:00Z", "visits"),
        ("number,state,updated_at,opened_at,closed_at", "k,{},2024-02-01T08:00Z,2024-02-01T08:00Z,", "history"),
        ("Key,From,To,Date", "k,a,{},2024-02-01T08:00Z", "history"),
        ("ID,Name,State,Type,Started Date,Closed Date", "{},n,s,t,2024-02-01T08:00Z,2024-02-02T08:00Z", "items"),
        ("ID,To Do,In Progress,Done", "{},2024-02-01T08:00Z,2024-02-02T08:00Z,2024-02-03T08:00Z", "flow"),
    ],
)
def test_the_kind_is_told_from_the_columns(tmp_path: Path, header: str, row: str, kind: str) -> None:
    rows = [row.format(name) for name in ("one", "two")]
    if kind == "history":
        rows += [each.replace("k,", "l,").replace("T08", "T09") for each in rows]
    reading = read(tmp_path, rows, header)
    assert next(iter(reading.intake.dialects.values())).startswith(kind)


def test_a_kind_nobody_knows_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Did you mean 'history'"):
        read(tmp_path, ROWS, kind="histori")


def test_a_missing_column_names_the_kind_and_the_others(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no column is known as done; map one: done=COLUMN.*read as items"):
        read(tmp_path, ROWS, header=ITEMS.replace("Done", "Gone"), kind="items")


def test_files_of_different_kinds_are_not_mixed(tmp_path: Path) -> None:
    (tmp_path / "flow.csv").write_text("\n".join([FLOW, *CARDS]))
    (tmp_path / "items.csv").write_text("\n".join([ITEMS, *ROWS]))
    with pytest.raises(InputError, match="the files are of different kinds"):
        read_log([tmp_path / "flow.csv", tmp_path / "items.csv"], zone="UTC")


@pytest.mark.shared
def test_a_real_dirty_table_is_refused_with_its_reason_and_read_when_told() -> None:
    path = SHARED / "Agile_project_dataset_created_finished.csv.gz"
    if not path.exists():
        pytest.skip(f"{path} is absent")
    with pytest.raises(InputError, match="1,662 rows: done before it was created"):
        read_log([path], zone="UTC")
    assert read_log([path], zone="UTC", accept_rejects=True).intake.rows_used == 2_460
