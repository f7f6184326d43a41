"""Where a figure should not be taken at its word: warnings found in the results themselves.

- A percentile beyond n: of n items none bounds a high percentile from above. With fewer than 72 items done in a
  replication a p95 has no 95 % bound at all, a p85 with fewer than 23: 1 - p^n ≥ 0.975 (order statistics).
- A load near 1: queues grow like 1 / (1 - load), so a small error of an effort or a rate becomes a large one of a wait.
- Extrapolation: a scenario with more or less than the data has ever shown (`twin.extrapolation`).

A skewed mean warns in `twin.skewness`, a deadline passed by the cap in `twin.run_length`. Comparisons and decisions
warn in the same words: `cautions` looks at the results of a comparison, `cautions_of` at whatever ran.

Source: order statistics: David and Nagaraja, Order Statistics (3rd ed., 2003), ch. 7. Units: items, shares.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.answer import Answer
from twin.experiment import Results
from twin.extrapolation import beyond_observed
from twin.grounds import ranges_of
from twin.metrics import Figure
from twin.spec import Twin
from twin.units import WEEK

NEEDED: Final[Mapping[str, int]] = {"p50": 6, "p85": 23, "p95": 72}
"""Items from which on a percentile has an upper 95 % bound."""

PRESSED: Final = 0.95
MOST_NAMED: Final = 3

Values = NDArray[np.float64]
Observed = Mapping[str, tuple[float, float]]


class Seen(NamedTuple):
    """What ran of one twin."""

    name: str
    twins: tuple[Twin, ...]  # at the start, and those that take over later
    figures: tuple[Figure, ...]
    values: Values  # (replications, figures); of no replication where it did not run
    of_several: bool  # the replications are of several twins of an ensemble


def cautions(results: Results) -> tuple[str, ...]:
    """Warn of what the asked figure rests on, the baseline and all scenarios looked at."""
    seen = [
        Seen(
            run.candidate.name,
            (run.candidate.twin, *(later for _, later in run.candidate.changes)),
            run.figures,
            run.values,
            run.members is not None,
        )
        for run in results.runs
    ]
    observed = ranges_of(results.grounds, results.credibility)
    return cautions_of(seen, [results.experiment.answer], observed, length=results.experiment.run.length)


def cautions_of(seen: Sequence[Seen], answers: Iterable[Answer], observed: Observed, *, length: int) -> tuple[str, ...]:
    """Warn of what figures rest on.

    Parameters
    ----------
    seen
        What ran, the twin as it is first.
    answers
        The figures that are asked for.
    observed
        Least and most in any week of the data, by figure (`twin.grounds`); empty where that is not known.
    length
        Ticks that are measured in a replication.
    """
    ran = [each for each in seen if len(each.values)]
    few = (line for answer in answers for line in _beyond_n(ran, answer, length / WEEK))
    return (*dict.fromkeys(few), *_loaded(ran), *_extrapolated(seen, observed))


def skewed(named: Iterable[tuple[str, str | None]]) -> tuple[str, ...]:
    """Warn of intervals that may be too narrow, by what they are of and what `twin.skewness` says, if anything."""
    found = list(dict.fromkeys(f"{name}: {warning}" for name, warning in named if warning))
    more = len(found) - MOST_NAMED
    rest = f"{more} more interval{'s' if more > 1 else ''} may be too narrow for the same reason"
    return (*found[:MOST_NAMED], *([rest] if more > 0 else []))


def _values(run: Seen, metric: str, scope: str) -> Values | None:
    places = [place for place, each in enumerate(run.figures) if (each.metric, each.scope) == (metric, scope)]
    return run.values[:, places[0]] if places else None


def _beyond_n(ran: Sequence[Seen], answer: Answer, weeks: float) -> Iterator[str]:
    """Warn where too few items are done in a replication to see so far into the tail."""
    needed = NEEDED.get(answer.statistic, 0)
    done = {run.name: _values(run, "throughput", answer.scope) for run in ran}
    few = {
        name: float(np.nanmedian(values)) * weeks
        for name, values in done.items()
        if values is not None and np.isfinite(values).any()
    }
    few = {name: items for name, items in few.items() if items < needed}
    if few:
        name = min(few, key=lambda each: few[each])
        yield (
            f"{answer.statistic} of about {few[name]:.0f} items a replication ({name}): so far into the tail "
            f"{needed} items are needed; run longer, or ask for a lower percentile"
        )


def _loaded(ran: Sequence[Seen]) -> Iterator[str]:
    """Warn where a team has hardly a free hour, in the mean or in some twins of the ensemble."""
    found = []
    for run in ran:
        for place, each in enumerate(run.figures):
            if each.metric != "utilisation":
                continue
            level = run.values[:, place]
            share = float(np.mean(level >= PRESSED))
            if level.mean() >= PRESSED:
                found.append(f"{each.scope} {100 * level.mean():.0f} % ({run.name})")
            elif run.of_several and share >= 0.1:
                found.append(f"{each.scope} in {100 * share:.0f} % of the ensemble's runs ({run.name})")
    if found:
        yield (
            f"load near 1: {_listed(found)}. Waits there hang on the horizon, and a small error of an effort or a rate "
            "becomes a large one"
        )


def _extrapolated(seen: Sequence[Seen], observed: Observed) -> Iterator[str]:
    """Warn where a changed twin goes beyond what the data has shown, and the twin as it is does not."""
    if not seen or not observed:
        return
    base, *others = seen
    before = {str(each) for each in beyond_observed(observed, base.twins[0])}
    found = [
        f"{run.name}: {beyond}"
        for run in others
        for twin in run.twins
        for beyond in beyond_observed(observed, twin)
        if str(beyond) not in before
    ]
    if found:
        yield f"beyond the data: {_listed(list(dict.fromkeys(found)))}. How people work there is the twin's guess"


def _listed(texts: list[str]) -> str:
    more = len(texts) - MOST_NAMED
    return ", ".join(texts[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
