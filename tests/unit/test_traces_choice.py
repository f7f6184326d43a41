"""Who goes first and who is interrupted, every instant worked out by hand.

Hours since Monday 2026-01-05 00:00; rows are (item, stage, started, finished) in the order in which visits were opened,
waits (item, stage, cause, since, hours) in the order of rows.
"""

from functools import partial
from typing import Any

import pytest
from tiny import listed, run, spans, trace, twin, waits, work

from twin.engine import simulate
from twin.streams import Purpose, name_hash, uniform
from twin.units import HOUR

CLASSES = {
    "expedite": {"rank": 1, "preempts": True},
    "standard": {"rank": 3},
    "intangible": {"rank": 4},
}


@pytest.fixture(params=["reference", "compiled"], autouse=True)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tiny.simulate", partial(simulate, engine=request.param))


def desk(people: Any, *, effort: str = "4 h", calendars: Any = None, **hours: list[float]) -> Any:
    """A twin with one stage and work of each class named, which arrives at these hours."""
    works = {name: work(listed(*at), ("desk", effort), **{"class": name}) for name, at in hours.items()}
    return twin({"team": people}, {"desk": "team"}, works, classes=CLASSES, calendars=calendars or {})


# --- pre-emption ------------------------------------------------------------------------------------------------------


def test_an_expedited_item_takes_the_person_and_the_work_is_resumed_where_it_stopped() -> None:
    # 0 works 0-1 and is interrupted; 1 works 1-5; 0 has 3 h left, 5-8; nobody worked on it 1-5
    outcome = run(desk(1, standard=[0], expedite=[1]))
    assert spans(outcome) == [(0, "desk", 0, 8), (1, "desk", 1, 5)]
    assert waits(outcome) == [(0, "desk", "PREEMPTED", 1, 4)]


def test_whoever_was_interrupted_keeps_the_place_in_line() -> None:
    # 0 is interrupted at 1 by 2; at 5 it goes before 1, which has waited since 0.5 but stood behind it in line
    outcome = run(desk(1, standard=[0, 0.5], expedite=[1]))
    assert spans(outcome) == [(0, "desk", 0, 8), (1, "desk", 8, 12), (2, "desk", 1, 5)]


def test_a_visit_interrupted_twice_has_two_gaps() -> None:
    # 0 works 0-1, 5-6 and 10-12: it is interrupted at 1 and at 6
    outcome = run(desk(1, standard=[0], expedite=[1, 6]))
    assert spans(outcome) == [(0, "desk", 0, 12), (1, "desk", 1, 5), (2, "desk", 6, 10)]
    assert waits(outcome) == [(0, "desk", "PREEMPTED", 1, 4), (0, "desk", "PREEMPTED", 6, 4)]


def test_two_expedited_items_do_not_interrupt_each_other() -> None:
    outcome = run(desk(1, expedite=[0, 1]))
    assert spans(outcome) == [(0, "desk", 0, 4), (1, "desk", 4, 8)]


def test_the_work_of_the_worst_rank_is_interrupted_and_of_equals_what_started_last() -> None:
    # at 3 the intangible 0 is interrupted, although 1 and 2 started later; at 4 item 2, which started after 1; at 5
    # item 1. At 7 item 1, which stood before 2, has 0.5 h left, until 7.5; then 2 has 2 h left, until 9.5; at 8
    # item 0 has 1 h left, until 9.
    outcome = run(desk(3, intangible=[0], standard=[1.5, 2], expedite=[3, 4, 5]))
    assert spans(outcome) == [
        (0, "desk", 0, 9), (1, "desk", 1.5, 7.5), (2, "desk", 2, 9.5),
        (3, "desk", 3, 7), (4, "desk", 4, 8), (5, "desk", 5, 9),
    ]  # fmt: skip


def test_who_does_nothing_is_asked_before_anyone_is_interrupted() -> None:
    outcome = run(desk(2, standard=[0], expedite=[1]))
    assert spans(outcome) == [(0, "desk", 0, 4), (1, "desk", 1, 5)]


