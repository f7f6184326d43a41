"""When items arrive: at the hours that the pattern names, where people live, and otherwise in every replication."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tiny import START, twin, work

from twin.demand import Intake, arrivals, draw_items, sums_of_gaps
from twin.plan import compile_model
from twin.units import DAY, HOUR, WEEK
from twin.zones import time_zone

BERLIN = time_zone("Europe/Berlin")


def intake(arrives: dict[str, Any], *, until: int, start: str = START.isoformat(), zone: str = "UTC") -> Intake:
    """The demand of a twin with one work type."""
    desk = twin(
        {"team": 1}, {"desk": "team"}, {"item": work(arrives, ("desk", "1 h"))}, clock={"starts": start, "zone": zone}
    )
    return compile_model(desk, until=until).intakes[0]


def poisson(rate: str, **more: Any) -> dict[str, Any]:
    return {"kind": "poisson", "rate": rate, **more}


def test_each_replication_has_its_own_arrivals() -> None:
    drawn = intake(poisson("10 / day"), until=WEEK)
    first, second = (arrivals(drawn, seed=1, replication=each, until=WEEK) for each in (0, 1))
    assert not set(first.tolist()) & set(second.tolist())


@given(until=st.integers(0, 14 * DAY))
def test_those_who_arrive_before_a_tick_are_all_there_however_far_one_looks(until: int) -> None:
    drawn = intake(poisson("10 / day"), until=14 * DAY)
    far = arrivals(drawn, seed=1, replication=0, until=14 * DAY)
    assert np.array_equal(arrivals(drawn, seed=1, replication=0, until=until), far[far < until])


def test_regular_arrivals_come_one_gap_after_another_up_to_the_end() -> None:
    drawn = intake({"kind": "renewal", "gap": "6 h"}, until=DAY + 1)
    assert (arrivals(drawn, seed=1, replication=0, until=DAY + 1) / HOUR).round(6).tolist() == [6, 12, 18, 24]


def test_a_pattern_s_hour_is_that_of_the_wall_through_the_change_of_clocks() -> None:
    start = datetime(2026, 3, 23, tzinfo=BERLIN)  # the clocks go forward on the 29th
    nine = poisson("50 / day", pattern={"every": [0] * 9 + [1] + [0] * 14})
    drawn = intake(nine, until=2 * WEEK, start=start.isoformat(), zone=BERLIN.key)
    instants = arrivals(drawn, seed=1, replication=0, until=2 * WEEK)
    walls = [(start.astimezone(UTC) + timedelta(milliseconds=at)).astimezone(BERLIN) for at in instants.tolist()]
    assert {wall.hour for wall in walls} == {9}


def test_as_many_arrive_as_the_rate_says_on_average() -> None:
    drawn = intake(poisson("20 / week", pattern={"every": [0, 3, 1], "sun": [0]}), until=52 * WEEK)
    counts = [arrivals(drawn, seed=1, replication=each, until=52 * WEEK).size for each in range(100)]
    # a sum of 100 Poisson numbers of mean 1040: 4.3 standard deviations
    assert abs(sum(counts) - 104_000) < 4.3 * 104_000**0.5


@given(limit=st.integers(0, 120))
def test_a_limit_takes_the_first_of_all_types(limit: int) -> None:
    works = {name: work(poisson(rate), ("desk", "1 h")) for name, rate in (("x", "10 / day"), ("y", "3 / day"))}
    model = compile_model(twin({"team": 1}, {"desk": "team"}, works), until=5 * DAY)

    def work_and_number(most: int | None) -> list[tuple[int, int]]:
        items = draw_items(model.intakes, model.inside, seed=1, replication=0, until=model.until, limit=most)
        return list(zip(items.work.tolist(), items.number.tolist(), strict=True))

    assert work_and_number(limit) == work_and_number(None)[:limit]


def test_gaps_drawn_in_pieces_are_those_drawn_at_once() -> None:
    drawn = intake(poisson("10 / day"), until=WEEK)
    whole = sums_of_gaps(drawn, 1, 2, 0, 50)
    assert np.array_equal(whole[20:], whole[19] + sums_of_gaps(drawn, 1, 2, 20, 30))
