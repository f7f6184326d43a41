"""What a person wrote is loaded whole, or refused with every mistake at its file and line."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # comes with altair, without types

from twin.errors import BudgetError, InputError
from twin.files import read_yaml
from twin.project import check_budget, load_experiment, load_twin, project_root, read_twin, schema
from twin.scenario import Experiment, apply
from twin.units import DAY

ROOT = Path(__file__).parents[2]
SCENARIOS = sorted(ROOT.glob("scenarios/*/*.yaml"))
TWIN = """\
twin: Support
clock: {starts: 2026-01-05}
teams:
  agents: {people: 4}
  experts: {people: 1}
stages:
  triage: {team: agents}
  solve: {team: experts}
work:
  ticket:
    arrivals: {kind: poisson, rate: 30 / week}
    steps:
      - {stage: triage, effort: 1 h}
      - stage: solve
        effort: 2 h
        rework: {chance: 10 %, back_to: triage}
"""
SCENARIO = """\
question: Which?
base: twin.yaml
scenarios:
  one more: [{add: 1, to: teams.agents.people}]
run: {length: 26 w}
answer: {metric: lead_time, better: lower, worth: 4 h}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder, which is the current one, with a twin and a scenario."""
    folder = tmp_path / "project"
    (folder / "scenarios").mkdir(parents=True)
    (folder / "scenarios/twin.yaml").write_text(TWIN)
    (folder / "scenarios/s.yaml").write_text(SCENARIO)
    monkeypatch.chdir(folder)
    return folder


def scenario(old: str = "", new: str = "", *, extra: str = "") -> Path:
    path = Path("scenarios/s.yaml")
    assert old in SCENARIO
    path.write_text(SCENARIO.replace(old, new) + extra)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        load_experiment(path)
    return str(caught.value)


# --- what the project ships -------------------------------------------------------------------------------------------


MEANT = {"company": frozenset({"teams.frontend"}), "payments": frozenset({"stages.build.wip_limit"})}
"""Teams of an example that are short of people or do several things at once, since its questions are about that; and a
limit that costs something and brings nothing, which its file says."""


def _is_asked(path: Path, place: str) -> bool:
    """Tell whether a warning is of a change that a question of the organisation asks about."""
    asks = path.parent.name == "company" or path.name == "how_much_at_once.yaml"
    return asks and place.startswith("scenarios.")


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_shipped_file_loads_and_is_wise(path: Path) -> None:
    whole = load_experiment(path, root=ROOT) if "question" in read_yaml(path).value else read_twin(path)
    meant = MEANT.get(path.parent.name, frozenset())
    assert [each for each in whole.warnings if each.path not in meant and not _is_asked(path, each.path)] == []


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_shipped_file_keeps_the_schema_that_editors_use(path: Path) -> None:
    written = read_yaml(path).value
    kind = "scenario" if "question" in written else "twin"
    assert [error.message for error in Draft202012Validator(schema(kind)).iter_errors(written)] == []


def test_one_more_person_is_one_more_person() -> None:
    loaded = load_experiment(ROOT / "scenarios/payments/one_more_person.yaml")
    people = {name: apply(loaded.base, changes).teams for name, changes in loaded.experiment.scenarios.items()}
    assert people["one more developer"]["developers"].people == 9
    assert people["one more reviewer"]["reviewers"].people == 3


# --- a twin -----------------------------------------------------------------------------------------------------------


def test_a_twin_is_a_file_or_a_folder_that_holds_one(project: Path) -> None:
    assert load_twin(project / "scenarios") == load_twin(project / "scenarios/twin.yaml")


def test_a_dangling_name_in_a_step_has_the_line_of_its_step(project: Path) -> None:
    path = project / "scenarios/twin.yaml"
    path.write_text(TWIN.replace("back_to: triage", "back_to: triaje").replace("team: experts", "team: expert"))
    with pytest.raises(InputError) as caught:
        load_twin(Path("scenarios/twin.yaml"))
    assert [str(problem).split(": ")[0] for problem in caught.value.problems] == [
        "scenarios/twin.yaml:8  stages.solve.team",
        "scenarios/twin.yaml:16  work.ticket.steps.solve.rework.back_to",
    ]


@pytest.mark.usefixtures("project")
def test_a_twin_whose_work_never_ends_is_refused_with_its_line() -> None:
    Path("t.yaml").write_text(TWIN.replace("chance: 10 %", "chance: 100 %"))
    with pytest.raises(InputError, match=r"t\.yaml:10  work\.ticket: items can never leave: triage -> solve -> triage"):
        load_twin(Path("t.yaml"))


@pytest.mark.usefixtures("project")
def test_a_twin_that_cannot_cope_loads_with_a_warning_at_its_line() -> None:
    Path("t.yaml").write_text(TWIN.replace("rate: 30", "rate: 90"))
    assert [str(problem)[:36] for problem in read_twin(Path("t.yaml")).warnings] == [
        "t.yaml:5  teams.experts: offered load"[:36]
    ]


# --- a scenario -------------------------------------------------------------------------------------------------------


def test_a_scenario_comes_with_its_twin_and_all_files_read(project: Path) -> None:
    loaded = load_experiment(Path("scenarios/s.yaml"))
    assert loaded.root == project
    assert loaded.sources == (project / "scenarios/s.yaml", project / "scenarios/twin.yaml")


def test_a_base_may_be_a_calibrated_folder_beside_the_scenarios(project: Path) -> None:
    (project / "b").mkdir()
    (project / "scenarios/twin.yaml").rename(project / "b/twin.yaml")
    assert load_experiment(scenario("twin.yaml", "../b")).sources[1] == project / "b/twin.yaml"


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    "base",
    [
        "../../../etc/passwd",
        "/etc/passwd",
        "~/twin.yaml",
        "file:///etc/passwd",
        "http://x/t.yaml",
        "..",
        "//host/share/t",
        "'C:\\t.yaml'",
    ],
)
def test_a_base_outside_the_project_is_refused_at_its_line(base: str) -> None:
    assert refusal(scenario("twin.yaml", base)).startswith("scenarios/s.yaml:2  base: ")


def test_a_link_out_of_the_project_is_refused(project: Path) -> None:
    (project.parent / "secret.yaml").write_text(TWIN)
    (project / "scenarios/link.yaml").symlink_to(project.parent / "secret.yaml")
    assert "lies outside the project folder" in refusal(scenario("twin.yaml", "link.yaml"))


def test_from_elsewhere_the_project_is_the_scenarios_own_folder(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.parent.parent / "..")
    monkeypatch.chdir("/")
    assert project_root(project / "scenarios/s.yaml") == project / "scenarios"


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("base", ["missing.yaml", "/dev/zero", "s.yaml"])
def test_a_base_that_is_no_twin_is_refused(base: str) -> None:
    assert refusal(scenario("twin.yaml", base))


def test_a_base_that_never_answers_is_refused(project: Path) -> None:
    os.mkfifo(project / "scenarios/fifo.yaml")
    assert "not a regular file" in refusal(scenario("twin.yaml", "fifo.yaml"))


@pytest.mark.usefixtures("project")
def test_mistakes_of_a_scenario_come_all_at_once_in_order_of_lines() -> None:
    path = scenario(
        "  one more: [{add: 1, to: teams.agents.people}]",
        "  a: [{add: 1, to: teams.agent.people}]\n"
        "  b:\n"
        "    - {set: stages.solve.team, to: agents}\n"
        "    - {remove: stages.triag}\n"
        "  c: [{remove: teams.agents}]",
    )
    path.write_text(path.read_text().replace("worth: 4 h", "worth: 4 h, work: tickets"))
    assert [line.split(": ")[0] for line in refusal(path).splitlines()] == [
        "scenarios/s.yaml:4  scenarios.a.0",
        "scenarios/s.yaml:7  scenarios.b.1",
        "scenarios/s.yaml:8  scenarios.c.0",
        "scenarios/s.yaml:10  answer.work",
    ]


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("{set: teams.experts.people, to: 0}", "scenarios.one more: stages.solve: nobody serves this stage"),
        ("{set: work.ticket.steps.solve.rework.chance, to: 1}", "items can never leave"),
        ("{add: 1, to: teams.agents.people, from: 2030-01-01}", "one more.0.from: lies after the end of the run"),
        ("{add: 1, to: teams.agents.people, from: 2020-01-01}", "one more.0.from: lies before the twin's start"),
    ],
)
def test_a_scenario_that_cannot_be_run_is_refused(change: str, message: str) -> None:
    assert message in refusal(scenario("{add: 1, to: teams.agents.people}", change))


@pytest.mark.usefixtures("project")
def test_a_team_may_pause_for_a_while() -> None:
    changes = (
        "{set: teams.experts.people, to: 0, from: 2026-02-01}, {set: teams.experts.people, to: 2, from: 2026-03-01}"
    )
    assert load_experiment(scenario("{add: 1, to: teams.agents.people}", changes)).warnings == ()


@pytest.mark.usefixtures("project")
def test_a_scenario_that_is_unwise_where_the_base_was_not_is_told_at_its_line() -> None:
    path = scenario("{add: 1, to: teams.agents.people}", "{scale: work.ticket.arrivals, by: 3}")
    (warning,) = load_experiment(path).warnings
    assert str(warning).startswith("scenarios/s.yaml:4  scenarios.one more: teams.experts: offered load 119")


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("{metric: sla_share, better: higher, worth: 5 %}", "the twin promises nothing"),
        ("{metric: cost_per_item, better: lower, worth: 5 EUR}", "not every team has a cost"),
        ("{metric: running_cost, better: lower, worth: 5 EUR}", "not every team has a cost"),
        ("{metric: total_cost, better: lower, worth: 5 EUR}", "the twin knows no cost of delay there"),
        ("{metric: utilisation, team: agent, better: lower, worth: 5 %}", "Did you mean 'agents'?"),
    ],
)
def test_a_question_that_the_twin_cannot_answer_is_refused(answer: str, message: str) -> None:
    assert message in refusal(scenario("{metric: lead_time, better: lower, worth: 4 h}", answer))


def test_costs_in_two_currencies_have_no_sum(project: Path) -> None:
    costly = TWIN.replace("people: 4", "people: 4, cost: 90 EUR/h").replace("people: 1", "people: 1, cost: 90 USD/h")
    (project / "scenarios/twin.yaml").write_text(costly)
    answer = "{metric: cost_per_item, better: lower, worth: 5}"
    assert "several currencies" in refusal(scenario("{metric: lead_time, better: lower, worth: 4 h}", answer))


# --- files that extend others -----------------------------------------------------------------------------------------


def test_what_a_file_does_not_say_holds_from_the_one_it_extends(project: Path) -> None:
    (project / "shared").mkdir()
    (project / "shared/run.yaml").write_text(
        "run: {warm_up: 4 w, length: 1 w, seed: 9}\nbase: ../scenarios/twin.yaml\n"
    )
    loaded = load_experiment(scenario("base: twin.yaml", "extends: ../shared/run.yaml"))
    assert loaded.experiment.run.seed == 9
    assert loaded.experiment.run.length == 26 * 7 * DAY
    assert loaded.sources[1:] == (project / "shared/run.yaml", project / "scenarios/twin.yaml")


def test_a_mistake_has_the_file_it_was_written_in(project: Path) -> None:
    (project / "scenarios/run.yaml").write_text("# shared\nrun: {seed: -1}\nanser: {}\n")
    told = refusal(scenario("run: {length: 26 w}", "run: {length: 26}", extra="extends: run.yaml\n"))
    assert [line.split(": ")[0] for line in told.splitlines()] == [
        "scenarios/s.yaml:5  run.length",
        "scenarios/run.yaml:2  run.seed",
        "scenarios/run.yaml:3  anser",
    ]


def test_files_that_extend_each_other_are_refused_with_the_chain(project: Path) -> None:
    (project / "scenarios/a.yaml").write_text("extends: s.yaml\n")
    told = refusal(scenario(extra="extends: a.yaml\n"))
    assert told == (
        "scenarios/a.yaml:1  extends: comes back to itself: scenarios/s.yaml -> scenarios/a.yaml -> scenarios/s.yaml"
    )


def test_a_chain_of_more_than_ten_is_refused(project: Path) -> None:
    for number in range(11):
        (project / f"scenarios/{number}.yaml").write_text(f"extends: {number + 1}.yaml\n")
    (project / "scenarios/11.yaml").write_text("run: {seed: 1}\n")
    assert "leads over more than 10 files" in refusal(scenario(extra="extends: 0.yaml\n"))


@pytest.mark.usefixtures("project")
def test_an_extended_file_outside_the_project_is_refused() -> None:
    assert "outside the project" in refusal(scenario(extra="extends: ../../x.yaml\n"))


# --- budgets ----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("twin", "run", "estimate"),
    [
        ("rate: 1000000000 / week", "length: 26 w", "about 2.6e+10 items in one replication; at most 20,000,000"),
        ("rate: 30 / week", "length: 7000 w", "the horizon is 134 years; at most 100"),
        ("rate: 30000 / week", "length: 520 w, replications: 100000", "visits in all replications; at most"),
        ("rate: 30000 / week", "length: 520 w, replications: 20", "visits in all replications and scenarios"),
    ],
)  # fmt: skip
def test_a_run_too_large_is_refused_with_the_estimate_and_the_line(twin: str, run: str, estimate: str) -> None:
    Path("scenarios/twin.yaml").write_text(TWIN.replace("rate: 30 / week", twin))
    with pytest.raises(BudgetError) as caught:
        load_experiment(scenario("length: 26 w", run))
    assert str(caught.value).startswith("scenarios/s.yaml:5  run: ")
    assert estimate in str(caught.value)


def test_more_people_than_a_machine_can_hold_are_refused(project: Path) -> None:
    (project / "scenarios/twin.yaml").write_text(
        TWIN.replace("people: 4", "people: 999999").replace("people: 1}", "people: 9}")
    )
    with pytest.raises(BudgetError, match="people; at most 1,000,000"):
        check_budget(load_twin(project / "scenarios"), horizon=DAY, replications=2)


def test_the_estimate_counts_visits_of_all_replications(project: Path) -> None:
    visits = check_budget(load_twin(project / "scenarios"), horizon=70 * DAY, replications=10)
    assert visits == pytest.approx(10 * 10 * 30 * 2 / 0.9)


# --- schema -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["twin", "scenario"])
def test_the_schema_describes_every_field_and_keeps_its_own_example(kind: str) -> None:
    written = schema(kind)
    Draft202012Validator.check_schema(written)
    (example,) = written["examples"]
    assert list(Draft202012Validator(written).iter_errors(example)) == []
    assert json.loads(json.dumps(written)) == written


@pytest.mark.parametrize(
    ("kind", "part", "said"),
    [
        pytest.param("twin", "Absence", "First day or instant away: 2026-07-01.", id="written below the field"),
        pytest.param(
            "scenario", "Scale", "From when on the change holds; from the start, if left out.", id="inherited"
        ),
    ],
)
def test_the_schema_says_what_a_field_is_for(kind: str, part: str, said: str) -> None:
    assert schema(kind)["$defs"][part]["properties"]["from"]["description"] == said


def test_the_examples_of_the_schemas_load_together(project: Path) -> None:
    (project / "twin.yaml").write_text(json.dumps(schema("twin")["examples"][0]))
    (project / "example.yaml").write_text(json.dumps(schema("scenario")["examples"][0]))
    assert isinstance(load_experiment(Path("example.yaml")).experiment, Experiment)


def test_the_schema_finds_what_an_editor_should_underline() -> None:
    example: dict[str, Any] = schema("scenario")["examples"][0]
    wrong = [
        example | {"scenario": {}},
        {name: part for name, part in example.items() if name != "question"},
        example | {"scenarios": {"x": [{"add": 1}]}},
        example | {"run": {"length": 26}},
    ]
    assert all(not Draft202012Validator(schema("scenario")).is_valid(each) for each in wrong)


def test_there_are_two_kinds_of_file() -> None:
    with pytest.raises(InputError, match=r"Did you mean 'scenario'\?"):
        schema("scenarios")
