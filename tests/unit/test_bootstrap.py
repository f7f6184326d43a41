import numpy as np
import pytest

from calibration.bootstrap import REPLICATES, drawn_weeks, interval, means_over_items
from calibration.observed import observe
from tests.observed_logs import Row, log_of


def rows_of(items: int, visits: int) -> list[Row]:
    """Items that differ, with visits that are alike."""
    return [(item, "check", "a", 100 * item + k, 100 * item + k + 1) for item in range(items) for k in range(visits)]


def test_the_spread_of_the_means_is_the_standard_error_of_a_mean() -> None:
    seen = observe(log_of(rows_of(400, 1)))
    values = (seen.item % 10).astype(np.float64)
    means = means_over_items(seen, values, np.zeros_like(seen.stage), 1)
    assert means.std() == pytest.approx(values.std() / 20, rel=0.15)


def test_more_visits_of_the_same_items_make_nothing_surer() -> None:
    once, often = (observe(log_of(rows_of(100, visits))) for visits in (1, 9))
    spread = [means_over_items(s, s.item.astype(np.float64), np.zeros_like(s.stage), 1).std() for s in (once, often)]
    assert spread[1] == pytest.approx(spread[0])


def test_a_group_without_visits_has_no_mean() -> None:
    seen = observe(log_of(rows_of(5, 1)))
    assert np.isnan(means_over_items(seen, seen.item.astype(np.float64), np.zeros_like(seen.stage), 2)[:, 1]).all()


def test_the_interval_holds_the_middle_of_the_replicates() -> None:
    assert interval(np.arange(201.0)[:, None])[:, 0].tolist() == [5, 195]


def test_weeks_are_drawn_with_replacement_under_the_name_of_whose_they_are() -> None:
    drawn = drawn_weeks("clerks", 10)
    assert (drawn.shape, np.unique(drawn).tolist()) == ((REPLICATES, 10), list(range(10)))
    assert not np.array_equal(drawn, drawn_weeks("experts", 10))
