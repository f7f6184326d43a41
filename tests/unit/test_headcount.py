"""Teams of a log that holds only part of their work have the people whom all of it needs."""

from hypothesis import given
from hypothesis import strategies as st

from calibration.headcount import enough

people = st.integers(1, 500)
loads = st.floats(0, 20)


@given(people, loads, st.integers(0, 2000))
def test_nobody_is_overrun(count: int, load: float, named: int) -> None:
    assert count * load / enough(count, load, named) <= 1 + 1e-9


@given(people, loads, st.integers(0, 2000))
def test_nobody_who_was_seen_is_taken_away(count: int, load: float, named: int) -> None:
    assert enough(count, load, named) >= count


@given(people, st.floats(0, 0.9), st.integers(0, 2000))
def test_who_copes_gets_nobody(count: int, load: float, named: int) -> None:
    assert enough(count, load, named) == count


def test_no_more_come_than_have_names() -> None:
    assert enough(10, 1.5, named=16) == 16


def test_but_for_those_without_whom_the_work_cannot_be_done() -> None:
    assert enough(10, 1.5, named=12) == 15
