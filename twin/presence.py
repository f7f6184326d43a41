"""Who is there in one replication: illness, places left empty and shifts not held, taken out of people's hours.

Person p of a team falls ill after a gap g_1, is away for a length l_1, and so on; g_k is exponential, so that nothing
has to be known of the time before tick 0. Whoever leaves is replaced after a fixed time, and the place goes on like
that; whoever takes it has just joined, and ramps up. Every gap and length has a name (team, person, number), so a
change elsewhere makes nobody else ill. Shifts that are held now and then are drawn by `twin.occasional`.

Units: ticks. Source: alternating renewal processes (Cox 1962, Renewal Theory, ch. 7).
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.occasional import rested
from twin.plan import NONE, Model, Plan
from twin.sampling import draw_ticks
from twin.staffing import NEVER_AGAIN
from twin.streams import Purpose, uniforms
from twin.timelines import Timeline, without
from twin.zones import Ticks

MOST_SPELLS: Final = 1 << 16
"""Spells of one person that random numbers have names for."""

Stretches = tuple[Ticks, Ticks]
"""When each spell begins and ends."""


class Person(NamedTuple):
    """Names a person's spells."""

    seed: int
    replication: int
    team: int  # 32-bit name
    number: int  # group and place


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
    for row in range(plan.spells.person.size):
        opens, closes, again[plan.spells.crew[row]] = _away(plan, row, run, until)
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


def _away(plan: Plan, row: int, run: tuple[int, int], until: int) -> tuple[Ticks, Ticks, Ticks]:
    """Draw when a person is away until a tick: from, to, and when somebody takes the place of who has left."""
    spells = plan.spells
    person = Person(*run, int(spells.team[row]), int(spells.person[row]))
    found = []
    for purpose, gap, length in (
        (Purpose.ABSENCE, spells.well[row], spells.ill[row]),
        (Purpose.LEAVING, spells.stays[row], spells.empty[row]),
    ):
        if gap != NONE:
            found.append(_spells(person, purpose, (plan.tables[gap], plan.tables[length]), until))
    again = found[-1][1] if spells.stays[row] != NONE else np.empty(0, np.int64)
    opens, closes = (np.concatenate([each[side] for each in found]) for side in (0, 1))
    return opens, closes, again[again < until]


def _spells(
    person: Person, purpose: Purpose, tables: tuple[NDArray[np.float64], NDArray[np.float64]], until: int
) -> Stretches:
    """Draw one kind of spells until a tick."""
    count = 4
    while True:
        visit = np.arange(count, dtype=np.int64)
        gaps, lengths = (
            draw_ticks(
                table,
                uniforms(
                    seed=person.seed, replication=person.replication, place=person.team, work=0,
                    numbers=np.full(count, person.number, np.int64), visit=visit, purpose=purpose, draw=draw,
                ),
            )
            for draw, table in enumerate(tables)
        )  # fmt: skip
        closes = np.cumsum(gaps + lengths)
        if closes[-1] >= until or count >= MOST_SPELLS:
            return closes - lengths, closes
        count = min(2 * count, MOST_SPELLS)
