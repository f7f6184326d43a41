"""How a comparison was made and what it cannot say: the part of a report that lets a reader check it.

It follows the items STRESS-DES asks of a report of a simulation: objectives, logic, data, experimentation,
implementation (Monks et al. 2019, Journal of Simulation 13). Reports of comparisons and of decisions share it. Units:
durations in words, utilisation as a share.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from twin.cautions import PRESSED
from twin.certainty import limits, say_knowledge
from twin.compare import Comparison, unit_of, words_of
from twin.curves import weekly_curve
from twin.estimate import Difference, Parts, Values
from twin.experiment import Results
from twin.page import Bullets, Cell, Paragraph, Section, Table
from twin.run_length import mser5
from twin.scenario import Experiment
from twin.spec import Twin
from twin.wording import figure, say_duration

MOST_LISTED: Final = 100
MOST_PRESSED: Final = 8
"""Teams named one by one in each twin where they have hardly any free hour."""
UNKNOWN: Final = "unknown"

LIMITS_OF_ALL: Final = (
    "What a change costs to introduce, and what people do differently once they know of it, is not in the twin.",
    "Teams are compared, never individuals; no figure here speaks about a person.",
)
LIMITS: Final = (
    "A probability here is about the twin. It is not the chance that the organisation will gain as much.",
    "Only the p values of the asked figure are adjusted for the number of scenarios (Holm).",
    "Of 20 other figures that did not change, one would look better or worse by luck.",
    "Scenarios that help were each compared with the baseline, not with each other.",
)


class Pressed(NamedTuple):
    """How busy a team is in one of the twins that ran."""

    team: str
    level: float  # a share of its hours
    name: str  # of the twin


class Conduct(NamedTuple):
    """How runs were made: all that a reader needs to check them."""

    experiment: Experiment
    twin: Twin  # as it is
    seed: int
    members: int  # twins of an ensemble that ran; 0 where it was the calibrated one alone
    replications: str  # in words
    known: str  # what the intervals know, in words
    limits: tuple[str, ...]  # what not to conclude from them
    weeks: Values  # (weeks,) mean work in progress of the twin as it is
    runs: int
    visits: int  # in all of them
    balances: tuple[str, ...]  # that held on each
    busy: tuple[Pressed, ...]  # every team in every twin


def method_section(results: Results, comparison: Comparison) -> Section:
    """Say how the runs were made, what held on each of them, and what not to conclude."""
    tables = (_pairing(comparison), *_parts(comparison))
    return section_of(_conduct(results, comparison), tables, LIMITS)


def section_of(conduct: Conduct, tables: tuple[Table, ...], limits: tuple[str, ...]) -> Section:
    """Say how any runs were made, and what not to conclude from them.

    Parameters
    ----------
    conduct
        How they were made.
    tables
        What belongs to it.
    limits
        What not to conclude besides what holds for all runs.
    """
    facts = Bullets(tuple(f"{name}: {fact}." for name, fact in _facts(conduct)))
    not_to = Bullets((*conduct.limits, *limits, *LIMITS_OF_ALL))
    return Section("Method and limits", (facts, *tables, Paragraph("What not to conclude:"), not_to))


def say_basis(results: Results) -> str:
    """Say what every figure of a report stands on: n, seed, horizon and interval."""
    run = results.experiment.run
    after = f" after a warm-up of {say_duration(run.warm_up)}" if run.warm_up else ", without warm-up"
    horizon = say_duration(run.length)
    each = f" ({results.replications // results.members} of each of {results.members} twins)" if results.members else ""
    return f"n = {results.replications} replications{each}, seed {results.seed}, {horizon}{after}; 95 % intervals."


def _conduct(results: Results, comparison: Comparison) -> Conduct:
    base = results.runs[0]
    busy = (
        Pressed(measured.scope, float(values.mean()), run.candidate.name)
        for run in results.runs
        for measured, values in zip(run.figures, run.values.T, strict=True)
        if measured.metric == "utilisation"
    )
    return Conduct(
        results.experiment,
        base.candidate.twin,
        results.seed,
        results.members,
        _replications(results, comparison),
        say_knowledge(results),
        limits(results),
        weekly_curve(base, "wip").mean,
        results.replications * len(results.runs),
        sum(each.visits for each in results.runs),
        base.balances,
        tuple(busy),
    )


def _facts(conduct: Conduct) -> Iterator[tuple[str, str]]:
    run, twin = conduct.experiment.run, conduct.twin
    begin = (twin.start + timedelta(milliseconds=run.warm_up)).astimezone(ZoneInfo(twin.clock.zone))
    yield "Objective", _objective(conduct.experiment)
    yield "Logic", _logic(twin)
    yield "Data", _data(conduct)
    yield "Replications", conduct.replications
    yield "How sure", conduct.known.removesuffix(".")
    yield (
        "Seed",
        f"{conduct.seed}; every random number has a name, so both sides of a pair share all luck but the change's",
    )
    yield "Horizon", f"{say_duration(run.length)} from {begin:%Y-%m-%d %H:%M} on, time of {twin.clock.zone}"
    if run.warm_up:
        yield (
            "Warm-up",
            f"{say_duration(run.warm_up)} before that are simulated and left out. {_warm_up(conduct.weeks)}",
        )
    else:
        yield "Warm-up", "none: measured from the start, with what is then inside"
    held = f"held exactly on each of the {conduct.runs:,} runs ({conduct.visits:,} visits)"
    yield "Conservation", f"{held}: {'; '.join(conduct.balances)}"
    yield "Overload", _overload(conduct.busy)
    yield (
        "Software",
        "Worktwin, open source (Apache-2.0); its version, the command and all hashes stand in manifest.json",
    )


def _objective(experiment: Experiment) -> str:
    answer = experiment.answer
    return f"{experiment.question} Measured by {words_of(answer)}, {answer.better} is better, {answer.worth} matter"


def _logic(twin: Twin) -> str:
    """Say what the model is made of."""
    parts = (
        ("type of work", "types of work", twin.work),
        ("stage", "stages", twin.stages),
        ("team", "teams", twin.teams),
    )
    told = ", ".join(f"{len(found)} {one if len(found) == 1 else many}" for one, many, found in parts)
    return f"{told}; items queue at stages and teams work on them by the rules of the twin's file, event by event"


def _data(conduct: Conduct) -> str:
    over = f" and the {conduct.members} of its ensemble, equally often" if conduct.members else ""
    return f"the twin {conduct.twin.twin}{over}; where its figures come from stands in its evidence.json, if it has one"


def _replications(results: Results, comparison: Comparison) -> str:
    each = f"{results.replications} of the baseline and of each scenario"
    if not results.stopping:
        return f"{each}, the number given"
    widest = max(results.stopping, key=lambda stop: stop.half_width / stop.target)
    unit = unit_of(comparison.answer)
    reached, asked = figure(widest.half_width, unit), figure(widest.target, unit)
    if widest.outweighed:
        rest = figure(widest.rest, unit)
        return f"{each}: more would hardly narrow an interval, luck being {reached} of it and {rest} the rest"
    if widest.capped:
        return f"{each}: the cap, before the precision asked. Half-width {reached} at the widest, {asked} asked"
    return f"{each}, until every difference was known to {asked} (half-width {reached} at the widest)"


def _warm_up(weeks: Values) -> str:
    """Test the baseline's mean WIP for what is left of a warm-up."""
    if weeks.size < 50:
        return "The horizon is too short to test whether that was enough"
    cut = mser5(weeks)
    if cut is None:
        return "MSER-5 on weekly WIP: work inside still drifts over the horizon; a longer run may differ"
    return "MSER-5 on weekly WIP would leave out " + ("no further week" if cut == 0 else f"{cut} weeks more")


