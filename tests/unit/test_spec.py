"""The twin's file: what may be written, what is refused, and that a twin is read back as it was."""

import copy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.checks import findings
from twin.errors import InputError
from twin.layout import dump_yaml
from twin.marks import Document, read_marked
from twin.project import load_twin
from twin.spec import Twin
from twin.validation import validate

SHIPPED = Path(__file__).parents[2] / "scenarios/payments/twin.yaml"
WHOLE: dict[str, Any] = {
    "twin": "Everything",
    "clock": {"starts": "2026-01-05T09:00", "zone": "Europe/Berlin"},
    "calendars": {
        "office": {"days": "mon-fri", "hours": "09:00-17:30", "pause": "12:30-13:00", "holidays": "DE-BE"},
        "night": {"week": {"mon-thu": "22:00-06:00"}, "closed": ["2026-12-24"], "zone": "America/New_York"},
    },
    "teams": {
        "desk": {"people": [{"count": 2, "calendar": "office"}, {"count": 1, "available": "50 %"}], "queue": "fifo"},
        "experts": {"people": 3, "calendar": "night", "available": 0.333, "cost": "95.5 EUR/h", "queue": "fifo"},
    },
    "stages": {
        "triage": {"team": "desk"},
        "assess": {"teams": ["experts", "desk"], "wip_limit": 4},
        "close": {"team": "desk"},
    },
    "work": {
        "case": {
            "arrivals": {"kind": "poisson", "rate": "6 / week", "pattern": {"every": [0, 1, 1, 0], "sun": [0]}},
            "route": {
                "start": {"triage": "75 %", "assess": "25 %"},
                "next": {
                    "triage": {"assess": 0.9, "done": 0.1},
                    "assess": {"close": 1},
                    "close": {"done": 1},
                    "triage > assess": {"close": 0.5, "triage": 0.5},
                },
                "efforts": {
                    "triage": "10 min",
                    "assess": {
                        "kind": "by_team",
                        "teams": {"experts": {"kind": "gamma", "mean": "2 h", "cv": 0.5}, "desk": "4 h"},
                    },
                    "close": {"kind": "empirical", "values": ["1 min", "2 h"], "weights": [3, 1]},
                },
                "delays": {"start > triage": "1 d", "triage > assess": {"time": "3 h", "counted": "working"}},
            },
            "priority": 1,
            "sla": {"lead_time": "5 d", "share": "90 %"},
        },
        "change": {
            "arrivals": {"kind": "renewal", "gap": {"kind": "uniform", "low": "1 d", "high": "3 d"}},
            "steps": [
                {"stage": "triage", "effort": {"kind": "triangular", "low": "1 h", "mode": "2 h", "high": "9 h"}},
                {
                    "stage": "close",
                    "effort": "30 min",
                    "delay": "2 d",
                    "rework": {"chance": "5 %", "back_to": "triage"},
                },
            ],
        },
        "audit": {
            "arrivals": {"kind": "listed", "at": ["2026-02-01T09:00", "2026-03-01"]},
            "steps": [{"stage": "close", "effort": "8 h"}],
        },
    },
    "handoffs": [{"from": "desk", "to": "experts", "delay": {"kind": "exponential", "mean": "4 h"}}],
    "inside": [{"work": "change", "stage": "close", "age": "3 d", "count": 2}],
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """The whole twin with one part written otherwise; None takes it away."""
    raw = copy.deepcopy(WHOLE)
    *above, last = path.split("/")
    part: Any = raw
    for name in above:
        part = part[int(name) if isinstance(part, list) else name]
    if value is None:
        del part[last]
    else:
        part[int(last) if isinstance(part, list) else last] = value
    return raw


def load(raw: dict[str, Any]) -> Twin:
    return validate(Twin, read_marked(dump_yaml(raw).encode(), "t.yaml"))


def refusal(raw: dict[str, Any]) -> str:
    with pytest.raises(InputError) as caught:
        load(raw)
    return str(caught.value)


def test_everything_a_twin_can_say_is_read_and_sound() -> None:
    assert [finding for finding in findings(load(WHOLE)) if finding.level == "error"] == []


@pytest.mark.parametrize("twin", [load(WHOLE), load_twin(SHIPPED)], ids=["everything", "payments"])
def test_a_twin_is_read_back_as_it_was_written(twin: Twin) -> None:
    assert load(twin.as_written()) == twin


def test_what_is_left_out_is_not_written() -> None:
    assert load_twin(SHIPPED).as_written()["stages"] == {
        "build": {"team": "developers", "wip_limit": 12},
        "review": {"team": "reviewers"},
    }


def test_the_start_is_local_time_of_the_zone() -> None:
    assert load(WHOLE).start == datetime(2026, 1, 5, 8, tzinfo=UTC)


def test_an_offset_in_the_start_rules_over_the_zone() -> None:
    assert load(changed("clock/starts", "2026-01-05T09:00+00:00")).start == datetime(2026, 1, 5, 9, tzinfo=UTC)


def test_groups_of_people_take_what_they_do_not_say_from_their_team() -> None:
    groups = load(changed("teams/desk/available", "80 %")).teams["desk"].groups()
    assert [(g.count, g.calendar, g.available) for g in groups] == [(2, "office", 0.8), (1, "always", 0.5)]


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("work/change/arrivals", {"kind": "poisson", "arival_rate": "6 / week"}, "rate: is required"),
        ("work/case/arrivals/rte", "6 / week", "Did you mean 'rate'?"),
        ("tams", {}, "Did you mean 'teams'?"),
        ("teams", None, "teams: is required, but missing"),
        ("teams", {}, "expected at least 1 entry"),
        ("teams/experts/people", "three", "expected a whole number or a list, got 'three'"),
        ("teams/experts/people", -1, "greater than or equal to 0"),
        ("teams/experts/people", 10**9, "less than or equal to 1000000"),
        ("teams/experts/people", 1.5, "expected a whole number or a list, got 1.5"),
        ("teams/experts/people", True, "got true"),
        ("teams/experts/available", "120 %", "not between 0 % and 100 %"),
        ("teams/experts/available", "most", "'most' is not a share"),
        ("teams/experts/cost", "95 EUR", "'95 EUR' is not a cost"),
        ("teams/experts/cost", 95, "95 is not a cost"),
        ("work/case/arrivals/rate", [1], "[1] is not a rate"),
        ("work/case/arrivals/rate", "5", "'5' is not a rate"),
        ("work/case/arrivals/rate", "-5 / week", "finite rate of at least 0"),
        ("work/case/arrivals/kind", "poison", "Did you mean 'poisson'?"),
        ("work/case/arrivals/pattern", {"every": [1, 2, 3, 4, 5, 6, 7]}, "every has 7 weights"),
        ("work/case/arrivals/pattern", {"mon": [0]}, "nothing would ever arrive"),
        ("work/audit/arrivals/at", ["soon"], "'soon' is not a date"),
        ("work/audit/arrivals/at", ["0001-01-01T00:00+02:00"], "lies outside the years 1970 to 2199"),
        ("clock/starts", "9999-12-01", "lies outside the years 1970 to 2199"),
        ("work/case/arrivals", {"kind": "renewal", "gap": "0 h"}, "everything would arrive at once"),
        ("work/audit/arrivals/at", [], "expected at least 1 entry"),
        ("work/audit/steps/0/effort", "1 d", "effort is working time; write it in hours"),
        ("work/audit/steps/0/effort", {"kind": "exponential", "mean": "2 d"}, "effort is working time"),
        ("work/audit/steps/0/effort", "-1 h", "at least 0"),
        ("work/audit/steps/0/effort", 20, "expected"),
        ("work/audit/steps/0/effort", {"kind": "normal", "mean": "2 h"}, "'normal' is not known"),
        ("work/audit/steps/0/effort", {"kind": "lognormal", "mean": "2 h", "cv": 0}, "greater than or equal to 0.001"),
        (
            "work/audit/steps/0/effort",
            {"kind": "triangular", "low": "3 h", "mode": "2 h", "high": "4 h"},
            "low, mode, high (3 h, 2 h, 4 h) do not rise",
        ),
        (
            "work/audit/steps/0/effort",
            {"kind": "uniform", "low": "3 h", "high": "2 h"},
            "low (3 h) is above high (2 h)",
        ),
        ("work/audit/steps/0/effort", {"kind": "empirical", "values": []}, "expected at least 1 entry"),
        ("work/audit/steps/0/effort", {"kind": "empirical", "values": ["1 h"], "weights": [0]}, "weights sum to 0"),
        ("work/audit/steps", [], "expected at least 1 entry"),
        ("work/audit/priority", 0, "greater than or equal to 1"),
        ("work/audit/route", {"start": {}}, "expected at least 1 entry"),
        ("work/audit/steps", None, "write either steps (a line of stages) or route (a graph)"),
        ("stages/close/team", None, "write either team (one) or teams (a list)"),
        ("stages/close/teams", ["desk"], "write either team (one) or teams (a list)"),
        ("stages/assess/wip_limit", 0, "greater than or equal to 1"),
        ("clock/zone", "Europe/Berln", "Did you mean 'Europe/Berlin'?"),
        ("clock/starts", "5.1.2026", "'5.1.2026' is not a date"),
        ("calendars/office/holidays", "DE-XX", "is not a known subdivision"),
        ("calendars/office/hours", "9-17", "'9-17' is not a range of hours"),
        ("calendars/office/hours", 540, "540 is not a range of hours"),
        ("calendars/office/pause", "09:00-17:30", "there are no working hours in the week"),
        ("inside/0/count", 10**7, "less than or equal to 1000000"),
        ("twin", "", "at least 1 character"),
        ("twin", "a > b", "pattern"),
        ("teams/a\nb", {"people": 1}, "pattern"),
        ("teams/" + "x" * 200, {"people": 1}, "at most 120 characters"),
    ],
)
def test_a_mistake_is_refused_with_what_is_allowed(path: str, value: Any, message: str) -> None:
    told = refusal(changed(path, value))
    assert told.startswith("t.yaml:")
    assert message in told


