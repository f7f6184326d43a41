"""A visit in five words: how both engines write the log, 40 bytes a visit, and how it is read again.

A row is five int64, with an instant in the upper 48 bits of each but the first:

    item (32) | stage (16) | visit (16)
    enabled   (48) | team + 1 (16)
    queued    (48) | person, low half (16)
    started   (48) | person, high half (16)
    finished  (48) | work (10) | flags (6)

Instants are signed ticks, 4,459 years to either side of the start; an instant that has not come has the upper bits of
NEVER, so it comes before all others and needs no flag. A visit that has not started has neither team nor person.

A wait is three int64: row << 8 | cause, the tick since when, and how many ticks. One is written where a visit waits for
a reason that its instants do not tell (`twin.causes`), so most visits have none. Of a row's waits are made

    delayed = HANDOFF + EXTERNAL,    suspended = all from DURING_SERVICE on.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.causes import DELAYS, DURING_SERVICE, GAPS, Cause
from twin.errors import InputError, Problem
from twin.eventlog import NEVER, Codes, Labels, Ticks, Visits

Words = NDArray[np.int64]

WORDS: Final = 5
WAIT_WORDS: Final = 3
LAST_TICK: Final = (1 << 47) - 1
HALF: Final = 16
LOW: Final = (1 << HALF) - 1
FLAG_BITS: Final = 6
TURNED_AWAY: Final = 1
CANCELLED: Final = 2
TOGETHER: Final = 4
"""Flags: the item was not taken in; it left before it was done; done along with another, which counts the person."""
CAUSE_BITS: Final = 8
NOT_ASKED: Final = -1
"""Stands for the column of a cause whose waits are not summed."""
MOST_ITEMS: Final = 1 << 31
MOST_WORKS: Final = 1 << HALF - FLAG_BITS
MOST_STAGES: Final = 1 << HALF
MOST_TEAMS: Final = LOW


def named(item: int, stage: int, visit: int) -> int:
    """Write the first word: which visit it is."""
    return item << 32 | stage << HALF | visit


def stamped(tick: int, low: int) -> int:
    """Write an instant that has come, with what stands below it."""
    return tick << HALF | low


def stamped_if_come(tick: int, low: int) -> int:
    """Write an instant that may not have come."""
    return NEVER | low if tick == NEVER else tick << HALF | low


def kind(work: int, flags: int) -> int:
    """Write what stands below the finish."""
    return work << FLAG_BITS | flags


def person_low(person: int) -> int:
    """Give the half of a person's code that stands below the queueing."""
    return person & LOW


def person_high(person: int) -> int:
    """Give the half of a person's code that stands below the start."""
    return person >> HALF & LOW


def wait_name(row: int, cause: int) -> int:
    """Write the first word of a wait."""
    return row << CAUSE_BITS | cause


def check_fits(labels: Labels, until: int) -> None:
    """Refuse what has no place in a row.

    Parameters
    ----------
    labels
        Names behind the codes.
    until
        The last tick that may have to be written.

    Raises
    ------
    InputError
        Where there are more work types, stages or teams than a row can tell apart, or the time is too long.
    """
    for noun, names, most in (
        ("work types", labels.works, MOST_WORKS),
        ("stages", labels.stages, MOST_STAGES),
        ("teams", labels.teams, MOST_TEAMS),
    ):
        if len(names) > most:
            raise InputError(Problem(f"a twin has at most {most:,} {noun}; this one has {len(names):,}"))
    if until > LAST_TICK:
        raise InputError(Problem("the run is too long: an instant lies at most 4,459 years after the start"))


