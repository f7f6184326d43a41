"""What `twin check` says of valid twins that hardly anybody means, one surprising combination each."""

from typing import Any

import pytest
from tiny import listed, twin, work

from twin.checks import findings
from twin.spec import Twin

Written = dict[str, Any]
TWO_STEPS: list[Written] = [{"stage": "desk", "effort": "4 h"}, {"stage": "sign", "effort": "1 h"}]
SLA: Written = {"lead_time": "3 d", "share": "85 %"}
OFFICE: Written = {"days": "mon-fri", "hours": "09:00-17:00"}


def small(
    *,
    team: Written | None = None,
    desk: Written | None = None,
    item: Written | None = None,
    steps: list[Written] | None = None,
    **more: Any,
) -> Twin:
    """One team at two stages, with a type of work and what is surprising."""
    kind = {"arrivals": {"kind": "poisson", "rate": "60 / week"}, "steps": steps or TWO_STEPS, **(item or {})}
    people = {"people": 4, **(team or {})}
    stages = {"desk": {"team": "team", **(desk or {})}, "sign": "team"}
    return twin({"team": people}, stages, {"item": kind}, calendars={"office": OFFICE}, **more)


def automated(machine: Written) -> list[Written]:
    return [TWO_STEPS[0] | {"automation": {"share": "50 %", "effort": "1 min"} | machine}, TWO_STEPS[1]]


def told(surprising: Twin) -> list[str]:
    return [f"{each.level} {each.path}: {each.message}" for each in findings(surprising)]


def leave(first: str, last: str, **more: Any) -> Written:
    return {"absences": [{"from": first, "to": last, **more}]}


def meeting(**when: str) -> Written:
    return {"calendar": "office", "meetings": [when]}


PEOPLE = [
    ({"people": [{"count": 3}, {"count": 1, "available": "0 %"}]}, "never work"),
    (
        {"calendar": "office", "meetings": [{"on": "mon-fri", "at": "09:00", "lasting": "8 h"}]},
        "whenever they are there",
    ),
    ({"calendar": "office", "meetings": [{"on": "mon", "at": "20:00", "lasting": "1 h"}]}, "outside their hours"),
    ({"sickness": {"every": "1 w", "lasting": "3 d"}}, "of one person, not of the team"),
    (leave("2026-02-01", "2026-02-10", people=9), "9 of 4 people are away"),
    (leave("2025-02-01", "2025-02-10"), "over before the twin's start"),
    ({"switching": {"cost": "20 min", "between": "work"}}, "one work type only"),
    ({"switching": {"cost": "8 h", "between": "stage"}}, "more than any visit (4 h at most)"),
    ({"attrition": {"every": "100 w", "replaced_after": "10 w"}}, "as fast as everybody from the first day"),
    ({"people": 1, "who": "same"}, "there is one person to ask"),
    ({"at_once": 3, "loss": {2: "10 %"}, "wip_limit_per_person": 2}, "keeps it at 2"),
    ({"at_once": 2}, "try a range of loss"),
    ({"wip_limit_per_person": 2}, "limits can only look harmful"),
    ({"queue": {"kind": "priority", "ageing": "1 d"}}, "no two priorities differ"),
]

STAGES = [
    ({"wip_limit": 8}, "limits can only look harmful"),
    ({"opens": {"every": "14 d", "capacity": 10}}, "60 visits a week come for 5 that go through"),
    ({"opens": {"every": "7 d", "cut_off": "8 d"}}, "misses the next time as well"),
    ({"batch": {"size": 500}}, "fills once in 8.33 weeks"),
    ({"blocked": {"every": "10 min", "lasting": "1 d"}}, "blocked 24 times on average"),
]

ITEMS = [
    ({"cancel": [{"patience": "30 min"}]}, "somebody becomes free every 1 h: nearly all who have to wait leave"),
    ({"cancel": [{"age": "3 h"}]}, "withdrawn at the age of 3 h, but its own work takes 5 h"),
    ({"cancel": [{"stage": "desk", "chance": "100 %"}]}, "nothing is done that comes to 'desk'"),
    ({"due": "2 h"}, "due after 2 h, but its own work takes 5 h"),
    ({"sla": SLA | {"lead_time": "3 h"}}, "promised is 3 h, but its own work takes 5 h"),
    ({"sla": SLA | {"paused_while": ["external"]}}, "no delay outside, so the clock never pauses"),
    ({"sla": SLA | {"paused_while": ["handoff"]}}, "not handed over with a delay, so the clock never pauses"),
    ({"sla": SLA | {"paused_while": ["blocked"]}}, "nothing blocks this work, so the clock never pauses"),
    ({"sla": SLA | {"paused_while": ["batch"]}}, "no batch and no gate, so the clock never pauses"),
    ({"sla": SLA | {"paused_while": ["dependency"]}}, "waits for no other work, so the clock never pauses"),
    ({"sla": SLA | {"paused_at": ["desk", "sign"]}}, "stands still at every stage"),
]

