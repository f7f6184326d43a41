"""Bad logs are refused in words, or their rows are rejected for a counted reason: cases 27 to 44 of our list."""

import gzip
import io
import os
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from calibration.sources import Reading, read_log
from calibration.sources import content as content_module
from calibration.sources import parquet as parquet_module
from calibration.sources.recording import UNPLACED
from twin.errors import InputError

HEADER = "case_id,activity,resource,start_time,end_time"
GOOD = tuple(
    f"K-{n},build,Ada,2024-02-{1 + n % 28:02}T09:00:00Z,2024-02-{1 + n % 28:02}T{10 + n % 9}:00:00Z" for n in range(8)
)


def file_of(folder: Path, data: bytes, name: str = "log.csv") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def log_of(folder: Path, *rows: str, header: str = HEADER) -> Path:
    return file_of(folder, "\n".join([header, *GOOD, *rows]).encode() + b"\n")


def refusal(path: Path, **options: object) -> str:
    with pytest.raises(InputError) as caught:
        read_log([path], **options)  # type: ignore[arg-type]
    return str(caught.value)


def read_with(folder: Path, *rows: str, header: str = HEADER, zone: str | None = None) -> Reading:
    return read_log([log_of(folder, *rows, header=header)], accept_rejects=True, zone=zone)


# 27: header, columns, separator


def test_a_log_without_a_header_shows_dialect_and_first_row(tmp_path: Path) -> None:
    message = refusal(file_of(tmp_path, "\n".join(GOOD).encode()))
    assert "log.csv:1: has no header" in message
    assert "read as comma, utf-8; first row: 'K-0,build" in message


def test_columns_named_twice_are_refused(tmp_path: Path) -> None:
    assert "columns named twice: 'activity'" in refusal(log_of(tmp_path, header=HEADER.replace("resource", "activity")))


def test_an_unknown_separator_shows_what_was_looked_for(tmp_path: Path) -> None:
    message = refusal(file_of(tmp_path, log_of(tmp_path).read_bytes().replace(b",", b"~")))
    assert "has one column; looked for comma, semicolon, tab, bar in utf-8; first row: 'case_id~activity" in message


def test_a_missing_column_names_the_nearest_and_how_to_map_it(tmp_path: Path) -> None:
    message = refusal(log_of(tmp_path, header="case_id,activty,resource,start_time,end_time"))
    assert "no column is known as activity" in message
    assert "Nearest: 'activty'" in message


def test_a_log_of_one_time_per_row_is_a_history(tmp_path: Path) -> None:
    header = "case:concept:name,concept:name,org:resource,seen,time:timestamp"
    (dialect,) = read_with(tmp_path, header=header).intake.dialects.values()
    assert dialect == "history, comma, utf-8"


def test_all_mistakes_of_a_mapping_are_told_at_once(tmp_path: Path) -> None:
    message = refusal(log_of(tmp_path), columns={"case": "case_id", "activity": "activty", "end_time": "=now"})
    assert len(message.splitlines()) == 3
    assert "Did you mean 'case_id'?" in message
    assert "Did you mean 'activity'?" in message


# 28: records


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("K-9,build,Ada", "other number of fields than the header"),
        ("K-9,build,Ada,2024-02-01T09:00:00Z,2024-02-01T10:00:00Z,x", "other number of fields than the header"),
        ('K-9,5" pipe,Ada,2024-02-01T09:00:00Z,2024-02-01T10:00:00Z', "stray quote"),
        ("K-9,bu\0ild,Ada,2024-02-01T09:00:00Z,2024-02-01T10:00:00Z", "NUL byte"),
    ],
)
def test_a_broken_row_is_rejected_with_its_line_and_the_rows_around_it_are_read(
    tmp_path: Path, row: str, reason: str
) -> None:
    intake = read_with(tmp_path, row, GOOD[0].replace("K-0", "K-10")).intake
    assert (intake.rejected, intake.rows_used) == ({reason: 1}, 9)
    assert intake.first_rejected[reason].endswith("log.csv:10")


def test_lines_are_counted_over_cells_of_several_lines_and_blank_lines(tmp_path: Path) -> None:
    several = 'K-9,"build\r\nand\n""test""",Ada,2024-02-01T09:00:00Z,2024-02-01T10:00:00Z'
    reading = read_with(tmp_path, several, "", "", "short")
    assert reading.intake.first_rejected["other number of fields than the header"].endswith("log.csv:15")
    assert 'build and "test"' in reading.log.frame["stage"].cast(pl.String).to_list()


