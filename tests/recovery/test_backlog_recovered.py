"""A known twin to which all items come in one day: its queue is found to be a queue, and its delays to be delays."""

import polars as pl
import pytest

from calibration.fit import Fit, fit_twin
from tests.recovery.known_twins import delayed, desk, tracked
from twin.distributions import mean
from twin.eventlog import EventLog, items
from twin.rates import items_per_week
from twin.scenario import full_form
from twin.spec import Twin
from twin.units import DAY, HOUR, WEEK

ITEMS = 400


def worked_off(twin: Twin) -> EventLog:
    """Let all items come within eight hours, and no others, and work until they are done."""
    came = {"kind": "programme", "items": ITEMS, "from": "2026-01-05T09:00", "over": "8 h"}
    written = full_form(twin)
    works = {name: {**work, "arrivals": came} for name, work in written["work"].items()}
    return tracked(Twin.model_validate({**written, "work": works}), seed=3)


def mean_delay(fit: Fit, way: str) -> float:
    """Give the mean of a learned delay, in hours."""
    route = fit.twin.work["claim"].route
    assert route is not None
    return mean(route.delays[way].time) / HOUR if way in route.delays else 0.0


@pytest.fixture(scope="module")
def letters() -> EventLog:
    return worked_off(desk(0.8))


def test_the_queue_of_all_that_came_is_hardly_learned_as_a_delay(letters: EventLog) -> None:
    table = items(letters)
    waited = (table["done"] - table["arrived"]).to_numpy().mean() / HOUR
    assert (waited > 16 * 24, mean_delay(fit_twin(letters, name="known"), "start > answer") < 0.03 * waited) == (
        True,
        True,
    )


def test_items_come_as_often_as_they_were_got_done(letters: EventLog) -> None:
    took = items(letters).select(pl.col("done").max() - pl.col("arrived").min()).item()
    rate = items_per_week(fit_twin(letters, name="known").twin.work["claim"].arrivals)
    assert (took > 30 * DAY, rate) == (True, pytest.approx(ITEMS / took * WEEK, rel=1e-4))


def test_delays_behind_the_queue_stay_delays() -> None:
    fit = fit_twin(worked_off(delayed()), name="known")
    ways = ("order > pick", "pick > pack", "pack > check", "check > send")
    assert [mean_delay(fit, way) for way in ways] == pytest.approx([20, 5, 6, 3], rel=0.2)
