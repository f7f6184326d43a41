"""Lay values out as the YAML a person would write.

Mappings whose fields are all simple stand on one line in braces, and so do list entries with one more level inside;
everything else is indented. Names keep their order. A text is quoted only where `twin.marks` would take it for
something else: reading what was written gives the same values again.
"""

import io
import math
from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.emitter import Emitter
from ruamel.yaml.events import (
    DocumentEndEvent,
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
from ruamel.yaml.tag import Tag

from twin.errors import shown
from twin.marks import MAX_DIGITS, plain_value

WIDTH = 120
UNBROKEN = 1 << 30
LONGEST_LINE_IN_BRACES = 100

_TEXT = Tag(suffix="tag:yaml.org,2002:str")


def dump_yaml(value: dict[str, Any]) -> str:
    """Write a mapping as YAML text that `twin.marks` reads back to the same values.

    Parameters
    ----------
    value
        Dicts with text as keys, lists, str, int, float, bool and None.

    Raises
    ------
    ValueError
        Where a number is not finite or has more than 18 digits.
    TypeError
        Where a value is of another type.
    """
    yaml = YAML(typ="safe", pure=True)
    yaml.Emitter = _Emitter
    yaml.width = WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = io.StringIO()
    yaml.emit(_document(value), stream)
    return stream.getvalue()


class _Emitter(Emitter):
    """Ruamel's emitter, kept from breaking lines inside a text: a broken name is no name."""

    def process_scalar(self) -> None:
        width, self.best_width = self.best_width, UNBROKEN
        super().process_scalar()
        self.best_width = width


def _document(value: dict[str, Any]) -> Iterator[Event]:
    yield StreamStartEvent()
    yield DocumentStartEvent(explicit=False)
    yield from _mapping(value, in_braces=not value)
    yield DocumentEndEvent(explicit=False)
    yield StreamEndEvent()


def _node(value: Any, *, in_braces: bool, entry: bool = False) -> Iterator[Event]:
    if isinstance(value, dict):
        yield from _mapping(value, in_braces=in_braces or _fits_braces(value, levels=2 if entry else 1))
    elif isinstance(value, list):
        yield from _sequence(value, in_braces=in_braces or _height(value) == 1)
    else:
        yield _scalar(value)


def _mapping(value: dict[str, Any], *, in_braces: bool) -> Iterator[Event]:
    yield MappingStartEvent(None, None, implicit=True, flow_style=in_braces)
    for name, part in value.items():
        yield _text(name, quoted=name in {"", "<<"})
        yield from _node(part, in_braces=in_braces)
    yield MappingEndEvent()


def _sequence(value: list[Any], *, in_braces: bool) -> Iterator[Event]:
    yield SequenceStartEvent(None, None, implicit=True, flow_style=in_braces)
    for part in value:
        yield from _node(part, in_braces=in_braces, entry=True)
    yield SequenceEndEvent()


def _scalar(value: Any) -> Event:
    if isinstance(value, str):
        return _text(value, quoted=not _stays_text(value))
    if value is None or isinstance(value, bool):
        return _text({None: "null", True: "true", False: "false"}[value])
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} is not a finite number")
        return _text(repr(value))
    if isinstance(value, int):
        if abs(value) >= 10**MAX_DIGITS:
            raise ValueError(f"{shown(value)} has more than {MAX_DIGITS} digits")
        return _text(str(value))
    raise TypeError(f"{type(value).__name__} has no place in YAML here")


def _text(text: str, *, quoted: bool = False) -> Event:
    needs_quotes = quoted or text.startswith((":", "?"))  # the emitter leaves these bare inside braces
    style = '"' if not text.isprintable() else "'" if needs_quotes else None
    return ScalarEvent(None, _TEXT, implicit=(style is None, True), value=text, style=style)


def _stays_text(text: str) -> bool:
    try:
        return plain_value(text) == text
    except ValueError:
        return False


def _fits_braces(value: dict[str, Any], *, levels: int) -> bool:
    return _height(value) <= levels and len(str(value)) <= LONGEST_LINE_IN_BRACES


def _height(value: Any) -> int:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if parts is None else 1 + max(map(_height, parts), default=0)
