"""What both engines do with a few items, every instant worked out by hand.

Hours since Monday 2026-01-05 00:00; rows are (item, stage, started, finished), or in `trace` (item, stage, enabled,
queued, started, finished), in the order in which visits were opened.
"""

from datetime import datetime
from functools import partial
from math import isnan
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tiny import OFFICE, listed, run, spans, trace, twin, work

from twin.conservation import check
from twin.engine import compiled, reference, simulate
from twin.errors import BudgetError, DeadlockError, InputError
from twin.eventlog import NEVER
from twin.units import HOUR


@pytest.fixture(params=["reference", "compiled"], autouse=True)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tiny.simulate", partial(simulate, engine=request.param))


def one_desk(people: Any, *hours: float, effort: str = "3 h", **more: Any) -> Any:
    """A twin with one stage, one team and items that arrive at these hours."""
    return twin({"team": people}, {"desk": "team"}, {"item": work(listed(*hours), ("desk", effort))}, **more)


# --- queues and people ------------------------------------------------------------------------------------------------


def test_one_person_takes_items_one_after_another_in_the_order_of_arrival() -> None:
    # 0 works 0-3; 1 came at 1 and waits until 3; 2 came at 2 and waits until 6
    outcome = run(one_desk(1, 0, 1, 2))
    assert trace(outcome) == [(0, "desk", 0, 0, 0, 3), (1, "desk", 1, 1, 3, 6), (2, "desk", 2, 2, 6, 9)]


def test_two_people_work_side_by_side() -> None:
    # 0 and 1 find someone free; 2 waits for the first to finish, at 3
    outcome = run(one_desk(2, 0, 1, 2))
    assert spans(outcome) == [(0, "desk", 0, 3), (1, "desk", 1, 4), (2, "desk", 3, 6)]


def test_work_goes_to_whoever_has_been_idle_longest() -> None:
    # person 1 works 0-3, person 2 works 1-4; at 5 person 1 has been idle longer, and at 5 person 2 is next
    outcome = run(one_desk(2, 0, 1, 5, 5))
    assert outcome.log().frame["person"].to_list() == ["team-1", "team-2", "team-1", "team-2"]


def test_of_two_groups_the_one_whose_person_has_been_idle_longest_is_asked_first() -> None:
    # at 5 the person of the first group has been idle since 3, that of the second since 0
    outcome = run(one_desk({"people": [{"count": 1}, {"count": 1}]}, 0, 5, 5))
    assert outcome.log().frame["person"].to_list() == ["team-1", "team-2.1", "team-1"]


def test_the_most_urgent_is_taken_first_but_nobody_is_interrupted() -> None:
    # the ordinary 0 works 0-3; of those that wait at 3, the urgent 2 (came at 2) goes before the ordinary 1 (came at 1)
    works = {
        "ordinary": work(listed(0, 1), ("desk", "3 h")),
        "urgent": work(listed(2), ("desk", "3 h"), priority=1),
    }
    outcome = run(twin({"team": 1}, {"desk": "team"}, works))
    assert spans(outcome) == [(0, "desk", 0, 3), (1, "desk", 6, 9), (2, "desk", 3, 6)]


def test_a_team_that_works_first_come_first_served_ignores_priority() -> None:
    works = {
        "ordinary": work(listed(0, 1), ("desk", "3 h")),
        "urgent": work(listed(2), ("desk", "3 h"), priority=1),
    }
    outcome = run(twin({"team": {"people": 1, "queue": "fifo"}}, {"desk": "team"}, works))
    assert spans(outcome) == [(0, "desk", 0, 3), (1, "desk", 3, 6), (2, "desk", 6, 9)]


def test_people_who_are_half_available_take_twice_as_long() -> None:
    # 3 h of effort at 50 % are 6 h of working time
    outcome = run(one_desk({"people": 1, "available": "50 %"}, 0, 1))
    assert spans(outcome) == [(0, "desk", 0, 6), (1, "desk", 6, 12)]


def test_a_stage_served_by_two_teams_takes_who_is_free_with_the_effort_of_that_team() -> None:
    # quick takes 2 h and slow 3 h; at 0 quick is asked first; at 2 quick is free again and takes item 2
    effort = {
        "kind": "by_team",
        "teams": {"quick": {"kind": "fixed", "value": "2 h"}, "slow": {"kind": "fixed", "value": "3 h"}},
    }
    works = {"item": work(listed(0, 0, 0), {"stage": "desk", "effort": effort})}
    outcome = run(twin({"quick": 1, "slow": 1}, {"desk": {"teams": ["quick", "slow"]}}, works))
    assert spans(outcome) == [(0, "desk", 0, 2), (1, "desk", 0, 3), (2, "desk", 2, 4)]
    assert outcome.visits.team.tolist() == [0, 1, 0]


