from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.routes import RouteShape, fit_route
from twin.errors import InputError
from twin.eventlog import COLUMNS, EventLog
from twin.units import HOUR
from twin.work import JOIN, Route

START = datetime(2026, 1, 5, tzinfo=UTC)


def log_of(ways: list[str], *, still_open: tuple[int, ...] = ()) -> EventLog:
    """Each item takes its way, a letter per stage, an hour each; items come an hour apart."""
    visits = [
        {"item": item, "work": "claim", "stage": stage, "visit": way[:place].count(stage),
         "started": (item + place) * HOUR,
         "finished": None if item in still_open and place == len(way) - 1 else (item + place + 1) * HOUR}
        for item, way in enumerate(ways)
        for place, stage in enumerate(way)
    ]  # fmt: skip
    frame = pl.DataFrame(visits, schema_overrides={"visit": pl.Int32, "finished": pl.Int64})
    empty = [pl.lit(None, pl.Int64).alias(name) for name in COLUMNS if name not in frame.columns]
    end = (len(ways) + max(map(len, ways))) * HOUR
    return EventLog(frame.with_columns(empty).select(COLUMNS), START, "UTC", end)


def shape(ways: list[str], *, still_open: tuple[int, ...] = ()) -> RouteShape:
    return fit_route(log_of(ways, still_open=still_open), "claim").value


def test_a_line_of_stages_needs_no_memory() -> None:
    assert shape(["abc"] * 20) == RouteShape({"a": 1.0}, {"a": {"b": 1.0}, "b": {"c": 1.0}, "c": {"done": 1.0}})


def test_what_comes_after_a_shared_stage_remembers_where_the_item_came_from() -> None:
    route = shape(["abc", "xby"] * 100)
    assert (route.next["a > b"], route.next["x > b"]) == ({"c": 1.0}, {"y": 1.0})


def test_a_stage_that_is_always_visited_three_times_is_counted_by_the_path() -> None:
    route = shape(["aaab"] * 100)
    paths = {key: shares for key, shares in route.next.items() if key.endswith("a > a > a")}
    assert list(paths.values()) == [{"b": 1.0}]


def test_a_way_seen_once_in_a_thousand_stays() -> None:
    assert shape(["ab"] * 500 + ["ac"] + ["ab"] * 499).next["a"] == {"b": 0.999, "c": 0.001}


def test_an_open_item_tells_where_it_went_but_not_that_it_left() -> None:
    assert shape(["ab", "a", "a"], still_open=(1, 2)).next["a"] == {"b": 1.0}


def test_a_stage_that_no_item_has_left_is_taken_to_be_the_last_and_that_is_told_at_once() -> None:
    fitted = fit_route(log_of(["abc"], still_open=(0,)), "claim")
    assert (fitted.value.next["b"], "no item of the log was seen done" in fitted.evidence[0].mind) == (
        {"done": 1.0},
        True,
    )


def test_items_that_are_all_open_leave_where_the_log_leaves_them() -> None:
    assert shape(["abab", "ab", "aba"], still_open=(0, 1, 2)).next["b"] == {"a": 0.5, "done": 0.5}


def test_items_caught_in_a_loop_that_nobody_left_leave_it_and_the_others_are_as_they_were() -> None:
    route = shape(["ax", "ax", "abcb"], still_open=(2,))
    assert (route.next["x"], route.next["b"]) == ({"done": 1.0}, {"c": 0.5, "done": 0.5})


def test_visits_that_start_together_stand_in_order_of_finish() -> None:
    log = log_of(["ab"] * 3)
    finish = pl.when(pl.col("stage") == "a").then(9 * HOUR).otherwise(8 * HOUR)
    together = log.frame.with_columns(started=pl.col("item") * HOUR, finished=finish)
    assert fit_route(EventLog(together, START, "UTC", 9 * HOUR), "claim").value.start == {"b": 1.0}


def test_the_order_of_rows_changes_nothing() -> None:
    log = log_of(["abc", "xby", "aab"] * 40)
    turned = EventLog(log.frame.reverse(), START, "UTC", log.end)
    assert fit_route(turned, "claim") == fit_route(log, "claim")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text("abcd", min_size=1, max_size=12), min_size=1, max_size=60))
def test_any_log_gives_a_valid_route_in_which_every_stage_has_a_key_of_its_own(ways: list[str]) -> None:
    route = shape(ways)
    efforts = dict.fromkeys(set("".join(ways)), "1 h")
    written = Route.model_validate({**route._asdict(), "efforts": efforts})
    assert {key for key in written.next if JOIN not in key} == set(efforts)


def test_the_interval_of_eighty_in_a_hundred_is_wilsons() -> None:
    fitted = fit_route(log_of(["ab", "ab", "ac", "ab", "ab"] * 20), "claim")
    found = {each.path: each for each in fitted.evidence}["work.claim.route.next.a"]
    assert (found.estimate, found.rows, found.low, found.high) == ("80 % b", 100, "71.12 %", "86.66 %")


def test_a_work_type_without_visits_is_refused() -> None:
    with pytest.raises(InputError, match="no visit of this work type"):
        fit_route(log_of(["ab"]), "refund")
