"""Work done again on a route that takes a share of the effort, every instant worked out by hand.

Hours since Monday 2026-01-05 00:00; rows are (item, stage, started, finished) in the order in which visits were opened.
"""

from functools import partial
from typing import Any

import pytest
from pydantic import ValidationError
from tiny import listed, run, spans, twin

from twin.engine import simulate
from twin.errors import InputError
from twin.offered import flows, team_loads
from twin.spec import Twin

Written = dict[str, Any]
EFFORTS: Written = {"a": "4 h", "b": "2 h"}
TWICE: Written = {"a": {"b": 1.0}, "b": {"a": 1.0}, "a > b > a > b": {"done": 1.0}}
"""To a, to b, and once more; then out."""


@pytest.fixture(params=["reference", "compiled"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tiny.simulate", partial(simulate, engine=request.param))


def organisation(*, at: tuple[float, ...] = (0,), inside: str = "", **route: Any) -> Twin:
    """A person for each stage, and one work type."""
    written = {"start": {"a": 1.0}, "next": TWICE, "efforts": EFFORTS} | route
    stages = written["efforts"]
    more: Written = {"inside": [{"work": "x", "stage": inside}]} if inside else {}
    arrivals = listed(*at) if at else {"kind": "none"}
    works = {"x": {"arrivals": arrivals, "route": written}}
    return twin(dict.fromkeys(stages, 1), {stage: stage for stage in stages}, works, **more)


@pytest.mark.usefixtures("engine")
def test_what_is_done_again_takes_a_share_of_the_effort() -> None:
    # a 0-4, b 4-6; sent back: half of a 6-8, and b, of which nothing is said, whole 8-10
    expected = [(0, "a", 0, 4), (0, "b", 4, 6), (0, "a", 6, 8), (0, "b", 8, 10)]
    assert spans(run(organisation(rework={"a": {"effort": "50 %"}}))) == expected


@pytest.mark.usefixtures("engine")
def test_each_stage_has_its_own_share_and_every_return_the_same() -> None:
    # three times round: a 4 h and then 1 h twice, b 2 h and then 1 h twice
    thrice = {"a": {"b": 1.0}, "b": {"a": 1.0}, "a > b > a > b > a > b": {"done": 1.0}}
    done = spans(run(organisation(next=thrice, rework={"a": {"effort": "25 %"}, "b": {"effort": "50 %"}})))
    assert [finished - started for _, _, started, finished in done] == [4, 2, 1, 1, 1, 1]


@pytest.mark.usefixtures("engine")
def test_a_return_is_known_however_long_the_way_between_was() -> None:
    # the route remembers two stages; a comes again after three others: 4 h, 1 h each, and 2 h
    after = {"a": {"b": 1.0}, "b": {"c": 1.0}, "c": {"d": 1.0}, "d": {"a": 1.0}, "d > a": {"done": 1.0}}
    efforts = {"a": "4 h", "b": "1 h", "c": "1 h", "d": "1 h"}
    done = spans(run(organisation(next=after, efforts=efforts, rework={"a": {"effort": "50 %"}})))
    assert [(stage, finished - started) for _, stage, started, finished in done] == [
        ("a", 4), ("b", 1), ("c", 1), ("d", 1), ("a", 2),
    ]  # fmt: skip


@pytest.mark.usefixtures("engine")
def test_who_is_at_a_stage_at_the_start_comes_back_to_it_for_less() -> None:
    # b 0-2, where it was found, then a 2-6 for the first time, b again for 1 h, and out
    after = TWICE | {"b > a > b": {"done": 1.0}}
    found = run(organisation(at=(), inside="b", next=after, rework={"b": {"effort": "50 %"}}))
    assert spans(found) == [(0, "b", 0, 2), (0, "a", 2, 6), (0, "b", 6, 7)]


@pytest.mark.usefixtures("engine")
def test_what_is_done_again_after_branches_takes_less_too() -> None:
    # a 0-4; b 4-6 and c 4-5 side by side; half of a again, 6-8; then out
    after = {"a": {"both": 1.0}, "both": {"a": 1.0}, "both > a": {"done": 1.0}}
    route = {"next": after, "efforts": EFFORTS | {"c": "1 h"}, "parallel": {"both": [["b"], ["c"]]}}
    done = spans(run(organisation(**route, rework={"a": {"effort": "50 %"}})))
    assert done == [(0, "a", 0, 4), (0, "b", 4, 6), (0, "c", 4, 5), (0, "a", 6, 8)]


@pytest.mark.usefixtures("engine")
def test_what_a_machine_did_wrong_takes_people_all_of_it_and_what_comes_back_takes_less() -> None:
    # the machine 0-1, wrong: people 1-5; b 5-7 sends it back: the machine takes it again, 7-8, people all of it, 8-12
    machine = {"share": 1.0, "effort": "1 h", "errors": 1.0}
    done = spans(run(organisation(rework={"a": {"effort": "50 %"}}, automation={"a": machine})))
    assert done[:5] == [
        (0, "a automation", 0, 1),
        (0, "a", 1, 5),
        (0, "b", 5, 7),
        (0, "a automation", 7, 8),
        (0, "a", 8, 12),
    ]


@pytest.mark.usefixtures("engine")
def test_people_need_less_for_what_a_machine_did_before() -> None:
    # each of 40 comes to a twice, by people or by the machine; the second time people need 2 h, whoever did it before
    machine = {"share": 0.5, "effort": "1 h", "at_once": 40}
    done = spans(
        run(organisation(at=tuple(range(0, 120, 3)), rework={"a": {"effort": "50 %"}}, automation={"a": machine}))
    )
    first: set[int] = set()
    took: dict[bool, set[float]] = {False: set(), True: set()}
    for item, stage, started, finished in done:
        if stage == "a":
            took[item in first].add(finished - started)
        if stage != "b":
            first.add(item)
    assert took == {False: {4.0}, True: {2.0}}


@pytest.mark.usefixtures("engine")
def test_a_dated_change_counts_anew_where_items_have_been() -> None:
    # from 5 on a return takes half: the item is at b then, and its being at a before is not known
    later = organisation(rework={"a": {"effort": "50 %"}})
    assert spans(run(organisation(), (5, later)))[2] == (0, "a", 6, 10)


def test_loads_know_that_returns_take_less() -> None:
    # two a day; each comes to a 1 / (1 - 0.2) = 1.25 times, and the quarter that are returns take half
    after = {"a": {"b": 1.0}, "b": {"a": 0.2, "done": 0.8}}
    made = organisation(at=tuple(range(0, 168, 12)), next=after, rework={"a": {"effort": "50 %"}})
    hours = team_loads(made, flows(made))
    assert hours["a"] / hours["b"] == pytest.approx((4 * 1 + 2 * 0.25) / (2 * 1.25))


@pytest.mark.parametrize(
    ("route", "told"),
    [
        ({"rework": {"z": {"effort": "50 %"}}}, "rework.z: .*'z' is not a stage with an effort"),
        ({"rework": {"a": {"effort": "50 %", "limit": 2}}}, "limit"),
        (
            {
                "next": {"both": {"done": 1.0}, "a": {"done": 1.0}, "b": {"done": 1.0}},
                "start": {"both": 1.0}, "parallel": {"both": [["a"], ["b"]]}, "rework": {"a": {"effort": "50 %"}},
            },
            "'a' stands in a branch of 'both', and branches do not know of each other",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_said_of_rework_on_a_route_is_refused(route: Written, told: str) -> None:
    with pytest.raises((InputError, ValidationError), match=told):
        organisation(**route)
