"""What is valid and still cannot be meant."""

import time
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.checks import findings
from twin.offered import loads
from twin.spec import Twin

STEPS = [{"stage": "build", "effort": "20 h"}, {"stage": "review", "effort": "4 h"}]


def payments(**parts: Any) -> Twin:
    """Two teams in line; builders have 8 x 40 h a week, reviewers 2 x 40 h at half."""
    whole = {
        "twin": "x",
        "clock": {"starts": "2026-01-05"},
        "calendars": {"office": {"hours": "09:00-17:00"}},
        "teams": {
            "builders": {"people": 8, "calendar": "office"},
            "reviewers": {"people": 2, "calendar": "office", "available": "50 %"},
        },
        "stages": {"build": {"team": "builders"}, "review": {"team": "reviewers"}},
        "work": {"feature": {"arrivals": {"kind": "poisson", "rate": "8 / week"}, "steps": STEPS}},
    }
    return Twin.model_validate(whole | parts)


def feature(*steps: dict[str, Any], rate: str = "8 / week") -> dict[str, Any]:
    return {"feature": {"arrivals": {"kind": "poisson", "rate": rate}, "steps": list(steps)}}


def told(twin: Twin, level: str) -> list[str]:
    return [f"{finding.path}: {finding.message}" for finding in findings(twin) if finding.level == level]


# --- load -------------------------------------------------------------------------------------------------------------


def test_load_is_work_asked_over_time_there_is() -> None:
    assert loads(payments()) == pytest.approx({"builders": 8 * 20 / 320, "reviewers": 8 * 4 / 40})


def test_rework_adds_its_visits() -> None:
    again = STEPS[1] | {"rework": {"chance": "20 %", "back_to": "build"}}
    assert loads(payments(work=feature(STEPS[0], again)))["builders"] == pytest.approx(8 * 20 / 320 / 0.8)


def test_a_limit_on_rework_caps_its_visits() -> None:
    again = STEPS[1] | {"rework": {"chance": "100 %", "back_to": "build", "limit": 2}}
    assert loads(payments(work=feature(STEPS[0], again)))["builders"] == pytest.approx(3 * 8 * 20 / 320)


@pytest.mark.parametrize(
    ("arrivals", "items"),
    [
        ({"kind": "renewal", "gap": "84 h"}, 2),
        ({"kind": "listed", "at": ["2026-01-05T09:00", "2026-01-12", "2026-01-19"]}, 1.5),
        ({"kind": "none"}, 0),
    ],
)
def test_every_kind_of_arrivals_counts_in_items_per_week(arrivals: dict[str, Any], items: float) -> None:
    work = {"feature": {"arrivals": arrivals, "steps": STEPS}}
    assert loads(payments(work=work))["builders"] == pytest.approx(items * 20 / 320)


def test_teams_that_share_a_stage_are_loaded_evenly_where_they_can_be() -> None:
    stages = {"build": {"teams": ["builders", "reviewers"]}, "review": {"team": "reviewers"}}
    work = feature(STEPS[0], {"stage": "review", "effort": "1 h"})
    assert loads(payments(stages=stages, work=work)) == pytest.approx({"builders": 168 / 360, "reviewers": 168 / 360})


def test_a_team_that_is_busier_anyway_takes_nothing_of_a_shared_stage() -> None:
    stages = {"build": {"team": "builders"}, "review": {"teams": ["builders", "reviewers"]}}
    work = feature({"stage": "build", "effort": "40 h"}, {"stage": "review", "effort": "1 h"})
    assert loads(payments(stages=stages, work=work)) == pytest.approx({"builders": 1.0, "reviewers": 0.2})


def test_effort_by_team_counts_for_the_team_that_does_it() -> None:
    stages = {"build": {"teams": ["builders", "reviewers"]}, "review": {"team": "reviewers"}}
    effort = {"kind": "by_team", "teams": {"builders": "10 h", "reviewers": "1000 h"}}
    shares = loads(payments(stages=stages, work=feature({"stage": "build", "effort": effort}, STEPS[1])))
    assert shares == pytest.approx({"builders": 80 / 320, "reviewers": 32 / 40})


