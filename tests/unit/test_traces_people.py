"""How people who differ do their work, every instant worked out by hand.

Hours since Monday 2026-01-05 00:00; rows are (item, stage, started, finished) in the order in which visits were opened,
waits (item, stage, cause, since, hours) in the order of rows.
"""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from tiny import OFFICE, START, listed, run, spans, trace, twin, waits, work

from twin.engine import simulate
from twin.outcome import Outcome
from twin.units import DAY, HOUR

CALENDARS = {"office": OFFICE}


@pytest.fixture(params=["reference", "compiled"], autouse=True)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tiny.simulate", partial(simulate, engine=request.param))


def desk(team: Any, *hours: float, effort: Any = "2 h") -> Any:
    """A twin with one stage, one team and items that arrive at these hours."""
    return twin({"team": team}, {"desk": "team"}, {"item": work(listed(*hours), ("desk", effort))}, calendars=CALENDARS)


def two_stages(team: Any, a: list[float], b: list[float]) -> Any:
    """A twin with one team that serves stages a and b, each with work of its own that takes 2 h."""
    arrive = [listed(*hours) if hours else {"kind": "none"} for hours in (a, b)]
    works = {"x": work(arrive[0], ("a", "2 h")), "y": work(arrive[1], ("b", "2 h"))}
    return twin({"team": team}, {"a": "team", "b": "team"}, works, calendars=CALENDARS)


def who(outcome: Outcome) -> list[str]:
    people: list[str] = outcome.log().frame["person"].to_list()
    return people


def at(hour: float) -> str:
    return (START + timedelta(hours=hour)).isoformat()


def group(count: int, **more: Any) -> dict[str, Any]:
    return {"count": count, **more}


# --- speed, skills and whom a team asks -------------------------------------------------------------------------------


def test_people_who_are_twice_as_fast_take_half_as_long() -> None:
    outcome = run(desk({"people": [group(1, speed="200 %")]}, 0, 0))
    assert spans(outcome) == [(0, "desk", 0, 1), (1, "desk", 1, 2)]


def test_speed_skill_and_availability_multiply() -> None:
    # 2 h / (50 % available x 200 % speed x 40 % skill) = 5 h
    people = [group(1, speed="200 %", skills={"desk": "40 %"}, available="50 %")]
    assert spans(run(desk({"people": people}, 0))) == [(0, "desk", 0, 5)]


def test_of_several_who_are_free_the_fastest_takes_an_item() -> None:
    # person 1 has been idle as long as person 2.1, but takes 4 h for what 2.1 does in 1 h; at 0.5 only person 1 is free
    people = {"people": [group(1, speed="50 %"), group(1, speed="200 %")], "who": "fastest"}
    outcome = run(desk(people, 0, 0.5, 1))
    assert who(outcome) == ["team-2.1", "team-1", "team-2.1"]
    assert spans(outcome) == [(0, "desk", 0, 1), (1, "desk", 0.5, 4.5), (2, "desk", 1, 2)]


def test_an_item_goes_back_to_who_had_it_before() -> None:
    # person 1 had the item at a; at 2 person 2 has been idle longer, but person 1 takes b as well
    works = {"x": work(listed(0), ("a", "2 h"), ("b", "2 h"))}
    stages = {"a": "team", "b": "team"}
    assert who(run(twin({"team": {"people": 2, "who": "same"}}, stages, works))) == ["team-1", "team-1"]
    assert who(run(twin({"team": {"people": 2}}, stages, works))) == ["team-1", "team-2"]


def test_who_had_the_item_at_this_stage_goes_before_who_had_it_last() -> None:
    # Person 1 does a (0-1), 2 the first y (0.5-2.5), 1 the second, urgent y (1-3), so 2 does b (2.5-5.5). The item
    # comes back to a at 5.5, where person 1 had it, although 2 had it last.
    steps = {
        "start": {"a": 1.0},
        "next": {"a": {"b": 1.0}, "b": {"a": 1.0}, "b > a": {"done": 1.0}},
        "efforts": {"a": "1 h", "b": "3 h"},
    }
    works = {"x": {"arrivals": listed(0), "route": steps}, "y": work(listed(0.5, 0.9), ("c", "2 h"), priority=1)}
    outcome = run(twin({"team": {"people": 2, "who": "same"}}, dict.fromkeys("abc", "team"), works))
    assert [row[:3] for row in spans(outcome)] == [
        (0, "a", 0),
        (1, "c", 0.5),
        (2, "c", 1),
        (0, "b", 2.5),
        (0, "a", 5.5),
    ]
    assert who(outcome) == ["team-1", "team-2", "team-1", "team-2", "team-1"]


