"""Where a figure should not be taken at its word: warnings found in the results themselves.

- A percentile beyond n: of n items none bounds a high percentile from above. With fewer than 72 items done in a
  replication a p95 has no 95 % bound at all, a p85 with fewer than 23: 1 - p^n ≥ 0.975 (order statistics).
- A load near 1: queues grow like 1 / (1 - load), so a small error of an effort or a rate becomes a large one of a wait.
- Extrapolation: a scenario with more or less than the data has ever shown (`twin.extrapolation`).

A skewed mean warns in `twin.skewness`, a deadline passed by the cap in `twin.run_length`.

Source: order statistics: David and Nagaraja, Order Statistics (3rd ed., 2003), ch. 7. Units: items, shares.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from twin.experiment import Replicated, Results
from twin.extrapolation import beyond_observed
from twin.units import WEEK

NEEDED: Final[Mapping[str, int]] = {"p50": 6, "p85": 23, "p95": 72}
"""Items from which on a percentile has an upper 95 % bound."""

PRESSED: Final = 0.95
MOST_NAMED: Final = 3


def cautions(results: Results) -> tuple[str, ...]:
    """Warn of what the asked figure rests on, the baseline and all scenarios looked at."""
    return (*_beyond_n(results), *_loaded(results), *_extrapolated(results))


def _values(run: Replicated, metric: str, scope: str) -> np.ndarray | None:
    places = [place for place, each in enumerate(run.figures) if (each.metric, each.scope) == (metric, scope)]
    return run.values[:, places[0]] if places else None


def _beyond_n(results: Results) -> Iterator[str]:
    """Warn where too few items are done in a replication to see so far into the tail."""
    answer, weeks = results.experiment.answer, results.experiment.run.length / WEEK
    needed = NEEDED.get(answer.statistic, 0)
    done = {run.candidate.name: _values(run, "throughput", answer.scope) for run in results.runs}
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


def _loaded(results: Results) -> Iterator[str]:
    """Warn where a team has hardly a free hour, in the mean or in some twins of the ensemble."""
    found = []
    for run in results.runs:
        for place, each in enumerate(run.figures):
            if each.metric != "utilisation":
                continue
            level = run.values[:, place]
            share = float(np.mean(level >= PRESSED))
            if level.mean() >= PRESSED:
                found.append(f"{each.scope} {100 * level.mean():.0f} % ({run.candidate.name})")
            elif run.members is not None and share >= 0.1:
                found.append(f"{each.scope} in {100 * share:.0f} % of the ensemble's runs ({run.candidate.name})")
    if found:
        yield (
            f"load near 1: {_listed(found)}. Waits there hang on the horizon, and a small error of an effort or a rate "
            "becomes a large one"
        )


def _extrapolated(results: Results) -> Iterator[str]:
    """Warn where a scenario goes beyond what the data has shown, and the twin as it is does not."""
    observed = {} if results.credibility is None else results.credibility.observed
    base, *others = results.runs
    before = {str(each) for each in beyond_observed(observed, base.candidate.twin)}
    found = [
        f"{run.candidate.name}: {beyond}"
        for run in others
        for twin in (run.candidate.twin, *(later for _, later in run.candidate.changes))
        for beyond in beyond_observed(observed, twin)
        if str(beyond) not in before
    ]
    if found:
        yield f"beyond the data: {_listed(list(dict.fromkeys(found)))}. How people work there is the twin's guess"


def _listed(texts: list[str]) -> str:
    more = len(texts) - MOST_NAMED
    return ", ".join(texts[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
