"""Aggregated metrics give an ensemble: what they tell is found again, what they do not tell stays open and is named."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from commands import call
from numpy.typing import NDArray
from scipy.special import ndtri

from calibration.asked import answers, effects_over, usual_question
from calibration.candidate_twins import model_of, one, template_of, twin_of
from calibration.identifiability import findings, product_findings, replays
from calibration.inference import Budget, Posterior, infer
from calibration.inferred import Inferred, infer_twins
from calibration.measurements import Answered, narrowings
from calibration.misfits import Misfit, misfits
from calibration.organisation import Organisation
from calibration.periods import off_scale, shown_periods
from calibration.priors import Prior, Settings, dimensions, prior_of, settings_of, visits_of
from calibration.sources.aggregates import Aggregates, read_aggregates
from calibration.summaries import observed, simulated, targets_of, unscaled
from twin.engine import simulate
from twin.ensemble import read_ensemble
from twin.errors import InputError
from twin.metrics import measure
from twin.offered import loads
from twin.plan import compile_model
from twin.project import load_twin
from twin.units import WEEK
from twin.yardstick import yardstick

Floats = NDArray[np.float64]

FIVE_FUTURES = "\n".join(
    ["period_start,metric,value,unit"]
    + [
        f"2026-{month:02}-01,{figure}"
        for month, days in ((1, 31), (2, 28), (3, 31))
        for figure in (f"throughput,{19.2 * days:.1f},", "wip,4,", "lead_time,5,h")
    ]
)
"""Throughput 0.8 an hour, lead time 5 hours, WIP 4: one, two, three, five and ten people fit alike (C5)."""

LINE = Organisation(
    ("build", "check"), ("makers", "testers"), (0, 1), ("case",), (3.0, None), "mon-fri", "09:00-17:00", ()
)


def one_line(**changes: Floats) -> Settings:
    """Give parameters of the line, all ordinary but for the changes."""
    usual = Settings(
        np.array([9.0]), np.array([3, 2]), np.array([0.7, 0.8]), np.array([0.5, 0.5]), np.array([4.0, 3.0]),
        np.array([5, 4]), np.array([0.0, 0.2]), np.array([0.0, 12.0]),
    )  # fmt: skip
    return usual._replace(**changes)


@cache
def five_futures(folder: Path) -> Inferred:
    path = folder / "metrics.csv"
    path.write_text(FIVE_FUTURES + "\n")
    return infer_twins(read_aggregates(path), name="Queue", hours="always", budget=Budget(800, 120))


@pytest.fixture(scope="module")
def queue(tmp_path_factory: pytest.TempPathFactory) -> Inferred:
    return five_futures(tmp_path_factory.mktemp("queue"))


def test_a_model_made_of_the_template_runs_as_the_twin_of_the_same_parameters() -> None:
    settings, until = one_line(), 20 * WEEK
    fast = model_of(template_of(LINE, starts=20458, until=until), settings)
    slow = compile_model(twin_of(LINE, settings, name="Line", starts=20458), until=until)
    ours, theirs = (simulate(model, seed=3, engine="reference") for model in (fast, slow))
    assert len(ours.rows) == len(theirs.rows)
    assert ours.ledger.team_busy / 1e6 == pytest.approx(theirs.ledger.team_busy / 1e6, rel=1e-3)
    assert ours.ledger.stage_time / 1e6 == pytest.approx(theirs.ledger.stage_time / 1e6, rel=1e-3)


def test_efforts_follow_from_the_load_that_was_drawn(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("period_start,metric,stage,value\n2026-01-05,arrivals,build,9\n2026-01-05,wip,,9\n")
    prior = prior_of(read_aggregates(tmp_path / "m.csv"), LINE)
    settings = one(settings_of(prior, np.full((1, dimensions(prior)), 0.3)), 0)
    told = loads(twin_of(LINE, settings, name="Line", starts=20458))
    assert list(told.values()) == pytest.approx(settings.load.tolist(), rel=2e-3)


def given(folder: Path, *figures: str) -> Prior:
    """Lay out what is believed of the line, after a file of a month's figures."""
    rows = [f"2026-01-01,{each}" for each in figures]
    (folder / "m.csv").write_text("\n".join(["period_start,metric,team,value", *rows]) + "\n")
    return prior_of(read_aggregates(folder / "m.csv"), LINE)


def test_a_delay_may_be_all_of_the_time_that_stages_share(tmp_path: Path) -> None:
    prior = given(tmp_path, "arrivals,,40", "lead_time,,50 h")
    most = settings_of(prior, np.full((1, dimensions(prior)), 3.5)).delay[0]
    assert (prior.time.tolist(), prior.whole, bool((most > 50.0).all())) == ([50.0, 50.0], 50.0, True)


