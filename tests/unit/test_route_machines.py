"""Machines on a route with memory, every instant worked out by hand, and what cannot be said of them.

Hours since Monday 2026-01-05 00:00; rows are (item, stage, started, finished) in the order in which visits were opened.
"""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from commands import call
from tiny import listed, run, spans, trace, twin, work

from twin.changes import SetValue
from twin.checks import findings
from twin.engine import simulate
from twin.errors import InputError
from twin.machines import with_machines
from twin.offered import flows, team_loads
from twin.scenario import apply
from twin.spec import Twin

Written = dict[str, Any]
LINE: Written = {"a": {"b": 1.0}, "b": {"c": 1.0}, "c": {"done": 1.0}}
EFFORTS: Written = {"a": "4 h", "b": "2 h", "c": "1 h"}
ALL: Written = {"share": 1.0, "effort": "1 h", "at_once": 4}


@pytest.fixture(params=["reference", "compiled"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tiny.simulate", partial(simulate, engine=request.param))


def routed(*, at: tuple[float, ...] = (0,), **route: Any) -> Written:
    """Work that comes to a first, and goes on from there as is written."""
    written = {"start": {"a": 1.0}, "next": LINE, "efforts": EFFORTS} | route
    return {"arrivals": listed(*at), "route": written}


def organisation(*, people: int = 1, **route: Any) -> Twin:
    """A team for each stage, and one work type."""
    kind = routed(**route)
    stages = kind["route"]["efforts"]
    return twin(dict.fromkeys(stages, people), {stage: stage for stage in stages}, {"x": kind})


def happened(**route: Any) -> list[tuple[int, str, float, float]]:
    return spans(run(organisation(**route)))


# --- the machine ------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("engine")
def test_a_machine_does_all_visits_of_a_stage_and_the_item_goes_on_as_ever() -> None:
    # the machine 0-1 instead of 4 h, then b 1-3 and c 3-4
    assert happened(automation={"a": ALL}) == [(0, "a automation", 0, 1), (0, "b", 1, 3), (0, "c", 3, 4)]


@pytest.mark.usefixtures("engine")
def test_a_way_that_depends_on_the_path_counts_a_machines_visit_as_one_to_its_stage() -> None:
    # after a the first time back to a, after the second time to b: by the machine 0-1 and 1-2, then b 2-4, out
    after = {"a": {"a": 1.0}, "a > a": {"b": 1.0}, "b": {"done": 1.0}, "c": {"done": 1.0}}
    expected = [(0, "a automation", 0, 1), (0, "a automation", 1, 2), (0, "b", 2, 4)]
    assert happened(next=after, automation={"a": ALL}) == expected


@pytest.mark.usefixtures("engine")
def test_a_delay_between_two_stages_is_waited_for_whoever_did_the_first_and_does_the_second() -> None:
    # 3 h before the machine, at 3-4; 5 h after it, so b at 9-11
    delays = {"start > a": "3 h", "a > b": "5 h"}
    assert happened(delays=delays, automation={"a": ALL})[:2] == [(0, "a automation", 3, 4), (0, "b", 9, 11)]


# --- checks and errors ------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("engine")
def test_what_a_machine_did_wrong_goes_to_people_at_its_own_stage() -> None:
    # nobody checks: the machine 0-1, people 1-5, then b 5-7
    machine = ALL | {"errors": 1.0}
    assert happened(automation={"a": machine})[:3] == [(0, "a automation", 0, 1), (0, "a", 1, 5), (0, "b", 5, 7)]


@pytest.mark.usefixtures("engine")
def test_the_stage_that_comes_next_checks_and_is_not_gone_through_twice() -> None:
    # the machine 0-1, b checks it 1-3 and is done with that, c 3-4
    machine = ALL | {"checked_at": "b"}
    assert happened(automation={"a": machine}) == [(0, "a automation", 0, 1), (0, "b", 1, 3), (0, "c", 3, 4)]


@pytest.mark.usefixtures("engine")
def test_a_stage_further_on_checks_besides() -> None:
    # the machine 0-1, the check at c 1-2, then along the route: b 2-4, c 4-5
    machine = ALL | {"checked_at": "c"}
    expected = [(0, "a automation", 0, 1), (0, "c", 1, 2), (0, "b", 2, 4), (0, "c", 4, 5)]
    assert happened(automation={"a": machine}) == expected


@pytest.mark.usefixtures("engine")
def test_what_is_not_checked_goes_past_the_stage_that_checks() -> None:
    # of two stages the first checks nothing: the machine 0-1, c 1-2
    machine = ALL | {"checked_at": "b", "checked": 0.0}
    assert happened(automation={"a": machine}) == [(0, "a automation", 0, 1), (0, "c", 1, 2)]


@pytest.mark.usefixtures("engine")
def test_an_error_that_the_check_finds_goes_back_by_an_extra_move_and_then_along_the_route() -> None:
    # the machine 0-1; the check at b 1-3 finds it wrong; 2 h as ever from b back to a; people 5-9; b 9-11, c 11-12
    machine = ALL | {"errors": 1.0, "checked_at": "b"}
    assert happened(automation={"a": machine}, delays={"b > a": "2 h"}) == [
        (0, "a automation", 0, 1), (0, "b", 1, 3), (0, "a", 5, 9), (0, "b", 9, 11), (0, "c", 11, 12),
    ]  # fmt: skip


@pytest.mark.usefixtures("engine")
def test_errors_may_be_put_right_at_another_stage_from_where_the_route_goes_on() -> None:
    # the machine 0-1; the check at b 1-3 finds it wrong; c puts it right 3-4, and from c the route leads out
    machine = ALL | {"errors": 1.0, "checked_at": "b", "errors_to": "c"}
    assert happened(automation={"a": machine}) == [(0, "a automation", 0, 1), (0, "b", 1, 3), (0, "c", 3, 4)]


@pytest.mark.usefixtures("engine")
def test_where_errors_are_put_right_is_on_the_path() -> None:
    # after a > c an item goes to b, after c otherwise out: the machine 0-1, c 1-2, b 2-4, c 4-5
    after = LINE | {"a > c": {"b": 1.0}}
    expected = [(0, "a automation", 0, 1), (0, "c", 1, 2), (0, "b", 2, 4), (0, "c", 4, 5)]
    assert happened(next=after, automation={"a": ALL | {"errors": 1.0, "errors_to": "c"}}) == expected


@pytest.mark.usefixtures("engine")
def test_ways_back_from_the_stage_that_checks_are_of_people_only() -> None:
    # from b nearly all go back to a; what the machine did is right, so b lets it through: 0-1, 1-3, c 3-4
    after = LINE | {"b": {"a": 0.999, "c": 0.001}}
    machine = ALL | {"checked_at": "b"}
    expected = [(0, "a automation", 0, 1), (0, "b", 1, 3), (0, "c", 3, 4)]
    assert happened(next=after, automation={"a": machine}) == expected


@pytest.mark.usefixtures("engine")
def test_a_state_of_the_stage_that_checks_keeps_its_own_delay_and_way_on() -> None:
    # a leads to b by way of its state "late b", 6 h later, and from there out, not to c: 0-1, check 7-9
    after = LINE | {"a": {"late b": 1.0}, "late b": {"done": 1.0}}
    machine = ALL | {"checked_at": "b"}
    parts = {"states": {"late b": "b"}, "delays": {"a > late b": "6 h"}}
    assert happened(next=after, automation={"a": machine}, **parts) == [(0, "a automation", 0, 1), (0, "b", 7, 9)]


@pytest.mark.usefixtures("engine")
def test_where_a_machine_drafts_the_reviewer_becomes_the_bottleneck() -> None:
    # a builder of 4 h before a reviewer of 3 h: nothing waits for review, work leaves every 4 h. A machine drafts all
    # four in an hour: work leaves every 3 h, and waits for review 0, 3, 6 and 9 h
    def reviewed(**route: Any) -> list[tuple[float, float]]:
        shop = organisation(
            at=(0, 0, 0, 0), next={"a": {"b": 1.0}, "b": {"done": 1.0}}, efforts={"a": "4 h", "b": "3 h"}, **route
        )
        return [(queued, started) for _, stage, _, queued, started, _ in trace(run(shop)) if stage == "b"]

    assert reviewed() == [(4, 4), (8, 8), (12, 12), (16, 16)]
    assert reviewed(automation={"a": ALL | {"checked_at": "b"}}) == [(1, 1), (1, 4), (1, 7), (1, 10)]


# --- branches ---------------------------------------------------------------------------------------------------------

BLOCK: Written = {
    "start": {"both": 1.0},
    "next": {"both": {"d": 1.0}, "d": {"done": 1.0}},
    "efforts": EFFORTS | {"d": "1 h"},
    "parallel": {"both": [["a", "b"], ["c"]]},
}


@pytest.mark.usefixtures("engine")
def test_a_machine_in_a_branch_is_checked_and_put_right_there() -> None:
    # the machine 0-1 beside c 0-1; the check at b 1-3 finds it wrong; people 3-7, b 7-9, and d once both are done
    machine = ALL | {"errors": 1.0, "checked_at": "b"}
    assert happened(**BLOCK, automation={"a": machine}) == [
        (0, "a automation", 0, 1), (0, "c", 0, 1), (0, "b", 1, 3), (0, "a", 3, 7), (0, "b", 7, 9), (0, "d", 9, 10),
    ]  # fmt: skip


@pytest.mark.usefixtures("engine")
def test_a_machine_hands_nothing_over_but_who_checks_it_does() -> None:
    # people of d hand over to those of a in 2 h, those of b in 3 h. The machine 0-1, straight into the branches: a 1-5
    # and c 1-2. Checked at b besides, 1-3: a 6-10, c 3-4
    def done(**machine: Any) -> list[tuple[int, str, float, float]]:
        after = {"d": {"both": 1.0}, "both": {"done": 1.0}, "b": {"done": 1.0}}
        kind = routed(**(BLOCK | {"start": {"d": 1.0}, "next": after, "automation": {"d": ALL | machine}}))
        handed = [{"from": "d", "to": "a", "delay": "2 h"}, {"from": "b", "to": "a", "delay": "3 h"}]
        return spans(run(twin(dict.fromkeys("abcd", 1), {name: name for name in "abcd"}, {"x": kind}, handoffs=handed)))

    assert done()[:3] == [(0, "d automation", 0, 1), (0, "a", 1, 5), (0, "c", 1, 2)]
    assert done(checked_at="b")[1:4] == [(0, "b", 1, 3), (0, "a", 6, 10), (0, "c", 3, 4)]


# --- a line of steps and a route that is one --------------------------------------------------------------------------


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"errors": "30 %"},
        {"errors": "30 %", "checked_at": "b"},
        {"errors": "30 %", "checked_at": "b", "checked": "50 %"},
        {"errors": "30 %", "checked_at": "c", "checked": "50 %", "errors_to": "b"},
        {"eligible": {"up_to": "3 h"}, "errors": "30 %"},
    ],
)
def test_a_route_that_is_a_line_is_what_steps_are(more: Written) -> None:
    machine = {"share": 0.5, "effort": "1 h", "at_once": 2} | more
    efforts: Written = EFFORTS | {"a": {"kind": "exponential", "mean": "4 h"}}
    at = tuple(range(0, 80, 2))
    line = work(listed(*at), *({"stage": stage, "effort": each} for stage, each in efforts.items()))
    line["steps"][0]["automation"] = machine
    teams, stages = dict.fromkeys("abc", 2), {name: name for name in "abc"}
    as_steps = trace(run(twin(teams, stages, {"x": line})))
    as_route = trace(run(organisation(at=at, people=2, efforts=efforts, automation={"a": machine})))
    assert sorted(as_steps) == sorted(as_route)