@given(st.lists(st.floats(0.1, 5), min_size=3, max_size=3), st.lists(st.integers(1, 9), min_size=3, max_size=3))
def test_the_busiest_of_sharing_teams_is_as_busy_as_any_split_must_make_it(
    efforts: list[float], people: list[int]
) -> None:
    """Max-flow bound for a chain of overlapping pools: some group of stages against the teams that may serve it."""
    twin = Twin.model_validate(
        {
            "twin": "x",
            "clock": {"starts": "2026-01-05"},
            "teams": {f"t{i}": {"people": people[i]} for i in range(3)},
            "stages": {"s0": {"team": "t0"}, "s1": {"teams": ["t0", "t1"]}, "s2": {"teams": ["t1", "t2"]}},
            "work": {
                "w": {
                    "arrivals": {"kind": "poisson", "rate": "168 / week"},
                    "steps": [{"stage": f"s{i}", "effort": f"{e} h"} for i, e in enumerate(efforts)],
                }
            },
        }
    )
    work = [round(e * 3_600_000) / 3_600_000 for e in efforts]
    groups = [({0}, {0}), ({1}, {0, 1}), ({2}, {1, 2}), ({0, 1}, {0, 1}), ({0, 1, 2}, {0, 1, 2}), ({1, 2}, {0, 1, 2})]
    bound = max(sum(work[s] for s in stages) / sum(people[t] for t in teams) for stages, teams in groups)
    assert max(loads(twin).values()) == pytest.approx(bound, rel=1e-5)


def test_a_team_asked_for_more_than_it_has_is_told_with_the_figure() -> None:
    assert told(payments(work=feature(*STEPS, rate="20 / week")), "warning") == [
        "teams.builders: offered load 125 % (400 h of work a week for 320 h of people): its queue grows without end",
        "teams.reviewers: offered load 200 % (80 h of work a week for 40 h of people): its queue grows without end",
    ]


def test_a_team_close_to_its_limit_is_told() -> None:
    assert "close to 100 %" in told(payments(work=feature(*STEPS, rate="9.5 / week")), "warning")[0]


def test_a_sound_twin_is_left_in_peace() -> None:
    assert findings(payments()) == ()


# --- work that can never end ------------------------------------------------------------------------------------------


def test_rework_without_end_is_an_error_that_shows_the_circle() -> None:
    again = STEPS[1] | {"rework": {"chance": "100 %", "back_to": "build"}}
    assert told(payments(work=feature(STEPS[0], again)), "error") == [
        "work.feature: items can never leave: build -> review -> build"
    ]


def test_a_route_that_is_caught_in_a_circle_is_an_error() -> None:
    route = {
        "start": {"build": 1},
        "next": {"build": {"review": 0.5, "done": 0.5}, "review": {"review": 1}},
        "efforts": {"build": "1 h", "review": "1 h"},
    }
    work = {"feature": {"arrivals": {"kind": "none"}, "route": route}}
    assert told(payments(work=work), "error") == ["work.feature: items can never leave: review -> review"]


@pytest.mark.parametrize(
    "team", [{"people": 0}, {"people": 3, "available": 0}, {"people": [{"count": 0}, {"count": 2, "available": "0 %"}]}]
)
def test_a_stage_that_nobody_serves_is_an_error(team: dict[str, Any]) -> None:
    teams = {"builders": {"people": 8, "calendar": "office"}, "reviewers": team}
    assert told(payments(teams=teams), "error") == [
        "stages.review: nobody serves this stage (reviewers: no people, or none available), so its work can never end"
    ]


def test_an_empty_list_of_teams_is_an_error() -> None:
    stages = {"build": {"team": "builders"}, "review": {"teams": []}}
    assert "its list of teams is empty" in told(payments(stages=stages), "error")[0]


@pytest.mark.parametrize(
    "calendar",
    [
        {"hours": "09:00-17:00", "closed": ["2026-01-01..2099-12-31"]},
        {
            "days": "sun",
            "hours": "09:00-17:00",
            "closed": [f"{year}-01-01..{year}-12-31" for year in range(2025, 2035)],
        },
    ],
)
def test_a_calendar_that_never_opens_is_an_error(calendar: dict[str, Any]) -> None:
    assert told(payments(calendars={"office": calendar}), "error") == [
        "calendars.office: never opens in the first three years, so work can never finish"
    ]


