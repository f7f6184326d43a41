"""What both engines do with work that branches, is automated, breeds work or depends on other work, by hand.

Hours since Monday 2026-01-05 00:00; rows as in `test_engine_traces`.
"""

from functools import partial
from typing import Any

import pytest
from tiny import OFFICE, listed, run, spans, trace, twin, waits, work

from twin.engine import simulate
from twin.outcome import Outcome
from twin.units import HOUR


@pytest.fixture(params=["reference", "compiled"], autouse=True)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tiny.simulate", partial(simulate, engine=request.param))


def step(stage: str, effort: str, **more: Any) -> dict[str, Any]:
    return {"stage": stage, "effort": effort, **more}


def parallel(*branches: list[dict[str, Any]]) -> dict[str, Any]:
    return {"parallel": [*branches]}


# --- rework that takes less ------------------------------------------------------------------------------------------


def test_a_visit_that_is_sent_back_takes_the_share_of_its_effort_that_rework_says() -> None:
    # 4 h at a until 4, 2 h at b until 6; b sends it back: half of a, 6-8, and b takes its whole effort again, 8-10
    back = {"chance": 1.0, "back_to": "a", "limit": 1, "effort": "50 %"}
    works = {"x": work(listed(0), step("a", "4 h"), step("b", "2 h", rework=back))}
    outcome = run(twin({"team": 1}, {"a": "team", "b": "team"}, works))
    assert spans(outcome) == [(0, "a", 0, 4), (0, "b", 4, 6), (0, "a", 6, 8), (0, "b", 8, 10)]


def test_every_visit_that_is_sent_back_takes_the_same_share() -> None:
    back = {"chance": 1.0, "back_to": "a", "limit": 2, "effort": "25 %"}
    outcome = run(twin({"team": 1}, {"a": "team"}, {"x": work(listed(0), step("a", "4 h", rework=back))}))
    assert spans(outcome) == [(0, "a", 0, 4), (0, "a", 4, 5), (0, "a", 5, 6)]


# --- machines ---------------------------------------------------------------------------------------------------------


def automated(*steps: dict[str, Any], hours: tuple[float, ...] = (0,), people: int = 1) -> Any:
    """A twin whose steps are all served by one team."""
    stages = {each["stage"]: "team" for each in steps}
    return twin({"team": people}, stages, {"x": work(listed(*hours), *steps)})


def test_a_machine_does_all_visits_of_a_step_that_is_automated_in_full() -> None:
    # two at once, 1 h each: 0 and 1 at 0-1, 2 at 1-2; then the one person, 3 h each
    machine = {"share": 1.0, "effort": "1 h", "at_once": 2}
    outcome = run(automated(step("a", "9 h", automation=machine), step("b", "3 h"), hours=(0, 0, 0)))
    assert spans(outcome) == [
        (0, "a automation", 0, 1), (1, "a automation", 0, 1), (2, "a automation", 1, 2),
        (0, "b", 1, 4), (1, "b", 4, 7), (2, "b", 7, 10),
    ]  # fmt: skip
    assert outcome.labels.teams == ("team", "a automation")


def test_a_step_that_is_automated_in_part_is_drawn_by_visit() -> None:
    machine = {"share": 0.5, "effort": "1 h", "at_once": 99}
    outcome = run(automated(step("a", "1 h", automation=machine), hours=(0,) * 400, people=400))
    assert 160 < (outcome.visits.stage == 0).sum() < 240
    assert outcome.visits.item.size == 400


def test_what_a_machine_did_wrong_goes_to_people_at_its_own_step() -> None:
    # the machine 0-1, then people 1-3 and on to b 3-4
    machine = {"share": 1.0, "effort": "1 h", "errors": 1.0}
    outcome = run(automated(step("a", "2 h", automation=machine), step("b", "1 h")))
    assert spans(outcome) == [(0, "a automation", 0, 1), (0, "a", 1, 3), (0, "b", 3, 4)]


def test_what_a_machine_did_is_checked_with_the_effort_of_the_step_that_checks_and_not_twice() -> None:
    # b checks and is the next step, so its work is done with that; an item that people did goes through b as ever
    machine = {"share": 1.0, "effort": "1 h", "checked_at": "b"}
    outcome = run(automated(step("a", "2 h", automation=machine), step("b", "3 h"), step("c", "1 h")))
    assert spans(outcome) == [(0, "a automation", 0, 1), (0, "b", 1, 4), (0, "c", 4, 5)]


