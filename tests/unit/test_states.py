"""Visits told apart by how long their item waited."""

from collections.abc import Sequence
from typing import Any

import pytest
from observed_logs import Row, log_of
from tiny import listed, run, twin

from calibration.fit import fit_twin
from calibration.states import NO_STATES, fit_states, told_apart
from twin.errors import InputError
from twin.routing import graph
from twin.spec import Twin

PAIR = {("call", "call"), ("ask", "call")}


def calls(waits: Sequence[tuple[float, float]]) -> list[Row]:
    """Items are asked and called twice, after these waits in hours."""
    rows: list[Row] = []
    for item, (first, second) in enumerate(waits):
        at = 10.0 * item
        rows += [
            (item, "ask", "Ann", at, at + 1),
            (item, "call", "Bob", at + 1 + first, at + 2 + first),
            (item, "call", "Bob", at + 2 + first + second, at + 3 + first + second),
        ]
    return rows


LINKED = log_of(calls([(0.1, 100.0), (90.0, 0.2)] * 100))
FREE = log_of(calls([(0.1, 100.0), (90.0, 0.2), (0.1, 0.2), (90.0, 100.0)] * 50))


def test_waits_that_follow_from_each_other_are_told_apart() -> None:
    assert dict(fit_states(LINKED, "claim", PAIR).value.names) == {"call after 12 min": "call"}


def test_waits_that_know_nothing_of_each_other_are_not() -> None:
    assert fit_states(FREE, "claim", PAIR).value == NO_STATES


def test_only_ways_whose_waiting_is_delay_are_looked_at() -> None:
    assert fit_states(LINKED, "claim", ()).value == NO_STATES


def test_states_change_nothing_but_the_stage() -> None:
    states = fit_states(LINKED, "claim", PAIR).value
    assert told_apart(LINKED, "claim", states).frame.drop("stage").equals(LINKED.frame.drop("stage"))


def route(**more: Any) -> dict[str, Any]:
    return {
        "arrivals": listed(0),
        "route": {
            "start": {"ask": 1.0},
            "next": {"ask": {"call later": 1.0}, "call": {"done": 1.0}, "call later": {"call": 1.0}},
            "efforts": {"ask": "1 h", "call": "2 h"},
            "delays": {"ask > call later": "10 h", "call > call": "3 h"},
            "states": {"call later": "call"},
            **more,
        },
    }


def waiting(**more: Any) -> Twin:
    return twin({"team": 1}, {"ask": "team", "call": "team"}, {"x": route(**more)})


def test_a_state_is_served_at_its_stage_and_waits_as_it_is_written() -> None:
    rows = run(waiting()).log().frame
    assert rows.select("stage", "started").rows() == [("ask", 0), ("call", 39_600_000), ("call", 57_600_000)]


def test_a_state_has_the_effort_of_its_stage() -> None:
    nodes = {node.name: node for node in graph(waiting().work["x"])}
    assert nodes["call later",].effort == nodes["call",].effort


@pytest.mark.parametrize(
    ("states", "message"),
    [
        ({"call later": "mail"}, "mail"),
        ({"call later": "call", "ask": "call"}, "is a stage itself"),
        ({"call later": "call", "call never": "call"}, "nothing says where items go after 'call never'"),
    ],
)
def test_a_state_that_cannot_be_is_refused(states: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        waiting(states=states)


def test_the_way_that_states_tell_is_told_once() -> None:
    fit = fit_twin(LINKED, name="calls")
    paths = [each.path for each in fit.evidence]
    (work,) = fit.twin.work.values()
    assert work.route is not None
    assert (set(work.route.states.values()), len(paths) - len(set(paths))) == ({"call"}, 0)
