"""People who go where most work waits, every instant worked out by hand.

Hours since Monday 2026-01-05 00:00; rows are (item, stage, started, finished) in the order in which visits were opened.
"""

import math
from functools import partial
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from tiny import OFFICE, listed, run, spans, trace, twin, waits, work

from twin.checks import findings
from twin.engine import simulate
from twin.errors import InputError
from twin.offered import loads
from twin.outcome import Outcome
from twin.plan import compile_model
from twin.presence import present
from twin.spec import Twin
from twin.units import DAY, HOUR, WEEK

ONE: Any = {"people": 1, "teams": ["build", "help"], "switch": "most_waiting"}


@pytest.fixture(params=["reference", "compiled"], autouse=True)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tiny.simulate", partial(simulate, engine=request.param))


def house(
    build: int, help_: int, *shared: dict[str, Any], features: list[float], calls: list[float], **more: Any
) -> Twin:
    """Two teams with a stage each, whose visits take 2 h, and people whom they share."""
    works = {
        "feature": work(listed(*features), ("code", "2 h")),
        "call": work(listed(*calls) if calls else {"kind": "none"}, ("answer", "2 h")),
    }
    teams = {"build": build, "help": help_}
    return twin(teams, {"code": "build", "answer": "help"}, works, shared=list(shared), **more)


def who(outcome: Outcome) -> list[str]:
    people: list[str] = outcome.log().frame["person"].to_list()
    return people


def test_whoever_floats_turns_to_the_team_where_most_waits_and_of_equals_to_the_first() -> None:
    # Features come at 0, 1, 2, 3 (items 0, 2, 5, 6), calls at 0.5, 1, 1 (1, 3, 4); each takes 2 h. At 0 only feature 0
    # is there. At 2 two features wait and three calls: call 1. At 4 three features and two calls: feature 2. At 6 two
    # of each: the team that is named first, feature 5. At 8 one feature, two calls: call 3. At 10 one of each:
    # feature 6.
    outcome = run(house(0, 0, ONE, features=[0, 1, 2, 3], calls=[0.5, 1, 1]))
    assert sorted(spans(outcome), key=lambda row: row[2]) == [
        (0, "code", 0, 2),
        (1, "answer", 2, 4),
        (2, "code", 4, 6),
        (5, "code", 6, 8),
        (3, "answer", 8, 10),
        (6, "code", 10, 12),
        (4, "answer", 12, 14),
    ]
    assert set(who(outcome)) == {"build and help-1"}
    assert outcome.ledger.team_busy[outcome.labels.teams.index("build and help")] == 14 * HOUR


def test_people_of_a_team_are_asked_before_who_floats() -> None:
    # At 0 the builder takes the feature and who floats the call. At 2 both are free and two features wait: the builder
    # is asked first and takes item 2, who floats takes item 3.
    outcome = run(house(1, 0, ONE, features=[0, 1, 1], calls=[0]))
    assert spans(outcome) == [(0, "code", 0, 2), (1, "answer", 0, 2), (2, "code", 2, 4), (3, "code", 2, 4)]
    assert who(outcome) == ["build-1", "build and help-1", "build-1", "build and help-1"]


def test_going_to_and_fro_may_cost_time() -> None:
    # An hour to switch between stages. Features 0, 2, 5 come at 0, 1, 1.5, calls 1, 3, 4 at 0.5, 1, 1. Feature 0 is
    # done at 2; then two features and three calls wait: call 1, work from 3 to 5; two of each: feature 2, work from 6
    # to 8; one and two: call 3, work from 9 to 11; one of each: feature 5, work from 12 to 14; and call 4 last.
    shared = ONE | {"switching": {"cost": "1 h", "between": "stage"}}
    outcome = run(house(0, 0, shared, features=[0, 1, 1.5], calls=[0.5, 1, 1]))
    rows = sorted(spans(outcome), key=lambda row: row[2])
    assert [(item, started, done) for item, _, started, done in rows] == [
        (0, 0, 2),
        (1, 2, 5),
        (2, 5, 8),
        (3, 8, 11),
        (5, 11, 14),
        (4, 14, 17),
    ]
    switched = sorted((since, cause, hours) for _, _, cause, since, hours in waits(outcome))
    assert switched == [(since, "SWITCHING", 1) for since in (2, 5, 8, 11, 14)]