def test_the_effort_that_is_left_is_done_at_the_speed_of_whoever_resumes() -> None:
    # the person at 50 % works 0-2 on 1 h of item 0; item 1 takes 2-10; 3 h are left, which take 6 h
    outcome = run(desk({"people": 1, "available": "50 %"}, standard=[0], expedite=[2]))
    assert spans(outcome) == [(0, "desk", 0, 16), (1, "desk", 2, 10)]


def test_a_visit_interrupted_by_one_team_is_resumed_by_another() -> None:
    # The first person has both stages, the second only the desk. The first begins 0 at 0 and leaves it at 2 for the
    # call 2; the second is busy with 1 until 4 and takes 0 then, with 2 h left.
    works = {
        "standard": work(listed(0, 0), ("desk", "4 h"), **{"class": "standard"}),
        "expedite": work(listed(2), ("call", "4 h"), **{"class": "expedite"}),
    }
    stages = {"desk": {"teams": ["first", "second"]}, "call": "first"}
    outcome = run(twin({"first": 1, "second": 1}, stages, works, classes=CLASSES))
    assert spans(outcome) == [(0, "desk", 0, 6), (1, "desk", 0, 4), (2, "call", 2, 6)]
    assert outcome.visits.team.tolist() == [1, 1, 0]
    assert (outcome.ledger.team_busy / HOUR).tolist() == [6, 6]


def test_a_visit_interrupted_while_another_team_is_free_goes_on_at_once() -> None:
    # the first team is called away at 2, and the second, idle until then, does the last 2 h in the same instant
    works = {
        "standard": work(listed(0), ("desk", "4 h"), **{"class": "standard"}),
        "expedite": work(listed(2), ("call", "4 h"), **{"class": "expedite"}),
    }
    stages = {"desk": {"teams": ["first", "second"]}, "call": "first"}
    outcome = run(twin({"first": 1, "second": 1}, stages, works, classes=CLASSES))
    assert spans(outcome) == [(0, "desk", 0, 4), (1, "call", 2, 6)]
    assert (outcome.ledger.team_busy / HOUR).tolist() == [6, 2]
    assert waits(outcome) == [(0, "desk", "PREEMPTED", 2, 0)]


NINE_TO_FIVE = {"office": {"days": "mon-fri", "hours": "09:00-17:00"}}


def test_nobody_is_interrupted_before_the_office_opens() -> None:
    # 0 works Monday 15-17 and would go on at 33 with 2 h left; 1 came in the night and takes the person at 33-37;
    # 0 is done 37-39. Off the calendar it was 16 h, until it was interrupted at the opening.
    team = {"people": 1, "calendar": "office"}
    outcome = run(desk(team, standard=[15], expedite=[20], calendars=NINE_TO_FIVE))
    assert spans(outcome) == [(0, "desk", 15, 39), (1, "desk", 33, 37)]
    assert waits(outcome) == [(0, "desk", "OFF_CALENDAR", 15, 16), (0, "desk", "PREEMPTED", 33, 4)]


def test_each_segment_tells_its_own_time_outside_hours() -> None:
    # 0 has 12 h: 9-12, interrupted by 1 (12-16), 16-17, a night, 33-41 as 8 h are left
    works = {
        "standard": work(listed(9), ("desk", "12 h"), **{"class": "standard"}),
        "expedite": work(listed(12), ("desk", "4 h"), **{"class": "expedite"}),
    }
    team = {"people": 1, "calendar": "office"}
    outcome = run(twin({"team": team}, {"desk": "team"}, works, classes=CLASSES, calendars=NINE_TO_FIVE))
    assert spans(outcome) == [(0, "desk", 9, 41), (1, "desk", 12, 16)]
    assert waits(outcome) == [(0, "desk", "PREEMPTED", 12, 4), (0, "desk", "OFF_CALENDAR", 16, 16)]
    assert (outcome.visits.suspended / HOUR).tolist() == [20, 0]