def test_a_quote_that_never_closes_is_refused_with_line_and_byte(tmp_path: Path) -> None:
    path = log_of(tmp_path, 'K-9,"build,Ada,2024-02-01T09:00:00Z,2024-02-01T10:00:00Z', *GOOD)
    byte = path.read_bytes().index(b'"')
    assert f"log.csv:10: a quote opens at byte {byte}" in refusal(path)


def test_a_quote_closed_by_a_later_one_is_refused_where_it_opens(tmp_path: Path) -> None:
    assert "log.csv:10: a quote opens" in refusal(log_of(tmp_path, 'K-9,"build,Ada', 'K-9,"review",Bob', *GOOD))


def test_rejected_rows_go_to_the_reject_file_with_line_and_reason_but_without_the_person(tmp_path: Path) -> None:
    path = log_of(tmp_path, "short", "K-9,build,Ada,2024-02-30,2024-02-01T10:00:00Z")
    read_log([path], accept_rejects=True, reject_file=tmp_path / "rejects.csv")
    rejects = pl.read_csv(tmp_path / "rejects.csv")
    assert rejects["line"].to_list() == [10, 11]
    assert "2024-02-30" in rejects["text"][1]
    assert "Ada" not in rejects["text"][1]


# 29: encodings


def test_rows_of_another_encoding_are_rejected_and_no_letter_is_replaced(tmp_path: Path) -> None:
    row = "K-9,Prüfung,Ada,2024-02-01T09:00:00Z,2024-02-01T10:00:00Z\n"
    path = file_of(tmp_path, log_of(tmp_path).read_bytes() + row.encode() + row.replace("9,", "10,").encode("cp1252"))
    reading = read_log([path], accept_rejects=True)
    assert reading.intake.rejected == {"bytes that are not of the encoding": 1}
    assert reading.log.frame["stage"].cast(pl.String).unique().sort().to_list() == ["Prüfung", "build"]


def test_an_encoding_that_is_named_is_used(tmp_path: Path) -> None:
    path = file_of(tmp_path, log_of(tmp_path).read_text().replace("build", "Prüfung").encode("cp1252"))
    stages = read_log([path], encoding="cp1252").log.frame["stage"]
    assert stages.unique().to_list() == ["Prüfung"]


@pytest.mark.parametrize("encoding", ["utf-99", "zlib"])
def test_an_encoding_nobody_knows_is_refused(tmp_path: Path, encoding: str) -> None:
    assert f"encoding: '{encoding}' is not an encoding" in refusal(log_of(tmp_path), encoding=encoding)


def test_bytes_outside_a_named_encoding_are_refused_with_line_and_byte(tmp_path: Path) -> None:
    path = file_of(tmp_path, log_of(tmp_path).read_bytes() + b"K\x81")
    assert f"log.csv:10: is not cp1252 at byte {path.stat().st_size - 1}" in refusal(path, encoding="cp1252")


# 30 to 33, 37: times


@pytest.mark.parametrize(
    ("time", "hint"),
    [
        ("01/02/2024 09:00", "day and month in unknown order; say time_format"),
        ("45321.375", "Excel day count"),
        ("1706778000", "seconds since 1970"),
        ("2024-02-30T09:00:00Z", "no such day"),
        ("1970-01-01T00:00:00Z", "implausible time"),
        ("2099-01-01T00:00:00Z", "implausible time"),
        ("", "no start_time"),
    ],
)
def test_a_log_of_times_that_cannot_be_read_is_refused_with_the_first_row(tmp_path: Path, time: str, hint: str) -> None:
    message = refusal(log_of(tmp_path, f"K-9,build,Ada,{time},2024-02-01T10:00:00Z"))
    assert "1 of 9 rows are rejected, more than 1%" in message
    assert "log.csv:10: 1 rows: " in message
    assert hint in message


def test_times_without_an_offset_are_taken_as_they_stand_and_that_is_told(tmp_path: Path) -> None:
    path = file_of(tmp_path, log_of(tmp_path).read_bytes().replace(b"Z", b""))
    reading = read_log([path])
    assert (reading.log.zone, reading.intake.noticed[UNPLACED]) == ("UTC", 16)


