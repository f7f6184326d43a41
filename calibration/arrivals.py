"""How items arrive: rate, week and gaps, learned from the log.

An item arrives when its first visit is enabled or, where nobody recorded that, starts. From the first arrival on

    expected arrivals until t:  C(t) = level · ∫ week(s) · F(end - s) ds,

with `week` the hours of the local week (`calibration.seasonality`) and F the share of arrivals that the log holds
(`calibration.completeness`; 1 where the log has open items). The level comes from all weeks, or from the last ones
where these forecast the weeks to come better (`calibration.recent_weeks`), or it goes on growing where that does
(`calibration.trend`): then it is that of the log's end, where such a twin begins. Gaps in the clock C tell Poisson from
other renewal processes (`calibration.gaps`); how much weekly counts vary beyond Poisson, the index of dispersion,
widens the rate's interval.

Arrivals at a set pace (`calibration.regular`) are told first. Where items come together (`calibration.arrival_batches`)
an arrival is a batch, and all of this is said of batches.

Source of the dispersion interval: Cox and Lewis (1966), The Statistical Analysis of Series of Events, ch. 4 and 6.
"""

import math
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from calibration.arrival_batches import Batches, batch_evidence, find_batches
from calibration.bursts import Bursts, Counts, bursts_evidence, find_bursts
from calibration.completeness import Completeness, arrivals_of
from calibration.evidence import Evidence, Fitted
from calibration.gaps import GapChoice, borne_out, choose_gaps, gap_distribution, told_by_counts
from calibration.recent_weeks import recent_weeks
from calibration.regular import Pace, regular
from calibration.seasonality import Seasonality, Slots, counted, fit_seasonality, slots, week_pattern
from calibration.trend import WEEKS_A_YEAR, Trend, find_trend, trend_evidence
from twin.arrivals import Arrivals, Poisson, Renewal
from twin.errors import InputError, Problem
from twin.eventlog import EventLog
from twin.units import HOUR, MINUTE, SECOND, WEEK, format_duration, format_rate, three_digits

Ticks = NDArray[np.int64]
Floats = NDArray[np.float64]

LEAST_ARRIVALS: Final = 8
LEAST_WEEKS: Final = 6
"""Below this number of weeks, dispersion comes from the gaps."""
SETTLED: Final = 0.9
"""A schedule is looked for while at least this share of arrivals could still finish."""
RECENT: Final = 8
NOTEWORTHY: Final = 0.15
"""A recent level this far from the overall one is told, and such a share of items that may have waited."""
MOSTLY_DRAWN: Final = 0.5
"""With a larger share of arrivals drawn, gaps say little of how items come."""
MOSTLY_REGISTERED: Final = 0.9
MOVED: Final = 2.0
"""A rate that is this many times that of the whole log, or its inverse, is told at once."""
OVERDISPERSED: Final = 1.5


class Demand(NamedTuple):
    """What was seen of one work type's arrivals."""

    arrived: Ticks  # in order, shape (items,)
    recorded: Completeness
    season: Seasonality
    seen: Floats  # arrivals by week, the last one last, shape (weeks,)
    expected: Floats  # what the season over all weeks gives, shape (weeks,)
    clock: Floats  # expected arrivals until each arrival, shape (items,)
    window: int  # weeks at the end that set the level
    days: Counts
    unseen: bool = False  # nobody recorded when items came
    waited: float = 0.0  # of these, the share that may have waited for their first visit and came at drawn instants
    trend: Trend | None = None  # sets the level, and how it goes on
    due: Floats | None = None  # what the season and the trend give, shape (weeks,); None without one


class Level(NamedTuple):
    """The rate of demand."""

    rate: float  # items per week
    low: float
    high: float
    dispersion: float  # variance of weekly counts / their mean
    overall: float  # rate over all weeks


