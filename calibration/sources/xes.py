"""Read XES, event logs as XML: one row for each event, at the line of its tag.

    <log> <trace> attributes <event> attributes

An event's attributes (string, date, int, float, boolean, id) are columns under their keys, those of its trace under
``case:`` and theirs, so ``case:concept:name`` is the case; values are text as written. Left out are attributes inside
attributes, lists and containers, attributes of the log, classifiers and extensions. So are the values of ``<global>``:
the standard has every event bring the attributes declared there, and what writers put beside them (UNKNOWN,
__INVALID__, 1970) stands for no value of any event; one that lacks an attribute has none here either.

The file is read once from front to back. Attributes are kept as (whose, which, value), so memory follows the size of
the file, however many keys there are. No document type is allowed, hence no entities, and nothing outside is opened;
depth, keys, events and the length of a tag have limits.

Source: IEEE 1849-2016 (XES), sections 4 and 5.
"""

import re
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from xml.parsers import expat

import numpy as np
import polars as pl
from numpy.typing import NDArray

from calibration.sources.content import Content
from calibration.sources.table import PLACE, Rows, Table, refused
from twin.errors import InputError, Problem

MAX_DEPTH: Final = 64
MAX_KEYS: Final = 500
"""Different keys of events, and of traces; logs have up to some hundred."""
MAX_EVENTS: Final = 50_000_000
MAX_TAG: Final = 4 << 20
"""Bytes of a tag or a comment: the parser looks at a longer one anew with each part of the file that it is given."""
FEED: Final = 1 << 20
PART_VALUES: Final = 200_000
PART_EVENTS: Final = 20_000
"""So many attributes, or events, are packed together; before, attributes are Python values."""
HEAD_ROWS: Final = 200
_TEXT_KEPT: Final = 1000

CASE: Final = "case:concept:name"
_NAME: Final = "concept:name"
_TYPES: Final = ("string", "date", "int", "float", "boolean", "id")
_INSTEAD: Final = "export the log as XES, CSV or Parquet"
_HTML: Final = re.compile(rb"\W*<(!doctype\s+)?html\b", re.IGNORECASE)
_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_EVENTS, _TRACES = range(2)
_NO_KEY: Final = MAX_KEYS + 1
_FINE, _OUTSIDE, _UNNAMED, _TWICE = range(4)
_FAULTS: Final = (
    "",
    "event outside a trace",
    "its trace has no concept:name",
    "an attribute twice with different values",
)
_CUT: Final = frozenset(
    expat.errors.codes[error]
    for error in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
    )
)

Places = NDArray[np.int64]


class _Packed(NamedTuple):
    """Attributes of events or traces that follow each other."""

    first: int  # number of the first of these
    end: int  # number after the last
    values: pl.DataFrame  # owner (Int64), key (UInt16: number of the key), value (String)


@dataclass(slots=True)
class _Attributes:
    """Attributes in the order of the file: of which event or trace, which, and the value."""

    keys: dict[str, int] = field(default_factory=dict)
    owner: list[int] = field(default_factory=list)
    key: list[int] = field(default_factory=list)
    value: list[str] = field(default_factory=list)
    packed: list[_Packed] = field(default_factory=list)

    def add(self, owner: int, key: str, value: str) -> None:
        number = self.keys.get(key)
        if number is None:
            number = self.keys[key] = len(self.keys)
        self.owner.append(owner)
        self.key.append(number)
        self.value.append(value)

    def pack(self, end: int) -> None:
        """Pack what was added since the last time, up to the event or trace before `end`."""
        first = self.packed[-1].end if self.packed else 0
        schema = {"owner": pl.Int64, "key": pl.UInt16, "value": pl.String}
        self.packed.append(_Packed(first, end, pl.DataFrame([self.owner, self.key, self.value], schema=schema)))
        self.owner, self.key, self.value = [], [], []


