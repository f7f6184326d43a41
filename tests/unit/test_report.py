"""The report: what a decision is taken from, what it stands on, and that names stay names."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from twin.compare import Comparison, compare_results
from twin.errors import InputError
from twin.experiment import Results, run_experiment
from twin.page import Bullets, Paragraph, Section, Table
from twin.report import (
    SHOWN,
    Provenance,
    comparison_sections,
    headline,
    ranked,
    report_page,
    say_baseline,
    write_report,
)
from twin.results_file import results_json
from twin.scenario import Experiment
from twin.spec import Twin

HOSTILE = "</script><script>document.title = 'owned'</script>"
PROVENANCE = Provenance(
    command="twin run scenario.yaml --out out",
    started=datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
    ended=datetime(2026, 3, 2, 9, 1, tzinfo=UTC),
    version="0.1.0",
    software={"Python": "3.11", "numpy": "2.1"},
    platform="Linux x86_64",
    hashes={"twin": "a" * 64, "scenario": "b" * 64},
    seed=7,
    semantics=1,
)
TWIN: dict[str, Any] = {
    "twin": "Desk <img src=x onerror='alert(1)'",
    "clock": {"starts": "2026-01-05", "zone": "UTC"},
    "teams": {"clerks": {"people": 2, "cost": "50 EUR/h"}},
    "stages": {"answer": {"team": "clerks"}},
    "work": {
        "letter": {
            "arrivals": {"kind": "poisson", "rate": "60 / week"},
            "sla": {"lead_time": "8 h", "share": "85 %"},
            "steps": [{"stage": "answer", "effort": {"kind": "exponential", "mean": "4 h"}}],
        }
    },
}
SCENARIOS: dict[str, Any] = {
    "slower": [{"scale": "work.letter.steps.answer.effort", "by": 1.2}],
    "one more clerk": [{"add": 1, "to": "teams.clerks.people"}],
    "under another name": [],
    HOSTILE: [{"scale": "work.letter.steps.answer.effort", "by": 0.9}],
}


def results(scenarios: dict[str, Any], **run: Any) -> Results:
    return run_experiment(
        Experiment.model_validate(
            {
                "question": f"Would one more clerk help? {HOSTILE}",
                "base": "twin.yaml",
                "scenarios": scenarios,
                "run": {"warm_up": "1 w", "length": "6 w", "replications": 4, "seed": 7} | run,
                "answer": {"metric": "lead_time", "statistic": "p85", "better": "lower", "worth": "30 min"},
            }
        ),
        Twin.model_validate(TWIN),
    )


@pytest.fixture(scope="module")
def ran() -> Results:
    return results(SCENARIOS)


@pytest.fixture(scope="module")
def compared(ran: Results) -> Comparison:
    return compare_results(ran)


@pytest.fixture(scope="module")
def page(ran: Results, compared: Comparison) -> str:
    return report_page(ran, compared, provenance=PROVENANCE)


@pytest.fixture(scope="module")
def sections(ran: Results, compared: Comparison) -> tuple[Section, ...]:
    return comparison_sections(ran, compared, provenance=PROVENANCE)


def texts(sections: tuple[Section, ...]) -> Iterator[str]:
    """Give every text of the sections."""
    for section in sections:
        yield section.title
        for part in section.body:
            if part.kind == "table":
                yield from (str(cell) for row in (part.columns, *part.rows) for cell in row)
            elif part.kind == "bullets":
                yield from part.lines
            else:
                yield part.text if part.kind == "paragraph" else part.note


def written(sections: tuple[Section, ...]) -> str:
    return "\n".join(texts(sections))


def tables(sections: tuple[Section, ...], title: str) -> dict[str, Table]:
    """Give the tables of a section by their scenario."""
    [section] = [each for each in sections if each.title == title]
    return {part.title: part for part in section.body if isinstance(part, Table)}


def test_the_first_screen_asks_the_question_and_gives_a_sentence_for_each_scenario(
    ran: Results, compared: Comparison
) -> None:
    plain = report_page(ran, compared._replace(question="Would a clerk help?"), provenance=PROVENANCE)
    first_screen = plain.partition("<main>")[0]

    assert [
        sentence
        for sentence in (
            "Would a clerk help?",
            "one more clerk is worth it: p85 lead time falls by",
            "slower does harm: p85 lead time rises by",
        )
        if sentence not in first_screen
    ] == []


def test_scenarios_stand_in_the_order_of_what_helps_most(compared: Comparison) -> None:
    assert [each.name for each in ranked(compared)] == ["one more clerk", HOSTILE, "under another name", "slower"]


def test_where_higher_is_better_the_greatest_rise_helps_most(compared: Comparison) -> None:
    upside_down = compared._replace(answer=compared.answer.model_copy(update={"better": "higher"}))

    assert ranked(upside_down)[0].name == "slower"


def test_the_headline_sorts_scenarios_by_judgement(compared: Comparison) -> None:
    assert headline(compared).startswith("Worth it: one more clerk")


def test_the_same_twin_under_another_name_is_no_difference(compared: Comparison) -> None:
    assert "No difference: under another name." in headline(compared)


def test_a_scenario_that_changes_nothing_has_a_sentence_in_place_of_a_table(sections: tuple[Section, ...]) -> None:
    [figures] = [each for each in sections if each.title == "Key figures"]
    said = [part.text for part in figures.body if isinstance(part, Paragraph)]

    assert "under another name: no difference; every figure is the same in every pair." in said


def test_the_level_without_a_change_has_its_interval_and_n(compared: Comparison) -> None:
    pattern = (
        r"Without a change, 85 of 100 items are done within [\d.]+ h \([\d.]+ to [\d.]+\) of their arrival: "
        r"that is p85 lead time; 95 % interval, n = 4\."
    )

    assert re.fullmatch(pattern, say_baseline(compared))


def test_every_chart_says_n_seed_horizon_and_interval(sections: tuple[Section, ...]) -> None:
    basis = "n = 4 replications, seed 7, 6 weeks after a warm-up of 1 week; 95 % intervals."
    notes = [part.note for section in sections for part in section.body if part.kind == "chart"]

    assert notes
    assert [note for note in notes if not note.endswith(basis)] == []


@pytest.mark.parametrize("section", ["Key figures", "All figures, by type of work and team"])
def test_no_figure_stands_without_its_interval(sections: tuple[Section, ...], section: str) -> None:
    figures = [cell for table in tables(sections, section).values() for row in table.rows for cell in row[1:4]]

    assert figures
    assert [cell for cell in figures if not re.search(r"\(\S+ to \S+\)|0 in every pair", str(cell))] == []


def test_key_figures_begin_with_the_figure_that_was_asked_for(sections: tuple[Section, ...]) -> None:
    assert {table.rows[0][0] for table in tables(sections, "Key figures").values()} == {"p85 lead time"}


def test_best_and_worst_are_said_in_words(sections: tuple[Section, ...]) -> None:
    shown = tables(sections, "Key figures")

    assert [shown[name].rows[0][-1] for name in ("one more clerk", HOSTILE, "slower")] == ["best", "better", "worst"]


def test_a_busier_team_is_neither_better_nor_worse(sections: tuple[Section, ...]) -> None:
    [row] = [row for row in tables(sections, "Key figures")["slower"].rows if row[0] == "utilisation of clerks, %"]

    assert row[-1] == "busier"


def test_what_was_changed_is_told_line_by_line(sections: tuple[Section, ...]) -> None:
    assert "teams.clerks.people: 2 → 3" in written(sections)


@pytest.mark.parametrize(
    "fact",
    [
        "Replications: 4 of the baseline and of each scenario, the number given.",
        "Seed: 7;",
        "Horizon: 6 weeks from 2026-01-12 00:00 on, time of UTC.",
        "The horizon is too short to test whether that was enough.",
        "held exactly on each of the 20 runs",
        "Little's law per stage",
        "Overload:",
        "not how sure the twin's own figures are",
        "It is not the chance that the organisation will gain as much.",
        f"SHA-256 of twin: {'a' * 64}",
        "random numbers 1",
    ],
)
def test_the_method_tells(sections: tuple[Section, ...], fact: str) -> None:
    assert fact in written(sections)


def test_when_and_how_it_was_run_changes_no_byte_of_the_report(ran: Results, compared: Comparison, page: str) -> None:
    later = replace(PROVENANCE, command="twin run s.yaml", ended=datetime(2027, 1, 1, tzinfo=UTC))

    assert report_page(ran, compared, provenance=later) == page


def test_the_report_says_what_pairing_gained(sections: tuple[Section, ...]) -> None:
    [table] = tables(sections, "Method and limits").values()
    ratios = {row[0]: row[3] for row in table.rows}

    assert isinstance(ratios["one more clerk"], float)
    assert ratios["under another name"] is None


def test_a_team_without_a_free_hour_is_named() -> None:
    flooded = results({"twice the letters": [{"scale": "work.letter.arrivals.rate", "by": 3}]}, replications=2)
    told = written(comparison_sections(flooded, compare_results(flooded), provenance=PROVENANCE))

    assert re.search(r"hardly any free hour: clerks \d+ % \(twice the letters\)", told)


def test_warnings_of_the_comparison_are_shown(ran: Results, compared: Comparison) -> None:
    warned = compared._replace(warnings=("the interval is too narrow",))
    [first, *_] = comparison_sections(ran, warned, provenance=PROVENANCE)

    assert Bullets(("Mind: the interval is too narrow",)) in first.body


def test_a_report_without_an_interval_is_refused(ran: Results, compared: Comparison) -> None:
    first, *others = compared.scenarios
    alone = first._replace(asked=replace(first.asked, low=None, high=None, n=1))

    with pytest.raises(InputError, match="run at least 2"):
        report_page(ran, compared._replace(scenarios=(alone, *others)), provenance=PROVENANCE)


def test_a_report_without_a_scenario_is_refused(ran: Results, compared: Comparison) -> None:
    with pytest.raises(InputError, match="at least one scenario"):
        report_page(ran, compared._replace(scenarios=()), provenance=PROVENANCE)


def test_a_horizon_below_a_week_has_no_weeks_to_draw() -> None:
    short = results({"one more clerk": SCENARIOS["one more clerk"]}, length="5 d", replications=2)

    assert "no week to draw" in written(comparison_sections(short, compare_results(short), provenance=PROVENANCE))


def test_many_scenarios_leave_the_page_readable(ran: Results) -> None:
    copies = [(f"copy {number}", ran.runs[2]) for number in range(SHOWN + 20)]
    runs = tuple(run._replace(candidate=run.candidate._replace(name=name)) for name, run in copies)
    many = ran._replace(runs=(ran.runs[0], *runs))
    sections = comparison_sections(many, compare_results(many), provenance=PROVENANCE)

    assert len(tables(sections, "Key figures")) == SHOWN
    assert "copy 25 is worth it: p85 lead time" in written(sections)


def test_hostile_names_add_no_tag(page: str) -> None:
    assert page.count("<script") == page.count('<script type="application/json">') + 1
    assert "<img" not in page.partition("<script>")[0]


def test_hostile_names_stand_in_the_data_of_charts_only(sections: tuple[Section, ...]) -> None:
    specs = [part.spec for section in sections for part in section.body if part.kind == "chart"]
    grammar = [{name: part for name, part in spec.items() if name != "datasets"} for spec in specs]

    assert "owned" in json.dumps(specs)
    assert "owned" not in json.dumps(grammar)


def test_the_page_stays_below_one_and_a_half_megabytes(page: str) -> None:
    assert len(page.encode()) < 1_500_000


def test_equal_input_gives_equal_bytes(ran: Results, compared: Comparison, page: str) -> None:
    again = results(SCENARIOS)

    assert report_page(again, compare_results(again), provenance=PROVENANCE) == page
    assert results_json(again, compare_results(again)) == results_json(ran, compared)


def strict(text: str) -> Any:
    return json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_results_json_is_strict_and_holds_the_comparison(ran: Results, compared: Comparison) -> None:
    told = strict(results_json(ran, compared))
    [clerk] = [each for each in told["scenarios"] if each["name"] == "one more clerk"]
    [asked] = [each.asked for each in compared.scenarios if each.name == "one more clerk"]

    assert (told["schema_version"], told["run"]["seed"], told["run"]["replications"]) == (1, 7, 4)
    assert (clerk["asked"]["effect"], clerk["asked"]["low"], clerk["asked"]["high"]) == (
        asked.effect,
        asked.low,
        asked.high,
    )


def test_results_json_tells_every_replication(ran: Results, compared: Comparison) -> None:
    told = strict(results_json(ran, compared))
    asked = next(
        figure
        for figure in told["runs"][0]["figures"]
        if (figure["metric"], figure["statistic"]) == ("lead_time", "p85")
    )

    assert sum(asked["values"]) / 4 == pytest.approx(compared.baseline.value)


def test_an_unknown_number_is_null_in_results_json(ran: Results, compared: Comparison) -> None:
    unknown = compared._replace(baseline=replace(compared.baseline, value=float("nan"), high=float("inf")))
    told = strict(results_json(ran, unknown))

    assert (told["baseline"]["value"], told["baseline"]["high"]) == (None, None)


def test_the_three_files_belong_together(ran: Results, compared: Comparison, tmp_path: Path) -> None:
    report, numbers, manifest = write_report(tmp_path, ran, compared, provenance=PROVENANCE)
    told = strict(manifest.read_text(encoding="utf-8"))

    assert told["files"] == {file.name: sha256(file.read_bytes()).hexdigest() for file in (report, numbers)}
    assert (told["seed"], told["hashes"], told["started"]) == (7, PROVENANCE.hashes, "2026-03-02T09:00:00Z")
