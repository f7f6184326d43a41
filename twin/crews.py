"""Who is there when, as arrays: a crew for each attendance of a team, and spells of those who may be away at random.

Units: hours are ticks since the model's start; a stretch is working ticks per tick of effort.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.distributions import exponential, fixed
from twin.eventlog import PLACE_BITS, Labels
from twin.people import ALWAYS, People
from twin.plan_tables import NONE, Floats, PlanTables
from twin.rota import Attendance
from twin.staffing import full_stretch
from twin.streams import name_hash

Ints = NDArray[np.int32]


class Crews(NamedTuple):
    """Groups of people with one calendar; every array has shape (crews,)."""

    team: Ints
    group: Ints  # number of the group within its team
    people: Ints
    calendar: Ints  # when they work on items
    contract: Ints  # when they are there, meetings included; the same calendar where they have none
    stretch: Floats  # working ticks per tick of effort: 1 / available share


class Spells(NamedTuple):
    """People who fall ill or leave at random; every array has shape (people,)."""

    team: NDArray[np.int64]  # 32-bit name
    person: NDArray[np.int64]  # group and place, as in PLACE_BITS
    crew: Ints  # which one the person is, alone
    calendar: Ints  # their own
    contract: Ints  # their own
    well: Ints  # table of times between illnesses, or NONE
    ill: Ints  # table of lengths of illness, or NONE
    stays: Ints  # table of times until somebody leaves, or NONE
    empty: Ints  # table of times until the place is taken again, or NONE


def crews_of(labels: Labels, there: Mapping[str, tuple[Attendance, ...]], tables: PlanTables) -> tuple[Crews, Spells]:
    """Lay out who is there when: a crew for each attendance of a team."""
    rows: list[tuple[int, int, int, int, int]] = []
    stretch: list[float] = []
    spells: list[tuple[int, ...]] = []
    for index, name in enumerate(labels.teams):
        for number, each in enumerate(there[name]):
            alone = each.alike.sickness is not None or each.alike.attrition is not None
            number_of = tables.own if alone else tables.hours
            follows = each.alike.calendar or ALWAYS
            calendar = number_of(each.hours, follows)
            contract = calendar if each.contract is each.hours else number_of(each.contract, follows)
            rows.append((index, number, each.people if each.alike.available else 0, calendar, contract))
            stretch.append(full_stretch(each.alike))
            if alone:
                person = each.luck[1] << PLACE_BITS | each.first
                spells.append(
                    (name_hash(each.luck[0]), person, len(rows) - 1, calendar, contract, *_spells(each.alike, tables))
                )
    team, group, people, calendars, contracts = int_columns(rows, 5)
    codes = np.array(spells, np.int64).reshape(-1, 9).T
    laid = Spells(codes[0], codes[1], *(column.astype(np.int32) for column in codes[2:]))
    return Crews(team, group, people, calendars, contracts, np.array(stretch)), laid


def _spells(alike: People, tables: PlanTables) -> tuple[int, int, int, int]:
    """Give the tables of a person's illness and leaving."""
    ill, leaving = alike.sickness, alike.attrition
    return (
        tables.table(exponential(ill.every)) if ill else NONE,
        tables.table(ill.lasting) if ill else NONE,
        tables.table(exponential(leaving.every)) if leaving else NONE,
        tables.table(fixed(leaving.replaced_after)) if leaving else NONE,
    )


def int_columns(rows: Sequence[tuple[int, ...]], columns: int) -> tuple[Ints, ...]:
    """Lay rows of whole numbers out as columns."""
    table = np.array(rows, np.int32).reshape(-1, columns)
    return tuple(np.ascontiguousarray(column) for column in table.T)
