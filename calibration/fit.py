"""Learn a twin from an event log.

Who does what gives teams, when they are seen their hours, from these the effort of visits; arrivals and routes are
learned beside; what waiting queues cannot explain becomes delay, corrected by running the twin itself. Every parameter
carries its evidence. Nothing here is drawn but by the twin's own numbered streams, so a log gives one twin, whatever
the order of its rows.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any, Final, NamedTuple

import polars as pl

from calibration.arrivals import fit_arrivals
from calibration.assumed_starts import fit_work_share, later_starts
from calibration.backlog import Backlog, as_it_came, backlogs_of, begun_at_least, taken_as_steady
from calibration.blocks import NO_BLOCKS, Blocks, as_places, fit_blocks, pairs_of
from calibration.completeness import since_evidence
from calibration.delays import (
    Extra,
    Later,
    Waits,
    Way,
    corrected,
    delay_evidence,
    delays_of,
    first_delays,
    later_shares,
    mostly_delay,
    waits_of,
)
from calibration.efforts import fit_efforts
from calibration.evidence import Evidence, Fitted
from calibration.fading import faded
from calibration.headcount import hides_work, with_enough_people
from calibration.hours import Hours
from calibration.intake import taken_in
from calibration.left_open import without_left_open
from calibration.observed import Observed, observe
from calibration.pending import with_pending
from calibration.rerun import MOST_REPLICATIONS, SIMULATED, rerun
from calibration.routes import fit_route
from calibration.states import fit_states, told_apart
from calibration.stops import without_stops
from calibration.strays import without_strays
from calibration.teams import Teams
from calibration.under_way import without_under_way
from calibration.unseen_arrivals import Unseen, unseen_arrivals, with_arrivals
from calibration.workforce import Workforce, fit_workforce
from twin.arrivals import Arrivals, Flowing
from twin.engine.beforehand import compile_beforehand
from twin.engine.kept import load_if_worth
from twin.engine.telling import Tell, silent
from twin.eventlog import EventLog
from twin.plan import compile_model
from twin.spec import Twin
from twin.units import WEEK
from twin.work import Route
from twin.zones import time_zone

ROUNDS: Final = 3
"""How often delays are corrected."""

Delays = Mapping[str, Mapping[Way, Extra]]
"""By work type and way."""


class Read(NamedTuple):
    """A log as estimators read it, and who does its work."""

    log: EventLog
    blocks: Mapping[str, Blocks]
    observed: Observed
    force: Workforce


@dataclass(frozen=True)
class Fit:
    """A twin learned from a log.

    Attributes
    ----------
    twin
        The twin.
    evidence
        Why each of its parameters has its value.
    log
        The log it was learned from, for replaying history.
    work_share
        How much of the time from start to end was taken to be work where starts were assumed; `log` says so too.
    unseen
        By work type, what first visits say of arrivals that nobody recorded.
    read
        The log as it was read for that.
    """

    twin: Twin
    evidence: tuple[Evidence, ...]
    log: EventLog
    read: Read = field(repr=False, compare=False)
    work_share: float = 1.0
    unseen: Mapping[str, Unseen] = field(default_factory=dict)


def fit_twin(log: EventLog, *, name: str, tell: Tell = silent, attributes: pl.DataFrame | None = None) -> Fit:
    """Learn a twin from a log with starts, ends and people.

    Parameters
    ----------
    log
        Visits of items; rows in any order.
    name
        Name of the twin.
    tell
        Called with one line where an engine has to be compiled first.
    attributes
        What is known of cases beside visits, `case_id` and columns of numbers: people may have gone by it.

    Raises
    ------
    InputError
        Where the log is too small to learn from.
    """
    first = _learned(log, name, tell, attributes)
    if not log.starts_assumed:
        return first
    fits = {1.0: first}

    def learn(share: float) -> tuple[Twin, EventLog]:
        if share not in fits:
            fits[share] = _learned(later_starts(log, share), name, tell, attributes, share)
        return fits[share].twin, fits[share].log

    share, evidence = fit_work_share(learn, tell=tell)
    best = fits[share]
    return replace(best, evidence=(*best.evidence, *evidence), work_share=share)


def as_learned(log: EventLog) -> Fitted[EventLog]:
    """Give a log as estimators read it: less strays, stops and what was left open; waits are whole."""
    ordinary = without_strays(log)
    at_work = without_stops(_with_whole_waits(ordinary.value))
    ended = without_left_open(at_work.value)
    waiting = with_pending(ended.value)
    return Fitted(waiting.value, (*ordinary.evidence, *at_work.evidence, *ended.evidence, *waiting.evidence))


def _with_whole_waits(log: EventLog) -> EventLog:
    """Let no visit be enabled later than the visits before it ended: the time between is part of the item's way."""
    if log.frame["enabled"].null_count() == log.visits:
        return log
    left = pl.col("finished").cum_max().shift(1).over("item")
    frame = (
        log.frame.with_row_index("row")
        .sort("item", "started", "finished", nulls_last=True, maintain_order=True)
        .with_columns(pl.when(pl.col("enabled") > left).then(left).otherwise("enabled").alias("enabled"))
        .sort("row")
        .drop("row")
    )
    return replace(log, frame=frame)