def test_work_interrupted_at_the_end_of_the_run_stays_open() -> None:
    outcome = run(desk(1, standard=[0], expedite=[1]), until=3 * HOUR)
    assert outcome.log().frame["finished"].to_list() == [None, None]
    assert (outcome.ledger.team_busy / HOUR).tolist() == [3]


# --- queue rules ------------------------------------------------------------------------------------------------------


def ruled(queue: Any, **works: Any) -> Any:
    """A twin of one person who goes by a rule; a work type is (hours, effort) or that with more."""
    written = {
        name: work(listed(*hours), ("desk", effort), **(more[0] if more else {}))
        for name, (hours, effort, *more) in works.items()
    }
    return twin({"team": {"people": 1, "queue": queue}}, {"desk": "team"}, written, classes=CLASSES)


def order(outcome: Any) -> list[int]:
    """Items in the order in which their first visits began."""
    return [item for item, *_ in sorted(spans(outcome), key=lambda row: row[2])]


def test_last_come_is_first_served() -> None:
    # 0 works 0-3; at 3 the last that came is 2, at 6 it is 3, which came at 4; 1 is left
    outcome = run(ruled("lifo", item=([0, 1, 2, 4], "3 h")))
    assert order(outcome) == [0, 2, 3, 1]


def test_a_random_line_goes_by_the_draw_of_each_visit() -> None:
    outcome = run(ruled("random", item=([0, 1, 1, 1, 1, 1, 1], "3 h")))
    name = {"seed": 1, "replication": 0, "place": name_hash("desk"), "work": name_hash("item"), "visit": 0}
    drawn = {n: uniform(**name, number=n, purpose=Purpose.CHOICE) for n in range(1, 7)}
    assert order(outcome) == [0, *sorted(drawn, key=drawn.__getitem__)]
    assert order(outcome) != [0, 1, 2, 3, 4, 5, 6]


def test_what_is_due_first_goes_first_and_what_is_never_due_last() -> None:
    # while 0 works until 3 there come 1, never due, 2, due at 1 + 20, and 3, due at 2 + 5
    outcome = run(
        ruled(
            "due_date", never=([0, 0.5], "3 h"), late=([1], "3 h", {"due": "20 h"}), soon=([2], "3 h", {"due": "5 h"})
        )
    )
    assert order(outcome) == [0, 3, 2, 1]


def test_the_shortest_goes_first_and_nobody_is_interrupted() -> None:
    outcome = run(ruled("shortest", long=([0, 1], "5 h"), middle=([2], "3 h"), short=([3], "1 h")))
    assert spans(outcome) == [(0, "desk", 0, 5), (1, "desk", 9, 14), (2, "desk", 6, 9), (3, "desk", 5, 6)]


def test_the_shortest_remaining_interrupts_what_has_more_left() -> None:
    # at 1 item 0 has 4 h left and 1 comes with 3: it interrupts. At 3 item 1 has 1 h left and 2 comes with 1: it waits
    outcome = run(ruled("shortest_remaining", long=([0], "5 h"), middle=([1], "3 h"), short=([3], "1 h")))
    assert spans(outcome) == [(0, "desk", 0, 9), (1, "desk", 1, 4), (2, "desk", 4, 5)]
    assert waits(outcome) == [(0, "desk", "PREEMPTED", 1, 4)]


def test_an_interrupted_visit_stands_in_line_by_what_it_has_left() -> None:
    # 0 has 1 h left when 2, of half an hour, interrupts it at 4; at 4.5 it goes before 1, of 2 h, which came at 1
    outcome = run(ruled("shortest_remaining", long=([0], "5 h"), middle=([3.5], "2 h"), short=([4], "0.5 h")))
    assert spans(outcome) == [(0, "desk", 0, 5.5), (1, "desk", 5.5, 7.5), (2, "desk", 4, 4.5)]


