# ruff: noqa: TID251 - a seeded generator makes samples with a known truth
"""When items came that are known once they are begun: nobody waits while somebody is free, and nobody begins unborn."""

from datetime import UTC, datetime
from itertools import product
from math import exp, factorial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.completeness import COMPLETE
from calibration.first_queues import Begun, drawn, learn_week, stretches
from calibration.gaps import choose_gaps, told_by_counts
from tests.observed_logs import START
from twin.units import HOUR

EVEN = (np.array([0, 1000 * HOUR]), np.array([0.0, 1000.0]))


def begun(rows: list[tuple[float, float]], name: str = "first queue") -> Begun:
    """Rows of when somebody was last free, and start, in hours."""
    free, started = (np.array([round(row[k] * HOUR) for row in rows]) for k in (0, 1))
    return Begun(name, np.arange(len(rows)), started, free)


def test_who_began_while_somebody_was_free_came_then() -> None:
    assert drawn(begun([(3, 3), (5, 5), (9, 9)]), EVEN, 0).tolist() == [3 * HOUR, 5 * HOUR, 9 * HOUR]


def test_who_began_as_somebody_became_free_came_while_all_were_busy() -> None:
    came = [drawn(begun([(3, 3), (3, 7)]), EVEN, number)[1] / HOUR for number in range(100)]
    assert (3 < min(came) < 3.3, 6.7 < max(came) < 7, np.mean(came)) == (True, True, pytest.approx(5, abs=0.4))


@given(
    st.lists(st.tuples(st.booleans(), st.floats(0, 4)), min_size=1, max_size=12), st.integers(0, 5), st.floats(0.1, 30)
)
def test_as_many_have_come_as_have_begun_and_none_before_somebody_was_last_free(
    gaps: list[tuple[bool, float]], number: int, rush: float
) -> None:
    rows, at, free = [], 0.0, 0.0
    for anew, gap in gaps:
        at += gap
        free = at if anew else free
        rows.append((free, at))
    seen = begun(rows)
    clock = (np.array([0, 2 * HOUR, 100 * HOUR]), np.array([0.0, rush, rush + 1]))
    came = drawn(seen, clock, number)
    assert bool((np.diff(came) >= 0).all() and (came >= seen.free).all() and (came <= seen.started).all())


def test_numbers_between_starts_are_as_likely_as_poisson_arrivals_make_them() -> None:
    """All ways in which four came in time, one by one, against draws."""
    edges, expected = [0.0, 1.0, 1.5, 4.0, 4.5], [1.0, 0.5, 2.5, 0.5]
    ways = [way for way in product(range(5), repeat=4) if sum(way) == 4 and all(np.cumsum(way) >= [1, 2, 3, 4])]
    chance = [np.prod([exp(-m) * m**k / factorial(k) for m, k in zip(expected, way, strict=True)]) for way in ways]
    seen = begun([(0, at) for at in edges[1:]])
    counts = [np.histogram(drawn(seen, EVEN, number) / HOUR, edges)[0] for number in range(1000)]
    assert np.mean(counts, axis=0) == pytest.approx(np.average(ways, axis=0, weights=chance), abs=0.08)


def test_a_draw_has_a_name_and_another_one_is_another() -> None:
    rows = [(0.0, float(k)) for k in range(1, 30)]
    one, again, other, elsewhere = (
        drawn(begun(rows, name), EVEN, number).tolist() for name, number in (("a", 1), ("a", 1), ("a", 2), ("b", 1))
    )
    assert (one == again, one == other, one == elsewhere) == (True, False, False)


@pytest.mark.parametrize("by_night", [True, False])
def test_whether_demand_comes_by_night_is_told_from_what_begins_in_the_morning(*, by_night: bool) -> None:
    """Somebody is free at every closing, so what begins as the team opens came by night."""
    days = [24 * day for day in range(40) for _ in range(6)]
    later = [day + 9.5 + number % 6 for number, day in enumerate(days)]
    seen = begun([(day - 7, day + 9) for day in days] if by_night else list(zip(later, later, strict=True)))
    week = learn_week([seen], np.empty(0, np.int64), COMPLETE, start=START, zone="UTC")
    shares = week.rates.reshape(7, 24).sum(axis=0) / week.rates.sum()
    assert shares[9:17].sum() == pytest.approx(0 if by_night else 1, abs=0.01)


def test_stretches_begin_where_somebody_was_free() -> None:
    assert list(stretches(begun([(1, 1), (1, 2), (1, 3), (5, 5), (6, 6), (6, 7)]))) == [(0, 3), (4, 6)]


@pytest.mark.parametrize("cv", [0.4, 1.0, 1.6])
def test_counts_say_how_arrivals_vary_where_gaps_are_those_of_a_draw(cv: float) -> None:
    """Queues have moved each arrival by up to five gaps, so gaps look exponential."""
    rng = np.random.default_rng(8)
    came = np.cumsum(rng.gamma(cv**-2, cv**2, 12_000))
    clock = np.sort(came + rng.uniform(0, 5, came.size))
    found = told_by_counts(choose_gaps(np.diff(clock)), clock)
    assert found.cv == pytest.approx(cv, abs=0.15)


def test_an_hour_that_a_zone_skips_takes_no_time() -> None:
    """Clocks change on 29 March; a warning would fail this."""
    hours = np.arange(0, 6 * 168, 7)
    seen = begun([(hour, hour + 3) for hour in hours.tolist()])
    week = learn_week([seen], np.array([HOUR]), COMPLETE, start=datetime(2026, 3, 2, tzinfo=UTC), zone="Europe/Berlin")
    assert bool(np.isfinite(week.rates).all())
