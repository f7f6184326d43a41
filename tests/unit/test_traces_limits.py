"""Limits, gates and ways to leave early: what both engines do with a few items, every instant worked out by hand.

Hours since Monday 2026-01-05 00:00; rows are (item, stage, enabled, queued, started, finished), in the order in which
visits were opened.
"""

from functools import partial
from math import isnan, nan
from typing import Any

import pytest
from tiny import OFFICE, listed, run, spans, trace, twin, work

from twin.causes import Cause
from twin.engine import simulate
from twin.errors import DeadlockError
from twin.outcome import Outcome
from twin.rows import CANCELLED, TOGETHER, TURNED_AWAY, waited
from twin.units import HOUR

AB = {"a": {"team": "A"}, "b": {"team": "B"}}
TWO_TEAMS = {"A": 1, "B": 1}


@pytest.fixture(params=["reference", "compiled"], autouse=True)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tiny.simulate", partial(simulate, engine=request.param))


def desk(*hours: float, effort: str = "3 h", people: Any = 1, stage: Any = None, **more: Any) -> Any:
    """A twin with one stage, one team and items that arrive at these hours; `more` is said of the work type."""
    return twin(
        {"team": people},
        {"desk": {"team": "team", **(stage or {})}},
        {"x": work(listed(*hours), ("desk", effort), **more)},
    )


def line(*hours: float, efforts: tuple[str, str], a: Any = None, b: Any = None, more: Any = None, **also: Any) -> Any:
    """A twin with two stages, a person at each, and items that arrive at these hours."""
    stages = {"a": {"team": "A", **(a or {})}, "b": {"team": "B", **(b or {})}}
    item = work(listed(*hours), ("a", efforts[0]), ("b", efforts[1]), **(more or {}))
    return twin(TWO_TEAMS, stages, {"x": item}, **also)


def same(rows: list[Any], expected: list[Any]) -> bool:
    """Compare rows with instants that have not come."""
    return len(rows) == len(expected) and all(
        one == other or (isinstance(one, float) and isnan(one) and isnan(other))
        for row, wanted in zip(rows, expected, strict=True)
        for one, other in zip(row, wanted, strict=True)
    )


def batch_hours(outcome: Outcome) -> list[float]:
    """Hours each visit waited for a batch or a gate."""
    return [each / HOUR for each in waited(outcome.waits, len(outcome.rows), (Cause.BATCH,)).tolist()]


# --- limits -----------------------------------------------------------------------------------------------------------


def test_a_limit_on_several_stages_counts_items_until_they_have_left_the_last_of_them() -> None:
    # a and b hold 2 together: 2 comes in at 4, when 0 is done at b; within the limit 0 and 1 pass freely from a to b
    outcome = run(line(0, 0, 0, efforts=("1 h", "3 h"), wip_limits=[{"stages": ["a", "b"], "limit": 2}]))
    assert trace(outcome) == [
        (0, "a", 0, 0, 0, 1),
        (1, "a", 0, 0, 1, 2),
        (2, "a", 0, 4, 4, 5),
        (0, "b", 1, 1, 1, 4),
        (1, "b", 2, 2, 4, 7),
        (2, "b", 5, 5, 7, 10),
    ]


def test_who_waits_for_one_limit_holds_up_nobody_it_does_not_concern() -> None:
    # of the ordinary (0, 1) one may be inside; the other kind (2) comes later and goes in before 1
    works = {"ordinary": work(listed(0, 0), ("desk", "3 h")), "other": work(listed(0), ("desk", "3 h"))}
    limits = [{"work": ["ordinary"], "limit": 1}, {"system": True, "limit": 5}]
    outcome = run(twin({"team": 2}, {"desk": "team"}, works, wip_limits=limits))
    assert spans(outcome) == [(0, "desk", 0, 3), (1, "desk", 3, 6), (2, "desk", 0, 3)]


