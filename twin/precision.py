"""How well an effect is known after so many replications, and how many more would make it better known.

More are worth running while one of two holds:

* luck: the half-width of the luck of the simulation is wider than asked, and than half of the rest of the interval;
* few degrees of freedom: Student's t is more than a quarter above what it would come to with replications without end.

The second arises over an ensemble of M twins (`twin.uncertainty`). Where twins differ by little beside the luck, how
much they differ is itself badly known after two replications of each: t may then be 4.3 where M - 1 = 19 degrees of
freedom would give 2.1, and the whole interval is twice as wide as it need be. With n replications of each twin, W the
luck and b the variance between twins, the degrees of freedom to come are `twin.uncertainty.freedom_of` at B = W + n b.
An interval that is as narrow as asked as a whole needs no more; where a file names a precision the luck alone counts.

Units are those of the values.
"""

import math
from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np

from twin.estimate import LEVEL, Values
from twin.run_length import FIRST_REPLICATIONS, asked_of, more_replications
from twin.uncertainty import Numbers, Sources, freedom_of, sources_of, t_factor

WIDENED: Final = 1.25
"""How far t may be above what it would come to."""


class Reached(NamedTuple):
    """How well an effect is known."""

    n: int
    sources: Sources
    differs: bool  # in some pair

    @property
    def half_width(self) -> float:
        """Of the luck of the simulation."""
        return self.sources.parts().simulation

    @property
    def rest(self) -> float:
        """What replications do not narrow."""
        parts = self.sources.parts()
        return math.hypot(parts.parameters or 0.0, parts.model or 0.0)


class Wanted(NamedTuple):
    """What is asked of replications."""

    half_width: float
    named: bool  # by the file, rather than taken from what matters
    members: int  # of the ensemble; 0 without one
    cap: int


def reached(
    base: Values, changed: Values, members: Numbers | None = None, discrepancy: float | None = None
) -> Reached | None:
    """Tell how well an effect is known; None where less than two pairs have it.

    Parameters
    ----------
    base, changed
        One value per replication, paired, NaN where there is none, both of shape (replications,).
    members, discrepancy
        As in `twin.uncertainty.sources_of`.
    """
    gaps = changed - base
    both = np.isfinite(gaps)
    pairs = gaps[both]
    if pairs.size < 2:
        return None
    sources = sources_of(pairs, None if members is None else members[both], discrepancy)
    return Reached(pairs.size, sources, bool(np.ptp(pairs) > 0))


def more_for(found: Iterable[Reached], wanted: Wanted, done: int) -> int:
    """Say how many more replications to run after so many; over an ensemble whole rounds of its twins.

    Parameters
    ----------
    found
        Effects that are to be known.
    wanted
        What is asked.
    done
        Replications so far.
    """
    more = max((_more(each, wanted) for each in found if each.differs), default=0)
    rounded = -(-more // wanted.members) * wanted.members if wanted.members else more
    return max(0, min(rounded, wanted.cap - done))


def _more(found: Reached, wanted: Wanted) -> int:
    asked = asked_of(wanted.half_width, found.rest)
    luck = more_replications(
        found.n, found.half_width, asked, minimum=FIRST_REPLICATIONS, maximum=max(wanted.cap, found.n)
    )
    return luck or _more_for_freedom(found, wanted)


def _more_for_freedom(found: Reached, wanted: Wanted) -> int:
    """Say how many more bring Student's t near to what it would come to; at most as many as there are."""
    sources, members = found.sources, wanted.members
    enough = WIDENED * t_factor(members - 1, LEVEL) if members > 1 else math.inf
    narrow = t_factor(sources.freedom, LEVEL) * math.sqrt(sources.total) <= wanted.half_width
    if wanted.named or narrow or not sources.parameters or t_factor(sources.freedom, LEVEL) <= enough:
        return 0
    each = found.n // members
    luck, between = sources.simulation * found.n, sources.parameters / (1 + 1 / members)
    for more in range(1, each):
        freedom = freedom_of(luck + (each + more) * between, luck, members=members, each=each + more)
        if t_factor(freedom, LEVEL) <= enough:
            return more * members
    return each * members
