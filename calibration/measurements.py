"""Which one further measurement would narrow an answer most.

The members of an ensemble answer a what-if differently. If a quantity x were known exactly, the variance of the effect
y that is left would be, on average, E[var(y | x)], so it would take away the share

    1 - E[var(y | x)] / var(y)

of it: the first-order index of x, estimated from the members alone, without a further run, by regressing y on a cubic
in the normal scores of x. Members are few, so the share is that of predictions of members left out (PRESS); what a
regression finds by chance is thus no share. The part of var(y) that is the luck of few replications, known from their
spread, is taken out of the whole first. Effects beyond the 2.5 and 97.5 % of members are cut to these.

A real measurement has an error of its own, so the shares are what it could take away at best.

Sources: Strong, Oakley, Brennan (2014), Estimating multiparameter partial expected value of perfect information from a
probabilistic sensitivity analysis sample, Medical Decision Making 34; Allen (1974), Technometrics 16 (PRESS).
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import rankdata

Floats = NDArray[np.float64]

CUT: Final = (0.025, 0.975)
DEGREE: Final = 3
FEWEST: Final = 12
"""Members, below which nothing is said."""
ENDS: Final = (0.05, 0.5, 0.95)


class Narrowing(NamedTuple):
    """A measurement that could be made."""

    measurement: str
    share: float  # of the answer's variance that it would take away, 0 to 1


class Answered(NamedTuple):
    """What the members of an ensemble answer to one scenario."""

    scenario: str
    figure: str  # "lead time p85"
    unit: str  # of the effects, "h"
    effects: Floats  # (members,) mean over replications
    luck: float  # share of their variance that is the luck of few replications
    narrowings: tuple[Narrowing, ...]  # the best first

    @property
    def interval(self) -> tuple[float, float, float]:
        """Ends and middle of 90 % of what the members say.

        The k-th of n effects in order stands at k / (n + 1): there a further member, or the truth if it is one of
        their kind, lies between the ends with 90 % (Hyndman and Fan 1996, type 6; type 7 of 50 has 86.5 %).
        """
        low, middle, high = np.quantile(self.effects, ENDS, method="weibull")
        return float(low), float(middle), float(high)


def narrowings(effects: Floats, measurable: Mapping[str, Floats]) -> tuple[Narrowing, ...]:
    """Rank what could be measured by the share of the answer's variance that it would take away.

    Parameters
    ----------
    effects
        Of each member in each replication, shape (members, replications); NaN where there is none.
    measurable
        By the name of the measurement, the value of each member, shape (members,).

    Returns
    -------
    tuple
        The best first; nothing where there are too few members, or all say the same.
    """
    whole = np.isfinite(effects).all(axis=1)
    y = np.clip(effects[whole].mean(axis=1), *np.quantile(effects[whole].mean(axis=1), CUT)) if whole.any() else effects
    if np.count_nonzero(whole) < FEWEST or np.ptp(y) == 0:
        return ()
    left = max(1 - luck_of(effects), 1e-9)
    found = [
        Narrowing(name, float(np.clip(_explained(values[whole], y) / left, 0.0, 1.0)))
        for name, values in measurable.items()
        if np.ptp(values[whole]) > 0
    ]
    return tuple(sorted(found, key=lambda each: (-each.share, each.measurement)))


def luck_of(effects: Floats) -> float:
    """Give the share of the variance between members' mean effects that is the luck of few replications."""
    whole = effects[np.isfinite(effects).all(axis=1)]
    if whole.shape[0] < 2 or whole.shape[1] < 2:
        return 0.0
    between, within = whole.mean(axis=1).var(ddof=1), np.median(whole.var(axis=1, ddof=1)) / whole.shape[1]
    return float(min(within / between, 1.0)) if between > 0 else 1.0


def _explained(x: Floats, y: Floats) -> float:
    """Give 1 - PRESS / TSS of a cubic in the normal scores of x."""
    score = ndtri((rankdata(x) - 0.5) / x.size)
    degree = min(DEGREE, np.unique(score).size - 1)
    design = np.vander(score, degree + 1)
    basis, _ = np.linalg.qr(design)
    leverage = (basis**2).sum(axis=1)
    left_out = (y - basis @ (basis.T @ y)) / np.maximum(1 - leverage, 1e-3)
    alone = (y - y.mean()) / (1 - 1 / y.size)
    return float(1 - (left_out**2).sum() / (alone**2).sum())