OFTEN = {"chance": "100 %", "back_to": "desk", "limit": 2}
LINES = [
    (automated({}), "the machine is never wrong"),
    (automated({"eligible": {"up_to": "1 h"}}), "no visit here is so short as 1 h"),
    (automated({"errors": "10 %"}), "nobody checks, yet every error is found at once"),
    (automated({"errors": "50 %", "checked_at": "desk"}), "the machine saves them nothing"),
    (
        [TWO_STEPS[0], TWO_STEPS[1] | {"rework": {"chance": "100 %", "back_to": "desk", "limit": 2}}],
        "goes back 2 times",
    ),
]


@pytest.mark.parametrize(("team", "expected"), PEOPLE)
def test_of_people_is_said(team: Written, expected: str) -> None:
    assert any(expected in each for each in told(small(team=team)))


@pytest.mark.parametrize(("desk", "expected"), STAGES)
def test_of_stages_is_said(desk: Written, expected: str) -> None:
    assert any(expected in each for each in told(small(desk=desk)))


@pytest.mark.parametrize(("item", "expected"), ITEMS)
def test_of_work_is_said(item: Written, expected: str) -> None:
    assert any(expected in each for each in told(small(item=item)))


@pytest.mark.parametrize(("steps", "expected"), LINES)
def test_of_machines_and_rework_is_said(steps: list[Written], expected: str) -> None:
    assert any(expected in each for each in told(small(steps=steps)))


def test_a_limit_on_all_that_a_team_does_below_its_number_is_said() -> None:
    found = told(small(wip_limits=[{"system": True, "limit": 2}]))
    assert any("a limit of 2 keeps 2 of 4 people idle for good" in each for each in found)


def test_ageing_that_takes_longer_than_a_year_is_said() -> None:
    queue = {"kind": "priority", "ageing": "300 d"}
    works = {name: work(listed(0), ("desk", "1 h"), priority=rank) for name, rank in (("x", 1), ("y", 3))}
    aged = twin({"team": {"people": 1, "queue": queue}}, {"desk": "team"}, works)
    assert any("draws level only after 600 d" in each for each in told(aged))


def test_a_check_in_place_of_a_step_that_sends_back_is_said() -> None:
    checks = TWO_STEPS[1] | {"rework": {"chance": "25 %", "back_to": "desk"}}
    machine = {"share": "50 %", "effort": "1 min", "errors": "10 %", "checked_at": "sign"}
    found = told(small(steps=[TWO_STEPS[0] | {"automation": machine}, checks]))
    assert any(
        "its rework of 25 % does not apply to what the machine did, but errors of 10 %" in each for each in found
    )


def test_nothing_is_said_of_what_is_usual() -> None:
    team = {"switching": {"cost": "20 min", "between": "stage"}, "sickness": {"every": "26 w", "lasting": "4 d"}}
    machine = automated({"errors": "10 %", "checked_at": "sign"})
    usual = small(team=team, desk={"wip_limit": 8}, item={"sla": SLA, "cancel": [{"age": "90 d"}]}, steps=machine)
    assert told(usual) == ["warning calendars.office: no team and no delay uses it"]


def test_a_team_of_shared_people_alone_serves_its_stage() -> None:
    parts = {"days": {"team": 0.5, "others": 0.5}, "waits": ["team", "others"]}
    for way, teams in parts.items():
        switch = {"switch": "most_waiting"} if way == "waits" else {}
        shared = [{"people": 1, "teams": teams, **switch}]
        works = {"item": work(listed(0), ("desk", "1 h"))}
        alone = twin({"team": 0, "others": 1}, {"desk": "team", "sign": "others"}, works, shared=shared)
        assert [each for each in told(alone) if each.startswith("error")] == []
