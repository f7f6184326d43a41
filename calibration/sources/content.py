"""Take a file's bytes, unpacked, within limits.

A file is at most 2 GiB, packed or unpacked. gzip is unpacked in memory, never to disk, and stops where the content is
more than 100 times the file once it is beyond 64 MiB: event logs pack 10 to 15 times, a bomb about 1000 times.
"""

import gzip
import stat
import zlib
from pathlib import Path
from typing import Final, NamedTuple

from twin.errors import InputError, Problem, shown

MAX_BYTES: Final = 2 << 30
MAX_RATIO: Final = 100
FREE_BYTES: Final = 64 << 20
"""Below this the ratio does not matter."""

GZIP: Final = b"\x1f\x8b"
PARQUET: Final = b"PAR1"
_OTHERS: Final = (
    (b"PK\x03\x04", "is a zip archive or an Excel workbook; unpack it, or save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "is an old Excel workbook; save the sheet as CSV"),
)


class Content(NamedTuple):
    """The bytes of a file, unpacked."""

    data: bytes
    packed: bool  # with gzip


def read_content(path: Path) -> Content:
    """Read a regular file, and unpack it where it is gzip.

    Raises
    ------
    InputError
        Where it cannot be read, is empty, too large, cut off, or in a format that is not read here.
    """
    file = str(path)
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise InputError(Problem(f"is {'a folder' if stat.S_ISDIR(mode) else 'not a regular file'}", file=file))
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(Problem(f"cannot be read: {error.strerror}", file=file)) from None
    except ValueError as error:
        raise InputError(Problem(f"is no path: {error}", file=shown(file))) from None
    packed = raw.startswith(GZIP)
    data = _unpacked(path, len(raw)) if packed else raw
    wrong = _wrong(path, data, packed=packed)
    if wrong:
        raise InputError(Problem(wrong, file=file))
    return Content(data, packed)


def _wrong(path: Path, data: bytes, *, packed: bool) -> str | None:
    """Say why content cannot be a log, or nothing."""
    name = path.name.lower()
    if len(data) > MAX_BYTES:
        return f"is larger than {MAX_BYTES >> 30} GiB; read it in parts"
    if not data or data.isspace():
        return "is empty; a log has a header and rows"
    if name.endswith(".gz") and not packed:
        return f"is named .gz, yet does not begin like gzip: {shown(data[:16])}"
    if name.endswith(".parquet") and not data.startswith(PARQUET):
        return f"is named .parquet, yet does not begin like Parquet: {shown(data[:16])}"
    if data.startswith(GZIP):
        return "is gzip inside gzip; unpack it once"
    return next((what for magic, what in _OTHERS if data[:64].lstrip().startswith(magic)), None)


def _unpacked(path: Path, size: int) -> bytes:
    allowed = min(max(FREE_BYTES, MAX_RATIO * size), MAX_BYTES)
    try:
        with gzip.open(path) as stream:
            data = stream.read(allowed + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(Problem(f"is damaged gzip, cut off or changed: {error}", file=str(path))) from None
    except OSError as error:
        raise InputError(Problem(f"cannot be read: {error.strerror}", file=str(path))) from None
    if len(data) > allowed:
        reason = f"unpacks to more than {allowed >> 20} MiB from {size:,} bytes"
        raise InputError(Problem(f"{reason}; at most {MAX_RATIO} times and {MAX_BYTES >> 30} GiB", file=str(path)))
    return data