def test_the_line_of_a_team_is_all_that_queues_at_its_stages() -> None:
    # The help team has two stages, with one call each; one feature waits. Calls are two, so one of them goes first, the
    # one that came first.
    works = {
        "feature": work(listed(0, 0.5), ("code", "2 h")),
        "call": work(listed(1), ("answer", "2 h")),
        "letter": work(listed(1.5), ("write", "2 h")),
    }
    stages = {"code": "build", "answer": "help", "write": "help"}
    outcome = run(twin({"build": 0, "help": 0}, stages, works, shared=[ONE]))
    assert sorted(spans(outcome), key=lambda row: row[2]) == [
        (0, "code", 0, 2),
        (2, "answer", 2, 4),
        (1, "code", 4, 6),
        (3, "write", 6, 8),
    ]


def test_efforts_by_team_are_those_of_the_team_worked_for() -> None:
    effort = {"kind": "by_team", "teams": {"build": "3 h", "help": "1 h"}}
    works = {"feature": work(listed(0), {"stage": "code", "effort": effort})}
    stages = {"code": {"teams": ["build", "help"]}}
    assert spans(run(twin({"build": 0, "help": 0}, stages, works, shared=[ONE]))) == [(0, "code", 0, 3)]


@pytest.mark.parametrize(
    "shared", [ONE, {"people": 1, "teams": {"build": "100 %", "help": "0 %"}}], ids=["by what waits", "by the day"]
)
def test_whom_a_team_shares_counts_in_its_limit_per_person(shared: dict[str, Any]) -> None:
    # one item at a time for the one person, who is shared: the second feature comes in when the first is done
    teams = {"build": {"people": 0, "wip_limit_per_person": 1}, "help": 0}
    works = {"feature": work(listed(0, 0), ("code", "2 h"))}
    outcome = run(twin(teams, {"code": "build", "answer": "help"}, works, shared=[shared]))
    assert [(row[3], row[4], row[5]) for row in trace(outcome)] == [(0, 0, 2), (2, 2, 4)]


def test_from_a_date_on_people_may_float() -> None:
    # Until 5 one builder and nobody who helps. From then on nobody but one who floats, and takes the call of 0 at 5;
    # the builder finishes item 2.
    before = house(1, 0, features=[0, 4], calls=[0])
    after = house(0, 0, ONE, features=[0, 4], calls=[0])
    outcome = run(before, (5, after))
    assert sorted(spans(outcome), key=lambda row: row[2]) == [(0, "code", 0, 2), (2, "code", 4, 6), (1, "answer", 5, 7)]


def test_nobody_who_floats_works_during_their_meeting() -> None:
    # a meeting from 2 to 3 every day: feature 0 takes 0-2, feature 1 waits until 3
    shared = ONE | {"meetings": [{"on": "mon-sun", "at": "02:00", "lasting": "1 h"}]}
    assert spans(run(house(0, 0, shared, features=[0, 1], calls=[]))) == [(0, "code", 0, 2), (1, "code", 3, 5)]


def test_who_floats_has_a_speed_and_skills_of_their_own() -> None:
    # twice as fast, and at answering half as fast as that: a feature takes 1 h, a call 2 h
    shared = ONE | {"speed": "200 %", "skills": {"code": "100 %", "answer": "50 %"}}
    assert spans(run(house(0, 0, shared, features=[0], calls=[0]))) == [(0, "code", 0, 1), (1, "answer", 1, 3)]


def test_who_cannot_serve_a_stage_goes_where_less_waits() -> None:
    # two calls wait and one feature, but they only know how to code
    shared = ONE | {"skills": ["code"]}
    outcome = run(house(0, 0, shared, features=[0], calls=[0, 0]))
    assert [row for row in spans(outcome) if row[2] == row[2]] == [(0, "code", 0, 2)]


