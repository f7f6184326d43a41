"""Read text with separators: comma, semicolon, tab or bar; quoted with ``"`` where needed (RFC 4180).

The structure is found on the bytes, some megabytes at once, before any cell is read. A quote opens a cell after a
separator or a line break and closes it before one; two in a row inside stand for one. A byte lies inside a quoted cell
exactly when the number of quotes before it is odd, so records end at line breaks with an even number:

    fields of a record = 1 + separators in it with an even number of quotes before them

A record with another number of fields than the header, a quote that neither opens nor closes, a NUL or bytes that are
not of the encoding is refused with its line; a quote that never closes refuses the file, since what follows is anyone's
guess. Cells are then read as text and never guessed to be numbers.

Source: RFC 4180, Common Format for CSV Files, 2005.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from calibration.sources.content import Content
from calibration.sources.table import PLACE, Rows, Table, refused
from twin.errors import InputError, Problem, shown
from twin.exports import unguarded

Places = NDArray[np.int64]

_SEPARATORS: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_UNICODE: Final = frozenset({"utf-8", "utf-8-sig"})
_NEWLINE, _RETURN, _QUOTE = 10, 13, 34
_TEXT_KEPT: Final = 1000
PART_BYTES: Final = 16 << 20
"""Rows are read in parts of about so much text, so that what is kept of them decides about memory."""
HEAD_ROWS: Final = 200
_HEAD_BYTES: Final = 1 << 18
_FINE, _RAGGED, _STRAY, _NUL, _FOREIGN = range(5)
_FAULTS: Final = (
    "",
    "other number of fields than the header",
    "stray quote",
    "NUL byte",
    "bytes that are not of the encoding",
)
_QUOTED: Final = re.compile(r'"(?:[^"]|"")*"')
_LIKE_A_CELL: Final = re.compile(r"\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{2,4}|-?\d+(?:\.\d+)?$")


class _Records(NamedTuple):
    """Records of a text; arrays of shape (records,)."""

    start: Places  # byte
    end: Places  # byte after the last, without line break
    line: Places  # of the first byte, from 1
    fault: NDArray[np.uint8]  # index into _FAULTS


class _Text(NamedTuple):
    """A part of a file that begins with a record, and where it lies."""

    data: bytes
    byte: int  # of its first byte in the file, from 0
    line: int  # of its first byte, from 1
    file: str


class _Shape(NamedTuple):
    """What the header says."""

    names: tuple[str, ...]
    separator: str


def read_delimited(content: Content, file: str, *, encoding: str = "utf-8") -> Table:
    """Read the header of a text with separators; its rows are read when asked for, in parts.

    Parameters
    ----------
    content
        The file's bytes. A byte order mark of UTF-8 or UTF-16 says the encoding by itself.
    file
        Name for messages.
    encoding
        A name Python knows: utf-8, cp1252, latin-1.

    Raises
    ------
    InputError
        Where encoding, separator, header or quoting cannot be made out.
    """
    data, name = _as_utf8(content.data, file, encoding)
    line = data[: data.find(b"\n") if b"\n" in data else len(data)].decode(errors="backslashreplace").rstrip("\r")
    counts = {mark: _QUOTED.sub("", line).count(mark) for mark in _SEPARATORS}
    separator = max(counts, key=lambda mark: counts[mark])
    dialect = f"{_SEPARATORS[separator]}, {name}{', gzip' if content.packed else ''}"
    if not counts[separator]:
        message = f"has one column; looked for {', '.join(_SEPARATORS.values())} in {name}; first row: {shown(line)}"
        raise InputError(Problem(message, file=file, line=1))
    header = next(csv.reader([line], delimiter=separator))
    wrong = _wrong_header(header)
    if wrong:
        raise InputError(Problem(f"{wrong}; read as {dialect}; first row: {shown(line)}", file=file, line=1))
    names = tuple(cell.strip() or f"column {place}" for place, cell in enumerate(header, 1))
    shape = _Shape(names, separator)
    first = _records(_Text(_first_line(data), 0, 1, file), shape)
    if first.fault[0]:
        raise InputError(Problem(f"the header has a {_FAULTS[first.fault[0]]}: {shown(line)}", file=file, line=1))
    return Table(
        file, dialect, names, line, lambda columns: _parts(data, file, shape, columns), lambda: _head(data, shape)
    )


def _first_line(data: bytes) -> bytes:
    place = data.find(b"\n")
    return data if place < 0 else data[: place + 1]


def _head(data: bytes, shape: _Shape) -> pl.DataFrame:
    """Read the first rows, those that have the header's number of cells."""
    text = data[len(_first_line(data)) :][:_HEAD_BYTES].decode(errors="replace")
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text), delimiter=shape.separator):
            rows += [row] if len(row) == len(shape.names) else []
            if len(rows) == HEAD_ROWS:
                break
    except csv.Error:  # what is wrong is told when the rows are read
        rows = rows[:HEAD_ROWS]
    return pl.DataFrame(rows, schema=dict.fromkeys(shape.names, pl.String), orient="row")


