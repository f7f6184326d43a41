"""What a change does: paired differences against the baseline, and the sentence a decision is taken from.

For every figure the difference is taken replication by replication on the same random numbers. Its interval knows the
noise of the simulation; where the twin has an ensemble also what the data leave open, and where it has a backtest what
the model gets wrong (`twin.uncertainty`). Verdicts use the whole interval. The p values of the asked figure are
adjusted by Holm for the number of scenarios.
"""

from typing import Final, Literal, NamedTuple

import numpy as np

from twin.answer import Answer
from twin.cautions import cautions, skewed
from twin.certainty import say_parts, say_rounding
from twin.errors import InputError
from twin.estimate import Difference, Estimate, Values, in_family, say_probability
from twin.experiment import Replicated, Results, asked_values
from twin.figures import METRICS
from twin.metrics import Figure
from twin.scenario import difference
from twin.uncertainty import total_difference, total_estimate
from twin.wording import say_change

CONFIDENT: Final = 0.95

Judgement = Literal["worth it", "not worth it", "harmful", "cannot tell", "no difference"]


OPENINGS: Final[dict[Judgement, str]] = {
    "worth it": "{name} is worth it",
    "not worth it": "{name} is not worth it",
    "harmful": "{name} does harm",
    "cannot tell": "Whether {name} is worth it cannot be told",
    "no difference": "{name} makes no difference",
}


class Key(NamedTuple):
    """Names a figure."""

    metric: str
    statistic: str
    scope: str


class Row(NamedTuple):
    """One figure on both sides."""

    key: Key
    unit: str
    better: str  # lower or higher
    base: Estimate
    changed: Estimate
    difference: Difference


class Verdict(NamedTuple):
    """What to think of a scenario."""

    judgement: Judgement
    helps: float | None  # probability that the effect goes the better way
    hurts: float | None  # probability that it goes the other way
    worth: float | None  # probability that it is at least the smallest effect that matters
    sentence: str


class ScenarioComparison(NamedTuple):
    """A scenario against the baseline."""

    name: str
    changed: tuple[str, ...]  # what was changed, in words
    asked: Difference
    verdict: Verdict
    rows: tuple[Row, ...]


class Comparison(NamedTuple):
    """The answer to a question."""

    question: str
    answer: Answer
    baseline: Estimate  # the asked figure as it is
    scenarios: tuple[ScenarioComparison, ...]
    warnings: tuple[str, ...]


def compare_results(results: Results) -> Comparison:
    """Compare every scenario with the baseline.

    Parameters
    ----------
    results
        Replications of the baseline, first, and of each scenario.

    Raises
    ------
    InputError
        Where the asked figure was measured in no replication.
    """
    answer = results.experiment.answer
    others = results.runs[1:]
    asked = in_family([_asked(results, other) for other in others])
    scenarios = tuple(
        _compared(results, other, asked_difference) for other, asked_difference in zip(others, asked, strict=True)
    )
    return Comparison(results.experiment.question, answer, _level(results), scenarios, _warnings(results, asked))


def _level(results: Results) -> Estimate:
    """Estimate the asked figure as it is."""
    answer, base = results.experiment.answer, results.runs[0]
    values, members = asked_values(base, answer), base.members
    known = np.isfinite(values)
    discrepancy = results.discrepancy(answer.metric, answer.statistic)
    of = None if members is None else members[known]
    return total_estimate(values[known], of, discrepancy, unit=unit_of(answer))


def unit_of(answer: Answer) -> str:
    """Give the unit of the asked figure."""
    return METRICS[answer.metric].unit


def words_of(answer: Answer) -> str:
    """Name the asked figure: ``p85 lead time of feature``."""
    figure = answer.metric.replace("_", " ").replace("wip", "WIP").replace("sla", "SLA")
    statistic = "mean" if answer.statistic == "mean" else answer.statistic
    return f"{statistic} {figure}" + (f" of {answer.scope}" if answer.work or answer.team else "")


def _asked(results: Results, other: Replicated) -> Difference:
    answer, base = results.experiment.answer, results.runs[0]
    before, after = asked_values(base, answer), asked_values(other, answer)
    both = np.isfinite(before) & np.isfinite(after)
    if not both.any():
        raise InputError(
            f"{other.candidate.name}: in no replication {words_of(answer)} could be measured on both sides; run longer"
        )
    members = None if base.members is None else base.members[both]
    discrepancy = results.discrepancy(answer.metric, answer.statistic)
    return total_difference(before[both], after[both], members, discrepancy, unit=unit_of(answer))


