"""How well an effect is known after so many replications, and how many more would make it better known.

More are worth running while the half-width of the luck of the simulation is wider than asked, and than half of the rest
of the interval, which replications do not narrow. Over an ensemble what luck hides of how much the twins differ counts
as luck (`twin.uncertainty`). Units are those of the values.
"""

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from twin.estimate import Values
from twin.run_length import FIRST_REPLICATIONS, asked_of, more_replications
from twin.uncertainty import Numbers, Sources, sources_of


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
    return more_replications(
        found.n, found.half_width, asked, minimum=FIRST_REPLICATIONS, maximum=max(wanted.cap, found.n)
    )
