"""Shifts that are held in some weeks: what is drawn, what both engines make of it, and what is expected of them.

Hours since Monday 2026-01-05 00:00. With seed 1 the Saturdays of the calendar "office" draw .059, .976, .146 and .309
in the first four weeks, so those of 30 % are held in the first and the third.
"""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from tiny import OFFICE, START, listed, spans, twin, waits, work

from twin.calendars import Calendar, describe, hours_per_week, timeline
from twin.checks import findings
from twin.engine import simulate
from twin.occasional import Followers, expected_hours_per_week, laid_out, occasional_shifts, rested
from twin.offered import loads
from twin.plan import compile_model
from twin.presence import present
from twin.spec import Twin
from twin.streams import name_hash
from twin.units import HOUR, WEEK
from twin.yardstick import yardstick

SATURDAY = {"hours": {"sat": "10:00-14:00"}, "share": "30 %"}
both_engines = pytest.mark.parametrize("engine", ["reference", "compiled"])


def office(*shifts: dict[str, Any], **more: Any) -> Calendar:
    return Calendar.model_validate({**OFFICE, "occasional": list(shifts), **more})


def desk(
    people: Any, *hours: float, effort: str, shifts: tuple[dict[str, Any], ...] = (SATURDAY,), **more: Any
) -> Twin:
    """One team in office hours and at work on some Saturdays."""
    works = {"item": work(listed(*hours), ("desk", effort))}
    calendars = {"office": {**OFFICE, "occasional": list(shifts)}}
    team = {"people": people, "calendar": "office", **more}
    return twin({"team": team}, {"desk": "team"}, works, calendars=calendars)


