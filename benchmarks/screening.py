"""What it costs to screen fifty scenarios over an ensemble of twenty twins, to 5 % precision, on the demonstration.

Run ``python -m benchmarks.screening``: it learns the demonstration's twin from its log, runs fifty changes of it with
their report by one ``twin run`` in a process of its own, prints what that took and writes it to ``screening.md``.

5 % precision is asked of the luck of the simulation, in the difference that each change makes: a half-width (95 %) of
at most 5 % of the baseline's p85 lead time of features, which 40 replications told beforehand. More replications do not
narrow what the log leaves open, so where that is more than twice as wide they end before (`twin.experiment`). Both are
told: how many of the fifty have so little luck in them, and how many have an interval so narrow as a whole.

The changes are what a person would think of: people, effort, demand, rework, limits, queue rules, delays, and pairs.
Units: seconds; hours of the clock.
"""

import json
import os
import platform
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

from benchmarks.commands import Spent, called
from benchmarks.reference import _processor
from calibration.demo import halve_the_rework, limit_build, merge_builders
from twin.project import load_twin
from twin.spec import Twin

PAGE: Final = Path(__file__).with_suffix(".md")
SCENARIOS: Final = 50
SHARE: Final = 0.05
GOAL_SECONDS: Final = 60
CORES: Final = 2
PILOT: Final = 40
RUN: Final[dict[str, Any]] = {"warm_up": "8 w", "length": "26 w", "seed": 7}
ANSWER: Final = {"metric": "lead_time", "statistic": "p85", "work": "feature", "better": "lower", "worth": "8 h"}

Changes = list[dict[str, Any]]


class Screened(NamedTuple):
    """What came of fifty scenarios."""

    spent: Spent
    again: Spent  # the same, answered before
    replications: int
    members: int
    level: float  # of the baseline, hours
    luck: tuple[float, ...]  # half-widths of the luck of the simulation, hours
    whole: tuple[float, ...]  # of the whole intervals
    judged: dict[str, int]  # scenarios by judgement


def singles(twin: Twin) -> Iterator[tuple[str, Changes]]:
    """List changes of one thing, or of one kind of thing."""
    for team in twin.teams:
        yield f"one more in {team}", [{"add": 1, "to": f'teams."{team}".people'}]
        yield f"two more in {team}", [{"add": 2, "to": f'teams."{team}".people'}]
        yield f"shortest first in {team}", [{"set": f'teams."{team}".queue', "to": "shortest"}]
    for stage in twin.stages:
        paths = [f"work.{name}.route.efforts.{stage}" for name, work in twin.work.items() if stage in _stages(work)]
        yield f"a tenth less effort in {stage}", [{"scale": path, "by": 0.9} for path in paths]
        yield f"a fifth less effort in {stage}", [{"scale": path, "by": 0.8} for path in paths]
    for name, work in twin.work.items():
        rate = "rate" if work.arrivals.kind == "poisson" else "gap"
        yield f"a tenth less {name}", [_demand(name, rate, 0.9)]
        yield f"a twentieth more {name}", [_demand(name, rate, 1.05)]
    yield "half the rework", halve_the_rework(twin)
    yield "a limit on build", limit_build(twin)
    yield "one team that builds and serves", merge_builders(twin)


def _stages(work: Any) -> set[str]:
    return set() if work.route is None else set(work.route.efforts)


def _demand(work: str, rate: str, by: float) -> dict[str, Any]:
    return {"scale": f"work.{work}.arrivals.{rate}", "by": by if rate == "rate" else 1 / by}


def scenarios(twin: Twin) -> dict[str, Changes]:
    """Give fifty scenarios: single changes, then half the rework together with another, until there are so many."""
    found = dict(singles(twin))
    rework = found["half the rework"]
    pairs = [(f"{name}, and half the rework", [*changes, *rework]) for name, changes in found.items()]
    spare = iter([pair for pair in pairs if "more in" in pair[0] or "less effort" in pair[0]])
    while len(found) < SCENARIOS:
        name, changes = next(spare)
        found[name] = changes
    return dict(list(found.items())[:SCENARIOS])


def ask(file: Path, made: dict[str, Changes], **run: Any) -> Path:
    """Write a scenario file beside the demonstration's twin; JSON is YAML too."""
    question = "Which of fifty changes would shorten the delivery of features?"
    told = {"question": question, "base": "learned", "scenarios": made, "run": RUN | run, "answer": ANSWER}
    file.write_text(json.dumps(told), encoding="utf-8")
    return file


