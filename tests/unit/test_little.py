"""Little's law holds to the tick on every path, and its gap over a window is told in full."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from calibration.little import little
from twin.eventlog import NEVER

LIVES = st.lists(st.tuples(st.integers(0, 100), st.one_of(st.none(), st.integers(0, 60))), min_size=1, max_size=30)


@given(lives=LIVES, window=st.tuples(st.integers(0, 120), st.integers(1, 120)))
def test_both_ways_of_adding_up_agree_and_the_parts_make_the_gap(
    lives: list[tuple[int, int | None]], window: tuple[int, int]
) -> None:
    arrived = np.array([at for at, _ in lives])
    done = np.array([NEVER if lasted is None else at + lasted for at, lasted in lives])
    law = little(arrived, done, window[0], window[0] + window[1])
    assert law.path == law.inside
    assume(law.gap is not None)
    assert law.gap == pytest.approx(law.there + law.unfinished, abs=1e-9)


def test_a_queue_by_hand() -> None:
    # two items for 4 and 6 ticks, one open since 5: 4 + 6 + 5 item-ticks in 10 ticks
    law = little(np.array([0, 2, 5]), np.array([4, 8, NEVER]), 0, 10)
    assert (law.path, law.arrivals, law.wip, law.time) == (15, 3, 1.5, 5.0)
    assert (law.gap, law.there, law.unfinished) == (0.0, 0.0, 0.0)  # the open one is as old as the others took
