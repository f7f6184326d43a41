"""Forecasts of the weeks after an origin: by the twin, by resampled throughput, and by history happening again.

All three begin with the items that are inside at the origin, W, and keep the balance of items,

    WIP at the end of week k = W + arrivals until then - items done until then.

    twin        it is run up to the origin with the arrivals that really happened, drawn where nobody recorded them
                (`calibration.unseen_arrivals`), long enough for 99 % of items to pass, so that its work in progress has
                the ages it should have; from the origin on arrivals are its own. How well their level is known enters:
                member r of M runs at the rate level · exp(s · normal quantile of (r + 1/2) / M), s from the 95 %
                interval in the evidence
    resampled   whole weeks of the last `MEMORY` are drawn with replacement, with what arrived, what was done and how
                long it took: the Monte Carlo forecast of agile teams [1]_, with lead times
    replayed    the last weeks happen again, one by one: the seasonal naive forecast [2]_, one member

Lead times are those of items done in the weeks ahead, from arrival, in hours; quantiles are of type 7. Where a log does
not say when items came, they count from the first start, in the log and in the twin's runs alike.

.. [1] Magennis (2011), Forecasting and Simulating Software Development Projects; Vacanti (2015), Actionable Agile
   Metrics for Predictability, ch. 14.
.. [2] Hyndman, Athanasopoulos (2021), Forecasting: Principles and Practice, 3rd ed., section 5.2.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from calibration.evidence import Evidence
from calibration.observed import Ticks
from calibration.unseen_arrivals import NOTHING_UNSEEN, Unseen, hidden_works, with_arrivals
from twin.demand import Intake, arrivals
from twin.engine import simulate
from twin.engine.telling import Tell, silent
from twin.eventlog import NEVER, EventLog, Visits, items
from twin.plan import Model, compile_model
from twin.spec import Twin
from twin.streams import Purpose, name_hash, uniforms
from twin.tally import Stays, rows_of, stays, working
from twin.units import HOUR, MILLISECOND, WEEK, parse_rate

Floats = NDArray[np.float64]

MEMORY: Final = 13
"""Weeks that are resampled: a quarter of a year."""
SLOWEST: Final = 0.99
MOST_WARM_UP: Final = 26
SHARES: Final = (0.5, 0.85, 0.95)
_NORMAL: Final = 1.959964


class Past(NamedTuple):
    """Items as arrays, shape (items,)."""

    work: NDArray[np.str_]
    arrived: Ticks
    done: Ticks  # NEVER while inside


def past_of(log: EventLog) -> Past:
    """Take the items of a log."""
    table = items(log)
    done = table["done"].fill_null(NEVER).to_numpy()
    return Past(table["work"].cast(pl.String).to_numpy().astype(np.str_), table["arrived"].to_numpy(), done)


def figure_names(weeks: int) -> tuple[str, ...]:
    """Name the figures of a forecast, in order."""
    return (
        *(f"throughput week {week + 1}" for week in range(weeks)),
        *(f"wip week {week + 1}" for week in range(weeks)),
        "throughput mean", "wip mean", "lead_time mean", *(f"lead_time p{share * 100:.0f}" for share in SHARES),
    )  # fmt: skip


def unit_of(figure: str) -> str:
    """Give the unit of a figure."""
    return {"throughput": "items/week", "wip": "items", "lead_time": "h"}[figure.partition(" ")[0]]


def happened(past: Past, origin: int, weeks: int) -> Floats:
    """Give the figures of what happened in the weeks after an origin, shape (figures,); NaN where nothing was done."""
    return _figures(past.arrived, past.done, origin, weeks, inside_at(past, origin))


def inside_at(past: Past, origin: int) -> int:
    """Count the items inside at an origin."""
    return int(((past.arrived < origin) & ((past.done >= origin) | (past.done == NEVER))).sum())


def _figures(arrived: Ticks, done: Ticks, origin: int, weeks: int, inside: int) -> Floats:
    edges = origin + WEEK * np.arange(weeks + 1)
    came, gone = (np.diff(np.searchsorted(np.sort(each), edges)) for each in (arrived, done))
    chosen = (done >= origin) & (done < edges[-1])
    return _laid_out(came, gone, inside, (done - arrived)[chosen])


def _laid_out(came: Ticks, gone: Ticks, inside: int, lead: Ticks) -> Floats:
    wip = inside + np.cumsum(came - gone)
    times = np.full(1 + len(SHARES), np.nan)
    if lead.size:
        times = np.array([lead.mean(), *np.quantile(lead, SHARES)]) / HOUR
    return np.concatenate([gone, wip, [gone.mean(), wip.mean()], times])


# --- benchmarks -------------------------------------------------------------------------------------------------------


def replayed(past: Past, origin: int, weeks: int, since: int) -> Floats:
    """Let the last weeks happen again; shape (1, figures).

    Parameters
    ----------
    past
        Items known at the origin.
    origin, weeks
        From when on, and how far.
    since
        Tick from which on the past is whole; where fewer weeks are known, they repeat.
    """
    known = _weeks_known(origin, since, weeks)
    order = [known - 1 - week % known for week in range(weeks)][::-1]
    return _of_weeks(past, origin, known, np.array([order]))


def resampled(past: Past, origin: int, weeks: int, since: int, *, members: int, seed: int) -> Floats:
    """Draw whole weeks of the past with replacement; shape (members, figures).

    Parameters
    ----------
    past, origin, weeks, since
        As in `replayed`.
    members, seed
        How many, and the name of the random numbers.
    """
    known = _weeks_known(origin, since, MEMORY)
    u = uniforms(
        seed=seed, replication=0, place=name_hash("resampled throughput"), work=0,
        numbers=np.arange(members * weeks, dtype=np.int64), visit=0, purpose=Purpose.BOOTSTRAP,
    )  # fmt: skip
    return _of_weeks(past, origin, known, (u * known).astype(np.int64).reshape(members, weeks))


def _weeks_known(origin: int, since: int, most: int) -> int:
    return int(np.clip((origin - since) // WEEK, 1, most))


def _of_weeks(past: Past, origin: int, known: int, drawn: NDArray[np.int64]) -> Floats:
    """Put forecasts together from weeks numbered backward-looking: 0 is the oldest of the known ones."""
    edges = origin - WEEK * np.arange(known, -1, -1)
    came, gone = (np.diff(np.searchsorted(np.sort(each), edges)) for each in (past.arrived, past.done))
    week = np.searchsorted(edges, past.done, side="right") - 1
    lead = [(past.done - past.arrived)[(week == each) & (past.done < origin)] for each in range(known)]
    inside = inside_at(past, origin)
    rows = [_laid_out(came[row], gone[row], inside, np.concatenate([lead[each] for each in row])) for row in drawn]
    return np.array(rows)


# --- the twin ---------------------------------------------------------------------------------------------------------


def level_spread(evidence: Sequence[Evidence], work: str) -> float:
    """Give how well a work type's rate of arrivals is known: the standard deviation of its logarithm, 0 if untold."""
    paths = {f"work.{work}.arrivals.rate", f"work.{work}.arrivals.gap.mean"}
    told = next((each for each in evidence if each.path in paths), None)
    if told is None or told.low is None or told.high is None:
        return 0.0
    try:
        low, high = parse_rate(told.low), parse_rate(told.high)
    except ValueError:
        return 0.0
    return math.log(high / low) / (2 * _NORMAL) if 0 < low < high else 0.0