@pytest.mark.parametrize(
    ("path", "value", "place", "message"),
    [
        ("teams/experts/calendar", "nights", "teams.experts.calendar", "Did you mean 'night'?"),
        ("teams/desk/people/0/calendar", "ofice", "teams.desk.people.0.calendar", "Allowed: always, night, office."),
        ("teams/experts/queue", "priority", "stages.assess.teams", "its teams choose by different rules"),
        ("stages/triage/team", "NO", "stages.triage.team", "'NO' is not a team of this twin"),
        ("stages/assess/teams", ["experts", "desks"], "stages.assess.team", "Did you mean 'desk'?"),
        ("stages/done", {"team": "desk"}, "stages.done", "has a meaning of its own"),
        ("work/audit/steps/0/stage", "clse", "work.audit.steps.clse.stage", "Did you mean 'close'?"),
        (
            "work/change/steps/0/rework",
            {"chance": "1 %", "back_to": "close"},
            "work.change.steps.triage.rework.back_to",
            "'close' is not this stage or an earlier one",
        ),
        (
            "work/case/route/efforts/assess/teams/desk",
            None,
            "work.case.route.efforts.assess.effort",
            "'desk' is not a team with an effort",
        ),
        ("work/case/route/next/assess", {"closed": 1}, "work.case.route.next.assess.closed", "Did you mean 'close'?"),
        ("work/case/route/start", {"done": 1}, "work.case.route.start.done", "'done' is not"),
        ("work/case/route/next/close", None, "work.case.route.next", "nothing says where items go after 'close'"),
        ("work/case/route/delays/triage", "1 h", "work.case.route.delays", "write 'a > b'"),
        (
            "work/case/route/delays/triage > clos",
            "1 h",
            "work.case.route.delays.triage > clos",
            "Did you mean 'close'?",
        ),
        ("handoffs/0/to", "expert", "handoffs.0.to", "Did you mean 'experts'?"),
        ("inside/0/work", "changes", "inside.0.work", "Did you mean 'change'?"),
        ("inside/0/stage", "assess", "inside.0.stage", "'assess' is not a stage of 'change'"),
    ],
)
def test_a_name_that_refers_to_nothing_is_refused_with_the_candidates(
    path: str, value: Any, place: str, message: str
) -> None:
    told = refusal(changed(path, value))
    assert f"  {place}: " in told
    assert message in told


