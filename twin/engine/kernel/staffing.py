"""What plans say of people, laid out for the crews of a run. Plain NumPy, outside the loop."""

from collections.abc import Sequence

import numpy as np

from twin.engine.kernel.arrays import HAND, Records
from twin.eventlog import NEVER, PLACE_BITS
from twin.plan import NONE, Plan
from twin.staffing import SAME, Staff

OF_CREWS = ("stretch", "place", "joined", "again", "ramp_start", "ramp_over")
OF_TABLES = ("gap", "interruption")


def staff_of_run(plan: Plan, crews: Records, tables: Sequence[int]) -> Staff:
    """Lay out what a plan says by the crews of the run, who can do nothing where it does not know them."""
    numbers = {key: number for number, key in enumerate(zip(crews.team.tolist(), crews.group.tolist(), strict=True))}
    rows = zip(plan.crews.team.tolist(), plan.crews.group.tolist(), strict=True)
    mine = np.array([numbers[team, group << PLACE_BITS] for team, group in rows], np.int64)
    of_table = np.array([*tables, NONE], np.int64)  # NONE is last
    laid = {}
    for field, values in plan.staff._asdict().items():
        whole = values.dtype == np.int32
        laid[field] = values.astype(np.int64) if whole else values.copy()
        if field in OF_CREWS:
            laid[field] = np.zeros((crews.size, *values.shape[1:]), np.int64 if whole else values.dtype)
            laid[field][mine] = values
        elif field in OF_TABLES:
            laid[field] = of_table[values]
    return Staff(**laid)


def first_hands(plan: Plan, crews: Records, people: Records) -> Records:
    """Let everybody be there from the start who is in the first plan."""
    hands = np.zeros(people.size, HAND).view(np.recarray)
    hands["crew"] = np.searchsorted(crews["first"], np.arange(people.size), "right") - 1
    hands["joined"] = NEVER
    hands["first"] = NONE
    numbers = {key: number for number, key in enumerate(zip(crews.team.tolist(), crews.group.tolist(), strict=True))}
    rows = zip(plan.crews.team.tolist(), plan.crews.group.tolist(), plan.crews.people.tolist(), strict=True)
    for row, (team, group, count) in enumerate(rows):
        first = int(crews["first"][numbers[team, group << PLACE_BITS]])
        hands["known"][first : first + count] = 1
        hands["joined"][first : first + count] = plan.staff.joined[row]
    return hands


def had_columns(plans: Sequence[Plan], stages: int) -> tuple[int, int]:
    """Give the columns in which is kept who had an item: none where no team asks."""
    asked = any(bool((plan.staff.who == SAME).any()) for plan in plans)
    return (stages, len(plans[0].team_stages)) if asked else (0, 0)
