"""Durations and shares of a twin, estimated again with items weighed anew.

An estimate of the twin stands where the fit put it, with all that the fit knows; weighing items anew says how far it
might lie elsewhere. So each is moved by what the weights w change about the same figure of the log,

    mean, quantile, cv:   x <- x · x_w / x_1           share of a row:   p <- p · p_w / p_1, then summed to 1,

with x_1 of the log as it is. With the log's own weights everything stays where it was. What was never seen has no
weight and stays at nothing.
Units: ticks (milliseconds).
"""

from typing import NamedTuple

import numpy as np

from calibration.durations import LEAST_CV, MOST_CV, quantile_list, with_mean, written
from calibration.moves import MEMORY, Moves
from calibration.observed import Codes, Floats, Ticks, quantiles_of
from calibration.routes import whole_shares
from twin.distributions import Distribution, Hyperexponential, Quantiles, mean, scaled
from twin.work import START, Route, path_of


class Times(NamedTuple):
    """What one duration was learned from."""

    values: Ticks  # (visits,)
    weight: Floats  # (visits,) how many each stands for
    item: Codes  # (visits,)


class Rows(NamedTuple):
    """The rows of a route, and which of them decided each move of the log."""

    keys: tuple[str, ...]
    names: tuple[str, ...]  # what may come next
    row: Codes  # (moves,) index into keys, -1 where none decides
    next: Codes  # (moves,) index into names
    weight: Floats  # (moves,)
    item: Codes  # (moves,) the item's number in the log
    seen: Floats  # (keys, names) weight of the log's moves


def duration_again(distribution: Distribution, times: Times, anew: Floats) -> Distribution:
    """Move a duration by what weighing items anew changes about the times it was learned from.

    Parameters
    ----------
    distribution
        As it was learned.
    times
        From which times.
    anew
        Weight of each item of the log, by its number.
    """
    if mean(distribution) == 0 or not times.values.any():
        return distribution
    heavy = times.weight * anew[times.item]
    ratio = float(np.average(times.values, weights=heavy) / np.average(times.values, weights=times.weight))
    if isinstance(distribution, Quantiles):
        shares = np.linspace(0, 1, len(distribution.values))
        was, now = (quantiles_of(times.values, weight, shares) for weight in (times.weight, heavy))
        moved = np.array(distribution.values) * np.divide(now, was, out=np.ones_like(was), where=was > 0)
        return quantile_list(with_mean(np.maximum.accumulate(moved), mean(distribution) * ratio))
    moved_mean = scaled(distribution, ratio)
    if not hasattr(moved_mean, "cv"):
        return moved_mean
    return with_cv(moved_mean, _cv(times.values, heavy) / max(_cv(times.values, times.weight), LEAST_CV))


def lasting(distribution: Distribution, was: Times, now: Times) -> Distribution:
    """Stretch a duration by how much longer, on average, times are now than they were, of the same visits."""
    if not was.values.any():
        return distribution
    return scaled(distribution, float(now.values @ now.weight) / float(was.values @ was.weight))


def with_cv(distribution: Distribution, ratio: float) -> Distribution:
    """Multiply the cv of a distribution that is given by its mean and cv, within what is allowed."""
    fields = distribution.model_dump(mode="json")
    least = 1.0 if isinstance(distribution, Hyperexponential) else LEAST_CV
    cv = min(max(float(f"{fields['cv'] * ratio:.3g}"), least), MOST_CV)
    return written({**fields, "cv": cv})


def _cv(values: Ticks, weight: Floats) -> float:
    middle = float(np.average(values, weights=weight))
    return float(np.sqrt(np.average((values - middle) ** 2, weights=weight))) / middle


def rows_of(route: Route, moves: Moves, weight: Floats) -> Rows:
    """Say which row of a route decided each move of the log: the one of the longest path that fits.

    Parameters
    ----------
    route
        The route, in the form of a graph.
    moves
        The log's moves.
    weight
        How much each counts, shape (moves,).
    """
    keys = (START, *route.next)
    places = {path_of(key): place for place, key in enumerate(keys)}
    row = np.full(moves.item.size, -1)
    for k in sorted({len(path) - 1 for path in places} & set(range(MEMORY)), reverse=True):
        ends, first, which = np.unique(moves.end[k], return_index=True, return_inverse=True)
        told = [
            places.get(tuple(moves.names[code] for code in moves.path[k::-1, place].tolist()), -1) if end >= 0 else -1
            for end, place in zip(ends.tolist(), first.tolist(), strict=True)
        ]
        row = np.where(row < 0, np.array(told)[which], row)
    rows = Rows(keys, moves.names, row, moves.next, weight, moves.numbers[moves.item], np.empty(0))
    return rows._replace(seen=_counted(rows, weight))


def _counted(rows: Rows, weight: Floats) -> Floats:
    known, kinds = rows.row >= 0, len(rows.names)
    flat = np.bincount((rows.row * kinds + rows.next)[known], weight[known], minlength=len(rows.keys) * kinds)
    return np.asarray(flat.reshape(len(rows.keys), kinds), np.float64)


def shares_again(route: Route, rows: Rows, anew: Floats) -> dict[str, dict[str, float]]:
    """Move the shares of a route by what weighing items anew changes about the moves behind them.

    Returns
    -------
    By row, ``start`` included; names and their order stay.
    """
    now = _counted(rows, rows.weight * anew[rows.item])
    ratio = np.divide(now, rows.seen, out=np.ones_like(now), where=rows.seen > 0)
    place = {name: index for index, name in enumerate(rows.names)}
    told = {START: route.start, **route.next}
    return {
        key: whole_shares({name: share * float(ratio[index, place[name]]) for name, share in told[key].items()})
        for index, key in enumerate(rows.keys)
    }
