"""The page of managers' questions answers every file of the organisation, scenario by scenario."""

from functools import cache
from pathlib import Path
from typing import Any

from commands import ROOT

from benchmarks.questions import first, notes
from twin.project import load_experiment
from twin.scenario import difference, phases

PAGE = (ROOT / "docs" / "questions.md").read_text()
FILES = sorted(file for file in (ROOT / "scenarios" / "company").glob("*.yaml") if file.name != "twin.yaml")

loaded = cache(load_experiment)


def part_of(file: Path) -> str:
    """What the page says of a question."""
    return PAGE.partition(f"## {loaded(file).experiment.question}\n")[2].partition("\n## ")[0]


def changed(file: Path, changes: Any) -> tuple[str, ...]:
    """What a scenario changes, in words."""
    before = loaded(file).base
    start, later = phases(before, changes)
    lines = list(difference(before, start))
    for (at, after), earlier in zip(later, [start, *(twin for _, twin in later)], strict=False):
        lines += [f"from {at:%Y-%m-%d}: {line}" for line in difference(earlier, after)]
    return tuple(lines)


def test_there_are_eighteen_questions_at_least() -> None:
    assert len(FILES) >= 18


def test_every_question_is_on_the_page_with_an_answer_for_every_scenario() -> None:
    missing = []
    for file in FILES:
        answers = [line for line in part_of(file).splitlines() if line.startswith("- ")]
        scenarios = loaded(file).experiment.scenarios
        missing += [name for name in scenarios if not any(name in answer for answer in answers)]
    assert missing == []


def test_the_page_answers_what_the_files_ask_now() -> None:
    """Whoever changes a scenario has it answered again: the page tells what each one changes, and the files' notes."""
    missing = []
    for file in FILES:
        told = [f"Changed: {first(changed(file, each))}." for each in loaded(file).experiment.scenarios.values()]
        missing += [(file.stem, text) for text in [*notes(file), *told] if text not in part_of(file)]
    assert missing == []