def test_a_limit_per_person_holds_for_all_stages_of_the_team() -> None:
    # two people with an item each: 2 comes in at 2, when 0 and 1 have left b
    team = {"people": 2, "wip_limit_per_person": 1}
    works = {"x": work(listed(0, 0, 0), ("a", "1 h"), ("b", "1 h"))}
    outcome = run(twin({"team": team}, {"a": "team", "b": "team"}, works))
    assert spans(outcome) == [
        (0, "a", 0, 1), (1, "a", 0, 1), (2, "a", 2, 3), (0, "b", 1, 2), (1, "b", 1, 2), (2, "b", 3, 4),
    ]  # fmt: skip


def test_a_limit_on_a_team_is_one_on_the_stages_it_serves() -> None:
    # B serves b only: a goes on while b holds 1
    outcome = run(line(0, 0, efforts=("1 h", "3 h"), wip_limits=[{"team": "B", "limit": 1}]))
    assert trace(outcome)[2:] == [(0, "b", 1, 1, 1, 4), (1, "b", 2, 4, 4, 7)]


def test_a_limit_on_the_system_is_given_back_by_who_leaves() -> None:
    outcome = run(line(0, 0, efforts=("1 h", "3 h"), wip_limits=[{"system": True, "limit": 1}]))
    assert spans(outcome) == [(0, "a", 0, 1), (1, "a", 4, 5), (0, "b", 1, 4), (1, "b", 5, 8)]


def test_an_item_needs_room_in_every_limit_it_newly_enters() -> None:
    # b itself holds 1, and b with c holds 2
    works = {"x": work(listed(0, 0, 0), ("a", "1 h"), ("b", "1 h"), ("c", "4 h"))}
    stages = {"a": "A", "b": {"team": "B", "wip_limit": 1}, "c": "C"}
    outcome = run(twin({"A": 1, "B": 1, "C": 1}, stages, works, wip_limits=[{"stages": ["b", "c"], "limit": 2}]))
    # 0: a 0-1, b 1-2, c 2-6. 1: a 1-2, b 2-3, c 6-10. 2: a 2-3, but b and c hold 0 and 1 until 6: b 6-7, c 10-14
    assert spans(outcome) == [
        (0, "a", 0, 1), (1, "a", 1, 2), (2, "a", 2, 3), (0, "b", 1, 2), (0, "c", 2, 6), (1, "b", 2, 3),
        (1, "c", 6, 10), (2, "b", 6, 7), (2, "c", 10, 14),
    ]  # fmt: skip


def test_a_dated_change_counts_anew_who_holds_places() -> None:
    # without limits 0 and 1 are at b at 2; from 2.5 on b holds 1, so 2 waits at a until both have left, at 9
    start = line(0, 0, 0, efforts=("1 h", "4 h"))
    later = line(0, 0, 0, efforts=("1 h", "4 h"), b={"wip_limit": 1})
    assert trace(run(start, (2.5, later)))[-1] == (2, "b", 3, 9, 9, 13)


def test_a_dated_change_lets_in_whom_nothing_holds_up_any_more() -> None:
    start = line(0, 0, efforts=("1 h", "4 h"), wip_limits=[{"system": True, "limit": 1}])
    assert trace(run(start, (2, line(0, 0, efforts=("1 h", "4 h")))))[1] == (1, "a", 0, 2, 2, 3)


def test_a_class_of_which_few_may_be_inside_waits_for_its_own_but_for_no_other_limit() -> None:
    # desk holds 1, which urgent work does not ask for, but only one of it may be inside: 1 begins at 1, 2 at 4
    works = {
        "ordinary": work(listed(0), ("desk", "9 h")),
        "urgent": work(listed(1, 2), ("desk", "3 h"), **{"class": "expedite"}),
    }
    classes = {"expedite": {"rank": 1, "breaks_wip": True, "at_most": 1}}
    outcome = run(twin({"team": 3}, {"desk": {"team": "team", "wip_limit": 1}}, works, classes=classes))
    assert spans(outcome) == [(0, "desk", 0, 9), (1, "desk", 1, 4), (2, "desk", 4, 7)]


