"""The questions that managers ask, answered: every scenario file of an organisation with its changes and effects.

Run ``python -m benchmarks.questions``: it answers the files in ``scenarios/company`` and writes the page
``docs/questions.md``. The number of replications is that of the page, not of the files, which run until the answer is
narrow enough.
"""

from pathlib import Path
from typing import Final

from twin.compare import compare_results, unit_of
from twin.experiment import run_experiment
from twin.project import load_experiment
from twin.wording import say_estimate

ROOT = Path(__file__).parents[1]
FILES = ROOT / "scenarios" / "company"
PAGE = ROOT / "docs" / "questions.md"
REPLICATIONS = 20

HEAD: Final = f"""# Questions that managers ask

Written by `python -m benchmarks.questions`. One organisation, `scenarios/company/twin.yaml`: {{people}} people in
functional departments who build a product and answer requests about it, with two gates, a release train, planning and
reporting. Its figures are made up, of the size that such organisations report, so the answers are no advice for yours:
the way to ask is what to take along. Each answer rests on {REPLICATIONS} paired replications of 52 weeks after 26 weeks
of warm-up; the intervals hold the noise of the simulation only.
"""


def section(file: Path) -> str:
    """Answer a scenario file, and write the question with its answers."""
    loaded = load_experiment(file)
    run = loaded.experiment.run.model_copy(update={"replications": REPLICATIONS})
    results = run_experiment(loaded.experiment.model_copy(update={"run": run}), loaded.base, engine="compiled")
    comparison = compare_results(results)
    answer = comparison.answer
    figure = f"{answer.statistic} {answer.metric.replace('_', ' ')} of {answer.scope}"
    lines = [f"## {comparison.question}", "", f"`{file.relative_to(ROOT)}`", ""]
    lines += [f"As it is, the {figure} is {say_estimate(comparison.baseline, unit_of(answer))}.", ""]
    for each in comparison.scenarios:
        told = "; ".join(each.changed[:3]) + (f"; and {len(each.changed) - 3} more" if len(each.changed) > 3 else "")
        lines += [f"- {each.verdict.sentence} <br> Changed: {told}."]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Answer them all."""
    files = sorted(file for file in FILES.glob("*.yaml") if file.name != "twin.yaml")
    parts = []
    for file in files:
        parts.append(section(file))
        print(parts[-1], flush=True)
    twin = load_experiment(files[0]).base
    people = sum(group.count for team in twin.teams.values() for group in team.groups())
    PAGE.write_text("\n".join([HEAD.format(people=people), *parts]), encoding="utf-8")


if __name__ == "__main__":
    main()
