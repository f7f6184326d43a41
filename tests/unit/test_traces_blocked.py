"""Blocked work: what keeps its place and what is put aside, and people who differ. Hours since Monday 2026-01-05 00:00.

When a visit is blocked is drawn; everything else follows by hand from those instants.
"""

from functools import partial
from math import log
from typing import Any

import pytest
from tiny import listed, run, spans, trace, twin, waits, work

from twin.attribution import Spent, attribute_inside
from twin.checks import findings
from twin.conservation import check
from twin.engine import simulate
from twin.outcome import Outcome
from twin.plan import compile_model
from twin.streams import Purpose, name_hash, uniform
from twin.units import HOUR


@pytest.fixture(params=["reference", "compiled"], autouse=True)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tiny.simulate", partial(simulate, engine=request.param))


def desk(*hours: float, parks: bool, team: Any = 2, limit: int = 1, effort: str = "12 h") -> Any:
    blocked = {"every": "3 h", "lasting": "2 h", "parks": parks}
    stages = {"desk": {"team": "team", "wip_limit": limit, "blocked": blocked}}
    return twin({"team": team}, stages, {"x": work(listed(*hours), ("desk", effort))})


def held_up(outcome: Outcome, item: int) -> list[tuple[float, float]]:
    """Since when, and until when, an item was blocked."""
    found = [each for each in waits(outcome) if each[0] == item and each[2] in {"BLOCKED", "PARKED"}]
    return [(since, since + hours) for *_, since, hours in found]


def test_blocked_work_that_keeps_its_place_lets_nobody_in_until_it_is_done() -> None:
    # two people, one place: whatever blocks 0, the next one is let in when 0 is done
    outcome = run(desk(0, 0, parks=False), items=2)
    done = spans(outcome)[0][3]
    assert done == 12 + 2 * len(held_up(outcome, 0)) > 12
    assert trace(outcome)[1][3] == done


def test_work_that_is_parked_gives_its_place_to_the_next_and_comes_back_above_the_limit() -> None:
    # the next one is let in when 0 is parked; 0 goes on 2 h later with the other person, though the place is taken
    outcome = run(desk(0, 0, parks=True), items=2)
    parked = held_up(outcome, 0)
    assert {cause for _, _, cause, _, hours in waits(outcome) if hours and cause != "PREEMPTED"} == {"PARKED"}
    assert trace(outcome)[1][3] == parked[0][0]
    assert spans(outcome)[0] == (0, "desk", 0, 12 + 2 * len(parked))


def test_what_came_back_above_the_limit_keeps_others_out_until_there_is_room() -> None:
    # 0 is parked and 1 comes in; once 0 is back both are over one place, so 2 waits until fewer than one is there
    outcome = run(desk(0, 0, 0, parks=True, team=3), items=3)
    rows = trace(outcome)
    inside = [(queued, done) for _, _, _, queued, _, done in rows[:2]]
    aside = [held_up(outcome, item) for item in (0, 1)]
    counted = [
        here <= rows[2][3] < gone and not any(since <= rows[2][3] < until for since, until in away)
        for (here, gone), away in zip(inside, aside, strict=True)
    ]
    assert counted == [False, False]


def test_who_is_twice_as_fast_is_at_it_half_as_long_between_the_blocks() -> None:
    # 12 h of effort at 200 % are 6 h of work; everything else is obstacles of 2 h
    outcome = run(desk(0, 30, 60, parks=False, team={"people": [{"count": 1, "speed": "200 %"}]}), items=3)
    blocks = [len(held_up(outcome, item)) for item in range(3)]
    assert [done - begun for _, _, begun, done in spans(outcome)] == [6 + 2 * each for each in blocks]
    assert sum(blocks) > 0
    assert check(outcome)