def test_a_limit_on_a_class_counts_its_work_types() -> None:
    works = {name: work(listed(0), ("desk", "3 h"), **{"class": "slow"}) for name in ("x", "y")}
    limits, classes = [{"class": "slow", "limit": 1}], {"slow": {"rank": 2}}
    outcome = run(twin({"team": 2}, {"desk": "team"}, works, wip_limits=limits, classes=classes))
    assert spans(outcome) == [(0, "desk", 0, 3), (1, "desk", 3, 6)]


# --- intake -----------------------------------------------------------------------------------------------------------


def test_an_arrival_that_finds_the_limit_reached_is_turned_away() -> None:
    # 0 works 0-3 and 1 waits; 2 finds two inside at 2 and goes; at 4 only 1 is inside, so 3 comes in
    outcome = run(desk(0, 1, 2, 4, intake={"limit": 2}))
    assert same(trace(outcome), [
        (0, "desk", 0, 0, 0, 3), (1, "desk", 1, 1, 3, 6), (2, "desk", 2, nan, nan, 2), (3, "desk", 4, 4, 6, 9),
    ])  # fmt: skip
    assert outcome.visits.flags.tolist() == [0, 0, TURNED_AWAY, 0]
    assert (outcome.ledger.left, outcome.ledger.turned_away, outcome.ledger.inside) == (3, 1, 0)


def test_at_one_instant_an_earlier_item_leaves_before_a_later_one_arrives() -> None:
    outcome = run(desk(0, 3, intake={"limit": 1}))
    assert spans(outcome) == [(0, "desk", 0, 3), (1, "desk", 3, 6)]


def test_who_was_taken_in_counts_before_its_first_queue() -> None:
    # 0 is on its way until 5; 1 finds it inside at 1 all the same
    step = {"stage": "desk", "effort": "1 h", "delay": "5 h"}
    outcome = run(twin({"team": 1}, {"desk": "team"}, {"x": work(listed(0, 1), step, intake={"limit": 1})}))
    assert same(spans(outcome), [(0, "desk", 5, 6), (1, "desk", nan, 1)])


def test_an_intake_limit_on_a_stage_counts_who_is_there() -> None:
    # at 2 item 0 has gone on to b, so a is empty; at 2.5 it is not
    outcome = run(line(0, 2, 2.5, efforts=("1 h", "5 h"), more={"intake": {"limit": 1, "scope": ["a"]}}))
    assert [flags == TURNED_AWAY for flags in outcome.visits.flags.tolist()] == [False, False, False, True, False]


def test_an_intake_limit_on_the_system_counts_all_types_but_turns_its_own_away() -> None:
    works = {
        "counted": work(listed(0, 0, 1), ("desk", "3 h")),
        "limited": work(listed(1, 7), ("desk", "3 h"), intake={"limit": 2, "scope": "system"}),
    }
    outcome = run(twin({"team": 1}, {"desk": "team"}, works))
    # three of the first type come in; the second type finds 3 at 1, and at 7 only item 2, which works 6-9
    assert same(spans(outcome), [
        (0, "desk", 0, 3), (1, "desk", 3, 6), (2, "desk", 6, 9), (3, "desk", nan, 1), (4, "desk", 9, 12),
    ])  # fmt: skip


def test_arrivals_may_wait_outside_while_others_pass() -> None:
    # 0 goes back to a without asking, since the limit is for arrivals; 1 comes in when 0 has left
    again = {"stage": "b", "effort": "1 h", "rework": {"chance": "100 %", "back_to": "a", "limit": 1}}
    works = {"x": work(listed(0, 0), ("a", "1 h"), again, intake={"limit": 1, "scope": ["a"], "beyond": "wait"})}
    outcome = run(twin(TWO_TEAMS, AB, works))
    # 0: a 0-1, b 1-2, a again at 2, when 1 is there since 1 (a 1-2): 0 takes a place all the same, a 2-3
    assert spans(outcome)[:5] == [(0, "a", 0, 1), (1, "a", 1, 2), (0, "b", 1, 2), (0, "a", 2, 3), (1, "b", 2, 3)]