class Question(NamedTuple):
    """What a twin is asked to forecast."""

    log: EventLog  # what is known at the origin
    origin: int  # tick
    weeks: int
    changes: tuple[tuple[int, Twin], ...] = ()  # twins that take over, by tick of the log
    unseen: Mapping[str, Unseen] = NOTHING_UNSEEN  # what first visits say of arrivals that nobody recorded


def simulated(
    twin: Twin,
    asked: Question,
    spreads: dict[str, float],
    *,
    members: int,
    seed: int,
    tell: Tell = silent,
) -> Floats:
    """Let a twin forecast; shape (members, figures).

    Parameters
    ----------
    twin
        Learned from no more than what is known.
    asked
        The origin, how far, and what is known.
    spreads
        How well the level of arrivals is known, by work type, see `level_spread`.
    members, seed
        How many runs, and the name of the random numbers.
    tell
        Called with one line where an engine has to be compiled first.
    """
    past = past_of(asked.log)
    begin = asked.origin - _warm_up(past, asked.origin)
    model = _model(twin, asked, begin)
    since = asked.origin - begin
    came, hidden = past_of(with_arrivals(asked.log, asked.unseen)), hidden_works(asked.log)
    known = [np.sort(came.arrived[came.work == work]) - begin for work in model.labels.works]
    begins = np.array([work in hidden for work in model.labels.works])
    inside, rows = inside_at(past, asked.origin), []
    for number in range(members):
        level = _normal((number + 0.5) / members)
        intakes = tuple(
            _led_in(intake, before[before >= 0], since, level * spreads.get(work, 0.0), (seed, number, model.until))
            for intake, before, work in zip(model.intakes, known, model.labels.works, strict=True)
        )
        outcome = simulate(model._replace(intakes=intakes), seed=seed, replication=number, tell=tell)
        stay = _stays_of(outcome.visits, begins)
        rows.append(_figures(stay.arrived, stay.done, since, asked.weeks, inside))
    return np.array(rows)


def _model(twin: Twin, asked: Question, begin: int) -> Model:
    start = asked.log.start
    at = {tick: start + timedelta(milliseconds=tick * MILLISECOND) for tick in (begin, *(t for t, _ in asked.changes))}
    changes = tuple((at[tick], later) for tick, later in asked.changes)
    until = asked.origin + asked.weeks * WEEK - begin
    return compile_model(twin, until=until, changes=changes, start=at[begin])


def _stays_of(visits: Visits, begins: NDArray[np.bool_]) -> Stays:
    """Give the items that came; those of work types marked, shape (works,), come as they are first begun."""
    rows = rows_of(visits)
    found = stays(rows, working(rows))
    found = found._replace(arrived=np.where(begins[found.work], found.first_start, found.arrived))
    there = found.arrived != NEVER
    return Stays._make(column[there] for column in found)


def _warm_up(past: Past, origin: int) -> int:
    """Give the ticks in which nearly all items pass, whole weeks, no more than are known."""
    done = past.done != NEVER
    lead = (past.done - past.arrived)[done]
    weeks = math.ceil(float(np.quantile(lead, SLOWEST)) / WEEK) + 1 if lead.size else 1
    return min(min(weeks, MOST_WARM_UP) * WEEK, origin - int(past.arrived.min()))


def _led_in(intake: Intake, before: Ticks, since: int, shift: float, named: tuple[int, int, int]) -> Intake:
    """Let arrivals be those that happened until a tick, and drawn ones after it."""
    seed, replication, until = named
    faster = intake._replace(expected=intake.expected * math.exp(shift)) if shift else intake
    drawn = arrivals(faster, seed=seed, replication=replication, until=until)
    return intake._replace(
        ticks=np.empty(0),
        expected=np.empty(0),
        listed=np.concatenate([before, drawn[drawn >= since]]),
        bursts=(),
        batches=(),
    )


def _normal(share: float) -> float:
    from scipy.special import ndtri  # noqa: PLC0415 - help must answer at once

    return float(ndtri(share))
