"""Say what is wrong with a file in the words of the file.

A schema (pydantic) finds the mistakes; here each becomes a problem with file, line and the path a person would write,
what is allowed there and the nearest match. Pydantic names the members of a union inside its locations
(``effort.lognormal.mean``); they are dropped, by walking the schema along with the location.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import reduce
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, TypeVar, Union, get_args, get_origin

from pydantic import AliasChoices, BaseModel, Tag, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from twin.errors import InputError, one_of, shown
from twin.marks import Document, KeyPath

M = TypeVar("M", bound=BaseModel)

_EXPECTED = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "text",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "dict_type": "a mapping (name: value)",
    "mapping_type": "a mapping (name: value)",
    "model_attributes_type": "a mapping (name: value)",
    "none_required": "nothing",
    "date_type": "a date such as 2026-01-05",
    "date_parsing": "a date such as 2026-01-05",
    "date_from_datetime_parsing": "a date such as 2026-01-05",
    "time_type": "a time such as 09:00",
    "time_parsing": "a time such as 09:00",
    "datetime_type": "a date with time such as 2026-01-05T09:00",
    "datetime_parsing": "a date with time such as 2026-01-05T09:00",
    "datetime_from_date_parsing": "a date with time such as 2026-01-05T09:00",
}
_QUOTED = re.compile(r"'([^']*)'")


def validate(model: type[M], document: Document, *, context: Mapping[str, Any] | None = None) -> M:
    """Make a model from a file, or name every mistake in it.

    Validators may raise ValueError, whose message is passed on, or, from the outermost model, `InputError` with paths
    counted from the top of the file: file and line are added here.

    Parameters
    ----------
    model
        The pydantic class of the whole file.
    document
        What `twin.files.read_yaml` read.
    context
        Passed to the validators.

    Raises
    ------
    InputError
        With all problems, in the order of the file's lines.
    """
    try:
        return model.model_validate(document.value, context=dict(context) if context is not None else None)
    except ValidationError as error:
        faults = [_fault(model, details) for details in error.errors(include_url=False)]
        problems = [document.problem(message, path) for path, message in _joined(faults)]
    except InputError as error:
        problems = [document.located(problem) for problem in error.problems]
    raise InputError(*sorted(problems, key=lambda problem: problem.line or 0)) from None


class _Fault(NamedTuple):
    """One mistake as pydantic sees it; a value that fits no member of a union has one for each member."""

    path: KeyPath
    message: str
    expected: str | None = None
    got: str = ""
    of_union: bool = False


class _Place(NamedTuple):
    """Where a location has led: the path in the file, the types allowed at its end and those just above."""

    path: KeyPath
    types: tuple[Any, ...]
    above: tuple[Any, ...] = ()
    labelled: bool = False


def _fault(model: type[BaseModel], details: ErrorDetails) -> _Fault:
    place = reduce(_step, details["loc"], _Place((), (model,)))
    kind, given = details["type"], details["input"]
    if kind in _EXPECTED or kind == "model_type":
        expected = _EXPECTED.get(kind) or _mapping_of(place.types)
        return _Fault(place.path, "", expected, _got(given), of_union=place.labelled)
    if kind == "union_tag_invalid":
        path = (*place.path, *_discriminator(details))
        return _Fault(
            path, one_of(details["ctx"]["tag"], _QUOTED.findall(details["ctx"]["expected_tags"]), noun="known")
        )
    return _Fault(place.path, _message(details, place), of_union=place.labelled)


def _message(details: ErrorDetails, place: _Place) -> str:
    kind = details["type"]
    if kind in _MESSAGES:
        return _MESSAGES[kind](details, place)
    text = details["msg"].replace("Input should be", "must be").replace("String should", "must")
    return f"{text}, {_got(details['input'])}" if text != details["msg"] else text


def _unknown_field(_: ErrorDetails, place: _Place) -> str:
    return one_of(str(place.path[-1]), _fields(place.above), noun="a field here")


def _missing_field(_: ErrorDetails, __: _Place) -> str:
    return "is required, but missing"


def _missing_kind(details: ErrorDetails, place: _Place) -> str:
    name = next(iter(_discriminator(details)), "kind")
    return f"{shown(name)} is required, but missing. Allowed: {', '.join(sorted(_kinds(place.types, name)))}."


def _discriminator(details: ErrorDetails) -> list[str]:
    """Name the field that tells the members of a union apart; none where a function does."""
    return _QUOTED.findall(details["ctx"]["discriminator"])


def _none_of_the_words(details: ErrorDetails, _: _Place) -> str:
    given, options = details["input"], _QUOTED.findall(details["ctx"]["expected"])
    return (
        one_of(given, options, noun="known")
        if isinstance(given, str)
        else f"expected {' or '.join(options)}, {_got(given)}"
    )


def _own_message(details: ErrorDetails, _: _Place) -> str:
    return str(details["ctx"]["error"])


def _too_few(details: ErrorDetails, _: _Place) -> str:
    return f"expected at least {_entries(details['ctx']['min_length'])}, got {details['ctx']['actual_length']}"


def _too_many(details: ErrorDetails, _: _Place) -> str:
    return f"expected at most {_entries(details['ctx']['max_length'])}, got {details['ctx']['actual_length']}"


def _entries(number: int) -> str:
    return "1 entry" if number == 1 else f"{number} entries"


_MESSAGES: dict[str, Callable[[ErrorDetails, _Place], str]] = {
    "extra_forbidden": _unknown_field,
    "missing": _missing_field,
    "union_tag_not_found": _missing_kind,
    "literal_error": _none_of_the_words,
    "enum": _none_of_the_words,
    "value_error": _own_message,
    "assertion_error": _own_message,
    "too_short": _too_few,
    "too_long": _too_many,
}


def _got(given: Any) -> str:
    if isinstance(given, bool):
        return f"got {str(given).lower()}"
    if given is None:
        return "got nothing"
    return f"got {'a mapping' if isinstance(given, dict) else 'a list' if isinstance(given, list) else shown(given)}"


def _joined(faults: list[_Fault]) -> Iterator[tuple[KeyPath, str]]:
    """Tell once what a value that fits no member of a union could have been.

    A member of which only a part is wrong was probably meant: the members of another type are not told then.
    """
    ancestors = {fault.path[:n] for fault in faults for n in range(len(fault.path))}
    by_path: dict[KeyPath, list[_Fault]] = {}
    for fault in faults:
        if not (fault.of_union and fault.path in ancestors):
            by_path.setdefault(fault.path, []).append(fault)
    for path, here in by_path.items():
        expected = dict.fromkeys(fault.expected for fault in here if fault.expected)
        told = dict.fromkeys(fault.message for fault in here if not fault.expected)
        wrong_type = [f"expected {' or '.join(expected)}, {_first_got(here)}"] if expected else []
        yield path, "; or: ".join([*told, *wrong_type])


def _first_got(faults: list[_Fault]) -> str:
    return next(fault.got for fault in faults if fault.expected)


def _step(place: _Place, part: str | int) -> _Place:
    """Follow one part of pydantic's location: into a field or an entry, or to a member of a union."""
    if part == "[key]":
        return place
    if len(place.types) > 1 and not place.labelled:
        chosen = tuple(member for each in place.types if part in _labels(each) for member in _untagged(each))
        last = len(chosen) == 1 or not (chosen or str(part).startswith("tagged-union["))
        return place._replace(types=chosen or place.types, labelled=last)
    inner = tuple(member for each in place.types for member in _inner(each, part))
    return _Place((*place.path, part), inner, place.types)