# --- loads ------------------------------------------------------------------------------------------------------------


def hours_a_week(**route: Any) -> dict[str, float]:
    """The work that comes to each stage's one person, in a week in which 20 items come."""
    made = with_machines(organisation(at=tuple(range(0, 168, 9))[:18] + (167.0,) * 2, **route))
    return {team: load * 168 for team, load in team_loads(made, flows(made)).items()}


def test_loads_know_what_a_machine_takes_and_what_comes_back() -> None:
    # of 20, the machine does 10 in 1 h each, on 4 at once; half are wrong and are done again: people 15 of 4 h
    machine = ALL | {"share": "50 %", "errors": "50 %"}
    expected = {"a": 15 * 4, "b": 20 * 2, "c": 20 * 1, "a automation": 10 / 4}
    assert hours_a_week(automation={"a": machine}) == pytest.approx(expected, rel=1e-3)


def test_loads_know_that_a_check_stands_for_the_visit_that_comes_next_and_errors_are_checked_as_peoples_work() -> None:
    # the check is b's visit; the 5 that are wrong come to a and to b once more: b 25. b sends a fifth of people's work
    # back, 15 pieces: they are done 15 / 0.8 = 18.75 times, so b does 10 checks and 18.75 visits
    machine = ALL | {"share": "50 %", "errors": "50 %", "checked_at": "b"}
    after = LINE | {"b": {"a": 0.2, "c": 0.8}}
    # sent back, half of them go to the machine: x visits by people, y by it: x = 10 + 5 y / 10 + 0.1 x, y = 10 + 0.1 x
    x = 15 / 0.85
    y = 10 + 0.1 * x
    expected = {"a": x * 4, "b": (x + y) * 2, "c": 20 * 1, "a automation": y / 4}
    assert hours_a_week(next=after, automation={"a": machine}) == pytest.approx(expected, rel=1e-3)


