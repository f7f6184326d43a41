"""The page of managers' questions answers every file of the organisation, scenario by scenario."""

from commands import ROOT

from twin.project import load_experiment

PAGE = (ROOT / "docs" / "questions.md").read_text()
FILES = sorted(file for file in (ROOT / "scenarios" / "company").glob("*.yaml") if file.name != "twin.yaml")


def test_there_are_eighteen_questions_at_least() -> None:
    assert len(FILES) >= 18


def test_every_question_is_on_the_page_with_an_answer_for_every_scenario() -> None:
    missing = []
    for file in FILES:
        experiment = load_experiment(file).experiment
        part = PAGE.partition(f"## {experiment.question}\n")[2].partition("\n## ")[0]
        answers = [line for line in part.splitlines() if line.startswith("- ")]
        missing += [name for name in experiment.scenarios if not any(name in answer for answer in answers)]
    assert missing == []
