"""One item in two worlds: its visits in the baseline and in every scenario, with what it waited for at each.

An item is named by its work type and its number within the type, in the order of arrival; under that name it has the
same luck in every scenario. So what differs between two traces is the scenario's doing, directly or through the items
around it. Where a scenario changes the demand of its type, or where other items bring it forth, the same number may be
another item; the instant of its arrival then differs, and the trace says so.

One item is an anecdote: it shows how a change works, not how much it is worth. So beside it stands how usual it is: the
share of all items of its type done in both twins whose lead time changes in the same direction; and over an ensemble in
how many of its twins the same item, by its number and so with the same luck, does too. The trace itself is of the
calibrated twin, since other twins have other efforts, delays and arrivals, and visits that do not match.

Units: ticks; told in hours or days of the clock.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import numpy as np

from twin.answer import Answer
from twin.attribution import SPOKEN, Spent, chains, split
from twin.decide.trials import Running
from twin.engine import simulate
from twin.errors import InputError
from twin.eventlog import NEVER, Ticks, Visits
from twin.experiment import candidates
from twin.member import LaidOut
from twin.outcome import Outcome
from twin.page import Cell, Table
from twin.plan import Model
from twin.presence import present
from twin.replication import Candidate
from twin.scenario import Experiment
from twin.spec import Twin
from twin.units import HOUR
from twin.wording import figure
from twin.zones import time_zone

REPLICATION: Final = 0
TOLD: Final = 2
"""Causes in a sentence."""


class Stop(NamedTuple):
    """One visit of the item."""

    stage: str
    visit: int  # how often it was there before
    begin: int  # ticks
    end: int
    spent: Ticks  # (len(Spent),)
    beside: bool  # another branch took longer, so it held nothing up


class Trace(NamedTuple):
    """An item's way through one twin."""

    name: str
    stops: tuple[Stop, ...]  # in the order of the visits
    start: datetime  # of tick 0
    zone: str

    @property
    def arrived(self) -> int:
        """Tick of its arrival."""
        return min(each.begin for each in self.stops)

    @property
    def spent(self) -> Ticks:
        """Ticks by what it spent them on; they sum to its lead time."""
        total: Ticks = np.sum([each.spent for each in self.stops if not each.beside], axis=0)
        return total


class Usual(NamedTuple):
    """How usual it is what a scenario does to the item."""

    items: int  # of the work type, done in both of the traced twins
    items_alike: int  # of these, changed in the same direction as the item
    twins: int  # of the ensemble, in which the same item is done in both; 0 without one
    twins_alike: int  # of these, in which it is changed in the same direction


class Traced(NamedTuple):
    """The same item in the baseline and in every scenario."""

    work: str
    number: int
    traces: tuple[Trace, ...]  # the baseline first
    usual: tuple[Usual, ...] = ()  # of every scenario


class _World(NamedTuple):
    """One replication of one twin."""

    name: str
    model: Model
    outcome: Outcome
    items: Ticks  # of the work type, in order
    lead: Ticks  # (items,), NEVER where the item is not done in the window