def test_who_waits_before_a_cycle_time_begins_may_wait_as_long_as_wip_says(tmp_path: Path) -> None:
    """WIP 12 at 12 a month is a month from arrival to done, though items are done 10 h after their first start."""
    assert given(tmp_path, "throughput,,12", "wip,,12", "cycle_time,,10 h").whole == pytest.approx(31 * 24)


def test_figures_of_the_whole_are_not_those_of_each_stage_of_a_team_that_serves_several(tmp_path: Path) -> None:
    desk = LINE._replace(teams=("desk",), serving=(0, 0), people=(3.0,))
    given(tmp_path, "throughput,,12", "lead_time,,50 h")
    assert prior_of(read_aggregates(tmp_path / "m.csv"), desk).sharing.tolist() == [2, 2]


def test_a_given_utilisation_leaves_the_load_open_by_three_standard_errors(tmp_path: Path) -> None:
    prior = given(tmp_path, "arrivals,,200", "utilisation,makers,60 %")
    z = np.zeros((3, dimensions(prior)))
    z[:, 1] = (-1.0, 0.0, 1.0)
    load = settings_of(prior, z).load[:, 0]
    assert load == pytest.approx([0.6 - 3 * 0.06, 0.6, 0.6 + 3 * 0.06], abs=0.04)


def test_no_load_is_beyond_what_a_team_can_bear_and_none_is_heaped_there(tmp_path: Path) -> None:
    prior = given(tmp_path, "arrivals,,30", "utilisation,makers,95 %")
    z = np.zeros((50, dimensions(prior)))
    z[:, 1] = np.linspace(-2.5, 2.5, 50)
    load = settings_of(prior, z).load[:, 0]
    assert (load.max() <= 0.98, np.unique(load).size) == (True, 50)


def test_the_ends_of_an_answer_leave_a_tenth_for_the_next_member() -> None:
    answer = Answered("more", "mean lead time", "h", np.arange(1.0, 20.0), 0.0, ())
    assert answer.interval == pytest.approx((1.0, 10.0, 19.0))


def test_an_item_sent_back_half_the_time_visits_both_stages_twice() -> None:
    assert visits_of(np.array([[0.0, 0.5]])).tolist() == [[2.0, 2.0]]


