"""When a simulated number agrees with an exact one.

Each replication gives one value y and the means of what went in, x: efforts and gaps as drawn, whose expectations are
known whatever the engine does with them. The estimate is the intercept of the regression of y on x less its
expectation (control variates: Lavenberg and Welch 1981, Management Science 27), with the standard error SE of that
intercept. What went in is judged by itself, or wrong efforts would excuse wrong waits. A number agrees where
|estimate - exact| <= q SE, with q the quantile of Student's t that rejects 4 right numbers in 100,000 (4.3 at 100
replications, 4.9 at 30), and where SE is at most the share of the exact value that a case allows: an SE that is too
large to tell is a failure too. An error of 5.6 SE is found in 9 of 10 cases.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from theory.cases import Values

FALSE_ALARM = 4e-5

Array = NDArray[np.float64]


class Verdict(NamedTuple):
    """One number held against its exact value."""

    name: str
    exact: float
    estimate: float
    error: float  # SE
    replications: int
    controls: int
    allowed: float  # SE as a share of the exact value

    @property
    def agrees(self) -> bool:
        """Tell whether the number is right, and known well enough to tell."""
        far = stats.t.isf(FALSE_ALARM / 2, self.replications - 1 - self.controls)
        return abs(self.estimate - self.exact) <= far * self.error <= far * self.allowed * abs(self.exact)

    def __str__(self) -> str:
        """Write the verdict for the message of a failed test."""
        distance, share = (self.estimate - self.exact) / self.error, self.error / abs(self.exact)
        held = f"{self.name}: {self.estimate:.5g} for {self.exact:.5g}"
        return f"{held}, off by {distance:+.1f} SE, SE {share:.2%} where {self.allowed:.1%} is allowed"


def verdict(name: str, values: Array, exact: float, allowed: float, excess: Array) -> Verdict:
    """Judge the values of replications, shape (replications,), by what went in above expectation, (replications, x)."""
    x = np.column_stack([np.ones(values.size), excess])
    weights, *_ = np.linalg.lstsq(x, values, rcond=None)
    rest = values - x @ weights
    spread = rest @ rest / (values.size - x.shape[1]) * np.linalg.inv(x.T @ x)[0, 0]
    return Verdict(name, exact, float(weights[0]), float(np.sqrt(spread)), values.size, excess.shape[1], allowed)


def wrong(
    found: Sequence[Values], exact: Values, inputs: Sequence[Values], known: Values, *,
    allowed: Callable[[str], float] | float,
) -> list[str]:  # fmt: skip
    """List the numbers that do not agree, and the inputs that do not.

    Parameters
    ----------
    found, inputs
        What came out and what went in, one per replication.
    exact, known
        Their exact expectations.
    allowed
        Largest SE of what came out, as a share of the exact value; that of an input is 3 %.
    """
    went_in = np.array([[each[name] for name in known] for each in inputs])
    excess = went_in - np.array(list(known.values()))
    out = [
        verdict(
            name, np.array([each[name] for each in found]), exact[name],
            allowed(name) if callable(allowed) else allowed, excess,
        )
        for name in found[0]
        if name in exact
    ]  # fmt: skip
    into = [
        verdict(name, went_in[:, column], value, 0.03, excess[:, :0])
        for column, (name, value) in enumerate(known.items())
    ]
    return [str(each) for each in out + into if not each.agrees]
