"""Delays: waiting that no queue explains.

Between two stages an item waits W = started - enabled: for people outside, on its way, and in the queue. Until when
somebody was free for it bounds the time R until it was ready (`calibration.contention`, `calibration.closed_hours`);
what is likely within the bounds is the first delay. It is checked by running the twin and observing the run by the same
rules, and delays are as much longer or shorter than the waits seen as they are in the run,

    D(u) <- max(0, R_seen(u) - R_twin(u) + D_twin(u)),      beginning with D = R, the mean kept where 0 cuts off,

where D_twin are the delays that the run drew: drawn too short or too long by luck, they make its waits so too.

Where the twin queues clearly more or less than the log shows, people were busy otherwise than the log tells, and all of
W takes the place of R, but for what closings hide: what is left is what the twin's queues do not explain.

A delay is counted by the clock or in the team's working time (`calibration.delay_clock`).
Units: ticks (milliseconds).
Source: Chapela-Campa, Dumas (2024), Enhancing business process simulation models with extraneous activity delays,
Information Systems 122 (what an extraneous delay is, and tuning it by simulation).
Luck that is known is taken out: Lavenberg, Welch (1981), A perspective on the use of control variables to increase the
efficiency of Monte Carlo simulations, Management Science 27(3), 322-335.
"""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np

from calibration.bootstrap import interval, means_over_items
from calibration.closed_hours import hidden_by_closing, likely_waits, ready_after, untold_by_closings
from calibration.contention import free_until
from calibration.delay_clock import Starts, delay_clock
from calibration.durations import knots_of, quantile_list, with_mean
from calibration.evidence import Evidence
from calibration.hours import Hours
from calibration.observed import ARRIVAL, Floats, Observed, Ticks, quantiles_of
from calibration.presence import Booleans
from calibration.teams import Teams
from twin.effort import Delay
from twin.timelines import Timeline, worked_at
from twin.units import WEEK, format_clock
from twin.work import JOIN, START

FEW: Final = 10
"""Fewer waits than this borrow from all ways into the stage."""
SURE: Final = 2.0
"""Standard errors, of weekly means, by which a twin's queue may differ from the log's before it is taken off delays."""
NEGLIGIBLE: Final = 1000
"""Delays below this mean, in ticks, are left out."""

Way = tuple[int, int]
"""Stage before (or ARRIVAL) and stage."""


class Waits(NamedTuple):
    """Waiting of visits; arrays of shape (visits,)."""

    clock: Ticks  # elapsed
    working: Ticks  # in the team's working time
    at: Ticks  # enabled
    free: Ticks  # until when somebody was free for it (`calibration.contention`)
    way: Ticks  # (stage before + 1) * number of stages + stage
    waited: Ticks  # elapsed, those over while nobody was there at likely lengths (`calibration.closed_hours`)
    least: Ticks  # elapsed; they cannot have been ready earlier (`calibration.contention`)
    least_working: Ticks  # the same in working time
    ready: Ticks  # likely time, elapsed, until they were ready
    ready_working: Ticks  # the same in working time
    delayed: Ticks  # how long their delays lasted, in a run of the twin
    delayed_working: Ticks  # the same in working time


class Extra(NamedTuple):
    """Delay of one way."""

    counted: str  # clock or working
    knots: Floats  # evenly spaced quantiles in ticks
    seen: Floats  # the same quantiles of the times until visits were ready
    waited: Floats  # and of the waits, queues included
    mean: float  # mean wait
    rows: int
    queue: float = 0.0  # of which visits were ready, on average
    apart: float = 0.0  # by how much a twin's queue may differ from that by chance, ticks
    floor: Floats | float = 0.0  # quantiles that it cannot be shorter than


class Later(NamedTuple):
    """The long waits of one way, where they are a state of their own."""

    share: float
    state: str


NOTHING: Final[Mapping[Way, Later]] = MappingProxyType({})


def waits_of(
    observed: Observed, teams: Teams, hours: tuple[Hours, ...], *, queued: Collection[int] | None = None
) -> Waits:
    """Measure how long visits waited.

    Parameters
    ----------
    observed, teams, hours
        Visits, who did them, and when teams work.
    queued
        Codes of the only ways that are looked at, and of these only how long they waited, not when they were ready; all
        of all ways if left out.
    """
    clock, free = observed.started - observed.enabled, free_until(observed, teams, hours)
    way = (observed.before + 1) * len(observed.stages) + observed.stage
    delayed = np.minimum(observed.delayed, clock)
    found = Waits(*(clock.copy() for _ in Waits._fields))._replace(
        at=observed.enabled, free=free, way=way, delayed=delayed, delayed_working=delayed.copy()
    )
    for code in np.unique(way).tolist() if queued is None else sorted(queued):
        mine = np.flatnonzero(way == code)
        if mine.size:
            calendar = hours[teams.serving[code % len(observed.stages)][0]].open
            _fill(found, mine, observed.weight[mine], calendar, ready=queued is None)
    return found