def test_times_with_and_without_an_offset_are_not_mixed_silently(tmp_path: Path) -> None:
    path = log_of(tmp_path, "K-9,build,Ada,2024-02-01T09:00:00,2024-02-01T10:00:00Z")
    assert "1 times have no offset from UTC, others have one" in refusal(path)
    assert read_log([path], zone="Europe/Berlin").intake.rows_used == 9


def test_a_zone_nobody_knows_is_refused_with_the_nearest(tmp_path: Path) -> None:
    assert "Did you mean 'Europe/Berlin'?" in refusal(log_of(tmp_path), zone="Europe/Berlim")


def test_hours_a_zone_skips_or_repeats_are_counted(tmp_path: Path) -> None:
    rows = ["K-9,a,Ada,2024-03-31T02:30,2024-03-31T02:45", "K-9,a,Ada,2024-10-27T02:30,2024-10-27T09:45"]
    noticed = read_with(tmp_path, *rows, zone="Europe/Berlin").intake.noticed
    assert noticed["times in an hour that the zone skips, moved to its end"] == 2
    assert noticed["times in an hour that the zone repeats, taken as the first"] == 1


# 34 to 36: order, negative durations, duplicates


def test_rows_out_of_order_are_sorted_and_counted(tmp_path: Path) -> None:
    reading = read_with(tmp_path, GOOD[0].replace("K-0", "K-9"))
    assert reading.log.frame["started"].is_sorted()
    assert reading.intake.noticed["rows after one that starts later"] == 1


@pytest.mark.parametrize(
    ("times", "reason"),
    [
        ("2024-02-01T10:00:00Z,2024-02-01T09:00:00Z,", "ends before it starts"),
        ("2024-02-01T10:00:00Z,2024-02-01T11:00:00Z,2024-02-01T10:00:01Z", "starts before it is enabled"),
    ],
)
def test_visits_that_run_backwards_are_rejected_for_a_reason(tmp_path: Path, times: str, reason: str) -> None:
    rows = [f"{row}," for row in GOOD]
    path = file_of(tmp_path, "\n".join([f"{HEADER},enabled_time", *rows, f"K-9,build,Ada,{times}"]).encode())
    assert read_log([path], accept_rejects=True).intake.rejected == {reason: 1}


def test_up_to_one_row_in_a_hundred_may_be_rejected_without_a_word(tmp_path: Path) -> None:
    rows = [GOOD[0].replace("K-0", f"M-{n}") for n in range(91)]
    bad = "K-9,,Ada,2024-02-01T10:00:00Z,2024-02-01T11:00:00Z"
    assert read_log([log_of(tmp_path, *rows, bad)]).intake.rejected == {"no activity": 1}
    assert "2 of 101 rows are rejected" in refusal(log_of(tmp_path, *rows, bad, bad))


def test_a_time_long_after_all_others_is_no_end_of_the_log(tmp_path: Path) -> None:
    rows = [GOOD[0].replace("K-0", f"M-{n}") for n in range(91)]
    read = read_log([log_of(tmp_path, *rows, "K-9,build,Ada,2024-02-01T10:00:00Z,2026-02-01T11:00:00Z")])
    assert read.intake.rejected == {"time long after all others": 1}
    assert read.intake.last.year == 2024


def test_times_after_a_pause_that_are_many_stay(tmp_path: Path) -> None:
    rows = [GOOD[0].replace("K-0", f"M-{n}") for n in range(91)]
    later = [row.replace("2024-02", "2026-02") for row in rows[:2]]
    assert read_with(tmp_path, *rows, *later).intake.rejected == {}


def test_duplicates_are_counted_once_and_need_no_permission(tmp_path: Path) -> None:
    intake = read_log([log_of(tmp_path, *GOOD)]).intake
    assert (intake.rows_read, intake.rows_used, intake.duplicates) == (16, 8, 8)


def test_a_file_given_twice_is_refused(tmp_path: Path) -> None:
    path = log_of(tmp_path)
    with pytest.raises(InputError, match="is given twice"):
        read_log([path, path])


# 38: too little


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "has a header and no rows; a twin needs at least 2 cases"),
        (GOOD[:1], "1 usable cases in 1 rows; a twin needs at least 2"),
        (
            [f"K-{n},a,b,2024-02-01T09:00:00Z,2024-02-01T09:00:00Z" for n in range(3)],
            "all 3 rows of the log lie at one",
        ),
    ],
)
def test_too_little_to_learn_from_is_refused_with_the_minimum(
    tmp_path: Path, rows: Sequence[str], message: str
) -> None:
    assert message in refusal(file_of(tmp_path, "\n".join([HEADER, *rows]).encode()))