def test_switching_back_to_work_that_was_blocked_costs_time_again() -> None:
    # one person with two types of work by turns: switching takes 1 h whenever the latest visit was of the other type,
    # and all the person's time is 8 h of effort and switching
    blocked = {"every": "3 h", "lasting": "2 h"}
    team = {"people": 1, "switching": {"cost": "1 h", "between": "work"}}
    works = {name: work(listed(0), ("desk", "4 h")) for name in ("x", "y")}
    outcome = run(twin({"team": team}, {"desk": {"team": "team", "blocked": blocked}}, works), items=2)
    switched = sum(hours for _, _, cause, _, hours in waits(outcome) if cause == "SWITCHING")
    assert switched * HOUR == outcome.ledger.team_switching[0]
    assert outcome.ledger.team_busy[0] == 8 * HOUR
    assert switched >= 1


def drawn(item: int, number: int) -> float:
    """Hours of work until the block of an item with this number: -3 h x ln(1 - u)."""
    name = {"seed": 1, "replication": 0, "place": name_hash("desk"), "work": name_hash("x"), "visit": 0}
    return -3 * log(1 - uniform(**name, number=item, purpose=Purpose.BLOCKED, draw=number))


def test_of_several_visits_at_once_one_is_blocked_by_the_attention_that_it_has_had() -> None:
    # One person at two visits of 6 h. Item 0 is blocked after 4.982 h of its own, item 1 after more than 6 h. Both get
    # half of the attention, so 0 is blocked at 9.963, with 1.018 h to go; 1 is alone and done at 10.982. 0 comes back
    # at 11.963, is blocked again after 0.562 h, at 12.525, comes back at 14.525, and has 0.456 h to go: 14.982.
    assert [drawn(0, 0), drawn(0, 1)] == pytest.approx([4.982, 0.562], abs=0.001)
    assert drawn(1, 0) > 6
    blocked = {"every": "3 h", "lasting": "2 h"}
    stages = {"desk": {"team": "team", "blocked": blocked}}
    team = {"people": 1, "at_once": 2}
    outcome = run(twin({"team": team}, stages, {"x": work(listed(0, 0), ("desk", "6 h"))}), items=2)
    assert [done for *_, done in spans(outcome)] == pytest.approx([14.982, 10.982], abs=0.02)
    assert [since for since, _ in held_up(outcome, 0)] == pytest.approx([9.963, 12.525], abs=0.02)
    shared = [hours for _, _, cause, _, hours in waits(outcome) if cause == "SHARED"]
    assert shared == pytest.approx([4.982, 4.982], abs=0.02)
    assert outcome.ledger.team_busy[0] == 12 * HOUR


def test_visits_at_once_go_on_to_their_end_where_a_dated_change_takes_the_obstacles_away() -> None:
    # as above, but from 5 on nothing is blocked: both are done when 12 h of work are, at 12
    team, works = {"people": 1, "at_once": 2}, {"x": work(listed(0, 0), ("desk", "6 h"))}
    before = {"desk": {"team": "team", "blocked": {"every": "3 h", "lasting": "2 h"}}}
    outcome = run(twin({"team": team}, before, works), (5, twin({"team": team}, {"desk": "team"}, works)))
    assert spans(outcome) == [(0, "desk", 0, 12), (1, "desk", 0, 12)]


def test_whoever_goes_round_leaves_blocked_work_and_finds_it_again() -> None:
    # One stage, looked at every hour. Item 0 of 6 h is blocked at 4.982 for 2.5 h, until 7.482; who looks again at
    # 5.982, 6.982, 7.982 takes it then. It is blocked again after 0.562 h, at 8.544, until 11.044; found at 11.544, it
    # has 0.456 h to go: 12.
    blocked = {"every": "3 h", "lasting": "150 min"}
    stages = {"desk": {"team": "team", "blocked": blocked}}
    team = {"people": 1, "turns": {"switch": "1 h"}}
    outcome = run(twin({"team": team}, stages, {"x": work(listed(0), ("desk", "6 h"))}), items=1)
    assert spans(outcome) == [(0, "desk", 0, 12)]
    assert [since for since, _ in held_up(outcome, 0)] == pytest.approx([4.982, 8.544], abs=0.02)
    overtaken = [hours for _, _, cause, _, hours in waits(outcome) if cause == "PREEMPTED"]
    assert overtaken == pytest.approx([0.5, 0.5], abs=0.02)