def test_a_team_with_two_stages_takes_what_has_waited_longest() -> None:
    # both b and a are served by one person; item 1 reached b at 1, before item 2 reached a at 2
    works = {"x": work(listed(0, 2), ("a", "3 h")), "y": work(listed(1), ("b", "3 h"))}
    outcome = run(twin({"team": 1}, {"a": "team", "b": "team"}, works))
    assert spans(outcome) == [(0, "a", 0, 3), (1, "b", 3, 6), (2, "a", 6, 9)]


# --- calendars --------------------------------------------------------------------------------------------------------


def test_work_rests_over_night_and_over_the_weekend() -> None:
    # Friday is hours 96-120. Item 0 comes at 16:00 (112): 1 h until 17:00, 2 h from Monday 9:00 (177) to 11:00 (179).
    # Item 1 comes on Monday at 18:00 (186) and waits until Tuesday 9:00 (201).
    outcome = run(
        one_desk({"people": 1, "calendar": "office"}, 112, 186, calendars={"office": OFFICE}), until=300 * HOUR
    )
    assert spans(outcome) == [(0, "desk", 112, 179), (1, "desk", 201, 204)]
    assert (outcome.visits.suspended / HOUR).tolist() == [64, 0]


def test_work_that_ends_with_the_shift_is_done_at_the_closing() -> None:
    # 3 h from 14:00 end at 17:00 sharp; item 1 waits for the next morning although the person is free at 17:00
    outcome = run(one_desk({"people": 1, "calendar": "office"}, 14, 15, calendars={"office": OFFICE}))
    assert spans(outcome) == [(0, "desk", 14, 17), (1, "desk", 33, 36)]


@pytest.mark.parametrize(
    ("saturday", "done"),
    [
        # Winter: the night shift 22:00-06:00 has 8 h and ends 30 h after Saturday 00:00.
        ("2026-03-21", 22 + 8),
        # The clocks go forward at 02:00: 7 h until 06:00, which is hour 29; the last hour from Sunday 22:00 (hour 45).
        ("2026-03-28", 45 + 1),
        # The clocks go back at 03:00: the shift has 9 h, so 8 h are done an hour before it ends, at 05:00.
        ("2026-10-24", 22 + 8),
    ],
)
def test_a_night_shift_in_berlin_follows_the_clock_through_its_changes(saturday: str, done: float) -> None:
    start = datetime.fromisoformat(saturday).replace(tzinfo=ZoneInfo("Europe/Berlin"))
    night = {"days": "mon-sun", "hours": "22:00-06:00"}
    outcome = run(
        one_desk(
            {"people": 1, "calendar": "night"}, 22, effort="8 h",
            calendars={"night": night}, clock={"starts": start.isoformat(), "zone": "Europe/Berlin"},
            work={"item": work(listed(22, start=start), ("desk", "8 h"))},
        )
    )  # fmt: skip
    assert spans(outcome) == [(0, "desk", 22, done)]


def test_people_of_one_team_with_different_hours_take_turns() -> None:
    # early works 8-12, late 12-16. Items 0 and 1 (2 h each) fill early from 8 to 12. Item 2 comes at 11, finds early at
    # work, and at 12 early goes home as late comes: late takes it.
    calendars = {"early": {"hours": "08:00-12:00"}, "late": {"hours": "12:00-16:00"}}
    people = [{"count": 1, "calendar": "early"}, {"count": 1, "calendar": "late"}]
    outcome = run(one_desk({"people": people}, 8, 8, 11, effort="2 h", calendars=calendars))
    assert spans(outcome) == [(0, "desk", 8, 10), (1, "desk", 10, 12), (2, "desk", 12, 14)]
    assert outcome.log().frame["person"].to_list() == ["team-1", "team-1", "team-2.1"]


# --- WIP limits -------------------------------------------------------------------------------------------------------