def test_nobody_is_asked_for_what_they_cannot_do() -> None:
    # the specialist can only do a, so the work at b waits until 2 although the specialist is free
    people = {"people": [group(1, skills=["a"]), group(1)]}
    outcome = run(two_stages(people, a=[], b=[0, 0]))
    assert spans(outcome) == [(0, "b", 0, 2), (1, "b", 2, 4)]
    assert who(outcome) == ["team-2.1", "team-2.1"]


def test_people_turn_to_the_stages_they_prefer_first() -> None:
    # at 2 an item waits at a since 0.5 and one at b since 1; they prefer b
    outcome = run(two_stages({"people": [group(1, prefers=["b"])]}, a=[0, 0.5], b=[1]))
    assert spans(outcome) == [(0, "a", 0, 2), (1, "a", 4, 6), (2, "b", 2, 4)]


def test_who_prefers_a_stage_takes_its_item_from_who_does_not() -> None:
    # both are free and can do a: of the pairs the one with the more preferred stage goes first
    people = {"people": [group(1, prefers=["b", "a"]), group(1, skills=["a"])]}
    outcome = run(two_stages(people, a=[0], b=[]))
    assert who(outcome) == ["team-2.1"]


def test_a_team_looks_again_when_someone_opens_who_can_do_what_waits() -> None:
    # who is there round the clock cannot do b; the other opens at 9
    people = {"people": [group(1, skills=["a"]), group(1, calendar="office")]}
    assert spans(run(two_stages(people, a=[], b=[1]))) == [(0, "b", 9, 11)]


# --- joining, leaving and ramping up ----------------------------------------------------------------------------------


def test_people_join_and_leave_at_their_dates() -> None:
    # item 0 works 0-2 with person 1; 1 waits until 2.1 joins at 1, who leaves at 2 but finishes first, at 3
    people = {"people": [group(1), group(1, joins=at(1), leaves=at(2))]}
    outcome = run(desk(people, 0, 0, 2, 2.5))
    assert spans(outcome) == [(0, "desk", 0, 2), (1, "desk", 1, 3), (2, "desk", 2, 4), (3, "desk", 4, 6)]
    assert who(outcome) == ["team-1", "team-2.1", "team-1", "team-1"]
    assert outcome.ledger.team_hours.tolist() == [(168 + 2) * HOUR]


def test_who_has_just_joined_is_slower_at_first() -> None:
    # They came at 0 with 50 %, to be at 100 % after 16 h. At 0: 3 h take 6 h, 3 h of them for being new. At 8 they are
    # at 75 %: 3 h take 4 h. At 16 they are as fast as all.
    people = [group(1, joins=at(0), ramp_up={"from": "50 %", "over": "16 h"})]
    outcome = run(desk({"people": people}, 0, 8, 16, effort="3 h"))
    assert spans(outcome) == [(0, "desk", 0, 6), (1, "desk", 8, 12), (2, "desk", 16, 19)]
    assert waits(outcome) == [(0, "desk", "RAMP_UP", 0, 3), (1, "desk", "RAMP_UP", 8, 1)]


def test_a_dated_change_that_adds_people_adds_them_as_newcomers() -> None:
    # the second person comes at 1 with 50 % of speed, and takes 4 h for the 2 h of item 1
    def team(count: int) -> Any:
        return desk({"people": count, "ramp_up": {"from": "50 %", "over": "16 h"}}, 0, 1)

    outcome = run(team(1), (1, team(2)))
    assert spans(outcome) == [(0, "desk", 0, 2), (1, "desk", 1, 5)]
    assert waits(outcome) == [(1, "desk", "RAMP_UP", 1, 2)]


