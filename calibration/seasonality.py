"""How demand spreads over the week, in local time.

Arrivals are counted in slots of one hour of the local week, weighed by how much of each slot the log has seen:
count_c ~ Poisson(exposure_c · rate_c). Four forms compete, from the simplest:

    flat      one rate
    hours     a rate for each hour of the day, alike on all days
    product   hour of the day x weekday
    slots     all 168, each drawn towards the product: rate = (count + a) / (exposure + a / product)

Hours are drawn towards flat in the same way; the strength a is the prior weight in arrivals (a gamma prior). Weeks
(days, in a short log) are held out in turn; of the forms the simplest is taken that is within one standard error of the
best held-out Poisson log-likelihood. Exposure is in hours, rates are arrivals per hour.

Sources: gamma-Poisson shrinkage: Gelman et al. (2013), Bayesian Data Analysis, 3rd ed., §2.6; one standard error:
Breiman et al. (1984), Classification and Regression Trees, §3.4.3.
"""

from datetime import datetime
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calibration.completeness import Completeness
from twin.arrivals import DAYS, WeekPattern
from twin.units import DAY, HOUR, WEEK
from twin.zones import EPOCH, time_zone, to_utc

Ticks = NDArray[np.int64]
Floats = NDArray[np.float64]

CELLS: Final = 168
EPOCH_CELL: Final = 72
"""1970-01-01 was a Thursday; cell 0 is the first hour of a Monday."""
FORMS: Final = {
    "flat": (0.0,),
    "hours": (0.0, 4.0, 16.0),
    "product": (0.0, 4.0, 16.0),
    "slots": (1.0, 4.0, 16.0),
}
"""Forms from the simplest, each with the strengths that compete."""
FOLDS: Final = 5
LEAST_WEEKS: Final = 4
LEAST_ARRIVALS: Final = 20
"""Fewer tell nothing about the week."""


class Slots(NamedTuple):
    """Hours of local time over a window, one after another."""

    edges: Ticks  # shape (slots + 1,)
    cell: Ticks  # hour of the week, 0 is Monday's first; shape (slots,)
    day: Ticks  # local days since 1970-01-01, shape (slots,)
    exposure: Floats  # hours of the slot that the log has seen, thinned by completeness; shape (slots,)


class Seasonality(NamedTuple):
    """A form of the week and how well it tells the weeks that were held out."""

    form: str
    rates: Floats  # arrivals per hour in each cell, shape (168,)
    scores: dict[str, float]  # held-out log-likelihood per week against flat, by form
    constant: float = 1.0  # p-value of a constant rate