def test_no_file_is_refused() -> None:
    with pytest.raises(InputError, match="no file to read"):
        read_log([])


def test_cases_of_one_visit_each_raise_a_question(tmp_path: Path) -> None:
    noticed = read_log([log_of(tmp_path)]).intake.noticed
    assert noticed["cases of one visit, all of them; is case_id the right column?"] == 8


# 42 to 44: packed, cut off, of another type


def test_a_gzip_bomb_stops_at_its_ratio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content_module, "FREE_BYTES", 1 << 20)
    path = file_of(tmp_path, gzip.compress(bytes(64 << 20)), "bomb.csv.gz")
    assert "unpacks to more than 6 MiB from 65," in refusal(path)


def test_a_file_beyond_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content_module, "MAX_BYTES", 100)
    assert "is larger than" in refusal(log_of(tmp_path))


def test_gzip_cut_off_anywhere_is_refused_and_never_read_as_a_shorter_log(tmp_path: Path) -> None:
    packed = gzip.compress(log_of(tmp_path).read_bytes())
    for size in range(3, len(packed)):
        assert "is damaged gzip" in refusal(file_of(tmp_path, packed[:size], "cut.csv.gz"))


def parquet(**columns: pl.Series) -> bytes:
    frame = pl.read_csv("\n".join([HEADER, *GOOD]).encode(), infer_schema=False).with_columns(**columns)
    stream = io.BytesIO()
    frame.write_parquet(stream)
    return stream.getvalue()


def test_parquet_cut_off_is_refused(tmp_path: Path) -> None:
    whole = parquet()
    for size in (4, 100, len(whole) // 2, len(whole) - 1):
        assert "is damaged Parquet" in refusal(file_of(tmp_path, whole[:size], "cut.parquet"))


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("case_id", pl.Series([[n] for n in range(8)]), "case_id: is List(Int64); allowed are text, whole numbers"),
        ("start_time", pl.Series([0.5] * 8), "start_time: is Float64; allowed are text, whole numbers and instants"),
        ("activity", pl.Series([0] * 8).cast(pl.Datetime("ms")), "activity: is Datetime"),
        ("start_time", pl.Series([1_706_778_000] * 8), "seconds since 1970"),
    ],
)
def test_a_parquet_column_of_the_wrong_type_is_refused_by_name(
    tmp_path: Path, column: str, values: pl.Series, message: str
) -> None:
    assert message in refusal(file_of(tmp_path, parquet(**{column: values}), "log.parquet"))


def test_parquet_that_claims_too_many_rows_is_refused_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_module, "MAX_ROWS", 7)
    assert "claims 8 rows; at most 7" in refusal(file_of(tmp_path, parquet(), "log.parquet"))


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("log.csv", b"", "is empty"),
        ("log.csv", b" \n \n", "is empty"),
        ("log.csv.gz", b"case_id,activity\n", "does not begin like gzip"),
        ("log.parquet", b"case_id,activity\n", "does not begin like Parquet"),
        ("log.csv.gz", gzip.compress(gzip.compress(b"case_id", mtime=0), mtime=0), "gzip inside gzip"),
        ("log.xlsx", b"PK\x03\x04....", "Excel workbook"),
        ("log.csv", b"<!doctype html><html>sign in</html>", "is an HTML page"),
        ("log.csv", b"<svg/>", "is XML of <svg>, not the <log> of XES"),
    ],
)
def test_content_that_is_no_log_is_refused_for_what_it_is(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    assert message in refusal(file_of(tmp_path, data, name))


def test_what_is_no_regular_file_is_refused_and_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    messages = [refusal(tmp_path / name) for name in ("pipe.csv", "", "absent.csv")]
    for message, part in zip(messages, ["not a regular file", "is a folder", "No such file"], strict=True):
        assert part in message


def test_a_column_of_free_text_is_no_stage(tmp_path: Path) -> None:
    rows = [GOOD[0].replace("build", f"text {n}") for n in range(2_001)]
    assert "activity: has 2,002 different values" in refusal(log_of(tmp_path, *rows))


def test_problems_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_log([tmp_path / "a.csv", tmp_path / "b.csv"])
    assert len(caught.value.problems) == 2