# --- switching and interruptions --------------------------------------------------------------------------------------


def test_switching_to_another_kind_of_work_costs_time() -> None:
    # 0 (x) works 0-2, nobody switches to a first visit; 1 (x) 2-4; 2 (y) is taken at 4, switching until 5, work 5-7
    works = {"x": work(listed(0, 0), ("desk", "2 h")), "y": work(listed(1), ("desk", "2 h"))}
    team = {"people": 1, "switching": {"cost": "1 h", "between": "work"}}
    outcome = run(twin({"team": team}, {"desk": "team"}, works))
    assert spans(outcome) == [(0, "desk", 0, 2), (1, "desk", 2, 4), (2, "desk", 4, 7)]
    assert waits(outcome) == [(2, "desk", "SWITCHING", 4, 1)]
    assert (outcome.ledger.team_busy.tolist(), outcome.ledger.team_switching.tolist()) == ([6 * HOUR], [HOUR])


@pytest.mark.parametrize(("between", "switches"), [("work", 1), ("stage", 1), ("both", 2)])
def test_what_counts_as_another_kind_is_the_work_type_the_stage_or_both(between: str, switches: int) -> None:
    # x at a, then y at a (another type), then y at b (another stage)
    works = {"x": work(listed(0), ("a", "1 h")), "y": work(listed(0), ("a", "1 h"), ("b", "1 h"))}
    team = {"people": 1, "switching": {"cost": "1 h", "between": between}}
    outcome = run(twin({"team": team}, {"a": "team", "b": "team"}, works))
    assert len(waits(outcome)) == switches


def test_interruptions_take_time_of_their_own() -> None:
    # Exponential gaps of 1 h on average, drawn under the visit's name, each interruption 1 h: the visits take as many
    # hours more as gaps fit into their 2 h; seed 1 has one for the first item and none for the second.
    outcome = run(desk({"people": 1, "interruptions": {"every": "1 h", "lasting": "1 h"}}, 0, 3))
    assert spans(outcome) == [(0, "desk", 0, 3), (1, "desk", 3, 5)]
    assert waits(outcome) == [(0, "desk", "INTERRUPTED", 0, 1)]


def test_what_had_been_done_before_a_visit_is_taken_away_leaves_switching_out() -> None:
    # y is taken at 2, switching 2-3, work 3-4; the urgent z takes the person at 4 (switching 4-5, work 5-7). y is
    # resumed at 7: switching 7-8, and 1 h is left, 8-9.
    classes = {"expedite": {"rank": 1, "preempts": True}, "standard": {"rank": 3}}
    works = {
        "x": work(listed(0), ("desk", "2 h"), **{"class": "standard"}),
        "y": work(listed(0), ("desk", "2 h"), **{"class": "standard"}),
        "z": work(listed(4), ("desk", "2 h"), **{"class": "expedite"}),
    }
    team = {"people": 1, "switching": {"cost": "1 h"}}
    outcome = run(twin({"team": team}, {"desk": "team"}, works, classes=classes))
    assert spans(outcome) == [(0, "desk", 0, 2), (1, "desk", 2, 9), (2, "desk", 4, 7)]
    assert waits(outcome) == [
        (1, "desk", "SWITCHING", 2, 1), (1, "desk", "PREEMPTED", 4, 3), (1, "desk", "SWITCHING", 7, 1),
        (2, "desk", "SWITCHING", 4, 1),
    ]  # fmt: skip


# --- the end of a shift -----------------------------------------------------------------------------------------------


def test_who_finishes_works_on_past_the_closing_and_starts_again_in_the_morning() -> None:
    # 0 is begun at 16 and done at 18; 1 waits for the next morning at 33. An hour of overtime beyond the 40 h.
    outcome = run(desk({"people": 1, "calendar": "office", "shift_end": "finish"}, 16, 16.5))
    assert spans(outcome) == [(0, "desk", 16, 18), (1, "desk", 33, 35)]
    assert waits(outcome) == []
    assert (outcome.ledger.team_busy.tolist(), outcome.ledger.team_hours.tolist()) == ([4 * HOUR], [41 * HOUR])


