"""The questions that managers ask, answered: every scenario file of an organisation with its changes and effects.

Run ``python -m benchmarks.questions``: it answers the files in ``scenarios/company`` and writes the page
``docs/questions.md``. The number of replications is that of the page, not of the files, which run until the answer is
narrow enough. With names of files, ``python -m benchmarks.questions expedite_policy``, only their sections are written
anew: the answers of the others stand, which is right as long as neither the organisation nor the engine has changed;
``python -m benchmarks.questions --notes`` runs nothing and writes what the files say of themselves anew.
"""

import sys
from pathlib import Path
from typing import Final

from twin.compare import Row, ScenarioComparison, compare_results, unit_of
from twin.decide.transition import transitions
from twin.decide.transition_telling import say_transition
from twin.experiment import run_experiment
from twin.project import load_experiment
from twin.wording import figure, say_change, say_estimate

ROOT = Path(__file__).parents[1]
FILES = ROOT / "scenarios" / "company"
PAGE = ROOT / "docs" / "questions.md"
REPLICATIONS = 20
SMALL: Final = 0.05
"""Share of all cost of delay below which that of the work asked about is told by itself."""
FELT: Final = 0.1
"""A rise of a team's utilisation that is told besides."""
TOLD: Final = 3
"""Changes of a scenario that are told."""
MONEY: Final = {
    "running_cost": "cost of people and machines",
    "delay_cost": "cost of delay",
    "total_cost": "their sum",
}

HEAD: Final = f"""# Questions that managers ask

Written by `python -m benchmarks.questions`. One organisation, `scenarios/company/twin.yaml`: {{people}} people in
functional departments who build a product and answer requests about it, with two gates, a release train, planning and
reporting. Its figures are made up, of the size that such organisations report, so the answers are no advice for yours:
the way to ask is what to take along. Each answer rests on {REPLICATIONS} paired replications of 52 weeks after 26 weeks
of warm-up; the intervals hold the noise of the simulation only. Costs are those of people's hours, of machines by the
visit, and of delay in a straight line for items inside; what an item is worth once it is done is not in them.
"""


def section(file: Path) -> str:
    """Answer a scenario file, and write the question with its answers."""
    loaded = load_experiment(file)
    run = loaded.experiment.run.model_copy(update={"replications": REPLICATIONS})
    results = run_experiment(loaded.experiment.model_copy(update={"run": run}), loaded.base, engine="compiled")
    comparison = compare_results(results)
    answer = comparison.answer
    asked = f"{answer.statistic} {answer.metric.replace('_', ' ')} of {answer.scope}"
    lines = [f"## {comparison.question}", "", f"`{file.relative_to(ROOT)}`", "", *notes(file)]
    lines += [f"As it is, the {asked} is {say_estimate(comparison.baseline, unit_of(answer))}.", ""]
    for each in comparison.scenarios:
        lines += [f"- {each.verdict.sentence} <br> {beside(each, answer.scope)} <br> Changed: {first(each.changed)}."]
    lines += [f"- {say_transition(way)}" for way in transitions(results)]
    return "\n".join(lines) + "\n"


def first(changed: tuple[str, ...]) -> str:
    """Tell the first of what is changed, and how much more."""
    return "; ".join(changed[:TOLD]) + (f"; and {len(changed) - TOLD} more" if len(changed) > TOLD else "")


def notes(file: Path) -> list[str]:
    """Give what a file says of itself in the comment at its head, as a paragraph."""
    head = []
    for line in file.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        head.append(line.removeprefix("#").strip())
    return [" ".join(head), ""] if head else []


def with_notes(part: str, file: Path) -> str:
    """Give a section with what its file says of itself now."""
    before, answers = part.split("\nAs it is, the ", 1)
    title = before.splitlines()[0]
    return "\n".join([title, "", f"`{file.relative_to(ROOT)}`", "", *notes(file), f"As it is, the {answers}"])


def beside(scenario: ScenarioComparison, asked: str) -> str:
    """Say what a scenario does to cost per week, and which team is busiest.

    Where the work asked about is a small part of all cost of delay, its own is told as well: the other work's moves by
    luck, since other timing anywhere changes who meets whom.
    """
    rows = {(row.key.metric, row.key.scope): row for row in scenario.rows}
    told = [f"{name} {_change(rows[metric, 'all'])}" for metric, name in MONEY.items() if (metric, "all") in rows]
    own, whole = rows.get(("delay_cost", asked)), rows.get(("delay_cost", "all"))
    if own is not None and whole is not None and own.base.value < SMALL * whole.base.value:
        told.append(f"cost of delay of {asked} alone {_change(own)}")
    teams = [row for row in scenario.rows if row.key.metric == "utilisation"]
    before, after = max(teams, key=lambda row: row.base.value), max(teams, key=lambda row: row.changed.value)
    more = max(teams, key=lambda row: row.difference.effect)
    moved = f"The busiest team is {after.key.scope} at {figure(after.changed.value, 'share')}"
    moved += "" if before is after else f", not {before.key.scope} any more"
    if more is not after and more.difference.effect > FELT:
        moved += (
            f"; {more.key.scope} goes from {figure(more.base.value, 'share')} to {figure(more.changed.value, 'share')}"
        )
    return f"Per week: {'; '.join(told)}. {moved}."


def _change(row: Row) -> str:
    return "is the same in every pair" if row.difference.identical else say_change(row.difference, row.unit)


def main(*asked: str) -> None:
    """Answer them all, or those that are asked for."""
    files = sorted(file for file in FILES.glob("*.yaml") if file.name != "twin.yaml")
    known = {part.split("`")[1]: part for part in f"\n{PAGE.read_text(encoding='utf-8')}".split("\n## ")[1:]}
    parts = []
    for file in files:
        name = str(file.relative_to(ROOT))
        if asked and file.stem not in asked:
            parts.append(with_notes(f"## {known[name].rstrip()}\n", file))
            continue
        parts.append(section(file))
        print(parts[-1], flush=True)
    twin = load_experiment(files[0]).base
    people = sum(group.count for team in twin.teams.values() for group in team.groups())
    PAGE.write_text("\n".join([HEAD.format(people=people), *parts]), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
