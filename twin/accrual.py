"""Counts that money and SLA clocks are made of, from items and visits: whole numbers, whoever counts the rest.

Both ways of counting, from columns (`twin.tally`) and from rows (`twin.engine.counting`), hand over the same items and
visits and get the same integers. The time a clock stands still is the union of an item's pauses: two at once count
once. Where a log does not tell why items waited, a clock that pauses for a cause cannot be read; nothing is told then.

Units: ticks (milliseconds); items x ticks for delay. Source: elementary; `twin.value` has the equations.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.eventlog import NEVER, Codes, Ticks
from twin.rows import CAUSE_BITS, Words
from twin.timelines import Timeline, worked_at
from twin.value import SlaClock, Terms

Mask = NDArray[np.bool_]


class Rule(NamedTuple):
    """An SLA clock in the codes of arrays."""

    work: int
    clock: SlaClock
    stages: Codes  # codes of the stages at which it stands still


class Laid(NamedTuple):
    """Terms in the codes of arrays."""

    edges: Ticks  # (segments + 1,)
    works: Codes  # (delays,)
    after: Ticks  # (delays,) ticks after the arrival from which delay counts
    machines: Codes  # (machines,) codes of teams
    rules: tuple[Rule, ...]


class Items(NamedTuple):
    """What is read of items, in the order of their numbers; every array has shape (numbers,)."""

    work: Codes
    arrived: Ticks  # NEVER where unknown, or without an item
    left: Ticks  # NEVER while inside
    early: Mask  # left before it was done


class Trail(NamedTuple):
    """What is read of visits; every array but the last has shape (visits,)."""

    item: Ticks  # place among the items
    stage: Codes
    team: Codes
    enabled: Ticks
    started: Ticks
    finished: Ticks
    waits: Words | None  # see `twin.rows`; None in logs that do not tell causes


class Accrued(NamedTuple):
    """The counts."""

    delay: Ticks  # (delays, segments) items x ticks inside after delay began
    visits: Ticks  # (machines, segments) finished by the machine
    promised: Ticks  # (scopes,) items done in the window whose promise has a clock of its own, and of these
    kept: Ticks  # (scopes,) those within it
    untold: Mask  # (scopes,) where the log does not tell


def lay(terms: Terms, works: Sequence[str], stages: Sequence[str], teams: Sequence[str]) -> Laid:
    """Turn names into the codes of arrays; what a log does not name is left out."""
    code = {name: place for place, name in enumerate(works)}
    team = {name: place for place, name in enumerate(teams)}
    return Laid(
        terms.edges,
        np.array([code.get(each.work, len(works)) for each in terms.delays], np.int32),
        np.array([each.after for each in terms.delays], np.int64),
        np.array([team.get(each.team, len(teams)) for each in terms.machines], np.int32),
        tuple(
            Rule(code[work], clock, np.array([at for at, s in enumerate(stages) if s in clock.stages], np.int32))
            for work, clock in terms.clocks.items()
            if work in code
        ),
    )


def nothing(scopes: int) -> Accrued:
    """Give the counts where nothing is asked."""
    none, zero = np.zeros((0, 0), np.int64), np.zeros(scopes, np.int64)
    return Accrued(none, none, zero, zero, zero > 0)


def accrued(laid: Laid, items: Items, trail: Trail, window: tuple[int, int], scopes: int) -> Accrued:
    """Count.

    Parameters
    ----------
    laid
        What to count.
    items, trail
        Of a run or a log.
    window
        Ticks [since, until).
    scopes
        Number of work types, and one for all.
    """
    delay = [_delayed(items, int(w), int(a), laid.edges) for w, a in zip(laid.works, laid.after, strict=True)]
    visits = [_visited(trail, int(team), laid.edges) for team in laid.machines]
    promised, kept, untold = np.zeros(scopes, np.int64), np.zeros(scopes, np.int64), np.zeros(scopes, np.bool_)
    for rule in laid.rules:
        each, within = _kept(rule, items, trail, window)
        promised[[rule.work, -1]] += each
        kept[[rule.work, -1]] += within
        untold[[rule.work, -1]] |= trail.waits is None and bool(rule.clock.causes)
    return Accrued(_table(delay, laid.edges), _table(visits, laid.edges), promised, kept, untold)


def _table(rows: list[Ticks], edges: Ticks) -> Ticks:
    return np.array(rows, np.int64).reshape(len(rows), max(edges.size - 1, 0))


def _delayed(items: Items, work: int, after: int, edges: Ticks) -> Ticks:
    """Add up, segment by segment, the time that items of a type were inside after their delay began."""
    mine = np.flatnonzero((items.work == work) & (items.arrived != NEVER))
    begin, left = items.arrived[mine] + after, items.left[mine]
    end = np.maximum(np.where(left == NEVER, edges[-1], left), begin)
    return np.diff(area(np.sort(begin), edges) - area(np.sort(end), edges))


def area(instants: Ticks, at: Ticks) -> Ticks:
    """Add up, for each tick, how long ago the instants before it were."""
    before = instants.searchsorted(at)
    total: Ticks = at * before - np.concatenate([[0], np.cumsum(instants)])[before]
    return total


def _visited(trail: Trail, team: int, edges: Ticks) -> Ticks:
    """Count, segment by segment, the visits that a team finished."""
    mine = (trail.team == team) & (trail.started != NEVER) & (trail.finished != NEVER)
    return np.diff(np.sort(trail.finished[mine]).searchsorted(edges))


def _kept(rule: Rule, items: Items, trail: Trail, window: tuple[int, int]) -> tuple[int, int]:
    """Count the items of a type done in the window, and those within their promise."""
    since, until = window
    ended = (items.left >= since) & (items.left < until) & (items.arrived != NEVER) & ~items.early
    chosen = ended & (items.work == rule.work)
    hours = rule.clock.hours
    paused = _paused(rule, items, trail, chosen)[chosen]
    told = _clocked(hours, items.left[chosen]) - _clocked(hours, items.arrived[chosen]) - paused
    return int(chosen.sum()), int((told <= rule.clock.promise).sum())


def _clocked(hours: Timeline | None, ticks: Ticks) -> Ticks:
    """Read a clock; time outside of what is laid out does not count."""
    return ticks if hours is None else worked_at(hours, ticks.clip(hours.since, hours.until))


def _paused(rule: Rule, items: Items, trail: Trail, chosen: Mask) -> Ticks:
    """Give how long the clock stood still, by item, shape (numbers,)."""
    item, begin, end = _pauses(rule, trail, chosen)
    begin = np.maximum(begin, items.arrived[item])
    end = np.minimum(end, items.left[item])
    some = begin < end
    item, begin, end = item[some], begin[some], end[some]
    # Begins and ends in order: the clock stands still while more pauses have begun than ended.
    at, whose = np.concatenate([begin, end]), np.concatenate([item, item])
    order = np.lexsort((at, whose))
    told, whose = _clocked(rule.clock.hours, at[order]), whose[order]
    under_way = np.cumsum(np.repeat([1, -1], item.size)[order])[:-1] > 0
    total = np.zeros(items.work.size, np.int64)
    np.add.at(total, whose[:-1], np.where(under_way, np.diff(told), 0))
    return total


def _pauses(rule: Rule, trail: Trail, chosen: Mask) -> tuple[Ticks, Ticks, Ticks]:
    """List the pauses of some items: item, begin, end."""
    at_stage = np.flatnonzero(np.isin(trail.stage, rule.stages) & chosen[trail.item])
    found = [(trail.item[at_stage], trail.enabled[at_stage], trail.finished[at_stage])]
    if trail.waits is not None and rule.clock.causes:
        rows, causes = trail.waits[:, 0] >> CAUSE_BITS, trail.waits[:, 0] & (1 << CAUSE_BITS) - 1
        some = np.flatnonzero(np.isin(causes, list(rule.clock.causes)) & chosen[trail.item[rows]])
        rows, since, ticks = rows[some], trail.waits[some, 1], trail.waits[some, 2]
        found.append((trail.item[rows], since, np.minimum(since + ticks, trail.finished[rows])))
    item, begin, end = (np.concatenate(columns) for columns in zip(*found, strict=True))
    return item, begin, end