def test_who_floats_may_have_several_visits_at_once_of_unlike_teams() -> None:
    # a feature and a call side by side, each at half the rate: both take 4 h
    outcome = run(house(0, 0, ONE | {"at_once": 2}, features=[0], calls=[0]))
    assert spans(outcome) == [(0, "code", 0, 4), (1, "answer", 0, 4)]
    assert outcome.ledger.team_busy[outcome.labels.teams.index("build and help")] == 4 * HOUR


def test_attention_that_is_shared_may_be_lost_in_part() -> None:
    # half of all effort is lost with two: a quarter of the rate each, so 8 h
    outcome = run(house(0, 0, ONE | {"at_once": 2, "loss": {2: "50 %"}}, features=[0], calls=[0]))
    assert spans(outcome) == [(0, "code", 0, 8), (1, "answer", 0, 8)]


def test_who_joins_later_floats_from_then_on_and_ramps_up() -> None:
    # from 5 on, at half speed for 48 h: 2 h of effort begun at once take 4 h; then speed is .5 + .5 x 4/48 = .5417, and
    # 2 h take 3.6923 h
    shared = ONE | {"joins": "2026-01-05T05:00:00+00:00", "ramp_up": {"from": "50 %", "over": "48 h"}}
    rows = spans(run(house(0, 0, shared, features=[0, 0], calls=[])))
    assert [(started, done) for _, _, started, done in rows] == [
        (5, 9),
        (9, pytest.approx(9 + 2 / (0.5 + 0.5 * 4 / 48))),
    ]


def test_who_floats_and_leaves_finishes_first() -> None:
    shared = ONE | {"leaves": "2026-01-05T01:00:00+00:00"}
    rows = spans(run(house(0, 0, shared, features=[0], calls=[0])))
    assert rows[0] == (0, "code", 0, 2)
    assert math.isnan(rows[1][2])


def test_who_floats_may_hand_work_back_at_the_closing() -> None:
    # one in office hours until 17 and one round the clock: the feature that begins at 16 is handed back at 17 and taken
    # up by the other at once, for the hour that is left
    one = ONE | {"calendar": "office", "shift_end": "hand_back"}
    night = ONE | {"shift_end": "hand_back", "joins": "2026-01-05T17:00:00+00:00"}
    outcome = run(
        twin(
            {"build": 0, "help": 0},
            {"code": "build", "answer": "help"},
            {"feature": work(listed(16), ("code", "2 h")), "call": work({"kind": "none"}, ("answer", "2 h"))},
            shared=[one, night],
            calendars={"office": OFFICE},
        )
    )
    assert spans(outcome) == [(0, "code", 16, 18)]
    assert who(outcome) == ["build and help-2.1"]


def test_other_things_come_up_for_who_floats() -> None:
    # whatever the number of interruptions, each takes an hour: so the visit takes its 2 h and a whole number of hours
    shared = ONE | {"interruptions": {"every": "1 h", "lasting": "1 h"}}
    rows = spans(run(house(0, 0, shared, features=[0] * 20, calls=[])))
    took = [done - started for _, _, started, done in rows]
    assert all(each % 1 == 0 for each in took)
    assert sum(took) > 50


def test_whoever_is_ill_is_so_in_all_their_teams() -> None:
    # every other day for either team: without their illness somebody is there all the time, and each gap is one spell
    shared = {"people": 1, "teams": {"build": "50 %", "help": "50 %"}, "sickness": {"every": "10 d", "lasting": "5 d"}}
    model = compile_model(house(0, 0, shared, features=[0], calls=[0]), until=26 * WEEK)
    plan = present(model, seed=1, replication=0).phases[0].plan
    lines = [
        plan.calendars[number] for number, count in zip(plan.crews.calendar, plan.crews.people, strict=True) if count
    ]
    opens, closes = (np.sort(np.concatenate([getattr(line, side) for line in lines])) for side in ("opens", "closes"))
    gaps = (opens[1:] - closes[:-1])[opens[1:] > closes[:-1]] / DAY
    assert len(lines) == 2
    assert gaps.size > 5
    assert set(gaps.tolist()) == {5.0}


