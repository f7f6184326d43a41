"""How sure an estimate is: the bootstrap over items and over weeks.

Visits of one item are alike and items are not, so whole items are weighed anew. In each of `REPLICATES` rounds item i
counts with w_i = -ln u_i, u_i uniform in (0, 1), and a mean becomes

    sum of w_i over visits · value / sum of w_i over visits;

95 % of the means are the interval. Weeks are drawn with replacement, week floor(u · weeks). Every u has a name
(`twin.streams`), so a log gives one interval, whatever the order of its rows.

Sources: Rubin (1981), The Bayesian bootstrap, Annals of Statistics 9(1), 130-134; Efron and Tibshirani (1993), An
Introduction to the Bootstrap, ch. 13 (percentile intervals).
"""

from typing import Final

import numpy as np

from calibration.observed import Codes, Floats, Observed
from twin.streams import Purpose, name_hash, uniforms

REPLICATES: Final = 200
SEED: Final = 1
ENDS: Final = (0.025, 0.975)


def means_over_items(observed: Observed, values: Floats, group: Codes, groups: int) -> Floats:
    """Resample the weighted mean of values in each group of visits.

    Parameters
    ----------
    observed
        Visits.
    values
        One value each, shape (visits,).
    group
        Group of each from 0, -1 for visits of none, shape (visits,).
    groups
        Number of groups.

    Returns
    -------
    Shape (`REPLICATES`, groups), NaN for a group without visits.
    """
    used = group >= 0
    names, item = np.unique(observed.item[used], return_inverse=True)
    kinds, weight, value = group[used], observed.weight[used], values[used]
    found = np.full((REPLICATES, groups), np.nan)
    for number in range(REPLICATES):
        heavy = weight * -np.log(_draws(0, names, number))[item]
        total = np.bincount(kinds, heavy, minlength=groups)
        np.divide(np.bincount(kinds, heavy * value, minlength=groups), total, out=found[number], where=total > 0)
    return found


def drawn_weeks(name: str, weeks: int) -> Codes:
    """Draw weeks with replacement, under the name of whose weeks they are; shape (`REPLICATES`, weeks)."""
    place, numbers = name_hash(name), np.arange(weeks)
    drawn = np.array([_draws(place, numbers, number) for number in range(REPLICATES)])
    return np.asarray((drawn * weeks).astype(np.int64))


def item_weights_anew(items: Codes, number: int) -> Floats:
    """Weigh items as replicate `number` of `means_over_items` does: exponential with mean 1; shape as items."""
    return np.asarray(-np.log(_draws(0, items, number)))


def week_weights_anew(name: str, weeks: int, number: int) -> Floats:
    """Weigh weeks anew under the name of whose weeks they are, with mean 1; shape (weeks,)."""
    heavy = -np.log(_draws(name_hash(name), np.arange(weeks), number))
    return np.asarray(heavy / heavy.mean())


def normal_anew(name: str, number: int) -> float:
    """Draw a standard normal number under a name."""
    from scipy.special import ndtri  # noqa: PLC0415 - only calibration pays for loading scipy

    return float(ndtri(_draws(name_hash(name), np.zeros(1, np.int64), number)[0]))


def share_anew(name: str, counts: tuple[float, float], number: int) -> float:
    """Draw a share under a name, from Beta(for, against)."""
    return _share_at(float(_draws(name_hash(name), np.zeros(1, np.int64), number)[0]), counts)


def share_interval(counts: tuple[float, float]) -> tuple[float, float]:
    """Give the ends of the 95 % interval of a share of which is known Beta(for, against)."""
    low, high = (_share_at(end, counts) for end in ENDS)
    return low, high


def _share_at(chance: float, counts: tuple[float, float]) -> float:
    from scipy.special import betaincinv  # noqa: PLC0415 - only calibration pays for loading scipy

    return float(betaincinv(*counts, chance))


def interval(replicates: Floats) -> Floats:
    """Give the ends of the 95 % interval of each column, shape (2, columns)."""
    return np.asarray(np.quantile(replicates, ENDS, axis=0))


def _draws(place: int, numbers: Codes, replicate: int) -> Floats:
    return uniforms(
        seed=SEED, replication=replicate, place=place, work=0, numbers=numbers, visit=0, purpose=Purpose.BOOTSTRAP
    )
