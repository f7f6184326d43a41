"""How much common random numbers narrow the answers to the questions of ``scenarios/company``.

Run ``python -m benchmarks.pairing``: it runs each question's scenarios on the same random numbers as the baseline,
prints the table and writes it to ``pairing.md`` beside it and in ``docs``. With d the differences by replication and
b, c both sides,

    ratio = Var(d) / (Var(b) + Var(c)),

the variance of a paired difference over that of the same difference under independent seeds, which is the sum of the
sides'. At a ratio of 1/3 a third of the replications give the same interval; above 1 pairing would do harm.
"""

from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

from twin.compare import words_of
from twin.estimate import Difference, paired_difference
from twin.experiment import asked_values, run_experiment
from twin.project import load_experiment

ROOT: Final = Path(__file__).parents[1]
FOLDER: Final = ROOT / "scenarios" / "company"
PAGES: Final = (Path(__file__).with_suffix(".md"), ROOT / "docs" / "pairing.md")
REPLICATIONS: Final = 30
ALLOWED: Final = 1 / 3


class Paired(NamedTuple):
    """One scenario held against its baseline."""

    question: str  # name of the file
    figure: str
    scenario: str
    difference: Difference

    @property
    def ratio(self) -> float | None:
        """Variance of the paired difference over that under independent seeds; None where it does not vary."""
        gain = self.difference.variance_ratio
        return None if gain is None else 1 / gain


def questions() -> list[Path]:
    """List the questions that compare scenarios."""
    files = sorted(FOLDER.glob("*.yaml"))
    return [file for file in files if "\nscenarios:" in file.read_text(encoding="utf-8")]


def measured(file: Path, replications: int = REPLICATIONS) -> Iterator[Paired]:
    """Run a question."""
    loaded = load_experiment(file, root=ROOT)
    asked = loaded.experiment
    run = asked.run.model_copy(update={"replications": replications})
    found = run_experiment(asked.model_copy(update={"run": run}), loaded.base, engine="compiled")
    base, *others = found.runs
    for other in others:
        difference = paired_difference(asked_values(base, asked.answer), asked_values(other, asked.answer))
        yield Paired(file.stem, words_of(asked.answer), other.candidate.name, difference)


def by_question(found: list[Paired]) -> dict[str, float]:
    """Give each question's ratio: the median of its scenarios'."""
    ratios: dict[str, list[float]] = {}
    for each in found:
        if each.ratio is not None:
            ratios.setdefault(each.question, []).append(each.ratio)
    return {question: median(values) for question, values in ratios.items()}


def page(found: list[Paired]) -> str:
    """Write the table and what to read from it."""
    questions_, ratios = by_question(found), [each.ratio for each in found if each.ratio is not None]
    harmed = [each for each in found if each.ratio is not None and each.ratio > 1]
    middle = median(questions_.values())
    bad = "; ".join(f"{each.question}, {each.scenario}" for each in harmed)
    head = f"""# What pairing gains

Written by `python -m benchmarks.pairing`: {REPLICATIONS} replications of each scenario of the company twin, seeds as
in the files. Ratio: variance of the paired difference over that under independent seeds.

- Median ratio over the {len(questions_)} questions: **{middle:.2f}**; at most {ALLOWED:.2f} is asked, which is \
{"met" if middle <= ALLOWED else "NOT met"}. Over the {len(ratios)} scenarios: {median(ratios):.2f}.
- Median correlation of the two sides: {median(_correlations(found)):.2f}.
- Pairing increases the variance in {len(harmed)} of {len(ratios)} scenarios{": " + bad if bad else ""}.

| question | figure | scenario | correlation | ratio |
| --- | --- | --- | --- | --- |
"""
    rows = [
        "| " + " | ".join((*each[:3], _told(each.difference.correlation), _told(each.ratio))) + " |" for each in found
    ]
    foot = """
The larger a change, the less both sides have in common; where a scenario changes nothing that the figure depends on,
the difference is 0 in every replication and has no ratio.
"""
    return head + "\n".join(rows) + "\n" + foot


def _correlations(found: list[Paired]) -> list[float]:
    return [each.difference.correlation for each in found if each.difference.correlation is not None]


def _told(number: float | None) -> str:
    return "no difference" if number is None else f"{number:.2f}"


def main() -> None:
    """Print the table and write it beside this script and into the documents."""
    text = page([each for file in questions() for each in measured(file)])
    for place in PAGES:
        place.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