def test_what_is_handed_back_at_the_closing_waits_in_its_old_place() -> None:
    # 0 works 16-17 and goes back; round the clock 2.1 is at work on 1 from 16 to 19, takes 0 at 19 and ends it at 20
    people = {"people": [group(1, calendar="office"), group(1)], "shift_end": "hand_back"}
    works = {"x": work(listed(16), ("desk", "2 h")), "y": work(listed(16), ("desk", "3 h"))}
    outcome = run(twin({"team": people}, {"desk": "team"}, works, calendars=CALENDARS))
    assert spans(outcome) == [(0, "desk", 16, 20), (1, "desk", 16, 19)]
    assert waits(outcome) == [(0, "desk", "PREEMPTED", 17, 2)]
    assert who(outcome) == ["team-2.1", "team-2.1"]


# --- several visits at once -------------------------------------------------------------------------------------------


def test_two_visits_at_once_get_half_of_the_attention_each() -> None:
    # 0 alone 0-1, 1 h is left; both from 1 on at half speed: 0 is done at 3. Then 1 has 1 h left; 2 comes at 3: 1 is
    # done at 5, and 2 has 1 h left, alone 5-6.
    outcome = run(desk({"people": 1, "at_once": 2}, 0, 1, 3))
    assert spans(outcome) == [(0, "desk", 0, 3), (1, "desk", 1, 5), (2, "desk", 3, 6)]
    assert waits(outcome) == [(0, "desk", "SHARED", 0, 1), (1, "desk", "SHARED", 1, 2), (2, "desk", "SHARED", 3, 1)]
    assert (outcome.ledger.team_busy.tolist(), outcome.ledger.team_sharing.tolist()) == ([6 * HOUR], [4 * HOUR])


def test_a_third_visit_waits_where_two_are_allowed() -> None:
    # 0 and 1 share 0-4; 2 begins at 4
    outcome = run(desk({"people": 1, "at_once": 2}, 0, 0, 0))
    assert spans(outcome) == [(0, "desk", 0, 4), (1, "desk", 0, 4), (2, "desk", 4, 6)]


def test_what_attention_loses_makes_both_visits_longer() -> None:
    # half of all effort is lost with two at once: each goes at a quarter, 8 h
    outcome = run(desk({"people": 1, "at_once": 2, "loss": {2: "50 %"}}, 0, 0))
    assert spans(outcome) == [(0, "desk", 0, 8), (1, "desk", 0, 8)]


def test_a_new_visit_goes_to_who_has_the_fewest() -> None:
    # 0 and 1 go to persons 1 and 2, 2 to person 1, who has been at one visit for longer by turn, 3 to person 2
    outcome = run(desk({"people": 2, "at_once": "unlimited"}, 0, 0, 0, 0))
    assert who(outcome) == ["team-1", "team-2", "team-1", "team-2"]
    assert spans(outcome) == [(item, "desk", 0, 4) for item in range(4)]


def test_visits_at_once_rest_over_night_together() -> None:
    # from 16 both run at half speed: half an hour each until 17, the other 1.5 h from 33 to 36
    outcome = run(desk({"people": 1, "calendar": "office", "at_once": 2}, 16, 16))
    assert spans(outcome) == [(0, "desk", 16, 36), (1, "desk", 16, 36)]
    assert waits(outcome) == [
        (0, "desk", "OFF_CALENDAR", 16, 16), (0, "desk", "SHARED", 16, 2),
        (1, "desk", "OFF_CALENDAR", 16, 16), (1, "desk", "SHARED", 16, 2),
    ]  # fmt: skip


def test_a_dated_change_of_the_loss_holds_for_visits_under_way() -> None:
    # half speed each from 0 to 2: 1 h of 2 h is done; then a quarter each: 4 h more
    def team(**more: Any) -> Any:
        return desk({"people": 1, "at_once": 2, **more}, 0, 0)

    assert spans(run(team(), (2, team(loss={2: "50 %"})))) == [(0, "desk", 0, 6), (1, "desk", 0, 6)]


