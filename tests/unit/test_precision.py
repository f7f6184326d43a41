# ruff: noqa: TID251 - seeded generators only make inputs here; the code under test draws nothing
"""Replications go where they narrow an answer: where luck is large, and where few degrees of freedom make it wide."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.precision import Wanted, more_for, reached
from twin.uncertainty import freedom_of, sources_of, t_factor

TWINS = 20
OF = np.arange(2 * TWINS) % TWINS
SOME_LUCK = np.repeat([-1.0, 1.0], TWINS)  # W = 2
APART = np.tile(np.linspace(-2, 2, TWINS), 2)  # twins differ by little beside it: B = 2.95
NOTHING = np.zeros(2 * TWINS)


def wanted(half_width: float = 0.3, *, named: bool = False, cap: int = 200) -> Wanted:
    return Wanted(half_width, named, TWINS, cap)


def more(values: np.ndarray, asked: Wanted) -> int:
    known = reached(np.zeros(values.size), values, np.arange(values.size) % TWINS)
    assert known is not None
    return more_for([known], asked, values.size)


def test_degrees_of_freedom_foretold_are_those_of_such_values() -> None:
    sources = sources_of(APART + SOME_LUCK, OF)
    luck = sources.simulation * OF.size
    between = luck + 2 * sources.parameters / (1 + 1 / TWINS)  # type: ignore[operator]
    assert freedom_of(between, luck, members=TWINS, each=2) == pytest.approx(sources.freedom)


def test_more_replications_of_each_twin_make_t_smaller() -> None:
    foretold = [t_factor(freedom_of(2 + each * 0.5, 2, members=TWINS, each=each), 0.95) for each in (2, 4, 8, 40)]
    assert foretold == sorted(foretold, reverse=True)
    assert (foretold[0] > 4, foretold[-1] < 2.2) == (True, True)


def test_where_two_of_each_leave_t_large_more_are_run_though_luck_is_half_of_the_rest() -> None:
    values = APART + SOME_LUCK
    known = reached(NOTHING, values, OF)
    assert known is not None
    assert known.half_width < known.rest / 2
    assert t_factor(known.sources.freedom, 0.95) > 1.25 * t_factor(TWINS - 1, 0.95)
    assert more(values, wanted()) == 2 * TWINS


def test_where_the_twins_lie_far_apart_two_of_each_are_enough() -> None:
    assert more(10 * APART + SOME_LUCK, wanted()) == 0


def test_a_whole_interval_as_narrow_as_asked_needs_no_more() -> None:
    assert more(APART + SOME_LUCK, wanted(50)) == 0


def test_where_the_file_names_a_precision_luck_alone_counts() -> None:
    assert more(APART + SOME_LUCK, wanted(named=True)) == 0


def test_without_an_ensemble_luck_alone_counts() -> None:
    known = reached(NOTHING, SOME_LUCK)
    assert known is not None
    asked = Wanted(known.half_width + 1e-9, named=False, members=0, cap=200)
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
