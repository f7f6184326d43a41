"""Nothing is lost and nothing is made up: integer equalities that hold on every run.

For each stage, the sum of the times its visits were open equals the integral of the number of open visits (Little's
law on the path, Stidham 1974, Operations Research 22); the same for its queue. Items: entered = left + inside. People:
busy plus idle ticks equal their calendars' working ticks, and busy ticks equal the working ticks of visits. Visits:
every instant comes no earlier than the one before. One side of each equality is summed from the rows, the other was
kept by the engine event by event.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.errors import TwinError
from twin.eventlog import NEVER, Visits
from twin.outcome import Outcome

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


def balances(outcome: Outcome) -> tuple[Balance, ...]:
    """Draw up every equality of a run; time in ticks within [0, end)."""
    visits, ledger = outcome.visits, outcome.ledger
    end, stages = ledger.end, len(outcome.labels.stages)
    ended = np.where(visits.finished == NEVER, end, visits.finished)
    started = np.where(visits.started == NEVER, end, visits.started)
    queued = np.where(visits.queued == NEVER, end, visits.queued)
    entered = np.maximum(visits.enabled, 0)
    open_items = _different(visits.item[visits.finished == NEVER])
    return (
        Balance("items entered = left + inside", _one(ledger.entered), _one(ledger.left + ledger.inside)),
        Balance("items seen = left + inside", _one(_different(visits.item)), _one(ledger.left + open_items)),
        Balance("Little's law per stage", ledger.stage_time, _sums(visits.stage, ended - entered, stages)),
        Balance("Little's law per queue", ledger.stage_queue, _sums(visits.stage, started - queued, stages)),
        Balance("people: busy + idle = hours", ledger.team_hours, ledger.team_busy + ledger.team_idle),
        _work_balance(outcome),
        Balance("visits in order (rows out of order = 0)", _one(0), _one(_disordered(visits, end))),
    )


def _work_balance(outcome: Outcome) -> Balance:
    """Compare finished work; teams with a visit under way at the end are left out, since its rest is not yet known."""
    visits, teams = outcome.visits, len(outcome.labels.teams)
    done = visits.finished != NEVER
    worked = np.where(done, visits.finished - visits.started - visits.suspended, 0)
    under_way = np.zeros(teams, np.bool_)
    under_way[visits.team[(visits.started != NEVER) & ~done]] = True
    summed = _sums(visits.team[done], worked[done], teams)
    return Balance(
        "people: busy = worked",
        np.where(under_way, 0, outcome.ledger.team_busy),
        np.where(under_way, 0, summed),
    )


def check(outcome: Outcome) -> tuple[str, ...]:
    """Name the equalities that hold.

    Raises
    ------
    ConservationError
        Where one does not.
    """
    drawn = balances(outcome)
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
    known = [np.where(column == NEVER, end, column) for column in (visits.queued, visits.started, visits.finished)]
    queued, started, finished = known
    early = (queued < np.minimum(visits.enabled + visits.delayed, end)) | (started < queued) | (finished < started)
    return int(early.sum()) + int((visits.suspended[visits.finished != NEVER] < 0).sum())
