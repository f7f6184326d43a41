"""Hold what-ifs of twins learned from aggregated metrics against those of the organisation behind the metrics.

Organisations of four shapes are drawn from ranges like the prior's, run for a year that nobody sees, and then for half
a year of which only a dashboard is kept. From the dashboard an ensemble is inferred; the 90 % interval of its answers
to "one more person in the busiest team" should hold the organisation's own answer, the mean of many runs, in 85 to 95 %
of cases. Where each true parameter stands among those of the plausible twins should be uniform: a rank statistic that
tells a wrong inference from an unlucky question (Talts and others 2018, Validating Bayesian inference algorithms with
simulation-based calibration, arXiv 1804.06788).

Run ``python -m benchmarks.aggregates``; it writes ``benchmarks/aggregates.md``. Other numbers (``--first``) are other
organisations: what is tried out while the inference is being worked on is tried on those, and never on these.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import chisquare

from calibration.asked import ASKED, REPLICATIONS
from calibration.candidate_twins import model_of, one, template_of, twin_of
from calibration.inference import Budget
from calibration.inferred import Inferred, infer_twins
from calibration.measurements import Answered
from calibration.organisation import Organisation
from calibration.priors import Prior, Settings, dimensions, settings_of
from calibration.sources.aggregates import Scope, Series, read_aggregates
from calibration.sources.metric_names import Metric
from calibration.summaries import Target, simulated, unscaled
from twin.engine import simulate
from twin.outcome import Outcome
from twin.plan import compile_model
from twin.spec import Twin
from twin.streams import Purpose, name_hash, uniforms
from twin.units import WEEK

HERE: Final = Path(__file__).parent
UNSEEN: Final = 52
SEEN: Final = 26
FIRST_DAY: Final = 20458 - 7 * UNSEEN
LONGEST_DELAY: Final = 36.3
"""Of an organisation, on the way to a stage, hours."""
TRUTH_RUNS: Final = 40
ASKED_WARM_UP, ASKED_WEEKS = 12, 26
"""Weeks, as of `calibration.asked`."""
ENDS: Final = (0.05, 0.95)
BINS: Final = 10
BUSY: Final = 0.8
RANKED: Final = ("rate", "available", "load", "effort")
"""Parameters that are numbers without ties."""

Floats = NDArray[np.float64]


class Shape(NamedTuple):
    """A kind of organisation and the dashboard it has."""

    name: str
    known: Organisation
    rate: float  # items a week, in the middle
    figures: tuple[tuple[str, str], ...]  # metric, and the stage or team it is of


class Case(NamedTuple):
    """One organisation, and what was said of it."""

    shape: str
    truth: float  # its own answer, hours
    low: float
    high: float
    a_priori: tuple[float, float]  # the same of twins drawn from the prior, hours
    ranks: tuple[float, ...]  # share of plausible twins below the organisation, in each of its parameters
    load: float  # of the busiest team, share
    seconds: float  # of processor time, for the inference
    whole: float  # the same, for all of the case


def _whole(*metrics: str) -> tuple[tuple[str, str], ...]:
    return tuple((metric, "") for metric in metrics)


_OFFICE: Final = ("mon-fri", "09:00-17:00", ())
TIMES: Final = ("lead_time_p50", "lead_time_p85", "lead_time_p95")
SHAPES: Final = (
    Shape(
        "one stage, people unknown: throughput, WIP, mean lead time",
        Organisation(("work",), ("team",), (0,), ("case",), (None,), *_OFFICE), 12.0,
        _whole("throughput", "wip", "lead_time"),
    ),
    Shape(
        "two stages, head-counts: arrivals, throughput, WIP, lead time percentiles of the whole",
        Organisation(("build", "check"), ("build", "check"), (0, 1), ("case",), (4.0, 2.0), *_OFFICE), 9.0,
        _whole("arrivals", "throughput", "wip", *TIMES),
    ),
    Shape(
        "three stages, head-counts: the same, with throughput and WIP of each stage",
        Organisation(("a", "b", "c"), ("a", "b", "c"), (0, 1, 2), ("case",), (2.0, 3.0, 1.0), *_OFFICE), 8.0,
        (*_whole("arrivals", "wip", *TIMES), *((metric, stage) for stage in "abc" for metric in ("throughput", "wip"))),
    ),
    Shape(
        "two stages of one team, head-count: arrivals, WIP, cycle time percentiles, utilisation",
        Organisation(("open", "close"), ("desk", ), (0, 0), ("case",), (3.0,), *_OFFICE), 15.0,
        (*_whole("arrivals", "wip", "cycle_time_p50", "cycle_time_p85"), ("utilisation", "desk")),
    ),
)  # fmt: skip


def drawn(shape: Shape, number: int) -> Settings:
    """Draw an organisation of a shape, one that runs without being overrun."""
    stages = len(shape.known.stages)
    prior = Prior(
        shape.known, np.array([shape.rate]), np.array([0.3]), *np.full((2, len(shape.known.teams)), np.nan),
        np.full(stages, 33.0), np.ones(stages, np.int64),
    )  # fmt: skip
    u = uniforms(
        seed=7, replication=number, place=name_hash(shape.name), work=0, numbers=np.arange(dimensions(prior)), visit=0,
        purpose=Purpose.DESIGN,
    )  # fmt: skip
    delay = np.where(u[-stages:] > 0.5, LONGEST_DELAY * (2 * u[-stages:] - 1), 0.0)  # of their own, not the prior's
    return one(settings_of(prior, ndtri(u)[None]), 0)._replace(delay=delay)


def dashboard(shape: Shape, twin: Twin, number: int) -> str:
    """Keep of a run what a dashboard shows, week by week."""
    run = simulate(compile_model(twin, until=(UNSEEN + SEEN) * WEEK), seed=1000 + number, engine="compiled")
    rows = ["period_start,metric,stage,team,value"]
    for week in range(UNSEEN, UNSEEN + SEEN):
        day = date(1970, 1, 1) + timedelta(days=FIRST_DAY + 7 * week)
        rows += [f"{day},{row}" for row in rows_of_week(shape, twin, run, week)]
    return "\n".join(rows) + "\n"


def rows_of_week(shape: Shape, twin: Twin, run: Outcome, week: int) -> Iterator[str]:
    """Give what the dashboard of an organisation shows of a week: metric, stage, team and value."""
    hours = [twin.teams[team].groups()[0].count * shape.known.weekly_hours for team in shape.known.teams]
    for text, of in shape.figures:
        name, _, percent = text.partition("_p")
        stage = shape.known.stages.index(of) if of in shape.known.stages and name != "utilisation" else -1
        team = shape.known.teams.index(of) if name == "utilisation" else -1
        series = Series(Metric(name, float(percent or 0), None), Scope("", "", ""), *(np.zeros(0),) * 3)
        # visits count where they end, so a week's use may be above all of it: the half-year's is shown
        span = (UNSEEN, UNSEEN + SEEN) if team >= 0 else (week, week + 1)
        edges = np.array(span, np.int64) * WEEK
        (value,) = unscaled(name, simulated(run, [Target(series, stage, team, -1, edges)], hours=hours))
        unit = " h" if "time" in name else ""
        if np.isfinite(value):
            yield f"{text},{of if stage >= 0 else ''},{of if team >= 0 else ''},{value:.4f}{unit}"
    for team, people in zip(shape.known.teams, shape.known.people, strict=True):
        if people is not None:
            yield f"people,,{team},{people:g}"


def asked(shape: Shape, number: int, budget: Budget) -> Case:
    """Infer twins from the dashboard of an organisation, and ask both."""
    settings = drawn(shape, number)
    twin = twin_of(shape.known, settings, name="Truth", starts=FIRST_DAY)
    began = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "metrics.csv"
        file.write_text(dashboard(shape, twin, number))
        stages = tuple(
            f"{stage}={shape.known.teams[team]}"
            for stage, team in zip(shape.known.stages, shape.known.serving, strict=True)
        )
        found = infer_twins(read_aggregates(file), name="Learned", stages=stages, budget=budget)
    seconds = time.process_time() - began
    team = int(np.median(found.members.load, axis=0).argmax())  # as the usual question has it
    members = np.unique(np.linspace(0, len(found.members.load) - 1, ASKED).round().astype(np.int64))
    alone = Settings._make(np.asarray(column)[None] for column in settings)
    own, learned, drawn_before = (
        _effects(found, each, team, replications)
        for each, replications in (
            (alone, TRUTH_RUNS),
            (Settings._make(column[members] for column in found.members), REPLICATIONS),
            (Settings._make(column[:ASKED] for column in found.before), REPLICATIONS),
        )
    )
    (low, high), before, truth = _interval(learned), _interval(drawn_before), float(own[0])
    whole = time.process_time() - began
    ranks = _ranks(found.plausible, settings)
    return Case(shape.name, truth, low, high, before, ranks, float(settings.load.max()), seconds, whole)


def _ranks(plausible: Settings, truth: Settings) -> tuple[float, ...]:
    """Give the share of plausible twins below the organisation, in each parameter."""
    below = [(getattr(plausible, name) < getattr(truth, name)).mean(axis=0) for name in RANKED]
    return tuple(np.concatenate(below).tolist())


def _effects(found: Inferred, settings: Settings, team: int, replications: int) -> Floats:
    """Answer the usual question as `calibration.asked` does, on the template, which takes a tenth of the time.

    Parameters
    ----------
    found
        Has the template's organisation and first day.
    settings
        Of twins, first axis (twins,).
    team
        Which has one more person.
    replications
        Of each twin.

    Returns
    -------
    NDArray
        Mean change of the mean lead time of each twin, hours, shape (twins,).
    """
    known, window = found.setup.organisation, np.array([ASKED_WARM_UP, ASKED_WARM_UP + ASKED_WEEKS], np.int64) * WEEK
    template = template_of(known, starts=found.setup.first, until=int(window[-1]))
    lead_time = Series(Metric("lead_time", 0.0, None), Scope("", "", ""), *(np.zeros(0),) * 3)
    asked_for = [Target(lead_time, -1, -1, -1, window)]
    more = settings._replace(people=settings.people + (np.arange(len(known.teams)) == team))
    shown = np.empty((2, len(settings.people), replications))
    for which, number, replication in np.ndindex(shown.shape):
        model = model_of(template, one((settings, more)[which], number))
        run = simulate(model, seed=1, replication=number * replications + replication, engine="compiled")
        shown[which, number, replication] = np.exp(simulated(run, asked_for, hours=()))[0]
    return np.asarray(np.nanmean(shown[1] - shown[0], axis=1))


def _interval(effects: Floats) -> tuple[float, float]:
    answer = Answered("more", "mean lead time", "h", effects[np.isfinite(effects)], 0.0, ())
    return answer.interval[0], answer.interval[2]


def _score(low: float, high: float, truth: float) -> float:
    """Give the width, and 20 hours for each hour that the truth lies beyond (Gneiting, Raftery 2007)."""
    return high - low + 2 / 0.1 * (max(low - truth, 0.0) + max(truth - high, 0.0))


def _told(cases: Sequence[Case], budget: Budget, first: int) -> str:
    minutes = sum(case.whole for case in cases) / 60
    command = f"python -m benchmarks.aggregates --cases {len(cases) // len(SHAPES)} --runs {budget.runs}"
    if first:
        command += f" --first {first}"
    if budget.particles != Budget().particles:
        command += f" --particles {budget.particles}"
    lines = [
        "# What-ifs from aggregated metrics alone",
        "",
        f"Written by `{command}` in {minutes:.0f} minutes of processor time.",
        "",
        "Organisations drawn from ranges like the prior's, 26 weeks of dashboard each; asked is one more person in the",
        "team that is busiest in most twins. Inside: the organisation's own answer (mean of 40 runs) lies in the 90 %",
        "interval of the ensemble; the goal is 85 to 95 %. Of n cases at 90 %, 19 of 20 such shares lie in the band.",
        "",
        "| organisation, dashboard | n | inside | band | below | above | known | width | before | score | before | s |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    groups = [(shape.name, [case for case in cases if case.shape == shape.name]) for shape in SHAPES]
    lines += [_row(name, some) for name, some in [*groups, ("all", list(cases))] if some]
    lines += [
        "",
        "Below and above: cases in which the organisation's own answer lies below or above the interval.",
        "Known: of arrivals, availability, load and effort, how many lie in 90 % of the plausible twins.",
        _uniform(cases),
        _of_the_busy(cases),
        f"Widths, in hours, are medians over cases, of {ASKED} twins each. Score, in hours too: mean over cases of the",
        "width, and of 20 times what the truth lies beyond (Gneiting and Raftery 2007); less is better. Before: of",
        "twins drawn from the prior. s: seconds of processor time, for the inference of one.",
        "Truths beyond the prior's ranges are not tried here.",
    ]
    return "\n".join(lines) + "\n"


def _row(name: str, cases: Sequence[Case]) -> str:
    low, high, truth = (np.array([getattr(case, field) for case in cases]) for field in ("low", "high", "truth"))
    number = len(cases)
    inside = float(((truth >= low) & (truth <= high)).mean())
    spread = 1.96 * np.sqrt(0.09 / number)
    width, before = np.median(high - low), np.median([np.diff(case.a_priori)[0] for case in cases])
    scores = np.mean(
        [[_score(*ends, case.truth) for ends in ((case.low, case.high), case.a_priori)] for case in cases], axis=0
    )
    seconds = np.median([case.seconds for case in cases])
    shares = (
        inside,
        f"{max(0.9 - spread, 0):.0%} to {min(0.9 + spread, 1):.0%}",
        (truth < low).mean(),
        (truth > high).mean(),
    )
    told = [each if isinstance(each, str) else f"{each:.0%}" for each in shares]
    ranks = np.concatenate([case.ranks for case in cases])
    told.append(f"{((ranks >= ENDS[0]) & (ranks <= ENDS[1])).mean():.0%}")
    told += [f"{each:.0f}" for each in (width, before, *scores, seconds)]
    return f"| {name} | {number} | {' | '.join(told)} |"


def _uniform(cases: Sequence[Case]) -> str:
    """Say how evenly the true parameters stand among the plausible ones."""
    ranks = np.concatenate([case.ranks for case in cases])
    counts = np.histogram(ranks, BINS, (0.0, 1.0))[0]
    p = chisquare(counts).pvalue
    return f"Their ranks in {BINS} bins: {', '.join(map(str, counts))} (even, were they independent: p = {p:.2g})."


def _of_the_busy(cases: Sequence[Case]) -> str:
    """Say how it is where queues are long, which is where intervals are wrong first."""
    busy = [case for case in cases if case.load > BUSY]
    inside = sum(case.low <= case.truth <= case.high for case in busy)
    return f"Of {len(busy)} organisations with a team that bears more than {BUSY:.0%} of its time, {inside} are inside."


def main() -> None:
    """Run all cases and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=20, help="of each shape")
    parser.add_argument("--first", type=int, default=0, help="number of the first organisation of each shape")
    parser.add_argument("--runs", type=int, default=700)
    parser.add_argument("--particles", type=int, default=150)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=HERE / "aggregates.md")
    options = parser.parse_args()
    budget = Budget(options.runs, options.particles)
    named = [
        (shape, number, budget) for number in range(options.first, options.first + options.cases) for shape in SHAPES
    ]
    with ProcessPoolExecutor(options.workers, mp_context=get_context("spawn")) as pool:
        cases: list[Case] = []
        for case in pool.map(asked, *zip(*named, strict=True)):
            cases.append(case)
            print(case, flush=True)
            if len(cases) % len(SHAPES) == 0:  # so that a run cut short leaves the table of a shorter one
                options.out.write_text(_told(cases, budget, options.first))


if __name__ == "__main__":
    main()