# --- leaving early ----------------------------------------------------------------------------------------------------


def test_an_item_is_withdrawn_at_its_age_unless_somebody_works_on_it() -> None:
    # age 7: 1 is at work at 8 and is done at 10, its last visit; 2 waits until 9 and goes
    outcome = run(desk(0, 1, 2, effort="5 h", cancel=[{"age": "7 h"}]))
    assert same(trace(outcome), [(0, "desk", 0, 0, 0, 5), (1, "desk", 1, 1, 5, 10), (2, "desk", 2, 2, nan, 9)])
    assert outcome.visits.flags.tolist() == [0, 0, CANCELLED]
    assert (outcome.ledger.left, outcome.ledger.cancelled, outcome.ledger.inside) == (2, 1, 0)


def test_an_item_that_came_of_age_at_work_is_withdrawn_instead_of_going_on() -> None:
    outcome = run(line(0, efforts=("5 h", "1 h"), more={"cancel": [{"age": "3 h"}]}))
    assert trace(outcome) == [(0, "a", 0, 0, 0, 5)]
    assert outcome.visits.flags.tolist() == [CANCELLED]


def test_an_item_that_is_withdrawn_gives_its_places_back() -> None:
    # b holds 1 and works 1-11 on item 0; 1 is done at a at 2 and holds a's only place until it is withdrawn at 5;
    # then 2, which came at 4, comes in: a 5-6, and is withdrawn at 9 while it waits for b
    one = {"wip_limit": 1}
    outcome = run(line(0, 0, 4, efforts=("1 h", "10 h"), a=one, b=one, more={"cancel": [{"age": "5 h"}]}))
    assert same(trace(outcome), [
        (0, "a", 0, 0, 0, 1), (1, "a", 0, 1, 1, 2), (0, "b", 1, 1, 1, 11), (1, "b", 2, nan, nan, 5),
        (2, "a", 4, 5, 5, 6), (2, "b", 6, nan, nan, 9),
    ])  # fmt: skip


def test_an_item_may_be_withdrawn_on_its_way() -> None:
    step = {"stage": "desk", "effort": "1 h", "delay": "9 h"}
    works = {"x": work(listed(0), step, cancel=[{"age": "4 h"}])}
    outcome = run(twin({"team": 1}, {"desk": "team"}, works))
    assert same(trace(outcome), [(0, "desk", 0, nan, nan, 4)])
    assert (outcome.visits.delayed / HOUR).tolist() == [4]


def test_who_has_waited_too_long_in_the_queue_leaves_it() -> None:
    # patience 2 h: 1 leaves at 2; 2 came at 2 and begins at 3; 3 came at 4 and leaves at 6, as 2 is done
    outcome = run(desk(0, 0, 2, 4, cancel=[{"patience": "2 h"}]))
    assert same(trace(outcome), [
        (0, "desk", 0, 0, 0, 3), (1, "desk", 0, 0, nan, 2), (2, "desk", 2, 2, 3, 6), (3, "desk", 4, 4, nan, 6),
    ])  # fmt: skip


def test_patience_of_its_own_holds_at_a_stage_instead_of_the_general_one() -> None:
    ways = [{"patience": "1 h"}, {"patience": "9 h", "stage": "b"}]
    outcome = run(line(0, 0, 2, efforts=("2 h", "3 h"), more={"cancel": ways}))
    # 1 leaves a's queue at 1; 2 waits at b from 4 to 5
    assert same(spans(outcome), [(0, "a", 0, 2), (1, "a", nan, 1), (0, "b", 2, 5), (2, "a", 2, 4), (2, "b", 5, 8)])


def test_patience_at_an_earlier_stage_is_over_once_somebody_has_begun() -> None:
    # 0 is begun at once; 2 would have left at 5, but is begun at 4: at 5 and after, while both wait at b, nobody leaves
    ways = [{"patience": "3 h", "stage": "a"}]
    works = {
        "x": work(listed(0), ("a", "4 h"), ("b", "1 h"), cancel=ways),
        "y": work(listed(1.5), ("b", "4.5 h")),
        "z": work(listed(2), ("a", "1 h"), ("b", "1 h"), cancel=ways),
    }
    outcome = run(twin(TWO_TEAMS, AB, works))
    assert same(spans(outcome), [
        (0, "a", 0, 4), (1, "b", 1.5, 6), (2, "a", 4, 5), (0, "b", 6, 7), (2, "b", 7, 8),
    ])  # fmt: skip