def test_loads_know_that_people_keep_the_long_ones() -> None:
    # of 20 visits of 1, 3 or 8 h the machine takes the third of 1 h
    spread: Written = {"kind": "empirical", "values": ["1 h", "3 h", "8 h"]}
    machine = ALL | {"eligible": {"up_to": "2 h"}}
    assert hours_a_week(efforts=EFFORTS | {"a": spread}, automation={"a": machine})["a"] == pytest.approx(
        20 * 11 / 3, rel=1e-3
    )


# --- what is said, and what is refused --------------------------------------------------------------------------------


def said(**route: Any) -> list[str]:
    return [f"{each.path}: {each.message}" for each in findings(organisation(at=tuple(range(0, 100, 10)), **route))]


@pytest.mark.parametrize(
    ("machine", "told"),
    [
        ({}, "work.x.route.automation.a: the machine is never wrong"),
        ({"errors": "10 %"}, "work.x.route.automation.a: nobody checks, yet every error is found at once"),
        (
            {"errors": "60 %", "checked_at": "c", "errors_to": "b"},
            "checks and errors take people 2.2 h a visit and doing it 2 h",
        ),
        ({"errors": "10 %", "checked_at": "b"}, "its rework of 25 % does not apply to what the machine did"),
        ({"eligible": {"up_to": "1 h"}}, "no visit here is so short as 1 h"),
    ],
)
def test_what_is_surprising_about_a_machine_on_a_route_is_said(machine: Written, told: str) -> None:
    after = LINE | {"b": {"c": 0.75, "a": 0.25}}
    efforts = EFFORTS | {"a": "2 h"}
    found = said(next=after, efforts=efforts, automation={"a": ALL | {"share": "40 %"} | machine})
    assert any(told in each for each in found), found


