"""Written YAML reads back to the same values and looks as a person would write it."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.layout import WIDTH, dump_yaml
from twin.marks import read_marked

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
TRICKY = st.sampled_from(
    [
        "010",
        "1e3",
        "true",
        "null",
        "~",
        "",
        "<<",
        "- a",
        "a: b",
        "# x",
        "9:00",
        "70 %",
        "-0",
        ".inf",
        "1e400",
        "a\n b\n\n",
        "&a",
        "*a",
        "!x",
    ]
)
LEAF = (
    st.none()
    | st.booleans()
    | st.integers(-(10**18) + 1, 10**18 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
)
VALUE = st.recursive(
    LEAF | TEXT | TRICKY,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXT | TRICKY, inner, max_size=5),
    max_leaves=30,
)


def read_back(value: dict[str, Any]) -> dict[str, Any]:
    return read_marked(dump_yaml(value).encode(), "f.yaml").value


def typed(value: Any) -> Any:
    """Tell 1, 1.0 and True apart."""
    if isinstance(value, dict):
        return [(name, typed(part)) for name, part in value.items()]
    return [typed(part) for part in value] if isinstance(value, list) else (type(value), value)


@given(st.dictionaries(TEXT | TRICKY, VALUE, max_size=5))
def test_what_is_written_reads_back_the_same(value: dict[str, Any]) -> None:
    assert typed(read_back(value)) == typed(value)


@given(st.text(st.sampled_from("ab ,:#'\"-{}[]?&*!|>%@`\\\n\t\x85\u2028\ufeffé🙂"), max_size=300))
def test_any_text_reads_back_the_same_wherever_it_stands(text: str) -> None:
    value = {"a": text, "b": {"c": {"d": [text, {"e": text}]}}, "f": {"g": text, text: 1}}
    assert read_back(value) == value


def test_long_text_with_escapes_reads_back_the_same() -> None:
    value = {"l": ["\t{} \ufeff\x85 [a]: #\n" * 12] * 3, "m": {"n": "word " * 60}}
    assert read_back(value) == value


def test_a_twin_looks_as_a_person_writes_it() -> None:
    text = """\
twin: Payments delivery
clock: {starts: 2026-01-05, zone: Europe/Berlin}
calendars:
  office: {days: mon-fri, hours: 09:00-17:30, pause: 12:30-13:00, holidays: DE-BE}
teams:
  developers: {people: 8, calendar: office, available: 70 %, cost: 95 EUR/h}
work:
  feature:
    arrivals: {kind: poisson, rate: 6 / week}
    steps:
      - {stage: build, effort: {kind: lognormal, mean: 20 h, cv: 1.1}}
      - stage: review
        effort: {kind: gamma, mean: 3.5 h, cv: 0.6}
        rework: {chance: 22 %, back_to: build, share_of_the_effort: 40 %, limit: 3}
"""
    assert dump_yaml(read_marked(text.encode(), "f.yaml").value) == text


def test_only_what_would_be_misread_is_quoted() -> None:
    value = {"a": "NO", "b": "9:00", "c": "010", "d": "true", "e": "5", "f": "2026-01-05", "g": ""}
    assert dump_yaml(value) == "a: NO\nb: 9:00\nc: '010'\nd: 'true'\ne: '5'\nf: 2026-01-05\ng: ''\n"


def test_long_lists_are_wrapped() -> None:
    value = {"values": [n / 7 for n in range(500)]}
    text = dump_yaml(value)
    assert max(map(len, text.splitlines())) <= WIDTH + 20
    assert read_back(value) == value


def test_an_empty_mapping_is_written() -> None:
    assert read_back({}) == {}


@pytest.mark.parametrize("number", [math.inf, math.nan, 10**18])
def test_numbers_that_would_be_refused_are_not_written(number: float) -> None:
    with pytest.raises(ValueError, match=r"finite|digits"):
        dump_yaml({"a": number})


def test_values_of_other_types_are_not_written() -> None:
    with pytest.raises(TypeError, match="set has no place"):
        dump_yaml({"a": {1}})


PHRASE = st.lists(st.text("abcdefghij", min_size=1, max_size=14), min_size=1, max_size=9).map(" ".join)


@given(st.dictionaries(PHRASE, st.dictionaries(PHRASE, st.floats(0, 1) | PHRASE, max_size=6), max_size=6))
def test_long_names_of_several_words_read_back(value: dict[str, Any]) -> None:
    deep = {"work": {"a rather long name of a work type": {"route": {"next": value}}}}
    assert typed(read_back(deep)) == typed(deep)
