"""Who goes first, as it is written: what is read, what is refused, and what is valid but surprising."""

from pathlib import Path
from typing import Any

import pytest
from tiny import listed, twin, work

from twin.checks import findings
from twin.choosing import Rule, choice
from twin.errors import InputError
from twin.plan import compile_model
from twin.project import read_twin
from twin.spec import Twin
from twin.units import WEEK

FILE = """
twin: desk
clock: {starts: 2026-01-05}
classes:
  expedite: {rank: 1, preempts: true}
  fixed date: {rank: 2, queue: due_date}
teams:
  team: {people: 1, queue: QUEUE}
stages:
  desk: {team: team}
work:
  item:
    MORE
    arrivals: {kind: poisson, rate: 1 / week}
    steps: [{stage: desk, effort: 1 h}]
"""


def written(tmp_path: Path, *, queue: str = "priority", more: str = "priority: 3") -> Any:
    path = tmp_path / "twin.yaml"
    path.write_text(FILE.replace("QUEUE", queue).replace("MORE", more))
    return read_twin(path).twin


def test_the_short_form_of_a_due_date_is_its_duration(tmp_path: Path) -> None:
    short, long = (written(tmp_path, more=f"due: {due}") for due in ("10 d", "{after: 10 d}"))
    assert short == long


def test_a_twin_is_written_as_it_was_read(tmp_path: Path) -> None:
    read = written(tmp_path, queue="{kind: priority, ageing: 5 d}", more="cost_of_delay: 5000 EUR / week")
    assert Twin.model_validate(read.as_written()) == read
    assert read.as_written()["work"]["item"]["cost_of_delay"] == "5000 EUR / week"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"queue": "prioritty"}, "8  teams.team.queue: 'prioritty' is not known. Did you mean 'priority'?"),
        ({"queue": "{kind: priority, ageing: 0 h}"}, "8  teams.team.queue.ageing: must be greater than 0"),
        ({"queue": "{kind: fifo, ageing: 1 h}"}, "8  teams.team.queue.kind:"),
        ({"more": "class: expedit"}, "13  work.item.class: 'expedit' is not a class of service of this twin"),
        ({"more": "cost_of_delay: 5000"}, "13  work.item.cost_of_delay: 5000 is not a cost of delay"),
        ({"more": "due: 10"}, "13  work.item.due"),
        ({"more": "priority: 2"}, "12  work.item: has no class, but as priority 2 the rank of class 'fixed date'"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_line(tmp_path: Path, changed: dict[str, str], told: str) -> None:
    with pytest.raises(InputError) as caught:
        written(tmp_path, **changed)
    assert told in str(caught.value)


def test_classes_of_one_rank_have_one_order() -> None:
    classes = {"a": {"rank": 2, "queue": "due_date"}, "b": {"rank": 2}}
    with pytest.raises(InputError, match=r"classes\.b: has the rank of class 'a', but another queue"):
        twin({"team": 1}, {"desk": "team"}, {"x": work(listed(0), ("desk", "1 h"))}, classes=classes)


def told(queue: Any, classes: Any, **works: Any) -> list[str]:
    written = {name: work(listed(0), ("desk", "1 h"), **more) for name, more in works.items()}
    found = findings(twin({"team": {"people": 1, "queue": queue}}, {"desk": "team"}, written, classes=classes))
    return [f"{finding.path}: {finding.message}" for finding in found]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (told("due_date", {}, x={}), "work.x: has no due date"),
        (told("priority", {}, x={"due": "1 d"}), "work.x.due: no team and no class goes by due dates"),
        (told("cost_of_delay", {}, x={}), "work.x: has no cost of delay"),
        (
            told("fifo", {}, x={"cost_of_delay": "1 EUR / week"}, y={"cost_of_delay": "1 USD / week"}),
            "work: costs of delay are in EUR and USD",
        ),
        (told("priority", {"a": {"rank": 1}}, x={}), "classes.a: no work has this class"),
        (told("lifo", {"a": {"rank": 1}}, x={"class": "a"}), "classes.a: ranks count for nothing at desk"),
        (told("priority", {"a": {"rank": 3, "preempts": True}}, x={"class": "a"}, y={}), "classes.a.preempts: nothing"),
        (told("priority", {"a": {"rank": 3, "breaks_wip": True}}, x={"class": "a"}), "classes: all work breaks WIP"),
    ],
)
def test_what_is_surprising_is_told(found: list[str], expected: str) -> None:
    assert any(each.startswith(expected) for each in found)


def test_nothing_is_surprising_about_a_class_that_works() -> None:
    classes = {"expedite": {"rank": 1, "preempts": True}}
    assert told("priority", classes, x={"class": "expedite"}, y={}) == []


def test_priorities_and_first_come_need_no_rich_model() -> None:
    plain = twin({"team": {"people": 1, "queue": "fifo"}}, {"desk": "team"}, {"x": work(listed(0), ("desk", "1 h"))})
    assert not compile_model(plain, until=WEEK).rich


def test_work_without_a_class_ranks_as_standard_where_priorities_age() -> None:
    queue = {"kind": "priority", "ageing": "2 h"}
    aged = twin({"team": {"people": 1, "queue": queue}}, {"desk": "team"},
                {"x": work(listed(0), ("desk", "1 h"), priority=5)})  # fmt: skip
    laid = choice(aged, compile_model(aged, until=WEEK).labels)
    assert (laid.rank.tolist(), laid.rule.tolist(), laid.offset.tolist()) == ([[3]], [[Rule.DATE]], [[10 * 3_600_000]])