def screened(folder: Path) -> Screened:
    """Learn the demonstration's twin, and screen fifty scenarios of it."""
    demo = folder / "demo"
    called(("demo", "--out", str(demo), "--quiet"))
    twin = load_twin(demo / "learned" / "twin.yaml")
    made = scenarios(twin)
    first = dict(list(made.items())[:1])
    called(("run", str(ask(demo / "pilot.yaml", first, replications=PILOT)), "--out", str(folder / "pilot"), "--quiet"))
    level = _asked(json.loads((folder / "pilot" / "results.json").read_text()))["baseline"]["value"]
    file = ask(demo / "fifty.yaml", made, replications="auto", precision=f"{SHARE * level:.3f} h")
    call = ("run", str(file), "--out", str(folder / "out"), "--json")
    told, spent = called(call)
    _, again = called(call)
    answered, results = json.loads(told), json.loads((folder / "out" / "results.json").read_text())
    return Screened(
        spent, again, answered["replications"], answered["members"], level, *_widths(results), _judged(answered)
    )


def _asked(results: dict[str, Any]) -> dict[str, Any]:
    """Give the asked figure of the first scenario, with its baseline."""
    named = (ANSWER["metric"], ANSWER["statistic"], ANSWER["work"])
    figures = results["scenarios"][0]["figures"]
    found: dict[str, Any] = next(
        each for each in figures if (each["metric"], each["statistic"], each["scope"]) == named
    )
    return found


def _widths(results: dict[str, Any]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Give the half-widths of the asked differences: of their luck, and whole."""
    asked = [each["asked"] for each in results["scenarios"]]
    return (
        tuple(float(each["parts"]["simulation"]) for each in asked),
        tuple((each["high"] - each["low"]) / 2 for each in asked),
    )


def _judged(answered: dict[str, Any]) -> dict[str, int]:
    found = [each["judgement"] for each in answered["scenarios"]]
    return {name: found.count(name) for name in dict.fromkeys(found)}


def page(found: Screened) -> str:
    """Write the figures down."""
    count, target = len(found.luck), SHARE * found.level
    setting = f"{_processor()}, {os.cpu_count()} shared cores; Python {platform.python_version()}"
    busy = f"load {os.getloadavg()[2]:.1f} over the last 15 minutes"
    runs = found.replications * (1 + count)
    kept = "kept" if found.spent.wall <= GOAL_SECONDS else "not kept"
    estimated = "kept" if found.spent.processor <= GOAL_SECONDS else "not kept"
    judged = ", ".join(f"{number} {name}" for name, number in found.judged.items())
    lucky, narrow = (sum(each <= target for each in widths) for widths in (found.luck, found.whole))
    told = (
        f"{found.replications} replications of each of {1 + count} models, {runs:,} in all. 5 % of the baseline's p85 "
        f"lead time of features ({found.level:.0f} h) are {target:.1f} h. The luck of the simulation is that narrow in "
        f"{lucky} of {count} differences (widest {max(found.luck):.1f} h), the whole interval in {narrow} (widest "
        f"{max(found.whole):.0f} h): the rest is what the log leaves open of the parameters, which replications do not "
        f"narrow.\n\nOf the {count}: {judged}.\n"
    )
    goal = (
        f"The goal: {SCENARIOS} scenarios to 5 % within {GOAL_SECONDS} seconds on {CORES} cores: by the wall, {kept}; "
        f"by processor seconds, {estimated}. A replication of this twin is too short for two threads to gain, so one "
        "core does nearly all of it."
    )
    lines = [
        "# What it costs to screen fifty scenarios over an ensemble\n",
        f"{setting}, {busy}; {time.strftime('%Y-%m-%d', time.gmtime())}.\n",
        "Written by `python -m benchmarks.screening`: one `twin run` in a process of its own, its report included, of",
        f"{count} scenarios over the {found.members} twins of `twin demo`'s ensemble, with a kept kernel.\n",
        "| | wall, s | processor, s |",
        "|---|---:|---:|",
        *(
            f"| {name} | {each.wall:.1f} | {each.processor:.1f} |"
            for name, each in (("run", found.spent), ("the same, answered before", found.again))
        ),
        "",
        told,
        goal,
        "\nOne shared machine, whose speed varies from hour to hour: other machines take other times.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print and write."""
    with TemporaryDirectory() as folder:
        text = page(screened(Path(folder)))
    PAGE.write_text(text, encoding="utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