def pack(visits: Visits) -> tuple[Words, Words]:
    """Write columns as rows and waits.

    The ticks delayed become one wait for an external reason, those suspended one off the calendar; they begin as if
    they came first.

    Parameters
    ----------
    visits
        Columns, shape (visits,); `suspended` is NEVER exactly where a visit has started and not finished.
    """
    rows = np.empty((visits.item.size, WORDS), np.int64)
    person = np.where(visits.person < 0, 0, visits.person).astype(np.int64)
    rows[:, 0] = named(visits.item, visits.stage.astype(np.int64), visits.visit)  # type: ignore[arg-type]
    rows[:, 1] = _stamps(visits.enabled, visits.team.astype(np.int64) + 1)
    rows[:, 2] = _stamps(visits.queued, person & LOW)
    rows[:, 3] = _stamps(visits.started, person >> HALF & LOW)
    rows[:, 4] = _stamps(visits.finished, visits.work.astype(np.int64) << FLAG_BITS | visits.flags)
    waits = [
        _waits(Cause.EXTERNAL, visits.enabled, visits.delayed),
        _waits(Cause.OFF_CALENDAR, visits.started, np.where(visits.finished == NEVER, 0, visits.suspended)),
    ]
    return rows, np.concatenate(waits)


def _stamps(ticks: Ticks, low: Words) -> Words:
    return np.where(ticks == NEVER, NEVER, ticks << HALF) | low


def _waits(cause: Cause, since: Ticks, ticks: Ticks) -> Words:
    rows = np.flatnonzero(ticks)
    return np.column_stack([rows << CAUSE_BITS | cause, since[rows], ticks[rows]])


def unpack(rows: Words, waits: Words) -> Visits:
    """Read rows and waits as columns.

    Parameters
    ----------
    rows
        Shape (visits, 5).
    waits
        Shape (waits, 3).
    """
    first, enabled, queued, started, finished = rows.T
    team = ((enabled & LOW) - 1).astype(np.int32)
    person = ((started & LOW) << HALF | (queued & LOW)).astype(np.int32)
    begun, ended = instants(started), instants(finished)
    came, delayed = instants(enabled), waited(waits, len(rows), DELAYS)
    cut = (instants(queued) == NEVER) & (ended != NEVER)  # may have left on its way
    delayed[cut] = np.minimum(delayed[cut], (ended - came)[cut])
    return Visits(
        first >> 32,
        ((finished & LOW) >> FLAG_BITS).astype(np.int32),
        (first >> HALF & LOW).astype(np.int32),
        (first & LOW).astype(np.int32),
        team,
        np.where(team < 0, np.int32(-1), person),
        came,
        delayed,
        instants(queued),
        begun,
        np.where((begun != NEVER) & (ended == NEVER), NEVER, waited(waits, len(rows), range(DURING_SERVICE, 256))),
        ended,
        flags_of(rows),
    )


def instants(words: Words) -> Ticks:
    """Read the instants of a word of each row, shape (visits,)."""
    ticks = words >> HALF
    ticks[ticks == NEVER >> HALF] = NEVER
    return ticks


def gaps(waits: Words) -> NDArray[np.bool_]:
    """Tell which waits are gaps, after which another person may go on with the visit; shape (waits,)."""
    return np.isin(waits[:, 0] & (1 << CAUSE_BITS) - 1, GAPS)


def flags_of(rows: Words) -> Codes:
    """Read the flags of each row, shape (visits,)."""
    return (rows[:, 4] & (1 << FLAG_BITS) - 1).astype(np.int32)


def waited(waits: Words, visits: int, causes: range | tuple[Cause, ...]) -> Ticks:
    """Sum the waits for some causes by row, shape (visits,)."""
    column = np.full(1 << CAUSE_BITS, NOT_ASKED)
    column[list(causes)] = 0
    return by_row(waits, visits, column, 1)[:, 0]


def by_row(waits: Words, visits: int, column: Ticks, columns: int) -> Ticks:
    """Sum waits by row and by what they are for.

    Parameters
    ----------
    waits
        Shape (waits, 3).
    visits
        Number of rows.
    column
        Column of each cause, or NOT_ASKED; shape (256,).
    columns
        Number of columns.

    Returns
    -------
    Ticks
        Shape (visits, columns).
    """
    total = np.zeros((visits, columns), np.int64)
    if len(waits):
        asked = column[waits[:, 0] & (1 << CAUSE_BITS) - 1]
        among = asked != NOT_ASKED
        np.add.at(total, (waits[among, 0] >> CAUSE_BITS, asked[among]), waits[among, 2])
    return total
