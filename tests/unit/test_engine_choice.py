"""Which engine runs, and that it never matters."""

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from golden.refresh import desk
from strategies import contents
from tiny import listed, twin, work

from twin import engine
from twin.demand import draw_items
from twin.engine import chosen, simulate
from twin.engine.expected import expected_visits
from twin.outcome import Outcome
from twin.plan import Model, compile_model
from twin.units import DAY, WEEK


def reworked(items: int) -> Model:
    """Two stages for so many items; the second sends a quarter back to the first."""
    again = {"chance": "25 %", "back_to": "build"}
    steps = [{"stage": "build", "effort": "1 h"}, {"stage": "review", "effort": "1 h", "rework": again}]
    return compile_model(
        twin({"team": 1}, {"build": "team", "review": "team"}, {"x": work(listed(*[0] * items), *steps)}), until=WEEK
    )


def visits_expected(model: Model) -> float:
    return expected_visits(model, draw_items(model.intakes, model.inside, seed=1, replication=0, until=model.until))


def test_visits_are_expected_by_the_routes_shares() -> None:
    # each item passes both stages 1 / (1 - 1/4) times
    assert visits_expected(reworked(30)) == pytest.approx(30 * 2 * 4 / 3, rel=1e-4)


def test_branches_and_items_inside_are_counted() -> None:
    # half go on from a to b; two items are at b already
    route = {
        "start": {"a": 1.0},
        "next": {"a": {"b": 0.5, "done": 0.5}, "b": {"done": 1.0}},
        "efforts": {"a": "1 h", "b": "1 h"},
    }
    inside = [{"work": "x", "stage": "b", "age": "1 h", "count": 2}]
    written = twin(
        {"team": 1}, {"a": "team", "b": "team"}, {"x": {"arrivals": listed(0, 1), "route": route}}, inside=inside
    )
    assert visits_expected(compile_model(written, until=DAY)) == 2 * 1.5 + 2


def test_the_compiled_engine_is_chosen_once_all_runs_together_are_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    model = reworked(30)
    items = draw_items(model.intakes, model.inside, seed=1, replication=0, until=model.until)
    monkeypatch.setattr(engine, "_so_far", {"visits": 0.0})
    monkeypatch.setattr(engine, "WORTH_LOADING", 200)
    monkeypatch.delitem(sys.modules, "twin.engine.compiled", raising=False)
    assert [chosen(model, items) for _ in range(3)] == ["reference", "reference", "compiled"]


def test_replications_on_threads_are_those_in_a_row() -> None:
    model = compile_model(desk(), until=5 * DAY)

    def run(replication: int) -> Outcome:
        return simulate(model, seed=7, replication=replication, engine="compiled")

    with ThreadPoolExecutor(4) as pool:
        threaded = list(pool.map(run, range(12)))
    assert [contents(each) for each in threaded] == [contents(run(replication)) for replication in range(12)]
