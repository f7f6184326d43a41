"""What a log says about flow, as arrays: visits in the order of their items, and items with their four instants.

    arrived ── waits ──> first start ── … ──> done        touched: the last instant anything of it was recorded

Waiting before a visit lasts from `ready` to its start: `ready` is when the item was enabled, or else when the visits of
the item that began earlier were finished, and for its first visit when it arrived. An item is open where one of its
visits has no end. Instants are ticks, milliseconds since 1970 UTC; NEVER stands for one that has not come.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from numpy.typing import NDArray

from calibration.sources.recording import Recorded
from twin.errors import InputError
from twin.eventlog import NEVER

Ticks = NDArray[np.int64]
Codes = NDArray[np.int32]
Flags = NDArray[np.bool_]

UNKNOWN: Final = -1
LEAST_ITEMS: Final = 2
_MOST: Final = 1 << 62


class Visited(NamedTuple):
    """Visits, sorted by item and start; every array has shape (visits,)."""

    item: Codes  # index of the item
    stage: Codes  # index into `stages`
    person: Codes  # a number for each person, UNKNOWN where nobody is named
    team: Codes  # index into `teams`, UNKNOWN where none is named
    ready: Ticks
    started: Ticks  # NEVER where it has not begun
    finished: Ticks  # NEVER where it has not ended
    stages: tuple[str, ...]
    teams: tuple[str, ...]


class Items(NamedTuple):
    """Items; every array has shape (items,)."""

    arrived: Ticks
    begun: Ticks  # first start, NEVER where none
    done: Ticks  # NEVER while it is open
    touched: Ticks
    place: Codes  # the stage an item is at, or was at last, as an index into `Visited.stages`
    case: pl.Series  # name


class Flow(NamedTuple):
    """A log, ready to be profiled."""

    visits: Visited
    items: Items
    begin: int  # tick of the first arrival
    end: int  # tick at which the log was written
    zone: ZoneInfo

    @property
    def finished(self) -> Flags:
        """Which items are done, shape (items,)."""
        return np.asarray(self.items.done != NEVER)


def flow_of(recorded: Recorded) -> Flow:
    """Lay out what files have recorded.

    Raises
    ------
    InputError
        Where there are fewer than two items, or all at one instant.
    """
    frame = recorded.visits
    started, finished, enabled = (_ticks(frame[name]) for name in ("start_time", "end_time", "enabled_time"))
    placed = np.where(started != NEVER, started, np.where(enabled != NEVER, enabled, finished))
    case = _codes(frame["case_id"])
    order = _order(case, placed)
    case, started, finished, enabled = case[order], started[order], finished[order], enabled[order]
    first = np.flatnonzero(np.diff(case, prepend=-1))
    if first.size < LEAST_ITEMS:
        raise InputError(f"the log has {first.size} usable cases in {frame.height} rows; a profile needs at least 2")
    item = np.repeat(np.arange(first.size, dtype=np.int32), np.diff(first, append=case.size))
    ready = _ready(item, started, finished, enabled)
    (stage, stages), (team, teams) = (coded(frame[name]) for name in ("activity", "team"))
    stage, team = stage[order], team[order]
    person = _codes(frame["resource"])[order]
    visits = Visited(item, stage, person, team, ready, started, finished, stages, teams)
    items = _items(visits, first, frame["case_id"].gather(order[first]))
    begin, end = int(items.arrived.min()), max(int(items.touched.max()), recorded.end or NEVER)
    if begin == end:
        raise InputError(f"all {frame.height} rows of the log lie at one instant; a profile needs at least 2 instants")
    if recorded.stays is not None:
        items = items._replace(touched=_touched(recorded.stays, items))
    return Flow(visits, items, begin, end, recorded.zone)


def _ticks(column: pl.Series) -> Ticks:
    ticks: Ticks = column.fill_null(NEVER).to_numpy()
    return ticks


def _codes(names: pl.Series) -> Codes:
    codes = names if isinstance(names.dtype, pl.Categorical | pl.Enum) else names.cast(pl.Categorical)
    found: Codes = codes.to_physical().cast(pl.Int32).fill_null(UNKNOWN).to_numpy()
    return found


def _order(case: Codes, placed: Ticks) -> Ticks:
    """Sort by case and instant; what is equal stays in the order of the file."""
    earliest, span = int(placed.min()), int(placed.max()) - int(placed.min()) + 1
    if (int(case.max()) + 1) * span < _MOST:
        return np.argsort(case.astype(np.int64) * span + (placed - earliest), kind="stable")
    return np.lexsort((placed, case))


def _ready(item: Codes, started: Ticks, finished: Ticks, enabled: Ticks) -> Ticks:
    """Find when items were ready for their visits, at most when these began; shape (visits,)."""
    left = _latest_before(item, finished)
    ready = np.where(enabled != NEVER, enabled, np.where(left != NEVER, left, started))
    return np.where(started != NEVER, np.minimum(ready, started), ready)


def _latest_before(item: Codes, instants: Ticks) -> Ticks:
    """Give the latest instant of the rows of the same item before each, NEVER where there is none."""
    known = instants[instants != NEVER]
    if not known.size:
        return np.full(item.size, NEVER)
    earliest, span = int(known.min()) - 1, int(known.max()) - int(known.min()) + 2
    if (int(item[-1]) + 1) * span >= _MOST:
        frame = pl.DataFrame({"item": item, "at": np.where(instants != NEVER, instants, earliest)})
        before = frame.select(pl.col("at").cum_max().shift(1).over("item").fill_null(earliest)).to_series().to_numpy()
        return np.where(before > earliest, before, NEVER)
    # a running maximum over rows whose item stands in the upper bits starts anew with each item
    base = item.astype(np.int64) * span
    latest = np.maximum.accumulate(base + np.where(instants != NEVER, instants - earliest, 0)) - base
    before = np.concatenate([[0], latest[:-1]])
    before[np.flatnonzero(np.diff(item, prepend=-1))] = 0
    return np.where(before > 0, before + earliest, NEVER)


def coded(column: pl.Series) -> tuple[Codes, tuple[str, ...]]:
    """Give codes of names in alphabetical order, UNKNOWN for none, and the names."""
    codes = _codes(column)
    numbers, first = np.unique(codes, return_index=True)
    names = [None if code == UNKNOWN else str(column[row]) for code, row in zip(numbers, first.tolist(), strict=True)]
    known = sorted({name for name in names if name is not None})
    place = {name: number for number, name in enumerate(known)}
    ranks = np.array([UNKNOWN if name is None else place[name] for name in names], np.int32)
    table = np.full(int(numbers[-1]) + 2, UNKNOWN, np.int32)
    table[numbers + 1] = ranks  # the first entry is for UNKNOWN
    return table[codes + 1], tuple(known)


def _items(visits: Visited, first: Ticks, case: pl.Series) -> Items:
    begun = np.where(visits.started == NEVER, np.iinfo(np.int64).max, visits.started)
    earliest = np.minimum.reduceat(begun, first)
    latest = np.maximum.reduceat(visits.finished, first)
    open_ = np.logical_or.reduceat(visits.finished == NEVER, first)
    touched = np.maximum(latest, np.maximum.reduceat(np.maximum(visits.started, visits.ready), first))
    last = np.append(first[1:], visits.item.size) - 1
    return Items(
        arrived=np.minimum.reduceat(np.where(visits.ready == NEVER, visits.finished, visits.ready), first),
        begun=np.where(earliest == np.iinfo(np.int64).max, NEVER, earliest),
        done=np.where(open_, NEVER, latest),
        touched=touched,
        place=visits.stage[last],
        case=case,
    )


def _touched(stays: pl.DataFrame, items: Items) -> Ticks:
    """Take the last row of each item, an update that changed nothing included."""
    case, touched = _codes(stays["case_id"]), stays["touched"].to_numpy()
    latest = np.full(int(case.max()) + 1, NEVER)
    last = np.flatnonzero(np.diff(case, append=-1))
    latest[case[last]] = touched[last]
    known: Ticks = np.maximum(latest[_codes(items.case)], items.touched)
    return known


def quantiles(values: Ticks, shares: Sequence[float]) -> list[float]:
    """Give the smallest values that at least these shares of all are at or below."""
    ranked = np.sort(values)
    places = [max(0, int(np.ceil(share * ranked.size)) - 1) for share in shares]
    return [float(ranked[place]) for place in places] if ranked.size else []
