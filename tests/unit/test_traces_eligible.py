"""Which visits a machine may take, every instant worked out by hand.

Hours since Monday 2026-01-05 00:00; rows are (item, stage, started, finished) in the order in which visits were opened.
"""

from functools import partial
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from tiny import listed, run, spans, twin, work

from twin.checks import findings
from twin.engine import simulate
from twin.errors import InputError
from twin.machines import with_machines
from twin.offered import flows, team_loads
from twin.outcome import Outcome
from twin.spec import Twin
from twin.units import HOUR

SPREAD: Any = {"kind": "empirical", "values": ["1 h", "3 h", "8 h"]}


@pytest.fixture(params=["reference", "compiled"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tiny.simulate", partial(simulate, engine=request.param))


def machine(**more: Any) -> dict[str, Any]:
    return {"share": 1.0, "effort": "0 h", "at_once": 99} | more


def desk(effort: Any, automation: dict[str, Any] | None, *, hours: tuple[float, ...] = (0,), **more: Any) -> Twin:
    """A desk of many people, in whose visits a machine takes part."""
    step = {"stage": "desk", "effort": effort} | ({"automation": automation} if automation else {}) | more
    works = {"x": work(listed(*hours), step)}
    return twin({"team": 99}, {"desk": "team"}, works)


def by_people(outcome: Outcome) -> dict[int, float]:
    """Tell how many hours people took for each item that they did."""
    mine = outcome.visits.stage == outcome.labels.stages.index("desk")
    took = (outcome.visits.finished - outcome.visits.started)[mine] / HOUR
    return dict(zip(outcome.visits.item[mine].tolist(), took.tolist(), strict=True))


@pytest.mark.usefixtures("engine")
def test_a_machine_takes_what_is_short_and_leaves_what_is_long_to_people() -> None:
    # at 0 a letter of 2 h, which the machine takes until 1, and a form of 3 h, which takes people until 3
    takes = {"share": 1.0, "effort": "1 h", "eligible": {"up_to": "2 h"}}
    works = {
        name: work(listed(0), {"stage": "desk", "effort": effort, "automation": takes})
        for name, effort in (("letter", "2 h"), ("form", "3 h"))
    }
    outcome = run(twin({"team": 1}, {"desk": "team"}, works))
    assert spans(outcome) == [(0, "desk automation", 0, 1), (1, "desk", 0, 3)]


@pytest.mark.usefixtures("engine")
def test_people_are_left_with_the_very_items_that_would_have_taken_them_long() -> None:
    hours = (0,) * 60
    alone = by_people(run(desk(SPREAD, None, hours=hours)))
    left = by_people(run(desk(SPREAD, machine(eligible={"up_to": "3 h"}), hours=hours)))
    assert left == {item: took for item, took in alone.items() if took == 8}


@pytest.mark.usefixtures("engine")
def test_what_a_machine_did_wrong_takes_people_as_long_as_it_would_have() -> None:
    hours = (0,) * 60
    alone = by_people(run(desk(SPREAD, None, hours=hours)))
    assert by_people(run(desk(SPREAD, machine(eligible={"up_to": "3 h"}, errors=1.0), hours=hours))) == alone


@pytest.mark.usefixtures("engine")
def test_rework_that_takes_a_share_of_the_effort_may_be_short_enough() -> None:
    # people 0-3; sent back for half of it, 1.5 h, which the machine may take: 3-4; then it is done
    takes = {"share": 1.0, "effort": "1 h", "eligible": {"up_to": "2 h"}}
    back = {"chance": 1.0, "back_to": "desk", "limit": 1, "effort": 0.5}
    assert spans(run(desk("3 h", takes, rework=back))) == [(0, "desk", 0, 3), (0, "desk automation", 3, 4)]


@pytest.mark.usefixtures("engine")
def test_a_machine_may_be_for_some_classes_of_service_only() -> None:
    takes = {"share": 1.0, "effort": "1 h", "eligible": {"classes": ["standard"]}}
    step = {"stage": "desk", "effort": "2 h", "automation": takes}
    works = {
        "urgent": work(listed(0), step, **{"class": "expedite"}),
        "usual": work(listed(0), step, **{"class": "standard"}),
        "other": work(listed(0), step),
    }
    classes = {"expedite": {"rank": 1}, "standard": {"rank": 2}}
    outcome = run(twin({"team": 2}, {"desk": "team"}, works, classes=classes))
    assert spans(outcome) == [(0, "desk", 0, 2), (1, "desk automation", 0, 1), (2, "desk", 0, 2)]


def test_loads_know_that_people_keep_the_long_ones() -> None:
    # 60 items a week of 1, 3 or 8 h: people do those of 8 h, a third, all of them 160 h of 99 x 168 h
    made = with_machines(desk(SPREAD, machine(eligible={"up_to": "3 h"}), hours=tuple(np.linspace(0, 167, 60))))
    assert team_loads(made, flows(made))["team"] * 99 * 168 == pytest.approx(160)


def test_loads_know_that_errors_come_back_at_their_own_length() -> None:
    # and those of 1 and 3 h, of which the machine does each wrongly, take people 80 h more
    takes = machine(eligible={"up_to": "3 h"}, errors=1.0)
    made = with_machines(desk(SPREAD, takes, hours=tuple(np.linspace(0, 167, 60))))
    assert team_loads(made, flows(made))["team"] * 99 * 168 == pytest.approx(240)


@pytest.mark.parametrize(
    ("eligible", "effort", "told"),
    [
        ({}, "2 h", "write classes"),
        ({"classes": ["standrad"]}, "2 h", "'standrad'"),
        ({"up_to": "2 h"}, {"kind": "by_team", "teams": {"team": "2 h"}}, "one effort for all teams"),
        ({"up_to": "2 d"}, "2 h", "hours"),
    ],
)
def test_what_cannot_be_meant_is_refused(eligible: dict[str, Any], effort: Any, told: str) -> None:
    with pytest.raises((ValidationError, InputError), match=told):
        desk(effort, machine(eligible=eligible))


@pytest.mark.parametrize(
    ("eligible", "told"),
    [
        ({"up_to": "30 min"}, "no visit here is so short"),
        ({"up_to": "9 h"}, "no visit here is longer"),
        ({"up_to": "3 h"}, "66.7 % of the visits, but 33.3 % of the work"),
    ],
)
def test_what_a_limit_leaves_to_people_is_said(eligible: dict[str, Any], told: str) -> None:
    found = [each.message for each in findings(desk(SPREAD, machine(eligible=eligible, errors=0.1)))]
    assert any(told in message for message in found), found