@dataclass(slots=True)
class _Log:
    """What has been read, and where in the document the parser is."""

    file: str
    parser: expat.XMLParserType
    events: _Attributes = field(default_factory=_Attributes)
    traces: _Attributes = field(default_factory=_Attributes)
    lines: "array[int]" = field(default_factory=lambda: array("q"))  # of each event
    trace_of: "array[int]" = field(default_factory=lambda: array("q"))  # of each event; -1 outside traces
    trace_count: int = 0
    depth: int = 0
    trace: int = -1  # the one that is open
    level: int = 0  # depth of the attributes of what is open, an event or else a trace; 0 where neither is
    owner: int = 0  # number of what is open, in `open`
    open: _Attributes = field(default_factory=_Attributes)
    types: frozenset[str] = frozenset()
    tags: tuple[str, str] = ("", "")  # trace, event; names have the namespace of the root before them

    def begin(self, tag: str, attributes: dict[str, str]) -> None:
        """Take a start tag; called for each of millions."""
        self.depth += 1
        if self.depth != self.level or tag not in self.types:
            self.enter(tag)
            return
        key, value = attributes.get("key"), attributes.get("value")
        if key and value is not None:
            self.open.add(self.owner, key, value)

    def end(self, _: str) -> None:
        """Take an end tag."""
        self.depth -= 1
        if self.depth == self.level - 2:
            if self.depth == 1:
                self.trace, self.level = -1, 0
            else:
                self.level, self.owner, self.open = 3, self.trace, self.traces

    def enter(self, tag: str) -> None:
        """Enter the log, a trace, an event, or something that is passed over."""
        if self.depth == 1:
            self.enter_log(tag)
        elif tag == self.tags[1]:
            self.enter_event()
        elif tag == self.tags[0]:
            self.enter_trace()
        elif self.depth > MAX_DEPTH:
            raise self.problem(f"is nested deeper than {MAX_DEPTH}")

    def enter_log(self, tag: str) -> None:
        space, _, name = tag.rpartition(" ")
        if name != "log":
            raise self.problem(f"is XML of <{name[:40]}>, not the <log> of XES; {_INSTEAD}")
        before = f"{space} " if space else ""
        self.types = frozenset(f"{before}{each}" for each in _TYPES)
        self.tags = (f"{before}trace", f"{before}event")

    def enter_trace(self) -> None:
        if self.depth != 2:
            raise self.problem("has a <trace> inside another element than <log>")
        self.check_keys(self.traces)
        if len(self.traces.value) >= PART_VALUES:
            self.traces.pack(self.trace_count)
        self.trace = self.owner = self.trace_count
        self.trace_count += 1
        self.level, self.open = 3, self.traces

    def enter_event(self) -> None:
        if self.depth != (2 if self.trace < 0 else 3):
            raise self.problem("has an <event> inside another element than <trace> or <log>")
        self.check_keys(self.events)
        self.owner = len(self.lines)
        if self.owner >= MAX_EVENTS:
            raise self.problem(f"has more than {MAX_EVENTS:,} events; read it in parts")
        if self.owner and (len(self.events.value) >= PART_VALUES or self.owner % PART_EVENTS == 0):
            self.events.pack(self.owner)
        self.lines.append(self.parser.CurrentLineNumber)
        self.trace_of.append(self.trace)
        self.level, self.open = self.depth + 1, self.events

    def check_keys(self, attributes: _Attributes) -> None:
        if len(attributes.keys) > MAX_KEYS:
            raise self.problem(f"has attributes of more than {MAX_KEYS} different keys up to here; keys are names")

    def refuse_type(self, *_: object) -> None:
        """Refuse a document type: entities expand without bound, or bring in what lies elsewhere."""
        raise self.problem("has a DOCTYPE, which is not allowed; XES needs none")

    def problem(self, message: str) -> InputError:
        return InputError(Problem(message, file=self.file, line=self.parser.CurrentLineNumber))


def looks_like_xml(data: bytes) -> bool:
    """Tell whether a file begins as XML does, or HTML."""
    head = data[:64]
    if head.startswith(_MARKS):
        head = head.decode("utf-16", errors="ignore").encode(errors="ignore")
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")


def read_xes(content: Content, file: str) -> Table:
    """Read a log; its rows are laid out when asked for.

    Parameters
    ----------
    content
        XML in the encoding it declares, or UTF-8, or UTF-16 with its mark.
    file
        Name for messages.

    Raises
    ------
    InputError
        Where it is no XML or cut off, no XES, has no events, or goes beyond a limit.
    """
    if _HTML.match(content.data[:1024]):
        raise InputError(Problem(f"is an HTML page; {_INSTEAD}", file=file))
    log = _parsed(content.data, file)
    if not log.lines:
        raise InputError(Problem("holds no events", file=file))
    parts = tuple(_parts(log))
    sources = {key: (_EVENTS, number) for key, number in log.events.keys.items()}
    sources |= {} if CASE in sources else {CASE: (_TRACES, _NO_KEY)}
    sources |= {f"case:{key}": (_TRACES, number) for key, number in log.traces.keys.items()}
    name = log.events.keys.get(_NAME, _NO_KEY)

    def rows(columns: Sequence[str]) -> Iterator[Rows]:
        return (_rows(part, {column: sources[column] for column in columns}, name) for part in parts)

    def head() -> pl.DataFrame:
        return _rows(_first_of(parts[0]), sources, name).frame.drop(PLACE)

    dialect = f"XES, {len(log.lines):,} events of {log.trace_count:,} traces{', gzip' if content.packed else ''}"
    return Table(file, dialect, tuple(sources), ", ".join(sources), rows, head)


