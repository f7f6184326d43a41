"""Which figures of a file of metrics its plausible twins do not show: a posterior predictive check.

A twin is learned from levels, each figure's mean over periods. A level is missed where plausible twins hardly show it,
or where it does not go with the others: of one run of each twin, every figure is regressed on all others (on
logarithms; Little's law is linear there), and what remains of the file is held against what remains of runs. Twins that
meet two contradicting figures in the middle show each often enough, and never both.

How figures move from period to period is not learned from, since dashboards smooth it. It is held against fresh runs:

    shift       greatest difference between the mean of periods before and after an instant
    variation   standard deviation between periods, where it is greater than runs have (less may be smoothing)
    balance     arrivals - throughput - change of WIP, over all periods: 0 but for what happens within a period

The chance of a value is counted among runs, and beyond the tenth of them that is farthest it falls exponentially with
the mean excess of that tenth; for shifts and variation of WIP, times and shares that is so of their logarithm, since a
queue near its limit may do anything. A figure is missed where its chance is below 5 % over all checks of the file
together (Bonferroni). `benchmarks/misfits.md` holds false alarms and what is found.

Source: Gelman, Meng, Stern (1996), Posterior predictive assessment of model fitness via realized discrepancies,
Statistica Sinica 6; levels given the others as in the conditional check of Marshall and Spiegelhalter (2003),
Statistics in Medicine 22; the tail: Pickands (1975), Annals of Statistics 3. Units: as of the file.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calibration.inferred import Inferred, periods_of
from calibration.periods import given_periods, off_scale
from calibration.sources.metric_names import COUNTS, SHARES, TIMES
from calibration.summaries import Target, observed, unscaled

Floats = NDArray[np.float64]

FAMILY: Final = 0.05
RERUN: Final = 200
"""Runs of plausible twins that are made anew for the figures by period."""
FROM: Final = 10_000_000
"""Number of the first of these runs, beyond those of the inference."""
FEWEST: Final = 5
"""Periods below which nothing is said of how a figure moves."""
SIDE: Final = 1 / 6
"""Of all periods, that lie on either side of a shift at least; two at least."""
RIDGE: Final = 1e-4
LEAST: Final = 0.03
"""Of the items done, below which an imbalance is no matter: dashboards round, and count at other hours of the day."""
TAIL: Final = 0.1
TINY: Final = 1e-9
ENDS: Final = (0.025, 0.975)
FIRST_DAY: Final = date(1970, 1, 1).toordinal()

Kind = Literal["level", "shift", "variation", "balance"]


class Shown(NamedTuple):
    """A file of metrics and what plausible twins show instead."""

    targets: tuple[Target, ...]
    seen: Floats  # (targets,) summaries of the file
    levels: Floats  # (runs, targets) of runs
    periods: tuple[Floats, ...]  # for each target (runs, periods), see `calibration.periods`


class Misfit(NamedTuple):
    """A figure of the file that plausible twins do not show, or a check that it passed."""

    figure: str
    kind: Kind
    told: str  # by how much, in words
    chance: float  # that runs of such twins lie so far off
    stage: int  # -1: of the whole
    team: int  # -1: of none

    def __str__(self) -> str:
        """Say it in a line for people."""
        return f"{self.figure} {self.told}"


def misfits(found: Inferred) -> tuple[Misfit, ...]:
    """List what twins learned from a file do not show of it, the clearest first."""
    return missed(checks(shown_of(found)))


def shown_of(found: Inferred) -> Shown:
    """Run plausible twins once more, for the figures by period."""
    z = found.posterior.z
    some = z[np.arange(RERUN) * len(z) // RERUN]
    targets = found.setup.targets
    return Shown(targets, observed(targets), found.posterior.replayed, periods_of(found.setup, some, FROM))


def checks(shown: Shown) -> tuple[Misfit, ...]:
    """Make all checks of a file."""
    return (*_levels(shown), *_movements(shown), *_balances(shown))


def missed(checked: Sequence[Misfit]) -> tuple[Misfit, ...]:
    """Choose those that fail, the clearest first; of each figure one level and one movement at most."""
    clear = sorted((each for each in checked if each.chance * len(checked) < FAMILY), key=lambda each: each.chance)
    moved = {each.figure for each in clear if each.kind == "shift"}
    named: dict[tuple[str, bool], Misfit] = {}
    for each in clear:
        if each.kind != "variation" or each.figure not in moved:  # a shift says when, and varies too
            named.setdefault((each.figure, each.kind in {"level", "balance"}), each)
    return tuple(named.values())


def told(found: Sequence[Misfit]) -> tuple[str, ...]:
    """Say what is missed, a sentence each."""
    return tuple(map(str, found))


def _made(target: Target, kind: Kind, words: str, chance: float) -> Misfit:
    return Misfit(target.series.told(), kind, words, chance, target.stage, target.team)


def _above(value: float, shown: Floats) -> float:
    """Give the chance that a run shows such a value or a greater one."""
    bound = float(np.quantile(shown, 1 - TAIL))
    if value <= bound:
        return float(np.mean(shown >= value))
    excess = float((shown[shown > bound] - bound).mean()) if (shown > bound).any() else 0.0
    return TAIL * float(np.exp(-(value - bound) / max(excess, 1e-6)))


def _off(value: float, shown: Floats) -> float:
    """Give the chance that a run lies as far off, on either side."""
    return min(1.0, 2 * min(_above(value, shown), _above(-value, -shown)))


# --- levels -----------------------------------------------------------------------------------------------------------


def _levels(shown: Shown) -> Iterator[Misfit]:
    """Check each figure alone, and given the others."""
    runs = shown.levels[np.isfinite(shown.levels).all(axis=1)]
    for place, target in enumerate(shown.targets if len(runs) else ()):
        alone, given = runs[:, place], float(shown.seen[place])
        yield _made(target, "level", _level(target, given, alone, ""), _off(given, alone))
        others = np.delete(runs, place, axis=1)
        if others.shape[1] and len(others) > 3 * others.shape[1]:
            fitted, expected = _given_others(others, alone, np.delete(shown.seen, place))
            like = expected + alone - fitted
            words = _level(target, given, like, "beside the other figures, ")
            yield _made(target, "level", words, _off(given, like))


def _given_others(others: Floats, mine: Floats, seen: Floats) -> tuple[Floats, float]:
    """Regress a figure on the others, over runs; give what is expected of each run and of the file."""
    middle, scale = others.mean(axis=0), others.std(axis=0) + 1e-9
    design = (others - middle) / scale
    square = design.T @ design + RIDGE * len(design) * np.eye(design.shape[1])
    weight = np.linalg.solve(square, design.T @ (mine - mine.mean()))
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


def _movements(shown: Shown) -> Iterator[Misfit]:
    """Check how each figure moves from period to period."""
    for target, runs in zip(shown.targets, shown.periods, strict=False):
        given = given_periods(target)
        if min(given.size, runs.shape[1]) < FEWEST or np.ptp(given) == 0:
            continue
        whole = runs[np.isfinite(runs).sum(axis=1) >= FEWEST]
        if not len(whole):
            continue
        shifts, spreads = np.array([_shift(row)[0] for row in whole]), np.nanstd(whole, axis=1)
        size, place = _shift(given)
        chances = [_moved(target, value, each) for value, each in ((size, shifts), (float(given.std()), spreads))]
        yield _made(target, "shift", _moves(target, given, place), chances[0])
        yield _made(target, "variation", _varies(given, spreads), chances[1])


def _moved(target: Target, value: float, shown: Floats) -> float:
    """Give the chance that a figure moves as much: queues have movements with tails of a power, counts have not."""
    if target.series.metric.name in COUNTS:
        return _above(value, shown)
    return _above(float(np.log(max(value, TINY))), np.log(np.maximum(shown, TINY)))


def _shift(values: Floats) -> tuple[float, int]:
    """Give the greatest difference of means before and after a period, and that period."""
    places = np.flatnonzero(np.isfinite(values))
    known = values[places]
    side = max(2, int(np.ceil(SIDE * known.size)))
    cuts = np.arange(side, known.size - side + 1)
    sums = np.cumsum(known)
    apart = np.abs((sums[-1] - sums[cuts - 1]) / (known.size - cuts) - sums[cuts - 1] / cuts)
    best = int(apart.argmax())
    return float(apart[best]), int(places[cuts[best]])


def _moves(target: Target, given: Floats, place: int) -> str:
    metric = target.series.metric.name
    before, after = off_scale(metric, np.array([given[:place].mean(), given[place:].mean()]))
    day = date.fromordinal(FIRST_DAY + int(target.series.starts[place]))
    return f"goes from {_written(metric, before)} to {_written(metric, after)} about {day}; twins keep their level"


def _varies(given: Floats, spreads: Floats) -> str:
    usual = max(float(np.median(spreads)), 1e-9)
    return f"varies {given.std() / usual:.2g} times as much from period to period as the twins do"


# --- balances ---------------------------------------------------------------------------------------------------------


def _balances(shown: Shown) -> Iterator[Misfit]:
    """Check that what came is done or still there, for each scope with all three figures over the same periods."""
    scopes: dict[tuple[int, int, int], dict[str, int]] = {}
    for place, target in enumerate(shown.targets):
        scopes.setdefault((target.stage, target.team, target.work), {})[target.series.metric.name] = place
    for named in scopes.values():
        if {"arrivals", "throughput", "wip"} <= set(named):
            yield from _balance(shown, [named[name] for name in ("arrivals", "throughput", "wip")])


def _balance(shown: Shown, places: Sequence[int]) -> Iterator[Misfit]:
    targets = [shown.targets[place] for place in places]
    starts = [each.series.starts for each in targets]
    same = all(np.array_equal(each, starts[0]) for each in starts)
    if not same or starts[0].size < FEWEST or not len(shown.periods):
        return
    periods = min(starts[0].size, shown.periods[places[0]].shape[1])
    weeks = ((targets[0].series.ends - starts[0]) / 7)[:periods]
    given = np.array([off_scale(each.series.metric.name, given_periods(each)[:periods]) for each in targets])
    runs = [
        off_scale(each.series.metric.name, shown.periods[place][:, :periods])
        for each, place in zip(targets, places, strict=True)
    ]
    drift = _drift(given, weeks)
    drifts = np.array([_drift(run, weeks) for run in np.stack(runs, axis=1)])
    most = float(np.quantile(np.abs(drifts), 0.95))
    words = f"counts {abs(drift):.0f} items {'more' if drift > 0 else 'fewer'} than came and did not stay, by arrivals "
    slight = abs(drift) < LEAST * float(given[1] @ weeks)
    chance = 1.0 if slight else _off(drift, drifts)
    yield _made(targets[1], "balance", f"{words}and wip; in twins {most:.0f} at most", chance)


def _drift(figures: Floats, weeks: Floats) -> float:
    """Give the items by which WIP grows beyond arrivals less throughput over all periods, by least squares.

    Parameters
    ----------
    figures
        Arrivals and throughput a week, and WIP, shape (3, periods).
    weeks
        Length of each period.
    """
    came, done, inside = figures
    net = (came - done) * weeks
    left = inside - (np.cumsum(net) - net / 2)
    at = np.cumsum(weeks) - weeks / 2
    return float(np.polyfit(at, left, 1)[0] * weeks.sum())