# --- what open items wait for -----------------------------------------------------------------------------------------


def so_far(start: Any, hours: int) -> list[dict[str, float]]:
    """How each item inside at an hour has spent its stay, in hours, zeros left out."""
    model = compile_model(start, until=hours * HOUR)
    stays = attribute_inside(model, run(start, until=hours * HOUR))
    assert (stays.spent.sum(axis=1) == stays.done - stays.arrived).all()
    return [{Spent(cause).name: each / HOUR for cause, each in enumerate(row) if each} for row in stays.spent.tolist()]


def test_who_waits_for_a_batch_at_the_end_has_waited_for_a_batch() -> None:
    stages = {"desk": {"team": "team", "batch": {"size": 3}}}
    start = twin({"team": 1}, stages, {"x": work(listed(0, 3), ("desk", "1 h"))})
    assert so_far(start, 10) == [{"BATCH": 10}, {"BATCH": 7}]


def test_who_waits_for_children_at_the_end_has_waited_for_other_items_after_its_work() -> None:
    # planned 0-1, then it waits for the story that takes until 21; the story has been worked on from 1 on
    epic = {"stage": "plan", "effort": "1 h", "children": {"work": "story", "count": 1, "wait": True}}
    works = {"epic": work(listed(0), epic, ("plan", "1 h")), "story": work({"kind": "none"}, ("make", "20 h"))}
    start = twin({"team": 1, "makers": 1}, {"plan": "team", "make": "makers"}, works)
    assert so_far(start, 10) == [{"WORK": 1, "DEPENDENCY": 9}, {"WORK": 9}]


def test_who_was_interrupted_at_the_end_has_been_overtaken_since() -> None:
    # the ordinary one works 0-2; the urgent one has had its person since
    works = {
        "ordinary": work(listed(0), ("desk", "9 h"), **{"class": "standard"}),
        "urgent": work(listed(2), ("desk", "9 h"), **{"class": "expedite"}),
    }
    classes = {"expedite": {"rank": 1, "preempts": True}, "standard": {"rank": 3}}
    start = twin({"team": 1}, {"desk": "team"}, works, classes=classes)
    assert so_far(start, 6) == [{"WORK": 2, "OVERTAKEN": 4}, {"WORK": 4}]


def test_a_visit_under_way_at_night_is_outside_working_hours() -> None:
    # at work 9-17 and from 9 on Tuesday, hour 33
    office = {"days": "mon-fri", "hours": "09:00-17:00"}
    people = {"people": 1, "calendar": "office"}
    start = twin(
        {"team": people}, {"desk": "team"}, {"x": work(listed(9), ("desk", "12 h"))}, calendars={"office": office}
    )
    assert so_far(start, 34) == [{"WORK": 9, "OFF_CALENDAR": 16}]


# --- what is surprising about it --------------------------------------------------------------------------------------


def told(start: Any) -> list[tuple[str, str]]:
    return [(finding.path, finding.message) for finding in findings(start)]


def test_parking_where_nothing_is_limited_is_said_to_change_nothing() -> None:
    blocked = {"every": "3 h", "lasting": "2 h", "parks": True}
    works = {"x": work(listed(0), ("desk", "1 h"))}
    found = told(twin({"team": 1}, {"desk": {"team": "team", "blocked": blocked}}, works))
    assert ("stages.desk.blocked.parks", "changes nothing, since nothing is limited and no place is given up") in found


def test_parents_and_children_under_one_limit_are_said_to_stop_each_other() -> None:
    epic = {"stage": "plan", "effort": "1 h", "children": {"work": "story", "count": 1, "wait": True}}
    works = {"epic": work(listed(0), epic, ("plan", "1 h")), "story": work({"kind": "none"}, ("make", "1 h"))}
    found = told(twin({"team": 2}, {"plan": "team", "make": "team"}, works, wip_limits=[{"system": True, "limit": 3}]))
    stops = "epic keeps its place while it waits for story, which needs one as well: once 3 wait nothing moves"
    assert ("wip_limits.0", f"{stops}; let it count one of the two") in found
