"""What the README shows is what happens."""

import re
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from calibration.interventions import Interventions
from calibration.sources.meanings import Meanings
from twin.cli import app
from twin.marks import read_marked
from twin.scenario import Experiment

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = sorted(set(re.findall(r"twin (\w+)", "\n".join(re.findall(r"^    .*", README, re.MULTILINE)))))


BLOCKS = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("yaml", [block for block in BLOCKS if block.startswith("statuses:")])
def test_meanings_in_the_readme_are_valid(yaml: str) -> None:
    assert Meanings.model_validate(read_marked(yaml.encode(), "README.md").value).statuses["New"].means == "waiting"


@pytest.mark.parametrize("yaml", [block for block in BLOCKS if block.startswith("interventions:")])
def test_past_changes_in_the_readme_are_valid(yaml: str) -> None:
    value = read_marked(yaml.encode(), "README.md").value
    assert "a third reviewer joined" in Interventions.model_validate(value).interventions


@pytest.mark.parametrize("yaml", [block for block in BLOCKS if not block.startswith(("statuses:", "interventions:"))])
def test_a_scenario_in_the_readme_is_valid(yaml: str) -> None:
    value = read_marked(yaml.encode(), "README.md").value
    assert TypeAdapter(Experiment).validate_python(value).question == value["question"]


@pytest.mark.parametrize("verb", COMMANDS)
def test_a_command_in_the_readme_exists(verb: str) -> None:
    assert verb in {command.name for command in app.registered_commands}


@pytest.mark.parametrize("path", re.findall(r"\]\((docs/[^)]+)\)|`((?:docs|notebooks)/[\w./]+)`", README))
def test_a_file_the_readme_names_is_there(path: tuple[str, str]) -> None:
    assert (ROOT / (path[0] or path[1])).is_file()