def trace_item(
    experiment: Experiment, base: Twin, running: Running, number: int | None, members: Sequence[Twin] = ()
) -> Traced:
    """Follow one item through the baseline and every scenario.

    Parameters
    ----------
    experiment, base
        The question and the twin it is about.
    running
        How to run.
    number
        Of the item within the work type asked for; None takes one whose lead time in the baseline is as the asked
        statistic says: the 85th of a hundred for p85, else the middle one.
    members
        Twins of the ensemble, in which the same item is looked at too.

    Raises
    ------
    InputError
        Where no such item is done in the window in every twin.
    """
    answer = experiment.answer
    work = answer.work or next(iter(base.work))
    sides, seed = candidates(experiment, base, members), experiment.run.seed
    worlds = [_world(each.name, each, seed, work, running) for each in sides]
    common = min(each.items.size for each in worlds)
    done = np.all([each.lead[:common] != NEVER for each in worlds], axis=0)
    chosen = _typical(worlds[0].lead[:common], done, answer) if number is None else number
    if chosen is None or not 0 <= chosen < common or not done[chosen]:
        if not done.any():
            raise InputError(f"no item of {work} is done within the window in every scenario; run longer")
        near = _some(np.flatnonzero(done))
        raise InputError(f"item {chosen} of {work} is not done within the window in every scenario; done are {near}")
    of_twins = [
        [_lead(_world(side.name, side.members[twin].laid_out, seed, work, running), chosen) for side in sides]
        for twin in range(len(members))
    ]
    traces = tuple(_trace(world, int(world.items[chosen])) for world in worlds)
    pairs = [(_lead(worlds[0], chosen), _lead(world, chosen)) for world in worlds[1:]]
    usual = [
        Usual(
            *_alike(zip(worlds[0].lead[:common].tolist(), world.lead[:common].tolist(), strict=True), pair),
            *_alike(((leads[0], leads[place]) for leads in of_twins), pair),
        )
        for place, (world, pair) in enumerate(zip(worlds[1:], pairs, strict=True), 1)
    ]
    return Traced(work, chosen, traces, tuple(usual))


def _lead(world: _World, number: int) -> int:
    """Give an item's lead time in ticks; NEVER where it is not done in the window."""
    return int(world.lead[number]) if number < world.lead.size else NEVER


def _alike(pairs: Iterable[tuple[int, int]], own: tuple[int, int]) -> tuple[int, int]:
    """Count the pairs of lead times that are known, and those of them that change in the same direction as one."""
    known = [(before, after) for before, after in pairs if NEVER not in {before, after}]
    way = np.sign(own[1] - own[0])
    return len(known), sum(bool(np.sign(after - before) == way) for before, after in known)


def _some(numbers: Ticks) -> str:
    return ", ".join(map(str, numbers[:5].tolist())) + (f" and {numbers.size - 5} more" if numbers.size > 5 else "")


def _world(name: str, laid_out: Candidate | LaidOut, seed: int, work: str, running: Running) -> _World:
    outcome = simulate(laid_out.model, seed=seed, replication=REPLICATION, engine=running.engine, tell=running.tell)
    visits, (since, until) = outcome.visits, laid_out.yardstick.window
    mine = visits.work == outcome.labels.works.index(work)
    items, place = np.unique(visits.item[mine], return_inverse=True)
    first, last = np.full(items.size, np.iinfo(np.int64).max), np.full(items.size, NEVER)
    np.minimum.at(first, place, visits.enabled[mine])
    np.maximum.at(last, place, visits.finished[mine])
    last[np.unique(place[visits.finished[mine] == NEVER])] = NEVER
    inside = (last != NEVER) & (last >= since) & (last < until)
    model = present(laid_out.model, seed=seed, replication=REPLICATION)
    return _World(name, model, outcome, items, np.where(inside, last - first, NEVER))


def _typical(lead: Ticks, done: Ticks, answer: Answer) -> int | None:
    """Choose the item whose lead time is as the asked statistic says."""
    share = float(answer.statistic[1:]) / 100 if answer.statistic.startswith("p") else 0.5
    places = np.flatnonzero(done)
    order = places[np.argsort(lead[places], kind="stable")]
    return int(order[round(share * (order.size - 1))]) if order.size else None


def _trace(world: _World, item: int) -> Trace:
    visits, labels = world.outcome.visits, world.outcome.labels
    rows = np.flatnonzero(visits.item == item)
    _, counted = chains(visits, rows)
    spent = split(world.model, world.outcome)
    stops = (_stop(visits, row, labels.stages, spent[row], beside=row not in counted) for row in rows.tolist())
    return Trace(world.name, tuple(stops), labels.start, labels.zone)


def _stop(visits: Visits, row: int, stages: Sequence[str], spent: Ticks, *, beside: bool) -> Stop:
    begin, end = int(visits.enabled[row]), int(visits.finished[row])
    return Stop(stages[visits.stage[row]], int(visits.visit[row]), begin, end, spent, beside)


