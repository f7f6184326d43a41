"""What to doubt in a log before anything is concluded from it.

    bulk      many items closed in one minute, or in one hour of the week: closed by a job or on a Friday evening, so
              that the end says when somebody tidied up and not when the work was done
    future    instants after the profile was made
    stray     an item with visits beyond all others, see `calibration.strays`: no piece of work, or not one like others
    renamed   one name stops where another begins, and both have the same neighbours: the same status, renamed

Names a and b have the same neighbours where the distributions p of what comes before, and of what comes after, differ
little, each 1/2 sum |p_a - p_b| <= 1/2. Units: ticks (milliseconds since 1970 UTC).
Source: the imperfection patterns of Suriadi, Andrews, ter Hofstede, Wynn (2017), Information Systems 64.
"""

from itertools import permutations
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from numpy.typing import NDArray

from calibration.flow import Codes, Flow, Ticks, coded
from calibration.strays import strays_of
from twin.calendars import WEEKDAYS
from twin.eventlog import NEVER
from twin.units import MINUTE, WEEK

BULK: Final = 10
"""So many items closed within one minute are closed in bulk."""
PEAK: Final = 0.15
"""Share of all closings in one hour of the week from which on it is told."""
ALIKE: Final = 0.5
LEAST_SEEN: Final = 10
MOST_NAMES: Final = 200
"""The most frequent names that are compared."""
_HOURS: Final = 24


class Bulk(NamedTuple):
    """Closings that came in heaps."""

    closings: int  # times that an item was done
    minutes: int  # with at least BULK closings
    in_bulk: int  # closings in these
    largest: int  # closings in the fullest minute
    hour: str  # of the week that holds most closings: fri 17:00
    hour_share: float  # of all closings

    @property
    def told(self) -> bool:
        """Tell whether a reader should know."""
        return self.minutes > 0 or (self.hour_share >= PEAK and self.closings >= LEAST_SEEN)


class Renamed(NamedTuple):
    """Two names that look like one."""

    before: str
    after: str
    at: int  # tick of the change


class Stray(NamedTuple):
    """An item with visits beyond all others."""

    case: str
    visits: int
    others: int  # the most that any ordinary item has


class Named(NamedTuple):
    """Which names items bore, in the order of items and time; arrays of shape (rows,)."""

    item: Codes
    name: Codes  # index into `names`
    at: Ticks
    names: tuple[str, ...]


class Quality(NamedTuple):
    """What to doubt."""

    bulk: Bulk
    future: int  # instants after the profile was made
    renamed: tuple[Renamed, ...]
    strays: tuple[Stray, ...]  # most visits first
    instant: int  # visits that end when they start
    unassigned: int  # visits that name no person


def quality_of(flow: Flow, stays: pl.DataFrame | None, *, now: int) -> Quality:
    """Look a log over.

    Parameters
    ----------
    flow
        The log.
    stays
        Stays in statuses, where these were recorded: then closings are entries into what means done, and names are
        those of statuses.
    now
        Tick at which the profile is made.
    """
    visits = flow.visits
    future = sum(int((each > now).sum()) for each in (visits.started, visits.finished, flow.items.arrived))
    if stays is None:
        closed = flow.items.done[flow.finished]
        at = np.where(visits.started == NEVER, visits.ready, visits.started)
        named = Named(visits.item, visits.stage, at, visits.stages)
    else:
        closed = stays.filter(pl.col("means") == "done")["begin"].to_numpy()
        named = _named(stays)
    return Quality(
        bulk=bulk_of(closed, flow.zone),
        future=future,
        renamed=renamed_of(named, flow.begin, flow.end),
        strays=_strays(flow),
        instant=int(((visits.started == visits.finished) & (visits.finished != NEVER)).sum()),
        unassigned=int((visits.person < 0).sum()),
    )


def _strays(flow: Flow) -> tuple[Stray, ...]:
    counts = np.bincount(flow.visits.item, minlength=flow.items.arrived.size)
    places = strays_of(counts)
    others = int(np.delete(counts, places).max(initial=0))
    return tuple(Stray(str(flow.items.case[int(place)]), int(counts[place]), others) for place in places)