HARMFUL = "limits can only look harmful"
"""Said of every twin with limits in which more work at hand costs nothing."""

# --- parts that do nothing, or not what was meant ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "warning"),
    [
        (
            {"stages": {"build": {"team": "builders"}, "review": {"team": "reviewers"}, "test": {"team": "reviewers"}}},
            "stages.test: no work ever comes here",
        ),
        (
            {"stages": {"build": {"team": "builders"}, "review": {"team": "builders"}}},
            "teams.reviewers: serves no stage",
        ),
        (
            {"calendars": {"office": {"hours": "09:00-17:00"}, "night": {"hours": "22:00-06:00"}}},
            "calendars.night: no team and no delay uses it",
        ),
        (
            {"handoffs": [{"from": "reviewers", "to": "builders", "delay": "1 h"}]},
            "handoffs.0: no item passes from reviewers to builders",
        ),
        (
            {"handoffs": [{"from": "builders", "to": "reviewers", "delay": "1 h"}] * 2},
            "handoffs.1: builders to reviewers is written twice; this one holds",
        ),
        (
            {"stages": {"build": {"team": "builders", "wip_limit": 3}, "review": {"team": "reviewers"}}},
            "stages.build.wip_limit: a limit of 3 keeps 5 of 8 people idle for good",
        ),
        (
            {
                "stages": {"build": {"team": "builders"}, "review": {"team": "reviewers", "wip_limit": 2}},
                "inside": [{"work": "feature", "stage": "review", "count": 3}],
            },
            "stages.review.wip_limit: 3 items are here at the start, above the limit of 2",
        ),
        (
            {
                "stages": {
                    "build": {"team": "builders", "wip_limit": 9},
                    "review": {"team": "reviewers", "wip_limit": 2},
                },
                "work": feature(STEPS[0], STEPS[1] | {"rework": {"chance": "5 %", "back_to": "build"}}),
            },
            "stages.build.wip_limit: items go round between build, review, all with limits: they can block each other",
        ),
        (
            {
                "work": feature(
                    STEPS[0], STEPS[1] | {"rework": {"chance": "98 %", "back_to": "review"}}, rate="0.1 / week"
                )
            },
            "work.feature: an item comes to review 50 times on average",
        ),
        (
            {"work": feature({"stage": "build", "effort": {"kind": "lognormal", "mean": "20 h", "cv": 9}}, STEPS[1])},
            (
                "work.feature: effort at build varies wildly (cv 9): a few items decide every mean; "
                "ask for p50 or p85, and expect many replications"
            ),
        ),
    ],
)  # fmt: skip
def test_what_is_evidently_not_meant_is_a_warning(parts: dict[str, Any], warning: str) -> None:
    assert [each for each in told(payments(**parts), "warning") if HARMFUL not in each] == [warning]


def test_limits_in_a_line_do_not_block_each_other() -> None:
    stages = {"build": {"team": "builders", "wip_limit": 9}, "review": {"team": "reviewers", "wip_limit": 2}}
    [only] = findings(payments(stages=stages))
    assert HARMFUL in only.message


def test_errors_come_before_warnings() -> None:
    parts = payments(stages={"build": {"team": "builders"}, "review": {"teams": []}, "test": {"team": "builders"}})
    levels = [finding.level for finding in findings(parts)]
    assert all(a <= b for a, b in pairwise(levels))


def test_sixty_teams_are_checked_in_a_moment() -> None:
    names = [f"t{i}" for i in range(60)]
    steps = [{"stage": name, "effort": "1 h", "rework": {"chance": "5 %", "back_to": "t0"}} for name in names]
    work = {f"w{k}": {"arrivals": {"kind": "poisson", "rate": "1 / week"}, "steps": steps} for k in range(5)}
    twin = payments(
        teams={name: {"people": 3, "calendar": "office"} for name in names},
        stages={
            name: {"teams": [name, following]} for name, following in zip(names, names[1:] + names[:1], strict=True)
        },
        work=work,
    )
    began = time.process_time()
    findings(twin)
    assert time.process_time() - began < 0.3
