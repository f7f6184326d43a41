"""What a hostile or careless file meets: a message with its place, in bounded time, and nothing run."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.errors import InputError
from twin.files import read_yaml
from twin.marks import MAX_BYTES, MAX_NODES, Document, read_marked


def read(text: str | bytes) -> Document:
    return read_marked(text.encode() if isinstance(text, str) else text, "f.yaml")


def refusal(text: str | bytes) -> str:
    with pytest.raises(InputError) as caught:
        read(text)
    return str(caught.value)


def test_a_name_written_twice_is_refused_with_both_lines() -> None:
    assert refusal("teams: {}\nstages: {}\nteams: {}\n") == (
        "f.yaml:3  teams: 'teams' is written twice, in lines 1 and 3; keep one"
    )


def test_a_name_written_twice_is_found_beside_a_merge_key() -> None:
    message = refusal("a: &a {x: 1}\nb:\n  <<: *a\n  y: 1\n  y: 2\n")
    assert "lines 4 and 5" in message
    assert "merge keys" in message


@pytest.mark.parametrize("text", ["9:00", "12:30", "12:30:45", "2026-01-05", "17:30-18:00", "09:00"])
def test_times_and_dates_stay_text(text: str) -> None:
    assert read(f"start: {text}").value == {"start": text}


@pytest.mark.parametrize(
    "text", ["NO", "on", "yes", "off", "n", "True", "FALSE", "Null", "0x10", "1_000", "0o17", "inf"]
)
def test_words_stay_text(text: str) -> None:
    assert read(f"name: {text}").value == {"name": text}


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("false", False), ("null", None), ("~", None), ("", None), ("10", 10), ("-3", -3), ("+4", 4)],
)
def test_the_only_words_and_whole_numbers(text: str, value: object) -> None:
    found = read(f"x: {text}").value["x"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "value"), [("1e3", "1000.0"), (".5", "0.5"), ("5.", "5.0"), ("-0.0", "0.0"), ("1E+2", "100.0")]
)
def test_numbers_are_decimal_and_zero_has_no_sign(text: str, value: str) -> None:
    assert repr(read(f"x: {text}").value["x"]) == value


def test_a_leading_zero_is_refused_with_both_ways_out() -> None:
    assert "Write 10, or '010' for text" in refusal("n: 010")


@pytest.mark.parametrize("text", [".nan", ".NaN", ".inf", "-.inf", "+.INF", "1e400", "-1e999", "9" * 50 + ".0"])
def test_only_finite_numbers_are_numbers(text: str) -> None:
    assert "finite number" in refusal(f"n: {text}")


def test_a_number_of_5000_digits_is_refused_at_once() -> None:
    began = time.perf_counter()
    message = refusal("n: " + "7" * 5000)
    assert "at most 18" in message
    assert time.perf_counter() - began < 0.5


@pytest.mark.parametrize(
    "text", ["a: " + "[" * 100_000, "{a: " * 100_000, "a: " + "- " * 100_000, "? " * 100_000, "a: " + "[{a: " * 50_000]
)
def test_deep_nesting_is_refused_at_once_with_its_line(text: str) -> None:
    began = time.perf_counter()
    assert refusal("# a comment\n" + text).startswith("f.yaml:2")
    assert time.perf_counter() - began < 1


def test_sixty_levels_are_read() -> None:
    assert read("a: " + "[" * 59 + "]" * 59).line(("a", *[0] * 58)) == 1


def test_depth_is_counted_through_aliases() -> None:
    text = "a: &a " + "[" * 40 + "]" * 40 + "\nb: " + "[" * 40 + "*a" + "]" * 40
    assert "f.yaml:2: more than 60 levels" in refusal(text)


def test_aliases_that_multiply_are_refused() -> None:
    lines = ["l0: &l0 [x, x]", *(f"l{n}: &l{n} [*l{n - 1}, *l{n - 1}]" for n in range(1, 27))]
    assert f"more than {MAX_NODES} values" in refusal("\n".join(lines))


def test_a_million_aliases_are_refused() -> None:
    assert f"more than {MAX_NODES} values" in refusal("a: &a 1\nb: [" + "*a, " * 1_000_000 + "]")


def test_an_alias_is_a_copy_of_its_own() -> None:
    value = read("a: &a {x: [1, 2]}\nb: *a\n").value
    value["a"]["x"].append(3)
    assert value["b"] == {"x": [1, 2]}


@pytest.mark.parametrize("text", ["a: &a [*a]", "a: &a {b: {c: *a}}"])
def test_an_alias_inside_itself_is_refused(text: str) -> None:
    assert "refers to what it is part of" in refusal(text)


def test_an_alias_without_anchor_is_refused() -> None:
    assert "no &nobody comes before" in refusal("a: *nobody")


@pytest.mark.parametrize(
    "text",
    [
        "!!python/object/apply:os.system ['touch ran']",
        "!Foo 1",
        "!!str 5",
        "! 5",
        "!" + "x" * 1_000_000 + " 1",
        "!<a> 1",
    ],
)
def test_tags_are_refused_and_nothing_runs(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "a tag" in refusal(f"a: {text}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_common_encodings_and_line_ends_read_the_same(encoding: str, end: str) -> None:
    document = read(f"name: Grüße 🙂{end}n: 1{end}".encode(encoding))
    assert (document.value, document.lines["n",]) == ({"name": "Grüße 🙂", "n": 1}, 2)


def test_utf_16_of_either_order_is_read() -> None:
    assert read(b"\xfe\xff" + "a: ü".encode("utf-16-be")).value == {"a": "ü"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a: 1\nb: gr\xfc\xdfe\n", "f.yaml:2: byte 0xfc at offset 10"),
        (b"a: 1\nb: \x00\n", "f.yaml:2: control character U+0000 at byte offset 8"),
        ("ä: \x1b[0m".encode(), "f.yaml:1: control character U+001B at byte offset 4"),
        (b"\xff\xfea\x00:\x00 \x00\x00\x00", "f.yaml:1: control character U+0000 at byte offset 8"),
        (b"\xff\xfea\x00:", "at offset 4 is not UTF-16-LE"),
        ("a: 1".encode("utf-32"), "control character U+0000 at byte offset 2"),
    ],
)
def test_other_bytes_are_refused_with_their_offset(content: bytes, said: str) -> None:
    assert said in refusal(content)


def test_a_tab_as_indent_is_named() -> None:
    assert refusal("a:\n\tb: 1") == "f.yaml:2: a tab stands where YAML allows only spaces; replace it by spaces"


@pytest.mark.parametrize(
    "text", ["", "\n\n", "# only\n# comments", "---\n...", "a: 1\n---\nb: 2", "- a\n- b", "word", "[1, 2]", "''"]
)
def test_anything_but_one_mapping_is_refused(text: str) -> None:
    assert "expected one mapping" in refusal(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: b: c", "a second ': ' in this line"),
        ("a: [1, 2", "expected ',' or ']'"),
        ("a: @b", "put the text in quotes"),
        ("a: 'b", "unexpected end of stream"),
        ("? [a]\n: b", "a name before ':' must be a text"),
        (": b", "a name is missing"),
        ('a: "\\ud800"', "half a surrogate pair"),
        ('"\\ud800": a', "half a surrogate pair"),
    ],
)
def test_what_is_no_yaml_is_said_with_its_line(text: str, said: str) -> None:
    assert said in refusal(text)


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        read("a: 010\nb: .nan\na: 1\nc: [x, 1e999]\nd: [")
    assert [problem.line for problem in caught.value.problems] == [1, 2, 3, 4, 5]


def test_names_are_text_as_written() -> None:
    assert read("010: a\nno: b\n2: c\n'': d\n").value == {"010": "a", "no": "b", "2": "c", "": "d"}


def test_a_file_above_5_mb_is_refused_by_its_size(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    with path.open("wb") as stream:
        stream.truncate(100 * MAX_BYTES)
    with pytest.raises(InputError, match="larger than 5 MB"):
        read_yaml(path)


def test_a_value_of_many_entries_is_refused_before_it_is_built() -> None:
    assert f"more than {MAX_NODES} values" in refusal("a: [" + "1," * 2_000_000 + "]")


def test_a_problem_shows_no_control_character_of_a_name() -> None:
    assert "\u202e" not in refusal('"a\\u202eb": 010')


VALID = b"twin: x\nteams: &t {a: {people: 2, open: 9:00}}\nlist:\n  - *t\n  - [1, 'two', \"3\\n\"]\ntext: |\n  a\n"


def outcome(content: bytes) -> str:
    """Say "read", or the file that the problems name."""
    try:
        return "read" if isinstance(read(content).value, dict) else "no mapping"
    except InputError as error:
        return " ".join({str(problem.file) for problem in error.problems})


@given(
    st.lists(
        st.tuples(st.integers(0, len(VALID) - 1), st.sampled_from(b"\t\n !\"#&'*,-:<>?@[]{}|%\0\xff\\0a")), max_size=6
    )
)
def test_any_damage_to_a_file_is_read_or_refused(damage: list[tuple[int, int]]) -> None:
    content = bytearray(VALID)
    for place, byte in damage:
        content[place] = byte
    assert outcome(bytes(content)) in {"read", "f.yaml"}


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    assert outcome(content) in {"read", "f.yaml"}


def test_a_scenario_of_50_kb_is_read_quickly() -> None:
    text = "teams:\n" + "".join(f"  t{n}: {{people: {n}, calendar: office, cost: 95 EUR/h}}\n" for n in range(1000))
    durations = []
    for _ in range(3):
        began = time.process_time()
        read(text)
        durations.append(time.process_time() - began)
    assert min(durations) < 0.6  # 0.13 s on two quiet cores