def test_what_nobody_checks_skips_the_step_that_checks() -> None:
    machine = {"share": 1.0, "effort": "1 h", "checked_at": "b", "checked": 0.0}
    outcome = run(automated(step("a", "2 h", automation=machine), step("b", "3 h"), step("c", "1 h")))
    assert spans(outcome) == [(0, "a automation", 0, 1), (0, "c", 1, 2)]


def test_a_check_finds_errors_and_sends_them_to_people_who_are_not_checked() -> None:
    # the machine 0-1, the check at c 1-2 finds an error, people do it at b 2-4, then c as ever, 4-5
    machine = {"share": 1.0, "effort": "1 h", "checked_at": "c", "errors": 1.0, "errors_to": "b"}
    outcome = run(automated(step("a", "2 h", automation=machine), step("b", "2 h"), step("c", "1 h")))
    assert spans(outcome) == [(0, "a automation", 0, 1), (0, "c", 1, 2), (0, "b", 2, 4), (0, "c", 4, 5)]


def test_where_a_machine_drafts_the_reviewer_becomes_the_bottleneck() -> None:
    # a builder of 4 h before a reviewer of 3 h: work leaves every 4 h, and nothing waits for review. A machine drafts
    # all four in an hour: work leaves every 3 h, and waits for review 0, 3, 6 and 9 h
    def shop(**more: Any) -> Outcome:
        steps = [step("build", "4 h", **more), step("review", "3 h")]
        return run(twin({"builder": 1, "reviewer": 1}, {"build": "builder", "review": "reviewer"},
                        {"x": work(listed(0, 0, 0, 0), *steps)}))  # fmt: skip

    def reviewed(outcome: Outcome) -> list[tuple[float, float]]:
        return [(queued, started) for _, stage, _, queued, started, _ in trace(outcome) if stage == "review"]

    assert reviewed(shop()) == [(4, 4), (8, 8), (12, 12), (16, 16)]
    drafted = shop(automation={"share": 1.0, "effort": "1 h", "at_once": 4, "checked_at": "review"})
    assert reviewed(drafted) == [(1, 1), (1, 4), (1, 7), (1, 10)]


# --- parallel branches ------------------------------------------------------------------------------------------------


def test_branches_go_on_at_once_and_the_step_after_waits_for_the_last() -> None:
    # a 0-1; b 1-3 and c 1-5 side by side; d begins when c is done
    steps = [step("a", "1 h"), parallel([step("b", "2 h")], [step("c", "4 h")]), step("d", "1 h")]
    works = {"x": work(listed(0), *steps)}
    outcome = run(twin({"team": 2}, dict.fromkeys("abcd", "team"), works))
    assert trace(outcome) == [
        (0, "a", 0, 0, 0, 1), (0, "b", 1, 1, 1, 3), (0, "c", 1, 1, 1, 5), (0, "d", 5, 5, 5, 6),
    ]  # fmt: skip


def test_branches_that_one_person_serves_follow_each_other() -> None:
    steps = [parallel([step("b", "2 h")], [step("c", "4 h")]), step("d", "1 h")]
    outcome = run(twin({"team": 1}, dict.fromkeys("bcd", "team"), {"x": work(listed(0.5), *steps)}))
    assert trace(outcome) == [(0, "b", 0.5, 0.5, 0.5, 2.5), (0, "c", 0.5, 0.5, 2.5, 6.5), (0, "d", 6.5, 6.5, 6.5, 7.5)]


def test_an_item_whose_way_ends_with_branches_leaves_when_the_last_is_done() -> None:
    steps = [parallel([step("b", "2 h")], [step("c", "4 h"), step("d", "1 h")])]
    outcome = run(twin({"team": 9}, dict.fromkeys("bcd", "team"), {"x": work(listed(0, 1), *steps)}), items=2)
    assert (outcome.ledger.left, outcome.ledger.end) == (2, 6 * HOUR + 1)


def test_branches_within_branches_come_together_from_the_inside_out() -> None:
    # inside: c 1-4 and d 1-2 join at 4, e 4-5; outside: b 1-3; f at 5
    inner = parallel([step("c", "3 h")], [step("d", "1 h")])
    steps = [step("a", "1 h"), parallel([step("b", "2 h")], [inner, step("e", "1 h")]), step("f", "1 h")]
    outcome = run(twin({"team": 9}, dict.fromkeys("abcdef", "team"), {"x": work(listed(0), *steps)}))
    assert spans(outcome) == [
        (0, "a", 0, 1), (0, "b", 1, 3), (0, "c", 1, 4), (0, "d", 1, 2), (0, "e", 4, 5), (0, "f", 5, 6),
    ]  # fmt: skip


