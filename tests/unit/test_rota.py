"""Who is there when: meetings, leave, illness, leaving, shared people. Hours since Monday 2026-01-05 00:00."""

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny import OFFICE, listed, run, spans, twin, work

from twin.calendars import timeline
from twin.offered import capacities
from twin.plan import compile_model
from twin.presence import present
from twin.releases import Frame
from twin.rota import Attendance, attendances, dealt
from twin.spec import Twin
from twin.timelines import Timeline, timeline_of, without, worked_at
from twin.units import HOUR, WEEK

STANDUP = {"on": "mon-fri", "at": "09:00", "lasting": "1 h"}


def office(people: Any, **more: Any) -> Twin:
    """One team with office hours and one stage; an item arrives on Monday at 0:00 and at 15:00, each of 3 h."""
    team = {"people": people, "calendar": "office"} | more.pop("team", {})
    works = {"item": work(listed(0, 15), ("desk", "3 h"))}
    return twin(
        {"team": team, "other": 1}, {"desk": "team", "rest": "other"}, works, calendars={"office": OFFICE}, **more
    )


def attending(start: Twin, team: str = "team", weeks: int = 1) -> tuple[Attendance, ...]:
    frame = Frame(start.start, start.start, start.clock.zone)

    @cache
    def lay_out(name: str) -> Timeline:
        calendar = start.calendars.get(name)
        return timeline(calendar, zone=start.clock.zone, start=start.start, until=weeks * WEEK)

    return attendances(start, team, frame, lay_out)


def hours(line: Timeline) -> list[tuple[float, float]]:
    return list(zip((line.opens / HOUR).tolist(), (line.closes / HOUR).tolist(), strict=True))


def test_nobody_works_on_items_during_a_meeting() -> None:
    # item 0: 3 h from 10:00 on Monday; item 1 comes at 15:00: 2 h until 17:00, the third on Tuesday after the meeting
    outcome = run(office(1, team={"meetings": [STANDUP]}))
    assert spans(outcome) == [(0, "desk", 10, 13), (1, "desk", 15, 35)]


def test_a_meeting_may_be_every_other_week() -> None:
    team = {"meetings": [{"on": "mon", "every": "2 w", "at": "09:00", "lasting": "1 h"}]}
    opens = [opening for opening, _ in hours(attending(office(1, team=team), weeks=3)[0].hours)]
    assert [opens[0], opens[5], opens[10]] == [10, 168 + 9, 336 + 10]


def test_a_person_on_leave_comes_back_on_the_day_after_the_last() -> None:
    # away on Monday and Tuesday: the first open hour is Wednesday 9:00, hour 57
    away = {"from": "2026-01-05", "to": "2026-01-06"}
    outcome = run(office(1, team={"absences": [away]}))
    assert spans(outcome) == [(0, "desk", 57, 60), (1, "desk", 60, 63)]


def test_leave_of_one_of_three_concerns_the_last() -> None:
    first, last = attending(office(3, team={"absences": [{"from": "2026-01-05", "to": "2026-01-05", "people": 1}]}))
    assert (first.people, hours(first.hours)[0], last.people, hours(last.hours)[0]) == (2, (9, 17), 1, (33, 41))


def test_a_shared_person_gives_three_days_of_five_to_one_team_and_two_to_the_other() -> None:
    # owed after each day .6, 1.2, 1.8, 2.4, 3 and .4, .8, 1.2, 1.6, 2: team, other, team, other, team
    shared = [{"people": 1, "teams": {"team": "60 %", "other": "40 %"}, "calendar": "office"}]
    start = office(1, shared=shared)
    assert [opening for opening, _ in hours(attending(start)[-1].hours)] == [9, 57, 105]
    assert [opening for opening, _ in hours(attending(start, "other")[-1].hours)] == [33, 81]


def test_half_days_are_cut_in_the_middle_of_the_work() -> None:
    shared = [{"people": 1, "teams": {"team": "50 %", "other": "50 %"}, "switch": "half_day", "calendar": "office"}]
    start = office(1, shared=shared)
    assert hours(attending(start)[-1].hours)[:2] == [(9, 13), (33, 37)]


def test_shares_above_a_whole_person_are_refused() -> None:
    shared = [{"people": 1, "teams": {"team": "60 %", "other": "50 %"}}]
    with pytest.raises(ValueError, match="sum to 110 %"):
        office(1, shared=shared)