def fit_arrivals(log: EventLog, work: str, *, waited: float = 0.0) -> Fitted[Arrivals]:
    """Learn how items of a work type arrive.

    Parameters
    ----------
    log
        The log; rows may stand in any order.
    work
        Name of the work type.
    waited
        Share of items that may have waited for their first visit and whose arrival was drawn
        (`calibration.unseen_arrivals`).

    Returns
    -------
    Fitted
        Poisson arrivals, or a renewal process where the gaps differ clearly from exponential ones.

    Raises
    ------
    InputError
        Where the log holds fewer than 2 items of this type, or they all arrive at one instant.
    """
    path = f"work.{work}.arrivals"
    arrived, recorded = arrivals_of(log, work)
    if arrived.size < 2 or arrived[0] == arrived[-1]:
        problem = f"{arrived.size} arrivals at {np.unique(arrived).size} instants give no rate; at least 2 are needed"
        raise InputError(Problem(problem, path))
    settled = arrived[recorded.at(arrived) >= SETTLED]
    pace = regular(settled, start=log.start, zone=log.zone)
    if pace is not None:
        return _at_pace(path, pace, settled, None)
    came = log.frame.filter(pl.col("work") == work).select(pl.coalesce("enabled", "queued")).to_series()
    unseen = waited > 0 or came.null_count() == came.len()
    batches = None if unseen and not _registered(log, work) else find_batches(arrived, log)
    pace = None if batches is None else regular(np.unique(settled), start=log.start, zone=log.zone)
    if pace is not None:
        return _at_pace(path, pace, settled, batches)
    demand = _demand(arrived if batches is None else batches.instants, recorded, log)
    demand = demand._replace(unseen=unseen, waited=waited)
    chosen = demand.arrived > demand.arrived[-1] - demand.window * WEEK
    gaps = np.diff(demand.clock[chosen])
    choice = choose_gaps(gaps) if gaps.size >= LEAST_ARRIVALS else GapChoice(None, 1.0, {})
    choice = (told_by_counts if waited > MOSTLY_DRAWN else borne_out)(choice, demand.clock)
    level = _level(demand, choice)
    bursts = _bursts(demand, choice)
    beside = _beside(choice, bursts)
    return Fitted(
        _written(demand, level, beside, bursts, batches),
        (*_evidence(path, demand, level, beside, bursts), *_also(path, demand, bursts, batches)),
    )


def _registered(log: EventLog, work: str) -> bool:
    """Tell whether first visits take no time, as where a system registers what comes: nobody begins several at once."""
    first = log.frame.filter(pl.col("work") == work, pl.col("started") == pl.col("started").min().over("item"))
    share = first.select((pl.col("started") == pl.col("finished")).mean()).item()
    return share is not None and bool(share >= MOSTLY_REGISTERED)


def _bursts(demand: Demand, choice: GapChoice) -> Bursts | None:
    """Find bursts in the weeks of which the log holds nearly all arrivals."""
    kept = _whole(demand)
    weeks = Counts(demand.seen[kept], demand.expected[kept])
    return find_bursts(weeks, demand.days, 1.0 if choice.kind is None else choice.cv)


def _beside(choice: GapChoice, bursts: Bursts | None) -> GapChoice:
    """Leave to gaps what bursts do not explain."""
    if bursts is None or choice.kind is None or bursts.cv == choice.cv:
        return choice
    kind = None if bursts.cv <= 1 else choice.kind
    return choice._replace(kind=kind, cv=bursts.cv, low=None, high=None)


def _written(
    demand: Demand, level: Level, choice: GapChoice, bursts: Bursts | None, batches: Batches | None
) -> Arrivals:
    """Write arrivals; the rate of bursts is that outside of them, so that its mean is the level."""
    rate = level.rate if bursts is None else float(f"{level.rate / bursts.mean():.5g}")
    parts: dict[str, Any] = {
        "pattern": week_pattern(demand.season.rates),
        "growth": 0.0 if demand.trend is None else demand.trend.growth(),
        "bursts": () if bursts is None else (bursts.burst,),
        "size": 1 if batches is None else batches.shares(),
    }
    if choice.kind is None:
        return Poisson(kind="poisson", rate=format_rate(rate), **parts)  # type: ignore[arg-type]  # read as text
    gap = gap_distribution(choice.kind, format_duration(_rounded(WEEK / rate)), choice.cv)
    return Renewal(kind="renewal", gap=gap, **parts)


def _at_pace(path: str, pace: Pace, arrived: Ticks, batches: Batches | None) -> Fitted[Arrivals]:
    """Write arrivals at a set pace, perhaps of several items at once."""
    gap, size = format_duration(pace.gap), 1 if batches is None else batches.shares()
    arrivals = Renewal(kind="renewal", gap=gap, pattern=pace.pattern, size=size)  # type: ignore[arg-type]  # read as text
    told = f"one every {format_duration(pace.slot)} within its hours; {pace.missed:.1%} of arrivals are otherwise"
    note = "No interval: a schedule has no sampling error."
    return Fitted(
        arrivals,
        (
            Evidence(f"{path}.gap.mean", format_rate(WEEK / pace.gap), told, int(arrived.size), note=note),
            Evidence(f"{path}.pattern", "slots", "slots in which most weeks have an arrival", arrived.size, note=note),
            *(() if batches is None else (batch_evidence(path, batches),)),
        ),
    )


