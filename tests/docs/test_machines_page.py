"""The page of machines in a learned twin answers the scenarios that it shows, and both twins can be asked them."""

import re

import pytest
from commands import ROOT

from benchmarks.machines import SCENARIO, TRUTH, at_steps, experiment
from twin.automated import automated
from twin.project import load_twin
from twin.scenario import apply

PAGE = (ROOT / "docs" / "machines.md").read_text()


def test_the_page_shows_the_scenarios_that_were_asked() -> None:
    assert f"```yaml\n{SCENARIO}```" in PAGE


@pytest.mark.parametrize("name", experiment().scenarios)
def test_every_scenario_has_its_load_both_effects_and_a_verdict(name: str) -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith(f"| {name} |")]
    verdicts = [
        line for line in PAGE.splitlines() if re.match(rf"- (Whether )?{re.escape(name)} (is|does|makes)", line)
    ]
    assert (len(rows), len(verdicts)) == (2, 1)


def test_the_organisation_is_asked_the_same_at_its_steps() -> None:
    changed = [apply(load_twin(TRUTH), changes).work["feature"] for changes in at_steps().scenarios.values()]
    assert [sorted(each.stage for each in automated(work)) for work in changed] == [
        ["build"],
        ["build"],
        ["refine"],
        [],
        ["build", "refine"],
        [],
    ]