def test_without_any_patience_one_is_served_at_once_or_leaves() -> None:
    # what is free takes 0 and 1 takes nobody's place: it leaves a tick after it came
    outcome = run(desk(0, 0, cancel=[{"patience": "0 h"}]))
    assert same(spans(outcome), [(0, "desk", 0, 3), (1, "desk", nan, 1 / HOUR)])


def test_an_item_is_cancelled_after_a_visit_by_chance() -> None:
    outcome = run(line(0, efforts=("2 h", "3 h"), more={"cancel": [{"stage": "a", "chance": "100 %"}]}))
    assert trace(outcome) == [(0, "a", 0, 0, 0, 2)]
    assert (outcome.ledger.left, outcome.ledger.cancelled) == (0, 1)


# --- batches and gates ------------------------------------------------------------------------------------------------


def test_visits_wait_until_a_batch_is_full_or_the_first_has_waited_long_enough() -> None:
    # 0 and 1 queue together at 1; 2 waits alone from 3 until 8
    outcome = run(desk(0, 1, 3, effort="1 h", people=2, stage={"batch": {"size": 2, "at_most": "5 h"}}))
    assert trace(outcome) == [(0, "desk", 0, 1, 1, 2), (1, "desk", 1, 1, 1, 2), (2, "desk", 3, 8, 8, 9)]
    assert batch_hours(outcome) == [1, 0, 5]


def test_all_that_wait_go_on_with_the_first_that_has_waited_long_enough() -> None:
    outcome = run(desk(0, 4, effort="1 h", people=2, stage={"batch": {"size": 3, "at_most": "5 h"}}))
    assert spans(outcome) == [(0, "desk", 5, 6), (1, "desk", 5, 6)]


def test_who_waits_for_a_batch_holds_a_place_already() -> None:
    # desk holds 3: 3 comes in at 4, when 0 is done, and waits for 2 until then
    outcome = run(desk(0, 1, 2, 2, people=2, stage={"batch": {"size": 2}, "wip_limit": 3}))
    assert trace(outcome) == [
        (0, "desk", 0, 1, 1, 4), (1, "desk", 1, 1, 1, 4), (2, "desk", 2, 4, 4, 7), (3, "desk", 2, 4, 4, 7),
    ]  # fmt: skip
    assert batch_hours(outcome) == [1, 0, 2, 0]


def test_one_who_waited_for_a_batch_and_is_withdrawn_does_not_count() -> None:
    # 0 is withdrawn at 4; 1 and 2 make the batch
    outcome = run(desk(0, 5, 6, stage={"batch": {"size": 2}}, cancel=[{"age": "4 h"}]))
    assert same(spans(outcome), [(0, "desk", nan, 4), (1, "desk", 6, 9), (2, "desk", 9, 12)])
    assert batch_hours(outcome) == [4, 1, 0]


def test_a_person_takes_all_that_wait_at_once() -> None:
    # 0 alone 0-2; at 2 the first three of 1, 2, 3 and 4; at 4 the last. The person works 6 hours.
    outcome = run(desk(0, 1, 1, 1, 1, effort="2 h", stage={"batch": {"size": 3, "together": True}}))
    assert spans(outcome) == [
        (0, "desk", 0, 2), (1, "desk", 2, 4), (2, "desk", 2, 4), (3, "desk", 2, 4), (4, "desk", 4, 6),
    ]  # fmt: skip
    assert outcome.visits.flags.tolist() == [0, 0, TOGETHER, TOGETHER, 0]
    assert outcome.ledger.team_busy.tolist() == [6 * HOUR]