def test_rework_within_a_branch_goes_back_within_it_and_visits_count_on_over_branches() -> None:
    # both branches go through b; the second sends back once, to c
    back = {"chance": 1.0, "back_to": "c", "limit": 1}
    steps = [parallel([step("b", "1 h")], [step("c", "1 h"), step("b", "1 h", rework=back)])]
    outcome = run(twin({"team": 9}, dict.fromkeys("bc", "team"), {"x": work(listed(0), *steps)}))
    assert spans(outcome) == [(0, "b", 0, 1), (0, "c", 0, 1), (0, "b", 1, 2), (0, "c", 2, 3), (0, "b", 3, 4)]
    assert outcome.visits.visit.tolist() == [0, 0, 1, 1, 2]


def test_the_first_branch_takes_the_items_place_along_and_the_last_one_done_hands_its_place_on() -> None:
    # One place at each stage. Item 0: a 0-1, then b 1-3 and c 1-2; c frees its place at 2, b keeps it until d lets the
    # item in, at 3. Item 1 gets a at 1, when b took item 0 in; is done at 2, and b lets it in at 3; c does so at 2
    # already? No: its branches set out together at 2, the one for c is let in at once, the one for b waits until 3.
    steps = [step("a", "1 h"), parallel([step("b", "2 h")], [step("c", "1 h")]), step("d", "1 h")]
    stages = {name: {"team": "team", "wip_limit": 1} for name in "abcd"}
    outcome = run(twin({"team": 9}, stages, {"x": work(listed(0, 0), *steps)}))
    assert trace(outcome) == [
        (0, "a", 0, 0, 0, 1), (1, "a", 0, 1, 1, 2), (0, "b", 1, 1, 1, 3), (0, "c", 1, 1, 1, 2),
        (1, "b", 2, 3, 3, 5), (1, "c", 2, 2, 2, 3), (0, "d", 3, 3, 3, 4), (1, "d", 5, 5, 5, 6),
    ]  # fmt: skip


def test_a_branch_waits_for_its_delay_and_the_join_hands_over_from_the_team_that_was_last() -> None:
    # b 0-1 by one; c waits 2 h, works 2-3, by two; two hands over to three in 5 h, one in 50 h
    steps = [parallel([step("b", "1 h")], [step("c", "1 h", delay="2 h")]), step("d", "1 h")]
    handoffs = [
        {"from": "one", "to": "three", "delay": "50 h"},
        {"from": "two", "to": "three", "delay": "5 h"},
    ]
    stages = {"b": "one", "c": "two", "d": "three"}
    outcome = run(twin({"one": 1, "two": 1, "three": 1}, stages, {"x": work(listed(0), *steps)}, handoffs=handoffs))
    assert trace(outcome) == [(0, "b", 0, 0, 0, 1), (0, "c", 0, 2, 2, 3), (0, "d", 3, 8, 8, 9)]


def test_a_dated_change_finds_items_in_their_branches() -> None:
    # from 2 on b takes 1 h: item 0 began before; item 1 waits for the one person of b until 3
    def branching(effort: str) -> Any:
        steps = [parallel([step("b", effort)], [step("c", "1 h"), step("e", "4 h")]), step("d", "1 h")]
        stages = {"b": "one", "c": "two", "d": "two", "e": "two"}
        return twin({"one": 1, "two": 9}, stages, {"x": work(listed(0, 0), *steps)})

    outcome = run(branching("3 h"), (2, branching("1 h")))
    assert spans(outcome) == [
        (0, "b", 0, 3), (0, "c", 0, 1), (1, "b", 3, 4), (1, "c", 0, 1), (0, "e", 1, 5), (1, "e", 1, 5),
        (0, "d", 5, 6), (1, "d", 5, 6),
    ]  # fmt: skip


def test_work_that_is_inside_at_the_end_in_several_branches_is_one_item() -> None:
    steps = [parallel([step("b", "9 h")], [step("c", "9 h")])]
    outcome = run(twin({"team": 9}, dict.fromkeys("bc", "team"), {"x": work(listed(0), *steps)}), until=HOUR)
    assert (outcome.ledger.entered, outcome.ledger.inside, outcome.visits.item.size) == (1, 1, 2)


