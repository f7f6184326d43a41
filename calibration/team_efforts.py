"""Does effort depend on who does the work? Decided on items that were held out.

Times of a stage fall into bins between their quantiles. With n_k visits in bin k, and n_tk of them by team t,

    one effort for all    p_k  = n_k / n,  n_k at least 1/2
    an effort by team     p_tk = (n_tk + a p_k) / (n_t + a),     a = 20 visits.

Items are held out in turn, and each gains the sum of log(p_tk / p_k) over its visits. Teams get efforts of their own
where the gain of all items is more than its standard error.

Source of the rule: Breiman, Friedman, Olshen, Stone (1984), Classification and Regression Trees, section 3.4.3.
"""

from typing import Final, NamedTuple

import numpy as np

from calibration.observed import Codes, Floats, Ticks

FOLDS: Final = 5
BINS: Final = 20
PRIOR: Final = 20.0
"""Visits' worth that the effort of all counts in that of a team."""


class Gain(NamedTuple):
    """What efforts by team tell of held-out visits beyond one effort for all."""

    per_visit: float  # log-likelihood
    error: float  # its standard error

    @property
    def pays(self) -> bool:
        """Tell whether the gain is more than its standard error."""
        return self.per_visit > self.error


def gain_by_team(times: Ticks, weights: Floats, team: Codes, item: Codes) -> Gain:
    """Hold items out in turn and compare efforts by team with one for all.

    Parameters
    ----------
    times
        Working time of visits at one stage, in ticks, shape (visits,).
    weights
        How many visits each stands for, shape (visits,).
    team
        Who did it, from 0, shape (visits,).
    item
        Item of each, shape (visits,).
    """
    edges = np.unique(np.quantile(times, np.arange(1, BINS) / BINS))
    edges = edges[edges < times.max()]
    place = np.searchsorted(edges, times, side="left")
    number = np.unique(item, return_inverse=True)[1]
    gain = np.zeros(times.size)
    for fold in range(FOLDS):
        out = number % FOLDS == fold
        counts = np.zeros((int(team.max()) + 1, edges.size + 1))
        np.add.at(counts, (team[~out], place[~out]), weights[~out])
        gain[out] = _log_ratio(counts)[team[out], place[out]]
    by_item = np.bincount(number, gain * weights)
    total = weights.sum()
    error = float(by_item.std(ddof=1)) * np.sqrt(by_item.size) if by_item.size > 1 else np.inf
    return Gain(float(by_item.sum() / total), float(error / total))


def _log_ratio(counts: Floats) -> Floats:
    """Give log(p_tk / p_k), shape (teams, bins)."""
    seen = np.maximum(counts.sum(axis=0), 0.5)
    of_all = seen / seen.sum()
    of_team = (counts + PRIOR * of_all) / (counts.sum(axis=1, keepdims=True) + PRIOR)
    return np.asarray(np.log(of_team / of_all))
