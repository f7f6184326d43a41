"""Read Parquet: columns of text, whole numbers and instants; other types are refused by name."""

import io
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

import polars as pl

from calibration.sources.table import PLACE, REFUSED, Rows, Table
from twin.errors import InputError, Problem, shown

T = TypeVar("T")

PART_ROWS: Final = 1_000_000
HEAD_ROWS: Final = 200
MAX_ROWS: Final = 50_000_000
"""A few bytes of Parquet can claim any number of rows: the claim is checked before they are read."""


def read_parquet(data: bytes, file: str, *, numbers: bool = False) -> Table:
    """Read the header of a Parquet file; its rows are read when asked for.

    Parameters
    ----------
    data
        The file's bytes.
    file
        Name for messages.
    numbers
        Take columns of fractions too, which in a log are none of its cells.

    Raises
    ------
    InputError
        Where it is damaged, claims more than 50 million rows or, with the rows, where a column's type cannot be used.
    """

    def stream() -> io.BytesIO:
        return io.BytesIO(data)

    schema = _read(lambda: pl.read_parquet_schema(stream()), file)
    count = _read(lambda: pl.scan_parquet(stream()).select(pl.len()).collect().item(), file)
    if count > MAX_ROWS:
        raise InputError(Problem(f"claims {count:,} rows; at most {MAX_ROWS:,}", file=file))

    def rows(columns: Sequence[str]) -> Iterator[Rows]:
        problems = [
            Problem(f"is {schema[name]}; allowed are text, whole numbers and instants", path=name, file=file)
            for name in columns
            if not _usable(schema[name], numbers=numbers)
        ]
        if problems:
            raise InputError(*problems)
        for first in range(0, max(count, 1), PART_ROWS):
            plain = _plain(part(first, columns))
            yield Rows(plain.with_row_index(PLACE, first + 1).cast({PLACE: pl.Int64}), REFUSED.to_frame())

    def part(first: int, columns: Sequence[str], most: int = PART_ROWS) -> pl.DataFrame:
        scan = pl.scan_parquet(stream())
        return _read(lambda: scan.select(columns).slice(first, most).collect(), file)

    def head() -> pl.DataFrame:
        columns = [name for name in schema if _usable(schema[name], numbers=numbers)]
        frame = _plain(part(0, columns, HEAD_ROWS))
        return frame.cast(dict.fromkeys(columns, pl.String))

    return Table(
        file,
        f"Parquet, {count:,} rows",
        tuple(schema),
        ", ".join(f"{name} {kind}" for name, kind in schema.items()),
        rows,
        head,
    )


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        pl.col(name).cast(pl.String) for name, kind in frame.schema.items() if not kind.is_temporal()
    )


def _usable(kind: pl.DataType, *, numbers: bool) -> bool:
    if numbers and (kind.is_float() or kind.is_decimal()):
        return True
    text = kind == pl.String or isinstance(kind, pl.Categorical | pl.Enum)
    return text or kind.is_integer() or isinstance(kind, pl.Datetime | pl.Date) or kind == pl.Null


def _read(step: Callable[[], T], file: str) -> T:
    try:
        return step()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
        reason = shown(str(error).splitlines()[0] if str(error) else type(error).__name__)
        raise InputError(Problem(f"is damaged Parquet, cut off or changed: {reason}", file=file)) from None
