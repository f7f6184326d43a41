"""What every format gives: a header, and rows with their place in the file."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

import polars as pl

PLACE: Final = "\0place"
"""Column of a row's line (row, in Parquet) in its file, from 1; no file can have a column of this name."""

REFUSED: Final = pl.Schema({"place": pl.Int64, "reason": pl.String, "text": pl.String})


class Rows(NamedTuple):
    """Rows of a file, all of them or a part."""

    frame: (
        pl.DataFrame
    )  # PLACE, then the columns asked for: String, or Datetime or Date where the format knows instants
    refused: pl.DataFrame  # rows that have no cells to speak of: columns of REFUSED


class Table(NamedTuple):
    """A file whose header has been read."""

    file: str
    dialect: str  # what the format turned out to be, for people
    header: tuple[str, ...]
    first_row: str  # as written, for messages
    rows: Callable[[Sequence[str]], Iterator[Rows]]  # reads the columns named, in parts
    head: Callable[[], pl.DataFrame]  # the first rows as text, all columns, for telling what kind of table it is
    hints: Mapping[str, str] = MappingProxyType({})  # status to what the file itself says it means


def refused(places: Sequence[int], reasons: Sequence[str], texts: Sequence[str]) -> pl.DataFrame:
    """Lay refused rows out as a table with the columns of REFUSED."""
    return pl.DataFrame([places, reasons, texts], schema=REFUSED)
