"""How much each change of a bundle adds to the effect of the whole: Shapley shares on common random numbers.

A change may gain much alone and nothing beside another. Its share is what it adds when the changes are made one after
another, averaged over every order. With v(S) the asked figure when the changes S are made, of n in all::

    share_i = Σ over S without i of  |S|! (n - |S| - 1)! / n! · (v(S + i) - v(S))

It is taken replication by replication, so each share has an interval, and in each replication the shares sum to the
effect of the whole. Up to six changes all 2^n twins are run; beyond, each replication takes an order drawn for it and
its reverse, so that the interval also knows the luck of the orders. Changes that are no valid twin without another of
the bundle (a stage and the team made for it) share as one.

Units: those of the asked figure. Source: Shapley (1953), A value for n-person games; Song, Nelson and Staum (2016),
Shapley effects for global sensitivity analysis, SIAM/ASA Journal on Uncertainty Quantification 4, for drawn orders.
"""

from collections.abc import Callable, Sequence
from itertools import combinations
from math import factorial
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.answer import Answer
from twin.changes import Changes
from twin.decide.trials import Trials
from twin.errors import InputError
from twin.estimate import Difference
from twin.scenario import apply, difference
from twin.spec import Twin
from twin.streams import Purpose, name_hash, uniforms

Values = NDArray[np.float64]
Subset = frozenset[int]

Worths = Callable[[Sequence[Subset], int, int], Values]
"""Give the figure with these changes made, in `count` replications from `first` on: shape (subsets, count)."""

MOST_EXACT: Final = 6
MOST: Final = 40


class Part(NamedTuple):
    """What one change of a bundle adds."""

    changed: tuple[str, ...]  # in words
    share: Difference  # averaged over every order
    alone: Difference  # made alone
    last: Difference  # made after all others


class Bundle(NamedTuple):
    """A scenario and what its changes add."""

    name: str
    total: Difference
    parts: tuple[Part, ...]  # the largest share first
    exact: bool  # False: orders were drawn


def split_effect(trials: Trials, name: str, changes: Changes, answer: Answer, *, replications: int) -> Bundle | None:
    """Split a scenario's effect among its changes.

    Parameters
    ----------
    trials
        Runs the twins.
    name, changes
        The scenario.
    answer
        The asked figure.
    replications
        Of each twin, at least 2.

    Returns
    -------
    Bundle or None
        None where there is nothing to split: one change, or changes that only make sense together.

    Raises
    ------
    InputError
        Where there are too many changes, or in some replication nothing could be measured.
    """
    if len(changes) > MOST:
        raise InputError(f"{name}: {len(changes)} changes are too many to split; at most {MOST}")
    groups = groups_of(trials.base, changes)
    if len(groups) < 2:
        return None

    def worths(subsets: Sequence[Subset], first: int, count: int) -> Values:
        made = [[changes[p] for p in sorted(p for group in subset for p in groups[group])] for subset in subsets]
        values = trials.values([trials.add(name, tuple(each)) for each in made], answer, first, count)
        if not np.isfinite(values).all():
            raise InputError(f"{name}: in some replication nothing could be measured; run longer")
        return values

    players, exact = len(groups), len(groups) <= MOST_EXACT
    shares = (
        exact_shares(worths, players, replications)
        if exact
        else drawn_shares(worths, players, replications, seed=trials.seed)
    )
    everyone = frozenset(range(players))
    base, whole = worths([frozenset(), everyone], 0, replications)
    parts = []
    for player, group in enumerate(groups):
        alone, without = worths([frozenset({player}), everyone - {player}], 0, replications)
        words = difference(trials.base, apply(trials.base, tuple(changes[place] for place in group)))
        told = (trials.difference(*sides, answer) for sides in _sides(base, shares[player], alone, without, whole))
        parts.append(Part(words, *told))
    parts.sort(key=lambda part: -abs(part.share.effect))
    return Bundle(name, trials.difference(base, whole, answer), tuple(parts), exact)


def _sides(
    base: Values, share: Values, alone: Values, without: Values, whole: Values
) -> tuple[tuple[Values, Values], ...]:
    """Pair what the share, the change alone and the change made last compare."""
    return (base, base + share), (base, alone), (without, whole)


def exact_shares(worths: Worths, players: int, replications: int) -> Values:
    """Average over every order.

    Returns
    -------
    Values
        Shape (players, replications); each column sums to the effect of the whole.
    """
    subsets = [frozenset(chosen) for size in range(players + 1) for chosen in combinations(range(players), size)]
    value = dict(zip(subsets, worths(subsets, 0, replications), strict=True))
    shares = np.zeros((players, replications))
    for subset in subsets:
        weight = (
            factorial(len(subset)) * factorial(players - len(subset) - 1) / factorial(players)
            if len(subset) < players
            else 0.0
        )
        for player in set(range(players)) - subset:
            shares[player] += weight * (value[subset | {player}] - value[subset])
    return shares


def drawn_shares(worths: Worths, players: int, replications: int, *, seed: int) -> Values:
    """Average over an order drawn for each replication and its reverse; shaped as by `exact_shares`."""
    shares = np.zeros((players, replications))
    for replication in range(replications):
        drawn = uniforms(
            seed=seed,
            replication=replication,
            place=name_hash("order"),
            work=0,
            numbers=np.arange(players),
            visit=0,
            purpose=Purpose.DESIGN,
        )
        order = [int(player) for player in np.argsort(drawn)]
        for way in (order, order[::-1]):
            prefixes = [frozenset(way[:size]) for size in range(players + 1)]
            steps = np.diff(worths(prefixes, replication, 1)[:, 0])
            shares[way, replication] += steps / 2
    return shares


def groups_of(base: Twin, changes: Changes) -> tuple[tuple[int, ...], ...]:
    """Put changes together that are no valid twin without each other, by their places in the list."""
    groups: list[tuple[int, ...]] = [(place,) for place in range(len(changes))]
    while len(groups) > 1:
        joined = _joined(base, changes, groups)
        if joined is None:
            break
        together = tuple(sorted(place for group in joined for place in groups[group]))
        groups = sorted([*(group for at, group in enumerate(groups) if at not in joined), together])
    return tuple(groups)


def _joined(base: Twin, changes: Changes, groups: Sequence[tuple[int, ...]]) -> Subset | None:
    """Find the smallest valid set of groups around one that is not; None where all are valid."""
    places = range(len(groups))
    sizes = range(1, len(groups)) if len(groups) <= MOST_EXACT else (1, len(groups) - 1)
    chosen = (frozenset(each) for size in sizes for each in combinations(places, size))
    broken = next((each for each in chosen if not _valid(base, changes, groups, each)), None)
    if broken is None:
        return None
    for more in range(1, len(groups) - len(broken)) if len(groups) <= MOST_EXACT else (1,):
        for others in combinations([place for place in places if place not in broken], more):
            if _valid(base, changes, groups, broken | set(others)):
                return broken | set(others)
    return frozenset(places)


def _valid(base: Twin, changes: Changes, groups: Sequence[tuple[int, ...]], chosen: Subset) -> bool:
    try:
        apply(base, tuple(changes[place] for place in sorted(place for group in chosen for place in groups[group])))
    except InputError:
        return False
    return True