def _parts(data: bytes, file: str, shape: _Shape, columns: Sequence[str]) -> Iterator[Rows]:
    """Read the rows, some megabytes of text at a time; the header is none of them."""
    begin, line = len(_first_line(data)), 2
    while True:
        end = _cut(data, begin, ord(shape.separator))
        text = _Text(data[begin:end], begin, line, file)
        yield _rows(text, _records(text, shape), shape, columns)
        begin, line = end, line + text.data.count(b"\n")
        if begin >= len(data):
            return


def _cut(data: bytes, begin: int, separator: int) -> int:
    """Find the end of a part: after a line break that lies in no quoted cell; the end of the file where none is."""
    end = begin + PART_BYTES
    if end >= len(data):
        return len(data)
    part = data[begin:end]
    if b'"' not in part:
        return begin + part.rfind(b"\n") + 1 if b"\n" in part else len(data)
    raw = np.frombuffer(part, np.uint8)
    lines = np.flatnonzero(raw == _NEWLINE)
    quotes, _ = _quotes(raw, lines, separator)
    breaks = lines[~_inside(quotes, lines)]
    return begin + int(breaks[-1]) + 1 if breaks.size else len(data)


def _as_utf8(data: bytes, file: str, encoding: str) -> tuple[bytes, str]:
    """Give the text as UTF-8 without its mark, and the encoding's name. UTF-8 is checked later, record by record."""
    try:
        name = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else codecs.lookup(encoding).name
        text = data.removeprefix(codecs.BOM_UTF8) if name in _UNICODE else data.decode(name).encode()
    except LookupError:
        message = f"{shown(encoding)} is not an encoding; allowed: utf-8, utf-16, latin-1, cp1252 and others of Python"
        raise InputError(Problem(message, path="encoding")) from None
    except UnicodeError as error:
        place = getattr(error, "start", 0)
        message = f"is not {name} at byte {place:,}: {error.__class__.__name__}"
        raise InputError(Problem(message, file=file, line=data.count(b"\n", 0, place) + 1)) from None
    return text if b"\n" in text else text.replace(b"\r", b"\n"), name


def _wrong_header(header: Sequence[str]) -> str | None:
    cells = [cell.strip() for cell in header]
    twice = sorted({cell for cell in cells if cell and cells.count(cell) > 1})
    if twice:
        return f"columns named twice: {', '.join(map(shown, twice))}"
    if any(_LIKE_A_CELL.match(cell) for cell in cells):
        return "has no header: the first row reads like a visit"
    return None


def _records(text: _Text, shape: _Shape) -> _Records:
    """Find the records of a part, and what is wrong with them."""
    raw, separator = np.frombuffer(text.data, np.uint8), ord(shape.separator)
    regular = _regular(text, raw, shape)
    if regular is not None:
        return regular
    lines = np.flatnonzero(raw == _NEWLINE)
    quotes, stray = _quotes(raw, lines, separator)
    _check_closed(text, lines, quotes, separator)
    breaks = lines[~_inside(quotes, lines)]
    start, end = np.concatenate([[0], breaks + 1]), np.append(breaks, raw.size)
    if start[-1] == raw.size:
        start, end = start[:-1], end[:-1]
    separators = np.flatnonzero(raw == separator)
    separators = separators[~_inside(quotes, separators)]
    found = np.searchsorted(separators, end) - np.searchsorted(separators, start)
    fault = np.where(found == len(shape.names) - 1, _FINE, _RAGGED).astype(np.uint8)
    fault[np.searchsorted(start, stray, "right") - 1] = _STRAY
    if b"\0" in text.data:
        fault[np.searchsorted(start, np.flatnonzero(raw == 0), "right") - 1] = _NUL
    for index in _not_utf8(text.data, raw, start, end):
        fault[index] = _FOREIGN
    kept = ~((end == start) | ((end == start + 1) & (raw[np.minimum(start, raw.size - 1)] == _RETURN)))
    line = np.searchsorted(lines, start) + text.line
    return _Records(start[kept], end[kept], line[kept], fault[kept])


def _regular(text: _Text, raw: NDArray[np.uint8], shape: _Shape) -> _Records | None:
    """Find the records where every line is one of them and nothing is quoted or foreign, in a quarter of the time."""
    if b'"' in text.data or b"\0" in text.data or not text.data.endswith(b"\n") or not _is_utf8(text.data):
        return None
    marks = np.flatnonzero((raw == ord(shape.separator)) | (raw == _NEWLINE))
    if marks.size % len(shape.names):
        return None
    kinds = raw[marks].reshape(-1, len(shape.names)) == _NEWLINE
    if not kinds[:, -1].all() or kinds[:, :-1].any():
        return None
    end = marks[len(shape.names) - 1 :: len(shape.names)]
    start = np.concatenate([[0], end[:-1] + 1])
    return _Records(start, end, np.arange(end.size) + text.line, np.zeros(end.size, np.uint8))


