"""What is odd in a log is counted and told, and nothing is changed."""

from pathlib import Path

from calibration.repair import Oddities, count_oddities
from calibration.sources import read_log

HEADER = "case_id,activity,resource,start_time,end_time"


def oddities(folder: Path, *rows: str) -> Oddities:
    path = folder / "log.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    return count_oddities(read_log([path], zone="UTC").log)


PLAIN = ("1,build,Ada,2024-02-01 09:00,2024-02-01 10:00", "2,build,Ada,2024-02-01 10:00,2024-02-01 11:00")


def test_a_plain_log_has_nothing_to_tell(tmp_path: Path) -> None:
    assert oddities(tmp_path, *PLAIN).lines() == ()


def test_visits_of_no_length_are_kept_and_counted(tmp_path: Path) -> None:
    found = oddities(tmp_path, *PLAIN, "3,build,Bob,2024-02-01 10:00,2024-02-01 10:00")
    assert (found.visits, found.instant) == (3, 1)


def test_a_person_in_two_visits_at_once_is_counted_even_behind_a_short_one(tmp_path: Path) -> None:
    rows = (
        "1,build,Ada,2024-02-01 09:00,2024-02-01 17:00",
        "2,build,Ada,2024-02-01 10:00,2024-02-01 11:00",
        "3,build,Ada,2024-02-01 12:00,2024-02-01 13:00",
        "4,build,Bob,2024-02-01 12:00,2024-02-01 13:00",
        "5,build,,2024-02-01 12:00,2024-02-01 13:00",
        "6,build,,2024-02-01 12:00,2024-02-01 13:00",
    )
    found = oddities(tmp_path, *rows)
    assert (found.busy, found.parallel, found.unassigned) == (2, 0, 2)


def test_visits_of_an_item_side_by_side_are_counted_as_parallel(tmp_path: Path) -> None:
    found = oddities(tmp_path, *PLAIN, "1,review,Bob,2024-02-01 09:30,2024-02-01 10:30")
    assert (found.parallel, found.busy) == (1, 0)


def test_gaps_of_more_than_a_week_are_counted_with_the_longest(tmp_path: Path) -> None:
    found = oddities(tmp_path, *PLAIN, "3,build,Ada,2024-02-20 11:00,2024-02-20 12:00")
    assert (found.gaps, found.longest_gap) == (1, 19 * 86_400_000)
    assert "1 gaps of more than 7 d without work, the longest 19 d" in found.lines()[0]


def test_a_visit_without_an_end_is_told_and_hides_no_gap(tmp_path: Path) -> None:
    found = oddities(tmp_path, *PLAIN, "3,build,Bob,2024-02-01 10:30,", "4,build,Bob,2024-02-20 11:00,2024-02-20 12:00")
    assert (found.unended, found.gaps) == (1, 1)


def test_stages_that_differ_by_capitals_or_blanks_are_named(tmp_path: Path) -> None:
    found = oddities(tmp_path, *PLAIN, "3,Build ,Bob,2024-02-01 12:00,2024-02-01 13:00")
    assert found.lookalikes == ("build",)
