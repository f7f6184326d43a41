"""What is written is what is read, and no cell is a formula."""

import csv
import gzip
import io
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.sources.content import Content
from calibration.sources.delimited import read_delimited
from twin.errors import InputError, StorageError
from twin.exports import write_table

FORMULAS = ["=1+1", "+1", "-1", "@sum", "\t=x", "\r=x", "\n=x", "'=x", "''=x", 'say "hi"', "a\nb", "a,b", "x" * 32_000]


def read_back(content: bytes) -> list[str | None]:
    (rows,) = read_delimited(Content(content, packed=False), "log.csv").rows(["name"])
    assert rows.refused.is_empty()
    return rows.frame["name"].to_list()


def written(tmp_path: Path, names: list[str]) -> bytes:
    path = tmp_path / "log.csv"
    write_table(pl.DataFrame({"name": names, "n": range(len(names))}), path)
    return path.read_bytes()


def test_names_that_look_like_formulas_come_back_as_they_were(tmp_path: Path) -> None:
    assert read_back(written(tmp_path, FORMULAS)) == FORMULAS


def test_no_cell_begins_with_a_character_a_spreadsheet_runs(tmp_path: Path) -> None:
    text = written(tmp_path, FORMULAS).decode()
    cells = [row[0] for row in csv.reader(io.StringIO(text, newline=""))][1:]
    assert not [cell for cell in cells if cell[0] in "=+-@\t\r\n"]


@given(names=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1), min_size=1))
def test_any_text_comes_back(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    assert read_back(written(tmp_path_factory.mktemp("any"), names)) == names


def test_instants_are_written_in_utc_with_milliseconds(tmp_path: Path) -> None:
    at = datetime(2024, 7, 1, 12, 30, 0, 250_000, tzinfo=UTC)
    frame = pl.DataFrame({"at": [at]}).with_columns(pl.col("at").dt.convert_time_zone("Europe/Berlin"))
    write_table(frame, tmp_path / "log.csv")
    assert (tmp_path / "log.csv").read_text().split()[1] == "2024-07-01T12:30:00.250+00:00"


def test_packed_csv_holds_the_same_text_and_equal_tables_give_equal_bytes(tmp_path: Path) -> None:
    frame = pl.DataFrame({"name": ["a", None], "n": [1, 2]})
    for name in ("plain.csv", "one.csv.gz", "two.CSV.GZ"):
        write_table(frame, tmp_path / name)
    one, two = ((tmp_path / name).read_bytes() for name in ("one.csv.gz", "two.CSV.GZ"))
    assert (gzip.decompress(one), one) == ((tmp_path / "plain.csv").read_bytes(), two)


def test_parquet_keeps_types_and_text(tmp_path: Path) -> None:
    frame = pl.DataFrame({"name": ["=1", "b"]}, schema={"name": pl.Enum(["=1", "b"])})
    write_table(frame, tmp_path / "log.parquet")
    assert pl.read_parquet(tmp_path / "log.parquet").equals(frame)


def test_an_unknown_ending_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.csv, \.csv\.gz, \.parquet"):
        write_table(pl.DataFrame(), tmp_path / "log.xlsx")


def test_what_cannot_be_written_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        write_table(pl.DataFrame({"nested": [[1]]}), tmp_path / "log.csv")


def test_a_missing_folder_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        write_table(pl.DataFrame({"n": [1]}), tmp_path / "nowhere" / "log.csv")