def _learned(given: EventLog, name: str, tell: Tell, attributes: pl.DataFrame | None, work_share: float = 1.0) -> Fit:
    """Learn a twin from starts as they stand."""
    log, noticed = as_learned(given)
    blocks, observed, told = _observed(log)
    force = fit_workforce(observed, log, attributes, work_share)
    compile_beforehand(partial(_surely, force, observed, log), _ahead(observed), tell=tell)
    teams, hours = force.teams, force.hours
    whole = without_under_way(log)
    unseen, demand, backlogs = _demand(observed, force, whole.value)
    base = {"twin": name, "clock": {"starts": _starts(given, demand), "zone": log.zone}, **force.written}
    waits = waits_of(observed, teams, hours)
    observed, changed = faded(observed, log, waits.ready)
    shown = {work: _as_places(whole.value, work, blocks) for work in observed.works}
    works, evidence = _works(shown, observed, force, demand)
    evidence = [*noticed, *whole.evidence, *told, *changed, *evidence]
    if hides_work(whole.value, observed.works):
        force = with_enough_people(force, _twin(base, works, observed.stages, {}, {work: {} for work in works}))
        hours, base, waits = force.hours, base | force.written, waits_of(observed, teams, force.hours)
    evidence += force.evidence
    extras = {
        work: first_delays(observed, teams, hours, work=index, told=force.told, waits=waits)
        for index, work in enumerate(observed.works)
    }
    extras |= {work: begun_at_least(extras[work], waits, observed, work) for work in backlogs}

    def again(write: Callable[[Delays], Twin], delays: Delays) -> Observed:
        return rerun(as_it_came(write(delays), log.start, backlogs), observed, tell=tell)

    first = partial(_twin, base, works, observed.stages, {})
    _prepare(first, extras, observed)
    extras = _corrected(partial(again, first), extras, teams, hours, rounds=ROUNDS)
    later: dict[str, dict[Way, Later]] = {}
    for work, found in extras.items():
        later[work], told = _with_states(shown[work], observed, work, works[work], found)
        evidence = _anew(evidence, told)
    write = partial(_twin, base, works, observed.stages, later)
    if any(later.values()):
        extras = _corrected(partial(again, write), extras, teams, hours, rounds=1)
    evidence += _delays_told(extras, observed, waits)
    # where stops were cut out, instants of hidden arrivals are none of the given log's
    read = Read(whole.value, blocks, observed, force)
    return Fit(write(extras), tuple(evidence), given, read, unseen=unseen if log.end == given.end else {})


def _anew(evidence: Iterable[Evidence], told: Iterable[Evidence]) -> list[Evidence]:
    """Tell anew what was told before."""
    paths = {each.path for each in told}
    return [*(each for each in evidence if each.path not in paths), *told]


def _works(
    shown: Mapping[str, tuple[EventLog, Blocks]],
    observed: Observed,
    force: Workforce,
    demand: Mapping[str, Fitted[Arrivals]],
) -> tuple[dict[str, Any], list[Evidence]]:
    """Learn ways and efforts of each work type, and put them with its demand."""
    works: dict[str, Any] = {}
    evidence: list[Evidence] = []
    for index, work in enumerate(observed.works):
        route = fit_route(shown[work][0], work, shown[work][1])
        efforts = fit_efforts(force.alone, force.times, force.teams, work=index, opened=force.opened)
        works[work] = {"arrivals": demand[work].value, "route": (route.value, efforts.value), **force.rank_of(work)}
        evidence += [*demand[work].evidence, *route.evidence, *efforts.evidence]
    return works, evidence


def _starts(log: EventLog, demand: Mapping[str, Fitted[Arrivals]]) -> datetime:
    """Give the local time at which the twin begins: with the log, or at the midnight after it where demand grows."""
    zone = time_zone(log.zone)
    if not any(isinstance(each.value, Flowing) and each.value.growth for each in demand.values()):
        return log.start.astimezone(zone).replace(tzinfo=None)
    end = (log.start + timedelta(milliseconds=log.end)).astimezone(zone)
    return datetime.combine(end.date() + timedelta(days=1), time())


def _demand(
    observed: Observed, force: Workforce, log: EventLog
) -> tuple[dict[str, Unseen], dict[str, Fitted[Arrivals]], dict[str, Backlog]]:
    """Learn how items of each work type come, what first visits say of arrivals that nobody recorded; and backlogs."""
    unseen = unseen_arrivals(observed, force, log)
    came = with_arrivals(log, unseen)
    waited = {work: unseen[work].waited if work in unseen else 0.0 for work in observed.works}
    backlogs = backlogs_of(came)
    demand = {work: taken_as_steady(work, found) for work, found in backlogs.items()}
    for work in observed.works:
        if work in backlogs:
            continue
        taken = taken_in(came, work)
        fitted = fit_arrivals(taken.value, work, waited=waited[work])
        told = (*taken.evidence, *since_evidence(came, work))
        demand[work] = fitted._replace(evidence=(*fitted.evidence, *told))
    return unseen, demand, backlogs


