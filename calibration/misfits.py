"""Which figures of a file of metrics its plausible twins do not show: a posterior predictive check.

A twin is learned from levels, each figure's mean over periods. A level is missed where plausible twins hardly show it,
or where it does not go with the others: of one run of each twin, every figure is regressed on all others (on
logarithms; Little's law is linear there), and what remains of the file is held against what remains of runs. Twins that
meet two contradicting figures in the middle show each often enough, and never both.

How a figure moves from period to period is not learned from, since dashboards smooth it. It is held against fresh runs:

    shift       greatest difference between the mean of periods before and after an instant
    variation   standard deviation between periods, where it is greater than runs have (less may be smoothing)

A deviation z is taken on the side it lies on, in half-widths of 95 % of runs / 1.96, and a figure is missed where it
is beyond the normal quantile of 5 % over all checks of the file together (Bonferroni). `benchmarks/misfits.py` counts
false alarms.

Source: Gelman, Meng, Stern (1996), Posterior predictive assessment of model fitness via realized discrepancies,
Statistica Sinica 6; levels given the others as in the conditional check of Marshall and Spiegelhalter (2003),
Statistics in Medicine 22. Units: as of the file.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from calibration.inferred import Inferred, periods_of
from calibration.periods import given_periods, off_scale
from calibration.sources.metric_names import COUNTS, SHARES, TIMES
from calibration.summaries import Target, observed, unscaled

Floats = NDArray[np.float64]

FAMILY: Final = 0.05
RERUN: Final = 200
"""Plausible twins that are run anew for the figures by period."""
FROM: Final = 10_000_000
"""Number of the first of these runs, beyond those of the inference."""
FEWEST: Final = 5
"""Periods below which nothing is said of how a figure moves."""
SIDE: Final = 1 / 6
"""Of all periods, that lie on either side of a shift at least; two at least."""
RIDGE: Final = 1e-4
ENDS: Final = (0.025, 0.975)
SIDE_OF_95: Final = 1.96
FIRST_DAY: Final = date(1970, 1, 1).toordinal()

Kind = Literal["level", "shift", "variation"]


class Misfit(NamedTuple):
    """A figure of the file that plausible twins do not show."""

    figure: str
    kind: Kind
    told: str  # by how much, in words
    deviation: float  # from what runs show, in standard deviations of these
    stage: int  # -1: of the whole
    team: int  # -1: of none

    def __str__(self) -> str:
        """Say it in a line for people."""
        return f"{self.figure} {self.told}"


def misfits(found: Inferred) -> tuple[Misfit, ...]:
    """List what the twins do not show, the clearest first.

    Parameters
    ----------
    found
        Twins learned from the file.
    """
    checks = [*_levels(found), *_movements(found)]
    beyond = float(ndtri(1 - FAMILY / 2 / max(len(checks), 1)))
    clear = [each for each in checks if abs(each.deviation) > beyond]
    named: dict[tuple[str, str], Misfit] = {}
    for each in sorted(clear, key=lambda each: -abs(each.deviation)):
        named.setdefault((each.figure, "level" if each.kind == "level" else "movement"), each)
    return tuple(named.values())


def _made(target: Target, kind: Kind, told: str, deviation: float) -> Misfit:
    return Misfit(target.series.told(), kind, told, deviation, target.stage, target.team)


def _deviation(value: float, shown: Floats) -> float:
    """Give how far a value lies from the middle of what runs show, in standard deviations of the side it lies on."""
    low, middle, high = np.quantile(shown, (ENDS[0], 0.5, ENDS[1]))
    side = (high - middle if value > middle else middle - low) / SIDE_OF_95
    return float((value - middle) / max(side, 1e-3))


# --- levels -----------------------------------------------------------------------------------------------------------


def _levels(found: Inferred) -> Iterator[Misfit]:
    """Check each figure alone, and given the others."""
    seen, shown = observed(found.setup.targets), found.posterior.replayed
    shown = shown[np.isfinite(shown).all(axis=1)]
    if not len(shown):
        return
    for place, target in enumerate(found.setup.targets):
        alone, given = shown[:, place], float(seen[place])
        yield _made(target, "level", _level(target, given, alone, ""), _deviation(given, alone))
        others = np.delete(shown, place, axis=1)
        if others.shape[1] and len(others) > 3 * others.shape[1]:
            fitted, expected = _given_others(others, alone, np.delete(seen, place))
            like = expected + alone - fitted
            yield _made(
                target, "level", _level(target, given, like, "beside the other figures, "), _deviation(given, like)
            )


def _given_others(others: Floats, mine: Floats, seen: Floats) -> tuple[Floats, float]:
    """Regress a figure on the others, over runs; give what is expected of each run and of the file."""
    middle, scale = others.mean(axis=0), others.std(axis=0) + 1e-9
    design = (others - middle) / scale
    weight = np.linalg.solve(
        design.T @ design + RIDGE * len(design) * np.eye(design.shape[1]), design.T @ (mine - mine.mean())
    )
    return np.asarray(mine.mean() + design @ weight), float(mine.mean() + ((seen - middle) / scale) @ weight)


def _level(target: Target, given: float, shown: Floats, before: str) -> str:
    metric = target.series.metric.name
    ends = np.append(np.quantile(shown, ENDS), given)
    low, high, value = (_written(metric, each) for each in unscaled(metric, ends))
    return f"is {value}; {before}twins show {low} to {high}"


def _written(metric: str, value: float) -> str:
    if metric in SHARES:
        return f"{value * 100:.3g} %"
    unit = " h" if metric in TIMES else " a week" if metric in COUNTS else ""
    return f"{value:.3g}{unit}"


# --- movements --------------------------------------------------------------------------------------------------------


def _movements(found: Inferred) -> Iterator[Misfit]:
    """Check how each figure moves from period to period."""
    z = found.posterior.z
    some = z[np.linspace(0, len(z) - 1, min(RERUN, len(z))).round().astype(np.int64)]
    for target, shown in zip(found.setup.targets, periods_of(found.setup, some, FROM), strict=False):
        given = given_periods(target)
        if min(given.size, shown.shape[1]) < FEWEST or np.ptp(given) == 0:
            continue
        shifts = np.array([_shift(row)[0] for row in shown])
        spreads = np.array([np.nanstd(row) if np.isfinite(row).any() else np.nan for row in shown])
        size, place = _shift(given)
        yield _made(target, "shift", _moves(target, given, place), _more(size, shifts))
        yield _made(target, "variation", _varies(given, spreads), _more(float(given.std()), spreads))


def _more(value: float, shown: Floats) -> float:
    """Give by how much a size is above those of runs, on logarithms; 0 where it is not."""
    above = np.log(shown[np.isfinite(shown) & (shown > 0)])
    return max(_deviation(float(np.log(max(value, 1e-9))), above), 0.0) if above.size else 0.0


def _shift(values: Floats) -> tuple[float, int]:
    """Give the greatest difference of means before and after a period, and that period."""
    places = np.flatnonzero(np.isfinite(values))
    told = values[places]
    side = max(2, int(np.ceil(SIDE * told.size)))
    cuts = np.arange(side, told.size - side + 1)
    if not cuts.size:
        return float("nan"), 0
    sums = np.cumsum(told)
    apart = np.abs((sums[-1] - sums[cuts - 1]) / (told.size - cuts) - sums[cuts - 1] / cuts)
    best = int(apart.argmax())
    return float(apart[best]), int(places[cuts[best]])


def _moves(target: Target, given: Floats, place: int) -> str:
    metric = target.series.metric.name
    before, after = off_scale(metric, np.array([given[:place].mean(), given[place:].mean()]))
    day = date.fromordinal(FIRST_DAY + int(target.series.starts[place]))
    return f"goes from {_written(metric, before)} to {_written(metric, after)} at {day}; twins keep their level"


def _varies(given: Floats, spreads: Floats) -> str:
    most = float(np.nanquantile(spreads, ENDS[1]))
    return f"varies {given.std() / max(most, 1e-9):.2g} times as much from period to period as twins do at most"


def told(found: Sequence[Misfit]) -> tuple[str, ...]:
    """Say what is missed, a sentence each."""
    return tuple(map(str, found))