def test_people_given_by_the_day_have_meetings_leave_and_skills() -> None:
    # Mondays build, Tuesdays help; leave all Tuesday; a meeting from 0 to 1; twice as fast at code
    shared = {
        "people": 1, "teams": {"build": "50 %", "help": "50 %"}, "skills": {"code": "200 %", "answer": "100 %"},
        "meetings": [{"on": "mon-sun", "at": "00:00", "lasting": "1 h"}],
        "absences": [{"from": "2026-01-06", "to": "2026-01-06"}],
    }  # fmt: skip
    outcome = run(house(0, 0, shared, features=[0], calls=[0]))
    assert spans(outcome) == [(0, "code", 1, 2), (1, "answer", 73, 75)]


def test_loads_are_spread_over_who_floats() -> None:
    # 84 h of features and 84 h of calls a week for a builder and one who floats, who alone can take the calls: both
    # have 84 h of 168 h
    at = [2.0 * hour for hour in range(42)]
    found = loads(house(1, 0, ONE, features=at, calls=at))
    assert (found["build"], found["build and help"]) == pytest.approx((0.5, 0.5))


@pytest.mark.parametrize(
    ("shared", "told"),
    [
        (ONE | {"teams": {"build": "50 %", "help": "50 %"}}, "has no shares; write a list of teams"),
        (ONE | {"teams": ["build", "build"]}, "names a team twice"),
        ({"people": 1, "teams": ["build", "help"]}, "write the share of each team"),
        (
            {"people": 1, "teams": {"build": 0.5, "help": 0.5}, "switching": {"cost": "1 h"}},
            "switching is of those who go where most work waits",
        ),
        (
            {"people": 1, "teams": {"build": 0.5, "help": 0.5}, "at_once": 2},
            "at_once is of those who go where most work waits",
        ),
        (ONE | {"at_once": 2, "interruptions": {"every": "1 h", "lasting": "1 h"}}, "not possible together"),
        (ONE | {"loss": {2: "10 %"}}, "loss is of those"),
        (ONE | {"skills": ["coed"]}, "'coed'"),
        (ONE | {"prefers": ["code"]}, "prefers"),
        (ONE | {"joins": "2026-03-01", "leaves": "2026-02-01"}, "they leave before they join"),
        (ONE | {"teams": ["build", "hepl"]}, "'hepl'"),
    ],
)
def test_what_cannot_be_meant_is_refused(shared: dict[str, Any], told: str) -> None:
    with pytest.raises((ValidationError, InputError), match=told):
        house(1, 1, shared, features=[0], calls=[0])


def test_teams_that_choose_by_different_rules_share_nobody_who_floats() -> None:
    works = {"feature": work(listed(0), ("code", "2 h")), "call": work(listed(0), ("answer", "2 h"))}
    teams = {"build": {"people": 1, "queue": "lifo"}, "help": 1}
    with pytest.raises((ValidationError, InputError), match="choose by different rules"):
        twin(teams, {"code": "build", "answer": "help"}, works, shared=[ONE])


def test_floating_that_costs_nothing_is_said_to_look_better_than_it_is() -> None:
    found = {(each.path, each.message) for each in findings(house(1, 1, ONE, features=[0], calls=[0]))}
    assert any(path == "shared.0" and "costs nothing" in message for path, message in found)


def test_what_is_surprising_about_people_is_told_of_who_floats_at_their_place_in_the_file() -> None:
    late = {"on": "mon", "at": "20:00", "lasting": "1 h"}
    shared = ONE | {"at_once": 2, "calendar": "office", "meetings": [late]}
    found = findings(house(1, 1, shared, features=[0], calls=[0], calendars={"office": OFFICE}))
    told = {each.path: each.message for each in found}
    assert "try a range of loss" in told["shared.0.at_once"]
    assert "outside their hours" in told["shared.0.meetings.0"]
