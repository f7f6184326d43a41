"""What a replication leaves behind: its rows, and what was counted on the way, so that the two can be held together."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.errors import BudgetError, DeadlockError
from twin.eventlog import EventLog, Labels, Visits, from_visits
from twin.rows import HALF, Words, unpack
from twin.spec import MAX_ITEMS

MAX_ROUNDS: Final = 250_000
"""Rounds at one instant after which a run is taken for a loop without delay."""

MAX_VISITS: Final = 1 << 16
"""Visits of one item to one stage that random numbers have names for."""


BRANCH_BITS: Final = 6
KIND_BITS: Final = 3
GOES_ON: Final = 0
OF_AGE: Final = 1
OUT_OF_PATIENCE: Final = 2
BLOCKS: Final = 6
UNBLOCKS: Final = 7
"""Events of one instant come in order of `order_of`: by item, by branch, by kind; an item that goes on comes first."""


def place_of(item: int, branch: int) -> int:
    """Give the place of an item, or of its token on a branch, among all."""
    return item << BRANCH_BITS | branch


def order_of(place: int, kind: int) -> int:
    """Give the place among those of its instant of an event of who has this place among all."""
    return place << KIND_BITS | kind


class Ledger(NamedTuple):
    """Sums of one replication, kept event by event; times in ticks within [0, end)."""

    end: int  # tick at which the run ended
    entered: int  # items inside at the start, and arrivals
    left: int  # items that were done
    inside: int  # items inside at the end
    stage_time: NDArray[np.int64]  # (stages,) integral of the number of open visits
    stage_queue: NDArray[np.int64]  # (stages,) integral of the number of visits in the queue
    team_busy: NDArray[np.int64]  # (teams,) working ticks of its people while at work on an item
    team_idle: NDArray[np.int64]  # (teams,) working ticks of its people while free
    team_hours: NDArray[np.int64]  # (teams,) working ticks of its people, from joining to leaving or the end
    team_switching: NDArray[np.int64]  # (teams,) working ticks of its people while they switch
    team_sharing: NDArray[np.int64]  # (teams,) working ticks with several visits at once, times visits beyond the first
    cancelled: int  # items that left before they were done
    turned_away: int  # arrivals that were not taken in
    drawn: int  # items that came of those drawn before the run
    born: int  # items that others made: children, failure demand, the next of a loop
    coming: int  # of these, those that have not come by the end
    bred: int  # children and failure demand that have come


@dataclass(frozen=True, eq=False)
class Outcome:
    """One replication.

    Attributes
    ----------
    rows, waits
        The visits as they were written, shapes (visits, 5) and (waits, 3); `twin.rows` says how they are read.
    ledger
        What was counted on the way.
    labels
        Names behind the codes.
    balances
        Conservation equalities that were found to hold.
    """

    rows: Words
    waits: Words
    ledger: Ledger
    labels: Labels
    balances: tuple[str, ...] = ()

    @cached_property
    def visits(self) -> Visits:
        """The visits as columns, read when first asked for."""
        return unpack(self.rows, self.waits)

    @property
    def numbers(self) -> int:
        """How many numbers items have, from 0 on; those that others made have numbers beyond all that were drawn."""
        return 1 + int(self.rows[:, 0].max() >> 2 * HALF) if self.ledger.born else self.ledger.entered

    def log(self) -> EventLog:
        """Name the rows."""
        return from_visits(self.visits, self.labels, end=self.ledger.end)


def too_many_rounds(labels: Labels, tick: int, recent: list[tuple[int, int]]) -> BudgetError:
    """Make the error for a loop without delay from the last visits, as (item, stage)."""
    stages = " > ".join(dict.fromkeys(labels.stages[stage] for _, stage in recent))
    items = ", ".join(str(item) for item in dict.fromkeys(item for item, _ in recent))
    return BudgetError(
        f"more than {MAX_ROUNDS:,} rounds at one instant (tick {tick}): work without effort or delay goes in a circle "
        f"through {stages}; items {items}"
    )


def too_many_items() -> BudgetError:
    """Make the error for items that come of others without end."""
    return BudgetError(f"more than {MAX_ITEMS:,} items come within one replication, with those that others bring forth")


def too_many_visits(labels: Labels, item: int, stage: int) -> BudgetError:
    """Make the error for an item that comes to a stage too often."""
    return BudgetError(
        f"item {item} has come to {labels.stages[stage]} {MAX_VISITS:,} times: it goes in a circle; "
        "look for rework that is all but certain and has no limit, and for a route that hardly ever leads to done"
    )


def stuck(labels: Labels, tick: int, waiting: list[tuple[int, int]]) -> DeadlockError:
    """Make the error for work that can never move, from the visits that wait, as (item, stage)."""
    where = ", ".join(dict.fromkeys(labels.stages[stage] for _, stage in waiting))
    return DeadlockError(
        f"nothing can move any more from tick {tick} on, with {len(waiting)} items inside; they wait at {where}. "
        "Look for a team without people or hours, and for WIP limits that wait for each other"
    )