def test_an_item_keeps_its_place_upstream_until_it_is_let_in() -> None:
    # a takes 1 h and holds 2 items, b takes 5 h and holds 1.
    # 0: a 0-1, b 1-6. 1: a 1-2, done but held in a until b is free at 6. 2: gets a's second place as 0 leaves it at 1,
    # works 2-3, held until 11. 3: a is full with 1 and 2 until 6, so it is let in at 6 and works 6-7.
    works = {"item": work(listed(0, 0, 0, 0), ("a", "1 h"), ("b", "5 h"))}
    outcome = run(
        twin({"A": 1, "B": 1}, {"a": {"team": "A", "wip_limit": 2}, "b": {"team": "B", "wip_limit": 1}}, works)
    )
    assert trace(outcome) == [
        (0, "a", 0, 0, 0, 1),
        (1, "a", 0, 0, 1, 2),
        (2, "a", 0, 1, 2, 3),
        (3, "a", 0, 6, 6, 7),
        (0, "b", 1, 1, 1, 6),
        (1, "b", 2, 6, 6, 11),
        (2, "b", 3, 11, 11, 16),
        (3, "b", 7, 16, 16, 21),
    ]


def test_places_are_given_to_the_most_urgent_first() -> None:
    # desk holds 1: at 3 the urgent item 2 is let in before the ordinary item 1
    works = {
        "ordinary": work(listed(0, 1), ("desk", "3 h")),
        "urgent": work(listed(2), ("desk", "3 h"), priority=1),
    }
    outcome = run(twin({"team": 2}, {"desk": {"team": "team", "wip_limit": 1}}, works))
    assert spans(outcome) == [(0, "desk", 0, 3), (1, "desk", 6, 9), (2, "desk", 3, 6)]


def test_rework_at_the_same_stage_keeps_its_place() -> None:
    # desk holds 1 and everything is done twice: item 0 works 0-1 and again 1-2, only then is item 1 let in
    step = {"stage": "desk", "effort": "1 h", "rework": {"chance": "100 %", "back_to": "desk", "limit": 1}}
    works = {"item": work(listed(0, 0), step)}
    outcome = run(twin({"team": 1}, {"desk": {"team": "team", "wip_limit": 1}}, works))
    assert spans(outcome) == [(0, "desk", 0, 1), (1, "desk", 2, 3), (0, "desk", 1, 2), (1, "desk", 3, 4)]


# --- the way of an item -----------------------------------------------------------------------------------------------


def test_rework_goes_back_as_often_as_its_limit_allows() -> None:
    # review sends everything back to build, at most twice: build-review three times, 1 h and 2 h each
    review = {"stage": "review", "effort": "2 h", "rework": {"chance": "100 %", "back_to": "build", "limit": 2}}
    outcome = run(
        twin({"A": 1, "B": 1}, {"build": "A", "review": "B"}, {"x": work(listed(0), ("build", "1 h"), review)})
    )
    assert spans(outcome) == [
        (0, "build", 0, 1),
        (0, "review", 1, 3),
        (0, "build", 3, 4),
        (0, "review", 4, 6),
        (0, "build", 6, 7),
        (0, "review", 7, 9),
    ]
    assert outcome.visits.visit.tolist() == [0, 0, 1, 1, 2, 2]


def test_rework_lines_up_behind_those_who_wait() -> None:
    # everything is done twice: item 0 is back at 1 and waits for item 1, which is back at 2
    step = {"stage": "desk", "effort": "1 h", "rework": {"chance": "100 %", "back_to": "desk", "limit": 1}}
    outcome = run(twin({"team": 1}, {"desk": "team"}, {"item": work(listed(0, 0), step)}))
    assert spans(outcome) == [(0, "desk", 0, 1), (1, "desk", 1, 2), (0, "desk", 2, 3), (1, "desk", 3, 4)]


def test_a_route_remembers_the_recent_path() -> None:
    # after a the item goes to b, after b to a; only the path a, b, a leads out
    route = {
        "start": {"a": 1.0},
        "next": {"a": {"b": 1.0}, "b": {"a": 1.0}, "a > b > a": {"done": 1.0}},
        "efforts": {"a": "1 h", "b": "2 h"},
    }
    works = {"x": {"arrivals": listed(0), "route": route}}
    outcome = run(twin({"A": 1, "B": 1}, {"a": "A", "b": "B"}, works))
    assert spans(outcome) == [(0, "a", 0, 1), (0, "b", 1, 3), (0, "a", 3, 4)]


