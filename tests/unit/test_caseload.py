"""So many items come and go, whatever the horizon that was guessed for them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tiny import START, listed, twin, work

from twin.caseload import simulate_caseload, simulate_logs
from twin.errors import BudgetError, InputError
from twin.eventlog import EventLog, items
from twin.rates import items_per_week
from twin.spec import Twin
from twin.units import WEEK

POISSON = {"kind": "poisson", "rate": "20 / week"}


def desk(arrivals: dict[str, Any] | None = None, **more: Any) -> Twin:
    answered = work(POISSON if arrivals is None else arrivals, ("answer", "2 h"))
    return twin({"clerks": 2}, {"answer": "clerks"}, {"letter": answered}, **more)


def caseload(model: Twin, count: int, *, replications: int = 1, seed: int = 1) -> list[EventLog]:
    runs = simulate_caseload(model, items=count, start=START, seed=seed, replications=replications)
    return [run.log() for run in runs]


def test_so_many_items_arrive_and_all_of_them_leave() -> None:
    seen = [items(log) for log in caseload(desk(), 25, replications=3)]
    assert [(log.height, log["done"].null_count()) for log in seen] == [(25, 0)] * 3


def test_asking_for_more_leaves_the_first_arrivals_where_they_were() -> None:
    few, many = (items(caseload(desk(), count)[0])["arrived"].to_list() for count in (10, 30))
    assert few == many[:10]


def test_a_horizon_that_was_too_short_is_doubled_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    generous = caseload(desk(), 25)[0].frame
    monkeypatch.setattr("twin.caseload.items_per_week", lambda _: 700.0)
    monkeypatch.setattr("twin.caseload.MARGIN_WEEKS", 0)
    assert caseload(desk(), 25)[0].frame.equals(generous)


def test_work_that_takes_longer_than_calendars_were_laid_out_for_is_waited_for() -> None:
    years = twin({"clerks": 2}, {"answer": "clerks"}, {"letter": work(POISSON, ("answer", "30000 h"))})
    assert items(caseload(years, 3)[0])["done"].null_count() == 0


def test_a_flood_is_not_drawn_for_weeks_to_take_a_few_of_it() -> None:
    flood = desk({"kind": "poisson", "rate": "1000000000 / week"})
    assert items(caseload(flood, 10)[0]).height == 10


def test_each_replication_has_its_own_luck_and_none_depends_on_how_many_there_are() -> None:
    one, two = caseload(desk(), 10, replications=2)
    assert not one.frame.equals(two.frame)
    assert caseload(desk(), 10)[0].frame.equals(one.frame)


def test_the_twin_starts_empty() -> None:
    waiting = desk(inside=[{"work": "letter", "stage": "answer", "count": 50}])
    assert caseload(waiting, 10)[0].frame.equals(caseload(desk(), 10)[0].frame)


def test_listed_items_are_taken_in_order_of_arrival() -> None:
    (log,) = caseload(desk(listed(30, 1, 2, 200)), 3)
    assert items(log)["arrived"].to_list() == [3_600_000 * hour for hour in (1, 2, 30)]


@pytest.mark.parametrize("arrivals", [{"kind": "none"}, listed(1, 2)])
def test_more_items_than_ever_arrive_are_refused(arrivals: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"3 items were asked for, but only [02] arrive in this twin"):
        caseload(desk(arrivals), 3)


def test_listed_items_before_the_beginning_do_not_arrive() -> None:
    runs = simulate_caseload(desk(listed(1, 30)), items=2, start=START + timedelta(hours=2), seed=1, replications=1)
    with pytest.raises(InputError, match="only 1 arrive in this twin"):
        list(runs)


@pytest.mark.parametrize(
    ("count", "replications", "estimate"),
    [(10**9, 1, "1,000,000,000 items"), (300_000, 1, "years; at most 100"), (50_000, 100_000, "visits in all")],
)
def test_a_caseload_beyond_the_budget_is_refused_before_it_takes_memory(
    count: int, replications: int, estimate: str
) -> None:
    with pytest.raises(BudgetError, match=estimate):
        caseload(desk(), count, replications=replications)


@pytest.mark.parametrize(
    ("arrivals", "rate"),
    [
        (POISSON, 20.0),
        ({"kind": "renewal", "gap": {"kind": "gamma", "mean": "12 h", "cv": 0.5}}, 14.0),
        (listed(1, 2, 3), 0.0),
        ({"kind": "none"}, 0.0),
    ],
)
def test_the_mean_rate_is_known_for_each_kind_of_arrivals(arrivals: dict[str, Any], rate: float) -> None:
    assert items_per_week(desk(arrivals).work["letter"].arrivals) == pytest.approx(rate)


# --- logs of so many items or so much time ----------------------------------------------------------------------------


def test_a_log_of_so_much_time_ends_then_with_what_is_open() -> None:
    (log,) = simulate_logs(desk(listed(1, 167)), length="1 w")
    assert (log.end, log.frame["finished"].null_count()) == (WEEK, 1)


def test_a_log_of_so_much_time_begins_with_what_is_inside() -> None:
    waiting = desk(listed(100), inside=[{"work": "letter", "stage": "answer", "count": 3}])
    (log,) = simulate_logs(waiting, length="1 w")
    assert log.visits == 4


def test_time_begins_when_the_twin_says_or_the_caller() -> None:
    abroad = twin(
        {"clerks": 2}, {"answer": "clerks"}, {"letter": work(POISSON, ("answer", "2 h"))},
        clock={"starts": "2026-01-05", "zone": "Europe/Berlin"},
    )  # fmt: skip
    starts = [next(simulate_logs(abroad, items=1, start=start)).start for start in (None, "2026-07-01T09:00")]
    assert starts == [datetime(2026, 1, 4, 23, tzinfo=UTC), datetime(2026, 7, 1, 7, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "one of the two"),
        ({"items": 3, "length": "1 w"}, "one of the two"),
        ({"length": "0 w"}, "must be above 0"),
        ({"length": "-1 w"}, "must be above 0"),
        ({"length": "long"}, "'long' is not a duration"),
        ({"items": 3, "start": "then"}, "'then' is not a date"),
    ],
)
def test_what_cannot_be_simulated_is_refused(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        next(simulate_logs(desk(), **asked))


def test_the_first_item_comes_as_soon_as_demand_runs_and_the_next_keep_the_pace() -> None:
    pace = {
        "kind": "renewal",
        "gap": {"kind": "fixed", "value": "21 h"},
        "pattern": {"mon": [0.0] * 8 + [1.0] * 8 + [0.0] * 8},
    }
    seen = items(caseload(desk(pace), 4)[0])["arrived"].to_list()
    assert [tick / 3_600_000 for tick in seen] == [8, 9, 10, 11]