# --- children and failure demand --------------------------------------------------------------------------------------


def family(parents: int = 9, **teams: int) -> dict[str, Any]:
    return {"parents": parents, "others": 9} | teams


STAGES = {"plan": "parents", "accept": "parents", "make": "others", "fix": "others"}


def test_a_parent_goes_on_when_its_children_are_done() -> None:
    # plan 0-1; two children arrive at 1 and are made 1-3; the parent then waits 2 h for them, and is accepted 3-4
    works = {
        "epic": work(listed(0), step("plan", "1 h", children={"work": "story", "count": 2}), step("accept", "1 h")),
        "story": work({"kind": "none"}, step("make", "2 h")),
    }
    outcome = run(twin(family(), STAGES, works))
    assert trace(outcome) == [
        (0, "plan", 0, 0, 0, 1), (0, "accept", 1, 3, 3, 4), (1, "make", 1, 1, 1, 3), (2, "make", 1, 1, 1, 3),
    ]  # fmt: skip
    assert waits(outcome) == [(0, "accept", "DEPENDENCY", 1, 2)]


def test_a_parent_that_does_not_wait_goes_on_at_once() -> None:
    children = {"work": "story", "count": 2, "wait": False}
    works = {
        "epic": work(listed(0), step("plan", "1 h", children=children)),
        "story": work({"kind": "none"}, step("make", "2 h")),
    }
    outcome = run(twin(family(others=1), STAGES, works))
    assert spans(outcome) == [(0, "plan", 0, 1), (1, "make", 1, 3), (2, "make", 3, 5)]
    assert (outcome.ledger.drawn, outcome.ledger.born, outcome.ledger.bred) == (1, 2, 2)


def test_a_parent_may_release_its_children_over_time() -> None:
    # an initiative plans 0-1 and releases a story at 1; 10 h later it plans on, 11-12, and releases another at 12, made
    # 12-14, for which it waits before it is accepted
    first, second = {"work": "story", "wait": False}, {"work": "story"}
    works = {
        "initiative": work(
            listed(0), step("plan", "1 h", children=first), step("plan", "1 h", delay="10 h", children=second),
            step("accept", "1 h"),
        ),
        "story": work({"kind": "none"}, step("make", "2 h")),
    }  # fmt: skip
    outcome = run(twin(family(), STAGES, works))
    assert sorted(spans(outcome), key=lambda row: row[2]) == [
        (0, "plan", 0, 1), (1, "make", 1, 3), (0, "plan", 11, 12), (2, "make", 12, 14), (0, "accept", 14, 15),
    ]  # fmt: skip


def test_children_of_children_let_their_parents_go_on_one_after_another() -> None:
    # epic: plan 0-1, story: plan 1-2, task: make 2-4; then the story is accepted 4-5, and then the epic 5-6
    def parent(child: str, arrivals: Any) -> Any:
        return work(arrivals, step("plan", "1 h", children={"work": child}), step("accept", "1 h"))

    works = {
        "epic": parent("story", listed(0)),
        "story": parent("task", {"kind": "none"}),
        "task": work({"kind": "none"}, step("make", "2 h")),
    }
    outcome = run(twin(family(), STAGES, works))
    assert spans(outcome) == [
        (0, "plan", 0, 1), (0, "accept", 5, 6), (1, "plan", 1, 2), (1, "accept", 4, 5), (2, "make", 2, 4),
    ]  # fmt: skip


def test_a_visit_that_is_sent_back_has_its_children_when_it_is_through() -> None:
    back = {"chance": 1.0, "back_to": "plan", "limit": 1}
    plan = step("plan", "1 h", rework=back, children={"work": "story", "wait": False})
    works = {"epic": work(listed(0), plan), "story": work({"kind": "none"}, step("make", "2 h"))}
    assert spans(run(twin(family(), STAGES, works))) == [(0, "plan", 0, 1), (0, "plan", 1, 2), (1, "make", 2, 4)]


def test_failure_demand_comes_after_its_time_when_an_item_is_done() -> None:
    # done at 1; three hours later an incident, which breeds nothing
    works = {
        "story": work(listed(0), step("make", "1 h"), breeds={"work": "incident", "after": "3 h"}),
        "incident": work({"kind": "none"}, step("fix", "1 h")),
    }
    outcome = run(twin(family(), STAGES, works), items=1)
    assert spans(outcome) == [(0, "make", 0, 1), (1, "fix", 4, 5)]
    assert outcome.ledger.end == 5 * HOUR + 1