def saturdays(calendar: Calendar, *, replication: int = 0, weeks: int = 4, seed: int = 1) -> list[int]:
    """List the weeks in which a shift of a calendar called office is held."""
    found = occasional_shifts(calendar, zone="UTC", start=START, until=weeks * WEEK)
    away, _ = rested(Followers(name_hash("office"), found, ()), seed=seed, replication=replication)
    inside = found.opens[(found.opens >= 0) & (found.opens < weeks * WEEK)]
    return (np.setdiff1d(inside, away) // WEEK).tolist()


# --- what is drawn ----------------------------------------------------------------------------------------------------


def test_a_shift_is_held_where_its_week_draws_less_than_its_share() -> None:
    drawn = [saturdays(office(SATURDAY | {"share": share})) for share in ("5 %", "6 %", "30 %", "31 %", "100 %")]
    assert drawn == [[], [0], [0, 2], [0, 2, 3], [0, 1, 2, 3]]


def test_shifts_are_held_by_the_name_of_the_week_wherever_a_run_begins() -> None:
    later = occasional_shifts(office(SATURDAY), zone="UTC", start=START + timedelta(weeks=2), until=WEEK)
    away, _ = rested(Followers(name_hash("office"), later, ()), seed=1, replication=0)
    assert (5 * 24 + 10) * HOUR not in away


def test_each_replication_holds_other_shifts_and_the_share_in_the_long_run() -> None:
    held = [len(saturdays(office(SATURDAY), replication=number, weeks=100)) for number in range(20)]
    assert len(set(held)) > 5
    assert sum(held) / 2000 == pytest.approx(0.3, abs=4 * np.sqrt(0.3 * 0.7 / 2000))


def test_other_hours_of_a_shift_and_shifts_written_before_it_keep_its_luck() -> None:
    sunday = {"hours": {"sun": "10:00-11:00"}, "share": "0 %"}
    longer = {"hours": {"sat": "08:00-18:00"}, "share": "30 %"}
    assert saturdays(office(sunday, longer)) == saturdays(office(SATURDAY)) == [0, 2]


def test_a_closed_day_has_no_shift() -> None:
    assert saturdays(office(SATURDAY, closed=["2026-01-24"])) == [0]


def test_a_night_shift_goes_into_the_week_in_which_it_begins() -> None:
    found = occasional_shifts(
        office({"hours": {"sun": "22:00-04:00"}, "share": "50 %"}), zone="UTC", start=START, until=WEEK
    )
    week = (START.toordinal() - 1) // 7
    assert found.week.tolist() == [week - 1, week]
    assert ((found.opens // HOUR).tolist(), (found.closes // HOUR).tolist()) == ([-2, 166], [4, 172])


# --- what is written --------------------------------------------------------------------------------------------------


def test_it_is_told_in_words() -> None:
    assert describe(office(SATURDAY | {"people": "40 %"})) == (
        "Mon-Fri 09:00-17:00, in 30 % of weeks Sat 10:00-14:00 by 40 % of the people"
    )


def test_what_lies_within_the_regular_hours_changes_nothing() -> None:
    longer = office({"hours": {"fri": "08:00-18:00"}, "share": "100 %"})
    whole = laid_out(longer, zone="UTC", start=START, until=WEEK)
    assert int((whole.closes - whole.opens).sum()) == 42 * HOUR
    assert expected_hours_per_week(longer) == 42


def test_regular_hours_are_laid_out_without() -> None:
    assert timeline(office(SATURDAY), zone="UTC", start=START, until=WEEK).opens.size == 5
    assert hours_per_week(office(SATURDAY)) == 40


@pytest.mark.parametrize(
    ("shifts", "wrong"),
    [
        ([SATURDAY, {"hours": {"fri-sat": "12:00-13:00"}, "share": "5 %"}], "two of the shifts overlap"),
        ([{"hours": {"sun": "22:00-12:00"}, "share": 0.1}, {"hours": {"mon": "06:00-07:00"}, "share": 0.1}], "overlap"),
        ([SATURDAY | {"people": "0 %"}], "nobody ever comes"),
        ([SATURDAY | {"share": "120 %"}], "120 %"),
        ([{"hours": {"sat": "10:00-12:00", "fri-sun": "14:00-15:00"}, "share": "5 %"}], "names sat twice"),
        ([{"hours": {}, "share": "5 %"}], "at least 1"),
    ],
)  # fmt: skip
def test_what_nobody_can_mean_is_refused(shifts: list[dict[str, Any]], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        office(*shifts)


@pytest.mark.parametrize(
    ("shift", "remark"),
    [
        ({"hours": {"sat": "10:00-14:00"}, "share": "0 %"}, "never held"),
        ({"hours": {"sat": "10:00-14:00"}, "share": "100 %"}, "held every week"),
        ({"hours": {"mon": "10:00-14:00"}, "share": "10 %"}, "within the regular hours"),
    ],
)
def test_a_shift_that_changes_nothing_is_remarked_on(shift: dict[str, Any], remark: str) -> None:
    told = [each for each in findings(desk(2, 0, effort="1 h", shifts=(shift,))) if "occasional" in each.path]
    assert [each.path for each in told] == ["calendars.office.occasional.0"]
    assert remark in told[0].message


def test_nothing_is_said_of_a_usual_one() -> None:
    assert not [each for each in findings(desk(2, 0, effort="1 h")) if "calendars" in each.path]


# --- what happens -----------------------------------------------------------------------------------------------------


@both_engines
def test_work_goes_on_in_shifts_that_are_held(engine: str) -> None:
    # Office hours are 9-17. The item of Friday the 16th, 15:00 (hour 279), needs 4 h: 2 on Friday, 2 on Monday until 11
    # (hour 347), since the second Saturday draws .976. Friday the 23rd, 15:00, is hour 447: 2 h on Friday; the Saturday
    # of week 3, hours 466-470, draws .146 and is held, so it is done there at 468. The first Saturday is held, too.
    model = compile_model(desk(1, 279, 447, effort="4 h"), until=4 * WEEK)
    outcome = simulate(model, seed=1, engine=engine)  # type: ignore[arg-type]  # a name of an engine
    assert spans(outcome) == [(0, "desk", 279, 347), (1, "desk", 447, 468)]
    assert waits(outcome) == [(0, "desk", "OFF_CALENDAR", 279, 64), (1, "desk", "OFF_CALENDAR", 447, 17)]
    assert outcome.ledger.team_hours.tolist() == [(4 * 40 + 2 * 4) * HOUR]


@both_engines
def test_only_the_first_of_a_group_come_where_a_share_of_people_does(engine: str) -> None:
    # Of four people 40 % are two: items of 1 h that come on the third Saturday at 10 (hour 466) begin two at a time,
    # 466 and 467; the fifth goes on at 468.
    shift = SATURDAY | {"people": "40 %"}
    model = compile_model(desk(4, *[466] * 5, effort="1 h", shifts=(shift,)), until=4 * WEEK)
    outcome = simulate(model, seed=1, engine=engine)  # type: ignore[arg-type]  # a name of an engine
    assert sorted(start for _, _, start, _ in spans(outcome)) == [466, 466, 467, 467, 468]
    assert outcome.ledger.team_hours.tolist() == [(4 * 160 + 2 * 2 * 4) * HOUR]


@both_engines
def test_meetings_leave_and_shares_of_days_hold_in_shifts_too(engine: str) -> None:
    # 4 h on each of two Saturdays less an hour's meeting; on the second of them one of the two is on leave
    more = {
        "meetings": [{"on": "sat", "at": "11:00", "lasting": "1 h"}],
        "absences": [{"from": "2026-01-24", "to": "2026-01-24", "people": 1}],
    }
    model = compile_model(desk(2, 0, effort="1 h", **more), until=4 * WEEK)
    outcome = simulate(model, seed=1, engine=engine)  # type: ignore[arg-type]  # a name of an engine
    assert outcome.ledger.team_hours.tolist() == [(2 * 160 + 2 * 3 + 3) * HOUR]


def test_scenarios_with_another_share_hold_the_same_shifts_and_more() -> None:
    few, many = (saturdays(office(SATURDAY | {"share": share}), weeks=60) for share in ("20 %", "50 %"))
    assert 0 < len(few) < len(many)
    assert set(few) < set(many)


def test_twins_without_run_as_they_were_laid_out() -> None:
    model = compile_model(desk(1, 0, effort="1 h", shifts=()), until=WEEK)
    assert present(model, seed=1, replication=0) is model


# --- what is expected -------------------------------------------------------------------------------------------------


def test_expected_hours_count_share_and_people() -> None:
    # 40 regular hours, and 30 % of 4 h for two of five
    assert expected_hours_per_week(office(SATURDAY | {"people": "40 %"}), 5) == pytest.approx(40 + 0.3 * 4 * 2 / 5)


def test_offered_load_counts_the_expected_hours() -> None:
    team = {"people": 1, "calendar": "office"}
    works = {"item": work({"kind": "poisson", "rate": "206 / week"}, ("desk", "6 min"))}
    calendars = {"office": {**OFFICE, "occasional": [SATURDAY]}}
    assert loads(twin({"team": team}, {"desk": "team"}, works, calendars=calendars))["team"] == pytest.approx(0.5)


def test_people_are_there_for_their_expected_hours() -> None:
    known = yardstick(desk(4, 0, effort="1 h", shifts=(SATURDAY | {"people": "40 %"},)), window=(0, 4 * WEEK))
    assert known.hours["team"] == 4 * 4 * 40 * HOUR + 2 * 0.3 * 4 * 4 * HOUR


def test_the_clock_of_a_team_runs_at_the_chance_of_its_shifts() -> None:
    clock = yardstick(desk(1, 0, effort="1 h"), window=(0, WEEK)).clocks["team"]
    instants = np.array([5 * 24 + 10, 5 * 24 + 12, 5 * 24 + 14]) * HOUR
    assert np.diff(np.interp(instants, clock.at, clock.worked)).tolist() == [0.3 * 2 * HOUR] * 2