def test_work_done_together_is_not_interrupted() -> None:
    # 0 and 1 are done together 0-4; the urgent 2 comes at 1 and may interrupt, but not these
    works = {
        "ordinary": work(listed(0, 0), ("desk", "4 h"), **{"class": "standard"}),
        "urgent": work(listed(1), ("desk", "1 h"), **{"class": "expedite"}),
    }
    classes = {"expedite": {"rank": 1, "preempts": True}, "standard": {"rank": 3}}
    stage = {"team": "team", "batch": {"size": 2, "together": True}}
    outcome = run(twin({"team": 1}, {"desk": stage}, works, classes=classes))
    assert spans(outcome) == [(0, "desk", 0, 4), (1, "desk", 0, 4), (2, "desk", 4, 5)]


def test_an_interrupted_visit_may_be_withdrawn_and_its_work_counts() -> None:
    # 0 works 0-2 and is interrupted by 1 until 6; at 5 it is 5 hours old and goes: 2 h of work, 3 h interrupted
    works = {
        "ordinary": work(listed(0), ("desk", "4 h"), **{"class": "standard"}, cancel=[{"age": "5 h"}]),
        "urgent": work(listed(2), ("desk", "4 h"), **{"class": "expedite"}),
    }
    classes = {"expedite": {"rank": 1, "preempts": True}, "standard": {"rank": 3}}
    outcome = run(twin({"team": 1}, {"desk": "team"}, works, classes=classes))
    assert spans(outcome) == [(0, "desk", 0, 5), (1, "desk", 2, 6)]
    assert (outcome.visits.suspended / HOUR).tolist() == [3, 0]


def test_a_visit_that_was_begun_and_interrupted_has_patience() -> None:
    # 0 works 0-2 and 6-8; its patience of 3 h was for the beginning
    works = {
        "ordinary": work(listed(0), ("desk", "4 h"), **{"class": "standard"}, cancel=[{"patience": "3 h"}]),
        "urgent": work(listed(2), ("desk", "4 h"), **{"class": "expedite"}),
    }
    classes = {"expedite": {"rank": 1, "preempts": True}, "standard": {"rank": 3}}
    assert spans(run(twin({"team": 1}, {"desk": "team"}, works, classes=classes)))[0] == (0, "desk", 0, 8)


def test_work_done_together_may_wait_for_a_least_number() -> None:
    outcome = run(desk(0, 1, 2, effort="2 h", stage={"batch": {"size": 4, "together": True, "least": 2}}))
    # 0 waits for 1; 2 waits for a second that never comes
    assert same(spans(outcome), [(0, "desk", 1, 3), (1, "desk", 1, 3), (2, "desk", nan, nan)])


def test_a_gate_lets_through_what_came_in_time_as_far_as_there_is_room() -> None:
    # opens at 10, 20, 30: two at a time, an hour before at the latest. At 10: 0 and 1; 2 came in time but there is no
    # room; 3 came too late. At 20: 2 and 3. At 30: 4.
    gate = {"opens": {"every": "10 h", "capacity": 2, "cut_off": "1 h"}}
    outcome = run(desk(0, 3, 9, 9.5, 12, effort="1 h", people=2, stage=gate))
    assert spans(outcome) == [
        (0, "desk", 10, 11), (1, "desk", 10, 11), (2, "desk", 20, 21), (3, "desk", 20, 21), (4, "desk", 30, 31),
    ]  # fmt: skip
    assert batch_hours(outcome) == [10, 7, 11, 10.5, 18]


def test_what_comes_after_the_cut_off_waits_for_the_next_gate() -> None:
    outcome = run(desk(9, 9.5, effort="1 h", stage={"opens": {"every": "10 h", "cut_off": "1 h"}}))
    assert spans(outcome) == [(0, "desk", 10, 11), (1, "desk", 20, 21)]


def test_a_gate_takes_the_most_urgent_first() -> None:
    gate = {"team": "team", "opens": {"every": "10 h", "capacity": 1}}
    works = {"ordinary": work(listed(1), ("desk", "1 h")), "urgent": work(listed(2), ("desk", "1 h"), priority=1)}
    assert spans(run(twin({"team": 1}, {"desk": gate}, works))) == [(0, "desk", 20, 21), (1, "desk", 10, 11)]