@pytest.mark.parametrize(
    ("shares", "total"), [((0.5, 0.49), "0.99"), ((0.5, 0.51), "1.01"), ((0.5, 0.500001), "1.000001")]
)
def test_shares_that_do_not_sum_to_one_show_their_sum(shares: tuple[float, float], total: str) -> None:
    told = refusal(changed("work/case/route/next/triage", dict(zip(("assess", "done"), shares, strict=True))))
    assert f"the shares after 'triage' sum to {total}; they must sum to 1" in told


def test_shares_may_miss_one_by_rounding() -> None:
    assert load(changed("work/case/route/next/triage", {"assess": 0.1 + 0.2, "done": 0.7}))


def test_negative_shares_are_refused() -> None:
    told = refusal(changed("work/case/route/next/triage", {"assess": 1.5, "done": -0.5}))
    assert "-0.5 is not between 0 % and 100 %" in told


def test_all_dangling_names_come_at_once() -> None:
    raw = changed("stages/triage/team", "a")
    raw["stages"]["close"]["team"] = "b"
    raw["handoffs"][0]["to"] = "c"
    assert len(refusal(raw).splitlines()) == 3


def test_ten_thousand_and_one_teams_are_refused() -> None:
    raw = changed("teams", {f"t{i}": {"people": 1} for i in range(10_001)})
    with pytest.raises(InputError, match="at most 10000 entries"):
        validate(Twin, Document(raw, {}, "t.yaml"))