def _parsed(data: bytes, file: str) -> _Log:
    parser = expat.ParserCreate(namespace_separator=" ")
    log = _Log(file, parser)
    parser.StartDoctypeDeclHandler = log.refuse_type
    parser.StartElementHandler, parser.EndElementHandler = log.begin, log.end
    view = memoryview(data)
    try:
        for end in range(FEED, len(data) + FEED, FEED):
            parser.Parse(view[end - FEED : end], False)
            if end - parser.CurrentByteIndex > MAX_TAG + FEED:
                raise log.problem(f"has a tag of more than {MAX_TAG >> 20} MiB")
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        what = "is cut off, XML that does not end" if error.code in _CUT else "is no whole XML"
        told = f"{what}: {expat.ErrorString(error.code)} in column {error.offset + 1}"
        raise InputError(Problem(told, file=file, line=error.lineno)) from None
    except (LookupError, ValueError) as error:
        raise InputError(Problem(f"declares an encoding that is not read: {error}", file=file, line=1)) from None
    for attributes, count in ((log.events, len(log.lines)), (log.traces, log.trace_count)):
        log.check_keys(attributes)
        attributes.pack(count)
    return log


class _Part(NamedTuple):
    """Events that follow each other; pairs are of the events and of their traces."""

    lines: Places  # of each event
    places: tuple[Places, Places]  # of each event among the events and the traces of the part
    counts: tuple[int, int]  # how many there are; a place of so much is none
    values: tuple[pl.DataFrame, pl.DataFrame]  # as in _Packed, owners by their place


def _parts(log: _Log) -> Iterator[_Part]:
    cases = pl.concat(each.values for each in log.traces.packed).rechunk()
    all_lines, all_traces = (np.frombuffer(each, np.int64) for each in (log.lines, log.trace_of))
    for first, end, own in log.events.packed:
        trace = all_traces[first:end]
        inside = trace[trace >= 0]
        low, high = (int(inside[0]), int(inside[-1]) + 1) if inside.size else (0, 0)
        begin, stop = (int(cases["owner"].search_sorted(each)) for each in (low, high))
        yield _Part(
            all_lines[first:end],
            (np.arange(end - first), np.where(trace < 0, high - low, trace - low)),
            (end - first, high - low),
            (
                own.with_columns(pl.col("owner") - first),
                cases.slice(begin, stop - begin).with_columns(pl.col("owner") - low),
            ),
        )


def _first_of(part: _Part) -> _Part:
    """Give the first events of a part."""
    few = min(part.counts[0], HEAD_ROWS)
    events, traces = part.places
    own, cases = part.values
    places, values = (events[:few], traces[:few]), (own.filter(pl.col("owner") < few), cases)
    return _Part(part.lines[:few], places, (few, part.counts[1]), values)


def _rows(part: _Part, columns: Mapping[str, tuple[int, int]], name: int) -> Rows:
    """Lay out events.

    Parameters
    ----------
    part
        The events.
    columns
        Column to whose attribute it is, and the number of its key.
    name
        Number of the key of an event's name.
    """
    fault = np.zeros(part.lines.size, np.uint8)
    laid = [pl.Series(PLACE, part.lines)]
    for column, (whose, key) in columns.items():
        values, twice = _column(part.values[whose], key, part.counts[whose])
        laid.append(values[part.places[whose]].alias(column))
        fault[np.isin(part.places[whose], twice)] = _TWICE
    frame = pl.DataFrame(laid)
    if columns.get(CASE, (_EVENTS, 0))[0] == _TRACES:  # the case is the name of the trace
        fault[frame[CASE].is_null().to_numpy()] = _UNNAMED
        fault[part.places[_TRACES] == part.counts[_TRACES]] = _OUTSIDE
    at = np.flatnonzero(fault)
    names = _column(part.values[_EVENTS], name, part.counts[_EVENTS])[0][at] if at.size else pl.Series(dtype=pl.String)
    texts = [f"{_NAME}={each or ''}"[:_TEXT_KEPT] for each in names]
    reasons = [_FAULTS[code] for code in fault[at].tolist()]
    return Rows(frame.filter(fault == _FINE), refused(part.lines[at].tolist(), reasons, texts))


def _column(values: pl.DataFrame, key: int, count: int) -> tuple[pl.Series, Places]:
    """Lay out one attribute, and say who has it twice with different values.

    Parameters
    ----------
    values
        As in `_Packed`.
    key
        Number of its key.
    count
        How many events or traces there are; one place more, the last, has no value.
    """
    mine = values.filter(pl.col("key") == key)
    owner, given = mine["owner"].to_numpy(), mine["value"]
    chosen = np.full(count + 1, owner.size)
    chosen[owner] = np.arange(owner.size)
    again = np.flatnonzero(chosen[owner] != np.arange(owner.size))
    differs = (given[chosen[owner[again]]] != given[again]).to_numpy()
    return given.extend_constant(None, 1)[chosen], owner[again][differs]