def test_failure_demand_of_a_step_comes_after_every_visit() -> None:
    back = {"chance": 1.0, "back_to": "make", "limit": 1}
    make = step("make", "1 h", rework=back, breeds={"work": "question", "count": 2})
    works = {"story": work(listed(0), make), "question": work({"kind": "none"}, step("fix", "1 h"))}
    assert spans(run(twin(family(), STAGES, works))) == [
        (0, "make", 0, 1), (0, "make", 1, 2), (1, "fix", 1, 2), (2, "fix", 1, 2), (3, "fix", 2, 3), (4, "fix", 2, 3),
    ]  # fmt: skip


def test_failure_demand_that_has_not_come_by_the_end_is_told() -> None:
    works = {
        "story": work(listed(0), step("make", "1 h"), breeds={"work": "incident", "after": "30 h"}),
        "incident": work({"kind": "none"}, step("fix", "1 h")),
    }
    ledger = run(twin(family(), STAGES, works), until=9 * HOUR).ledger
    assert (ledger.entered, ledger.left, ledger.born, ledger.coming) == (1, 1, 1, 1)


def test_what_is_bred_has_luck_of_its_own_whatever_else_arrives() -> None:
    def incidents(stories: int) -> list[float]:
        effort = {"kind": "exponential", "mean": "3 h"}
        works = {
            "story": work(listed(*range(stories)), step("make", "1 h"), breeds={"work": "incident"}),
            "incident": work({"kind": "none"}, {"stage": "fix", "effort": effort}),
        }
        return [
            done - begun
            for _, stage, begun, done in spans(run(twin(family(others=99), STAGES, works)))
            if stage == "fix"
        ]

    assert incidents(3) == incidents(5)[:3]
    assert len(set(incidents(5))) == 5


# --- work that waits for other work -----------------------------------------------------------------------------------


def test_work_waits_before_it_begins_for_all_earlier_work_of_a_type() -> None:
    # setups come at 0 and 2 and take 3 h; the story of 1 waits for the first, until 3, that of 2 for both, until 5
    works = {
        "setup": work(listed(0, 2), step("make", "3 h")),
        "story": work(listed(1, 2), step("fix", "1 h"), after=["setup"]),
    }
    outcome = run(twin(family(), STAGES, works))
    assert trace(outcome) == [
        (0, "make", 0, 0, 0, 3), (1, "fix", 1, 3, 3, 4), (2, "make", 2, 2, 2, 5), (3, "fix", 2, 5, 5, 6),
    ]  # fmt: skip
    assert waits(outcome) == [(1, "fix", "DEPENDENCY", 1, 2), (3, "fix", "DEPENDENCY", 2, 3)]


def test_work_of_one_type_may_be_done_one_after_another() -> None:
    works = {"story": work(listed(0, 0, 1), step("make", "2 h"), after=["story"])}
    assert spans(run(twin(family(), STAGES, works))) == [(0, "make", 0, 2), (1, "make", 2, 4), (2, "make", 4, 6)]


def test_work_that_depends_waits_for_the_latest_that_is_still_inside() -> None:
    # at 2 both platforms are inside; the story waits for the later one, which is done at 4; at 5 there is none left
    works = {
        "platform": work(listed(0, 1), step("make", "3 h")),
        "story": work(listed(2, 5), step("fix", "1 h"), depends={"on": "platform"}),
    }
    outcome = run(twin(family(), STAGES, works))
    assert spans(outcome) == [(0, "make", 0, 3), (1, "make", 1, 4), (2, "fix", 4, 5), (3, "fix", 5, 6)]


def test_work_that_is_inside_at_the_start_waits_for_nothing_but_is_waited_for() -> None:
    inside = [{"work": "setup", "stage": "make"}, {"work": "story", "stage": "fix"}]
    works = {
        "setup": work({"kind": "none"}, step("make", "3 h")),
        "story": work(listed(1), step("fix", "1 h"), after=["setup"]),
    }
    outcome = run(twin(family(), STAGES, works, inside=inside))
    assert spans(outcome) == [(0, "make", 0, 3), (1, "fix", 0, 1), (2, "fix", 3, 4)]


# --- items that go round, and pull ------------------------------------------------------------------------------------