def say_traced(traced: Traced) -> Iterator[str]:
    """Say for every scenario where the item's time has gone."""
    base, *others = traced.traces
    which = f"Item {traced.number} of {traced.work}"
    for other, usual in zip(others, traced.usual or [None] * len(others), strict=True):
        if other.arrived != base.arrived:
            yield f"{which} comes at another time with {other.name}, so it is another item and cannot be compared."
            continue
        change = (other.spent - base.spent) / HOUR
        order = [Spent(place) for place in np.argsort(-np.abs(change), kind="stable")[:TOLD].tolist() if change[place]]
        why = " and ".join(
            f"{figure(abs(change[c]), 'h')} {'less' if change[c] < 0 else 'more'} {_noun(c)}" for c in order
        )
        before, after = (figure(float(each.spent.sum()) / HOUR, "h") for each in (base, other))
        told = f"{which} takes {before} as it is and {after} with {other.name}: {why or 'nothing changes for it'}."
        yield told if usual is None else f"{told} {_say_usual(traced, usual, float(change.sum()))}"


def _say_usual(traced: Traced, usual: Usual, change: float) -> str:
    """Say how many items, and over an ensemble in how many twins the same item, fare alike."""
    way = "sooner" if change < 0 else "later" if change > 0 else "as soon"
    items = f"{usual.items_alike} of {usual.items} items of {traced.work} are done {way} with it"
    if not usual.twins:
        return f"How usual that is: {items}."
    twins = f"so is this one in {usual.twins_alike} of the {usual.twins} twins of the ensemble in which it is done"
    return f"How usual that is: {items} in the calibrated twin, of which this is; {twins}."


def _noun(cause: Spent) -> str:
    return "work" if cause is Spent.WORK else f"“{SPOKEN[cause]}”"


def trace_table(traced: Traced) -> Table:
    """Show the visits, those to the same stage beside each other."""
    keys = dict.fromkeys((stop.stage, stop.visit) for trace in traced.traces for stop in trace.stops)
    rows = [
        _row(trace, stop)
        for key in keys
        for trace in traced.traces
        for stop in trace.stops
        if (stop.stage, stop.visit) == key
    ]
    heads = ("visit", "in", "comes", "waits", "because", "work", "leaves")
    return Table(heads, tuple(rows), f"Item {traced.number} of {traced.work}, visit by visit")


def item_numbers(traced: Traced) -> dict[str, Any]:
    """Write for programs which item it is, how long it takes, and how usual that is."""
    base, *others = traced.traces
    return {
        "work": traced.work,
        "number": traced.number,
        "hours": float(base.spent.sum()) / HOUR,
        "scenarios": [
            {"name": other.name, "hours": float(other.spent.sum()) / HOUR, **usual._asdict()}
            for other, usual in zip(others, traced.usual, strict=True)
        ],
    }


def _row(trace: Trace, stop: Stop) -> tuple[Cell, ...]:
    hours = stop.spent / HOUR
    causes = [Spent(place) for place in np.argsort(-hours, kind="stable").tolist() if hours[place] > 0]
    waits = [f"{SPOKEN[cause]} {figure(hours[cause], 'h')}" for cause in causes if cause is not Spent.WORK]
    beside = ["beside a longer branch"] if stop.beside else []
    begin, end = ((trace.start + timedelta(milliseconds=tick)).astimezone(time_zone(trace.zone)) for tick in stop[2:4])
    return (
        stop.stage + (f", time {stop.visit + 1}" if stop.visit else ""),
        trace.name,
        f"{begin:%Y-%m-%d %H:%M}",
        figure(float(hours.sum() - hours[Spent.WORK]), "h"),
        "; ".join([*waits, *beside]),
        figure(float(hours[Spent.WORK]), "h"),
        f"{end:%Y-%m-%d %H:%M}",
    )
