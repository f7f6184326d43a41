# ruff: noqa: TID251 - seeded generators only make inputs here; the code under test draws nothing
"""Replications go where they narrow an answer: where luck is large beside the rest of an interval."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from twin.precision import Wanted, more_for, reached

TWINS = 20
OF = np.arange(2 * TWINS) % TWINS
SOME_LUCK = np.repeat([-1.0, 1.0], TWINS)  # W = 2
APART = np.tile(np.linspace(-2, 2, TWINS), 2)  # twins differ by little beside it: B = 2.95
NOTHING = np.zeros(2 * TWINS)


def wanted(half_width: float = 0.3, *, cap: int = 200) -> Wanted:
    return Wanted(half_width, TWINS, cap)


def more(values: np.ndarray, asked: Wanted) -> int:
    known = reached(np.zeros(values.size), values, np.arange(values.size) % TWINS)
    assert known is not None
    return more_for([known], asked, values.size)


def test_where_luck_hides_how_much_the_twins_differ_more_are_run() -> None:
    known = reached(NOTHING, APART + SOME_LUCK, OF)
    assert known is not None
    assert known.half_width > known.rest / 2
    assert more(APART + SOME_LUCK, wanted()) == 2 * TWINS


def test_where_the_twins_lie_far_apart_two_of_each_are_enough() -> None:
    assert more(10 * APART + SOME_LUCK, wanted()) == 0


def test_a_whole_interval_as_narrow_as_asked_needs_no_more() -> None:
    assert more(APART + SOME_LUCK, wanted(50)) == 0


def test_without_an_ensemble_luck_alone_counts() -> None:
    known = reached(NOTHING, SOME_LUCK)
    assert known is not None
    asked = Wanted(known.half_width + 1e-9, members=0, cap=200)
    assert more_for([known], asked, OF.size) == 0
    assert more_for([known], asked._replace(half_width=known.half_width / 1.2), OF.size) == 18


def test_what_differs_in_no_pair_needs_no_more() -> None:
    assert more(NOTHING, wanted(1e-9)) == 0


def test_one_pair_says_nothing() -> None:
    assert reached(np.array([1.0, np.nan]), np.array([2.0, 3.0])) is None


@given(st.integers(2, 10), st.floats(0.01, 10), st.floats(0.01, 10), st.integers(0, 99))
def test_more_are_whole_rounds_within_the_cap_and_at_most_double(
    each: int, apart: float, asked: float, seed: int
) -> None:
    drawn = np.random.default_rng(seed)
    values = np.tile(apart * drawn.normal(size=TWINS), each) + drawn.normal(size=each * TWINS)
    wished = more(values, wanted(asked))
    assert wished % TWINS == 0
    assert wished <= min(values.size, 200 - values.size)
