"""How a comparison was made and what it cannot say: the part of a report that lets a reader check it.

It follows the items STRESS-DES asks of a report of a simulation: purpose, logic, input, experiment, software (Monks et
al. 2019, Journal of Simulation 13). Units: durations in words, utilisation as a share.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from twin.certainty import limits, say_knowledge
from twin.compare import Comparison, unit_of
from twin.curves import weekly_curve
from twin.estimate import Difference, Parts
from twin.experiment import Results
from twin.page import Bullets, Cell, Paragraph, Section, Table
from twin.run_length import mser5
from twin.wording import figure, say_duration

PRESSED: Final = 0.95
MOST_LISTED: Final = 100
UNKNOWN: Final = "unknown"

LIMITS: Final = (
    "A probability here is about the twin. It is not the chance that the organisation will gain as much.",
    "Only the p values of the asked figure are adjusted for the number of scenarios (Holm).",
    "Of 20 other figures that did not change, one would look better or worse by luck.",
    "Scenarios that help were each compared with the baseline, not with each other.",
    "What a change costs to introduce, and what people do differently once they know of it, is not in the twin.",
    "Teams are compared, never individuals; no figure here speaks about a person.",
)


def method_section(results: Results, comparison: Comparison) -> Section:
    """Say how the runs were made, what held on each of them, and what not to conclude."""
    return Section(
        "Method and limits",
        (
            Bullets(tuple(f"{name}: {fact}." for name, fact in _facts(results, comparison))),
            _pairing(comparison),
            *_parts(comparison),
            Paragraph("What not to conclude:"),
            Bullets((*limits(results), *LIMITS)),
        ),
    )


def say_basis(results: Results) -> str:
    """Say what every figure of a report stands on: n, seed, horizon and interval."""
    run = results.experiment.run
    after = f" after a warm-up of {say_duration(run.warm_up)}" if run.warm_up else ", without warm-up"
    horizon = say_duration(run.length)
    each = f" ({results.replications // results.members} of each of {results.members} twins)" if results.members else ""
    return f"n = {results.replications} replications{each}, seed {results.seed}, {horizon}{after}; 95 % intervals."


def _facts(results: Results, comparison: Comparison) -> Iterator[tuple[str, str]]:
    run, base = results.experiment.run, results.runs[0]
    twin = base.candidate.twin
    begin = (twin.start + timedelta(milliseconds=run.warm_up)).astimezone(ZoneInfo(twin.clock.zone))
    yield "Replications", _replications(results, comparison)
    yield "How sure", say_knowledge(results).removesuffix(".")
    yield (
        "Seed",
        f"{results.seed}; every random number has a name, so both sides of a pair share all luck but the change's",
    )
    yield "Horizon", f"{say_duration(run.length)} from {begin:%Y-%m-%d %H:%M} on, time of {twin.clock.zone}"
    if run.warm_up:
        yield "Warm-up", f"{say_duration(run.warm_up)} before that are simulated and left out. {_warm_up(results)}"
    else:
        yield "Warm-up", "none: measured from the start, with what is then inside"
    visits = sum(each.visits for each in results.runs)
    runs = results.replications * len(results.runs)
    yield "Conservation", f"held exactly on each of the {runs:,} runs ({visits:,} visits): {'; '.join(base.balances)}"
    yield "Overload", _overload(results)


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


def _warm_up(results: Results) -> str:
    """Test the baseline's mean WIP for what is left of a warm-up."""
    weeks = weekly_curve(results.runs[0], "wip").mean
    if weeks.size < 50:
        return "The horizon is too short to test whether that was enough"
    cut = mser5(weeks)
    if cut is None:
        return "MSER-5 on weekly WIP: work inside still drifts over the horizon; a longer run may differ"
    return "MSER-5 on weekly WIP would leave out " + ("no further week" if cut == 0 else f"{cut} weeks more")


def _overload(results: Results) -> str:
    found = []
    for run in results.runs:
        for measured, values in zip(run.figures, run.values.T, strict=True):
            level = values.mean() if measured.metric == "utilisation" else np.nan
            if level >= PRESSED:
                found.append(f"{measured.scope} {100 * level:.0f} % ({run.candidate.name})")
    if not found:
        return f"no team is busy for {100 * PRESSED:.0f} % of its hours or more, in any scenario"
    more = f" and {len(found) - MOST_LISTED} more" if len(found) > MOST_LISTED else ""
    return (
        f"teams with hardly any free hour: {', '.join(found[:MOST_LISTED])}{more}. "
        "Their queues may grow as long as the run lasts, so times there depend on the horizon"
    )


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
