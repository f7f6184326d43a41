"""People who go where most work waits, every instant worked out by hand.

Hours since Monday 2026-01-05 00:00; rows are (item, stage, started, finished) in the order in which visits were opened.
"""

from functools import partial
from typing import Any

import pytest
from pydantic import ValidationError
from tiny import listed, run, spans, twin, waits, work

from twin.checks import findings
from twin.engine import simulate
from twin.errors import InputError
from twin.offered import loads
from twin.outcome import Outcome
from twin.spec import Twin
from twin.units import HOUR

ONE: Any = {"people": 1, "teams": ["build", "help"], "switch": "most_waiting"}


@pytest.fixture(params=["reference", "compiled"], autouse=True)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tiny.simulate", partial(simulate, engine=request.param))


def house(build: int, help_: int, *shared: dict[str, Any], features: list[float], calls: list[float]) -> Twin:
    """Two teams with a stage each, whose visits take 2 h, and people whom they share."""
    works = {"feature": work(listed(*features), ("code", "2 h")), "call": work(listed(*calls), ("answer", "2 h"))}
    teams = {"build": build, "help": help_}
    return twin(teams, {"code": "build", "answer": "help"}, works, shared=list(shared))


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


def test_from_a_date_on_people_may_float() -> None:
    # Until 5 one builder and nobody who helps. From then on nobody but one who floats, and takes the call of 0 at 5;
    # the builder finishes item 2.
    before = house(1, 0, features=[0, 4], calls=[0])
    after = house(0, 0, ONE, features=[0, 4], calls=[0])
    outcome = run(before, (5, after))
    assert sorted(spans(outcome), key=lambda row: row[2]) == [(0, "code", 0, 2), (2, "code", 4, 6), (1, "answer", 5, 7)]


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