def test_the_highest_cost_of_delay_per_hour_goes_first() -> None:
    # 1 costs 100 an hour of effort and week, 2 costs 200, 3 costs nothing known
    outcome = run(
        ruled(
            "cost_of_delay",
            free=([0, 0.5], "3 h"),
            large=([1], "8 h", {"cost_of_delay": "800 EUR / week"}),
            small=([2], "2 h", {"cost_of_delay": "400 EUR / week"}),
        )
    )
    assert order(outcome) == [0, 3, 2, 1]


@pytest.mark.parametrize(("ageing", "expected"), [("2 h", [0, 1, 2]), ("3 h", [0, 2, 1])])
def test_a_priority_grows_with_age(ageing: str, expected: list[int]) -> None:
    # 1 came at 0.5 with priority 3, 2 at 5 with 1. A number less every 2 h: 0.5 + 6 is before 5 + 2; 3 h: 9.5 after 8
    queue = {"kind": "priority", "ageing": ageing}
    outcome = run(ruled(queue, ordinary=([0, 0.5], "6 h"), urgent=([5], "6 h", {"priority": 1})))
    assert order(outcome) == expected


def test_a_class_with_an_order_of_its_own_has_it_under_the_rule_of_the_team() -> None:
    # of the fixed dates the one due first goes first; all of them before the standard item 1, which came first
    classes = {"fixed date": {"rank": 2, "queue": "due_date"}, "standard": {"rank": 3}}
    works = {
        "standard": work(listed(0, 0.5), ("desk", "3 h"), **{"class": "standard"}),
        "late": work(listed(1), ("desk", "3 h"), due="20 h", **{"class": "fixed date"}),
        "soon": work(listed(2), ("desk", "3 h"), due="5 h", **{"class": "fixed date"}),
    }
    assert order(run(twin({"team": 1}, {"desk": "team"}, works, classes=classes))) == [0, 3, 2, 1]


def test_first_come_first_served_ignores_classes() -> None:
    outcome = run(ruled("fifo", ordinary=([0, 1], "3 h"), urgent=([2], "3 h", {"priority": 1})))
    assert order(outcome) == [0, 1, 2]


def test_what_breaks_wip_limits_is_counted_but_not_held() -> None:
    # one place: 1 waits outside; 2 goes in at 1 beside 0, is taken at 4, and 1 has a place when both have left, at 8
    classes = {"expedite": {"rank": 1, "breaks_wip": True}}
    works = {
        "standard": work(listed(0, 0.5), ("desk", "4 h")),
        "expedite": work(listed(1), ("desk", "4 h"), **{"class": "expedite"}),
    }
    outcome = run(twin({"team": 1}, {"desk": {"team": "team", "wip_limit": 1}}, works, classes=classes))
    assert trace(outcome) == [
        (0, "desk", 0, 0, 0, 4), (1, "desk", 0.5, 8, 8, 12), (2, "desk", 1, 1, 4, 8),
    ]  # fmt: skip


def test_who_waits_stands_by_the_new_rule_from_the_day_it_holds() -> None:
    # until 2 the last would go first; from then on the first
    before, after = (ruled(queue, item=([0, 0.5, 1, 1.5], "3 h")) for queue in ("lifo", "fifo"))
    assert order(run(before, (2, after))) == [0, 1, 2, 3]
    assert order(run(before)) == [0, 3, 2, 1]


def test_in_a_line_that_ignores_classes_an_expedited_item_interrupts_when_its_turn_comes() -> None:
    # 2 stands behind 1 until 4; then 1 starts, and 2, first now, takes the person in the same instant
    works = {
        "standard": work(listed(0, 0.5), ("desk", "4 h"), **{"class": "standard"}),
        "expedite": work(listed(1), ("desk", "4 h"), **{"class": "expedite"}),
    }
    outcome = run(twin({"team": {"people": 1, "queue": "fifo"}}, {"desk": "team"}, works, classes=CLASSES))
    assert spans(outcome) == [(0, "desk", 0, 4), (1, "desk", 4, 12), (2, "desk", 4, 8)]