def test_handoff_and_external_waiting_come_one_after_the_other() -> None:
    # a ends at 1; 2 h of handoff and 3 h of a customer: b is reached at 6
    step = {"stage": "b", "effort": "1 h", "delay": "3 h"}
    handoffs = [{"from": "A", "to": "B", "delay": "2 h"}]
    outcome = run(
        twin({"A": 1, "B": 1}, {"a": "A", "b": "B"}, {"x": work(listed(0), ("a", "1 h"), step)}, handoffs=handoffs)
    )
    assert trace(outcome) == [(0, "a", 0, 0, 0, 1), (0, "b", 1, 6, 6, 7)]
    assert (outcome.visits.delayed / HOUR).tolist() == [0, 5]


def test_waiting_in_working_time_rests_over_the_weekend() -> None:
    # a ends on Friday at 16:00 (112); 2 h of handoff by the clock until 18:00; 3 working hours of the taking team from
    # Monday 9:00 (177) to 12:00 (180)
    step = {"stage": "b", "effort": "1 h", "delay": {"time": "3 h", "counted": "working"}}
    outcome = run(
        twin(
            {"A": 1, "B": {"people": 1, "calendar": "office"}}, {"a": "A", "b": "B"},
            {"x": work(listed(111), ("a", "1 h"), step)},
            handoffs=[{"from": "A", "to": "B", "delay": "2 h"}], calendars={"office": OFFICE},
        ),
        until=200 * HOUR,
    )  # fmt: skip
    assert trace(outcome) == [(0, "a", 111, 111, 111, 112), (0, "b", 112, 180, 180, 181)]


def test_waiting_before_the_first_stage_counts_from_the_arrival() -> None:
    step = {"stage": "desk", "effort": "1 h", "delay": "4 h"}
    outcome = run(twin({"team": 1}, {"desk": "team"}, {"x": work(listed(2), step)}))
    assert trace(outcome) == [(0, "desk", 2, 6, 6, 7)]


def test_items_inside_at_the_start_wait_where_they_are_with_their_age() -> None:
    # oldest first: two items of 10 h at b, one of 5 h at a, then the arrival at 0; b takes 2 h, a 1 h
    works = {"x": work(listed(0), ("a", "1 h"), ("b", "2 h"))}
    inside = [
        {"work": "x", "stage": "a", "age": "5 h"},
        {"work": "x", "stage": "b", "age": "10 h", "count": 2},
    ]
    outcome = run(twin({"A": 1, "B": 1}, {"a": "A", "b": "B"}, works, inside=inside))
    assert trace(outcome) == [
        (0, "b", -10, 0, 0, 2),
        (1, "b", -10, 0, 2, 4),
        (2, "a", -5, 0, 0, 1),
        (3, "a", 0, 0, 1, 2),
        (2, "b", 1, 1, 4, 6),
        (3, "b", 2, 2, 6, 8),
    ]


# --- one instant ------------------------------------------------------------------------------------------------------


def test_work_without_effort_passes_all_stages_at_one_instant() -> None:
    works = {"x": work(listed(1, 1), ("a", "0 h"), ("b", "0 h"))}
    outcome = run(twin({"team": 1}, {"a": "team", "b": "team"}, works))
    assert trace(outcome) == [(0, "a", 1, 1, 1, 1), (1, "a", 1, 1, 1, 1), (0, "b", 1, 1, 1, 1), (1, "b", 1, 1, 1, 1)]


def test_of_items_that_finish_at_one_instant_the_earlier_item_is_first() -> None:
    # both reach the last stage at 3: item 0 after a (0-2) and b (2-3), item 1 after c (0-3), which was begun earlier
    works = {
        "x": work(listed(0), ("a", "2 h"), ("b", "1 h"), ("last", "1 h")),
        "y": work(listed(0), ("c", "3 h"), ("last", "1 h")),
    }
    outcome = run(twin({"A": 1, "B": 1, "C": 1, "L": 1}, {"a": "A", "b": "B", "c": "C", "last": "L"}, works))
    assert spans(outcome)[-2:] == [(0, "last", 3, 4), (1, "last", 4, 5)]


def test_all_that_is_due_comes_before_anyone_starts() -> None:
    # at 3 the person gets free and the urgent item arrives: it is seen before the person chooses
    works = {
        "ordinary": work(listed(0, 1), ("desk", "3 h")),
        "urgent": work(listed(3), ("desk", "3 h"), priority=1),
    }
    outcome = run(twin({"team": 1}, {"desk": "team"}, works))
    assert spans(outcome) == [(0, "desk", 0, 3), (1, "desk", 6, 9), (2, "desk", 3, 6)]


