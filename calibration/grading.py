"""The grade of a twin, by a rule that anybody can apply to the figures of its backtest.

    D   worse than both benchmarks (CRPS skill not above 0 against resampled throughput and against history replayed),
        or 95 % intervals that hold less than half of what happened
    C   at best, with any of these: a figure not reproduced at p < .01 (Holm over the figures); intervals of 80 % or
        95 % that hold more or less than 99 % of right ones would (binomial); no skill against one of the benchmarks;
        a change that really happened foretold wrongly; fewer than three origins
    B   at best, with any of these: further from what happened than history replayed in one of the field's distances;
        fewer than four origins; no change that really happened was tried
    A   none of these

Skill joins throughput by week, WIP by week and the four figures of lead time, each metric counting the same. Weeks of
one origin and figures of one metric hang together, so coverage counts one case per origin and metric.

A grade is about the work as it was and about changes like those tried. It promises nothing beyond.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from calibration.distance import MEANINGS, SPOKEN, Distances
from calibration.ranges import observed_ranges
from calibration.rolling import LEVELS, Rolling, Score
from calibration.scores import hits_expected, together
from twin.credibility import Credibility
from twin.eventlog import EventLog
from twin.spec import Twin

ALARM: Final = 0.01
ENOUGH: Final = 4
LEAST: Final = 3
HALF: Final = 0.5
"""Of what happened, what the 95 % intervals of any twin above D hold at least."""
METRICS: Final = ("throughput", "wip", "lead_time")
BENCHMARKS: Final = ("drawing past weeks again", "replaying history")


class Reason(NamedTuple):
    """Why a grade is not better."""

    best: str  # the best grade that is left
    text: str


class Totals(NamedTuple):
    """Over all figures."""

    skills: tuple[float, float]  # against resampled throughput, against history replayed
    held: tuple[float, float]  # share inside 80 % and 95 % intervals
    trials: int  # cases that count for coverage


def totals(rolling: Rolling) -> Totals:
    """Join the figures of a backtest, each metric counting the same."""
    by_metric = [[s for s in rolling.scores if s.figure.startswith(f"{metric} ") and _counts(s)] for metric in METRICS]
    known = [scores for scores in by_metric if scores]
    skills = [together([together([s.skills[each] for s in scores]) for scores in known]) for each in range(2)]
    held = [float(np.mean([np.mean([s.hits[each] for s in scores]) for scores in known])) for each in range(2)]
    return Totals((skills[0], skills[1]), (held[0], held[1]), len(known) * len(rolling.aheads))


def _counts(score: Score) -> bool:
    """Leave out means of what is counted by week already."""
    return score.figure.startswith("lead_time") or score.figure.endswith("by week")


def grade_backtest(rolling: Rolling, wrong: Sequence[str] = (), *, tried: int = 0) -> tuple[str, tuple[str, ...]]:
    """Grade a twin by the rule of this module.

    Parameters
    ----------
    rolling
        Its backtest.
    wrong
        What it foretold wrongly of changes that really happened, a sentence each.
    tried
        How many such changes were tried.

    Returns
    -------
    tuple
        The grade, and why it is not better, the gravest reason first.
    """
    reasons = sorted(_reasons(rolling, wrong, tried), key=lambda reason: "DCB".index(reason.best))
    return reasons[0].best if reasons else "A", tuple(reason.text for reason in reasons)


def _reasons(rolling: Rolling, wrong: Sequence[str], tried: int) -> Iterator[Reason]:
    joined = totals(rolling)
    yield from _of_discrepancies(rolling)
    yield from _of_skill(joined)
    yield from _of_coverage(joined)
    yield from (Reason("C", text) for text in wrong)
    origins = len(rolling.aheads)
    if origins < ENOUGH:
        best = "B" if origins >= LEAST else "C"
        yield Reason(best, f"could be judged from {origins} origin{'s' * (origins != 1)} only: the log is short")
    yield from _of_distances(rolling)
    if not tried:
        yield Reason("B", "was not tried on a change that really happened (--interventions)")


def _of_discrepancies(rolling: Rolling) -> Iterator[Reason]:
    for score in discrepancies(rolling):
        yield Reason("C", f"does not reproduce {score.figure}: {told_discrepancy(score)}")


def discrepancies(rolling: Rolling) -> tuple[Score, ...]:
    """List the figures that the twin does not reproduce at p < .01, the clearest first."""
    found = [score for score in rolling.scores if score.p_value is not None and score.p_value < ALARM]
    return tuple(sorted(found, key=lambda score: (score.p_value or 0.0, score.figure)))


def told_discrepancy(score: Score) -> str:
    """Say how far a figure is off."""
    side = "above" if score.bias > 0 else "below"
    mean = f"what happened was {abs(score.bias) * 100:.0f} % {side} what it foresaw, on average"
    return f"{mean}, and {score.spread * 100:.0f} % off beyond chance ({say_p(score.p_value)})"


def say_p(p_value: float | None) -> str:
    """Write a p value."""
    if p_value is None:
        return ""
    return "p < 0.0001" if p_value < 1e-4 else f"p {p_value:.2g}"


def _of_skill(joined: Totals) -> Iterator[Reason]:
    beaten = [name for name, skill in zip(BENCHMARKS, joined.skills, strict=True) if skill <= 0]
    if len(beaten) == len(BENCHMARKS):
        shown = " and ".join(f"{name} ({_skill(s)})" for name, s in zip(BENCHMARKS, joined.skills, strict=True))
        yield Reason("D", f"forecasts no better than {shown}")
        return
    for name, skill in zip(BENCHMARKS, joined.skills, strict=True):
        if name in beaten:
            yield Reason("C", f"forecasts no better than {name} ({_skill(skill)})")


def _skill(skill: float) -> str:
    return f"CRPS skill {skill:+.2f}"


def _of_coverage(joined: Totals) -> Iterator[Reason]:
    if joined.held[1] < HALF:
        yield Reason("D", f"gives 95 % intervals that held only {joined.held[1] * 100:.0f} % of what happened")
    for level, held in zip(LEVELS, joined.held, strict=True):
        low, high = hits_expected(joined.trials, level)
        hits, told_already = held * joined.trials, level == LEVELS[1] and held < HALF
        if not told_already and not low <= hits <= high:
            kind = "too narrow" if hits < low else "too wide"
            expected = f"{100 * low / joined.trials:.0f} to {100 * high / joined.trials:.0f} % of {joined.trials} cases"
            told = f"gives {level * 100:.0f} % intervals that are {kind}: they held {held * 100:.0f} % of what happened"
            told += f", expected were {expected}"
            yield Reason("C", told)


def _of_distances(rolling: Rolling) -> Iterator[Reason]:
    for name, mine, replayed in mean_distances(rolling):
        if mine > replayed:
            told = f"({name}, {mine:.3g} against {replayed:.3g}): {MEANINGS[name].rstrip('.')}"
            yield Reason("B", f"is further from what happened than replaying history in {SPOKEN[name]} {told}")


def mean_distances(rolling: Rolling) -> tuple[tuple[str, float, float], ...]:
    """Give each of the field's distances of the twin and of history replayed, mean over the origins."""
    known = [ahead.apart for ahead in rolling.aheads if ahead.apart is not None]
    if not known:
        return ()
    mine, replayed = (np.mean([each[side] for each in known], axis=0) for side in range(2))
    return tuple((name, float(mine[k]), float(replayed[k])) for k, name in enumerate(Distances._fields))


def credibility_of(
    rolling: Rolling, log: EventLog, twin: Twin, wrong: Sequence[str] = (), *, tried: int = 0
) -> Credibility:
    """Say what a twin has earned, to be kept beside it.

    Parameters
    ----------
    rolling, wrong, tried
        As in `grade_backtest`.
    log
        What the twin was learned from.
    twin
        The twin.
    """
    grade, reasons = grade_backtest(rolling, wrong, tried=tried)
    spread = {score.figure: round(score.spread, 6) for score in rolling.scores if score.p_value is not None}
    return Credibility(grade, reasons, spread, observed_ranges(log, twin))
