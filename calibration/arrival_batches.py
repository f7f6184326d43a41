"""Items that come together: a nightly import, an upload.

Items that share an instant come together, unless chance, or whoever writes times down, puts them there. Where arrivals
come independently at a rate that hardly changes from one instant to the next that could have been written, n and n'
items at them, the pairs within and between are expected as

    E[n (n - 1) / 2] = E[n n'] / 2.

So pairs at one instant are set beside half of those a minute, five, a quarter of an hour and an hour apart, and as far
apart as times can be told, whichever are most. Dates, and times that are whole hours, tell nothing: there everything
comes together. But where all comes at up to three whole hours of the day, and not at midnight, it is a schedule.

Where items come together, arrivals are batches and their sizes have the shares seen, whatever the hour; where batches
come at other hours than single items, as with an import at night beside a desk by day, one stream of batches would be
wrong and nothing is told. Units: ticks (milliseconds). Source: own; the pairs are those of Cox and Lewis (1966), ch. 5.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calibration.evidence import Evidence
from calibration.presence import local_hours
from twin.eventlog import EventLog
from twin.units import HOUR, MINUTE, SECOND

Ticks = NDArray[np.int64]
Floats = NDArray[np.float64]

LEAST_BATCHES: Final = 20
"""Instants at which several items came."""
LEAST_SHARE: Final = 0.1
"""Share of items that come with others."""
BEYOND: Final = 5.0
"""Times as many pairs as by chance."""
LAGS: Final = (MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR)
UNITS: Final = (MINUTE, SECOND, 1)
WRITTEN: Final = 0.95
"""Share of instants that are whole units, for that unit to be what times are written in."""
OTHER_HOURS: Final = 0.2
"""Share of items that may come at other hours of the day than batches do."""
HOURS: Final = 3
"""Of the day, at which a schedule may have something come."""
SIZES: Final = 12
"""Sizes that are written, at most."""
MOST_SIZE: Final = 10_000


class Batches(NamedTuple):
    """Items that come together."""

    instants: Ticks  # at which something came, shape (batches,)
    sizes: Ticks  # items that came, shape (batches,)
    pairs: int  # of items at one instant
    chance: float  # of these, by chance

    def shares(self) -> dict[str, float]:
        """Give sizes with their shares, which sum to 1; of many sizes groups, each with its mean."""
        ordered = np.sort(self.sizes)
        if np.unique(ordered).size > SIZES:
            groups = np.array_split(ordered, SIZES)
            ordered = np.concatenate([np.full(each.size, max(1, round(float(each.mean())))) for each in groups])
        size, often = np.unique(ordered, return_counts=True)
        shares = np.round(often / often.sum(), 4)
        shares[shares.argmax()] += 1 - shares.sum()
        return {str(each): round(share, 4) for each, share in zip(size.tolist(), shares.tolist(), strict=True) if share}


def find_batches(arrived: Ticks, log: EventLog) -> Batches | None:
    """Find out whether items come together.

    Parameters
    ----------
    arrived
        When they came, in order, shape (items,).
    log
        The log, for the local hour.
    """
    instants, sizes = np.unique(arrived, return_counts=True)
    several = sizes > 1
    if several.sum() < LEAST_BATCHES or sizes[several].sum() < LEAST_SHARE * arrived.size or sizes.max() > MOST_SIZE:
        return None
    unit = next(unit for unit in (HOUR, *UNITS) if unit == 1 or np.mean(instants % unit == 0) >= WRITTEN)
    if unit == HOUR and not _scheduled(instants, log):
        return None
    pairs = int((sizes * (sizes - 1) // 2).sum())
    chance = max(_pairs_apart(instants, sizes, lag) for lag in (unit, *LAGS)) / 2
    if pairs < BEYOND * chance or _at_other_hours(instants, sizes, log):
        return None
    return Batches(instants, sizes, pairs, chance)


def _scheduled(instants: Ticks, log: EventLog) -> bool:
    """Tell whether what comes at whole hours comes at few hours of the day, not at midnight as dates do."""
    often = np.bincount(local_hours(instants, start=log.start, zone=log.zone) % 24, minlength=24) / instants.size
    return bool(often[0] < 1 - WRITTEN and np.sort(often)[-HOURS:].sum() >= WRITTEN)


def _pairs_apart(instants: Ticks, sizes: Ticks, lag: int) -> int:
    """Count pairs of items so far apart."""
    place = np.minimum(np.searchsorted(instants, instants + lag), instants.size - 1)
    return int((sizes * sizes[place])[instants[place] == instants + lag].sum())


def _at_other_hours(instants: Ticks, sizes: Ticks, log: EventLog) -> bool:
    """Tell whether large batches come at other hours of the day than small ones."""
    hour = local_hours(instants, start=log.start, zone=log.zone) % 24
    by_items, by_batch = (np.bincount(hour, weight, 24) for weight in (sizes, np.ones(sizes.size)))
    return bool(np.abs(by_items / by_items.sum() - by_batch / by_batch.sum()).sum() / 2 > OTHER_HOURS)


def batch_evidence(path: str, batches: Batches) -> Evidence:
    """Say how many items come at once.

    Parameters
    ----------
    path
        Of the arrivals.
    batches
        As found.
    """
    together = float(batches.sizes[batches.sizes > 1].sum() / batches.sizes.sum())
    return Evidence(
        path=f"{path}.size",
        estimate=f"{batches.sizes.mean():.3g} items on average",
        method=f"{together:.0%} of items came at the instant of another, {batches.pairs:,} pairs; by chance there "
        f"would be {batches.chance:.3g}",
        rows=int(batches.sizes.sum()),
        note="No interval. The rate is that of batches; sizes are alike at all hours and independent of each other.",
    )
