"""What a change does: paired differences against the baseline, and the sentence a decision is taken from.

For every figure the difference is taken replication by replication on the same random numbers, so its interval knows
the noise of the simulation. It does not know how sure the twin's parameters are; the sentence says so. The p values of
the asked figure are adjusted by Holm for the number of scenarios.
"""

from typing import Final, Literal, NamedTuple

import numpy as np
import polars as pl

from twin.estimate import Difference, Estimate, Values, in_family, mean_estimate, paired_difference, say_probability
from twin.experiment import Replicated, Results, asked_values
from twin.metrics import METRICS
from twin.scenario import Answer, difference
from twin.units import DAY, HOUR, format_clock

CONFIDENT: Final = 0.95

Judgement = Literal["worth it", "not worth it", "harmful", "cannot tell", "no difference"]


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


def compare(results: Results) -> Comparison:
    """Compare every scenario with the baseline.

    Parameters
    ----------
    results
        Replications of the baseline, first, and of each scenario.
    """
    answer = results.experiment.answer
    base, *others = results.runs
    asked = in_family([_asked(base, other, answer) for other in others])
    scenarios = tuple(
        _compared(base, other, asked_difference, answer) for other, asked_difference in zip(others, asked, strict=True)
    )
    level = mean_estimate(_finite(asked_values(base.metrics, answer)), unit=unit_of(answer))
    return Comparison(results.experiment.question, answer, level, scenarios, _warnings(results, asked))


def _finite(values: Values) -> Values:
    return values[np.isfinite(values)]


def unit_of(answer: Answer) -> str:
    """Give the unit of the asked figure."""
    return METRICS[answer.metric].unit


def words_of(answer: Answer) -> str:
    """Name the asked figure: ``p85 lead time of feature``."""
    figure = answer.metric.replace("_", " ").replace("wip", "WIP").replace("sla", "SLA")
    statistic = "mean" if answer.statistic == "mean" else answer.statistic
    return f"{statistic} {figure}" + (f" of {answer.scope}" if answer.work or answer.team else "")


def _asked(base: Replicated, other: Replicated, answer: Answer) -> Difference:
    before, after = asked_values(base.metrics, answer), asked_values(other.metrics, answer)
    both = np.isfinite(before) & np.isfinite(after)
    return paired_difference(before[both], after[both], unit=unit_of(answer))


def _compared(base: Replicated, other: Replicated, asked: Difference, answer: Answer) -> ScenarioComparison:
    name = other.candidate.name
    return ScenarioComparison(
        name, changed_words(base, other), asked, judge(name, asked, answer), _rows(base.metrics, other.metrics)
    )


def changed_words(base: Replicated, other: Replicated) -> tuple[str, ...]:
    """Say what a scenario changes, dated changes with their date."""
    before = base.candidate.twin
    lines = list(difference(before, other.candidate.twin))
    before = other.candidate.twin
    for at, after in other.candidate.changes:
        lines.extend(f"from {at:%Y-%m-%d}: {line}" for line in difference(before, after))
        before = after
    return tuple(lines) or ("nothing",)


def _rows(base: pl.DataFrame, changed: pl.DataFrame) -> tuple[Row, ...]:
    """Pair every figure that both sides have in at least two replications."""
    on = ["metric", "statistic", "scope", "unit", "better"]
    joined = base.join(changed, on=["replication", *on], suffix="_changed", maintain_order="left")
    rows = []
    for names, group in joined.drop_nulls(["value", "value_changed"]).group_by(on, maintain_order=True):
        metric, statistic, scope, unit, better = (str(name) for name in names)
        before, after = group["value"].to_numpy(), group["value_changed"].to_numpy()
        if before.size < 2:
            continue
        rows.append(
            Row(
                Key(metric, statistic, scope), unit, better, mean_estimate(before, unit=unit),
                mean_estimate(after, unit=unit), paired_difference(before, after, unit=unit),
            )
        )  # fmt: skip
    return tuple(rows)


def judge(name: str, effect: Difference, answer: Answer) -> Verdict:
    """Say in one sentence what a scenario does to the asked figure, and whether it is worth it."""
    if effect.identical:
        sentence = f"{name}: no difference; {words_of(answer)} is the same in every replication (n = {effect.n})."
        return Verdict("no difference", 0.0, 0.0, 0.0, sentence)
    sign = 1 if answer.better == "higher" else -1
    helps, hurts = _beyond(effect, 0.0, sign), _beyond(effect, 0.0, -sign)
    worth = _beyond(effect, answer.worth_in_units, sign)
    harm = _beyond(effect, answer.worth_in_units, -sign)
    judgement = _judgement(worth, harm)
    way = "rises" if effect.effect > 0 else "falls"
    interval = (
        f"95 % interval {_signed(effect.low, answer)} to {_signed(effect.high, answer)}"
        if effect.low is not None and effect.high is not None
        else "no interval from one pair"
    )
    sentence = (
        f"{name}: {words_of(answer)} {way} by {amount(abs(effect.effect), unit_of(answer))} ({interval}, n = {effect.n}). "
        f"It helps with probability {say_probability(helps)} and hurts with {say_probability(hurts)}. "
        f"{_advice(judgement, worth, answer)}"
    )
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


def _advice(judgement: Judgement, worth: float | None, answer: Answer) -> str:
    least = amount(answer.worth_in_units, unit_of(answer))
    texts = {
        "worth it": f"Worth it: a gain of at least {least} has probability {say_probability(worth)}.",
        "not worth it": f"Not worth it: a gain of the {least} that matter has probability {say_probability(worth)}.",
        "harmful": f"Harmful: it makes things worse by more than the {least} that matter.",
        "cannot tell": f"Cannot tell: a gain of at least {least} has probability {say_probability(worth)}.",
        "no difference": "",
    }
    return texts[judgement]


def _signed(value: float, answer: Answer) -> str:
    return f"{'+' if value > 0 else '-' if value < 0 else ''}{amount(abs(value), unit_of(answer))}"


def amount(value: float, unit: str) -> str:
    """Write a figure with its unit for people: 74.4 h as 3.1 d, 0.031 of a share as 3.1 %.

    >>> amount(74.4, "h"), amount(0.031, "share"), amount(1.5, "items")
    ('3.1 d', '3.1 %', '1.5 items')
    """
    if unit == "h":
        hours = value * HOUR
        return format_clock(hours) if abs(hours) >= 2 * DAY or abs(hours) < DAY else f"{value:.3g} h"
    if unit == "share":
        return f"{value * 100:.3g} %"
    return f"{value:.3g} {unit}"


def _warnings(results: Results, asked: tuple[Difference, ...]) -> tuple[str, ...]:
    """Say where the figures should not be taken at their word."""
    found = [
        f"{other.candidate.name}: {effect.warning}"
        for other, effect in zip(results.runs[1:], asked, strict=True)
        if effect.warning
    ]
    capped = [stop for stop in results.stopping if stop.capped]
    if capped:
        found.append(str(capped[0]))
    missing = sum(not np.isfinite(asked_values(run.metrics, results.experiment.answer)).all() for run in results.runs)
    if missing:
        found.append(f"in {missing} of {len(results.runs)} runs some replications had no item to measure")
    return tuple(found)