def slots(first: int, last: int, start: datetime, zone: str, recorded: Completeness) -> Slots:
    """Cut the window from `first` to `last` into hours of local time.

    Parameters
    ----------
    first, last
        Ticks.
    start, zone
        UTC instant of tick 0, and the IANA zone of local time.
    recorded
        Share of arrivals that the log holds.
    """
    local = time_zone(zone)
    origin = (start - EPOCH) // (EPOCH.resolution * 1000)
    walls = np.arange((origin + first - 2 * DAY) // HOUR, (origin + last + 2 * DAY) // HOUR + 1) * HOUR
    edges = np.clip(to_utc(walls, local) - origin, first, last)
    touched = np.flatnonzero(np.diff(edges) > 0)
    kept = slice(touched[0], touched[-1] + 1)
    begins, ends, hours = edges[:-1][kept], edges[1:][kept], (walls // HOUR)[:-1][kept]
    seen = (ends - begins) / HOUR * recorded.at((begins + ends) // 2)
    return Slots(np.append(begins, last), (hours + EPOCH_CELL) % CELLS, hours // 24, seen)


def counted(arrived: Ticks, cut: Slots) -> Ticks:
    """Count arrivals in each slot, shape (slots,)."""
    place = np.searchsorted(cut.edges, arrived, side="right") - 1
    return np.bincount(np.clip(place, 0, cut.cell.size - 1), minlength=cut.cell.size)


def fit_seasonality(counts: Ticks, cut: Slots) -> Seasonality:
    """Choose the form of the week.

    Parameters
    ----------
    counts
        Arrivals in each slot, shape (slots,).
    cut
        The slots.
    """
    span = cut.edges[-1] - cut.edges[0]
    unit = (cut.day + 3) // 7 if span >= LEAST_WEEKS * WEEK else cut.day
    unit -= unit[0]
    size = (int(unit[-1]) + 1, CELLS)
    y, hours = np.zeros(size), np.zeros(size)
    np.add.at(y, (unit, cut.cell), counts)
    np.add.at(hours, (unit, cut.cell), cut.exposure)
    forms = FORMS if counts.sum() >= LEAST_ARRIVALS else {"flat": (0.0,)}
    told = {(form, a): _held_out(form, a, y, hours) for form, strengths in forms.items() for a in strengths}
    best_of = {form: max(strengths, key=lambda a: told[form, a].sum()) for form, strengths in forms.items()}
    best = max(told.values(), key=lambda each: each.sum())
    form = next(form for form, a in best_of.items() if _as_good(told[form, a], best))
    weeks, flat = span / WEEK, told["flat", 0.0].sum()
    scores = {name: round(float(told[name, a].sum() - flat) / weeks, 3) for name, a in best_of.items()}
    total = y.sum(axis=0), hours.sum(axis=0)
    return Seasonality(form, _rates(form, best_of[form], *total), scores, constant_rate(*total))


def constant_rate(y: Floats, hours: Floats) -> float:
    """Test that the rate is the same at all hours: p-value of chi-square by hour of day and by weekday (Bonferroni).

    Parameters
    ----------
    y, hours
        Arrivals and exposure of each hour of the week, shape (168,).
    """
    from scipy.special import chdtrc  # noqa: PLC0415 - only calibration pays for loading scipy

    if y.sum() < LEAST_ARRIVALS:
        return 1.0
    told = []
    for axis in (0, 1):
        seen, exposure = y.reshape(7, 24).sum(axis=axis), hours.reshape(7, 24).sum(axis=axis)
        seen, exposure = seen[exposure > 0], exposure[exposure > 0]
        expected = exposure / exposure.sum() * seen.sum()
        told.append(float(chdtrc(max(seen.size - 1, 1), ((seen - expected) ** 2 / expected).sum())))
    return min(1.0, 2 * min(told))


def _as_good(told: Floats, best: Floats) -> bool:
    """Tell whether a form is within one standard error of the best, over the units held out."""
    loss = best - told
    return bool(loss.sum() <= loss.std(ddof=1) * np.sqrt(loss.size)) if loss.size > 1 else True


def _held_out(form: str, strength: float, y: Floats, hours: Floats) -> Floats:
    """Give each unit's log-likelihood under rates of the other folds, shape (units,)."""
    told = np.zeros(len(y))
    folds = np.arange(len(y)) % min(FOLDS, len(y)) if len(y) > FOLDS else np.arange(len(y))
    for fold in np.unique(folds):
        out = folds == fold
        seen, exposure = y[~out].sum(axis=0), hours[~out].sum(axis=0)
        flat = (seen.sum() + 0.5) / max(exposure.sum(), 1.0)
        # a slot never seen busy may still be: as often as one arrival of all those seen
        doubt = 1 / (seen.sum() + 1)
        rates = (1 - doubt) * _rates(form, strength, seen, exposure) + doubt * flat
        told[out] = (y[out] * np.log(rates) - hours[out] * rates).sum(axis=1)
    return told


def _rates(form: str, strength: float, y: Floats, hours: Floats) -> Floats:
    """Estimate the rate of each cell, shape (168,)."""
    flat = np.full(CELLS, y.sum() / max(hours.sum(), 1e-9))
    if form == "flat" or y.sum() == 0:
        return flat
    square = y.reshape(7, 24), hours.reshape(7, 24)
    if form == "slots":
        return _drawn(y, hours, _product(*square, 0.0, by_day=True).ravel(), strength)
    return _product(*square, strength, by_day=form == "product").ravel()


def _product(y: Floats, hours: Floats, strength: float, *, by_day: bool) -> Floats:
    """Fit weekday x hour of the day by turns (the Poisson log-linear model), shape (7, 24)."""
    flat = y.sum() / hours.sum()
    day, rate = np.ones((7, 1)), np.full((1, 24), flat)
    for _ in range(20 if by_day else 1):
        rate = _drawn(y.sum(axis=0), (hours * day).sum(axis=0), np.full(24, flat), strength)[None, :]
        if by_day:
            day = _drawn(y.sum(axis=1), (hours * rate).sum(axis=1), np.ones(7), strength)[:, None]
    return np.asarray(day * rate)


def _drawn(y: Floats, exposure: Floats, towards: Floats, strength: float) -> Floats:
    """Give (y + a) / (exposure + a / towards); where nothing could be seen, the value it is drawn towards."""
    safe = np.maximum(towards, 1e-12)
    weight = exposure * safe + strength
    return np.where(weight > 0, (y + strength) * safe / np.where(weight > 0, weight, 1.0), towards)


def week_pattern(rates: Floats) -> WeekPattern | None:
    """Write rates of the week's hours as a pattern relative to the week's mean; None where all are alike."""
    relative = np.where(rates > 1e-6 * rates.mean(), rates / rates.mean(), 0.0)
    if np.ptp(relative) < 1e-9:
        return None
    days = [tuple(float(f"{weight:.3g}") for weight in day) for day in relative.reshape(7, 24)]
    if len(set(days)) == 1:
        return WeekPattern(every=days[0])
    return WeekPattern(**{name: day for name, day in zip(DAYS, days, strict=True) if any(day)})
