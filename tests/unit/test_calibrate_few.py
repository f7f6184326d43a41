"""A log that says little gives a twin or is refused in words: never a traceback, never half a folder."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from commands import call

HEADER = "case_id,activity,resource,start_time,end_time"
MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
Row = tuple[str, str, str, str, str]


def at(hours: float) -> str:
    return (MONDAY + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def letters(cases: int = 50) -> list[Row]:
    """Let three letters a day be answered by one and signed by another, an hour each."""
    return [
        (f"L{case}", stage, ("ann", "bob")[place], at(begin), at(begin + 1))
        for case in range(cases)
        for place, stage in enumerate(("answer", "sign"))
        for begin in [24 * (case // 3) + 2 * (case % 3) + 1.5 * place]
    ]


def calibrated(folder: Path, rows: list[Row], columns: str = HEADER) -> tuple[int, str, Path]:
    """Learn rows; give code, what was said on standard error, and the folder asked for."""
    (folder / "log.csv").write_text("\n".join([columns, *(",".join(row) for row in rows)]) + "\n")
    said = call("calibrate", folder / "log.csv", "--out", folder / "ours", "--members", "2")
    return said.code, said.err, folder / "ours"


def one_person(rows: list[Row]) -> list[Row]:
    return [(*row[:2], "ann", *row[3:]) for row in rows]


def unsigned(rows: list[Row]) -> list[Row]:
    return [(*row[:2], "", *row[3:]) for row in rows]


def no_time_at_work(rows: list[Row]) -> list[Row]:
    return [(*row[:4], row[3]) for row in rows]


def never_signed(rows: list[Row]) -> list[Row]:
    return [(*row[:4], "" if row[1] == "sign" else row[4]) for row in rows]


@pytest.mark.parametrize(
    "rows",
    [letters(), letters(2), one_person(letters()), unsigned(letters()), no_time_at_work(letters())],
    ids=["100 rows", "two cases", "one person for all", "nobody named", "no time at work"],
)
def test_a_log_that_says_little_gives_a_twin_that_runs(tmp_path: Path, rows: list[Row]) -> None:
    code, error, folder = calibrated(tmp_path, rows)
    assert (code, error) == (0, "")
    assert call("simulate", folder, "--items", "5", "--out", tmp_path / "again.csv").code == 0


def test_a_log_without_a_column_of_people_gives_a_twin(tmp_path: Path) -> None:
    rows = [(*row[:2], *row[3:]) for row in letters()]
    code, error, folder = calibrated(tmp_path, rows, HEADER.replace("resource,", ""))  # type: ignore[arg-type]
    assert (code, error, "unassigned" in (folder / "twin.yaml").read_text()) == (0, "", True)


def test_a_stage_that_nobody_has_finished_yet_is_left_out_and_named(tmp_path: Path) -> None:
    code, error, folder = calibrated(tmp_path, never_signed(letters()))
    assert (code, error) == (0, "")
    assert "Nobody has finished a visit at sign: left out." in (folder / "evidence.json").read_text()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (letters(1), "a twin needs at least 2"),
        ([(*row[:4], "") for row in letters()], "no visit with both a start and an end"),
        ([(f"L{n}", "answer", "ann", at(0), at(1)) for n in range(50)], "50 arrivals at 1 instants give no rate"),
        ([(f"L{n}", "answer", "ann", at(0), at(0)) for n in range(50)], "at one instant"),
    ],
    ids=["one case", "all open", "all at once", "all at one instant"],
)
def test_a_log_that_says_nothing_is_refused_and_leaves_no_folder(tmp_path: Path, rows: list[Row], said: str) -> None:
    code, error, folder = calibrated(tmp_path, rows)
    assert (code, said in error, "Traceback" in error, folder.exists()) == (2, True, False, False)
