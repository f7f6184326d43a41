"""Whether demand grows or shrinks from year to year, and whether that may be continued.

Counts of weeks, the last one ending with the log, beside what the week of demand makes of a level that stays,

    y_w ~ Poisson(e_w · exp(a + b x_w)),     x_w years from the end of the log, negative,

so that exp(a) is the level at the end and exp(b) - 1 the growth per year. It is taken only where all of this holds:

    rolling origins    from half of the log on, forecasts of the next weeks by the trend of all weeks until then are
                       better than by the level of all weeks, by more than two standard errors over the blocks of weeks
                       ahead, and better in all than by the level of the last 4, 8, 13, 26 or 52
    one step           demand that changed once, at any week, does not tell the weeks as well
    its own error      b lies `CLEAR` standard errors from 0, where weeks near each other may be alike (Newey-West)
    that it matters    over the weeks seen demand moved by `MATTERS` at least

Where weeks span less than a year, a season of the year cannot be told from a trend, and none is taken. What is
continued is b (1 - (error / b)^2), as an estimate is drawn towards none, within `MOST`.

Sources: Tashman (2000), Out-of-sample tests of forecasting accuracy, International Journal of Forecasting 16(4); Newey
and West (1987), Econometrica 55(3); drawing towards none: James and Stein (1961), Proceedings of
the Fourth Berkeley Symposium 1.
"""

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calibration.evidence import Evidence
from calibration.recent_weeks import WINDOWS
from twin.units import DAY, WEEK

Floats = NDArray[np.float64]

LEAST_WEEKS: Final = 50
"""A year, but for its parts of weeks."""
BLOCKS: Final = 5
"""Blocks of weeks that are foretold from the middle of the log on."""
MOST_AHEAD: Final = 13
"""Weeks of a block; of longer logs there are more blocks."""
LAGS: Final = 8
"""Weeks over which weeks may be alike by chance."""
CLEAR: Final = 3.0
MATTERS: Final = 0.15
MOST: Final = math.log(1.5)
"""Of b: half as much again in a year, or a third less."""
WEEKS_A_YEAR: Final = 365.25 * DAY / WEEK
_STEPS: Final = 30
INTERVAL: Final = 1.96
"""Standard errors of a 95 % interval."""
RIDGE: Final = 1e-9
"""Keeps weeks without arrivals solvable."""


class Trend(NamedTuple):
    """Demand that grows or shrinks."""

    level: float  # at the end of the log, as a multiple of what was expected
    doubt: float  # standard error of its logarithm
    slope: float  # of the logarithm, per year, as seen
    error: float  # its standard error
    kept: float  # share of it that is continued
    ahead: int  # weeks ahead for which it was tested
    blocks: int  # how often
    weeks: int  # in which it was seen

    def growth(self, errors: float = 0.0) -> float:
        """Give the growth per year that is continued, so many standard errors away."""
        return round(math.expm1((self.slope + errors * self.error) * self.kept), 3)


class _Fit(NamedTuple):
    """Level and slope of the logarithm, with their standard errors."""

    level: float
    slope: float
    doubt: float
    error: float


def format_growth(growth: float) -> str:
    """Write a growth per year as evidence has it."""
    return f"{growth * 100:.3g} % a year"


def parse_growth(text: str) -> float:
    """Read a growth per year as evidence has it."""
    return float(text.removesuffix(" % a year")) / 100