def _fill(waits: Waits, mine: Ticks, weight: Floats, calendar: Timeline, *, ready: bool) -> None:
    """Measure the waits of one way."""
    free = waits.free[mine]
    enabled, started = waits.at[mine], waits.at[mine] + waits.clock[mine]
    after, since = ready_after(enabled, started, free, calendar), worked_at(calendar, enabled)
    waits.working[mine] = worked_at(calendar, started) - since
    waits.least[mine] = after - enabled
    waits.least_working[mine] = worked_at(calendar, after) - since
    closed = hidden_by_closing(after, started, calendar)
    told = closed & (not untold_by_closings(closed))
    by_closing, least = np.where(told, after, started), np.where(closed & ~told, started, after)
    waits.waited[mine] = likely_waits(by_closing - enabled, waits.clock[mine], weight)
    if not ready:
        return
    waits.ready[mine] = likely_waits(least - enabled, waits.clock[mine], weight)
    waits.ready_working[mine] = likely_waits(waits.least_working[mine], waits.working[mine], weight)
    waits.delayed_working[mine] = worked_at(calendar, enabled + waits.delayed[mine]) - since


def first_delays(
    observed: Observed,
    teams: Teams,
    hours: tuple[Hours, ...],
    *,
    work: int,
    told: Collection[int] = (),
    waits: Waits | None = None,
) -> dict[Way, Extra]:
    """Take all waiting of a work type for delay, way by way, and choose how it is counted.

    Before stages whose waiting is told otherwise, by a gate or a batch, it begins with nothing. How long visits waited
    is measured where it is not given.
    """
    waits, chosen = waits_of(observed, teams, hours) if waits is None else waits, observed.work == work
    if not (waits.clock[chosen & (observed.before == ARRIVAL)] > 0).any():
        chosen &= observed.before != ARRIVAL
    found, told_by_stage = {}, dict[int, Extra]()
    for code in np.unique(waits.way[chosen]).tolist():
        before, stage = divmod(code, len(observed.stages))
        rows = np.flatnonzero(chosen & (waits.way == code))
        calendar = hours[teams.serving[stage][0]].open
        if rows.size >= FEW:
            extra = _extra(waits, observed.weight, rows, calendar)
        else:  # rare ways into a stage share what all of them tell
            if stage not in told_by_stage:
                rows = np.flatnonzero(chosen & (observed.stage == stage))
                told_by_stage[stage] = _extra(waits, observed.weight, rows, calendar)
            extra = told_by_stage[stage]
        found[before - 1, stage] = extra._replace(knots=np.zeros_like(extra.knots)) if stage in told else extra
    return {way: extra for way, extra in found.items() if extra.mean > NEGLIGIBLE}


def _extra(waits: Waits, weight: Floats, rows: Ticks, calendar: Timeline) -> Extra:
    weights = weight[rows]
    at = waits.at[rows]
    counted = delay_clock(Starts(at, at + waits.clock[rows], waits.free[rows], weights), calendar)
    seen, waited = (times[rows] for times in by_clock(waits, counted))
    knots, mean = knots_of(seen, weights), float(np.average(waited, weights=weights))
    queue, apart = queue_of(waited - seen, weights, at)
    return Extra(counted, knots, knots, knots_of(waited, weights), mean, int(rows.size), queue, apart)


