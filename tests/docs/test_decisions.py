"""The page of decisions answers every example that asks for one."""

from pathlib import Path

import pytest
from commands import ROOT

from twin.project import load_experiment

PAGE = (ROOT / "docs" / "decisions.md").read_text()
FILES = sorted(file for file in (ROOT / "scenarios" / "payments").glob("*.yaml") if file.name != "twin.yaml")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_example_is_on_the_page_with_its_question_and_an_answer(file: Path) -> None:
    question = load_experiment(file).experiment.question
    part = PAGE.partition(f"## {question}\n")[2].partition("\n## ")[0]
    assert any(line.startswith("- ") for line in part.splitlines())