def test_that_a_check_overloads_who_checks_is_said() -> None:
    # six items an hour of which the machine drafts all: b needs 2 h for each and has one person
    crowd = organisation(at=tuple(each / 6 for each in range(900)), automation={"a": ALL | {"checked_at": "b"}})
    assert any("teams.b: offered load" in f"{each.path}: {each.message}" for each in findings(crowd))


def test_a_machine_that_costs_nothing_where_people_do_is_said() -> None:
    kind = routed(automation={"a": ALL})
    teams = {name: {"people": 1, "cost": "50 EUR/h"} for name in EFFORTS}
    made = twin(teams, {name: name for name in EFFORTS}, {"x": kind})
    assert any(
        each.path == "work.x.route.automation.a" and "as if it were free" in each.message for each in findings(made)
    )


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"automation": {"z": ALL}}, "work.x.route.automation.z: .*'z' is not a stage with an effort"),
        ({"automation": {"a": ALL | {"errors_to": "z"}}}, "work.x.route.automation.a.errors_to: .*'z'"),
        ({"automation": {"a": ALL | {"checked_at": "z"}}}, "work.x.route.automation.a.checked_at: .*'z'"),
        (
            {"automation": {"late a": ALL}, "states": {"late a": "a"}, "next": LINE | {"late a": {"b": 1.0}}},
            "'late a' is a state of 'a'; write that stage",
        ),
        (
            BLOCK | {"automation": {"d": ALL | {"checked_at": "b"}}},
            "'d' stands outside of parallel branches, where no item comes to 'b'; .* write d",
        ),
        (
            BLOCK | {"automation": {"a": ALL | {"errors": 0.1, "errors_to": "c"}}},
            "'a' stands in a branch of 'both', where no item comes to 'c'; .* write a or b",
        ),
        (
            {
                "efforts": EFFORTS | {"a": {"kind": "by_team", "teams": {"a": "4 h"}}},
                "automation": {"a": ALL | {"eligible": {"up_to": "1 h"}}},
            },
            "route.automation.a.eligible.up_to: up_to needs one effort for all teams",
        ),
        ({"automation": {"a": ALL | {"eligible": {"classes": ["gold"]}}}}, "eligible.classes: .*'gold'"),
    ],
)
def test_what_cannot_be_said_of_a_machine_on_a_route_is_refused(parts: Written, told: str) -> None:
    with pytest.raises(InputError, match=told):
        organisation(**parts)


