"""Read YAML into plain values that remember their lines.

The rules are those of YAML 1.2's core schema, made narrower, so that a text means what it looks like:

* ``true`` and ``false`` are the only truth values, ``null``, ``~`` and nothing the only empty ones. ``NO``, ``on``,
  ``9:00``, ``12:30:45``, ``2026-01-05``, ``0x10`` and ``1_000`` stay text; a schema says what they are.
* ``10`` is a whole number, ``1e3`` and ``.5`` are numbers. ``010`` is refused, since some readers take it for 8; so is
  what is not finite or has more digits than a number can keep.
* A name before ``:`` is always text, just as written. The same name twice is refused, and so is ``<<``.
* Tags (``!!python/object``) are refused. Aliases are copied out, up to a bound.

What is read comes from ruamel.yaml's stream of events, one event at a time: nothing is built before it is counted, so
that a hostile file costs bounded time and memory. YAML 1.2.2: https://yaml.org/spec/1.2.2/
"""

import codecs
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)
from ruamel.yaml.scanner import Scanner, ScannerError

from twin.errors import InputError, Problem, shown

MAX_BYTES = 5_000_000
MAX_DEPTH = 60
MAX_NODES = 100_000
MAX_DIGITS = 18
MAX_NUMBER_LENGTH = 40

KeyPath = tuple[str | int, ...]

_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}
_INTEGER = re.compile(r"[-+]?[0-9]+")
_NUMBER = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_NOT_PRINTABLE = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_OPEN = object()


@dataclass(frozen=True)
class Document:
    """One YAML file as plain values, with the line of every part.

    Attributes
    ----------
    value
        The file's mapping: dict, list, str, int, float, bool and None only.
    lines
        Line, counted from 1, of each key path; list entries by their index from 0. Parts copied by an alias have none.
    file
        The file's name as errors show it.
    """

    value: dict[str, Any]
    lines: Mapping[KeyPath, int]
    file: str

    def line(self, path: KeyPath) -> int | None:
        """Find the line of a key path, or of its nearest ancestor that has one."""
        return next((self.lines[path[:n]] for n in range(len(path), -1, -1) if path[:n] in self.lines), None)

    def problem(self, message: str, path: KeyPath = ()) -> Problem:
        """Make a problem at a key path of this file."""
        return Problem(message, path=dotted(path), file=self.file, line=self.line(path))

    def located(self, problem: Problem) -> Problem:
        """Add file and line to a problem that only knows its path; leave any other as it is."""
        if problem.file is not None:
            return problem
        names = problem.path
        while names and names not in self._dotted_lines:
            names = names.rpartition(".")[0]
        return replace(problem, file=self.file, line=self._dotted_lines.get(names))

    @cached_property
    def _dotted_lines(self) -> dict[str, int]:
        return {dotted(path): line for path, line in self.lines.items()}


def dotted(path: KeyPath) -> str:
    """Write a key path the way problems show it: ``work.feature.steps.1``, control characters escaped."""
    return ".".join(name if name.isprintable() else repr(name)[1:-1] for name in map(str, path))