def test_teams_that_are_free_at_one_instant_are_asked_in_their_order() -> None:
    works = {"x": work(listed(0), ("desk", "1 h"))}
    outcome = run(twin({"first": 1, "second": 1}, {"desk": {"teams": ["second", "first"]}}, works))
    assert outcome.visits.team.tolist() == [0]


# --- dated changes ----------------------------------------------------------------------------------------------------


def test_one_more_person_from_a_date_takes_what_waits() -> None:
    # 4 h each; alone until 2, then two: item 1 starts at 2, item 2 when the first is free at 4
    outcome = run(one_desk(1, 0, 0, 0, effort="4 h"), (2, one_desk(2, 0, 0, 0, effort="4 h")))
    assert spans(outcome) == [(0, "desk", 0, 4), (1, "desk", 2, 6), (2, "desk", 4, 8)]


def test_people_who_leave_finish_what_they_are_at() -> None:
    # both are at work when the second place goes at 1; from 4 on one person is left
    hours = (0, 0, 2, 2)
    outcome = run(one_desk(2, *hours, effort="4 h"), (1, one_desk(1, *hours, effort="4 h")))
    assert spans(outcome) == [(0, "desk", 0, 4), (1, "desk", 0, 4), (2, "desk", 4, 8), (3, "desk", 8, 12)]
    # until 1 two people, from 1 to 4 two who finish, from 4 to the end of the week one
    assert outcome.ledger.team_hours.tolist() == [(2 * 4 + (168 - 4)) * HOUR]


def test_work_begun_before_new_hours_is_finished_by_the_old_ones() -> None:
    # round the clock until 10, office hours from then on: item 0 (0-12) is not suspended, item 1 waits until Tuesday
    calendars = {"office": {"days": "mon-fri", "hours": "02:00-08:00"}}
    always = one_desk({"people": 1}, 0, 1, effort="12 h", calendars=calendars)
    office = one_desk({"people": 1, "calendar": "office"}, 0, 1, effort="12 h", calendars=calendars)
    outcome = run(always, (10, office))
    # Tuesday 2:00 is hour 26: 6 h on Tuesday, 6 h on Wednesday from hour 50
    assert spans(outcome) == [(0, "desk", 0, 12), (1, "desk", 26, 56)]
    assert "people: busy = worked" in check(outcome)


def test_a_lower_wip_limit_lets_nobody_in_until_enough_have_left() -> None:
    # two people, 4 h each; 0 and 1 are inside when the limit falls from 2 to 1 at 3; then one at a time
    def desk(limit: int) -> Any:
        stages = {"desk": {"team": "team", "wip_limit": limit}}
        return twin({"team": 2}, stages, {"x": work(listed(0, 0, 1, 1), ("desk", "4 h"))})

    outcome = run(desk(2), (3, desk(1)))
    assert spans(outcome) == [(0, "desk", 0, 4), (1, "desk", 0, 4), (2, "desk", 4, 8), (3, "desk", 8, 12)]


def test_a_changed_route_holds_for_items_on_their_way() -> None:
    # item 0 is at a until 3; the change at 2 sends it to c instead of b
    def way(after: str) -> Any:
        efforts = {"a": "3 h", "b": "1 h", "c": "2 h"}
        route = {
            "start": {"a": 1.0},
            "next": {"a": {after: 1.0}, "b": {"done": 1.0}, "c": {"done": 1.0}},
            "efforts": efforts,
        }
        stages = {"a": "team", "b": "team", "c": "team"}
        return twin({"team": 1}, stages, {"x": {"arrivals": listed(0), "route": route}})

    outcome = run(way("b"), (2, way("c")))
    assert spans(outcome) == [(0, "a", 0, 3), (0, "c", 3, 5)]


def test_an_item_in_a_state_that_is_no_more_goes_on_as_from_the_stage() -> None:
    # item 0 is at a until 3, as "a at first", which would lead to b; from 2 on there is no such state, and a leads to c
    def way(start: str, states: dict[str, str]) -> Any:
        after = {"a": {"c": 1.0}, "b": {"done": 1.0}, "c": {"done": 1.0}} | {state: {"b": 1.0} for state in states}
        efforts = {"a": "3 h", "b": "1 h", "c": "2 h"}
        route = {"start": {start: 1.0}, "next": after, "efforts": efforts, "states": states}
        return twin({"team": 1}, dict.fromkeys("abc", "team"), {"x": {"arrivals": listed(0), "route": route}})

    outcome = run(way("a at first", {"a at first": "a"}), (2, way("a", {})))
    assert spans(outcome) == [(0, "a", 0, 3), (0, "c", 3, 5)]


