"""Select the best of several systems with a stated probability: the fully sequential procedure KN.

All systems run side by side on the same random numbers, one replication after another; those that fall behind are
dropped. With k systems, error e, first sample n0 and worth δ, the smallest difference that matters::

    η  = ((2e / (k - 1))^(-2 / (n0 - 1)) - 1) / 2,   h² = 2 η (n0 - 1)
    after r replications, drop i if some l in play has  mean_l - mean_i > max(0, δ / 2r · (h² S²_il / δ² - r))

S²_il is the variance of the paired differences in the first n0 replications, so the same random numbers save runs. If
the best is at least δ better than all others, it is selected with probability 1 - e or more. Where others lie within δ
of the best, one of them may be selected, which costs less than what matters; they are called ties.

Assumed: replications are independent and about normal, as means and percentiles over many items are. The probability
is about the twin and the luck of its runs, not about how sure the twin's own figures are.

Units: those of the values. Source: Kim and Nelson (2001), A fully sequential procedure for indifference-zone selection
in simulation, ACM Transactions on Modeling and Computer Simulation 11(3), with c = 1.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from twin.errors import InputError
from twin.estimate import Difference, paired_difference

Values = NDArray[np.float64]

Draw = Callable[[Sequence[int], int, int], Values]
"""Give the values of systems, by place, in `count` replications from `first` on: shape (systems, count)."""

Call = Literal["best", "same", "tie", "behind", "worse", "undecided"]

CONFIDENCE: Final = 0.95
FIRST: Final = 10
MOST: Final = 2_000
"""Replications of one system before the procedure gives up; far more than a usual question needs."""


@dataclass(frozen=True)
class Standing:
    """How one system came off.

    Attributes
    ----------
    place
        Its number among the systems.
    n
        Replications it ran: until it was dropped, or to the end.
    gap
        Its values less those of the best over the replications both ran. The level of the interval is that of all
        intervals together.
    call
        ``best``; ``same``: equal to it in every replication; ``tie``: behind by less than matters; ``behind``: by as
        much as matters, yet the interval holds less; ``worse``: by as much as matters over all of the interval;
        ``undecided``: still in play when the most replications were made.
    """

    place: int
    n: int
    gap: Difference
    call: Call


@dataclass(frozen=True)
class Selection:
    """The best of several systems.

    Attributes
    ----------
    best
        Its place.
    confidence
        Probability of a correct selection, where the best leads by what matters. It holds only if `decided`.
    decided
        False where the most replications were made while others were still in play.
    replications
        Of the best.
    runs
        Replications of all systems together.
    standings
        By place.
    """

    best: int
    confidence: float
    decided: bool
    replications: int
    runs: int
    standings: tuple[Standing, ...]


def select_best(
    draw: Draw,
    systems: int,
    *,
    worth: float,
    better: Literal["lower", "higher"],
    confidence: float = CONFIDENCE,
    most: int = MOST,
    block: int = 1,
) -> Selection:
    """Run systems until the best is known.

    Parameters
    ----------
    draw
        Gives values; replication numbers name the random numbers, the same for all systems.
    systems
        How many.
    worth
        The smallest difference that matters (indifference zone), in the unit of the values, above 0.
    better
        Which way is better.
    confidence
        Probability of a correct selection, between 1/systems and 1.
    most
        Replications of one system at most.
    block
        Replications drawn at once. The selection does not depend on it; more than 1 lets replications run side by side
        and may run some that are not looked at.

    Raises
    ------
    InputError
        Where an argument is out of range or a value is missing.
    """
    _check(systems, worth, confidence, most)
    error = (1 - confidence) / max(systems - 1, 1)
    race = _Race(draw, systems, 1.0 if better == "higher" else -1.0, block)
    race.reach(FIRST)
    # the boundary h² S² / δ of each pair, where the triangle of the module begins
    boundary = _spread_factor(error) * _pair_variances(race.values[:, :FIRST]) / worth
    r = FIRST
    _drop(race, boundary, worth, r)
    longest = boundary / worth
    while race.contested() and r < most and r <= longest[np.ix_(race.in_play, race.in_play)].max():
        r += 1
        race.reach(r)
        _drop(race, boundary, worth, r)
    return _told(race, r, worth=worth, confidence=confidence, longest=longest)


class _Race:
    """Values drawn so far, and who is in play."""

    def __init__(self, draw: Draw, systems: int, sign: float, block: int) -> None:
        self.draw, self.sign, self.block = draw, sign, block
        self.values = np.empty((systems, 0))  # higher is better in here
        self.in_play = np.arange(systems)
        self.last = np.zeros(systems, np.intp)  # replications each has run

    def reach(self, r: int) -> None:
        """Have the values of those in play up to replication r."""
        have = self.values.shape[1]
        if have < r:
            count = max(r - have, self.block)
            fresh = np.full((len(self.values), count), np.nan)
            fresh[self.in_play] = self.sign * self.draw(self.in_play.tolist(), have, count)
            self.values = np.concatenate([self.values, fresh], axis=1)
        if not np.isfinite(self.values[self.in_play, :r]).all():
            raise InputError("in some replication nothing could be measured; run longer")
        self.last[self.in_play] = r

    def contested(self) -> bool:
        """Say whether several are in play that differ at all."""
        rows = self.values[self.in_play, : self.last.max()]
        return len(rows) > 1 and bool((rows != rows[0]).any())


def _spread_factor(error: float) -> float:
    """Give h² for the error that one pair may have."""
    eta = (math.pow(2 * error, -2 / (FIRST - 1)) - 1) / 2
    return 2 * eta * (FIRST - 1)


def _pair_variances(values: Values) -> Values:
    """Give the variance of the differences of each pair, shape (systems, systems); 0 exactly for equal ones."""
    gaps = values[:, None, :] - values[None, :, :]
    variances: Values = gaps.var(axis=2, ddof=1)
    return np.where(np.ptp(gaps, axis=2) > 0, variances, 0.0)


def _drop(race: _Race, boundary: Values, worth: float, r: int) -> None:
    """Drop those that fall behind another by more than the triangle still allows."""
    means = race.values[race.in_play, :r].mean(axis=1)
    allowed = np.maximum(0.0, boundary[np.ix_(race.in_play, race.in_play)] / r - worth) / 2
    behind = (means[None, :] - means[:, None] > allowed).any(axis=1)
    race.in_play = race.in_play[~behind]


def _told(race: _Race, r: int, *, worth: float, confidence: float, longest: Values) -> Selection:
    left = race.in_play
    best = int(left[np.argmax(race.values[left, :r].mean(axis=1))])
    decided = not race.contested() or bool(r > longest[np.ix_(left, left)].max())
    level = 1 - (1 - confidence) / max(len(race.last) - 1, 1)
    standings = []
    for place, n in enumerate(race.last.tolist()):
        leader, mine = race.sign * race.values[best, :n], race.sign * race.values[place, :n]
        gap = paired_difference(leader, mine, level)
        undecided = not decided and place in left
        standings.append(Standing(place, n, gap, _call(place == best, gap, worth, undecided=undecided)))
    return Selection(best, confidence, decided, r, int(race.last.sum()), tuple(standings))


def _call(is_best: bool, gap: Difference, worth: float, *, undecided: bool) -> Call:  # noqa: FBT001 - read once, here
    if is_best:
        return "best"
    if gap.identical:
        return "same"
    if undecided:
        return "undecided"
    if abs(gap.effect) < worth:
        return "tie"
    ends = [abs(end) for end in (gap.low, gap.high) if end is not None]
    crosses = gap.low is not None and gap.high is not None and gap.low * gap.high < 0
    return "behind" if crosses or min(ends) < worth else "worse"


def _check(systems: int, worth: float, confidence: float, most: int) -> None:
    if systems < 1:
        raise InputError("there is nothing to select from")
    if not worth > 0:
        raise InputError(f"a difference of {worth:g} cannot be what matters; above 0")
    if not 1 / max(systems, 2) < confidence < 1:
        raise InputError(f"a probability of {confidence:g} to select the best of {systems} cannot be asked for")
    if most < FIRST:
        raise InputError(f"at most {most} replications are too few; the procedure begins with {FIRST}")