def ill(people: int) -> Twin:
    sickness = {"every": "4 w", "lasting": {"kind": "gamma", "mean": "1 w", "cv": 0.5}}
    return office(people, team={"sickness": sickness})


def test_people_are_ill_for_the_share_of_time_that_their_spells_say() -> None:
    # 1 of 5 weeks in the long run; four hundred people over ten years, from healthy on
    model = compile_model(ill(400), until=520 * WEEK)
    plan = present(model, seed=1, replication=0).phases[0].plan
    whole = timeline(ill(1).calendars["office"], zone="UTC", start=ill(1).start, until=520 * WEEK)
    there = [int(worked_at(plan.calendars[row], np.array([520 * WEEK]))[0]) for row in plan.spells.calendar]
    assert np.mean(there) / int(worked_at(whole, np.array([520 * WEEK]))[0]) == pytest.approx(0.8, abs=0.005)


@pytest.mark.parametrize("people", [2, 70])
def test_one_more_person_makes_nobody_else_ill(people: int) -> None:
    few, many = (compile_model(ill(count), until=52 * WEEK) for count in (people, people + 1))
    first, second = (
        [plan.calendars[row].opens.tolist() for row in plan.spells.calendar[:people]]
        for plan in (present(each, seed=1, replication=0).phases[0].plan for each in (few, many))
    )
    assert first == second


def test_nobody_is_ill_twice_alike_in_two_replications() -> None:
    model = compile_model(ill(1), until=52 * WEEK)
    first, second = (present(model, seed=1, replication=number).phases[0].plan for number in (0, 1))
    assert (
        first.calendars[first.spells.calendar[0]].opens.tolist()
        != second.calendars[second.spells.calendar[0]].opens.tolist()
    )


def test_a_place_stays_empty_until_somebody_replaces_who_left() -> None:
    attrition = {"every": "10 w", "replaced_after": "30 w"}
    model = compile_model(office(1, team={"attrition": attrition}), until=2000 * WEEK)
    plan = present(model, seed=1, replication=0).phases[0].plan
    line = plan.calendars[plan.spells.calendar[0]]
    gaps = line.opens[1:] - line.closes[:-1]
    empty = gaps[gaps > 29 * WEEK]  # somebody who leaves at once makes two gaps one
    assert empty.size > 20
    assert np.median(empty) == pytest.approx(30 * WEEK, rel=0.02)


def test_meetings_and_shared_people_count_in_what_a_team_can_do() -> None:
    # 40 h less 5 h of meetings, and 60 % of another 40 h
    shared = [{"people": 1, "teams": {"team": "60 %", "other": "40 %"}, "calendar": "office"}]
    assert capacities(office(1, team={"meetings": [STANDUP]}, shared=shared))["team"] == pytest.approx(35 + 24)


@given(
    taken=st.lists(st.tuples(st.integers(-10, 110), st.integers(0, 20)), max_size=6),
    at=st.integers(0, 100),
)
def test_what_is_taken_out_is_no_working_time_and_all_else_stays(taken: list[tuple[int, int]], at: int) -> None:
    opens = np.array([10, 40, 70])
    whole = timeline_of(opens, opens + 20, since=0, until=100)
    begins = np.array([begin for begin, _ in taken], np.int64)
    left = without(whole, begins, begins + np.array([length for _, length in taken], np.int64))
    is_taken = any(begin <= at < begin + length for begin, length in taken)
    worked = [int(np.diff(worked_at(line, np.array([min(at, 99), min(at, 99) + 1])))[0]) for line in (whole, left)]
    assert worked[1] == (0 if is_taken and at <= 99 else worked[0]) or at > 99


@given(st.lists(st.floats(0.05, 0.33), min_size=2, max_size=3), st.booleans())
def test_days_are_dealt_out_to_within_one_of_what_is_owed(shares: list[float], halves: bool) -> None:  # noqa: FBT001
    start = office(1)
    whole = timeline(start.calendars["office"], zone="UTC", start=start.start, until=20 * WEEK)
    lines = dealt(whole, tuple(shares), Frame(start.start, start.start, "UTC"), halves=halves)
    day = 4 if halves else 8
    for share, line in zip(shares, lines, strict=True):
        assert abs((line.closes - line.opens).sum() / HOUR - share * 800) < 2 * day
