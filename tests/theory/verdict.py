"""When a simulated number agrees with an exact one, and how many replications it takes to tell.

Each replication gives one value of each number, a plain average whose expectation is the exact value. The estimate is
their mean, SE its standard error. A number agrees where |estimate - exact| <= q SE, with q the quantile of Student's t
that rejects 4 right numbers in 100,000 (4.3 at 100 replications), and where SE is at most a share of the exact value:
an SE that is too large to tell is a failure too. An error of 5.6 SE is found in 9 of 10 cases, so per commit one of
5.6 %, nightly one of 1.1 %.
"""

import os
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pytest
from scipy import stats
from theory.chains import Values

from twin.engine import Engine, simulate
from twin.eventlog import Visits
from twin.plan import Model

FALSE_ALARM = 4e-5
Record = Callable[[str, object], None]


class Size(NamedTuple):
    """How long a case is run, and how well its numbers are then known."""

    engine: Engine
    seed: int
    times: float  # as many replications as a case names for a commit, and 30 at least
    allowed: float  # SE as a share of the exact value
    length: float = 1  # share of a commit's replication

    def replications(self, commit: int) -> int:
        return max(30, round(self.times * commit))


COMMIT = Size("compiled", 1, 1, 0.01)
REFERENCE = Size("reference", 1, 0, 0.05, length=0.4)
NIGHTLY = Size("compiled", int(os.environ.get("THEORY_SEED", time.time_ns())), 25, 0.002)
"""A fresh seed each time; `THEORY_SEED` takes one again."""

nightly = pytest.param(NIGHTLY, id="nightly", marks=[pytest.mark.nightly, pytest.mark.timeout(3600)])
commit, reference = (
    pytest.param(COMMIT, id="commit"),
    pytest.param(REFERENCE, id="reference", marks=pytest.mark.nightly),
)
"""The reference is slow; at a commit queues, recursions and parity hold it."""

sizes = pytest.mark.parametrize("size", [commit, nightly])
sizes_and_reference = pytest.mark.parametrize("size", [commit, nightly, reference])


class Verdict(NamedTuple):
    """One number held against its exact value."""

    name: str
    exact: float
    estimate: float
    error: float  # SE
    replications: int
    allowed: float  # SE as a share of the exact value

    @property
    def distance(self) -> float:
        """How many SE the estimate is off: t."""
        return (self.estimate - self.exact) / self.error

    @property
    def share(self) -> float:
        """SE as a share of the exact value."""
        return self.error / abs(self.exact)

    @property
    def agrees(self) -> bool:
        """Tell whether the number is right, and known well enough to tell."""
        far = stats.t.isf(FALSE_ALARM / 2, self.replications - 1)
        return bool(abs(self.distance) <= far and self.share <= self.allowed)

    def __str__(self) -> str:
        """Write the verdict for the message of a failed test."""
        held = f"{self.name}: {self.estimate:.5g} for {self.exact:.5g}"
        return f"{held}, off by {self.distance:+.1f} SE, SE {self.share:.2%} where {self.allowed:.1%} is allowed"


def replicate(
    model: Model, measured: Callable[[Visits], Values], size: Size, *, commit: int = 100, items: int | None = None
) -> list[Values]:
    """Measure each replication and let go of its rows."""
    return [
        measured(simulate(model, seed=size.seed, replication=each, items=items, engine=size.engine).visits)
        for each in range(size.replications(commit))
    ]


def wrong(found: Sequence[Values], exact: Values, size: Size, record: Record) -> list[str]:
    """List the numbers of a case that do not agree; every one of them has to be among what was found.

    Parameters
    ----------
    found
        What came out, one per replication.
    exact
        Its expectations.
    record
        Takes what the table of a nightly run shows.
    """
    verdicts = []
    for name, value in exact.items():
        values = np.array([each[name] for each in found])
        error = float(values.std(ddof=1)) / values.size**0.5
        verdicts.append(Verdict(name, value, float(values.mean()), error, values.size, size.allowed))
    farthest = max(verdicts, key=lambda verdict: abs(verdict.distance))
    vaguest = max(verdicts, key=lambda verdict: verdict.share)
    record("numbers", len(verdicts))
    record("replications", len(found))
    record("seed", size.seed)
    record("largest |t|", f"{abs(farthest.distance):.1f} ({farthest.name})")
    record("largest SE", f"{vaguest.share:.2%} ({vaguest.name})")
    return [str(verdict) for verdict in verdicts if not verdict.agrees]