def _inside(quotes: Places, places: Places) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = np.searchsorted(quotes, places) % 2 == 1
    return inside


def _quotes(raw: NDArray[np.uint8], lines: Places, separator: int) -> tuple[Places, Places]:
    """Find the quotes that open or close a cell or stand doubled in one, and the places of those that do neither.

    All quotes of a line with a stray one are taken for text, so that the lines after it can still be read.
    """
    quotes = np.flatnonzero(raw == _QUOTE)
    before, after = _neighbours(raw, quotes)
    edges = np.array([separator, _NEWLINE, _RETURN, _QUOTE])
    stray = quotes[~np.isin(before, edges) & ~np.isin(after, edges)]
    bad = np.isin(np.searchsorted(lines, quotes), np.searchsorted(lines, stray))
    return quotes[~bad], stray


def _neighbours(raw: NDArray[np.uint8], quotes: Places) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Give the bytes before and after; beyond the ends of the text stand line breaks."""
    before = np.where(quotes > 0, raw[quotes - 1], np.uint8(_NEWLINE))
    after = np.where(quotes + 1 < raw.size, raw[np.minimum(quotes + 1, raw.size - 1)], np.uint8(_NEWLINE))
    return before, after


def _check_closed(text: _Text, lines: Places, quotes: Places, separator: int) -> None:
    """Refuse a text in which a quoted cell does not end where a quote says it does."""
    data = text.data
    before, after = _neighbours(np.frombuffer(data, np.uint8), quotes)
    edges = np.array([separator, _NEWLINE, _RETURN])
    doubled = np.diff(quotes, append=-2) == 1
    opens = np.isin(before[0::2], edges) | np.concatenate([[False], doubled[1::2]])[: before[0::2].size]
    closes = np.isin(after[1::2], edges) | doubled[1::2]
    pairs = closes.size
    wrong = np.flatnonzero(~(opens[:pairs] & closes))
    place = 2 * int(wrong[0]) if wrong.size else quotes.size - 1
    if wrong.size or quotes.size % 2:
        byte = int(quotes[place])
        line = int(np.searchsorted(lines, byte)) + text.line
        cell = shown(data[byte : byte + 60].decode(errors="backslashreplace"))
        message = f"a quote opens at byte {text.byte + byte:,} and does not close at the end of its cell: {cell}"
        raise InputError(Problem(message, file=text.file, line=line))


def _not_utf8(data: bytes, raw: NDArray[np.uint8], start: Places, end: Places) -> list[int]:
    """Find the records that are not UTF-8."""
    try:
        data.decode()
    except UnicodeDecodeError:
        pass
    else:
        return []
    suspects = np.unique(np.searchsorted(start, np.flatnonzero(raw >= 0x80), "right") - 1)
    return [index for index in suspects.tolist() if not _is_utf8(data[start[index] : end[index]])]


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _rows(text: _Text, records: _Records, shape: _Shape, columns: Sequence[str]) -> Rows:
    fine = records.fault == _FINE
    faults = np.flatnonzero(~fine)
    lines = pl.Series(PLACE, records.line[fine])
    names = [f"column_{place}" for place in range(1, len(shape.names) + 1)]
    wanted = [shape.names.index(column) for column in columns]
    frame = pl.read_csv(
        _joined(text.data, records, fine),
        has_header=False,
        separator=shape.separator,
        schema=dict.fromkeys(names, pl.String),
        columns=[names[place] for place in wanted],
        raise_if_empty=False,
    )
    if frame.height != lines.len():
        raise InputError(f"{frame.height} of {lines.len()} rows could be read; write the log as plain CSV")
    cells = frame.select(unguarded(pl.col(names[place])).alias(shape.names[place]) for place in wanted)
    spans = zip(records.start[faults].tolist(), records.end[faults].tolist(), strict=True)
    texts = [text.data[start:end][:_TEXT_KEPT].decode(errors="backslashreplace") for start, end in spans]
    reasons = [_FAULTS[code] for code in records.fault[faults].tolist()]
    return Rows(cells.insert_column(0, lines), refused(records.line[faults].tolist(), reasons, texts))


def _joined(data: bytes, records: _Records, chosen: NDArray[np.bool_]) -> bytes:
    """Copy the chosen records, neighbours together."""
    if chosen.all() and data.endswith(b"\n") and _gapless(data, records):
        return data
    start, end = records.start[chosen], records.end[chosen]
    gaps = np.flatnonzero(start[1:] != end[:-1] + 1)
    firsts, lasts = np.concatenate([start[:1], start[gaps + 1]]), np.concatenate([end[gaps], end[-1:]])
    return b"".join(data[first:last] + b"\n" for first, last in zip(firsts, lasts, strict=True))


def _gapless(data: bytes, records: _Records) -> bool:
    """Tell whether records fill a text, without an empty line before, between or after them."""
    ends = np.concatenate([[-1], records.end])
    return bool(ends[-1] == len(data) - 1 and (records.start == ends[:-1] + 1).all())