def test_items_go_round_and_come_again_after_a_rest() -> None:
    # two items, one person, 2 h each: 0 0-2, 1 2-4; the third comes at 2 + 1, the fourth at 4 + 1
    arrivals = {"kind": "closed", "items": 2, "rest": "1 h"}
    outcome = run(twin({"team": 1}, {"desk": "team"}, {"x": work(arrivals, step("desk", "2 h"))}), until=7 * HOUR)
    assert [row[:5] for row in trace(outcome)] == [
        (0, "desk", 0, 0, 0), (1, "desk", 0, 0, 2), (2, "desk", 3, 3, 4), (3, "desk", 5, 5, 6),
    ]  # fmt: skip


def test_items_that_go_round_stop_when_so_many_have_arrived() -> None:
    arrivals = {"kind": "closed", "items": 2}
    outcome = run(twin({"team": 1}, {"desk": "team"}, {"x": work(arrivals, step("desk", "2 h"))}), items=5)
    assert (outcome.ledger.entered, outcome.ledger.left, outcome.ledger.end) == (5, 5, 10 * HOUR + 1)


def test_an_item_is_pulled_whenever_too_few_wait() -> None:
    # two wait at first, one begins at 0, so a third comes at 0; another whenever one begins
    arrivals = {"kind": "pull", "stage": "build", "below": 2}
    works = {"x": work(arrivals, step("look", "0 h"), step("build", "2 h"))}
    outcome = run(twin({"team": 1, "eyes": 9}, {"look": "eyes", "build": "team"}, works), until=5 * HOUR)
    assert [(item, asked) for item, stage, asked, *_ in trace(outcome) if stage == "look"] == [
        (0, 0), (1, 0), (2, 0), (3, 2), (4, 4),
    ]  # fmt: skip


# --- obstacles --------------------------------------------------------------------------------------------------------


def held_up(*hours: float, people: int = 1, **more: Any) -> Any:
    """A desk whose visits of 4 h are blocked for 2 h, after exponential times worked of 3 h on average."""
    stage = {"team": "team", "blocked": {"every": "3 h", "lasting": "2 h"} | more}
    return twin({"team": people}, {"desk": stage}, {"x": work(listed(*hours), step("desk", "4 h"))})


def test_a_visit_that_is_blocked_waits_as_long_as_the_obstacle_lasts_and_is_done_with_its_effort() -> None:
    # nobody else comes, so the person is free when an obstacle is over: 4 h of work, and 2 h for each block
    outcome = run(held_up(0, 30, 60, 90, 120), items=5)
    lasted = {item: done - begun for item, _, begun, done in spans(outcome)}
    blocked = dict.fromkeys(lasted, 0.0)
    for item, _, cause, _, hours in waits(outcome):
        assert (cause == "BLOCKED" and hours == 2) or hours == 0
        blocked[item] += hours
    assert lasted == {item: 4 + hours for item, hours in blocked.items()}
    assert sum(blocked.values()) > 0


def test_blocks_come_as_often_as_the_work_says() -> None:
    # Poisson with mean 4 / 3 for each of 2,000 visits: the standard error of the mean is 0.026
    blocks = [cause for _, _, cause, _, _ in waits(run(held_up(*[0] * 2000, people=2000))) if cause == "BLOCKED"]
    assert len(blocks) / 2000 == pytest.approx(4 / 3, abs=0.13)


def test_while_a_visit_is_blocked_its_person_does_other_work() -> None:
    # both are done before their blocks and efforts one after another would be: somebody worked meanwhile
    outcome = run(held_up(*[0] * 50), items=50)
    last = max(done for *_, done in spans(outcome))
    assert 200 <= last < 200 + 2 * 50


def test_obstacles_may_last_for_working_hours() -> None:
    # 9:00-17:00 only, so what is blocked for 2 h of work goes on within office hours
    stage = {"team": "team", "blocked": {"every": "1 h", "lasting": "2 h", "counted": "working"}}
    office = {"people": 1, "calendar": "office"}
    works = {"x": work(listed(*range(0, 100, 24)), step("desk", "2 h"))}
    outcome = run(twin({"team": office}, {"desk": stage}, works, calendars={"office": OFFICE}))
    ends = [(since + hours) % 24 for _, _, cause, since, hours in waits(outcome) if cause == "BLOCKED"]
    assert ends
    assert all(9 <= end <= 17 for end in ends)
