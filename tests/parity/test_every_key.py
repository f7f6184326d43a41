"""The twins on which the engines are compared have every key that a twin may have, and any two parts meet in one twin.

A key is here a field of a part that holds something else than by default, one of the words that a field may hold
(`Team.queue=lifo`), or one of the forms in which it may be written (`Team.people: tuple`). All are read from the model
of a twin, so that a new one is missed until the generators draw it.
"""

from collections.abc import Iterator
from functools import cache
from itertools import combinations
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest
from flow_strategies import flow_cases
from hypothesis import HealthCheck, Phase, given, seed, settings
from strategies import Case, cases

from twin.part import Part
from twin.spec import Twin

EXEMPT = {"Twin.about": "free text that no engine reads"}
"""Keys that are not drawn, and why."""

ROUND, MOST_ROUNDS = 60, 12


def alternatives(annotation: Any) -> Iterator[Any]:
    """List what a field may hold, without what is said of it besides."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from alternatives(get_args(annotation)[0])
    elif origin in {Union, UnionType}:
        for each in get_args(annotation):
            yield from alternatives(each)
    elif annotation is not NoneType:
        yield annotation


def within(annotation: Any) -> Iterator[Any]:
    """List all that is in an annotation, at any depth."""
    for each in alternatives(annotation):
        yield each
        for inner in () if get_origin(each) is Literal else get_args(each):
            yield from within(inner)


@cache
def parts_of(part: type[Part]) -> tuple[type[Part], ...]:
    """List a part and all that may be in it."""
    found = [part]
    for each in found:
        inside = (kind for field in each.model_fields.values() for kind in within(field.annotation))
        found += dict.fromkeys(k for k in inside if isinstance(k, type) and issubclass(k, Part) and k not in found)
    return tuple(found)


@cache
def words(part: type[Part], name: str) -> tuple[Any, ...]:
    """List the words that a field may hold."""
    every = within(part.model_fields[name].annotation)
    return tuple(word for each in every if get_origin(each) is Literal for word in get_args(each))


@cache
def forms(part: type[Part], name: str) -> frozenset[type]:
    """List the forms in which a field may be written, where there are several that are no parts."""
    every = {get_origin(each) or each for each in alternatives(part.model_fields[name].annotation)}
    plain = frozenset(str if each is Literal else each for each in every) & {int, float, str, tuple, dict}
    return plain if len(plain) > 1 else frozenset()


def keys(part: type[Part]) -> Iterator[str]:
    """List the keys of a part."""
    for name in part.model_fields:
        key = f"{part.__name__}.{name}"
        yield key
        yield from (f"{key}={word}" for word in words(part, name))
        yield from (f"{key}: {form.__name__}" for form in forms(part, name))


def said(value: Any) -> Iterator[str]:
    """List the keys that a twin has, those of its parts included."""
    if isinstance(value, Part):
        for name, field in type(value).model_fields.items():
            yield from _said_of(type(value), name, getattr(value, name), field.get_default(call_default_factory=True))
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else ():
        yield from said(each)


def _said_of(part: type[Part], name: str, value: Any, default: Any) -> Iterator[str]:
    key, held = f"{part.__name__}.{name}", value if isinstance(value, tuple) else (value,)
    if value != default:
        yield key
        yield from (f"{key}: {form.__name__}" for form in forms(part, name) if isinstance(value, form))
    yield from (f"{key}={word}" for word in words(part, name) if word in held)
    yield from said(value)


def drawn(number: int, examples: int) -> list[frozenset[str]]:
    """Draw twins, and list the keys of each."""
    found: list[frozenset[str]] = []

    @seed(number)
    @settings(max_examples=examples, phases=[Phase.generate], database=None, suppress_health_check=list(HealthCheck))
    @given(case=cases() | flow_cases())
    def draw(case: Case) -> None:
        found.append(frozenset(key for each in (case.twin, *(twin for _, twin in case.changes)) for key in said(each)))

    draw()
    return found


def test_the_generators_draw_every_key_of_a_twin() -> None:
    missing = {key for part in parts_of(Twin) for key in keys(part)}
    for number in range(MOST_ROUNDS):
        missing = missing.difference(*drawn(number, ROUND))
        if missing <= set(EXEMPT):
            break
    assert missing == set(EXEMPT)


@pytest.mark.nightly
def test_every_part_of_a_twin_meets_every_other() -> None:
    twins = [sorted({key.partition(".")[0] for key in each}) for each in drawn(0, 1500)]
    met = {frozenset(pair) for each in twins for pair in combinations(each, 2)}
    every = {frozenset(pair) for pair in combinations(sorted(part.__name__ for part in parts_of(Twin)), 2)}
    assert every - met == set()
