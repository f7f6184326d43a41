"""Limits, gates and ways to leave early, as they are written: what is read, refused, surprising, and always holds."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from strategies import Case, cases
from tiny import listed, run, twin, work

from twin.causes import Cause
from twin.checks import findings
from twin.engine import simulate
from twin.engine.kernel.layout import lay_out
from twin.errors import DeadlockError, InputError
from twin.eventlog import NEVER
from twin.limiting import set_of
from twin.metrics import measure, measure_visits, ruler
from twin.offered import loads
from twin.outcome import Outcome
from twin.plan import Plan, compile_model
from twin.project import read_twin
from twin.rows import waited
from twin.spec import Twin
from twin.units import DAY, HOUR, WEEK
from twin.yardstick import yardstick

FILE = """
twin: desk
clock: {starts: 2026-01-05}
teams: {team: {people: 1}}
stages:
  desk: {team: team, DESK}
work:
  item:
    arrivals: {kind: poisson, rate: 1 / week}
    steps: [{stage: desk, effort: 1 h}]
    WORK
TWIN
"""


def written(tmp_path: Path, *, desk: str = "wip_limit: 5", item: str = "priority: 3", more: str = "") -> Twin:
    path = tmp_path / "twin.yaml"
    path.write_text(FILE.replace("DESK", desk).replace("WORK", item).replace("TWIN", more))
    return read_twin(path).twin


def test_one_gate_may_be_written_without_a_list(tmp_path: Path) -> None:
    one, several = (written(tmp_path, desk=f"opens: {opens}") for opens in ("{every: 14 d}", "[{every: 14 d}]"))
    assert one == several


def test_a_twin_is_written_as_it_was_read(tmp_path: Path) -> None:
    read = written(
        tmp_path,
        desk="opens: {on: thu, at: '14:00', every: 2 w, capacity: 10, cut_off: 2 d}",
        item="cancel: [{age: 90 d}, {patience: 3 h}, {stage: desk, chance: 5 %}]",
        more="wip_limits: [{stages: [desk], limit: 5}]\nintake: {limit: 40, beyond: wait}",
    )
    assert Twin.model_validate(read.as_written()) == read


@pytest.mark.parametrize(
    ("where", "text", "told"),
    [
        ("desk", "batch: {size: 3, least: 2}", "6  stages.desk.batch: least goes with together: true"),
        ("desk", "batch: {size: 3, together: true, at_most: 1 h}", "at_most is for visits that wait before they queue"),
        ("desk", "batch: {size: 2}, opens: {every: 1 d}", "opens and a batch both say when visits join the queue"),
        ("desk", "opens: {on: thu, every: 3 d}", "every must be whole weeks"),
        ("desk", "opens: {capacity: 3}", "say when it opens: on (thu), day (of the month) or every"),
        ("item", "intake: {limit: 3, scope: [dask]}", "work.item.intake.scope: 'dask' is not a stage of this twin"),
        ("item", "cancel: [{chance: 5 %}]", "say after which stage"),
        ("item", "cancel: [{age: 3 d, patience: 1 h}]", "write one of age (90 d), patience (a duration) or chance"),
        ("item", "cancel: [{age: 3 d}, {age: 4 d}]", "age is said twice here"),
        ("item", "cancel: [{patience: 1 h, stage: dask}]", "Did you mean 'desk'?"),
        ("more", "wip_limits: [{limit: 3}]", "say what the limit is on"),
        ("more", "wip_limits: [{team: taem, limit: 3}]", "Did you mean 'team'?"),
        ("more", "intake: {limit: 3, scope: work}", "write the limit at the work type it is for"),
    ],
)
def test_what_cannot_be_meant_is_refused_where_it_stands(tmp_path: Path, where: str, text: str, told: str) -> None:
    with pytest.raises(InputError) as refused:
        written(tmp_path, **{where: text})
    assert told in str(refused.value)


def remarks(system: Twin) -> list[str]:
    """What is said of a twin, but that limits cost something and bring nothing in all of these."""
    found = [f"{finding.path}: {finding.message}" for finding in findings(system)]
    return [each for each in found if "limits can only look harmful" not in each]


def test_a_batch_that_a_limit_never_lets_come_together_is_told(tmp_path: Path) -> None:
    told = remarks(written(tmp_path, desk="batch: {size: 3}, wip_limit: 2"))
    assert told == ["stages.desk.batch: stages.desk.wip_limit lets 2 in, so 3 never come together: nobody goes on"]


def test_a_gate_with_less_room_than_comes_is_told(tmp_path: Path) -> None:
    told = remarks(written(tmp_path, desk="opens: {on: thu, every: 4 w, capacity: 1}"))
    assert told == [
        "stages.desk.opens: 1 visits a week come for 0.25 that go through: those that wait for it grow without end"
    ]


def test_a_limit_that_counts_nobody_is_told() -> None:
    works = {"x": work(listed(0), ("a", "1 h")), "y": work(listed(0), ("b", "1 h"))}
    limits = [{"stages": ["a"], "work": ["y"], "limit": 1}]
    assert remarks(twin({"A": 1, "B": 1}, {"a": "A", "b": "B"}, works, wip_limits=limits)) == [
        "wip_limits.0: no item that it counts ever comes to a stage that it is on"
    ]


def test_work_done_together_loads_a_team_by_full_batches() -> None:
    step = {"stage": "desk", "effort": "2 h"}
    system = twin(
        {"team": 1}, {"desk": {"team": "team", "batch": {"size": 4, "together": True}}},
        {"x": work({"kind": "poisson", "rate": "84 / week"}, step)},
    )  # fmt: skip
    assert loads(system) == {"team": pytest.approx(84 * 2 / 4 / 168)}


def test_a_twin_with_limits_of_stages_stays_plain_even_where_they_can_form_a_circle() -> None:
    one = {"wip_limit": 1}
    stages = {"a": {"team": "A", **one}, "b": {"team": "B", **one}}
    again = {"stage": "b", "effort": "1 h", "rework": {"chance": "50 %", "back_to": "a"}}
    straight, round_about = (
        twin({"A": 1, "B": 1}, stages, {"x": work(listed(0), ("a", "1 h"), last)})
        for last in ({"stage": "b", "effort": "1 h"}, again)
    )
    models = [compile_model(system, until=WEEK) for system in (straight, round_about)]
    assert [(model.rich, lay_out(model).rings) for model in models] == [(False, False), (False, True)]


def test_work_that_branches_makes_a_twin_rich_only_where_its_branches_need_places() -> None:
    steps = {"parallel": [[{"stage": name, "effort": "1 h"}] for name in "ab"]}
    teams, ways = {"A": 1, "B": 1}, {"x": work(listed(0), steps)}
    free, bound = (twin(teams, {"a": {"team": "A", **limit}, "b": "B"}, ways) for limit in ({}, {"wip_limit": 1}))
    assert [compile_model(system, until=WEEK).kind for system in (free, bound)] == ["branched", "rich"]


def test_who_leaves_early_counts_as_neither_done_nor_inside() -> None:
    # 0 works 0-3, 1 waits from 1 and leaves at 2, 2 is turned away at 1; 3 works 4-7 and is cancelled after
    works = {
        "x": work(listed(0, 1, 1), ("desk", "3 h"), intake={"limit": 2}, cancel=[{"patience": "1 h"}]),
        "y": work(listed(4), ("desk", "3 h"), cancel=[{"stage": "desk", "chance": "100 %"}]),
    }
    system = twin({"team": 1}, {"desk": "team"}, works)
    outcome = run(system, until=DAY)
    figures = measure(outcome.log(), yardstick(system, window=(0, DAY)))
    told = {
        metric: figures.filter((pl.col("metric") == metric) & (pl.col("scope") == "all"))["value"].to_list()[0]
        for metric in ("lead_time", "throughput", "turned_away", "cancelled", "wasted_effort", "wip")
    }
    assert told == pytest.approx(
        {
            "lead_time": 3,
            "throughput": 7,
            "turned_away": 1 / 4,
            "cancelled": 2 / 3,
            "wasted_effort": 1 / 2,
            "wip": 7 / 24,
        }
    )


def test_rows_and_the_table_say_the_same_of_who_leaves_early() -> None:
    items = work(listed(*range(9)), ("desk", "3 h"), intake={"limit": 3}, cancel=[{"patience": "2 h"}])
    system = twin({"team": 1}, {"desk": {"team": "team", "batch": {"size": 2, "together": True}}}, {"x": items})
    outcome, told = run(system, until=DAY), yardstick(system, window=(0, DAY))
    values = measure_visits(outcome.visits, ruler(outcome.labels, told), end=outcome.ledger.end).values
    assert measure(outcome.log(), told)["value"].fill_null(np.nan).to_numpy() == pytest.approx(values, nan_ok=True)


def most_held(outcome: Outcome, plan: Plan) -> list[int]:
    """Count from the rows how many places of each limit were held at most at one time."""
    visits = outcome.visits
    batches = waited(outcome.waits, len(outcome.rows), (Cause.BATCH,))
    places = [(work, stage) for work, stage in plan.limits.places.tolist()]
    sets = dict(zip(places, [set_of(plan.limits, number) for number in plan.limits.held.tolist()], strict=True))
    moves: list[tuple[int, int, int]] = []  # tick, taken or given back, limit
    for item in np.unique(visits.item):
        held: set[int] = set()
        rows = np.flatnonzero(visits.item == item)
        for row in rows:
            if visits.queued[row] == NEVER:
                continue
            at, now = int(visits.queued[row] - batches[row]), set(sets[int(visits.work[row]), int(visits.stage[row])])
            moves += [(at, -1, limit) for limit in held - now] + [(at, 1, limit) for limit in now - held]
            held = now
        if visits.finished[rows[-1]] != NEVER:
            moves += [(int(visits.finished[rows[-1]]), -1, limit) for limit in held]
    held_now, most = [0] * len(plan.limits.names), [0] * len(plan.limits.names)
    for tick in sorted({move[0] for move in moves}):
        for _, one, limit in (move for move in moves if move[0] == tick):
            held_now[limit] += one
        most = [max(pair) for pair in zip(most, held_now, strict=True)]
    return most


@given(case=cases(), seed=st.integers(0, 3))
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_more_items_hold_places_than_there_are(case: Case, seed: int) -> None:
    # Dated changes may take places away that are held, and some classes and arrivals of others break limits
    model = compile_model(case.twin, until=case.until)
    plan = model.phases[0].plan
    assume(plan.limits.most.size and not plan.choice.breaks_wip.any() and not plan.gates.opening.size)
    assume(not any(".intake" in name or name == "intake" for name in plan.limits.names))
    assume((plan.gates.kind == 0).all())
    try:
        outcome = simulate(model, seed=seed, engine="reference")
    except DeadlockError:
        return
    assert (np.array(most_held(outcome, plan)) <= plan.limits.most).all()


def test_a_gate_that_opens_every_minute_for_years_is_refused() -> None:
    stage = {"team": "team", "opens": {"every": "1 min"}}
    system = twin({"team": 1}, {"desk": stage}, {"x": work(listed(0), ("desk", "1 h"))})
    with pytest.raises(Exception, match="a gate would open more than 5,000,000 times"):
        compile_model(system, until=10 * 52 * WEEK + HOUR)