def _observed(log: EventLog) -> tuple[dict[str, Blocks], Observed, tuple[Evidence, ...]]:
    """Find parallel branches, and read the visits as these let them wait."""
    blocks = fit_blocks(log)
    return blocks.value, observe(log, concurrent=pairs_of(blocks.value)), blocks.evidence


def _as_places(log: EventLog, work: str, blocks: Mapping[str, Blocks]) -> tuple[EventLog, Blocks]:
    """Give the log in which each block of a work type is one visit, and its blocks."""
    branched = blocks.get(work, NO_BLOCKS)
    return as_places(log, work, branched), branched


def _with_states(
    shown: tuple[EventLog, Blocks], observed: Observed, work: str, parts: dict[str, Any], extras: Mapping[Way, Extra]
) -> tuple[dict[Way, Later], tuple[Evidence, ...]]:
    """Tell visits after long delays apart where that tells the way on; the route is learned anew then."""
    log, branched = shown
    names = observed.stages
    ways = {(names[way[0]], names[way[1]]): way for way in mostly_delay(extras)}
    # branches and what comes after them have no states: in their log a block stands for its stages
    inside = {stage for stage, _ in branched.pairs}
    ways = {pair: way for pair, way in ways.items() if inside.isdisjoint(pair)}
    states = fit_states(log, work, frozenset(ways))
    if not states.value.names:
        return {}, ()
    route = fit_route(told_apart(log, work, states.value), work, branched)
    parts["route"] = (route.value, parts["route"][1])
    parts["states"] = dict(states.value.names)
    state_of = {stage: state for state, stage in states.value.names}
    called = {way: state_of[pair[1]] for pair, way in ways.items() if pair[1] in state_of}
    mine = observed.work == observed.works.index(work)
    later = later_shares(observed, mine, after=states.value.after, states=called)
    return later, (*states.evidence, *route.evidence)


def _twin(
    base: Mapping[str, Any],
    works: Mapping[str, Any],
    stages: tuple[str, ...],
    later: Mapping[str, Mapping[Way, Later]],
    extras: Mapping[str, Mapping[Way, Extra]],
) -> Twin:
    """Put the parts together."""
    written = {}
    for work, parts in works.items():
        shape, efforts = parts["route"]
        delays = delays_of(extras[work], stages, later.get(work, {}))
        states = {state: stage for state, stage in parts.get("states", {}).items() if state in shape.next}
        route = Route(efforts=efforts, delays=delays, states=states, **shape._asdict())
        kept = {key: part for key, part in parts.items() if key not in {"route", "states"}}
        written[work] = {**kept, "route": route}
    return Twin.model_validate({**base, "work": written})


def _ahead(observed: Observed) -> int:
    """Count the visits of the runs that correct delays."""
    visits = observed.item.size
    return ROUNDS * max(visits, min(SIMULATED, MOST_REPLICATIONS * visits))


def _surely(force: Workforce, observed: Observed, log: EventLog) -> str | None:
    """Tell the kind of twin by its people, before demand and ways are known: where these make it a rich one."""
    steps = [{"stage": stage, "effort": "1 h"} for stage in observed.stages]
    arrivals = {"kind": "renewal", "gap": {"kind": "exponential", "mean": "1 h"}}
    work = {name: {"arrivals": arrivals, "steps": steps} for name in observed.works}
    clock = {"starts": log.start.astimezone(time_zone(log.zone)).replace(tzinfo=None), "zone": log.zone}
    twin = Twin.model_validate({"twin": "people", "clock": clock, **force.written, "work": work})
    kind = compile_model(twin, until=WEEK).kind
    return kind if kind == "rich" else None


def _prepare(write: Callable[[Delays], Twin], extras: Delays, observed: Observed) -> None:
    """Load the compiled engine for the runs ahead, where they are worth that."""
    if any(extras.values()):
        load_if_worth(compile_model(write(extras), until=WEEK).kind, _ahead(observed))


def _delays_told(extras: Delays, observed: Observed, waits: Waits) -> list[Evidence]:
    """Say where the delays of each work type come from."""
    return [
        each
        for work, found in extras.items()
        for each in delay_evidence(f"work.{work}.route.delays", found, observed, waits, work=observed.works.index(work))
    ]


def _corrected(
    again: Callable[[Mapping[str, Mapping[Way, Extra]]], Observed],
    extras: dict[str, dict[Way, Extra]],
    teams: Teams,
    hours: tuple[Hours, ...],
    *,
    rounds: int,
) -> dict[str, dict[Way, Extra]]:
    """Run the twin and move its delays until it waits as the log did; once where there are none, which it must do."""
    for _ in range(rounds if any(extras.values()) else 1):
        twin = again(extras)
        waits = waits_of(twin, teams, hours)
        extras = {
            work: corrected(found, waits, twin.work == twin.works.index(work), stages=len(twin.stages))
            for work, found in extras.items()
        }
    return extras
