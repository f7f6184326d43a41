"""Find the smallest set of changes that reaches a goal.

A goal is a bound to be kept with a probability: ``p85 lead time at most 20 d in 90 % of periods``. A period is one
replication of the file's length, so its share is that of replications that keep the bound, with the exact binomial
interval; one in which the figure could not be measured keeps nothing. Replications are made in up to five looks, each
twice as many as before; the error of 5 % is shared among the looks, so stopping early does not flatter. A set reaches
the goal where the whole interval is at or above the probability asked, misses it where all is below, and cannot be told
otherwise.

Over an ensemble of M twins a period is one of one of them, and a look holds as many of each: the share is over luck and
over the twins, all M alike. Given the twins the periods kept are a sum over unlike chances, which spreads less than if
all had their mean; the binomial interval then holds at least as often as it says [1]_.

The baseline comes first, then single scenarios, then pairs (triples), each by cost. All single scenarios
are tried; larger sets only where they are cheaper than what reaches, and none that holds a set that does.

Units: shares of replications; costs amounts in the file's one unit. Source: Clopper and Pearson (1934), The use of
confidence or fiducial limits illustrated in the case of the binomial, Biometrika 26.

.. [1] Hoeffding (1956), On the distribution of the number of successes in independent trials, Annals of Mathematical
   Statistics 27.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Final, Literal, NamedTuple

import numpy as np

from twin.changes import Changes
from twin.decide.optimizing import keeps
from twin.decide.trials import Trials
from twin.decisions import Goal, Solve
from twin.errors import InputError
from twin.scenario import BASELINE, Experiment

Verdict = Literal["reaches", "misses", "cannot tell", "do not go together"]

LOOKS: Final = (20, 40, 80, 160, 320)
ERROR: Final = 0.05
JOINED: Final = " + "


class Attempt(NamedTuple):
    """A set of scenarios made together, held against a goal."""

    names: tuple[str, ...]  # none for the baseline
    cost: float
    kept: int  # replications that kept the bound
    n: int
    low: float  # interval of the share
    high: float
    verdict: Verdict

    @property
    def share(self) -> float:
        """Share of replications that kept the bound."""
        return self.kept / self.n if self.n else 0.0

    def __str__(self) -> str:
        return JOINED.join(self.names) or BASELINE


class Reached(NamedTuple):
    """What reaches a goal."""

    attempts: tuple[Attempt, ...]  # in the order they were tried
    fewest: Attempt | None  # of those that reach with the fewest changes, the cheapest
    cheapest: Attempt | None  # of all that reach, the cheapest


def reach(trials: Trials, experiment: Experiment, solve: Solve, goal: Goal) -> Reached:
    """Try sets of scenarios until some reach the goal.

    Parameters
    ----------
    trials
        Runs the twins.
    experiment
        Gives the scenarios; a number of replications, if it has one, is the only look.
    solve, goal
        Costs, the most scenarios together, and what is to be reached.

    Raises
    ------
    InputError
        Where a scenario alone is no valid twin.
    """
    run = experiment.run
    looks = looks_of(trials.members) if run.replications == "auto" else looks_of(trials.members, (run.replications,))
    attempts = [_attempt(trials, (), (), 0.0, goal, looks)]
    if attempts[0].verdict == "reaches":
        return Reached(tuple(attempts), attempts[0], attempts[0])
    for size in range(1, min(solve.together, len(experiment.scenarios)) + 1):
        reaching = [each for each in attempts if each.verdict == "reaches"]
        bound = min((each.cost for each in reaching), default=float("inf"))
        for names, cost in _sets(experiment, solve, size, reaching):
            if cost >= bound:
                break
            changes = tuple(change for name in names for change in experiment.scenarios[name])
            attempts.append(_attempt(trials, names, changes, cost, goal, looks))
            if size > 1 and attempts[-1].verdict == "reaches":
                break
    reaching = [each for each in attempts if each.verdict == "reaches"]
    fewest = min(reaching, key=lambda each: (len(each.names), each.cost, -each.share), default=None)
    cheapest = min(reaching, key=lambda each: (each.cost, len(each.names), -each.share), default=None)
    return Reached(tuple(attempts), fewest, cheapest)


def looks_of(members: int, looks: Sequence[int] = LOOKS) -> tuple[int, ...]:
    """Round the replications of each look up to as many of each twin of an ensemble.

    >>> looks_of(30), looks_of(0)
    ((30, 60, 90, 180, 330), (20, 40, 80, 160, 320))
    """
    return tuple(dict.fromkeys(-(-n // members) * members if members else n for n in looks))


def _sets(
    experiment: Experiment, solve: Solve, size: int, reaching: Sequence[Attempt]
) -> Iterator[tuple[tuple[str, ...], float]]:
    """List sets of so many scenarios that hold none that reaches, by cost."""
    priced = [
        (names, sum(solve.costs.get(name, 1.0) for name in names))
        for names in combinations(experiment.scenarios, size)
        if not any(set(each.names) <= set(names) for each in reaching)
    ]
    yield from sorted(priced, key=lambda each: each[1])


def _attempt(
    trials: Trials, names: tuple[str, ...], changes: Changes, cost: float, goal: Goal, looks: Sequence[int]
) -> Attempt:
    try:
        number = trials.add(JOINED.join(names) or BASELINE, changes)
    except InputError:
        if len(names) < 2:
            raise
        return Attempt(names, cost, 0, 0, 0.0, 1.0, "do not go together")
    kept, low, high, n = 0, 0.0, 1.0, 0
    verdict: Verdict = "cannot tell"
    for n in looks:
        levels = trials.values([number], goal.asked, 0, n)[0]
        kept = int(sum(keeps(goal, level) for level in levels[np.isfinite(levels)].tolist()))
        low, high = share_interval(kept, n, ERROR / len(looks))
        if low >= goal.probability or high < goal.probability:
            verdict = "reaches" if low >= goal.probability else "misses"
            break
    return Attempt(names, cost, kept, n, low, high, verdict)


def share_interval(kept: int, n: int, error: float) -> tuple[float, float]:
    """Give the exact interval of a share.

    Parameters
    ----------
    kept, n
        So many of so many.
    error
        Share of such intervals that may miss the truth.

    >>> [round(end, 3) for end in share_interval(9, 10, 0.05)]
    [0.555, 0.997]
    """
    from scipy.special import betaincinv  # noqa: PLC0415 - only goals need it

    low = float(betaincinv(kept, n - kept + 1, error / 2)) if kept else 0.0
    high = float(betaincinv(kept + 1, n - kept, 1 - error / 2)) if kept < n else 1.0
    return low, high