def test_the_count_of_limited_rework_goes_on_through_a_dated_change() -> None:
    # sent back once at 2, at most twice in all; the change at 3 puts a stage before, which renumbers the nodes
    def steps(*before: tuple[str, str]) -> Any:
        review = {"stage": "review", "effort": "1 h", "rework": {"chance": "100 %", "back_to": "build", "limit": 2}}
        works = {"x": work(listed(0), *before, ("build", "1 h"), review)}
        return twin({"team": 1}, {"intake": "team", "build": "team", "review": "team"}, works)

    outcome = run(steps(), (3, steps(("intake", "1 h"))))
    assert [stage for _, stage, _, _ in spans(outcome)] == ["build", "review"] * 3


def test_a_change_before_the_start_holds_from_the_start() -> None:
    outcome = run(one_desk(1, 0, 0), (-5, one_desk(2, 0, 0)))
    assert spans(outcome) == [(0, "desk", 0, 3), (1, "desk", 0, 3)]


def test_a_change_may_not_take_away_the_stage_an_item_can_be_at() -> None:
    first = twin({"team": 1}, {"a": "team", "b": "team"}, {"x": work(listed(0), ("a", "1 h"), ("b", "1 h"))})
    later = twin({"team": 1}, {"a": "team", "b": "team"}, {"x": work(listed(0), ("a", "1 h"))})
    with pytest.raises(InputError, match="'b' out of the way of 'x'"):
        run(first, (2, later))


# --- the end ----------------------------------------------------------------------------------------------------------


def test_at_the_horizon_open_visits_have_no_end() -> None:
    outcome = run(one_desk(1, 0, 1), until=2 * HOUR)
    assert trace(outcome)[0][:5] == (0, "desk", 0, 0, 0)
    assert isnan(trace(outcome)[0][5])
    assert [isnan(instant) for instant in trace(outcome)[1][2:]] == [False, False, True, True]
    assert outcome.ledger.inside == 2


def test_what_is_due_at_the_horizon_has_not_happened() -> None:
    outcome = run(one_desk(1, 0, 3), until=3 * HOUR)
    assert outcome.visits.finished.tolist() == [NEVER]


def test_so_many_items_run_until_they_have_left() -> None:
    # two of four arrive; the last leaves at 6, and the run ends a tick later
    outcome = run(one_desk(1, 0, 1, 2, 3), items=2)
    assert spans(outcome) == [(0, "desk", 0, 3), (1, "desk", 3, 6)]
    assert (outcome.ledger.end, outcome.ledger.inside) == (6 * HOUR + 1, 0)


def test_a_drained_run_does_not_wait_for_a_later_change() -> None:
    outcome = run(one_desk(1, 0), (1000, one_desk(2, 0)), items=1, until=2000 * HOUR)
    assert outcome.ledger.end == 3 * HOUR + 1


def test_draining_a_team_without_people_is_a_deadlock() -> None:
    with pytest.raises(DeadlockError, match="desk"):
        run(one_desk(0, 0), items=1)


def test_rounds_at_one_instant_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference, "MAX_ROUNDS", 50)
    monkeypatch.setattr(compiled, "MAX_ROUNDS", 50)
    step = {"stage": "desk", "effort": "0 h", "rework": {"chance": "100 %", "back_to": "desk"}}
    with pytest.raises(BudgetError, match=r"rounds at one instant .* desk"):
        run(twin({"team": 1}, {"desk": "team"}, {"x": work(listed(1), step)}))


@pytest.mark.timeout(30)
def test_a_circle_without_effort_ends_in_an_error_within_seconds() -> None:
    step = {"stage": "desk", "effort": "0 h", "rework": {"chance": "100 %", "back_to": "desk"}}
    with pytest.raises(BudgetError, match="goes in a circle"):
        run(twin({"team": 1}, {"desk": "team"}, {"x": work(listed(1), step)}))


def test_work_that_outlasts_its_calendar_says_so() -> None:
    # a fortnight of horizon and three years beyond, of an hour's work a week
    calendars = {"rare": {"days": "mon", "hours": "09:00-10:00"}}
    with pytest.raises(BudgetError, match="calendar ends"):
        run(one_desk({"people": 1, "calendar": "rare"}, 0, effort="1000 h", calendars=calendars))
