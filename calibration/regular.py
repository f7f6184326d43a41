"""Arrivals at a set pace: one in every slot of the working week, no chance in it.

Where most gaps between arrivals are one and the same g, the week is cut into slots of g, or into shorter ones where
arrivals do not end such slots: into the longest that divide g and the time of the day, as with something that comes
every day at six. A slot is used if more than half of the weeks have an arrival in it. Arrivals are regular where used
slots have one and others none, but for `MISSES`. Then one comes whenever the clock of demand has run for one slot: a
renewal process whose gaps are all alike.
Units: ticks (milliseconds). Source: elementary.
"""

import math
from datetime import datetime
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calibration.presence import local_clock
from twin.arrivals import DAYS, WeekPattern
from twin.units import DAY, MINUTE, SECOND, WEEK

Ticks = NDArray[np.int64]

LEAST_ARRIVALS: Final = 50
MOSTLY: Final = 0.6
"""Share of gaps that are alike."""
MISSES: Final = 0.05
"""Arrivals in unused slots and used slots without one, as a share of arrivals."""


class Pace(NamedTuple):
    """Arrivals at a set pace."""

    gap: int  # ticks on average over the week
    slot: int  # ticks from one to the next within working hours
    pattern: WeekPattern
    missed: float  # share of arrivals that it does not foretell


def regular(arrived: Ticks, *, start: datetime, zone: str) -> Pace | None:
    """Find the pace of arrivals, if they have one.

    Parameters
    ----------
    arrived
        When items arrived, in order, shape (items,).
    start
        UTC instant of tick 0.
    zone
        IANA zone of the week.
    """
    if arrived.size < LEAST_ARRIVALS:
        return None
    seconds, often = np.unique((np.diff(arrived) + SECOND // 2) // SECOND, return_counts=True)
    slot = int(seconds[often.argmax()]) * SECOND
    if often.max() < MOSTLY * (arrived.size - 1) or slot < MINUTE or slot % MINUTE or DAY % slot:
        return None
    clock = local_clock(arrived, start=start, zone=zone)
    slot = _ending_at(clock, slot)
    # an arrival ends its slot: at that instant the clock has run for one
    place = (clock + slot - 1) // slot - 1
    a_week = WEEK // slot
    first, last = int(place.min()), int(place.max())
    seen = np.bincount(place - first)
    slots = np.arange(first, last + 1) % a_week
    used = np.bincount(slots, np.minimum(seen, 1), a_week) > np.bincount(slots, minlength=a_week) / 2
    missed = float(np.abs(seen - used[slots]).sum() / arrived.size)
    if not used.any() or missed > MISSES:
        return None
    days = used.reshape(len(DAYS), -1).astype(float).tolist()
    pattern = WeekPattern.model_validate({name: day for name, day in zip(DAYS, days, strict=True) if any(day)})
    return Pace(round(WEEK / int(used.sum())), slot, pattern, missed)


def _ending_at(clock: Ticks, gap: int) -> int:
    """Give the longest slot that divides a gap and ends where most arrivals are; the gap where they have no time.

    Parameters
    ----------
    clock
        Local time of arrivals, in ticks.
    gap
        In ticks.
    """
    phase, often = np.unique((clock % gap + MINUTE // 2) // MINUTE, return_counts=True)
    if often.max() < MOSTLY * clock.size:
        return gap
    return math.gcd(gap, int(phase[often.argmax()]) * MINUTE)
