"""Times near 1970, the instant from which programs count: a simulation's clock, a wrong unit, or no times at all.

No log is from then (`calibration.sources.rows`), and a single such time stands for none. Where nearly all times of a
file lie in 1970 to 1972, from a to b, they are

    b - a below an hour                          no times, or numbers in too small a unit
    1000 a and 1000 b plausible, and as near     seconds since 1970 that were taken for milliseconds
    else                                         a simulation's clock, which begins at 0

The last is read as it stands, and that is told. The others are refused: what the times were is not for us to say.
Units: milliseconds since 1970 UTC. Source: own.
"""

from datetime import timedelta
from pathlib import Path
from typing import Final

import polars as pl

from calibration.sources.instants import FIRST_YEARS, PLAUSIBLE
from calibration.sources.rows import FARTHEST, IMPLAUSIBLE
from calibration.sources.sifting import Options, Part, sift
from twin.units import HOUR
from twin.zones import EPOCH

SIMULATED: Final = (
    "rows of 1970 to 1972, nearly all there are: taken for a simulation's clock that begins at 0; its weekdays are "
    "those of no calendar"
)
NEARLY_ALL: Final = 0.99
"""Share of the rows of a file."""
SHORTEST: Final = HOUR
"""A simulation lasts longer."""
THOUSAND: Final = 1000
"""Milliseconds in a second."""


def sift_near_1970(path: Path, options: Options) -> Part:
    """Read a file, and where nearly all of its times lie near 1970 read those or say what they may be.

    Raises
    ------
    InputError
        Where the file, a column or an option cannot be used.
    """
    part = sift(path, options)
    if part.rejected.filter(pl.col("reason") == IMPLAUSIBLE).height < max(1, NEARLY_ALL * part.read):
        return part
    early = sift(path, options._replace(window=FIRST_YEARS))
    if early.rows.height < NEARLY_ALL * part.read:
        return part
    times = early.rows.select(pl.min_horizontal(early.times).min(), pl.max_horizontal(early.times).max().alias("last"))
    doubt = doubt_of(*times.row(0))
    return part._replace(doubt=doubt) if doubt else early._replace(simulated=early.rows.height)


def doubt_of(first: int, last: int) -> str:
    """Say what times near 1970 may be, and what to do; an empty text where they are a simulation's clock.

    Parameters
    ----------
    first, last
        The least and the greatest, in milliseconds since 1970 UTC.
    """
    lie = f"the times of this file lie between {_written(first)} and {_written(last)}"
    if last - first < SHORTEST:
        return (
            f"{lie}: whoever wrote it had none, or numbers were taken in too small a unit (seconds or milliseconds for "
            "nanoseconds since 1970). Export it again with its times"
        )
    meant = (first * THOUSAND, last * THOUSAND)
    if all(PLAUSIBLE.earliest <= each <= PLAUSIBLE.latest for each in meant) and meant[1] - meant[0] <= FARTHEST:
        return (
            f"{lie}: seconds since 1970 were taken for milliseconds, it seems, of {_written(meant[0])} to "
            f"{_written(meant[1])}. Write them anew, times 1,000; if they are a simulation's, add the date it began"
        )
    return ""


def _written(instant: int) -> str:
    return f"{EPOCH + timedelta(milliseconds=instant):%Y-%m-%d %H:%M}"