def _overload(busy: Iterable[Pressed]) -> str:
    found = [each for each in busy if each.level >= PRESSED]
    if not found:
        return f"no team is busy for {100 * PRESSED:.0f} % of its hours or more, in any scenario"
    told = [f"{each.team} {100 * each.level:.0f} % ({each.name})" for each in found]
    if len(found) > MOST_PRESSED:
        told = [_often(team, [each for each in found if each.team == team]) for team in _teams(found)]
    return (
        f"teams with hardly any free hour: {', '.join(told)}. "
        "Their queues may grow as long as the run lasts, so times there depend on the horizon"
    )


def _teams(found: Iterable[Pressed]) -> Iterable[str]:
    return dict.fromkeys(each.team for each in found)


def _often(team: str, found: Sequence[Pressed]) -> str:
    worst = max(found, key=lambda each: each.level)
    return f"{team} in {len(found)} of the twins that ran, up to {100 * worst.level:.0f} % ({worst.name})"


def _pairing(comparison: Comparison) -> Table:
    columns = ("scenario", "pairs", "correlation of a pair", "worth so many times the runs", "p (Holm)")
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (each.name, asked.n, asked.correlation, asked.variance_ratio, _p(asked.family_p_value))
        for each in comparison.scenarios[:MOST_LISTED]
        for asked in (each.asked,)
    )
    return Table(columns, rows, "What running on the same random numbers gained")


def _parts(comparison: Comparison) -> Iterator[Table]:
    """Show what each interval is made of."""
    columns = ("scenario", "half-width", *Parts._fields)
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (each.name, *_told(each.asked, unit_of(comparison.answer))) for each in comparison.scenarios[:MOST_LISTED]
    )
    if any(row[-2:] != (UNKNOWN, UNKNOWN) for row in rows):
        yield Table(columns, rows, "What the half-width of each difference is made of (squares add up)")


def _told(difference: Difference, unit: str) -> tuple[Cell, ...]:
    parts = difference.parts or Parts(0.0, None, None)
    return tuple(UNKNOWN if each is None else figure(each, unit) for each in (difference.half_width, *parts))


def _p(value: float | None) -> Cell:
    return None if value is None else "< 0.001" if value < 0.001 else f"{value:.3f}"