def decoded(content: bytes, file: str) -> str:
    """Decode UTF-8, or UTF-16 where it says so by a byte order mark.

    Raises
    ------
    InputError
        Where the bytes are something else or hold control characters, with the byte offset counted from 0.
    """
    mark = next((mark for mark in _BYTE_ORDER_MARKS if content.startswith(mark)), b"")
    encoding = _BYTE_ORDER_MARKS.get(mark, "utf-8")
    try:
        text = content[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        offset = len(mark) + error.start
        what = f"byte {content[offset]:#04x} at offset {offset} is not {encoding.upper()}; save the file as UTF-8"
        raise InputError(Problem(what, file=file, line=content[:offset].count(b"\n") + 1)) from None
    found = _NOT_PRINTABLE.search(text)
    if found:
        before = text[: found.start()]
        offset = len(mark) + len(before.encode(encoding))
        what = f"control character U+{ord(found.group()):04X} at byte offset {offset}; a text file has none, remove it"
        raise InputError(Problem(what, file=file, line=before.count("\n") + 1))
    return text


def read_marked(content: bytes, file: str) -> Document:
    """Read the bytes of one YAML file.

    Parameters
    ----------
    content
        The whole file.
    file
        Its name for errors.

    Raises
    ------
    InputError
        With every problem found up to the first that makes the rest unreadable.
    """
    if len(content) > MAX_BYTES:
        raise InputError(Problem(f"the file is larger than {MAX_BYTES // 1_000_000} MB", file=file))
    yaml = YAML(typ="safe", pure=True)
    yaml.Scanner = _Scanner
    walk = _Walk(yaml.parse(decoded(content, file)), file)
    try:
        value = _one_mapping(walk)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        _stop(walk, _explained(error), line=mark.line + 1 if mark else None)
    if walk.problems:
        raise InputError(*walk.problems)
    return Document(value, walk.lines, file)


def plain_value(text: str) -> str | int | float | bool | None:
    """Read an unquoted text as the value it stands for.

    Raises
    ------
    ValueError
        Where it looks like a number and cannot be one exactly.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f"{text} is not a finite number")
    if _INTEGER.fullmatch(text):
        return _integer(text)
    return _real(text) if _NUMBER.fullmatch(text) else text


def _integer(text: str) -> int:
    digits = text.lstrip("+-")
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"{shown(text)} has {len(digits)} digits; a whole number has at most {MAX_DIGITS}")
    if len(digits) > 1 and digits.startswith("0"):
        decimal = digits.lstrip("0") or "0"
        raise ValueError(
            f"{text} starts with 0, which some readers take for octal. Write {decimal}, or '{text}' for text"
        )
    return int(text)


def _real(text: str) -> float:
    number = float(text) if len(text) <= MAX_NUMBER_LENGTH else math.nan
    if not math.isfinite(number):
        raise ValueError(f"{shown(text)} is not a finite number of at most {MAX_NUMBER_LENGTH} characters")
    return number or 0.0  # -0.0 becomes 0.0


class _Scanner(Scanner):
    """Ruamel's scanner, stopped at what would cost it quadratic time and is refused anyway."""

    def fetch_flow_collection_start(self, TokenClass: Any, to_push: str) -> None:  # noqa: N803 - ruamel's name
        if self.flow_level >= MAX_DEPTH:
            raise ScannerError(None, None, _TOO_DEEP, self.reader.get_mark())
        super().fetch_flow_collection_start(TokenClass, to_push)

    def fetch_tag(self) -> None:
        raise ScannerError(None, None, _TAGGED, self.reader.get_mark())


_TOO_DEEP = f"more than {MAX_DEPTH} levels inside one another"
_TAGGED = "a tag (a word that starts with '!') is not allowed here; put text that starts with '!' in quotes"
_ONE_MAPPING = "expected one mapping (lines of `name: value`)"


@dataclass
class _Walk:
    """What is known while the events of one file pass by."""

    events: Iterator[Event]
    file: str
    lines: dict[KeyPath, int] = field(default_factory=dict)
    anchors: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    nodes: int = 0


def _one_mapping(walk: _Walk) -> dict[str, Any]:
    event = next(walk.events)
    while isinstance(event, StreamStartEvent | DocumentStartEvent):
        event = next(walk.events)
    line = _line(event)
    if isinstance(event, StreamEndEvent):
        _stop(walk, f"{_ONE_MAPPING}; the file is empty", line=None)
    if not isinstance(event, MappingStartEvent):
        found = "a list" if isinstance(event, SequenceStartEvent) else "a single value"
        _stop(walk, f"{_ONE_MAPPING}, found {found}", line=line)
    walk.lines[()] = line
    value: dict[str, Any] = _node(walk, event, ())
    next(walk.events)
    event = next(walk.events)
    if not isinstance(event, StreamEndEvent):
        _stop(walk, f"{_ONE_MAPPING}, found a second document", line=_line(event))
    return value


def _node(walk: _Walk, event: Event, path: KeyPath) -> Any:
    line = _line(event)
    if isinstance(event, AliasEvent):
        return _copied(walk, _anchored(walk, event, path), path, line)
    _count(walk, path, line)
    anchor = getattr(event, "anchor", None)
    if anchor:
        walk.anchors[anchor] = _OPEN
    value: Any
    if isinstance(event, ScalarEvent):
        value = _scalar(walk, event, path)
    elif isinstance(event, SequenceStartEvent):
        value = _sequence(walk, path)
    else:
        value = _mapping(walk, path)
    if anchor:
        walk.anchors[anchor] = value
    return value


def _scalar(walk: _Walk, event: ScalarEvent, path: KeyPath) -> Any:
    text: str = event.value
    if _SURROGATE.search(text):
        _note(walk, "half a surrogate pair is no character; write it as \\UXXXXXXXX", path, _line(event))
    if event.style is not None:
        return text
    try:
        return plain_value(text)
    except ValueError as error:
        _note(walk, str(error), path, _line(event))
        return text


def _sequence(walk: _Walk, path: KeyPath) -> list[Any]:
    value: list[Any] = []
    while not isinstance(event := next(walk.events), SequenceEndEvent):
        entry = (*path, len(value))
        walk.lines[entry] = _line(event)
        value.append(_node(walk, event, entry))
    return value


def _mapping(walk: _Walk, path: KeyPath) -> dict[str, Any]:
    value: dict[str, Any] = {}
    first: dict[str, int] = {}
    while not isinstance(event := next(walk.events), MappingEndEvent):
        name, line = _name(walk, event, path), _line(event)
        entry = (*path, name)
        if name in first:
            _note(walk, f"{shown(name)} is written twice, in lines {first[name]} and {line}; keep one", entry, line)
        first.setdefault(name, line)
        walk.lines.setdefault(entry, line)
        value[name] = _node(walk, next(walk.events), entry)
    return value


def _name(walk: _Walk, event: Event, path: KeyPath) -> str:
    line = _line(event)
    if not isinstance(event, ScalarEvent):
        _stop(walk, "a name before ':' must be a text", path=path, line=line)
    name: str = event.value
    if event.style is None and name == "":
        _note(walk, "a name is missing before ':'", path, line)
    if event.style is None and name == "<<":
        _note(walk, "merge keys (<<) are not read; write the fields out", path, line)
    if _SURROGATE.search(name):
        _note(walk, "half a surrogate pair is no character; write it as \\UXXXXXXXX", path, line)
    if event.anchor:
        walk.anchors[event.anchor] = name
    return name


def _anchored(walk: _Walk, event: AliasEvent, path: KeyPath) -> Any:
    if event.anchor not in walk.anchors:
        _stop(walk, f"*{event.anchor} refers to nothing above; no &{event.anchor} comes before", path, _line(event))
    value = walk.anchors[event.anchor]
    if value is _OPEN:
        _stop(walk, f"*{event.anchor} refers to what it is part of", path, _line(event))
    return value


def _copied(walk: _Walk, value: Any, path: KeyPath, line: int) -> Any:
    _count(walk, path, line)
    if isinstance(value, dict):
        return {name: _copied(walk, part, (*path, name), line) for name, part in value.items()}
    if isinstance(value, list):
        return [_copied(walk, part, (*path, index), line) for index, part in enumerate(value)]
    return value


def _count(walk: _Walk, path: KeyPath, line: int) -> None:
    walk.nodes += 1
    if walk.nodes > MAX_NODES:
        _stop(walk, f"more than {MAX_NODES} values, aliases counted as often as they are used", line=line)
    if len(path) > MAX_DEPTH:
        _stop(walk, _TOO_DEEP, line=line)


def _line(event: Event) -> int:
    line: int = event.start_mark.line
    return line + 1


def _note(walk: _Walk, message: str, path: KeyPath, line: int) -> None:
    walk.problems.append(Problem(message, path=dotted(path), file=walk.file, line=line))


def _stop(walk: _Walk, message: str, path: KeyPath = (), line: int | None = None) -> NoReturn:
    raise InputError(*walk.problems, Problem(message, path=dotted(path), file=walk.file, line=line)) from None


def _explained(error: MarkedYAMLError) -> str:
    what = str(error.problem or error.context)
    if what in {_TOO_DEEP, _TAGGED}:
        return what
    if "'\\t'" in what:
        return "a tab stands where YAML allows only spaces; replace it by spaces"
    if "cannot start any token" in what:
        return f"{what}; put the text in quotes"
    if "mapping values are not allowed" in what:
        return "a second ': ' in this line, or a wrong indent; put text that holds ': ' in quotes"
    where = f" {error.context}" if error.context else ""
    return f"not readable as YAML{where}: {what}"
