"""Nothing is lost and nothing is made up: integer equalities that hold on every run.

For each stage, the sum of the times its visits were open equals the integral of the number of open visits (Little's
law on the path, Stidham 1974, Operations Research 22); the same for its queue. Items: entered = left + cancelled +
turned away + inside, and those seen = drawn before the run + born of others - still to come. People: busy, idle and
switching ticks together equal their calendars' working ticks, and busy ticks, counted for each visit at hand, equal the
ticks in which people were at work on visits, those done together once. Visits: every instant comes no earlier than the
one before. One side of each equality is summed from the rows, the other was kept by the engine event by event.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.causes import AT_WORK
from twin.errors import TwinError
from twin.eventlog import NEVER, Visits
from twin.outcome import Outcome
from twin.rows import CANCELLED, TOGETHER, TURNED_AWAY, gaps, waited

Ticks = NDArray[np.int64]


class Balance(NamedTuple):
    """One equality, over all its places."""

    name: str
    counted: Ticks  # kept by the engine
    summed: Ticks  # summed from the rows

    @property
    def holds(self) -> bool:
        """Tell whether both sides are equal."""
        return bool(np.array_equal(self.counted, self.summed))


class ConservationError(TwinError):
    """The engine's rows and its books differ: a defect of the engine, never of the input."""


class Summed(NamedTuple):
    """What rows add up to; time in ticks within [0, end)."""

    items: int  # different items
    open_items: int  # different items with a visit that has not finished
    early: Ticks  # (2,) items cancelled, and turned away
    stage_time: Ticks  # (stages,) open time of visits
    stage_queue: Ticks  # (stages,) time of visits in the queue
    team_worked: Ticks  # (teams,) working ticks in which people were at finished visits, those done together once
    team_under_way: NDArray[np.bool_]  # (teams,) whether a visit is worked on at the end
    disordered: int  # rows in which an instant comes before its cause


def summed(outcome: Outcome) -> Summed:
    """Sum up the rows of a run from its columns."""
    visits, end = outcome.visits, outcome.ledger.end
    stages, teams = len(outcome.labels.stages), len(outcome.labels.teams)
    done = visits.finished != NEVER
    ended = np.where(done, visits.finished, end)
    started = np.where(visits.started == NEVER, ended, visits.started)
    queued = np.where(visits.queued == NEVER, ended, visits.queued)
    counts = done & (visits.started != NEVER) & (visits.flags & TOGETHER == 0)
    under_way = np.zeros(teams, np.bool_)
    under_way[visits.team[(visits.started != NEVER) & ~done]] = True
    besides = waited(outcome.waits, visits.item.size, AT_WORK)
    worked = (visits.finished - visits.started - visits.suspended + besides)[counts]
    return Summed(
        _different(visits.item),
        _different(visits.item[~done]),
        np.array([np.count_nonzero(visits.flags & flag) for flag in (CANCELLED, TURNED_AWAY)], np.int64),
        _sums(visits.stage, ended - np.maximum(visits.enabled, 0), stages),
        _sums(visits.stage, started - queued, stages),
        _sums(visits.team[counts], worked, teams),
        under_way,
        _disordered(visits, end),
    )


def balances(outcome: Outcome, rows: Summed | None = None) -> tuple[Balance, ...]:
    """Draw up every equality of a run.

    Parameters
    ----------
    outcome
        The run.
    rows
        What its rows add up to, where that is known already.
    """
    rows, ledger = rows or summed(outcome), outcome.ledger
    early = np.array([ledger.cancelled, ledger.turned_away], np.int64)
    gone = ledger.left + int(early.sum())
    return (
        Balance("items entered = gone + inside", _one(ledger.entered), _one(gone + ledger.inside)),
        Balance("items seen = gone + inside", _one(rows.items), _one(gone + rows.open_items)),
        Balance(
            "items seen = drawn + born - to come", _one(rows.items), _one(ledger.drawn + ledger.born - ledger.coming)
        ),
        Balance("items gone early", early, rows.early),
        Balance("Little's law per stage", ledger.stage_time, rows.stage_time),
        Balance("Little's law per queue", ledger.stage_queue, rows.stage_queue),
        Balance(
            "people: busy + idle + switching = hours",
            ledger.team_hours,
            ledger.team_busy + ledger.team_idle + ledger.team_switching,
        ),
        _work_balance(outcome, rows),
        Balance("visits in order (rows out of order = 0)", _one(0), _one(rows.disordered)),
    )


def _work_balance(outcome: Outcome, rows: Summed) -> Balance:
    """Compare finished work; teams with a visit under way at the end are left out, since its rest is not yet known.

    Where visits were interrupted, several teams may have worked on one, and its row names the last: then the work of
    all teams is compared together, and what is left is the work of visits under way, nothing or more.
    """
    busy = outcome.ledger.team_busy + outcome.ledger.team_sharing
    worked, under_way = rows.team_worked, rows.team_under_way
    if gaps(outcome.waits).any():
        left = int(busy.sum() - worked.sum())
        return Balance("people: busy = worked", _one(left), _one(max(left, 0) if under_way.any() else 0))
    return Balance("people: busy = worked", np.where(under_way, 0, busy), np.where(under_way, 0, worked))


def check(outcome: Outcome, rows: Summed | None = None) -> tuple[str, ...]:
    """Name the equalities that hold.

    Parameters
    ----------
    outcome
        The run.
    rows
        What its rows add up to, where that is known already.

    Raises
    ------
    ConservationError
        Where one does not.
    """
    drawn = balances(outcome, rows)
    broken = [balance for balance in drawn if not balance.holds]
    if broken:
        first = broken[0]
        raise ConservationError(
            f"conservation is broken ({', '.join(b.name for b in broken)}): {first.counted.tolist()} counted, "
            f"{first.summed.tolist()} summed; please report this twin and its seed"
        )
    return tuple(balance.name for balance in drawn)


def _one(value: int) -> Ticks:
    return np.array([value], np.int64)


def _sums(place: NDArray[np.int32], ticks: Ticks, places: int) -> Ticks:
    """Sum ticks by place, as integers."""
    total = np.zeros(places, np.int64)
    np.add.at(total, place, ticks)
    return total


def _different(items: Ticks) -> int:
    """Count different numbers; those of a run leave few out, and are ticked off."""
    least, most = (int(items.min()), int(items.max())) if items.size else (0, 0)
    if most - least > 4 * items.size:
        return int(np.unique(items).size)
    seen = np.zeros(most - least + 1, np.bool_)
    seen[items - least] = True
    return int(np.count_nonzero(seen))


def _disordered(visits: Visits, end: int) -> int:
    """Count the rows in which an instant comes before its cause."""
    finished = np.where(visits.finished == NEVER, end, visits.finished)
    queued, started = (np.where(column == NEVER, finished, column) for column in (visits.queued, visits.started))
    early = (queued < np.minimum(visits.enabled + visits.delayed, finished)) | (started < queued) | (finished < started)
    return int(early.sum()) + int((visits.suspended[visits.finished != NEVER] < 0).sum())