def _named(stays: pl.DataFrame) -> Named:
    name, names = coded(stays["status"])
    return Named(numbered(stays), name, stays["begin"].to_numpy(), names)


def numbered(stays: pl.DataFrame) -> Codes:
    """Give the number of each stay's item, shape (stays,); stays of one item follow each other."""
    case = stays["case_id"].to_physical().to_numpy().astype(np.int64)
    return np.cumsum(np.diff(case, prepend=-1) != 0, dtype=np.int32) - 1


def bulk_of(closed: Ticks, zone: ZoneInfo) -> Bulk:
    """Find closings in heaps.

    Parameters
    ----------
    closed
        When items were done, shape (items,).
    zone
        In which weekdays and hours are read.
    """
    if not closed.size:
        return Bulk(0, 0, 0, 0, "", 0.0)
    together = np.unique(closed // MINUTE, return_counts=True)[1]
    heaps = together[together >= BULK]
    local = pl.from_epoch(pl.Series(closed), time_unit="ms").dt.replace_time_zone("UTC").dt.convert_time_zone(zone.key)
    slot = ((local.dt.weekday().cast(pl.Int32) - 1) * _HOURS + local.dt.hour().cast(pl.Int32)).to_numpy()
    counts = np.bincount(slot, minlength=len(WEEKDAYS) * _HOURS)
    day, hour = divmod(int(counts.argmax()), _HOURS)
    return Bulk(
        closings=int(closed.size),
        minutes=int(heaps.size),
        in_bulk=int(heaps.sum()),
        largest=int(together.max()),
        hour=f"{WEEKDAYS[day]} {hour:02d}:00",
        hour_share=float(counts.max() / closed.size),
    )


def renamed_of(named: Named, begin: int, end: int) -> tuple[Renamed, ...]:
    """Find names that stop where another with the same neighbours begins; begin and end of the log are no reason."""
    number = len(named.names)
    seen = np.bincount(named.name, minlength=number)
    candidates = np.argsort(-seen, kind="stable")[:MOST_NAMES]
    candidates = candidates[seen[candidates] >= LEAST_SEEN]
    if candidates.size < 2:
        return ()
    first, last = np.full(number, np.iinfo(np.int64).max), np.full(number, NEVER)
    np.minimum.at(first, named.name, named.at)
    np.maximum.at(last, named.name, named.at)
    beside = _neighbours(named.name, named.item, number)
    found = []
    for one, other in permutations(candidates.tolist(), 2):
        apart = last[one] <= first[other] + WEEK and last[one] < end - WEEK and first[other] > begin + WEEK
        if apart and _alike(beside[one], beside[other], one, other):
            found.append(Renamed(named.names[one], named.names[other], int(first[other])))
    return tuple(sorted(found, key=lambda each: each.at))


def _neighbours(stage: Codes, item: Codes, number: int) -> NDArray[np.float64]:
    """Count what comes before and after each name, shape (names, 2 * (names + 1)); the last of each half is nothing."""
    new = np.diff(item, prepend=-1) != 0
    before = np.where(new, number, np.roll(stage, 1)).astype(np.int64)
    after = np.where(np.roll(new, -1), number, np.roll(stage, -1)).astype(np.int64)
    width = 2 * (number + 1)
    counts = np.bincount(stage * np.int64(width) + before, minlength=number * width)
    counts += np.bincount(stage * np.int64(width) + number + 1 + after, minlength=number * width)
    return counts.reshape(number, width).astype(np.float64)


def _alike(one: NDArray[np.float64], other: NDArray[np.float64], *names: int) -> bool:
    """Compare what comes before, and what comes after, the two names themselves taken for one."""
    half = one.size // 2
    apart = []
    for begin in (0, half):
        shares = []
        for counts in (one[begin : begin + half].copy(), other[begin : begin + half].copy()):
            counts[names[0]] += counts[names[1]]
            counts[names[1]] = 0
            shares.append(counts / counts.sum())
        apart.append(float(np.abs(shares[0] - shares[1]).sum() / 2))
    return max(apart) <= ALIKE
