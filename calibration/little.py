"""Little's law on a log: exact on the path, and what stands between L and λW in a window.

On every path, with N(t) the items inside at t and time counted in whole ticks,

    integral of N(t) over the window = sum over items of the time each was inside during it,

two integers that must be equal: the left one adds up the path event by event, the right one item by item. Over a window
of length T, L = integral / T, λ = arrivals / T, and W the mean time of the items that arrived and were done within. The
gap is then exactly

    L - λW = (time of items there at the start + sum over arrivals not done of (age - W)) / T.

It vanishes as T grows only where the number inside stays bounded: a gap that stays is a backlog that grows.
Source: Little (1961), Operations Research 9(3); Little (2011), Little's Law as viewed on its 50th anniversary,
Operations Research 59(3), on finite windows.
"""

from typing import NamedTuple

import numpy as np

from calibration.flow import Ticks
from twin.eventlog import NEVER


class Little(NamedTuple):
    """Little's law over a window, in ticks and items."""

    begin: int
    end: int
    path: int  # integral of the number inside, item-ticks
    inside: int  # sum of the times of items inside, item-ticks
    arrivals: int
    wip: float  # L, items
    rate: float  # λ, items a tick
    time: float | None  # W, ticks; None where nothing arrived and was done within
    there: float  # part of the gap from items there at the start, items
    unfinished: float  # part of the gap from arrivals not done, items

    @property
    def holds(self) -> bool:
        """Tell whether both ways of adding up agree, to the tick."""
        return self.path == self.inside

    @property
    def gap(self) -> float | None:
        """L - λW, in items."""
        return None if self.time is None else self.wip - self.rate * self.time


def little(arrived: Ticks, done: Ticks, begin: int, end: int) -> Little:
    """Add up a log both ways.

    Parameters
    ----------
    arrived, done
        Ticks of each item, NEVER for one that is not done; shape (items,).
    begin, end
        The window.
    """
    left = np.where(done == NEVER, end, np.minimum(done, end))
    entered = np.maximum(arrived, begin)
    spent = np.maximum(left - entered, 0)
    came = (arrived >= begin) & (arrived < end)
    within = came & (done != NEVER) & (done <= end)
    length = end - begin
    time = float((done - arrived)[within].mean()) if within.any() else None
    waiting = came & ~within
    unfinished = float(spent[waiting].sum()) - waiting.sum() * (time or 0.0)
    return Little(
        begin=begin,
        end=end,
        path=_integral(arrived, done, begin, end),
        inside=int(spent.sum()),
        arrivals=int(came.sum()),
        wip=int(spent.sum()) / length,
        rate=int(came.sum()) / length,
        time=time,
        there=int(spent[arrived < begin].sum()) / length,
        unfinished=unfinished / length,
    )


def _integral(arrived: Ticks, done: Ticks, begin: int, end: int) -> int:
    """Add up the number inside from event to event."""
    into, out = np.sort(np.clip(arrived, begin, end)), np.sort(np.clip(done[done != NEVER], begin, end))
    at = np.sort(np.concatenate([into, out]), kind="stable")
    inside = np.searchsorted(into, at, "right") - np.searchsorted(out, at, "right")
    return int((inside * np.diff(at, append=end)).sum())