# --- whatever is written ----------------------------------------------------------------------------------------------

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**17), 10**17),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from(
        ["1 h", "0 h", "1 %", "0 %", "100 %", "done", "start", "always", "a > b", "2026-01-05", "09:00-17:00"]
    ),
    st.just([]),
    st.just({}),
    st.just({"kind": "exponential", "mean": "1 h"}),
)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(leaf for key, part in inner for leaf in leaves(part, (*path, key)))]


def outcome(document: Document) -> Twin | InputError:
    """Load a twin or give what refuses it; anything else is raised."""
    try:
        return validate(Twin, document)
    except InputError as error:
        return error


@settings(max_examples=300)
@given(st.sampled_from(leaves(WHOLE)[1:]), ODD)
def test_any_part_written_otherwise_is_a_twin_that_reads_back_or_is_refused(path: tuple[Any, ...], odd: Any) -> None:
    raw = copy.deepcopy(WHOLE)
    part: Any = raw
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = odd
    found = outcome(Document(raw, {}, "t.yaml"))
    if isinstance(found, Twin):
        findings(found)
        assert Twin.model_validate(found.as_written()) == found


@settings(max_examples=150)
@given(st.integers(0, 900), st.binary(min_size=1, max_size=3))
def test_any_byte_written_otherwise_is_a_twin_or_is_refused(position: int, damage: bytes) -> None:
    content = SHIPPED.read_bytes()
    damaged = content[:position] + damage + content[position + len(damage) :]
    try:
        found: Twin | InputError = outcome(read_marked(damaged, "t.yaml"))
    except InputError as error:
        found = error
    assert isinstance(found, Twin) or str(found).startswith("t.yaml")