def queue_of(queued: Ticks, weights: Floats, at: Ticks) -> tuple[float, float]:
    """Give the mean of queues, and by how much another's may differ from it by chance, ticks.

    Parameters
    ----------
    queued, weights, at
        How long each visit queued, how many it stands for and when it was enabled, shape (visits,).
    """
    queue = float(np.average(queued, weights=weights))
    weeks = np.unique(at // WEEK, return_inverse=True)[1]
    beyond = np.bincount(weeks, weights * (queued - queue)) / weights.sum()
    return queue, SURE * float(np.sqrt((beyond**2).sum()))


def by_clock(waits: Waits, counted: str) -> tuple[Ticks, Ticks]:
    """Give how long visits waited until they were ready, and until they began, by the clock of a delay."""
    return (waits.ready, waits.waited) if counted == "clock" else (waits.ready_working, waits.working)


def corrected(extras: Mapping[Way, Extra], waits: Waits, chosen: Booleans, *, stages: int) -> dict[Way, Extra]:
    """Move delays by what the twin's waiting misses.

    Parameters
    ----------
    extras
        Delays the twin was run with.
    waits
        How long visits waited in the twin's run.
    chosen
        Which of them are of the work type, shape (visits,).
    stages
        Number of stages.
    """
    found = {}
    for way, extra in extras.items():
        mine = chosen & (waits.way == (way[0] + 1) * stages + way[1])
        if mine.sum() < FEW:
            found[way] = extra
            continue
        got, waited = (times[mine] for times in by_clock(waits, extra.counted))
        # where queues differ by more than chance, people were busy otherwise than the log shows
        same = abs(float((waited - got).mean()) - extra.queue) <= extra.apart
        told, found_now = (extra.seen, got) if same else (extra.waited, waited)
        lasted = (waits.delayed if extra.counted == "clock" else waits.delayed_working)[mine]
        # as they were drawn: what the waits beside them share of their luck is no error
        wanted = told - _like(extra.knots, found_now) + _like(extra.knots, lasted)
        knots = np.maximum.accumulate(np.maximum(wanted, 0))
        # what is cut off below nothing is taken off the others
        knots *= max(_mean_of(wanted), 0.0) / max(_mean_of(knots), 1.0)
        found[way] = extra._replace(knots=np.maximum(knots, extra.floor))
    return found


def _like(knots: Floats, times: Ticks) -> Floats:
    """Give the quantiles of times at the shares of other ones, with the times' mean."""
    found = quantiles_of(times, np.ones(times.size), np.linspace(0, 1, knots.size))
    return with_mean(found, float(times.mean()))


def delays_of(
    extras: Mapping[Way, Extra], stages: tuple[str, ...], later: Mapping[Way, Later] = NOTHING
) -> dict[str, Delay]:
    """Write delays by way: ``triage > assess``; where long waits are told apart, each state has its part."""
    found = {}
    for way, extra in extras.items():
        parts = {_key(way, stages): extra.knots}
        if way in later:
            share, state = later[way].share, later[way].state
            parts = {
                _key(way, stages): _section(extra.knots, 0.0, 1 - share),
                JOIN.join((_key(way, stages).split(JOIN)[0], state)): _section(extra.knots, 1 - share, 1.0),
            }
        for key, knots in parts.items():
            if knots.mean() > NEGLIGIBLE:
                found[key] = Delay.model_validate({"time": quantile_list(knots), "counted": extra.counted})
    return found


def _section(knots: Floats, low: float, high: float) -> Floats:
    """Give the quantiles between two shares, shape as knots."""
    return np.interp(np.linspace(low, high, knots.size), np.linspace(0, 1, knots.size), knots)


def mostly_delay(extras: Mapping[Way, Extra]) -> list[Way]:
    """List the ways, but from the arrival, on which delays make up most of the waiting that was seen."""
    return [way for way, extra in extras.items() if way[0] != ARRIVAL and _mean_of(extra.knots) > extra.mean / 2]


def later_shares(observed: Observed, chosen: Booleans, *, after: int, states: Mapping[Way, str]) -> dict[Way, Later]:
    """Measure on which share of its moves each way waits longer than a threshold.

    Parameters
    ----------
    observed
        Visits.
    chosen
        Which of them are of the work type, shape (visits,).
    after
        The threshold, in ticks.
    states
        By way, the name of the state for longer waits.
    """
    found = {}
    longer = observed.started - observed.enabled > after
    for way, state in states.items():
        mine = chosen & (observed.before == way[0]) & (observed.stage == way[1])
        weight = observed.weight[mine]
        share = float(longer[mine] @ weight / weight.sum()) if mine.any() else 0.0
        if share > 0:
            found[way] = Later(share, state)
    return found


def delay_evidence(
    path: str, extras: Mapping[Way, Extra], observed: Observed, waits: Waits, *, work: int
) -> tuple[Evidence, ...]:
    """Say where each delay comes from; its interval is that of the waiting seen, over items weighed anew.

    Parameters
    ----------
    path
        Where the delays stand in the twin.
    extras
        Delays by way.
    observed, waits
        Visits, and how long they waited.
    work
        Index of the work type.
    """
    stages, mine = len(observed.stages), observed.work == work
    codes = {way: (way[0] + 1) * stages + way[1] for way in extras}
    by_work = np.isin(waits.way, [codes[way] for way, extra in extras.items() if extra.counted == "working"])
    group, values = np.where(mine, waits.way, -1), np.where(by_work, waits.ready_working, waits.ready)
    means = means_over_items(observed, values.astype(np.float64), group, (stages + 1) * stages)
    rows = np.bincount(group[mine], minlength=means.shape[1])
    found = []
    for way, extra in extras.items():
        mean = _mean_of(extra.knots)
        low, high = (np.maximum(mean + interval(means[:, [codes[way]]])[:, 0] - _mean_of(extra.seen), 0)).tolist()
        few = rows[codes[way]] < FEW
        note = "waiting that is left depends on headcount and hours; hidden work counts as delay"
        if few:
            note = f"no interval: only {rows[codes[way]]} came this way, so all ways into the stage were taken; {note}"
        found.append(
            Evidence(
                f"{path}.{_key(way, observed.stages)}",
                f"mean {format_clock(mean)} in {extra.counted} time, of {format_clock(extra.mean)} waited",
                "waiting seen, less what the twin's own queues and hours make of it, quantile by quantile; interval of "
                "the mean by weighing items anew, the twin's own waiting as it is",
                extra.rows,
                None if few else format_clock(low),
                None if few else format_clock(high),
                note,
            )
        )
    return tuple(found)


def _mean_of(knots: Floats) -> float:
    return float((knots[1:] + knots[:-1]).mean() / 2)


def _key(way: Way, stages: tuple[str, ...]) -> str:
    return JOIN.join((START if way[0] == ARRIVAL else stages[way[0]], stages[way[1]]))
