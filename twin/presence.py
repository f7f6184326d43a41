"""Who is there in one replication: illness, places left empty and shifts not held, taken out of people's hours.

Person p of a team falls ill after a gap g_1, is away for a length l_1, and so on; g_k is exponential, so that nothing
has to be known of the time before tick 0. Whoever leaves is replaced after a fixed time, and the place goes on like
that; whoever takes it has just joined, and ramps up. Every gap and length has a name (team, person, number), so a
change elsewhere makes nobody else ill. Shifts that are held now and then are drawn by `twin.occasional`.

Units: ticks. Source: alternating renewal processes (Cox 1962, Renewal Theory, ch. 7).
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from twin.occasional import rested
from twin.plan import NONE, Floats, Ints, Model, Plan
from twin.sampling import draw_ticks
from twin.staffing import NEVER_AGAIN
from twin.streams import Purpose, uniforms
from twin.timelines import Timeline, without
from twin.zones import Ticks

MOST_SPELLS: Final = 1 << 16
"""Spells of one person that random numbers have names for."""
TOGETHER: Final = 64
"""People for whom is drawn at once."""

Stretches = tuple[Ticks, Ticks]
"""When each spell begins and ends."""


class Named(NamedTuple):
    """Names spells of a kind, of people of a team."""

    seed: int
    replication: int
    place: int  # 32-bit name of the team
    purpose: Purpose


def present(model: Model, *, seed: int, replication: int) -> Model:
    """Take a replication's spells and shifts not held out of hours; the model itself where there cannot be any.

    Parameters
    ----------
    model
        The compiled twin.
    seed, replication
        Name the random numbers.
    """
    if not any(phase.plan.spells.person.size or phase.plan.followers for phase in model.phases):
        return model
    return model._replace(
        phases=tuple(
            phase._replace(plan=_present(phase.plan, (seed, replication), model.calendars_end))
            for phase in model.phases
        )
    )


def _present(plan: Plan, run: tuple[int, int], until: int) -> Plan:
    calendars, again = list(plan.calendars), [np.empty(0, np.int64)] * plan.crews.team.size
    for followers in plan.followers:
        opens, closes = rested(followers, seed=run[0], replication=run[1])
        for place in followers.numbers:
            calendars[place] = _not_away(calendars[place], opens, closes)
    for row, (opens, closes, back) in enumerate(_away(plan, run, until)):
        again[plan.spells.crew[row]] = back
        for place in {int(plan.spells.calendar[row]), int(plan.spells.contract[row])}:
            calendars[place] = _not_away(calendars[place], opens, closes)
    return plan._replace(calendars=tuple(calendars), staff=plan.staff._replace(again=_padded(again)))


def _padded(rows: list[Ticks]) -> Ticks:
    """Lay rows of ticks out as a table."""
    table = np.full((len(rows), max((row.size for row in rows), default=0)), NEVER_AGAIN, np.int64)
    for line, row in zip(table, rows, strict=True):
        line[: row.size] = row
    return table


def _not_away(hours: Timeline, opens: Ticks, closes: Ticks) -> Timeline:
    return without(hours, opens, closes) if opens.size else hours


def _away(plan: Plan, run: tuple[int, int], until: int) -> Iterator[tuple[Ticks, Ticks, Ticks]]:
    """Draw when each person is away until a tick: from, to, and when somebody takes the place of who has left."""
    spells = plan.spells
    ill = _spells(plan, (*run, Purpose.ABSENCE), (spells.well, spells.ill), until)
    gone = _spells(plan, (*run, Purpose.LEAVING), (spells.stays, spells.empty), until)
    for (falls_ill, is_well), (leaves, is_replaced) in zip(ill, gone, strict=True):
        opens, closes = np.concatenate([falls_ill, leaves]), np.concatenate([is_well, is_replaced])
        yield opens, closes, is_replaced[is_replaced < until]


def _spells(plan: Plan, run: tuple[int, int, Purpose], tables: tuple[Ints, Ints], until: int) -> list[Stretches]:
    """Draw one kind of spells of every person until a tick, for those at once who have them alike."""
    none = np.empty(0, np.int64)
    found: list[Stretches] = [(none, none)] * plan.spells.person.size
    some = np.flatnonzero(tables[0] != NONE)
    kinds = np.column_stack([plan.spells.team, *tables])[some]
    for team, gap, length in np.unique(kinds, axis=0).tolist():
        alike = some[(kinds == (team, gap, length)).all(axis=1)]
        named = Named(run[0], run[1], team, run[2])
        for first in range(0, alike.size, TOGETHER):
            rows = alike[first : first + TOGETHER]
            drawn = _drawn(named, plan.spells.person[rows], (plan.tables[gap], plan.tables[length]), until)
            for row, opens, closes in zip(rows.tolist(), *drawn, strict=True):
                found[row] = opens, closes
    return found


def _drawn(named: Named, people: Ticks, tables: tuple[Floats, Floats], until: int) -> Stretches:
    """Draw spells of people until a tick at least, shape (people, spells)."""
    count = 4
    while True:
        shape, visit = (people.size, count), np.tile(np.arange(count, dtype=np.int64), people.size)
        numbers = np.repeat(people, count)
        gaps, lengths = (
            draw_ticks(table, uniforms(**named._asdict(), work=0, numbers=numbers, visit=visit, draw=draw)).reshape(
                shape
            )
            for draw, table in enumerate(tables)
        )
        closes = np.cumsum(gaps + lengths, axis=1)
        if closes[:, -1].min() >= until or count >= MOST_SPELLS:
            return closes - lengths, closes
        count = min(2 * count, MOST_SPELLS)
