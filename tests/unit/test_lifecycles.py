"""Rows that tell one step of a visit's life each, and rows that tell what was done, become visits."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from calibration.sources import Reading, read_log
from twin import exported

XES = "case:concept:name,concept:name,org:resource,lifecycle:transition,time:timestamp"


def read(folder: Path, header: str, *rows: str) -> Reading:
    (folder / "log.csv").write_text("\n".join([header, *rows]) + "\n")
    return read_log([folder / "log.csv"])


def steps(case: str, *told: str) -> list[str]:
    """Write rows of one case, ``build start 9``: activity, step, hour."""
    parts = [each.split() for each in told]
    return [f"{case},{name},Ada,{step},2026-01-05T{int(hour):02d}:00:00Z" for name, step, hour in parts]


def visits(reading: Reading) -> list[tuple[str, int, int | None]]:
    """Give each visit of the first case as its activity, the hour it began and the hour it ended."""
    frame = exported(reading.log).filter(pl.col("case_id") == "C1").sort("start_time", "end_time", nulls_last=True)
    hours = frame.select("activity", pl.col("start_time", "end_time").dt.hour())
    return [(name, begin, end) for name, begin, end in hours.iter_rows()]


OTHER = steps("C2", "build start 9", "build complete 10")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (("build start 9", "build complete 11"), [("build", 9, 11)]),
        (("build start 9", "build start 10", "build complete 11", "build complete 12"),
         [("build", 9, 11), ("build", 10, 12)]),
        (("build start 9", "build suspend 10", "build resume 12", "build complete 13"),
         [("build", 9, 10), ("build", 12, 13)]),
        (("build start 9", "build suspend 10", "build complete 13"), [("build", 9, 10)]),
        (("receive complete 9", "build start 10", "build complete 11"), [("receive", 9, 9), ("build", 10, 11)]),
        (("build start 9", "test start 10", "test complete 12"), [("test", 10, 12)]),
        (("test start 9", "test complete 10", "build start 11"), [("test", 9, 10), ("build", 11, None)]),
    ],
    ids=["one visit", "two side by side", "in two parts", "never resumed", "at once", "left behind", "still open"],
)  # fmt: skip
def test_steps_of_a_life_make_visits(
    tmp_path: Path, told: tuple[str, ...], expected: list[tuple[str, int, int | None]]
) -> None:
    assert visits(read(tmp_path, XES, *steps("C1", *told), *OTHER)) == expected


def test_a_visit_is_enabled_when_it_was_scheduled(tmp_path: Path) -> None:
    told = steps("C1", "build schedule 8", "build start 10", "build complete 11")
    log = read(tmp_path, XES, *told, *OTHER).log
    enabled = log.frame.filter(pl.col("enabled").is_not_null())["enabled"]
    assert enabled.to_list() == [8 * 3_600_000]


def test_every_row_is_accounted_for(tmp_path: Path) -> None:
    intake = read(tmp_path, XES, *steps("C1", "build start 9", "build complete 11"), *OTHER).intake
    assert (intake.rows_read, intake.rows_used, intake.rows_collapsed) == (4, 2, 2)


def test_sub_statuses_of_a_tracker_are_no_lives(tmp_path: Path) -> None:
    rows = [*steps("C1", "Accepted Assigned 9", "Completed Closed 11"), *steps("C2", "Accepted Assigned 9")]
    assert "Accepted / Assigned" in (read(tmp_path, XES, *rows).meanings or pytest.fail("no statuses")).statuses


def test_events_that_a_tool_adds_do_not_turn_lives_into_statuses(tmp_path: Path) -> None:
    told = ("build start 9", "build complete 11", "END artificial 11")
    assert visits(read(tmp_path, XES, *steps("C1", *told), *OTHER)) == [("build", 9, 11), ("END", 11, 11)]


ONCE = "case,activity,resource,end_time"
CLAIMS = [
    f"{case},{name},Ada,2026-01-{day + 5:02d}T{hour:02d}:00:00Z"
    for day, case in enumerate(("C1", "C2", "C3"))
    for hour, name in ((9, "Register claim"), (11, "Assess damage"), (15, "Pay out"))
]


def test_rows_that_say_what_was_done_keep_every_activity_and_end_then(tmp_path: Path) -> None:
    reading = read(tmp_path, ONCE, *CLAIMS)
    assert (visits(reading), reading.log.starts_assumed) == (
        [("Register claim", 9, 9), ("Assess damage", 9, 11), ("Pay out", 11, 15)],
        True,
    )


def test_so_do_rows_to_which_a_tool_has_added_events_of_its_own(tmp_path: Path) -> None:
    rows = [f"{case},{name},Ada,complete,{time}" for case, name, _, time in (row.split(",") for row in CLAIMS)]
    ended = [
        row
        for case in range(3)
        for row in (*rows[3 * case : 3 * case + 3], f"C{case + 1},END,END,END,{rows[3 * case + 2][-20:]}")
    ]
    names = [name for name, _, _ in visits(read(tmp_path, XES, *ended))]
    assert names == ["Register claim", "Assess damage", "Pay out", "END"]


def test_activities_named_like_statuses_are_read_as_statuses(tmp_path: Path) -> None:
    names = {"Register claim": "New", "Assess damage": "In progress", "Pay out": "Closed"}
    rows = [row.replace(old, new) for row in CLAIMS for old, new in names.items() if old in row]
    assert (read(tmp_path, ONCE, *rows).meanings or pytest.fail("no statuses")).statuses["Closed"].means == "done"


def test_whoever_asks_for_a_history_says_that_these_are_statuses(tmp_path: Path) -> None:
    file = tmp_path / "claims.csv"
    file.write_text("\n".join([ONCE, *CLAIMS]))
    assert "Assess damage" in (read_log([file], kind="history").meanings or pytest.fail("no statuses")).statuses


@pytest.mark.parametrize(
    ("header", "begin", "end"),
    [
        ("Vorgangsnummer;Tätigkeit;Bearbeiter;Beginn;Ende", "05.01.2026 09:00", "05.01.2026 10:30:00"),
        ("Numéro de dossier;Activité;Ressource;Date de début;Date de fin", "2026-01-05 09:00", "2026-01-05 10:30"),
        ("PROC_INST_ID_;ACT_NAME_;ASSIGNEE_;START_TIME_;END_TIME_", "2026-01-05 09:00:00Z", "2026-01-05 10:30:00Z"),
        ("Case ID;Activity;Resource;Start Timestamp;Complete Timestamp", "2026-01-05 09:00:00", "2026-01-05 10:30:00"),
        ("_CASE_KEY;ACTIVITY;USER;START_DATE;END_DATE", "2026-01-05 09:00:00", "2026-01-05 10:30:00"),
    ],
    ids=["German", "French", "Camunda", "Disco", "Celonis"],
)  # fmt: skip
def test_exports_of_other_tools_and_countries_are_read_without_options(
    tmp_path: Path, header: str, begin: str, end: str
) -> None:
    frame = read(tmp_path, header, f"1;a;x;{begin};{end}", f"2;a;x;{begin};{end}").log.frame
    assert (frame["finished"] - frame["started"]).to_list() == [5_400_000] * 2


def test_the_log_of_such_an_export_begins_on_its_day(tmp_path: Path) -> None:
    row = "a;x;05.02.2026 09:00:00;05.02.2026 10:00:00"
    log = read(tmp_path, "Fall;Schritt;Person;Start;Ende", f"1;{row}", f"2;{row}").log
    assert log.start == datetime(2026, 2, 5, tzinfo=UTC)
