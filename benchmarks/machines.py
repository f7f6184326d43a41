"""Machines on a twin that was learned from a log, asked as scenarios, beside what the organisation itself would show.

Run ``make demo``, then ``python -m benchmarks.machines demo/learned``: it asks the learned twin, and the made-up
organisation whose log it was learned from, what a machine that drafts a part of the work would do, and writes the page
``docs/machines.md``. In the learned twin machines stand on a route, in the organisation at steps of a line.
"""

import re
import sys
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

from twin.compare import Comparison, Row, compare_results, unit_of
from twin.ensemble import read_ensemble
from twin.experiment import run_experiment
from twin.offered import loads
from twin.project import load_twin
from twin.scenario import Experiment, apply
from twin.spec import Twin
from twin.wording import figure, say_estimate

ROOT: Final = Path(__file__).parents[1]
TRUTH: Final = ROOT / "scenarios" / "demo" / "twin.yaml"
PAGE: Final = ROOT / "docs" / "machines.md"
SCENARIO: Final = """\
question: What if a machine drafts a part of the features and reviewers check that, or building again took half as long?
base: learned
scenarios:
  40 % built by a machine, 5 % wrong:
    - set: work.feature.route.automation.build
      to: {share: 40 %, effort: 10 min, at_once: 10, errors: 5 %, checked_at: review}
  40 % built by a machine, 50 % wrong:
    - set: work.feature.route.automation.build
      to: {share: 40 %, effort: 10 min, at_once: 10, errors: 50 %, checked_at: review}
  40 % refined by a machine, 5 % wrong:
    - set: work.feature.route.automation.refine
      to: {share: 40 %, effort: 10 min, at_once: 10, errors: 5 %, checked_at: review}
  a third reviewer:
    - {add: 1, to: teams.review team.people}
  a third reviewer, 70 % refined and built by machines:
    - {add: 1, to: teams.review team.people}
    - set: [work.feature.route.automation.refine, work.feature.route.automation.build]
      to: {share: 70 %, effort: 10 min, at_once: 10, errors: 5 %, checked_at: review}
  building again takes half:
    - set: work.feature.route.rework.build
      to: {effort: 50 %}
run: {warm_up: 8 w, length: 26 w, replications: 20, seed: 7}
answer: {metric: cycle_time, statistic: p85, work: feature, better: lower, worth: 8 h}
"""
STAGES: Final = ("refine", "build", "review")
"""Stages whose loads are told."""
MET: Final = ("refine", "build", "review", "release")
"""Stages that features come to."""
HEAD: Final = """# Machines, and rework that takes less, in a twin that was learned from a log

Written by `python -m benchmarks.machines demo/learned`, after `make demo`. What a log teaches is a route. By one change
a machine stands on it, or work done again takes a share of the effort. Save this as `demo/drafts.yaml` and run
`twin run demo/drafts.yaml`:

```yaml
{scenario}```

Where `review` comes next, the check of a draft is that review: 5 % of the drafts go back then, instead of the share of
people's work that does. Where it does not, as after `refine`, the check is a review more. `twin check` tells loads:

| | refine | build | review |
|---|---|---|---|
{loads}

Building again is every visit of an item to `build` but its first. The made-up organisation was asked the same, with the
machine at its steps and the share of effort at its rework. p85 cycle time of features, 95 % intervals;
those of the learned twin hold luck and what its log leaves open, those of the organisation luck alone:

| | learned twin | organisation itself | busiest of the teams that features meet, in the learned twin |
|---|---|---|---|
{answers}

{said}

How often a machine is wrong and how long a check takes are in no log before there is a machine: try a range of both.
The way on from a machine is drawn anew, so pairs with the baseline are a little less alike than elsewhere. Where two
columns agree, the learned twin is a fair copy of this organisation; they do not say what a machine does to yours.
"""


def experiment(scenario: str = SCENARIO) -> Experiment:
    """Read the scenarios."""
    return Experiment.model_validate(YAML(typ="safe").load(scenario))


def at_steps() -> Experiment:
    """Ask the same where the machines stand at steps."""
    written = SCENARIO.replace("teams.review team.people", "teams.reviewers.people")
    written = written.replace("route.rework.build", "steps.review.rework.effort").replace("{effort: 50 %}", "50 %")
    return experiment(re.sub(r"route\.automation\.(\w+)", r"steps.\1.automation", written))


def _load_row(name: str, twin: Twin) -> str:
    by_team = loads(twin)
    told = [figure(by_team[twin.stages[stage].served_by()[0]], "share") for stage in STAGES]
    return f"| {name} | {' | '.join(told)} |"


def _answer_row(name: str, learned: Any, truth: Any, teams: list[Row]) -> str:
    before, after = max(teams, key=lambda row: row.base.value), max(teams, key=lambda row: row.changed.value)
    told = f"{after.key.scope}, {figure(after.base.value, 'share')} → {figure(after.changed.value, 'share')}"
    told += "" if before is after else f"; before it was {before.key.scope}"
    return f"| {name} | {_effect(learned)} | {_effect(truth)} | {told} |"


def _effect(asked: Any) -> str:
    return f"{asked.effect:+.0f} h ({asked.low:+.0f} to {asked.high:+.0f})"


def page(learned: Twin, mine: Comparison, real: Comparison) -> str:
    """Write the page."""
    named = experiment().scenarios
    lines = [_load_row("as it is", learned)]
    lines += [_load_row(name, apply(learned, changes)) for name, changes in named.items()]
    base = [say_estimate(each.baseline, unit_of(each.answer)) for each in (mine, real)]
    answers = [f"| as it is | {base[0]} | {base[1]} | |"]
    met = {learned.stages[stage].served_by()[0] for stage in MET}
    for one, other in zip(mine.scenarios, real.scenarios, strict=True):
        teams = [row for row in one.rows if row.key.metric == "utilisation" and row.key.scope in met]
        answers.append(_answer_row(one.name, one.asked, other.asked, teams))
    said = "\n".join(f"- {each.verdict.sentence}" for each in mine.scenarios)
    return HEAD.format(scenario=SCENARIO, loads="\n".join(lines), answers="\n".join(answers), said=said)


def main(folder: str = "demo/learned") -> None:
    """Ask both and write the page."""
    learned = load_twin(Path(folder))
    ensemble = read_ensemble(Path(folder), learned)
    if ensemble is None:
        sys.exit(f"{folder}: holds no ensemble of its twin as it is; run `make demo` anew")
    mine = compare_results(run_experiment(experiment(), learned, members=ensemble.members, engine="compiled"))
    real = compare_results(run_experiment(at_steps(), load_twin(TRUTH), engine="compiled"))
    PAGE.write_text(page(learned, mine, real), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
