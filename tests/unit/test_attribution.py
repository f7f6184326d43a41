"""Why items wait, worked out by hand, and that work and causes sum to every item's stay. Hours since the start."""

from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import Case, cases
from tiny import OFFICE, listed, twin, work

from twin.attribution import Spent, attribute, attribute_inside, split
from twin.engine import simulate
from twin.errors import TwinError
from twin.plan import compile_model
from twin.presence import present
from twin.spec import Twin
from twin.units import HOUR, WEEK


def spent(start: Twin, until: int = WEEK) -> list[dict[str, float]]:
    """How each item that left spent its stay, in hours, zeros left out."""
    model = compile_model(start, until=until)
    stays = attribute(model, simulate(model, seed=1))
    names = [each.name.lower() for each in Spent]
    return [
        {name: ticks / HOUR for name, ticks in zip(names, row, strict=True) if ticks} for row in stays.spent.tolist()
    ]


def desk(*hours: float, effort: str = "3 h", **team: Any) -> Twin:
    works = {"item": work(listed(*hours), ("desk", effort))}
    return twin({"team": {"people": 1} | team}, {"desk": "team"}, works, calendars={"office": OFFICE})


def test_the_second_item_waits_for_the_person_who_works_on_the_first() -> None:
    assert spent(desk(0, 1)) == [{"work": 3}, {"work": 3, "contention": 2}]


def test_an_item_that_comes_at_night_waits_for_the_morning() -> None:
    # until 9 nobody is there; the second waits from 16 to 17 for somebody, over night, and is worked on from 33
    found = spent(desk(0, 14, 16, calendar="office"))
    assert found == [
        {"work": 3, "off_calendar": 9},
        {"work": 3},
        {"work": 3, "contention": 1, "off_calendar": 16},
    ]


def test_waiting_for_people_in_a_meeting_is_told_apart_from_the_night() -> None:
    meetings = [{"on": "mon", "at": "09:00", "lasting": "1 h"}]
    assert spent(desk(8, calendar="office", meetings=meetings)) == [{"work": 3, "off_calendar": 1, "meeting": 1}]


def test_a_meeting_in_the_middle_of_work_is_told_apart_from_the_night_after_it() -> None:
    # from 9 on, 10-11 in a meeting: 7 h of work until 17, and 1 h from 33 to 34
    meetings = [{"on": "mon", "at": "10:00", "lasting": "1 h"}]
    found = spent(desk(9, effort="8 h", calendar="office", meetings=meetings))
    assert found == [{"work": 8, "off_calendar": 16, "meeting": 1}]


def test_who_is_withdrawn_on_the_way_waits_no_longer_than_it_was_there() -> None:
    # a day of waiting for others outside, of which the item sees two hours
    works = {"item": work(listed(0), {"stage": "desk", "effort": "1 h", "delay": "1 d"}, cancel=[{"age": "2 h"}])}
    assert spent(twin({"team": 1}, {"desk": "team"}, works)) == [{"external": 2}]


def test_who_is_overtaken_waits_for_what_came_later() -> None:
    # the first works 0-3; the urgent one came at 2, after the second at 1, and works 3-6; the second waits 2 h for the
    # first and 3 h for the urgent one
    works = {
        "ordinary": work(listed(0, 1), ("desk", "3 h")),
        "urgent": work(listed(2), ("desk", "3 h"), priority=1),
    }
    found = spent(twin({"team": 1}, {"desk": "team"}, works))
    assert found == [{"work": 3}, {"work": 3, "contention": 2, "overtaken": 3}, {"work": 3, "contention": 1}]


def test_a_wip_limit_a_handoff_and_others_outside_have_causes_of_their_own() -> None:
    # item 1 is done at a at 2, waits 1 h of handoff and 1 h for others outside until 4, then until 6 for the one place
    works = {"item": work(listed(0, 0), ("a", "1 h"), {"stage": "b", "effort": "3 h", "delay": "1 h"})}
    handoffs = [{"from": "first", "to": "second", "delay": "1 h"}]
    found = spent(
        twin(
            {"first": 1, "second": 1}, {"a": "first", "b": {"team": "second", "wip_limit": 1}}, works, handoffs=handoffs
        )
    )
    assert found[1] == {"work": 4, "contention": 1, "wip_limit": 2, "external": 1, "handoff": 1}


def all_is_told(case: Case, seed: int) -> bool:
    model = case.model()
    try:
        outcome = simulate(model, seed=seed)
    except TwinError:
        return True
    model = present(model, seed=seed, replication=0)
    for stays in (attribute(model, outcome), attribute_inside(model, outcome)):
        if not np.array_equal(stays.spent.sum(axis=1), stays.done - stays.arrived):
            return False
    return bool((split(model, outcome) >= 0).all())


@given(case=cases(), seed=st.integers(0, 2**64 - 1))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_work_and_causes_sum_to_every_stay_and_none_is_negative(case: Case, seed: int) -> None:
    assert all_is_told(case, seed)


def test_an_item_inside_at_the_end_is_none_of_those_that_left() -> None:
    model = compile_model(desk(0, effort="300 h"), until=WEEK)
    outcome = simulate(model, seed=1)
    assert attribute(model, outcome).item.size == 0
    assert attribute_inside(model, outcome).spent[0].tolist() == [WEEK, *[0] * (len(Spent) - 1)]
