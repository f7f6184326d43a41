"""Which distribution the gaps between arrivals have, in the clock that runs as fast as demand.

If C(t) is the expected number of arrivals until t, the gaps C(t_k) - C(t_(k-1)) of a Poisson process are exponential
with mean 1, whatever its rate does (Çinlar 1975, Introduction to Stochastic Processes, §4.7). Kinds given by mean 1 and
the cv of the gaps compete with it. Blocks of time are held out in turn; likelihoods are those of intervals between
quantiles of the gaps, so that rounded and equal instants do no harm. Another kind than exponential is taken only where
its gain is more than two standard errors.

Gaps clump where arrivals are seen as first starts: several people begin as they come in. A renewal process whose gaps
have cv c goes on to make counts of variance c² times their mean over long times; where they vary clearly less, the
clumps say nothing of demand, and the counts decide. Where most arrivals are drawn (`calibration.first_queues`), gaps
are those of the draw, and counts over long times, which queues leave nearly as they are, decide alone. Source: Cox and
Lewis (1966), The Statistical Analysis of Series of Events, ch. 4.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.distributions import Distribution, Exponential, Gamma, Hyperexponential, Lognormal, Weibull
from twin.quantiles import cdf
from twin.units import HOUR, format_duration

Floats = NDArray[np.float64]

FOLDS: Final = 5
BINS: Final = 32
LEAST_GAPS: Final = 30
KINDS: Final = (Gamma, Weibull, Lognormal, Hyperexponential)
LEAST_CV, MOST_CV = 0.001, 20.0
WINDOW: Final = 20.0
"""Expected arrivals in each count."""
LONG_WINDOW: Final = 100.0
"""Expected arrivals in each count where arrivals were drawn: queues move them about within shorter times."""
LEAST_WINDOWS: Final = 10
_IMPOSSIBLE: Final = 1e-6


class GapChoice(NamedTuple):
    """What the gaps look like."""

    kind: type[Gamma | Weibull | Lognormal | Hyperexponential] | None  # None is exponential
    cv: float  # sd / mean of the gaps
    gains: dict[str, float]  # held-out log-likelihood per gap against exponential, by kind
    low: float | None = None  # 95 % interval of the cv
    high: float | None = None


def choose_gaps(gaps: Floats) -> GapChoice:
    """Choose the kind of gaps.

    Parameters
    ----------
    gaps
        Expected arrivals from one arrival to the next, in order of time, shape (gaps,).
    """
    cv = _cv(gaps)
    if gaps.size < LEAST_GAPS:
        return GapChoice(None, cv, {})
    gains = {kind: _gain(kind, gaps / gaps.mean()) for kind in KINDS if kind is not Hyperexponential or cv > 1}
    clear = {kind: gain.mean() for kind, gain in gains.items() if gain.mean() > 2 * gain.std() / np.sqrt(gain.size)}
    chosen = max(clear, key=lambda kind: clear[kind]) if clear else None
    half = 1.96 * _cv_error(gaps)
    told = {kind.__name__.lower(): round(float(gain.mean()), 4) for kind, gain in gains.items()}
    return GapChoice(chosen, cv, told, max(cv - half, 0.0), cv + half)


def borne_out(choice: GapChoice, clock: Floats) -> GapChoice:
    """Keep clumped gaps where counts over longer times vary as much, within two standard errors of their dispersion.

    Parameters
    ----------
    choice
        Chosen from the gaps.
    clock
        Expected arrivals until each arrival, shape (arrivals,).
    """
    windows, dispersion = _dispersion(clock, WINDOW)
    if choice.kind is None or choice.cv <= 1 or windows < LEAST_WINDOWS:
        return choice
    error = dispersion * float(np.sqrt(2 / (windows - 1)))
    if choice.cv**2 <= dispersion + 2 * error:
        return choice
    if dispersion - 2 * error <= 1:
        return choice._replace(kind=None, cv=1.0, low=None, high=None)
    return choice._replace(
        cv=dispersion**0.5, low=(dispersion - 2 * error) ** 0.5, high=(dispersion + 2 * error) ** 0.5
    )


def told_by_counts(choice: GapChoice, clock: Floats) -> GapChoice:
    """Let counts over long times decide alone, where gaps were drawn and say what they were drawn with.

    Parameters
    ----------
    choice
        Chosen from the gaps.
    clock
        Expected arrivals until each arrival, shape (arrivals,).
    """
    windows, dispersion = _dispersion(clock, LONG_WINDOW)
    if windows < LEAST_WINDOWS:
        return choice._replace(kind=None, cv=1.0, low=None, high=None)
    least, most = (max(dispersion * (1 + side * 2 * (2 / (windows - 1)) ** 0.5), 0.0) for side in (-1, 1))
    if least <= 1 <= most or dispersion <= LEAST_CV**2:
        return choice._replace(kind=None, cv=1.0, low=None, high=None)
    kind = Gamma if choice.kind is None or dispersion < 1 else choice.kind
    return choice._replace(kind=kind, cv=dispersion**0.5, low=least**0.5, high=most**0.5)


def _dispersion(clock: Floats, window: float) -> tuple[int, float]:
    """Count windows of so many expected arrivals, and give the index of dispersion of what came in them; 1 in few."""
    windows = int((clock[-1] - clock[0]) // window)
    if windows < LEAST_WINDOWS:
        return windows, 1.0
    counts = np.histogram(clock[1:], clock[0] + window * np.arange(windows + 1))[0]
    return windows, float(counts.var(ddof=1) / counts.mean())


def gap_distribution(kind: type[Gamma | Weibull | Lognormal | Hyperexponential], mean: str, cv: float) -> Distribution:
    """Write a kind of gap by its mean, as text, and its cv."""
    least = 1.0 if kind is Hyperexponential else LEAST_CV
    fields = {"kind": kind.__name__.lower(), "mean": mean, "cv": min(max(float(f"{cv:.3g}"), least), MOST_CV)}
    return kind.model_validate(fields)


def _cv(gaps: Floats) -> float:
    return float(gaps.std(ddof=1) / gaps.mean()) if gaps.size > 1 and gaps.mean() > 0 else 1.0


def _cv_error(gaps: Floats) -> float:
    """Give the standard error of the cv by the delta method on the sample's moments."""
    mean, spread = gaps.mean(), gaps.std()
    if spread == 0:
        return 0.0
    z = (gaps - mean) / spread
    cv = spread / mean
    variance = cv**2 * (((z**4).mean() - 1) / 4 - cv * (z**3).mean() + cv**2) / gaps.size
    return float(np.sqrt(max(variance, 0.0)))


def _gain(kind: type[Gamma | Weibull | Lognormal | Hyperexponential], gaps: Floats) -> Floats:
    """Give each gap's held-out log-likelihood above that of the exponential, shape (gaps,)."""
    inner = np.unique(np.quantile(gaps, np.arange(1, BINS) / BINS))
    edges = np.concatenate([[-1.0], inner[inner > 0], [np.inf]]) * HOUR
    place = np.searchsorted(edges[1:-1], gaps * HOUR, side="right")
    unit = format_duration(HOUR)
    plain = Exponential.model_validate({"kind": "exponential", "mean": unit})
    gain = np.empty(gaps.size)
    for out in np.array_split(np.arange(gaps.size), FOLDS):
        kept = np.delete(gaps, out)
        fitted = gap_distribution(kind, unit, _cv(kept))
        gain[out] = (_told(fitted, edges) - _told(plain, edges))[place[out]]
    return gain


def _told(distribution: Distribution, edges: Floats) -> Floats:
    """Give the log-likelihood of each interval, shape (edges - 1,)."""
    reached = np.concatenate([[0.0], cdf(distribution, edges[1:-1]), [1.0]])
    return np.asarray(np.log(np.maximum(np.diff(reached), _IMPOSSIBLE)))