def find_trend(seen: Floats, expected: Floats, *, since: float = 0.0) -> Trend | None:
    """Find a trend that may be continued, if there is one.

    Parameters
    ----------
    seen
        Arrivals by week, the last one last, shape (weeks,).
    expected
        What a level that stays gives, shape (weeks,).
    since
        Weeks between the last of these and the end of the log.
    """
    if seen.size < LEAST_WEEKS or expected.min() <= 0:
        return None
    half = seen.size // 2
    ahead = min(half // BLOCKS, MOST_AHEAD)
    blocks = half // ahead
    years = _years(seen.size) - since / WEEKS_A_YEAR
    found = _fitted(seen, expected, years)
    slope, error = found.slope, found.error
    clear = abs(slope) > CLEAR * error and abs(slope) * seen.size / WEEKS_A_YEAR > MATTERS
    if not clear or _stepped(seen, expected, found, years) or not _foretells(seen, expected, ahead, blocks):
        return None
    kept = min(1 - (error / slope) ** 2, MOST / abs(slope))
    return Trend(math.exp(found.level), found.doubt, slope, error, kept, ahead, blocks, seen.size)


def trend_evidence(path: str, trend: Trend, rows: int) -> Evidence:
    """Say how demand goes on, and what that does not promise.

    Parameters
    ----------
    path
        Of the arrivals.
    trend
        As found.
    rows
        Arrivals it was found in.
    """
    growth, low, high = (format_growth(trend.growth(errors)) for errors in (0.0, -INTERVAL, INTERVAL))
    seen = math.expm1(trend.slope)
    return Evidence(
        path=f"{path}.growth",
        estimate=growth,
        method=f"log-linear trend of {trend.weeks} weeks, {seen:+.1%} a year, drawn towards none; it foretold "
        f"{trend.blocks} blocks of {trend.ahead} weeks ahead better than a level that stays",
        rows=rows,
        low=low,
        high=high,
        note=f"Nothing is known of more than {trend.ahead} weeks ahead; in few years a slow swing looks like this too. "
        "To let demand stay as it is, set growth to 0.",
        mind=f"demand {'grew' if seen > 0 else 'shrank'} by {abs(seen):.0%} a year; the twin begins where the log ends "
        f"and goes on with {growth}, which was tested for {trend.ahead} weeks ahead and is a guess beyond: set "
        "growth to 0 to let demand stay as it is",
    )


def _stepped(seen: Floats, expected: Floats, found: _Fit, years: Floats) -> bool:
    """Tell whether demand that changed once tells the weeks as well as a trend."""
    trend = _likelihood(seen, expected * np.exp(found.level + found.slope * years))
    came, due = np.cumsum(seen), np.cumsum(expected)
    before, after = came[:-1] / due[:-1], (came[-1] - came[:-1]) / (due[-1] - due[:-1])
    weeks = np.arange(seen.size)
    levels = (np.where(weeks <= last, before[last], after[last]) for last in range(seen.size - 1))
    return max(_likelihood(seen, expected * level) for level in levels) >= trend


def _likelihood(seen: Floats, mean: Floats) -> float:
    """Give the Poisson log-likelihood of counts, but for what no mean changes."""
    return float((seen * np.log(np.maximum(mean, 1e-9)) - mean).sum())


def _years(weeks: int) -> Floats:
    """Give the middle of each week in years from the end of the last."""
    return np.asarray((np.arange(weeks) - weeks + 0.5) / WEEKS_A_YEAR)


def _foretells(seen: Floats, expected: Floats, ahead: int, blocks: int) -> bool:
    """Tell whether a trend foretells weeks better than any level does, and clearly better than that of all weeks."""
    origins = seen.size - ahead * np.arange(blocks, 0, -1)
    grown = np.array([_told(seen, expected, origin, ahead, None) for origin in origins.tolist()])
    for window in (seen.size, *WINDOWS):
        level = np.array([_told(seen, expected, origin, ahead, window) for origin in origins.tolist()])
        gain = grown - level
        errors = 2 if window == seen.size else 0
        if gain.sum() <= errors * gain.std(ddof=1) * math.sqrt(gain.size):
            return False
    return True


def _told(seen: Floats, expected: Floats, origin: int, ahead: int, window: int | None) -> float:
    """Give the Poisson log-likelihood of the weeks after an origin, by the level of a window or by the trend."""
    coming = slice(origin, origin + ahead)
    if window is None:
        found = _fitted(seen[:origin], expected[:origin], _years(origin))
        mean = expected[coming] * np.exp(found.level + found.slope * (np.arange(ahead) + 0.5) / WEEKS_A_YEAR)
    else:
        past = slice(max(0, origin - window), origin)
        mean = expected[coming] * (seen[past].sum() + 0.5) / (expected[past].sum() + 0.5)
    return _likelihood(seen[coming], mean)


def _fitted(seen: Floats, expected: Floats, years: Floats) -> _Fit:
    """Fit level and slope by Newton's method."""
    design = np.column_stack([np.ones(years.size), years])
    found = np.array([math.log((seen.sum() + 0.5) / (expected.sum() + 0.5)), 0.0])
    for _ in range(_STEPS):
        mean = expected * np.exp(np.clip(design @ found, -30, 30))
        step = np.linalg.solve(design.T @ (mean[:, None] * design) + RIDGE * np.eye(2), design.T @ (seen - mean))
        found = found + np.clip(step, -3, 3)
        if np.abs(step).max() < 1e-10:
            break
    mean = expected * np.exp(np.clip(design @ found, -30, 30))
    return _Fit(float(found[0]), float(found[1]), *_errors(design, mean, seen - mean))


def _errors(design: Floats, mean: Floats, residual: Floats) -> tuple[float, float]:
    """Give standard errors where residuals of weeks near each other may be alike, at least those of Poisson counts."""
    score = design * residual[:, None]
    meat = score.T @ score
    lags = min(LAGS, residual.size // 4)
    for lag in range(1, lags + 1):
        together = score[lag:].T @ score[:-lag]
        meat += (1 - lag / (lags + 1)) * (together + together.T)
    least = np.linalg.inv(design.T @ (mean[:, None] * design) + RIDGE * np.eye(2))
    robust = least @ meat @ least * residual.size / max(residual.size - 2, 1)
    doubt, error = np.sqrt(np.maximum(np.diag(robust), np.diag(least))).tolist()
    return doubt, error
