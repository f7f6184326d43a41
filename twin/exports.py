"""Write tables for other programs: CSV, CSV packed with gzip, Parquet, chosen by the file's ending.

A spreadsheet runs a cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line break as a formula. Text cells of
that kind, and those that begin with ``'`` before one, get one ``'`` in front; `unguarded` takes it away again, so that
what was written is what is read. Parquet is no spreadsheet and keeps its text as it is.

Instants are written as ISO 8601 with milliseconds, in UTC. Equal tables give equal bytes.

Source: OWASP, CSV Injection, https://owasp.org/www-community/attacks/CSV_Injection.
"""

import gzip
import io
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import polars as pl

from twin.errors import InputError, Problem, StorageError
from twin.files import write_bytes

_FORMULA: Final = r"^'*[=+\-@\t\r\n]"
_GUARDED: Final = r"^'+[=+\-@\t\r\n]"
_INSTANT: Final = "%Y-%m-%dT%H:%M:%S%.3f"


def write_table(frame: pl.DataFrame, path: Path) -> None:
    """Write a table, whole or not at all, in the format its ending names.

    Parameters
    ----------
    frame
        Columns of numbers, text, Enum, Categorical and Datetime; Parquet takes any.
    path
        A file ending in .csv, .csv.gz or .parquet.

    Raises
    ------
    InputError
        Where the ending names none of the formats.
    StorageError
        Where it cannot be written; the file is then as it was.
    """
    for ending, encode in _FORMATS.items():
        if path.name.lower().endswith(ending):
            try:
                content = encode(frame)
            except pl.exceptions.PolarsError as error:
                raise StorageError(f"{path} cannot be written: {error}") from None
            return write_bytes(path, content)
    raise InputError(Problem(f"names no format of tables; allowed endings: {', '.join(_FORMATS)}", file=str(path)))


def guarded(text: pl.Expr) -> pl.Expr:
    """Put ``'`` before text that a spreadsheet would run."""
    return pl.when(text.str.contains(_FORMULA)).then(pl.concat_str(pl.lit("'"), text)).otherwise(text)


def unguarded(text: pl.Expr) -> pl.Expr:
    """Take away the ``'`` that `guarded` puts; other text stays as it is."""
    return pl.when(text.str.contains(_GUARDED)).then(text.str.slice(1)).otherwise(text)


def _csv(frame: pl.DataFrame) -> bytes:
    kinds = frame.schema
    text = [name for name, kind in kinds.items() if kind == pl.String or isinstance(kind, pl.Enum | pl.Categorical)]
    zoned = [name for name, kind in kinds.items() if isinstance(kind, pl.Datetime) and kind.time_zone]
    naive = [name for name, kind in kinds.items() if isinstance(kind, pl.Datetime) and not kind.time_zone]
    written = frame.with_columns(
        *(guarded(pl.col(name).cast(pl.String)).alias(name) for name in text),
        *(pl.col(name).dt.convert_time_zone("UTC").dt.strftime(f"{_INSTANT}%:z") for name in zoned),
        *(pl.col(name).dt.strftime(_INSTANT) for name in naive),
    )
    return written.write_csv().encode()


def _packed(frame: pl.DataFrame) -> bytes:
    return gzip.compress(_csv(frame), compresslevel=6, mtime=0)


def _parquet(frame: pl.DataFrame) -> bytes:
    stream = io.BytesIO()
    frame.write_parquet(stream)
    return stream.getvalue()


_FORMATS: Final[Mapping[str, Callable[[pl.DataFrame], bytes]]] = MappingProxyType(
    {".csv": _csv, ".csv.gz": _packed, ".parquet": _parquet}
)