def test_nothing_is_learned_where_nothing_says_how_much_work_comes(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("period_start,metric,value\n2026-01-05,wip,9\n")
    with pytest.raises(InputError, match="nothing tells how much work comes"):
        prior_of(read_aggregates(tmp_path / "m.csv"), LINE)


def dashboard(folder: Path) -> Aggregates:
    """Write what a dashboard of one period of four weeks would ask of the line; the values do not matter."""
    figures = ("arrivals,,9", "throughput,,9", "wip,,9", "lead_time,,50 h", "lead_time_p85,,90 h", "cycle_time,,40 h")
    rows = [f"2026-01-05,2026-02-02,{each}" for each in (*figures, "utilisation,build,50 %", "wip,check,4")]
    (folder / "m.csv").write_text("\n".join(["period_start,period_end,metric,stage,value", *rows]) + "\n")
    return read_aggregates(folder / "m.csv")


def test_a_run_shows_on_the_dashboard_what_the_yardstick_measures(tmp_path: Path) -> None:
    twin = twin_of(LINE, one_line(), name="Line", starts=20458 - 56)
    since, until = 8 * WEEK, 12 * WEEK
    run = simulate(compile_model(twin, until=until), seed=1, engine="reference")
    measured = measure(run.log(), yardstick(twin, window=(since, until)))
    value = {row[:3]: row[3] for row in measured.select("metric", "statistic", "scope", "value").iter_rows()}
    targets = targets_of(dashboard(tmp_path), LINE, origin=20458 - 56, until=until)
    arrivals, throughput, wip, lead, p85, cycle, used, _ = np.exp(simulated(run, targets, hours=[120.0, 80.0]))
    names = ("throughput", "mean"), ("wip", "mean"), ("lead_time", "mean"), ("lead_time", "p85"), ("cycle_time", "mean")
    assert [throughput, wip, lead, p85, cycle] == pytest.approx([value[*name, "all"] for name in names])
    assert used / (1 + used) == pytest.approx(value["utilisation", "mean", "makers"], abs=0.02)
    assert arrivals == pytest.approx(
        run.log().frame.filter(run.log().frame["enabled"] >= since)["item"].n_unique() / 4, rel=0.3
    )


def test_the_one_period_of_a_run_is_its_level(tmp_path: Path) -> None:
    twin, until = twin_of(LINE, one_line(), name="Line", starts=20458 - 56), 12 * WEEK
    run = simulate(compile_model(twin, until=until), seed=1, engine="reference")
    targets = targets_of(dashboard(tmp_path), LINE, origin=20458 - 56, until=until)
    names = [each.series.metric.name for each in targets]
    periods = shown_periods(run, targets, hours=[120.0, 80.0])
    levels = simulated(run, targets, hours=[120.0, 80.0])
    shown = [off_scale(name, values)[0] for name, values in zip(names, periods, strict=True)]
    assert shown == pytest.approx([float(unscaled(name, level)) for name, level in zip(names, levels, strict=True)])


def straight(z: Floats, number: int) -> Floats:
    """Show the first coordinate, with noise of its own number; of the second nothing."""
    noise = np.sin(12.9898 * (number + np.arange(len(z)))) * 0.1
    return z[:, :1] + noise[:, None]


def of_straight() -> Posterior:
    return infer(straight, np.array([0.7]), 2, budget=Budget(1500, 200))


def test_what_is_shown_is_found_and_what_is_not_keeps_its_prior() -> None:
    found = of_straight()
    assert (abs(found.z[:, 0].mean() - 0.7) < 0.05, found.z[:, 0].std() < 0.15) == (True, True)
    assert (abs(found.z[:, 1].mean()) < 0.25, 0.8 < found.z[:, 1].std() < 1.2) == (True, True)


def test_the_same_figures_give_the_same_particles() -> None:
    assert of_straight().z.tobytes() == of_straight().z.tobytes()


def test_one_set_of_metrics_has_several_futures(queue: Inferred) -> None:
    people = queue.plausible.people[:, 0]
    assert ({1, 2, 3, 5} <= set(people.tolist()), people.max() >= 7) == (True, True)
    (effects,) = effects_over(
        queue.ensemble._replace(members=queue.ensemble.members[::4]), usual_question(queue)
    ).values()
    low, high = np.quantile(effects.mean(axis=1), (0.1, 0.9))
    assert low < 4 * high < 0


def test_the_number_of_people_is_said_not_to_be_identified(queue: Inferred) -> None:
    verdicts = {each.evidence.path: each.verdict for each in findings(queue, rows=9)}
    assert (verdicts["teams.team.people"], verdicts["work.case.arrivals"]) == ("assumed", "measured")


def test_a_given_utilisation_tells_effort_over_availability_and_neither_of_the_two(tmp_path: Path) -> None:
    figures = ("arrivals,,60", "utilisation,desk,70 %", "people,desk,3", "lead_time,,5 h")
    rows = [f"2026-{month:02}-01,{each}" for month in (1, 2, 3) for each in figures]
    (tmp_path / "m.csv").write_text("\n".join(["period_start,metric,team,value", *rows]) + "\n")
    found = infer_twins(read_aggregates(tmp_path / "m.csv"), name="Desk", budget=Budget(500, 100))
    told = {
        each.evidence.path: each.narrowing for each in (*findings(found, rows=12), *product_findings(found, rows=12))
    }
    factors = told["teams.desk.available"], told["work.case.steps.desk.effort"]
    assert told["effort / available at desk"] < 0.8 * min(factors)


def test_figures_that_contradict_each_other_are_not_reproduced(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text(FIVE_FUTURES.replace("wip,4", "wip,400") + "\n")
    given = read_aggregates(tmp_path / "m.csv")
    found = infer_twins(given, name="Queue", hours="always", budget=Budget(250, 220))
    assert not replays(found)[0].reproduced
    doubtful = findings(found, rows=given.rows, missed=misfits(found))
    assert "measured" not in {each.verdict for each in doubtful}
    assert "measured" in {each.verdict for each in findings(found, rows=given.rows)}


def test_what_twins_miss_of_a_stage_leaves_the_others_alone(queue: Inferred) -> None:
    elsewhere = Misfit("wip of review", "level", "is 9; twins show 1 to 2", 1e-9, -1, 7)
    assert findings(queue, rows=9, missed=[elsewhere]) == findings(queue, rows=9)


def test_metrics_that_no_twin_shows_are_said_first_in_all_that_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("calibration.inferred.MEMBERS", 4)
    monkeypatch.setattr("calibration.inference.Budget.__new__.__defaults__", (200, 120))
    (tmp_path / "m.csv").write_text(FIVE_FUTURES.replace("wip,4", "wip,400") + "\n")
    said = call("calibrate", tmp_path / "m.csv", "--hours", "always", "--out", tmp_path / "ours")
    (first, *_) = json.loads((tmp_path / "ours" / "evidence.json").read_text())["missed"]
    assert first["figure"] in {"wip of all", "lead_time of all", "throughput of all"}
    assert f"the twins do not show your metrics: {first['told']}" in said.out.partition("parameter")[0]
    (tmp_path / "ours" / "more.yaml").write_text(
        "question: More?\nbase: twin.yaml\nscenarios:\n  more: [{add: 1, to: teams.team.people}]\n"
        "run: {warm_up: 1 w, length: 1 w, replications: 8, seed: 7}\n"
        "answer: {metric: lead_time, better: lower, worth: 1 h}\n"
    )
    asked = call("run", tmp_path / "ours" / "more.yaml", "--out", tmp_path / "answer")
    assert asked.out.startswith(f"The twin does not fit its data: {first['told']}")


def test_every_member_has_the_names_of_the_twin_and_its_figures(queue: Inferred) -> None:
    assert {tuple(member.stages) for member in queue.ensemble.members} == {("work",)}
    assert len({member.model_dump_json() for member in queue.ensemble.members}) > 0.9 * len(queue.ensemble.members)
    assert observed(queue.setup.targets) == pytest.approx(np.log([134.4, 4, 5]), rel=1e-3)


def test_no_two_twins_are_asked_on_the_same_random_numbers(queue: Inferred) -> None:
    alike = queue.ensemble._replace(members=(queue.twin, queue.twin))
    (effects,) = effects_over(alike, usual_question(queue)).values()
    assert set(effects[0].tolist()).isdisjoint(effects[1].tolist())


def test_how_likely_a_delay_is_does_not_hang_on_how_long_items_take(tmp_path: Path) -> None:
    z = np.zeros((999, dimensions(given(tmp_path, "arrivals,,40", "lead_time,,50 h"))))
    z[:, -2] = ndtri(np.arange(1, 1000) / 1000)
    short, long = (
        settings_of(given(tmp_path, "arrivals,,40", f"lead_time,,{hours} h"), z).delay[:, 0] for hours in (50, 200)
    )
    within = [np.mean((delay > 10) & (delay < 40)) for delay in (short, long)]
    assert within[0] == pytest.approx(within[1], abs=0.02)


def test_the_measurement_that_decides_is_named_first() -> None:
    grid = np.arange(60.0)
    decides, other = grid, np.sin(grid * 7.0)
    effects = (decides**2)[:, None] + np.zeros((60, 2))
    first, second = narrowings(effects, {"other": other, "decides": decides})
    assert (first.measurement, first.share > 0.95, second.share < 0.1) == ("decides", True, True)


def test_luck_of_few_replications_is_no_reason_to_measure() -> None:
    noise = np.sin(np.outer(np.arange(1.0, 61.0), [12.9898, 78.233, 37.719, 4.581]) * 43.7)
    told = narrowings(noise, {"anything": np.arange(60.0)})
    assert told[0].share < 0.3


def test_what_would_narrow_the_answer_is_never_what_is_known(queue: Inferred) -> None:
    few = queue._replace(
        ensemble=queue.ensemble._replace(members=queue.ensemble.members[:30]),
        members=Settings._make(column[:30] for column in queue.members),
    )
    (answer,) = answers(few, usual_question(queue))
    assert answer.narrowings
    assert all(0 <= each.share <= 1 and "arrivals" not in each.measurement for each in answer.narrowings)


def test_the_command_writes_twin_evidence_and_ensemble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("calibration.inferred.MEMBERS", 16)
    monkeypatch.setattr("calibration.inference.Budget.__new__.__defaults__", (200, 60))
    (tmp_path / "m.csv").write_text(FIVE_FUTURES + "\n")
    said = call("calibrate", tmp_path / "m.csv", "--hours", "always", "--out", tmp_path / "ours")
    assert (said.code, said.err) == (0, "")
    assert "one set of metrics, several futures" in said.out
    evidence = json.loads((tmp_path / "ours" / "evidence.json").read_text())
    assert {"parameters", "products", "figures", "assumed", "answers"} <= set(evidence)
    twin = load_twin(tmp_path / "ours")
    ensemble = read_ensemble(tmp_path / "ours", twin)
    assert ensemble is not None
    assert (len(ensemble.members), (tmp_path / "ours" / "history.parquet").exists()) == (16, False)


def test_a_question_that_does_not_fit_is_refused_with_its_line_before_anything_is_learned(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text(FIVE_FUTURES + "\n")
    (tmp_path / "ask.yaml").write_text(
        "question: More?\nbase: twin.yaml\nscenarios:\n  more: [{add: 1, to: teams.crew.people}]\n"
        "run: {length: 4 w}\nanswer: {metric: lead_time, better: lower, worth: 1 h}\n"
    )
    said = call(
        "calibrate", tmp_path / "m.csv", "--hours", "always", "--ask", tmp_path / "ask.yaml", "--out", tmp_path / "o"
    )
    assert (said.code, "ask.yaml:4" in said.err, (tmp_path / "o").exists()) == (2, True, False)
