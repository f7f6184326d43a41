"""Named random numbers: the published cipher, an injective layout, and nobody's luck depends on a neighbour."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin import streams
from twin.streams import Name, Purpose, Words, born, name_hash, pack, threefry, uniform, uniforms, unpack

ONES = (1 << 64) - 1
NAME = Name(
    seed=7, replication=3, place=name_hash("review"), work=name_hash("bug"), number=12, visit=1, purpose=2, draw=0
)
BITS = {"seed": 64, "replication": 32, "place": 32, "work": 32, "number": 32, "visit": 16, "purpose": 8, "draw": 24}
names = st.builds(Name, **{field: st.integers(0, (1 << bits) - 1) for field, bits in BITS.items()})


@pytest.mark.parametrize(
    ("key", "counter", "answer"),
    [
        ((0, 0), (0, 0), (0xC2B6E3A8C2C69865, 0x6F81ED42F350084D)),
        ((ONES, ONES), (ONES, ONES), (0xE02CB7C4D95D277A, 0xD06633D0893B8B68)),
        (
            (0xA4093822299F31D0, 0x082EFA98EC4E6C89),
            (0x243F6A8885A308D3, 0x13198A2E03707344),
            (0x263C7D30BB0F0AF1, 0x56BE8361D3311526),
        ),
    ],
    ids=["zeros", "ones", "pi"],
)
def test_the_cipher_gives_the_published_answers(key: Words, counter: Words, answer: Words) -> None:
    assert threefry(key, counter) == answer


@given(names)
def test_a_name_is_read_back_from_its_key_and_counter(name: Name) -> None:
    assert unpack(*pack(name)) == name


@given(names)
def test_every_name_carries_the_stream_version(name: Name) -> None:
    assert pack(name)[1][1] & 0xFFFF == streams.STREAM_VERSION


@pytest.mark.parametrize("field", BITS)
@pytest.mark.parametrize("excess", [-1, None], ids=["negative", "too large"])
def test_a_field_out_of_range_is_refused_by_name(field: str, excess: int | None) -> None:
    wrong = NAME._replace(**{field: 1 << BITS[field] if excess is None else excess})
    with pytest.raises(ValueError, match=f"^{field} "):
        uniform(**wrong._asdict())


@pytest.mark.parametrize(("field", "wrong"), [("numbers", [0, 1 << 32]), ("numbers", [-1, 5]), ("visit", 1 << 16)])
def test_a_vector_out_of_range_is_refused(field: str, wrong: int | list[int]) -> None:
    right: dict[str, Any] = {**_shared(NAME), "numbers": np.arange(2), "visit": 0}
    with pytest.raises(ValueError, match="is not between"):
        uniforms(**{**right, field: np.asarray(wrong)})


@given(names, st.lists(st.integers(0, (1 << 32) - 1), max_size=5))
def test_a_vector_holds_the_bits_of_its_scalars(name: Name, numbers: list[int]) -> None:
    vector = uniforms(**_shared(name), numbers=np.asarray(numbers, dtype=np.int64), visit=name.visit)
    assert vector.tolist() == [uniform(**name._replace(number=number)._asdict()) for number in numbers]


def test_a_vector_longer_than_a_block_with_its_own_visits_holds_the_bits_of_its_scalars() -> None:
    numbers = np.arange(streams._BLOCK + 3)
    vector = uniforms(**_shared(NAME), numbers=numbers, visit=numbers % 9)
    assert vector.tolist() == [uniform(**NAME._replace(number=n, visit=n % 9)._asdict()) for n in range(len(numbers))]


def test_more_items_change_no_draw_of_the_others() -> None:
    few, many = (uniforms(**_shared(NAME), numbers=np.arange(count), visit=0) for count in (10, 5000))
    assert few.tolist() == many[:10].tolist()


@given(names, st.sampled_from(list(BITS)), st.data())
def test_a_change_of_any_one_field_is_another_draw(name: Name, field: str, data: st.DataObject) -> None:
    bit = data.draw(st.integers(0, BITS[field] - 1))
    other = name._replace(**{field: getattr(name, field) ^ 1 << bit})
    assert threefry(*pack(name)) != threefry(*pack(other))


@pytest.mark.parametrize(("word", "expected"), [(0, 2.0**-53), (ONES, 1 - 2.0**-53)])
def test_a_uniform_is_strictly_inside_zero_and_one_at_the_extreme_bits(
    word: int, expected: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "threefry", lambda _key, _counter: (word, 0))
    assert uniform(**NAME._asdict()) == expected


@pytest.mark.parametrize(("word", "expected"), [(0, 2.0**-53), (ONES, 1 - 2.0**-53)])
def test_a_vector_is_strictly_inside_zero_and_one_at_the_extreme_bits(
    word: int, expected: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "_encrypt", lambda _key, x, _y: x.fill(word))
    assert uniforms(**_shared(NAME), numbers=np.arange(1), visit=0).tolist() == [expected]


def test_no_item_gives_no_number() -> None:
    assert uniforms(**_shared(NAME), numbers=np.arange(0), visit=0).shape == (0,)


def test_neighbouring_names_are_uncorrelated() -> None:
    rows = [uniforms(**_shared(NAME._replace(place=place)), numbers=np.arange(10_000), visit=0) for place in range(8)]
    correlation = np.corrcoef(rows) - np.eye(8)
    assert np.abs(correlation).max() < 0.045  # 28 pairs, each normal with sd 0.01


def test_the_hash_of_a_name_never_changes() -> None:
    assert [name_hash("review"), name_hash("Prüfung"), name_hash("")] == [0xC97ACE4C, 0xFFDCA298, 0xE3B0C442]


def test_the_numbers_of_purposes_never_change() -> None:
    assert [(purpose.name, purpose.value) for purpose in Purpose] == [
        ("ARRIVAL", 1),
        ("EFFORT", 2),
        ("ROUTE", 3),
        ("REWORK", 4),
        ("EXTERNAL", 5),
        ("HANDOFF", 6),
        ("START", 7),
        ("BOOTSTRAP", 8),
        ("ABSENCE", 9),
        ("BLOCKING", 10),
        ("PATIENCE", 11),
        ("CHOICE", 12),
        ("ATTRIBUTE", 13),
        ("AUTOMATION", 14),
        ("BATCH", 15),
        ("BURST", 16),
        ("CANCELLATION", 25),
        ("WHO", 30),
        ("INTERRUPTION_GAP", 31),
        ("INTERRUPTION", 32),
        ("LEAVING", 38),
        ("CHILDREN", 40),
        ("BREEDS", 41),
        ("BRED_COUNT", 42),
        ("BRED_AFTER", 43),
        ("BIRTH", 44),
        ("DEPENDS", 45),
        ("REST", 46),
        ("BLOCKED", 47),
        ("BLOCKED_FOR", 48),
        ("DESIGN", 64),
    ]


def test_the_name_of_an_item_that_another_brings_forth_never_changes() -> None:
    assert born((1, 2), 3, (4, Purpose.CHILDREN, 5), 6) == (624035007, 3993072905)


def test_a_named_draw_never_changes() -> None:
    assert uniform(**NAME._asdict()).hex() == "0x1.8b36cd5237661p-1"


def _shared(name: Name) -> dict[str, int]:
    return {
        "seed": name.seed,
        "replication": name.replication,
        "place": name.place,
        "work": name.work,
        "purpose": name.purpose,
        "draw": name.draw,
    }