def _demand(arrived: Ticks, recorded: Completeness, log: EventLog) -> Demand:
    cut = slots(int(arrived[0]), int(arrived[-1]), log.start, log.zone, recorded)
    # the first arrival opens the window, so that n arrivals are n - 1 over the time between first and last
    counts = counted(arrived[1:], cut)
    season = fit_seasonality(counts, cut)
    clock = np.concatenate([[0.0], np.cumsum(cut.exposure * season.rates[cut.cell])])
    weeks = -(-int(arrived[-1] - arrived[0]) // WEEK)
    bounds = np.append(arrived[0], arrived[-1] - WEEK * np.arange(weeks - 1, -1, -1))
    expected = np.diff(np.interp(bounds, cut.edges, clock))
    place = np.maximum((weeks - 1) - (arrived[-1] - arrived[1:]) // WEEK, 0)  # some come at the very first instant
    seen = np.bincount(place, minlength=weeks).astype(float)
    at_arrivals = np.interp(arrived, cut.edges, clock)
    came, due = (np.bincount(cut.day - cut.day[0], each) for each in (counts, np.diff(clock)))
    days = Counts(came[due > 0].astype(np.float64), due[due > 0].astype(np.float64))
    window = recent_weeks(seen, expected, float(season.rates.sum()))
    demand = Demand(arrived, recorded, season, seen, expected, at_arrivals, window, days)
    trend = _trend(demand, log.end)
    return demand if trend is None else _growing(demand, trend, cut, bounds, log.end)


def _trend(demand: Demand, end: int) -> Trend | None:
    """Find a trend in the weeks of which the log holds nearly all arrivals; its level is that of the log's end."""
    kept = _whole(demand)
    since = demand.seen.size - kept.stop + (end - int(demand.arrived[-1])) / WEEK
    return find_trend(demand.seen[kept], demand.expected[kept], since=since)


def _whole(demand: Demand) -> slice:
    """Give the weeks that are whole and of which the log holds nearly all arrivals."""
    middles = int(demand.arrived[-1]) - (np.arange(demand.seen.size, 0, -1) * WEEK - WEEK // 2)
    there = np.flatnonzero(demand.recorded.at(middles) >= SETTLED)
    return slice(max(1, int(there[0])), int(there[-1]) + 1) if there.size else slice(1, 1)


def _growing(demand: Demand, trend: Trend, cut: Slots, bounds: Ticks, end: int) -> Demand:
    """Let what is expected grow."""
    ago = (end - (cut.edges[:-1] + cut.edges[1:]) / 2) / WEEK / WEEKS_A_YEAR
    factor = trend.level * np.exp(-trend.slope * ago)
    clock = np.concatenate([[0.0], np.cumsum(cut.exposure * demand.season.rates[cut.cell] * factor)])
    due, at_arrivals = np.diff(np.interp(bounds, cut.edges, clock)), np.interp(demand.arrived, cut.edges, clock)
    return demand._replace(due=due, clock=at_arrivals, window=demand.seen.size, trend=trend)


def _level(demand: Demand, choice: GapChoice) -> Level:
    from scipy.special import stdtrit  # noqa: PLC0415 - only calibration pays for loading scipy

    per_week = float(demand.season.rates.sum())
    expected = demand.expected if demand.due is None else demand.due
    seen, expected = demand.seen[-demand.window :], expected[-demand.window :]
    ratio = float(seen.sum() / expected.sum())
    weekly = (seen.size >= LEAST_WEEKS) and expected.min() > 0
    residual = (seen - ratio * expected) ** 2 / (ratio * expected) if weekly else np.full(1, choice.cv**2)
    freedom = seen.size - 1 if weekly else max(seen.sum() - 1, 1)
    dispersion = float(residual.sum() / (seen.size - 1)) if weekly else choice.cv**2
    error = math.sqrt(dispersion / seen.sum())
    if demand.trend is not None:
        ratio, error = demand.trend.level, demand.trend.doubt
    half = float(stdtrit(freedom, 0.975)) * error
    rate = float(f"{ratio * per_week:.5g}")
    overall = float(demand.seen.sum() / demand.expected.sum()) * per_week
    return Level(rate, rate * math.exp(-half), rate * math.exp(half), dispersion, overall)


def _rounded(ticks: float) -> int:
    """Round to three decimals of the largest unit in which that changes less than one in ten thousand."""
    rounded = [round(round(ticks / unit, 3) * unit) for unit in (HOUR, MINUTE, SECOND)]
    return max(1, next((each for each in rounded if abs(each - ticks) < 1e-4 * ticks), rounded[-1]))


def _evidence(
    path: str, demand: Demand, level: Level, choice: GapChoice, bursts: Bursts | None
) -> tuple[Evidence, ...]:
    rows = int(demand.seen[-demand.window :].sum()) + 1
    kind = choice.kind.__name__.lower() if choice.kind else "exponential"
    gains = ", ".join(f"{name} {gain:+.3f}" for name, gain in choice.gains.items()) or "too few gaps to compare"
    forms = ", ".join(f"{name} {gain:+.3g}" for name, gain in demand.season.scores.items())
    weeks = f"the last {demand.window} weeks" if demand.window < demand.seen.size else "all weeks"
    if demand.trend is not None:
        weeks = "all weeks with their trend, at the end of the log,"
    return (
        Evidence(
            path=f"{path}.rate" if choice.kind is None else f"{path}.gap.mean",
            estimate=format_rate(level.rate),
            method=f"arrivals of {weeks} over their exposure; interval by index of dispersion {level.dispersion:.2f}",
            rows=rows,
            low=format_rate(float(f"{level.low:.4g}")),
            high=format_rate(float(f"{level.high:.4g}")),
            note=" ".join(_cautions(demand, level, bursts)),
            mind="; ".join(each for each in (_moved(demand, level), _counted_from(demand)) if each),
        ),
        Evidence(
            path=f"{path}.pattern",
            estimate=demand.season.form,
            method=f"simplest form within one standard error of the best; held-out log-likelihood per week: {forms}; "
            f"a constant rate has p = {demand.season.constant:.2g}",
            rows=demand.arrived.size,
            note="No interval: a form is chosen, not measured. Hours in which nobody starts work look like no demand.",
        ),
        Evidence(
            path=f"{path}.gap" if choice.kind is None else f"{path}.gap.cv",
            estimate=f"{kind}, cv {choice.cv:.3g}",
            method=f"gaps in the clock of demand; held-out log-likelihood per gap above exponential: {gains}",
            rows=rows - 1,
            low=None if choice.low is None else f"{choice.low:.3g}",
            high=None if choice.high is None else f"{choice.high:.3g}",
            note="The cv is that of counts of a hundred, since most gaps are drawn."
            if demand.waited > MOSTLY_DRAWN
            else "The cv is that of the log; exponential gaps have 1."
            if choice.kind is None
            else "",
        ),
    )


def _also(path: str, demand: Demand, bursts: Bursts | None, batches: Batches | None) -> Iterator[Evidence]:
    """Tell of growth, busy times and batches, where there are some."""
    rows = int(demand.seen.sum()) + 1
    if demand.trend is not None:
        yield trend_evidence(path, demand.trend, rows)
    if bursts is not None:
        yield bursts_evidence(path, bursts, rows)
    if batches is not None:
        yield batch_evidence(path, batches)


def _moved(demand: Demand, level: Level) -> str:
    """Say that demand is not what it was, where that is so by far."""
    if demand.trend is not None or 1 / MOVED <= level.rate / level.overall <= MOVED:
        return ""
    now, ever = three_digits(level.rate), three_digits(level.overall)
    return (
        f"demand of the last {demand.window} weeks, {now} a week, is what the twin has; the whole log has {ever}. "
        "Where the weeks before are what counts, learn from the log as it stood: --until DATE"
    )


def _counted_from(demand: Demand) -> str:
    """Say from when on lead times count, where the log itself could not say."""
    if demand.waited < NOTEWORTHY:
        return ""
    return (
        f"nobody recorded when items came; {demand.waited:.0%} may have waited before their first start, and the twin "
        "takes it so: its lead times count from arrival. With the log compare cycle times, from the first start"
    )


def _cautions(demand: Demand, level: Level, bursts: Bursts | None) -> list[str]:
    """Say what the rate hides."""
    found = []
    if demand.unseen:
        found.append(_unseen(demand.waited))
    if not demand.recorded.censored:
        found.append(
            "The log holds finished items only; recent arrivals are counted up by the share that can be in it."
        )
    recent = min(demand.window, RECENT)
    now = demand.seen[-recent:].sum() / max(demand.expected[-recent:].sum(), 1e-9) * demand.season.rates.sum()
    if abs(now / level.overall - 1) > NOTEWORTHY:
        lately, ever = three_digits(now), three_digits(level.overall)
        found.append(f"Demand moves: last {recent} weeks {lately} / week, all weeks {ever} / week.")
    if bursts is None and level.dispersion > OVERDISPERSED:
        found.append(
            f"Weekly counts vary {level.dispersion:.1f} times as much as Poisson ones; the twin's weeks vary less."
        )
    return found


def _unseen(waited: float) -> str:
    """Say what is not known where nobody recorded when items came."""
    told = "Nobody recorded when items came: they are taken to come as they are first begun"
    if not waited:
        before = "so what they waited for before is not known, and the twin's own queue there is no measure of it"
        return f"{told}, {before}."
    return (
        f"{told}, but for {waited:.0%} of them that began as somebody became free or opened. These came at some time "
        "since somebody was last free, spread as demand comes, as if people took waiting work at once. Lead times of "
        "the twin count from there; the log's own can only count from the first start."
    )