def test_two_machines_at_one_stage_are_alike_wherever_they_are_written() -> None:
    works = {"x": routed(automation={"a": ALL}), "y": work(listed(0), ("a", "1 h"))}
    works["y"]["steps"][0]["automation"] = ALL | {"at_once": 9}
    with pytest.raises(InputError, match="at_once: the stage has one machine, which works on 4 elsewhere"):
        twin({"team": 1}, dict.fromkeys("abc", "team"), works)


def test_a_mistake_is_told_at_its_line(tmp_path: Path) -> None:
    route = "{start: {a: 1}, next: {a: {done: 1}}, efforts: {a: 1 h}, automation: {a: {share: 1, effort: 1 h,"
    lines = [
        "twin: tiny", "clock: {starts: 2026-01-05}", "teams: {a: {people: 1}}", "stages: {a: {team: a}}",
        "work:", "  x:", "    arrivals: {kind: none}", f"    route: {route}", "      checked_at: b}}}",
    ]  # fmt: skip
    (tmp_path / "twin.yaml").write_text("\n".join(lines))
    told = call("check", tmp_path / "twin.yaml")
    assert f"{tmp_path / 'twin.yaml'}:9 " in told.err


# --- a scenario, and dated changes ------------------------------------------------------------------------------------


def test_a_machine_is_one_change_of_a_scenario() -> None:
    change = SetValue.model_validate({"set": "work.x.route.automation.a", "to": ALL | {"checked_at": "b"}})
    assert apply(organisation(), [change]) == organisation(automation={"a": ALL | {"checked_at": "b"}})


@pytest.mark.usefixtures("engine")
def test_a_machine_may_begin_on_a_date() -> None:
    # from hour 2 on: the first item is with people 0-4, the second, at 3, goes to the machine, 3-4
    begins = run(organisation(at=(0, 3)), (2, organisation(at=(0, 3), automation={"a": ALL})))
    assert [row for row in spans(begins) if row[1].startswith("a")] == [(0, "a", 0, 4), (1, "a automation", 3, 4)]


def test_a_machine_that_ends_on_a_date_is_refused_since_items_may_be_there() -> None:
    with pytest.raises(InputError, match="a dated change takes 'a automation' out of the way of 'x'"):
        run(organisation(automation={"a": ALL}), (2, organisation()))


@pytest.mark.usefixtures("engine")
def test_a_machine_of_which_no_more_is_asked_from_a_date_on_finishes_what_it_has() -> None:
    # its share falls to nothing at 0.5: the first by the machine 0-1, the second by people 3-7
    before, after = (organisation(at=(0, 3), automation={"a": ALL | {"share": share}}) for share in (1.0, 0.0))
    begun = [row for row in spans(run(before, (0.5, after))) if row[1].startswith("a")]
    assert begun == [(0, "a automation", 0, 1), (1, "a", 3, 7)]
