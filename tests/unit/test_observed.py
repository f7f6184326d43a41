import numpy as np
import polars as pl
import pytest

from calibration.observed import ARRIVAL, item_weights, observe, quantiles_of
from tests.observed_logs import Row, log_of
from twin.errors import InputError
from twin.units import HOUR


def test_a_visit_is_enabled_when_the_visits_before_it_are_finished() -> None:
    seen = observe(log_of([(0, "triage", "a", 0, 2), (0, "decide", "b", 5, 6)]))
    assert (seen.enabled.tolist(), seen.before.tolist()) == ([0, 2 * HOUR], [ARRIVAL, 1])


def test_a_visit_that_begins_beside_another_of_its_item_waits_nothing() -> None:
    seen = observe(log_of([(0, "a", "x", 0, 4), (0, "b", "y", 1, 2), (0, "c", "z", 7, 8)]))
    assert (seen.started - seen.enabled).tolist() == [0, 0, 3 * HOUR]


def test_the_order_of_rows_decides_nothing() -> None:
    rows = [(item, stage, "a", 3 * item + k, 3 * item + k + 1) for item in range(5) for k, stage in enumerate("xyz")]
    first, second = observe(log_of(rows)), observe(log_of(rows[::-1]))
    assert all(np.array_equal(np.asarray(a), np.asarray(b)) for a, b in zip(first, second, strict=True))


def test_open_visits_are_no_evidence_of_how_long_things_take() -> None:
    with pytest.raises(InputError, match="nothing can be learnt"):
        observe(log_of([(0, "triage", "a", 0, None)]))


def test_in_a_log_of_finished_items_slow_ones_count_for_those_that_are_hidden() -> None:
    # one item an hour; every second one takes 60 hours, and the log of 100 hours shows only those that are done
    rows: list[Row] = [(at, "triage", "a", at, at + (60 if at % 2 else 1)) for at in range(100)]
    shown = log_of([row for row in rows if (row[4] or 0) <= 100], end=100)
    weights = dict(item_weights(shown).iter_rows())
    slow = sum(weight for item, weight in weights.items() if item % 2)
    assert slow / sum(weights.values()) == pytest.approx(0.5, abs=0.03)


def test_a_log_that_went_on_long_after_its_last_item_hides_nothing() -> None:
    rows: list[Row] = [(at, "triage", "a", at, at + (60 if at % 2 else 1)) for at in range(12)]
    assert item_weights(log_of(rows, end=1000))["weight"].to_list() == pytest.approx([1.0] * 12)


def test_a_log_with_open_items_hides_nothing_so_all_weigh_the_same() -> None:
    rows: list[Row] = [(at, "triage", "a", at, at + 60 if at + 60 <= 100 else None) for at in range(100)]
    assert set(item_weights(log_of(rows, end=100))["weight"]) == {1.0}


def test_where_old_items_fade_the_slow_ones_do_not_seem_to_have_become_rare() -> None:
    # as above, and an item counts half of one that came 40 hours later: of the recent, only quick ones are done
    rows: list[Row] = [(at, "triage", "a", at, at + (60 if at % 2 else 1)) for at in range(300)]
    shown = log_of([row for row in rows if (row[4] or 0) <= 300], end=300)
    known = shown.frame["item"].to_numpy()
    counts = pl.DataFrame({"item": known, "counts": 0.5 ** ((300 - known) / 40)})
    weights = dict(item_weights(shown, counts).iter_rows())
    slow = sum(weight for item, weight in weights.items() if item % 2)
    assert slow / sum(weights.values()) == pytest.approx(0.5, abs=0.03)


def test_quantiles_of_equal_weights_run_from_the_least_to_the_greatest() -> None:
    values = np.array([30, 10, 20])
    assert quantiles_of(values, np.ones(3), np.array([0, 0.25, 1])).tolist() == [10, 15, 30]