def _compared(results: Results, other: Replicated, asked: Difference) -> ScenarioComparison:
    name, verdict = other.candidate.name, judge(other.candidate.name, asked, results.experiment.answer)
    return ScenarioComparison(name, changed_words(results.runs[0], other), asked, verdict, _rows(results, other))


def changed_words(base: Replicated, other: Replicated) -> tuple[str, ...]:
    """Say what a scenario changes, dated changes with their date."""
    before = base.candidate.twin
    lines = list(difference(before, other.candidate.twin))
    before = other.candidate.twin
    for at, after in other.candidate.changes:
        lines.extend(f"from {at:%Y-%m-%d}: {line}" for line in difference(before, after))
        before = after
    return tuple(lines) or ("nothing",)


def _rows(results: Results, changed: Replicated) -> tuple[Row, ...]:
    """Pair every figure that both sides have."""
    base = results.runs[0]
    there = dict(zip(changed.figures, changed.values.T, strict=True))
    pairs = ((each, before, there.get(each)) for each, before in zip(base.figures, base.values.T, strict=True))
    rows = (_row(results, each, before, after) for each, before, after in pairs if after is not None)
    return tuple(row for row in rows if row is not None)


def _row(results: Results, figure: Figure, before: Values, after: Values) -> Row | None:
    """Compare a figure where both sides have a value; None where that is in less than two replications."""
    both = np.isfinite(before) & np.isfinite(after)
    if both.sum() < 2:
        return None
    metric, statistic, scope, unit, better = figure
    members = results.runs[0].members
    members = None if members is None else members[both]
    wrong = results.discrepancy(metric, statistic)
    base, changed = (total_estimate(side[both], members, wrong, unit=unit) for side in (before, after))
    effect = total_difference(before[both], after[both], members, wrong, unit=unit)
    return Row(Key(metric, statistic, scope), unit, better, base, changed, effect)


def judge(name: str, effect: Difference, answer: Answer) -> Verdict:
    """Say in one sentence what a scenario does to the asked figure, and whether it is worth it."""
    if effect.identical:
        sentence = f"{name} makes no difference: {words_of(answer)} is the same in every replication (n = {effect.n})."
        return Verdict("no difference", 0.0, 0.0, 0.0, sentence)
    sign = 1 if answer.better == "higher" else -1
    helps, hurts = _beyond(effect, 0.0, sign), _beyond(effect, 0.0, -sign)
    worth = _beyond(effect, answer.worth_in_units, sign)
    harm = _beyond(effect, answer.worth_in_units, -sign)
    judgement = _judgement(worth, harm)
    sentence = (
        f"{OPENINGS[judgement].format(name=name)}: {words_of(answer)} {say_change(effect, unit_of(answer))}. "
        f"It helps with probability {say_probability(helps)} and hurts with {say_probability(hurts)}; it gains the "
        f"{answer.worth} that matter with {say_probability(worth)}."
    )
    sentence = f"{sentence} {say_parts(effect, unit_of(answer))}".rstrip()
    return Verdict(judgement, helps, hurts, worth, sentence)


def _beyond(effect: Difference, size: float, sign: int) -> float | None:
    return effect.probability_above(size) if sign > 0 else effect.probability_below(-size)


def _judgement(worth: float | None, harm: float | None) -> Judgement:
    if worth is None or harm is None:
        return "cannot tell"
    if worth >= CONFIDENT:
        return "worth it"
    if harm >= CONFIDENT:
        return "harmful"
    return "not worth it" if worth <= 1 - CONFIDENT else "cannot tell"


def _warnings(results: Results, asked: tuple[Difference, ...]) -> tuple[str, ...]:
    """Say where the figures should not be taken at their word."""
    pairs = zip(results.runs[1:], asked, strict=True)
    narrow = skewed((other.candidate.name, effect.warning) for other, effect in pairs)
    found = list[str]()
    capped = [stop for stop in results.stopping if stop.capped]
    if capped:
        found.append(str(max(capped, key=lambda stop: stop.half_width)))
    missing = sum(not np.isfinite(asked_values(run, results.experiment.answer)).all() for run in results.runs)
    if missing:
        found.append(f"in {missing} of {len(results.runs)} runs some replications had no item to measure")
    rounded = say_rounding(results)
    return (*found, *cautions(results), *([rounded] if rounded else []), *narrow)
