"""Delays of a twin, moved by a change of waiting.

What a way waited is looked at as evenly spaced quantiles and a mean; what of it the twin's own queues made, as a mean.
A delay moves with the first and against the second, never below nothing,

    D(u) <- max(0, D(u) + change of W(u)),  scaled to the mean  max(0, mean D + change of mean W - change of mean Q).

Units: ticks (milliseconds).
"""

from typing import Final, NamedTuple

import numpy as np

from calibration.closed_hours import likely_waits
from calibration.delays import FEW, Waits, by_clock, queue_of
from calibration.durations import quantile_list
from calibration.observed import ARRIVAL, Codes, Floats, Observed, Ticks, quantiles_of
from calibration.presence import Booleans
from calibration.states import NO_STATES, States
from twin.distributions import Quantiles, fixed, mean, scaled
from twin.effort import Delay
from twin.spec import Twin
from twin.units import parse_duration
from twin.work import START, Route, path_of

KNOTS: Final = 11
"""Quantiles that are looked at where a delay is no list of them."""


class Level(NamedTuple):
    """Waiting on one way; a difference of two is a change."""

    quantiles: Floats
    mean: float


NOT_SEEN: Final = Level(np.zeros(0), 0.0)


class Way(NamedTuple):
    """A delay, and the visits of the log behind it."""

    key: str  # as the twin writes it: ``triage > assess``
    delay: Delay
    code: int  # as `calibration.delays.Waits` numbers ways
    rows: Codes  # of the log's visits
    least: Ticks  # (rows,) by the delay's clock: it took no less
    most: Ticks  # (rows,) nor more
    apart: float  # by how much queues differ by chance, ticks
    level: Level  # as the log is


def ways_of(twin: Twin, observed: Observed, waits: Waits, work: str) -> tuple[Way, ...]:
    """List a work type's delays with the visits behind them; of few, those of all ways into the stage."""
    route = twin.work[work].route
    found, chosen = [], observed.work == observed.works.index(work)
    states = {} if route is None else route.states
    for key, delay in ({} if route is None else route.delays).items():
        before, end = path_of(key)
        place = observed.stages.index(states.get(end, end))
        from_ = ARRIVAL if before == START else observed.stages.index(before)
        code = (from_ + 1) * len(observed.stages) + place
        rows = np.flatnonzero(chosen & (waits.way == code) & _in_state(key, route, waits))
        if rows.size < FEW:
            rows = np.flatnonzero(chosen & (observed.stage == place))
        found.append(_way((key, delay, code), rows, waits, observed.weight))
    return tuple(found)


def _way(known: tuple[str, Delay, int], rows: Codes, waits: Waits, weight: Floats) -> Way:
    """Look at the visits behind a delay."""
    counted = known[1].counted
    ready, waited = (times[rows] for times in by_clock(waits, counted))
    least, most = (waits.least, waits.clock) if counted == "clock" else (waits.least_working, waits.working)
    least, most = least[rows], most[rows]
    apart = queue_of(waited - ready, weight[rows], waits.at[rows])[1]
    way = Way(*known, rows, np.where(ready == most, most, least), most, apart, NOT_SEEN)
    return way._replace(level=seen(way, weight))


def _in_state(key: str, route: Route | None, waits: Waits) -> Booleans:
    """Choose the visits that a key speaks of, where those after a long wait have a state of their own."""
    states = states_of(route)
    before, end = path_of(key)
    names = dict(states.names)
    if end in names:
        return np.asarray(waits.clock > states.after)
    split = (before, end) in states.pairs
    return np.asarray(waits.clock <= states.after) if split else np.ones(waits.clock.size, np.bool_)


def states_of(route: Route | None) -> States:
    """Read from a route how its visits are told apart, which its names say."""
    if route is None or not route.states:
        return NO_STATES
    after = parse_duration(next(iter(route.states)).rpartition(" after ")[2])
    ends = [path_of(key) for key in route.delays]
    pairs = frozenset((before, route.states[end]) for before, end in ends if end in route.states)
    return States(after, pairs, tuple(route.states.items()))


def change_of(way: Way, now: Floats) -> Level:
    """Say what other weights of all visits, shape (visits,), change about the waiting in the log."""
    before, after = way.level, seen(way, now)
    return Level(after.quantiles - before.quantiles, after.mean - before.mean)


def seen(way: Way, weight: Floats) -> Level:
    """Look at the waiting in the log, visits weighed; weight of all visits, shape (visits,)."""
    knots = len(way.delay.time.values) if isinstance(way.delay.time, Quantiles) else KNOTS
    own, shares = weight[way.rows], np.linspace(0, 1, knots)
    ready = likely_waits(way.least, way.most, own)
    return Level(quantiles_of(ready, own, shares), float(np.average(ready, weights=own)))


def queued(way: Way, waits: Waits, chosen: Booleans) -> float | None:
    """Give the mean wait of chosen visits in a run whose delays are over when visits are enabled; None of few."""
    mine = chosen & (waits.way == way.code)
    return float(by_clock(waits, way.delay.counted)[1][mine].mean()) if mine.sum() >= FEW else None


def moved(delay: Delay, change: Level, queueing: float) -> Delay:
    """Move a delay by a change of waiting, of which a part is a change of queueing."""
    was = mean(delay.time)
    now = max(was + change.mean - queueing, 0.0)
    if was == 0 or now == 0:
        return delay.model_copy(update={"time": fixed(0)}) if now == 0 else delay
    if not isinstance(delay.time, Quantiles):
        return delay.model_copy(update={"time": scaled(delay.time, now / was)})
    knots = np.sort(np.maximum(np.array(delay.time.values) + change.quantiles, 0))
    total = float((knots[1:] + knots[:-1]).mean()) / 2
    return delay.model_copy(update={"time": quantile_list(knots * (now / total))}) if total > 0 else delay
