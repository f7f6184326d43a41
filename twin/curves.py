"""Curves over replications, small enough to draw: means with what surrounds them.

Lead times: at each share of items, the mean over replications of that quantile, with its 95 % t interval, over an
ensemble with what the data leave open. Weeks: mean
over replications, between the 10 % and the 90 % quantile of replications, which is luck and not doubt; long horizons
are drawn in steps of several weeks. Units: hours, shares, items, items per week; weeks count from the warm-up's end.
"""

from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.experiment import Replicated
from twin.metrics import WEEKLY
from twin.uncertainty import total_estimate

Values = NDArray[np.float64]

MOST_POINTS: Final = 104
LUCK: Final = (0.1, 0.9)


class Band(NamedTuple):
    """A curve with what surrounds it, all of shape (points,)."""

    at: Values
    mean: Values
    low: Values
    high: Values


def lead_time_curve(run: Replicated) -> Band:
    """Give lead times in hours by the share of items done within them; no points where no item was done."""
    grid = run.lead_times
    if not grid.size:
        return Band(*(np.empty(0) for _ in Band._fields))
    members = run.members if len(grid) == len(run.values) else None  # else some replications are left out
    estimates = [total_estimate(column, members) for column in grid.T]
    mean = np.array([estimate.value for estimate in estimates])
    low, high = (
        np.array([estimate.value if end is None else end for estimate, end in zip(estimates, ends, strict=True)])
        for ends in ([estimate.low for estimate in estimates], [estimate.high for estimate in estimates])
    )
    return Band(np.linspace(0, 1, grid.shape[1]), mean, low, high)


def weekly_curve(run: Replicated, column: Literal["wip", "throughput"], points: int = MOST_POINTS) -> Band:
    """Give items inside, or items done per week, by the number of the week, from 1; at most so many points."""
    return weekly_band(run.weekly, column, points)


def weekly_band(weekly: Values, column: Literal["wip", "throughput"], points: int = MOST_POINTS) -> Band:
    """Give the same of weeks by replication, shape (replications, weeks, columns)."""
    weeks = weekly.shape[1]
    step = max(1, -(-weeks // points))
    whole = weekly[:, : weeks - weeks % step, WEEKLY.index(column)]
    told = whole.reshape(whole.shape[0], -1, step).mean(axis=2)
    at = np.arange(told.shape[1]) * step + (step + 1) / 2
    return Band(at, told.mean(axis=0), *np.quantile(told, LUCK, axis=0))
