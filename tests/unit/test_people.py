"""What a file may say of people, what is refused, and what is said of surprising combinations."""

from typing import Any

import numpy as np
import pytest
from tiny import run, spans, twin, work

from twin.checks import findings
from twin.errors import InputError
from twin.offered import loads
from twin.spec import Twin
from twin.units import WEEK

Written = dict[str, Any]


def desk(team: Written, effort: Any = "2 h") -> Twin:
    """One team for the stages a and b."""
    works = {"x": work({"kind": "poisson", "rate": "10 / week"}, ("a", effort), ("b", effort))}
    return twin(
        {"team": team},
        {"a": "team", "b": "team"},
        works,
        calendars={"day": {"days": "mon-fri", "hours": "08:00-18:00"}},
    )


def told(team: Written, **more: Any) -> list[str]:
    """What `twin check` says of a team."""
    return [each.message for each in findings(desk(team, **more)) if each.path.startswith("teams.team")]


# --- load -------------------------------------------------------------------------------------------------------------


def overrun(shift_end: str) -> Twin:
    """One person, always with something to do, for visits of four hours on average."""
    team = {"people": 1, "calendar": "day", "shift_end": shift_end}
    return desk(team, effort={"kind": "exponential", "mean": "4 h"})


def test_what_is_left_at_closing_is_counted_as_overtime() -> None:
    # 10 items of 8 h on 50 h; and 5 closings with 4 h left at each
    assert (loads(overrun("suspend"))["team"], loads(overrun("finish"))["team"]) == pytest.approx((80 / 50, 80 / 70))


def test_a_team_that_finishes_does_as_much_as_its_overtime_says() -> None:
    weeks = 150
    worked = [finished - started for *_, started, finished in spans(run(overrun("finish"), until=weeks * WEEK))]
    assert np.nansum(worked) / weeks == pytest.approx(70, rel=0.1)


# --- reading ----------------------------------------------------------------------------------------------------------


def test_skills_may_be_a_list() -> None:
    group = desk({"people": [{"count": 1, "skills": ["a", "b"]}]}).teams["team"].groups()[0]
    assert group.skills == {"a": 1.0, "b": 1.0}


def test_a_team_reads_back_as_it_was_written() -> None:
    team: Written = {
        "people": [{"count": 2, "speed": "120 %", "skills": {"a": "60 %"}, "prefers": ["a"], "joins": "2026-02-01"}],
        "ramp_up": {"from": "40 %", "over": "2016 h"},
        "who": "fastest",
        "switching": {"cost": "20 min", "between": "stage"},
        "interruptions": {"every": "5 h", "lasting": "20 min"},
        "shift_end": "hand_back",
    }
    first = desk(team)
    assert Twin.model_validate(first.as_written()) == first


def test_losses_read_back_as_they_were_written() -> None:
    first = desk({"people": 1, "at_once": 3, "loss": {2: "10 %", 3: "20 %"}})
    assert Twin.model_validate(first.as_written()) == first


@pytest.mark.parametrize(
    ("team", "message"),
    [
        ({"people": [{"count": 1, "speed": "0 %"}]}, "is not between 1 % and 10,000 %"),
        ({"people": [{"count": 1, "speed": "fast"}]}, "is not a speed. Write 120 % or 1.2"),
        ({"people": [{"count": 1, "skills": ["c"]}]}, "'c' is not a stage of this team"),
        ({"people": [{"count": 1, "prefers": ["aa"]}]}, "Did you mean 'a'?"),
        ({"people": [{"count": 1, "skills": ["a"], "prefers": ["b"]}]}, "'b' is not a stage of their skills"),
        ({"people": [{"count": 1, "prefers": ["a", "a"]}]}, "names a stage twice"),
        ({"people": [{"count": 1, "joins": "2026-03-01", "leaves": "2026-02-01"}]}, "leave before they join"),
        ({"people": 1, "ramp_up": {"from": "120 %", "over": "1 d"}}, "less than or equal to 1"),
        ({"people": 1, "switching": {"cost": "0 h"}}, "is above 0"),
        ({"people": 1, "interruptions": {"every": "1 s", "lasting": "1 s"}}, "every minute at most"),
        ({"people": 1, "interruptions": {"every": "1 h", "lasting": "2 d"}}, "write it in hours"),
        ({"people": 1, "loss": {2: "10 %"}}, "write at_once as well"),
        ({"people": 1, "at_once": 2, "loss": {3: "10 %"}}, "more than the 2 allowed"),
        ({"people": 1, "at_once": 3, "loss": {2: "20 %", 3: "10 %"}}, "grows with the number at once"),
        ({"people": 1, "at_once": 2, "switching": {"cost": "1 h"}}, "at_once and switching are not possible together"),
        ({"people": 2, "turns": {"switch": "1 h"}}, "turns are for one person"),
        ({"people": 1, "turns": {"switch": "0 h"}}, "go round for ever"),
    ],
)
def test_what_nobody_can_mean_is_refused(team: Written, message: str) -> None:
    with pytest.raises((ValueError, InputError), match="(?s)" + message.replace("?", r"\?").replace("(", r"\(")):
        desk(team)


# --- loads ------------------------------------------------------------------------------------------------------------


def test_speed_and_interruptions_change_the_load() -> None:
    # 10 items a week need 40 h of 168 h; twice as fast is half, an hour lost after each hour of work is double
    assert loads(desk({"people": 1}))["team"] == pytest.approx(40 / 168)
    assert loads(desk({"people": [{"count": 1, "speed": "200 %"}]}))["team"] == pytest.approx(20 / 168)
    often = {"every": "1 h", "lasting": "1 h"}
    assert loads(desk({"people": 1, "interruptions": often}))["team"] == pytest.approx(80 / 168)


def test_who_alone_has_a_skill_bears_its_load() -> None:
    # b is 20 h for one person alone; the other two do a
    people = [{"count": 1, "skills": ["b"]}, {"count": 2, "skills": ["a"]}]
    assert loads(desk({"people": people}))["team"] == pytest.approx(20 / 168)


def test_a_stage_for_which_nobody_has_the_skill_is_an_error() -> None:
    found = [each for each in findings(desk({"people": [{"count": 1, "skills": ["a"]}]})) if each.level == "error"]
    assert "no people with the skill" in found[0].message


# --- surprises --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("team", "message"),
    [
        ({"people": 3, "who": "fastest"}, "equally fast"),
        ({"people": 1, "shift_end": "hand_back"}, "never close"),
        ({"people": 1, "at_once": 3}, "try a range of loss"),
        ({"people": [{"count": 1, "leaves": "2025-01-01"}, {"count": 1}]}, "never there"),
        ({"people": [{"count": 1, "joins": "2026-03-01"}, {"count": 1}]}, "write ramp_up if not"),
    ],
)
def test_what_is_surprising_is_said(team: Written, message: str) -> None:
    assert message in " ".join(told(team))


def test_long_work_and_overtime_may_last_through_the_night() -> None:
    team = {"people": 1, "calendar": "day", "shift_end": "finish"}
    assert "through the night" in " ".join(told(team, effort="12 h"))
    assert told(team, effort="1 h") == []
