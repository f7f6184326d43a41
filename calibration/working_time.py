"""Working time between instants, read off a calendar that people do not keep to the minute.

Units: ticks (milliseconds).
"""

from typing import Final

import numpy as np

from calibration.observed import Ticks
from twin.timelines import Timeline, worked_at
from twin.units import HOUR

OVERTIME: Final = 2 * HOUR
"""Closed time at an end of a visit that counts as worked, at most; where it is longer nobody was there."""


def worked_between(hours: Timeline, started: Ticks, finished: Ticks) -> Ticks:
    """Give the time between instants without closed time, but for short overtime; shape as given."""
    inside = worked_at(hours, finished) - worked_at(hours, started)
    opening = np.minimum(next_open_many(hours, started), finished)
    early = opening - started
    closing = np.maximum(last_close_many(hours, finished), opening)
    late = finished - closing
    return inside + np.where(early <= OVERTIME, early, 0) + np.where(late <= OVERTIME, late, 0)


def next_open_many(calendar: Timeline, at: Ticks) -> Ticks:
    """Give the first working instant at or after each instant, any shape."""
    place = np.minimum(np.searchsorted(calendar.closes, at, "right"), calendar.opens.size - 1)
    return np.maximum(at, calendar.opens[place])


def last_close_many(calendar: Timeline, at: Ticks) -> Ticks:
    """Give the last instant up to which work went on at or before each instant, any shape."""
    place = np.maximum(np.searchsorted(calendar.opens, at, "left") - 1, 0)
    return np.minimum(at, calendar.closes[place])