# --- going round ------------------------------------------------------------------------------------------------------


def test_one_person_goes_round_the_stages_also_when_nothing_waits() -> None:
    # At a 0-2 for item 0, 2-4 for item 1, which came meanwhile (exhaustive). Switching 4-5, at b 5-7 for item 2,
    # switching 7-8 to a and, as nothing waits, 8-9 to b, and so on; item 3 comes to a at 9.5, where they come at 10.
    outcome = run(two_stages({"people": 1, "turns": {"switch": "1 h"}}, a=[0, 1, 9.5], b=[1]), until=DAY)
    assert spans(outcome) == [(0, "a", 0, 2), (1, "a", 2, 4), (2, "b", 5, 7), (3, "a", 10, 12)]
    assert outcome.ledger.team_idle.tolist() == [0]
    assert outcome.ledger.team_switching.tolist() == [(24 - 8) * HOUR]


def test_gated_service_takes_only_what_waited_when_the_person_came() -> None:
    # item 1 came to a after the person: it waits for the next round, 2-3 to b, 3-5 there, 5-6 to a
    turns = {"switch": "1 h", "service": "gated"}
    outcome = run(two_stages({"people": 1, "turns": turns}, a=[0, 1], b=[1]), until=DAY)
    assert spans(outcome) == [(0, "a", 0, 2), (1, "a", 6, 8), (2, "b", 3, 5)]


def test_with_one_stage_the_person_looks_again_after_a_while() -> None:
    # 0-4 away, 4-8 away; item 0 comes at 5 and is taken at 8
    outcome = run(desk({"people": 1, "turns": {"switch": "4 h"}}, 5), until=DAY)
    assert spans(outcome) == [(0, "desk", 8, 10)]


def test_going_round_rests_over_night() -> None:
    # from 9 on 3 h to look again: 12, 15, and an hour short of 18: Tuesday 10
    outcome = run(desk({"people": 1, "calendar": "office", "turns": {"switch": "3 h"}}, 16), until=2 * DAY)
    assert trace(outcome) == [(0, "desk", 16, 16, 34, 36)]


# --- with limits and gates --------------------------------------------------------------------------------------------


def test_people_who_differ_take_visits_done_together() -> None:
    # the fast person takes 0 and 1 together at 0, for the hour that 0 takes; 2 comes at 0.5 and is taken at 1
    team = {"people": [group(1, speed="200 %")], "switching": {"cost": "1 h"}}
    stage = {"team": "team", "batch": {"size": 2, "together": True}}
    works = {"item": work(listed(0, 0, 0.5), ("desk", "2 h"))}
    outcome = run(twin({"team": team}, {"desk": stage}, works))
    assert spans(outcome) == [(0, "desk", 0, 1), (1, "desk", 0, 1), (2, "desk", 1, 2)]
    assert outcome.ledger.team_busy.tolist() == [2 * HOUR]


def test_visits_done_together_are_not_handed_back() -> None:
    # both rest over night from 17 to 33 instead, since only the person's own visit could go back
    team = {"people": 1, "calendar": "office", "shift_end": "hand_back"}
    stage = {"team": "team", "batch": {"size": 2, "together": True}}
    works = {"item": work(listed(16, 16), ("desk", "2 h"))}
    outcome = run(twin({"team": team}, {"desk": stage}, works, calendars=CALENDARS))
    assert spans(outcome) == [(0, "desk", 16, 34), (1, "desk", 16, 34)]


def test_whoever_goes_round_passes_a_stage_where_too_few_wait() -> None:
    # one waits at a, where two are done together: at 0 to b, back at 2; another came to a at 1
    stage = {"team": "team", "batch": {"size": 2, "together": True, "least": 2}}
    works = {"x": work(listed(0, 1), ("a", "2 h")), "y": work(listed(9), ("b", "2 h"))}
    outcome = run(
        twin({"team": {"people": 1, "turns": {"switch": "1 h"}}}, {"a": stage, "b": "team"}, works), until=DAY
    )
    assert spans(outcome) == [(0, "a", 2, 4), (1, "a", 2, 4), (2, "b", 9, 11)]