def test_what_comes_at_the_instant_of_a_gate_goes_through() -> None:
    outcome = run(desk(10, 10, effort="0 h", stage={"opens": {"every": "10 h"}}))
    assert spans(outcome) == [(0, "desk", 10, 10), (1, "desk", 10, 10)]


def test_gates_open_on_weekdays_by_the_clock_on_the_wall() -> None:
    # Tuesday 14:00 is hour 38, Thursday 9:00 is hour 81; in Berlin an hour earlier
    gate = {"opens": [{"on": "tue", "at": "14:00"}, {"on": "thu"}]}
    outcome = run(desk(1, 40, effort="1 h", stage=gate))
    assert spans(outcome) == [(0, "desk", 38, 39), (1, "desk", 81, 82)]


def test_a_gate_opens_whether_anybody_is_at_work_or_not() -> None:
    # through at 10 on Monday 20:00 ... queued at 20, begun on Tuesday 9:00, hour 33
    people = {"people": 1, "calendar": "office"}
    item = work(listed(12), ("desk", "1 h"))
    stages = {"desk": {"team": "team", "opens": {"every": "20 h"}}}
    outcome = run(twin({"team": people}, stages, {"x": item}, calendars={"office": OFFICE}))
    assert trace(outcome) == [(0, "desk", 12, 20, 33, 34)]


# --- deadlock ---------------------------------------------------------------------------------------------------------


def test_items_that_wait_for_each_other_are_told_at_that_instant() -> None:
    # 0: a 0-1, b 1-2, and back; 1: a 1-2. At 2 item 0 holds b and wants a, item 1 holds a and wants b
    one = {"wip_limit": 1}
    again = {"stage": "b", "effort": "1 h", "rework": {"chance": "100 %", "back_to": "a"}}
    stages = {"a": {"team": "A", **one}, "b": {"team": "B", **one}, "far": {"team": "C"}}
    works = {"x": work(listed(0, 0), ("a", "1 h"), again), "y": work(listed(0), ("far", "90 h"))}
    with pytest.raises(DeadlockError) as told:
        run(twin({"A": 1, "B": 1, "C": 1}, stages, works))
    assert str(told.value) == (
        "2 items wait for each other from tick 7200000 on and can never move: item 0 at b waits for a place at a "
        "(stages.a.wip_limit, held by 1); item 1 at a waits for a place at b (stages.b.wip_limit, held by 0). "
        "Give one of these limits more places, or take a stage out of it"
    )


def test_items_that_can_be_withdrawn_do_not_wait_for_good() -> None:
    again = {"stage": "b", "effort": "1 h", "rework": {"chance": "100 %", "back_to": "a"}}
    stages = {"a": {"team": "A", "wip_limit": 1}, "b": {"team": "B", "wip_limit": 1}}
    works = {"x": work(listed(0, 0), ("a", "1 h"), again, cancel=[{"age": "9 h"}])}
    outcome = run(twin(TWO_TEAMS, stages, works))
    assert outcome.ledger.cancelled == 2


def test_a_dated_change_may_still_help() -> None:
    again = {"stage": "b", "effort": "1 h", "rework": {"chance": "100 %", "back_to": "a", "limit": 1}}

    def stuck(most: int) -> Any:
        stages = {"a": {"team": "A", "wip_limit": most}, "b": {"team": "B", "wip_limit": most}}
        return twin(TWO_TEAMS, stages, {"x": work(listed(0, 0), ("a", "1 h"), again)})

    assert run(stuck(1), (5, stuck(2))).ledger.left == 2


def test_a_batch_larger_than_the_limit_before_it_never_fills() -> None:
    with pytest.raises(DeadlockError, match="item 0 at desk waits for others to make a batch"):
        run(desk(0, 0, 0, stage={"batch": {"size": 3}, "wip_limit": 2}))