def _inner(kind: Any, part: str | int) -> tuple[Any, ...]:
    """List the types of one field or entry of a type."""
    if _is_model(kind):
        found = [field for name, field in kind.model_fields.items() if part in _names(name, field)]
        return _members(found[0].annotation) if found else ()
    arguments = get_args(kind)
    if not arguments:
        return ()
    if isinstance(part, int):
        fixed = get_origin(kind) is tuple and Ellipsis not in arguments and part < len(arguments)
        return _members(arguments[part if fixed else 0])
    return _members(arguments[-1])


def _members(annotation: Any) -> tuple[Any, ...]:
    """List the types a value may have, without None and without what Annotated adds except a tag."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        tagged = any(isinstance(extra, Tag) for extra in arguments[1:])
        return (annotation,) if tagged else _members(arguments[0])
    if origin in (Union, UnionType):
        return tuple(member for each in arguments for member in _members(each))
    return () if annotation in (None, NoneType) else (annotation,)


def _untagged(kind: Any) -> tuple[Any, ...]:
    return _members(get_args(kind)[0]) if get_origin(kind) is Annotated else (kind,)


def _labels(kind: Any) -> set[Any]:
    """List the names pydantic may give a member of a union."""
    if get_origin(kind) is Annotated:
        return {extra.tag for extra in get_args(kind)[1:] if isinstance(extra, Tag)}
    if _is_model(kind):
        return {kind.__name__} | {value for field in kind.model_fields.values() for value in _literals(field)}
    return {getattr(kind, "__name__", str(kind)), {int: "int", float: "float", str: "str"}.get(kind, "")}


def _literals(field: FieldInfo) -> tuple[Any, ...]:
    return get_args(field.annotation) if get_origin(field.annotation) is Literal else ()


def _kinds(types: tuple[Any, ...], name: str) -> set[str]:
    models = [each for each in types if _is_model(each) and name in each.model_fields]
    return {str(value) for each in models for value in _literals(each.model_fields[name])}


def _fields(types: tuple[Any, ...]) -> list[str]:
    return [_names(name, field)[0] for each in types if _is_model(each) for name, field in each.model_fields.items()]


def _names(name: str, field: FieldInfo) -> tuple[str, ...]:
    """List the names of a field in a file, the first choice first."""
    alias = field.validation_alias or field.alias
    choices = alias.choices if isinstance(alias, AliasChoices) else [alias]
    return (*(choice for choice in choices if isinstance(choice, str)), name)


def _mapping_of(types: tuple[Any, ...]) -> str:
    names = _fields(types)
    return f"a mapping with {', '.join(names)}" if names else "a mapping (name: value)"


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
